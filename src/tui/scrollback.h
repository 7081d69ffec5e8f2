/*
 * The lines of one room: the newest SCROLLBACK_MAX of them, in
 * SCROLLBACK_BYTES, each one allocation with a small head. A line has an id
 * that counts up and is never used again, so that a place in the scrollback
 * stays what it is while lines come below and go above. Nothing is wrapped
 * here: how many rows a line has is asked of whoever lays it out, when it is
 * looked at, and kept for that layout. Owned by the room (tui/model.h).
 */
#ifndef CHAT_TUI_SCROLLBACK_H
#define CHAT_TUI_SCROLLBACK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

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

struct line {
	uint64_t at; /* ms since the epoch */
	uint32_t text_len;
	uint16_t rows, rows_key; /* kept by scrollback_rows */
	uint8_t nick_len, kind, mark;
	bool own : 1, mention : 1;
	char bytes[]; /* the nick, then the text */
};

struct scrollback {
	struct line **ring; /* cap of them */
	unsigned cap, head, n;
	uint64_t first; /* id of the oldest; with n lines, ids up to
			 * first + n - 1. Ids begin with 1. */
	size_t bytes;   /* of all lines */
	uint16_t key;   /* of the layout; 0: none yet */
};

/* What a new line is made of; the slices are copied. */
struct line_new {
	enum line_kind kind;
	enum line_mark mark;
	uint64_t at;
	struct slice nick, text;
	bool own, mention;
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

/* The same in two steps, for a line that is shown elsewhere first. The line
 * is the caller's to free() until it is taken. */
struct line *
line_make(const struct line_new *new);

uint64_t
scrollback_take(struct scrollback *sb, struct line *l);

/* Gives the last line (there is one) another text. */
void
scrollback_replace_last(struct scrollback *sb, struct slice text);

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
