#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/mem.h"
#include "hub/act.h"
#include "hub/encode.h"
#include "hub/expel.h"
#include "hub/invitation.h"
#include "hub/line.h"
#include "proto/json.h"

/*
 * Private rooms: who is not on the list of one (nor its owner, a moderator of
 * it or an operator) is told everywhere that there is no such room. And
 * invitations, which put people on it.
 */

bool
conn_may_see(const struct conn *c, const struct room *room)
{
	const struct member *m;

	if (!room->private || role_of(c, room) >= ROLE_MODERATOR)
		return true;
	m = member_find(room, c->person->id);
	return m != NULL && m->listed;
}

/* {room?, by}; room: NULL for none. */
static void
put_invited(const struct room *room, struct slice by, struct buf *out)
{
	buf_putc(out, '{');
	if (room != NULL) {
		encode_string("room", slice_of(room->name), out);
		buf_putc(out, ',');
	}
	encode_string("by", by, out);
	buf_putc(out, '}');
}

/* To all connections of the person. */
static void
tell_whom(const struct act *a, struct slice by)
{
	struct buf b;

	buf_init(&b, REPLY_MAX);
	put_invited(a->asked.room, by, &b);
	person_tell_own(a->asked.conn->hub, a->whom, NULL, "invited", &b);
	buf_deinit(&b);
}

/* To this one only. */
static void
tell_taken(
    const struct conn *c, const struct room *room, const struct invitation *i)
{
	struct sio_args args = { .nbin = 0 };
	struct buf b;

	if (c->form != FORM_EVENT && c->form != FORM_MESSAGE)
		return;
	buf_init(&b, REPLY_MAX);
	put_invited(room, slice_of(i->by), &b);
	args.json = buf_view(&b);
	sio_emit(c->sock, SLICE("\"invited\""), &args);
	buf_deinit(&b);
}

static void
tell_bad(const struct conn *c, const char *why)
{
	if (c->form == FORM_EVENT || c->form == FORM_MESSAGE)
		hub_notice(c->sock, "bad-invitation", why, SLICE(""));
}

/* ---- putting out ---- */

static void
expel(const struct act *a, struct room *room, uint64_t person)
{
	struct buf b;
	struct expel e = { .hub = room->hub,
		.person = person,
		.event = "kicked",
		.json = &b,
		.reason = "kicked" };

	buf_init(&b, REPLY_MAX);
	buf_putc(&b, '{');
	encode_string("room", slice_of(room->name), &b);
	buf_putc(&b, ',');
	encode_string("by", a->op.audit.by, &b);
	buf_puts(&b, ",\"reason\":\"the room is private\"}");
	expel_from_room(&e, room);
	buf_deinit(&b);
}

static bool
is_stranger(const struct person *p, const struct room *room)
{
	const struct conn *c;

	LIST_FOREACH (c, &p->conns, link)
		if (conn_in(c, room) && !conn_may_see(c, room))
			return true;
	return false;
}

/* Those who are in the room, or were when they were cut off, and may not see
 * it. */
static void
expel_strangers(const struct act *a, struct room *room)
{
	struct hub *h = room->hub;
	uint64_t *ids = NULL;
	size_t n = 0;

	for (const struct person *p = person_next(h, NULL); p != NULL;
	     p = person_next(h, p))
		if (is_stranger(p, room)) {
			ids = xrealloc(ids, (n + 1) * sizeof(*ids));
			ids[n++] = p->id;
		}
	for (size_t i = 0; i < n; i++)
		expel(a, room, ids[i]);
	free(ids);
	line_put_out(h, room, NULL);
}

/* ---- private ---- */

static void
made_private(struct act *a, struct buf *out)
{
	struct room *room = a->asked.room;
	struct buf b;

	(void)out;
	room->private = a->room.private;
	buf_init(&b, REPLY_MAX);
	buf_putc(&b, '{');
	encode_string("room", slice_of(room->name), &b);
	buf_printf(&b, ",\"on\":%s,", room->private ? "true" : "false");
	encode_string("by", a->op.audit.by, &b);
	buf_putc(&b, '}');
	room_tell(room, "private", &b, NULL, NULL, false);
	buf_deinit(&b);
	if (room->private)
		expel_strangers(a, room);
}

/* {room, on} */
void
on_private(const struct call *c)
{
	struct slice on;
	struct act *a;

	if (!json_get(c->arg, "on", &on) || json_type(on) != JSON_BOOL) {
		call_refuse(c, "bad-request", "on is not true or false");
		return;
	}
	a = act_begin(c, slice_is(on, "true") ? "private" : "public",
	    STORE_PRIVATE, ACT_ROOM, ROLE_OWNER);
	if (a == NULL)
		return;
	a->then = made_private;
	a->room.private = slice_is(on, "true");
	if (a->asked.room == c->conn->hub->lobby)
		act_refuse(a, "forbidden", "the lobby is everybody's");
	else
		act_push(a);
}

/* ---- the list ---- */

static void
put_listed(const struct act *a, bool listed)
{
	struct room *room = a->asked.room;
	const struct member *was = member_find(room, a->whom);
	struct store_member is = { .room = room->number,
		.person = a->whom,
		.moderator = was != NULL && was->moderator,
		.listed = listed };

	member_put(room, &is);
}

static void
invited(struct act *a, struct buf *out)
{
	(void)out;
	put_listed(a, true);
	tell_whom(a, a->op.audit.by);
}

static void
uninvited(struct act *a, struct buf *out)
{
	struct room *room = a->asked.room;
	const struct person *p;

	(void)out;
	put_listed(a, false);
	p = person_find(room->hub, a->whom);
	if (p != NULL && is_stranger(p, room))
		expel(a, room, a->whom);
}

static void
set_listed(struct act *a, bool listed)
{
	const struct room *room = a->asked.room;

	a->then = listed ? invited : uninvited;
	a->op.member = (struct store_member){ .room = room->number,
		.person = a->whom,
		.nick = a->op.audit.nick,
		.listed = listed };
	if (listed && HASH_COUNT(room->members) >= MEMBERS_MAX &&
	    member_find(room, a->whom) == NULL)
		act_refuse(a, "too-many", "the room's list is full");
	else
		act_push(a);
}

/* {room, nick | from} */
void
on_uninvite(const struct call *c)
{
	struct act *a = act_begin(
	    c, "uninvite", STORE_LISTED, ACT_ROOM | ACT_WHOM, ROLE_MODERATOR);

	if (a != NULL)
		set_listed(a, false);
}

/* ---- invitations ---- */

static void
made_invitation(struct act *a, struct buf *out)
{
	const struct store_invitation *i = &a->op.invitation;

	invitation_put(a->asked.conn->hub, i);
	buf_printf(
	    out, ",\"invite\":\"%s\",\"path\":\"/i/%s\"", a->code, a->code);
	if (i->until != 0)
		buf_printf(out, ",\"until\":%" PRIu64, i->until);
}

static void
make_invitation(struct act *a, int64_t uses)
{
	unsigned char raw[INVITATION_BYTES];
	struct hub *h = a->asked.conn->hub;

	random_bytes(raw, sizeof(raw));
	a->code[base64url_encode(a->code, raw, sizeof(raw))] = '\0';
	a->then = made_invitation;
	a->op.type = STORE_INVITATION;
	a->op.invitation = (struct store_invitation){
		.code = slice_of(a->code),
		.room = a->room.number,
		.uses = (uint64_t)uses,
		.by = a->op.audit.by,
		.at = a->op.audit.at,
		.until = a->op.audit.until,
	};
	invitations_drop_ended(h);
	if (HASH_COUNT(h->invitations) >= INVITATIONS_MAX)
		act_refuse(a, "too-many", "there are too many invitations");
	else
		act_push(a);
}

/* {room?, nick? | from?, uses?, seconds?} */
void
on_invite(const struct call *c)
{
	int64_t uses = 0;
	struct act *a;

	if (call_number(c->arg, "uses", INT32_MAX, &uses) < 0) {
		call_refuse(c, "bad-request", "uses is not a number from 1 on");
		return;
	}
	a = act_begin(c, "invite", STORE_LISTED,
	    ACT_MAYBE_ROOM | ACT_ANY_WHOM | ACT_SECONDS, ROLE_MODERATOR);
	if (a == NULL)
		return;
	if (a->whom == 0)
		make_invitation(a, uses);
	else if (a->asked.room == NULL)
		act_refuse(a, "bad-request", "a room is missing");
	else
		set_listed(a, true);
}

static void
put_invitation(const struct hub *h, const struct invitation *i, struct buf *out)
{
	const struct room *room = room_by_number(h, i->room);

	if (out->p[out->len - 1] != '[')
		buf_putc(out, ',');
	buf_printf(out,
	    "{\"invite\":\"%s\",\"path\":\"/i/%s\",\"at\":%" PRIu64 ",",
	    i->code, i->code, i->at);
	encode_string("by", slice_of(i->by), out);
	if (room != NULL) {
		buf_putc(out, ',');
		encode_string("room", slice_of(room->name), out);
	}
	if (i->uses != 0)
		buf_printf(out, ",\"uses\":%" PRIu64, i->uses);
	if (i->until != 0)
		buf_printf(out, ",\"until\":%" PRIu64, i->until);
	buf_putc(out, '}');
}

/* {room?} */
void
on_invitations(const struct call *c)
{
	struct hub *h = c->conn->hub;
	const struct invitation *i;
	struct room *room;
	struct buf b;

	if (!call_moderated_room(c, &room))
		return;
	invitations_drop_ended(h);
	buf_init(&b, REPLY_MAX);
	buf_puts(&b, "{\"ok\":true,\"invitations\":[");
	for (i = h->invitations; i != NULL && b.len < REPLY_MAX / 2;
	     i = i->hh.next)
		if (room == NULL || room->number == i->room)
			put_invitation(h, i, &b);
	buf_puts(&b, "]}");
	call_reply(c, &b);
	buf_deinit(&b);
}

static void
revoked(struct act *a, struct buf *out)
{
	(void)out;
	invitation_drop(a->asked.conn->hub, slice_of(a->code));
}

/* The one of {invite}; NULL: there is none, and that is answered. */
static struct invitation *
named_invitation(const struct call *c)
{
	struct hub *h = c->conn->hub;
	struct invitation *i = NULL;
	struct buf code;
	int given;

	buf_init(&code, INVITATION_SIZE);
	given = call_long_string(c->arg, "invite", &code);
	if (given > 0 && !code.failed)
		i = invitation_find(h, buf_view(&code));
	buf_deinit(&code);
	if (given <= 0)
		call_refuse(c, "bad-request", "the argument is not {invite}");
	else if (i == NULL)
		call_refuse(c, "bad-invitation",
		    "there is no such invitation, or not any more");
	return i;
}

/* {invite} */
void
on_revoke(const struct call *c)
{
	const struct invitation *i = named_invitation(c);
	struct act *a;

	if (i == NULL)
		return;
	a = act_begin_in(c, "revoke", STORE_REVOKE,
	    room_by_number(c->conn->hub, i->room), 0, ROLE_MODERATOR);
	if (a == NULL)
		return;
	memcpy(a->code, i->code, sizeof(i->code));
	a->then = revoked;
	a->op.invitation.code = slice_of(a->code);
	act_push(a);
}

/* ---- taking one up ---- */

static void
accepted(struct act *a, struct buf *out)
{
	const struct room *room = a->asked.room;
	struct hub *h = a->asked.conn->hub;
	const struct invitation *i = invitation_find(h, slice_of(a->code));
	char by[NICK_SIZE] = "";

	if (i != NULL)
		memcpy(by, i->by, sizeof(by));
	invitation_use(h, slice_of(a->code));
	if (room != NULL) {
		put_listed(a, true);
		buf_putc(out, ',');
		encode_string("room", slice_of(room->name), out);
	}
	if (!a->asked.wants_ack)
		tell_whom(a, slice_of(by));
}

static const char no_such[] = "there is no such invitation, or not any more";

/* It was the last use that somebody else has had meanwhile, or the store is
 * of no use. */
static void
not_listed(struct act *a)
{
	const struct conn *c = asked_conn(&a->asked);

	if (c != NULL)
		tell_bad(c, no_such);
}

/* Whoever came in by it goes. */
static void
not_accepted(struct act *a)
{
	struct conn *c = asked_conn(&a->asked);

	not_listed(a);
	if (c != NULL)
		sio_disconnect(c->sock, false);
}

static void
accept_it(const struct call *c, const struct invitation *i,
    void (*failed)(struct act *a))
{
	struct room *room = room_by_number(c->conn->hub, i->room);
	const struct person *p = c->conn->person;
	struct act *a =
	    act_begin_in(c, "accept", STORE_ACCEPT, room, 0, ROLE_GUEST);

	if (a == NULL)
		return;
	memcpy(a->code, i->code, sizeof(i->code));
	a->then = accepted;
	a->failed = failed;
	a->whom = p->id;
	a->op.invitation.code = slice_of(a->code);
	a->op.member = (struct store_member){ .room = i->room,
		.person = p->id,
		.nick = a->op.audit.by,
		.listed = true };
	act_push(a);
}

static void
already(const struct call *c, const struct room *room)
{
	struct buf b;

	buf_init(&b, REPLY_MAX);
	buf_puts(&b, "{\"ok\":true");
	if (room != NULL) {
		buf_putc(&b, ',');
		encode_string("room", slice_of(room->name), &b);
	}
	buf_putc(&b, '}');
	call_reply(c, &b);
	buf_deinit(&b);
}

/* {invite}: by who is in the server already. */
void
on_accept(const struct call *c)
{
	struct hub *h = c->conn->hub;
	const struct invitation *i = named_invitation(c);
	const struct room *room;
	const struct member *m;

	if (i == NULL)
		return;
	room = room_by_number(h, i->room);
	m = room != NULL ? member_find(room, c->conn->person->id) : NULL;
	if (i->room != 0 && room == NULL)
		call_refuse(c, "bad-invitation",
		    "there is no such invitation, or not any more");
	else if (room != NULL && conn_is_banned(c->conn, room))
		call_refuse(c, "banned", "you are banned there");
	else if (room == NULL || (m != NULL && m->listed))
		already(c, room);
	else
		accept_it(c, i, NULL);
}

void
invitation_take(struct conn *c, struct slice auth, bool entered)
{
	const struct call call = { c, NULL, auth };
	const struct invitation *i = NULL;
	const struct room *room;
	const struct member *m;
	struct buf code;
	int given;

	buf_init(&code, INVITATION_SIZE);
	given = call_long_string(auth, "invite", &code);
	if (given > 0 && !code.failed)
		i = invitation_find(c->hub, buf_view(&code));
	buf_deinit(&code);
	if (given == 0)
		return;
	room = i != NULL ? room_by_number(c->hub, i->room) : NULL;
	m = room != NULL ? member_find(room, c->person->id) : NULL;
	if (i == NULL || (i->room != 0 && room == NULL))
		tell_bad(c, no_such);
	else if (room != NULL && conn_is_banned(c, room))
		tell_bad(c, "you are banned where it leads");
	else if (entered || (room != NULL && (m == NULL || !m->listed)))
		accept_it(&call, i, entered ? not_accepted : not_listed);
	else
		tell_taken(c, room, i);
}
