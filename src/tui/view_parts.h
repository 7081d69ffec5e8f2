/* The parts of tui/view.h, for each other. */
#ifndef CHAT_TUI_VIEW_PARTS_H
#define CHAT_TUI_VIEW_PARTS_H

#include "tui/view.h"

/* A line's number in its room as the view counts: the scrollback's ids, and
 * behind the last of them those that wait, which would have these next. */
struct view_place {
	uint64_t id;
	unsigned below; /* rows of it below this one */
};

/* view_lines.c: one line in the layout. */

/* Rows of the line of that number, with the day and unread lines above it. */
unsigned
view_line_rows(const struct view *v, const struct room *r, uint64_t id);

/* Draws it so that its first row would be the one at `top` of the messages,
 * which may be above them; `end` rows of them can be drawn on. */
void
view_line_draw(
    struct view *v, const struct room *r, uint64_t id, long top, unsigned end);

/* NULL beyond the ends. */
struct line *
view_line(const struct room *r, uint64_t id);

/* The number of the last line, or of the one before the first. */
uint64_t
view_last(const struct room *r);

/* view_rules.c: what stands above a line: the beginning, a new day, the unread
 * line. */

struct tm;

void
view_day_of(const struct line *l, struct tm *tm);

/* l: the line of that number. */
unsigned
view_rules_rows(const struct room *r, uint64_t id, const struct line *l);

/* Draws them as view_line_draw does; returns the row behind them. */
long
view_rules_draw(struct view *v, const struct room *r, uint64_t id,
    const struct line *l, long top, unsigned end);

/* A label in a line across the messages. */
void
view_rule(struct view *v, unsigned row, const char *symbol, const char *label,
    style_t style);

/* view_scroll.c: where the room is scrolled to. */

/* Rows of messages while scrolled up: one is for the mark. */
unsigned
view_scrolled_rows(const struct view *v);

/* The lowest row shown, made to be one that is there; false: it follows. */
bool
view_bottom(const struct view *v, struct room *r, struct view_place *out);

/* view_input.c */

/* Rows that it needs in so many columns, at most `max`. */
unsigned
view_input_rows(const struct view_input *in, const struct room *r,
    unsigned columns, unsigned max);

/* Draws it on `rows` rows from `row` on and places the cursor. */
void
view_input_draw(struct grid *g, const struct view_input *in,
    const struct room *r, unsigned row, unsigned rows);

/* view_bars.c: all but messages and input. */

void
view_topic(struct view *v, const struct model *m, unsigned row);

void
view_status_line(struct view *v, const struct model *m,
    const struct view_status *st, unsigned row);

void
view_problem(struct view *v, struct slice problem, unsigned row);

void
view_choices(struct view *v, const struct view_overlay *o, unsigned row);

void
view_rooms(struct view *v, const struct model *m);

/* Columns that the pane needs, of those of the terminal. */
unsigned
view_rooms_columns(const struct model *m, unsigned columns);

void
view_people(struct view *v, const struct model *m);

unsigned
view_people_columns(const struct room *r);

/* view_list.c: messages to choose from. */
void
view_list_draw(struct view *v, struct view_list *l);

/* view_page.c: a text over the messages. */
void
view_page(struct view *v, struct view_overlay *o);

/* Puts text, cut with an ellipsis if it is wider than the columns up to end.
 * Returns the column behind it. */
unsigned
view_put_cut(struct grid *g, unsigned row, unsigned column, unsigned end,
    struct slice text, style_t style);

#endif
