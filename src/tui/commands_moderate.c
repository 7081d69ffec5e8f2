#include "config.h"

#include <string.h>

#include "base/clean.h"
#include "net/address.h"
#include "proto/json.h"
#include "tui/answer.h"
#include "tui/commands_internal.h"

enum { JSON_MAX = COMMANDS_TEXT_MAX * 7, DIGITS_MAX = 9 };

/* ---- what is asked for ---- */

static void
put_key(struct buf *json, const char *key)
{
	buf_printf(json, "%s\"%s\":", json->len > 1 ? "," : "", key);
}

static void
put_text(struct buf *json, const char *key, struct slice value)
{
	put_key(json, key);
	json_put_string(json, value);
}

static void
begin(struct buf *json)
{
	buf_init(json, JSON_MAX);
	buf_putc(json, '{');
}

/* True, so that a command can return it. */
static bool
ask_as(struct commands *c, const char *command, const char *event,
    struct buf *json,
    void (*done)(struct command_request *q, const struct chat_reply *r))
{
	buf_putc(json, '}');
	chat_request(c->chat, event, buf_view(json), commands_on_reply,
	    commands_request_new(c, command, done));
	buf_deinit(json);
	return true;
}

/* The event has the command's name. */
static bool
ask(struct commands *c, const char *command, struct buf *json,
    void (*done)(struct command_request *q, const struct chat_reply *r))
{
	return ask_as(c, command, command, json, done);
}

static bool
wrong(struct commands *c, const char *command, struct buf *json)
{
	buf_deinit(json);
	return commands_usage(c, command);
}

static struct slice
without_at(struct slice nick)
{
	return slice_starts(nick, "@") ? slice_skip(nick, 1) : nick;
}

/* A number, with s, m, h, d or w behind it or nothing: seconds. */
static bool
parse_time(struct slice word, uint64_t *seconds)
{
	static const struct {
		char unit;
		uint64_t seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 },
		{ 'w', 604800 } };
	size_t n = 0;

	*seconds = 0;
	for (; n < word.len && word.p[n] >= '0' && word.p[n] <= '9'; n++)
		*seconds = *seconds * 10 + (uint64_t)(word.p[n] - '0');
	if (n == 0 || n > DIGITS_MAX || word.len - n > 1)
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (n < word.len && word.p[n] == units[i].unit) {
			*seconds *= units[i].seconds;
			return true;
		}
	return n == word.len;
}

/* [-server]: without it, it is about the current room. */
static void
take_scope(struct commands *c, struct slice *args, struct buf *json)
{
	struct slice rest = *args;

	if (slice_is(commands_take_word(&rest), "-server"))
		*args = rest;
	else
		put_text(json, "room", c->ops->room(c->arg));
}

/* False: nobody is named. */
static bool
take_nick(struct slice *args, struct buf *json)
{
	struct slice nick = without_at(commands_take_word(args));

	if (nick.len == 0)
		return false;
	put_text(json, "nick", nick);
	return true;
}

/* A time with its unit, or none. False: what begins like one is none, so that
 * it would be for good. */
static bool
take_time(struct slice *args, struct buf *json)
{
	struct slice rest = *args, word = commands_take_word(&rest);
	uint64_t seconds;

	if (word.len == 0 || word.p[0] < '0' || word.p[0] > '9')
		return true;
	if (!parse_time(word, &seconds) || word.p[word.len - 1] <= '9')
		return false;
	put_key(json, "seconds");
	buf_printf(json, "%llu", (unsigned long long)seconds);
	*args = rest;
	return true;
}

/* Tells of that. */
static bool
wrong_time(struct commands *c, struct buf *json)
{
	buf_deinit(json);
	return commands_error(c, "this is no time: 90s, 15m, 2h, 3d or 1w");
}

static void
put_reason(struct slice args, struct buf *json)
{
	if (args.len > 0)
		put_text(json, "reason", args);
}

/* ---- people ---- */

static void
done(struct command_request *q, const struct chat_reply *r)
{
	struct buf b;

	(void)r;
	buf_init(&b, COMMANDS_TEXT_MAX);
	buf_printf(&b, "/%s: done", q->command);
	q->commands->ops->info(q->commands->arg, buf_view(&b));
	buf_deinit(&b);
}

static void
show_ban(struct command_request *q, const struct chat_reply *r)
{
	commands_show_by(q, r, answer_ban);
}

bool
commands_kick(struct commands *c, struct slice args)
{
	struct buf json;

	begin(&json);
	put_text(&json, "room", c->ops->room(c->arg));
	if (!take_nick(&args, &json))
		return wrong(c, "kick", &json);
	put_reason(args, &json);
	return ask(c, "kick", &json, done);
}

bool
commands_ban(struct commands *c, struct slice args)
{
	struct slice rest = args, word = commands_take_word(&rest);
	struct address_range range;
	struct buf json;

	if (slice_is(word, "-server"))
		word = commands_take_word(&rest);
	begin(&json);
	if (address_range_parse(word, &range) == 0) {
		put_text(&json, "address", word);
		args = rest;
	} else if (word.len > 0 && memchr(word.p, '/', word.len) != NULL) {
		buf_deinit(&json);
		return commands_error(
		    c, "this is no range of addresses: 192.0.2.0/24");
	} else {
		take_scope(c, &args, &json);
		if (!take_nick(&args, &json))
			return wrong(c, "ban", &json);
	}
	if (!take_time(&args, &json))
		return wrong_time(c, &json);
	put_reason(args, &json);
	return ask(c, "ban", &json, show_ban);
}

bool
commands_unban(struct commands *c, struct slice args)
{
	uint64_t number;
	struct buf json;

	begin(&json);
	if (!parse_time(args, &number) || args.p[args.len - 1] > '9')
		return wrong(c, "unban", &json);
	put_key(&json, "ban");
	buf_printf(&json, "%llu", (unsigned long long)number);
	return ask(c, "unban", &json, done);
}

static void
show_bans(struct command_request *q, const struct chat_reply *r)
{
	commands_show_by(q, r, answer_bans);
}

bool
commands_bans(struct commands *c, struct slice args)
{
	struct buf json;

	begin(&json);
	take_scope(c, &args, &json);
	return ask(c, "bans", &json, show_bans);
}

static bool
mute(struct commands *c, const char *command, struct slice args)
{
	struct buf json;

	begin(&json);
	take_scope(c, &args, &json);
	if (!take_nick(&args, &json))
		return wrong(c, command, &json);
	if (!take_time(&args, &json))
		return wrong_time(c, &json);
	put_reason(args, &json);
	return ask(c, command, &json, done);
}

bool
commands_mute(struct commands *c, struct slice args)
{
	return mute(c, "mute", args);
}

bool
commands_unmute(struct commands *c, struct slice args)
{
	return mute(c, "unmute", args);
}

bool
commands_moderator(struct commands *c, struct slice args)
{
	struct buf json;

	begin(&json);
	put_text(&json, "room", c->ops->room(c->arg));
	if (!take_nick(&args, &json) ||
	    (args.len > 0 && !slice_is(args, "off") && !slice_is(args, "on")))
		return wrong(c, "moderator", &json);
	put_key(&json, "on");
	buf_puts(&json, slice_is(args, "off") ? "false" : "true");
	return ask(c, "moderator", &json, commands_show_nothing);
}

bool
commands_owner(struct commands *c, struct slice args)
{
	struct buf json;

	begin(&json);
	put_text(&json, "room", c->ops->room(c->arg));
	if (!take_nick(&args, &json))
		return wrong(c, "owner", &json);
	return ask(c, "owner", &json, commands_show_nothing);
}

/* ---- rooms ---- */

bool
commands_slow(struct commands *c, struct slice args)
{
	uint64_t seconds = 0;
	struct buf json;

	begin(&json);
	put_text(&json, "room", c->ops->room(c->arg));
	if (!slice_is(args, "off") && !parse_time(args, &seconds))
		return wrong(c, "slow", &json);
	put_key(&json, "seconds");
	buf_printf(&json, "%llu", (unsigned long long)seconds);
	return ask(c, "slow", &json, commands_show_nothing);
}

bool
commands_private(struct commands *c, struct slice args)
{
	struct buf json;

	begin(&json);
	put_text(&json, "room", c->ops->room(c->arg));
	if (!slice_is(args, "on") && !slice_is(args, "off"))
		return wrong(c, "private", &json);
	put_key(&json, "on");
	buf_puts(&json, slice_is(args, "on") ? "true" : "false");
	return ask(c, "private", &json, commands_show_nothing);
}

/* ---- coming in ---- */

static void
show_invite(struct command_request *q, const struct chat_reply *r)
{
	struct commands *c = q->commands;
	struct buf b;

	buf_init(&b, COMMANDS_TEXT_MAX);
	answer_invite(r->json, chat_status(c->chat)->url, &b);
	c->ops->info(c->arg, buf_view(&b));
	buf_deinit(&b);
}

/* How often it can be used: a number alone. */
static void
take_uses(struct slice *args, struct buf *json)
{
	struct slice rest = *args, word = commands_take_word(&rest);
	uint64_t uses;

	if (!parse_time(word, &uses) || word.p[word.len - 1] > '9')
		return;
	put_key(json, "uses");
	buf_printf(json, "%llu", (unsigned long long)uses);
	*args = rest;
}

/* A person, who is no number and no time, or an invitation for anybody. */
bool
commands_invite(struct commands *c, struct slice args)
{
	struct slice rest;
	struct buf json;

	begin(&json);
	take_scope(c, &args, &json);
	rest = args;
	take_uses(&rest, &json);
	if (!take_time(&rest, &json))
		return wrong_time(c, &json);
	if (rest.len == 0)
		return ask(c, "invite", &json, show_invite);
	if (rest.p != args.p || !take_nick(&args, &json) || args.len > 0)
		return wrong(c, "invite", &json);
	return ask(c, "invite", &json, done);
}

static void
show_invites(struct command_request *q, const struct chat_reply *r)
{
	commands_show_by(q, r, answer_invites);
}

bool
commands_invites(struct commands *c, struct slice args)
{
	struct buf json;

	begin(&json);
	take_scope(c, &args, &json);
	return ask_as(c, "invites", "invitations", &json, show_invites);
}

bool
commands_uninvite(struct commands *c, struct slice args)
{
	struct buf json;

	begin(&json);
	put_text(&json, "room", c->ops->room(c->arg));
	if (!take_nick(&args, &json))
		return wrong(c, "uninvite", &json);
	return ask(c, "uninvite", &json, done);
}

/* It may come as it was passed on: http://host/i/CODE. */
static struct slice
code_of(struct slice link)
{
	struct slice code = link;

	for (size_t i = 0; i < link.len; i++)
		if (link.p[i] == '/')
			code = slice_skip(link, i + 1);
	return code;
}

bool
commands_revoke(struct commands *c, struct slice args)
{
	struct buf json;

	begin(&json);
	if (code_of(args).len == 0)
		return wrong(c, "revoke", &json);
	put_text(&json, "invite", code_of(args));
	return ask(c, "revoke", &json, done);
}

/* Into the room that it is for, if it is for one. */
static void
accepted(struct command_request *q, const struct chat_reply *r)
{
	struct buf room;

	buf_init(&room, COMMANDS_TEXT_MAX);
	answer_name(r->json, "room", &room);
	if (room.len > 0)
		commands_join(q->commands, buf_view(&room));
	buf_deinit(&room);
}

bool
commands_accept(struct commands *c, struct slice args)
{
	struct slice code = code_of(args);

	if (code.len == 0)
		return commands_usage(c, "accept");
	chat_accept(c->chat, code, commands_on_reply,
	    commands_request_new(c, "accept", accepted));
	return true;
}

/* ---- operators ---- */

static void
opped(struct command_request *q, const struct chat_reply *r)
{
	struct commands *c = q->commands;

	(void)r;
	c->ops->info(c->arg,
	    chat_status(c->chat)->is_operator
		? SLICE("you are an operator of the server, until you leave")
		: SLICE("you are no operator any more"));
}

bool
commands_op(struct commands *c, struct slice args)
{
	struct slice name = commands_take_word(&args);

	if (args.len == 0)
		return commands_usage(c, "op");
	chat_op(c->chat, name, args, commands_on_reply,
	    commands_request_new(c, "op", opped));
	return true;
}

bool
commands_deop(struct commands *c, struct slice args)
{
	(void)args;
	chat_op(c->chat, SLICE(""), SLICE(""), commands_on_reply,
	    commands_request_new(c, "deop", opped));
	return true;
}

static void
show_audit(struct command_request *q, const struct chat_reply *r)
{
	commands_show_by(q, r, answer_audit);
}

bool
commands_audit(struct commands *c, struct slice args)
{
	struct buf json;

	(void)args;
	begin(&json);
	return ask(c, "audit", &json, show_audit);
}
