#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "base/utf8.h"
#include "hub/call.h"
#include "hub/plain.h"
#include "proto/json.h"

enum {
	EVENT_NAME_MAX = 64, /* of those we know */
	BEGINNING = 80,      /* bytes of a text, to know it by */
	REFUSAL_MAX = 256,
};

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

/* retry: in how many ms it may be another answer; 0: never. */
static void
put_refusal_for(
    struct buf *b, const char *code, const char *message, uint64_t retry)
{
	put_refusal(b, code, message);
	if (retry > 0) {
		b->len--;
		buf_printf(b, ",\"retry\":%" PRIu64 "}", retry);
	}
}

static void
refuse_for(
    const struct call *c, const char *code, const char *message, uint64_t retry)
{
	struct buf b;

	buf_init(&b, REPLY_MAX);
	put_refusal_for(&b, code, message, retry);
	call_reply(c, &b);
	buf_deinit(&b);
}

static const char too_soon[] = "this room is slow: wait";

void
call_too_soon(const struct call *c, uint64_t wait)
{
	refuse_for(c, "slow-mode", too_soon, wait);
}

static void
refuse_banned(const struct call *c, const struct room *room)
{
	const struct conn *conn = c->conn;
	const struct ban *b =
	    ban_of(conn->hub, room, conn->person->id, &conn->address);

	refuse_for(c, "banned", "you are banned here",
	    b != NULL ? hold_rest(b->is.until) : 0);
}

bool
call_may_say(const struct call *c, const struct room *room)
{
	const struct conn *conn = c->conn;
	const struct mute *m = mute_of(conn->hub, room, conn->person->id);

	if (conn_is_banned(conn, room)) {
		refuse_banned(c, room);
		return false;
	}
	if (m == NULL || conn_is_operator(conn))
		return true;
	refuse_for(
	    c, "muted", "you may only read here", hold_rest(m->is.until));
	return false;
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

/* ---- how often ---- */

bool
call_may(
    const struct call *c, enum rate_kind kind, uint64_t cost, uint64_t *wait)
{
	struct conn *conn = c->conn;
	struct hub *h = conn->hub;

	*wait = rates_take(&h->rates, &conn->gate, &conn->address, kind, cost,
	    loop_now(h->loop));
	return *wait == 0;
}

static void
notice(const struct call *c, const struct buf *text, uint64_t wait)
{
	struct sio_args args = { .nbin = 0 };
	struct buf b;

	buf_init(&b, REPLY_MAX);
	buf_puts(&b, "{\"text\":");
	json_put_string(&b, buf_view(text));
	buf_puts(&b, ",\"code\":\"rate\"");
	if (wait > 0)
		buf_printf(&b, ",\"retry\":%" PRIu64, wait);
	buf_putc(&b, '}');
	args.json = buf_view(&b);
	sio_emit(c->conn->sock, SLICE("\"notice\""), &args);
	buf_deinit(&b);
}

/* The beginning of a raw string's text, or of other JSON. */
static void
put_beginning(struct slice raw, struct buf *out)
{
	struct slice rest;
	struct buf text;
	size_t len = 0;
	uint32_t cp;

	buf_init(&text, raw.len);
	if (json_unescape(raw, &text) < 0)
		buf_append_slice(&text, raw);
	rest = buf_view(&text);
	while (len < rest.len && len < BEGINNING)
		len += utf8_decode(rest.p + len, rest.len - len, &cp);
	buf_append(out, rest.p, len);
	buf_puts(out, len < rest.len ? "..." : "");
	buf_deinit(&text);
}

void
call_too_fast(const struct call *c, uint64_t wait, struct slice what)
{
	struct buf b;

	buf_init(&b, REPLY_MAX);
	if (c->conn->say != NULL || (c->ev != NULL && c->ev->wants_ack)) {
		buf_printf(&b,
		    "{\"ok\":false,\"code\":\"rate\",\"message\":\"too much at "
		    "once: wait\",\"retry\":%" PRIu64 "}",
		    wait);
		call_reply(c, &b);
	} else if (c->conn->ws != NULL) {
		plain_too_fast(c->conn->ws);
	} else {
		buf_puts(&b, "Too much at once, this was not taken: ");
		put_beginning(what, &b);
		notice(c, &b, wait);
	}
	buf_deinit(&b);
}

/* Whoever does not mind being refused. */
static void
send_away(const struct call *c)
{
	struct buf text;

	log_event(LOG_WARN, "flood", LF_CSTR("id", c->conn->person->name),
	    LF_CSTR("addr", sio_peer(c->conn->sock)));
	buf_init(&text, REPLY_MAX);
	buf_puts(&text, "This is far too much at once: you are sent away.");
	notice(c, &text, 0);
	buf_deinit(&text);
	sio_disconnect(c->conn->sock, true);
}

/* ---- answers that come later ---- */

bool
call_ask(const struct call *c, struct asked *a, struct room *room, size_t bytes)
{
	struct hub *h = c->conn->hub;

	if (c->conn->in_flight >= IN_FLIGHT_MAX || h->asked_n >= ASKED_MAX ||
	    h->asked_bytes + bytes > ASKED_BYTES_MAX) {
		if (c->conn->ws != NULL)
			plain_too_fast(c->conn->ws);
		else
			call_refuse(
			    c, "busy", "too much is under way: try again");
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
asked_slow_down(const struct asked *a, uint64_t wait)
{
	struct buf b;

	buf_init(&b, REFUSAL_MAX);
	buf_printf(&b,
	    "{\"ok\":false,\"code\":\"slow-down\",\"message\":\"too many "
	    "wrong passwords: wait\",\"retry\":%" PRIu64 "}",
	    wait);
	asked_reply(a, &b);
	buf_deinit(&b);
}

void
asked_too_soon(const struct asked *a, uint64_t wait)
{
	struct buf b;

	buf_init(&b, REPLY_MAX);
	put_refusal_for(&b, "slow-mode", too_soon, wait);
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
	case STORE_NOTHING:
		asked_refuse(a, "no-such-ban", "there is no such ban");
		break;
	case STORE_BANNED:
		asked_refuse(a, "banned", "you are banned there");
		break;
	case STORE_MUTED:
		asked_refuse(a, "muted", "you may only read there");
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
		room = room_by_arg(c->conn, buf_view(&name), make, &code, &why);
	else if (name.failed) {
		code = "bad-room";
		why = "this can't be the name of a room";
	}
	buf_deinit(&name);
	if (room == NULL) {
		call_refuse(c, code, why);
	} else if (conn_is_banned(c->conn, room)) {
		refuse_banned(c, room);
		room = NULL;
	}
	return room;
}

bool
call_moderated_room(const struct call *c, struct room **out)
{
	struct slice raw;

	*out = NULL;
	if (json_get(c->arg, "room", &raw) && json_type(raw) != JSON_NULL) {
		*out = call_room(c, false);
		if (*out == NULL)
			return false;
	}
	if (role_of(c->conn, *out) >=
	    (*out != NULL ? ROLE_MODERATOR : ROLE_OPERATOR))
		return true;
	call_refuse(c, "forbidden",
	    *out != NULL ? "only moderators can do this"
			 : "only operators can do this");
	return false;
}

/* ---- dispatch ---- */

static bool
fits(enum call_arg wanted, struct slice arg)
{
	enum json_type type = json_type(arg);

	return wanted == CALL_ANY || type == JSON_OBJECT ||
	       (wanted == CALL_MAYBE && type == JSON_NULL);
}

/* What an event counts for. */
struct weight {
	const char *name;
	enum rate_kind kind;
	unsigned cost; /* 0: counted where its text is known */
};

static const struct weight *
weight_of(const char *name)
{
	static const struct weight usual = { NULL, RATE_REQUESTS, 1 };
	static const struct weight table[] = {
		{ "nuevo mensaje", RATE_POSTS, 0 },
		{ "message", RATE_POSTS, 0 },
		{ "edit", RATE_POSTS, 1 },
		{ "delete", RATE_POSTS, 1 },
		{ "react", RATE_POSTS, 1 },
		{ "topic", RATE_POSTS, 1 },
		/* They keep the store or the loop busy. */
		{ "search", RATE_REQUESTS, 10 },
		{ "rooms", RATE_REQUESTS, 10 },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (name != NULL && strcmp(table[i].name, name) == 0)
			return &table[i];
	return &usual;
}

/* False: it is too much, and that is answered; the conn may be gone. */
static bool
lets_through(const struct call *c, const char *name)
{
	const struct weight *w = weight_of(name);
	struct hub *h = c->conn->hub;
	uint64_t wait;

	if (rates_floods(
		&h->rates, &c->conn->gate, w->kind, loop_now(h->loop))) {
		send_away(c);
		return false;
	}
	if (w->cost == 0 ||
	    call_may(
		c, w->kind, w->cost + c->ev->args.json.len / RATE_BYTES, &wait))
		return true;
	call_too_fast(c, wait, c->ev->name);
	return false;
}

/* NULL: there is none. */
static const struct handler *
find(const struct handler *table, struct slice name)
{
	if (table == NULL)
		return NULL;
	while (table->name != NULL && !slice_is(name, table->name))
		table++;
	return table->name != NULL ? table : NULL;
}

void
call_dispatch(const struct handler *table, const struct handler *more,
    struct sio_socket *sock, const struct sio_event *ev)
{
	const struct handler *to;
	struct call c = { sio_user(sock), ev, SLICE_INIT("null") };
	struct hub *h = c.conn->hub;
	struct json_iter it;
	struct buf name;

	json_iter_args(&it, ev->args.json);
	json_iter_next(&it, NULL, &c.arg);
	buf_init(&name, EVENT_NAME_MAX);
	if (json_unescape(ev->name, &name) < 0)
		buf_clear(&name);
	to = find(table, buf_view(&name));
	if (to == NULL)
		to = find(more, buf_view(&name));
	buf_deinit(&name);
	if (!lets_through(&c, to != NULL ? to->name : NULL))
		return;
	if (to == NULL)
		call_refuse(&c, "unknown-event", "there is no such event");
	else if (!fits(to->arg, c.arg))
		call_refuse(&c, "bad-request", "the argument is no object");
	else
		to->run(&c);
	room_check_fresh(h);
}
