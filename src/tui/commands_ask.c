#include "config.h"

#include <stdlib.h>

#include "base/clean.h"
#include "base/mem.h"
#include "proto/json.h"
#include "tui/answer.h"
#include "tui/commands_internal.h"

/* A request under way. chat_close drops it without a call, so that they are
 * kept in a list. */
struct command_request {
	LIST_ENTRY(command_request) link;
	struct commands *commands;
	const char *command;
	char *name; /* of the room that is joined or left */
	void (*done)(struct command_request *q, const struct chat_reply *r);
};

static void
request_free(struct command_request *q)
{
	LIST_REMOVE(q, link);
	free(q->name);
	free(q);
}

static void
on_reply(void *arg, const struct chat_reply *r)
{
	struct command_request *q = arg;
	struct commands *c = q->commands;
	struct buf b;

	if (r->ok) {
		q->done(q, r);
	} else {
		buf_init(&b, COMMANDS_TEXT_MAX);
		answer_problem(q->command, r, &b);
		commands_error_take(c, &b);
	}
	request_free(q);
}

void
commands_drop_requests(struct commands *c)
{
	while (!LIST_EMPTY(&c->requests))
		request_free(LIST_FIRST(&c->requests));
}

static struct command_request *
request_new(struct commands *c, const char *command,
    void (*done)(struct command_request *q, const struct chat_reply *r))
{
	struct command_request *q = xcalloc(1, sizeof(*q));

	q->commands = c;
	q->command = command;
	q->done = done;
	LIST_INSERT_HEAD(&c->requests, q, link);
	return q;
}

static void
show_answer(struct command_request *q, const struct chat_reply *r)
{
	struct commands *c = q->commands;
	struct buf b;

	buf_init(&b, COMMANDS_TEXT_MAX);
	answer_lines(r->json, &b);
	if (b.len == 0)
		buf_printf(&b, "/%s: done", q->command);
	c->ops->info(c->arg, buf_view(&b));
	buf_deinit(&b);
}

/* An event with an object of at most two strings. */
static void
ask(struct commands *c, const char *command, const char *event,
    const char *key1, struct slice value1, const char *key2,
    struct slice value2)
{
	struct buf json;

	buf_init(&json, COMMANDS_TEXT_MAX * 7);
	buf_putc(&json, '{');
	if (key1) {
		buf_printf(&json, "\"%s\":", key1);
		json_put_string(&json, value1);
	}
	if (key2) {
		buf_printf(&json, ",\"%s\":", key2);
		json_put_string(&json, value2);
	}
	buf_putc(&json, '}');
	chat_request(c->chat, event, buf_view(&json), on_reply,
	    request_new(c, command, show_answer));
	buf_deinit(&json);
}

static void
joined(struct command_request *q, const struct chat_reply *r)
{
	(void)r;
	q->commands->ops->joined(q->commands->arg, slice_of(q->name));
}

bool
commands_join(struct commands *c, struct slice args)
{
	struct slice room = commands_room_name(args);
	struct command_request *q;

	if (room.len == 0)
		return commands_usage(c, "join");
	if (c->ops->show_room(c->arg, room))
		return true;
	q = request_new(c, "join", joined);
	q->name = xstrndup(room.p, room.len);
	chat_join(c->chat, room, on_reply, q);
	return true;
}

static void
left(struct command_request *q, const struct chat_reply *r)
{
	(void)r;
	q->commands->ops->left(q->commands->arg, slice_of(q->name));
}

bool
commands_part(struct commands *c, struct slice args)
{
	struct slice room = commands_room_name(args);
	struct command_request *q;

	if (room.len == 0)
		room = c->ops->room(c->arg);
	if (room.len == 0)
		return commands_usage(c, "part");
	if (slice_starts(room, "@")) { /* no room of the server's */
		c->ops->left(c->arg, room);
		return true;
	}
	q = request_new(c, "part", left);
	q->name = xstrndup(room.p, room.len);
	chat_leave(c->chat, slice_of(q->name), on_reply, q);
	return true;
}

static void
tell_nick(struct commands *c)
{
	struct slice nick = slice_of(chat_status(c->chat)->nick);
	struct buf b;

	buf_init(&b, COMMANDS_TEXT_MAX);
	if (nick.len == 0) {
		buf_puts(&b, "the server has not told your nick");
	} else {
		buf_puts(&b, "your nick is ");
		clean_line(&b, nick, nick.len + 8);
	}
	c->ops->info(c->arg, buf_view(&b));
	buf_deinit(&b);
}

static void
renamed(struct command_request *q, const struct chat_reply *r)
{
	(void)r;
	tell_nick(q->commands);
}

bool
commands_nick(struct commands *c, struct slice args)
{
	if (args.len == 0)
		tell_nick(c);
	else
		chat_set_nick(
		    c->chat, args, on_reply, request_new(c, "nick", renamed));
	return true;
}

bool
commands_topic(struct commands *c, struct slice args)
{
	struct slice topic = c->ops->topic(c->arg);

	if (args.len > 0)
		ask(c, "topic", "topic", "room", c->ops->room(c->arg), "topic",
		    args);
	else if (topic.len > 0)
		c->ops->info(c->arg, topic);
	else
		c->ops->info(c->arg, SLICE("no topic is set"));
	return true;
}

bool
commands_names(struct commands *c, struct slice args)
{
	struct slice room = commands_room_name(args);
	struct buf b;

	buf_init(&b, COMMANDS_TEXT_MAX);
	if (room.len == 0)
		c->ops->people(c->arg, &b);
	if (b.len > 0)
		c->ops->info(c->arg, buf_view(&b));
	else
		ask(c, "names", "who", "room",
		    room.len > 0 ? room : c->ops->room(c->arg), NULL, room);
	buf_deinit(&b);
	return true;
}

bool
commands_list(struct commands *c, struct slice args)
{
	ask(c, "list", "rooms", NULL, args, NULL, args);
	return true;
}

bool
commands_whois(struct commands *c, struct slice args)
{
	if (args.len == 0)
		return commands_usage(c, "whois");
	ask(c, "whois", "whois", "nick", args, NULL, args);
	return true;
}

bool
commands_away(struct commands *c, struct slice args)
{
	ask(c, "away", "away", "text", args, NULL, args);
	return true;
}

bool
commands_search(struct commands *c, struct slice args)
{
	if (args.len == 0)
		return commands_usage(c, "search");
	if (!c->ops->find)
		ask(c, "search", "search", "text", args, "room",
		    c->ops->room(c->arg));
	else if (!c->ops->find(c->arg, args))
		return commands_error(c, "nothing found above");
	return true;
}
