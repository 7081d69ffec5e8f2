#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/limits.h"

static struct limits limits;
static struct limits_target targets[LIMITS_MAX];
static struct opt table[LIMITS_MAX];

static int
setup(void **state)
{
	(void)state;
	limits_init(&limits);
	limits_options(&limits, targets, table);
	return 0;
}

static int
give(const char *name, const char *value)
{
	const struct opt *o = opt_find(table, slice_of(name));
	struct buf err;
	int rc;

	assert_non_null(o);
	buf_init(&err, 256);
	rc = opt_set(o, name, value, &err);
	assert_int_equal(rc != 0, err.len > 0);
	buf_deinit(&err);
	return rc;
}

static void
defaults_hold(void **state)
{
	(void)state;
	assert_int_equal(limits.payload, 1000000);
	assert_int_equal(limits.queue, 8 << 20);
	assert_true(limits.connections == LIMIT_OFF);
	assert_int_equal(limits.new_per_address.burst, 300);
	assert_int_equal(limits.new_per_address.per_second, 5);
	assert_int_equal(limits.message, 65536);
	assert_int_equal(limits.attachments, 10);
	assert_int_equal(limits.nesting, 32);
	assert_int_equal(limits.values, 100000);
	assert_int_equal(limits.joined, 100);
	assert_int_equal(limits.namespaces, 32);
	assert_int_equal(limits.acks, 256);
	assert_int_equal(limits.rate.burst, 300);
	assert_int_equal(limits.rate.per_second, 30);
	assert_int_equal(limits.requests.burst, 500);
	assert_int_equal(limits.requests.per_second, 50);
}

static void
each_can_be_off(void **state)
{
	unsigned n = 0;

	(void)state;
	for (const struct opt *o = table; o->name != NULL; o++, n++) {
		assert_int_equal(give(o->name, "off"), 0);
		assert_non_null(o->help);
	}
	assert_true(n > 0 && n < LIMITS_MAX);
	assert_true(limits.queue == LIMIT_OFF);
	assert_int_equal(limit_size(limits.queue, 77), 77);
	assert_int_equal(limit_size(76, 77), 76);
}

static void
bytes_have_letters(void **state)
{
	(void)state;
	assert_int_equal(give("queue", "70000"), 0);
	assert_int_equal(limits.queue, 70000);
	assert_int_equal(give("queue", "128K"), 0);
	assert_int_equal(limits.queue, 128 << 10);
	assert_int_equal(give("queue", "3M"), 0);
	assert_int_equal(limits.queue, 3 << 20);
	assert_int_equal(give("queue", "1G"), 0);
	assert_int_equal(limits.queue, 1 << 30);
}

static void
rates_have_two_numbers(void **state)
{
	static const char *const bad[] = { "", "5", "5,", ",5", "0,1", "1,0",
		"5,5,", "5,5K", "1000001,1", "1,1000001", "5, 5", "off,5" };

	(void)state;
	assert_int_equal(give("rate", "7,8"), 0);
	assert_int_equal(limits.rate.burst, 7);
	assert_int_equal(limits.rate.per_second, 8);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_not_equal(give("rate", bad[i]), 0);
	assert_int_equal(limits.rate.burst, 7);
	assert_int_equal(give("rate", "off"), 0);
	assert_true(limits.rate.burst == LIMIT_OFF);
}

static void
nonsense_is_refused(void **state)
{
	static const char *const bad[] = { "", "-1", "+70000", " 70000",
		"70000 ", "70000x", "0x20000", "1", "2G", "1073741825",
		"99999999999999999999999", "17179869184G", "OFF", "none",
		"1.5M", "128KB", "128k" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_not_equal(give("queue", bad[i]), 0);
	assert_int_equal(limits.queue, 8 << 20);
}

/* What limits_check says, of the last one given. */
static int
fits(const char *name, const char *value, const char *said)
{
	struct buf err;
	int rc;

	assert_int_equal(give(name, value), 0);
	buf_init(&err, 256);
	rc = limits_check(&limits, &err);
	assert_false(err.failed);
	buf_putc(&err, '\0');
	assert_non_null(strstr(err.p, said));
	assert_int_equal(rc != 0, err.len > 1);
	buf_deinit(&err);
	return rc;
}

static void
a_message_fits_in(void **state)
{
	(void)state;
	assert_int_equal(fits("url", "300", ""), 0);
	assert_int_equal(fits("payload", "397312", ""), 0);
	assert_int_not_equal(fits("payload", "397311",
				 "--message: 65536 bytes of text need "
				 "--payload 397312 "),
	    0);
	assert_int_equal(fits("message", "65535", ""), 0);
	assert_int_not_equal(fits("message", "off", "--payload 6295552 "), 0);
	assert_int_equal(fits("payload", "off", ""), 0);
	assert_int_not_equal(fits("queue", "2101247", "--queue 2101248 "), 0);
	assert_int_equal(fits("queue", "2101248", ""), 0);
	assert_int_not_equal(fits("queue-all", "2M", "--queue-all 2101248"), 0);
	assert_int_equal(fits("queue-all", "off", ""), 0);
	assert_int_equal(fits("message", "1M", ""), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(defaults_hold, setup),
		cmocka_unit_test_setup(each_can_be_off, setup),
		cmocka_unit_test_setup(bytes_have_letters, setup),
		cmocka_unit_test_setup(rates_have_two_numbers, setup),
		cmocka_unit_test_setup(nonsense_is_refused, setup),
		cmocka_unit_test_setup(a_message_fits_in, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
