/*
 * HTTP/1.1 server connections: keep-alive, pipelining (one request is served
 * at a time; bytes behind it wait, bounded), bodies, aborted requests, and
 * the hand-over of the stream to another protocol.
 *
 * States of a request: its head has come (the server's on_head decides), its
 * body is coming (on_end tells when it is whole), answered. A handler may
 * answer at any of these times or later; until then it owns the right to,
 * and on_gone tells it if the connection was lost before. An answer may also
 * be a stream: begun, then pushed piece by piece, and ended.
 */
#ifndef CHAT_NET_HTTP_CONN_H
#define CHAT_NET_HTTP_CONN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/counted.h"
#include "base/limits.h"
#include "base/slice.h"
#include "net/loop.h"
#include "net/proxies.h"
#include "net/stream.h"
#include "net/timeq.h"
#include "proto/http.h"

enum {
	HTTP_LINGER_MS = 5000,    /* closing in order */
	HTTP_PENDING_MAX = 16384, /* bytes that wait behind a request; with
				   * more, the next ones are not read */
	HTTP_PROGRESS = 1024,     /* bytes of a body: not too slow */
	HTTP_OUTPUT_MAX = 262144, /* queued, before the next request is read */
	HTTP_DISCARD_MAX = 16 << 20, /* of a body that was refused */
	HTTP_BODY_MAX = 1 << 30,     /* however large a handler wants it */
};

struct http_conn;

/* One request; lives in its connection. The handler may set what is marked. */
struct http_req {
	struct http_conn *conn;
	const struct http_parser *parser; /* for http_field; see http_forget */
	const struct http_head *head;
	struct buf body; /* whole at on_end */
	size_t body_max; /* set: longer gives on_end(-EMSGSIZE); default 0 */
	/* set: the body is whole (0) or past body_max (-EMSGSIZE). Without it
	 * the body is discarded. */
	void (*on_end)(struct http_req *req, int err);
	/* set: the connection was lost before the answer, or its end; req is
	 * gone. */
	void (*on_gone)(struct http_req *req);
	/* set: all that was streamed so far has been taken by the system. */
	void (*on_drained)(struct http_req *req);
	void *arg;         /* set: the handler's */
	bool close;        /* set: the connection ends with this answer */
	struct buf fields; /* set: field lines with CRLF for the answer */
};

struct http_server {
	struct loop *loop;
	/* A head has come: answer, or set the callbacks above, or both. */
	void (*on_head)(void *arg, struct http_req *req);
	void *arg;
	const struct limits *limits;
	/* How long a connection may take: to its first request, for a head,
	 * for some of a body, between two requests. */
	struct timeq *handshake, *header, *body, *idle;
	struct timeq *soon;            /* in the next turn of the loop */
	struct timeq *linger, *read;   /* for the streams it takes */
	const struct proxies *proxies; /* set: trusted; NULL: none. Borrowed */
	LIST_HEAD(, http_conn) conns;
	bool draining;
	bool warned; /* of a proxy that is not trusted */
};

/* Borrows limits. */
void
http_server_init(struct http_server *srv, struct loop *loop,
    const struct limits *limits,
    void (*on_head)(void *arg, struct http_req *req), void *arg);

/* A new connection; srv->linger is the stream's linger queue. */
void
http_server_take(struct http_server *srv, struct stream *stream);

void
http_server_close(struct http_server *srv);

/*
 * No further requests: connections that wait for one are closed in order, the
 * others with their next answer.
 */
void
http_server_drain(struct http_server *srv);

/*
 * Answers. fields: lines with CRLF, or "" (Date, Content-Length and
 * Connection are added, and req->fields). The body is a view kept by owner
 * (NULL: static). A HEAD request gets the head alone. Answering ends the
 * handler's right to req.
 */
void
http_answer(struct http_req *req, int status, const char *fields,
    struct counted *owner, struct slice body);

/* A short plain-text body, copied. */
void
http_answer_text(struct http_req *req, int status, const char *text);

/*
 * Answers with a body whose length nobody knows yet: chunked (RFC 9112,
 * section 7.1), or, for HTTP/1.0, up to the end of the connection. The
 * handler's right to req ends with http_stream_end, http_abort or on_gone.
 * Not for HEAD.
 */
void
http_stream_begin(struct http_req *req, int status, const char *fields);

/* A piece of such a body, made once for all who get it. */
struct http_piece {
	struct rcbuf *bytes; /* with what goes around a chunk */
	struct slice body;
};

/* A copy of body, which is not empty. */
void
http_piece_init(struct http_piece *piece, struct slice body);

void
http_piece_deinit(struct http_piece *piece);

void
http_stream_push(struct http_req *req, const struct http_piece *piece);

/* As stream_queued. */
size_t
http_stream_queued(const struct http_req *req);

void
http_stream_end(struct http_req *req);

/*
 * The request may wait long for its answer, and its head is not looked at any
 * more: neither by http_field nor by way of req->head, whose slices are gone.
 * What the functions below tell stays. From on_head or on_end.
 */
void
http_forget(struct http_req *req);

/* Breaks the connection off without an answer; on_gone is not called. */
void
http_abort(struct http_req *req);

const struct limits *
http_limits(const struct http_req *req);

struct loop *
http_loop(const struct http_req *req);

/* Did it come over TLS? */
bool
http_is_secure(const struct http_req *req);

/* The client's address: the peer's, or what trusted proxies say. Good until
 * the next request. */
const char *
http_peer(struct http_req *req);

/* "https" or "http", by TLS or by what a trusted proxy says; "" if nobody
 * knows. */
const char *
http_scheme(struct http_req *req);

/*
 * Answers 101 with these fields, which stay until then, and hands the stream
 * over, once the request has been read: cb gets it with what came behind the
 * request. req is gone then. If the connection is lost before, cb is called
 * with NULL.
 */
void
http_upgrade(struct http_req *req, const char *fields,
    void (*cb)(void *arg, struct stream *stream, char *rest, size_t len),
    void *arg);

#endif
