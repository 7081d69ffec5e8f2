#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/msgid.h"

static void
strictly_increasing_whatever_the_clock(void **state)
{
	static const struct {
		uint64_t now, ms, n;
	} steps[] = {
		{ 0, 0, 1 }, /* {0, 0} is "before all" */
		{ 1000, 1000, 0 },
		{ 1000, 1000, 1 },
		{ 999, 1000, 2 }, /* set back */
		{ 0, 1000, 3 },
		{ 1001, 1001, 0 },
	};
	struct msgid last = { 0, 0, 0 }, id, before;

	(void)state;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		before = last;
		id = msgid_next(&last, steps[i].now);
		assert_int_equal(id.ms, steps[i].ms);
		assert_int_equal(id.n, steps[i].n);
		assert_true(msgid_cmp(before, id) < 0);
		assert_int_equal(msgid_cmp(last, id), 0);
	}
	last = (struct msgid){ 5, UINT64_MAX, 7 };
	id = msgid_next(&last, 5);
	assert_int_equal(id.ms, 6);
	assert_int_equal(id.n, 0);
}

static void
texts(void **state)
{
	static const struct {
		struct msgid id;
		const char *text;
	} rows[] = {
		{ { 0, 0, 0 }, "0-0" },
		{ { 1795224012345, 7, 0 }, "1795224012345-7" },
		{ { UINT64_MAX, UINT64_MAX, 0 },
		    "18446744073709551615-18446744073709551615" },
		{ { 7, 8, 9 }, "7-8.9" },
		{ { UINT64_MAX, UINT64_MAX, UINT64_MAX },
		    "18446744073709551615-18446744073709551615"
		    ".18446744073709551615" },
	};
	char out[MSGID_STR_MAX];
	struct msgid id;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unsigned n = msgid_format(out, rows[i].id);

		assert_string_equal(out, rows[i].text);
		assert_int_equal(n, slice_of(out).len);
		assert_int_equal(msgid_parse(slice_of(out), &id), 0);
		assert_int_equal(msgid_cmp(id, rows[i].id), 0);
	}
}

static void
nothing_else_parses(void **state)
{
	static const char *const bad[] = { "", "-", "1", "1-", "-1", "1--1",
		"+1-1", "1-+1", " 1-1", "1-1 ", "1-1-1", "1.0-1", "1-1.",
		"1-1.0", "1-1.x", "1-1.1.1", "0x1-1", "18446744073709551616-0",
		"0-18446744073709551616", "99999999999999999999-0", NULL };
	struct msgid id = { 42, 43, 0 };

	(void)state;
	for (size_t i = 0; bad[i] != NULL; i++)
		assert_int_equal(msgid_parse(slice_of(bad[i]), &id), -EINVAL);
	assert_int_equal(msgid_parse(SLICE("1-1\0"), &id), -EINVAL);
	assert_int_equal(id.ms, 42); /* left alone */
	assert_int_equal(id.n, 43);
}

static void
order(void **state)
{
	static const struct msgid ids[] = { { 0, 0, 0 }, { 0, 1, 0 },
		{ 0, 1, 1 }, { 0, 1, 2 }, { 0, UINT64_MAX, 0 }, { 1, 0, 0 },
		{ 2, 1, 0 }, { UINT64_MAX, 0, 0 } };
	enum { N = sizeof(ids) / sizeof(ids[0]) };

	(void)state;
	for (int a = 0; a < N; a++) {
		for (int b = 0; b < N; b++) {
			int c = msgid_cmp(ids[a], ids[b]);

			assert_int_equal((c > 0) - (c < 0), (a > b) - (a < b));
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strictly_increasing_whatever_the_clock),
		cmocka_unit_test(texts),
		cmocka_unit_test(nothing_else_parses),
		cmocka_unit_test(order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
