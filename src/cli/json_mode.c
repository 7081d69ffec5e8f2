#include "config.h"

#include <stdlib.h>
#include <sys/queue.h>

#include "base/mem.h"
#include "cli/json_tell.h"
#include "cli/modes.h"
#include "proto/json.h"

enum { STATUS_MAX = 1 << 20 };

struct json_mode {
	struct json_teller teller;
	LIST_HEAD(, asked) asked;
};

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

	json_begin(&out, "reply");
	if (a->ref != NULL) {
		json_put_key(&out, "ref");
		buf_puts(&out, a->ref);
	}
	json_put_bool(&out, "ok", r->ok);
	if (!r->ok) {
		json_put_text(&out, "code", r->code);
		json_put_text(&out, "message", r->message);
	}
	if (r->json.len > 0) {
		struct slice data = SLICE("null");
		struct json_iter it;

		json_iter_args(&it, r->json);
		json_iter_next(&it, NULL, &data);
		json_put_key(&out, "data");
		buf_append_slice(&out, data);
	}
	json_finish(a->h, &out);
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
	struct buf room, text, reply, err, out;
	uint64_t number;

	buf_init(&room, line.len);
	buf_init(&reply, line.len);
	buf_init(&text, line.len);
	buf_init(&err, 1024);
	get_text(line, "room", &room);
	get_text(line, "reply", &reply);
	if (!get_text(line, "text", &text)) {
		json_put_error(h, ref, SLICE("a message needs a text"));
		goto done;
	}
	number = chat_reply_to(
	    h->chat, buf_view(&room), buf_view(&reply), buf_view(&text), &err);
	if (number == 0) {
		json_put_error(h, ref, buf_view(&err));
	} else if (ref.len > 0) {
		json_begin(&out, "reply");
		json_put_key(&out, "ref");
		buf_append_slice(&out, ref);
		json_put_bool(&out, "ok", true);
		json_put_int(&out, "entry", number);
		json_finish(h, &out);
	}
done:
	buf_deinit(&room);
	buf_deinit(&text);
	buf_deinit(&reply);
	buf_deinit(&err);
}

/* join, leave, nick, register and login change what we come back to. */

static void
on_join(struct headless *h, struct slice line, struct slice ref)
{
	struct buf room, after;

	buf_init(&room, line.len);
	buf_init(&after, line.len);
	get_text(line, "after", &after);
	if (!get_text(line, "room", &room))
		json_put_error(h, ref, SLICE("the room is missing"));
	else if (after.len > 0)
		chat_join_after(h->chat, buf_view(&room), buf_view(&after),
		    on_reply, ask(h, ref));
	else
		chat_join(h->chat, buf_view(&room), on_reply, ask(h, ref));
	buf_deinit(&room);
	buf_deinit(&after);
}

static void
on_name(struct headless *h, struct slice line, struct slice ref,
    const char *member,
    void (*run)(struct chat *c, struct slice name, chat_reply_cb cb, void *arg))
{
	struct buf name;

	buf_init(&name, line.len);
	if (get_text(line, member, &name))
		run(h->chat, buf_view(&name), on_reply, ask(h, ref));
	else
		json_put_error(h, ref, SLICE("the name is missing"));
	buf_deinit(&name);
}

static void
on_leave(struct headless *h, struct slice line, struct slice ref)
{
	on_name(h, line, ref, "room", chat_leave);
}

static void
on_nick(struct headless *h, struct slice line, struct slice ref)
{
	on_name(h, line, ref, "nick", chat_set_nick);
}

/* register: the other one is the old password. */
static void
on_password(struct headless *h, struct slice line, struct slice ref, bool login)
{
	struct buf password, other;

	buf_init(&password, line.len);
	buf_init(&other, line.len);
	get_text(line, login ? "nick" : "old", &other);
	if (!get_text(line, "password", &password) || (login && other.len == 0))
		json_put_error(h, ref, SLICE("nick or password is missing"));
	else if (login)
		chat_login(h->chat, buf_view(&other), buf_view(&password),
		    on_reply, ask(h, ref));
	else
		chat_register(h->chat, buf_view(&password), buf_view(&other),
		    on_reply, ask(h, ref));
	buf_deinit(&password);
	buf_deinit(&other);
}

static void
on_register(struct headless *h, struct slice line, struct slice ref)
{
	on_password(h, line, ref, false);
}

static void
on_login(struct headless *h, struct slice line, struct slice ref)
{
	on_password(h, line, ref, true);
}

/* Without a name: no operator any more. */
static void
on_op(struct headless *h, struct slice line, struct slice ref)
{
	struct buf name, password;

	buf_init(&name, line.len);
	buf_init(&password, line.len);
	get_text(line, "name", &name);
	get_text(line, "password", &password);
	chat_op(h->chat, buf_view(&name), buf_view(&password), on_reply,
	    ask(h, ref));
	buf_deinit(&name);
	buf_deinit(&password);
}

static void
on_accept(struct headless *h, struct slice line, struct slice ref)
{
	on_name(h, line, ref, "invite", chat_accept);
}

/* An event of the same name whose argument is the line, but for what is ours
 * in it. */
static bool
on_event_request(
    struct headless *h, struct slice line, struct slice type, struct slice ref)
{
	static const char *const events[] = { "history", "search", "mentions",
		"edit", "delete", "react", "read", "rooms", "who", "whois",
		"away", "topic", "typing", "kick", "ban", "unban", "bans",
		"mute", "unmute", "slow", "moderator", "owner", "private",
		"invite", "uninvite", "invitations", "revoke", "audit" };
	struct slice key, value;
	struct json_iter it;
	struct buf data;
	size_t i = 0, n = sizeof(events) / sizeof(events[0]);

	while (i < n && !json_string_is(type, events[i]))
		i++;
	if (i == n)
		return false;
	buf_init(&data, 2 * line.len);
	buf_putc(&data, '{');
	json_iter_init(&it, line);
	while (json_iter_next(&it, &key, &value)) {
		if (json_string_is(key, "type") || json_string_is(key, "ref"))
			continue;
		if (data.len > 1)
			buf_putc(&data, ',');
		buf_append_slice(&data, key);
		buf_putc(&data, ':');
		buf_append_slice(&data, value);
	}
	buf_putc(&data, '}');
	chat_request(
	    h->chat, events[i], buf_view(&data), on_reply, ask(h, ref));
	buf_deinit(&data);
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
		json_put_error(h, ref, SLICE("a request needs an event"));
	}
	buf_deinit(&event);
}

static const struct {
	const char *type;
	void (*run)(struct headless *h, struct slice line, struct slice ref);
} lines[] = {
	{ "message", on_say },
	{ "request", on_request },
	{ "join", on_join },
	{ "leave", on_leave },
	{ "nick", on_nick },
	{ "register", on_register },
	{ "login", on_login },
	{ "op", on_op },
	{ "accept", on_accept },
};

static void
on_line(struct headless *h, struct slice line, bool too_long)
{
	struct slice type = SLICE("\"\""), ref = SLICE("");

	if (too_long) {
		json_put_error(h, ref, SLICE("a line of over a million bytes"));
		return;
	}
	if (line.len == 0)
		return;
	if (json_check(line) < 0 || json_type(line) != JSON_OBJECT) {
		json_put_error(h, ref, SLICE("not a JSON object"));
		return;
	}
	json_get(line, "type", &type);
	json_get(line, "ref", &ref);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (json_string_is(type, lines[i].type)) {
			lines[i].run(h, line, ref);
			return;
		}
	if (!on_event_request(h, line, type, ref))
		json_put_error(h, ref,
		    SLICE("there is no such type; message, join and request "
			  "are some: see chat(1)"));
}

int
json_run(const struct connect_options *opt)
{
	const struct headless_mode mode = {
		.chat = json_tell_cb,
		.on_line = on_line,
	};
	struct json_mode j;
	int status;

	LIST_INIT(&j.asked);
	buf_init(&j.teller.status, STATUS_MAX);
	status = headless_run(opt, &mode, &j);
	while (!LIST_EMPTY(&j.asked))
		asked_free(LIST_FIRST(&j.asked));
	buf_deinit(&j.teller.status);
	return status;
}
