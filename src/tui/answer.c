#include "config.h"

#include "tui/answer.h"

#include "base/clean.h"
#include "proto/json.h"

enum { VALUE_MAX = 1024 }; /* bytes of a name or value */

/* A name or scalar. */
static void
put_value(struct slice raw, struct buf *out)
{
	struct buf text;

	buf_init(&text, raw.len);
	if (json_type(raw) == JSON_STRING)
		json_unescape(raw, &text);
	else
		buf_append_slice(&text, raw);
	clean_line(out, buf_view(&text), VALUE_MAX);
	buf_deinit(&text);
}

/* The elements of a list, or the members of an object, in one line. */
static void
put_row(struct slice raw, struct buf *out)
{
	struct slice key, value;
	struct json_iter it;
	bool first = true;

	json_iter_init(&it, raw);
	while (json_iter_next(&it, &key, &value)) {
		if (!first)
			buf_puts(out, ", ");
		first = false;
		if (it.object) {
			put_value(key, out);
			buf_putc(out, ' ');
		}
		put_value(value, out);
	}
}

static bool
is_table(struct slice raw)
{
	struct json_iter it;
	struct slice first;

	if (json_type(raw) != JSON_ARRAY)
		return false;
	json_iter_init(&it, raw);
	return json_iter_next(&it, NULL, &first) &&
	       json_type(first) == JSON_OBJECT;
}

static void
end_line(struct buf *out)
{
	if (out->len > 0)
		buf_putc(out, '\n');
}

void
answer_lines(struct slice json, struct buf *out)
{
	struct slice key, value, row;
	struct json_iter it, rows;

	json_iter_init(&it, json);
	while (json_iter_next(&it, &key, &value)) {
		enum json_type type = json_type(value);

		if (!it.object || json_string_is(key, "ok"))
			continue;
		if (is_table(value)) {
			json_iter_init(&rows, value);
			while (json_iter_next(&rows, NULL, &row)) {
				end_line(out);
				put_row(row, out);
			}
			continue;
		}
		end_line(out);
		put_value(key, out);
		buf_puts(out, ": ");
		if (type == JSON_ARRAY || type == JSON_OBJECT)
			put_row(value, out);
		else
			put_value(value, out);
	}
}

void
answer_problem(const char *command, const struct chat_reply *r, struct buf *out)
{
	if (slice_is(r->code, "unknown-event")) {
		buf_printf(out, "this server knows no /%s", command);
	} else if (slice_is(r->code, "classic")) {
		buf_printf(
		    out, "a plain Socket.IO server: it knows no /%s", command);
	} else if (slice_is(r->code, "offline")) {
		buf_printf(
		    out, "not connected: /%s can't be asked for now", command);
	} else if (slice_is(r->code, "timeout")) {
		buf_printf(out, "/%s: the server doesn't answer", command);
	} else {
		buf_printf(out, "/%s: ", command);
		clean_line(
		    out, r->message.len > 0 ? r->message : r->code, VALUE_MAX);
	}
}
