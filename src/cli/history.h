/*
 * `chat history`: what has been said in a room, on standard output. Asks a
 * server for its pages without being in the room.
 */
#ifndef CHAT_CLI_HISTORY_H
#define CHAT_CLI_HISTORY_H

#include "base/msgid.h"
#include "cli/connect.h"

enum history_format { HISTORY_TEXT, HISTORY_JSON, HISTORY_MD };

struct history_options {
	struct connect_options connect;
	const char *room;   /* NULL: the lobby */
	struct msgid since; /* what came after it; {0, 0}: everything */
	const char *grep;   /* NULL: all */
	int limit;          /* the newest so many; 0: any number */
	int format;         /* enum history_format */
};

enum { HISTORY_LIMIT_MAX = 1000000 };

/* As connect_table. */
void
history_table(struct history_options *o, struct opt table[CONNECT_OPTIONS_MAX]);

/* What --format takes, for tables; target: an int. */
int
history_check_format(const char *value, void *target);

/* Parses what --since takes, at the wall time now (ms): the id of a message, a
 * time before now (90s, 15m, 2h, 3d, 1w), or a date, with a time (ISO 8601;
 * ours unless it says Z or an offset). 0 or -EINVAL. */
int
history_since(const char *value, uint64_t now, struct msgid *out);

/* Returns the exit status. */
int
history_run(const struct history_options *opt);

/* ---- history_format.c ---- */

/* What has been written so far. */
struct history_writer {
	enum history_format format;
	long long day; /* of the last message: days since 1970; -1: none yet */
};

/*
 * Appends one message, raw JSON [TEXT, META], in the writer's format, with
 * what has to be before it. Text and md are clean; JSON is in ASCII.
 */
void
history_write(struct history_writer *w, struct slice message, struct buf *out);

/* A message has this text in it, in any case; key is folded (name_fold). */
bool
history_matches(struct slice message, struct slice key);

/* The message's id; false if there is none. */
bool
history_id(struct slice message, struct msgid *id);

#endif
