#include "config.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/clean.h"
#include "tui/text.h"
#include "tui/view_parts.h"

enum { PROMPT_MAX = 256 };

/* Where the next cluster goes. Rows wrap anywhere: what is typed stays where
 * it was when a word grows. */
struct pen {
	unsigned row, column;
	unsigned indent, end;
};

static void
make_prompt(struct buf *out, const struct view_input *in, const struct room *r)
{
	buf_init(out, PROMPT_MAX);
	if (in->prompt.len > 0)
		buf_append_slice(out, in->prompt);
	else if (r != NULL)
		buf_printf(out, "[%s] ", r->label);
	else
		buf_puts(out, "> ");
}

static void
start(struct pen *pen, struct slice prompt, unsigned columns)
{
	unsigned width = (unsigned)text_width(prompt);

	if (width > columns / 3)
		width = columns / 3;
	*pen = (struct pen){ 0, width, width, columns };
	if (pen->indent * 4 > columns)
		pen->indent = 0;
}

static void
new_row(struct pen *pen)
{
	pen->row++;
	pen->column = pen->indent;
}

/* Has room for a cluster of that width. */
static void
make_room(struct pen *pen, unsigned width)
{
	if (pen->column + width > pen->end && pen->column > pen->indent)
		new_row(pen);
}

/* Moves over text; draws it, if g is not NULL, on the rows from `first` on
 * at `row` of the grid, `rows` of them. */
static void
walk(struct pen *pen, struct slice text, struct grid *g, unsigned row,
    unsigned first, unsigned rows)
{
	struct text_cluster cl;

	while (text.len > 0) {
		text = slice_skip(text, text_next(text, &cl));
		if (cl.newline) {
			new_row(pen);
			continue;
		}
		if (cl.width == 0)
			continue;
		make_room(pen, cl.width);
		if (g != NULL && pen->row >= first && pen->row < first + rows)
			grid_put(g, row + pen->row - first, pen->column,
			    pen->end, cl.bytes, ROLE_TEXT);
		pen->column += cl.width;
	}
	make_room(pen, 1); /* for the cursor */
}

unsigned
view_input_rows(const struct view_input *in, const struct room *r,
    unsigned columns, unsigned max)
{
	struct buf prompt;
	struct pen pen;

	make_prompt(&prompt, in, r);
	start(&pen, buf_view(&prompt), columns);
	buf_deinit(&prompt);
	walk(&pen, in->text, NULL, 0, 0, 0);
	return pen.row + 1 < max ? pen.row + 1 : max;
}

/* Row and column of the cursor, by the text before it. */
static void
find_cursor(struct pen *pen, const struct view_input *in)
{
	size_t before = in->cursor < in->text.len ? in->cursor : in->text.len;
	struct text_cluster cl = { 0 };

	walk(pen, (struct slice){ in->text.p, before }, NULL, 0, 0, 0);
	if (before < in->text.len)
		text_next(slice_skip(in->text, before), &cl);
	if (!cl.newline)
		make_room(pen, cl.width);
}

static void
isolate_rows(
    struct grid *g, unsigned row, unsigned rows, unsigned from, unsigned indent)
{
	for (unsigned i = 0; i < rows; i++) {
		unsigned begin = i == 0 ? from : indent, end = g->columns;

		while (end > begin &&
		       grid_cell(g, row + i, end - 1)->len == 0 &&
		       grid_cell(g, row + i, end - 1)->width == 1)
			end--;
		if (end > begin)
			grid_isolate(g, row + i, begin, end);
	}
}

void
view_input_draw(struct grid *g, const struct view_input *in,
    const struct room *r, unsigned row, unsigned rows)
{
	struct pen begin, cursor, pen;
	struct buf prompt;
	unsigned first = 0;

	make_prompt(&prompt, in, r);
	start(&begin, buf_view(&prompt), g->columns);
	cursor = pen = begin;
	find_cursor(&cursor, in);
	if (cursor.row >= rows)
		first = cursor.row - rows + 1;
	if (first == 0)
		view_put_cut(
		    g, row, 0, begin.column, buf_view(&prompt), ROLE_PROMPT);
	buf_deinit(&prompt);
	walk(&pen, in->text, g, row, first, rows);
	if (clean_has_rtl(in->text))
		isolate_rows(
		    g, row, rows, first == 0 ? begin.column : 0, begin.indent);
	if (pen.row >= first && pen.row < first + rows && in->hint.len > 0)
		grid_put_isolated(g, row + pen.row - first, pen.column + 1,
		    g->columns, in->hint, ROLE_HINT);
	g->cursor = true;
	g->cursor_row = row + cursor.row - first;
	g->cursor_column =
	    cursor.column < g->columns ? cursor.column : g->columns - 1;
}
