#include "config.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "sio/namespace.h"

/*
 * Connection state recovery in memory. Ids are strictly increasing, so that
 * what a client has missed is what was logged behind its offset: whole, if
 * nothing behind the offset has been dropped from the log yet.
 */

enum { LOGGED_COST = 256 }; /* of a packet in a queue, beside its bytes */

/* A packet as it was sent, and to whom. */
struct logged {
	STAILQ_ENTRY(logged) link;
	struct msgid id;
	uint64_t at; /* loop_now */
	struct message m;
	struct sio_target to;
	struct slice names[]; /* its rooms, then except */
};

/* A socket that was cut off. */
struct saved {
	UT_hash_handle hh; /* by pid */
	struct sio_nsp *nsp;
	struct timeq_entry expire;
	void *user;
	char *id;
	unsigned rooms_n;
	char **rooms;
	char pid[EIO_SID_LEN + 1];
};

static void
free_logged(struct logged *l)
{
	unsigned i;

	for (i = 0; i < l->to.n_rooms + l->to.n_except; i++)
		free((char *)(uintptr_t)l->names[i].p);
	message_deinit(&l->m);
	free(l);
}

static void
drop_oldest(struct sio_nsp *nsp)
{
	struct logged *l = STAILQ_FIRST(&nsp->log);

	STAILQ_REMOVE_HEAD(&nsp->log, link);
	nsp->log_bytes -= l->m.bytes + sizeof(*l);
	if (msgid_cmp(l->id, nsp->forgotten) > 0)
		nsp->forgotten = l->id;
	free_logged(l);
}

static void
trim(struct sio_nsp *nsp)
{
	uint64_t now = loop_now(nsp->server->loop);
	struct logged *l;

	while ((l = STAILQ_FIRST(&nsp->log)) != NULL &&
	       (now - l->at > nsp->server->opt.recovery ||
		   nsp->log_bytes > SIO_LOG_BYTES_MAX))
		drop_oldest(nsp);
}

static void
copy_names(struct slice *out, const struct slice *in, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		out[i] =
		    (struct slice){ xstrndup(in[i].p, in[i].len), in[i].len };
}

void
recovery_log(struct sio_nsp *nsp, const struct sio_target *to, struct msgid id,
    const struct message *m)
{
	unsigned names = to->n_rooms + to->n_except;
	struct logged *l = xcalloc(1, sizeof(*l) + names * sizeof(l->names[0]));

	l->id = id;
	l->at = loop_now(nsp->server->loop);
	l->m = *m;
	for (unsigned i = 0; i < m->n; i++)
		eio_packet_ref(m->packet[i]);
	l->to = *to;
	copy_names(l->names, to->rooms, to->n_rooms);
	copy_names(l->names + to->n_rooms, to->except, to->n_except);
	l->to.rooms = l->names;
	l->to.except = l->names + to->n_rooms;
	STAILQ_INSERT_TAIL(&nsp->log, l, link);
	nsp->log_bytes += m->bytes + sizeof(*l);
	trim(nsp);
}

/* Frees all but the user pointer, which has been taken or given back. */
static void
free_saved(struct saved *sv)
{
	timeq_stop(&sv->expire);
	HASH_DEL(sv->nsp->saved, sv);
	sv->nsp->server->saved_n--;
	for (unsigned i = 0; i < sv->rooms_n; i++)
		free(sv->rooms[i]);
	free(sv->rooms);
	free(sv->id);
	free(sv);
}

static void
forget(struct saved *sv)
{
	struct sio_nsp *nsp = sv->nsp;
	void *user = sv->user;

	free_saved(sv);
	if (user != NULL && nsp->cb->on_forget != NULL)
		nsp->cb->on_forget(nsp->arg, user);
}

static void
saved_expired(struct timeq_entry *e)
{
	forget(container_of(e, struct saved, expire));
}

void
sio_keep(struct sio_nsp *nsp, struct slice pid, struct slice sid,
    const struct slice *rooms, unsigned n_rooms, void *user)
{
	struct sio_server *srv = nsp->server;
	struct saved *sv = xcalloc(1, sizeof(*sv));

	assert(pid.len == EIO_SID_LEN);
	sv->nsp = nsp;
	sv->user = user;
	sv->id = xstrndup(sid.p, sid.len);
	memcpy(sv->pid, pid.p, pid.len);
	sv->rooms = xcalloc(n_rooms + 1, sizeof(*sv->rooms));
	for (unsigned i = 0; i < n_rooms; i++)
		sv->rooms[i] = xstrndup(rooms[i].p, rooms[i].len);
	sv->rooms_n = n_rooms;
	HASH_ADD_STR(nsp->saved, pid, sv);
	timeq_start(srv->recovery, &sv->expire, saved_expired);
	if (++srv->saved_n > SIO_SAVED_MAX)
		saved_expired(TAILQ_FIRST(&srv->recovery->entries));
}

void
recovery_save(struct sio_socket *sock)
{
	struct slice rooms[SIO_ROOMS_PER_SOCKET_MAX];

	for (uint32_t i = 0; i < sock->rooms_n; i++)
		rooms[i] = slice_of(sock->rooms[i].room->name);
	sio_keep(sock->nsp, slice_of(sock->pid), slice_of(sock->id), rooms,
	    sock->rooms_n, sock->user);
}

void
sio_forget(struct sio_nsp *nsp, struct slice pid)
{
	struct saved *sv;

	HASH_FIND(hh, nsp->saved, pid.p, pid.len, sv);
	if (sv != NULL)
		forget(sv);
}

int
sio_remember(struct sio_nsp *nsp, const struct sio_target *to,
    struct slice name, const struct sio_args *args, struct msgid offset)
{
	struct message m;

	if (message_init(
		&m, SIO_EVENT, nsp->name, SIO_NO_ID, name, args, &offset) < 0)
		return -E2BIG;
	recovery_log(nsp, to, offset, &m);
	message_deinit(&m);
	return 0;
}

void
sio_remembers_since(struct sio_nsp *nsp, struct msgid since)
{
	nsp->forgotten = since;
}

static bool
log_covers(struct sio_nsp *nsp, struct slice offset, struct msgid *since)
{
	trim(nsp);
	return msgid_parse(offset, since) == 0 &&
	       msgid_cmp(*since, nsp->forgotten) >= 0 &&
	       msgid_cmp(*since, nsp->server->last_offset) <= 0;
}

/* Memory that sending what came after `since` would take. */
static size_t
missed_cost(struct sio_socket *sock, struct msgid since)
{
	struct logged *l;
	size_t cost = 0;

	STAILQ_FOREACH (l, &sock->nsp->log, link)
		if (msgid_cmp(l->id, since) > 0 && target_has(&l->to, sock))
			cost += l->m.bytes + LOGGED_COST;
	return cost;
}

static void
send_missed(struct sio_socket *sock, struct msgid since)
{
	struct logged *l;

	STAILQ_FOREACH (l, &sock->nsp->log, link)
		if (msgid_cmp(l->id, since) > 0 && target_has(&l->to, sock))
			message_send(&l->m, sock);
}

bool
recovery_restore(struct sio_socket *sock, struct slice pid, struct slice offset)
{
	struct sio_nsp *nsp = sock->nsp;
	char *id = sock->id;
	struct saved *sv;
	struct msgid since;

	HASH_FIND(hh, nsp->saved, pid.p, pid.len, sv);
	if (sv == NULL)
		return false;
	socket_unlist(sock);
	sock->id = sv->id;
	for (unsigned i = 0; i < sv->rooms_n; i++)
		sio_join(sock, slice_of(sv->rooms[i]));
	/* What would not fit into its queue is no way to come back. */
	if (!log_covers(nsp, offset, &since) ||
	    missed_cost(sock, since) > nsp->server->opt.eio.queue_max / 2) {
		rooms_leave_all(sock);
		sock->id = id;
		socket_list(sock);
		forget(sv);
		return false;
	}
	free(id);
	sv->id = NULL;
	socket_list(sock);
	memcpy(sock->pid, sv->pid, sizeof(sock->pid));
	sock->user = sv->user;
	free_saved(sv);
	send_missed(sock, since);
	return true;
}

void
recovery_clear(struct sio_nsp *nsp)
{
	struct saved *sv, *next;

	HASH_ITER (hh, nsp->saved, sv, next)
		forget(sv);
	while (!STAILQ_EMPTY(&nsp->log))
		drop_oldest(nsp);
}
