#include "config.h"

#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "proto/eio3_text.h"

static void
escape_is_ascii(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "", "" },
		{ "42[\"a\"]", "42[\"a\"]" },
		{ "42[\"ñ\"]", "42[\"\\u00f1\"]" },
		{ "\xef\xbf\xbf", "\\uffff" },
		{ "\xf0\x90\x80\x80", "\\ud800\\udc00" },
		{ "x😀y", "x\\ud83d\\ude00y" },
		{ "\xf4\x8f\xbf\xbf", "\\udbff\\udfff" },
	};
	struct buf b;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		buf_init(&b, 100);
		assert_int_equal(eio3_text_escape(&b, slice_of(rows[i].in)), 0);
		assert_true(slice_is(buf_view(&b), rows[i].out));
		buf_deinit(&b);
	}
	buf_init(&b, 5);
	assert_int_equal(eio3_text_escape(&b, SLICE("ñ")), -ENOBUFS);
	buf_deinit(&b);
}

static void
repair_knows_double_encoding(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "", "" },
		{ "ascii", "ascii" },
		{ "\xc3\x83\xc2\xb1", "ñ" },
		{ "a\xc3\xb0\xc2\x9f\xc2\x98\xc2\x80z", "a😀z" },
		/* Not doubly encoded: left alone. */
		{ "ñ", "ñ" },
		{ "€", "€" },
		{ "«CAFÉ»", "«CAFÉ»" },
		{ "\xc3\x83\xc2\xb1 ñ", "\xc3\x83\xc2\xb1 ñ" },
		{ "\xc3\x83\xc2\xb1 😀", "\xc3\x83\xc2\xb1 😀" },
		{ "\xc3\x83", "\xc3\x83" },
	};
	char text[64];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t n = strlen(rows[i].in);

		memcpy(text, rows[i].in, n);
		n = eio3_text_repair(text, n);
		assert_true(slice_is((struct slice){ text, n }, rows[i].out));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(escape_is_ascii),
		cmocka_unit_test(repair_knows_double_encoding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
