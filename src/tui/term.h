/*
 * The terminal: /dev/tty, opened here and nowhere else, so that descriptors 0
 * to 2 and their flags stay as the shell left them. Raw mode and the
 * alternate screen, and the way back from them however the process ends:
 * term_leave, term_close, exit(), a crash. There is at most one at a time.
 *
 * Output is gathered by term_out and written without blocking by term_flush,
 * so that a terminal that doesn't read stops the drawing and nothing else.
 * Order: term_open, screen_new (tui/screen.h: it knows the terminal's type and
 * tells how to enter and leave), term_enter; poll term_fd for reading always
 * and for writing while term_flush has returned -EAGAIN. A read of 0 bytes, an
 * error other than EAGAIN, a negative poll status: the terminal is gone.
 */
#ifndef CHAT_TUI_TERM_H
#define CHAT_TUI_TERM_H

#include <stdbool.h>

#include "base/buf.h"

struct term;

/* TERM is unset, "" or "dumb": not for drawing on. */
bool
term_is_dumb(void);

/* NULL with one line for a person in err. Saves the terminal's settings. */
struct term *
term_open(struct buf *err);

/* Leaves, if entered, closes and frees. */
void
term_close(struct term *t);

/* Non-blocking, for reading keys and for polling. */
int
term_fd(const struct term *t);

/* Rows and columns by the kernel's word; 24 x 80 if it has none. */
void
term_size(const struct term *t, unsigned *rows, unsigned *columns);

/* Raw mode, alternate screen, bracketed paste, focus reports. Again after
 * term_leave; the screen has to be drawn as a whole then (screen_redraw).
 * 0 or a negative errno. */
int
term_enter(struct term *t);

/* Back to what it was, at once (waits a second at most for a terminal that
 * doesn't read). For $EDITOR; nothing if not entered. */
void
term_leave(struct term *t);

/* For Ctrl-Z and SIGTSTP: leaves, stops the process group, and enters again
 * when it is continued. 0 or a negative errno. */
int
term_suspend(struct term *t);

/* For SIGCONT after a stop that could not be seen coming (SIGSTOP): raw mode
 * and the alternate screen once more, if entered. Draw all of it then. */
int
term_continue(struct term *t);

/* Where to put bytes for the terminal; then term_flush. */
struct buf *
term_out(struct term *t);

/* 0: all written. -EAGAIN: call again when it can be written. Another negative
 * errno: the terminal is gone. */
int
term_flush(struct term *t);

/* term_flush has returned -EAGAIN and not 0 since: don't draw now. */
bool
term_pending(const struct term *t);

/* For tui/screen.h: the bytes that enter and leave the drawing mode. */
void
term_set_strings(struct term *t, struct slice enter, struct slice leave);

#endif
