#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "hub/core.h"
#include "hub/name.h"
#include "hub/token.h"
#include "proto/json.h"

enum { FOLDED_MAX = NAME_FOLD_MAX + 16, EVENT_NAME_MAX = 64, EXCEPT_MAX = 32 };

static char *
folded(const char *name)
{
	struct buf b;

	buf_init(&b, FOLDED_MAX);
	name_fold(slice_of(name), &b);
	return buf_steal(&b);
}

static char *
copy(struct slice s)
{
	return xstrndup(s.p, s.len);
}

/* ---- the table ---- */

static struct room *
find_key(const struct hub *h, struct slice key)
{
	struct room *room;

	HASH_FIND(hh, h->rooms, key.p, key.len, room);
	return room;
}

struct room *
room_find(const struct hub *h, const char *name)
{
	char *key = folded(name);
	struct room *room = find_key(h, slice_of(key));

	free(key);
	return room;
}

struct room *
room_by_number(const struct hub *h, uint64_t number)
{
	struct room *room;

	HASH_FIND(hh_number, h->rooms_by_number, &number, sizeof(number), room);
	return room;
}

static void
add_direct(struct hub *h, uint64_t person, struct room *room)
{
	struct directs *d;

	HASH_FIND(hh, h->directs, &person, sizeof(person), d);
	if (d == NULL) {
		d = xcalloc(1, sizeof(*d));
		d->person = person;
		HASH_ADD(hh, h->directs, person, sizeof(d->person), d);
	}
	d->rooms = xrealloc(d->rooms, (d->n + 1) * sizeof(struct room *));
	d->rooms[d->n++] = room;
}

static void
remove_direct(struct hub *h, uint64_t person, const struct room *room)
{
	struct directs *d;
	unsigned i;

	HASH_FIND(hh, h->directs, &person, sizeof(person), d);
	if (d == NULL)
		return;
	for (i = 0; i < d->n && d->rooms[i] != room; i++)
		;
	if (i < d->n)
		d->rooms[i] = d->rooms[--d->n];
	if (d->n > 0)
		return;
	HASH_DEL(h->directs, d);
	free(d->rooms);
	free(d);
}

const struct directs *
room_directs(const struct hub *h, uint64_t person)
{
	struct directs *d;

	HASH_FIND(hh, h->directs, &person, sizeof(person), d);
	return d;
}

static struct room *
add(struct hub *h, const struct store_room *sr)
{
	struct room *room = xcalloc(1, sizeof(*room));

	room->hub = h;
	room->number = sr->number;
	if (h->last_room < sr->number)
		h->last_room = sr->number;
	room->name = copy(sr->name);
	room->key = copy(sr->key);
	room->topic = copy(sr->topic);
	room->topic_nick = copy(sr->topic_nick);
	room->topic_at = sr->topic_at;
	room->a = sr->a;
	room->b = sr->b;
	room->seq = sr->seq;
	room->last = sr->last;
	room->owner = sr->owner;
	room->private = sr->private;
	room->slow = sr->slow;
	slow_init(&room->posted);
	LIST_INIT(&room->plain);
	LIST_INIT(&room->lines);
	HASH_ADD_KEYPTR(hh, h->rooms, room->key, strlen(room->key), room);
	HASH_ADD(
	    hh_number, h->rooms_by_number, number, sizeof(room->number), room);
	if (room->a != 0) {
		add_direct(h, room->a, room);
		add_direct(h, room->b, room);
	}
	return room;
}

struct room *
room_load(struct hub *h, const struct store_room *sr)
{
	struct room *room = find_key(h, sr->key);

	if (room == NULL)
		room = add(h, sr);
	room->stored = true;
	return room;
}

static struct room *
make(struct hub *h, const char *name, const char *nicks, uint64_t a, uint64_t b)
{
	char *key = folded(name);
	struct store_room sr = { .number = ++h->last_room,
		.name = slice_of(name),
		.key = slice_of(key),
		.topic = slice_of(nicks),
		.a = a,
		.b = b };
	struct room *room = add(h, &sr);

	room_check_fresh(h);
	h->fresh = room;
	free(key);
	return room;
}

struct room *
room_get(struct hub *h, const char *name)
{
	struct room *room = room_find(h, name);

	if (room != NULL || h->rooms_fixed ||
	    HASH_COUNT(h->rooms) >= HUB_ROOMS_ALL_MAX)
		return room;
	return make(h, name, "", 0, 0);
}

static void
free_room(struct hub *h, struct room *room)
{
	if (h->fresh == room)
		h->fresh = NULL;
	holds_free(h, &room->holds);
	HASH_DEL(h->rooms, room);
	HASH_DELETE(hh_number, h->rooms_by_number, room);
	if (room->a != 0) {
		remove_direct(h, room->a, room);
		remove_direct(h, room->b, room);
	}
	members_free(room);
	slow_deinit(&room->posted);
	free(room->name);
	free(room->key);
	free(room->topic);
	free(room->topic_nick);
	free(room);
}

void
room_check(struct hub *h, struct room *room)
{
	unsigned n = 0;

	for (unsigned f = 0; f < FORMS; f++)
		n += room->forms[f];
	if (n == 0 && room->refs == 0 && !room->stored && room != h->lobby)
		free_room(h, room);
}

void
room_check_fresh(struct hub *h)
{
	struct room *room = h->fresh;

	h->fresh = NULL;
	if (room != NULL)
		room_check(h, room);
}

void
room_free_all(struct hub *h)
{
	struct room *room, *next;

	HASH_ITER (hh, h->rooms, room, next)
		free_room(h, room);
}

void
room_describe(const struct room *room, struct store_room *out)
{
	*out = (struct store_room){ .number = room->number,
		.name = slice_of(room->name),
		.key = slice_of(room->key),
		.topic = slice_of(room->topic),
		.topic_nick = slice_of(room->topic_nick),
		.topic_at = room->topic_at,
		.a = room->a,
		.b = room->b,
		.seq = room->seq,
		.last = room->last,
		.owner = room->owner,
		.private = room->private,
		.slow = room->slow };
}

/* ---- direct rooms ---- */

struct room *
room_direct(struct hub *h, uint64_t x, const char *x_nick, uint64_t y,
    const char *y_nick)
{
	uint64_t a = x < y ? x : y, b = x < y ? y : x;
	char ids[2][PERSON_NAME_MAX], name[2 * PERSON_NAME_MAX + 2];
	char nicks[2 * NICK_SIZE + 1];
	struct room *room;

	person_id_format(ids[0], a);
	person_id_format(ids[1], b);
	snprintf(name, sizeof(name), "@%s,%s", ids[0], ids[1]);
	room = room_find(h, name);
	if (room != NULL || x_nick == NULL || y_nick == NULL)
		return room;
	snprintf(nicks, sizeof(nicks), "%s\n%s", x < y ? x_nick : y_nick,
	    x < y ? y_nick : x_nick);
	return make(h, name, nicks, a, b);
}

uint64_t
room_other(const struct room *room, uint64_t person)
{
	return person == room->a ? room->b : room->a;
}

/* ---- names as they were sent ---- */

/* `@ID,ID`: is there, or can be, if one of them is the person and the other
 * is known. */
static struct room *
direct_by_ids(struct hub *h, const struct person *p, struct slice ids)
{
	struct slice first = slice_take_until(&ids, ',');
	const char *nick;
	uint64_t x, y;

	if (person_id_parse(first, &x) < 0 || person_id_parse(ids, &y) < 0 ||
	    x == y || (x != p->id && y != p->id))
		return NULL;
	if (x == p->id)
		x = y;
	nick = person_nick(h, x);
	/* Without a nick it is only there if it has been there before. */
	return room_direct(h, p->id, p->nick, x, nick);
}

/* `@ID,ID` or `@NICK`. */
static struct room *
direct_by_arg(struct hub *h, const struct person *p, struct slice arg,
    const char **code, const char **why)
{
	struct slice name = slice_skip(arg, 1);
	struct room *room = NULL;
	const char *nick;
	uint64_t id;

	if (memchr(name.p, ',', name.len) != NULL)
		room = direct_by_ids(h, p, name);
	if (room != NULL)
		return room;
	if (memchr(name.p, ',', name.len) != NULL) {
		*code = "no-such-room";
		*why = "there is no such room";
	} else if (!person_lookup(h, name, &id, &nick)) {
		*code = "no-such-person";
		*why = "nobody of this name is here or registered";
	} else if (id == p->id) {
		*code = "no-such-person";
		*why = "that is you";
	} else {
		room = room_direct(h, p->id, p->nick, id, nick);
	}
	return room;
}

struct room *
room_by_arg(const struct conn *c, struct slice arg, bool make,
    const char **code, const char **why)
{
	const struct person *p = c->person;
	struct hub *h = c->hub;
	char name[ROOM_NAME_SIZE];
	struct room *room;

	if (slice_starts(arg, "@"))
		return direct_by_arg(h, p, arg, code, why);
	if (room_name_clean(arg, name) == 0) {
		*code = "bad-room";
		*why = "this can't be the name of a room";
		return NULL;
	}
	room = room_find(h, name);
	if (room == NULL && make) {
		room = room_get(h, name);
		/* Whoever is registered owns what it makes. */
		if (room != NULL && p->account != NULL)
			room->owner = p->id;
	}
	if (room != NULL && conn_may_see(c, room))
		return room;
	/* One that may not be seen is none, but its name can't be had. */
	if (!make || (room != NULL && !h->rooms_fixed)) {
		*code = "no-such-room";
		*why = "there is no such room";
	} else if (h->rooms_fixed) {
		*code = "rooms-fixed";
		*why = "there is no such room, and none can be made here";
	} else {
		*code = "too-many";
		*why = "there are too many rooms";
	}
	return NULL;
}

/* ---- telling ---- */

struct slice
room_tag(const struct room *room, enum hub_form form, char *out)
{
	int len = snprintf(out, ROOM_TAG_MAX, "r%" PRIu64 "%s", room->number,
	    form == FORM_MESSAGE ? "m" : "");

	return (struct slice){ out, (size_t)len };
}

unsigned
person_sids(const struct person *p, struct slice *out, unsigned max)
{
	struct conn *c;
	unsigned n = 0;

	LIST_FOREACH (c, &p->conns, link) {
		const char *sid = c->sock != NULL ? sio_id(c->sock) : c->sid;

		if (n < max && sid != NULL &&
		    (c->form == FORM_EVENT || c->form == FORM_MESSAGE))
			out[n++] = slice_of(sid);
	}
	return n;
}

/* Both people of a direct room. */
static unsigned
direct_targets(const struct room *room, struct slice *out, unsigned max)
{
	const struct person *a = person_find(room->hub, room->a);
	const struct person *b = person_find(room->hub, room->b);
	unsigned n = 0;

	if (a != NULL)
		n = person_sids(a, out, max / 2);
	if (b != NULL)
		n += person_sids(b, out + n, max / 2);
	return n;
}

void
room_target(const struct room *room, struct room_target *t)
{
	t->n = 0;
	if (room->a != 0) {
		t->n = direct_targets(room, t->rooms, ROOM_TARGETS_MAX);
		return;
	}
	for (unsigned f = FORM_EVENT; f <= FORM_MESSAGE; f++)
		if (room->forms[f] > 0) {
			t->rooms[t->n] = room_tag(room, f, t->tags[t->n]);
			t->n++;
		}
}

void
room_tell(const struct room *room, const char *event, const struct buf *json,
    const struct msgid *offset, const struct person *except, bool is_volatile)
{
	struct sio_args args = { .json = buf_view(json) };
	struct slice sids[EXCEPT_MAX];
	struct sio_target to = { .except = sids, .is_volatile = is_volatile };
	struct room_target t;
	struct buf name;

	room_target(room, &t);
	/* As of a message. */
	if (offset != NULL)
		sio_pass_offset(room->hub->sio, *offset);
	if (t.n == 0)
		return;
	to.rooms = t.rooms;
	to.n_rooms = t.n;
	if (except != NULL)
		to.n_except = person_sids(except, sids, EXCEPT_MAX);
	buf_init(&name, EVENT_NAME_MAX);
	json_put_string(&name, slice_of(event));
	sio_broadcast(room->hub->root, &to, buf_view(&name), &args, offset);
	buf_deinit(&name);
}
