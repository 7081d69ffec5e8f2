/* What the files of the commands share; nobody else includes it. */
#ifndef CHAT_TUI_COMMANDS_INTERNAL_H
#define CHAT_TUI_COMMANDS_INTERNAL_H

#include <sys/queue.h>

#include "tui/commands.h"

struct command_request;

struct commands {
	struct chat *chat;
	const struct commands_ops *ops;
	void *arg;
	struct settings *settings;
	LIST_HEAD(, command_request) requests;
	char *ignored[COMMANDS_IGNORED_MAX]; /* folded */
	unsigned n_ignored;
};

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

/* Frees what has not been answered. */
void
commands_drop_requests(struct commands *c);

/* args: what is behind the name, trimmed. False: it was wrong and should be
 * left to be mended. These ask the server. */
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

/* Goes to the direct room with somebody. */
bool
commands_open_direct(struct commands *c, struct slice nick);

#endif
