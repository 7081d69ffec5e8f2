#include "config.h"

#include "base/clean.h"

#include <errno.h>

#include "base/utf8.h"

/* Leave U+FFFD. The C0 controls that are white space are looked at first. */
static const struct utf8_range replaced[] = {
	{ 0x0000, 0x001f }, /* C0 */
	{ 0x007f, 0x009f }, /* DEL, C1 */
	{ 0x115f, 0x1160 }, /* Hangul fillers: letters that nobody sees */
	{ 0x202d, 0x202e }, /* bidirectional overrides */
	{ 0x3164, 0x3164 }, /* Hangul filler */
	{ 0xfdd0, 0xfdef }, /* noncharacters */
	{ 0xffa0, 0xffa0 }, /* Hangul filler */
};

/* Leave nothing. Programs put many of them around what is copied from them,
 * so that a mark for each would only be in the way. */
static const struct utf8_range dropped[] = {
	{ 0x00ad, 0x00ad },   /* soft hyphen */
	{ 0x061c, 0x061c },   /* Arabic letter mark */
	{ 0x180e, 0x180e },   /* Mongolian vowel separator */
	{ 0x200b, 0x200b },   /* zero width space */
	{ 0x200e, 0x200f },   /* direction marks */
	{ 0x202a, 0x202c },   /* bidirectional embeddings and their end */
	{ 0x2060, 0x206f },   /* word joiner, invisible operators, isolates */
	{ 0xfeff, 0xfeff },   /* byte order mark */
	{ 0xfff0, 0xfffb },   /* annotation */
	{ 0x1bca0, 0x1bca3 }, /* shorthand format controls */
	{ 0x1d173, 0x1d17a }, /* musical format controls */
	{ 0xe0000, 0xe00ff }, /* tags */
	{ 0xe01f0, 0xe0fff }, /* kept by Unicode for the like */
};

/* Blocks of right-to-left scripts, with what Unicode keeps for more of them
 * (DerivedBidiClass.txt). */
static const struct utf8_range rtl[] = {
	{ 0x0590, 0x08ff },
	{ 0xfb1d, 0xfdff },
	{ 0xfe70, 0xfefe },
	{ 0x10800, 0x10fff },
	{ 0x1e800, 0x1efff },
};

#define WITHIN(table, cp)                                                      \
	utf8_within((table), sizeof(table) / sizeof((table)[0]), (cp))

/*
 * Takes the next character off *in, cleaned. False at the end. A line end is
 * '\n', a tab a space.
 */
static bool
next(struct slice *in, uint32_t *cp)
{
	while (in->len > 0) {
		*in = slice_skip(*in, utf8_decode(in->p, in->len, cp));
		if (*cp == '\r' && in->len > 0 && in->p[0] == '\n')
			continue;
		if (*cp == '\r' || *cp == 0x2028 || *cp == 0x2029)
			*cp = '\n';
		else if (*cp == '\t')
			*cp = ' ';
		else if (*cp != '\n' &&
			 (WITHIN(replaced, *cp) || (*cp & 0xfffe) == 0xfffe))
			*cp = 0xfffd;
		else if (WITHIN(dropped, *cp))
			continue;
		return true;
	}
	return false;
}

/* Bytes of printable ASCII at the front: most text is nothing else. */
static size_t
plain_run(struct slice s)
{
	size_t i = 0;

	while (i < s.len && s.p[i] >= ' ' && s.p[i] <= '~')
		i++;
	return i;
}

int
clean_text(struct buf *out, struct slice in)
{
	char bytes[4];
	size_t plain;
	uint32_t cp;

	for (;;) {
		plain = plain_run(in);
		if (buf_append(out, in.p, plain) != 0)
			return -ENOBUFS;
		in = slice_skip(in, plain);
		if (!next(&in, &cp))
			return 0;
		if (buf_append(out, bytes, utf8_encode(bytes, cp)) != 0)
			return -ENOBUFS;
	}
}

int
clean_line(struct buf *out, struct slice in, size_t max)
{
	static const char ellipsis[] = "\xe2\x80\xa6";
	const size_t dots = sizeof(ellipsis) - 1;
	/* Where to cut: behind the last character that leaves room. */
	size_t start = out->len, cut = start;
	bool space = false;
	char bytes[5];
	uint32_t cp;

	while (next(&in, &cp)) {
		size_t n = 0;

		if (cp == ' ' || cp == '\n') {
			space = out->len > start;
			continue;
		}
		if (space)
			bytes[n++] = ' ';
		n += utf8_encode(bytes + n, cp);
		space = false;
		if (out->len - start + n > max) {
			if (max < dots)
				return 0;
			out->len = cut;
			return buf_append(out, ellipsis, dots);
		}
		if (buf_append(out, bytes, n) != 0)
			return -ENOBUFS;
		if (out->len - start + dots <= max)
			cut = out->len;
	}
	return 0;
}

bool
clean_has_rtl(struct slice cleaned)
{
	uint32_t cp;

	while (cleaned.len > 0) {
		cleaned = slice_skip(
		    cleaned, utf8_decode(cleaned.p, cleaned.len, &cp));
		if (WITHIN(rtl, cp))
			return true;
	}
	return false;
}
