/*
 * What the chat tells, as lines for people: the output of the plain mode,
 * cli/plain.c, whose rooms and current room are here, too.
 */
#ifndef CHAT_CLI_PLAIN_TELL_H
#define CHAT_CLI_PLAIN_TELL_H

#include "base/msgid.h"
#include "cli/headless.h"
#include "tui/commands.h"

enum { PLAIN_ROOMS_MAX = 128, PLAIN_LINE_MAX = 4 << 20 };

struct plain_room {
	char *name, *with; /* with: the other one of a direct room, or NULL */
	char *topic;       /* or NULL */
	/* Ids of the newest message, of the newest of somebody else; or "". */
	char last[MSGID_STR_MAX], other[MSGID_STR_MAX];
};

struct plain {
	bool typed; /* standard input is a terminal: it shows what is typed */
	enum chat_phase phase; /* as last told */
	bool told;
	struct headless *h;
	struct commands *commands; /* NULL: every line is a message */
	/* Rooms that we are in; where lines go is first. */
	struct plain_room rooms[PLAIN_ROOMS_MAX];
	unsigned rooms_n;
};

/* The argument is the headless, whose own argument is a struct plain. */
extern const struct chat_cb plain_tell_cb;

/* Each line of text with "-- " before it, cleaned. */
void
plain_put_info(struct headless *h, struct slice text);

/* One line on standard error, cleaned. */
void
plain_put_error(struct slice text);

/* By its name, or "@NICK"; NULL. */
struct plain_room *
plain_room(struct plain *p, struct slice name);

#endif
