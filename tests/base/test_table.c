#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/table.h"

enum { THINGS = 1000 };

struct thing {
	struct table_node node;
	unsigned key;
	bool in, seen;
};

static struct thing things[THINGS];

/* Few hashes, so that many collide. */
static uint32_t
hash(unsigned key)
{
	return key % 300 * 0x9e3779b9u;
}

static struct thing *
find(const struct table *t, unsigned key)
{
	struct table_node *n = NULL;

	while ((n = table_find(t, hash(key), n)) != NULL)
		if (container_of(n, struct thing, node)->key == key)
			return container_of(n, struct thing, node);
	return NULL;
}

/* Each one that is in comes once. */
static void
check_all(const struct table *t)
{
	struct table_node *n;
	unsigned seen = 0;

	for (unsigned i = 0; i < THINGS; i++)
		things[i].seen = false;
	for (n = table_next(t, NULL); n != NULL; n = table_next(t, n)) {
		struct thing *one = container_of(n, struct thing, node);

		assert_true(one->in && !one->seen);
		one->seen = true;
		seen++;
	}
	assert_int_equal(seen, t->n);
}

static void
finds_what_is_in_it(void **state)
{
	struct table t = { .n = 0 };
	unsigned in = 0;

	(void)state;
	srand(7);
	for (unsigned i = 0; i < THINGS; i++)
		things[i].key = i;
	for (unsigned i = 0; i < 20000; i++) {
		struct thing *one = &things[rand() % THINGS];

		if (one->in) {
			table_remove(&t, &one->node);
			in--;
		} else {
			table_add(&t, &one->node, hash(one->key));
			in++;
		}
		one->in = !one->in;
		assert_int_equal(t.n, in);
		one = &things[rand() % THINGS];
		assert_ptr_equal(find(&t, one->key), one->in ? one : NULL);
		if (i % 1000 == 0)
			check_all(&t);
	}
	for (unsigned i = 0; i < THINGS; i++)
		if (things[i].in)
			table_remove(&t, &things[i].node);
	assert_null(t.slots);
	assert_null(table_next(&t, NULL));
	assert_null(find(&t, 1));
}

/* As one does who frees all. */
static void
may_lose_what_was_passed(void **state)
{
	struct table t = { .n = 0 };
	struct table_node *n, *next;

	(void)state;
	for (unsigned i = 0; i < THINGS; i++)
		table_add(&t, &things[i].node, hash(i));
	for (n = table_next(&t, NULL); n != NULL; n = next) {
		next = table_next(&t, n);
		table_remove(&t, n);
	}
	assert_int_equal(t.n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_what_is_in_it),
		cmocka_unit_test(may_lose_what_was_passed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
