#include "config.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "hub/call.h"
#include "hub/encode.h"
#include "proto/json.h"

enum { JOIN_NEWEST = 50 };

/* A join that the store has been asked for. */
struct joining {
	struct store_join op;
	struct asked asked;
	struct coming coming; /* if op.op.after_commit */
};

/* ---- who is in a room ---- */

static void
put_member(const struct room *room, const struct person *p, struct buf *out)
{
	if (out->p[out->len - 1] != '[')
		buf_putc(out, ',');
	buf_putc(out, '{');
	encode_string("nick", slice_of(p->nick), out);
	buf_printf(out, ",\"from\":\"%s\"", p->name);
	if (p->away != NULL) {
		buf_putc(out, ',');
		encode_string("away", slice_of(p->away), out);
	}
	encode_role(room, p->id, out);
	buf_putc(out, '}');
}

/* Those of a direct room's two who are here. */
static unsigned
put_two(const struct room *room, struct buf *out)
{
	const uint64_t ids[] = { room->a, room->b };
	unsigned n = 0;

	for (unsigned i = 0; i < 2; i++) {
		const struct person *p = person_find(room->hub, ids[i]);

		if (p == NULL || p->live == 0)
			continue;
		put_member(room, p, out);
		n++;
	}
	return n;
}

/* `"members":[...],"count":n`; those first who came first. */
static void
put_members(const struct room *room, struct buf *out)
{
	const struct presence *pr = room->present;
	unsigned n = HASH_COUNT(room->present);

	buf_puts(out, "\"members\":[");
	for (unsigned i = 0; pr != NULL && i < MEMBERS_TOLD_MAX; i++) {
		put_member(room, pr->person, out);
		pr = pr->hh.next;
	}
	if (room->a != 0)
		n = put_two(room, out);
	buf_printf(out, "],\"count\":%u", n);
}

void
on_who(const struct call *c)
{
	struct room *room = call_room(c, false);
	struct buf b;

	if (room == NULL)
		return;
	buf_init(&b, REPLY_MAX);
	buf_puts(&b, "{\"ok\":true,");
	encode_string("room", slice_of(room->name), &b);
	buf_putc(&b, ',');
	put_members(room, &b);
	buf_putc(&b, '}');
	call_reply(c, &b);
	buf_deinit(&b);
}

/* ---- joining ---- */

static void
put_topic(const struct hub *h, const struct room *room,
    const struct person *who, struct buf *out)
{
	if (room->a == 0) {
		encode_string("topic", slice_of(room->topic), out);
		if (room->topic[0] != '\0') {
			buf_putc(out, ',');
			encode_string(
			    "topicNick", slice_of(room->topic_nick), out);
		}
	} else {
		buf_puts(out, "\"topic\":\"\",");
		encode_with(h, room, who->id, out);
	}
}

static void
put_state(const struct joining *j, struct buf *out)
{
	buf_printf(out, ",\"seq\":%" PRIu64 ",", j->asked.room->seq);
	encode_id("last", j->asked.room->last, out);
	buf_putc(out, ',');
	encode_id("read", j->op.read, out);
	buf_printf(out, ",\"unread\":%" PRIu64 ",\"mentions\":%" PRIu64,
	    j->op.unread, j->op.mentions);
}

/* `,"muted":{"until"?:ms}` */
static void
put_muted(const struct conn *c, const struct room *room, struct buf *out)
{
	const struct mute *m = mute_of(c->hub, room, c->person->id);

	if (m == NULL || conn_is_operator(c))
		return;
	buf_puts(out, ",\"muted\":{");
	if (m->is.until != 0)
		buf_printf(out, "\"until\":%" PRIu64, m->is.until);
	buf_putc(out, '}');
}

static bool
is_given(struct msgid id)
{
	return id.ms != 0 || id.n != 0;
}

/* More was missed than one answer holds. */
static bool
is_partial(const struct joining *j)
{
	return is_given(j->op.after) && j->op.page.newer;
}

static void
answer(const struct joining *j)
{
	const struct conn *c = j->asked.conn;
	const struct room *room = j->asked.room;
	const struct hub *h = c->hub;
	bool partial = is_partial(j);
	struct buf b;

	buf_init(&b, REPLY_MAX);
	buf_printf(
	    &b, "{\"ok\":true,\"joined\":%s,", partial ? "false" : "true");
	encode_string("room", slice_of(room->name), &b);
	buf_putc(&b, ',');
	put_topic(h, room, c->person, &b);
	buf_putc(&b, ',');
	put_members(room, &b);
	buf_puts(&b, ",\"messages\":");
	encode_page(h, &j->op.page, &b);
	buf_printf(&b, ",\"more\":%s,\"changed\":",
	    !is_given(j->op.after) && j->op.page.older ? "true" : "false");
	encode_page(h, &j->op.changed, &b);
	put_state(j, &b);
	encode_role(room, c->person->id, &b);
	encode_slow(room, &b);
	encode_private(room, &b);
	put_muted(c, room, &b);
	buf_putc(&b, '}');
	if (b.failed)
		asked_failed(&j->asked, STORE_FAILED);
	else
		asked_reply(&j->asked, &b);
	buf_deinit(&b);
}

static void
joined(struct store_op *op)
{
	struct joining *j = container_of(
	    container_of(op, struct store_join, op), struct joining, op);
	struct room *room = j->asked.room;
	struct conn *c = asked_conn(&j->asked);

	if (op->error != STORE_OK) {
		asked_failed(&j->asked, op->error);
	} else if (c != NULL && !conn_may_see(c, room)) {
		asked_refuse(
		    &j->asked, "no-such-room", "there is no such room");
	} else if (c != NULL && conn_is_banned(c, room)) {
		asked_refuse(&j->asked, "banned", "you are banned here");
	} else if (c != NULL && room->a == 0 && !is_partial(j) &&
		   conn_join(c, room) < 0) {
		asked_refuse(
		    &j->asked, "too-many", "you are in too many rooms");
	} else if (c != NULL) {
		answer(j);
	}
	if (op->after_commit)
		conn_has_come(j->asked.conn, &j->coming);
	store_page_free(&j->op.page);
	store_page_free(&j->op.changed);
	asked_done(&j->asked);
	free(j);
}

void
on_join(const struct call *c)
{
	int64_t limit = 0;
	struct joining *j;
	struct room *room;
	struct asked asked;
	struct msgid after;

	if (call_id(c->arg, "after", &after) < 0 ||
	    call_number(c->arg, "limit", STORE_PAGE_MAX, &limit) < 0) {
		call_refuse(c, "bad-request",
		    "after is no id, or limit not a number from 1 on");
		return;
	}
	room = call_room(c, true);
	if (room == NULL)
		return;
	if (!call_ask(c, &asked, room, sizeof(*j)))
		return;
	j = xcalloc(1, sizeof(*j));
	j->asked = asked;
	j->op.op.done = joined;
	j->op.room = room->number;
	j->op.person = c->conn->person->id;
	j->op.after = after;
	j->op.limit = limit > 0         ? (unsigned)limit
		      : is_given(after) ? STORE_PAGE_MAX
					: JOIN_NEWEST;
	/* Who has heard that it has joined is in the room after a restart, too.
	 */
	if (room->a == 0 && !conn_in(c->conn, room) &&
	    conn_will_join(c->conn, &j->coming, room))
		j->op.op.after_commit = true;
	store_join(c->conn->hub->store, &j->op);
}

void
on_leave(const struct call *c)
{
	struct room *room = call_room(c, false);

	if (room == NULL)
		return;
	conn_leave(c->conn, room, NULL);
	conn_keep_session(c->conn);
	call_ok(c);
}
