#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/msgid.h"
#include "client/chat_internal.h"
#include "proto/json.h"

/* Text taken out of a packet, held while the upcall runs. */
struct texts {
	struct buf room, nick, text, id, nonce;
};

static void
texts_init(struct texts *t, size_t max)
{
	buf_init(&t->room, max);
	buf_init(&t->nick, max);
	buf_init(&t->text, max);
	buf_init(&t->id, max);
	buf_init(&t->nonce, max);
}

static void
texts_deinit(struct texts *t)
{
	buf_deinit(&t->room);
	buf_deinit(&t->nick);
	buf_deinit(&t->text);
	buf_deinit(&t->id);
	buf_deinit(&t->nonce);
}

static void
get_text(struct slice json, const char *key, struct buf *out)
{
	struct slice raw;

	if (json_get(json, key, &raw))
		json_unescape(raw, out);
}

void
chat_set_our_nick(struct chat *c, struct slice raw)
{
	struct buf nick;

	buf_init(&nick, sizeof(c->our_nick) - 1);
	if (json_unescape(raw, &nick) == 0)
		snprintf(c->our_nick, sizeof(c->our_nick), "%.*s",
		    SLICE_ARG(buf_view(&nick)));
	buf_deinit(&nick);
}

struct chat_room *
chat_room_get(struct chat *c, struct slice name)
{
	struct chat_room *r;

	for (unsigned i = 0; i < c->rooms_n; i++)
		if (slice_is(name, c->rooms[i].name))
			return &c->rooms[i];
	if (c->rooms_n == CHAT_ROOMS_MAX)
		return NULL;
	r = &c->rooms[c->rooms_n++];
	*r = (struct chat_room){ .name = xstrndup(name.p, name.len) };
	return r;
}

/* Remembers where we are in a room; false: we are past this one. */
static bool
advance(struct chat *c, struct slice room, struct slice id)
{
	struct chat_room *r = chat_room_get(c, room);
	struct msgid this, last;

	if (r == NULL || msgid_parse(id, &this) < 0)
		return true;
	if (r->last != NULL && msgid_parse(slice_of(r->last), &last) == 0 &&
	    msgid_cmp(this, last) <= 0)
		return false;
	free(r->last);
	r->last = xstrndup(id.p, id.len);
	return true;
}

/* ---- messages ---- */

/* text: raw JSON; meta: raw, or empty. */
static void
take_message(struct chat *c, struct slice text, struct slice meta,
    const struct sio_args *args, bool replay)
{
	struct chat_message m = { .replay = replay, .bin = args->nbin };
	struct slice raw;
	struct msgid id;
	struct texts t;
	int64_t seq;

	texts_init(&t, text.len + meta.len + sizeof("lobby"));
	if (json_unescape(text, &t.text) < 0)
		buf_append_slice(&t.text, text);
	get_text(meta, "room", &t.room);
	get_text(meta, "nick", &t.nick);
	get_text(meta, "id", &t.id);
	get_text(meta, "nonce", &t.nonce);
	if (t.room.len == 0)
		buf_puts(&t.room, "lobby");
	m.room = buf_view(&t.room);
	m.nick = buf_view(&t.nick);
	m.text = buf_view(&t.text);
	m.id = buf_view(&t.id);
	m.at = msgid_parse(m.id, &id) == 0 ? id.ms : clock_wall_ms();
	if (json_get(meta, "seq", &raw) &&
	    json_int(raw, 0, INT64_MAX, &seq) == 0)
		m.seq = (uint64_t)seq;
	m.own = m.nick.len > 0 && slice_is(m.nick, c->our_nick);
	for (unsigned i = 0; i < args->nbin; i++)
		m.bin_bytes += args->bin[i].len;
	/* Only what is told again can have been told before. */
	if ((advance(c, m.room, m.id) || !replay) &&
	    !(t.nonce.len > 0 && chat_came_back(c, buf_view(&t.nonce), m.id)) &&
	    !(meta.len == 0 && c->status.classic && chat_echoed(c, m.text)) &&
	    !c->dead && c->cb->on_message != NULL)
		c->cb->on_message(c->arg, &m);
	texts_deinit(&t);
}

static void
on_message(struct chat *c, const struct sio_args *args)
{
	struct slice text = SLICE("\"\""), meta = SLICE("");
	struct json_iter it;

	json_iter_args(&it, args->json);
	json_iter_next(&it, NULL, &text);
	if (json_iter_next(&it, NULL, &meta) && json_type(meta) != JSON_OBJECT)
		meta = SLICE("");
	/* What was missed comes before the connect is done. */
	take_message(c, text, meta, args, !csocket_connected(c->socket));
}

/* ---- the other events ---- */

static void
tell_event(struct chat *c, enum chat_event_type type, struct slice room,
    struct slice nick, struct slice text)
{
	struct chat_event ev = {
		.type = type, .room = room, .nick = nick, .text = text
	};

	ev.self = c->our_nick[0] != '\0' && slice_is(nick, c->our_nick);
	if (!c->dead && c->cb->on_event != NULL)
		c->cb->on_event(c->arg, &ev);
}

/* {"nick","was"}: one of us is called otherwise now. */
static void
on_nick(struct chat *c, struct slice json)
{
	struct texts t;

	texts_init(&t, json.len);
	get_text(json, "was", &t.nick);
	get_text(json, "nick", &t.text);
	tell_event(
	    c, CHAT_NICK, SLICE(""), buf_view(&t.nick), buf_view(&t.text));
	if (!c->dead && t.nick.len > 0 &&
	    slice_is(buf_view(&t.nick), c->our_nick)) {
		snprintf(c->our_nick, sizeof(c->our_nick), "%.*s",
		    SLICE_ARG(buf_view(&t.text)));
		chat_tell_status(c);
	}
	texts_deinit(&t);
}

/* {"room","nick"} and a text under its own name. */
static void
on_room_event(struct chat *c, enum chat_event_type type, struct slice json,
    const char *text)
{
	struct texts t;

	texts_init(&t, json.len);
	get_text(json, "room", &t.room);
	get_text(json, "nick", &t.nick);
	get_text(json, text, &t.text);
	tell_event(
	    c, type, buf_view(&t.room), buf_view(&t.nick), buf_view(&t.text));
	texts_deinit(&t);
}

static bool
on_known(struct chat *c, struct slice name, struct slice json)
{
	static const struct {
		const char *name, *text;
		enum chat_event_type type;
	} known[] = {
		{ "joined", "", CHAT_JOINED },
		{ "left", "reason", CHAT_LEFT },
		{ "topic", "topic", CHAT_TOPIC },
		{ "notice", "text", CHAT_NOTICE },
	};

	if (json_string_is(name, "nick")) {
		on_nick(c, json);
		return true;
	}
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (json_string_is(name, known[i].name)) {
			on_room_event(c, known[i].type, json, known[i].text);
			return true;
		}
	return false;
}

void
chat_on_event(void *arg, const struct sio_event *ev)
{
	struct slice args = ev->args.json;
	struct chat *c = arg;
	struct buf name;

	if (json_string_is(ev->name, "nuevo mensaje") ||
	    json_string_is(ev->name, "message")) {
		on_message(c, &ev->args);
		return;
	}
	if (args.len > 0 && json_type(args) == JSON_OBJECT &&
	    on_known(c, ev->name, args))
		return;
	if (c->cb->on_raw == NULL)
		return;
	buf_init(&name, ev->name.len);
	if (json_unescape(ev->name, &name) < 0)
		buf_append_slice(&name, ev->name);
	c->cb->on_raw(c->arg, buf_view(&name), args);
	buf_deinit(&name);
}

/* ---- a room that we have joined ---- */

static void
tell_members(struct chat *c, struct slice room, struct slice list)
{
	struct json_iter it;
	struct slice member;
	struct buf nick;

	json_iter_init(&it, list);
	while (!c->dead && json_iter_next(&it, NULL, &member)) {
		buf_init(&nick, member.len);
		if (json_type(member) == JSON_OBJECT)
			get_text(member, "nick", &nick);
		else
			json_unescape(member, &nick);
		if (nick.len > 0)
			tell_event(
			    c, CHAT_MEMBER, room, buf_view(&nick), SLICE(""));
		buf_deinit(&nick);
	}
}

/* [[TEXT, META], ...], oldest first. */
static void
tell_messages(struct chat *c, struct slice list)
{
	struct sio_args none = { .nbin = 0 };
	struct json_iter it, parts;
	struct slice message;

	json_iter_init(&it, list);
	while (!c->dead && json_iter_next(&it, NULL, &message)) {
		struct slice text, meta;

		json_iter_init(&parts, message);
		if (json_iter_next(&parts, NULL, &text) &&
		    json_iter_next(&parts, NULL, &meta))
			take_message(c, text, meta, &none, true);
	}
}

void
chat_on_joined(struct chat *c, struct slice room, struct slice json)
{
	struct slice raw;
	struct buf topic;

	tell_event(c, CHAT_JOINED, room, slice_of(c->our_nick), SLICE(""));
	if (!c->dead && json_get(json, "topic", &raw)) {
		buf_init(&topic, json.len);
		json_unescape(raw, &topic);
		tell_event(c, CHAT_TOPIC, room, SLICE(""), buf_view(&topic));
		buf_deinit(&topic);
	}
	if (!c->dead && json_get(json, "members", &raw))
		tell_members(c, room, raw);
	if (!c->dead && json_get(json, "messages", &raw))
		tell_messages(c, raw);
}
