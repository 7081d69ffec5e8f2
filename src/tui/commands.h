/*
 * What is typed: messages, and commands that begin with a slash. One table,
 * from which commands are run, shown by /help and completed. Knows no screen:
 * whoever runs commands gives a few functions (struct commands_ops), so that
 * they work in the plain mode as well.
 */
#ifndef CHAT_TUI_COMMANDS_H
#define CHAT_TUI_COMMANDS_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/slice.h"
#include "client/chat.h"
#include "tui/complete.h"
#include "tui/settings.h"

enum {
	COMMANDS_ARGS_MAX = 2,
	COMMANDS_IGNORED_MAX = 100,
	COMMANDS_TEXT_MAX = 1 << 16, /* bytes told at once */
};

struct commands;

/* Texts are cleaned, and lines end with '\n' between them only. */
struct commands_ops {
	void (*info)(void *arg, struct slice text);
	void (*error)(void *arg, struct slice line);
	/* The current room's name; "" if there is none. */
	struct slice (*room)(void *arg);
	/* Its topic, "" for none. */
	struct slice (*topic)(void *arg);
	/* Makes an open room the current one; false if it isn't open. */
	bool (*show_room)(void *arg, struct slice room);
	/* The same by its number, from 1. */
	bool (*show_number)(void *arg, unsigned n);
	/* We have come into a room (with: the other one's nick, of a direct
	 * one): opens and shows it; or left it. */
	void (*joined)(void *arg, struct slice room, struct slice with);
	void (*left)(void *arg, struct slice room);
	/* Goes to the newest (again: next older) message with that text in the
	 * current room; false: there is none. NULL: can't. */
	bool (*find)(void *arg, struct slice text);
	/* Asks for messages, by "search" or "mentions" with these members (raw
	 * JSON without braces), and shows them to choose from. NULL: by info.
	 */
	void (*list)(void *arg, const char *event, struct slice members,
	    struct slice title);
	/* Id of the newest message in the current room, or of the newest that
	 * is somebody else's; "" none. */
	struct slice (*message)(void *arg, bool others);
	void (*clear)(void *arg);    /* NULL: nothing to clear */
	void (*settings)(void *arg); /* they have changed */
	void (*help)(void *arg);     /* shows all help. NULL: by info */
	void (*quit)(void *arg);
};

/* Everything is borrowed. settings: NULL if there are none. */
struct commands *
commands_new(struct chat *chat, const struct commands_ops *ops, void *arg,
    struct settings *settings);

/* After chat_close, so that no answer comes any more. */
void
commands_free(struct commands *c);

/*
 * A message or command as it was typed, valid UTF-8. False if it was wrong and
 * should be left to be mended; the user has been told why.
 */
bool
commands_input(struct commands *c, struct slice line);

/*
 * Where a password begins in a line as it was typed, which must not be shown
 * or kept; line.len: it has none.
 */
size_t
commands_secret(struct slice line);

/* nick is ignored by the user. */
bool
commands_ignores(const struct commands *c, struct slice nick);

/* One line for a person about a FAILED entry, cleaned. */
void
commands_failure(const struct chat_entry *e, struct buf *out);

/* Text of an action ("/me waves"): true and without the "/me ". */
bool
commands_action(struct slice *text);

/* The table, for completion and help. */
struct commands_row {
	const char *name; /* without the slash */
	const char *args; /* "NICK TEXT", "" */
	const char *help; /* one line */
	enum complete_kind kinds[COMMANDS_ARGS_MAX];
};

/* NULL behind the last. */
const struct commands_row *
commands_row(unsigned n);

/* By name or unique beginning; NULL. */
const struct commands_row *
commands_find(struct slice name);

/* "/join ROOM   come into a room", a line for each. */
void
commands_help(struct buf *out);

#endif
