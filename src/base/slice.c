#include "config.h"

#include "base/slice.h"

#include <string.h>

struct slice
slice_of(const char *s)
{
	if (s == NULL)
		return SLICE("");
	return (struct slice){ s, strlen(s) };
}

bool
slice_eq(struct slice a, struct slice b)
{
	/* An empty slice may point nowhere, which memcmp must not see. */
	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

bool
slice_is(struct slice a, const char *s)
{
	return slice_eq(a, slice_of(s));
}

/* Not tolower(): that depends on the locale. */
static char
ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool
slice_is_nocase(struct slice a, const char *s)
{
	struct slice b = slice_of(s);

	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		if (ascii_lower(a.p[i]) != ascii_lower(b.p[i]))
			return false;
	return true;
}

bool
slice_starts(struct slice a, const char *prefix)
{
	size_t len = strlen(prefix);

	return a.len >= len && (len == 0 || memcmp(a.p, prefix, len) == 0);
}

bool
slice_is_ascii(struct slice a)
{
	for (size_t i = 0; i < a.len; i++)
		if ((unsigned char)a.p[i] >= 0x80)
			return false;
	return true;
}

struct slice
slice_skip(struct slice a, size_t n)
{
	if (n > a.len)
		n = a.len;
	if (n > 0) {
		a.p += n;
		a.len -= n;
	}
	return a;
}

struct slice
slice_take_until(struct slice *s, char sep)
{
	const char *at = s->len > 0 ? memchr(s->p, sep, s->len) : NULL;
	struct slice front = *s;

	if (at != NULL)
		front.len = (size_t)(at - s->p);
	*s = slice_skip(*s, front.len + 1);
	return front;
}
