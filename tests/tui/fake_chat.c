#include "config.h"

#include "fake_chat.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/msgid.h"
#include "proto/json.h"

enum { REQUESTS_MAX = 16 };

struct chat {
	struct chat_cb cb;
	void *arg;
	struct chat_status status;
	struct {
		chat_reply_cb cb;
		void *arg;
	} requests[REQUESTS_MAX];
	unsigned n_requests;
	uint64_t number;
	const char *refuse;
};

static struct chat *last;
static unsigned typing;
static struct buf calls = { .max = 1 << 20 };

struct slice
fake_chat_log(void)
{
	return buf_view(&calls);
}

void
fake_chat_clear_log(void)
{
	buf_deinit(&calls);
}

static void
note(const char *what, struct slice a, struct slice b)
{
	buf_puts(&calls, what);
	if (a.len > 0)
		buf_printf(&calls, " %.*s", SLICE_ARG(a));
	if (b.len > 0)
		buf_printf(&calls, " %.*s", SLICE_ARG(b));
	buf_putc(&calls, '\n');
}

unsigned
fake_chat_typing(void)
{
	return typing;
}

struct chat *
fake_chat_get(void)
{
	return last;
}

struct chat_status *
fake_chat_status(struct chat *c)
{
	return &c->status;
}

void
fake_chat_tell_status(struct chat *c)
{
	if (c->cb.on_status)
		c->cb.on_status(c->arg, &c->status);
}

void
fake_chat_message(struct chat *c, const struct chat_message *m)
{
	if (c->cb.on_message)
		c->cb.on_message(c->arg, m);
}

void
fake_chat_change(struct chat *c, const struct chat_change *ch)
{
	if (c->cb.on_change)
		c->cb.on_change(c->arg, ch);
}

void
fake_chat_room(struct chat *c, const struct chat_room_state *r)
{
	if (c->cb.on_room)
		c->cb.on_room(c->arg, r);
}

void
fake_chat_event(struct chat *c, const struct chat_event *ev)
{
	if (c->cb.on_event)
		c->cb.on_event(c->arg, ev);
}

void
fake_chat_entry(struct chat *c, const struct chat_entry *e)
{
	if (c->cb.on_entry)
		c->cb.on_entry(c->arg, e);
}

bool
fake_chat_answer(struct chat *c, const struct chat_reply *r)
{
	chat_reply_cb cb = c->requests[0].cb;
	void *arg = c->requests[0].arg;

	if (c->n_requests == 0)
		return false;
	memmove(c->requests, c->requests + 1,
	    --c->n_requests * sizeof(c->requests[0]));
	if (cb)
		cb(arg, r);
	return true;
}

void
fake_chat_refuse(struct chat *c, const char *why)
{
	c->refuse = why;
}

struct chat *
chat_new(struct loop *loop, const struct chat_options *opt,
    const struct chat_cb *cb, void *arg, struct buf *err)
{
	struct chat *c = xcalloc(1, sizeof(*c));

	(void)loop, (void)opt, (void)err;
	c->cb = *cb;
	c->arg = arg;
	c->status = (struct chat_status){ .transport = "websocket",
		.server = "",
		.nick = "",
		.from = "",
		.held = "",
		.problem = "",
		.code = "",
		.lag_ms = -1 };
	last = c;
	return c;
}

void
chat_close(struct chat *c)
{
	note("close", SLICE(""), SLICE(""));
	if (last == c)
		last = NULL;
	free(c);
}

static uint64_t
add(struct chat *c, struct slice room, struct slice text, struct slice reply)
{
	struct chat_entry e = { .state = CHAT_ENTRY_WAITING,
		.room = room,
		.text = text,
		.reply = reply,
		.at = 1700000000000 };

	e.number = ++c->number;
	fake_chat_entry(c, &e);
	return e.number;
}

uint64_t
chat_say(struct chat *c, struct slice room, struct slice text, struct buf *err)
{
	if (c->refuse) {
		buf_puts(err, c->refuse);
		return 0;
	}
	note("say", room, text);
	return add(c, room, text, SLICE(""));
}

uint64_t
chat_reply_to(struct chat *c, struct slice room, struct slice id,
    struct slice text, struct buf *err)
{
	if (c->refuse) {
		buf_puts(err, c->refuse);
		return 0;
	}
	buf_printf(&calls, "reply %.*s", SLICE_ARG(id));
	note("", room, text);
	return add(c, room, text, id);
}

const struct chat_status *
chat_status(const struct chat *c)
{
	return &c->status;
}

void
chat_retry_now(struct chat *c)
{
	(void)c;
	note("retry", SLICE(""), SLICE(""));
}

static void
ask(struct chat *c, chat_reply_cb cb, void *arg)
{
	assert(c->n_requests < REQUESTS_MAX);
	c->requests[c->n_requests].cb = cb;
	c->requests[c->n_requests++].arg = arg;
}

void
chat_request(struct chat *c, const char *event, struct slice json,
    chat_reply_cb cb, void *arg)
{
	note(event, json, SLICE(""));
	ask(c, cb, arg);
}

void
chat_join(struct chat *c, struct slice room, chat_reply_cb cb, void *arg)
{
	note("join", room, SLICE(""));
	ask(c, cb, arg);
}

void
chat_leave(struct chat *c, struct slice room, chat_reply_cb cb, void *arg)
{
	note("leave", room, SLICE(""));
	ask(c, cb, arg);
}

void
chat_set_nick(struct chat *c, struct slice nick, chat_reply_cb cb, void *arg)
{
	note("nick", nick, SLICE(""));
	ask(c, cb, arg);
}

void
chat_join_after(struct chat *c, struct slice room, struct slice after,
    chat_reply_cb cb, void *arg)
{
	note("join", room, after);
	ask(c, cb, arg);
}

void
chat_register(struct chat *c, struct slice password, struct slice old,
    chat_reply_cb cb, void *arg)
{
	note("register", password, old);
	ask(c, cb, arg);
}

void
chat_login(struct chat *c, struct slice nick, struct slice password,
    chat_reply_cb cb, void *arg)
{
	note("login", nick, password);
	ask(c, cb, arg);
}

void
chat_op(struct chat *c, struct slice name, struct slice password,
    chat_reply_cb cb, void *arg)
{
	note("op", name, password);
	ask(c, cb, arg);
}

void
chat_accept(struct chat *c, struct slice code, chat_reply_cb cb, void *arg)
{
	note("accept", code, SLICE(""));
	ask(c, cb, arg);
}

void
chat_set_password(struct chat *c, const char *password)
{
	(void)c;
	note("password", slice_of(password), SLICE(""));
}

void
chat_read(struct chat *c, struct slice room, struct slice id)
{
	(void)c;
	note("read", room, id);
}

void
chat_typing(struct chat *c, struct slice room)
{
	(void)c, (void)room;
	typing++;
}

static struct slice
text_of(struct slice json, const char *key, struct buf *out)
{
	size_t from = out->len;
	struct slice raw;

	if (json_get(json, key, &raw))
		json_unescape(raw, out);
	return (struct slice){ out->p + from, out->len - from };
}

/* What the tests put into a page: texts, and id, seq, room and nick of META. */
void
chat_each_message(struct chat *c, struct slice list,
    void (*each)(void *arg, const struct chat_message *m), void *arg)
{
	struct chat_reactions none = { .n = 0 };
	struct json_iter it, parts;
	struct slice row, text, meta, seq;
	int64_t n;

	json_iter_init(&it, list);
	while (json_iter_next(&it, NULL, &row)) {
		struct chat_message m = { .replay = true, .reactions = &none };
		struct msgid id;
		struct buf b;

		buf_init(&b, 1 << 16);
		buf_reserve(&b, 1 << 16);
		json_iter_init(&parts, row);
		json_iter_next(&parts, NULL, &text);
		json_iter_next(&parts, NULL, &meta);
		json_unescape(text, &b);
		m.text = buf_view(&b);
		m.id = text_of(meta, "id", &b);
		m.room = text_of(meta, "room", &b);
		m.nick = text_of(meta, "nick", &b);
		m.own = slice_is(m.nick, c->status.nick);
		if (json_get(meta, "seq", &seq) &&
		    json_int(seq, 0, INT64_MAX, &n) == 0)
			m.seq = (uint64_t)n;
		if (msgid_parse(m.id, &id) == 0)
			m.at = id.ms;
		each(arg, &m);
		buf_deinit(&b);
	}
}
