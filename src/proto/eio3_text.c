#include "config.h"

#include "proto/eio3_text.h"

#include <errno.h>
#include <stdbool.h>

#include "base/utf8.h"

int
eio3_text_escape(struct buf *out, struct slice text)
{
	uint32_t cp;

	if (slice_is_ascii(text))
		return buf_append_slice(out, text);
	while (text.len > 0) {
		text = slice_skip(text, utf8_decode(text.p, text.len, &cp));
		if (cp < 0x80)
			buf_putc(out, (char)cp);
		else if (cp < 0x10000)
			buf_printf(out, "\\u%04x", (unsigned)cp);
		else
			buf_printf(out, "\\u%04x\\u%04x",
			    0xd7c0 + (unsigned)(cp >> 10),
			    0xdc00 + (unsigned)(cp & 0x3ff));
	}
	return out->failed ? -ENOBUFS : 0;
}

/* Feeds the characters as bytes; false if they are no UTF-8. */
static bool
is_double(struct slice text)
{
	struct utf8_state st = { 0 };
	uint32_t cp;
	uint8_t byte;

	while (text.len > 0) {
		text = slice_skip(text, utf8_decode(text.p, text.len, &cp));
		byte = (uint8_t)cp;
		if (cp > 0xff || !utf8_feed(&st, &byte, 1))
			return false;
	}
	return utf8_done(&st);
}

size_t
eio3_text_repair(char *text, size_t len)
{
	struct slice rest = { text, len };
	size_t n = 0;
	uint32_t cp;

	if (slice_is_ascii(rest) || !is_double(rest))
		return len;
	while (rest.len > 0) {
		rest = slice_skip(rest, utf8_decode(rest.p, rest.len, &cp));
		text[n++] = (char)cp;
	}
	return n;
}
