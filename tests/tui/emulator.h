/*
 * A terminal in memory, for looking at what the screen makes of bytes. It
 * knows the sequences that drawing needs and those only; any other is an
 * error, as is a control character that moves nothing.
 */
#ifndef CHAT_TESTS_TUI_EMULATOR_H
#define CHAT_TESTS_TUI_EMULATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { EMULATOR_CELL = 48, EMULATOR_PARAMS = 16 };

/* What it believes about widths. */
enum emulator_opinion {
	EMULATOR_AGREES,       /* with tui/text.h */
	EMULATOR_BY_CHARACTER, /* nothing joins: libc's width of each */
	EMULATOR_NARROW_EMOJI, /* the same, and emoji are narrow */
};

struct emulator_look {
	int fg, bg; /* -1: its own */
	bool bold, dim, underline, reverse;
};

struct emulator_cell {
	char s[EMULATOR_CELL]; /* "" for a blank and a right half */
	unsigned len, width;   /* width 0: a right half */
	struct emulator_look look;
};

struct emulator {
	enum emulator_opinion opinion;
	unsigned rows, columns;
	struct emulator_cell *cells;
	unsigned row, column;
	unsigned top, bottom; /* of the scrolling region */
	bool wrap_next, no_wrap;
	struct emulator_look look;
	bool alternate, paste, focus, sync, hidden; /* modes */
	unsigned bells;
	char held[64]; /* a sequence or cluster not complete yet */
	unsigned n_held;
	char error[256]; /* the first; "" for none */
};

void
emulator_init(struct emulator *e, unsigned rows, unsigned columns);

void
emulator_deinit(struct emulator *e);

void
emulator_feed(struct emulator *e, const char *p, size_t len);

/* After the last byte: what is held back is complete. */
void
emulator_flush(struct emulator *e);

struct emulator_cell *
emulator_cell(const struct emulator *e, unsigned row, unsigned column);

#endif
