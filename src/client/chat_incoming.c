#include "config.h"

#include <stdio.h>

#include "base/clock.h"
#include "client/chat_internal.h"
#include "proto/json.h"

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

/* ---- messages ---- */

/* From whom it is: the other one of a direct room may be called otherwise. */
static void
learn_with(struct chat *c, const struct chat_message *m)
{
	if (m->with.len > 0)
		chat_room_set_with(c, m->room, m->with);
}

/* text: raw JSON; meta: raw, or empty. */
static void
take_message(struct chat *c, struct slice text, struct slice meta,
    const struct sio_args *args, bool replay)
{
	struct chat_parsed p;
	bool is_new, later;

	chat_parse(c, text, meta, &p);
	p.m.replay = replay;
	p.m.bin = args->nbin;
	for (unsigned i = 0; i < args->nbin; i++)
		p.m.bin_bytes += args->bin[i].len;
	learn_with(c, &p.m);
	later = !replay && chat_room_catches_up(c, p.m.room);
	is_new = !later && chat_advance(c, p.m.room, p.m.id);
	/* Only what is told again can have been told before. */
	if ((is_new || !replay) &&
	    !(p.nonce.len > 0 && chat_came_back(c, p.nonce, p.m.id)) &&
	    !(meta.len == 0 && c->status.classic && chat_echoed(c, p.m.text)) &&
	    !later && !c->dead && c->cb->on_message != NULL)
		c->cb->on_message(c->arg, &p.m);
	chat_parsed_deinit(&p);
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

void
chat_take_messages(struct chat *c, struct slice list)
{
	struct sio_args none = { .nbin = 0 };
	struct slice text, meta;
	struct json_iter it;

	json_iter_init(&it, list);
	while (!c->dead && chat_next_row(&it, &text, &meta))
		take_message(c, text, meta, &none, true);
}

/* ---- changes ---- */

void
chat_take_changed(struct chat *c, struct slice list)
{
	struct slice text, meta;
	struct chat_parsed p;
	struct json_iter it;

	json_iter_init(&it, list);
	while (!c->dead && chat_next_row(&it, &text, &meta)) {
		struct chat_change ch = { .type = CHAT_CHANGED };

		chat_parse(c, text, meta, &p);
		p.m.replay = true;
		ch.room = p.m.room;
		ch.with = p.m.with;
		ch.id = p.m.id;
		ch.at = p.m.at;
		ch.reactions = &p.reactions;
		ch.message = &p.m;
		if (c->cb->on_change != NULL)
			c->cb->on_change(c->arg, &ch);
		chat_parsed_deinit(&p);
	}
}

/* When an edit was made, or a deletion. */
static uint64_t
time_of(struct slice json, enum chat_change_type type)
{
	struct slice stamp;
	uint64_t at = 0;

	if (json_get(json, type == CHAT_EDITED ? "edited" : "deleted", &stamp))
		at = chat_get_number(stamp, "at");
	return at != 0 ? at : clock_wall_ms();
}

static void
on_change(struct chat *c, enum chat_change_type type, struct slice json)
{
	struct chat_change ch = { .type = type };
	struct chat_reactions reactions = { .n = 0 };
	struct chat_texts t;
	struct slice raw;

	chat_texts_init(&t, json.len);
	ch.room = chat_texts_get(&t, json, "room");
	ch.with = chat_room_with(c, ch.room);
	ch.id = chat_texts_get(&t, json, "id");
	ch.nick = chat_texts_get(&t, json, "nick");
	ch.from = chat_texts_get(&t, json, "from");
	ch.own = ch.from.len > 0 && slice_is(ch.from, c->from);
	ch.at = time_of(json, type);
	ch.text = chat_texts_get(&t, json, "text");
	ch.emoji = chat_texts_get(&t, json, "emoji");
	ch.on = json_get(json, "on", &raw) && slice_is(raw, "true");
	if (json_get(json, "reactions", &raw))
		chat_parse_reactions(c, raw, &t, &reactions);
	ch.reactions = &reactions;
	if (ch.room.len > 0 && !chat_room_catches_up(c, ch.room))
		chat_advance(c, ch.room, chat_texts_get(&t, json, "changed"));
	if (ch.id.len > 0 && c->cb->on_change != NULL)
		c->cb->on_change(c->arg, &ch);
	chat_texts_deinit(&t);
}

/* ---- the other events ---- */

void
chat_tell_event(struct chat *c, const struct chat_event *ev)
{
	struct chat_event told = *ev;

	if (ev->from.len > 0 && c->from[0] != '\0')
		told.self = slice_is(ev->from, c->from);
	else
		told.self =
		    c->our_nick[0] != '\0' && slice_is(ev->nick, c->our_nick);
	if (!c->dead && c->cb->on_event != NULL)
		c->cb->on_event(c->arg, &told);
}

/* One of us is called otherwise now. */
static void
on_renamed(struct chat *c, struct slice was, struct slice nick)
{
	for (unsigned i = 0; i < c->rooms_n; i++)
		if (c->rooms[i]->with != NULL &&
		    slice_is(was, c->rooms[i]->with))
			chat_room_set_with(
			    c, slice_of(c->rooms[i]->name), nick);
	if (was.len == 0 || !slice_is(was, c->our_nick))
		return;
	snprintf(c->our_nick, sizeof(c->our_nick), "%.*s", SLICE_ARG(nick));
	chat_tell_status(c);
}

/* What has a text under a name of its own. */
static const struct known {
	const char *name, *text;
	enum chat_event_type type;
} known[] = {
	{ "joined", "", CHAT_JOINED },
	{ "left", "reason", CHAT_LEFT },
	{ "nick", "nick", CHAT_NICK },
	{ "topic", "topic", CHAT_TOPIC },
	{ "notice", "text", CHAT_NOTICE },
	{ "away", "away", CHAT_AWAY },
	{ "typing", "", CHAT_TYPING },
	{ "kicked", "reason", CHAT_KICKED },
	{ "banned", "reason", CHAT_BANNED },
	{ "muted", "reason", CHAT_MUTED },
	{ "unmuted", "", CHAT_UNMUTED },
	{ "invited", "", CHAT_INVITED },
	{ "slow", "", CHAT_SLOW },
	{ "private", "", CHAT_PRIVATE },
	{ "moderator", "", CHAT_MODERATOR },
	{ "owner", "", CHAT_OWNER },
};

static void
on_slow(struct chat *c, const struct chat_event *ev)
{
	struct chat_room *r = chat_room_find(c, ev->room);

	if (r == NULL)
		return;
	r->slow = ev->seconds > 0;
	r->slow_until = 0;
	chat_send_waiting(c);
}

/* What an event changes for us, once it is told. */
static void
follow(struct chat *c, const struct chat_event *ev, struct slice json)
{
	if (ev->type == CHAT_NICK)
		on_renamed(c, ev->nick, ev->text);
	else if (ev->room.len > 0 &&
		 (ev->type == CHAT_KICKED || ev->type == CHAT_BANNED))
		chat_room_left(c, ev->room);
	else if (ev->type == CHAT_BANNED)
		chat_on_banned(c, json);
	else if (ev->type == CHAT_SLOW)
		on_slow(c, ev);
	else if (ev->type == CHAT_INVITED && c->status.inviting)
		chat_on_invited(c, ev->room);
	else if (ev->type == CHAT_NOTICE && c->status.inviting &&
		 slice_is(ev->code, "bad-invitation"))
		chat_not_invited(c, ev->text);
}

static void
on_known(struct chat *c, const struct known *k, struct slice json)
{
	struct chat_event ev = { .type = k->type };
	struct chat_texts t;
	struct slice raw;

	chat_texts_init(&t, json.len);
	ev.room = chat_texts_get(&t, json, "room");
	ev.with = chat_room_with(c, ev.room);
	ev.nick =
	    chat_texts_get(&t, json, k->type == CHAT_NICK ? "was" : "nick");
	ev.from = chat_texts_get(&t, json, "from");
	ev.text = chat_texts_get(&t, json, k->text);
	ev.code = chat_texts_get(&t, json, "code");
	ev.role = chat_texts_get(&t, json, "role");
	ev.by = chat_texts_get(&t, json, k->type == CHAT_SLOW ? "nick" : "by");
	ev.until = chat_get_number(json, "until");
	ev.seconds = chat_get_number(json, "seconds");
	ev.on = json_get(json, "on", &raw) && slice_is(raw, "true");
	if (k->type == CHAT_INVITED)
		ev.on = c->status.inviting && c->into;
	/* One to the server alone is for nobody to join. */
	if (k->type != CHAT_INVITED || ev.room.len > 0)
		chat_tell_event(c, &ev);
	if (!c->dead)
		follow(c, &ev, json);
	chat_texts_deinit(&t);
}

static void
on_read(struct chat *c, struct slice json)
{
	struct chat_texts t;

	chat_texts_init(&t, json.len);
	chat_tell_marker(c, chat_texts_get(&t, json, "room"), json);
	chat_texts_deinit(&t);
}

static bool
take_known(struct chat *c, struct slice name, struct slice json)
{
	static const struct {
		const char *name;
		enum chat_change_type type;
	} changes[] = {
		{ "edited", CHAT_EDITED },
		{ "deleted", CHAT_DELETED },
		{ "reaction", CHAT_REACTION },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (json_string_is(name, known[i].name)) {
			on_known(c, &known[i], json);
			return true;
		}
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
		if (json_string_is(name, changes[i].name)) {
			on_change(c, changes[i].type, json);
			return true;
		}
	if (!json_string_is(name, "read"))
		return false;
	on_read(c, json);
	return true;
}

void
chat_on_event(void *arg, const struct sio_event *ev)
{
	struct slice args = ev->args.json, first;
	struct chat *c = arg;
	struct json_iter it;
	struct buf name;

	if (json_string_is(ev->name, "nuevo mensaje") ||
	    json_string_is(ev->name, "message")) {
		on_message(c, &ev->args);
		return;
	}
	json_iter_args(&it, args);
	if (json_iter_next(&it, NULL, &first) &&
	    json_type(first) == JSON_OBJECT && take_known(c, ev->name, first))
		return;
	if (c->cb->on_raw == NULL)
		return;
	buf_init(&name, ev->name.len);
	if (json_unescape(ev->name, &name) < 0)
		buf_append_slice(&name, ev->name);
	c->cb->on_raw(c->arg, buf_view(&name), args);
	buf_deinit(&name);
}
