#include "config.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/clean.h"
#include "tui/text.h"
#include "tui/view_parts.h"

#define BAR "│"
#define EDITED " (edited)"

enum {
	TEXT_COLUMNS_MIN = 2, /* text_wrap's */
	FIRST_ROW_MIN = 8,    /* with less it begins on the second row */
	HANG_NARROW = 6,
	TIME_MAX = 16,
	EDITED_COLUMNS = sizeof(EDITED) - 1,
};

/* How one line is laid out: what stands before its text. */
struct shape {
	bool aligned; /* nick in a column of its own, and a bar */
	struct slice nick;
	const char *sign;    /* instead of the nick: "*"; or NULL */
	struct slice leader; /* nick of an action, before the text */
	unsigned start;      /* column of the sign or nick */
	unsigned first;      /* column of the text on its first row */
	unsigned hang;       /* on the others */
	unsigned end;
	bool breaks; /* the first row has no room for text */
};

struct line *
view_line(const struct room *r, uint64_t id)
{
	uint64_t last = scrollback_last(&r->lines);
	const struct pending *p;

	if (id <= last)
		return scrollback_get(&r->lines, id);
	TAILQ_FOREACH (p, &r->pending, link)
		if (p->l != NULL && --id == last)
			return p->l;
	return NULL;
}

uint64_t
view_last(const struct room *r)
{
	uint64_t last = scrollback_last(&r->lines);
	const struct pending *p;

	TAILQ_FOREACH (p, &r->pending, link)
		last += p->l != NULL;
	return last;
}

static const char *
sign_of(const struct line *l)
{
	switch ((enum line_kind)l->kind) {
	case LINE_MESSAGE:
		return NULL;
	case LINE_ACTION:
		return "*";
	case LINE_INFO:
		return "--";
	case LINE_ERROR:
		return "!!";
	case LINE_EVENT:
		return "";
	}
	return "";
}

static const char *
mark_of(const struct line *l)
{
	switch ((enum line_mark)l->mark) {
	case MARK_NONE:
		return NULL;
	case MARK_WAITING:
		return "⋯";
	case MARK_SENT:
		return "↑";
	case MARK_DELIVERED:
		return "✓";
	case MARK_FAILED:
		return "✗";
	}
	return NULL;
}

static style_t
mark_style(const struct line *l)
{
	switch ((enum line_mark)l->mark) {
	case MARK_WAITING:
	case MARK_SENT:
		return ROLE_WAITING;
	case MARK_DELIVERED:
		return ROLE_DELIVERED;
	case MARK_FAILED:
		return ROLE_FAILED;
	case MARK_NONE:
		break;
	}
	return ROLE_FRAME;
}

static unsigned
at_most(size_t n, unsigned max)
{
	return n < max ? (unsigned)n : max;
}

static unsigned
leader_columns(const struct shape *s)
{
	if (s->leader.len == 0)
		return 0;
	return at_most(text_width(s->leader), MODEL_NICK_COLUMNS) + 1;
}

static void
shape_ragged(struct shape *s, const struct view_layout *lo, bool marked)
{
	unsigned width;

	s->hang = lo->bare ? 0 : HANG_NARROW;
	if (s->hang * 4 > lo->columns)
		s->hang = 0;
	s->first = s->start;
	if (s->sign == NULL) {
		width = at_most(text_width(s->nick), MODEL_NICK_COLUMNS);
		s->first += width + (marked ? 3 : 2); /* "me ✓ ", "bo: " */
	} else if (s->sign[0] != '\0') {
		width = (unsigned)text_width(slice_of(s->sign));
		s->first += width + (marked ? 3 : 1);
	}
}

static void
shape_of(const struct view_layout *lo, const struct line *l, struct shape *s)
{
	*s = (struct shape){
		.aligned = lo->nicks > 0,
		.nick = line_nick(l),
		.sign = sign_of(l),
		.start = lo->times,
		.end = lo->columns,
	};
	if (l->kind == LINE_ACTION)
		s->leader = line_nick(l);
	if (s->aligned) {
		s->first = s->hang = lo->times + lo->nicks + 3;
	} else {
		shape_ragged(s, lo, mark_of(l) != NULL);
	}
	s->first += leader_columns(s);
	if (s->hang + TEXT_COLUMNS_MIN > s->end)
		s->hang = 0;
	s->breaks = s->first + FIRST_ROW_MIN > s->end &&
		    s->first > s->hang + leader_columns(s);
}

static unsigned
columns_from(const struct shape *s, unsigned column)
{
	return column + TEXT_COLUMNS_MIN < s->end ? s->end - column
						  : TEXT_COLUMNS_MIN;
}

/* The next row of text; *n counts them from 0. */
static bool
next_row(struct text_wrap *w, const struct shape *s, unsigned *n,
    unsigned *column, struct slice *row)
{
	bool first = *n == 0;

	if (first && s->breaks) {
		*row = (struct slice){ w->rest.p, 0 };
		*column = s->hang;
	} else {
		*column = first ? s->first : s->hang;
		if (!text_wrap_next(w, columns_from(s, *column), row))
			return false;
	}
	++*n;
	return true;
}

/* The mark of an edited one goes behind the text, or below if it is full. */
static bool
edited_below(const struct shape *s, unsigned column, struct slice row)
{
	return column + (unsigned)text_width(row) + EDITED_COLUMNS > s->end;
}

/* Of the text, and of what is told with it. */
static unsigned
text_rows(const struct view *v, const struct line *l)
{
	struct text_wrap w;
	struct shape s;
	struct slice row = { .len = 0 };
	unsigned n = 0, column, last = 0;

	shape_of(&v->layout, l, &s);
	text_wrap_init(&w, line_text(l));
	while (next_row(&w, &s, &n, &column, &row))
		last = column;
	n += l->edited && edited_below(&s, last, row);
	return n + (line_quote(l).len > 0) + (line_reactions(l).len > 0);
}

unsigned
view_line_rows(const struct view *v, const struct room *r, uint64_t id)
{
	struct line *l = view_line(r, id);
	unsigned rows;

	if (l == NULL)
		return 0;
	rows = scrollback_rows(&r->lines, l);
	if (rows == 0) {
		rows = text_rows(v, l);
		scrollback_keep_rows(&r->lines, l, rows);
	}
	return view_rules_rows(r, id, l) + rows;
}

/* Where text is that is looked for, in one line, from its begin on. */
struct hits {
	struct slice text, what;
	size_t from, to;
	style_t style;
};

static void
next_hit(struct hits *h)
{
	size_t len = 0, at = h->to;
	long found = scrollback_match(slice_skip(h->text, at), h->what, &len);

	h->from = found >= 0 ? at + (size_t)found : h->text.len;
	h->to = found >= 0 ? h->from + len : h->text.len + 1;
}

static void
hits_init(struct hits *h, const struct view *v, struct slice text, bool current)
{
	*h = (struct hits){
		.text = text,
		.what = slice_of(v->search),
		.style = current ? ROLE_HIT_CURRENT : ROLE_HIT,
	};
	if (h->what.len > 0)
		next_hit(h);
	else
		h->from = h->to = text.len + 1;
}

static void
draw_hits(struct view *v, struct hits *h, struct slice row_text, unsigned row,
    unsigned column)
{
	size_t a, b;

	if (row_text.len == 0 || h->from >= h->text.len)
		return;
	a = (size_t)(row_text.p - h->text.p);
	b = a + row_text.len;
	for (; h->from < b; next_hit(h)) {
		size_t from = h->from > a ? h->from - a : 0;
		size_t to = h->to < b ? h->to - a : row_text.len;
		struct slice before = { row_text.p, from };
		struct slice until = { row_text.p, to };

		if (h->to > a)
			grid_restyle(&v->grid, row,
			    column + (unsigned)text_width(before),
			    column + (unsigned)text_width(until), h->style);
		if (h->to > b)
			break; /* goes on in the next row */
	}
}

static style_t
nick_style(const struct line *l, struct slice nick)
{
	if (l->mention)
		return ROLE_MENTION;
	if (l->own)
		return ROLE_OWN_NICK;
	return theme_nick(nick);
}

static style_t
text_style(const struct line *l)
{
	switch ((enum line_kind)l->kind) {
	case LINE_MESSAGE:
	case LINE_ACTION:
		break;
	case LINE_INFO:
		return ROLE_INFO;
	case LINE_ERROR:
		return ROLE_ERROR;
	case LINE_EVENT:
		return ROLE_EVENT;
	}
	if (l->deleted)
		return ROLE_EVENT;
	if (l->mark == MARK_WAITING)
		return ROLE_TEXT | STYLE_DIM;
	if (l->kind == LINE_ACTION)
		return ROLE_ACTION;
	return l->mention ? ROLE_TEXT | STYLE_BOLD : ROLE_TEXT;
}

/* Time, nick or sign, and the bar or mark of a line's first text row. */
static void
draw_head(struct view *v, const struct line *l, const struct shape *s,
    unsigned row, bool current)
{
	const struct view_layout *lo = &v->layout;
	unsigned at = lo->column, end = at + lo->columns, width, to;
	const char *mark = mark_of(l);
	char time[TIME_MAX];
	struct tm tm;

	if (lo->times > 0) {
		view_day_of(l, &tm);
		strftime(time, sizeof(time), "%H:%M", &tm);
		grid_draw(&v->grid, row, at, end, time,
		    current ? ROLE_HIT_CURRENT : ROLE_TIME);
	}
	at += s->start;
	width = s->aligned ? lo->nicks : MODEL_NICK_COLUMNS;
	if (s->sign != NULL) {
		to = (unsigned)text_width(slice_of(s->sign));
		if (s->aligned)
			at += lo->nicks - at_most(to, lo->nicks);
		to = grid_draw(&v->grid, row, at, end, s->sign, text_style(l));
	} else {
		to = at_most(text_width(s->nick), width);
		if (s->aligned)
			at += width - to;
		to = view_put_cut(&v->grid, row, at, at + to, s->nick,
		    nick_style(l, s->nick));
	}
	if (s->aligned) {
		to = lo->column + s->start + lo->nicks + 1;
		grid_draw(&v->grid, row, to, end, mark != NULL ? mark : BAR,
		    mark_style(l));
	} else if (mark != NULL) {
		grid_draw(&v->grid, row, to + 1, end, mark, mark_style(l));
	} else if (s->sign == NULL) {
		grid_draw(&v->grid, row, to, end, ":", ROLE_FRAME);
	}
}

static void
draw_leader(
    struct view *v, const struct line *l, const struct shape *s, unsigned row)
{
	unsigned width = leader_columns(s), at, end;

	if (width == 0)
		return;
	at = v->layout.column + s->first - width;
	end = v->layout.column + v->layout.columns;
	if (at + width - 1 < end)
		end = at + width - 1;
	view_put_cut(
	    &v->grid, row, at, end, s->leader, nick_style(l, s->leader));
}

/* Where a line is drawn: rows from `top` on, which may be above the messages,
 * up to `end`. */
struct place {
	struct view *v;
	const struct line *l;
	const struct shape *s;
	long top;
	unsigned end;
	bool current, chosen;
};

/* Begins the next row. False: it can't be seen. */
static bool
begin_row(struct place *p, unsigned *row)
{
	const struct view_layout *lo = &p->v->layout;
	long top = p->top++;

	if (top < 0 || top >= (long)p->end)
		return false;
	*row = lo->row + (unsigned)top;
	return true;
}

/* The bar that goes on beside everything but the first row of the text. */
static void
draw_bar(struct place *p, unsigned row)
{
	const struct view_layout *lo = &p->v->layout;

	if (p->s->aligned)
		grid_draw(&p->v->grid, row,
		    lo->column + p->s->start + lo->nicks + 1,
		    lo->column + p->s->end, BAR, ROLE_FRAME);
}

static void
end_row(struct place *p, unsigned row)
{
	const struct view_layout *lo = &p->v->layout;

	if (p->chosen)
		grid_restyle(&p->v->grid, row, lo->column,
		    lo->column + lo->columns, ROLE_CHOSEN);
}

/* A row of its own, cut if it is too long. */
static void
draw_extra(struct place *p, const char *sign, struct slice text, style_t style)
{
	unsigned at = p->v->layout.column + p->s->hang;
	unsigned end = p->v->layout.column + p->s->end, row;

	if (!begin_row(p, &row))
		return;
	draw_bar(p, row);
	at = grid_draw(&p->v->grid, row, at, end, sign, style);
	view_put_cut(&p->v->grid, row, at, end, text, style);
	end_row(p, row);
}

static void
draw_text(struct place *p)
{
	struct slice whole = line_text(p->l), text = { .len = 0 };
	unsigned n = 0, column, last = 0, row = 0;
	const unsigned left = p->v->layout.column;
	struct text_wrap w;
	struct hits hits;
	bool seen = false;

	hits_init(&hits, p->v, whole, p->current);
	text_wrap_init(&w, whole);
	while (next_row(&w, p->s, &n, &column, &text) && p->top < p->end) {
		last = column;
		seen = begin_row(p, &row);
		if (!seen)
			continue;
		if (n == 1) {
			draw_head(p->v, p->l, p->s, row, p->current);
			draw_leader(p->v, p->l, p->s, row);
		} else {
			draw_bar(p, row);
		}
		grid_put_isolated(&p->v->grid, row, left + column,
		    left + p->s->end, text, text_style(p->l));
		draw_hits(p->v, &hits, text, row, left + column);
		end_row(p, row);
	}
	if (!p->l->edited)
		return;
	if (edited_below(p->s, last, text))
		draw_extra(p, "", SLICE("(edited)"), ROLE_HINT);
	else if (seen)
		grid_draw(&p->v->grid, row,
		    left + last + (unsigned)text_width(text), left + p->s->end,
		    EDITED, p->chosen ? ROLE_CHOSEN : ROLE_HINT);
}

void
view_line_draw(
    struct view *v, const struct room *r, uint64_t id, long top, unsigned end)
{
	const struct line *l = view_line(r, id);
	struct shape s;
	struct place p = { .v = v,
		.l = l,
		.s = &s,
		.end = end,
		.current = r->scroll.hit == id,
		.chosen = r->scroll.chosen == id };

	assert(l != NULL);
	p.top = view_rules_draw(v, r, id, l, top, end);
	shape_of(&v->layout, l, &s);
	if (line_quote(l).len > 0)
		draw_extra(&p, "┌ ", line_quote(l), ROLE_HINT);
	draw_text(&p);
	if (line_reactions(l).len > 0)
		draw_extra(&p, "", line_reactions(l), ROLE_REACTIONS);
}
