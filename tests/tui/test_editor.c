#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "tui/editor.h"
#include "tui/text.h"

enum { MAX = 60 };

static struct history history;
static struct editor e;

static int
setup(void **state)
{
	(void)state;
	history_init(&history);
	editor_init(&e, MAX, &history);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	editor_deinit(&e);
	history_deinit(&history);
	return 0;
}

/* The text with '|' where the cursor is. */
#define assert_text(expected) assert_text_((expected), __LINE__)
static void
assert_text_(const char *expected, int line)
{
	struct slice text = buf_view(&e.text);
	struct buf b;

	buf_init(&b, 4096);
	buf_append(&b, text.p, e.cursor);
	buf_putc(&b, '|');
	buf_append_slice(&b, slice_skip(text, e.cursor));
	if (!slice_is(buf_view(&b), expected))
		fail_msg("line %d: \"%.*s\" is not \"%s\"", line,
		    SLICE_ARG(buf_view(&b)), expected);
	buf_deinit(&b);
}

/* Types it character by character. */
static void
type(const char *text)
{
	struct slice s = slice_of(text);
	uint32_t cp;

	while (s.len > 0) {
		unsigned n = utf8_decode(s.p, s.len, &cp);

		assert_int_equal(editor_type(&e, (struct slice){ s.p, n }), 0);
		s = slice_skip(s, n);
	}
}

/* Starts with this, the cursor at '|'. */
static void
given(const char *text)
{
	const char *bar = strchr(text, '|');

	editor_set(&e, SLICE(""));
	editor_insert(&e, slice_of(bar + 1));
	e.cursor = 0;
	editor_insert(&e, (struct slice){ text, (size_t)(bar - text) });
	assert_text(text);
}

static void
run(enum editor_command cmd)
{
	assert_int_equal(editor_do(&e, cmd), 0);
}

#define check(before, cmd, after)                                              \
	do {                                                                   \
		given(before);                                                 \
		run(cmd);                                                      \
		assert_text(after);                                            \
	} while (0)

static void
moves_by_clusters(void **state)
{
	(void)state;
	assert_text("|");
	for (int cmd = 0; cmd < EDITOR_N_COMMANDS; cmd++) {
		run((enum editor_command)cmd);
		run(EDITOR_SEARCH_CANCEL);
		editor_set(&e, SLICE(""));
	}
	type("a👨‍👩‍👧‍👦日é");
	assert_text("a👨‍👩‍👧‍👦日é|");
	run(EDITOR_LEFT);
	run(EDITOR_LEFT);
	assert_text("a👨‍👩‍👧‍👦|日é");
	run(EDITOR_LEFT);
	assert_text("a|👨‍👩‍👧‍👦日é");
	run(EDITOR_RIGHT);
	assert_text("a👨‍👩‍👧‍👦|日é");
	run(EDITOR_LINE_START);
	run(EDITOR_LEFT);
	assert_text("|a👨‍👩‍👧‍👦日é");
	run(EDITOR_LINE_END);
	run(EDITOR_RIGHT);
	assert_text("a👨‍👩‍👧‍👦日é|");
	check("a👍🏽|b", EDITOR_DELETE_LEFT, "a|b");
	check("a|👍🏽b", EDITOR_DELETE_RIGHT, "a|b");
	check("|a", EDITOR_DELETE_LEFT, "|a");
	check("a|", EDITOR_DELETE_RIGHT, "a|");
}

static void
cursor_stays_between_clusters(void **state)
{
	(void)state;
	/* typed in front of a mark: that is over it now */
	given("|\u0301b");
	type("a");
	assert_text("a\u0301|b");
	/* flags that pair up anew */
	given("|🇦🇧🇨🇩");
	run(EDITOR_RIGHT);
	assert_text("🇦🇧|🇨🇩");
	editor_replace(&e, 0, 4, SLICE(""));
	e.cursor = 4;
	type("🇽");
	assert_text("🇧🇽|🇨🇩");
	run(EDITOR_LEFT);
	assert_text("|🇧🇽🇨🇩");
	run(EDITOR_DELETE_RIGHT);
	assert_text("|🇨🇩");
}

static void
moves_by_words(void **state)
{
	(void)state;
	check("one two.three|", EDITOR_WORD_LEFT, "one two.|three");
	check("one two.|three", EDITOR_WORD_LEFT, "one |two.three");
	check("one |two", EDITOR_WORD_LEFT, "|one two");
	check("|one", EDITOR_WORD_LEFT, "|one");
	check("... |", EDITOR_WORD_LEFT, "|... ");
	check("|one two", EDITOR_WORD_RIGHT, "one| two");
	check("one| two", EDITOR_WORD_RIGHT, "one two|");
	check("o|ne  ", EDITOR_WORD_RIGHT, "one|  ");
	check("one| . ", EDITOR_WORD_RIGHT, "one . |");
	check("|привет, e\u0301a", EDITOR_WORD_RIGHT, "привет|, e\u0301a");
	check("x e\u0301a|", EDITOR_WORD_LEFT, "x |e\u0301a");
}

static void
moves_by_lines(void **state)
{
	(void)state;
	check("ab\ncd|ef\ngh", EDITOR_LINE_START, "ab\n|cdef\ngh");
	check("ab\ncd|ef\ngh", EDITOR_LINE_END, "ab\ncdef|\ngh");
	given("abcd\ne\nabcdef|\nx");
	run(EDITOR_UP);
	assert_text("abcd\ne|\nabcdef\nx");
	run(EDITOR_UP); /* the column is kept */
	assert_text("abcd|\ne\nabcdef\nx");
	run(EDITOR_UP); /* no history */
	assert_text("abcd|\ne\nabcdef\nx");
	run(EDITOR_DOWN);
	run(EDITOR_DOWN);
	assert_text("abcd\ne\nabcdef|\nx");
	run(EDITOR_DOWN);
	run(EDITOR_DOWN);
	assert_text("abcd\ne\nabcdef\nx|");
	/* columns, not bytes */
	check("日本\na日|b", EDITOR_UP, "日|本\na日b");
	check("日本\nab|", EDITOR_UP, "日|本\nab");
	check("ab|\n日本", EDITOR_DOWN, "ab\n日|本");
}

static void
kills_and_yanks(void **state)
{
	(void)state;
	check("one two.three|", EDITOR_KILL_WORD_LEFT, "one two.|");
	check("one two.three|", EDITOR_KILL_SPACE_LEFT, "one |");
	check("one|  two x", EDITOR_KILL_WORD_RIGHT, "one| x");
	check("one |two", EDITOR_KILL_LINE_START, "|two");
	check("one |two", EDITOR_KILL_LINE_END, "one |");
	check("a\nb|c\nd", EDITOR_KILL_LINE_START, "a\n|c\nd");
	check("a\n|c\nd", EDITOR_KILL_LINE_START, "a|c\nd");
	check("a\nb|c\nd", EDITOR_KILL_LINE_END, "a\nb|\nd");
	check("a\nb|\nd", EDITOR_KILL_LINE_END, "a\nb|d");
	given("one |two");
	run(EDITOR_KILL_LINE_END);
	run(EDITOR_LINE_START);
	run(EDITOR_YANK);
	assert_text("two|one ");
	run(EDITOR_YANK);
	assert_text("twotwo|one ");
}

static void
kills_in_a_row_are_one(void **state)
{
	(void)state;
	given("one two three| four");
	run(EDITOR_KILL_WORD_LEFT);
	run(EDITOR_KILL_WORD_LEFT);
	run(EDITOR_KILL_WORD_RIGHT);
	assert_text("one |");
	run(EDITOR_YANK);
	assert_text("one two three four|");
	run(EDITOR_KILL_WORD_LEFT);
	run(EDITOR_LINE_START);
	run(EDITOR_KILL_WORD_RIGHT);
	assert_text("| two three ");
	run(EDITOR_YANK);
	assert_text("one| two three ");
	run(EDITOR_YANK_POP);
	assert_text("four| two three ");
	run(EDITOR_YANK_POP);
	assert_text("two three four| two three ");
	run(EDITOR_YANK_POP); /* around */
	assert_text("one| two three ");
	run(EDITOR_LEFT);
	run(EDITOR_YANK_POP); /* not behind anything else */
	assert_text("on|e two three ");
}

static void
the_kill_ring_is_bounded(void **state)
{
	char text[3] = "a|";

	(void)state;
	for (int i = 0; i < 2 * KILLRING_MAX; i++) {
		text[0] = (char)('A' + i);
		given(text);
		run(EDITOR_KILL_LINE_START);
		run(EDITOR_LEFT);
	}
	run(EDITOR_YANK);
	for (int i = 1; i < KILLRING_MAX; i++)
		run(EDITOR_YANK_POP);
	text[0] = 'A' + KILLRING_MAX;
	assert_text(text);
	run(EDITOR_YANK_POP);
	text[0] = 'A' + 2 * KILLRING_MAX - 1;
	assert_text(text);
}

static void
transposes(void **state)
{
	(void)state;
	check("ab|c", EDITOR_TRANSPOSE, "acb|");
	check("abc|", EDITOR_TRANSPOSE, "acb|");
	check("|abc", EDITOR_TRANSPOSE, "|abc");
	check("a|", EDITOR_TRANSPOSE, "a|");
	check("a|👍🏽", EDITOR_TRANSPOSE, "👍🏽a|");
	check("ab|\nc", EDITOR_TRANSPOSE, "ba|\nc");
	check("a\n|bc", EDITOR_TRANSPOSE, "a\n|bc");
}

static void
changes_case(void **state)
{
	(void)state;
	check("| éa Bc", EDITOR_UPPER, " ÉA| Bc");
	check("x| ÉA Bc", EDITOR_LOWER, "x éa| Bc");
	check("| éA b", EDITOR_CAPITALIZE, " Éa| b");
	check("a|BC", EDITOR_LOWER, "abc|");
	check("|", EDITOR_UPPER, "|");
	check("... |", EDITOR_UPPER, "... |");
	check("|\u0250", EDITOR_UPPER, "\u2c6f|"); /* longer by a byte */
}

static void
undoes(void **state)
{
	(void)state;
	type("one two  three");
	run(EDITOR_UNDO);
	assert_text("one two  |");
	run(EDITOR_UNDO);
	assert_text("one |");
	run(EDITOR_UNDO);
	assert_text("|");
	run(EDITOR_UNDO);
	assert_text("|");

	given("one two|");
	run(EDITOR_DELETE_LEFT);
	run(EDITOR_DELETE_LEFT);
	run(EDITOR_LINE_START);
	run(EDITOR_DELETE_RIGHT);
	run(EDITOR_UPPER);
	run(EDITOR_NEWLINE);
	assert_text("NE\n| t");
	run(EDITOR_UNDO);
	run(EDITOR_UNDO);
	assert_text("|ne t");
	run(EDITOR_UNDO);
	assert_text("|one t");
	run(EDITOR_UNDO);
	assert_text("one two|");
}

static void
undo_is_bounded_and_ends_with_the_line(void **state)
{
	(void)state;
	for (int i = 0; i < 3 * EDITOR_UNDO_MAX; i++) {
		editor_set(&e, i % 2 ? SLICE("b") : SLICE("a"));
		assert_true(e.n_undo <= EDITOR_UNDO_MAX);
	}
	for (int i = 0; i < 3 * EDITOR_UNDO_MAX; i++)
		run(EDITOR_UNDO);
	assert_int_equal(e.n_undo, 0);
	type("sent");
	editor_set(&e, SLICE(""));
	run(EDITOR_UNDO);
	assert_text("|");
}

static void
is_bounded(void **state)
{
	char full[MAX + 1], more[MAX + 2];

	(void)state;
	memset(full, 'x', MAX);
	full[MAX] = '\0';
	memset(more, 'y', MAX + 1);
	more[MAX + 1] = '\0';
	assert_int_equal(editor_insert(&e, slice_of(more)), -ENOBUFS);
	assert_int_equal(editor_set(&e, slice_of(more)), -ENOBUFS);
	assert_text("|");
	assert_int_equal(editor_insert(&e, slice_of(full)), 0);
	assert_int_equal(editor_type(&e, SLICE("z")), -ENOBUFS);
	assert_int_equal(editor_do(&e, EDITOR_NEWLINE), -ENOBUFS);
	assert_int_equal(editor_replace(&e, 0, 1, SLICE("é")), -ENOBUFS);
	assert_int_equal(editor_replace(&e, 0, 2, SLICE("é")), 0);
	run(EDITOR_KILL_LINE_START);
	run(EDITOR_KILL_LINE_END);
	run(EDITOR_YANK);
	assert_int_equal(e.text.len, MAX);
	assert_int_equal(editor_do(&e, EDITOR_YANK), -ENOBUFS);
	run(EDITOR_YANK_POP); /* nothing was yanked */
	assert_int_equal(e.text.len, MAX);
	run(EDITOR_UNDO);
	assert_text("|");
}

static void
send(const char *line)
{
	history_add(&history, slice_of(line));
	editor_set(&e, SLICE(""));
}

static void
recalls(void **state)
{
	(void)state;
	send("first");
	send("a\nb");
	send("last");
	send("last");
	send("");
	assert_int_equal(history.n, 3);
	type("draft");
	run(EDITOR_UP);
	assert_text("last|");
	run(EDITOR_UP);
	assert_text("a\nb|");
	run(EDITOR_UP); /* a line of it */
	assert_text("a|\nb");
	run(EDITOR_UP);
	assert_text("first|");
	run(EDITOR_UP);
	assert_text("first|");
	run(EDITOR_DOWN);
	run(EDITOR_DOWN);
	assert_text("last|");
	run(EDITOR_DOWN);
	assert_text("draft|");
	run(EDITOR_DOWN);
	assert_text("draft|");
	/* a change of an old line can be had back */
	run(EDITOR_UP);
	type("!");
	run(EDITOR_UP);
	assert_text("a\nb|");
	run(EDITOR_UNDO);
	assert_text("last!|");
}

static void
clearing_keeps_it_in_the_history(void **state)
{
	(void)state;
	type("oops");
	run(EDITOR_CLEAR);
	assert_text("|");
	run(EDITOR_UP);
	assert_text("oops|");
}

static void
the_history_is_bounded(void **state)
{
	char *big = xmalloc(HISTORY_BYTES_MAX + 1);
	struct slice s = { big, HISTORY_BYTES_MAX };

	(void)state;
	for (int i = 0; i < HISTORY_LINES_MAX + 10; i++) {
		char line[16];

		snprintf(line, sizeof(line), "%d", i);
		history_add(&history, slice_of(line));
	}
	assert_int_equal(history.n, HISTORY_LINES_MAX);
	assert_true(slice_is(history_get(&history, 0), "1009"));
	assert_true(slice_is(history_get(&history, 999), "10"));
	memset(big, 'x', HISTORY_BYTES_MAX + 1);
	history_add(&history, s);
	assert_int_equal(history.n, 1);
	s.len++;
	history_add(&history, s);
	history_add(&history, SLICE("small"));
	assert_int_equal(history.n, 1);
	assert_true(slice_is(history_get(&history, 0), "small"));
	free(big);
}

static void
searches_the_history(void **state)
{
	(void)state;
	send("git push");
	send("make Check");
	send("git pull");
	type("draft");
	run(EDITOR_SEARCH);
	assert_true(e.searching);
	assert_text("draft|");
	type("git");
	assert_text("|git pull");
	assert_true(slice_is(buf_view(&e.query), "git"));
	run(EDITOR_SEARCH);
	assert_text("|git push");
	run(EDITOR_SEARCH);
	assert_false(e.found);
	assert_text("|git push");
	run(EDITOR_SEARCH_NEWER);
	assert_true(e.found);
	assert_text("|git pull");
	type(" pus");
	assert_text("|git push");
	run(EDITOR_DELETE_LEFT);
	assert_text("|git pull");
	run(EDITOR_SEARCH_CANCEL);
	assert_false(e.searching);
	assert_text("draft|");

	run(EDITOR_SEARCH);
	type("CHECK");
	assert_text("make |Check");
	type("x");
	assert_false(e.found);
	run(EDITOR_DELETE_LEFT);
	assert_true(e.found);
	run(EDITOR_SEARCH_ACCEPT);
	assert_text("make |Check");
	run(EDITOR_DOWN);
	assert_text("git pull|");
	run(EDITOR_DOWN);
	assert_text("draft|");
}

static void
any_command_ends_the_search(void **state)
{
	(void)state;
	send("one two");
	run(EDITOR_SEARCH);
	type("two");
	run(EDITOR_LINE_END);
	assert_false(e.searching);
	assert_text("one two|");
	run(EDITOR_SEARCH);
	run(EDITOR_SEARCH_ACCEPT);
	assert_text("one two|");
	editor_set(&e, SLICE(""));
	run(EDITOR_SEARCH);
	type("one");
	assert_int_equal(editor_insert(&e, SLICE("paste\n")), 0);
	assert_text("paste\n|one two");
	run(EDITOR_SEARCH);
	type("one");
	editor_set(&e, SLICE(""));
	assert_false(e.searching);
	run(EDITOR_SEARCH);
	run(EDITOR_DELETE_LEFT);
	assert_text("|");
	type("zzz");
	run(EDITOR_SEARCH_NEWER);
	run(EDITOR_SEARCH_ACCEPT);
	assert_text("|");
}

/* Whatever is done, the text is valid and the cursor between clusters. */
static void
survives_anything(void **state)
{
	static const char *const bits[] = { "a", "B ", "\n", "é", "\u0301",
		"日", "👍", "🏽", "\u200d", "🇫", "🇷", "\ufe0f", "नि" };
	unsigned seed = 1;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		unsigned r = (seed = seed * 1103515245 + 12345) >> 16;
		size_t at = 0;

		if (r % 2)
			editor_type(&e,
			    slice_of(bits[r / 2 %
					  (sizeof(bits) / sizeof(bits[0]))]));
		else
			editor_do(&e, r / 2 % EDITOR_N_COMMANDS);
		assert_true(e.text.len <= MAX);
		assert_true(utf8_valid(buf_view(&e.text).p, e.text.len));
		while (at < e.cursor) {
			struct text_cluster cl;

			at += text_next(slice_skip(buf_view(&e.text), at), &cl);
		}
		assert_int_equal(at, e.cursor);
	}
}

int
main(void)
{
#define test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		test(moves_by_clusters),
		test(cursor_stays_between_clusters),
		test(moves_by_words),
		test(moves_by_lines),
		test(kills_and_yanks),
		test(kills_in_a_row_are_one),
		test(the_kill_ring_is_bounded),
		test(transposes),
		test(changes_case),
		test(undoes),
		test(undo_is_bounded_and_ends_with_the_line),
		test(is_bounded),
		test(recalls),
		test(clearing_keeps_it_in_the_history),
		test(the_history_is_bounded),
		test(searches_the_history),
		test(any_command_ends_the_search),
		test(survives_anything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
