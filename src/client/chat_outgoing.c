#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "client/chat_internal.h"
#include "proto/json.h"

enum { IDLE, IN_FLIGHT }; /* outbox_entry.state */

static void
tell_entry(struct chat *c, const struct chat_entry *e)
{
	if (!c->dead && c->cb->on_entry != NULL)
		c->cb->on_entry(c->arg, e);
}

static void
tell_waiting(struct chat *c, const struct outbox_entry *o)
{
	struct chat_entry e = { .number = o->number,
		.state = CHAT_ENTRY_WAITING,
		.room = o->room,
		.text = o->text,
		.at = o->at,
		.restored = o->restored };

	tell_entry(c, &e);
}

void
chat_tell_restored(struct chat *c)
{
	struct outbox_entry *o;
	uint64_t last = c->outbox.next;

	TAILQ_FOREACH (o, &c->outbox.entries, link) {
		if (c->dead || o->number >= last)
			return;
		if (o->restored)
			tell_waiting(c, o);
	}
}

/* It needs not wait any more: off the disk first, then told. */
static void
settle(struct chat *c, struct outbox_entry *o, struct chat_entry *e)
{
	char *room = xstrndup(o->room.p, o->room.len);
	char *text = xstrndup(o->text.p, o->text.len);

	e->number = o->number;
	e->at = o->at;
	e->room = (struct slice){ room, o->room.len };
	e->text = (struct slice){ text, o->text.len };
	if (o->state == IN_FLIGHT) {
		c->in_flight--;
		c->in_flight_bytes -= o->text.len;
	}
	memcpy(c->recent[c->recent_n++ % CHAT_RECENT_MAX], o->nonce,
	    sizeof(o->nonce));
	outbox_done(&c->outbox, o);
	loop_defer(c->loop, &c->sync_task);
	tell_entry(c, e);
	free(room);
	free(text);
}

bool
chat_came_back(struct chat *c, struct slice nonce, struct slice id)
{
	struct outbox_entry *o = outbox_by_nonce(&c->outbox, nonce);
	struct chat_entry e = { .state = CHAT_ENTRY_DELIVERED, .id = id };

	if (o != NULL) {
		settle(c, o, &e);
		chat_send_waiting(c);
		chat_tell_status(c);
		return true;
	}
	for (unsigned i = 0; i < CHAT_RECENT_MAX && i < c->recent_n; i++)
		if (slice_is(nonce, c->recent[i]))
			return true;
	return false;
}

/* ---- acknowledgements ---- */

static void
call_free(struct chat_call *call)
{
	if (call->entry == 0)
		call->chat->status.asking--;
	LIST_REMOVE(call, link);
	free(call->join);
	free(call->leave);
	free(call->nick);
	free(call);
}

static struct chat_call *
call_new(struct chat *c, uint64_t entry)
{
	struct chat_call *call = xcalloc(1, sizeof(*call));

	call->chat = c;
	call->entry = entry;
	if (entry == 0)
		c->status.asking++;
	LIST_INSERT_HEAD(&c->calls, call, link);
	return call;
}

/* A string member as text. */
static void
get_text(struct slice json, const char *key, struct buf *out)
{
	struct slice raw;

	if (json_get(json, key, &raw))
		json_unescape(raw, out);
}

static bool
is_ok(struct slice json)
{
	struct slice raw;

	return json_type(json) != JSON_OBJECT ||
	       (json_get(json, "ok", &raw) && slice_is(raw, "true"));
}

static void
on_entry_ack(void *arg, const struct sio_args *args)
{
	struct chat_call *call = arg;
	struct chat *c = call->chat;
	struct outbox_entry *o = outbox_by_number(&c->outbox, call->entry);
	struct chat_entry e = { .state = CHAT_ENTRY_DELIVERED };
	struct buf id, code, reason;

	call_free(call);
	if (args == NULL) {
		/* If it is not the connection, make it so: all that was not
		 * acknowledged is sent again, in order. */
		if (o != NULL && csocket_connected(c->socket))
			sio_manager_fail(c->manager, "timeout");
		return;
	}
	if (o == NULL)
		return; /* it has come back already */
	buf_init(&id, args->json.len);
	buf_init(&code, args->json.len);
	buf_init(&reason, args->json.len);
	get_text(args->json, "id", &id);
	if (!is_ok(args->json)) {
		e.state = CHAT_ENTRY_FAILED;
		get_text(args->json, "code", &code);
		get_text(args->json, "message", &reason);
	}
	e.id = buf_view(&id);
	e.code = buf_view(&code);
	e.reason = reason.len > 0 ? buf_view(&reason) : e.code;
	settle(c, o, &e);
	buf_deinit(&id);
	buf_deinit(&code);
	buf_deinit(&reason);
	if (c->dead)
		return;
	chat_send_waiting(c);
	chat_tell_status(c);
}

/* ---- sending ---- */

static void
put_member(struct buf *out, const char *name, struct slice value)
{
	if (out->p[out->len - 1] != '{')
		buf_putc(out, ',');
	json_put_string(out, slice_of(name));
	buf_putc(out, ':');
	json_put_string(out, value);
}

static int
send_entry(struct chat *c, struct outbox_entry *o)
{
	struct slice name = SLICE("\"nuevo mensaje\"");
	struct sio_args args = { .nbin = 0 };
	struct chat_call *call;
	struct buf json;
	int err;

	buf_init(&json, SIZE_MAX);
	json_put_string(&json, o->text);
	if (c->status.classic) {
		args.json = buf_view(&json);
		err = csocket_emit(c->socket, name, &args, false);
	} else {
		buf_puts(&json, ",{");
		put_member(&json, "room", o->room);
		put_member(&json, "nonce", slice_of(o->nonce));
		buf_putc(&json, '}');
		args.json = buf_view(&json);
		call = call_new(c, o->number);
		err = csocket_emit_ack(
		    c->socket, name, &args, on_entry_ack, call);
		if (err < 0)
			call_free(call);
	}
	buf_deinit(&json);
	return err;
}

/* Where nobody knows rooms, what is said in one would be heard by all. */
static bool
refused_here(struct chat *c, struct outbox_entry *o)
{
	struct chat_entry e = { .state = CHAT_ENTRY_FAILED,
		.code = SLICE_INIT("classic"),
		.reason = SLICE_INIT("a plain Socket.IO server knows no rooms "
				     "and no private messages") };

	if (!c->status.classic || slice_is(o->room, "lobby"))
		return false;
	settle(c, o, &e);
	return true;
}

/* False: no more can be sent now. */
static bool
send_next(struct chat *c, struct outbox_entry *o)
{
	if (c->in_flight == CHAT_IN_FLIGHT_MAX ||
	    c->in_flight_bytes > CHAT_IN_FLIGHT_BYTES)
		return false;
	o->state = IN_FLIGHT;
	c->in_flight++;
	c->in_flight_bytes += o->text.len;
	if (send_entry(c, o) == 0)
		return true;
	o->state = IDLE;
	c->in_flight--;
	c->in_flight_bytes -= o->text.len;
	return false;
}

void
chat_send_waiting(struct chat *c)
{
	struct outbox_entry *o, *next;

	for (o = TAILQ_FIRST(&c->outbox.entries); o != NULL; o = next) {
		/* Sending may end the connection, telling the chat. */
		if (c->dead || c->status.phase != CHAT_ONLINE)
			return;
		next = TAILQ_NEXT(o, link);
		if (o->state == IDLE && !refused_here(c, o) && !send_next(c, o))
			return;
	}
}

void
chat_forget_sent(struct chat *c)
{
	struct outbox_entry *o;

	TAILQ_FOREACH (o, &c->outbox.entries, link)
		o->state = IDLE;
	c->in_flight = 0;
	c->in_flight_bytes = 0;
	chat_forget_echoes(c);
}

uint64_t
chat_say(struct chat *c, struct slice room, struct slice text, struct buf *err)
{
	struct outbox_entry *o;
	uint64_t number;

	if (text.len == 0) {
		buf_puts(err, "there is nothing to send");
		return 0;
	}
	if (text.len > c->text_max) {
		buf_printf(err, "too long: %zu bytes, the most is %zu",
		    text.len, c->text_max);
		return 0;
	}
	if (!utf8_valid(text.p, text.len) ||
	    memchr(text.p, '\0', text.len) != NULL) {
		buf_puts(err, "not sent: the text is not UTF-8, or has a NUL");
		return 0;
	}
	if (room.len == 0)
		room = SLICE("lobby");
	o = outbox_add(&c->outbox, room, text, clock_wall_ms());
	if (o == NULL) {
		buf_printf(err, "the line can't be kept: %s", strerror(errno));
		return 0;
	}
	number = o->number;
	loop_defer(c->loop, &c->sync_task); /* before it leaves */
	tell_waiting(c, o);
	if (!c->dead) {
		chat_send_waiting(c);
		chat_tell_status(c);
	}
	return number;
}

/* ---- a classic server ---- */

void
chat_forget_echoes(struct chat *c)
{
	struct chat_echo *e;

	while ((e = STAILQ_FIRST(&c->echoes)) != NULL) {
		STAILQ_REMOVE_HEAD(&c->echoes, link);
		free((char *)(uintptr_t)e->text.p);
		free(e);
	}
}

/* It has all: more will not be known, unless the line comes back. */
void
chat_taken(struct chat *c)
{
	struct outbox_entry *o, *next;

	if (c->dead || c->status.phase != CHAT_ONLINE || !c->status.classic)
		return;
	for (o = TAILQ_FIRST(&c->outbox.entries); o != NULL; o = next) {
		struct chat_entry e = { .state = CHAT_ENTRY_SENT };
		struct chat_echo *echo;

		next = TAILQ_NEXT(o, link);
		if (o->state != IN_FLIGHT)
			continue;
		echo = xcalloc(1, sizeof(*echo));
		echo->number = o->number;
		echo->at = loop_now(c->loop);
		echo->text.p = xstrndup(o->text.p, o->text.len);
		echo->text.len = o->text.len;
		STAILQ_INSERT_TAIL(&c->echoes, echo, link);
		settle(c, o, &e);
		if (c->dead)
			return;
	}
	chat_send_waiting(c);
	chat_tell_status(c);
}

/* The first of ours under way, if it is this text: here already, before we
 * have heard that it was taken. */
static bool
echoed_early(struct chat *c, struct slice text)
{
	struct chat_entry e = { .state = CHAT_ENTRY_DELIVERED };
	struct outbox_entry *o = TAILQ_FIRST(&c->outbox.entries);

	if (o == NULL || o->state != IN_FLIGHT || !slice_eq(o->text, text))
		return false;
	settle(c, o, &e);
	return true;
}

bool
chat_echoed(struct chat *c, struct slice text)
{
	uint64_t now = loop_now(c->loop);
	struct chat_echo *echo;

	while ((echo = STAILQ_FIRST(&c->echoes)) != NULL) {
		struct chat_entry e = { .state = CHAT_ENTRY_DELIVERED,
			.number = echo->number,
			.room = SLICE("lobby"),
			.text = echo->text,
			.at = clock_wall_ms() };
		bool late = now - echo->at >= CHAT_ECHO_MS;
		bool same = !late && slice_eq(echo->text, text);

		if (!late && !same)
			return false;
		STAILQ_REMOVE_HEAD(&c->echoes, link);
		if (same)
			tell_entry(c, &e);
		free((char *)(uintptr_t)echo->text.p);
		free(echo);
		if (same)
			return true;
	}
	return echoed_early(c, text);
}

/* ---- requests ---- */

static void
answer(struct chat_call *call, const struct chat_reply *r)
{
	struct chat *c = call->chat;
	chat_reply_cb cb = call->cb;
	void *arg = call->arg;

	call_free(call);
	if (cb != NULL)
		cb(arg, r);
	chat_tell_status(c);
}

void
chat_drop_calls(struct chat *c)
{
	struct chat_call *call;

	while ((call = LIST_FIRST(&c->calls)) != NULL)
		call_free(call);
}

/* What a granted request changes for the next connect. */
static void
take_over(struct chat_call *call, struct slice json)
{
	struct chat *c = call->chat;
	struct chat_room *room;
	struct slice raw;

	if (call->nick != NULL) {
		free(c->nick);
		c->nick = call->nick;
		call->nick = NULL;
		if (json_get(json, "nick", &raw))
			chat_set_our_nick(c, raw);
		chat_tell_status(c);
	} else if (call->join != NULL) {
		room = chat_room_get(c, slice_of(call->join));
		if (room != NULL)
			room->joined = true;
		chat_on_joined(c, slice_of(call->join), json);
	} else if (call->leave != NULL) {
		room = chat_room_get(c, slice_of(call->leave));
		if (room != NULL)
			room->joined = false;
	}
}

static void
on_reply(void *arg, const struct sio_args *args)
{
	struct chat_call *call = arg;
	struct chat_reply r = { .ok = false };
	struct buf code, message;

	if (args == NULL) {
		r.code = SLICE("timeout");
		r.message = SLICE("the server did not answer");
		answer(call, &r);
		return;
	}
	buf_init(&code, args->json.len);
	buf_init(&message, args->json.len);
	r.json = args->json;
	r.ok = is_ok(args->json);
	get_text(args->json, "code", &code);
	get_text(args->json, "message", &message);
	r.code = buf_view(&code);
	r.message = buf_view(&message);
	if (r.ok)
		take_over(call, args->json);
	if (call->chat->dead)
		call_free(call);
	else
		answer(call, &r);
	buf_deinit(&code);
	buf_deinit(&message);
}

/* Sends what call asks for; answers at once if that can't be. */
static void
request(struct chat_call *call, const char *event, struct slice json)
{
	struct chat *c = call->chat;
	struct chat_reply r = { .ok = false };
	struct sio_args args = { .json = json };
	struct buf name;
	int err = 0;

	if (c->status.phase != CHAT_ONLINE) {
		r.code = SLICE("offline");
		r.message = SLICE("not connected");
	} else if (c->status.classic) {
		r.code = SLICE("classic");
		r.message =
		    SLICE("this server is a plain Socket.IO one: it knows "
			  "neither people nor rooms");
	} else {
		buf_init(&name, SIZE_MAX);
		json_put_string(&name, slice_of(event));
		err = csocket_emit_ack(
		    c->socket, buf_view(&name), &args, on_reply, call);
		buf_deinit(&name);
		if (err == 0)
			return;
		r.code = SLICE("busy");
		r.message = SLICE("too much waits for an answer already");
	}
	answer(call, &r);
}

void
chat_request(struct chat *c, const char *event, struct slice json,
    chat_reply_cb cb, void *arg)
{
	struct chat_call *call = call_new(c, 0);

	call->cb = cb;
	call->arg = arg;
	request(call, event, json);
}

/* A request whose one member is a name. */
static void
request_name(struct chat_call *call, const char *event, const char *member,
    struct slice name, const char *after)
{
	struct buf json;

	buf_init(&json, SIZE_MAX);
	buf_putc(&json, '{');
	put_member(&json, member, name);
	if (after != NULL)
		put_member(&json, "after", slice_of(after));
	buf_putc(&json, '}');
	request(call, event, buf_view(&json));
	buf_deinit(&json);
}

void
chat_join(struct chat *c, struct slice room, chat_reply_cb cb, void *arg)
{
	struct chat_call *call = call_new(c, 0);
	struct chat_room *r = chat_room_get(c, room);

	call->cb = cb;
	call->arg = arg;
	call->join = xstrndup(room.p, room.len);
	request_name(call, "join", "room", room, r != NULL ? r->last : NULL);
}

void
chat_leave(struct chat *c, struct slice room, chat_reply_cb cb, void *arg)
{
	struct chat_call *call = call_new(c, 0);

	call->cb = cb;
	call->arg = arg;
	call->leave = xstrndup(room.p, room.len);
	request_name(call, "leave", "room", room, NULL);
}

void
chat_set_nick(struct chat *c, struct slice nick, chat_reply_cb cb, void *arg)
{
	struct chat_call *call = call_new(c, 0);

	call->cb = cb;
	call->arg = arg;
	call->nick = xstrndup(nick.p, nick.len);
	request_name(call, "nick", "nick", nick, NULL);
}

void
chat_rejoin(struct chat *c)
{
	for (unsigned i = 0; i < c->rooms_n && !c->dead; i++)
		if (c->rooms[i].joined)
			chat_join(c, slice_of(c->rooms[i].name), NULL, NULL);
}
