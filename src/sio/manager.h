/*
 * Socket.IO client: a manager keeps one Engine.IO session with a server and
 * opens it again whenever it is lost, for ever, with a growing delay; the
 * sockets on it (sio/csocket.h), one for each namespace, live as long as the
 * manager. Protocol 5.
 */
#ifndef CHAT_SIO_MANAGER_H
#define CHAT_SIO_MANAGER_H

#include <stdbool.h>
#include <stdint.h>

#include "eio/client.h"
#include "net/http_client.h"
#include "net/loop.h"

struct sio_manager;

enum {
	SIO_RETRY_FIRST_MS = 1000,
	SIO_RETRY_MOST_MS = 5000,
	SIO_ACK_TIMEOUT_MS = 10000, /* of acknowledgements, and of a CONNECT */
};

enum sio_manager_state {
	SIO_MANAGER_CONNECTING,
	SIO_MANAGER_OPEN,
	SIO_MANAGER_WAITING, /* for the next try */
};

/* Why a session was lost or could not be had. */
struct sio_trouble {
	const char *reason; /* the reference's word, "transport close" */
	const char *detail; /* more for a person, or "" */
	bool trust;         /* the certificate is not trusted */
	unsigned retry_ms;  /* until the next try */
};

struct sio_manager_cb {
	/* trouble: with SIO_MANAGER_WAITING, else NULL. */
	void (*on_state)(void *arg, enum sio_manager_state state,
	    const struct sio_trouble *trouble);
	/* The transport or the lag has changed. */
	void (*on_change)(void *arg);
	/* The system or the server has taken all that was sent. */
	void (*on_drained)(void *arg);
	/* As eio_client_cb's. */
	void (*on_barrier)(void *arg);
};

struct sio_manager_options {
	const char *host; /* borrowed for the manager's life */
	int port;
	struct tls_config *tls; /* borrowed; NULL: plain */
	const char *path;       /* "/socket.io/"; borrowed */
	enum eio_transports transports;
	bool deflate; /* WebSockets offer to compress messages */
};

/* Connects with the loop's next turn, so that sockets can be made before. */
struct sio_manager *
sio_manager_new(struct loop *loop, const struct sio_manager_options *opt,
    const struct sio_manager_cb *cb, void *arg);

/* Ends the session in order and frees at the end of the turn, with all
 * sockets; no upcalls, acknowledgements under way get none either. */
void
sio_manager_close(struct sio_manager *m);

/* Does not wait for the next try. */
void
sio_manager_retry_now(struct sio_manager *m);

/* "websocket", "polling", or "" while there is no session. */
const char *
sio_manager_transport(const struct sio_manager *m);

/* As eio_client_barrier; false while there is no session. */
bool
sio_manager_barrier(struct sio_manager *m);

/* As eio_client_lag. */
int
sio_manager_lag(const struct sio_manager *m);

#endif
