#include "config.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/mem.h"
#include "hub/call.h"
#include "hub/encode.h"
#include "proto/json.h"

enum {
	LINES_DEFAULT = 50,
	LINES_MAX = 200,
};

/* ---- bans ---- */

/* Addresses are for operators. */
static void
put_ban(const struct call *c, const struct ban *b, struct buf *out)
{
	const struct room *room = room_by_number(c->conn->hub, b->is.room);

	if (hold_is_over(b->is.until))
		return;
	buf_printf(out, "%s{\"ban\":%" PRIu64 ",\"at\":%" PRIu64,
	    out->p[out->len - 1] == '[' ? "" : ",", b->number, b->is.at);
	if (room != NULL)
		encode_maybe("room", slice_of(room->name), out);
	encode_maybe("nick", b->is.nick, out);
	if (b->is.person != 0) {
		buf_putc(out, ',');
		encode_from(b->is.person, out);
	}
	if (conn_is_operator(c->conn))
		encode_maybe("address", b->is.address, out);
	encode_maybe("by", b->is.by, out);
	encode_until(b->is.until, out);
	encode_maybe("reason", b->is.reason, out);
	buf_putc(out, '}');
}

static void
put_bans(const struct call *c, const struct room *room, struct buf *out)
{
	const struct ban *b;

	if (room != NULL) {
		LIST_FOREACH (b, &room->holds.bans, link)
			put_ban(c, b, out);
		return;
	}
	for (b = c->conn->hub->bans; b != NULL && out->len < REPLY_MAX / 2;
	     b = b->hh.next)
		put_ban(c, b, out);
}

/* {room?} */
void
on_bans(const struct call *c)
{
	struct room *room;
	struct buf b;

	if (!call_moderated_room(c, &room))
		return;
	buf_init(&b, REPLY_MAX);
	buf_puts(&b, "{\"ok\":true,\"bans\":[");
	put_bans(c, room, &b);
	buf_puts(&b, "]}");
	call_reply(c, &b);
	buf_deinit(&b);
}

/* ---- the audit ---- */

struct auditing {
	struct store_audit op;
	struct asked asked;
};

static void
put_line(const struct store_audit_line *l, struct buf *out)
{
	buf_printf(
	    out, "{\"line\":%" PRIu64 ",\"at\":%" PRIu64, l->number, l->at);
	encode_maybe("by", l->by, out);
	if (l->person != 0) {
		buf_putc(out, ',');
		encode_from(l->person, out);
	}
	encode_maybe("what", l->what, out);
	encode_maybe("room", l->room, out);
	encode_maybe("nick", l->nick, out);
	encode_maybe("address", l->address, out);
	encode_maybe("reason", l->reason, out);
	encode_until(l->until, out);
	if (l->refused != 0)
		buf_printf(out, ",\"refused\":%" PRIu64, l->refused);
	buf_putc(out, '}');
}

static void
audited(struct store_op *op)
{
	struct auditing *a = container_of(
	    container_of(op, struct store_audit, op), struct auditing, op);
	struct buf b;

	buf_init(&b, REPLY_MAX);
	buf_puts(&b, "{\"ok\":true,\"lines\":[");
	for (unsigned i = 0; i < a->op.n; i++) {
		if (i > 0)
			buf_putc(&b, ',');
		put_line(&a->op.lines[i], &b);
	}
	buf_printf(&b, "],\"more\":%s}", a->op.more ? "true" : "false");
	if (op->error != STORE_OK || b.failed)
		asked_failed(&a->asked, STORE_FAILED);
	else
		asked_reply(&a->asked, &b);
	buf_deinit(&b);
	asked_done(&a->asked);
	free(a);
}

/* {before?, limit?} */
void
on_audit(const struct call *c)
{
	int64_t before = 0, limit = LINES_DEFAULT;
	struct auditing *a;
	struct asked asked;

	if (call_number(c->arg, "before", INT64_MAX, &before) < 0 ||
	    call_number(c->arg, "limit", LINES_MAX, &limit) < 0) {
		call_refuse(c, "bad-request",
		    "before or limit is not a number from 1 on");
		return;
	}
	if (role_of(c->conn, NULL) < ROLE_OPERATOR) {
		call_refuse(c, "forbidden", "only operators can do this");
		return;
	}
	if (!call_ask(c, &asked, NULL, sizeof(*a)))
		return;
	a = xcalloc(1, sizeof(*a));
	a->asked = asked;
	a->op.op.done = audited;
	a->op.before = (uint64_t)before;
	a->op.limit = (unsigned)limit;
	store_audit(c->conn->hub->store, &a->op);
}
