#include "config.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/mem.h"
#include "hub/call.h"
#include "hub/line.h"
#include "proto/json.h"

/*
 * Somebody who says one thing by HTTP: a guest who is here from the request to
 * its answer, in no room.
 */
struct say {
	struct conn *conn;
	struct http_req *req; /* NULL: the connection is lost */
	bool posting;         /* within hub_post */
	bool answered;
};

static void
free_say(struct say *s)
{
	s->conn->say = NULL;
	conn_free(s->conn, NULL);
	free(s);
}

static void
on_gone(struct http_req *req)
{
	struct say *s = req->arg;

	/* What has been said is said all the same. */
	s->req = NULL;
}

/* The status for the code of a refusal. */
static int
status_of(struct slice code)
{
	static const struct {
		const char *code;
		int status;
	} table[] = {
		{ "not-stored", 503 },
		{ "busy", 503 },
		{ "rate", 429 },
		{ "slow-mode", 429 },
		{ "banned", 403 },
		{ "muted", 403 },
		{ "too-long", 413 },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (json_string_is(code, table[i].code))
			return table[i].status;
	return 400;
}

/* The member of that name and a newline, as the answer. */
static void
answer(struct http_req *req, int status, struct slice json, const char *member)
{
	struct slice raw;
	struct buf text;
	struct rcbuf *body;
	int64_t ms;

	buf_init(&text, REPLY_MAX);
	if (json_get(json, member, &raw))
		json_unescape(raw, &text);
	buf_putc(&text, '\n');
	body = rcbuf_copy(text.p, text.len);
	if (status == 503)
		buf_puts(&req->fields, "Retry-After: 1\r\n");
	if (status == 429 && json_get(json, "retry", &raw) &&
	    json_int(raw, 0, INT64_MAX - 999, &ms) == 0)
		buf_printf(&req->fields, "Retry-After: %" PRId64 "\r\n",
		    (ms + 999) / 1000);
	http_answer(req, status, "Content-Type: text/plain; charset=utf-8\r\n",
	    &body->counted, (struct slice){ body->data, body->len });
	counted_unref(&body->counted);
	buf_deinit(&text);
}

void
say_answer(struct say *say, struct slice json)
{
	struct slice code;

	say->answered = true;
	if (say->req != NULL && json_get(json, "code", &code))
		answer(say->req, status_of(code), json, "message");
	else if (say->req != NULL)
		answer(say->req, 200, json, "id");
	if (!say->posting)
		free_say(say);
}

static struct say *
say_new(struct hub *h, struct http_req *req, struct slice nick)
{
	struct say *s = xcalloc(1, sizeof(*s));

	s->req = req;
	s->conn = conn_new(person_get(h, person_id_new(), nick), FORM_PLAIN);
	s->conn->say = s;
	conn_set_address(s->conn, http_peer(req));
	conn_come(s->conn);
	req->arg = s;
	req->on_gone = on_gone;
	return s;
}

void
hub_say(struct hub *h, struct http_req *req, struct slice room,
    struct slice nick, struct slice text)
{
	struct post post = { .plain = text };
	struct call call = { NULL, NULL, SLICE_INIT("null") };
	struct buf json;
	struct say *s;

	if (!hub_http_room(h, req, room, true, &post.room))
		return;
	s = say_new(h, req, nick);
	call.conn = s->conn;
	/* Six bytes for a control character at the worst. */
	buf_init(&json, 6 * text.len + 2);
	json_put_string(&json, text);
	post.text = buf_view(&json);
	s->posting = true;
	hub_post(&call, &post);
	s->posting = false;
	if (s->answered)
		free_say(s);
	buf_deinit(&json);
	room_check_fresh(h);
}
