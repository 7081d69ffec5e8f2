#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "hub/core.h"
#include "hub/encode.h"
#include "proto/json.h"

enum { EVENT_MAX = 4096, SESSION_MAX = 65536 };

/* ---- who is where ---- */

static bool
is_quiet(const struct room *room)
{
	return HASH_COUNT(room->present) > ROOM_QUIET_MEMBERS;
}

static void
tell_presence(const struct conn *c, const struct room *room, const char *event,
    const char *reason)
{
	const struct person *p = c->person;
	struct buf b;

	if (is_quiet(room))
		return;
	buf_init(&b, EVENT_MAX);
	buf_putc(&b, '{');
	encode_string("room", slice_of(room->name), &b);
	buf_putc(&b, ',');
	encode_string("nick", slice_of(p->nick), &b);
	buf_putc(&b, ',');
	encode_string("from", slice_of(p->name), &b);
	if (reason != NULL) {
		buf_putc(&b, ',');
		encode_string("reason", slice_of(reason), &b);
	}
	if (strcmp(event, "joined") == 0)
		encode_role(room, p->id, &b);
	buf_putc(&b, '}');
	room_tell(room, event, &b, NULL, p, false);
	buf_deinit(&b);
}

static void
come(struct conn *c, struct room *room)
{
	uint64_t id = c->person->id;
	struct presence *pr;

	HASH_FIND(hh, room->present, &id, sizeof(id), pr);
	if (pr != NULL) {
		pr->conns++;
		return;
	}
	pr = xcalloc(1, sizeof(*pr));
	pr->person = c->person;
	pr->conns = 1;
	HASH_ADD_KEYPTR(hh, room->present, &pr->person->id, sizeof(id), pr);
	tell_presence(c, room, "joined", NULL);
}

static void
go(struct conn *c, struct room *room, const char *reason)
{
	uint64_t id = c->person->id;
	struct presence *pr;

	HASH_FIND(hh, room->present, &id, sizeof(id), pr);
	if (pr == NULL || --pr->conns > 0)
		return;
	/* Counted while it goes: as many hear of it as of its coming. */
	if (!c->hub->closing)
		tell_presence(c, room, "left", reason);
	HASH_DEL(room->present, pr);
	free(pr);
}

/* ---- rooms ---- */

static struct room **
find_membership(const struct conn *c, const struct room *room)
{
	for (unsigned i = 0; i < c->rooms_n; i++)
		if (c->rooms[i] == room)
			return &c->rooms[i];
	return NULL;
}

bool
conn_in(const struct conn *c, const struct room *room)
{
	return find_membership(c, room) != NULL;
}

unsigned
conn_rooms_max(const struct conn *c)
{
	return (unsigned)limit_size(c->hub->limits->joined, HUB_ROOMS_MAX);
}

int
conn_join(struct conn *c, struct room *room)
{
	char tag[ROOM_TAG_MAX];

	if (conn_in(c, room))
		return 0;
	if (c->rooms_n >= conn_rooms_max(c))
		return -ENOBUFS;
	if (c->rooms_n == c->rooms_cap) {
		c->rooms_cap = c->rooms_cap ? c->rooms_cap * 2 : 1;
		c->rooms =
		    xrealloc(c->rooms, c->rooms_cap * sizeof(struct room *));
	}
	c->rooms[c->rooms_n++] = room;
	room->forms[c->form]++;
	if (c->form == FORM_PLAIN)
		LIST_INSERT_HEAD(&room->plain, c, in_room);
	if (c->sock != NULL)
		sio_join(c->sock, room_tag(room, c->form, tag));
	if (c->live)
		come(c, room);
	return 0;
}

static void
leave(struct conn *c, struct room **m, const char *reason)
{
	struct room *room = *m;
	char tag[ROOM_TAG_MAX];

	*m = c->rooms[--c->rooms_n];
	room->forms[c->form]--;
	if (c->form == FORM_PLAIN)
		LIST_REMOVE(c, in_room);
	if (c->sock != NULL)
		sio_leave(c->sock, room_tag(room, c->form, tag));
	if (c->live)
		go(c, room, reason);
	room_check(c->hub, room);
}

void
conn_leave(struct conn *c, struct room *room, const char *reason)
{
	struct room **m = find_membership(c, room);

	if (m != NULL)
		leave(c, m, reason);
}

bool
conn_is_banned(const struct conn *c, const struct room *room)
{
	return !conn_is_operator(c) &&
	       ban_of(c->hub, room, c->person->id, &c->address) != NULL;
}

/* Where it may not be as who it is now. */
static void
leave_banned(struct conn *c)
{
	for (unsigned i = c->rooms_n; i-- > 0;)
		if (conn_is_banned(c, c->rooms[i]))
			conn_leave(c, c->rooms[i], "banned");
}

void
conn_set_form(struct conn *c, enum hub_form form)
{
	char tag[ROOM_TAG_MAX];

	if (c->form == form)
		return;
	for (unsigned i = 0; i < c->rooms_n; i++) {
		struct room *room = c->rooms[i];

		sio_leave(c->sock, room_tag(room, c->form, tag));
		sio_join(c->sock, room_tag(room, form, tag));
		room->forms[c->form]--;
		room->forms[form]++;
	}
	c->form = (uint8_t)form;
	conn_keep_session(c);
}

/* ---- coming and going ---- */

static int
here(struct conn *c)
{
	struct person *p = c->person;
	int err = p->live == 0 ? person_set_here(p, true) : 0;

	p->live++;
	c->live = true;
	return err;
}

static void
not_here(struct conn *c)
{
	struct person *p = c->person;

	c->live = false;
	if (--p->live == 0)
		person_set_here(p, false);
}

struct conn *
conn_new(struct person *p, enum hub_form form)
{
	struct conn *c = xcalloc(1, sizeof(*c));

	c->hub = p->hub;
	c->person = p;
	c->form = (uint8_t)form;
	c->refs = 1;
	LIST_INSERT_HEAD(&p->conns, c, link);
	return c;
}

void
conn_set_address(struct conn *c, const char *address)
{
	address_parse(slice_of(address), &c->address);
}

void
conn_unref(struct conn *c)
{
	struct person *p = c->person;

	if (--c->refs > 0)
		return;
	LIST_REMOVE(c, link);
	free(c->rooms);
	free(c->sid);
	free(c->pid);
	free(c->stuck);
	free(c);
	person_put(p);
}

void
conn_free(struct conn *c, const char *reason)
{
	while (c->rooms_n > 0)
		leave(c, &c->rooms[c->rooms_n - 1], reason);
	if (c->live)
		not_here(c);
	c->sock = NULL;
	c->ws = NULL;
	conn_unref(c);
}

void
conn_cut(struct conn *c, const char *reason)
{
	const char *sid = sio_id(c->sock), *pid = sio_pid(c->sock);

	c->sid = xstrndup(sid, strlen(sid));
	c->pid = xstrndup(pid, strlen(pid));
	c->sock = NULL;
	for (unsigned i = 0; i < c->rooms_n; i++)
		go(c, c->rooms[i], reason);
	not_here(c);
}

int
conn_come(struct conn *c)
{
	int err;

	free(c->sid);
	free(c->pid);
	c->sid = c->pid = NULL;
	c->epoch++;
	err = here(c);
	for (unsigned i = 0; i < c->rooms_n; i++)
		come(c, c->rooms[i]);
	return err;
}

void
conn_move(struct conn *c, struct person *to)
{
	struct person *from = c->person;

	for (unsigned i = 0; i < c->rooms_n; i++)
		go(c, c->rooms[i], NULL);
	not_here(c);
	LIST_REMOVE(c, link);
	c->person = to;
	LIST_INSERT_HEAD(&to->conns, c, link);
	here(c);
	for (unsigned i = 0; i < c->rooms_n; i++)
		come(c, c->rooms[i]);
	person_put(from);
	leave_banned(c);
}

/* ---- recovery ---- */

static bool
may_recover(const struct conn *c)
{
	return c->sock != NULL && sio_pid(c->sock)[0] != '\0';
}

void
conn_keep_session(const struct conn *c)
{
	struct store_session s = { .person = c->person->id };
	const struct coming *one;
	struct buf rooms;

	if (!may_recover(c))
		return;

	buf_init(&rooms, SESSION_MAX);
	for (unsigned i = 0; i < c->rooms_n; i++) {
		buf_puts(&rooms, c->rooms[i]->name);
		buf_putc(&rooms, '\n');
	}
	LIST_FOREACH (one, &c->coming, link) {
		buf_puts(&rooms, one->room->name);
		buf_putc(&rooms, '\n');
	}
	s.pid = slice_of(sio_pid(c->sock));
	s.sid = slice_of(sio_id(c->sock));
	s.nsp = slice_of(sio_nsp_name(sio_nsp(c->sock)));
	s.rooms = buf_view(&rooms);
	s.nick = slice_of(c->person->nick);
	s.form = c->form == FORM_MESSAGE ? SLICE("message") : SLICE("");
	store_put_session(c->hub->store, &s);
	buf_deinit(&rooms);
}

bool
conn_will_join(struct conn *c, struct coming *one, struct room *room)
{
	if (!may_recover(c) || c->rooms_n >= conn_rooms_max(c))
		return false;
	one->room = room;
	LIST_INSERT_HEAD(&c->coming, one, link);
	conn_keep_session(c);
	return true;
}

void
conn_has_come(const struct conn *c, struct coming *one)
{
	LIST_REMOVE(one, link);
	conn_keep_session(c);
}

/* ---- telling people ---- */

static void
emit(struct hub *h, const struct sio_target *to, const char *event,
    const struct buf *json)
{
	struct sio_args args = { .json = buf_view(json) };
	struct buf name;

	buf_init(&name, EVENT_MAX);
	json_put_string(&name, slice_of(event));
	sio_broadcast(h->root, to, buf_view(&name), &args, NULL);
	buf_deinit(&name);
}

/* Those with whom the person shares a direct room. */
static void
add_partners(const struct person *p, struct sio_target *to, struct slice *rooms,
    unsigned max)
{
	const struct directs *d = room_directs(p->hub, p->id);

	for (unsigned i = 0; d != NULL && i < d->n; i++) {
		const struct person *other =
		    person_find(p->hub, room_other(d->rooms[i], p->id));

		if (other != NULL)
			to->n_rooms += person_sids(
			    other, rooms + to->n_rooms, max - to->n_rooms);
	}
}

void
person_tell(const struct person *p, const char *event, const struct buf *json)
{
	enum { TARGETS = 1024 };
	char tags[TARGETS][ROOM_TAG_MAX];
	struct slice rooms[TARGETS];
	struct sio_target to = { .rooms = rooms };
	struct conn *c;

	LIST_FOREACH (c, &p->conns, link) {
		for (unsigned i = 0; i < c->rooms_n; i++) {
			if (to.n_rooms + 2 > TARGETS / 2)
				break;
			for (unsigned f = FORM_EVENT; f <= FORM_MESSAGE; f++) {
				rooms[to.n_rooms] =
				    room_tag(c->rooms[i], f, tags[to.n_rooms]);
				to.n_rooms++;
			}
		}
	}
	to.n_rooms += person_sids(p, rooms + to.n_rooms, TARGETS - to.n_rooms);
	add_partners(p, &to, rooms, TARGETS);
	if (to.n_rooms > 0)
		emit(p->hub, &to, event, json);
}

void
person_tell_own(struct hub *h, uint64_t person, const struct conn *except,
    const char *event, const struct buf *json)
{
	struct person *p = person_find(h, person);
	struct conn *c;

	if (p == NULL)
		return;
	LIST_FOREACH (c, &p->conns, link) {
		const char *sid = c->sock != NULL ? sio_id(c->sock) : c->sid;
		struct slice self = slice_of(sid);
		struct sio_target to = { .rooms = &self, .n_rooms = 1 };

		if (c != except && sid != NULL &&
		    (c->form == FORM_EVENT || c->form == FORM_MESSAGE))
			emit(h, &to, event, json);
	}
}
