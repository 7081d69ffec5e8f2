#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clean.h"
#include "base/mem.h"
#include "base/utf8.h"

#define R "\xef\xbf\xbd" /* U+FFFD */
#define ZWJ "\xe2\x80\x8d"
#define VS16 "\xef\xb8\x8f"
#define DOTS "\xe2\x80\xa6"

enum { OUT_MAX = 4096 };

static char *
text_of(struct slice in)
{
	struct buf out;

	buf_init(&out, in.len * CLEAN_GROWTH);
	assert_int_equal(clean_text(&out, in), 0);
	return buf_steal(&out);
}

static char *
line_of(struct slice in, size_t max)
{
	struct buf out;

	buf_init(&out, OUT_MAX);
	assert_int_equal(clean_line(&out, in, max), 0);
	assert_true(out.len <= max);
	return buf_steal(&out);
}

/* What is not to reach a terminal, written down once more and otherwise. */
static bool
harmful(uint32_t cp)
{
	if (cp < 0x20 || (cp >= 0x7f && cp < 0xa0))
		return true;
	if (cp >= 0x200b && cp <= 0x200f)
		return cp != 0x200c && cp != 0x200d; /* the joiners */
	if (cp >= 0x2028 && cp <= 0x202e)
		return true;
	if (cp >= 0x2060 && cp <= 0x206f)
		return true;
	if (cp == 0xad || cp == 0x61c || cp == 0x180e || cp == 0xfeff)
		return true;
	if (cp == 0x115f || cp == 0x1160 || cp == 0x3164 || cp == 0xffa0)
		return true; /* Hangul fillers */
	if ((cp >= 0xfdd0 && cp <= 0xfdef) || (cp & 0xffff) >= 0xfffe)
		return true;
	if (cp >= 0xfff0 && cp <= 0xfffb)
		return true;
	if ((cp >= 0x1bca0 && cp <= 0x1bca3) ||
	    (cp >= 0x1d173 && cp <= 0x1d17a))
		return true;
	return cp >= 0xe0000 && cp <= 0xe0fff &&
	       !(cp >= 0xe0100 && cp <= 0xe01ef);
}

static void
assert_harmless(const char *s, bool newlines)
{
	struct slice rest = slice_of(s);
	uint32_t cp;

	assert_true(utf8_valid(rest.p, rest.len));
	while (rest.len > 0) {
		rest = slice_skip(rest, utf8_decode(rest.p, rest.len, &cp));
		if (!(newlines && cp == '\n') && harmful(cp))
			fail_msg("U+%04X in \"%s\"", (unsigned)cp, s);
	}
}

/* What is good stays byte for byte. */
static void
untouched(void **state)
{
	static const char *const good[] = {
		"", "hola", "two\nlines\n\n", "  spaces  stay ",
		" !\"#$%&'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~", "\xc2\xa0\xc3\xb1",
		R, "e\xcc\x81",             /* combining */
		"\xe6\x97\xa5\xe6\x9c\xac", /* wide */
		"\xd8\xb3\xd9\x84\xd8\xa7\xd9\x85",
		"\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d",
		"\xd9\x85\xdb\x8c\xe2\x80\x8c\xd8\xae", /* ZWNJ */
		"\xe0\xa4\x95\xe0\xa5\x8d" ZWJ "\xe0\xa4\xb7",
		"\xe2\x9d\xa4" VS16, "\xe2\x9d\xa4\xef\xb8\x8e",
		"\xf0\x9f\x91\x8d\xf0\x9f\x8f\xbd",
		"\xf0\x9f\x91\xa8" ZWJ "\xf0\x9f\x91\xa9" ZWJ
		"\xf0\x9f\x91\xa7" ZWJ "\xf0\x9f\x91\xa6",
		"\xf0\x9f\x8f\xb3" VS16 ZWJ "\xf0\x9f\x8c\x88",
		"1" VS16 "\xe2\x83\xa3", "\xf0\x9f\x87\xab\xf0\x9f\x87\xb7",
		"\xe8\xbe\xbb\xf3\xa0\x84\x81", /* ideographic variation */
		"\xee\x80\x80\xf4\x8f\xbf\xbd", /* private use */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		char *got = text_of(slice_of(good[i]));

		assert_string_equal(got, good[i]);
		free(got);
	}
}

static const struct {
	const char *in, *text, *line;
} corpus[] = {
	/* lines */
	{ "a\nb", "a\nb", "a b" },
	{ "a\r\nb", "a\nb", "a b" },
	{ "a\rb", "a\nb", "a b" },
	{ "a\r\r\n\n\rb", "a\n\n\n\nb", "a b" },
	{ "a\r", "a\n", "a" },
	{ "\r\n", "\n", "" },
	{ "a\xe2\x80\xa8"
	  "b\xe2\x80\xa9"
	  "c",
	    "a\nb\nc", "a b c" },
	{ "a\xc2\x85"
	  "b",
	    "a" R "b", "a" R "b" },
	{ "a\vb\fc", "a" R "b" R "c", "a" R "b" R "c" },
	/* spaces */
	{ "a\tb", "a b", "a b" },
	{ "\t a \t\n b\t ", "  a  \n b  ", "a b" },
	{ " ", " ", "" },
	/* moving the cursor to forge a nick */
	{ "\b\b\b\b\b\b<bob> hi", R R R R R R "<bob> hi",
	    R R R R R R "<bob> hi" },
	{ "x\r<bob> hi", "x\n<bob> hi", "x <bob> hi" },
	/* escape sequences: CSI, OSC by BEL and by ST, DCS, APC, PM, SOS */
	{ "\033[31mred\033[0m", R "[31mred" R "[0m", R "[31mred" R "[0m" },
	{ "\033[2J\033[H", R "[2J" R "[H", R "[2J" R "[H" },
	{ "\033]0;title\007", R "]0;title" R, R "]0;title" R },
	{ "\033]52;c;aGk=\033\\", R "]52;c;aGk=" R "\\",
	    R "]52;c;aGk=" R "\\" },
	{ "\033]8;;http://a/\033\\a\033]8;;\033\\",
	    R "]8;;http://a/" R "\\a" R "]8;;" R "\\",
	    R "]8;;http://a/" R "\\a" R "]8;;" R "\\" },
	{ "\033P$q\"p\033\\", R "P$q\"p" R "\\", R "P$q\"p" R "\\" },
	{ "\033_Gi=1;AAAA\033\\", R "_Gi=1;AAAA" R "\\",
	    R "_Gi=1;AAAA" R "\\" },
	{ "\033^x\033X\033c\033(0", R "^x" R "X" R "c" R "(0",
	    R "^x" R "X" R "c" R "(0" },
	/* the same by C1: raw, where it is no UTF-8, and encoded */
	{ "\x9b"
	  "31m\x90\x9d"
	  "0;t\x9c\x9f\x9e\x98\x84\x85\x8d",
	    R "31m" R R "0;t" R R R R R R R, R "31m" R R "0;t" R R R R R R R },
	{ "\xc2\x9b"
	  "31m\xc2\x90\xc2\x9d"
	  "0;t\xc2\x9c",
	    R "31m" R R "0;t" R, R "31m" R R "0;t" R },
	/* shift out, DEL, BEL, XON, XOFF */
	{ "\016lqqk\017\177\007\021\023", R "lqqk" R R R R R,
	    R "lqqk" R R R R R },
	/* direction */
	{ "\xe2\x80\xae"
	  "gpj.exe",
	    R "gpj.exe", R "gpj.exe" },
	{ "\xe2\x80\xad"
	  "a",
	    R "a", R "a" },
	{ "\xe2\x80\xaa"
	  "a\xe2\x80\xab"
	  "b\xe2\x80\xac",
	    "ab", "ab" },
	{ "\xe2\x81\xa6"
	  "a\xe2\x81\xa7"
	  "b\xe2\x81\xa8"
	  "c\xe2\x81\xa9",
	    "abc", "abc" },
	{ "a\xe2\x80\x8e\xe2\x80\x8f\xd8\x9c"
	  "b",
	    "ab", "ab" },
	/* without a shape */
	{ "b\xe2\x80\x8bo\xc2\xad"
	  "b\xe2\x81\xa0\xef\xbb\xbf",
	    "bob", "bob" },
	{ "\xe1\xa0\x8e\xef\xbf\xb9\xef\xbf\xbb\xf0\x9d\x85\xb3\xf0\x9b\xb2"
	  "\xa0",
	    "", "" },
	{ "\xf0\x9f\x8f\xb4\xf3\xa0\x81\xa7\xf3\xa0\x81\xa2\xf3\xa0\x81\xbf",
	    "\xf0\x9f\x8f\xb4", "\xf0\x9f\x8f\xb4" },
	{ "a\xf3\xa0\x80\x81\xf3\xa0\x87\xb0"
	  "b",
	    "ab", "ab" },
	{ "a \xe2\x80\x8b b", "a  b", "a b" },
	/* noncharacters */
	{ "\xef\xbf\xbe\xef\xbf\xbf\xef\xb7\x90\xef\xb7\xaf\xf0\x9f\xbf\xbe"
	  "\xf4\x8f\xbf\xbf",
	    R R R R R R, R R R R R R },
	/* no UTF-8: stray, cut off, overlong, surrogates, too large */
	{ "a\x80\xbf\xff\xfe"
	  "b",
	    "a" R R R R "b", "a" R R R R "b" },
	{ "a\xe2\x80", "a" R R, "a" R R },
	{ "\xf0\x9f\x98"
	  "b",
	    R R R "b", R R R "b" },
	{ "\xc3", R, R },
	{ "\xc0\x80\xc0\xaf\xc1\xbf", R R R R R R, R R R R R R },
	{ "\xe0\x80\x9b\xf0\x80\x80\x9b", R R R R R R R, R R R R R R R },
	{ "\xed\xa0\x80\xed\xbf\xbf", R R R R R R, R R R R R R },
	{ "\xed\xa0\xbd\xed\xb8\x80", R R R R R R, R R R R R R },
	{ "\xf4\x90\x80\x80\xf8\x88\x80\x80\x80", R R R R R R R R R,
	    R R R R R R R R R },
	/* an escape behind what is cut off is one still */
	{ "\xe2\033[31m", R R "[31m", R R "[31m" },
};

static void
hostile(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(corpus) / sizeof(corpus[0]); i++) {
		char *text = text_of(slice_of(corpus[i].in));
		char *line = line_of(slice_of(corpus[i].in), OUT_MAX);
		char *again = text_of(slice_of(text));
		char *line_again = line_of(slice_of(line), OUT_MAX);

		assert_string_equal(text, corpus[i].text);
		assert_string_equal(line, corpus[i].line);
		assert_string_equal(again, text);
		assert_string_equal(line_again, line);
		assert_harmless(text, true);
		assert_harmless(line, false);
		free(text);
		free(line);
		free(again);
		free(line_again);
	}
}

static void
a_nul_is_a_control(void **state)
{
	char *got = text_of(SLICE("a\0b"));

	(void)state;
	assert_string_equal(got, "a" R "b");
	free(got);
}

/* Every scalar value, alone between letters. */
static void
every_character(void **state)
{
	static const char dropped[] = "ab", replaced[] = "a" R "b";

	(void)state;
	for (uint32_t cp = 0; cp <= 0x10ffff; cp++) {
		char in[8], out[16];
		struct buf b;
		size_t n = 1;

		if (cp >= 0xd800 && cp <= 0xdfff)
			continue;
		in[0] = 'a';
		n += utf8_encode(in + n, cp);
		in[n++] = 'b';
		in[n] = '\0';
		buf_init(&b, sizeof(out));
		assert_int_equal(clean_text(&b, (struct slice){ in, n }), 0);
		snprintf(out, sizeof(out), "%.*s", SLICE_ARG(buf_view(&b)));
		buf_deinit(&b);
		if (cp == '\n' || cp == '\r' || cp == 0x2028 || cp == 0x2029)
			assert_string_equal(out, "a\nb");
		else if (cp == '\t')
			assert_string_equal(out, "a b");
		else if (!harmful(cp))
			assert_string_equal(out, in);
		else if (strcmp(out, dropped) != 0)
			assert_string_equal(out, replaced);
	}
}

/* Whatever comes in: valid, harmless, bounded, and clean already. */
static void
random_bytes_are_cleaned(void **state)
{
	static const char *const bits[] = { "\xe2\x80", "\x1b[", "\xf3\xa0",
		"\xef\xbf", "\xc2", "\r", "\n", " " };
	uint32_t x = 7;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		char in[64];
		size_t n = 0, max = x % 40;
		char *text, *again, *line;

		while (n < sizeof(in) - 2) {
			x = x * 1664525 + 1013904223;
			if (x >> 30 == 0) {
				memcpy(in + n, bits[x >> 12 & 7], 2);
				n += strlen(bits[x >> 12 & 7]);
			} else {
				in[n++] = (char)(x >> 16);
			}
		}
		text = text_of((struct slice){ in, n });
		again = text_of(slice_of(text));
		line = line_of((struct slice){ in, n }, max);
		assert_harmless(text, true);
		assert_harmless(line, false);
		assert_string_equal(again, text);
		free(text);
		free(again);
		free(line);
	}
}

static void
lines_are_cut(void **state)
{
	static const struct {
		const char *in;
		size_t max;
		const char *out;
	} rows[] = {
		{ "abcdef", 6, "abcdef" },
		{ "abcdef", 5, "ab" DOTS },
		{ "abcdef", 3, DOTS },
		{ "abcdef", 2, "ab" },
		{ "abcdef", 0, "" },
		{ "abc   ", 3, "abc" },
		{ "  abc", 3, "abc" },
		/* no space before the ellipsis */
		{ "ab cdef", 6, "ab" DOTS },
		{ "ab cdef", 7, "ab cdef" },
		/* between characters */
		{ "\xc3\xb1\xc3\xb1\xc3\xb1\xc3\xb1", 7,
		    "\xc3\xb1\xc3\xb1" DOTS },
		{ "\xc3\xb1\xc3\xb1\xc3\xb1\xc3\xb1", 6, "\xc3\xb1" DOTS },
		{ "\xf0\x9f\x98\x80\xf0\x9f\x98\x80", 7,
		    "\xf0\x9f\x98\x80" DOTS },
		{ "\xf0\x9f\x98\x80\xf0\x9f\x98\x80", 6, DOTS },
		{ "\xf0\x9f\x98\x80", 2, "" },
		/* what is taken out counts for nothing */
		{ "a\xe2\x80\x8b\xe2\x80\x8b\xe2\x80\x8b"
		  "b",
		    2, "ab" },
		{ "a\x01\x01", 7, "a" R R },
		{ "a\x01\x01", 6, "a" DOTS },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *got = line_of(slice_of(rows[i].in), rows[i].max);

		assert_string_equal(got, rows[i].out);
		free(got);
	}
}

/* Both append to what is there, and say when there is no room. */
static void
appends(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 10);
	buf_puts(&b, "n: ");
	assert_int_equal(clean_line(&b, SLICE(" abcdefgh"), 5), 0);
	assert_true(slice_is(buf_view(&b), "n: ab" DOTS));
	assert_int_equal(clean_text(&b, SLICE("xy")), 0);
	assert_int_equal(clean_text(&b, SLICE("z")), -ENOBUFS);
	assert_true(b.failed);
	assert_int_equal(clean_line(&b, SLICE("z"), 5), -ENOBUFS);
	assert_true(slice_is(buf_view(&b), "n: ab" DOTS "xy"));
	buf_deinit(&b);
}

static void
right_to_left(void **state)
{
	static const struct {
		const char *in;
		bool rtl;
	} rows[] = {
		{ "", false },
		{ "hola \xc3\xb1 \xe6\x97\xa5 \xf0\x9f\x98\x80", false },
		{ "a \xd7\xa9 b", true }, { "\xd9\x85", true },
		{ "\xde\x80", true },         /* Thaana */
		{ "\xef\xb7\xb2", true },     /* Arabic ligature */
		{ "\xef\xbb\xbc", true },     /* presentation form */
		{ "\xf0\x90\xa4\x80", true }, /* Phoenician */
		{ "\xf0\x9e\xa4\x80", true }, /* Adlam */
		{ "\xd6\x8f \xe0\xa4\x80 \xef\xac\x9c", false }, /* beside */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(
		    clean_has_rtl(slice_of(rows[i].in)), rows[i].rtl);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(untouched),
		cmocka_unit_test(hostile),
		cmocka_unit_test(a_nul_is_a_control),
		cmocka_unit_test(every_character),
		cmocka_unit_test(random_bytes_are_cleaned),
		cmocka_unit_test(lines_are_cut),
		cmocka_unit_test(appends),
		cmocka_unit_test(right_to_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
