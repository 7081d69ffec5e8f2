#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "hub/gate.h"
#include "net/tls.h"

#define HOME SLICE("192.0.2.1")
#define AWAY SLICE("198.51.100.7")

enum { ANSWERS = 2 * GATE_WAITING_MAX };

static struct loop loop;
static struct password_pool *pool;
static struct attempts attempts;
static struct gate *gate;
static char hash[PASSWORD_HASH_SIZE];
static int errs[ANSWERS];
static unsigned nerrs;
static uint64_t retry;

static int
setup(void **state)
{
	(void)state;
	nerrs = 0;
	attempts_init(&attempts);
	if (tls_prepare() != 0 || loop_init(&loop) != 0 ||
	    password_pool_open(&loop, &pool) != 0 ||
	    password_hash_now("secret", hash) != 0)
		return -1;
	gate = gate_new(&loop, pool, &attempts, hash);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	password_pool_close(pool);
	gate_free(gate);
	attempts_deinit(&attempts);
	uv_run(&loop.uv, UV_RUN_DEFAULT);
	return loop_deinit(&loop);
}

static void
on_verdict(void *arg, int err)
{
	assert_ptr_equal(arg, &loop);
	errs[nerrs++] = err;
}

static int
try(const char *password, struct slice address)
{
	return gate_try(
	    gate, slice_of(password), address, on_verdict, &loop, &retry);
}

static void
wait_for(unsigned n)
{
	while (nerrs < n)
		uv_run(&loop.uv, UV_RUN_ONCE);
	assert_int_equal(nerrs, n);
}

static void
right_and_wrong(void **state)
{
	(void)state;
	assert_int_equal(try("secret", HOME), -EINPROGRESS);
	assert_int_equal(try("secres", HOME), -EINPROGRESS);
	assert_int_equal(nerrs, 0);
	wait_for(2);
	assert_int_equal(errs[0], 0);
	assert_int_equal(errs[1], -EACCES);
	/* It is known now; what is wrong takes its time. */
	assert_int_equal(try("secret", AWAY), 0);
	assert_int_equal(try("Secret", AWAY), -EINPROGRESS);
	wait_for(3);
	assert_int_equal(errs[2], -EACCES);
}

static void
what_is_no_password(void **state)
{
	char longer[PASSWORD_MAX + 2];

	(void)state;
	memset(longer, 'x', sizeof(longer));
	longer[PASSWORD_MAX + 1] = '\0';
	for (unsigned i = 0; i < 10; i++) {
		assert_int_equal(try("", HOME), -EACCES);
		assert_int_equal(try(longer, HOME), -EACCES);
		assert_int_equal(gate_try(gate, SLICE("sec\0ret"), HOME,
				     on_verdict, &loop, &retry),
		    -EACCES);
	}
	assert_int_equal(nerrs, 0);
}

static void
few_tries(void **state)
{
	(void)state;
	assert_int_equal(try("1", HOME), -EINPROGRESS);
	assert_int_equal(try("2", HOME), -EINPROGRESS);
	assert_int_equal(try("3", HOME), -EINPROGRESS);
	assert_int_equal(try("secret", HOME), -EAGAIN);
	assert_true(retry > 0 && retry <= ATTEMPTS_WINDOW);
	assert_int_equal(try("secret", AWAY), -EINPROGRESS);
	wait_for(4);
	/* Also when the right one is known. */
	assert_int_equal(try("secret", HOME), -EAGAIN);
	assert_int_equal(try("secret", AWAY), 0);
}

/* Many come back at once from behind one address. */
static void
the_same_is_one_try(void **state)
{
	(void)state;
	for (unsigned i = 0; i < GATE_WAITING_MAX; i++)
		assert_int_equal(try("secret", HOME), -EINPROGRESS);
	assert_int_equal(try("secret", HOME), -EBUSY);
	wait_for(GATE_WAITING_MAX);
	for (unsigned i = 0; i < nerrs; i++)
		assert_int_equal(errs[i], 0);
}

static void
closing_tells_all(void **state)
{
	char address[32];

	(void)state;
	for (unsigned i = 0; i < 20; i++) {
		snprintf(address, sizeof(address), "192.0.2.%u", i);
		assert_int_equal(
		    try(i % 2 ? "secret" : "other", slice_of(address)),
		    -EINPROGRESS);
	}
	password_pool_close(pool);
	gate_free(gate);
	assert_int_equal(nerrs, 20);
	assert_true(errs[19] == -ECANCELED || errs[19] == -EBUSY);
	assert_int_equal(password_pool_open(&loop, &pool), 0);
	gate = gate_new(&loop, pool, &attempts, hash);
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		test(right_and_wrong),
		test(what_is_no_password),
		test(few_tries),
		test(the_same_is_one_try),
		test(closing_tells_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
