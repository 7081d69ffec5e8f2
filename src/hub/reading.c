#include "config.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/mem.h"
#include "hub/call.h"
#include "hub/encode.h"
#include "proto/json.h"

enum {
	PAGE_DEFAULT = 50,
	PAGE_LIMIT = 200,
	SEARCH_MAX = 1024, /* bytes of what is searched for */
	EVENT_MAX = 1024,
};

/* ---- pages ---- */

/* A page that the store has been asked for. */
struct query {
	struct store_query op;
	struct asked asked;
	struct buf text, from;
	uint64_t *banned; /* rooms */
};

static void
query_free(struct query *q)
{
	buf_deinit(&q->text);
	buf_deinit(&q->from);
	free(q->banned);
	free(q);
}

/* What is said where one is banned is not found in other ways. */
static void
leave_out_banned(struct query *q, const struct conn *c)
{
	const struct room *room;
	unsigned n = 0, cap = 0;

	for (const struct ban *b = c->hub->bans; b != NULL; b = b->hh.next) {
		if (!ban_is_of(b, c->person->id, &c->address))
			continue;
		room = room_by_number(c->hub, b->is.room);
		if (room == NULL || !conn_is_banned(c, room))
			continue;
		if (n == cap) {
			cap = cap > 0 ? 2 * cap : 8;
			q->banned =
			    xrealloc(q->banned, cap * sizeof(*q->banned));
		}
		q->banned[n++] = room->number;
	}
	q->op.without = q->banned;
	q->op.nwithout = n;
}

static void
queried(struct store_op *op)
{
	struct query *q = container_of(
	    container_of(op, struct store_query, op), struct query, op);
	const struct store_page *page = &q->op.page;
	struct buf b;

	buf_init(&b, REPLY_MAX);
	buf_puts(&b, "{\"ok\":true,");
	if (q->op.type == STORE_HISTORY) {
		encode_string("room", slice_of(q->asked.room->name), &b);
		buf_putc(&b, ',');
	}
	buf_puts(&b, "\"messages\":");
	encode_page(q->asked.conn->hub, page, &b);
	buf_printf(&b, ",\"more\":%s", page->older ? "true" : "false");
	if (q->op.type == STORE_HISTORY)
		buf_printf(&b, ",\"newer\":%s", page->newer ? "true" : "false");
	buf_putc(&b, '}');
	if (op->error != STORE_OK || b.failed)
		asked_failed(&q->asked, STORE_FAILED);
	else
		asked_reply(&q->asked, &b);
	buf_deinit(&b);
	store_page_free(&q->op.page);
	asked_done(&q->asked);
	query_free(q);
}

/* NULL, or what is wrong. */
static const char *
parse_query(const struct call *c, struct query *q)
{
	int64_t limit = PAGE_DEFAULT;
	int before, after, around;

	before = call_id(c->arg, "before", &q->op.before);
	after = call_id(c->arg, "after", &q->op.after);
	around = call_id(c->arg, "around", &q->op.around);
	if (before < 0 || after < 0 || around < 0)
		return "before, after or around is no id";
	if (before + after + around > 1)
		return "only one of before, after and around can be given";
	if (call_number(c->arg, "limit", PAGE_LIMIT, &limit) < 0)
		return "limit is not a number from 1 on";
	q->op.limit = (unsigned)limit;
	if (q->op.type != STORE_SEARCH)
		return NULL;
	if (call_string(c->arg, "text", &q->text) <= 0)
		return "text is not a string of at most 1024 bytes";
	if (call_string(c->arg, "from", &q->from) < 0)
		return "from is not a nick";
	q->op.text = buf_view(&q->text);
	q->op.from = buf_view(&q->from);
	return NULL;
}

static void
query(const struct call *c, enum store_query_type type, struct room *room)
{
	struct query *q = xcalloc(1, sizeof(*q));
	const char *wrong;

	q->op.type = type;
	q->op.op.done = queried;
	q->op.room = room != NULL ? room->number : 0;
	q->op.person = c->conn->person->id;
	buf_init(&q->text, SEARCH_MAX);
	buf_init(&q->from, SEARCH_MAX);
	wrong = parse_query(c, q);
	if (wrong != NULL)
		call_refuse(c, "bad-request", wrong);
	else if (call_ask(c, &q->asked, room, sizeof(*q))) {
		if (room == NULL)
			leave_out_banned(q, c->conn);
		store_query(c->conn->hub->store, &q->op);
		return;
	}
	query_free(q);
}

void
on_history(const struct call *c)
{
	struct room *room = call_room(c, false);

	if (room != NULL)
		query(c, STORE_HISTORY, room);
}

void
on_search(const struct call *c)
{
	struct room *room = NULL;
	struct slice raw;

	if (json_get(c->arg, "room", &raw) && json_type(raw) != JSON_NULL) {
		room = call_room(c, false);
		if (room == NULL)
			return;
	}
	query(c, STORE_SEARCH, room);
}

void
on_mentions(const struct call *c)
{
	query(c, STORE_MENTIONS, NULL);
}

/* ---- markers ---- */

struct reading {
	struct store_read op;
	struct asked asked;
};

static void
put_marker(const struct reading *r, struct buf *out)
{
	encode_id("id", r->op.read, out);
	buf_printf(out, ",\"unread\":%" PRIu64 ",\"mentions\":%" PRIu64,
	    r->op.unread, r->op.mentions);
}

static void
was_read(struct store_op *op)
{
	struct reading *r = container_of(
	    container_of(op, struct store_read, op), struct reading, op);
	struct hub *h = r->asked.conn->hub;
	struct buf b;

	buf_init(&b, EVENT_MAX + ROOM_ARG_MAX * 6);
	if (op->error != STORE_OK) {
		asked_failed(&r->asked, op->error);
	} else {
		buf_puts(&b, "{\"ok\":true,");
		put_marker(r, &b);
		buf_putc(&b, '}');
		asked_reply(&r->asked, &b);
		buf_clear(&b);
		buf_putc(&b, '{');
		encode_string("room", slice_of(r->asked.room->name), &b);
		buf_putc(&b, ',');
		put_marker(r, &b);
		buf_putc(&b, '}');
		if (r->op.moved)
			person_tell_own(
			    h, r->op.person, r->asked.conn, "read", &b);
	}
	buf_deinit(&b);
	asked_done(&r->asked);
	hub_store_state(h);
	free(r);
}

void
on_read(const struct call *c)
{
	struct room *room = call_room(c, false);
	struct asked asked;
	struct reading *r;
	struct msgid id;

	if (room == NULL)
		return;
	if (call_id(c->arg, "id", &id) <= 0) {
		call_refuse(c, "bad-request", "id is no id");
		return;
	}
	if (!call_ask(c, &asked, room, sizeof(*r)))
		return;
	r = xcalloc(1, sizeof(*r));
	r->asked = asked;
	r->op.op.done = was_read;
	r->op.room = room->number;
	r->op.person = c->conn->person->id;
	/* Not past what there is. */
	r->op.id = msgid_cmp(id, room->last) > 0 ? room->last : id;
	store_read(c->conn->hub->store, &r->op);
}

/* ---- lists ---- */

struct listing {
	struct store_unread op;
	struct asked asked;
};

static const struct store_unread_row *
find_unread(const struct listing *l, uint64_t room)
{
	for (unsigned i = 0; i < l->op.n; i++)
		if (l->op.rows[i].room == room)
			return &l->op.rows[i];
	return NULL;
}

static void
put_room(const struct listing *l, const struct room *room, struct buf *out)
{
	const struct store_unread_row *u = find_unread(l, room->number);

	if (out->p[out->len - 1] != '[')
		buf_putc(out, ',');
	buf_putc(out, '{');
	encode_room(l->asked.conn, room, out);
	buf_printf(out, ",\"members\":%u",
	    room->a != 0 ? 2 : HASH_COUNT(room->present));
	if (u != NULL) {
		buf_putc(out, ',');
		encode_id("read", u->read, out);
		buf_printf(out, ",\"unread\":%" PRIu64 ",\"mentions\":%" PRIu64,
		    u->unread, u->mentions);
	}
	buf_putc(out, '}');
}

static void
listed(struct store_op *op)
{
	struct listing *l = container_of(
	    container_of(op, struct store_unread, op), struct listing, op);
	struct hub *h = l->asked.conn->hub;
	const struct directs *d = room_directs(h, l->asked.conn->person->id);
	const struct room *room;
	struct buf b;

	buf_init(&b, REPLY_MAX);
	buf_puts(&b, "{\"ok\":true,\"rooms\":[");
	for (unsigned i = 0; d != NULL && i < d->n; i++)
		put_room(l, d->rooms[i], &b);
	for (room = h->rooms; room != NULL && b.len < REPLY_MAX / 2;
	     room = room->hh.next)
		if (room->a == 0 && conn_may_see(l->asked.conn, room))
			put_room(l, room, &b);
	buf_puts(&b, "]}");
	if (op->error != STORE_OK || b.failed)
		asked_failed(&l->asked, STORE_FAILED);
	else
		asked_reply(&l->asked, &b);
	buf_deinit(&b);
	free(l->op.rows);
	asked_done(&l->asked);
	free(l);
}

void
on_rooms(const struct call *c)
{
	struct listing *l;
	struct asked asked;

	if (!call_ask(c, &asked, NULL, sizeof(*l)))
		return;
	l = xcalloc(1, sizeof(*l));
	l->asked = asked;
	l->op.op.done = listed;
	l->op.person = c->conn->person->id;
	store_unread(c->conn->hub->store, &l->op);
}
