/*
 * Inside the eio floor: a session and the two transports it can have. A
 * session is OPEN, then CLOSING while a close still has to reach a client
 * that is not polling just now, then CLOSED: out of the table, freed at the
 * end of the turn. Only session.c assigns the state.
 */
#ifndef CHAT_EIO_SESSION_H
#define CHAT_EIO_SESSION_H

#include "base/table.h"
#include "eio/eio.h"
#include "net/address.h"
#include "net/timeq.h"
#include "net/ws_conn.h"

enum eio_state { EIO_STATE_OPEN, EIO_STATE_CLOSING, EIO_STATE_CLOSED };

/* The polling transport: the requests that are under way, and what waits. */
struct polling {
	struct eio_session *session;
	struct http_req *get;  /* waits for packets */
	struct http_req *post; /* its body is coming */
	bool jsonp;
	char callback[12];         /* JSONP: digits of the index */
	struct eio_packet **queue; /* not sent yet */
	uint32_t queue_n, queue_cap;
	size_t queue_bytes;
	struct backlog_queue backlog; /* the same */
};

/* What a session has only for a while, until its time is over. */
struct passing {
	struct eio_session *session;
	struct ws_conn *probe; /* may become the transport; NULL: it is a
				* burst that has to be read */
	struct timeq_entry time;
};

struct eio_session {
	struct table_node node; /* in the server's, by sid */
	struct eio_server *server;
	void *user;
	struct ws_conn *ws;           /* the transport, or NULL: polling */
	struct polling *polling;      /* the transport, or NULL: ws */
	struct passing *passing;      /* or NULL */
	struct timeq_entry heartbeat; /* or, while closing, its limit */
	struct loop_task task;        /* end of turn: flush, overflow, free */
	char *credentials;            /* Authorization; NULL: none */
	struct address peer;
	uint8_t protocol; /* 3 or 4 */
	uint8_t state;
	bool detached; /* the user is not told any more */
	bool base64;   /* the client cannot take binary */
	bool probed;   /* the probe was answered */
	bool upgraded;
	bool overflow;
	bool ping_sent, ping_extended;
	bool late_close; /* no poll was waiting when it was closed */
	char sid[EIO_SID_LEN + 1];
};

struct eio_server {
	struct loop *loop;
	struct eio_options opt;
	const struct eio_cb *cb;
	void *arg;
	struct table sessions; /* by sid */
	struct timeq *ping_interval, *ping_timeout, *ping_v3;
	struct timeq *upgrade, *close, *burst;
	struct loop_task free_task;
};

/* ---- session.c ---- */

/* In the table, without a transport yet. */
struct eio_session *
session_new(
    struct eio_server *srv, int protocol, bool base64, const char *peer);

/* The one of this sid, or NULL. */
struct eio_session *
session_find(const struct eio_server *srv, struct slice sid);

/* From now on something of it passes: a probe, or with NULL a burst. */
void
session_start_passing(struct eio_session *s, struct ws_conn *probe);

/* It is over; nothing if there is none. The probe is not closed. */
void
session_stop_passing(struct eio_session *s);

/* Of its first request: a copy of what eio_credentials tells, or NULL. */
char *
session_credentials(const struct http_req *req);

/* The transport is there: sends `open`, tells the user, starts heartbeats. */
void
session_open(struct eio_session *s);

/* A packet came over the transport. */
void
session_packet(struct eio_session *s, const struct eio_view *pk);

/* The transport has ended, or did what it must not: closes it as well as it
 * can be and tells the user. */
void
session_fail(struct eio_session *s, const char *reason);

/* Ends what is still running, without upcalls. */
void
session_destroy(struct eio_session *s);

/* ---- polling.c ---- */

/* A GET or POST for a session with the polling transport. */
void
polling_request(struct eio_session *s, struct http_req *req);

/* Makes the transport of a new session from its first request. */
void
polling_open(struct eio_session *s, struct http_req *req, const char *j);

/* Appends to the transport's queue. */
void
polling_push(struct polling *pl, struct eio_packet *p);

/* Drops the n oldest packets of it. */
void
polling_drop(struct polling *pl, uint32_t n);

/* Drops all, and frees. */
void
polling_free(struct polling *pl);

/* Answers the waiting GET, if there is one and something to say. */
void
polling_flush(struct eio_session *s);

/* Ends the transport: the waiting GET gets one last packet of this type, a
 * POST under way is broken off. */
void
polling_end(struct eio_session *s, enum eio_type last);

/* ---- websocket.c ---- */

/* Answers an upgrade request: a new session (sid NULL), or a probe. */
void
websocket_request(struct eio_server *srv, struct http_req *req, int protocol,
    bool base64, const char *sid);

/* Queues a packet on the session's WebSocket. */
void
websocket_send(struct eio_session *s, struct eio_packet *p);

/* Gives the probe up. */
void
websocket_drop_probe(struct eio_session *s);

#endif
