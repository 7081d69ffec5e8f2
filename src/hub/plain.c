#include "config.h"

#include "hub/plain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "hub/call.h"
#include "net/ws_conn.h"
#include "proto/json.h"

enum {
	CODE_UNSUPPORTED = 1003, /* RFC 6455, section 7.4.1 */
	EARLY_MAX = 16 << 20,    /* bytes of all that were said too early */
	AGAIN_MS = 100,          /* until they are tried again */
};

/*
 * A plain WebSocket. Owned by the hub from the request until it is closed; a
 * member of the room from on_open.
 *
 * It can't be told to wait. So nothing is read from one that says more than it
 * may; what has been read already is kept, and said when it is time, also if
 * it has closed meanwhile.
 */
struct plain {
	LIST_ENTRY(plain) link;
	struct hub *hub;
	struct conn *conn;  /* NULL: not open yet */
	struct ws_conn *ws; /* NULL: closed, and has something to say */
	struct buf early;   /* texts, each behind its length */
	struct timeq_entry again;
	bool too_fast;
	char room[ROOM_NAME_SIZE]; /* "": the lobby */
	char nick[NICK_SIZE];      /* wanted; "": a guest's */
};

static void
leave(struct plain *m, const char *reason)
{
	struct hub *h = m->hub;

	if (m->conn != NULL) {
		log_event(LOG_INFO, "disconnect",
		    LF_CSTR("id", m->conn->person->name),
		    LF_CSTR("reason", reason));
		conn_free(m->conn, reason);
	}
	timeq_stop(&m->again);
	h->plain_early -= m->early.len;
	buf_deinit(&m->early);
	LIST_REMOVE(m, link);
	h->plain_n--;
	free(m);
}

static void
on_open(void *arg, struct ws_conn *ws)
{
	struct plain *m = arg;
	struct hub *h = m->hub;
	struct room *room =
	    m->room[0] != '\0' ? room_get(h, m->room) : h->lobby;

	m->ws = ws;
	if (h->closing || room == NULL || room->private) {
		ws_close(ws, WS_CODE_GOING_AWAY);
		leave(
		    m, h->closing ? "server shutting down" : "too many rooms");
		return;
	}
	m->conn = conn_new(
	    person_get(h, person_id_new(), slice_of(m->nick)), FORM_PLAIN);
	m->conn->ws = m;
	conn_set_address(m->conn, ws_peer(ws));
	conn_come(m->conn);
	if (conn_is_banned(m->conn, room)) {
		plain_put_out(m, "banned");
		return;
	}
	conn_join(m->conn, room);
	room_check_fresh(h);
	log_event(LOG_INFO, "connect", LF_CSTR("id", m->conn->person->name),
	    LF_CSTR("nick", m->conn->person->nick),
	    LF_CSTR("addr", ws_peer(ws)), LF_CSTR("transport", "websocket"),
	    LF_CSTR("protocol", "plain"));
}

/* False: it is too early. */
static bool
say(struct plain *m, struct slice text)
{
	struct call call = { m->conn, NULL, SLICE_INIT("null") };
	struct post post = { .room = m->conn->rooms[0], .plain = text };
	struct buf json;

	/* Six bytes for a control character at the worst. */
	buf_init(&json, 6 * text.len + 2);
	json_put_string(&json, text);
	post.text = buf_view(&json);
	m->too_fast = false;
	hub_post(&call, &post);
	buf_deinit(&json);
	return !m->too_fast;
}

void
plain_too_fast(struct plain *m)
{
	m->too_fast = true;
}

size_t
plain_queued(const struct plain *m)
{
	return m->ws != NULL ? ws_queued(m->ws) : 0;
}

void
plain_put_out(struct plain *m, const char *reason)
{
	if (m->ws != NULL)
		ws_close(m->ws, WS_CODE_POLICY);
	leave(m, reason);
}

/* What was early, as far as it may be said now. */
static void
on_again(struct timeq_entry *e)
{
	struct plain *m = container_of(e, struct plain, again);
	uint32_t len;

	while (m->early.len > 0) {
		struct slice text;

		memcpy(&len, m->early.p, sizeof(len));
		text = (struct slice){ m->early.p + sizeof(len), len };
		if (!say(m, text)) {
			timeq_start(m->hub->plain_again, &m->again, on_again);
			return;
		}
		m->hub->plain_early -= sizeof(len) + len;
		buf_consume(&m->early, sizeof(len) + len);
	}
	if (m->ws != NULL)
		ws_read(m->ws, true);
	else
		leave(m, "transport close");
}

static void
keep(struct plain *m, struct slice text)
{
	struct hub *h = m->hub;
	uint32_t len = (uint32_t)text.len;

	if (h->plain_early + sizeof(len) + len > EARLY_MAX) {
		ws_close(m->ws, WS_CODE_POLICY);
		leave(m, "too fast");
		return;
	}
	buf_append(&m->early, &len, sizeof(len));
	buf_append_slice(&m->early, text);
	h->plain_early += sizeof(len) + len;
	ws_read(m->ws, false);
	if (m->again.queue == NULL)
		timeq_start(h->plain_again, &m->again, on_again);
}

static void
on_frame(void *arg, bool binary, char *data, size_t len)
{
	struct plain *m = arg;
	struct slice text = { len > 0 ? data : "", len };

	if (binary) {
		ws_close(m->ws, CODE_UNSUPPORTED);
		leave(m, "binary frame");
		return;
	}
	if (m->early.len > 0 || !say(m, text))
		keep(m, text);
}

static void
on_closed(void *arg, int code)
{
	const char *reason = code == WS_CODE_TOO_BIG ? "message too long"
			     : code == WS_CODE_PROTOCOL ||
				     code == WS_CODE_INVALID ||
				     code == WS_CODE_POLICY
				 ? "protocol error"
				 : "transport close";
	struct plain *m = arg;

	m->ws = NULL;
	if (m->early.len == 0)
		leave(m, reason);
}

static const struct ws_cb ws_cb = {
	.on_open = on_open, .on_message = on_frame, .on_closed = on_closed
};

/* ?room= and ?nick=; 0, or the status for what is wrong with them. */
static int
parse_query(struct plain *m, struct slice query)
{
	const struct room *room;
	char text[ROOM_ARG_MAX + 1];
	ssize_t n = http_query_get(query, "nick", text, sizeof(text));

	if (n > 0)
		nick_clean((struct slice){ text, (size_t)n }, m->nick);
	if (n < 0 && n != -ENOENT)
		return 400;
	n = http_query_get(query, "room", text, sizeof(text));
	if (n == -ENOENT)
		return 0;
	if (n < 0 || (text[0] != '@' &&
			 room_name_clean(
			     (struct slice){ text, (size_t)n }, m->room) == 0))
		return 400;
	room = room_find(m->hub, m->room);
	return text[0] == '@' || (room == NULL && m->hub->rooms_fixed) ||
		       (room != NULL && room->private)
		   ? 404
		   : 0;
}

void
hub_accept(struct hub *h, struct http_req *req)
{
	struct plain *m;
	int status;

	if (h->closing) {
		http_answer_text(req, 503, "The server is shutting down.\n");
		return;
	}
	m = xcalloc(1, sizeof(*m));
	m->hub = h;
	buf_init(&m->early, EARLY_MAX);
	status = parse_query(m, req->head->query);
	if (status != 0) {
		http_answer_text(req, status,
		    status == 404 ? "There is no such room.\n"
				  : "This room or nick can't be.\n");
		free(m);
		return;
	}
	LIST_INSERT_HEAD(&h->plain, m, link);
	h->plain_n++;
	if (ws_accept(req, hub_message_max(h), false, &ws_cb, m) < 0)
		leave(m, "");
}

void
plain_broadcast(const struct room *room, struct slice text)
{
	size_t head = ws_head_len(text.len);
	struct rcbuf *frame = rcbuf_new(head + text.len);
	struct slice view = { frame->data, frame->len };
	struct conn *c;

	ws_head((uint8_t *)frame->data, WS_TEXT, text.len, NULL);
	if (text.len > 0)
		memcpy(frame->data + head, text.p, text.len);
	LIST_FOREACH (c, &room->plain, in_room)
		if (c->ws->ws != NULL)
			ws_push(c->ws->ws, &frame->counted, view);
	counted_unref(&frame->counted);
	/* Behind the writing of this turn: what is left then was not taken. */
	loop_defer(room->hub->loop, &room->hub->check_plain);
}

static void
run_check(struct loop_task *t)
{
	struct hub *h = container_of(t, struct hub, check_plain);
	struct plain *m, *next;

	for (m = LIST_FIRST(&h->plain); m != NULL; m = next) {
		next = LIST_NEXT(m, link);
		if (m->conn == NULL || m->ws == NULL ||
		    ws_queued(m->ws) <= h->limits->queue)
			continue;
		ws_abort(m->ws);
		leave(m, "queue full");
	}
}

void
plain_init(struct hub *h)
{
	LIST_INIT(&h->plain);
	h->plain_again = timeq_new(h->loop, AGAIN_MS);
	h->check_plain.run = run_check;
}

void
plain_close_all(struct hub *h, bool at_once)
{
	struct plain *m, *next;

	for (m = LIST_FIRST(&h->plain); m != NULL; m = next) {
		next = LIST_NEXT(m, link);
		if (m->conn == NULL && !at_once)
			continue;
		if (m->ws != NULL && at_once)
			ws_abort(m->ws);
		else if (m->ws != NULL)
			ws_close(m->ws, WS_CODE_GOING_AWAY);
		leave(m, "server shutting down");
	}
}
