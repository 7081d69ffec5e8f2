#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "tui/model.h"
#include "tui/view.h"

enum { ROWS = 24, COLUMNS_HERE = 80, MANY = 3000 };

struct world {
	struct model model;
	struct view view;
	struct room *room;
	unsigned rows, columns, said;
	struct buf text; /* of the messages' rows, as drawn last */
};

/* Lines of one to some rows, each with its number. */
/* The n-th that was said, from 1. */
#define LINE(n) (SCROLLBACK_FIRST - 1 + (n))

static void
say(struct world *w, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		char text[512];
		struct model_line l = { .nick = SLICE("bo"), .at = 1000 };
		size_t len;

		w->said++;
		len = (size_t)snprintf(text, sizeof(text), "<%u>", w->said);
		for (unsigned j = w->said * 7 % 40; j > 0; j--)
			len += (size_t)snprintf(
			    text + len, sizeof(text) - len, " word");
		l.text = (struct slice){ text, len };
		l.mention = w->said % 100 == 50;
		model_add(&w->model, w->room, &l);
	}
}

/* Draws and keeps the text of the messages, without the row of the mark. */
static const char *
draw(struct world *w)
{
	struct view_status st = { .online = true };
	struct view_input in = { .text = SLICE("") };
	const struct grid *g =
	    view_draw(&w->view, &w->model, &st, &in, NULL, w->rows, w->columns);
	const struct view_layout *lo = &w->view.layout;

	unsigned rows = lo->rows;

	if (w->model.current->scroll.anchor != 0)
		rows--;
	buf_clear(&w->text);
	for (unsigned i = 0; i < rows; i++) {
		grid_row_text(g, lo->row + i, &w->text);
		buf_putc(&w->text, '\n');
	}
	buf_putc(&w->text, '\0');
	return w->text.p;
}

static char *
copy(struct world *w)
{
	const char *text = draw(w);

	return xstrndup(text, strlen(text));
}

static bool
shows(struct world *w, unsigned number)
{
	char mark[32];

	snprintf(mark, sizeof(mark), "<%u>", number);
	return strstr(draw(w), mark) != NULL;
}

static bool
scroll(struct world *w, enum view_move move)
{
	bool moved;

	draw(w);
	moved = view_scroll(&w->view, &w->model, move);
	draw(w);
	return moved;
}

static int
set_up(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));

	model_init(&w->model);
	view_init(&w->view);
	buf_init(&w->text, 1 << 20);
	w->room = model_open(&w->model, SLICE("lobby"));
	w->rows = ROWS;
	w->columns = COLUMNS_HERE;
	w->view.hide_rooms = true;
	*state = w;
	return 0;
}

static int
tear_down(void **state)
{
	struct world *w = *state;

	view_deinit(&w->view);
	model_deinit(&w->model);
	buf_deinit(&w->text);
	free(w);
	return 0;
}

static void
nothing_to_scroll(void **state)
{
	struct world *w = *state;

	for (unsigned i = VIEW_PAGE_UP; i <= VIEW_NEXT_MENTION; i++)
		assert_false(scroll(w, (enum view_move)i));
	say(w, 3);
	for (unsigned i = VIEW_PAGE_UP; i <= VIEW_NEXT_MENTION; i++)
		if (i != VIEW_TOP)
			assert_false(scroll(w, (enum view_move)i));
	scroll(w, VIEW_TOP);
	assert_int_equal(w->room->scroll.anchor, 0);
	assert_int_equal(view_below(&w->view, &w->model), 0);
}

static void
pages_show_every_line(void **state)
{
	struct world *w = *state;
	bool *seen = xcalloc(MANY + 1, sizeof(*seen));
	bool more = true;

	say(w, MANY);
	while (more) {
		const char *p = draw(w);

		while ((p = strchr(p, '<')) != NULL)
			seen[atoi(++p)] = true;
		more = scroll(w, VIEW_PAGE_UP);
	}
	for (unsigned i = 1; i <= MANY; i++)
		assert_true(seen[i]);
	assert_true(shows(w, 1));
	while (scroll(w, VIEW_PAGE_DOWN))
		;
	assert_int_equal(w->room->scroll.anchor, 0);
	assert_true(shows(w, MANY));
	free(seen);
}

static void
rows_go_by_one(void **state)
{
	struct world *w = *state;
	char *before, *after;

	say(w, 100);
	scroll(w, VIEW_PAGE_UP);
	for (unsigned i = 0; i < 60; i++) {
		before = copy(w);
		assert_true(scroll(w, VIEW_UP));
		after = copy(w);
		/* what was the first row is the second */
		assert_memory_equal(
		    strchr(after, '\n') + 1, before, strcspn(before, "\n"));
		assert_true(scroll(w, VIEW_DOWN));
		assert_string_equal(draw(w), before);
		assert_true(scroll(w, VIEW_UP));
		free(before);
		free(after);
	}
}

static void
what_is_read_stays(void **state)
{
	struct world *w = *state;
	char *before;

	say(w, MANY);
	for (unsigned i = 0; i < 20; i++)
		scroll(w, VIEW_PAGE_UP);
	before = copy(w);
	for (unsigned i = 0; i < 50; i++) {
		say(w, 1 + i % 3);
		assert_string_equal(draw(w), before);
	}
	assert_true(view_below(&w->view, &w->model) > 100);
	/* another room, and back */
	model_switch(&w->model, model_open(&w->model, SLICE("other")));
	draw(w);
	model_switch(&w->model, w->room);
	free(before);
	before = copy(w);
	model_close(&w->model, model_room(&w->model, SLICE("other")));
	assert_true(scroll(w, VIEW_BOTTOM));
	assert_true(shows(w, w->said));
	free(before);
}

static void
also_when_the_oldest_are_dropped(void **state)
{
	struct world *w = *state;
	char *before;

	say(w, SCROLLBACK_MAX);
	for (unsigned i = 0; i < 20; i++)
		scroll(w, VIEW_PAGE_UP);
	before = copy(w);
	say(w, 5000);
	assert_int_equal(w->room->lines.first, SCROLLBACK_FIRST + 5000);
	assert_string_equal(draw(w), before);
	scroll(w, VIEW_TOP);
	assert_true(shows(w, 5001));
	say(w, 10); /* what was read is gone */
	assert_true(shows(w, 5011));
	assert_false(shows(w, 5010));
	free(before);
}

static void
only_what_is_looked_at_is_measured(void **state)
{
	struct world *w = *state;
	unsigned measured = 0;

	say(w, 20000);
	draw(w);
	w->columns = 70;
	scroll(w, VIEW_PAGE_UP);
	for (uint64_t id = SCROLLBACK_FIRST; id < SCROLLBACK_FIRST + 20000;
	     id++)
		measured += scrollback_rows(&w->room->lines,
				scrollback_get(&w->room->lines, id)) > 0;
	assert_in_range(measured, 10, 3 * ROWS);
}

static void
a_new_width_keeps_the_lowest_line(void **state)
{
	struct world *w = *state;
	uint64_t anchor;

	say(w, 500);
	for (unsigned i = 0; i < 5; i++)
		scroll(w, VIEW_PAGE_UP);
	anchor = w->room->scroll.anchor;
	for (unsigned columns = 40; columns < 140; columns += 7) {
		w->columns = columns;
		assert_true(
		    shows(w, (unsigned)(anchor - SCROLLBACK_FIRST + 1)) ||
		    w->room->scroll.below > 0);
		assert_int_equal(w->room->scroll.anchor, anchor);
	}
}

static void
to_the_unread_line(void **state)
{
	struct world *w = *state;

	say(w, 200);
	assert_false(scroll(w, VIEW_UNREAD));
	model_switch(&w->model, model_open(&w->model, SLICE("other")));
	say(w, 200);
	model_switch(&w->model, w->room);
	assert_false(shows(w, 201));
	assert_true(scroll(w, VIEW_UNREAD));
	assert_true(shows(w, 201));
	assert_non_null(strstr(draw(w), "new"));
	assert_true(view_below(&w->view, &w->model) > 100);
}

static void
to_mentions(void **state)
{
	struct world *w = *state;

	say(w, 450); /* the last one mentions us */
	assert_true(scroll(w, VIEW_PREVIOUS_MENTION));
	assert_int_equal(w->room->scroll.hit, LINE(450));
	assert_int_equal(w->room->scroll.anchor, 0);
	for (unsigned n = 350; n >= 50; n -= 100) {
		assert_true(scroll(w, VIEW_PREVIOUS_MENTION));
		assert_int_equal(w->room->scroll.hit, LINE(n));
		assert_true(shows(w, n));
		if (n == 50)
			break;
	}
	assert_false(scroll(w, VIEW_PREVIOUS_MENTION));
	assert_true(shows(w, 50));
	for (unsigned n = 150; n <= 450; n += 100) {
		assert_true(scroll(w, VIEW_NEXT_MENTION));
		assert_true(shows(w, n));
	}
	assert_false(scroll(w, VIEW_NEXT_MENTION));
	/* from what is looked at, not from the last hit */
	scroll(w, VIEW_TOP);
	assert_true(scroll(w, VIEW_NEXT_MENTION));
	assert_int_equal(w->room->scroll.hit, LINE(50));
}

static bool
search(struct world *w, const char *text, bool upwards, bool again)
{
	bool found;

	draw(w);
	found =
	    view_search(&w->view, &w->model, slice_of(text), upwards, again);
	draw(w);
	return found;
}

static void
searches(void **state)
{
	struct world *w = *state;
	char *before;

	say(w, 999);
	assert_true(search(w, "<5", true, false));
	assert_int_equal(w->room->scroll.hit, LINE(599));
	assert_true(search(w, "<59", true, false)); /* typed on */
	assert_int_equal(w->room->scroll.hit, LINE(599));
	assert_true(search(w, "<59", true, true));
	assert_int_equal(w->room->scroll.hit, LINE(598));
	assert_true(shows(w, 598));
	assert_true(search(w, "<59", false, true));
	assert_int_equal(w->room->scroll.hit, LINE(599));
	before = copy(w);
	assert_false(search(w, "<59", false, true));
	assert_false(search(w, "no such", true, false));
	assert_false(search(w, "", true, false));
	assert_string_equal(draw(w), before);
	view_search_end(&w->view, &w->model);
	assert_string_equal(draw(w), before);
	assert_int_equal(w->room->scroll.hit, 0);
	assert_true(search(w, "WORD <", true, false) == false);
	assert_true(search(w, "BO", true, false));
	free(before);
}

/* A new search begins at the newest, wherever one looks; the same again goes
 * on where it was, also if that is scrolled away. */
static void
searches_begin_at_the_newest(void **state)
{
	struct world *w = *state;

	say(w, 999);
	scroll(w, VIEW_TOP);
	assert_true(search(w, "<5", true, false));
	assert_int_equal(w->room->scroll.hit, LINE(599));
	assert_true(search(w, "<5", true, true));
	scroll(w, VIEW_TOP);
	assert_int_equal(w->room->scroll.hit, 0);
	assert_true(search(w, "<5", true, true));
	assert_int_equal(w->room->scroll.hit, LINE(597));
	say(w, 1);
	assert_true(search(w, "<5", true, true));
	assert_int_equal(w->room->scroll.hit, LINE(596));
	/* a mention is no hit */
	assert_true(scroll(w, VIEW_PREVIOUS_MENTION));
	view_search_end(&w->view, &w->model);
	assert_true(scroll(w, VIEW_PREVIOUS_MENTION));
	assert_true(search(w, "<9", true, false));
	assert_int_equal(w->room->scroll.hit, LINE(999));
	/* nor one in another room */
	assert_true(search(w, "<9", true, true));
	model_switch(&w->model, model_open(&w->model, SLICE("other")));
	view_search_end(&w->view, &w->model);
	assert_false(search(w, "<9", true, false));
	model_switch(&w->model, w->room);
	assert_true(search(w, "<9", true, true));
	assert_int_equal(w->room->scroll.hit, LINE(999));
	/* who goes to the end begins anew */
	assert_true(search(w, "<9", true, true));
	scroll(w, VIEW_BOTTOM);
	assert_true(search(w, "<9", true, true));
	assert_int_equal(w->room->scroll.hit, LINE(999));
}

/* The cells of the current hit and the other matches are marked, also where a
 * match goes on in the next row. */
static void
hits_are_marked(void **state)
{
	struct model_line l = { .nick = SLICE("bo"), .at = 1000 };
	struct world *w = *state;
	const struct grid *g;
	unsigned marked = 0, column = 0, row = 0;

	l.text = SLICE("aaaa bbbb cccc dddd eeee ffff gggg hhhh");
	model_add(&w->model, w->room, &l);
	w->columns = 40;
	assert_true(search(w, "E FFFF G", true, false));
	g = &w->view.grid;
	for (unsigned i = 0; i < g->rows; i++)
		for (unsigned j = 6; j < g->columns; j++)
			if ((grid_cell(g, i, j)->style & STYLE_ROLE) ==
			    ROLE_HIT_CURRENT) {
				marked++;
				row = i;
				column = j;
			}
	/* the blank that the row was broken at is not drawn */
	assert_int_equal(marked, 7);
	assert_int_equal(grid_bytes(g, grid_cell(g, row, column)).p[0], 'g');
}

static void
lines_that_wait_can_be_scrolled(void **state)
{
	struct model_pending p = { .kind = LINE_MESSAGE, .at = 1000 };
	struct world *w = *state;
	char text[32];

	say(w, 10);
	for (unsigned i = 1; i <= 100; i++) {
		snprintf(text, sizeof(text), "<w%u>", i);
		p.number = i;
		p.text = slice_of(text);
		model_add_pending(&w->model, w->room, &p);
	}
	assert_non_null(strstr(draw(w), "<w99>"));
	scroll(w, VIEW_TOP);
	assert_true(shows(w, 1));
	assert_null(strstr(draw(w), "<w99>"));
	for (unsigned i = 1; i <= 100; i++)
		model_settle(&w->model, i, MARK_DELIVERED,
		    (struct msgid){ .ms = 0 }, SLICE(""));
	assert_true(shows(w, 1));
	scroll(w, VIEW_BOTTOM);
	assert_non_null(strstr(draw(w), "<w99>"));
}

static void
a_line_longer_than_the_screen(void **state)
{
	struct model_line l = { .nick = SLICE("bo"), .at = 1000 };
	struct world *w = *state;
	struct buf long_one;
	unsigned pages = 0;

	buf_init(&long_one, 1 << 16);
	buf_puts(&long_one, "<begin>");
	for (unsigned i = 0; i < 4000; i++)
		buf_puts(&long_one, " word");
	buf_puts(&long_one, " <end>");
	l.text = buf_view(&long_one);
	say(w, 30);
	model_add(&w->model, w->room, &l);
	say(w, 1);
	assert_non_null(strstr(draw(w), "<end>"));
	assert_null(strstr(draw(w), "<begin>"));
	while (strstr(draw(w), "<begin>") == NULL && pages++ < 100)
		assert_true(scroll(w, VIEW_PAGE_UP));
	assert_in_range(pages, 10, 30);
	buf_deinit(&long_one);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(nothing_to_scroll),
		TEST(pages_show_every_line),
		TEST(rows_go_by_one),
		TEST(what_is_read_stays),
		TEST(also_when_the_oldest_are_dropped),
		TEST(only_what_is_looked_at_is_measured),
		TEST(a_new_width_keeps_the_lowest_line),
		TEST(to_the_unread_line),
		TEST(to_mentions),
		TEST(searches),
		TEST(searches_begin_at_the_newest),
		TEST(hits_are_marked),
		TEST(lines_that_wait_can_be_scrolled),
		TEST(a_line_longer_than_the_screen),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
