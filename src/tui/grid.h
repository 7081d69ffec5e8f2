/*
 * A screen as it should be: rows and columns of cells, each with a cluster of
 * bytes, its width and a style. What is put outside or does not fit is not
 * put. The bytes of all cells are in one buffer. Whatever the source, a cell
 * never holds a control character.
 */
#ifndef CHAT_TUI_GRID_H
#define CHAT_TUI_GRID_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"
#include "tui/theme.h"

enum {
	GRID_ROWS_MAX = 500,
	GRID_COLUMNS_MAX = 1000,
};

enum cell_flag {
	/* Terminals disagree about its width. */
	CELL_AMBIGUOUS = 1,
	/* Part of right-to-left text, which begins (FSI before it) and ends
	 * (PDI behind it) here: U+2068, U+2069. */
	CELL_RTL = 2,
	CELL_ISOLATE = 4,
	CELL_END_ISOLATE = 8,
};

struct cell {
	uint32_t at;   /* in grid.bytes */
	uint8_t len;   /* 0: blank, or the right half of the one before */
	uint8_t width; /* 1, 2; 0: the right half */
	uint8_t flags; /* cell_flag */
	style_t style;
};

struct grid {
	unsigned rows, columns;
	struct cell *cells; /* rows * columns */
	struct buf bytes;
	unsigned cursor_row, cursor_column;
	bool cursor; /* shown */
};

void
grid_init(struct grid *g);

void
grid_deinit(struct grid *g);

/* Makes it that size (within the limits) and all blank. */
void
grid_reset(struct grid *g, unsigned rows, unsigned columns);

struct cell *
grid_cell(const struct grid *g, unsigned row, unsigned column);

struct slice
grid_bytes(const struct grid *g, const struct cell *c);

/*
 * Puts text (no newlines) at row, column up to before `end`. Returns the
 * column behind it. grid_put_isolated keeps right-to-left text from
 * rearranging what is beside it.
 */
unsigned
grid_put(struct grid *g, unsigned row, unsigned column, unsigned end,
    struct slice text, style_t style);

unsigned
grid_put_isolated(struct grid *g, unsigned row, unsigned column, unsigned end,
    struct slice text, style_t style);

/* Isolates what is there already, from column to before end (> column). */
void
grid_isolate(struct grid *g, unsigned row, unsigned column, unsigned end);

/* Our own drawing: symbols of one column, on which terminals agree well
 * enough. The second repeats one symbol up to `end`. */
unsigned
grid_draw(struct grid *g, unsigned row, unsigned column, unsigned end,
    const char *symbols, style_t style);

void
grid_fill(struct grid *g, unsigned row, unsigned column, unsigned end,
    const char *symbol, style_t style);

/* Gives cells that are there another style; keeps the text. */
void
grid_restyle(
    struct grid *g, unsigned row, unsigned column, unsigned end, style_t style);

/* The text of a row without trailing blanks, for tests. */
void
grid_row_text(const struct grid *g, unsigned row, struct buf *out);

#endif
