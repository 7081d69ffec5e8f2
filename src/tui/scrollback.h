/*
 * The lines of one room: the newest SCROLLBACK_MAX of them, in
 * SCROLLBACK_BYTES, each with a small head. A line has an id that counts up
 * and is never used again, so that a place in the scrollback stays what it is
 * while lines come below and go above; older ones can be put above the oldest.
 * Nothing is wrapped here: how many rows a line has is asked of whoever lays it
 * out, when it is looked at, and kept for that layout. Owned by the room
 * (tui/model.h).
 */
#ifndef CHAT_TUI_SCROLLBACK_H
#define CHAT_TUI_SCROLLBACK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/msgid.h"
#include "base/slice.h"

/* Id of the first line that is added: there is room for many before it. */
#define SCROLLBACK_FIRST (UINT64_C(1) << 32)

enum {
	SCROLLBACK_MAX = 100000,     /* lines */
	SCROLLBACK_BYTES = 32 << 20, /* of them; the newest stays in any case */
	SCROLLBACK_NICK_MAX = 255,   /* bytes; what is longer is cut */
};

enum line_kind {
	LINE_MESSAGE,
	LINE_ACTION, /* "* ana waves" */
	LINE_INFO,   /* ours or the server's, for a person to read */
	LINE_ERROR,
	LINE_EVENT, /* who came and went, a new topic, a new nick */
};

/* What is known of a line of ours. */
enum line_mark {
	MARK_NONE,
	MARK_WAITING,
	MARK_SENT,
	MARK_DELIVERED,
	MARK_FAILED,
};

/* What few lines have; each text is one line, "" for none. */
struct line_extra {
	char *quote;     /* of what it answers: "ana: hola" */
	char *reactions; /* as shown: "👍 2  🎉 1" */
	char *ours;      /* emojis of our own ones, '\n' behind each */
};

struct line {
	uint64_t at;             /* ms since the epoch */
	struct msgid id;         /* the message's; {0, 0}: none */
	struct line_extra *more; /* or NULL */
	uint32_t text_len;
	uint16_t rows, rows_key; /* kept by scrollback_rows */
	uint8_t nick_len, kind, mark;
	bool own : 1, mention : 1, edited : 1, deleted : 1;
	char bytes[]; /* the nick, then the text */
};

struct scrollback {
	struct line **ring; /* cap of them */
	unsigned cap, head, n;
	uint64_t first; /* id of the oldest; with n lines, ids up to
			 * first + n - 1 */
	size_t bytes;   /* of all lines */
	uint16_t key;   /* of the layout; 0: none yet */
};

/* What a new line is made of; the slices are copied. */
struct line_new {
	enum line_kind kind;
	enum line_mark mark;
	uint64_t at;
	struct msgid id;
	struct slice nick, text;
	struct slice quote, reactions, ours; /* see line_extra */
	bool own, mention, edited, deleted;
};

void
scrollback_init(struct scrollback *sb);

void
scrollback_deinit(struct scrollback *sb);

/* Drops all lines; ids go on. */
void
scrollback_clear(struct scrollback *sb);

/* Appends, dropping the oldest if there are too many. Returns its id. */
uint64_t
scrollback_add(struct scrollback *sb, const struct line_new *new);

/* The first in two steps, for a line that is shown elsewhere first. The line
 * is the caller's to line_free() until it is taken. */
struct line *
line_make(const struct line_new *new);

void
line_free(struct line *l);

uint64_t
scrollback_take(struct scrollback *sb, struct line *l);

/* Puts l above the oldest. Its id, or 0: there is no room, and l is freed. */
uint64_t
scrollback_take_above(struct scrollback *sb, struct line *l);

/* Gives a line that is there another text; it may be another struct then. */
void
scrollback_replace(struct scrollback *sb, uint64_t id, struct slice text);

/* The same for its reactions. */
void
scrollback_set_reactions(struct scrollback *sb, uint64_t id,
    struct slice reactions, struct slice ours);

/* The line of a message; 0: none. */
uint64_t
scrollback_by_message(const struct scrollback *sb, struct msgid id);

/* The nearest line of a message that is not deleted, from `id` on, itself
 * included, downwards or upwards. 0: none. */
uint64_t
scrollback_find_message(const struct scrollback *sb, uint64_t id, bool upwards);

/* NULL: dropped already, or not there yet. */
struct line *
scrollback_get(const struct scrollback *sb, uint64_t id);

/* Id of the newest; first - 1 if there is none. */
uint64_t
scrollback_last(const struct scrollback *sb);

struct slice
line_nick(const struct line *l);

struct slice
line_text(const struct line *l);

/* "" for what it hasn't. */
struct slice
line_quote(const struct line *l);

struct slice
line_reactions(const struct line *l);

/* Takes the oldest line off (there is one): the caller's. */
struct line *
scrollback_take_off(struct scrollback *sb);

/* What rows are counted for from now on: a number (not 0) for each layout in
 * which the same line may have another number of rows. */
void
scrollback_set_layout(struct scrollback *sb, uint16_t key);

/* The rows kept for l in this layout; 0: to be measured, and kept by the
 * second. */
unsigned
scrollback_rows(const struct scrollback *sb, const struct line *l);

void
scrollback_keep_rows(
    const struct scrollback *sb, struct line *l, unsigned rows);

/*
 * The nearest line from `id` on, itself included, downwards or upwards, that
 * has text in its text or nick (case ignored), or that mentions us. 0: none.
 */
uint64_t
scrollback_find(
    const struct scrollback *sb, uint64_t id, bool upwards, struct slice text);

uint64_t
scrollback_find_mention(const struct scrollback *sb, uint64_t id, bool upwards);

/* Where what is in s, case ignored: its offset, or -1. *len: the bytes that
 * match (case can change their number). */
long
scrollback_match(struct slice s, struct slice what, size_t *len);

#endif
