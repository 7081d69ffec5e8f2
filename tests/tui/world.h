/*
 * The real screen on a pseudo-terminal, whose other end is read here: every
 * byte that reaches the terminal goes through the emulator. A test program's
 * main is world_main.
 */
#ifndef CHAT_TESTS_TUI_WORLD_H
#define CHAT_TESTS_TUI_WORLD_H

#include <stdbool.h>
#include <stddef.h>

#include "emulator.h"
#include "tui/grid.h"
#include "tui/screen.h"
#include "tui/term.h"

enum { WORLD_ROWS = 24, WORLD_COLUMNS = 80, WORLD_COLORS = 16 };

struct world {
	int master; /* not blocking */
	struct term *term;
	struct screen *screen;
	struct emulator emu;
	size_t bytes; /* seen by the terminal */
};

void
world_open(struct world *w, bool color);

/* Checks that all modes are as they were. */
void
world_close(struct world *w);

void
world_resize(struct world *w, unsigned rows, unsigned columns);

/* What the terminal has been sent until now, into the emulator. */
void
world_drain(struct world *w);

void
world_flush(struct world *w);

/* Draws, and checks that the terminal shows what the grid says. colors: 0 or
 * WORLD_COLORS. */
void
world_draw(struct world *w, const struct grid *g, int colors);

/* Calls run in a process that is a session of its own, whose terminal is the
 * pseudo-terminal, and returns its result. */
int
world_main(int (*run)(void));

#endif
