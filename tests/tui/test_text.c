#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "tui/text.h"

#define FAMILY "👨‍👩‍👧‍👦"
#define ZALGO "Z\u0300\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308\u0309"

/* Clusters as "width:bytes ", a '?' behind the width if it is ambiguous. */
static void
assert_clusters(const char *text, const char *expected)
{
	struct slice s = slice_of(text);
	struct text_cluster cl;
	size_t prev[64];
	unsigned n = 0;
	struct buf b;

	buf_init(&b, 4096);
	while (s.len > 0) {
		prev[n] = text_next(s, &cl);
		assert_true(prev[n] > 0 && prev[n] <= s.len);
		assert_ptr_equal(cl.bytes.p, s.p);
		assert_int_equal(cl.bytes.len, prev[n]);
		assert_true(cl.shown <= cl.bytes.len);
		assert_true(cl.shown <= TEXT_CLUSTER_MAX);
		buf_printf(&b, "%u%s:%.*s ", cl.width, cl.ambiguous ? "?" : "",
		    SLICE_ARG(cl.bytes));
		s = slice_skip(s, prev[n++]);
	}
	if (!slice_is(buf_view(&b), expected))
		fail_msg("%s: %.*s", expected, SLICE_ARG(buf_view(&b)));
	buf_deinit(&b);

	/* the same walked backwards */
	s = slice_of(text);
	while (s.len > 0) {
		assert_int_equal(text_prev(s), prev[--n]);
		s.len -= prev[n];
	}
	assert_int_equal(n, 0);
}

static void
clusters(void **state)
{
	(void)state;
	assert_clusters("", "");
	assert_clusters("ab c", "1:a 1:b 1:  1:c ");
	assert_clusters("ée\u0301x", "1:é 1:e\u0301 1:x ");
	assert_clusters("日本語", "2:日 2:本 2:語 ");
	assert_clusters("한글ﬁ", "2:한 2:글 1?:ﬁ ");
	/* jamo that make one syllable */
	assert_clusters("\u1112\u1161\u11ab!", "2?:\u1112\u1161\u11ab 1:! ");
	assert_clusters("ｶﾞ", "2?:ｶﾞ ");
	assert_clusters("かﾞ\u304b\u3099", "2?:かﾞ 2:\u304b\u3099 ");
	assert_clusters("a\nb", "1:a 0:\n 1:b ");
	assert_clusters("Привет", "1:П 1:р 1:и 1:в 1:е 1:т ");
}

static void
emoji(void **state)
{
	(void)state;
	assert_clusters("👍", "2?:👍 ");
	assert_clusters("👍🏽", "2?:👍🏽 ");
	assert_clusters(FAMILY "x", "2?:" FAMILY " 1:x ");
	assert_clusters("🇫🇷🇩🇪", "2?:🇫🇷 2?:🇩🇪 ");
	assert_clusters("🇫", "1?:🇫 ");
	assert_clusters("🇫🇷🇩", "2?:🇫🇷 1?:🇩 ");
	/* presentation: as text and as emoji */
	assert_clusters("\u2764", "1?:\u2764 ");
	assert_clusters("\u2764\ufe0f", "2?:\u2764\ufe0f ");
	assert_clusters("\u2764\ufe0e", "1?:\u2764\ufe0e ");
	assert_clusters("1\ufe0f\u20e3 1", "2?:1\ufe0f\u20e3 1:  1:1 ");
	assert_clusters("©\ufe0f©", "2?:©\ufe0f 1:© ");
	/* the heart is joined behind its variation selector */
	assert_clusters(
	    "👩\u200d\u2764\ufe0f\u200d👨", "2?:👩\u200d\u2764\ufe0f\u200d👨 ");
	assert_clusters("a\u200db", "1?:a\u200d 1:b ");
}

static void
scripts(void **state)
{
	(void)state;
	assert_clusters("سلام", "1?:س 1?:ل 1?:ا 1?:م ");
	assert_clusters("سَ", "1?:سَ ");
	/* a vowel sign takes a column of its own, a virama none */
	assert_clusters("हिन्दी", "2?:हि 1?:न् 2?:दी ");
	assert_clusters("กำ", "2?:กำ ");
	/* a number sign in front of its digits */
	assert_clusters("\u06001", "1?:\u06001 ");
}

static void
not_drawn(void **state)
{
	static const char *const none[] = { "\u200b", "\u00ad", "\u2060",
		"\u200d", "\x01", "\x7f", "\u200e", "\u0600" };
	static const char *const replaced[] = { "\u0301", "\ufe0f", "\u093f",
		"\xff", "\xc3", "\u0301\u0302", "\xe2\x80" };
	struct text_cluster cl;

	(void)state;
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		text_next(slice_of(none[i]), &cl);
		assert_int_equal(cl.width, 0);
		assert_int_equal(cl.shown, 0);
	}
	for (size_t i = 0; i < sizeof(replaced) / sizeof(replaced[0]); i++) {
		text_next(slice_of(replaced[i]), &cl);
		assert_int_equal(cl.width, 1);
		assert_int_equal(cl.shown, 0);
	}
	/* an invalid byte holds no mark */
	assert_int_equal(text_next(slice_of("\xff\u0301"), &cl), 1);
}

static void
stacked_marks_are_cut(void **state)
{
	struct slice s = SLICE(ZALGO ZALGO);
	struct text_cluster cl;
	char many[3000];

	(void)state;
	assert_int_equal(text_next(s, &cl), sizeof(ZALGO) - 1);
	assert_int_equal(cl.shown, sizeof(ZALGO) - 1);
	assert_int_equal(cl.width, 1);
	assert_true(cl.ambiguous);
	assert_int_equal(text_width(s), 2);

	many[0] = 'a';
	for (size_t i = 1; i + 1 < sizeof(many); i += 2)
		memcpy(many + i, "\u0308", 2);
	s = (struct slice){ many, sizeof(many) - 1 };
	assert_int_equal(text_next(s, &cl), s.len);
	assert_int_equal(cl.shown, 27); /* not in the middle of one */
	assert_int_equal(text_prev(s), s.len);

	/* nor behind a joiner */
	s = SLICE("👩🏽\u200d\u2764\ufe0f\u200d💋\u200d👨🏽");
	assert_int_equal(text_next(s, &cl), s.len);
	assert_int_equal(cl.shown, 24);
	assert_memory_equal(cl.bytes.p + 20, "💋", 4);
	assert_int_equal(cl.width, 2);
}

static void
widths(void **state)
{
	(void)state;
	assert_int_equal(text_width(slice_of("")), 0);
	assert_int_equal(text_width(slice_of("a日" FAMILY "\nb")), 6);
	assert_int_equal(text_fit(slice_of("日本"), 0), 0);
	assert_int_equal(text_fit(slice_of("日本"), 1), 0);
	assert_int_equal(text_fit(slice_of("日本"), 3), 3);
	assert_int_equal(text_fit(slice_of("日本"), 4), 6);
	assert_int_equal(text_fit(slice_of("日本"), 9), 6);
	assert_int_equal(text_fit(slice_of("a\u0301b"), 1), 3);
	assert_int_equal(text_fit(slice_of("a\u200bb"), 1), 4);
}

/* Rows joined by '|'. */
static void
assert_rows(const char *text, unsigned columns, const char *expected)
{
	struct text_wrap w;
	struct slice row;
	struct buf b;

	buf_init(&b, 4096);
	text_wrap_init(&w, slice_of(text));
	while (text_wrap_next(&w, columns, &row)) {
		assert_true(text_width(row) <= columns);
		buf_append_slice(&b, row);
		buf_putc(&b, '|');
	}
	if (!slice_is(buf_view(&b), expected))
		fail_msg("%s: %.*s", expected, SLICE_ARG(buf_view(&b)));
	assert_false(text_wrap_next(&w, columns, &row));
	buf_deinit(&b);
}

static void
wraps_at_spaces(void **state)
{
	(void)state;
	assert_rows("", 4, "|");
	assert_rows("one", 4, "one|");
	assert_rows("four", 4, "four|");
	assert_rows("one two", 4, "one|two|");
	assert_rows("four two", 4, "four|two|");
	assert_rows("a b c d", 3, "a b|c d|");
	assert_rows("one   two", 4, "one|two|");
	assert_rows("one      two", 4, "one|two|");
	assert_rows("one two", 7, "one two|");
	/* spaces in front and at the end */
	assert_rows("  if x", 5, "  if|x|");
	assert_rows("      x", 4, "    |x|");
	assert_rows("one  ", 4, "one|");
	assert_rows("four  ", 4, "four|");
	assert_rows("four ", 5, "four |");
}

static void
wraps_in_words(void **state)
{
	(void)state;
	assert_rows("abcdefghij", 4, "abcd|efgh|ij|");
	assert_rows("a bcdefgh i", 4, "a|bcde|fgh|i|");
	assert_rows("abcd\u0301efg", 4, "abcd\u0301|efg|");
	assert_rows("a\u200b\u200bbcd", 2, "a\u200b\u200bb|cd|");
}

static void
wraps_wide_at_the_edge(void **state)
{
	(void)state;
	assert_rows("日本語", 2, "日|本|語|");
	assert_rows("日本語", 5, "日本|語|");
	assert_rows("a日本語", 4, "a日|本語|");
	/* the row is filled though there is a space to break at */
	assert_rows("ab 日本語", 6, "ab 日|本語|");
	assert_rows("abc" FAMILY FAMILY, 4, "abc|" FAMILY FAMILY "|");
	assert_rows("日 x", 2, "日|x|");
}

static void
newlines_end_rows(void **state)
{
	(void)state;
	assert_rows("a\nb", 4, "a|b|");
	assert_rows("a\n", 4, "a||");
	assert_rows("\n", 4, "||");
	assert_rows("\n\na", 4, "||a|");
	assert_rows("four\nx", 4, "four|x|");
	assert_rows("four  \nx", 4, "four|x|");
	assert_rows("four  \n", 4, "four||");
	assert_rows("a b\n\nc", 3, "a b||c|");
}

static void
never_stands_still(void **state)
{
	struct text_wrap w;
	struct slice row;
	unsigned rows = 0;

	(void)state;
	text_wrap_init(&w, SLICE("日本 語"));
	while (text_wrap_next(&w, 1, &row))
		rows++;
	assert_int_equal(rows, 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clusters),
		cmocka_unit_test(emoji),
		cmocka_unit_test(scripts),
		cmocka_unit_test(not_drawn),
		cmocka_unit_test(stacked_marks_are_cut),
		cmocka_unit_test(widths),
		cmocka_unit_test(wraps_at_spaces),
		cmocka_unit_test(wraps_in_words),
		cmocka_unit_test(wraps_wide_at_the_edge),
		cmocka_unit_test(newlines_end_rows),
		cmocka_unit_test(never_stands_still),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
