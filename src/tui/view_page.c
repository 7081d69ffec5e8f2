#include "config.h"

#include "tui/text.h"
#include "tui/view_parts.h"

enum { COLUMNS_MIN = 4 };

/* A text being laid out: its lines are wrapped one by one. */
struct pages {
	struct slice rest;
	struct text_wrap wrap;
	unsigned columns, hang;
	bool in_line;
};

/* Where the further rows of a line begin: in its second column if it has two
 * ("  /join ROOM   enters a room"), or two behind where its first does. */
static unsigned
hang_of(struct slice line, unsigned columns)
{
	size_t begin = 0, at;

	while (begin < line.len && line.p[begin] == ' ')
		begin++;
	for (at = begin; at + 1 < line.len; at++) {
		if (line.p[at] != ' ' || line.p[at + 1] != ' ')
			continue;
		while (at < line.len && line.p[at] == ' ')
			at++;
		at = text_width((struct slice){ line.p, at });
		if (at <= columns / 2)
			return (unsigned)at;
		break;
	}
	return begin > 0 && begin + 2 <= columns / 2 ? (unsigned)begin + 2 : 0;
}

/* The next row and the column that it begins at. */
static bool
next_row(struct pages *p, struct slice *row, unsigned *column)
{
	while (true) {
		if (p->in_line) {
			*column = p->hang;
			if (text_wrap_next(&p->wrap, p->columns - p->hang, row))
				return true;
			p->in_line = false;
		}
		if (p->rest.len == 0)
			return false;
		*row = slice_take_until(&p->rest, '\n');
		p->hang = hang_of(*row, p->columns);
		text_wrap_init(&p->wrap, *row);
		p->in_line = true;
		*column = 0;
		if (text_wrap_next(&p->wrap, p->columns, row))
			return true;
	}
}

static struct pages
start(const struct view_overlay *o, unsigned columns)
{
	return (struct pages){ .rest = o->text, .columns = columns };
}

void
view_page(struct view *v, struct view_overlay *o)
{
	const struct view_layout *lo = &v->layout;
	unsigned rows = lo->rows > 1 ? lo->rows - 1 : 1, n = 0, at, column;
	struct grid *g = &v->grid;
	unsigned columns =
	    g->columns > COLUMNS_MIN + 2 ? g->columns - 2 : COLUMNS_MIN;
	struct pages p = start(o, columns);
	struct slice row;

	while (next_row(&p, &row, &column))
		n++;
	o->page = rows;
	if (o->first + rows > n)
		o->first = n > rows ? n - rows : 0;
	at = view_put_cut(
	    g, lo->row, 1, g->columns, o->title, ROLE_TEXT | STYLE_BOLD);
	grid_put(g, lo->row, at + 2, g->columns,
	    n <= rows ? SLICE("Esc closes")
		      : SLICE("PgUp and PgDn scroll, Esc closes"),
	    ROLE_HINT);
	p = start(o, columns);
	for (n = 0; next_row(&p, &row, &column); n++)
		if (n >= o->first && n < o->first + rows)
			grid_put_isolated(g, lo->row + 1 + n - o->first,
			    1 + column, g->columns, row, ROLE_TEXT);
}
