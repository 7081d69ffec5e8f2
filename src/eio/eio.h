/*
 * Engine.IO server, protocol 4 and 3: sessions over polling and WebSocket,
 * the upgrade between them, heartbeats, and every refusal of the reference.
 *
 * A session is owned by its user from on_open until eio_close or the
 * on_closed upcall; then it is gone for the user. Its memory stays until the
 * end of the turn.
 */
#ifndef CHAT_EIO_EIO_H
#define CHAT_EIO_EIO_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "net/http_conn.h"
#include "net/loop.h"
#include "proto/eio_packet.h"

struct eio_server;
struct eio_session;

enum {
	EIO_SID_LEN = 20,
	EIO_BURST_MS = 1000, /* to take one */
	EIO_CREDENTIALS_MAX = 512
};

struct eio_options {
	unsigned ping_interval;   /* ms */
	unsigned ping_timeout;    /* ms */
	unsigned upgrade_timeout; /* ms */
	unsigned close_timeout;   /* ms a closing session waits for a poll */
	size_t max_payload;       /* bytes of a message or a POST body */
	size_t queue_max;         /* bytes waiting for a slow reader */
	bool eio3;                /* protocol 3 allowed */
	bool deflate;             /* WebSockets may compress, RFC 7692 */
};

/* The reference's defaults. */
#define EIO_OPTIONS_DEFAULT                                                    \
	((struct eio_options){                                                 \
	    25000, 20000, 10000, 30000, 1000000, 8 << 20, true, false })

struct eio_cb {
	void (*on_open)(void *arg, struct eio_session *s);
	/* data is text (valid UTF-8) or binary, and gone on return. */
	void (*on_message)(
	    struct eio_session *s, bool binary, struct slice data);
	/* The last call, with a reason in the reference's words. */
	void (*on_closed)(struct eio_session *s, const char *reason);
};

struct eio_server *
eio_server_new(struct loop *loop, const struct eio_options *opt,
    const struct eio_cb *cb, void *arg);

/* A request below the server's path, from http_server's on_head. */
void
eio_server_request(struct eio_server *srv, struct http_req *req);

/*
 * Closes what is still open without upcalls and frees at the end of the turn.
 * The loop must turn once more.
 */
void
eio_server_close(struct eio_server *srv);

size_t
eio_server_sessions(const struct eio_server *srv);

/*
 * Queues a packet of type EIO_MESSAGE; takes a reference of its own. Nothing
 * happens on a session that is closing. If more than queue_max waits for
 * EIO_BURST_MS, or for a poll at the end of a turn, the session is closed:
 * on_closed("queue full").
 */
void
eio_send(struct eio_session *s, struct eio_packet *p);

/* Would a packet leave at once? If not, volatile ones are dropped. */
bool
eio_writable(const struct eio_session *s);

/* Closes in order behind what is queued. No more upcalls. */
void
eio_close(struct eio_session *s);

/* The secret session id (terminated, EIO_SID_LEN characters). */
const char *
eio_sid(const struct eio_session *s);

/* 3 or 4. */
int
eio_protocol(const struct eio_session *s);

/* "polling" or "websocket". */
const char *
eio_transport(const struct eio_session *s);

/* The peer's address of the session's first request, as of loop_address. */
const char *
eio_peer(const struct eio_session *s);

/* The value of the field Authorization of that request; "" if there was none or
 * one of more than EIO_CREDENTIALS_MAX bytes. */
const char *
eio_credentials(const struct eio_session *s);

/* Bytes that wait to be read by the peer. */
size_t
eio_queued(const struct eio_session *s);

void
eio_set_user(struct eio_session *s, void *user);

void *
eio_user(const struct eio_session *s);

#endif
