#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "hub/call.h"
#include "hub/encode.h"
#include "hub/mention.h"
#include "proto/json.h"

enum { TEXT_JSON_MAX = 8 * HUB_MESSAGE_MAX };

/* A change to a message that the store has been asked for. */
struct changing {
	struct store_change op;
	struct asked asked;
	struct buf text, emoji;
	char *nick;
	uint64_t mentions[MENTIONS_MAX];
};

/* ---- what the others hear ---- */

static void
put_edited(const struct changing *g, struct buf *out)
{
	encode_string("text", g->op.text, out);
	buf_puts(out, ",\"edited\":");
	encode_change(g->op.changed, g->op.nick, out);
}

static void
put_deleted(const struct changing *g, struct buf *out)
{
	buf_puts(out, "\"deleted\":");
	encode_change(g->op.changed, g->op.nick, out);
}

static void
put_reaction(const struct changing *g, struct buf *out)
{
	encode_string("emoji", g->op.emoji, out);
	buf_printf(
	    out, ",\"on\":%s,\"reactions\":", g->op.on ? "true" : "false");
	encode_reactions(g->op.reactions, g->op.nreactions, out);
}

static void
tell(const struct changing *g, const struct room *room)
{
	static const struct {
		const char *name;
		void (*put)(const struct changing *g, struct buf *out);
	} events[] = {
		[STORE_EDIT] = { "edited", put_edited },
		[STORE_DELETE] = { "deleted", put_deleted },
		[STORE_REACT] = { "reaction", put_reaction },
	};
	struct buf b;

	buf_init(&b, TEXT_JSON_MAX);
	buf_putc(&b, '{');
	encode_id("id", g->op.id, &b);
	buf_putc(&b, ',');
	encode_string("room", slice_of(room->name), &b);
	buf_putc(&b, ',');
	events[g->op.type].put(g, &b);
	buf_printf(&b, ",\"from\":\"%s\",", g->asked.conn->person->name);
	encode_string("nick", g->op.nick, &b);
	buf_putc(&b, ',');
	encode_id("changed", g->op.changed, &b);
	buf_putc(&b, '}');
	room_tell(
	    room, events[g->op.type].name, &b, &g->op.changed, NULL, false);
	buf_deinit(&b);
}

static void
answer(const struct changing *g)
{
	struct buf b;

	buf_init(&b, REPLY_MAX);
	buf_puts(&b, "{\"ok\":true,");
	encode_id("id", g->op.changed, &b);
	if (g->op.type == STORE_REACT) {
		buf_puts(&b, ",\"reactions\":");
		encode_reactions(g->op.reactions, g->op.nreactions, &b);
	}
	buf_putc(&b, '}');
	asked_reply(&g->asked, &b);
	buf_deinit(&b);
}

/* The store knows whether it was somebody else's. */
static void
log_deletion(const struct changing *g, const struct room *room)
{
	const struct person *p = g->asked.conn->person;

	if (g->op.type == STORE_DELETE && g->op.others)
		log_event(LOG_INFO, "audit", LF_CSTR("what", "delete"),
		    LF_STR("nick", g->op.nick), LF_CSTR("id", p->name),
		    LF_CSTR("room", room->name), LF_CSTR("result", "ok"));
}

static void
changing_free(struct changing *g)
{
	buf_deinit(&g->text);
	buf_deinit(&g->emoji);
	free(g->nick);
	free(g);
}

static void
changed(struct store_op *op)
{
	struct changing *g = container_of(
	    container_of(op, struct store_change, op), struct changing, op);
	struct hub *h = g->asked.conn->hub;
	const struct room *room = room_by_number(h, g->op.room);

	if (op->error == STORE_TOO_SOON) {
		asked_too_soon(&g->asked, g->op.wait);
	} else if (op->error != STORE_OK) {
		asked_failed(&g->asked, op->error);
	} else {
		if (g->op.changed.ms != 0 && room != NULL) {
			log_deletion(g, room);
			tell(g, room);
		}
		answer(g);
	}
	asked_done(&g->asked);
	hub_store_state(h);
	changing_free(g);
}

/* ---- the events ---- */

static uint64_t
mentioned(void *arg, struct slice name)
{
	const char *nick;
	uint64_t id;

	return person_lookup_folded(arg, name, &id, &nick) ? id : 0;
}

/* Part of the change, whose argument is good; or it ends here. */
static void
change(const struct call *c, struct changing *g)
{
	const struct person *p = c->conn->person;

	if (!call_ask(c, &g->asked, NULL, sizeof(*g) + g->text.len)) {
		changing_free(g);
		return;
	}
	g->nick = xstrndup(p->nick, strlen(p->nick));
	g->op.op.done = changed;
	g->op.person = p->id;
	g->op.any = conn_is_operator(c->conn);
	g->op.now = clock_wall_ms();
	g->op.nick = slice_of(g->nick);
	g->op.text = buf_view(&g->text);
	g->op.emoji = buf_view(&g->emoji);
	g->op.mentions = g->mentions;
	g->op.nmentions =
	    mention_scan(g->op.text, mentioned, c->conn->hub, g->mentions);
	store_change(c->conn->hub->store, &g->op);
}

static struct changing *
changing_new(const struct call *c, enum store_change_type type)
{
	struct changing *g = xcalloc(1, sizeof(*g));

	g->op.type = type;
	buf_init(&g->text, hub_message_max(c->conn->hub));
	buf_init(&g->emoji, STORE_EMOJI_MAX);
	if (call_id(c->arg, "id", &g->op.id) > 0)
		return g;
	changing_free(g);
	call_refuse(c, "bad-request", "id is no message's id");
	return NULL;
}

void
on_edit(const struct call *c)
{
	struct changing *g = changing_new(c, STORE_EDIT);
	struct slice raw;

	if (g == NULL)
		return;
	if (!json_get(c->arg, "text", &raw) || json_type(raw) != JSON_STRING)
		call_refuse(c, "bad-request", "text is not a string");
	else if (call_string(c->arg, "text", &g->text) < 0)
		call_refuse(c, "too-long", "the text is too long");
	else if (g->text.len == 0)
		call_refuse(
		    c, "bad-request", "text is empty: delete the message");
	else {
		change(c, g);
		return;
	}
	changing_free(g);
}

void
on_delete(const struct call *c)
{
	struct changing *g = changing_new(c, STORE_DELETE);

	if (g != NULL)
		change(c, g);
}

/* What joins characters to one, or says how one is to look. */
static bool
is_joiner(uint32_t cp)
{
	return cp == 0x200d || (cp >= 0xfe00 && cp <= 0xfe0f) ||
	       (cp >= 0xe0020 && cp <= 0xe007f);
}

/* Something short that can be seen, without white space: what is left without
 * the joiners is as clean as a nick. */
static bool
is_emoji(struct slice s)
{
	char bare[STORE_EMOJI_MAX], nick[NICK_SIZE];
	size_t len = 0;

	while (s.len > 0) {
		uint32_t cp;
		size_t n = utf8_decode(s.p, s.len, &cp);

		if (!is_joiner(cp)) {
			memcpy(bare + len, s.p, n);
			len += n;
		}
		s = slice_skip(s, n);
	}
	return len > 0 && memchr(bare, ' ', len) == NULL &&
	       nick_clean((struct slice){ bare, len }, nick) == len &&
	       memcmp(nick, bare, len) == 0;
}

void
on_react(const struct call *c)
{
	struct changing *g = changing_new(c, STORE_REACT);
	struct slice on;
	int err;

	if (g == NULL)
		return;
	if (json_get(c->arg, "on", &on) && json_type(on) != JSON_BOOL &&
	    json_type(on) != JSON_NULL) {
		call_refuse(c, "bad-request", "on is not true or false");
		changing_free(g);
		return;
	}
	err = call_long_string(c->arg, "emoji", &g->emoji);
	g->op.on = !json_get(c->arg, "on", &on) || !slice_is(on, "false");
	if (err > 0 && !g->emoji.failed && is_emoji(buf_view(&g->emoji))) {
		change(c, g);
		return;
	}
	if (err <= 0)
		call_refuse(c, "bad-request", "emoji is not a string");
	else
		call_refuse(c, "bad-emoji",
		    "emoji is not something short that can be seen");
	changing_free(g);
}

/* ---- topics ---- */

struct topic {
	struct store_topic op;
	struct asked asked;
	struct buf text;
	char *nick;
	struct slow_key slow; /* whose turn it was */
};

static void
topic_free(struct topic *t)
{
	buf_deinit(&t->text);
	free(t->nick);
	free(t);
}

static void
take_topic(const struct topic *t, struct room *room)
{
	struct buf b;

	free(room->topic);
	free(room->topic_nick);
	room->topic = xstrndup(t->text.p, t->text.len);
	room->topic_nick = xstrndup(t->nick, strlen(t->nick));
	room->topic_at = t->op.room.topic_at;
	room->stored = true;
	buf_init(&b, REPLY_MAX);
	buf_putc(&b, '{');
	encode_string("room", slice_of(room->name), &b);
	buf_putc(&b, ',');
	encode_string("topic", slice_of(room->topic), &b);
	buf_putc(&b, ',');
	encode_string("nick", slice_of(t->nick), &b);
	buf_putc(&b, '}');
	room_tell(room, "topic", &b, NULL, NULL, false);
	buf_clear(&b);
	buf_puts(&b, "{\"ok\":true,");
	encode_string("topic", slice_of(room->topic), &b);
	buf_putc(&b, '}');
	asked_reply(&t->asked, &b);
	buf_deinit(&b);
}

static void
topic_stored(struct store_op *op)
{
	struct topic *t = container_of(
	    container_of(op, struct store_topic, op), struct topic, op);
	struct hub *h = t->asked.conn->hub;

	if (op->error != STORE_OK) {
		slow_give_back(&t->asked.room->posted, &t->slow);
		asked_failed(&t->asked, op->error);
	} else {
		take_topic(t, t->asked.room);
	}
	asked_done(&t->asked);
	hub_store_state(h);
	topic_free(t);
}

/* Its turn is that of a post. */
static bool
has_turn(const struct call *c, struct room *room, struct topic *t)
{
	const struct conn *conn = c->conn;
	uint64_t wait;

	t->slow.person = conn->person->id;
	if (room->slow == 0 || role_of(conn, room) >= ROLE_MODERATOR)
		return true;
	wait = slow_take(
	    &room->posted, &t->slow, room->slow, loop_now(conn->hub->loop));
	if (wait > 0)
		call_too_soon(c, wait);
	return wait == 0;
}

static void
set_topic(const struct call *c, struct room *room, struct topic *t)
{
	const struct person *p = c->conn->person;

	if (!has_turn(c, room, t)) {
		topic_free(t);
		return;
	}
	if (!call_ask(c, &t->asked, room, sizeof(*t))) {
		slow_give_back(&room->posted, &t->slow);
		topic_free(t);
		return;
	}
	call_one_line(&t->text);
	t->op.op.done = topic_stored;
	t->nick = xstrndup(p->nick, strlen(p->nick));
	room_describe(room, &t->op.room);
	t->op.room.topic = buf_view(&t->text);
	t->op.room.topic_nick = slice_of(t->nick);
	t->op.room.topic_at = clock_wall_ms();
	store_topic(c->conn->hub->store, &t->op);
}

/* {room, topic} */
void
on_topic(const struct call *c)
{
	struct room *room = call_room(c, false);
	struct slice raw;
	struct topic *t;

	if (room == NULL)
		return;
	if (!call_may_say(c, room))
		return;
	t = xcalloc(1, sizeof(*t));
	buf_init(&t->text, TOPIC_MAX);
	if (room->a != 0)
		call_refuse(c, "forbidden", "a direct room has no topic");
	else if (!json_get(c->arg, "topic", &raw) ||
		 json_type(raw) != JSON_STRING)
		call_refuse(c, "bad-request", "topic is not a string");
	else if (call_string(c->arg, "topic", &t->text) < 0)
		call_refuse(c, "too-long", "more than 512 bytes");
	else {
		set_topic(c, room, t);
		return;
	}
	topic_free(t);
}
