/*
 * `chat connect` on a terminal: opens it, runs the loop with the chat and the
 * ui (tui/ui.h), and leaves the terminal as it was, whatever ends it.
 */
#ifndef CHAT_TUI_APP_H
#define CHAT_TUI_APP_H

#include <stdbool.h>

#include "client/chat.h"

struct app_options {
	struct chat_options chat;
	bool color;
};

/* Until the user quits or the terminal is gone. Returns the exit status, with
 * one line on standard error if that isn't 0 or lines still wait. */
int
app_run(const struct app_options *opt);

#endif
