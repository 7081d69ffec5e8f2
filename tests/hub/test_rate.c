#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "hub/rate.h"

static const uint64_t NOW = 5000;

static struct rates rates;

static int
setup(void **state)
{
	struct limits limits;

	(void)state;
	limits_init(&limits);
	limits.rate = (struct limit_rate){ 10, 2 };
	limits.requests = (struct limit_rate){ 20, 4 };
	rates_init(&rates, &limits);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	rates_deinit(&rates);
	return 0;
}

static struct address
address(const char *text)
{
	struct address a;

	assert_int_equal(address_parse(slice_of(text), &a), 0);
	return a;
}

static unsigned
how_many(struct rate_gate *gate, const char *from, enum rate_kind kind)
{
	struct address a = address(from);
	unsigned n = 0;

	while (n < 1000 && rates_take(&rates, gate, &a, kind, 1, NOW) == 0)
		n++;
	return n;
}

static void
a_connection_is_limited(void **state)
{
	struct rate_gate one = { .flood = { { 0 } } }, two = one;

	(void)state;
	assert_int_equal(how_many(&one, "192.0.2.1", RATE_POSTS), 10);
	assert_int_equal(how_many(&one, "192.0.2.1", RATE_REQUESTS), 20);
	assert_int_equal(how_many(&two, "192.0.2.1", RATE_POSTS), 10);
}

static void
an_address_is_limited(void **state)
{
	struct rate_gate gates[6] = { { .flood = { { 0 } } } };
	unsigned n = 0;

	(void)state;
	for (unsigned i = 0; i < 6; i++)
		n += how_many(&gates[i], "192.0.2.1", RATE_POSTS);
	assert_int_equal(n, 10 * RATE_ADDRESS_FACTOR);
	assert_int_equal(how_many(NULL, "192.0.2.1", RATE_POSTS), 0);
	assert_int_equal(how_many(NULL, "192.0.2.2", RATE_POSTS), 40);
	/* Of IPv6 it is the network. */
	assert_int_equal(how_many(NULL, "2001:db8::1", RATE_POSTS), 40);
	assert_int_equal(how_many(NULL, "2001:db8::2", RATE_POSTS), 0);
	assert_int_equal(how_many(NULL, "2001:db8:0:1::2", RATE_POSTS), 40);
}

static void
a_proxy_lives_on_the_loopback(void **state)
{
	static const char *const here[] = { "127.0.0.1", "127.9.9.9", "::1",
		"::ffff:127.0.0.1" };
	struct rate_gate gate;

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		gate = (struct rate_gate){ .flood = { { 0 } } };
		assert_int_equal(how_many(NULL, here[i], RATE_POSTS), 1000);
		assert_int_equal(how_many(&gate, here[i], RATE_POSTS), 10);
	}
}

/* What was refused has cost nothing: one waits no longer for it. */
static void
what_is_refused_is_not_counted(void **state)
{
	struct rate_gate gate = { .flood = { { 0 } } };
	struct address a = address("192.0.2.1");
	uint64_t wait;

	(void)state;
	how_many(&gate, "192.0.2.1", RATE_POSTS);
	wait = rates_take(&rates, &gate, &a, RATE_POSTS, 1, NOW);
	assert_int_equal(wait, 1000);
	assert_int_equal(
	    rates_take(&rates, &gate, &a, RATE_POSTS, 1, NOW), wait);
	assert_int_equal(
	    rates_take(&rates, &gate, &a, RATE_POSTS, 1, NOW + wait), 0);
}

static void
far_too_many_is_a_flood(void **state)
{
	struct rate_gate gate = { .flood = { { 0 } } };
	unsigned n = 0;

	(void)state;
	while (n < 1000 && !rates_floods(&rates, &gate, RATE_POSTS, NOW))
		n++;
	assert_int_equal(n, 10 * RATE_FLOOD_FACTOR);
	assert_false(rates_floods(&rates, &gate, RATE_REQUESTS, NOW));
	assert_false(rates_floods(&rates, &gate, RATE_POSTS, NOW + 50));
}

static void
off_is_off(void **state)
{
	struct rate_gate gate = { .flood = { { 0 } } };

	(void)state;
	rates.limits[RATE_POSTS] = (struct limit_rate){ LIMIT_OFF, 0 };
	assert_int_equal(how_many(&gate, "192.0.2.1", RATE_POSTS), 1000);
	assert_int_equal(rates.n, 0);
	for (unsigned i = 0; i < 1000; i++)
		assert_false(rates_floods(&rates, &gate, RATE_POSTS, NOW));
}

static void
not_more_than_so_many_are_remembered(void **state)
{
	char text[32];

	(void)state;
	for (unsigned i = 0; i < 3 * RATE_ADDRESSES_MAX; i++) {
		struct address a;

		snprintf(text, sizeof(text), "10.%u.%u.%u", i >> 16,
		    i >> 8 & 255, i & 255);
		a = address(text);
		rates_take(&rates, NULL, &a, RATE_POSTS, 1, NOW);
	}
	assert_int_equal(rates.n, RATE_ADDRESSES_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    a_connection_is_limited, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    an_address_is_limited, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    a_proxy_lives_on_the_loopback, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    what_is_refused_is_not_counted, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    far_too_many_is_a_flood, setup, teardown),
		cmocka_unit_test_setup_teardown(off_is_off, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    not_more_than_so_many_are_remembered, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
