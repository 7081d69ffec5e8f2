/* What the files of the commands share; nobody else includes it. */
#ifndef CHAT_TUI_COMMANDS_INTERNAL_H
#define CHAT_TUI_COMMANDS_INTERNAL_H

#include <sys/queue.h>

#include "tui/commands.h"

/* A request under way. chat_close drops it without a call, so that they are
 * kept in a list. */
struct command_request {
	LIST_ENTRY(command_request) link;
	struct commands *commands;
	const char *command;
	char *name; /* of the room that is left, that was asked about */
	void (*done)(struct command_request *q, const struct chat_reply *r);
};

struct commands {
	struct chat *chat;
	const struct commands_ops *ops;
	void *arg;
	struct settings *settings;
	LIST_HEAD(, command_request) requests;
	char *ignored[COMMANDS_IGNORED_MAX]; /* folded */
	unsigned n_ignored;
};

/* args: what is behind the name, trimmed. False: it was wrong and should be
 * left to be mended. */
typedef bool (*commands_run)(struct commands *c, struct slice args);

/* The command of that name or unique beginning; NULL, and *several: more than
 * one begins so. */
commands_run
commands_find_run(struct slice name, bool *several);

/* Tells; always false, so that a command can return it. The second takes the
 * buffer. */
bool
commands_error(struct commands *c, const char *line);

bool
commands_error_take(struct commands *c, struct buf *b);

/* Tells how the command is used. */
bool
commands_usage(struct commands *c, const char *name);

/* The first word of *s, and what is behind it. */
struct slice
commands_take_word(struct slice *s);

/* "#room" is the same as "room". */
struct slice
commands_room_name(struct slice s);

/* A request whose answer goes to done; its argument for chat_request and the
 * like, with commands_on_reply. */
struct command_request *
commands_request_new(struct commands *c, const char *command,
    void (*done)(struct command_request *q, const struct chat_reply *r));

void
commands_on_reply(void *arg, const struct chat_reply *r);

/* What an answer says, by one of answer.h's; nothing to say: the events
 * tell. */
void
commands_show_by(struct command_request *q, const struct chat_reply *r,
    void (*put)(struct slice json, struct buf *out));

void
commands_show_nothing(struct command_request *q, const struct chat_reply *r);

/* Frees what has not been answered. */
void
commands_drop_requests(struct commands *c);

/* These ask the server: commands_ask.c. */
bool
commands_join(struct commands *c, struct slice args);

bool
commands_part(struct commands *c, struct slice args);

bool
commands_nick(struct commands *c, struct slice args);

bool
commands_topic(struct commands *c, struct slice args);

bool
commands_who(struct commands *c, struct slice args);

bool
commands_rooms(struct commands *c, struct slice args);

bool
commands_whois(struct commands *c, struct slice args);

bool
commands_away(struct commands *c, struct slice args);

bool
commands_search(struct commands *c, struct slice args);

bool
commands_mentions(struct commands *c, struct slice args);

bool
commands_read(struct commands *c, struct slice args);

bool
commands_register(struct commands *c, struct slice args);

bool
commands_login(struct commands *c, struct slice args);

/* These moderate: commands_moderate.c. */
bool
commands_accept(struct commands *c, struct slice args);

bool
commands_audit(struct commands *c, struct slice args);

bool
commands_ban(struct commands *c, struct slice args);

bool
commands_bans(struct commands *c, struct slice args);

bool
commands_deop(struct commands *c, struct slice args);

bool
commands_invite(struct commands *c, struct slice args);

bool
commands_invites(struct commands *c, struct slice args);

bool
commands_kick(struct commands *c, struct slice args);

bool
commands_moderator(struct commands *c, struct slice args);

bool
commands_mute(struct commands *c, struct slice args);

bool
commands_op(struct commands *c, struct slice args);

bool
commands_owner(struct commands *c, struct slice args);

bool
commands_private(struct commands *c, struct slice args);

bool
commands_revoke(struct commands *c, struct slice args);

bool
commands_slow(struct commands *c, struct slice args);

bool
commands_unban(struct commands *c, struct slice args);

bool
commands_uninvite(struct commands *c, struct slice args);

bool
commands_unmute(struct commands *c, struct slice args);

/* These do without the server: commands.c. */
bool
commands_do_clear(struct commands *c, struct slice args);

bool
commands_do_help(struct commands *c, struct slice args);

bool
commands_do_ignore(struct commands *c, struct slice args);

bool
commands_do_me(struct commands *c, struct slice args);

bool
commands_do_msg(struct commands *c, struct slice args);

bool
commands_do_quit(struct commands *c, struct slice args);

bool
commands_do_reconnect(struct commands *c, struct slice args);

bool
commands_do_reply(struct commands *c, struct slice args);

bool
commands_do_set(struct commands *c, struct slice args);

bool
commands_do_unignore(struct commands *c, struct slice args);

bool
commands_do_window(struct commands *c, struct slice args);

/* Goes to the direct room with somebody. */
bool
commands_open_direct(struct commands *c, struct slice nick);

#endif
