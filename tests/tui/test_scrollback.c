#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "tui/scrollback.h"

/* The n-th line that was added, from 1. */
#define ID(n) (SCROLLBACK_FIRST - 1 + (n))

static uint64_t
add(struct scrollback *sb, const char *nick, const char *text)
{
	struct line_new l = {
		.kind = LINE_MESSAGE,
		.nick = slice_of(nick),
		.text = slice_of(text),
	};

	return scrollback_add(sb, &l);
}

static void
add_numbers(struct scrollback *sb, unsigned n)
{
	for (unsigned i = 1; i <= n; i++) {
		char text[32];

		snprintf(text, sizeof(text), "number %u", i);
		assert_int_equal(add(sb, "bo", text), ID(i));
	}
}

static void
empty(void **state)
{
	struct scrollback sb;

	(void)state;
	scrollback_init(&sb);
	assert_null(sb.ring);
	assert_int_equal(scrollback_last(&sb), ID(0));
	assert_null(scrollback_get(&sb, ID(0)));
	assert_null(scrollback_get(&sb, ID(1)));
	assert_int_equal(scrollback_find(&sb, ID(5), true, SLICE("a")), 0);
	assert_int_equal(scrollback_find(&sb, 0, false, SLICE("a")), 0);
	scrollback_clear(&sb);
	scrollback_deinit(&sb);
}

static void
keeps_what_it_is_given(void **state)
{
	struct line_new new = {
		.kind = LINE_ACTION,
		.mark = MARK_SENT,
		.at = 1763629200123,
		.nick = SLICE("ana"),
		.text = SLICE("waves\nand goes"),
		.own = true,
		.mention = true,
	};
	struct scrollback sb;
	struct line *l;

	(void)state;
	scrollback_init(&sb);
	l = scrollback_get(&sb, scrollback_add(&sb, &new));
	assert_true(slice_is(line_nick(l), "ana"));
	assert_true(slice_is(line_text(l), "waves\nand goes"));
	assert_int_equal(l->kind, LINE_ACTION);
	assert_int_equal(l->mark, MARK_SENT);
	assert_true(l->at == 1763629200123);
	assert_true(l->own && l->mention);
	l = scrollback_get(&sb, add(&sb, "", ""));
	assert_int_equal(line_nick(l).len, 0);
	assert_int_equal(line_text(l).len, 0);
	scrollback_deinit(&sb);
}

static void
cuts_a_nick_between_characters(void **state)
{
	struct scrollback sb;
	char nick[300];
	struct line *l;

	(void)state;
	scrollback_init(&sb);
	for (size_t i = 0; i + 1 < sizeof(nick); i += 2)
		memcpy(nick + i, "\xc3\xa9", 2); /* é */
	nick[sizeof(nick) - 2] = '\0';
	l = scrollback_get(&sb, add(&sb, nick, "x"));
	assert_int_equal(line_nick(l).len, 254);
	scrollback_deinit(&sb);
}

static void
drops_the_oldest(void **state)
{
	struct scrollback sb;

	(void)state;
	scrollback_init(&sb);
	add_numbers(&sb, SCROLLBACK_MAX + 10);
	assert_int_equal(sb.n, SCROLLBACK_MAX);
	assert_int_equal(sb.first, ID(11));
	assert_null(scrollback_get(&sb, ID(10)));
	for (uint64_t id = 11; id <= SCROLLBACK_MAX + 10; id++) {
		struct line *l = scrollback_get(&sb, ID(id));
		char text[32];

		snprintf(text, sizeof(text), "number %u", (unsigned)id);
		assert_true(slice_is(line_text(l), text));
	}
	assert_null(scrollback_get(&sb, ID(SCROLLBACK_MAX + 11)));
	scrollback_deinit(&sb);
}

/* What all lines are together. */
static size_t
bytes_of(const struct scrollback *sb)
{
	size_t bytes = 0;

	for (uint64_t id = sb->first; id <= scrollback_last(sb); id++) {
		const struct line *l = scrollback_get(sb, id);

		bytes += sizeof(*l) + line_nick(l).len + line_text(l).len;
	}
	return bytes;
}

static void
drops_the_oldest_of_too_many_bytes(void **state)
{
	const size_t len = 1 << 20, over = SCROLLBACK_BYTES + 10;
	struct line_new l = { .nick = SLICE("bo") };
	struct scrollback sb;
	char *text = xmalloc(over);

	(void)state;
	memset(text, 'x', over);
	scrollback_init(&sb);
	add(&sb, "bo", "the first");
	for (unsigned i = 2; i <= 100; i++) {
		l.text = (struct slice){ text, len };
		assert_int_equal(scrollback_add(&sb, &l), ID(i));
		assert_int_equal(sb.bytes, bytes_of(&sb));
		assert_true(sb.bytes <= SCROLLBACK_BYTES);
	}
	assert_int_equal(sb.n, SCROLLBACK_BYTES / len - 1);
	/* one that gets longer */
	add(&sb, "", "");
	scrollback_replace(
	    &sb, scrollback_last(&sb), (struct slice){ text, 3 * len });
	assert_int_equal(sb.bytes, bytes_of(&sb));
	assert_true(sb.bytes <= SCROLLBACK_BYTES);
	assert_int_equal(
	    line_text(scrollback_get(&sb, scrollback_last(&sb))).len, 3 * len);
	/* the newest stays, however long it is */
	l.text = (struct slice){ text, over };
	scrollback_add(&sb, &l);
	assert_int_equal(sb.n, 1);
	add(&sb, "", "");
	assert_int_equal(sb.n, 1);
	scrollback_replace(
	    &sb, scrollback_last(&sb), (struct slice){ text, over });
	assert_int_equal(sb.n, 1);
	assert_int_equal(sb.bytes, bytes_of(&sb));
	scrollback_clear(&sb);
	assert_int_equal(sb.bytes, 0);
	scrollback_deinit(&sb);
	free(text);
}

static void
clear_goes_on_with_the_ids(void **state)
{
	struct scrollback sb;

	(void)state;
	scrollback_init(&sb);
	add_numbers(&sb, 100);
	scrollback_clear(&sb);
	assert_int_equal(sb.n, 0);
	assert_null(scrollback_get(&sb, ID(100)));
	assert_int_equal(add(&sb, "a", "b"), ID(101));
	assert_non_null(scrollback_get(&sb, ID(101)));
	assert_int_equal(scrollback_last(&sb), ID(101));
	scrollback_deinit(&sb);
}

static void
replaces_the_last(void **state)
{
	char big[5000];
	struct scrollback sb;

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	scrollback_init(&sb);
	add_numbers(&sb, 3);
	scrollback_replace(&sb, scrollback_last(&sb), slice_of(big));
	assert_true(slice_is(line_text(scrollback_get(&sb, ID(3))), big));
	assert_true(slice_is(line_nick(scrollback_get(&sb, ID(3))), "bo"));
	scrollback_replace(&sb, scrollback_last(&sb), SLICE(""));
	assert_true(slice_is(line_text(scrollback_get(&sb, ID(3))), ""));
	assert_true(
	    slice_is(line_text(scrollback_get(&sb, ID(2))), "number 2"));
	scrollback_deinit(&sb);
}

static void
rows_are_kept_per_layout(void **state)
{
	struct scrollback sb;
	struct line *l;

	(void)state;
	scrollback_init(&sb);
	add_numbers(&sb, 2);
	l = scrollback_get(&sb, ID(2));
	scrollback_set_layout(&sb, 80);
	assert_int_equal(scrollback_rows(&sb, l), 0);
	scrollback_keep_rows(&sb, l, 7);
	assert_int_equal(scrollback_rows(&sb, l), 7);
	scrollback_set_layout(&sb, 81);
	assert_int_equal(scrollback_rows(&sb, l), 0);
	scrollback_set_layout(&sb, 80);
	assert_int_equal(scrollback_rows(&sb, l), 7);
	scrollback_set_layout(&sb, 82);
	scrollback_keep_rows(&sb, l, 70000); /* more than it keeps */
	assert_int_equal(scrollback_rows(&sb, l), 0);
	scrollback_keep_rows(&sb, l, 65535);
	assert_int_equal(scrollback_rows(&sb, l), 65535);
	scrollback_replace(&sb, scrollback_last(&sb), SLICE("other"));
	assert_int_equal(scrollback_rows(&sb, scrollback_get(&sb, ID(2))), 0);
	scrollback_deinit(&sb);
}

static void
finds(void **state)
{
	struct scrollback sb;

	(void)state;
	scrollback_init(&sb);
	add(&sb, "ana", "Grüße aus KÖLN");     /* 1 */
	add(&sb, "bo", "nothing");             /* 2 */
	add(&sb, "Köln", "a nick, this time"); /* 3 */
	assert_int_equal(
	    scrollback_find(&sb, ID(3), true, SLICE("köln")), ID(3));
	assert_int_equal(
	    scrollback_find(&sb, ID(2), true, SLICE("kÖln")), ID(1));
	assert_int_equal(
	    scrollback_find(&sb, ID(1), false, SLICE("köln")), ID(1));
	assert_int_equal(
	    scrollback_find(&sb, ID(2), false, SLICE("köln")), ID(3));
	assert_int_equal(scrollback_find(&sb, ID(0), true, SLICE("köln")), 0);
	assert_int_equal(scrollback_find(&sb, ID(4), false, SLICE("köln")), 0);
	assert_int_equal(
	    scrollback_find(&sb, ID(99), true, SLICE("NOTHING")), ID(2));
	assert_int_equal(scrollback_find(&sb, ID(3), true, SLICE("nichts")), 0);
	assert_int_equal(scrollback_find(&sb, ID(3), true, SLICE("")), 0);
	scrollback_deinit(&sb);
}

static void
finds_mentions(void **state)
{
	struct scrollback sb;

	(void)state;
	scrollback_init(&sb);
	add_numbers(&sb, 10);
	scrollback_get(&sb, ID(3))->mention = true;
	scrollback_get(&sb, ID(7))->mention = true;
	assert_int_equal(scrollback_find_mention(&sb, ID(10), true), ID(7));
	assert_int_equal(scrollback_find_mention(&sb, ID(7), true), ID(7));
	assert_int_equal(scrollback_find_mention(&sb, ID(6), true), ID(3));
	assert_int_equal(scrollback_find_mention(&sb, ID(2), true), 0);
	assert_int_equal(scrollback_find_mention(&sb, ID(1), false), ID(3));
	assert_int_equal(scrollback_find_mention(&sb, ID(8), false), 0);
	scrollback_deinit(&sb);
}

static void
matches(void **state)
{
	size_t len;

	(void)state;
	assert_int_equal(scrollback_match(SLICE("aab"), SLICE("AB"), &len), 1);
	assert_int_equal(len, 2);
	/* the small letter has three bytes and the capital two */
	assert_int_equal(
	    scrollback_match(SLICE("x\xe2\xb1\xa5y"), SLICE("\xc8\xba"), &len),
	    1);
	assert_int_equal(len, 3);
	assert_int_equal(scrollback_match(SLICE("a"), SLICE("ab"), &len), -1);
	assert_int_equal(scrollback_match(SLICE(""), SLICE("a"), &len), -1);
	/* never from the middle of a character */
	assert_int_equal(
	    scrollback_match(SLICE("\xe2\x82\xac"), SLICE("\x82\xac"), &len),
	    -1);
}

static struct line *
older(unsigned n)
{
	struct line_new l = { .kind = LINE_MESSAGE, .nick = SLICE_INIT("bo") };
	char text[32];

	snprintf(text, sizeof(text), "older %u", n);
	l.text = slice_of(text);
	l.id.ms = 1000 - n;
	return line_make(&l);
}

static void
takes_older_lines(void **state)
{
	struct scrollback sb;

	(void)state;
	scrollback_init(&sb);
	add_numbers(&sb, 5);
	for (unsigned i = 1; i <= 900; i++)
		assert_int_equal(
		    scrollback_take_above(&sb, older(i)), ID(1) - i);
	assert_int_equal(sb.n, 905);
	assert_int_equal(sb.first, ID(1) - 900);
	assert_int_equal(sb.bytes, bytes_of(&sb));
	assert_true(
	    slice_is(line_text(scrollback_get(&sb, ID(1) - 900)), "older 900"));
	assert_true(
	    slice_is(line_text(scrollback_get(&sb, ID(5))), "number 5"));
	assert_int_equal(add(&sb, "bo", "number 6"), ID(6));
	assert_int_equal(
	    scrollback_by_message(&sb, (struct msgid){ .ms = 300 }),
	    ID(1) - 700);
	assert_int_equal(
	    scrollback_by_message(&sb, (struct msgid){ .ms = 5000 }), 0);
	assert_int_equal(
	    scrollback_by_message(&sb, (struct msgid){ .ms = 0 }), 0);
	/* those of messages only, and not the deleted ones */
	assert_int_equal(scrollback_find_message(&sb, ID(6), true), ID(0));
	scrollback_get(&sb, ID(0))->deleted = true;
	assert_int_equal(scrollback_find_message(&sb, ID(6), true), ID(0) - 1);
	assert_int_equal(scrollback_find_message(&sb, ID(0), false), 0);
	scrollback_deinit(&sb);
}

/* What is full drops nothing for what is older. */
static void
older_lines_need_room(void **state)
{
	struct scrollback sb;

	(void)state;
	scrollback_init(&sb);
	add_numbers(&sb, SCROLLBACK_MAX);
	assert_int_equal(scrollback_take_above(&sb, older(1)), 0);
	assert_int_equal(sb.first, ID(1));
	assert_int_equal(sb.n, SCROLLBACK_MAX);
	scrollback_deinit(&sb);
}

static void
what_few_lines_have(void **state)
{
	struct line_new new = { .kind = LINE_MESSAGE,
		.text = SLICE_INIT("x"),
		.quote = SLICE_INIT("ana: hola"),
		.edited = true };
	struct scrollback sb;
	struct line *l;

	(void)state;
	scrollback_init(&sb);
	scrollback_add(&sb, &new);
	l = scrollback_get(&sb, ID(1));
	assert_true(slice_is(line_quote(l), "ana: hola"));
	assert_int_equal(line_reactions(l).len, 0);
	assert_true(l->edited && !l->deleted);
	scrollback_set_layout(&sb, 80);
	scrollback_keep_rows(&sb, l, 3);
	scrollback_set_reactions(&sb, ID(1), SLICE("👍 ana"), SLICE("👍\n"));
	l = scrollback_get(&sb, ID(1));
	assert_int_equal(scrollback_rows(&sb, l), 0);
	assert_true(slice_is(line_quote(l), "ana: hola"));
	assert_true(slice_is(line_reactions(l), "👍 ana"));
	assert_string_equal(l->more->ours, "👍\n");
	scrollback_replace(&sb, ID(1), SLICE("another text"));
	l = scrollback_get(&sb, ID(1));
	assert_true(slice_is(line_quote(l), "ana: hola"));
	assert_true(slice_is(line_reactions(l), "👍 ana"));
	assert_true(sb.bytes > bytes_of(&sb));
	add(&sb, "bo", "plain");
	assert_null(scrollback_get(&sb, ID(2))->more);
	scrollback_deinit(&sb);
}

/* DESIGN: at most 300 bytes a line beside its text; this is what they are. */
static void
lines_are_small(void **state)
{
	(void)state;
	assert_in_range(sizeof(struct line) + sizeof(struct line *), 1, 72);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty),
		cmocka_unit_test(keeps_what_it_is_given),
		cmocka_unit_test(cuts_a_nick_between_characters),
		cmocka_unit_test(drops_the_oldest),
		cmocka_unit_test(drops_the_oldest_of_too_many_bytes),
		cmocka_unit_test(clear_goes_on_with_the_ids),
		cmocka_unit_test(replaces_the_last),
		cmocka_unit_test(rows_are_kept_per_layout),
		cmocka_unit_test(finds),
		cmocka_unit_test(finds_mentions),
		cmocka_unit_test(matches),
		cmocka_unit_test(takes_older_lines),
		cmocka_unit_test(older_lines_need_room),
		cmocka_unit_test(what_few_lines_have),
		cmocka_unit_test(lines_are_small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
