#include "config.h"

#include <time.h>

#include "tui/text.h"
#include "tui/view_parts.h"

enum {
	TIME_MAX = 32,
	ROOM_COLUMNS = 16, /* at most, as for nicks */
	NARROW = 60,       /* columns: nothing is aligned */
};

/* What is in columns before the text. */
struct columns {
	unsigned room, nick;
};

static unsigned
at_most(size_t n, unsigned max)
{
	return n < max ? (unsigned)n : max;
}

static void
measure(const struct view_list *l, unsigned columns, struct columns *out)
{
	*out = (struct columns){ .room = 0 };
	if (columns < NARROW)
		return;
	for (unsigned i = 0; i < l->n; i++) {
		unsigned room =
		    at_most(text_width(l->rows[i].room), ROOM_COLUMNS);
		unsigned nick =
		    at_most(text_width(l->rows[i].nick), MODEL_NICK_COLUMNS);

		if (room > out->room)
			out->room = room;
		if (nick > out->nick)
			out->nick = nick;
	}
}

static void
put_time(char out[TIME_MAX], uint64_t at)
{
	time_t t = (time_t)(at / 1000);
	struct tm tm;

	if (localtime_r(&t, &tm) == NULL)
		tm = (struct tm){ 0 };
	strftime(out, TIME_MAX, "%Y-%m-%d %H:%M", &tm);
}

/* A cell of the table; with no columns, as long as it is. */
static unsigned
put_cell(struct grid *g, unsigned row, unsigned at, unsigned columns,
    struct slice text, style_t style)
{
	unsigned to = columns > 0 ? at + columns : g->columns;
	unsigned end = view_put_cut(g, row, at, to, text, style);

	return columns > 0 ? to + 2 : end + 1;
}

static void
draw_row(struct view *v, const struct view_list *l, unsigned i,
    const struct columns *w, unsigned row)
{
	const struct view_row *r = &l->rows[i];
	struct grid *g = &v->grid;
	char time[TIME_MAX];
	unsigned at = 1;

	put_time(time, r->at);
	if (w->room > 0)
		at = grid_draw(g, row, at, g->columns, time, ROLE_TIME) + 2;
	at = put_cell(g, row, at, w->room, r->room, ROLE_TEXT);
	at = put_cell(g, row, at, w->nick, r->nick, theme_nick(r->nick));
	view_put_cut(g, row, at, g->columns, r->text, ROLE_TEXT);
	if (i == l->chosen)
		grid_restyle(g, row, 0, g->columns, ROLE_CHOSEN);
}

void
view_list_draw(struct view *v, struct view_list *l)
{
	const struct view_layout *lo = &v->layout;
	unsigned rows = lo->rows > 1 ? lo->rows - 1 : 1, at;
	struct grid *g = &v->grid;
	struct columns w;

	l->page = rows;
	if (l->chosen < l->first)
		l->first = l->chosen;
	if (l->chosen >= l->first + rows)
		l->first = l->chosen - rows + 1;
	at = view_put_cut(
	    g, lo->row, 1, g->columns, l->title, ROLE_TEXT | STYLE_BOLD);
	view_put_cut(g, lo->row, at + 2, g->columns, l->hint, ROLE_HINT);
	measure(l, g->columns, &w);
	for (unsigned i = l->first; i < l->n && i < l->first + rows; i++)
		draw_row(v, l, i, &w, lo->row + 1 + i - l->first);
}
