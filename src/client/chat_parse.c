#include "config.h"

#include <string.h>

#include "base/clock.h"
#include "base/msgid.h"
#include "client/chat_internal.h"
#include "proto/json.h"

void
chat_get_text(struct slice json, const char *key, struct buf *out)
{
	struct slice raw;

	if (json_get(json, key, &raw))
		json_unescape(raw, out);
}

uint64_t
chat_get_number(struct slice json, const char *key)
{
	struct slice raw;
	int64_t n = 0;

	if (json_get(json, key, &raw))
		json_int(raw, 0, INT64_MAX, &n);
	return (uint64_t)n;
}

/* ---- texts ---- */

void
chat_texts_init(struct chat_texts *t, size_t json_len)
{
	/* Text is never longer than its JSON. */
	buf_init(&t->b, json_len + 1);
	buf_reserve(&t->b, json_len + 1);
}

void
chat_texts_deinit(struct chat_texts *t)
{
	buf_deinit(&t->b);
}

struct slice
chat_texts_put(struct chat_texts *t, struct slice raw)
{
	size_t from = t->b.len;

	if (json_unescape(raw, &t->b) < 0)
		t->b.len = from;
	return (struct slice){ t->b.p + from, t->b.len - from };
}

struct slice
chat_texts_get(struct chat_texts *t, struct slice json, const char *key)
{
	struct slice raw;

	if (!json_get(json, key, &raw))
		return SLICE("");
	return chat_texts_put(t, raw);
}

/* ---- messages ---- */

/* ["ana","bob"] into nicks with '\n' between them. */
static void
parse_nicks(struct chat *c, struct slice list, struct chat_texts *t,
    struct chat_reaction *out)
{
	size_t from = t->b.len;
	struct json_iter it;
	struct slice raw;

	json_iter_init(&it, list);
	while (json_iter_next(&it, NULL, &raw)) {
		struct slice nick;

		if (out->n > 0)
			buf_putc(&t->b, '\n');
		nick = chat_texts_put(t, raw);
		out->n++;
		if (nick.len > 0 && slice_is(nick, c->our_nick))
			out->own = true;
	}
	out->nicks = (struct slice){ t->b.p + from, t->b.len - from };
}

void
chat_parse_reactions(struct chat *c, struct slice json, struct chat_texts *t,
    struct chat_reactions *out)
{
	struct slice key, list;
	struct json_iter it;

	out->n = 0;
	if (json_type(json) != JSON_OBJECT)
		return;
	json_iter_init(&it, json);
	while (
	    out->n < CHAT_REACTIONS_MAX && json_iter_next(&it, &key, &list)) {
		struct chat_reaction *r = &out->v[out->n];

		*r = (struct chat_reaction){ .emoji = chat_texts_put(t, key) };
		parse_nicks(c, list, t, r);
		if (r->emoji.len > 0 && r->n > 0)
			out->n++;
	}
}

static struct chat_stamp
parse_stamp(struct slice meta, const char *key, struct chat_texts *t)
{
	struct chat_stamp stamp = { .at = 0 };
	struct slice json;

	if (!json_get(meta, key, &json) || json_type(json) != JSON_OBJECT)
		return stamp;
	stamp.at = chat_get_number(json, "at");
	if (stamp.at == 0)
		stamp.at = 1; /* it is, whenever that was */
	stamp.nick = chat_texts_get(t, json, "nick");
	return stamp;
}

/* Who the other one is, in a direct room. */
static void
parse_with(struct chat_parsed *p, struct slice meta)
{
	struct chat_message *m = &p->m;
	struct slice to;

	if (!json_get(meta, "to", &to))
		return;
	if (m->own) {
		m->with = chat_texts_get(&p->texts, to, "nick");
		p->with_from = chat_texts_get(&p->texts, to, "from");
	} else {
		m->with = m->nick;
		p->with_from = m->from;
	}
}

static void
parse_meta(struct chat *c, struct slice meta, struct chat_parsed *p)
{
	struct chat_texts *t = &p->texts;
	struct chat_message *m = &p->m;
	struct slice json;

	m->room = chat_texts_get(t, meta, "room");
	m->nick = chat_texts_get(t, meta, "nick");
	m->from = chat_texts_get(t, meta, "from");
	m->id = chat_texts_get(t, meta, "id");
	m->seq = chat_get_number(meta, "seq");
	p->nonce = chat_texts_get(t, meta, "nonce");
	p->changed = chat_texts_get(t, meta, "changed");
	if (m->from.len > 0 && c->from[0] != '\0')
		m->own = slice_is(m->from, c->from);
	else
		m->own = m->nick.len > 0 && slice_is(m->nick, c->our_nick);
	parse_with(p, meta);
	if (json_get(meta, "reply", &json)) {
		m->reply_id = chat_texts_get(t, json, "id");
		m->reply_nick = chat_texts_get(t, json, "nick");
		m->reply_text = chat_texts_get(t, json, "text");
	}
	m->edited = parse_stamp(meta, "edited", t);
	m->deleted = parse_stamp(meta, "deleted", t);
	if (json_get(meta, "reactions", &json))
		chat_parse_reactions(c, json, t, &p->reactions);
}

void
chat_parse(
    struct chat *c, struct slice text, struct slice meta, struct chat_parsed *p)
{
	struct chat_message *m = &p->m;
	struct msgid id;

	*m = (struct chat_message){ .reactions = &p->reactions };
	p->reactions.n = 0;
	p->nonce = p->changed = p->with_from = SLICE("");
	chat_texts_init(&p->texts, text.len + meta.len);
	if (json_type(text) == JSON_STRING)
		m->text = chat_texts_put(&p->texts, text);
	else
		m->text = text;
	parse_meta(c, meta, p);
	if (m->room.len == 0)
		m->room = SLICE(CHAT_LOBBY);
	m->at = msgid_parse(m->id, &id) == 0 ? id.ms : clock_wall_ms();
}

void
chat_parsed_deinit(struct chat_parsed *p)
{
	chat_texts_deinit(&p->texts);
}

bool
chat_next_row(struct json_iter *it, struct slice *text, struct slice *meta)
{
	struct json_iter parts;
	struct slice row;

	while (json_iter_next(it, NULL, &row)) {
		json_iter_init(&parts, row);
		if (!parts.object && json_iter_next(&parts, NULL, text) &&
		    json_iter_next(&parts, NULL, meta) &&
		    json_type(*meta) == JSON_OBJECT)
			return true;
	}
	return false;
}

void
chat_each_message(struct chat *c, struct slice list,
    void (*each)(void *arg, const struct chat_message *m), void *arg)
{
	struct slice text, meta;
	struct chat_parsed p;
	struct json_iter it;

	json_iter_init(&it, list);
	while (!c->dead && chat_next_row(&it, &text, &meta)) {
		chat_parse(c, text, meta, &p);
		p.m.replay = true;
		each(arg, &p.m);
		chat_parsed_deinit(&p);
	}
}
