#include "config.h"

#include <errno.h>

#include "base/log.h"
#include "hub/call.h"
#include "proto/json.h"

enum { EVENT_NAME_MAX = 64 /* of those we know */ };

/* ---- answers at once ---- */

void
call_reply(const struct call *c, const struct buf *json)
{
	struct sio_args args = { .json = buf_view(json) };

	if (c->conn->say != NULL)
		say_answer(c->conn->say, args.json);
	else if (c->ev != NULL && c->ev->wants_ack)
		sio_ack(c->conn->sock, c->ev->ack, &args);
}

static void
put_refusal(struct buf *b, const char *code, const char *message)
{
	buf_printf(b, "{\"ok\":false,\"code\":\"%s\",\"message\":", code);
	json_put_string(b, slice_of(message));
	buf_putc(b, '}');
}

void
call_refuse(const struct call *c, const char *code, const char *message)
{
	struct buf b;

	buf_init(&b, REPLY_MAX);
	put_refusal(&b, code, message);
	call_reply(c, &b);
	buf_deinit(&b);
}

void
call_ok(const struct call *c)
{
	struct buf b;

	buf_init(&b, REPLY_MAX);
	buf_puts(&b, "{\"ok\":true}");
	call_reply(c, &b);
	buf_deinit(&b);
}

/* ---- answers that come later ---- */

bool
call_ask(const struct call *c, struct asked *a, struct room *room, size_t bytes)
{
	struct hub *h = c->conn->hub;

	if (c->conn->in_flight >= IN_FLIGHT_MAX || h->asked_n >= ASKED_MAX ||
	    h->asked_bytes + bytes > ASKED_BYTES_MAX) {
		call_refuse(c, "busy", "too much is under way: try again");
		return false;
	}
	a->conn = c->conn;
	a->epoch = c->conn->epoch;
	a->wants_ack = c->ev != NULL && c->ev->wants_ack;
	a->ack = a->wants_ack ? c->ev->ack : 0;
	a->bytes = bytes;
	a->room = room;
	if (room != NULL)
		room->refs++;
	c->conn->refs++;
	c->conn->in_flight++;
	h->asked_n++;
	h->asked_bytes += bytes;
	return true;
}

void
asked_done(struct asked *a)
{
	struct hub *h = a->conn->hub;

	h->asked_n--;
	h->asked_bytes -= a->bytes;
	a->conn->in_flight--;
	if (a->room != NULL) {
		a->room->refs--;
		room_check(h, a->room);
	}
	conn_unref(a->conn);
}

struct conn *
asked_conn(const struct asked *a)
{
	struct conn *c = a->conn;

	return c->live && c->sock != NULL && c->epoch == a->epoch ? c : NULL;
}

void
asked_reply(const struct asked *a, const struct buf *json)
{
	struct sio_args args = { .json = buf_view(json) };
	struct conn *c = asked_conn(a);

	if (a->conn->say != NULL)
		say_answer(a->conn->say, args.json);
	else if (a->wants_ack && c != NULL)
		sio_ack(c->sock, a->ack, &args);
}

void
asked_refuse(const struct asked *a, const char *code, const char *message)
{
	struct buf b;

	buf_init(&b, REPLY_MAX);
	put_refusal(&b, code, message);
	asked_reply(a, &b);
	buf_deinit(&b);
}

void
asked_failed(const struct asked *a, enum store_error error)
{
	switch (error) {
	case STORE_NO_MESSAGE:
		asked_refuse(a, "no-such-message", "there is no such message");
		break;
	case STORE_NOT_YOURS:
		asked_refuse(a, "forbidden", "the message is not yours");
		break;
	case STORE_TOO_MANY:
		asked_refuse(a, "too-many",
		    "the message has too many reactions already");
		break;
	default:
		asked_refuse(a, "not-stored",
		    "the store can't be used just now: try again");
		break;
	}
}

/* ---- arguments ---- */

int
call_string(struct slice object, const char *key, struct buf *b)
{
	struct slice raw;

	if (!json_get(object, key, &raw) || json_type(raw) == JSON_NULL)
		return 0;
	return json_unescape(raw, b) < 0 ? -EINVAL : 1;
}

int
call_long_string(struct slice object, const char *key, struct buf *b)
{
	int r = call_string(object, key, b);

	return r < 0 && b->failed ? 1 : r;
}

void
call_one_line(struct buf *text)
{
	for (size_t i = 0; i < text->len; i++)
		if ((unsigned char)text->p[i] < ' ' || text->p[i] == 0x7f)
			text->p[i] = ' ';
}

int
call_id(struct slice object, const char *key, struct msgid *id)
{
	struct buf b;
	int r;

	*id = (struct msgid){ 0, 0, 0 };
	buf_init(&b, MSGID_STR_MAX);
	r = call_string(object, key, &b);
	if (r > 0 && msgid_parse(buf_view(&b), id) < 0)
		r = -EINVAL;
	id->sub = 0;
	/* Before all; for the store nothing at all is "not given". */
	if (r > 0 && id->ms == 0 && id->n == 0)
		id->n = 1;
	buf_deinit(&b);
	return r;
}

int
call_number(struct slice object, const char *key, int64_t max, int64_t *n)
{
	struct slice raw;

	if (!json_get(object, key, &raw) || json_type(raw) == JSON_NULL)
		return 0;
	if (json_int(raw, 1, INT64_MAX, n) < 0)
		return -EINVAL;
	if (*n > max)
		*n = max;
	return 1;
}

struct room *
call_room(const struct call *c, bool make)
{
	const char *code = "bad-request", *why = "room is not a string";
	struct room *room = NULL;
	struct buf name;

	buf_init(&name, ROOM_ARG_MAX);
	if (call_string(c->arg, "room", &name) > 0)
		room = room_by_arg(c->conn->hub, c->conn->person,
		    buf_view(&name), make, &code, &why);
	else if (name.failed) {
		code = "bad-room";
		why = "this can't be the name of a room";
	}
	buf_deinit(&name);
	if (room == NULL)
		call_refuse(c, code, why);
	return room;
}

/* ---- dispatch ---- */

static bool
fits(enum call_arg wanted, struct slice arg)
{
	enum json_type type = json_type(arg);

	return wanted == CALL_ANY || type == JSON_OBJECT ||
	       (wanted == CALL_MAYBE && type == JSON_NULL);
}

void
call_dispatch(const struct handler *table, struct sio_socket *sock,
    const struct sio_event *ev)
{
	struct call c = { sio_user(sock), ev, SLICE_INIT("null") };
	struct hub *h = c.conn->hub;
	struct json_iter it;
	struct buf name;

	json_iter_args(&it, ev->args.json);
	json_iter_next(&it, NULL, &c.arg);
	buf_init(&name, EVENT_NAME_MAX);
	if (json_unescape(ev->name, &name) < 0)
		buf_clear(&name);
	while (table->name != NULL && !slice_is(buf_view(&name), table->name))
		table++;
	buf_deinit(&name);
	if (table->name == NULL)
		call_refuse(&c, "unknown-event", "there is no such event");
	else if (!fits(table->arg, c.arg))
		call_refuse(&c, "bad-request", "the argument is no object");
	else
		table->run(&c);
	room_check_fresh(h);
}
