#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/counted.h"

static unsigned freed;

static void
count_free(struct counted *c)
{
	assert_int_equal(c->refs, 0);
	freed++;
}

static void
the_last_owner_frees(void **state)
{
	struct counted c = { .refs = 1, .free_cb = count_free };

	(void)state;
	freed = 0;
	assert_ptr_equal(counted_ref(&c), &c);
	counted_ref(&c);
	counted_unref(&c);
	counted_unref(&c);
	assert_int_equal(freed, 0);
	counted_unref(&c);
	assert_int_equal(freed, 1);
}

static void
static_bytes_have_no_owner(void **state)
{
	(void)state;
	assert_null(counted_ref(NULL));
	counted_unref(NULL);
}

static void
rcbuf_holds_its_bytes(void **state)
{
	struct rcbuf *b = rcbuf_copy("a\0b", 3);

	(void)state;
	assert_int_equal(b->len, 3);
	assert_memory_equal(b->data, "a\0b", 3);
	counted_ref(&b->counted);
	counted_unref(&b->counted);
	assert_memory_equal(b->data, "a\0b", 3);
	counted_unref(&b->counted);

	b = rcbuf_copy(NULL, 0);
	assert_int_equal(b->len, 0);
	counted_unref(&b->counted);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_owner_frees),
		cmocka_unit_test(static_bytes_have_no_owner),
		cmocka_unit_test(rcbuf_holds_its_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
