/*
 * Inside the sio floor: the server, its clients (one for each Engine.IO
 * session), namespaces, sockets and rooms.
 *
 * A socket is made when its client's CONNECT has been let in, and retired
 * when it is disconnected: out of all tables at once, its memory stays until
 * the end of the turn.
 */
#ifndef CHAT_SIO_NAMESPACE_H
#define CHAT_SIO_NAMESPACE_H

#include <sys/queue.h>

#include "base/hash.h"
#include "base/table.h"
#include "net/timeq.h"
#include "sio/assembly.h"
#include "sio/message.h"
#include "sio/sio.h"

struct room;

struct sio_server {
	struct loop *loop;
	struct sio_options opt;
	struct eio_server *eio;
	struct sio_nsp *nsps; /* by name */
	LIST_HEAD(, sio_client) clients;
	struct msgid last_offset; /* of a broadcast */
	struct timeq *connect, *ack, *recovery;
	unsigned saved_n; /* in all namespaces, in recovery's order */
	bool closing;
	struct loop_task free_task;
};

struct sio_knock {
	LIST_ENTRY(sio_knock) link;
	struct sio_client *client; /* NULL: it has gone */
	struct sio_nsp *nsp;
	char *auth; /* a copy */
	size_t len;
};

/* A client that is in no namespace yet has so much time. */
struct newcomer {
	struct sio_client *client;
	struct timeq_entry time;
};

struct sio_client {
	LIST_ENTRY(sio_client) link;
	struct sio_server *server;
	struct eio_session *session;
	LIST_HEAD(, sio_socket) sockets;
	LIST_HEAD(, sio_knock) knocks;
	struct newcomer *newcomer; /* or NULL */
	struct assembly *assembly;
	struct bucket connects; /* of CONNECT packets */
	bool closed;
};

struct pending_ack {
	LIST_ENTRY(pending_ack) link;
	struct timeq_entry timer;
	struct sio_socket *sock;
	uint64_t id;
	sio_ack_cb cb;
	void *arg;
};

struct membership {
	struct room *room;
	uint32_t index; /* in the room's members */
};

struct sio_socket {
	struct table_node node;      /* in the namespace, by id */
	LIST_ENTRY(sio_socket) link; /* of the client */
	struct sio_client *client;
	struct sio_nsp *nsp;
	void *user;
	char *id;
	struct membership *rooms;
	uint64_t mark; /* the last broadcast that has reached it */
	LIST_HEAD(, pending_ack) acks;
	uint32_t acks_n;
	uint16_t rooms_n, rooms_cap; /* SIO_ROOMS_PER_SOCKET_MAX */
	bool gone;
	char pid[EIO_SID_LEN + 1]; /* private id, for recovery; may be "" */
};

struct member {
	struct sio_socket *sock;
	uint32_t index; /* in the socket's rooms */
};

struct room {
	UT_hash_handle hh;
	struct sio_nsp *nsp;
	struct member *members;
	uint32_t n, cap;
	char name[];
};

struct sio_nsp {
	UT_hash_handle hh;
	struct sio_server *server;
	const struct sio_nsp_cb *cb;
	void *arg;
	struct table sockets; /* by id */
	struct room *rooms;   /* by name */
	uint64_t mark;
	uint64_t next_ack;
	struct saved *saved; /* by pid */
	STAILQ_HEAD(, logged) log;
	size_t log_bytes;
	struct msgid forgotten; /* the last one dropped from the log */
	char name[];
};

/* ---- socket.c ---- */

/* Queues it to a socket's client. */
void
message_send(const struct message *m, struct sio_socket *sock);

/* Makes the socket of a CONNECT that is let in, new or recovered. */
void
socket_connect(struct sio_client *c, struct sio_nsp *nsp, struct slice auth);

struct sio_socket *
socket_find(struct sio_client *c, struct slice nsp);

/* Out of all tables; tells the user. Nothing is sent. */
void
socket_retire(struct sio_socket *sock, const char *reason);

/* By its id; NULL. */
struct sio_socket *
socket_by_id(const struct sio_nsp *nsp, struct slice id);

/* In or out of the namespace's table, by its id. */
void
socket_list(struct sio_socket *sock);

void
socket_unlist(struct sio_socket *sock);

/* An acknowledgement has come; unknown ids are ignored. */
void
socket_acked(struct sio_socket *sock, uint64_t id, const struct sio_args *args);

/* ---- knock.c ---- */

/* Answers a CONNECT to a namespace that exists, now or later: CONNECT_ERROR,
 * or a socket. */
void
knock(struct sio_client *c, struct sio_nsp *nsp, struct slice auth);

bool
knock_waits(const struct sio_client *c, struct slice nsp);

/* The client goes. */
void
knock_leave_all(struct sio_client *c);

/* ---- server.c ---- */

/* Sends a packet outside of any socket. */
void
client_send(struct sio_client *c, enum sio_type type, const char *nsp,
    struct slice json);

/* It is in a namespace, or gone: its time to get there is over. */
void
client_settle(struct sio_client *c);

/* Retires all sockets, then closes the transport in order. */
void
client_close(struct sio_client *c, const char *reason);

/* ---- adapter_memory.c ---- */

void
rooms_leave_all(struct sio_socket *sock);

/* Does this target mean this socket? */
bool
target_has(const struct sio_target *to, struct sio_socket *sock);

/* ---- recovery.c ---- */

/* Remembers a packet for those who come back. */
void
recovery_log(struct sio_nsp *nsp, const struct sio_target *to, struct msgid id,
    const struct message *m);

/* Keeps a socket that was cut off: its ids, rooms and user pointer. */
void
recovery_save(struct sio_socket *sock);

/*
 * Gives a new socket the state saved under pid and sends what it has missed
 * since offset. False, and nothing done but the state forgotten, if that
 * can't be had whole.
 */
bool
recovery_restore(
    struct sio_socket *sock, struct slice pid, struct slice offset);

/* Forgets everything of a namespace. */
void
recovery_clear(struct sio_nsp *nsp);

#endif
