#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/utf8.h"

static bool
is_scalar(uint32_t cp)
{
	return cp <= 0x10ffff && (cp < 0xd800 || cp > 0xdfff);
}

static void
every_scalar_value(void **state)
{
	char c[4];
	uint32_t back;

	(void)state;
	for (uint32_t cp = 0; cp <= 0x10ffff; cp++) {
		unsigned n;

		if (!is_scalar(cp))
			continue;
		n = utf8_encode(c, cp);
		assert_int_equal(n, cp < 0x80      ? 1
				    : cp < 0x800   ? 2
				    : cp < 0x10000 ? 3
						   : 4);
		assert_true(utf8_valid(c, n));
		assert_int_equal(utf8_decode(c, n, &back), n);
		assert_int_equal(back, cp);
		assert_int_equal(utf8_utf16_len(c, n), cp < 0x10000 ? 1 : 2);
		for (unsigned cut = 1; cut < n; cut++) {
			assert_false(utf8_valid(c, cut));
			assert_int_equal(utf8_decode(c, cut, &back), 1);
			assert_int_equal(back, 0xfffd);
		}
	}
}

/* What Unicode's definition of the encoding says, without its table. */
static bool
valid_by_definition(const unsigned char *p, size_t len)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };

	for (size_t i = 0, n; i < len; i += n) {
		uint32_t cp = p[i];

		n = cp < 0x80       ? 1
		    : cp >> 5 == 6  ? 2
		    : cp >> 4 == 14 ? 3
		    : cp >> 3 == 30 ? 4
				    : 0;
		if (n == 0 || n > len - i)
			return false;
		if (n > 1)
			cp &= 0x7fU >> n;
		for (size_t k = 1; k < n; k++) {
			if (p[i + k] >> 6 != 2)
				return false;
			cp = cp << 6 | (p[i + k] & 63U);
		}
		if (cp < least[n] || !is_scalar(cp))
			return false;
	}
	return true;
}

static void
every_pair_and_edge_sequence(void **state)
{
	/* the bytes where table 3-7 changes its mind, and one within */
	static const unsigned char edge[] = { 0x00, 0x7f, 0x80, 0x8f, 0x90,
		0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec,
		0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff };
	enum { N = sizeof(edge) };
	unsigned char p[5];

	(void)state;
	for (unsigned v = 0; v < 65536; v++) {
		p[0] = (unsigned char)(v >> 8);
		p[1] = (unsigned char)v;
		assert_int_equal(utf8_valid(p, 2), valid_by_definition(p, 2));
	}
	for (unsigned v = 0; v < N * N * N * N; v++) {
		p[0] = edge[v % N];
		p[1] = edge[v / N % N];
		p[2] = edge[v / N / N % N];
		p[3] = edge[v / N / N / N];
		assert_int_equal(utf8_valid(p, 4), valid_by_definition(p, 4));
	}
}

static void
decode_agrees_with_valid(void **state)
{
	unsigned char p[8];
	uint32_t seed = 7, cp;

	(void)state;
	for (int round = 0; round < 200000; round++) {
		size_t i = 0;
		bool valid = true;

		for (size_t k = 0; k < sizeof(p); k++) {
			seed = seed * 1664525 + 1013904223;
			p[k] = (unsigned char)(seed >> 24);
			if (k % 2 == 1)
				p[k] = (p[k] & 0x3f) | 0x80;
		}
		while (i < sizeof(p)) {
			unsigned n = utf8_decode(p + i, sizeof(p) - i, &cp);

			if (n == 1 && p[i] >= 0x80)
				valid = false;
			i += n;
		}
		assert_int_equal(i, sizeof(p));
		assert_int_equal(valid, utf8_valid(p, sizeof(p)));
	}
}

static void
resumes_anywhere_and_fails_fast(void **state)
{
	static const struct {
		const char *text;
		size_t bad; /* index of the byte that can't be, or length */
	} rows[] = {
		{ "plain ascii that is longer than a word", 38 },
		{ "h\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80 end", 16 },
		{ "\xce\xba\xe1\xbd\xb9\xed\xa0\x80", 6 },
		{ "0123456789\xff", 10 },
		{ "\xf4\x8f\xbf\xbf", 4 },
		{ "\xf4\x90\x80\x80", 1 },
		{ "\xe0\x9f\xbf", 1 },
		{ "\xc3\xa9\xa9", 2 },
	};

	(void)state;
	for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
		const char *t = rows[r].text;
		size_t len = strlen(t), bad = rows[r].bad;

		for (size_t cut = 0; cut <= len; cut++) {
			struct utf8_state st = { 0, 0, 0 };

			assert_int_equal(utf8_feed(&st, t, cut), cut <= bad);
			if (cut <= bad)
				assert_int_equal(
				    utf8_feed(&st, t + cut, len - cut),
				    bad == len);
		}
		struct utf8_state st = { 0, 0, 0 };
		for (size_t i = 0; i < bad; i++)
			assert_true(utf8_feed(&st, t + i, 1));
		if (bad < len)
			assert_false(utf8_feed(&st, t + bad, 1));
		else
			assert_true(utf8_done(&st));
	}
}

static void
utf16_length(void **state)
{
	static const char text[] = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80";

	(void)state;
	assert_int_equal(utf8_utf16_len("", 0), 0);
	assert_int_equal(utf8_utf16_len(text, sizeof(text) - 1), 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_scalar_value),
		cmocka_unit_test(every_pair_and_edge_sequence),
		cmocka_unit_test(decode_agrees_with_valid),
		cmocka_unit_test(resumes_anywhere_and_fails_fast),
		cmocka_unit_test(utf16_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
