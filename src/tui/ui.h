/*
 * The terminal client without its terminal: what comes from the chat goes
 * into the model, what is typed into the editor, the commands and the view,
 * and a grid comes out. Owned by the app (tui/app.h), which has the terminal
 * and is asked by ui_ops for what needs it.
 */
#ifndef CHAT_TUI_UI_H
#define CHAT_TUI_UI_H

#include <stdbool.h>

#include "base/slice.h"
#include "client/chat.h"
#include "net/loop.h"
#include "tui/grid.h"

struct ui;

/* The app's. What is asked for is done when the call has returned to the
 * loop, but for what returns something, and what only writes. */
struct ui_ops {
	/* Once in a turn of the loop, at its end, if there is something new. */
	void (*draw)(void *arg);
	void (*redraw)(void *arg); /* all of it */
	void (*bell)(void *arg);
	/* Told by the desktop; and to its clipboard. Clean texts. */
	void (*notify)(void *arg, struct slice title, struct slice text);
	void (*copy)(void *arg, struct slice text);
	/* 0 or a negative errno. */
	int (*open_url)(void *arg, struct slice url);
	void (*suspend)(void *arg);
	void (*edit)(void *arg); /* the input line in $EDITOR */
	void (*quit)(void *arg);
};

struct ui_options {
	const char *server; /* for people, "localhost:3000"; cleaned */
	const char *nick;   /* wanted: ours as long as the server tells none;
			     * NULL */
	const char *const *rooms; /* to be joined; the first is shown */
	unsigned n_rooms;
};

/* Everything is borrowed. Then chat_new with ui_chat_cb and this as its
 * argument, then ui_start. */
struct ui *
ui_new(struct loop *loop, const struct ui_options *opt,
    const struct ui_ops *ops, void *arg);

extern const struct chat_cb ui_chat_cb;

void
ui_start(struct ui *ui, struct chat *chat);

/* After chat_close. */
void
ui_free(struct ui *ui);

/* What comes from the terminal; see keys_cb. */
void
ui_text(struct ui *ui, struct slice s);

void
ui_key(struct ui *ui, const char *name);

void
ui_paste(struct ui *ui, struct slice s, bool cut);

void
ui_focus(struct ui *ui, bool focused);

/* The screen in that size; the grid is the ui's and good until the next
 * call. */
const struct grid *
ui_draw(struct ui *ui, unsigned rows, unsigned columns);

/* Milliseconds until it looks otherwise without anything happening. */
unsigned
ui_draw_again_ms(const struct ui *ui);

/* The end is near: tells what has been seen and not been told. */
void
ui_leave(struct ui *ui);

/* The input line; and another one. False if it is too long: nothing was
 * changed. */
struct slice
ui_input(const struct ui *ui);

bool
ui_set_input(struct ui *ui, struct slice s);

/* One line that stays until the next key. "": none any more. */
void
ui_notice(struct ui *ui, struct slice line);

#endif
