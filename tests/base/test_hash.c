#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/hash.h"
#include "base/mem.h"

enum {
	KEYS = 600,
	BITS = 0xff, /* of a hash that are the same in keys that collide */
	RATIO = 2,
};

struct item {
	UT_hash_handle hh;
	uint64_t key;
};

static void
free_all(struct item *table)
{
	struct item *i, *next;

	HASH_ITER (hh, table, i, next) {
		HASH_DEL(table, i);
		free(i);
	}
}

/* What it takes to find each of them: how far one has to go in its chain. */
static unsigned
cost(const struct item *table)
{
	const UT_hash_table *t = table->hh.tbl;
	unsigned steps = 0;

	for (unsigned i = 0; i < t->num_buckets; i++) {
		unsigned n = t->buckets[i].count;

		steps += n * (n + 1) / 2;
	}
	return steps;
}

/* uthash's own hash. */
static unsigned
unkeyed(uint64_t key)
{
	unsigned hash;

	HASH_JEN(&key, sizeof(key), hash);
	return hash;
}

static uint64_t
next_that_collides(uint64_t key)
{
	do
		key++;
	while ((unkeyed(key) & BITS) != 0);
	return key;
}

static struct item *
item(uint64_t key)
{
	struct item *i = xcalloc(1, sizeof(*i));

	assert_non_null(i);
	i->key = key;
	return i;
}

static void
keys_that_collide_cost_no_more(void **state)
{
	struct item *some = NULL, *chosen = NULL, *without = NULL;
	uint64_t key = 0;

	(void)state;
	for (uint64_t n = 1; n <= KEYS; n++) {
		struct item *i = item(n), *j, *k;

		key = next_that_collides(key);
		j = item(key);
		k = item(key);
		HASH_ADD(hh, some, key, sizeof(i->key), i);
		HASH_ADD(hh, chosen, key, sizeof(j->key), j);
		HASH_ADD_BYHASHVALUE(
		    hh, without, key, sizeof(k->key), unkeyed(key), k);
	}
	assert_in_range(cost(chosen), KEYS, RATIO * cost(some));
	/* They would, if there were no key. */
	assert_true(cost(without) > 20 * cost(some));
	free_all(some);
	free_all(chosen);
	free_all(without);
}

static void
what_is_in_is_found(void **state)
{
	static const char *const words[] = { "", "a", "ab", "eightbyt",
		"eightbyte" };
	struct word {
		UT_hash_handle hh;
		const char *text;
	} items[5], *table = NULL, *found;

	(void)state;
	for (unsigned i = 0; i < 5; i++) {
		items[i].text = words[i];
		HASH_ADD_KEYPTR(
		    hh, table, items[i].text, strlen(items[i].text), &items[i]);
	}
	for (unsigned i = 0; i < 5; i++) {
		HASH_FIND_STR(table, words[i], found);
		assert_ptr_equal(found, &items[i]);
	}
	HASH_FIND_STR(table, "abc", found);
	assert_null(found);
	HASH_CLEAR(hh, table);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_that_collide_cost_no_more),
		cmocka_unit_test(what_is_in_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
