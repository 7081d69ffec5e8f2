#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "client/chat_internal.h"
#include "proto/json.h"

/* ---- what is under way ---- */

struct chat_call *
chat_call_new(struct chat *c, enum chat_call_type type)
{
	struct chat_call *call = xcalloc(1, sizeof(*call));

	call->chat = c;
	call->type = type;
	if (type != CHAT_CALL_ENTRY)
		c->status.asking++;
	LIST_INSERT_HEAD(&c->calls, call, link);
	return call;
}

void
chat_call_free(struct chat_call *call)
{
	if (call->type != CHAT_CALL_ENTRY)
		call->chat->status.asking--;
	if (call->catches_up)
		call->chat->catching_up--;
	LIST_REMOVE(call, link);
	free(call->name);
	free(call);
}

void
chat_drop_calls(struct chat *c)
{
	struct chat_call *call;

	while ((call = LIST_FIRST(&c->calls)) != NULL)
		chat_call_free(call);
}

bool
chat_is_ok(struct slice json)
{
	struct slice raw;

	return json_type(json) != JSON_OBJECT ||
	       (json_get(json, "ok", &raw) && slice_is(raw, "true"));
}

bool
chat_is_temporary(struct slice code)
{
	return slice_is(code, "not-stored") || slice_is(code, "busy") ||
	       slice_is(code, "rate") || slice_is(code, "slow-mode");
}

static void
answer(struct chat_call *call, const struct chat_reply *r)
{
	struct chat *c = call->chat;
	chat_reply_cb cb = call->cb;
	void *arg = call->arg;

	chat_call_free(call);
	if (cb != NULL)
		cb(arg, r);
	chat_tell_status(c);
}

static void
request(struct chat_call *call, const char *event, struct slice json);

/* ---- what a granted request changes for the next connect ---- */

static void
joined(struct chat_call *call, struct slice json)
{
	struct chat *c = call->chat;

	if (chat_on_joined(c, slice_of(call->name), json) && !c->dead)
		chat_rejoin(c);
}

static void
renamed(struct chat_call *call, struct slice json)
{
	struct chat *c = call->chat;
	struct slice raw;

	free(c->nick);
	c->nick = call->name;
	call->name = NULL;
	if (json_get(json, "nick", &raw))
		chat_set_our_nick(c, raw);
	chat_tell_status(c);
}

/* {nick, from?, token}: we are this one from now on. */
static void
identified(struct chat_call *call, struct slice json)
{
	struct chat *c = call->chat;
	struct slice raw;
	struct buf from;

	c->status.registered = true;
	if (json_get(json, "nick", &raw))
		chat_set_our_nick(c, raw);
	buf_init(&from, json.len);
	chat_get_text(json, "from", &from);
	if (from.len > 0 && from.len < sizeof(c->from)) {
		memcpy(c->from, from.p, from.len);
		c->from[from.len] = '\0';
	}
	buf_deinit(&from);
	if (json_get(json, "token", &raw))
		chat_take_token(c, raw, true);
	if (call->type == CHAT_CALL_LOGIN) {
		chat_forget_direct(c);
		chat_call_rooms(c);
	}
	chat_tell_status(c);
}

static void
take_over(struct chat_call *call, struct slice json)
{
	struct chat *c = call->chat;
	struct slice raw;

	switch (call->type) {
	case CHAT_CALL_ENTRY:
	case CHAT_CALL_PLAIN:
		break;
	case CHAT_CALL_JOIN:
	case CHAT_CALL_REJOIN:
		joined(call, json);
		break;
	case CHAT_CALL_LEAVE:
		chat_room_left(c, slice_of(call->name));
		break;
	case CHAT_CALL_NICK:
		renamed(call, json);
		break;
	case CHAT_CALL_REGISTER:
	case CHAT_CALL_LOGIN:
		identified(call, json);
		break;
	case CHAT_CALL_READ:
		chat_tell_marker(c, slice_of(call->name), json);
		break;
	case CHAT_CALL_OP:
		c->status.is_operator =
		    json_get(json, "operator", &raw) && slice_is(raw, "true");
		break;
	case CHAT_CALL_ROOMS:
		if (!json_get(json, "rooms", &raw))
			break;
		chat_take_rooms(c, raw, true);
		if (!c->dead)
			chat_rejoin(c);
		break;
	}
}

/* ---- answers ---- */

static void
asked_no_more(struct chat_call *call)
{
	struct chat_room *r;

	if (call->type != CHAT_CALL_JOIN && call->type != CHAT_CALL_REJOIN)
		return;
	r = chat_room_find(call->chat, slice_of(call->name));
	if (r != NULL)
		r->asked = false;
}

/* A room that nobody but us has asked for can't be had. */
static void
refused(struct chat_call *call, const struct chat_reply *r)
{
	struct chat *c = call->chat;
	struct chat_room *room = chat_room_find(c, slice_of(call->name));
	struct chat_event ev = { .type = CHAT_REFUSED,
		.room = slice_of(call->name),
		.code = r->code,
		.text = r->message.len > 0 ? r->message : r->code };

	if (room == NULL || !room->wanted)
		return;
	if (chat_is_temporary(r->code)) {
		c->joins_later = true;
		chat_try_later(c, chat_get_number(r->json, "retry"));
		return;
	}
	room->refused = true;
	ev.with = chat_room_with(c, ev.room);
	chat_tell_event(c, &ev);
}

static void
not_answered(struct chat_call *call)
{
	struct chat_reply r = { .code = SLICE_INIT("timeout"),
		.message = SLICE_INIT("the server did not answer") };
	struct chat *c = call->chat;

	/* If it is not the connection, make it so: what we were in is asked
	 * for again then. */
	if (call->type == CHAT_CALL_REJOIN && csocket_connected(c->socket)) {
		chat_call_free(call);
		sio_manager_fail(c->manager, "timeout");
		return;
	}
	answer(call, &r);
}

static void
on_reply(void *arg, const struct sio_args *args)
{
	struct chat_call *call = arg;
	struct chat *c = call->chat;
	struct chat_reply r = { .ok = false };
	struct chat_texts t;

	asked_no_more(call);
	if (args == NULL) {
		not_answered(call);
		return;
	}
	chat_texts_init(&t, args->json.len);
	r.json = args->json;
	r.ok = chat_is_ok(args->json);
	r.code = chat_texts_get(&t, args->json, "code");
	r.message = chat_texts_get(&t, args->json, "message");
	if (r.ok)
		take_over(call, args->json);
	else if (call->type == CHAT_CALL_REJOIN)
		refused(call, &r);
	if (c->dead) {
		chat_call_free(call);
	} else {
		bool waits = call->catches_up;

		answer(call, &r);
		if (waits && !c->dead)
			chat_send_waiting(c);
	}
	chat_texts_deinit(&t);
}

/* ---- requests ---- */

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
	asked_no_more(call);
	answer(call, &r);
}

void
chat_request(struct chat *c, const char *event, struct slice json,
    chat_reply_cb cb, void *arg)
{
	struct chat_call *call = chat_call_new(c, CHAT_CALL_PLAIN);

	call->cb = cb;
	call->arg = arg;
	request(call, event, json);
}

void
chat_call_rooms(struct chat *c)
{
	request(chat_call_new(c, CHAT_CALL_ROOMS), "rooms", SLICE("{}"));
}

void
chat_put_member(struct buf *out, const char *name, struct slice value)
{
	if (out->p[out->len - 1] != '{')
		buf_putc(out, ',');
	json_put_string(out, slice_of(name));
	buf_putc(out, ':');
	json_put_string(out, value);
}

/* A request of one or two strings; the second is left out if it is "". */
static void
request_strings(struct chat_call *call, const char *event, const char *name,
    struct slice value, const char *name2, struct slice value2)
{
	struct buf json;

	buf_init(&json, SIZE_MAX);
	buf_putc(&json, '{');
	chat_put_member(&json, name, value);
	if (value2.len > 0)
		chat_put_member(&json, name2, value2);
	buf_putc(&json, '}');
	request(call, event, buf_view(&json));
	buf_deinit(&json);
}

static struct chat_call *
call_for(struct chat *c, enum chat_call_type type, chat_reply_cb cb, void *arg)
{
	struct chat_call *call = chat_call_new(c, type);

	call->cb = cb;
	call->arg = arg;
	return call;
}

/* r: NULL if nothing is known of it. */
static void
send_join(struct chat_call *call, struct slice room, struct chat_room *r)
{
	struct buf json;

	buf_init(&json, SIZE_MAX);
	buf_putc(&json, '{');
	chat_put_member(&json, "room", room);
	if (r != NULL && r->last != NULL) {
		chat_put_member(&json, "after", slice_of(r->last));
		buf_printf(&json, ",\"limit\":%d", CHAT_PAGE_MAX);
		call->catches_up = true;
		call->chat->catching_up++;
	}
	buf_putc(&json, '}');
	if (r != NULL)
		r->asked = true;
	call->name = xstrndup(room.p, room.len);
	request(call, "join", buf_view(&json));
	buf_deinit(&json);
}

void
chat_call_join(struct chat *c, struct chat_room *r)
{
	send_join(chat_call_new(c, CHAT_CALL_REJOIN), slice_of(r->name), r);
}

void
chat_join(struct chat *c, struct slice room, chat_reply_cb cb, void *arg)
{
	struct chat_room *r;

	room = chat_room_name(c, room);
	r = chat_room_find(c, room);
	/* Of a direct room that nobody has looked at we have no page. */
	if (r != NULL && !r->shown)
		r = NULL;
	send_join(call_for(c, CHAT_CALL_JOIN, cb, arg), room, r);
}

void
chat_join_after(struct chat *c, struct slice room, struct slice after,
    chat_reply_cb cb, void *arg)
{
	struct chat_room *r;

	room = chat_room_name(c, room);
	r = chat_room_get(c, room);
	if (r != NULL) {
		free(r->last);
		r->last = xstrndup(after.p, after.len);
	}
	send_join(call_for(c, CHAT_CALL_JOIN, cb, arg), room, r);
}

void
chat_leave(struct chat *c, struct slice room, chat_reply_cb cb, void *arg)
{
	struct chat_call *call = call_for(c, CHAT_CALL_LEAVE, cb, arg);

	call->name = xstrndup(room.p, room.len);
	request_strings(call, "leave", "room", room, NULL, SLICE(""));
}

void
chat_set_nick(struct chat *c, struct slice nick, chat_reply_cb cb, void *arg)
{
	struct chat_call *call = call_for(c, CHAT_CALL_NICK, cb, arg);

	call->name = xstrndup(nick.p, nick.len);
	request_strings(call, "nick", "nick", nick, NULL, SLICE(""));
}

void
chat_register(struct chat *c, struct slice password, struct slice old,
    chat_reply_cb cb, void *arg)
{
	request_strings(call_for(c, CHAT_CALL_REGISTER, cb, arg), "register",
	    "password", password, "old", old);
}

void
chat_login(struct chat *c, struct slice nick, struct slice password,
    chat_reply_cb cb, void *arg)
{
	request_strings(call_for(c, CHAT_CALL_LOGIN, cb, arg), "login", "nick",
	    nick, "password", password);
}

void
chat_op(struct chat *c, struct slice name, struct slice password,
    chat_reply_cb cb, void *arg)
{
	struct chat_call *call = call_for(c, CHAT_CALL_OP, cb, arg);

	if (name.len > 0)
		request_strings(call, "op", "name", name, "password", password);
	else
		request(call, "op", SLICE("{}"));
}

void
chat_read(struct chat *c, struct slice room, struct slice id)
{
	struct chat_call *call = chat_call_new(c, CHAT_CALL_READ);

	call->name = xstrndup(room.p, room.len);
	request_strings(call, "read", "room", room, "id", id);
}

void
chat_typing(struct chat *c, struct slice room)
{
	struct chat_room *r = chat_room_find(c, chat_room_name(c, room));
	uint64_t now = loop_now(c->loop);
	struct sio_args args = { .nbin = 0 };
	struct buf json;

	if (c->status.phase != CHAT_ONLINE || c->status.classic || r == NULL ||
	    (r->typed_at != 0 && now - r->typed_at < CHAT_TYPING_MS))
		return;
	r->typed_at = now;
	buf_init(&json, SIZE_MAX);
	buf_putc(&json, '{');
	chat_put_member(&json, "room", slice_of(r->name));
	buf_putc(&json, '}');
	args.json = buf_view(&json);
	csocket_emit(c->socket, SLICE("\"typing\""), &args, true);
	buf_deinit(&json);
}
