#include "config.h"

#include "hub/expel.h"

#include <stdlib.h>

#include "base/mem.h"
#include "hub/line.h"
#include "hub/plain.h"
#include "proto/json.h"

enum { EVENT_NAME_MAX = 64 };

/* Connections, each referenced: one that goes may take others with it. */
struct conns {
	struct conn **v;
	size_t n, cap;
};

static void
add_all(const struct expel *e, const struct person *p, struct conns *out)
{
	struct conn *c;

	LIST_FOREACH (c, &p->conns, link) {
		if (p->id != e->person &&
		    (e->range == NULL ||
			!address_range_has(e->range, &c->address)))
			continue;
		if (out->n == out->cap) {
			out->cap = out->cap > 0 ? 2 * out->cap : 8;
			out->v =
			    xrealloc(out->v, out->cap * sizeof(struct conn *));
		}
		c->refs++;
		out->v[out->n++] = c;
	}
}

static struct conns
find(const struct expel *e)
{
	struct conns all = { .n = 0 };
	const struct person *p;

	if (e->range == NULL) {
		p = person_find(e->hub, e->person);
		if (p != NULL)
			add_all(e, p, &all);
		return all;
	}
	for (p = person_next(e->hub, NULL); p != NULL;
	     p = person_next(e->hub, p))
		add_all(e, p, &all);
	return all;
}

static void
tell(const struct expel *e, const struct conn *c)
{
	struct sio_args args = { .json = buf_view(e->json) };
	struct buf name;

	if (c->sock == NULL || c->form == FORM_CHAT)
		return;
	buf_init(&name, EVENT_NAME_MAX);
	json_put_string(&name, slice_of(e->event));
	sio_emit(c->sock, buf_view(&name), &args);
	buf_deinit(&name);
}

/* Gone for good: there is nothing that it could come back to. */
static void
put_out(const struct expel *e, struct conn *c, bool close)
{
	struct hub *h = e->hub;

	if (c->ws != NULL)
		plain_put_out(c->ws, e->reason);
	else if (c->sock != NULL)
		sio_disconnect(c->sock, close);
	else if (c->pid != NULL)
		sio_forget(
		    c->form == FORM_CHAT ? h->chat : h->root, slice_of(c->pid));
}

static void
leave(const struct expel *e, struct conn *c, struct room *room)
{
	/* Without the room there is nothing left for the others. */
	if (c->sock == NULL || c->form == FORM_CHAT) {
		put_out(e, c, false);
		return;
	}
	conn_leave(c, room, e->reason);
	conn_keep_session(c);
}

void
expel_from_room(const struct expel *e, struct room *room)
{
	struct conns all = find(e);

	room->refs++;
	for (size_t i = 0; i < all.n; i++) {
		tell(e, all.v[i]);
		if (conn_in(all.v[i], room))
			leave(e, all.v[i], room);
		conn_unref(all.v[i]);
	}
	free(all.v);
	if (e->range != NULL)
		line_put_out(e->hub, room, e->range);
	room->refs--;
	room_check(e->hub, room);
}

void
expel_all(const struct expel *e)
{
	struct conns all = find(e);

	for (size_t i = 0; i < all.n; i++) {
		tell(e, all.v[i]);
		put_out(e, all.v[i], true);
		conn_unref(all.v[i]);
	}
	free(all.v);
	if (e->range != NULL)
		line_put_out(e->hub, NULL, e->range);
}
