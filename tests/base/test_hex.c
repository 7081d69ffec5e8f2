#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/hex.h"

static void
every_character(void **state)
{
	static const char lower[] = "0123456789abcdef";
	static const char upper[] = "0123456789ABCDEF";

	(void)state;
	for (int c = -128; c < 128; c++) {
		const char *at = c ? strchr(lower, c) : NULL;
		int want = -1;

		if (at == NULL)
			at = c ? strchr(upper, c) : NULL;
		if (at != NULL)
			want =
			    (int)(strchr(lower, c) ? at - lower : at - upper);
		assert_int_equal(hex_value((char)c), want);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_character),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
