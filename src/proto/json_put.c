#include "config.h"

#include <errno.h>
#include <string.h>

#include "proto/json.h"

/*
 * Bytes of s that can stand in a string as they are, and of the escape that
 * comes then: 0 at the end, 1, or 3 (U+2028, U+2029).
 */
static size_t
plain_run(struct slice s, size_t *escape)
{
	const unsigned char *p = (const unsigned char *)s.p;

	for (size_t i = 0; i < s.len; i++) {
		*escape = 1;
		if (p[i] < ' ' || p[i] == '"' || p[i] == '\\')
			return i;
		*escape = 3;
		if (p[i] == 0xe2 && s.len - i >= 3 && p[i + 1] == 0x80 &&
		    (p[i + 2] & 0xfe) == 0xa8)
			return i;
	}
	*escape = 0;
	return s.len;
}

static int
put_escape(struct buf *out, struct slice s, size_t len)
{
	static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
	const char *at = s.p[0] != '\0' ? strchr(from, s.p[0]) : NULL;

	if (len == 3)
		return buf_puts(
		    out, (unsigned char)s.p[2] == 0xa8 ? "\\u2028" : "\\u2029");
	if (at != NULL)
		return buf_printf(out, "\\%c", to[at - from]);
	return buf_printf(out, "\\u%04x", (unsigned)s.p[0]);
}

int
json_put_string(struct buf *out, struct slice s)
{
	size_t run, escape;

	if (buf_putc(out, '"') != 0)
		return -ENOBUFS;
	do {
		run = plain_run(s, &escape);
		if (buf_append(out, s.p, run) != 0)
			return -ENOBUFS;
		s = slice_skip(s, run);
		if (escape > 0 && put_escape(out, s, escape) != 0)
			return -ENOBUFS;
		s = slice_skip(s, escape);
	} while (escape > 0);
	return buf_putc(out, '"');
}
