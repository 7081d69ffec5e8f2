#include "config.h"

#include "tui/answer.h"

#include <time.h>

#include "base/clean.h"
#include "proto/json.h"

enum { VALUE_MAX = 1024, TIME_MAX = 32 }; /* bytes */

static void
put_text(struct slice raw, struct buf *out)
{
	struct buf text;

	buf_init(&text, raw.len);
	json_unescape(raw, &text);
	clean_line(out, buf_view(&text), VALUE_MAX);
	buf_deinit(&text);
}

void
answer_name(struct slice json, const char *key, struct buf *out)
{
	struct slice raw;

	if (json_get(json, key, &raw))
		put_text(raw, out);
}

static int64_t
get_number(struct slice json, const char *key)
{
	struct slice raw;
	int64_t n = 0;

	if (json_get(json, key, &raw))
		json_int(raw, 0, INT64_MAX, &n);
	return n;
}

static bool
is_true(struct slice json, const char *key)
{
	struct slice raw;

	return json_get(json, key, &raw) && slice_is(raw, "true");
}

/* --- who ---------------------------------------------------------------------
 */

static void
put_away(struct slice json, struct buf *out)
{
	struct slice raw;

	if (!json_get(json, "away", &raw))
		return;
	buf_puts(out, " (away: ");
	put_text(raw, out);
	buf_putc(out, ')');
}

/* "3 people in lobby: ana, bo (away: lunch), cy" */
void
answer_people(struct slice json, struct buf *out)
{
	int64_t count = get_number(json, "count"), n = 0;
	struct slice list, member;
	struct json_iter it;

	if (!json_get(json, "members", &list))
		return;
	buf_printf(out, "%lld %s in ", (long long)count,
	    count == 1 ? "person" : "people");
	answer_name(json, "room", out);
	json_iter_init(&it, list);
	while (json_iter_next(&it, NULL, &member)) {
		buf_puts(out, n++ > 0 ? ", " : ": ");
		answer_name(member, "nick", out);
		put_away(member, out);
	}
	if (n < count)
		buf_printf(out, " and %lld more", (long long)(count - n));
}

/* --- rooms -------------------------------------------------------------------
 */

/* "dev  3 people, 2 unread, not joined  (a topic)" */
static void
put_room(struct slice room, struct buf *out)
{
	int64_t members = get_number(room, "members");
	int64_t unread = get_number(room, "unread");
	struct slice raw;
	bool direct = json_get(room, "with", &raw);

	if (direct) {
		buf_putc(out, '@');
		answer_name(raw, "nick", out);
	} else {
		answer_name(room, "room", out);
		buf_printf(out, "  %lld %s", (long long)members,
		    members == 1 ? "person" : "people");
	}
	if (unread > 0)
		buf_printf(out, ", %lld unread", (long long)unread);
	if (!direct && is_true(room, "joined"))
		buf_puts(out, ", you are in it");
	if (json_get(room, "topic", &raw)) {
		buf_puts(out, "  ");
		put_text(raw, out);
	}
}

void
answer_rooms(struct slice json, struct buf *out)
{
	struct slice list, room;
	struct json_iter it;

	if (!json_get(json, "rooms", &list))
		return;
	json_iter_init(&it, list);
	while (json_iter_next(&it, NULL, &room)) {
		if (out->len > 0)
			buf_putc(out, '\n');
		put_room(room, out);
	}
}

/* --- one person
 * ----------------------------------------------------------------
 */

/* "ana: registered, here (away: lunch), in lobby, dev" */
void
answer_person(struct slice json, struct buf *out)
{
	struct slice list, room;
	struct json_iter it;
	bool first = true;

	answer_name(json, "nick", out);
	buf_puts(out,
	    is_true(json, "registered") ? ": registered, " : ": a guest, ");
	buf_puts(out, is_true(json, "online") ? "here" : "not here");
	put_away(json, out);
	if (!json_get(json, "rooms", &list))
		return;
	json_iter_init(&it, list);
	while (json_iter_next(&it, NULL, &room)) {
		buf_puts(out, first ? ", in " : ", ");
		first = false;
		put_text(room, out);
	}
}

/* --- messages
 * ------------------------------------------------------------------
 */

void
answer_message(const struct chat_message *m, struct buf *out)
{
	time_t t = (time_t)(m->at / 1000);
	char time[TIME_MAX];
	struct tm tm;

	if (localtime_r(&t, &tm) == NULL)
		tm = (struct tm){ 0 };
	strftime(time, sizeof(time), "%Y-%m-%d %H:%M", &tm);
	buf_printf(out, "%s %s", time, m->with.len > 0 ? "@" : "");
	clean_line(out, m->with.len > 0 ? m->with : m->room, VALUE_MAX);
	buf_puts(out, " <");
	clean_line(out, m->nick, VALUE_MAX);
	buf_puts(out, "> ");
	clean_line(out, m->text, VALUE_MAX);
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
