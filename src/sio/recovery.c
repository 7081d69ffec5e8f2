#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "sio/namespace.h"

/*
 * Connection state recovery in memory. Ids are strictly increasing, so that
 * what a client has missed is what was logged behind its offset: whole, if
 * nothing behind the offset has been dropped from the log yet.
 */

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
recovery_save(struct sio_socket *sock)
{
	struct sio_nsp *nsp = sock->nsp;
	struct saved *sv = xcalloc(1, sizeof(*sv));

	sv->nsp = nsp;
	sv->user = sock->user;
	sv->id = xstrndup(sock->id, strlen(sock->id));
	memcpy(sv->pid, sock->pid, sizeof(sv->pid));
	sv->rooms = xcalloc(sock->rooms_n + 1, sizeof(*sv->rooms));
	for (uint32_t i = 0; i < sock->rooms_n; i++) {
		const char *name = sock->rooms[i].room->name;

		sv->rooms[sv->rooms_n++] = xstrndup(name, strlen(name));
	}
	HASH_ADD_STR(nsp->saved, pid, sv);
	timeq_start(nsp->server->recovery, &sv->expire, saved_expired);
}

static bool
log_covers(struct sio_nsp *nsp, struct slice offset, struct msgid *since)
{
	trim(nsp);
	return msgid_parse(offset, since) == 0 &&
	       msgid_cmp(*since, nsp->forgotten) >= 0 &&
	       msgid_cmp(*since, nsp->server->last_id) <= 0;
}

bool
recovery_restore(struct sio_socket *sock, struct slice pid, struct slice offset)
{
	struct sio_nsp *nsp = sock->nsp;
	struct logged *l;
	struct saved *sv;
	struct msgid since;

	HASH_FIND(hh, nsp->saved, pid.p, pid.len, sv);
	if (sv == NULL)
		return false;
	if (!log_covers(nsp, offset, &since)) {
		forget(sv);
		return false;
	}
	HASH_DEL(nsp->sockets, sock);
	free(sock->id);
	sock->id = xstrndup(sv->id, strlen(sv->id));
	HASH_ADD_KEYPTR(hh, nsp->sockets, sock->id, strlen(sock->id), sock);
	memcpy(sock->pid, sv->pid, sizeof(sock->pid));
	sock->user = sv->user;
	for (unsigned i = 0; i < sv->rooms_n; i++)
		sio_join(sock, slice_of(sv->rooms[i]));
	free_saved(sv);
	STAILQ_FOREACH (l, &nsp->log, link)
		if (msgid_cmp(l->id, since) > 0 && target_has(&l->to, sock))
			message_send(&l->m, sock);
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
