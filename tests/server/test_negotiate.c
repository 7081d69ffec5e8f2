#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/negotiate.h"

static void
gzip_is_accepted(void **state)
{
	static const struct {
		const char *field;
		bool yes;
	} cases[] = {
		{ "", false },
		{ "gzip", true },
		{ "GZIP", true },
		{ "x-gzip", true },
		{ "gzip, deflate, br", true },
		{ "br,\tgzip ;q=1.0", true },
		{ "deflate", false },
		{ "gzipped", false },
		{ "gzip;q=0", false },
		{ "gzip;q=0.", false },
		{ "gzip; q=0.000", false },
		{ "gzip; Q=0.0", false },
		{ "gzip;q=0.001", true },
		{ "gzip;x=0", true },
		{ "gzip;q=", true },
		{ "*", true },
		{ "*;q=0", false },
		{ "identity, *;q=0.5", true },
		{ "gzip;q=0, *", false },
		{ "*;q=0, gzip", true },
		{ ",, ,gzip,", true },
		{ ";q=0", false },
		{ ";", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (accepts_gzip(slice_of(cases[i].field)) != cases[i].yes)
			fail_msg("Accept-Encoding: %s", cases[i].field);
	assert_false(accepts_gzip(slice_of(NULL)));
}

static void
etags_match(void **state)
{
	static const struct {
		const char *field;
		bool yes;
	} cases[] = {
		{ "", false },
		{ "\"4.8.4\"", true },
		{ " \"4.8.4\"\t", true },
		{ "W/\"4.8.4\"", true },
		{ "w/\"4.8.4\"", false },
		{ "\"x\", \"4.8.4\"", true },
		{ "\"x\",W/\"y\" ,,W/\"4.8.4\"", true },
		{ "\"a,b\", \"4.8.4\"", true },
		{ "*", true },
		{ " * ", true },
		{ "\"*\"", false },
		{ "\"4.8.5\"", false },
		{ "\"4.8.4", false },
		{ "4.8.4", false },
		{ "\"x\" \"4.8.4\"", true },
		{ "x, \"4.8.4\"", false },
		{ "\"", false },
		{ "W/", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (etag_matches(slice_of(cases[i].field), "\"4.8.4\"") !=
		    cases[i].yes)
			fail_msg("If-None-Match: %s", cases[i].field);
	assert_false(etag_matches(slice_of(NULL), "\"4.8.4\""));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gzip_is_accepted),
		cmocka_unit_test(etags_match),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
