#include "config.h"

#include "tui/grid.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clean.h"
#include "base/mem.h"
#include "tui/text.h"

#define REPLACEMENT "\xef\xbf\xbd"

void
grid_init(struct grid *g)
{
	*g = (struct grid){ 0 };
	buf_init(&g->bytes,
	    (size_t)GRID_ROWS_MAX * GRID_COLUMNS_MAX * TEXT_CLUSTER_MAX);
}

void
grid_deinit(struct grid *g)
{
	free(g->cells);
	buf_deinit(&g->bytes);
	grid_init(g);
}

static unsigned
within(unsigned n, unsigned max)
{
	return n < 1 ? 1 : n > max ? max : n;
}

void
grid_reset(struct grid *g, unsigned rows, unsigned columns)
{
	size_t n;

	rows = within(rows, GRID_ROWS_MAX);
	columns = within(columns, GRID_COLUMNS_MAX);
	n = (size_t)rows * columns;
	if (rows != g->rows || columns != g->columns)
		g->cells = xrealloc(g->cells, n * sizeof(*g->cells));
	g->rows = rows;
	g->columns = columns;
	for (size_t i = 0; i < n; i++)
		g->cells[i] = (struct cell){ .width = 1 };
	buf_clear(&g->bytes);
	g->cursor = false;
	g->cursor_row = g->cursor_column = 0;
}

struct cell *
grid_cell(const struct grid *g, unsigned row, unsigned column)
{
	assert(row < g->rows && column < g->columns);
	return &g->cells[(size_t)row * g->columns + column];
}

struct slice
grid_bytes(const struct grid *g, const struct cell *c)
{
	return c->len > 0 ? (struct slice){ g->bytes.p + c->at, c->len }
			  : SLICE("");
}

/* No C0, DEL or C1, and nothing cut off in its midst. */
static bool
is_harmless(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c < ' ' || c == 0x7f)
			return false;
		if (c == 0xc2 && i + 1 < s.len &&
		    (unsigned char)s.p[i + 1] < 0xa0)
			return false;
	}
	return s.len > 0;
}

static void
blank(struct cell *c)
{
	*c = (struct cell){ .width = 1, .style = c->style };
}

/* Half of a wide cluster is none. */
static void
split(struct grid *g, unsigned row, unsigned column)
{
	struct cell *c = grid_cell(g, row, column);

	if (c->width == 0 && column > 0)
		blank(c - 1);
	if (c->width == 2 && column + 1 < g->columns)
		blank(c + 1);
}

static void
put_cluster(struct grid *g, unsigned row, unsigned column,
    const struct text_cluster *cl, style_t style)
{
	struct slice bytes = { cl->bytes.p, cl->shown };
	struct cell *c = grid_cell(g, row, column);
	uint8_t width = cl->width == 2 ? 2 : 1, flags = 0;

	split(g, row, column);
	if (width == 2)
		split(g, row, column + 1);
	if (cl->ambiguous)
		flags |= CELL_AMBIGUOUS;
	if (!is_harmless(bytes)) {
		bytes = SLICE(REPLACEMENT);
		flags |= CELL_AMBIGUOUS;
	}
	*c = (struct cell){
		.at = (uint32_t)g->bytes.len,
		.len = (uint8_t)bytes.len,
		.width = width,
		.flags = flags,
		.style = style,
	};
	if (bytes.len == 1 && bytes.p[0] == ' ')
		c->len = 0;
	else
		buf_append_slice(&g->bytes, bytes);
	if (width == 2)
		c[1] = (struct cell){ .width = 0, .style = style };
}

unsigned
grid_put(struct grid *g, unsigned row, unsigned column, unsigned end,
    struct slice text, style_t style)
{
	struct text_cluster cl;

	if (end > g->columns)
		end = g->columns;
	if (row >= g->rows)
		return column;
	while (text.len > 0) {
		text = slice_skip(text, text_next(text, &cl));
		if (cl.width == 0)
			continue;
		if (column + cl.width > end)
			break;
		put_cluster(g, row, column, &cl, style);
		column += cl.width;
	}
	return column;
}

unsigned
grid_put_isolated(struct grid *g, unsigned row, unsigned column, unsigned end,
    struct slice text, style_t style)
{
	unsigned to = grid_put(g, row, column, end, text, style);

	if (to > column && clean_has_rtl(text))
		grid_isolate(g, row, column, to);
	return to;
}

void
grid_isolate(struct grid *g, unsigned row, unsigned column, unsigned end)
{
	unsigned last = end - 1;

	for (unsigned i = column; i < end; i++)
		grid_cell(g, row, i)->flags |= CELL_RTL;
	if (grid_cell(g, row, last)->width == 0)
		last--;
	grid_cell(g, row, column)->flags |= CELL_ISOLATE;
	grid_cell(g, row, last)->flags |= CELL_END_ISOLATE;
}

unsigned
grid_draw(struct grid *g, unsigned row, unsigned column, unsigned end,
    const char *symbols, style_t style)
{
	unsigned to = grid_put(g, row, column, end, slice_of(symbols), style);

	for (; column < to && row < g->rows; column++)
		grid_cell(g, row, column)->flags = 0;
	return to;
}

void
grid_fill(struct grid *g, unsigned row, unsigned column, unsigned end,
    const char *symbol, style_t style)
{
	if (end > g->columns)
		end = g->columns;
	while (column < end && row < g->rows)
		column = grid_draw(g, row, column, end, symbol, style);
}

void
grid_restyle(
    struct grid *g, unsigned row, unsigned column, unsigned end, style_t style)
{
	if (row >= g->rows)
		return;
	for (; column < end && column < g->columns; column++)
		grid_cell(g, row, column)->style = style;
}

void
grid_row_text(const struct grid *g, unsigned row, struct buf *out)
{
	unsigned end = g->columns;

	while (end > 0 && grid_cell(g, row, end - 1)->len == 0 &&
	       grid_cell(g, row, end - 1)->width == 1)
		end--;
	for (unsigned i = 0; i < end; i++) {
		const struct cell *c = grid_cell(g, row, i);

		if (c->len > 0)
			buf_append_slice(out, grid_bytes(g, c));
		else if (c->width == 1)
			buf_putc(out, ' ');
	}
}
