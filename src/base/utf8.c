#include "config.h"

#include "base/utf8.h"

#include <string.h>

/* Bytes of ASCII at the front, by words: most text is nothing else. */
static size_t
ascii_run(const uint8_t *p, size_t len)
{
	size_t i = 0;
	uint64_t w;

	for (; len - i >= sizeof(w); i += sizeof(w)) {
		memcpy(&w, p + i, sizeof(w));
		if (w & UINT64_C(0x8080808080808080))
			break;
	}
	while (i < len && p[i] < 0x80)
		i++;
	return i;
}

/* Table 3-7: what may follow a lead byte. False if it leads nothing. */
static bool
lead(struct utf8_state *st, uint8_t c)
{
	*st = (struct utf8_state){ 0, 0x80, 0xbf };
	if (c >= 0xc2 && c <= 0xdf)
		st->need = 1;
	else if (c >= 0xe0 && c <= 0xef)
		st->need = 2;
	else if (c >= 0xf0 && c <= 0xf4)
		st->need = 3;
	else
		return false;
	if (c == 0xe0)
		st->low = 0xa0; /* overlong below */
	else if (c == 0xed)
		st->high = 0x9f; /* surrogates above */
	else if (c == 0xf0)
		st->low = 0x90; /* overlong below */
	else if (c == 0xf4)
		st->high = 0x8f; /* past 10FFFF above */
	return true;
}

bool
utf8_feed(struct utf8_state *st, const void *p, size_t len)
{
	const uint8_t *bytes = p;
	size_t i = 0;

	while (i < len) {
		if (st->need > 0) {
			if (bytes[i] < st->low || bytes[i] > st->high)
				return false;
			*st = (struct utf8_state){ (uint8_t)(st->need - 1),
				0x80, 0xbf };
			i++;
			continue;
		}
		i += ascii_run(bytes + i, len - i);
		if (i < len && !lead(st, bytes[i++]))
			return false;
	}
	return true;
}

bool
utf8_done(const struct utf8_state *st)
{
	return st->need == 0;
}

bool
utf8_valid(const void *p, size_t len)
{
	struct utf8_state st = { 0, 0, 0 };

	return utf8_feed(&st, p, len) && utf8_done(&st);
}

size_t
utf8_utf16_len(const void *p, size_t len)
{
	const uint8_t *bytes = p;
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			n += bytes[i] >= 0xf0 ? 2 : 1;
	}
	return n;
}

unsigned
utf8_decode(const void *p, size_t len, uint32_t *cp)
{
	struct utf8_state st;
	const uint8_t *bytes = p;
	uint32_t c = bytes[0];
	unsigned n = 1;

	*cp = c;
	if (c < 0x80)
		return 1;
	if (!lead(&st, bytes[0]))
		goto invalid;
	/* A lead byte of n bytes has n ones and a zero in front. */
	c &= 0x3fU >> st.need;
	for (; st.need > 0; st.need--, n++) {
		if (n >= len || bytes[n] < st.low || bytes[n] > st.high)
			goto invalid;
		c = c << 6 | (bytes[n] & 0x3f);
		st.low = 0x80;
		st.high = 0xbf;
	}
	*cp = c;
	return n;
invalid:
	*cp = 0xfffd;
	return 1;
}

unsigned
utf8_encode(char *out, uint32_t cp)
{
	if (cp < 0x80) {
		out[0] = (char)cp;
		return 1;
	}
	if (cp < 0x800) {
		out[0] = (char)(0xc0 | cp >> 6);
		out[1] = (char)(0x80 | (cp & 0x3f));
		return 2;
	}
	if (cp < 0x10000) {
		out[0] = (char)(0xe0 | cp >> 12);
		out[1] = (char)(0x80 | (cp >> 6 & 0x3f));
		out[2] = (char)(0x80 | (cp & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | cp >> 18);
	out[1] = (char)(0x80 | (cp >> 12 & 0x3f));
	out[2] = (char)(0x80 | (cp >> 6 & 0x3f));
	out[3] = (char)(0x80 | (cp & 0x3f));
	return 4;
}

bool
utf8_within(const struct utf8_range *ranges, size_t n, uint32_t cp)
{
	for (size_t i = 0; i < n; i++)
		if (cp >= ranges[i].first && cp <= ranges[i].last)
			return true;
	return false;
}
