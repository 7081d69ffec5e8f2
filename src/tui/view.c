#include "config.h"

#include "tui/view.h"

#include <stdio.h>
#include <stdlib.h>

#include "tui/view_parts.h"

enum {
	ROOMS_FROM = 64,   /* columns of the terminal for the left pane */
	PEOPLE_FROM = 100, /* and for the right one */
	ALIGNED_FROM = 44, /* of the messages, for nicks in a column */
	TIMES_FROM = 24,   /* for the times */
	TOPIC_FROM = 6,    /* rows for the topic line */
	STATUS_FROM = 3,   /* for the status line */
	EXTRAS_FROM = 8,   /* for the problem and the choices */
	NICKS_MIN = 6,
	TIMES_COLUMNS = 6,
};

void
view_init(struct view *v)
{
	*v = (struct view){ 0 };
	grid_init(&v->grid);
}

void
view_deinit(struct view *v)
{
	grid_deinit(&v->grid);
	free(v->search);
	view_init(v);
}

/* The rows of everything, from the bottom up; 0 rows: not there. */
struct rows {
	unsigned input, choices, status, problem, topic;
};

static void
divide_rows(struct view *v, const struct room *r, const struct view_status *st,
    const struct view_input *in, const struct view_overlay *o, struct rows *out)
{
	unsigned rows = v->grid.rows, used;

	*out = (struct rows){
		.input = view_input_rows(
		    in, r, v->grid.columns, rows >= 3 ? rows / 3 : 1),
		.choices = rows >= EXTRAS_FROM && o != NULL && o->n_choices > 0,
		.status = rows >= STATUS_FROM,
		.problem = rows >= EXTRAS_FROM && st->problem.len > 0,
		.topic = rows >= TOPIC_FROM && !v->bare,
	};
	used =
	    out->input + out->choices + out->status + out->problem + out->topic;
	v->layout.row = out->topic;
	v->layout.rows = rows > used ? rows - used : 0;
}

static void
divide_columns(struct view *v, const struct model *m)
{
	struct view_layout *lo = &v->layout;
	const struct room *r = m->current, *shown = model_shown(m);
	unsigned columns = v->grid.columns, max;

	lo->bare = v->bare;
	lo->rooms = lo->people = lo->times = lo->nicks = 0;
	if (!v->bare && !v->hide_rooms && columns >= ROOMS_FROM)
		lo->rooms = view_rooms_columns(m, columns);
	if (!v->bare && !v->hide_people && columns >= PEOPLE_FROM &&
	    r != NULL && r->n_people > 0)
		lo->people = view_people_columns(r);
	lo->column = lo->rooms > 0 ? lo->rooms + 1 : 0;
	lo->columns = columns - lo->column - lo->people;
	if (lo->people > 0)
		lo->columns--;
	if (v->bare)
		return;
	if (lo->columns >= TIMES_FROM)
		lo->times = TIMES_COLUMNS;
	if (lo->columns < ALIGNED_FROM || r == NULL)
		return;
	max = lo->columns / 5;
	lo->nicks =
	    shown->nick_columns < NICKS_MIN ? NICKS_MIN : shown->nick_columns;
	if (lo->nicks > max)
		lo->nicks = max;
}

/* Layouts that wrap differently have different keys. */
static uint16_t
layout_key(const struct view_layout *lo)
{
	unsigned text = lo->columns, mode = 0;

	if (lo->bare)
		mode = 1;
	else if (lo->nicks > 0)
		text -= lo->nicks;
	else
		mode = lo->times > 0 ? 2 : 3;
	return (uint16_t)(text << 2 | mode);
}

static void
draw_mark(struct view *v, const struct room *r)
{
	uint64_t new = view_last(r) - r->scroll.seen;
	char label[64];

	if (r->detached) {
		view_rule(v, v->layout.row + v->layout.rows - 1, "─",
		    "from the history; Esc goes back to now", ROLE_MORE_BELOW);
		return;
	}
	if (new > 0)
		snprintf(label, sizeof(label), "▼ %llu new below",
		    (unsigned long long)new);
	else
		snprintf(label, sizeof(label), "▼ more below");
	view_rule(v, v->layout.row + v->layout.rows - 1, "─", label,
	    new > 0 ? ROLE_MORE_BELOW : ROLE_FRAME);
}

static void
draw_messages(struct view *v, struct room *r)
{
	unsigned rows = v->layout.rows;
	struct view_place p;
	long top;

	scrollback_set_layout(&r->lines, layout_key(&v->layout));
	if (view_bottom(v, r, &p)) {
		rows = view_scrolled_rows(v);
		if (rows < v->layout.rows)
			draw_mark(v, r);
	}
	top = (long)rows + p.below;
	for (; top > 0 && p.id >= r->lines.first; p.id--) {
		top -= view_line_rows(v, r, p.id);
		view_line_draw(v, r, p.id, top, rows);
	}
	v->top = p.id + 1;
	/* over what is there: it does not move for that */
	if (r->above == ABOVE_LOADING && p.id < r->lines.first + rows)
		view_rule(v, v->layout.row, "─", "loading older messages…",
		    ROLE_HINT);
}

const struct grid *
view_draw(struct view *v, struct model *m, const struct view_status *st,
    const struct view_input *in, struct view_overlay *overlay, unsigned rows,
    unsigned columns)
{
	struct room *r = m->current, *shown = model_shown(m);
	struct grid *g = &v->grid;
	struct rows part;
	unsigned row;

	grid_reset(g, rows, columns);
	divide_rows(v, r, st, in, overlay, &part);
	divide_columns(v, m);
	if (part.topic > 0)
		view_topic(v, m, 0);
	if (v->layout.rows > 0) {
		if (overlay != NULL && overlay->shown) {
			view_page(v, overlay);
		} else if (overlay != NULL && overlay->list != NULL) {
			view_list_draw(v, overlay->list);
		} else {
			if (shown != NULL)
				draw_messages(v, shown);
			if (v->layout.rooms > 0)
				view_rooms(v, m);
			if (v->layout.people > 0)
				view_people(v, m);
		}
	}
	row = v->layout.row + v->layout.rows;
	if (part.problem > 0)
		view_problem(v, st->problem, row++);
	if (part.status > 0)
		view_status_line(v, m, st, row++);
	if (part.choices > 0)
		view_choices(v, overlay, row++);
	view_input_draw(g, in, r, row, part.input);
	return g;
}
