/* What was killed in the editor, newest first, to be yanked again. */
#ifndef CHAT_TUI_KILLRING_H
#define CHAT_TUI_KILLRING_H

#include <stdbool.h>

#include "base/slice.h"

enum { KILLRING_MAX = 16 };

struct killring {
	struct slice kills[KILLRING_MAX]; /* malloced */
	unsigned n;
};

void
killring_deinit(struct killring *k);

/* Copies s (not empty) as the newest. */
void
killring_push(struct killring *k, struct slice s);

/* Adds s to the newest, in front of it or behind; there has to be one. */
void
killring_join(struct killring *k, struct slice s, bool in_front);

#endif
