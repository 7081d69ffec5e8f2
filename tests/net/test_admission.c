#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "net/admission.h"

enum { SEATS = 100 };

static struct limits limits;
static struct admission a;
static struct admission_seat seats[SEATS];
static unsigned seats_n;
static FILE *log_file;
static char *log_text;
static size_t log_len;

static int
setup(void **state)
{
	(void)state;
	limits_init(&limits);
	limits.per_address = 3;
	limits.new_per_address = (struct limit_rate){ LIMIT_OFF, 0 };
	admission_init(&a, &limits, 1000);
	memset(seats, 0, sizeof(seats));
	seats_n = 0;
	log_file = open_memstream(&log_text, &log_len);
	log_open(log_file, LOG_INFO, false);
	return log_file == NULL;
}

static int
teardown(void **state)
{
	(void)state;
	while (seats_n > 0)
		admission_leave(&seats[--seats_n]);
	admission_deinit(&a);
	log_open(stderr, LOG_INFO, false);
	fclose(log_file);
	free(log_text);
	return a.peers_n != 0;
}

static enum admission_verdict
enter(const char *text, uint64_t now)
{
	struct address peer;
	enum admission_verdict v;

	assert_true(seats_n < SEATS);
	assert_int_equal(address_parse(slice_of(text), &peer), 0);
	v = admission_enter(&a, &peer, now, &seats[seats_n]);
	seats_n += v == ADMITTED;
	return v;
}

static unsigned
lines(void)
{
	unsigned n = 0;

	fflush(log_file);
	for (size_t i = 0; i < log_len; i++)
		n += log_text[i] == '\n';
	return n;
}

static void
one_address_has_so_many(void **state)
{
	static const char *const two[] = { "192.0.2.1", "2001:db8::1" };

	(void)state;
	for (int k = 0; k < 2; k++) {
		for (int i = 0; i < 3; i++)
			assert_int_equal(enter(two[k], 1), ADMITTED);
		assert_int_equal(enter(two[k], 1), TOO_MANY_OF_THEM);
	}
	assert_int_equal(enter("::ffff:192.0.2.1", 1), TOO_MANY_OF_THEM);
	assert_int_equal(enter("2001:db8::ffff:1", 1), TOO_MANY_OF_THEM);
	assert_int_equal(enter("192.0.2.2", 1), ADMITTED);
	assert_int_equal(enter("2001:db8:0:1::1", 1), ADMITTED);
	assert_int_equal(a.open, 8);
	assert_int_equal(a.seen[TOO_MANY_OF_THEM], 4);
	admission_leave(&seats[0]);
	assert_int_equal(enter("192.0.2.1", 1), ADMITTED);
	admission_leave(&seats[0]); /* not twice */
	assert_int_equal(enter("192.0.2.1", 1), TOO_MANY_OF_THEM);
}

static bool
is_nine(void *arg, const struct address *peer)
{
	return peer->bytes[ADDRESS_BYTES - 1] == *(unsigned char *)arg;
}

static void
loopback_and_proxies_are_exempt(void **state)
{
	unsigned char nine = 9;

	(void)state;
	a.exempt = is_nine;
	a.arg = &nine;
	limits.new_per_address = (struct limit_rate){ 1, 1 };
	for (int i = 0; i < 10; i++) {
		assert_int_equal(enter("127.0.0.1", 1), ADMITTED);
		assert_int_equal(enter("::1", 1), ADMITTED);
		assert_int_equal(enter("192.0.2.9", 1), ADMITTED);
	}
	assert_int_equal(enter("192.0.2.1", 1), ADMITTED);
	assert_int_equal(enter("192.0.2.1", 1), TOO_MANY_NEW);
	assert_int_equal(a.open, 31);
	assert_int_equal(a.peers_n, 1);
}

static void
so_many_in_all(void **state)
{
	(void)state;
	limits.connections = 4;
	for (int i = 0; i < 4; i++)
		assert_int_equal(enter("127.0.0.1", 1), ADMITTED);
	assert_int_equal(enter("127.0.0.1", 1), TOO_MANY);
	admission_leave(&seats[2]);
	assert_int_equal(enter("192.0.2.1", 1), ADMITTED);
	assert_int_equal(enter("192.0.2.2", 1), TOO_MANY);
	limits.connections = LIMIT_OFF; /* what there is room for holds */
	a.max = 5;
	assert_int_equal(enter("192.0.2.2", 1), ADMITTED);
	assert_int_equal(enter("192.0.2.2", 1), TOO_MANY);
}

static void
so_many_new_ones(void **state)
{
	(void)state;
	limits.per_address = LIMIT_OFF;
	limits.new_per_address = (struct limit_rate){ 5, 2 };
	for (int i = 0; i < 5; i++)
		assert_int_equal(enter("192.0.2.1", 100), ADMITTED);
	assert_int_equal(enter("192.0.2.1", 100), TOO_MANY_NEW);
	assert_int_equal(enter("192.0.2.1", 599), TOO_MANY_NEW);
	assert_int_equal(enter("192.0.2.1", 600), ADMITTED);
	assert_int_equal(enter("192.0.2.1", 600), TOO_MANY_NEW);
	assert_int_equal(enter("192.0.2.2", 600), ADMITTED);
	/* Leaving gives nothing back; waiting does, up to the burst. */
	while (seats_n > 0)
		admission_leave(&seats[--seats_n]);
	assert_int_equal(enter("192.0.2.1", 600), TOO_MANY_NEW);
	for (int i = 0; i < 5; i++)
		assert_int_equal(enter("192.0.2.1", 1000000), ADMITTED);
	assert_int_equal(enter("192.0.2.1", 1000000), TOO_MANY_NEW);
}

static void
a_line_a_minute(void **state)
{
	(void)state;
	limits.per_address = 1;
	limits.connections = 2;
	enter("192.0.2.1", 1);
	enter("192.0.2.2", 1);
	for (uint64_t now = 1; now < 120001; now += 100) {
		assert_int_equal(enter("192.0.2.1", now), TOO_MANY_OF_THEM);
		assert_int_equal(enter("192.0.2.2", now), TOO_MANY_OF_THEM);
		assert_int_equal(enter("192.0.2.3", now), TOO_MANY);
		assert_int_equal(enter("192.0.2.4", now), TOO_MANY);
	}
	assert_int_equal(lines(), 6);
	assert_non_null(strstr(
	    log_text, "turned-away addr=192.0.2.1 limit=per-address n=600\n"));
	assert_non_null(strstr(log_text, "limit=connections n=1200\n"));
}

static void
memory_is_bounded(void **state)
{
	char text[40];

	(void)state;
	limits.new_per_address = (struct limit_rate){ 2, 1 };
	enter("192.0.2.1", 1);
	for (unsigned i = 0; i < ADMISSION_PEERS_MAX + 10; i++) {
		snprintf(text, sizeof(text), "2001:%x:%x::1", i / 0xffff,
		    i % 0xffff);
		assert_int_equal(enter(text, 1), ADMITTED);
		admission_leave(&seats[--seats_n]);
		assert_true(a.peers_n <= ADMISSION_PEERS_MAX);
	}
	assert_int_equal(a.peers_n, ADMISSION_PEERS_MAX);
	/* Who is in is never forgotten. */
	enter("192.0.2.1", 1);
	assert_int_equal(enter("192.0.2.1", 1), TOO_MANY_NEW);
	/* Nor is what still counts; all else goes, with time. */
	enter("192.0.2.2", 2001);
	assert_int_equal(a.peers_n, 2);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_address_has_so_many),
		TEST(loopback_and_proxies_are_exempt),
		TEST(so_many_in_all),
		TEST(so_many_new_ones),
		TEST(a_line_a_minute),
		TEST(memory_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
