#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/origin.h"

static void
form(void **state)
{
	static const char *const good[] = { "http://a", "https://a.b-c_d:1",
		"HTTP://A:65535", "http://[::1]", "http://[::1]:3000",
		"chrome-extension://abc" };
	static const char *const bad[] = { "", "a", "//a", "://a",
		"http:", "http:/a", "http://", "http://:80",
		"http://a:", "http://a:0", "http://a:65536", "http://a:080000",
		"http://a:+1", "http://a/", "http://a b", "http://a,b",
		"http://u@a", "http://[::1", "http://[]", "http://[g]",
		"http://[::1]x", "http://::1", "1http://a", "ht_tp://a", "null",
		"*" };

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (!origin_valid(slice_of(good[i])))
			fail_msg("refused: %s", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (origin_valid(slice_of(bad[i])))
			fail_msg("let in: %s", bad[i]);
	assert_false(origin_valid(SLICE("http://a\0b")));
}

static void
verdicts(void **state)
{
	static const struct {
		const char *listed[3], *origin, *host;
		enum origin_verdict verdict;
	} cases[] = {
		/* nobody's page, or our own */
		{ { NULL }, "", "a", ORIGIN_NONE },
		{ { NULL }, "", "", ORIGIN_NONE },
		{ { NULL }, "http://a", "a", ORIGIN_NONE },
		{ { NULL }, "http://a:3000", "a:3000", ORIGIN_NONE },
		{ { NULL }, "http://A", "a:80", ORIGIN_NONE },
		{ { NULL }, "http://a:80", "a", ORIGIN_NONE },
		{ { NULL }, "https://a", "a:443", ORIGIN_NONE },
		{ { NULL }, "https://a:443", "a", ORIGIN_NONE },
		{ { NULL }, "http://[::1]:3000", "[::1]:3000", ORIGIN_NONE },
		/* another's */
		{ { NULL }, "http://a", "", ORIGIN_REFUSED },
		{ { NULL }, "http://a", "b", ORIGIN_REFUSED },
		{ { NULL }, "http://a", "a:81", ORIGIN_REFUSED },
		{ { NULL }, "http://a:3001", "a:3000", ORIGIN_REFUSED },
		{ { NULL }, "https://a", "a:80", ORIGIN_REFUSED },
		{ { NULL }, "http://a.b", "a", ORIGIN_REFUSED },
		{ { NULL }, "http://ba", "a", ORIGIN_REFUSED },
		{ { NULL }, "http://a.", "a", ORIGIN_REFUSED },
		{ { NULL }, "null", "null", ORIGIN_REFUSED },
		{ { NULL }, "a", "a", ORIGIN_REFUSED },
		{ { NULL }, "http://a/", "a", ORIGIN_REFUSED },
		{ { NULL }, "http://a, http://b", "a", ORIGIN_REFUSED },
		/* listed */
		{ { "http://x" }, "http://x", "a", ORIGIN_LISTED },
		{ { "http://x" }, "HTTP://X:80", "a", ORIGIN_LISTED },
		{ { "http://x:80" }, "http://x", "a", ORIGIN_LISTED },
		{ { "http://y", "https://x:8443" }, "https://x:8443", "a",
		    ORIGIN_LISTED },
		{ { "app://x" }, "app://x", "a", ORIGIN_LISTED },
		{ { "app://x" }, "app://x:1", "a", ORIGIN_REFUSED },
		{ { "http://x" }, "https://x", "a", ORIGIN_REFUSED },
		{ { "https://x" }, "http://x:443", "a", ORIGIN_REFUSED },
		{ { "http://x" }, "http://x:81", "a", ORIGIN_REFUSED },
		{ { "http://x" }, "http://y.x", "a", ORIGIN_REFUSED },
		{ { "http://x" }, "http://a", "a", ORIGIN_NONE },
		/* everyone; those on the list are told apart */
		{ { "*" }, "http://x", "a", ORIGIN_ANY },
		{ { "*" }, "null", "a", ORIGIN_ANY },
		{ { "*" }, "http://a", "a", ORIGIN_NONE },
		{ { "*", "http://x" }, "http://x", "a", ORIGIN_LISTED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct opt_list list = { .n = 0 };

		while (list.n < 3 && cases[i].listed[list.n] != NULL) {
			list.v[list.n] = cases[i].listed[list.n];
			list.n++;
		}
		if (origin_check(&list, SLICE(""), slice_of(cases[i].origin),
			slice_of(cases[i].host)) != cases[i].verdict)
			fail_msg("case %zu: %s at %s", i, cases[i].origin,
			    cases[i].host);
	}
}

/* Where it is known, what is our own has our scheme, too. */
static void
scheme(void **state)
{
	static const struct {
		const char *scheme, *origin, *host;
		enum origin_verdict verdict;
	} cases[] = {
		{ "https", "https://a:3000", "a:3000", ORIGIN_NONE },
		{ "https", "https://a", "a", ORIGIN_NONE },
		{ "https", "HTTPS://a", "a:443", ORIGIN_NONE },
		{ "https", "http://a:3000", "a:3000", ORIGIN_REFUSED },
		{ "https", "http://a", "a", ORIGIN_REFUSED },
		{ "https", "http://x", "a", ORIGIN_LISTED },
		{ "http", "http://a", "a", ORIGIN_NONE },
		{ "http", "https://a", "a", ORIGIN_REFUSED },
		{ "https", "", "a", ORIGIN_NONE },
	};
	static const struct opt_list listed = { .v = { "http://x" }, .n = 1 };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (origin_check(&listed, slice_of(cases[i].scheme),
			slice_of(cases[i].origin),
			slice_of(cases[i].host)) != cases[i].verdict)
			fail_msg("case %zu", i);
}

static void
the_way_to_tls(void **state)
{
	static const struct {
		const char *host, *origin; /* NULL: there is none */
	} cases[] = {
		{ "a:3000", "https://a:3000" },
		{ "a", "https://a:80" },
		{ "[::1]:3000", "https://[::1]:3000" },
		{ "", NULL },
		{ "a:0", NULL },
		{ "a b", NULL },
		{ "u@a", NULL },
		{ "a/b", NULL },
		{ "::1", NULL },
		{ "a\r\nX: y", NULL },
	};
	struct buf out;

	(void)state;
	buf_init(&out, 100);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int r = origin_put_secure(&out, slice_of(cases[i].host));

		assert_int_equal(r == 0, cases[i].origin != NULL);
		if (!slice_eq(buf_view(&out), slice_of(cases[i].origin)))
			fail_msg("case %zu", i);
		buf_clear(&out);
	}
	buf_deinit(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(form),
		cmocka_unit_test(verdicts),
		cmocka_unit_test(scheme),
		cmocka_unit_test(the_way_to_tls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
