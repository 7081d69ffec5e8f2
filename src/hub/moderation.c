#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "hub/act.h"
#include "hub/encode.h"
#include "hub/expel.h"
#include "proto/json.h"

/* ---- what people hear ---- */

/* {"by":string,"room"?:string,"reason"?:string,"until"?:number}: what is told
 * to whom it was done to. */
static void
put_victim(const struct act *a, struct buf *out)
{
	const struct store_audit_line *l = &a->op.audit;

	buf_putc(out, '{');
	encode_string("by", l->by, out);
	encode_maybe("room", l->room, out);
	encode_maybe("reason", l->reason, out);
	encode_until(l->until, out);
	buf_putc(out, '}');
}

static void
tell_victim(const struct act *a, const char *event)
{
	struct buf b;

	buf_init(&b, REPLY_MAX);
	put_victim(a, &b);
	person_tell_own(a->asked.conn->hub, a->whom, NULL, event, &b);
	buf_deinit(&b);
}

static void
expel(const struct act *a, const char *event, const char *reason,
    const struct address_range *range)
{
	struct buf b;
	struct expel e = { .hub = a->asked.conn->hub,
		.person = a->whom,
		.range = range,
		.event = event,
		.json = &b,
		.reason = reason };

	buf_init(&b, REPLY_MAX);
	put_victim(a, &b);
	if (a->asked.room != NULL)
		expel_from_room(&e, a->asked.room);
	else
		expel_all(&e);
	buf_deinit(&b);
}

/* ---- kick ---- */

static bool
is_in(const struct hub *h, uint64_t person, const struct room *room)
{
	const struct person *p = person_find(h, person);
	const struct conn *c;

	if (p != NULL)
		LIST_FOREACH (c, &p->conns, link)
			if (conn_in(c, room))
				return true;
	return false;
}

static void
kicked(struct act *a, struct buf *out)
{
	(void)out;
	expel(a, "kicked", "kicked", NULL);
}

/* {room, nick, reason?} */
void
on_kick(const struct call *c)
{
	struct act *a = act_begin(c, "kick", STORE_NOTE,
	    ACT_ROOM | ACT_WHOM | ACT_REASON | ACT_LOWER, ROLE_MODERATOR);

	if (a == NULL)
		return;
	a->then = kicked;
	if (is_in(c->conn->hub, a->whom, a->asked.room))
		act_push(a);
	else
		act_refuse(
		    a, "no-such-person", "nobody of this name is in the room");
}

/* ---- bans ---- */

/* Where it came from: each address once. */
static void
put_addresses(const struct hub *h, uint64_t person, struct buf *out)
{
	const struct person *p = person_find(h, person);
	const struct conn *c, *before;
	bool first = true;

	if (p == NULL)
		return;
	buf_puts(out, ",\"addresses\":[");
	LIST_FOREACH (c, &p->conns, link) {
		char text[ADDRESS_TEXT_SIZE];

		LIST_FOREACH (before, &p->conns, link)
			if (before == c || memcmp(&before->address, &c->address,
					       sizeof(c->address)) == 0)
				break;
		if (before != c)
			continue;
		address_text(&c->address, text);
		if (!first)
			buf_putc(out, ',');
		first = false;
		json_put_string(out, slice_of(text));
	}
	buf_putc(out, ']');
}

static void
banned(struct act *a, struct buf *out)
{
	struct hub *h = a->asked.conn->hub;
	const struct store_ban *is = &a->op.ban;
	struct address_range range;
	bool has_range = address_range_parse(is->address, &range) == 0;

	ban_put(h, is);
	buf_printf(out, ",\"ban\":%" PRIu64, is->number);
	encode_until(is->until, out);
	if (a->asked.room == NULL && a->whom != 0)
		put_addresses(h, a->whom, out);
	expel(a, "banned", "banned", has_range ? &range : NULL);
}

static unsigned
bans_in(const struct hub *h, const struct room *room)
{
	return room != NULL ? room->holds.nbans : h->holds.nbans;
}

/* Only a program at /admin could lift it. */
static bool
bans_itself(const struct act *a, const struct conn *c)
{
	struct address_range range;

	return a->asked.room == NULL &&
	       address_range_parse(a->op.audit.address, &range) == 0 &&
	       address_range_has(&range, &c->address);
}

/* {room?, nick? or from?, address?, seconds?, reason?} */
void
on_ban(const struct call *c)
{
	struct act *a = act_begin(c, "ban", STORE_BAN,
	    ACT_MAYBE_ROOM | ACT_MAYBE_WHOM | ACT_REASON | ACT_SECONDS |
		ACT_ADDRESS | ACT_LOWER,
	    ROLE_MODERATOR);
	const struct store_audit_line *l;

	if (a == NULL)
		return;
	a->then = banned;
	l = &a->op.audit;
	a->op.ban = (struct store_ban){ .room = a->room.number,
		.person = a->whom,
		.nick = l->nick,
		.address = l->address,
		.by = l->by,
		.reason = l->reason,
		.at = l->at,
		.until = l->until };
	if (l->address.len > 0 && !conn_is_operator(c->conn))
		act_refuse(a, "forbidden", "only operators ban addresses");
	else if (bans_itself(a, c->conn))
		act_refuse(a, "forbidden",
		    "your own address is in it: nobody from there could come "
		    "in, nor could you lift it");
	else if (bans_in(c->conn->hub, a->asked.room) >= HOLDS_MAX)
		act_refuse(a, "too-many", "there are too many bans");
	else
		act_push(a);
}

static void
unbanned(struct act *a, struct buf *out)
{
	struct hub *h = a->asked.conn->hub;
	struct ban *b = ban_by_number(h, a->op.ban.number);

	(void)out;
	if (b != NULL)
		ban_drop(h, b);
}

/* {ban} */
void
on_unban(const struct call *c)
{
	const struct hub *h = c->conn->hub;
	const struct ban *b;
	struct room *room;
	struct act *a;
	int64_t n;

	if (call_number(c->arg, "ban", INT64_MAX, &n) <= 0) {
		call_refuse(c, "bad-request", "ban is no number from 1 on");
		return;
	}
	b = ban_by_number(h, (uint64_t)n);
	room = b != NULL ? room_by_number(h, b->is.room) : NULL;
	if (b == NULL) {
		call_refuse(c, "no-such-ban", "there is no such ban");
		return;
	}
	a = act_begin_in(c, "unban", STORE_UNBAN, room, 0, ROLE_MODERATOR);
	if (a == NULL)
		return;
	a->then = unbanned;
	a->op.ban.number = b->number;
	act_name(a, b->is.nick);
	act_address(a, b->is.address);
	act_push(a);
}

/* ---- mutes ---- */

static void
muted(struct act *a, struct buf *out)
{
	mute_put(a->asked.conn->hub, &a->op.mute);
	encode_until(a->op.mute.until, out);
	tell_victim(a, "muted");
}

/* {room?, nick? or from?, seconds?, reason?} */
void
on_mute(const struct call *c)
{
	struct act *a = act_begin(c, "mute", STORE_MUTE,
	    ACT_MAYBE_ROOM | ACT_WHOM | ACT_REASON | ACT_SECONDS | ACT_LOWER,
	    ROLE_MODERATOR);
	const struct store_audit_line *l;
	const struct holds *holds;

	if (a == NULL)
		return;
	a->then = muted;
	l = &a->op.audit;
	a->op.mute = (struct store_mute){ .room = a->room.number,
		.person = a->whom,
		.nick = l->nick,
		.by = l->by,
		.reason = l->reason,
		.at = l->at,
		.until = l->until };
	holds = a->asked.room != NULL ? &a->asked.room->holds
				      : &c->conn->hub->holds;
	if (holds->nmutes >= HOLDS_MAX)
		act_refuse(a, "too-many", "too many are muted");
	else
		act_push(a);
}

static void
unmuted(struct act *a, struct buf *out)
{
	struct hub *h = a->asked.conn->hub;
	bool was = mute_at(h, a->asked.room, a->whom) != NULL;

	(void)out;
	mute_drop(h, a->asked.room, a->whom);
	if (was)
		tell_victim(a, "unmuted");
}

/* {room?, nick? or from?} */
void
on_unmute(const struct call *c)
{
	struct act *a = act_begin(c, "unmute", STORE_UNMUTE,
	    ACT_MAYBE_ROOM | ACT_WHOM | ACT_LOWER, ROLE_MODERATOR);

	if (a == NULL)
		return;
	a->then = unmuted;
	a->op.mute.room = a->room.number;
	a->op.mute.person = a->whom;
	act_push(a);
}

/* ---- what a room is ---- */

static void
slowed(struct act *a, struct buf *out)
{
	struct room *room = a->asked.room;
	struct buf b;

	(void)out;
	room->slow = a->room.slow;
	slow_deinit(&room->posted);
	slow_init(&room->posted);
	buf_init(&b, REPLY_MAX);
	buf_putc(&b, '{');
	encode_string("room", slice_of(room->name), &b);
	buf_printf(&b, ",\"seconds\":%" PRIu64 ",", room->slow);
	encode_string("nick", a->op.audit.by, &b);
	buf_putc(&b, '}');
	room_tell(room, "slow", &b, NULL, NULL, false);
	buf_deinit(&b);
}

/* {room, seconds} */
void
on_slow(const struct call *c)
{
	struct slice raw;
	struct act *a;
	int64_t n;

	if (!json_get(c->arg, "seconds", &raw) ||
	    json_int(raw, 0, INT64_MAX, &n) < 0) {
		call_refuse(
		    c, "bad-request", "seconds is not a number from 0 on");
		return;
	}
	a = act_begin(c, "slow", STORE_SLOW, ACT_ROOM, ROLE_MODERATOR);
	if (a == NULL)
		return;
	a->then = slowed;
	a->room.slow = n < SLOW_MAX ? (uint64_t)n : SLOW_MAX;
	act_push(a);
}

static void
tell_role(const struct act *a, const char *event, const char *more)
{
	const struct room *room = a->asked.room;
	struct buf b;

	buf_init(&b, REPLY_MAX);
	buf_putc(&b, '{');
	encode_string("room", slice_of(room->name), &b);
	buf_putc(&b, ',');
	encode_string("nick", a->op.audit.nick, &b);
	buf_putc(&b, ',');
	encode_from(a->whom, &b);
	buf_puts(&b, more);
	encode_maybe("by", a->op.audit.by, &b);
	buf_putc(&b, '}');
	room_tell(room, event, &b, NULL, NULL, false);
	buf_deinit(&b);
}

static void
made_moderator(struct act *a, struct buf *out)
{
	struct room *room = a->asked.room;
	const struct member *was = member_find(room, a->whom);
	struct store_member is = a->op.member;

	(void)out;
	is.listed = was != NULL && was->listed;
	member_put(room, &is);
	tell_role(
	    a, "moderator", is.moderator ? ",\"on\":true" : ",\"on\":false");
}

/* {room, nick, on} */
void
on_moderator(const struct call *c)
{
	struct slice on;
	struct act *a;

	if (!json_get(c->arg, "on", &on) || json_type(on) != JSON_BOOL) {
		call_refuse(c, "bad-request", "on is not true or false");
		return;
	}
	a = act_begin(
	    c, "moderator", STORE_MODERATOR, ACT_ROOM | ACT_WHOM, ROLE_OWNER);
	if (a == NULL)
		return;
	a->then = made_moderator;
	a->op.member = (struct store_member){ .room = a->room.number,
		.person = a->whom,
		.nick = a->op.audit.nick,
		.moderator = slice_is(on, "true") };
	if (a->op.member.moderator &&
	    account_find(c->conn->hub, a->whom) == NULL)
		act_refuse(
		    a, "not-registered", "a moderator has to be registered");
	else if (HASH_COUNT(a->asked.room->members) >= MEMBERS_MAX &&
		 member_find(a->asked.room, a->whom) == NULL)
		act_refuse(a, "too-many", "there are too many moderators");
	else
		act_push(a);
}

static void
made_owner(struct act *a, struct buf *out)
{
	(void)out;
	a->asked.room->owner = a->whom;
	tell_role(a, "owner", "");
}

/* {room, nick} */
void
on_owner(const struct call *c)
{
	struct act *a =
	    act_begin(c, "owner", STORE_OWNER, ACT_ROOM | ACT_WHOM, ROLE_OWNER);

	if (a == NULL)
		return;
	a->then = made_owner;
	a->room.owner = a->whom;
	if (account_find(c->conn->hub, a->whom) == NULL)
		act_refuse(
		    a, "not-registered", "an owner has to be registered");
	else
		act_push(a);
}
