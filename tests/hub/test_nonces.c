#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "hub/nonces.h"

static void
found_by_its_bytes(void **state)
{
	struct nonces t;
	struct msgid id = { 0, 0 };

	(void)state;
	nonces_init(&t);
	assert_false(nonces_find(&t, SLICE("x"), &id));
	nonces_add(&t, SLICE("x"), (struct msgid){ 5, 1 });
	nonces_add(&t, SLICE(""), (struct msgid){ 5, 3 });
	nonces_add(&t, SLICE("x\0y"), (struct msgid){ 5, 4 });
	assert_true(nonces_find(&t, SLICE("x"), &id));
	assert_int_equal(id.n, 1);
	assert_true(nonces_find(&t, SLICE(""), &id));
	assert_int_equal(id.n, 3);
	assert_true(nonces_find(&t, SLICE("x\0y"), &id));
	assert_int_equal(id.n, 4);
	assert_false(nonces_find(&t, SLICE("x\0z"), &id));
	nonces_deinit(&t);
}

static void
the_oldest_is_forgotten(void **state)
{
	struct nonces t;
	struct msgid id;
	char text[NONCE_MAX + 1];
	int len;

	(void)state;
	nonces_init(&t);
	for (unsigned i = 0; i < 2 * NONCES_MAX; i++) {
		len = snprintf(text, sizeof(text), "%064u", i);
		nonces_add(&t, (struct slice){ text, (size_t)len },
		    (struct msgid){ 1, i });
	}
	assert_int_equal(t.n, NONCES_MAX);
	for (unsigned i = 0; i < 2 * NONCES_MAX; i++) {
		len = snprintf(text, sizeof(text), "%064u", i);
		assert_int_equal(
		    nonces_find(&t, (struct slice){ text, (size_t)len }, &id),
		    i >= NONCES_MAX);
		if (i >= NONCES_MAX)
			assert_int_equal(id.n, i);
	}
	nonces_deinit(&t);
	assert_int_equal(t.n, 0);
	assert_false(nonces_find(&t, (struct slice){ text, 64 }, &id));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(found_by_its_bytes),
		cmocka_unit_test(the_oldest_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
