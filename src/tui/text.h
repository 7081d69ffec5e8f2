/*
 * Text as a terminal shows it: grapheme clusters (UAX 29, by utf8proc), their
 * width in columns, and where a line of text wraps. The width is our own
 * word, the same on every machine, not libc's. Input is cleaned text
 * (base/clean.h); anything else is safe, too, but ugly.
 */
#ifndef CHAT_TUI_TEXT_H
#define CHAT_TUI_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

enum {
	TEXT_CLUSTER_MAX = 28, /* bytes shown of one cluster: what is longer
				* (stacked marks) is cut between characters */
};

struct text_cluster {
	struct slice bytes; /* all of it, to move over */
	/* Bytes of it to draw, <= TEXT_CLUSTER_MAX. 0 with a width of 1: an
	 * invalid byte, or a mark without a base that would go onto what is
	 * before it: draw U+FFFD instead. 0 with a width of 0: draw nothing. */
	size_t shown;
	unsigned width; /* columns, 0 to 2 */
	/* Terminals disagree about its width (emoji, joined or not, flags,
	 * marks that take space, bidirectional, unassigned, ...): position the
	 * cursor absolutely behind it. */
	bool ambiguous;
	bool newline; /* '\n': width 0 */
	bool space;
};

/* The cluster that s (not empty) begins with; returns its bytes. */
size_t
text_next(struct slice s, struct text_cluster *out);

/* Bytes of the last cluster of s (not empty), for moving back. */
size_t
text_prev(struct slice s);

/* Columns of the whole, newlines not counted. */
size_t
text_width(struct slice s);

/* Bytes at the front that fit into so many columns. */
size_t
text_fit(struct slice s, size_t columns);

/*
 * Takes the next row of at most `columns` (>= 2) off `rest`, wrapping at
 * spaces and beside wide characters where it can, at clusters where it must; a
 * newline ends a row, so that a text that ends in one has an empty row more.
 * The row is without the spaces or newline it was broken at; `rest` begins
 * behind them. False when nothing is left; an empty text is one empty row.
 */
struct text_wrap {
	struct slice rest;
	bool started, newline;
};

void
text_wrap_init(struct text_wrap *w, struct slice s);

bool
text_wrap_next(struct text_wrap *w, unsigned columns, struct slice *row);

#endif
