#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "hub/call.h"
#include "hub/encode.h"
#include "proto/json.h"

enum { NICK_ARG_MAX = 1024, EVENT_MAX = 4096 };

/* ---- names ---- */

static void
tell_nick(const struct person *p, const char *was)
{
	struct buf b;

	buf_init(&b, EVENT_MAX);
	buf_putc(&b, '{');
	encode_string("nick", slice_of(p->nick), &b);
	buf_putc(&b, ',');
	encode_string("was", slice_of(was), &b);
	buf_printf(&b, ",\"from\":\"%s\"}", p->name);
	person_tell(p, "nick", &b);
	buf_deinit(&b);
}

void
person_renamed(struct person *p, const char *nick)
{
	char *was = xstrndup(p->nick, strlen(p->nick));
	const struct conn *c;

	person_rename(p, nick);
	/* A guest who recovers after a restart is called so, too. */
	LIST_FOREACH (c, &p->conns, link)
		conn_keep_session(c);
	if (strcmp(was, p->nick) != 0) {
		log_event(LOG_INFO, "nick", LF_CSTR("id", p->name),
		    LF_CSTR("nick", p->nick));
		tell_nick(p, was);
	}
	free(was);
}

/* {nick} */
void
on_nick(const struct call *c)
{
	struct person *p = c->conn->person;
	char nick[NICK_SIZE];
	struct buf b;
	int err;

	buf_init(&b, NICK_ARG_MAX);
	if (call_string(c->arg, "nick", &b) <= 0) {
		call_refuse(c, "bad-request", "the argument is not {nick}");
		buf_deinit(&b);
		return;
	}
	err = person_may_be(c->conn->hub, p, buf_view(&b), nick);
	buf_deinit(&b);
	if (err) {
		call_refuse(c, person_may_code(err), person_may_text(err));
	} else if (p->account != NULL && strcmp(nick, p->nick) != 0) {
		account_rename(c, nick);
	} else {
		person_renamed(p, nick);
		buf_init(&b, EVENT_MAX);
		buf_puts(&b, "{\"ok\":true,");
		encode_string("nick", slice_of(p->nick), &b);
		buf_putc(&b, '}');
		call_reply(c, &b);
		buf_deinit(&b);
	}
}

/* ---- people ---- */

/* Is an earlier connection in it, too? */
static bool
elsewhere(
    const struct person *p, const struct conn *than, const struct room *room)
{
	const struct conn *c;

	LIST_FOREACH (c, &p->conns, link) {
		if (c == than)
			return false;
		if (c->live && conn_in(c, room))
			return true;
	}
	return false;
}

/* Public rooms that the person is in, and private ones that whoever asks may
 * see. */
static void
put_rooms(const struct conn *asker, const struct person *p, struct buf *out)
{
	const struct conn *c;
	bool first = true;

	buf_puts(out, ",\"rooms\":[");
	LIST_FOREACH (c, &p->conns, link)
		for (unsigned i = 0; c->live && i < c->rooms_n; i++) {
			if (elsewhere(p, c, c->rooms[i]) ||
			    !conn_may_see(asker, c->rooms[i]))
				continue;
			if (!first)
				buf_putc(out, ',');
			first = false;
			json_put_string(out, slice_of(c->rooms[i]->name));
		}
	buf_putc(out, ']');
}

static void
put_person(
    const struct conn *asker, uint64_t id, const char *nick, struct buf *out)
{
	const struct hub *h = asker->hub;
	const struct person *p = person_find(h, id);

	buf_puts(out, "{\"ok\":true,");
	encode_string("nick", slice_of(nick), out);
	buf_putc(out, ',');
	encode_from(id, out);
	buf_printf(out, ",\"registered\":%s,\"online\":%s",
	    account_find(h, id) != NULL ? "true" : "false",
	    p != NULL && p->live > 0 ? "true" : "false");
	if (p != NULL && p->away != NULL) {
		buf_putc(out, ',');
		encode_string("away", slice_of(p->away), out);
	}
	if (p != NULL && p->live > 0)
		put_rooms(asker, p, out);
	else
		buf_puts(out, ",\"rooms\":[]");
	buf_putc(out, '}');
}

/* {nick} */
void
on_whois(const struct call *c)
{
	const char *nick;
	struct buf b;
	uint64_t id;

	buf_init(&b, NICK_ARG_MAX);
	if (call_string(c->arg, "nick", &b) <= 0) {
		call_refuse(c, "bad-request", "the argument is not {nick}");
	} else if (!person_lookup(c->conn->hub, buf_view(&b), &id, &nick)) {
		call_refuse(c, "no-such-person",
		    "nobody of this name is here or registered");
	} else {
		buf_deinit(&b);
		buf_init(&b, REPLY_MAX);
		put_person(c->conn, id, nick, &b);
		call_reply(c, &b);
	}
	buf_deinit(&b);
}

/* {text?} */
void
on_away(const struct call *c)
{
	struct person *p = c->conn->person;
	struct buf b;

	buf_init(&b, AWAY_MAX);
	if (call_long_string(c->arg, "text", &b) < 0 || b.failed) {
		if (b.failed)
			call_refuse(c, "too-long", "more than 256 bytes");
		else
			call_refuse(c, "bad-request", "text is not a string");
		buf_deinit(&b);
		return;
	}
	call_one_line(&b);
	free(p->away);
	p->away = b.len > 0 ? xstrndup(b.p, b.len) : NULL;
	buf_deinit(&b);
	buf_init(&b, EVENT_MAX);
	buf_putc(&b, '{');
	encode_string("nick", slice_of(p->nick), &b);
	buf_printf(&b, ",\"from\":\"%s\"", p->name);
	if (p->away != NULL) {
		buf_putc(&b, ',');
		encode_string("away", slice_of(p->away), &b);
	}
	buf_putc(&b, '}');
	person_tell(p, "away", &b);
	buf_deinit(&b);
	call_ok(c);
}

/* {room}: the others hear of it, at most once in a while. */
void
on_typing(const struct call *c)
{
	const struct person *p = c->conn->person;
	uint64_t now = loop_now(c->conn->hub->loop);
	struct room *room = call_room(c, false);
	struct buf b;

	if (room == NULL || !call_may_say(c, room))
		return;
	if (now - c->conn->typed_at >= TYPING_MS || c->conn->typed_at == 0) {
		c->conn->typed_at = now;
		buf_init(&b, EVENT_MAX);
		buf_putc(&b, '{');
		encode_string("room", slice_of(room->name), &b);
		buf_putc(&b, ',');
		encode_string("nick", slice_of(p->nick), &b);
		buf_printf(&b, ",\"from\":\"%s\"}", p->name);
		room_tell(room, "typing", &b, NULL, p, true);
		buf_deinit(&b);
	}
	call_ok(c);
}
