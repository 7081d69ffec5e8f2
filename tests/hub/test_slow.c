#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hub/slow.h"

static struct slow s;

static int
setup(void **state)
{
	(void)state;
	slow_init(&s);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	slow_deinit(&s);
	return 0;
}

static struct slow_key
from(const char *text)
{
	struct slow_key k = { .person = 0 };

	assert_int_equal(address_parse(slice_of(text), &k.address), 0);
	return k;
}

static void
each_has_its_turn(void **state)
{
	const struct slow_key ana = { .person = 1 }, bob = { .person = 2 };

	(void)state;
	assert_int_equal(slow_take(&s, &ana, 10, 1000), 0);
	assert_int_equal(slow_take(&s, &ana, 10, 1000), 10000);
	assert_int_equal(slow_take(&s, &bob, 10, 4000), 0);
	assert_int_equal(slow_take(&s, &ana, 10, 10999), 1);
	assert_int_equal(slow_take(&s, &ana, 10, 11000), 0);
	assert_int_equal(slow_take(&s, &bob, 10, 11000), 3000);
	/* It was made shorter. */
	assert_int_equal(slow_take(&s, &bob, 5, 11000), 0);
}

static void
what_came_to_nothing_is_no_turn(void **state)
{
	const struct slow_key ana = { .person = 1 };

	(void)state;
	assert_int_equal(slow_take(&s, &ana, 10, 1000), 0);
	slow_give_back(&s, &ana);
	slow_give_back(&s, &ana);
	assert_int_equal(slow_take(&s, &ana, 10, 1001), 0);
}

static void
an_address_is_one(void **state)
{
	const struct slow_key a = from("192.0.2.1"), b = from("192.0.2.2");
	const struct slow_key c = from("2001:db8::1"), d = from("2001:db8::2");
	struct slow_key ana = a;

	(void)state;
	assert_int_equal(slow_take(&s, &a, 10, 0), 0);
	assert_int_equal(slow_take(&s, &a, 10, 0), 10000);
	assert_int_equal(slow_take(&s, &b, 10, 0), 0);
	assert_int_equal(slow_take(&s, &c, 10, 0), 0);
	assert_int_equal(slow_take(&s, &d, 10, 0), 10000);
	/* Of a person it does not count. */
	ana.person = 1;
	assert_int_equal(slow_take(&s, &ana, 10, 0), 0);
	ana.address = b.address;
	assert_int_equal(slow_take(&s, &ana, 10, 0), 10000);
}

static void
there_is_a_bound(void **state)
{
	struct slow_key k = { .person = 1 };

	(void)state;
	for (; k.person <= SLOW_ENTRIES_MAX + 2; k.person++)
		assert_int_equal(slow_take(&s, &k, 10, 0), 0);
	k.person = SLOW_ENTRIES_MAX;
	assert_int_equal(slow_take(&s, &k, 10, 0), 10000);
	k.person = 1;
	assert_int_equal(slow_take(&s, &k, 10, 0), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    each_has_its_turn, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    what_came_to_nothing_is_no_turn, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    an_address_is_one, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    there_is_a_bound, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
