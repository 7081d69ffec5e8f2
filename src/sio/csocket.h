/*
 * A client's socket: one namespace at a server, over its manager's session.
 * Owned by its manager. What is emitted while it is not connected waits
 * (packet buffering) unless it is volatile; what had left when the connection
 * was lost is not sent again. With connection state recovery at the server it
 * comes back as itself, with what it has missed.
 */
#ifndef CHAT_SIO_CSOCKET_H
#define CHAT_SIO_CSOCKET_H

#include "sio/manager.h"
#include "sio/message.h"

struct csocket;

enum {
	CSOCKET_BUFFER_MAX = 64 << 20, /* bytes that wait for a connection */
	CSOCKET_ACKS_MAX = 65536,      /* outstanding */
	CSOCKET_BINARY_MAX = 32 << 20, /* bytes of a packet's attachments */
};

/* Any but on_event may be NULL. */
struct csocket_cb {
	/* Appends the auth of this connect, a JSON object. */
	void (*auth)(void *arg, struct buf *json);
	void (*on_connect)(void *arg, bool recovered);
	/* The namespace was refused; json: raw. csocket_connect tries again,
	 * and so does the next session. */
	void (*on_connect_error)(void *arg, struct slice json);
	void (*on_event)(void *arg, const struct sio_event *ev);
	/* reason "io server disconnect": it does not come back by itself. */
	void (*on_disconnect)(void *arg, const char *reason);
};

/* args NULL: no acknowledgement came, in time or before a disconnect. */
typedef void (*csocket_ack_cb)(void *arg, const struct sio_args *args);

/* nsp: "/" or "/name"; borrowed. */
struct csocket *
csocket_new(struct sio_manager *m, const char *nsp, const struct csocket_cb *cb,
    void *arg);

/* Asks for the namespace again after a refusal or a disconnect. */
void
csocket_connect(struct csocket *s);

/* After a refusal: does not ask again by itself, not even in the next session;
 * the manager's ends unless others are on it. */
void
csocket_stay_away(struct csocket *s);

bool
csocket_connected(const struct csocket *s);

/* name: raw JSON. 0; -E2BIG: more than SIO_ATTACHMENTS_MAX; -ENOBUFS: too
 * much waits already. A volatile one that can't leave now is dropped. */
int
csocket_emit(struct csocket *s, struct slice name, const struct sio_args *args,
    bool is_volatile);

/* The same, and cb is called once, within SIO_ACK_TIMEOUT_MS. */
int
csocket_emit_ack(struct csocket *s, struct slice name,
    const struct sio_args *args, csocket_ack_cb cb, void *arg);

/* Answers an event that wants it. */
int
csocket_ack(struct csocket *s, uint64_t ack, const struct sio_args *args);

/* ---- for the manager ---- */

/* A session is there: asks for the namespace. */
void
csocket_opened(struct csocket *s);

/* It is lost. */
void
csocket_lost(struct csocket *s, const char *reason);

/* A whole packet for this namespace; false: it may not come now. */
bool
csocket_packet(struct csocket *s, const struct sio_packet *pk,
    const struct slice *bin, unsigned nbin);

const char *
csocket_nsp(const struct csocket *s);

/* It has been sent away or stays away, and nobody has asked again. */
bool
csocket_stays_away(const struct csocket *s);

/* Without upcalls. */
void
csocket_free(struct csocket *s);

/* What sockets ask of their manager. */
struct eio_client *
sio_manager_session(struct sio_manager *m); /* NULL: none that is open */

struct timeq *
sio_manager_acks(struct sio_manager *m);

void
sio_manager_add(struct sio_manager *m, struct csocket *s);

/* A namespace is connected: tries begin anew. */
void
sio_manager_succeeded(struct sio_manager *m);

/* A socket was sent away: if none is left, the session ends for good. */
void
sio_manager_left(struct sio_manager *m);

/* Gives the session up, to try again. */
void
sio_manager_fail(struct sio_manager *m, const char *reason);

#endif
