#include "config.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tui/text.h"
#include "tui/view_parts.h"

#define RULE "─"
#define DASH "╌"

enum { LABEL_MAX = 64 };

void
view_day_of(const struct line *l, struct tm *tm)
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
	view_day_of(before, &a);
	view_day_of(l, &b);
	return a.tm_yday != b.tm_yday || a.tm_year != b.tm_year;
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

	view_day_of(l, &tm);
	strftime(label, sizeof(label) / 2, "%A", &tm);
	strftime(month, sizeof(month), "%B %Y", &tm);
	snprintf(label + strlen(label), sizeof(label) - strlen(label),
	    ", %d %s", tm.tm_mday, month);
	view_rule(v, row, RULE, label, ROLE_DAY);
}

/* What is known to be above the oldest line. */
static const char *
beginning(const struct room *r, uint64_t id)
{
	if (id != r->lines.first || r->above != ABOVE_NOTHING)
		return NULL;
	return "beginning of the history";
}

unsigned
view_rules_rows(const struct room *r, uint64_t id, const struct line *l)
{
	return (beginning(r, id) != NULL) + (unsigned)is_new_day(r, id, l) +
	       (r->unread_line == id);
}

static bool
is_there(long top, unsigned end)
{
	return top >= 0 && top < (long)end;
}

long
view_rules_draw(struct view *v, const struct room *r, uint64_t id,
    const struct line *l, long top, unsigned end)
{
	unsigned row = v->layout.row;
	const char *label = beginning(r, id);

	if (label != NULL) {
		if (is_there(top, end))
			view_rule(
			    v, row + (unsigned)top, RULE, label, ROLE_HINT);
		top++;
	}
	if (is_new_day(r, id, l)) {
		if (is_there(top, end))
			draw_day(v, l, row + (unsigned)top);
		top++;
	}
	if (r->unread_line == id) {
		if (is_there(top, end))
			view_rule(v, row + (unsigned)top, DASH, "new",
			    ROLE_UNREAD_LINE);
		top++;
	}
	return top;
}
