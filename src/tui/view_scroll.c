#include "config.h"

#include <stdlib.h>

#include "base/mem.h"
#include "tui/view_parts.h"

/* Moves up by at most n rows; returns by how many. */
static unsigned
go_up(const struct view *v, const struct room *r, struct view_place *p,
    unsigned n)
{
	unsigned left = n;

	while (left > 0) {
		unsigned here = view_line_rows(v, r, p->id) - p->below;

		if (left < here) {
			p->below += left;
			return n;
		}
		if (p->id == r->lines.first) {
			p->below += here - 1;
			return n - left + here - 1;
		}
		left -= here;
		p->id--;
		p->below = 0;
	}
	return n;
}

static unsigned
go_down(const struct view *v, const struct room *r, struct view_place *p,
    unsigned n)
{
	unsigned left = n;

	while (left > 0) {
		if (left <= p->below) {
			p->below -= left;
			return n;
		}
		left -= p->below;
		p->below = 0;
		if (p->id == view_last(r))
			return n - left;
		p->id++;
		p->below = view_line_rows(v, r, p->id);
	}
	return n;
}

unsigned
view_scrolled_rows(const struct view *v)
{
	return v->layout.rows > 2 ? v->layout.rows - 1 : v->layout.rows;
}

static struct view_place
last_place(const struct room *r)
{
	return (struct view_place){ .id = view_last(r) };
}

static bool
is_empty(const struct room *r)
{
	return view_last(r) < r->lines.first;
}

/* Makes p a row that is there and has a screen full of rows above it, if
 * there are so many. */
static void
settle(const struct view *v, const struct room *r, struct view_place *p)
{
	unsigned rows = view_scrolled_rows(v), above;
	struct view_place top;

	if (p->id > view_last(r))
		*p = last_place(r);
	if (p->id < r->lines.first)
		*p = (struct view_place){ r->lines.first, UINT32_MAX };
	if (p->below > 0) {
		unsigned here = view_line_rows(v, r, p->id);

		if (p->below >= here)
			p->below = here - 1;
	}
	if (rows == 0)
		return;
	top = *p;
	above = go_up(v, r, &top, rows - 1);
	go_down(v, r, p, rows - 1 - above);
}

static bool
is_at_end(const struct room *r, const struct view_place *p)
{
	return p->id >= view_last(r) && p->below == 0;
}

bool
view_bottom(const struct view *v, struct room *r, struct view_place *out)
{
	struct room_scroll *sc = &r->scroll;

	*out = last_place(r);
	if (is_empty(r) || (sc->anchor == 0 && !r->detached)) {
		sc->anchor = 0;
		return false;
	}
	if (sc->anchor != 0)
		*out = (struct view_place){ sc->anchor, sc->below };
	settle(v, r, out);
	if (is_at_end(r, out) && !r->detached) {
		sc->anchor = 0;
		return false;
	}
	sc->anchor = out->id;
	sc->below = out->below;
	if (out->id > sc->seen)
		sc->seen = out->id;
	return true;
}

/* Has p as the lowest row. */
static void
scroll_to(struct view *v, struct room *r, struct view_place p)
{
	struct room_scroll *sc = &r->scroll;

	if (sc->anchor == 0)
		sc->seen = view_last(r);
	sc->anchor = p.id;
	sc->below = p.below;
	view_bottom(v, r, &p);
}

/* All rows of the line can be seen as it is. */
static bool
is_shown(const struct view *v, struct room *r, uint64_t id)
{
	unsigned rows = v->layout.rows;
	struct view_place p, top;

	if (view_bottom(v, r, &p))
		rows = view_scrolled_rows(v);
	if (rows == 0 || id > p.id || (id == p.id && p.below > 0))
		return false;
	top = p;
	go_up(v, r, &top, rows - 1);
	return id > top.id ||
	       (id == top.id && top.below + 1 == view_line_rows(v, r, id));
}

/* Shows the line, a third below the top if it has to be moved. */
static void
reveal(struct view *v, struct room *r, uint64_t id)
{
	struct view_place p = { .id = id };

	if (is_shown(v, r, id))
		return;
	p.below = view_line_rows(v, r, id) - 1;
	go_down(v, r, &p, view_scrolled_rows(v) * 2 / 3);
	scroll_to(v, r, p);
}

static bool
go_to_mention(struct view *v, struct room *r, bool upwards)
{
	struct view_place p;
	uint64_t from, id;

	view_bottom(v, r, &p);
	from = r->scroll.hit != 0 ? r->scroll.hit : p.id + 1;
	id = scrollback_find_mention(
	    &r->lines, upwards ? from - 1 : from + 1, upwards);
	if (id == 0)
		return false;
	r->scroll.hit = id;
	reveal(v, r, id);
	return true;
}

static bool
go_to_unread(struct view *v, struct room *r)
{
	if (view_line(r, r->unread_line) == NULL)
		return false;
	r->scroll.hit = 0;
	reveal(v, r, r->unread_line);
	return true;
}

static bool
go_to_end(struct room *r)
{
	bool moved = r->scroll.anchor != 0;

	r->scroll.anchor = 0;
	r->scroll.hit = r->scroll.found = 0;
	return moved;
}

/* By rows, up if negative. */
static bool
move_by(struct view *v, struct room *r, unsigned rows, bool upwards)
{
	struct view_place old, p;

	view_bottom(v, r, &old);
	p = old;
	if (upwards)
		go_up(v, r, &p, rows);
	else
		go_down(v, r, &p, rows);
	r->scroll.hit = 0;
	scroll_to(v, r, p);
	view_bottom(v, r, &p);
	return p.id != old.id || p.below != old.below;
}

static unsigned
page(const struct view *v)
{
	unsigned rows = view_scrolled_rows(v);

	return rows > 2 ? rows - 1 : 1;
}

bool
view_scroll(struct view *v, struct model *m, enum view_move move)
{
	struct room *r = model_shown(m);

	if (r == NULL || is_empty(r) || v->layout.rows == 0)
		return false;
	switch (move) {
	case VIEW_PAGE_UP:
		return move_by(v, r, page(v), true);
	case VIEW_PAGE_DOWN:
		return move_by(v, r, page(v), false);
	case VIEW_UP:
		return move_by(v, r, 1, true);
	case VIEW_DOWN:
		return move_by(v, r, 1, false);
	case VIEW_TOP:
		r->scroll.hit = 0;
		scroll_to(
		    v, r, (struct view_place){ r->lines.first, UINT32_MAX });
		return true;
	case VIEW_BOTTOM:
		return go_to_end(r);
	case VIEW_UNREAD:
		return go_to_unread(v, r);
	case VIEW_PREVIOUS_MENTION:
		return go_to_mention(v, r, true);
	case VIEW_NEXT_MENTION:
		return go_to_mention(v, r, false);
	}
	return false;
}

bool
view_search(struct view *v, struct model *m, struct slice text, bool upwards,
    bool again)
{
	struct room *r = model_shown(m);
	uint64_t id;

	free(v->search);
	v->search = text.len > 0 ? xstrndup(text.p, text.len) : NULL;
	if (r == NULL || is_empty(r) || v->layout.rows == 0 || text.len == 0)
		return false;
	id = r->scroll.found;
	if (id == 0)
		id = view_last(r);
	else if (again)
		id = upwards ? id - 1 : id + 1;
	id = scrollback_find(&r->lines, id, upwards, text);
	if (id == 0)
		return false;
	r->scroll.hit = r->scroll.found = id;
	reveal(v, r, id);
	return true;
}

void
view_search_end(struct view *v, struct model *m)
{
	struct room *r;

	free(v->search);
	v->search = NULL;
	TAILQ_FOREACH (r, &m->rooms, link)
		r->scroll.hit = r->scroll.found = 0;
	if (m->window != NULL)
		m->window->scroll.hit = m->window->scroll.found = 0;
}

void
view_show(struct view *v, struct model *m, uint64_t id)
{
	struct room *r = model_shown(m);

	if (r != NULL && v->layout.rows > 0 && view_line(r, id) != NULL)
		reveal(v, r, id);
}

bool
view_at_top(const struct view *v, const struct model *m)
{
	const struct room *r = model_shown(m);

	return r != NULL && v->top < r->lines.first + v->layout.rows;
}

bool
view_at_end(const struct view *v, const struct model *m)
{
	const struct room *r = model_shown(m);

	(void)v;
	return r == NULL || r->scroll.anchor == 0 ||
	       r->scroll.anchor == view_last(r);
}

unsigned
view_below(const struct view *v, const struct model *m)
{
	const struct room *r = m->current;

	(void)v;
	if (r == NULL || r->scroll.anchor == 0)
		return 0;
	return (unsigned)(view_last(r) - r->scroll.anchor);
}
