#include "config.h"

#include <stdio.h>

#include "base/buf.h"
#include "tui/text.h"
#include "tui/view_parts.h"

enum {
	PIECE_MAX = 256, /* bytes */
	PIECES = 8,
	ROOMS_MIN = 14, /* columns */
	ROOMS_MAX = 22,
	COUNT_COLUMNS = 6,
	PEOPLE_COUNT_FROM = 64, /* columns, for how many they are */
	PEOPLE_MIN = 10,
	PEOPLE_MAX = MODEL_NICK_COLUMNS + 2,
};

unsigned
view_put_cut(struct grid *g, unsigned row, unsigned column, unsigned end,
    struct slice text, style_t style)
{
	size_t fits;

	if (end <= column)
		return column;
	if (text_width(text) <= end - column)
		return grid_put_isolated(g, row, column, end, text, style);
	fits = text_fit(text, end - column - 1);
	column = grid_put_isolated(
	    g, row, column, end, (struct slice){ text.p, fits }, style);
	return grid_draw(g, row, column, end, "…", style);
}

static void
bar(struct grid *g, unsigned row, style_t style)
{
	grid_restyle(g, row, 0, g->columns, style);
}

void
view_topic(struct view *v, const struct model *m, unsigned row)
{
	const struct room *r = m->current;
	struct grid *g = &v->grid;
	unsigned at = 1, end = g->columns;
	char people[32], slow[32];

	bar(g, row, ROLE_TOPIC);
	if (r == NULL)
		return;
	if (r->n_people > 0 && g->columns >= PEOPLE_COUNT_FROM) {
		unsigned width;

		snprintf(people, sizeof(people), "%u %s ", r->n_people,
		    r->n_people == 1 ? "person" : "people");
		width = (unsigned)text_width(slice_of(people));
		end -= width;
		grid_draw(g, row, end, g->columns, people, ROLE_TOPIC);
		end--;
	}
	at = view_put_cut(
	    g, row, at, end, slice_of(r->label), ROLE_TOPIC | STYLE_BOLD);
	if (!r->joined)
		at = grid_draw(g, row, at + 1, end, "(not joined)", ROLE_TOPIC);
	if (r->is_private)
		at = grid_draw(g, row, at + 1, end, "(private)", ROLE_TOPIC);
	if (r->slow > 0) {
		snprintf(slow, sizeof(slow), "(slow: %u s)", r->slow);
		at = grid_draw(g, row, at + 1, end, slow, ROLE_TOPIC);
	}
	if (r->topic[0] != '\0')
		view_put_cut(
		    g, row, at + 2, end, slice_of(r->topic), ROLE_TOPIC);
}

/* A part of the status line; the least needed go first if it is too narrow. */
struct piece {
	struct buf text;
	style_t style;
	unsigned rank; /* 0: stays */
	unsigned gap;  /* columns before it */
};

struct pieces {
	struct piece v[PIECES];
	unsigned n;
};

static struct buf *
add_piece(struct pieces *p, unsigned rank, style_t style)
{
	struct piece *new = &p->v[p->n++];

	buf_init(&new->text, PIECE_MAX);
	new->style = style;
	new->rank = rank;
	new->gap = 2;
	return &new->text;
}

static bool
is_active(const struct model *m, const struct room *r)
{
	return r->unread > 0 && r != m->current;
}

/* "[Act: 2 @3]", as far as it fits. */
static void
add_activity(struct pieces *p, const struct model *m)
{
	const struct room *r;
	struct buf *b = NULL;
	unsigned n = 0, left = 0;
	bool mentions = false;

	TAILQ_FOREACH (r, &m->rooms, link) {
		n++;
		if (!is_active(m, r))
			continue;
		if (b == NULL) {
			b = add_piece(p, 2, ROLE_STATUS_ALERT);
			buf_puts(b, "[Act:");
		}
		mentions |= r->mentions > 0;
		if (b->len < 24)
			buf_printf(b, " %s%u", r->mentions > 0 ? "@" : "", n);
		else
			left++;
	}
	if (b == NULL)
		return;
	if (left > 0)
		buf_printf(b, " +%u", left);
	buf_puts(b, "]");
	if (!mentions)
		p->v[p->n - 1].style = ROLE_STATUS;
}

static void
collect(struct pieces *p, const struct view *v, const struct model *m,
    const struct view_status *st)
{
	struct buf *b;

	p->n = 0;
	if (st->clock.len > 0)
		buf_append_slice(add_piece(p, 5, ROLE_STATUS), st->clock);
	if (st->nick.len > 0)
		buf_append_slice(
		    add_piece(p, 3, ROLE_STATUS | STYLE_BOLD), st->nick);
	if (st->online) {
		buf_puts(add_piece(p, 0, ROLE_STATUS_GOOD), "●");
		b = add_piece(p, 6, ROLE_STATUS_GOOD);
		p->v[p->n - 1].gap = 1;
		buf_append_slice(b, st->server);
		if (st->secure)
			buf_puts(b, " (TLS)");
		if (st->lag_ms >= 0)
			buf_printf(
			    add_piece(p, 4, ROLE_STATUS), "%d ms", st->lag_ms);
	} else {
		b = add_piece(p, 0, ROLE_STATUS_BAD);
		buf_puts(b, "○ ");
		buf_append_slice(b, st->connection);
	}
	if (st->waiting > 0)
		buf_printf(add_piece(p, 1, ROLE_STATUS_ALERT), "⋯ %u waiting",
		    st->waiting);
	if (v->layout.rooms == 0)
		add_activity(p, m);
	if (st->typing.len > 0)
		buf_append_slice(add_piece(p, 7, ROLE_STATUS), st->typing);
}

static unsigned
pieces_columns(const struct pieces *p)
{
	unsigned width = 0;

	for (unsigned i = 0; i < p->n; i++)
		width +=
		    (unsigned)text_width(buf_view(&p->v[i].text)) + p->v[i].gap;
	return width;
}

static void
drop_piece(struct pieces *p)
{
	unsigned worst = 0;

	for (unsigned i = 0; i < p->n; i++)
		if (p->v[i].rank > p->v[worst].rank)
			worst = i;
	buf_deinit(&p->v[worst].text);
	p->n--;
	for (unsigned i = worst; i < p->n; i++)
		p->v[i] = p->v[i + 1];
}

void
view_status_line(struct view *v, const struct model *m,
    const struct view_status *st, unsigned row)
{
	struct grid *g = &v->grid;
	struct pieces p;
	unsigned at = 0;

	collect(&p, v, m, st);
	while (p.n > 1 && pieces_columns(&p) > g->columns)
		drop_piece(&p);
	bar(g, row, ROLE_STATUS);
	for (unsigned i = 0; i < p.n; i++) {
		struct piece *it = &p.v[i];

		/* the symbols are ours, the rest is cleaned */
		at += i == 0 ? 1 : it->gap;
		at = view_put_cut(
		    g, row, at, g->columns, buf_view(&it->text), it->style);
		buf_deinit(&it->text);
	}
}

void
view_problem(struct view *v, struct slice problem, unsigned row)
{
	unsigned at =
	    grid_draw(&v->grid, row, 0, v->grid.columns, " ! ", ROLE_ERROR);

	view_put_cut(&v->grid, row, at, v->grid.columns, problem, ROLE_ERROR);
}

void
view_choices(struct view *v, const struct view_overlay *o, unsigned row)
{
	unsigned end = v->grid.columns, from = 0, at = 1, width = 1;

	/* begins so that the chosen one is seen */
	for (unsigned i = 0; o->chosen < o->n_choices && i <= o->chosen; i++) {
		unsigned w = (unsigned)text_width(o->choices[i]) + 2;

		if (width + w > end && i > from) {
			from = i;
			width = 1;
		}
		width += w;
	}
	bar(&v->grid, row, ROLE_HINT);
	for (unsigned i = from; i < o->n_choices && at < end; i++) {
		style_t style = i == o->chosen ? ROLE_HIT_CURRENT : ROLE_HINT;

		at = view_put_cut(&v->grid, row, at, end, o->choices[i], style);
		at += 2;
	}
}

unsigned
view_rooms_columns(const struct model *m, unsigned columns)
{
	unsigned widest = 0, max = columns / 5;
	const struct room *r;

	TAILQ_FOREACH (r, &m->rooms, link) {
		unsigned w = (unsigned)text_width(slice_of(r->label));

		if (w > widest)
			widest = w;
	}
	widest += 4 + COUNT_COLUMNS; /* "12 name   @1 9" */
	if (max > ROOMS_MAX)
		max = ROOMS_MAX;
	if (widest > max)
		widest = max;
	return widest < ROOMS_MIN ? ROOMS_MIN : widest;
}

static void
number_text(char *out, size_t size, unsigned n, const char *sign)
{
	snprintf(out, size, n > 99 ? "%s99+" : "%s%u", sign, n);
}

/* Unread messages and those that mention us, right-aligned before `end`;
 * returns the column where they begin. */
static unsigned
draw_counts(struct grid *g, unsigned row, unsigned end, const struct room *r)
{
	char unread[16], mentions[16];
	unsigned at = end;

	if (r->unread > r->mentions) {
		number_text(unread, sizeof(unread), r->unread, "");
		at -= (unsigned)text_width(slice_of(unread));
		grid_draw(g, row, at, end, unread, ROLE_ROOM_UNREAD);
		at--;
	}
	if (r->mentions > 0) {
		number_text(mentions, sizeof(mentions), r->mentions, "@");
		end = at;
		at -= (unsigned)text_width(slice_of(mentions));
		grid_draw(g, row, at, end, mentions, ROLE_ROOM_MENTION);
		at--;
	}
	return at;
}

static void
draw_room(struct view *v, const struct model *m, const struct room *r,
    unsigned number, unsigned row)
{
	unsigned columns = v->layout.rooms - 1, at, end = columns - 1;
	style_t style = ROLE_ROOM;
	char text[16];

	if (r == m->current)
		style = ROLE_ROOM_CURRENT;
	else if (!r->joined)
		style = ROLE_ROOM | STYLE_DIM;
	else if (r->unread > 0)
		style = ROLE_ROOM_UNREAD;
	if (r == m->current)
		grid_restyle(&v->grid, row, 0, columns, style);
	if (r->unread > 0)
		end = draw_counts(&v->grid, row, end, r);
	snprintf(text, sizeof(text), "%2u ", number);
	at = grid_draw(
	    &v->grid, row, 0, end, text, r == m->current ? style : ROLE_TIME);
	view_put_cut(&v->grid, row, at, end, slice_of(r->label), style);
}

void
view_rooms(struct view *v, const struct model *m)
{
	const struct view_layout *lo = &v->layout;
	unsigned number = 1, first = 1, row = lo->row;
	const struct room *r;

	/* as many before the current one as needed to have it seen */
	if (m->current != NULL)
		first = model_number(m, m->current);
	first = first > lo->rows ? first - lo->rows + 1 : 1;
	TAILQ_FOREACH (r, &m->rooms, link) {
		if (number >= first && row < lo->row + lo->rows)
			draw_room(v, m, r, number, row++);
		number++;
	}
	for (row = lo->row; row < lo->row + lo->rows; row++)
		grid_draw(
		    &v->grid, row, lo->rooms - 1, lo->rooms, "│", ROLE_FRAME);
}

unsigned
view_people_columns(const struct room *r)
{
	unsigned widest = 0;

	for (unsigned i = 0; i < r->n_people; i++) {
		unsigned w = (unsigned)text_width(slice_of(r->people[i].nick));

		if (w > widest)
			widest = w;
	}
	widest += 3; /* "│ nick " */
	return widest < PEOPLE_MIN   ? PEOPLE_MIN
	       : widest > PEOPLE_MAX ? PEOPLE_MAX
				     : widest;
}

static const char *const role_sign[] = {
	[PERSON_MEMBER] = " ",
	[PERSON_MODERATOR] = "+",
	[PERSON_OWNER] = "*",
};

void
view_people(struct view *v, const struct model *m)
{
	const struct view_layout *lo = &v->layout;
	const struct room *r = m->current;
	struct grid *g = &v->grid;
	unsigned at = g->columns - lo->people, n = r->n_people;
	char more[32];

	if (n > lo->rows)
		n = lo->rows - 1;
	for (unsigned i = 0; i < lo->rows; i++) {
		unsigned row = lo->row + i;
		struct slice nick;
		style_t style;

		grid_draw(g, row, at, at + 1, "│", ROLE_FRAME);
		if (i >= n)
			continue;
		nick = slice_of(r->people[i].nick);
		style = slice_is(nick, m->nick) ? (style_t)ROLE_OWN_NICK
						: theme_nick(nick);
		if (r->people[i].away)
			style = ROLE_HINT;
		grid_draw(g, row, at + 1, at + 2, role_sign[r->people[i].role],
		    ROLE_HINT);
		view_put_cut(g, row, at + 2, g->columns, nick, style);
	}
	if (n < r->n_people) {
		snprintf(more, sizeof(more), "+%u more", r->n_people - n);
		grid_draw(g, lo->row + lo->rows - 1, at + 2, g->columns, more,
		    ROLE_HINT);
	}
}
