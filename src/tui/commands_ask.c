#include "config.h"

#include <stdlib.h>

#include "base/clean.h"
#include "base/mem.h"
#include "proto/json.h"
#include "tui/answer.h"
#include "tui/commands_internal.h"

static void
request_free(struct command_request *q)
{
	LIST_REMOVE(q, link);
	free(q->name);
	free(q);
}

void
commands_on_reply(void *arg, const struct chat_reply *r)
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

struct command_request *
commands_request_new(struct commands *c, const char *command,
    void (*done)(struct command_request *q, const struct chat_reply *r))
{
	struct command_request *q = xcalloc(1, sizeof(*q));

	q->commands = c;
	q->command = command;
	q->done = done;
	LIST_INSERT_HEAD(&c->requests, q, link);
	return q;
}

void
commands_show_by(struct command_request *q, const struct chat_reply *r,
    void (*put)(struct slice json, struct buf *out))
{
	struct commands *c = q->commands;
	struct buf b;

	buf_init(&b, COMMANDS_TEXT_MAX);
	put(r->json, &b);
	if (b.len == 0)
		buf_printf(&b, "/%s: done", q->command);
	c->ops->info(c->arg, buf_view(&b));
	buf_deinit(&b);
}

static void
show_people(struct command_request *q, const struct chat_reply *r)
{
	commands_show_by(q, r, answer_people);
}

static void
show_rooms(struct command_request *q, const struct chat_reply *r)
{
	commands_show_by(q, r, answer_rooms);
}

static void
show_person(struct command_request *q, const struct chat_reply *r)
{
	commands_show_by(q, r, answer_person);
}

void
commands_show_nothing(struct command_request *q, const struct chat_reply *r)
{
	(void)q;
	(void)r;
}

/* An event with an object of at most two strings. */
static void
ask(struct commands *c, const char *command, const char *event,
    void (*done)(struct command_request *q, const struct chat_reply *r),
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
	chat_request(c->chat, event, buf_view(&json), commands_on_reply,
	    commands_request_new(c, command, done));
	buf_deinit(&json);
}

/* The answer has the room as the server calls it. */
static void
joined(struct command_request *q, const struct chat_reply *r)
{
	struct commands *c = q->commands;
	struct buf room, with;
	struct slice raw;

	buf_init(&room, COMMANDS_TEXT_MAX);
	buf_init(&with, COMMANDS_TEXT_MAX);
	answer_name(r->json, "room", &room);
	if (json_get(r->json, "with", &raw))
		answer_name(raw, "nick", &with);
	c->ops->joined(c->arg,
	    room.len > 0 ? buf_view(&room) : slice_of(q->name),
	    buf_view(&with));
	buf_deinit(&room);
	buf_deinit(&with);
}

bool
commands_open_direct(struct commands *c, struct slice nick)
{
	struct command_request *q;
	struct buf room;

	buf_init(&room, nick.len + 1);
	buf_putc(&room, '@');
	buf_append_slice(&room, nick);
	if (!c->ops->show_room(c->arg, buf_view(&room))) {
		q = commands_request_new(c, "msg", joined);
		q->name = xstrndup(room.p, room.len);
		chat_join(c->chat, slice_of(q->name), commands_on_reply, q);
	}
	buf_deinit(&room);
	return true;
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
	q = commands_request_new(c, "join", joined);
	q->name = xstrndup(room.p, room.len);
	chat_join(c->chat, room, commands_on_reply, q);
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
	q = commands_request_new(c, "part", left);
	q->name = xstrndup(room.p, room.len);
	chat_leave(c->chat, slice_of(q->name), commands_on_reply, q);
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
		chat_set_nick(c->chat, args, commands_on_reply,
		    commands_request_new(c, "nick", renamed));
	return true;
}

bool
commands_topic(struct commands *c, struct slice args)
{
	struct slice topic = c->ops->topic(c->arg);

	if (args.len > 0)
		ask(c, "topic", "topic", commands_show_nothing, "room",
		    c->ops->room(c->arg), "topic", args);
	else if (topic.len > 0)
		c->ops->info(c->arg, topic);
	else
		c->ops->info(c->arg, SLICE("no topic is set"));
	return true;
}

bool
commands_who(struct commands *c, struct slice args)
{
	struct slice room = commands_room_name(args);

	ask(c, "who", "who", show_people, "room",
	    room.len > 0 ? room : c->ops->room(c->arg), NULL, room);
	return true;
}

bool
commands_rooms(struct commands *c, struct slice args)
{
	ask(c, "rooms", "rooms", show_rooms, NULL, args, NULL, args);
	return true;
}

bool
commands_whois(struct commands *c, struct slice args)
{
	if (args.len == 0)
		return commands_usage(c, "whois");
	ask(c, "whois", "whois", show_person, "nick", args, NULL, args);
	return true;
}

bool
commands_away(struct commands *c, struct slice args)
{
	ask(c, "away", "away", commands_show_nothing,
	    args.len > 0 ? "text" : NULL, args, NULL, args);
	return true;
}

bool
commands_read(struct commands *c, struct slice args)
{
	struct slice id = c->ops->message(c->arg, false);

	(void)args;
	if (id.len == 0)
		return commands_error(c, "there is nothing to read here");
	chat_read(c->chat, c->ops->room(c->arg), id);
	return true;
}

/* --- finding -----------------------------------------------------------------
 */

/* A line for each message, oldest first. */
static void
put_found(void *arg, const struct chat_message *m)
{
	struct buf *out = arg, line;

	buf_init(&line, COMMANDS_TEXT_MAX);
	answer_message(m, &line);
	if (out->len > 0)
		buf_putc(&line, '\n');
	/* they come newest first */
	buf_append_slice(&line, buf_view(out));
	buf_clear(out);
	buf_append_slice(out, buf_view(&line));
	buf_deinit(&line);
}

static void
show_messages(struct command_request *q, const struct chat_reply *r)
{
	struct commands *c = q->commands;
	struct slice list;
	struct buf b;

	buf_init(&b, COMMANDS_TEXT_MAX);
	if (json_get(r->json, "messages", &list))
		chat_each_message(c->chat, list, put_found, &b);
	c->ops->info(c->arg, b.len > 0 ? buf_view(&b) : SLICE("nothing found"));
	buf_deinit(&b);
}

static void
find(struct commands *c, const char *command, struct slice members,
    struct slice title)
{
	struct buf json;

	if (c->ops->list) {
		c->ops->list(c->arg, command, members, title);
		return;
	}
	buf_init(&json, COMMANDS_TEXT_MAX * 7);
	buf_putc(&json, '{');
	buf_append_slice(&json, members);
	buf_putc(&json, '}');
	chat_request(c->chat, command, buf_view(&json), commands_on_reply,
	    commands_request_new(c, command, show_messages));
	buf_deinit(&json);
}

/* "in:ROOM" and "from:NICK" are taken out of the words. */
static void
put_query(struct slice args, struct buf *members, struct buf *words)
{
	while (args.len > 0) {
		struct slice word = commands_take_word(&args);
		const char *key = NULL;

		if (slice_starts(word, "in:") && word.len > 3)
			key = "room";
		else if (slice_starts(word, "from:") && word.len > 5)
			key = "from";
		if (key) {
			word = slice_skip(word, key[0] == 'r' ? 3 : 5);
			if (key[0] == 'r')
				word = commands_room_name(word);
			buf_printf(members,
			    "%s\"%s\":", members->len > 0 ? "," : "", key);
			json_put_string(members, word);
			continue;
		}
		if (words->len > 0)
			buf_putc(words, ' ');
		buf_append_slice(words, word);
	}
	buf_printf(members, "%s\"text\":", members->len > 0 ? "," : "");
	json_put_string(members, buf_view(words));
}

bool
commands_search(struct commands *c, struct slice args)
{
	struct buf members, words, title;
	bool ok = true;

	if (args.len == 0)
		return commands_usage(c, "search");
	/* who can't be asked: what is here */
	if (chat_status(c->chat)->classic && c->ops->find)
		return c->ops->find(c->arg, args) ||
		       commands_error(c, "nothing found above");
	buf_init(&members, COMMANDS_TEXT_MAX * 7);
	buf_init(&words, COMMANDS_TEXT_MAX);
	buf_init(&title, COMMANDS_TEXT_MAX);
	put_query(args, &members, &words);
	if (words.len == 0) {
		ok = commands_error(c, "what is to be found? /search WORDS");
	} else {
		buf_puts(&title, "Found: ");
		clean_line(&title, args, 256);
		find(c, "search", buf_view(&members), buf_view(&title));
	}
	buf_deinit(&members);
	buf_deinit(&words);
	buf_deinit(&title);
	return ok;
}

bool
commands_mentions(struct commands *c, struct slice args)
{
	(void)args;
	find(c, "mentions", SLICE(""), SLICE("Mentions of you"));
	return true;
}

/* --- who one is
 * ----------------------------------------------------------------
 */

static void
identified(struct command_request *q, const struct chat_reply *r)
{
	struct commands *c = q->commands;
	struct buf b;

	buf_init(&b, COMMANDS_TEXT_MAX);
	buf_puts(&b, "you are registered as ");
	answer_name(r->json, "nick", &b);
	buf_puts(&b, "; this machine remembers it");
	c->ops->info(c->arg, buf_view(&b));
	buf_deinit(&b);
}

bool
commands_register(struct commands *c, struct slice args)
{
	struct slice password = commands_take_word(&args);
	struct slice old = commands_take_word(&args);

	if (password.len == 0)
		return commands_usage(c, "register");
	/* or else half of it would be the password */
	if (args.len > 0 || (old.len > 0 && !chat_status(c->chat)->registered))
		return commands_error(c, "a password has no spaces in it");
	chat_register(c->chat, password, old, commands_on_reply,
	    commands_request_new(c, "register", identified));
	return true;
}

bool
commands_login(struct commands *c, struct slice args)
{
	struct slice nick = commands_take_word(&args);
	struct slice password = commands_take_word(&args);

	if (password.len == 0)
		return commands_usage(c, "login");
	if (args.len > 0)
		return commands_error(c, "a password has no spaces in it");
	chat_login(c->chat, nick, password, commands_on_reply,
	    commands_request_new(c, "login", identified));
	return true;
}
