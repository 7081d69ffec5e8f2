#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sysexits.h>
#include <time.h>

#include "base/mem.h"
#include "cli/headless.h"
#include "cli/modes.h"
#include "proto/eio3_text.h"
#include "proto/json.h"

enum { LINE_MAX_BYTES = 16 << 20 };

struct json_mode {
	bool joined;
	LIST_HEAD(, asked) asked;
	struct buf status; /* as last told */
};

/* ---- writing ---- */

static void
put_key(struct buf *out, const char *key)
{
	buf_printf(out, ",\"%s\":", key);
}

static void
put_text(struct buf *out, const char *key, struct slice value)
{
	put_key(out, key);
	json_put_string(out, value);
}

static void
put_bool(struct buf *out, const char *key, bool value)
{
	put_key(out, key);
	buf_puts(out, value ? "true" : "false");
}

static void
put_int(struct buf *out, const char *key, uint64_t value)
{
	put_key(out, key);
	buf_printf(out, "%" PRIu64, value);
}

/* RFC 3339, UTC with milliseconds. */
static void
put_time(struct buf *out, uint64_t ms)
{
	time_t t = (time_t)(ms / 1000);
	char text[32];
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	put_key(out, "at");
	buf_printf(out, "\"%s.%03uZ\"", text, (unsigned)(ms % 1000));
}

static void
begin(struct buf *out, const char *type)
{
	buf_init(out, LINE_MAX_BYTES);
	buf_printf(out, "{\"v\":1,\"type\":\"%s\"", type);
}

/* Ends the object and writes it, in ASCII without DEL. */
static void
finish(struct headless *h, struct buf *out)
{
	struct buf ascii;
	const char *del;
	struct slice rest;

	buf_putc(out, '}');
	if (out->failed) {
		buf_clear(out);
		buf_puts(out, "{\"v\":1,\"type\":\"error\",\"message\":"
			      "\"what has come is too long for a line\"}");
	}
	/* Line ends in what a peer has sent as JSON, between its tokens. */
	for (size_t i = 0; i < out->len; i++)
		if ((unsigned char)out->p[i] < ' ')
			out->p[i] = ' ';
	buf_init(&ascii, (size_t)LINE_MAX_BYTES * 3);
	eio3_text_escape(&ascii, buf_view(out));
	rest = buf_view(&ascii);
	while (rest.len > 0 && (del = memchr(rest.p, 0x7f, rest.len)) != NULL) {
		size_t n = (size_t)(del - rest.p);

		headless_put(h, (struct slice){ rest.p, n });
		headless_put(h, SLICE("\\u007f"));
		rest = slice_skip(rest, n + 1);
	}
	headless_put(h, rest);
	headless_put(h, SLICE("\n"));
	buf_deinit(&ascii);
	buf_deinit(out);
}

static void
put_error(struct headless *h, struct slice ref, struct slice message)
{
	struct buf out;

	begin(&out, "error");
	if (ref.len > 0) {
		put_key(&out, "ref");
		buf_append_slice(&out, ref);
	}
	put_text(&out, "message", message);
	finish(h, &out);
}

/* ---- what the chat tells ---- */

static void
join_rooms(struct headless *h);

static void
on_status(void *arg, const struct chat_status *st)
{
	static const char *const phases[] = { [CHAT_CONNECTING] = "connecting",
		[CHAT_ONLINE] = "online",
		[CHAT_WAITING] = "waiting" };
	struct headless *h = arg;
	struct json_mode *j = h->arg;
	struct buf out;

	begin(&out, "status");
	put_text(&out, "phase", slice_of(phases[st->phase]));
	put_bool(&out, "classic", st->classic);
	put_text(&out, "nick", slice_of(st->nick));
	put_text(&out, "server", slice_of(st->server));
	put_text(&out, "transport", slice_of(st->transport));
	put_text(&out, "problem", slice_of(st->problem));
	if (!slice_eq(buf_view(&out), buf_view(&j->status))) {
		buf_clear(&j->status);
		buf_append_slice(&j->status, buf_view(&out));
		finish(h, &out);
	}
	buf_deinit(&out);
	if (st->phase == CHAT_ONLINE && !j->joined) {
		j->joined = true;
		join_rooms(h);
	}
	headless_check(h);
}

static void
on_message(void *arg, const struct chat_message *m)
{
	struct buf out;

	begin(&out, "message");
	put_text(&out, "room", m->room);
	put_text(&out, "nick", m->nick);
	put_text(&out, "text", m->text);
	put_text(&out, "id", m->id);
	put_int(&out, "seq", m->seq);
	put_time(&out, m->at);
	put_bool(&out, "own", m->own);
	put_bool(&out, "replay", m->replay);
	if (m->bin > 0) {
		put_int(&out, "attachments", m->bin);
		put_int(&out, "bytes", m->bin_bytes);
	}
	finish(arg, &out);
}

static void
on_event(void *arg, const struct chat_event *ev)
{
	static const struct {
		const char *type, *text;
	} forms[] = {
		[CHAT_JOINED] = { "joined", "text" },
		[CHAT_LEFT] = { "left", "reason" },
		[CHAT_NICK] = { "nick", "to" },
		[CHAT_TOPIC] = { "topic", "topic" },
		[CHAT_MEMBER] = { "member", "text" },
		[CHAT_NOTICE] = { "notice", "text" },
	};
	struct buf out;

	begin(&out, forms[ev->type].type);
	put_text(&out, "room", ev->room);
	put_text(&out, "nick", ev->nick);
	put_text(&out, forms[ev->type].text, ev->text);
	put_bool(&out, "self", ev->self);
	finish(arg, &out);
}

static void
on_entry(void *arg, const struct chat_entry *e)
{
	static const char *const states[] = {
		[CHAT_ENTRY_WAITING] = "waiting",
		[CHAT_ENTRY_SENT] = "sent",
		[CHAT_ENTRY_DELIVERED] = "delivered",
		[CHAT_ENTRY_FAILED] = "failed",
	};
	struct headless *h = arg;
	struct buf out;

	begin(&out, "entry");
	put_int(&out, "entry", e->number);
	put_text(&out, "state", slice_of(states[e->state]));
	put_text(&out, "room", e->room);
	put_text(&out, "text", e->text);
	put_time(&out, e->at);
	put_text(&out, "id", e->id);
	if (e->state == CHAT_ENTRY_FAILED) {
		put_text(&out, "code", e->code);
		put_text(&out, "reason", e->reason);
		h->status = EX_NOPERM;
	}
	put_bool(&out, "restored", e->restored);
	finish(h, &out);
	headless_check(h);
}

/* An event that is none of the above. */
static void
on_raw(void *arg, struct slice name, struct slice args)
{
	struct buf out;

	begin(&out, "event");
	put_text(&out, "name", name);
	put_key(&out, "args");
	buf_putc(&out, '[');
	buf_append_slice(&out, args);
	buf_putc(&out, ']');
	finish(arg, &out);
}

/* ---- input ---- */

/* A request on its way: its reference. */
struct asked {
	LIST_ENTRY(asked) link;
	struct headless *h;
	char *ref; /* raw JSON, or NULL */
};

static void
asked_free(struct asked *a)
{
	LIST_REMOVE(a, link);
	free(a->ref);
	free(a);
}

static void
on_reply(void *arg, const struct chat_reply *r)
{
	struct asked *a = arg;
	struct buf out;

	begin(&out, "reply");
	if (a->ref != NULL) {
		put_key(&out, "ref");
		buf_puts(&out, a->ref);
	}
	put_bool(&out, "ok", r->ok);
	if (!r->ok) {
		put_text(&out, "code", r->code);
		put_text(&out, "message", r->message);
	}
	if (r->json.len > 0) {
		struct slice data = SLICE("null");
		struct json_iter it;

		json_iter_args(&it, r->json);
		json_iter_next(&it, NULL, &data);
		put_key(&out, "data");
		buf_append_slice(&out, data);
	}
	finish(a->h, &out);
	asked_free(a);
}

static struct asked *
ask(struct headless *h, struct slice ref)
{
	struct asked *a = xcalloc(1, sizeof(*a));
	struct json_mode *j = h->arg;

	LIST_INSERT_HEAD(&j->asked, a, link);
	a->h = h;
	if (ref.len > 0)
		a->ref = xstrndup(ref.p, ref.len);
	return a;
}

/* A string member as text; false if there is none. */
static bool
get_text(struct slice line, const char *key, struct buf *out)
{
	struct slice raw;

	buf_clear(out);
	return json_get(line, key, &raw) && json_unescape(raw, out) == 0;
}

static void
on_say(struct headless *h, struct slice line, struct slice ref)
{
	struct buf room, text, err, out;
	uint64_t number;

	buf_init(&room, line.len);
	buf_init(&text, line.len);
	buf_init(&err, 1024);
	get_text(line, "room", &room);
	if (!get_text(line, "text", &text)) {
		put_error(h, ref, SLICE("a message needs a text"));
		goto done;
	}
	number = chat_say(h->chat, buf_view(&room), buf_view(&text), &err);
	if (number == 0) {
		put_error(h, ref, buf_view(&err));
	} else if (ref.len > 0) {
		begin(&out, "reply");
		put_key(&out, "ref");
		buf_append_slice(&out, ref);
		put_bool(&out, "ok", true);
		put_int(&out, "entry", number);
		finish(h, &out);
	}
done:
	buf_deinit(&room);
	buf_deinit(&text);
	buf_deinit(&err);
}

/* join, leave and nick change what we come back to. */
static bool
on_change_request(
    struct headless *h, struct slice line, struct slice type, struct slice ref)
{
	static const struct {
		const char *type, *member;
		void (*run)(struct chat *c, struct slice name, chat_reply_cb cb,
		    void *arg);
	} table[] = {
		{ "join", "room", chat_join },
		{ "leave", "room", chat_leave },
		{ "nick", "nick", chat_set_nick },
	};
	struct buf name;
	size_t i = 0;

	while (i < 3 && !json_string_is(type, table[i].type))
		i++;
	if (i == 3)
		return false;
	buf_init(&name, line.len);
	if (get_text(line, table[i].member, &name))
		table[i].run(h->chat, buf_view(&name), on_reply, ask(h, ref));
	else
		put_error(h, ref, SLICE("the name is missing"));
	buf_deinit(&name);
	return true;
}

static void
on_request(struct headless *h, struct slice line, struct slice ref)
{
	struct slice data = SLICE("{}");
	struct buf event;
	char *name;

	buf_init(&event, line.len);
	json_get(line, "data", &data);
	if (get_text(line, "event", &event)) {
		name = buf_steal(&event);
		chat_request(h->chat, name, data, on_reply, ask(h, ref));
		free(name);
	} else {
		put_error(h, ref, SLICE("a request needs an event"));
	}
	buf_deinit(&event);
}

static void
on_line(struct headless *h, struct slice line, bool too_long)
{
	struct slice type = SLICE("\"\""), ref = SLICE("");

	if (too_long) {
		put_error(h, ref, SLICE("a line of over a million bytes"));
		return;
	}
	if (line.len == 0)
		return;
	if (json_check(line) < 0 || json_type(line) != JSON_OBJECT) {
		put_error(h, ref, SLICE("not a JSON object"));
		return;
	}
	json_get(line, "type", &type);
	json_get(line, "ref", &ref);
	if (json_string_is(type, "message"))
		on_say(h, line, ref);
	else if (json_string_is(type, "request"))
		on_request(h, line, ref);
	else if (!on_change_request(h, line, type, ref))
		put_error(h, ref,
		    SLICE("type is message, join, leave, nick or request"));
}

static void
join_rooms(struct headless *h)
{
	for (unsigned i = 0; i < h->opt->rooms.n; i++)
		chat_join(h->chat, slice_of(h->opt->rooms.v[i]), on_reply,
		    ask(h, SLICE("")));
}

int
json_run(const struct connect_options *opt)
{
	static const struct headless_mode mode = {
		.chat = { on_status, on_message, on_event, on_entry, on_raw },
		.on_line = on_line,
	};
	struct json_mode j = { .joined = false };
	int status;

	LIST_INIT(&j.asked);
	buf_init(&j.status, LINE_MAX_BYTES);
	status = headless_run(opt, &mode, &j);
	while (!LIST_EMPTY(&j.asked))
		asked_free(LIST_FIRST(&j.asked));
	buf_deinit(&j.status);
	return status;
}
