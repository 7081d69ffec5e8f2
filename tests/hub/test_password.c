#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "hub/password.h"

enum { NONE = 12345, ANSWERS = 200 };

static struct loop loop;
static struct password_pool *pool;
static char hashes[PASSWORD_WAITING][256];
static unsigned nhashes;
static int errs[ANSWERS];
static unsigned nerrs;
static bool close_when_called;

static int
setup(void **state)
{
	(void)state;
	nhashes = nerrs = 0;
	close_when_called = false;
	if (loop_init(&loop) != 0)
		return -1;
	return password_pool_open(&loop, &pool);
}

static int
teardown(void **state)
{
	(void)state;
	return loop_deinit(&loop);
}

static void
on_hash(void *arg, int err, const char *hash)
{
	assert_ptr_equal(arg, &loop);
	assert_int_equal(err, 0);
	strcpy(hashes[nhashes++], hash);
}

static void
on_no_hash(void *arg, int err, const char *hash)
{
	assert_ptr_equal(arg, &loop);
	assert_null(hash);
	errs[nerrs++] = err;
}

static void
on_either(void *arg, int err, const char *hash)
{
	(err == 0 ? on_hash : on_no_hash)(arg, err, hash);
}

static void
on_verify(void *arg, int err)
{
	assert_ptr_equal(arg, &loop);
	errs[nerrs++] = err;
	if (close_when_called) {
		close_when_called = false;
		password_pool_close(pool);
	}
}

static void
hash_one(const char *password)
{
	unsigned before = nhashes;

	assert_int_equal(
	    password_hash(pool, slice_of(password), on_hash, &loop), 0);
	assert_int_equal(nhashes, before); /* only by the loop */
	uv_run(&loop.uv, UV_RUN_DEFAULT);
	assert_int_equal(nhashes, before + 1);
}

static int
verify(struct slice password, const char *hash)
{
	int err;

	nerrs = 0;
	err = password_verify(pool, password, slice_of(hash), on_verify, &loop);
	assert_int_equal(err, 0);
	uv_run(&loop.uv, UV_RUN_DEFAULT);
	assert_int_equal(nerrs, 1);
	return errs[0];
}

static void
the_same_password_and_no_other(void **state)
{
	const char *hash = hashes[0];

	(void)state;
	hash_one("correct horse");
	assert_memory_equal(hash, "$y$", 3);
	assert_null(strstr(hash, "horse"));
	assert_int_equal(verify(SLICE("correct horse"), hash), 0);
	assert_int_equal(verify(SLICE("correct horsf"), hash), -EACCES);
	assert_int_equal(verify(SLICE("correct hors"), hash), -EACCES);
	assert_int_equal(verify(SLICE("correct horse "), hash), -EACCES);
	assert_int_equal(verify(SLICE(""), hash), -EACCES);
	password_pool_close(pool);
}

static void
each_with_a_salt_of_its_own(void **state)
{
	(void)state;
	hash_one("secret");
	hash_one("secret");
	assert_string_not_equal(hashes[0], hashes[1]);
	assert_int_equal(verify(SLICE("secret"), hashes[1]), 0);
	password_pool_close(pool);
}

static void
long_ones_count_to_their_end(void **state)
{
	char text[PASSWORD_MAX + 2];

	(void)state;
	memset(text, 'x', sizeof(text));
	text[PASSWORD_MAX] = '\0';
	hash_one(text);
	assert_int_equal(verify(slice_of(text), hashes[0]), 0);
	text[PASSWORD_MAX - 1] = 'y';
	assert_int_equal(verify(slice_of(text), hashes[0]), -EACCES);
	assert_int_equal(
	    password_hash(pool, (struct slice){ text, PASSWORD_MAX + 1 },
		on_no_hash, &loop),
	    -EINVAL);
	assert_int_equal(
	    password_hash(pool, SLICE("abc\0def"), on_no_hash, &loop), -EINVAL);
	assert_int_equal(password_verify(pool, SLICE("abc\0def"),
			     slice_of(hashes[0]), on_verify, &loop),
	    -EINVAL);
	assert_int_equal(nerrs, 1);
	password_pool_close(pool);
}

static void
what_is_no_hash_is_told(void **state)
{
	char text[1000];

	(void)state;
	assert_int_equal(verify(SLICE("secret"), ""), -EINVAL);
	assert_int_equal(verify(SLICE("secret"), "*0"), -EINVAL);
	assert_int_equal(verify(SLICE("secret"), "secret"), -EINVAL);
	memset(text, 'x', sizeof(text));
	memcpy(text, "$y$j9T$", 7);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(verify(SLICE("secret"), text), -EINVAL);
	password_pool_close(pool);
}

/* A cheap hash, so that this does not take long. */
#define CHEAP "$y$j75$lLam7QMqTOjMneUZcLVMV1$"
#define CHEAP_SECRET CHEAP "nqmKqQuTWHoRZRsWqHfCUI4nP.NH75COzvHWe0Rwa90"

static void
only_whole_hashes_are_some(void **state)
{
	static const char *const good[] = { CHEAP_SECRET,
		"$5$rounds=1000$saltsalt$"
		"eKLZU9t9OoPWrqOQsoTIKG0aYkZ5rGOoOQhiIvoSWX2",
		"$1$abc$iCQ2D3nhptRYi27fDYv2s1" };
	static const char *const bad[] = { "", "$", "$y$", "$y$bad", "$5$short",
		"$1$abc$x", "$1$abc$iCQ2D3nhptRYi27fDYv2s",
		"$1$abc$iCQ2D3nhptRYi27fDYv2s1x",
		"$1$abc$iCQ2D3nhptRYi27fDYv2s!",
		"$1$abc$iCQ2D3nh$tRYi27fDYv2s1", CHEAP,
		CHEAP "nqmKqQuTWHoRZRsWqHfCUI4nP.NH75COzvHWe0Rwa9",
		CHEAP_SECRET "0", CHEAP_SECRET " ", "secret",
		"$9$abc$iCQ2D3nhptRYi27fDYv2s1" };

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_int_equal(password_check_hash(good[i]), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (password_check_hash(bad[i]) != -EINVAL)
			fail_msg("%s", bad[i]);
	password_pool_close(pool);
}

static void
only_so_many_wait(void **state)
{
	(void)state;
	for (int i = 0; i < PASSWORD_WAITING; i++)
		assert_int_equal(password_verify(pool, SLICE("secret"),
				     SLICE(CHEAP_SECRET), on_verify, &loop),
		    0);
	assert_int_equal(password_verify(pool, SLICE("secret"),
			     SLICE(CHEAP_SECRET), on_verify, &loop),
	    -EBUSY);
	assert_int_equal(
	    password_hash(pool, SLICE("secret"), on_no_hash, &loop), -EBUSY);
	assert_int_equal(nerrs, 0);
	uv_run(&loop.uv, UV_RUN_DEFAULT);
	assert_int_equal(nerrs, PASSWORD_WAITING);
	for (int i = 0; i < PASSWORD_WAITING; i++)
		assert_int_equal(errs[i], 0);
	assert_int_equal(verify(SLICE("secret"), CHEAP_SECRET), 0);
	password_pool_close(pool);
}

/* All are called, those that were not begun as cancelled. */
static void
closing_cancels_what_waits(void **state)
{
	unsigned cancelled = 0;

	(void)state;
	for (int i = 0; i < PASSWORD_WAITING; i++)
		assert_int_equal(
		    password_hash(pool, SLICE("secret"), on_either, &loop), 0);
	while (nhashes == 0)
		uv_run(&loop.uv, UV_RUN_ONCE);
	password_pool_close(pool);
	for (unsigned i = 0; i < nerrs; i++)
		cancelled += errs[i] == -ECANCELED;
	assert_int_equal(nhashes + nerrs, PASSWORD_WAITING);
	assert_true(cancelled == nerrs);
	assert_true(cancelled > 0);
}

static void
a_call_may_close(void **state)
{
	(void)state;
	for (int i = 0; i < PASSWORD_WAITING; i++)
		assert_int_equal(password_verify(pool, SLICE("secret"),
				     SLICE(CHEAP_SECRET), on_verify, &loop),
		    0);
	close_when_called = true;
	uv_run(&loop.uv, UV_RUN_DEFAULT);
	assert_int_equal(nerrs, PASSWORD_WAITING);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_same_password_and_no_other),
		TEST(each_with_a_salt_of_its_own),
		TEST(long_ones_count_to_their_end),
		TEST(what_is_no_hash_is_told),
		TEST(only_whole_hashes_are_some),
		TEST(only_so_many_wait),
		TEST(closing_cancels_what_waits),
		TEST(a_call_may_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
