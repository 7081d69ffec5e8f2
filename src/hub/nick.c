#include "config.h"

#include "hub/nick.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/clock.h"
#include "base/utf8.h"

/* White_Space of Unicode. */
static const struct utf8_range spaces[] = {
	{ 0x0009, 0x000d },
	{ 0x0020, 0x0020 },
	{ 0x0085, 0x0085 },
	{ 0x00a0, 0x00a0 },
	{ 0x1680, 0x1680 },
	{ 0x2000, 0x200a },
	{ 0x2028, 0x2029 },
	{ 0x202f, 0x202f },
	{ 0x205f, 0x205f },
	{ 0x3000, 0x3000 },
};

/* Controls, and what could make two nicks look the same or turn the text
 * around them. */
static const struct utf8_range dropped[] = {
	{ 0x0000, 0x001f },   /* C0 */
	{ 0x007f, 0x009f },   /* DEL, C1 */
	{ 0x00ad, 0x00ad },   /* soft hyphen */
	{ 0x034f, 0x034f },   /* combining grapheme joiner */
	{ 0x061c, 0x061c },   /* Arabic letter mark */
	{ 0x115f, 0x1160 },   /* Hangul fillers */
	{ 0x17b4, 0x17b5 },   /* invisible Khmer vowels */
	{ 0x180b, 0x180f },   /* Mongolian selectors */
	{ 0x200b, 0x200f },   /* zero width, direction marks */
	{ 0x202a, 0x202e },   /* bidirectional overrides */
	{ 0x2060, 0x206f },   /* invisible operators, isolates */
	{ 0x2800, 0x2800 },   /* empty Braille pattern */
	{ 0x3164, 0x3164 },   /* Hangul filler */
	{ 0xfdd0, 0xfdef },   /* noncharacters */
	{ 0xfeff, 0xfeff },   /* byte order mark */
	{ 0xffa0, 0xffa0 },   /* half-width Hangul filler */
	{ 0xfff0, 0xfffb },   /* annotation */
	{ 0xfffd, 0xfffd },   /* what was no character */
	{ 0x1bca0, 0x1bca3 }, /* shorthand format controls */
	{ 0x1d173, 0x1d17a }, /* musical format controls */
	{ 0xe0000, 0xe0fff }, /* tags, more selectors */
};

static bool
is_space(uint32_t cp)
{
	return utf8_within(spaces, sizeof(spaces) / sizeof(spaces[0]), cp);
}

static bool
is_dropped(uint32_t cp)
{
	return (cp & 0xfffe) == 0xfffe ||
	       utf8_within(dropped, sizeof(dropped) / sizeof(dropped[0]), cp);
}

size_t
nick_clean_as(struct slice in, const struct nick_rule *rule, char *out)
{
	size_t len = 0;
	unsigned chars = 0;
	bool space = false;

	while (in.len > 0) {
		uint32_t cp;

		in = slice_skip(in, utf8_decode(in.p, in.len, &cp));
		if (is_space(cp)) {
			space = chars > 0;
			continue;
		}
		if (is_dropped(cp) ||
		    (chars == 0 && cp == (uint32_t)rule->skip))
			continue;
		/* A space counts only with what follows it. */
		if (chars + space + 1 > rule->max) {
			if (rule->whole)
				len = 0;
			break;
		}
		if (space) {
			out[len++] = rule->space;
			chars++;
			space = false;
		}
		len += utf8_encode(out + len, cp);
		chars++;
	}
	out[len] = '\0';
	return len;
}

size_t
nick_clean(struct slice in, char out[NICK_SIZE])
{
	static const struct nick_rule rule = { .max = NICK_MAX, .space = ' ' };

	return nick_clean_as(in, &rule, out);
}

size_t
nick_guest(char out[NICK_SIZE])
{
	/* 32 characters, none easily taken for another. */
	static const char letters[] = "abcdefghijkmnpqrstuvwxyz23456789";
	static const char prefix[] = "guest-";
	unsigned char random[4];
	size_t len = sizeof(prefix) - 1;

	random_bytes(random, sizeof(random));
	memcpy(out, prefix, len);
	for (size_t i = 0; i < sizeof(random); i++)
		out[len++] = letters[random[i] & 31];
	out[len] = '\0';
	return len;
}
