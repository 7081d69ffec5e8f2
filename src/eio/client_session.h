/*
 * Inside src/eio: a client's session (client.c) and the two transports it can
 * have (client_polling.c, client_websocket.c).
 */
#ifndef CHAT_EIO_CLIENT_SESSION_H
#define CHAT_EIO_CLIENT_SESSION_H

#include "eio/client.h"

struct eio_client {
	struct http_client *http;
	const char *path;
	enum eio_transports transports;
	const struct eio_client_cb *cb;
	void *arg;

	/* WebSocket: being opened, as transport or as the probe of an upgrade;
	 * then one of the two. */
	struct ws_opening *opening;
	struct ws_conn *ws, *probe;
	bool pausing; /* the probe is answered: polling comes to its end */

	/* polling */
	struct http_call *get, *post;
	uint64_t posted_at;
	struct eio_packet **queue;
	size_t queue_n, queue_cap, queue_bytes;
	size_t in_post; /* packets of the queue that are under way */
	size_t max_payload;

	uv_timer_t timer; /* to be open, then the heartbeat's limit */
	uint64_t patience;
	uint64_t pinged_at; /* 0: no WebSocket ping that measures */
	unsigned pings;     /* without an answer yet */
	unsigned barrier;   /* answers until it is reached; 0: none */
	int lag;
	bool is_open, dead;
	struct loop_task free_task;
	char sid[EIO_CLIENT_SID_MAX + 1];
};

/* ---- client.c ---- */

/* A packet has come. */
void
client_packet(struct eio_client *c, const struct eio_view *pk);

/* Ends it and tells. Nothing if it has ended. */
void
client_fail(
    struct eio_client *c, const char *reason, const char *detail, bool trust);

/* The same for an answer that is not what it should be, in words. */
void
client_refused(struct eio_client *c, const struct http_answer *a);

/* A round trip is over that began at `since` (uv_hrtime). */
void
client_set_lag(struct eio_client *c, uint64_t since);

/* The path and query of a request; buf_deinit it. */
void
client_target(struct eio_client *c, const char *transport, struct buf *out);

/* Drops the n oldest packets of polling's queue. */
void
client_queue_drop(struct eio_client *c, size_t n);

/* The WebSocket can't be had: polling, for the rest of the time. */
void
client_fall_back(struct eio_client *c);

/* ---- client_polling.c ---- */

/* Waits for packets. */
void
client_poll(struct eio_client *c);

/* Posts what waits, as much as the server takes at once. */
void
client_flush(struct eio_client *c);

/* ---- client_websocket.c ---- */

/* Opens it as the transport. */
void
client_open_websocket(struct eio_client *c);

/* Opens it as the probe of an upgrade. */
void
client_start_upgrade(struct eio_client *c);

/* Polling is at rest, if it is: `5`, then what has waited. */
void
client_switch_over(struct eio_client *c);

/* Gives up what is being opened or probed. */
void
client_drop_probe(struct eio_client *c);

/* Sends a packet on the WebSocket. */
void
client_send_websocket(struct eio_client *c, struct eio_packet *p);

/* Asks for a sign of life, to measure the lag. */
void
client_measure_lag(struct eio_client *c);

#endif
