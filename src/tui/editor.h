/*
 * The input line: UTF-8 text of one or more lines with a cursor, edited by
 * grapheme clusters with the commands of readline(3): kill ring, undo, the
 * input history with its incremental search. It draws nothing and knows no
 * keys.
 */
#ifndef CHAT_TUI_EDITOR_H
#define CHAT_TUI_EDITOR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/slice.h"
#include "tui/history.h"
#include "tui/killring.h"

enum {
	EDITOR_UNDO_MAX = 64,
	EDITOR_QUERY_MAX = 256,
};

enum editor_command {
	EDITOR_LEFT,
	EDITOR_RIGHT,
	EDITOR_WORD_LEFT,
	EDITOR_WORD_RIGHT,
	EDITOR_LINE_START,
	EDITOR_LINE_END,
	EDITOR_UP,   /* a line, or the older one of the history */
	EDITOR_DOWN, /* a line, or the newer one */
	EDITOR_DELETE_LEFT,
	EDITOR_DELETE_RIGHT,
	EDITOR_KILL_WORD_LEFT,  /* of letters and digits */
	EDITOR_KILL_WORD_RIGHT, /* likewise */
	EDITOR_KILL_SPACE_LEFT, /* of anything but white space */
	EDITOR_KILL_LINE_START,
	EDITOR_KILL_LINE_END,
	EDITOR_YANK,
	EDITOR_YANK_POP,
	EDITOR_TRANSPOSE,
	EDITOR_UPPER,
	EDITOR_LOWER,
	EDITOR_CAPITALIZE,
	EDITOR_NEWLINE,
	EDITOR_UNDO,
	EDITOR_CLEAR,  /* the text goes to the history */
	EDITOR_SEARCH, /* starts; while searching: the next older match */
	EDITOR_SEARCH_NEWER,
	EDITOR_SEARCH_ACCEPT,
	EDITOR_SEARCH_CANCEL, /* the text is again what it was */
	EDITOR_N_COMMANDS,
};

struct editor_state {
	char *p;
	size_t len, cursor;
};

struct editor {
	/* to be read by everyone */
	struct buf text; /* valid UTF-8, at most the maximum */
	size_t cursor;   /* byte, between two clusters */
	bool searching;  /* text is the match, the cursor in front of it */
	bool found;
	struct buf query;
	unsigned long changes; /* grows with each change of the text */
	/* editor.c's */
	struct history *history;
	unsigned recalled; /* 0: what is being typed; n: history line n-1 */
	struct editor_state draft;  /* what was being typed; p NULL: none */
	struct editor_state before; /* the search */
	unsigned match;             /* history line shown by the search */
	struct editor_state undo[EDITOR_UNDO_MAX];
	unsigned n_undo;
	struct killring kills;
	unsigned kill_at;
	size_t yank_from, yank_to; /* what the last yank put there */
	unsigned long yank_changes;
	size_t column; /* kept while moving up and down */
	int last;      /* command, or -1 */
	bool typing;   /* last was typed text */
};

/* max: bytes of text. The history is borrowed. */
void
editor_init(struct editor *e, size_t max, struct history *h);

void
editor_deinit(struct editor *e);

/* 0, or -ENOBUFS: no room, nothing was changed. */
int
editor_do(struct editor *e, enum editor_command cmd);

/* What was typed, valid UTF-8, a character or a few. While searching it goes
 * to the query. As editor_do. */
int
editor_type(struct editor *e, struct slice s);

/* A paste, or a completion: the same as one step for undo; ends a search. */
int
editor_insert(struct editor *e, struct slice s);

/* Puts s where the bytes [from, to) are, cursor behind it. As editor_do. */
int
editor_replace(struct editor *e, size_t from, size_t to, struct slice s);

/* Another text with the cursor at its end; "" is a fresh start without undo.
 * As editor_do. */
int
editor_set(struct editor *e, struct slice s);

#endif
