/*
 * The input history: what has been entered, newest first, in memory, a
 * bounded number of lines and bytes.
 */
#ifndef CHAT_TUI_HISTORY_H
#define CHAT_TUI_HISTORY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

enum {
	HISTORY_LINES_MAX = 1000,
	HISTORY_BYTES_MAX = 1 << 20,
};

struct history {
	char **lines; /* a ring of HISTORY_LINES_MAX, NULL before its use */
	size_t *lens;
	unsigned newest, n;
	size_t bytes;
};

void
history_init(struct history *h);

void
history_deinit(struct history *h);

/* Not if it is empty or the same as the newest. */
void
history_add(struct history *h, struct slice line);

/* The i-th newest, from 0; i < h->n. Good until the next history_add. */
struct slice
history_get(const struct history *h, unsigned i);

/*
 * The next line that contains s, ASCII letters compared without case, from
 * line *i on (included) to older ones, or to newer ones. False if there is
 * none; else sets *i and *at, where in the line.
 */
bool
history_search(const struct history *h, struct slice s, bool newer, unsigned *i,
    size_t *at);

#endif
