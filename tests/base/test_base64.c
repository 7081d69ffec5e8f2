#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/base64.h"
#include "base/slice.h"

/* RFC 4648, section 10, and one with every high bit. */
static const struct {
	struct slice bytes;
	const char *std, *url;
} vectors[] = {
	{ SLICE_INIT(""), "", "" },
	{ SLICE_INIT("f"), "Zg==", "Zg" },
	{ SLICE_INIT("fo"), "Zm8=", "Zm8" },
	{ SLICE_INIT("foo"), "Zm9v", "Zm9v" },
	{ SLICE_INIT("foob"), "Zm9vYg==", "Zm9vYg" },
	{ SLICE_INIT("fooba"), "Zm9vYmE=", "Zm9vYmE" },
	{ SLICE_INIT("foobar"), "Zm9vYmFy", "Zm9vYmFy" },
	{ SLICE_INIT("\xfb\xff\xbf\xff"), "+/+//w==", "-_-__w" },
};

static void
known_answers(void **state)
{
	char out[64];
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		struct slice b = vectors[i].bytes;
		const char *std = vectors[i].std;

		n = base64_encode(out, b.p, b.len);
		assert_int_equal(n, BASE64_LEN(b.len));
		assert_true(slice_is((struct slice){ out, n }, std));
		assert_int_equal(base64_decode(out, std, n), b.len);
		assert_memory_equal(out, b.p, b.len);
		/* padding may be left out */
		n = strcspn(std, "=");
		assert_int_equal(base64_decode(out, std, n), b.len);
		assert_memory_equal(out, b.p, b.len);
		n = base64url_encode(out, b.p, b.len);
		assert_true(slice_is((struct slice){ out, n }, vectors[i].url));
	}
}

static void
nothing_else_is_tolerated(void **state)
{
	static const char *const bad[] = { "A", "AAAAA", "=",
		"==", "====", "A=", "A==", "A===", "AA=", "AA===", "AAA==",
		"AAAA=", "AAAA==", "AAAA====", "AA=A", "AA==AAAA", "AAAA AAA",
		"AAAA\n", "\nAAAA", "-_AA", "AA*A",
		"A\xc3\xa9"
		"A",
		/* bits behind the end */
		"Zh==", "Zh", "Zm9=", "Zm9", NULL };
	char out[64];

	(void)state;
	for (size_t i = 0; bad[i] != NULL; i++)
		assert_int_equal(
		    base64_decode(out, bad[i], strlen(bad[i])), -EINVAL);
	assert_int_equal(base64_decode(out, "AA\0A", 4), -EINVAL);
}

static void
round_trips_in_place(void **state)
{
	static unsigned char bytes[301];
	static char text[BASE64_LEN(301)];
	uint32_t seed = 1;
	size_t n;

	(void)state;
	for (size_t len = 0; len < sizeof(bytes); len++) {
		for (size_t i = 0; i < len; i++) {
			seed = seed * 1664525 + 1013904223;
			bytes[i] = (unsigned char)(seed >> 24);
		}
		n = base64_encode(text, bytes, len);
		assert_int_equal(base64_decode(text, text, n), len);
		assert_memory_equal(text, bytes, len);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_answers),
		cmocka_unit_test(nothing_else_is_tolerated),
		cmocka_unit_test(round_trips_in_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
