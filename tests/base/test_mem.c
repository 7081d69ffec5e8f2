#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"

static void
sizes_of_zero_are_fine(void **state)
{
	void *p = xmalloc(0);

	(void)state;
	assert_non_null(p);
	p = xrealloc(p, 0);
	assert_non_null(p);
	free(p);
	p = xcalloc(0, 8);
	assert_non_null(p);
	free(p);
}

static void
calloc_zeroes_and_realloc_keeps(void **state)
{
	unsigned char *p = xcalloc(100, 3);

	(void)state;
	for (size_t i = 0; i < 300; i++)
		assert_int_equal(p[i], 0);
	memset(p, 7, 300);
	p = xrealloc(p, 100000);
	for (size_t i = 0; i < 300; i++)
		assert_int_equal(p[i], 7);
	free(p);
}

static void
strndup_terminates(void **state)
{
	char *s = xstrndup("abcdef", 3);

	(void)state;
	assert_string_equal(s, "abc");
	free(s);
	s = xstrndup(NULL, 0);
	assert_string_equal(s, "");
	free(s);
}

struct outer {
	int before;
	struct {
		int x;
	} inner;
};

static void
container_of_finds_the_outer(void **state)
{
	struct outer o;

	(void)state;
	assert_ptr_equal(container_of(&o.inner, struct outer, inner), &o);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_of_zero_are_fine),
		cmocka_unit_test(calloc_zeroes_and_realloc_keeps),
		cmocka_unit_test(strndup_terminates),
		cmocka_unit_test(container_of_finds_the_outer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
