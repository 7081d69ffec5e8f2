#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "sio/namespace.h"

static struct room *
room_find(const struct sio_nsp *nsp, struct slice name)
{
	struct room *r;

	HASH_FIND(hh, nsp->rooms, name.p, name.len, r);
	return r;
}

static struct room *
room_new(struct sio_nsp *nsp, struct slice name)
{
	struct room *r = xcalloc(1, sizeof(*r) + name.len + 1);

	r->nsp = nsp;
	memcpy(r->name, name.p, name.len);
	HASH_ADD_KEYPTR(hh, nsp->rooms, r->name, name.len, r);
	return r;
}

static bool
is_member(const struct sio_socket *sock, struct slice name)
{
	for (uint32_t i = 0; i < sock->rooms_n; i++)
		if (slice_is(name, sock->rooms[i].room->name))
			return true;
	return slice_is(name, sock->id);
}

int
sio_join(struct sio_socket *sock, struct slice name)
{
	struct room *r;

	if (name.len == 0 || name.len > SIO_ROOM_MAX ||
	    memchr(name.p, '\0', name.len) != NULL ||
	    !utf8_valid(name.p, name.len))
		return -EINVAL;
	if (is_member(sock, name) || sock->gone)
		return 0;
	if (sock->rooms_n == SIO_ROOMS_PER_SOCKET_MAX)
		return -ENOBUFS;
	r = room_find(sock->nsp, name);
	if (r == NULL)
		r = room_new(sock->nsp, name);
	if (r->n == r->cap) {
		r->cap = r->cap ? r->cap * 2 : 4;
		r->members = xrealloc(r->members, r->cap * sizeof(*r->members));
	}
	if (sock->rooms_n == sock->rooms_cap) {
		sock->rooms_cap = sock->rooms_cap ? sock->rooms_cap * 2 : 1;
		sock->rooms = xrealloc(
		    sock->rooms, sock->rooms_cap * sizeof(*sock->rooms));
	}
	r->members[r->n] = (struct member){ sock, sock->rooms_n };
	sock->rooms[sock->rooms_n++] = (struct membership){ r, r->n++ };
	return 0;
}

/* Ends the i-th membership; the last ones take the free places. */
static void
leave_at(struct sio_socket *sock, uint32_t i)
{
	struct room *r = sock->rooms[i].room;
	uint32_t at = sock->rooms[i].index;

	r->members[at] = r->members[--r->n];
	if (at < r->n)
		r->members[at].sock->rooms[r->members[at].index].index = at;
	sock->rooms[i] = sock->rooms[--sock->rooms_n];
	if (i < sock->rooms_n)
		sock->rooms[i].room->members[sock->rooms[i].index].index = i;
	if (r->n == 0) {
		HASH_DEL(r->nsp->rooms, r);
		free(r->members);
		free(r);
	}
}

void
sio_leave(struct sio_socket *sock, struct slice name)
{
	for (uint32_t i = 0; i < sock->rooms_n; i++)
		if (slice_is(name, sock->rooms[i].room->name)) {
			leave_at(sock, i);
			return;
		}
}

void
rooms_leave_all(struct sio_socket *sock)
{
	while (sock->rooms_n > 0)
		leave_at(sock, sock->rooms_n - 1);
	free(sock->rooms);
	sock->rooms = NULL;
	sock->rooms_cap = 0;
}

const char *
sio_room(const struct sio_socket *sock, unsigned i)
{
	if (i == 0)
		return sock->id;
	return i <= sock->rooms_n ? sock->rooms[i - 1].room->name : NULL;
}

bool
target_has(const struct sio_target *to, struct sio_socket *sock)
{
	bool in = to->n_rooms == 0;

	for (unsigned i = 0; i < to->n_rooms && !in; i++)
		in = is_member(sock, to->rooms[i]);
	for (unsigned i = 0; i < to->n_except && in; i++)
		in = !is_member(sock, to->except[i]);
	return in;
}

/* One broadcast on its way. */
struct cast {
	const struct message *m;
	uint64_t mark;
	bool is_volatile;
	int reached;
};

static void
reach(struct cast *c, struct sio_socket *sock)
{
	if (sock->mark == c->mark || sock->gone)
		return;
	sock->mark = c->mark;
	if (c->is_volatile && !eio_writable(sock->client->session))
		return;
	message_send(c->m, sock);
	c->reached++;
}

static void
mark_room(const struct sio_nsp *nsp, struct slice name, uint64_t mark)
{
	const struct room *r = room_find(nsp, name);
	/* Without being listed there. */
	struct sio_socket *self = socket_by_id(nsp, name);

	for (uint32_t i = 0; r != NULL && i < r->n; i++)
		r->members[i].sock->mark = mark;
	if (self != NULL)
		self->mark = mark;
}

static void
reach_room(struct cast *c, const struct sio_nsp *nsp, struct slice name)
{
	const struct room *r = room_find(nsp, name);
	/* Without being listed there. */
	struct sio_socket *self = socket_by_id(nsp, name);

	for (uint32_t i = 0; r != NULL && i < r->n; i++)
		reach(c, r->members[i].sock);
	if (self != NULL)
		reach(c, self);
}

int
sio_broadcast(struct sio_nsp *nsp, const struct sio_target *to,
    struct slice name, const struct sio_args *args, const struct msgid *offset)
{
	struct cast c = { .mark = ++nsp->mark, .is_volatile = to->is_volatile };
	bool counts = nsp->server->opt.recovery > 0 && !to->is_volatile;
	struct table_node *n = NULL;
	struct message m;
	struct msgid id;
	unsigned i;

	if (offset == NULL && counts) {
		id = nsp->server->last_offset;
		id.sub++;
		offset = &id;
	}
	if (offset != NULL)
		sio_pass_offset(nsp->server, *offset);
	if (message_init(
		&m, SIO_EVENT, nsp->name, SIO_NO_ID, name, args, offset) < 0)
		return -E2BIG;
	if (counts && !to->is_greeting)
		recovery_log(nsp, to, *offset, &m);
	c.m = &m;
	/* Those who are excepted look as if they had been reached. */
	for (i = 0; i < to->n_except; i++)
		mark_room(nsp, to->except[i], c.mark);
	for (i = 0; i < to->n_rooms; i++)
		reach_room(&c, nsp, to->rooms[i]);
	if (to->n_rooms == 0)
		while ((n = table_next(&nsp->sockets, n)) != NULL)
			reach(&c, container_of(n, struct sio_socket, node));
	message_deinit(&m);
	return c.reached;
}
