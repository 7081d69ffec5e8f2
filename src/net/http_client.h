/*
 * HTTP/1.1 client connections to one server: a call takes an idle connection
 * or makes one. A call is owned by its caller until its callback or
 * http_call_cancel; it is never repeated by itself.
 */
#ifndef CHAT_NET_HTTP_CLIENT_H
#define CHAT_NET_HTTP_CLIENT_H

#include <stdbool.h>
#include <sys/queue.h>

#include "base/slice.h"
#include "net/dialler.h"
#include "net/loop.h"
#include "net/ws_conn.h"
#include "proto/http_response.h"

enum {
	/* Servers close idle connections, Node.js after 5 s: before that they
	 * are not used any more. */
	HTTP_REUSE_MS = 4000,
};

struct http_call;

struct http_client {
	struct loop *loop;
	const char *host; /* borrowed */
	int port;
	struct tls_config *tls; /* borrowed; NULL: plain */
	struct timeq *linger;
	bool deflate; /* set: WebSockets offer to compress messages */
	LIST_HEAD(, http_call) idle;
};

void
http_client_init(struct http_client *c, struct loop *loop, const char *host,
    int port, struct tls_config *tls);

/* Calls under way have been cancelled. */
void
http_client_deinit(struct http_client *c);

/* "host:port" as it stands in Host, without a default port. */
void
http_client_authority(const struct http_client *c, struct buf *out);

struct http_answer {
	int status; /* 0: there is none, problem says why */
	const char *problem;
	bool trust; /* the certificate is not trusted */
	const struct http_fields *fields;
	struct buf *body; /* may be changed */
};

typedef void (*http_call_cb)(void *arg, const struct http_answer *a);

/*
 * Sends a request. target: path and query, valid; fields: further lines with
 * CRLF; body: copied, with its Content-Length unless method is "GET". What is
 * told of the answer is good until cb returns.
 */
struct http_call *
http_call(struct http_client *c, const char *method, struct slice target,
    const char *fields, struct slice body, size_t body_max, http_call_cb cb,
    void *arg);

/* No cb any more; the connection is broken off. */
void
http_call_cancel(struct http_call *call);

/* The same, but lets what is being sent reach the server, for a moment. */
void
http_call_forget(struct http_call *call);

/* ---- WebSocket (ws_client.c) ---- */

struct ws_opening;

/* ws: open, the caller's. NULL: problem says why; status: of the server's
 * answer if it was one. */
typedef void (*ws_open_cb)(
    void *arg, struct ws_conn *ws, const struct http_answer *a);

/* Opens a WebSocket, RFC 6455 section 4.1. max: bytes of a message. */
struct ws_opening *
ws_open(struct http_client *c, struct slice target, size_t max, ws_open_cb cb,
    void *arg);

void
ws_open_cancel(struct ws_opening *o);

#endif
