#include "config.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/clean.h"
#include "tui/text.h"
#include "tui/view_parts.h"

#define RULE "─"
#define DASH "╌"
#define BAR "│"

enum {
	TEXT_COLUMNS_MIN = 2, /* text_wrap's */
	FIRST_ROW_MIN = 8,    /* with less it begins on the second row */
	HANG_NARROW = 6,
	LABEL_MAX = 64,
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

static unsigned
text_rows(const struct view *v, const struct line *l)
{
	struct text_wrap w;
	struct shape s;
	struct slice row;
	unsigned n = 0, column;

	shape_of(&v->layout, l, &s);
	text_wrap_init(&w, line_text(l));
	while (next_row(&w, &s, &n, &column, &row))
		;
	return n;
}

static void
day_of(const struct line *l, struct tm *tm)
{
	time_t t = (time_t)(l->at / 1000);

	if (localtime_r(&t, tm) == NULL)
		*tm = (struct tm){ 0 };
}

static bool
is_new_day(const struct room *r, uint64_t id, const struct line *l)
{
	const struct line *before = view_line(r, id - 1);
	struct tm a, b;

	if (before == NULL)
		return true;
	if (before->at / 1000 == l->at / 1000)
		return false;
	day_of(before, &a);
	day_of(l, &b);
	return a.tm_yday != b.tm_yday || a.tm_year != b.tm_year;
}

unsigned
view_line_rows(const struct view *v, const struct room *r, uint64_t id)
{
	struct line *l = view_line(r, id);
	unsigned rows, above;

	if (l == NULL)
		return 0;
	above = (r->unread_line == id) + (unsigned)is_new_day(r, id, l);
	rows = scrollback_rows(&r->lines, l);
	if (rows == 0) {
		rows = text_rows(v, l);
		scrollback_keep_rows(&r->lines, l, rows);
	}
	return above + rows;
}

void
view_rule(struct view *v, unsigned row, const char *symbol, const char *label,
    style_t style)
{
	const struct view_layout *lo = &v->layout;
	unsigned from = lo->column, end = from + lo->columns;
	unsigned width = (unsigned)text_width(slice_of(label)), at;

	grid_fill(&v->grid, row, from, end, symbol, style);
	if (width + 4 > lo->columns)
		return;
	at = from + (lo->columns - width) / 2;
	grid_draw(&v->grid, row, at - 1, end, " ", style);
	at = grid_draw(&v->grid, row, at, end, label, style);
	grid_draw(&v->grid, row, at, end, " ", style);
}

static void
draw_day(struct view *v, const struct line *l, unsigned row)
{
	char label[LABEL_MAX], month[LABEL_MAX / 2];
	struct tm tm;

	day_of(l, &tm);
	strftime(label, sizeof(label) / 2, "%A", &tm);
	strftime(month, sizeof(month), "%B %Y", &tm);
	snprintf(label + strlen(label), sizeof(label) - strlen(label),
	    ", %d %s", tm.tm_mday, month);
	view_rule(v, row, RULE, label, ROLE_DAY);
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
	char time[LABEL_MAX];
	struct tm tm;

	if (lo->times > 0) {
		day_of(l, &tm);
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

void
view_line_draw(
    struct view *v, const struct room *r, uint64_t id, long top, unsigned end)
{
	const struct view_layout *lo = &v->layout;
	const struct line *l = view_line(r, id);
	bool current = r->scroll.hit == id;
	struct text_wrap w;
	struct hits hits;
	struct shape s;
	struct slice text;
	unsigned n = 0, column;

	assert(l != NULL);
	if (is_new_day(r, id, l)) {
		if (top >= 0 && top < (long)end)
			draw_day(v, l, lo->row + (unsigned)top);
		top++;
	}
	if (r->unread_line == id) {
		if (top >= 0 && top < (long)end)
			view_rule(v, lo->row + (unsigned)top, DASH, "new",
			    ROLE_UNREAD_LINE);
		top++;
	}
	shape_of(lo, l, &s);
	hits_init(&hits, v, line_text(l), current);
	text_wrap_init(&w, line_text(l));
	while (next_row(&w, &s, &n, &column, &text) && top < (long)end) {
		unsigned row = lo->row + (unsigned)top;

		if (top++ < 0)
			continue;
		if (n == 1) {
			draw_head(v, l, &s, row, current);
			draw_leader(v, l, &s, row);
		} else if (s.aligned) {
			grid_draw(&v->grid, row,
			    lo->column + s.start + lo->nicks + 1,
			    lo->column + s.end, BAR, ROLE_FRAME);
		}
		grid_put_isolated(&v->grid, row, lo->column + column,
		    lo->column + s.end, text, text_style(l));
		draw_hits(v, &hits, text, row, lo->column + column);
	}
}
