/*
 * Grids onto the terminal, by ncursesw: the difference to what is there is
 * put into the terminal's output buffer. ncurses knows neither the terminal's
 * descriptor nor its keys or signals: it writes into a file in memory. What it
 * can't do (joined clusters) is written behind it, by cursor address, and
 * whatever follows in such a row once more, so that a terminal with another
 * opinion about a width does no harm.
 */
#ifndef CHAT_TUI_SCREEN_H
#define CHAT_TUI_SCREEN_H

#include <stdbool.h>

#include "base/buf.h"
#include "tui/grid.h"
#include "tui/term.h"

struct screen;

/* NULL with one line for a person in err. An unknown TERM is taken for
 * xterm-256color, or vt100. color: false for NO_COLOR, --color=never. Sets the
 * locale's LC_CTYPE to a UTF-8 one. */
struct screen *
screen_new(struct term *t, bool color, struct buf *err);

/* Writes nothing: term_leave does. */
void
screen_free(struct screen *s);

/* The terminal's type that is used, for libtermkey. */
const char *
screen_type(const struct screen *s);

/* Draws g; then term_flush. Not while term_pending. Its size is the grid's. */
void
screen_draw(struct screen *s, const struct grid *g);

/* The next screen_draw draws everything: for Ctrl-L, after term_enter, and
 * after SIGWINCH (the size may be the old one again, but not what is seen). */
void
screen_redraw(struct screen *s);

/* Rings. Then term_flush. */
void
screen_bell(struct screen *s);

/* Has the desktop tell something (OSC 9 and OSC 777), puts a text into its
 * clipboard (OSC 52). Texts are cleaned: no controls. Then term_flush. */
void
screen_notify(struct screen *s, struct slice title, struct slice text);

void
screen_copy(struct screen *s, struct slice text);

/*
 * Synchronized output (mode 2026), so that no half frame is seen.
 * screen_ask_sync puts the question into the output if the terminal is not
 * known to mistake it; on the answer (libtermkey: a mode report with initial
 * '?', mode 2026, value 1 or 2) call screen_set_sync(s, true).
 */
void
screen_ask_sync(struct screen *s);

void
screen_set_sync(struct screen *s, bool on);

#endif
