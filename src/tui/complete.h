/*
 * Tab: what the word before the cursor can become. The first Tab puts the
 * first candidate there, each further one the next, Shift-Tab the one before;
 * behind the last comes again what was typed. Commands and settings are known
 * here, nicks and rooms come from a source.
 */
#ifndef CHAT_TUI_COMPLETE_H
#define CHAT_TUI_COMPLETE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "tui/editor.h"

enum { COMPLETE_MAX = 1000 };

enum complete_kind {
	COMPLETE_NOTHING,
	COMPLETE_NICK,
	COMPLETE_ROOM,
	COMPLETE_COMMAND,
	COMPLETE_SETTING,
	COMPLETE_VALUE, /* of a setting */
};

struct complete {
	/* to be read: what there is, and which one is in the text
	 * (at == n: what was typed) */
	struct slice *candidates; /* malloced, cleaned text */
	unsigned n, at;
	/* complete.c's */
	unsigned cap;
	size_t from, to; /* the candidate in the text, with its suffix */
	char *typed;
	char *prefix; /* folded */
	const char *suffix;
	unsigned long changes;
};

/* Calls complete_add for each nick or room there is, the likely ones first. */
typedef void (*complete_source)(
    void *arg, enum complete_kind kind, struct complete *c);

void
complete_init(struct complete *c);

/* Frees; the next complete_step starts anew. */
void
complete_reset(struct complete *c);

/* step: 1, -1. False if there is nothing to complete. */
bool
complete_step(struct complete *c, struct editor *e, int step,
    complete_source source, void *arg);

/* The text is still as complete_step has left it. */
bool
complete_active(const struct complete *c, const struct editor *e);

/* Only in a source: takes s if it begins with what was typed, case folded. */
void
complete_add(struct complete *c, struct slice s);

#endif
