#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tui/complete.h"

static struct history history;
static struct editor e;
static struct complete complete;

static const char *const nicks[] = { "bo", "Ana", "anna", "Élise", "an a" };
static const char *const rooms[] = { "lobby", "dev", "devel" };

static void
source(void *arg, enum complete_kind kind, struct complete *c)
{
	(void)arg;
	assert_true(kind == COMPLETE_NICK || kind == COMPLETE_ROOM);
	for (size_t i = 0; kind == COMPLETE_NICK && i < 5; i++)
		complete_add(c, slice_of(nicks[i]));
	for (size_t i = 0; kind == COMPLETE_ROOM && i < 3; i++)
		complete_add(c, slice_of(rooms[i]));
}

static int
setup(void **state)
{
	(void)state;
	history_init(&history);
	editor_init(&e, 40, &history);
	complete_init(&complete);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	complete_reset(&complete);
	editor_deinit(&e);
	history_deinit(&history);
	return 0;
}

/* The text with '|' where the cursor is. */
static void
assert_text(const char *expected)
{
	struct slice text = buf_view(&e.text);
	struct buf b;

	buf_init(&b, 4096);
	buf_append(&b, text.p, e.cursor);
	buf_putc(&b, '|');
	buf_append_slice(&b, slice_skip(text, e.cursor));
	if (!slice_is(buf_view(&b), expected))
		fail_msg("\"%.*s\" is not \"%s\"", SLICE_ARG(buf_view(&b)),
		    expected);
	buf_deinit(&b);
}

static void
given(const char *text)
{
	const char *bar = strchr(text, '|');

	editor_set(&e, SLICE(""));
	editor_insert(&e, slice_of(bar + 1));
	e.cursor = 0;
	editor_insert(&e, (struct slice){ text, (size_t)(bar - text) });
}

static bool
tab(int step)
{
	return complete_step(&complete, &e, step, source, NULL);
}

#define check(before, after)                                                   \
	do {                                                                   \
		given(before);                                                 \
		assert_true(tab(1));                                           \
		assert_text(after);                                            \
	} while (0)

static void
nothing_to_complete(void **state)
{
	(void)state;
	given("xyz|");
	assert_false(tab(1));
	assert_text("xyz|");
	assert_false(complete_active(&complete, &e));
	given("/away x|");
	assert_false(tab(1));
	given("/list x|");
	assert_false(tab(1));
	given("/xyz|");
	assert_false(tab(1));
}

static void
nicks_and_their_ends(void **state)
{
	(void)state;
	check("b|", "bo: |");
	check("hi b|", "hi bo |");
	check("hi B|, you", "hi bo |, you");
	check("hi b| you", "hi bo| you");
	check("one\nb|", "one\nbo |");
	check("@b|", "@bo |");
	check("él|", "Élise: |");
	check("|", "bo: |");
	check("/msg b|", "/msg bo |");
	check("/me likes b|", "/me likes bo |");
	check("/unknown b|", "/unknown bo |");
	check("//b b|", "//b bo |");
}

static void
cycles(void **state)
{
	(void)state;
	given("an|!");
	assert_true(tab(1));
	assert_text("Ana: |!");
	assert_int_equal(complete.n, 3);
	assert_int_equal(complete.at, 0);
	tab(1);
	assert_text("anna: |!");
	tab(1);
	assert_text("an a: |!");
	tab(1);
	assert_text("an|!");
	assert_int_equal(complete.at, 3);
	tab(1);
	assert_text("Ana: |!");
	tab(-1);
	assert_text("an|!");
	tab(-1);
	assert_text("an a: |!");
	/* typing ends it */
	assert_true(complete_active(&complete, &e));
	editor_type(&e, SLICE("b"));
	assert_false(complete_active(&complete, &e));
	tab(1);
	assert_text("an a: bo |!");
	/* and so does moving */
	editor_do(&e, EDITOR_LEFT);
	assert_false(complete_active(&complete, &e));
	/* backwards from the start */
	given("an|");
	tab(-1);
	assert_text("an a: |");
}

static void
rooms_and_commands(void **state)
{
	(void)state;
	check("/jo|", "/join |");
	check("/join d|", "/join dev |");
	tab(1);
	assert_text("/join devel |");
	check("/join #d|", "/join #dev |");
	check("see #lo|", "see #lobby |");
}

static void
settings(void **state)
{
	(void)state;
	check("/set be|", "/set bell |");
	check("/set bell |", "/set bell on |");
	check("/set bell of|", "/set bell off |");
	check("/help wi|", "/help window |");
}

static void
a_full_line_stays_as_it_is(void **state)
{
	char full[42] = { 0 };

	(void)state;
	memset(full, 'x', 38);
	memcpy(full + 36, " b|", 3);
	given(full);
	tab(1);
	assert_true(e.text.len <= 40);
	memset(full, 'x', 40);
	memcpy(full + 38, " b|", 3);
	given(full);
	tab(1); /* "bo " has no room */
	assert_text(full);
	tab(1);
	assert_text(full);
}

static void
ends_a_search(void **state)
{
	(void)state;
	history_add(&history, SLICE("an"));
	editor_do(&e, EDITOR_SEARCH);
	editor_type(&e, SLICE("an"));
	editor_do(&e, EDITOR_SEARCH);
	tab(1);
	assert_false(e.searching);
}

int
main(void)
{
#define test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		test(nothing_to_complete),
		test(nicks_and_their_ends),
		test(cycles),
		test(rooms_and_commands),
		test(settings),
		test(a_full_line_stays_as_it_is),
		test(ends_a_search),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
