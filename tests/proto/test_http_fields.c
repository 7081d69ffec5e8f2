#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "proto/http_fields.h"

static int
add(struct http_fields *f, const char *name, const char *value)
{
	int rc = http_fields_name(f, name, strlen(name));

	if (rc == 0)
		rc = http_fields_value(f, value, strlen(value));
	return rc == 0 ? http_fields_end(f) : rc;
}

static void
assert_field(const struct http_fields *f, const char *name, const char *value)
{
	assert_true(slice_is(http_fields_get(f, name), value));
}

static void
in_pieces(void **state)
{
	struct http_fields f;

	(void)state;
	http_fields_init(&f);
	assert_int_equal(http_fields_name(&f, "Ho", 2), 0);
	assert_int_equal(http_fields_name(&f, "st", 2), 0);
	assert_int_equal(http_fields_value(&f, "a.", 2), 0);
	assert_int_equal(http_fields_value(&f, "b", 1), 0);
	assert_int_equal(http_fields_end(&f), 0);
	assert_int_equal(add(&f, "Accept", ""), 0);
	assert_int_equal(add(&f, "accept", "gzip, X"), 0);
	assert_field(&f, "host", "a.b");
	assert_field(&f, "ACCEPT", "");
	assert_field(&f, "Hos", "");
	assert_int_equal(http_fields_count(&f, "Accept"), 2);
	assert_true(http_fields_has(&f, "host", "A.B"));
	assert_false(http_fields_has(&f, "nothing", ""));
	http_fields_deinit(&f);
	assert_int_equal(http_fields_count(&f, "Accept"), 0);
	http_fields_deinit(&f);
}

static void
what_is_none(void **state)
{
	static const char *const names[] = { "a b", "a:", "\x7f", "\xc3\xa9",
		"(", "\"" };
	struct http_fields f;

	(void)state;
	http_fields_init(&f);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_int_equal(add(&f, names[i], "x"), -EINVAL);
	/* a NUL is no name either */
	assert_int_equal(http_fields_name(&f, "a\0", 2), -EINVAL);
	assert_int_equal(http_fields_value(&f, "x", 1), -EINVAL);
	assert_int_equal(http_fields_end(&f), -EINVAL);
	assert_int_equal(f.n, 0);
	http_fields_deinit(&f);
}

static void
bounds(void **state)
{
	static char big[HTTP_HEAD_MAX];
	struct http_fields f;

	(void)state;
	memset(big, 'a', sizeof(big));
	http_fields_init(&f);
	for (unsigned i = 0; i < HTTP_FIELDS_MAX; i++)
		assert_int_equal(add(&f, "a", "b"), 0);
	assert_int_equal(add(&f, "a", "b"), -ENOBUFS);
	http_fields_deinit(&f);
	assert_int_equal(http_fields_name(&f, big, sizeof(big) - 1), 0);
	assert_int_equal(http_fields_value(&f, "bc", 2), -ENOBUFS);
	assert_int_equal(http_fields_value(&f, "b", 1), 0);
	assert_int_equal(http_fields_end(&f), 0);
	assert_int_equal(http_fields_name(&f, "c", 1), -ENOBUFS);
	http_fields_deinit(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_pieces),
		cmocka_unit_test(what_is_none),
		cmocka_unit_test(bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
