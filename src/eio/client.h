/*
 * Engine.IO client, protocol 4: one session with a server, over polling and
 * WebSocket. Opened, then either open or failed; owned by its user until
 * eio_client_close or the on_closed upcall, its memory stays until the end of
 * the turn. Coming back is the manager's affair (sio/manager.h).
 */
#ifndef CHAT_EIO_CLIENT_H
#define CHAT_EIO_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "net/http_client.h"
#include "net/loop.h"
#include "proto/eio_packet.h"

struct eio_client;

enum {
	EIO_CLIENT_MESSAGE_MAX = 32 << 20, /* bytes that a server may send */
	EIO_CLIENT_QUEUE_MAX = 64 << 20,   /* bytes that wait to be sent */
	EIO_CLIENT_OPEN_MS = 10000,        /* to be open */
	EIO_CLIENT_WEBSOCKET_MS = 5000,    /* of it, before polling is tried */
	EIO_CLIENT_SID_MAX = 128,
};

enum eio_transports {
	EIO_TRANSPORTS_AUTO, /* WebSocket, polling if it can't be had */
	EIO_TRANSPORTS_WEBSOCKET,
	EIO_TRANSPORTS_POLLING,
	EIO_TRANSPORTS_UPGRADE, /* polling, then WebSocket */
};

struct eio_client_cb {
	void (*on_open)(void *arg);
	/* data: valid UTF-8 or binary, gone on return. */
	void (*on_message)(void *arg, bool binary, struct slice data);
	/* The last call. reason: the reference's word; detail: more for a
	 * person, or ""; trust: the certificate is not trusted. */
	void (*on_closed)(
	    void *arg, const char *reason, const char *detail, bool trust);
	/* The system or the server has taken all that was sent. */
	void (*on_drained)(void *arg);
	/* The transport or the lag has changed. */
	void (*on_change)(void *arg);
	/* See eio_client_barrier. */
	void (*on_barrier)(void *arg);
};

/* http and path ("/socket.io/") are borrowed and outlive the client. */
struct eio_client *
eio_client_open(struct http_client *http, const char *path,
    enum eio_transports transports, const struct eio_client_cb *cb, void *arg);

/* Sends a packet; nothing if it is not open. */
void
eio_client_send(struct eio_client *c, struct eio_packet *p);

/* What is sent now leaves at once. */
bool
eio_client_writable(const struct eio_client *c);

/*
 * Asks to be told (on_barrier) when all has come that the server had sent
 * before this reached it. Only a WebSocket can tell that, by a ping; false
 * over polling.
 */
bool
eio_client_barrier(struct eio_client *c);

/* "websocket" or "polling". */
const char *
eio_client_transport(const struct eio_client *c);

/* ms to the server and back, as last measured; -1: not yet. */
int
eio_client_lag(const struct eio_client *c);

/* Closes in order; no upcalls any more. */
void
eio_client_close(struct eio_client *c);

#endif
