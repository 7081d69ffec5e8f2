#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/utf8.h"
#include "hub/nick.h"

#define A10 "aaaaaaaaaa"
#define SMILE "\xf0\x9f\x98\x80"
#define SMILE8 SMILE SMILE SMILE SMILE SMILE SMILE SMILE SMILE

static const struct {
	const char *in, *out;
} cases[] = {
	{ "", "" },
	{ "Ana", "Ana" },
	{ "\xc3\xb1", "\xc3\xb1" },
	/* white space */
	{ "  Ana  ", "Ana" },
	{ "Ana \t\r\n Mar\xc3\xad"
	  "a",
	    "Ana Mar\xc3\xad"
	    "a" },
	{ "\xc2\xa0"
	  "a\xe3\x80\x80\xe2\x80\x83"
	  "b\xe2\x80\xa8",
	    "a b" },
	{ "a\xe2\x80\xa9"
	  "b",
	    "a b" },
	{ " \t ", "" },
	/* controls */
	{ "a\x01\x1b[31m\x7f"
	  "b",
	    "a[31mb" },
	{ "a\xc2\x9b"
	  "b",
	    "ab" },
	/* direction */
	{ "a\xe2\x80\xae"
	  "b\xe2\x80\xac",
	    "ab" },
	{ "\xe2\x81\xa6"
	  "a\xe2\x81\xa9\xd8\x9c\xe2\x80\x8f",
	    "a" },
	/* without a shape */
	{ "a\xe2\x80\x8b"
	  "b\xe2\x80\x8d\xef\xbb\xbf\xc2\xad",
	    "ab" },
	{ "\xe3\x85\xa4\xe2\xa0\x80\xf3\xa0\x81\x81", "" },
	{ " \xe2\x80\x8b ", "" },
	/* a space, nothing, a space is one space */
	{ "a \xe2\x80\x8b b", "a b" },
	/* no characters */
	{ "a\xff\xc0\xaf\xed\xa0\x80"
	  "b\xc3",
	    "ab" },
	{ "\xef\xbf\xbd", "" },
	{ "a\xef\xbf\xbf\xf0\x9f\xbf\xbe\xef\xb7\x90", "a" },
	/* length: 32 characters, whatever their bytes */
	{ A10 A10 A10 "bc", A10 A10 A10 "bc" },
	{ A10 A10 A10 "bcd", A10 A10 A10 "bc" },
	{ SMILE8 SMILE8 SMILE8 SMILE8, SMILE8 SMILE8 SMILE8 SMILE8 },
	{ SMILE8 SMILE8 SMILE8 SMILE8 SMILE, SMILE8 SMILE8 SMILE8 SMILE8 },
	/* and no space at the cut */
	{ A10 A10 A10 " b", A10 A10 A10 " b" },
	{ A10 A10 A10 "b c", A10 A10 A10 "b" },
	{ A10 A10 A10 "bc d", A10 A10 A10 "bc" },
};

static void
cleaned(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char out[NICK_SIZE], again[NICK_SIZE];
		size_t len = nick_clean(slice_of(cases[i].in), out);

		assert_string_equal(out, cases[i].out);
		assert_int_equal(len, strlen(cases[i].out));
		nick_clean(slice_of(out), again);
		assert_string_equal(again, out);
	}
}

static void
a_nul_is_a_control(void **state)
{
	char out[NICK_SIZE];

	(void)state;
	assert_int_equal(nick_clean(SLICE("a\0b"), out), 2);
	assert_string_equal(out, "ab");
}

/* Whatever comes in: valid, bounded, and clean already. */
static void
random_bytes_are_cleaned(void **state)
{
	uint32_t x = 1;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		char in[200], out[NICK_SIZE], again[NICK_SIZE];
		size_t len;

		for (size_t n = 0; n < sizeof(in); n++) {
			x = x * 1664525 + 1013904223;
			in[n] = (char)(x >> 24);
			/* Mostly what has a meaning in UTF-8. */
			if ((x >> 8 & 3) == 0)
				in[n] = "\xe2\x80\xf3 "[x >> 12 & 3];
		}
		len = nick_clean((struct slice){ in, sizeof(in) }, out);
		assert_true(len < sizeof(out));
		assert_int_equal(strlen(out), len);
		assert_true(utf8_valid(out, len));
		assert_int_equal(
		    nick_clean((struct slice){ out, len }, again), len);
		assert_memory_equal(out, again, len);
	}
}

static void
guests(void **state)
{
	char a[NICK_SIZE], b[NICK_SIZE], clean[NICK_SIZE];
	int same = 0;

	(void)state;
	for (int i = 0; i < 100; i++) {
		assert_int_equal(nick_guest(a), 10);
		assert_int_equal(strspn(a + 6, "abcdefghijkmnpqrstuvwxyz"
					       "23456789"),
		    4);
		assert_memory_equal(a, "guest-", 6);
		nick_clean(slice_of(a), clean);
		assert_string_equal(a, clean);
		nick_guest(b);
		same += strcmp(a, b) == 0;
	}
	assert_true(same < 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cleaned),
		cmocka_unit_test(a_nul_is_a_control),
		cmocka_unit_test(random_bytes_are_cleaned),
		cmocka_unit_test(guests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
