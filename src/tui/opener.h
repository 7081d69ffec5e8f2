/* A browser for a URL that somebody has sent, in a process of its own. */
#ifndef CHAT_TUI_OPENER_H
#define CHAT_TUI_OPENER_H

#include "base/slice.h"

/*
 * Runs $BROWSER, or what the desktop has, with url, which begins with "http",
 * as its only argument. No shell sees it. 0 when it has started, or a negative
 * errno: -ENOENT if there is no desktop.
 */
int
opener_run(struct slice url);

#endif
