/*
 * Text from a peer made harmless for a terminal; DESIGN section 6: once,
 * where it enters. The result is valid UTF-8 and holds no control (C0, DEL,
 * C1), nothing that changes the direction of text (overrides, embeddings,
 * isolates, marks), no line or paragraph separator, no noncharacter, and of
 * the format characters only the joiners and variation selectors that scripts
 * and emoji need. Controls, overrides and what is no character leave U+FFFD,
 * so that it shows that something was there; the rest goes without a trace; a
 * tab becomes a space. Cleaning what is clean changes nothing.
 */
#ifndef CHAT_BASE_CLEAN_H
#define CHAT_BASE_CLEAN_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/slice.h"

enum {
	/* Bytes that a byte becomes at most: an `out` of as many times the
	 * length of `in` is never too small. */
	CLEAN_GROWTH = 3,
};

/*
 * Appends the text. Line ends ("\n", "\r\n", "\r", U+2028, U+2029) become
 * '\n'. 0 or -ENOBUFS.
 */
int
clean_text(struct buf *out, struct slice in);

/*
 * For names, topics, errors, whatever has to be one line: white space in a
 * row (spaces, tabs, line ends) becomes one space, and none stays at the ends.
 * Appends at most max bytes; what is longer is cut between characters, with
 * an ellipsis if that fits. 0 or -ENOBUFS.
 */
int
clean_line(struct buf *out, struct slice in, size_t max);

/* Has right-to-left characters: to be isolated when drawn. */
bool
clean_has_rtl(struct slice cleaned);

#endif
