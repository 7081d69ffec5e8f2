#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"

static void
empty_holds_no_memory(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 10);
	assert_null(b.p);
	assert_int_equal(buf_view(&b).len, 0);
	assert_non_null(buf_view(&b).p);
	buf_consume(&b, 0);
	buf_clear(&b);
	assert_null(b.p);
	buf_deinit(&b);
}

static void
appends(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	assert_int_equal(buf_append(&b, "ab", 2), 0);
	assert_int_equal(buf_append(&b, NULL, 0), 0);
	assert_int_equal(buf_puts(&b, "cd"), 0);
	assert_int_equal(buf_putc(&b, '\0'), 0);
	assert_int_equal(buf_append_slice(&b, SLICE("ef")), 0);
	assert_int_equal(buf_printf(&b, "%d%s", 7, "x"), 0);
	assert_true(slice_eq(buf_view(&b), SLICE("abcd\0ef7x")));
	buf_consume(&b, 5);
	assert_true(slice_is(buf_view(&b), "ef7x"));
	buf_consume(&b, 4);
	assert_true(slice_is(buf_view(&b), ""));
	buf_deinit(&b);
}

static void
the_maximum_is_exact(void **state)
{
	static const size_t maxima[] = { 0, 1, 63, 64, 65, 127, 128, 1000 };
	static const char bytes[1001];

	(void)state;
	for (size_t i = 0; i < sizeof(maxima) / sizeof(maxima[0]); i++) {
		struct buf b;
		size_t max = maxima[i];

		/* one by one */
		buf_init(&b, max);
		for (size_t n = 0; n < max; n++)
			assert_int_equal(buf_putc(&b, 'x'), 0);
		assert_false(b.failed);
		assert_int_equal(buf_putc(&b, 'x'), -ENOBUFS);
		assert_true(b.failed);
		assert_int_equal(b.len, max);
		assert_true(b.cap <= max);
		buf_deinit(&b);
		assert_false(b.failed);

		/* at once */
		assert_int_equal(buf_append(&b, bytes, max + 1), -ENOBUFS);
		assert_int_equal(b.len, 0);
		buf_clear(&b);
		assert_false(b.failed);
		assert_int_equal(buf_append(&b, bytes, max), 0);
		assert_null(buf_reserve(&b, 1));
		assert_null(buf_reserve(&b, SIZE_MAX));
		buf_deinit(&b);
	}
}

static void
grows_in_proportion(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1 << 20);
	for (size_t n = 1; n <= 1 << 20; n++) {
		assert_int_equal(buf_putc(&b, (char)n), 0);
		if (b.cap > 64)
			assert_true(b.cap <= 2 * n);
	}
	for (size_t n = 1; n <= 1 << 20; n++)
		assert_int_equal(b.p[n - 1], (char)n);
	buf_deinit(&b);
}

static void
printf_at_its_limits(void **state)
{
	/* around the size that fits on the stack */
	static const int widths[] = { 1, 127, 128, 129, 500 };

	(void)state;
	for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
		struct buf b;
		int w = widths[i];

		buf_init(&b, (size_t)w);
		assert_int_equal(buf_printf(&b, "%*d", w, 5), 0);
		assert_int_equal(b.len, w);
		assert_int_equal(b.p[w - 1], '5');
		assert_int_equal(buf_printf(&b, "%s", ""), 0);
		assert_false(b.failed);
		buf_deinit(&b);

		buf_init(&b, (size_t)w - 1);
		assert_int_equal(buf_printf(&b, "%*d", w, 5), -ENOBUFS);
		assert_int_equal(b.len, 0);
		assert_true(b.failed);
		buf_deinit(&b);
	}
}

static void
reserve_then_add(void **state)
{
	struct buf b;
	char *to;

	(void)state;
	buf_init(&b, 100);
	to = buf_reserve(&b, 90);
	memset(to, 'a', 90);
	buf_add(&b, 2);
	assert_true(slice_is(buf_view(&b), "aa"));
	assert_non_null(buf_reserve(&b, 98));
	assert_null(buf_reserve(&b, 99));
	assert_true(b.failed);
	buf_deinit(&b);
}

static void
steal_gives_a_terminated_string(void **state)
{
	struct buf b;
	char *s;

	(void)state;
	buf_init(&b, 3);
	s = buf_steal(&b);
	assert_string_equal(s, "");
	free(s);
	buf_puts(&b, "abc"); /* full: the NUL is beyond the maximum */
	s = buf_steal(&b);
	assert_string_equal(s, "abc");
	free(s);
	assert_null(b.p);
	assert_int_equal(buf_puts(&b, "def"), 0);
	buf_deinit(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_holds_no_memory),
		cmocka_unit_test(appends),
		cmocka_unit_test(the_maximum_is_exact),
		cmocka_unit_test(grows_in_proportion),
		cmocka_unit_test(printf_at_its_limits),
		cmocka_unit_test(reserve_then_add),
		cmocka_unit_test(steal_gives_a_terminated_string),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
