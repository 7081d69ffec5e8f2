#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hub/attempts.h"

#define HOME SLICE("192.0.2.1")
#define AWAY SLICE("198.51.100.7")

static struct attempts t;

static int
setup(void **state)
{
	(void)state;
	attempts_init(&t);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	attempts_deinit(&t);
	return t.n != 0;
}

static void
three_a_minute(void **state)
{
	(void)state;
	assert_int_equal(attempts_begin(&t, 1, HOME, 1000), 0);
	assert_int_equal(attempts_begin(&t, 1, HOME, 2000), 0);
	assert_int_equal(attempts_begin(&t, 1, HOME, 30000), 0);
	assert_int_equal(attempts_begin(&t, 1, HOME, 30000), 31000);
	assert_int_equal(attempts_begin(&t, 1, HOME, 60999), 1);
	/* A try that was not let through counts for nothing. */
	assert_int_equal(attempts_begin(&t, 1, HOME, 61000), 0);
	assert_int_equal(attempts_begin(&t, 1, HOME, 61000), 1000);
	assert_int_equal(attempts_begin(&t, 1, HOME, 62000), 0);
	assert_int_equal(attempts_begin(&t, 1, HOME, 62000), 28000);
}

/* At the rate that is let through, for ever. */
static void
no_more_in_any_minute(void **state)
{
	unsigned n = 0;

	(void)state;
	for (uint64_t now = 5; now < 600005; now += 100)
		n += attempts_begin(&t, 1, HOME, now) == 0;
	assert_int_equal(n, 30);
}

static void
the_owner_gets_in_from_elsewhere(void **state)
{
	(void)state;
	for (int i = 0; i < 10; i++)
		attempts_begin(&t, 1, AWAY, 0);
	assert_int_equal(attempts_begin(&t, 1, AWAY, 1), 59999);
	assert_int_equal(attempts_begin(&t, 1, HOME, 1), 0);
	assert_int_equal(attempts_begin(&t, 2, AWAY, 1), 0);
}

static void
the_right_one_clears(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(attempts_begin(&t, 1, HOME, 0), 0);
	attempts_begin(&t, 1, AWAY, 0);
	attempts_right(&t, 1, HOME);
	assert_int_equal(t.n, 1);
	for (int i = 0; i < 3; i++)
		assert_int_equal(attempts_begin(&t, 1, HOME, 0), 0);
	assert_int_equal(attempts_begin(&t, 1, HOME, 0), 60000);
	attempts_right(&t, 7, HOME); /* nothing known of it */
}

static void
three_times(struct slice address)
{
	for (int i = 0; i < 3; i++)
		assert_int_equal(attempts_begin(&t, 1, address, 0), 0);
}

/* Whoever tries one operator's name locks out none of the others. */
static void
each_operator_counts(void **state)
{
	uint64_t ana = attempts_operator(&t, SLICE("ana"));
	uint64_t bob = attempts_operator(&t, SLICE("bob"));

	(void)state;
	for (int i = 0; i < 4; i++)
		attempts_begin(&t, ana, HOME, 0);
	assert_int_equal(
	    attempts_begin(&t, attempts_operator(&t, SLICE("ana")), HOME, 1),
	    59999);
	assert_int_equal(attempts_begin(&t, bob, HOME, 1), 0);
	assert_int_equal(
	    attempts_begin(&t, attempts_operator(&t, SLICE("")), HOME, 1), 0);
	assert_int_equal(attempts_begin(&t, ATTEMPTS_DOOR, HOME, 1), 0);
}

static void
one_address_in_many_ways(void **state)
{
	(void)state;
	three_times(SLICE("2001:db8:1:2::3"));
	assert_true(attempts_begin(&t, 1, SLICE("2001:db8:1:2:ffff::9"), 0));
	assert_true(attempts_begin(&t, 1, SLICE("2001:db8:1:2::3%eth0"), 0));
	assert_false(attempts_begin(&t, 1, SLICE("2001:db8:1:3::3"), 0));
	three_times(HOME);
	assert_true(attempts_begin(&t, 1, SLICE("::ffff:192.0.2.1"), 0));
	assert_false(attempts_begin(&t, 1, SLICE("192.0.2.2"), 0));
	three_times(SLICE("unix"));
	assert_true(attempts_begin(&t, 1, SLICE(""), 0));
	assert_true(attempts_begin(&t, 1,
	    SLICE("nobody knows how this long "
		  "text should be an address"),
	    0));
}

static void
memory_is_bounded(void **state)
{
	(void)state;
	three_times(HOME);
	for (uint64_t i = 2; i <= ATTEMPTS_ENTRIES; i++)
		attempts_begin(&t, i, HOME, 1);
	assert_int_equal(t.n, ATTEMPTS_ENTRIES);
	assert_int_equal(attempts_begin(&t, 1, HOME, 1), 59999);
	attempts_begin(&t, 0, HOME, 1);
	assert_int_equal(t.n, ATTEMPTS_ENTRIES);
	assert_int_equal(attempts_begin(&t, 1, HOME, 1), 0);
	assert_int_equal(t.n, ATTEMPTS_ENTRIES);
}

/* Those of the last minute stay, whatever their order. */
static void
what_is_over_is_forgotten(void **state)
{
	(void)state;
	attempts_begin(&t, 1, HOME, 0);
	attempts_begin(&t, 2, HOME, 1);
	attempts_begin(&t, 1, HOME, 2);
	attempts_begin(&t, 3, HOME, 60001); /* in the place of 2 */
	assert_int_equal(t.n, 2);
	attempts_begin(&t, 1, HOME, 60001);
	assert_int_equal(t.n, 2);
	assert_int_equal(attempts_begin(&t, 1, HOME, 60001), 0);
	assert_int_equal(attempts_begin(&t, 1, HOME, 60001), 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(three_a_minute),
		TEST(no_more_in_any_minute),
		TEST(the_owner_gets_in_from_elsewhere),
		TEST(the_right_one_clears),
		TEST(each_operator_counts),
		TEST(one_address_in_many_ways),
		TEST(memory_is_bounded),
		TEST(what_is_over_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
