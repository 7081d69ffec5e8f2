/*
 * What can be set while the client runs: one table, from which /set takes,
 * shows and completes them.
 */
#ifndef CHAT_TUI_SETTINGS_H
#define CHAT_TUI_SETTINGS_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/slice.h"

struct settings {
	bool bell;   /* on a mention, if one looks elsewhere */
	bool notify; /* by the desktop, if the terminal isn't looked at */
	bool joins;  /* lines that tell who comes and goes */
	bool people; /* pane */
	bool rooms;  /* pane */
};

void
settings_init(struct settings *s);

/* The n-th by name; false behind the last. */
bool
settings_row(unsigned n, const char **name, const char **help);

/* "on" or "off"; NULL if there is no setting of that name. */
const char *
settings_get(const struct settings *s, struct slice name);

/* 0, or -EINVAL with one line for a person in err. */
int
settings_set(
    struct settings *s, struct slice name, struct slice value, struct buf *err);

#endif
