#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "base/utf8.h"
#include "hub/name.h"
#include "hub/nick.h"

#define A16 "aaaaaaaaaaaaaaaa"
#define A64 A16 A16 A16 A16
#define SELECTOR "\xef\xb8\x8f" /* U+FE0F: nothing, folded */

static const struct {
	const char *in, *out;
} rooms[] = {
	{ "lobby", "lobby" },
	{ "Lobby", "Lobby" }, /* shown as first written */
	{ "#lobby", "lobby" },
	{ " ## #a#b", "a#b" },
	{ "caf\xc3\xa9", "caf\xc3\xa9" },
	/* white space */
	{ " two  words\t", "two-words" },
	{ "#  x", "x" },
	{ "a\xe3\x80\x80"
	  "b",
	    "a-b" },
	/* as nicks are */
	{ "a\x1b[1m\xe2\x80\xae"
	  "b\xff",
	    "a[1mb" },
	{ "\xe2\x80\x8b#x", "x" },
	{ "a/b?c", "a/b?c" },
	{ "...", "..." },
	{ "a@b", "a@b" },
	/* length */
	{ A64, A64 },
	{ "#" A64, A64 },
	{ A64 " ", A64 },
	{ A64 "b", "" },
	{ "#" A64 "b", "" },
	{ A16 A16 A16 "aaaaaaaaaaaaaaa b", "" },
	/* none */
	{ "", "" },
	{ "#", "" },
	{ " # # ", "" },
	{ "\x1b\x7f", "" },
	{ ".", "" },
	{ "#..", "" },
	{ "@ana", "" },
	{ "#@ana", "" },
	{ "\xef\xbc\xa0"
	  "a,b",
	    "" }, /* full-width */
	{ "\xef\xb9\xab"
	  "a,b",
	    "" }, /* small */
	{ SELECTOR "@a,b", "" },
	{ SELECTOR SELECTOR, "" },
};

static void
rooms_are_cleaned(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rooms) / sizeof(rooms[0]); i++) {
		char out[ROOM_NAME_SIZE], again[ROOM_NAME_SIZE];
		size_t len = room_name_clean(slice_of(rooms[i].in), out);

		assert_string_equal(out, rooms[i].out);
		assert_int_equal(len, strlen(rooms[i].out));
		room_name_clean(slice_of(out), again);
		assert_string_equal(again, out);
	}
}

static void
assert_folded(struct slice in, const char *want)
{
	struct buf b;

	buf_init(&b, NAME_FOLD_MAX);
	assert_int_equal(name_fold(in, &b), 0);
	assert_int_equal(b.len, strlen(want));
	assert_memory_equal(b.p != NULL ? b.p : "", want, b.len);
	buf_deinit(&b);
}

static void
folded(void **state)
{
	(void)state;
	assert_folded(SLICE(""), "");
	assert_folded(SLICE("Ana_2 [Z]"), "ana_2 [z]");
	assert_folded(SLICE("\xc3\x91"
			    "and\xc3\xba"),
	    "\xc3\xb1"
	    "and\xc3\xba");
	/* decomposed, compatible and full case folding: the same name */
	assert_folded(SLICE("N\xcc\x83"), "\xc3\xb1");
	assert_folded(SLICE("\xef\xbc\xa1\xef\xbd\x82"), "ab");
	assert_folded(SLICE("Stra\xc3\x9f"
			    "e"),
	    "strasse");
	assert_folded(SLICE("\xce\xa3\xcf\x82"), "\xcf\x83\xcf\x83");
	assert_folded(SLICE("a" SELECTOR), "a");
}

static void
folds_behind_what_is_there(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 4);
	assert_int_equal(name_fold(SLICE("A"), &b), 0);
	assert_int_equal(name_fold(SLICE("\xc3\x91"), &b), 0);
	assert_int_equal(b.len, 3);
	assert_memory_equal(b.p, "a\xc3\xb1", 3);
	assert_int_equal(name_fold(SLICE("BC"), &b), -ENOBUFS);
	assert_int_equal(name_fold(SLICE("\xc3\x91"), &b), -ENOBUFS);
	assert_int_equal(b.len, 3);
	buf_deinit(&b);
}

static void
no_utf8_is_no_name(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, NAME_FOLD_MAX);
	assert_int_equal(name_fold(SLICE("a\xff"), &b), -EINVAL);
	assert_int_equal(name_fold(SLICE("\xed\xa0\x80"), &b), -EINVAL);
	assert_int_equal(b.len, 0);
	buf_deinit(&b);
}

/* Every character: folding again changes nothing, and the bound holds. */
static void
all_characters_fold_for_good(void **state)
{
	struct buf once, twice;

	(void)state;
	buf_init(&once, NAME_FOLD_MAX / ROOM_NAME_MAX);
	buf_init(&twice, NAME_FOLD_MAX);
	for (uint32_t cp = 1; cp < 0x110000; cp++) {
		char c[4];

		if (cp >= 0xd800 && cp < 0xe000)
			continue;
		buf_clear(&once);
		buf_clear(&twice);
		assert_int_equal(
		    name_fold((struct slice){ c, utf8_encode(c, cp) }, &once),
		    0);
		assert_int_equal(name_fold(buf_view(&once), &twice), 0);
		if (!slice_eq(buf_view(&once), buf_view(&twice)))
			fail_msg("U+%04X", (unsigned)cp);
	}
	buf_deinit(&once);
	buf_deinit(&twice);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rooms_are_cleaned),
		cmocka_unit_test(folded),
		cmocka_unit_test(folds_behind_what_is_there),
		cmocka_unit_test(no_utf8_is_no_name),
		cmocka_unit_test(all_characters_fold_for_good),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
