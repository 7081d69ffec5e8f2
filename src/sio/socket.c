#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/mem.h"
#include "proto/json.h"
#include "sio/namespace.h"

static void
random_id(char out[EIO_SID_LEN + 1])
{
	unsigned char raw[EIO_SID_LEN / 4 * 3];

	random_bytes(raw, sizeof(raw));
	out[base64url_encode(out, raw, sizeof(raw))] = '\0';
}

struct sio_socket *
socket_find(struct sio_client *c, struct slice nsp)
{
	struct sio_socket *sock;

	LIST_FOREACH (sock, &c->sockets, link)
		if (slice_is(nsp, sock->nsp->name))
			return sock;
	return NULL;
}

struct sio_socket *
socket_by_id(const struct sio_nsp *nsp, struct slice id)
{
	const uint32_t hash = hash_bytes(id.p, id.len);
	struct table_node *n = NULL;

	while ((n = table_find(&nsp->sockets, hash, n)) != NULL) {
		struct sio_socket *sock =
		    container_of(n, struct sio_socket, node);

		if (slice_is(id, sock->id))
			return sock;
	}
	return NULL;
}

void
socket_list(struct sio_socket *sock)
{
	table_add(&sock->nsp->sockets, &sock->node,
	    hash_bytes(sock->id, strlen(sock->id)));
}

void
socket_unlist(struct sio_socket *sock)
{
	table_remove(&sock->nsp->sockets, &sock->node);
}

static void
socket_free(void *p)
{
	struct sio_socket *sock = p;

	free(sock->id);
	free(sock);
}

/* The id that others may know. With protocol 4 of Socket.IO clients derive
 * it themselves from the session's. */
static char *
make_id(const struct sio_client *c, const struct sio_nsp *nsp)
{
	const char *sid = eio_sid(c->session);
	size_t len = strlen(nsp->name);
	char *id;

	if (eio_protocol(c->session) == 4) {
		id = xmalloc(EIO_SID_LEN + 1);
		random_id(id);
	} else if (len == 1) {
		id = xstrndup(sid, EIO_SID_LEN);
	} else {
		id = xmalloc(len + EIO_SID_LEN + 2);
		snprintf(id, len + EIO_SID_LEN + 2, "%s#%s", nsp->name, sid);
	}
	return id;
}

static struct sio_socket *
socket_new(struct sio_client *c, struct sio_nsp *nsp)
{
	struct sio_socket *sock = xcalloc(1, sizeof(*sock));

	sock->client = c;
	sock->nsp = nsp;
	sock->id = make_id(c, nsp);
	LIST_INIT(&sock->acks);
	socket_list(sock);
	LIST_INSERT_HEAD(&c->sockets, sock, link);
	return sock;
}

/* An object's member that is a string without escapes; else empty. */
static struct slice
plain_string(struct slice object, const char *key)
{
	struct slice raw = { NULL, 0 };

	if (!json_get(object, key, &raw) || raw.len < 2 || raw.p[0] != '"')
		return SLICE("");
	return (struct slice){ raw.p + 1, raw.len - 2 };
}

static bool
try_recovery(struct sio_socket *sock, struct slice auth)
{
	struct slice pid = plain_string(auth, "pid");

	if (sock->nsp->server->opt.recovery == 0 ||
	    eio_protocol(sock->client->session) != 4)
		return false;
	if (pid.len > 0 &&
	    recovery_restore(sock, pid, plain_string(auth, "offset")))
		return true;
	random_id(sock->pid);
	return false;
}

static void
send_connect(struct sio_socket *sock)
{
	char json[160];
	int n = 0;

	if (eio_protocol(sock->client->session) == 3)
		json[0] = '\0';
	else if (sock->pid[0] != '\0')
		n = snprintf(json, sizeof(json),
		    "{\"sid\":\"%s\",\"pid\":\"%s\"}", sock->id, sock->pid);
	else
		n = snprintf(json, sizeof(json), "{\"sid\":\"%s\"}", sock->id);
	client_send(sock->client, SIO_CONNECT, sock->nsp->name,
	    (struct slice){ json, (size_t)n });
}

void
socket_connect(struct sio_client *c, struct sio_nsp *nsp, struct slice auth)
{
	struct sio_socket *sock;
	bool recovered;

	client_settle(c);
	sock = socket_new(c, nsp);
	recovered = try_recovery(sock, auth);
	send_connect(sock);
	if (nsp->cb->on_connect != NULL)
		nsp->cb->on_connect(nsp->arg, sock, auth, recovered);
}

static void
free_ack(struct pending_ack *a)
{
	timeq_stop(&a->timer);
	LIST_REMOVE(a, link);
	a->sock->acks_n--;
	free(a);
}

static void
call_ack(struct pending_ack *a, const struct sio_args *args)
{
	sio_ack_cb cb = a->cb;
	void *arg = a->arg;

	free_ack(a);
	cb(arg, args);
}

static void
ack_expired(struct timeq_entry *e)
{
	call_ack(container_of(e, struct pending_ack, timer), NULL);
}

/* Those with which the reference lets a client come back. */
static bool
is_recoverable(const char *reason)
{
	static const char *const reasons[] = { "transport close",
		"transport error", "forced close", "forced server close",
		"ping timeout", "queue full", "server shutting down" };

	for (unsigned i = 0; i < sizeof(reasons) / sizeof(*reasons); i++)
		if (strcmp(reason, reasons[i]) == 0)
			return true;
	return false;
}

void
socket_retire(struct sio_socket *sock, const char *reason)
{
	struct sio_nsp *nsp = sock->nsp;
	bool keep;

	if (sock->gone)
		return;
	sock->gone = true;
	LIST_REMOVE(sock, link);
	socket_unlist(sock);
	keep = sock->pid[0] != '\0' && is_recoverable(reason);
	while (!LIST_EMPTY(&sock->acks))
		call_ack(LIST_FIRST(&sock->acks), NULL);
	if (nsp->cb->on_gone != NULL)
		nsp->cb->on_gone(sock, reason, keep);
	if (keep)
		recovery_save(sock);
	rooms_leave_all(sock);
	loop_free(nsp->server->loop, sock, socket_free);
}

void
socket_acked(struct sio_socket *sock, uint64_t id, const struct sio_args *args)
{
	struct pending_ack *a;

	LIST_FOREACH (a, &sock->acks, link)
		if (a->id == id) {
			call_ack(a, args);
			return;
		}
}

const char *
sio_pid(const struct sio_socket *sock)
{
	return sock->pid;
}

static int
emit(struct sio_socket *sock, struct slice name, const struct sio_args *args,
    bool is_greeting)
{
	struct slice self = slice_of(sock->id);
	struct sio_target to = {
		.rooms = &self, .n_rooms = 1, .is_greeting = is_greeting
	};
	int r = sio_broadcast(sock->nsp, &to, name, args, NULL);

	return r < 0 ? r : 0;
}

int
sio_emit(
    struct sio_socket *sock, struct slice name, const struct sio_args *args)
{
	return emit(sock, name, args, false);
}

int
sio_greet(
    struct sio_socket *sock, struct slice name, const struct sio_args *args)
{
	return emit(sock, name, args, true);
}

static int
send_message(struct sio_socket *sock, enum sio_type type, int64_t id,
    struct slice name, const struct sio_args *args)
{
	struct message m;
	int err = message_init(&m, type, sock->nsp->name, id, name, args, NULL);

	if (err)
		return err;
	message_send(&m, sock);
	message_deinit(&m);
	return 0;
}

int
sio_emit_ack(struct sio_socket *sock, struct slice name,
    const struct sio_args *args, sio_ack_cb cb, void *arg)
{
	struct sio_nsp *nsp = sock->nsp;
	struct pending_ack *a;
	int err;

	if (sock->gone || sock->acks_n >= nsp->server->opt.acks)
		return -ENOBUFS;
	err = send_message(sock, SIO_EVENT, (int64_t)nsp->next_ack, name, args);
	if (err)
		return err;
	a = xcalloc(1, sizeof(*a));
	a->sock = sock;
	a->id = nsp->next_ack++;
	a->cb = cb;
	a->arg = arg;
	LIST_INSERT_HEAD(&sock->acks, a, link);
	sock->acks_n++;
	timeq_start(nsp->server->ack, &a->timer, ack_expired);
	return 0;
}

int
sio_ack(struct sio_socket *sock, uint64_t ack, const struct sio_args *args)
{
	if (sock->gone)
		return 0;
	return send_message(sock, SIO_ACK, (int64_t)ack, SLICE(""), args);
}

void
sio_disconnect(struct sio_socket *sock, bool close)
{
	struct sio_client *c = sock->client;
	struct sio_socket *each;

	if (sock->gone)
		return;
	if (!close) {
		client_send(c, SIO_DISCONNECT, sock->nsp->name, SLICE(""));
		socket_retire(sock, "server namespace disconnect");
		return;
	}
	LIST_FOREACH (each, &c->sockets, link)
		client_send(c, SIO_DISCONNECT, each->nsp->name, SLICE(""));
	client_close(c, "server namespace disconnect");
}

const char *
sio_id(const struct sio_socket *sock)
{
	return sock->id;
}

struct sio_nsp *
sio_nsp(const struct sio_socket *sock)
{
	return sock->nsp;
}

const char *
sio_peer(const struct sio_socket *sock)
{
	return eio_peer(sock->client->session);
}

const char *
sio_transport(const struct sio_socket *sock)
{
	return eio_transport(sock->client->session);
}

int
sio_protocol(const struct sio_socket *sock)
{
	return eio_protocol(sock->client->session);
}

size_t
sio_queued(const struct sio_socket *sock)
{
	return eio_queued(sock->client->session);
}

void
sio_set_user(struct sio_socket *sock, void *user)
{
	sock->user = user;
}

void *
sio_user(const struct sio_socket *sock)
{
	return sock->user;
}

void
message_send(const struct message *m, struct sio_socket *sock)
{
	for (unsigned i = 0; i < m->n; i++)
		eio_send(sock->client->session, m->packet[i]);
}
