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

static void
put_member(struct slice json, const char *key, const char *before,
    const char *after, struct buf *out)
{
	struct slice raw;

	if (!json_get(json, key, &raw) || slice_is(raw, "\"\""))
		return;
	buf_puts(out, before);
	put_text(raw, out);
	buf_puts(out, after);
}

static void
put_time(uint64_t ms, struct buf *out)
{
	time_t t = (time_t)(ms / 1000);
	char time[TIME_MAX];
	struct tm tm;

	if (localtime_r(&t, &tm) == NULL)
		tm = (struct tm){ 0 };
	strftime(time, sizeof(time), "%Y-%m-%d %H:%M", &tm);
	buf_puts(out, time);
}

/* Nothing for 0. */
static void
put_until(struct buf *out, uint64_t ms)
{
	if (ms == 0)
		return;
	buf_puts(out, " until ");
	put_time(ms, out);
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
		put_member(member, "role", " (", ")", out);
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
	if (is_true(room, "private"))
		buf_puts(out, ", private");
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

/* --- moderation --------------------------------------------------------------
 */

/* "ban 12 until 2026-11-21 18:00: /unban 12 lifts it" */
void
answer_ban(struct slice json, struct buf *out)
{
	long long n = (long long)get_number(json, "ban");
	struct slice list, address;
	struct json_iter it;

	buf_printf(out, "ban %lld", n);
	put_until(out, (uint64_t)get_number(json, "until"));
	buf_printf(out, ": /unban %lld lifts it", n);
	if (!json_get(json, "addresses", &list))
		return;
	json_iter_init(&it, list);
	while (json_iter_next(&it, NULL, &address)) {
		buf_puts(out, "; it came from ");
		put_text(address, out);
	}
}

/* What bans and lines of the audit share. */
static void
put_whom(struct slice json, struct buf *out)
{
	put_member(json, "nick", " ", "", out);
	put_member(json, "address", " ", "", out);
	put_member(json, "room", " in ", "", out);
	put_until(out, (uint64_t)get_number(json, "until"));
	put_member(json, "reason", ": ", "", out);
}

/* "12  bob in dev until 2026-11-21 18:00: spam (by ana)" */
void
answer_bans(struct slice json, struct buf *out)
{
	struct slice list, ban, raw;
	struct json_iter it;

	if (!json_get(json, "bans", &list))
		return;
	json_iter_init(&it, list);
	while (json_iter_next(&it, NULL, &ban)) {
		if (out->len > 0)
			buf_putc(out, '\n');
		buf_printf(out, "%lld ", (long long)get_number(ban, "ban"));
		if (!json_get(ban, "nick", &raw))
			put_member(ban, "from", " ", "", out);
		put_whom(ban, out);
		put_member(ban, "by", " (by ", ")", out);
	}
	if (out->len == 0)
		buf_puts(out, "nobody is banned");
}

/* "2026-11-21 17:00 ana: ban bob in dev until 2026-11-21 18:00: spam", or
 * "2026-11-21 17:00 somebody: enter 192.0.2.1: banned (refused, 3 times)" */
void
answer_audit(struct slice json, struct buf *out)
{
	struct slice list, line, raw;
	struct json_iter it;

	if (!json_get(json, "lines", &list))
		return;
	json_iter_init(&it, list);
	while (json_iter_next(&it, NULL, &line)) {
		if (out->len > 0)
			buf_putc(out, '\n');
		put_time((uint64_t)get_number(line, "at"), out);
		buf_putc(out, ' ');
		if (json_get(line, "by", &raw))
			put_text(raw, out);
		else
			buf_puts(out, "somebody");
		put_member(line, "what", ": ", "", out);
		put_whom(line, out);
		if (get_number(line, "refused") > 0)
			buf_printf(out, " (refused, %lld times)",
			    (long long)get_number(line, "refused"));
	}
	if (out->len == 0)
		buf_puts(out, "nothing has been done yet");
}

/* "invitation: http://HOST:3000/i/CODE until ..." */
void
answer_invite(struct slice json, const char *url, struct buf *out)
{
	struct slice base = slice_of(url);

	if (base.len > 0 && base.p[base.len - 1] == '/')
		base.len--;
	buf_printf(out, "invitation: %.*s", SLICE_ARG(base));
	answer_name(json, "path", out);
	put_until(out, (uint64_t)get_number(json, "until"));
}

/* "Code0000-_ to dev, 3 uses left until 2026-11-21 18:00 (by ana)" */
void
answer_invites(struct slice json, struct buf *out)
{
	struct slice list, one;
	struct json_iter it;

	if (!json_get(json, "invitations", &list))
		return;
	json_iter_init(&it, list);
	while (json_iter_next(&it, NULL, &one)) {
		long long uses = (long long)get_number(one, "uses");

		if (out->len > 0)
			buf_putc(out, '\n');
		answer_name(one, "invite", out);
		put_member(one, "room", " to ", "", out);
		if (uses > 0)
			buf_printf(out, ", %lld %s left", uses,
			    uses == 1 ? "use" : "uses");
		put_until(out, (uint64_t)get_number(one, "until"));
		put_member(one, "by", " (by ", ")", out);
	}
	if (out->len == 0)
		buf_puts(out, "there are no invitations");
}

static void
put_room_of(const struct chat_event *ev, struct buf *out)
{
	if (ev->room.len == 0)
		buf_puts(out, "the server");
	else
		clean_line(out, ev->room, VALUE_MAX);
}

static void
put_by(const struct chat_event *ev, struct buf *out)
{
	if (ev->by.len == 0)
		return;
	buf_puts(out, " (by ");
	clean_line(out, ev->by, VALUE_MAX);
	buf_putc(out, ')');
}

static void
put_who(const struct chat_event *ev, struct buf *out)
{
	if (ev->self)
		buf_puts(out, "you");
	else
		clean_line(out, ev->nick, VALUE_MAX);
	buf_puts(out, ev->self ? " are " : " is ");
}

/* What comes before the room, and what behind it. */
static void
put_deed(const struct chat_event *ev, struct buf *out)
{
	switch (ev->type) {
	case CHAT_KICKED:
		buf_puts(out, "you were put out of ");
		put_room_of(ev, out);
		break;
	case CHAT_BANNED:
		buf_puts(out, "you are banned from ");
		put_room_of(ev, out);
		put_until(out, ev->until);
		break;
	case CHAT_MUTED:
		buf_puts(out, "you may only read in ");
		put_room_of(ev, out);
		put_until(out, ev->until);
		break;
	case CHAT_UNMUTED:
		buf_puts(out, "you may write again in ");
		put_room_of(ev, out);
		break;
	case CHAT_INVITED:
		buf_puts(out, "you are invited to ");
		put_room_of(ev, out);
		if (!ev->on)
			buf_puts(out, ": /join it");
		break;
	case CHAT_SLOW:
		put_room_of(ev, out);
		if (ev->seconds > 0)
			buf_printf(out, ": a message in %llu s each",
			    (unsigned long long)ev->seconds);
		else
			buf_puts(out, ": messages as fast as you like");
		break;
	case CHAT_PRIVATE:
		put_room_of(ev, out);
		buf_puts(out, ev->on ? " is for those who are invited only"
				     : " is open to all");
		break;
	case CHAT_MODERATOR:
		put_who(ev, out);
		buf_puts(out, ev->on ? "a moderator of " : "no moderator of ");
		put_room_of(ev, out);
		break;
	case CHAT_OWNER:
		put_who(ev, out);
		buf_puts(out, "the owner of ");
		put_room_of(ev, out);
		break;
	default:
		break;
	}
}

bool
answer_moderation(const struct chat_event *ev, struct buf *out)
{
	size_t from = out->len;

	put_deed(ev, out);
	if (out->len == from)
		return false;
	put_by(ev, out);
	if (ev->text.len > 0) {
		buf_puts(out, ": ");
		clean_line(out, ev->text, VALUE_MAX);
	}
	return true;
}

/* --- messages
 * ------------------------------------------------------------------
 */

void
answer_message(const struct chat_message *m, struct buf *out)
{
	put_time(m->at, out);
	buf_puts(out, m->with.len > 0 ? " @" : " ");
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
