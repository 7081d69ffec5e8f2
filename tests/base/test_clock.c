#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"

static void
wall_time_is_that_of_the_system(void **state)
{
	uint64_t before = (uint64_t)time(NULL), ms = clock_wall_ms();
	uint64_t after = (uint64_t)time(NULL);

	(void)state;
	/* time() may lag behind by a tick of the kernel */
	assert_in_range(ms / 1000, before, after + 1);
}

static void
put(uint64_t ms, bool precise, const char *wanted)
{
	struct buf b;

	buf_init(&b, 64);
	clock_put(&b, ms, precise);
	assert_true(slice_is(buf_view(&b), wanted));
	buf_deinit(&b);
}

static void
times_are_as_rfc_3339_has_them(void **state)
{
	(void)state;
	put(0, false, "1970-01-01T00:00:00Z");
	put(0, true, "1970-01-01T00:00:00.000Z");
	put(951827696789, false, "2000-02-29T12:34:56Z");
	put(951827696789, true, "2000-02-29T12:34:56.789Z");
	put(951827696007, true, "2000-02-29T12:34:56.007Z");
	put(253402300800000, false, "10000-01-01T00:00:00Z");
	/* What a peer made up is a time, too. */
	put(UINT64_MAX, false, "584556019-04-03T14:25:51Z");
}

static void
random_fills_all_of_it(void **state)
{
	enum { LEN = 700, ROUNDS = 8 }; /* longer than one atomic getrandom */
	unsigned char p[LEN + 1], seen[LEN] = { 0 };
	unsigned char first[16];

	(void)state;
	p[LEN] = 0x5a;
	for (int r = 0; r < ROUNDS; r++) {
		memset(p, 0, LEN);
		random_bytes(p, LEN);
		for (size_t i = 0; i < LEN; i++)
			seen[i] |= p[i];
		if (r > 0) /* the same 128 bits again? */
			assert_memory_not_equal(p, first, sizeof(first));
		memcpy(first, p, sizeof(first));
	}
	/* a byte that is 0 in all rounds: 256^-8 */
	for (size_t i = 0; i < LEN; i++)
		assert_int_not_equal(seen[i], 0);
	assert_int_equal(p[LEN], 0x5a);
	random_bytes(p, 0);
}

static int
compare(const void *a, const void *b)
{
	return memcmp(a, b, 15);
}

/* As many bytes as the id of a session has: 120 bits. */
static void
a_million_are_different(void **state)
{
	enum { N = 1000000, LEN = 15 };
	char *all = xmalloc((size_t)N * LEN);

	(void)state;
	for (size_t i = 0; i < N; i++)
		random_bytes(all + i * LEN, LEN);
	qsort(all, N, LEN, compare);
	for (size_t i = 1; i < N; i++)
		assert_int_not_equal(
		    memcmp(all + (i - 1) * LEN, all + i * LEN, LEN), 0);
	free(all);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wall_time_is_that_of_the_system),
		cmocka_unit_test(times_are_as_rfc_3339_has_them),
		cmocka_unit_test(random_fills_all_of_it),
		cmocka_unit_test(a_million_are_different),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
