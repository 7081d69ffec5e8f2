#include "config.h"

#include "hub/act.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "proto/json.h"

enum { NICK_ARG_MAX = 1024 };

static void
act_free(struct act *a)
{
	buf_deinit(&a->by);
	buf_deinit(&a->nick);
	buf_deinit(&a->reason);
	buf_deinit(&a->address);
	free(a);
}

void
act_refuse(struct act *a, const char *code, const char *message)
{
	asked_refuse(&a->asked, code, message);
	asked_done(&a->asked);
	act_free(a);
}

void
act_name(struct act *a, struct slice nick)
{
	buf_clear(&a->nick);
	buf_append_slice(&a->nick, nick);
	a->op.audit.nick = buf_view(&a->nick);
}

void
act_address(struct act *a, struct slice address)
{
	buf_clear(&a->address);
	buf_append_slice(&a->address, address);
	a->op.audit.address = buf_view(&a->address);
}

/* ---- the argument ---- */

/* What is wrong: a code, with words. */
struct fault {
	const char *code, *text;
};

static bool
is_wrong(struct fault *f, const char *code, const char *text)
{
	f->code = code;
	f->text = text;
	return false;
}

static bool
take_from(
    struct act *a, const struct hub *h, struct slice from, struct fault *f)
{
	const char *nick;

	if (person_id_parse(from, &a->whom) < 0)
		return is_wrong(f, "no-such-person", "from is nobody's");
	nick = person_nick(h, a->whom);
	act_name(a, slice_of(nick != NULL ? nick : ""));
	return true;
}

static bool
take_whom(struct act *a, const struct call *c, bool needed, struct fault *f)
{
	const struct hub *h = c->conn->hub;
	const char *name = "";
	struct buf nick, from;
	int by_nick, by_from;
	bool ok = true;

	buf_init(&nick, NICK_ARG_MAX);
	buf_init(&from, NICK_ARG_MAX);
	by_nick = call_long_string(c->arg, "nick", &nick);
	by_from = call_long_string(c->arg, "from", &from);
	if (by_nick < 0 || by_from < 0 || (by_nick > 0 && by_from > 0) ||
	    (needed && by_nick == 0 && by_from == 0))
		ok = is_wrong(f, "bad-request",
		    "the argument needs one of nick and from");
	else if (by_from > 0)
		ok = take_from(a, h, buf_view(&from), f);
	else if (by_nick > 0 &&
		 !person_lookup(h, buf_view(&nick), &a->whom, &name))
		ok = is_wrong(f, "no-such-person",
		    "nobody of this name is here or registered");
	else if (by_nick > 0)
		act_name(a, slice_of(name));
	buf_deinit(&nick);
	buf_deinit(&from);
	return ok;
}

static bool
take_address(struct act *a, const struct call *c, struct fault *f)
{
	char text[ADDRESS_RANGE_SIZE];
	struct address_range range;
	struct buf arg;
	int given;

	buf_init(&arg, ADDRESS_RANGE_SIZE);
	given = call_long_string(c->arg, "address", &arg);
	if (given > 0 &&
	    (arg.failed || address_range_parse(buf_view(&arg), &range) < 0))
		given = -1;
	buf_deinit(&arg);
	if (given < 0)
		return is_wrong(f, "bad-request",
		    "address is no IP address, nor a range of them");
	if (given > 0) {
		address_range_text(&range, text);
		act_address(a, slice_of(text));
	}
	return true;
}

static bool
take_rest(
    struct act *a, const struct call *c, unsigned members, struct fault *f)
{
	struct store_audit_line *l = &a->op.audit;
	int64_t seconds = 0;

	if (members & ACT_REASON) {
		if (call_long_string(c->arg, "reason", &a->reason) < 0)
			return is_wrong(
			    f, "bad-request", "reason is not a string");
		if (a->reason.failed)
			return is_wrong(
			    f, "too-long", "a reason has 256 bytes at most");
		call_one_line(&a->reason);
		l->reason = buf_view(&a->reason);
	}
	if (!(members & ACT_SECONDS))
		return true;
	if (call_number(c->arg, "seconds", SECONDS_MAX, &seconds) < 0)
		return is_wrong(
		    f, "bad-request", "seconds is not a number from 1 on");
	if (seconds > 0)
		l->until = l->at + (uint64_t)seconds * 1000;
	return true;
}

static bool
take(struct act *a, const struct call *c, unsigned members, struct fault *f)
{
	if (members & (ACT_WHOM | ACT_MAYBE_WHOM | ACT_ANY_WHOM) &&
	    !take_whom(a, c, members & ACT_WHOM, f))
		return false;
	if (members & ACT_ADDRESS && !take_address(a, c, f))
		return false;
	if (members & ACT_MAYBE_WHOM && a->whom == 0 && a->address.len == 0)
		return is_wrong(
		    f, "bad-request", "nick, from or address is missing");
	return take_rest(a, c, members, f);
}

/* ---- may it be? ---- */

static bool
may(const struct act *a, const struct call *c, struct room *room,
    unsigned members, enum role least, struct fault *f)
{
	const struct conn *conn = c->conn;
	enum role mine = role_of(conn, room);

	if (room != NULL && room->a != 0)
		return is_wrong(
		    f, "forbidden", "a direct room has no moderators");
	/* An invitation is all that it takes. */
	if (a->op.type == STORE_ACCEPT)
		return true;
	if (mine < (room != NULL ? least : ROLE_OPERATOR))
		return is_wrong(f, "forbidden",
		    room == NULL          ? "only operators can do this"
		    : least == ROLE_OWNER ? "only the room's owner can do this"
					  : "only moderators can do this");
	if (members & ACT_LOWER && a->whom != 0 &&
	    (a->whom == conn->person->id ||
		role_of_person(conn->hub, a->whom, room) >= mine))
		return is_wrong(
		    f, "forbidden", "you can't do this to this person");
	return true;
}

struct act *
act_begin_in(const struct call *c, const char *what, enum store_act_type type,
    struct room *room, unsigned members, enum role least)
{
	struct act *a = xcalloc(1, sizeof(*a));
	const struct person *p = c->conn->person;
	struct fault f = { "", "" };

	buf_init(&a->by, NICK_SIZE);
	buf_init(&a->nick, NICK_SIZE);
	buf_init(&a->reason, REASON_MAX);
	buf_init(&a->address, ADDRESS_RANGE_SIZE);
	buf_puts(&a->by, p->nick);
	a->op.type = type;
	a->op.audit = (struct store_audit_line){ .at = clock_wall_ms(),
		.person = p->id,
		.by = buf_view(&a->by),
		.what = slice_of(what),
		.room = slice_of(room != NULL ? room->name : "") };
	if (room != NULL) {
		room_describe(room, &a->room);
		a->op.room = &a->room;
	}
	if (!take(a, c, members, &f) || !may(a, c, room, members, least, &f))
		call_refuse(c, f.code, f.text);
	else if (call_ask(c, &a->asked, room, sizeof(*a)))
		return a;
	act_free(a);
	return NULL;
}

struct act *
act_begin(const struct call *c, const char *what, enum store_act_type type,
    unsigned members, enum role least)
{
	struct room *room = NULL;
	struct slice raw;

	if (members & ACT_ROOM ||
	    (json_get(c->arg, "room", &raw) && json_type(raw) != JSON_NULL)) {
		room = call_room(c, false);
		if (room == NULL)
			return NULL;
	}
	return act_begin_in(c, what, type, room, members, least);
}

/* ---- the store ---- */

static void
log_act(const struct act *a)
{
	const struct store_audit_line *l = &a->op.audit;
	char from[PERSON_NAME_MAX];

	person_id_format(from, l->person);
	log_event(LOG_INFO, "audit", LF_STR("what", l->what),
	    LF_STR("nick", l->by), LF_CSTR("id", from), LF_STR("room", l->room),
	    LF_STR("whom", l->nick), LF_STR("address", l->address),
	    LF_STR("reason", l->reason), LF_INT("until", (int64_t)l->until),
	    LF_CSTR("result", "ok"));
}

static void
acted(struct store_op *op)
{
	struct act *a = container_of(
	    container_of(op, struct store_act, op), struct act, op);
	struct hub *h = a->asked.conn->hub;
	struct buf b;

	if (op->error == STORE_NOTHING && a->op.type == STORE_ACCEPT)
		asked_refuse(&a->asked, "bad-invitation",
		    "there is no such invitation, or not any more");
	else if (op->error != STORE_OK)
		asked_failed(&a->asked, op->error);
	if (op->error != STORE_OK && a->failed != NULL)
		a->failed(a);
	if (op->error == STORE_OK) {
		if (a->asked.room != NULL)
			a->asked.room->stored = true;
		log_act(a);
		buf_init(&b, REPLY_MAX);
		buf_puts(&b, "{\"ok\":true");
		a->then(a, &b);
		buf_putc(&b, '}');
		asked_reply(&a->asked, &b);
		buf_deinit(&b);
	}
	asked_done(&a->asked);
	hub_store_state(h);
	act_free(a);
}

void
act_push(struct act *a)
{
	a->op.op.done = acted;
	store_act(a->asked.conn->hub->store, &a->op);
}
