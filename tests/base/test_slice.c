#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/slice.h"

static const struct slice nowhere = { NULL, 0 };

static void
equality(void **state)
{
	(void)state;
	assert_true(slice_eq(SLICE("ab"), slice_of("ab")));
	assert_false(slice_eq(SLICE("ab"), SLICE("ac")));
	assert_false(slice_eq(SLICE("ab"), SLICE("abc")));
	assert_true(slice_eq(nowhere, SLICE("")));
	assert_true(slice_eq(slice_of(NULL), nowhere));
	/* NUL is a byte like any other */
	assert_false(slice_eq(SLICE("a\0b"), SLICE("a\0c")));
	assert_true(slice_is(SLICE("ab"), "ab"));
	assert_false(slice_is(SLICE("ab\0"), "ab"));
	assert_true(slice_is(nowhere, ""));
}

static void
case_is_that_of_ascii(void **state)
{
	(void)state;
	assert_true(slice_is_nocase(SLICE("Upgrade"), "uPGRADE"));
	assert_false(slice_is_nocase(SLICE("upgrade"), "upgrades"));
	/* pairs that differ in the bit that letters differ in */
	assert_false(slice_is_nocase(SLICE("@"), "`"));
	assert_false(slice_is_nocase(SLICE("["), "{"));
	assert_false(slice_is_nocase(SLICE("\xc9"), "\xe9"));
	assert_true(slice_is_nocase(nowhere, ""));
}

static void
starts_and_skip(void **state)
{
	struct slice s = SLICE("abc");

	(void)state;
	assert_true(slice_starts(s, ""));
	assert_true(slice_starts(s, "abc"));
	assert_false(slice_starts(s, "abcd"));
	assert_false(slice_starts(s, "b"));
	assert_true(slice_starts(nowhere, ""));
	assert_false(slice_starts(nowhere, "a"));
	assert_true(slice_is(slice_skip(s, 0), "abc"));
	assert_true(slice_is(slice_skip(s, 2), "c"));
	assert_true(slice_is(slice_skip(s, 3), ""));
	assert_true(slice_is(slice_skip(s, SIZE_MAX), ""));
	assert_int_equal(slice_skip(nowhere, 1).len, 0);
}

static void
take_until_and_ascii(void **state)
{
	struct slice s = SLICE("a,,b");

	(void)state;
	assert_true(slice_is(slice_take_until(&s, ','), "a"));
	assert_true(slice_is(slice_take_until(&s, ','), ""));
	assert_true(slice_is(slice_take_until(&s, ','), "b"));
	assert_int_equal(s.len, 0);
	assert_int_equal(slice_take_until(&s, ',').len, 0);
	s = nowhere;
	assert_int_equal(slice_take_until(&s, ',').len, 0);
	assert_true(slice_is_ascii(nowhere));
	assert_true(slice_is_ascii(SLICE("a\x7f")));
	assert_false(slice_is_ascii(SLICE("a\x80")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equality),
		cmocka_unit_test(case_is_that_of_ascii),
		cmocka_unit_test(starts_and_skip),
		cmocka_unit_test(take_until_and_ascii),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
