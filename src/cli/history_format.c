#include "config.h"

#include <stdint.h>
#include <string.h>
#include <time.h>

#include "base/clean.h"
#include "cli/history.h"
#include "hub/name.h"
#include "proto/eio3_text.h"
#include "proto/json.h"

enum {
	NAME_BYTES = 256, /* of a nick, as shown */
	QUOTE_BYTES = 1024,
	DAY_MS = 86400000,
};

/* [TEXT, META] taken apart, raw. */
struct parts {
	struct slice text, meta;
};

static struct parts
take_apart(struct slice message)
{
	struct parts p = { SLICE("\"\""), SLICE("{}") };
	struct json_iter it;

	json_iter_init(&it, message);
	json_iter_next(&it, NULL, &p.text);
	json_iter_next(&it, NULL, &p.meta);
	return p;
}

/* Appends a string's text, or anything else's JSON. */
static void
put_text(struct buf *out, struct slice raw)
{
	if (json_unescape(raw, out) != 0)
		buf_append_slice(out, raw);
}

bool
history_id(struct slice message, struct msgid *id)
{
	struct parts p = take_apart(message);
	struct slice raw;
	struct buf text;
	bool ok;

	buf_init(&text, MSGID_STR_MAX);
	ok = json_get(p.meta, "id", &raw) && json_unescape(raw, &text) == 0 &&
	     msgid_parse(buf_view(&text), id) == 0;
	buf_deinit(&text);
	return ok;
}

bool
history_matches(struct slice message, struct slice key)
{
	struct parts p = take_apart(message);
	struct buf text, folded;
	bool found = key.len == 0;

	buf_init(&text, SIZE_MAX);
	buf_init(&folded, SIZE_MAX);
	put_text(&text, p.text);
	if (name_fold(buf_view(&text), &folded) == 0 && folded.len > 0)
		found = memmem(folded.p, folded.len, key.p, key.len) != NULL;
	buf_deinit(&text);
	buf_deinit(&folded);
	return found;
}

/* ---- JSON ---- */

static void
write_json(struct slice message, struct buf *out)
{
	struct buf ascii;

	buf_init(&ascii, SIZE_MAX);
	eio3_text_escape(&ascii, message);
	for (size_t i = 0; i < ascii.len; i++)
		if (ascii.p[i] == 0x7f)
			buf_puts(out, "\\u007f");
		else /* line ends, between tokens */
			buf_putc(out,
			    (unsigned char)ascii.p[i] < ' ' ? ' ' : ascii.p[i]);
	buf_putc(out, '\n');
	buf_deinit(&ascii);
}

/* ---- text and Markdown ---- */

/* A message, clean. */
struct shown {
	uint64_t at; /* ms */
	struct buf nick, text, deleted_nick, reply_nick, reply_text;
	bool edited, deleted, reply;
};

static void
clean_member(struct slice json, const char *key, struct buf *out, size_t max)
{
	struct slice raw;
	struct buf text;

	buf_init(&text, SIZE_MAX);
	if (json_get(json, key, &raw) && json_unescape(raw, &text) == 0)
		clean_line(out, buf_view(&text), max);
	buf_deinit(&text);
}

static void
shown_init(struct shown *s, struct slice message)
{
	struct parts p = take_apart(message);
	struct slice raw;
	struct msgid id;
	struct buf text;

	*s = (struct shown){ .at = 0 };
	buf_init(&s->nick, SIZE_MAX);
	buf_init(&s->text, SIZE_MAX);
	buf_init(&s->deleted_nick, SIZE_MAX);
	buf_init(&s->reply_nick, SIZE_MAX);
	buf_init(&s->reply_text, SIZE_MAX);
	buf_init(&text, SIZE_MAX);
	if (history_id(message, &id))
		s->at = id.ms;
	put_text(&text, p.text);
	clean_text(&s->text, buf_view(&text));
	buf_deinit(&text);
	clean_member(p.meta, "nick", &s->nick, NAME_BYTES);
	s->edited = json_get(p.meta, "edited", &raw);
	s->deleted = json_get(p.meta, "deleted", &raw);
	if (s->deleted)
		clean_member(raw, "nick", &s->deleted_nick, NAME_BYTES);
	s->reply = json_get(p.meta, "reply", &raw);
	if (s->reply) {
		clean_member(raw, "nick", &s->reply_nick, NAME_BYTES);
		clean_member(raw, "text", &s->reply_text, QUOTE_BYTES);
	}
}

static void
shown_deinit(struct shown *s)
{
	buf_deinit(&s->nick);
	buf_deinit(&s->text);
	buf_deinit(&s->deleted_nick);
	buf_deinit(&s->reply_nick);
	buf_deinit(&s->reply_text);
}

/* UTC, in the parts that are wanted. */
static void
put_time(struct buf *out, uint64_t ms, bool date, bool time)
{
	time_t t = (time_t)(ms / 1000);
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL)
		return;
	if (date)
		buf_printf(out, "%04d-%02d-%02d", tm.tm_year + 1900,
		    tm.tm_mon + 1, tm.tm_mday);
	if (date && time)
		buf_putc(out, 'T');
	if (time)
		buf_printf(
		    out, "%02d:%02d:%02d", tm.tm_hour, tm.tm_min, tm.tm_sec);
}

/* Lines but the first are indented: nothing in a text passes for another
 * message. */
static void
put_indented(struct buf *out, struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		buf_putc(out, text.p[i]);
		if (text.p[i] == '\n')
			buf_puts(out, "  ");
	}
}

static void
put_deleted(struct buf *out, const struct shown *s)
{
	buf_puts(out, "(deleted");
	if (s->deleted_nick.len > 0)
		buf_puts(out, " by ");
	buf_append_slice(out, buf_view(&s->deleted_nick));
	buf_putc(out, ')');
}

static void
write_text(const struct shown *s, struct buf *out)
{
	put_time(out, s->at, true, true);
	buf_puts(out, "Z <");
	buf_append_slice(out, buf_view(&s->nick));
	buf_puts(out, "> ");
	if (s->deleted)
		put_deleted(out, s);
	else
		put_indented(out, buf_view(&s->text));
	if (s->edited && !s->deleted)
		buf_puts(out, " (edited)");
	buf_putc(out, '\n');
}

/* What would begin something at the beginning of a line: a list, a heading
 * underlined, code by indentation. */
static bool
begins_block(struct slice line)
{
	size_t i = 0;

	while (i < line.len && line.p[i] >= '0' && line.p[i] <= '9')
		i++;
	if (i == line.len)
		return false;
	return i > 0 ? line.p[i] == '.' || line.p[i] == ')'
		     : strchr("-+=", line.p[0]) != NULL;
}

/* One line of text as it is, whatever Markdown would make of it. */
static void
put_md_line(struct buf *out, struct slice line)
{
	while (line.len > 0 && line.p[0] == ' ') {
		buf_puts(out, "&nbsp;");
		line = slice_skip(line, 1);
	}
	if (begins_block(line)) {
		while (line.p[0] >= '0' && line.p[0] <= '9') {
			buf_putc(out, line.p[0]);
			line = slice_skip(line, 1);
		}
		buf_putc(out, '\\');
		buf_putc(out, line.p[0]);
		line = slice_skip(line, 1);
	}
	for (size_t i = 0; i < line.len; i++) {
		if (strchr("\\`*_[]<>#~|&!$", line.p[i]) != NULL)
			buf_putc(out, '\\');
		buf_putc(out, line.p[i]);
	}
}

/* Lines become hard breaks, inside a list's item. */
static void
put_md(struct buf *out, struct slice text)
{
	for (;;) {
		put_md_line(out, slice_take_until(&text, '\n'));
		if (text.len == 0)
			return;
		buf_puts(out, "\\\n  ");
	}
}

static void
write_md(struct history_writer *w, const struct shown *s, struct buf *out)
{
	long long day = (long long)(s->at / DAY_MS);

	if (day != w->day) {
		if (w->day >= 0)
			buf_putc(out, '\n');
		buf_puts(out, "## ");
		put_time(out, s->at, true, false);
		buf_puts(out, "\n\n");
		w->day = day;
	}
	buf_puts(out, "- ");
	put_time(out, s->at, false, true);
	buf_puts(out, " **");
	put_md_line(out, buf_view(&s->nick));
	buf_puts(out, "**: ");
	if (s->reply) {
		buf_puts(out, "*(to ");
		put_md_line(out, buf_view(&s->reply_nick));
		buf_puts(out, ": ");
		put_md_line(out, buf_view(&s->reply_text));
		buf_puts(out, ")* ");
	}
	if (s->deleted)
		put_deleted(out, s);
	else
		put_md(out, buf_view(&s->text));
	if (s->edited && !s->deleted)
		buf_puts(out, " (edited)");
	buf_putc(out, '\n');
}

void
history_write(struct history_writer *w, struct slice message, struct buf *out)
{
	struct shown s;

	if (w->format == HISTORY_JSON) {
		write_json(message, out);
		return;
	}
	shown_init(&s, message);
	if (w->format == HISTORY_MD)
		write_md(w, &s, out);
	else
		write_text(&s, out);
	shown_deinit(&s);
}
