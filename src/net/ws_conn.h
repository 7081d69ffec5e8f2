/*
 * A WebSocket connection, RFC 6455. Owned by whoever opened it until
 * ws_close, ws_abort or the on_closed upcall; then it is gone for the owner.
 */
#ifndef CHAT_NET_WS_CONN_H
#define CHAT_NET_WS_CONN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/counted.h"
#include "base/slice.h"
#include "net/http_conn.h"
#include "proto/deflate.h"
#include "proto/ws.h"

struct ws_conn;

struct ws_cb {
	/* The handshake is done. Not called if it was refused. */
	void (*on_open)(void *arg, struct ws_conn *ws);
	/* A message; data may be changed and is gone on return. */
	void (*on_message)(void *arg, bool binary, char *data, size_t len);
	/* The last call: closed by the peer, broken, or a violation of its. */
	void (*on_closed)(void *arg, int code);
	/* The answer to ws_ping. May be NULL. */
	void (*on_pong)(void *arg);
	/* As stream_cb's. May be NULL. */
	void (*on_drained)(void *arg);
};

/*
 * Answers an upgrade request: 101 and later on_open, or 400 (426 for another
 * version) and -EINVAL. max: bytes of a message; deflate: messages may be
 * compressed if the client offers it. The connection may also be lost before
 * on_open: on_closed is called then.
 */
int
ws_accept(struct http_req *req, size_t max, bool deflate,
    const struct ws_cb *cb, void *arg);

/* The callbacks' argument from now on. */
void
ws_set_arg(struct ws_conn *ws, const struct ws_cb *cb, void *arg);

/* Queues bytes that are whole frames already, unmasked, kept by owner: for
 * connections that do not mask. */
void
ws_push(struct ws_conn *ws, struct counted *owner, struct slice frame);

/*
 * For whoever makes frames: true if this connection takes compressed ones, of
 * the form and by the deflater told.
 */
bool
ws_deflates(struct ws_conn *ws, struct deflater **d, enum deflate_form *form);

/* Sends one message, copied. */
void
ws_send(struct ws_conn *ws, bool binary, struct slice data);

/* As stream_read; what has been read already still comes. */
void
ws_read(struct ws_conn *ws, bool on);

/* Asks the peer for a sign of life: on_pong. */
void
ws_ping(struct ws_conn *ws);

/* As stream_queued. */
size_t
ws_queued(const struct ws_conn *ws);

/* Closes in order behind what is queued; WS_CODE_NONE: without a code. */
void
ws_close(struct ws_conn *ws, int code);

/* Closes at once. */
void
ws_abort(struct ws_conn *ws);

const char *
ws_peer(struct ws_conn *ws);

/* ---- for the handshakes ---- */

enum { WS_KEY_TEXT_LEN = 24, WS_ACCEPT_LEN = 28 };

/* Sec-WebSocket-Accept for a key of WS_KEY_TEXT_LEN bytes, RFC 6455 section
 * 4.2.2. */
void
ws_accept_key(struct slice key, char out[WS_ACCEPT_LEN + 1]);

/* What was agreed on, before it starts. */
void
ws_conn_set_deflate(struct ws_conn *ws, const struct deflate *agreed);

/* A connection without its stream yet. masks: it is the client's end. */
struct ws_conn *
ws_conn_new(struct loop *loop, size_t max, bool masks, const struct ws_cb *cb,
    void *arg);

/* The handshake is done: on_open, then what came behind it. */
void
ws_conn_start(
    struct ws_conn *ws, struct stream *stream, char *rest, size_t len);

#endif
