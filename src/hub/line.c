#include "config.h"

#include "hub/line.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/clean.h"
#include "base/clock.h"
#include "base/mem.h"
#include "hub/core.h"
#include "hub/encode.h"
#include "proto/json.h"

enum {
	LINE_MAX_BYTES = 16 << 20, /* of one message */
	PAGE_BYTES = 256 << 10,    /* written at once, past the first line */
};

/*
 * Somebody who follows a room by HTTP: reads what is in the store, page by
 * page and as fast as it is taken, and is among the room's lines from the
 * moment of the last page on. Not a person: nobody sees it. Owned by the hub.
 */
struct line {
	LIST_ENTRY(line) link;
	LIST_ENTRY(line) in_room; /* following */
	struct hub *hub;
	struct room *room;    /* referenced */
	struct http_req *req; /* NULL: the connection is lost */
	struct hub_follow how;
	struct store_join op;
	bool asking; /* op is the store's */
	bool following, begun;
	bool more;    /* after op.after there is more in the store */
	size_t slack; /* bytes of pages that may be queued, too */
};

/* ---- a message as a line ---- */

/* `TIME <NICK> TEXT`, further lines indented, so that nothing in a text can
 * pass for another message. */
static void
put_text(const struct store_row *row, struct buf *out)
{
	struct slice text;
	struct buf clean;

	clock_put(out, row->id.ms, false);
	buf_puts(out, " <");
	clean_line(out, row->nick, NICK_SIZE);
	buf_puts(out, "> ");
	if (row->deleted.ms != 0) {
		buf_puts(out, "(deleted)\n");
		return;
	}
	buf_init(&clean, CLEAN_GROWTH * row->text.len);
	clean_text(&clean, row->text);
	text = buf_view(&clean);
	do {
		buf_append_slice(out, slice_take_until(&text, '\n'));
		buf_puts(out, text.len > 0 ? "\n  " : "\n");
	} while (text.len > 0);
	buf_deinit(&clean);
}

static void
put_json(const struct hub *h, const struct store_row *row, struct buf *out)
{
	size_t start = out->len;

	buf_putc(out, '[');
	encode_row(h, row, out);
	buf_puts(out, "]\n");
	/* Line ends between the tokens of what somebody has sent as JSON. */
	for (size_t i = start; i + 1 < out->len; i++)
		if ((unsigned char)out->p[i] < ' ')
			out->p[i] = ' ';
}

/* One that is too long is left out. */
static void
put_row(const struct hub *h, const struct store_row *row, bool json,
    struct buf *out)
{
	struct buf one;

	buf_init(&one, LINE_MAX_BYTES);
	if (json)
		put_json(h, row, &one);
	else
		put_text(row, &one);
	if (!one.failed)
		buf_append_slice(out, buf_view(&one));
	buf_deinit(&one);
}

/* ---- the end ---- */

static void
free_line(struct line *l)
{
	struct hub *h = l->hub;

	LIST_REMOVE(l, link);
	if (l->following)
		LIST_REMOVE(l, in_room);
	l->room->refs--;
	room_check(h, l->room);
	free(l);
}

/* No more of it; the store may still have its request. */
static void
lose(struct line *l)
{
	l->req = NULL;
	if (!l->asking)
		free_line(l);
}

static void
on_gone(struct http_req *req)
{
	lose(req->arg);
}

static void
end(struct line *l)
{
	struct http_req *req = l->req;

	if (!l->begun)
		http_answer_text(req, 503, "The server is shutting down.\n");
	else
		http_stream_end(req);
	lose(l);
}

/* ---- pages ---- */

static void
ask(struct line *l)
{
	l->asking = true;
	store_join(l->hub->store, &l->op);
}

static void
on_drained(struct http_req *req)
{
	struct line *l = req->arg;

	l->slack = 0;
	if (l->more && !l->asking)
		ask(l);
}

static void
begin(struct line *l)
{
	l->begun = true;
	http_stream_begin(l->req, 200,
	    l->how.json ? "Content-Type: application/x-ndjson\r\n"
			  "Cache-Control: no-store\r\n"
			  "X-Content-Type-Options: nosniff\r\n"
			: "Content-Type: text/plain; charset=utf-8\r\n"
			  "Cache-Control: no-store\r\n"
			  "X-Content-Type-Options: nosniff\r\n");
}

static void
push(struct line *l, const struct buf *text)
{
	struct http_piece piece;

	if (text->len == 0)
		return;
	http_piece_init(&piece, buf_view(text));
	http_stream_push(l->req, &piece);
	http_piece_deinit(&piece);
}

/* Of the newest rows, as many as fit. */
static unsigned
first_that_fits(const struct line *l, const struct store_page *page)
{
	size_t bytes = 0;
	unsigned i;

	for (i = page->n; i > 0; i--) {
		struct buf one;

		buf_init(&one, LINE_MAX_BYTES);
		put_row(l->hub, &page->rows[i - 1], l->how.json, &one);
		bytes += one.len;
		buf_deinit(&one);
		if (bytes > PAGE_BYTES && i < page->n)
			break;
	}
	return i;
}

/* Writes what fits; op.after is the last one that is written, then. */
static void
write_page(struct line *l)
{
	const struct store_page *page = &l->op.page;
	unsigned i = l->how.has_after ? 0 : first_that_fits(l, page);
	struct buf text;

	buf_init(&text, SIZE_MAX);
	for (; i < page->n && text.len < PAGE_BYTES; i++) {
		put_row(l->hub, &page->rows[i], l->how.json, &text);
		l->op.after = page->rows[i].id;
	}
	l->more = l->how.has_after && (i < page->n || page->newer);
	push(l, &text);
	l->slack = http_stream_queued(l->req);
	buf_deinit(&text);
}

static void
joined(struct store_op *op)
{
	struct line *l = container_of(
	    container_of(op, struct store_join, op), struct line, op);
	struct hub *h = l->hub;

	l->asking = false;
	if (l->req != NULL && op->error != STORE_OK && !l->begun) {
		buf_puts(&l->req->fields, "Retry-After: 1\r\n");
		http_answer_text(l->req, 503, "The store can't be read.\n");
		l->req = NULL;
	} else if (l->req != NULL && op->error != STORE_OK) {
		http_abort(l->req); /* better than an end that is none */
		l->req = NULL;
	}
	if (l->req != NULL && !l->begun)
		begin(l);
	if (l->req != NULL && (l->how.has_after || l->how.n > 0))
		write_page(l);
	store_page_free(&l->op.page);
	store_page_free(&l->op.changed);
	l->op.page = l->op.changed = (struct store_page){ .n = 0 };
	if (l->req == NULL) {
		free_line(l);
	} else if (!l->more && (!l->how.follow || h->closing)) {
		end(l);
	} else if (!l->more) {
		l->following = true;
		LIST_INSERT_HEAD(&l->room->lines, l, in_room);
	}
}

/* ---- following ---- */

void
line_broadcast(const struct room *room, const struct store_row *row)
{
	struct http_piece pieces[2] = { { .bytes = NULL }, { .bytes = NULL } };
	struct hub *h = room->hub;
	struct line *l;

	LIST_FOREACH (l, &room->lines, in_room) {
		struct http_piece *piece = &pieces[l->how.json];
		struct buf text;

		if (piece->bytes == NULL) {
			buf_init(&text, LINE_MAX_BYTES);
			put_row(h, row, l->how.json, &text);
			if (text.len > 0)
				http_piece_init(piece, buf_view(&text));
			buf_deinit(&text);
		}
		if (piece->bytes != NULL)
			http_stream_push(l->req, piece);
	}
	for (unsigned i = 0; i < 2; i++)
		if (pieces[i].bytes != NULL)
			http_piece_deinit(&pieces[i]);
	/* Behind the writing of this turn: what is left then was not taken. */
	loop_defer(h->loop, &h->check_lines);
}

static void
run_check(struct loop_task *t)
{
	struct hub *h = container_of(t, struct hub, check_lines);
	struct line *l, *next;
	size_t queued;

	for (l = LIST_FIRST(&h->lines); l != NULL; l = next) {
		next = LIST_NEXT(l, link);
		if (!l->following)
			continue;
		queued = http_stream_queued(l->req);
		if (queued <= l->slack || queued - l->slack <= h->limits->queue)
			continue;
		http_abort(l->req);
		lose(l);
	}
}

void
line_init(struct hub *h)
{
	LIST_INIT(&h->lines);
	h->check_lines.run = run_check;
}

void
line_close_all(struct hub *h, bool at_once)
{
	struct line *l, *next;

	for (l = LIST_FIRST(&h->lines); l != NULL; l = next) {
		next = LIST_NEXT(l, link);
		if (l->req == NULL)
			continue;
		if (!at_once) {
			end(l);
			continue;
		}
		http_abort(l->req);
		lose(l);
	}
}

void
line_put_out(
    struct hub *h, const struct room *room, const struct address_range *from)
{
	struct line *l, *next;
	struct address address;

	for (l = LIST_FIRST(&h->lines); l != NULL; l = next) {
		next = LIST_NEXT(l, link);
		if (l->req == NULL || (room != NULL && l->room != room))
			continue;
		address_parse(slice_of(http_peer(l->req)), &address);
		if (from == NULL || address_range_has(from, &address))
			end(l);
	}
}

bool
hub_http_room(struct hub *h, struct http_req *req, struct slice arg, bool make,
    struct room **out)
{
	char name[ROOM_NAME_SIZE];
	struct room *room = NULL;
	struct address from;

	if (h->closing) {
		http_answer_text(req, 503, "The server is shutting down.\n");
		return false;
	}
	if (slice_starts(arg, "@")) {
		http_answer_text(
		    req, 404, "Direct rooms can't be had this way.\n");
		return false;
	}
	if (room_name_clean(arg, name) == 0) {
		http_answer_text(
		    req, 400, "This can't be the name of a room.\n");
		return false;
	}
	room = make ? room_get(h, name) : room_find(h, name);
	address_parse(slice_of(http_peer(req)), &from);
	if (room == NULL || room->private) {
		http_answer_text(req, 404, "There is no such room.\n");
		room = NULL;
	} else if (ban_of(h, room, 0, &from) != NULL) {
		http_answer_text(req, 403, "You are banned here.\n");
		room = NULL;
	}
	*out = room;
	return room != NULL;
}

/* False: the address asks too often, and that is answered. */
static bool
may(struct hub *h, struct http_req *req)
{
	struct address from;
	uint64_t wait;

	address_parse(slice_of(http_peer(req)), &from);
	wait = rates_take(
	    &h->rates, NULL, &from, RATE_REQUESTS, 1, loop_now(h->loop));
	if (wait == 0)
		return true;
	buf_printf(
	    &req->fields, "Retry-After: %" PRIu64 "\r\n", (wait + 999) / 1000);
	http_answer_text(req, 429, "Too many requests: wait.\n");
	return false;
}

void
hub_follow(struct hub *h, struct http_req *req, const struct hub_follow *how)
{
	struct room *room;
	struct line *l;

	if (!may(h, req) ||
	    !hub_http_room(h, req, how->room, how->follow, &room))
		return;
	l = xcalloc(1, sizeof(*l));
	l->hub = h;
	l->room = room;
	room->refs++;
	l->req = req;
	l->how = *how;
	l->how.room = SLICE("");
	l->op.op.done = joined;
	l->op.room = room->number;
	l->op.after = how->after;
	l->op.limit = how->has_after ? STORE_PAGE_MAX : how->n > 0 ? how->n : 1;
	LIST_INSERT_HEAD(&h->lines, l, link);
	req->arg = l;
	req->on_gone = on_gone;
	req->on_drained = on_drained;
	ask(l);
	room_check_fresh(h);
}
