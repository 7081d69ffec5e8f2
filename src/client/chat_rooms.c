#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/msgid.h"
#include "client/chat_internal.h"
#include "proto/json.h"

/* Behind it is everything that a room has. */
#define BEFORE_ALL "0-0"

/* "@ID1,ID2" */
static bool
is_direct(struct slice name)
{
	enum { ID_LEN = 12 };

	if (name.len != 2 * ID_LEN + 2 || name.p[0] != '@' ||
	    name.p[ID_LEN + 1] != ',')
		return false;
	for (size_t i = 1; i < name.len; i++)
		if (i != ID_LEN + 1 &&
		    !(name.p[i] >= 'a' && name.p[i] <= 'z') &&
		    !(name.p[i] >= '0' && name.p[i] <= '9'))
			return false;
	return true;
}

struct chat_room *
chat_room_find(struct chat *c, struct slice name)
{
	for (unsigned i = 0; i < c->rooms_n; i++)
		if (slice_is(name, c->rooms[i]->name))
			return c->rooms[i];
	return NULL;
}

struct chat_room *
chat_room_get(struct chat *c, struct slice name)
{
	struct chat_room *r = chat_room_find(c, name);

	if (r != NULL || c->rooms_n == CHAT_ROOMS_MAX)
		return r;
	r = xcalloc(1, sizeof(*r));
	r->name = xstrndup(name.p, name.len);
	c->rooms[c->rooms_n++] = r;
	return r;
}

static void
room_free(struct chat_room *r)
{
	free(r->name);
	free(r->with);
	free(r->last);
	free(r);
}

static void
room_remove(struct chat *c, struct chat_room *r)
{
	for (unsigned i = 0; i < c->rooms_n; i++)
		if (c->rooms[i] == r)
			c->rooms[i] = c->rooms[--c->rooms_n];
	room_free(r);
}

void
chat_rooms_free(struct chat *c)
{
	while (c->rooms_n > 0)
		room_free(c->rooms[--c->rooms_n]);
}

static void
set(char **to, struct slice s)
{
	free(*to);
	*to = xstrndup(s.p, s.len);
}

/* The server calls it so. */
static struct chat_room *
rename_to(struct chat *c, struct chat_room *r, struct slice name)
{
	struct chat_room *known;

	if (slice_is(name, r->name))
		return r;
	known = chat_room_find(c, name);
	if (known == NULL) {
		set(&r->name, name);
		return r;
	}
	known->wanted |= r->wanted;
	room_remove(c, r);
	return known;
}

void
chat_room_left(struct chat *c, struct slice name)
{
	struct chat_room *r = chat_room_find(c, name);

	if (r == NULL)
		return;
	/* Who comes in again wants a page, not what was missed. */
	r->wanted = r->in = r->shown = false;
	free(r->last);
	r->last = NULL;
}

/* ---- direct rooms ---- */

struct slice
chat_room_name(struct chat *c, struct slice typed)
{
	struct slice nick = slice_skip(typed, 1);

	if (slice_starts(typed, "@") && !is_direct(typed))
		for (unsigned i = 0; i < c->rooms_n; i++)
			if (c->rooms[i]->with != NULL &&
			    slice_is_nocase(nick, c->rooms[i]->with))
				return slice_of(c->rooms[i]->name);
	return typed;
}

struct slice
chat_room_with(struct chat *c, struct slice name)
{
	const struct chat_room *r;

	if (!slice_starts(name, "@"))
		return SLICE("");
	if (!is_direct(name))
		return slice_skip(name, 1);
	r = chat_room_find(c, name);
	return slice_of(r != NULL ? r->with : NULL);
}

void
chat_room_set_with(struct chat *c, struct slice name, struct slice nick)
{
	struct chat_room *r;

	if (nick.len == 0 || !is_direct(name))
		return;
	r = chat_room_get(c, name);
	if (r != NULL && (r->with == NULL || !slice_is(nick, r->with)))
		set(&r->with, nick);
}

void
chat_forget_direct(struct chat *c)
{
	for (unsigned i = c->rooms_n; i-- > 0;)
		if (is_direct(slice_of(c->rooms[i]->name)))
			room_remove(c, c->rooms[i]);
}

/* ---- where we are ---- */

bool
chat_advance(struct chat *c, struct slice room, struct slice id)
{
	struct chat_room *r = chat_room_get(c, room);
	struct msgid this, last;

	if (r == NULL || msgid_parse(id, &this) < 0)
		return true;
	r->shown = true;
	if (r->last != NULL && msgid_parse(slice_of(r->last), &last) == 0 &&
	    msgid_cmp(this, last) <= 0)
		return false;
	set(&r->last, id);
	return true;
}

static bool
is_newer(struct slice id, const char *than)
{
	struct msgid a, b;

	return msgid_parse(id, &a) == 0 &&
	       (than == NULL || msgid_parse(slice_of(than), &b) < 0 ||
		   msgid_cmp(a, b) > 0);
}

/* json: of a room in a welcome, an answer to a join, a `read`. */
static void
tell_state(struct chat *c, struct slice room, struct slice json, bool entered)
{
	struct chat_room_state st = { .room = room, .entered = entered };
	struct chat_texts t;
	struct slice raw;

	if (c->dead || c->cb->on_room == NULL)
		return;
	chat_texts_init(&t, json.len);
	st.with = chat_room_with(c, room);
	st.joined = entered ||
		    (json_get(json, "joined", &raw) && slice_is(raw, "true"));
	st.last = chat_texts_get(&t, json, "last");
	st.seq = chat_get_number(json, "seq");
	st.marked = json_get(json, "unread", &raw);
	st.read = chat_texts_get(&t, json, "read");
	st.unread = chat_get_number(json, "unread");
	st.mentions = chat_get_number(json, "mentions");
	st.role = chat_texts_get(&t, json, "role");
	st.slow = chat_get_number(json, "slow");
	st.is_private =
	    json_get(json, "private", &raw) && slice_is(raw, "true");
	c->cb->on_room(c->arg, &st);
	chat_texts_deinit(&t);
}

void
chat_tell_marker(struct chat *c, struct slice room, struct slice json)
{
	struct chat_room_state st = {
		.room = room, .marked = true, .moved = true
	};
	struct chat_texts t;

	if (c->dead || c->cb->on_room == NULL)
		return;
	chat_texts_init(&t, json.len);
	st.with = chat_room_with(c, room);
	st.joined = true;
	st.read = chat_texts_get(&t, json, "id");
	st.unread = chat_get_number(json, "unread");
	st.mentions = chat_get_number(json, "mentions");
	c->cb->on_room(c->arg, &st);
	chat_texts_deinit(&t);
}

/* ---- a welcome ---- */

/* A direct room: is heard without being joined, so that only what was missed
 * has to be asked for. first: nothing was, but what is unread is news. */
static void
take_direct(struct chat *c, struct slice name, struct slice json, bool first)
{
	bool is_new = chat_room_find(c, name) == NULL;
	bool unread = chat_get_number(json, "unread") > 0;
	struct chat_room *r = chat_room_get(c, name);
	struct chat_texts t;
	struct slice with, last;

	if (r == NULL)
		return;
	chat_texts_init(&t, json.len);
	if (json_get(json, "with", &with))
		chat_room_set_with(c, name, chat_texts_get(&t, with, "nick"));
	last = chat_texts_get(&t, json, "last");
	if (first && unread && !r->shown) {
		free(r->last); /* a page of it */
		r->last = NULL;
	} else if (is_new && first) {
		set(&r->last, last.len > 0 ? last : SLICE(BEFORE_ALL));
	} else if (is_new) {
		set(&r->last, SLICE(BEFORE_ALL)); /* made meanwhile */
	}
	if (r->shown || is_newer(last, r->last))
		r->wanted = true;
	chat_texts_deinit(&t);
}

bool
chat_take_rooms(struct chat *c, struct slice list, bool first)
{
	struct json_iter it;
	struct chat_texts t;
	struct slice room, raw;
	bool counted = true;

	json_iter_init(&it, list);
	while (!c->dead && json_iter_next(&it, NULL, &room)) {
		struct slice name;

		if (json_type(room) != JSON_OBJECT)
			continue;
		chat_texts_init(&t, room.len);
		name = chat_texts_get(&t, room, "room");
		if (is_direct(name)) {
			take_direct(c, name, room, first);
			counted &= json_get(room, "unread", &raw);
		}
		if (name.len > 0)
			tell_state(c, name, room, false);
		chat_texts_deinit(&t);
	}
	return counted;
}

void
chat_forget_joins(struct chat *c)
{
	for (unsigned i = 0; i < c->rooms_n; i++)
		c->rooms[i]->in = c->rooms[i]->refused = false;
}

void
chat_rejoin(struct chat *c)
{
	/* An answer may take a room off the list, but none comes meanwhile. */
	if (c->nowhere || c->status.inviting)
		return;
	for (unsigned i = 0; i < c->rooms_n && !c->dead; i++) {
		struct chat_room *r = c->rooms[i];

		if (r->wanted && !r->in && !r->asked && !r->refused)
			chat_call_join(c, r);
	}
}

/* ---- the answer to a join ---- */

static void
tell_members(struct chat *c, struct slice room, struct slice list)
{
	struct chat_event ev = { .type = CHAT_MEMBER, .room = room };
	struct json_iter it;
	struct slice member;

	ev.with = chat_room_with(c, room);
	json_iter_init(&it, list);
	while (!c->dead && json_iter_next(&it, NULL, &member)) {
		struct chat_texts t;

		chat_texts_init(&t, member.len);
		if (json_type(member) == JSON_OBJECT) {
			ev.nick = chat_texts_get(&t, member, "nick");
			ev.from = chat_texts_get(&t, member, "from");
			ev.text = chat_texts_get(&t, member, "away");
			ev.role = chat_texts_get(&t, member, "role");
		} else {
			ev.nick = chat_texts_put(&t, member);
			ev.from = ev.text = ev.role = SLICE("");
		}
		if (ev.nick.len > 0)
			chat_tell_event(c, &ev);
		chat_texts_deinit(&t);
	}
}

static void
tell_topic(struct chat *c, struct slice room, struct slice json)
{
	struct chat_event ev = { .type = CHAT_TOPIC, .room = room };
	struct chat_texts t;
	struct slice raw;

	if (!json_get(json, "topic", &raw))
		return;
	chat_texts_init(&t, json.len);
	ev.text = chat_texts_put(&t, raw);
	chat_tell_event(c, &ev);
	chat_texts_deinit(&t);
}

/* We are in: who and what is there. */
static void
tell_entered(struct chat *c, struct slice room, struct slice json)
{
	struct chat_event ev = { .type = CHAT_JOINED,
		.room = room,
		.nick = slice_of(c->our_nick),
		.from = slice_of(c->from) };
	struct chat_room *r = chat_room_find(c, room);
	struct slice raw;

	if (r != NULL)
		r->slow = chat_get_number(json, "slow") > 0;
	if (!is_direct(room))
		chat_tell_event(c, &ev);
	if (!c->dead)
		tell_state(c, room, json, true);
	if (is_direct(room))
		return;
	if (!c->dead)
		tell_topic(c, room, json);
	if (!c->dead && json_get(json, "members", &raw))
		tell_members(c, room, raw);
}

/* All of it is known up to here, also what was changed. */
static void
advance_over(struct chat *c, struct slice room, struct slice list)
{
	struct slice text, meta;
	struct json_iter it;
	struct chat_texts t;

	json_iter_init(&it, list);
	while (chat_next_row(&it, &text, &meta)) {
		struct slice id;

		chat_texts_init(&t, meta.len);
		id = chat_texts_get(&t, meta, "changed");
		if (id.len > 0)
			chat_advance(c, room, id);
		chat_texts_deinit(&t);
	}
}

bool
chat_room_catches_up(struct chat *c, struct slice name)
{
	const struct chat_room *r =
	    is_direct(name) ? chat_room_find(c, name) : NULL;

	return r != NULL && r->wanted && !r->in;
}

/* More was missed than the page has: the server says so, but for a direct
 * room, in which one always is. */
static bool
is_part(struct chat *c, struct slice name, struct slice json)
{
	const struct chat_room *r = chat_room_find(c, name);
	struct chat_texts t;
	struct slice raw;
	bool part;

	if (json_get(json, "joined", &raw) && slice_is(raw, "false"))
		return true;
	if (!is_direct(name) || r == NULL)
		return false;
	chat_texts_init(&t, json.len);
	part = is_newer(chat_texts_get(&t, json, "last"), r->last);
	chat_texts_deinit(&t);
	return part;
}

/* The page was not all of it, and it has brought us further. */
static bool
goes_on(struct chat *c, struct slice name, struct slice messages)
{
	const struct chat_room *r = chat_room_find(c, name);
	struct slice text, meta;
	struct json_iter it;

	json_iter_init(&it, messages);
	return !c->dead && r != NULL && r->last != NULL &&
	       chat_next_row(&it, &text, &meta);
}

/* Takes the page; name: the server's. True if there is more than it holds. */
static bool
take_page(struct chat *c, struct slice name, struct slice json, bool was_in)
{
	struct slice messages = SLICE("[]"), changed = SLICE("[]"), raw;
	struct chat_room *r;

	json_get(json, "messages", &messages);
	json_get(json, "changed", &changed);
	if (!was_in &&
	    !(json_get(json, "joined", &raw) && slice_is(raw, "false")))
		tell_entered(c, name, json);
	chat_take_messages(c, messages);
	chat_take_changed(c, changed);
	if (c->dead)
		return false;
	if (is_part(c, name, json))
		return goes_on(c, name, messages);
	advance_over(c, name, messages);
	advance_over(c, name, changed);
	r = chat_room_get(c, name);
	if (r != NULL && r->last == NULL)
		set(&r->last, SLICE(BEFORE_ALL)); /* it was empty */
	return false;
}

bool
chat_on_joined(struct chat *c, struct slice asked, struct slice json)
{
	struct chat_room *r = chat_room_get(c, asked);
	struct slice name = asked, raw;
	struct chat_texts t;
	bool was_in, part = false;

	chat_texts_init(&t, json.len + asked.len);
	if (json_get(json, "room", &raw))
		name = chat_texts_put(&t, raw);
	if (name.len == 0)
		name = asked;
	if (r != NULL) {
		r->asked = false;
		r = rename_to(c, r, name);
		r->wanted = r->shown = true;
		if (json_get(json, "with", &raw))
			chat_room_set_with(
			    c, name, chat_texts_get(&t, raw, "nick"));
		was_in = r->in;
		part = take_page(c, name, json, was_in);
		/* An upcall may have left it. */
		r = chat_room_find(c, name);
		if (r != NULL && r->wanted)
			r->in = was_in || !part;
	}
	chat_texts_deinit(&t);
	return part && r != NULL;
}
