#include "config.h"

#include <inttypes.h>
#include <string.h>

#include "base/base64.h"
#include "hub/core.h"
#include "hub/encode.h"
#include "hub/token.h"
#include "proto/json.h"

enum { TEXT_MAX = 16 << 20 /* bytes of one message as JSON */ };

void
encode_string(const char *key, struct slice text, struct buf *out)
{
	buf_printf(out, "\"%s\":", key);
	json_put_string(out, text);
}

void
encode_id(const char *key, struct msgid id, struct buf *out)
{
	char text[MSGID_STR_MAX] = "";

	if (id.ms != 0 || id.n != 0)
		msgid_format(text, id);
	buf_printf(out, "\"%s\":\"%s\"", key, text);
}

void
encode_change(struct msgid at, struct slice nick, struct buf *out)
{
	buf_printf(out, "{\"at\":%" PRIu64 ",", at.ms);
	encode_string("nick", nick, out);
	buf_putc(out, '}');
}

void
encode_reactions(
    const struct store_reaction *reactions, unsigned n, struct buf *out)
{
	buf_putc(out, '{');
	for (unsigned i = 0; i < n; i++) {
		struct slice nicks = reactions[i].nicks;

		if (i > 0)
			buf_putc(out, ',');
		json_put_string(out, reactions[i].emoji);
		buf_puts(out, ":[");
		for (bool first = true; nicks.len > 0; first = false) {
			if (!first)
				buf_putc(out, ',');
			json_put_string(out, slice_take_until(&nicks, '\n'));
		}
		buf_putc(out, ']');
	}
	buf_putc(out, '}');
}

void
encode_from(uint64_t id, struct buf *out)
{
	char from[PERSON_NAME_MAX];

	person_id_format(from, id);
	buf_printf(out, "\"from\":\"%s\"", from);
}

static void
put_person(const char *key, uint64_t id, struct slice nick, struct buf *out)
{
	char from[PERSON_NAME_MAX];

	person_id_format(from, id);
	buf_printf(out, "\"%s\":{", key);
	encode_string("nick", nick, out);
	buf_printf(out, ",\"from\":\"%s\"}", from);
}

/* What is the topic of a direct room: the nicks of the two as they were. */
static struct slice
known_nick(struct slice topic, bool first)
{
	struct slice nick = slice_take_until(&topic, '\n');

	return first ? nick : topic;
}

static void
put_other(const struct hub *h, const struct room *room, uint64_t person,
    const char *key, struct buf *out)
{
	uint64_t other = room_other(room, person);
	const char *nick = person_nick(h, other);

	put_person(key, other,
	    nick != NULL ? slice_of(nick)
			 : known_nick(slice_of(room->topic), other == room->a),
	    out);
}

void
encode_with(const struct hub *h, const struct room *room, uint64_t person,
    struct buf *out)
{
	put_other(h, room, person, "with", out);
}

void
encode_room(const struct conn *c, const struct room *room, struct buf *out)
{
	encode_string("room", slice_of(room->name), out);
	buf_putc(out, ',');
	encode_id("last", room->last, out);
	buf_printf(out, ",\"seq\":%" PRIu64 ",\"joined\":%s", room->seq,
	    conn_in(c, room) ? "true" : "false");
	if (room->a != 0) {
		buf_putc(out, ',');
		encode_with(c->hub, room, c->person->id, out);
	} else if (room->topic[0] != '\0') {
		buf_putc(out, ',');
		encode_string("topic", slice_of(room->topic), out);
	}
	encode_role(room, c->person->id, out);
	encode_slow(room, out);
	encode_private(room, out);
}

void
encode_role(const struct room *room, uint64_t person, struct buf *out)
{
	const char *role = role_in(room, person);

	if (role != NULL)
		buf_printf(out, ",\"role\":\"%s\"", role);
}

void
encode_private(const struct room *room, struct buf *out)
{
	if (room->private)
		buf_puts(out, ",\"private\":true");
}

void
encode_slow(const struct room *room, struct buf *out)
{
	if (room->slow > 0)
		buf_printf(out, ",\"slow\":%" PRIu64, room->slow);
}

static void
put_reply(const struct store_row *row, struct buf *out)
{
	buf_puts(out, ",\"reply\":{");
	encode_id("id", row->reply, out);
	if (row->reply_nick.len > 0) {
		buf_putc(out, ',');
		encode_string("nick", row->reply_nick, out);
		buf_putc(out, ',');
		encode_string("text", row->reply_text, out);
	}
	buf_putc(out, '}');
}

static void
put_changes(const struct store_row *row, struct buf *out)
{
	if (row->edited.ms != 0) {
		buf_puts(out, ",\"edited\":");
		encode_change(row->edited, row->edited_nick, out);
	}
	if (row->deleted.ms != 0) {
		buf_puts(out, ",\"deleted\":");
		encode_change(row->deleted, row->deleted_nick, out);
	}
	if (row->nreactions > 0) {
		buf_puts(out, ",\"reactions\":");
		encode_reactions(row->reactions, row->nreactions, out);
	}
	if (row->changed.ms != 0) {
		buf_putc(out, ',');
		encode_id("changed", row->changed, out);
	}
}

/* The beginning of META, with the room's name. */
static void
put_origin(const struct store_row *row, struct slice room, struct buf *out)
{
	buf_putc(out, '{');
	encode_id("id", row->id, out);
	buf_printf(out, ",\"seq\":%" PRIu64 ",", row->seq);
	encode_string("room", room, out);
	buf_putc(out, ',');
	encode_from(row->person, out);
	buf_putc(out, ',');
	encode_string("nick", row->nick, out);
	if (row->nonce.len > 0) {
		buf_putc(out, ',');
		encode_string("nonce", row->nonce, out);
	}
}

static void
put_rest(const struct store_row *row, struct buf *out)
{
	if (row->reply.ms != 0)
		put_reply(row, out);
	put_changes(row, out);
	buf_putc(out, '}');
}

void
encode_meta(const struct hub *h, const struct store_row *row, struct buf *out)
{
	const struct room *room = room_by_number(h, row->room);

	put_origin(row, slice_of(room != NULL ? room->name : ""), out);
	if (room != NULL && room->a != 0) {
		buf_putc(out, ',');
		put_other(h, room, row->person, "to", out);
	}
	put_rest(row, out);
}

/* ---- texts ---- */

static void
put_base64(struct slice data, struct buf *out)
{
	char *room;

	buf_puts(out, "{\"base64\":\"");
	room = buf_reserve(out, (data.len + 2) / 3 * 4 + 1);
	if (room != NULL)
		buf_add(out, base64_encode(room, data.p, data.len));
	buf_puts(out, "\"}");
}

/* Raw JSON with the placeholders {"_placeholder":true,"num":n} replaced. */
static void
put_value(struct slice raw, const struct store_row *row, struct buf *out)
{
	bool object = json_type(raw) == JSON_OBJECT, first = true;
	struct slice key, value;
	struct json_iter it;
	int64_t n;

	if (object && json_get(raw, "_placeholder", &value) &&
	    json_get(raw, "num", &value) &&
	    json_int(value, 0, (int64_t)row->nbin - 1, &n) == 0) {
		put_base64(row->bin[n], out);
		return;
	}
	if (!object && json_type(raw) != JSON_ARRAY) {
		buf_append_slice(out, raw);
		return;
	}
	buf_putc(out, object ? '{' : '[');
	json_iter_init(&it, raw);
	while (json_iter_next(&it, object ? &key : NULL, &value)) {
		if (!first)
			buf_putc(out, ',');
		first = false;
		if (object) {
			buf_append_slice(out, key);
			buf_putc(out, ':');
		}
		put_value(value, row, out);
	}
	buf_putc(out, object ? '}' : ']');
}

static void
put_text(const struct store_row *row, struct buf *out)
{
	if (row->is_text || row->text.len == 0)
		json_put_string(out, row->text);
	else if (row->nbin > 0)
		put_value(row->text, row, out);
	else
		buf_append_slice(out, row->text);
	buf_putc(out, ',');
}

void
encode_row(const struct hub *h, const struct store_row *row, struct buf *out)
{
	put_text(row, out);
	encode_meta(h, row, out);
}

void
encode_stored(
    const struct store_room *room, const struct store_row *row, struct buf *out)
{
	uint64_t other = row->person == room->a ? room->b : room->a;

	buf_putc(out, '[');
	put_text(row, out);
	put_origin(row, room->name, out);
	if (room->a != 0) {
		buf_putc(out, ',');
		put_person("to", other,
		    known_nick(room->topic, other == room->a), out);
	}
	put_rest(row, out);
	buf_putc(out, ']');
}

void
encode_page(const struct hub *h, const struct store_page *page, struct buf *out)
{
	bool first = true;

	buf_putc(out, '[');
	for (unsigned i = 0; i < page->n; i++) {
		struct buf one;

		buf_init(&one, TEXT_MAX);
		buf_putc(&one, '[');
		encode_row(h, &page->rows[i], &one);
		buf_putc(&one, ']');
		if (!one.failed && !first)
			buf_putc(out, ',');
		if (!one.failed) {
			buf_append_slice(out, buf_view(&one));
			first = false;
		}
		buf_deinit(&one);
	}
	buf_putc(out, ']');
}

void
encode_maybe(const char *key, struct slice text, struct buf *out)
{
	if (text.len == 0)
		return;
	buf_putc(out, ',');
	encode_string(key, text, out);
}

void
encode_until(uint64_t until, struct buf *out)
{
	if (until != 0)
		buf_printf(out, ",\"until\":%" PRIu64, until);
}
