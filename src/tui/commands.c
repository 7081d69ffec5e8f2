#include "config.h"

#include "tui/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clean.h"
#include "base/mem.h"
#include "tui/commands_internal.h"
#include "tui/model.h"

static void
tell_about(struct commands *c, struct slice nick, const char *what)
{
	struct buf b;

	buf_init(&b, COMMANDS_TEXT_MAX);
	clean_line(&b, nick, 256);
	buf_printf(&b, " %s", what);
	c->ops->info(c->arg, buf_view(&b));
	buf_deinit(&b);
}

bool
commands_error(struct commands *c, const char *line)
{
	c->ops->error(c->arg, slice_of(line));
	return false;
}

bool
commands_error_take(struct commands *c, struct buf *b)
{
	c->ops->error(c->arg, buf_view(b));
	buf_deinit(b);
	return false;
}

bool
commands_usage(struct commands *c, const char *name)
{
	const struct commands_row *row = commands_find(slice_of(name));
	struct buf b;

	buf_init(&b, COMMANDS_TEXT_MAX);
	buf_printf(&b, "/%s %s", row->name, row->args);
	return commands_error_take(c, &b);
}

struct slice
commands_room_name(struct slice s)
{
	return slice_starts(s, "#") ? slice_skip(s, 1) : s;
}

static struct slice
trim(struct slice s)
{
	while (s.len > 0 && (s.p[0] == ' ' || s.p[0] == '\n'))
		s = slice_skip(s, 1);
	while (s.len > 0 && (s.p[s.len - 1] == ' ' || s.p[s.len - 1] == '\n'))
		s.len--;
	return s;
}

struct slice
commands_take_word(struct slice *s)
{
	struct slice word;

	*s = trim(*s);
	word = slice_take_until(s, ' ');
	*s = trim(*s);
	return word;
}

static bool
say(struct commands *c, struct slice room, struct slice text)
{
	struct buf err;

	if (room.len == 0)
		return commands_error(c, "you are in no room: /join one");
	buf_init(&err, COMMANDS_TEXT_MAX);
	if (!chat_say(c->chat, room, text, &err))
		return commands_error_take(c, &err);
	buf_deinit(&err);
	return true;
}

bool
commands_do_msg(struct commands *c, struct slice args)
{
	struct slice nick = commands_take_word(&args);
	struct buf room;
	bool ok;

	if (slice_starts(nick, "@"))
		nick = slice_skip(nick, 1);
	if (nick.len == 0)
		return commands_usage(c, "msg");
	if (chat_status(c->chat)->classic)
		return commands_error(
		    c, "a plain Socket.IO server: it knows no /msg");
	if (args.len == 0)
		return commands_open_direct(c, nick);
	buf_init(&room, nick.len + 1);
	buf_putc(&room, '@');
	buf_append_slice(&room, nick);
	ok = say(c, buf_view(&room), args);
	buf_deinit(&room);
	return ok;
}

/* To the newest message of somebody else. */
bool
commands_do_reply(struct commands *c, struct slice args)
{
	struct slice id = c->ops->message(c->arg, true);
	struct buf err;

	if (args.len == 0)
		return commands_usage(c, "reply");
	if (id.len == 0)
		return commands_error(
		    c, "there is no message to reply to here");
	buf_init(&err, COMMANDS_TEXT_MAX);
	if (!chat_reply_to(c->chat, c->ops->room(c->arg), id, args, &err))
		return commands_error_take(c, &err);
	buf_deinit(&err);
	return true;
}

bool
commands_do_me(struct commands *c, struct slice args)
{
	struct buf text;
	bool ok;

	if (args.len == 0)
		return commands_usage(c, "me");
	buf_init(&text, args.len + 4);
	buf_puts(&text, "/me ");
	buf_append_slice(&text, args);
	ok = say(c, c->ops->room(c->arg), buf_view(&text));
	buf_deinit(&text);
	return ok;
}

static int
ignored_at(const struct commands *c, struct slice nick)
{
	char *key = model_fold(nick);
	int at = -1;

	for (unsigned i = 0; i < c->n_ignored; i++)
		if (!strcmp(c->ignored[i], key))
			at = (int)i;
	free(key);
	return at;
}

bool
commands_ignores(const struct commands *c, struct slice nick)
{
	return ignored_at(c, nick) >= 0;
}

bool
commands_do_ignore(struct commands *c, struct slice args)
{
	struct buf b;

	if (args.len == 0) {
		buf_init(&b, COMMANDS_TEXT_MAX);
		buf_puts(&b, c->n_ignored ? "ignored:" : "nobody is ignored");
		for (unsigned i = 0; i < c->n_ignored; i++)
			buf_printf(&b, " %s", c->ignored[i]);
		c->ops->info(c->arg, buf_view(&b));
		buf_deinit(&b);
		return true;
	}
	if (commands_ignores(c, args)) {
		tell_about(c, args, "is ignored already");
	} else if (c->n_ignored == COMMANDS_IGNORED_MAX) {
		return commands_error(
		    c, "so many are ignored already: /unignore one");
	} else {
		c->ignored[c->n_ignored++] = model_fold(args);
		tell_about(c, args, "is ignored from now on");
	}
	return true;
}

bool
commands_do_unignore(struct commands *c, struct slice args)
{
	int at = ignored_at(c, args);

	if (args.len == 0)
		return commands_usage(c, "unignore");
	if (at < 0)
		return commands_error(
		    c, "nobody of that name is ignored; /ignore lists them");
	free(c->ignored[at]);
	c->ignored[at] = c->ignored[--c->n_ignored];
	tell_about(c, args, "is not ignored any more");
	return true;
}

bool
commands_do_window(struct commands *c, struct slice args)
{
	char *end, *s = xstrndup(args.p, args.len);
	unsigned long n = strtoul(s, &end, 10);
	bool number = args.len > 0 && *end == '\0';

	free(s);
	if (args.len == 0)
		return commands_usage(c, "window");
	if (number ? c->ops->show_number(c->arg, (unsigned)n)
		   : c->ops->show_room(c->arg, commands_room_name(args)))
		return true;
	return commands_error(c, "there is no such room here; /join opens one");
}

bool
commands_do_reconnect(struct commands *c, struct slice args)
{
	(void)args;
	chat_retry_now(c->chat);
	return true;
}

bool
commands_do_clear(struct commands *c, struct slice args)
{
	(void)args;
	if (!c->ops->clear)
		return commands_error(c, "there is nothing to clear here");
	c->ops->clear(c->arg);
	return true;
}

static void
put_setting(
    struct commands *c, const char *name, const char *help, struct buf *out)
{
	buf_printf(out, "%s%-7s %-4s %s", out->len > 0 ? "\n" : "", name,
	    settings_get(c->settings, slice_of(name)), help);
}

bool
commands_do_set(struct commands *c, struct slice args)
{
	struct slice name = commands_take_word(&args);
	const char *row, *help;
	struct buf b;

	if (!c->settings)
		return commands_error(c, "there is nothing to set here");
	buf_init(&b, COMMANDS_TEXT_MAX);
	if (name.len > 0 && !settings_get(c->settings, name))
		return commands_error(
		    c, "there is no such setting; /set lists them");
	if (args.len > 0) {
		if (settings_set(c->settings, name, args, &b))
			return commands_error_take(c, &b);
		c->ops->settings(c->arg);
	}
	for (unsigned i = 0; settings_row(i, &row, &help); i++)
		if (name.len == 0 || slice_is(name, row))
			put_setting(c, row, help, &b);
	c->ops->info(c->arg, buf_view(&b));
	buf_deinit(&b);
	return true;
}

bool
commands_do_help(struct commands *c, struct slice args)
{
	const struct commands_row *row = NULL;
	struct buf b;

	if (args.len == 0 && c->ops->help) {
		c->ops->help(c->arg);
		return true;
	}
	if (args.len > 0) {
		row = commands_find(
		    slice_starts(args, "/") ? slice_skip(args, 1) : args);
		if (!row)
			return commands_error(c, "there is no such command; "
						 "/help lists them");
	}
	buf_init(&b, COMMANDS_TEXT_MAX);
	if (row)
		buf_printf(&b, "/%s%s%s: %s", row->name,
		    row->args[0] ? " " : "", row->args, row->help);
	else
		commands_help(&b);
	c->ops->info(c->arg, buf_view(&b));
	buf_deinit(&b);
	return true;
}

bool
commands_do_quit(struct commands *c, struct slice args)
{
	(void)args;
	c->ops->quit(c->arg);
	return true;
}

struct commands *
commands_new(struct chat *chat, const struct commands_ops *ops, void *arg,
    struct settings *settings)
{
	struct commands *c = xcalloc(1, sizeof(*c));

	c->chat = chat;
	c->ops = ops;
	c->arg = arg;
	c->settings = settings;
	return c;
}

void
commands_free(struct commands *c)
{
	commands_drop_requests(c);
	while (c->n_ignored > 0)
		free(c->ignored[--c->n_ignored]);
	free(c);
}

size_t
commands_secret(struct slice line)
{
	struct slice rest = line, name, nick;
	const struct commands_row *row;

	if (!slice_starts(line, "/"))
		return line.len;
	rest = slice_skip(line, 1);
	name = slice_take_until(&rest, ' ');
	row = commands_find(name);
	if (!row || rest.len == 0)
		return line.len;
	if (!strcmp(row->name, "register"))
		return line.len - rest.len;
	if (strcmp(row->name, "login") != 0 && strcmp(row->name, "op") != 0)
		return line.len;
	while (slice_starts(rest, " "))
		rest = slice_skip(rest, 1);
	nick = slice_take_until(&rest, ' ');
	return nick.len > 0 ? line.len - rest.len : line.len;
}

static bool
run(struct commands *c, struct slice line)
{
	struct slice rest = slice_skip(line, 1), name;
	commands_run found;
	size_t end = 0;
	struct buf b;
	bool several;

	while (end < rest.len && rest.p[end] != ' ' && rest.p[end] != '\n')
		end++;
	name = (struct slice){ rest.p, end };
	found = commands_find_run(name, &several);
	if (found)
		return found(c, trim(slice_skip(rest, end)));
	buf_init(&b, COMMANDS_TEXT_MAX);
	buf_puts(&b, several ? "several commands begin with /"
			     : "there is no command /");
	clean_line(&b, name, 64);
	buf_puts(&b, "; to send it as text, begin with //");
	return commands_error_take(c, &b);
}

bool
commands_input(struct commands *c, struct slice line)
{
	if (trim(line).len == 0)
		return true;
	if (slice_starts(line, "//"))
		return say(c, c->ops->room(c->arg), slice_skip(line, 1));
	if (slice_starts(line, "/"))
		return run(c, line);
	return say(c, c->ops->room(c->arg), line);
}

void
commands_failure(const struct chat_entry *e, struct buf *out)
{
	if (slice_is(e->code, "no-such-room") && slice_starts(e->room, "@"))
		buf_puts(out, "this server knows no private messages");
	else if (e->reason.len > 0)
		clean_line(out, e->reason, 1024);
	else
		buf_puts(out, "the server has refused it");
}

bool
commands_action(struct slice *text)
{
	if (!slice_starts(*text, "/me ") || text->len == 4)
		return false;
	*text = slice_skip(*text, 4);
	return true;
}
