/*
 * A text in the user's own editor, $VISUAL or $EDITOR or vi, in a temporary
 * file of mode 0600. The loop goes on meanwhile; the terminal has to be left
 * to the editor.
 */
#ifndef CHAT_TUI_EXTEDIT_H
#define CHAT_TUI_EXTEDIT_H

#include <stdbool.h>

#include "base/buf.h"
#include "net/loop.h"

struct extedit;

struct extedit_result {
	struct slice text; /* as it is in the file, without the last newline */
	const char *path;
	const char *problem; /* no text: one line for a person; else "" */
};

/* Returns whether the file can go; else it is kept. The extedit is gone when
 * this returns. */
typedef bool (*extedit_cb)(void *arg, const struct extedit_result *r);

/* NULL with one line for a person in err. cb is called once, unless there is
 * an extedit_stop before. */
struct extedit *
extedit_start(struct loop *loop, struct slice text, extedit_cb cb, void *arg,
    struct buf *err);

/* Ends the editor with SIGHUP and forgets it and the file. */
void
extedit_stop(struct extedit *x);

#endif
