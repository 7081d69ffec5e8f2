#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/bucket.h"

/* Takes if it may; how long to wait else. */
static uint64_t
take(struct bucket *b, const struct limit_rate *rate, uint64_t cost,
    uint64_t now)
{
	uint64_t wait = bucket_wait(b, rate, cost, now);

	if (wait == 0)
		bucket_take(b, rate, cost, now);
	return wait;
}

static unsigned
how_many(struct bucket *b, const struct limit_rate *rate, uint64_t now)
{
	unsigned n = 0;

	while (n < 100000 && take(b, rate, 1, now) == 0)
		n++;
	return n;
}

static void
a_burst_then_steadily(void **state)
{
	static const struct limit_rate rate = { 300, 30 };
	struct bucket b = { 0 };
	unsigned n;

	(void)state;
	assert_int_equal(how_many(&b, &rate, 5000), 300);
	assert_int_equal(how_many(&b, &rate, 5000), 0);
	n = 0;
	for (uint64_t now = 5000; now <= 15000; now += 7)
		n += how_many(&b, &rate, now);
	assert_in_range(n, 299, 301);
	/* Never more than a burst, however long nothing was done. */
	assert_int_equal(how_many(&b, &rate, UINT64_C(1) << 40), 300);
}

static void
who_waits_gets_as_much_as_a_second_brings(void **state)
{
	static const struct limit_rate rate = { 300, 30 }, slow = { 5, 20 };
	struct bucket b = { 0 }, c = { 0 };
	uint64_t wait;

	(void)state;
	how_many(&b, &rate, 0);
	wait = bucket_wait(&b, &rate, 1, 0);
	assert_int_equal(wait, 1000);
	assert_int_equal(how_many(&b, &rate, wait), 30);
	how_many(&c, &slow, 0);
	wait = bucket_wait(&c, &slow, 1, 0);
	assert_int_equal(wait, 250); /* full again */
	assert_int_equal(how_many(&c, &slow, wait), 5);
}

static void
what_is_dear_costs_more(void **state)
{
	static const struct limit_rate rate = { 100, 10 };
	struct bucket b = { 0 };
	uint64_t wait;

	(void)state;
	assert_int_equal(take(&b, &rate, 60, 0), 0);
	wait = take(&b, &rate, 60, 0);
	assert_int_equal(wait, 2000);
	assert_int_not_equal(take(&b, &rate, 60, wait - 1), 0);
	assert_int_equal(take(&b, &rate, 60, wait), 0);
	/* More than it holds: all of it, once it is full. */
	wait = take(&b, &rate, UINT64_MAX, wait);
	assert_int_not_equal(wait, 0);
	assert_int_equal(take(&b, &rate, UINT64_MAX, 60000), 0);
	assert_int_equal(how_many(&b, &rate, 60000), 0);
	assert_int_equal(how_many(&b, &rate, 70000), 100);
}

static void
off_is_off(void **state)
{
	static const struct limit_rate rate = { LIMIT_OFF, 0 };
	struct bucket b = { 0 };

	(void)state;
	assert_int_equal(how_many(&b, &rate, 0), 100000);
	assert_int_equal(take(&b, &rate, UINT64_MAX, 0), 0);
}

/* The largest that can be given: see base/limits. */
static void
nothing_overflows(void **state)
{
	static const struct limit_rate most = { 1000000, 1 },
				       fast = { 1000000, 1000000 };
	struct bucket b = { 0 };

	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(
		    take(&b, &most, UINT64_MAX,
			(UINT64_C(1) << 45) + i * UINT64_C(2000000000)),
		    0);
	}
	b.full_at = 0;
	assert_int_equal(take(&b, &fast, 1000000, 1), 0);
	assert_int_equal(take(&b, &fast, 1000000, 1), 1000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_burst_then_steadily),
		cmocka_unit_test(who_waits_gets_as_much_as_a_second_brings),
		cmocka_unit_test(what_is_dear_costs_more),
		cmocka_unit_test(off_is_off),
		cmocka_unit_test(nothing_overflows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
