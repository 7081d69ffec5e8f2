#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "client/chat_internal.h"
#include "proto/json.h"

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
		.room = chat_room_name(c, o->room),
		.with = chat_room_with(c, o->room),
		.text = o->text,
		.reply = o->reply,
		.at = o->at,
		.restored = o->restored };

	tell_entry(c, &e);
}

/* They are answered where they are heard. */
void
chat_want_entries(struct chat *c)
{
	struct outbox_entry *o;
	struct chat_room *r;

	TAILQ_FOREACH (o, &c->outbox.entries, link) {
		if (slice_starts(o->room, "@"))
			continue;
		r = chat_room_get(c, o->room);
		if (r != NULL)
			r->wanted = true;
	}
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
	struct slice name = chat_room_name(c, o->room);
	char *room = xstrndup(name.p, name.len);
	char *text = xstrndup(o->text.p, o->text.len);

	e->number = o->number;
	e->at = o->at;
	e->room = slice_of(room);
	e->with = chat_room_with(c, e->room);
	e->text = (struct slice){ text, o->text.len };
	if (o->state == CHAT_IN_FLIGHT) {
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

/* ---- acknowledgements ---- */

bool
chat_came_back(struct chat *c, struct slice nonce, struct slice id)
{
	struct outbox_entry *o = outbox_by_nonce(&c->outbox, nonce);
	struct chat_entry e = { .state = CHAT_ENTRY_DELIVERED, .id = id };

	if (o != NULL) {
		chat_release(c);
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

static void
on_entry_ack(void *arg, const struct sio_args *args)
{
	struct chat_call *call = arg;
	struct chat *c = call->chat;
	struct outbox_entry *o = outbox_by_number(&c->outbox, call->entry);
	struct chat_entry e = { .state = CHAT_ENTRY_DELIVERED };
	struct chat_texts t;

	chat_call_free(call);
	if (args == NULL) {
		/* If it is not the connection, make it so: all that was not
		 * acknowledged is sent again, in order. */
		if (o != NULL && csocket_connected(c->socket))
			sio_manager_fail(c->manager, "timeout");
		return;
	}
	chat_counted(c, o != NULL ? o->text.len : 0);
	if (o == NULL)
		return; /* it has come back already */
	chat_texts_init(&t, args->json.len);
	e.id = chat_texts_get(&t, args->json, "id");
	if (!chat_is_ok(args->json)) {
		e.state = CHAT_ENTRY_FAILED;
		e.code = chat_texts_get(&t, args->json, "code");
		e.reason = chat_texts_get(&t, args->json, "message");
		if (e.reason.len == 0)
			e.reason = e.code;
	}
	if (chat_is_temporary(e.code)) {
		chat_hold(c, o, e.code, e.reason,
		    chat_get_number(args->json, "retry"));
	} else {
		if (e.state == CHAT_ENTRY_DELIVERED)
			chat_release(c);
		settle(c, o, &e);
	}
	chat_texts_deinit(&t);
	if (c->dead)
		return;
	chat_send_waiting(c);
	chat_tell_status(c);
}

/* ---- sending ---- */

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
		chat_put_member(&json, "room", chat_room_name(c, o->room));
		chat_put_member(&json, "nonce", slice_of(o->nonce));
		if (o->reply.len > 0)
			chat_put_member(&json, "reply", o->reply);
		buf_putc(&json, '}');
		args.json = buf_view(&json);
		call = chat_call_new(c, CHAT_CALL_ENTRY);
		call->entry = o->number;
		err = csocket_emit_ack(
		    c->socket, name, &args, on_entry_ack, call);
		if (err < 0)
			chat_call_free(call);
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
	if (c->probing && c->in_flight > 0)
		return false;
	if (c->in_flight == CHAT_IN_FLIGHT_MAX ||
	    c->in_flight_bytes > CHAT_IN_FLIGHT_BYTES)
		return false;
	o->state = CHAT_IN_FLIGHT;
	c->in_flight++;
	c->in_flight_bytes += o->text.len;
	if (send_entry(c, o) == 0)
		return true;
	o->state = CHAT_IDLE;
	c->in_flight--;
	c->in_flight_bytes -= o->text.len;
	return false;
}

void
chat_send_waiting(struct chat *c)
{
	struct outbox_entry *o, *next;
	enum chat_turn turn;

	/* What was missed comes first, so that each room has its order; and
	 * what was refused for now is not overtaken. */
	if (c->status.inviting)
		return;
	if (!c->status.classic && (c->catching_up > 0 || chat_is_holding(c)))
		return;
	for (o = TAILQ_FIRST(&c->outbox.entries); o != NULL; o = next) {
		/* Sending may end the connection, telling the chat. */
		if (c->dead || c->status.phase != CHAT_ONLINE)
			return;
		next = TAILQ_NEXT(o, link);
		if (o->state != CHAT_IDLE || refused_here(c, o))
			continue;
		turn = c->status.classic ? CHAT_TURN_NOW : chat_turn_of(c, o);
		if (turn == CHAT_TURN_LATER ||
		    (turn == CHAT_TURN_NOW && !send_next(c, o)))
			return;
	}
}

void
chat_forget_sent(struct chat *c)
{
	struct outbox_entry *o;

	TAILQ_FOREACH (o, &c->outbox.entries, link)
		o->state = CHAT_IDLE;
	/* The next session knows nothing of what this one has refused. */
	chat_forget_holding(c);
	c->in_flight = 0;
	c->in_flight_bytes = 0;
	chat_forget_echoes(c);
}

/* False with one line in err: it can't be sent. */
static bool
check_text(const struct chat *c, struct slice text, struct buf *err)
{
	if (text.len == 0)
		buf_puts(err, "there is nothing to send");
	else if (c->status.inviting)
		buf_puts(err, "not sent: where the invitation leads is not "
			      "known yet");
	else if (text.len > c->text_max)
		buf_printf(err, "too long: %zu bytes, the most is %zu",
		    text.len, c->text_max);
	else if (!utf8_valid(text.p, text.len) ||
		 memchr(text.p, '\0', text.len) != NULL)
		buf_puts(err, "not sent: the text is not UTF-8, or has a NUL");
	else
		return true;
	return false;
}

uint64_t
chat_reply_to(struct chat *c, struct slice room, struct slice id,
    struct slice text, struct buf *err)
{
	struct outbox_entry *o;
	uint64_t number;

	if (!check_text(c, text, err))
		return 0;
	if (room.len == 0)
		room = slice_of(
		    c->invited_to != NULL ? c->invited_to : CHAT_LOBBY);
	o = outbox_add_reply(
	    &c->outbox, chat_room_name(c, room), text, id, clock_wall_ms());
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

uint64_t
chat_say(struct chat *c, struct slice room, struct slice text, struct buf *err)
{
	return chat_reply_to(c, room, SLICE(""), text, err);
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
		if (o->state != CHAT_IN_FLIGHT)
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

	if (o == NULL || o->state != CHAT_IN_FLIGHT || !slice_eq(o->text, text))
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
