/*
 * Socket.IO server on Engine.IO: namespaces, sockets, rooms, broadcasting,
 * acknowledgements, binary data, connection state recovery. Protocol 5, and
 * the one before it over Engine.IO 3.
 *
 * A socket is owned by its namespace's user from on_connect until on_gone.
 * Events carry raw JSON as it came (proto/json.h has passed it) and borrowed
 * attachments: good until the upcall returns.
 */
#ifndef CHAT_SIO_SIO_H
#define CHAT_SIO_SIO_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bucket.h"
#include "base/buf.h"
#include "base/msgid.h"
#include "base/slice.h"
#include "eio/eio.h"
#include "net/loop.h"
#include "proto/sio_packet.h"
#include "sio/message.h"

struct sio_server;
struct sio_nsp;
struct sio_socket;
struct sio_knock; /* a CONNECT that waits for its verdict */

enum {
	SIO_ROOM_MAX = 256, /* bytes of a room's name */
	SIO_ROOMS_PER_SOCKET_MAX = 256,
	SIO_AUTH_WAITING_MAX = 65536, /* bytes of auth that waits */
	SIO_CONNECT_ERROR_MAX = 4096,
	SIO_SAVED_MAX = 65536,        /* sockets that may come back */
	SIO_LOG_BYTES_MAX = 32 << 20, /* kept for recovery, per namespace */
};

struct sio_options {
	unsigned connect_timeout; /* ms to join a first namespace */
	unsigned ack_timeout;     /* ms, see sio_emit_ack */
	unsigned recovery;        /* ms in which one who was cut off can come
				   * back (connection state recovery); 0: none */
	struct sio_limits packet;
	size_t namespaces;          /* that one client is in */
	size_t acks;                /* outstanding, per socket */
	struct limit_rate connects; /* CONNECT packets of a client */
	struct eio_options eio;
};

#define SIO_OPTIONS_DEFAULT                                                    \
	((struct sio_options){ 45000, 20000, 120000,                           \
	    { 10, { 32, JSON_NODES_MAX } }, 32, 256, { 500, 50 },              \
	    EIO_OPTIONS_DEFAULT })

struct sio_nsp_cb {
	/*
	 * May this one come in? auth: raw JSON object, good until the verdict.
	 * 0: yes; -EACCES: no, with raw JSON for CONNECT_ERROR in error (an
	 * object with `message`, maybe `data`); -EAGAIN: sio_let_in will tell.
	 * NULL: everyone may.
	 */
	int (*allow)(void *arg, struct sio_knock *k, struct slice auth,
	    struct buf *error);
	/* A socket has connected; recovered: with its rooms and its user
	 * pointer, after what it had missed. */
	void (*on_connect)(void *arg, struct sio_socket *sock,
	    struct slice auth, bool recovered);
	void (*on_event)(struct sio_socket *sock, const struct sio_event *ev);
	/* Gone for good or for now; kept: its user pointer waits for a
	 * recovery or for on_forget. Rooms are still there to be read. */
	void (*on_gone)(struct sio_socket *sock, const char *reason, bool kept);
	/* A kept user pointer is not wanted any more. */
	void (*on_forget)(void *arg, void *user);
};

struct sio_server *
sio_server_new(struct loop *loop, const struct sio_options *opt);

/* A request below the path, from http_server's on_head. */
void
sio_server_request(struct sio_server *srv, struct http_req *req);

/* Closes all transports in order, on_gone with "server shutting down"; no one
 * comes in any more. Without a `41`, for clients do not come back after it. */
void
sio_server_disconnect_all(struct sio_server *srv);

/* Transports that are still open or closing. */
size_t
sio_server_sessions(const struct sio_server *srv);

/* Closes all at once, without upcalls but on_forget, and frees. The loop must
 * turn once more. */
void
sio_server_close(struct sio_server *srv);

/*
 * Offsets of its own lie between the last that was given to a broadcast and
 * the next. This says behind which they begin: before the first namespace is
 * made, for a server that goes on where another has ended.
 */
void
sio_set_offset(struct sio_server *srv, struct msgid last);

/* One that nobody was there to get: what others get from now on is behind it.
 */
void
sio_pass_offset(struct sio_server *srv, struct msgid offset);

/* Makes a namespace, name with its leading '/'; lives as long as srv. */
struct sio_nsp *
sio_nsp_new(struct sio_server *srv, const char *name,
    const struct sio_nsp_cb *cb, void *arg);

const char *
sio_nsp_name(const struct sio_nsp *nsp);

/* ---- coming in ---- */

/* The peer's address, and its Authorization field when the session began, or
 * "". */
const char *
sio_knock_peer(const struct sio_knock *k);

struct slice
sio_knock_credentials(const struct sio_knock *k);

/*
 * The verdict behind -EAGAIN: error NULL lets in, with on_connect; otherwise as
 * of allow. To be called exactly once, also if the client has gone meanwhile or
 * the server closes. Nothing is taken from the client for this namespace until
 * then.
 */
void
sio_let_in(struct sio_knock *k, const struct buf *error);

/* ---- one socket ---- */

const char *
sio_id(const struct sio_socket *sock);

struct sio_nsp *
sio_nsp(const struct sio_socket *sock);

/* The peer's address; "polling" or "websocket"; 3 or 4 for Engine.IO's. */
const char *
sio_peer(const struct sio_socket *sock);

const char *
sio_transport(const struct sio_socket *sock);

int
sio_protocol(const struct sio_socket *sock);

/* Bytes that wait for its client, whatever namespace they are of. */
size_t
sio_queued(const struct sio_socket *sock);

/* Under which it may be recovered; "": it may not. */
const char *
sio_pid(const struct sio_socket *sock);

void
sio_set_user(struct sio_socket *sock, void *user);

void *
sio_user(const struct sio_socket *sock);

/* Emits: name is raw JSON (quoted). With recovery on, an offset is appended
 * as the reference does. -E2BIG: more than SIO_ATTACHMENTS_MAX. */
int
sio_emit(
    struct sio_socket *sock, struct slice name, const struct sio_args *args);

/* The same for what one who comes back is told anew: not kept for recovery. */
int
sio_greet(
    struct sio_socket *sock, struct slice name, const struct sio_args *args);

/* args NULL: no acknowledgement came in ack_timeout, or the socket is gone. */
typedef void (*sio_ack_cb)(void *arg, const struct sio_args *args);

/* Emits and asks for an acknowledgement. -ENOBUFS past the option acks. */
int
sio_emit_ack(struct sio_socket *sock, struct slice name,
    const struct sio_args *args, sio_ack_cb cb, void *arg);

/* Answers an event that wants it. */
int
sio_ack(struct sio_socket *sock, uint64_t ack, const struct sio_args *args);

/* 0, -ENOBUFS past SIO_ROOMS_PER_SOCKET_MAX, -EINVAL for a bad name. Every
 * socket is in the room of its own id. */
int
sio_join(struct sio_socket *sock, struct slice name);

void
sio_leave(struct sio_socket *sock, struct slice name);

/* The i-th room's name, terminated; NULL past the last. */
const char *
sio_room(const struct sio_socket *sock, unsigned i);

/* Server-side disconnect: `41`, on_gone("server namespace disconnect"); with
 * close all namespaces of the client and its transport. */
void
sio_disconnect(struct sio_socket *sock, bool close);

/* ---- recovery across a restart ---- */

/* What an earlier server knew of a socket that was cut off: it can come back
 * from now on, for as long as if it had been cut off now. */
void
sio_keep(struct sio_nsp *nsp, struct slice pid, struct slice sid,
    const struct slice *rooms, unsigned n_rooms, void *user);

/* One that was cut off can't come back any more: on_forget. */
void
sio_forget(struct sio_nsp *nsp, struct slice pid);

struct sio_target;

/* Remembers a broadcast of an earlier server without sending it. In the order
 * of offsets, before sio_set_offset's. */
int
sio_remember(struct sio_nsp *nsp, const struct sio_target *to,
    struct slice name, const struct sio_args *args, struct msgid offset);

/* Whatever came after `since` is remembered. */
void
sio_remembers_since(struct sio_nsp *nsp, struct msgid since);

/* ---- many ---- */

struct sio_target {
	const struct slice *rooms; /* n_rooms == 0: everyone in the namespace */
	unsigned n_rooms;
	const struct slice *except; /* rooms whose members do not get it */
	unsigned n_except;
	bool is_volatile; /* dropped where it cannot leave at once */
	bool is_greeting; /* not kept for recovery */
};

/*
 * Encodes once and queues to every socket of the target once. offset: NULL
 * for one of sio's own, else the id it carries as its last argument and in
 * the recovery log. Returns the number of recipients, or -E2BIG.
 */
int
sio_broadcast(struct sio_nsp *nsp, const struct sio_target *to,
    struct slice name, const struct sio_args *args, const struct msgid *offset);

#endif
