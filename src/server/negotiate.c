#include "config.h"

#include "server/negotiate.h"

#include <string.h>

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct slice
trim(struct slice s)
{
	while (s.len > 0 && is_blank(s.p[0]))
		s = slice_skip(s, 1);
	while (s.len > 0 && is_blank(s.p[s.len - 1]))
		s.len--;
	return s;
}

/* Takes what is before the next sep, trimmed; false at the end. */
static bool
next_part(struct slice *s, char sep, struct slice *part)
{
	const char *end;

	if (s->len == 0)
		return false;
	end = memchr(s->p, sep, s->len);
	*part = *s;
	if (end != NULL)
		part->len = (size_t)(end - s->p);
	*s = slice_skip(*s, part->len + 1);
	*part = trim(*part);
	return true;
}

/* Is there a parameter q that is zero? "0", "0.", "0.0" to "0.000". */
static bool
is_refused(struct slice params)
{
	struct slice one;

	while (next_part(&params, ';', &one)) {
		if (one.len < 3 || (one.p[0] != 'q' && one.p[0] != 'Q') ||
		    one.p[1] != '=')
			continue;
		one = slice_skip(one, 2);
		for (size_t i = 0; i < one.len; i++)
			if (one.p[i] != '0' && one.p[i] != '.')
				return false;
		return true;
	}
	return false;
}

bool
accepts_gzip(struct slice accept_encoding)
{
	struct slice one, coding;
	int gzip = -1, any = -1; /* -1: not named */

	while (next_part(&accept_encoding, ',', &one)) {
		if (!next_part(&one, ';', &coding))
			continue;
		if (slice_is_nocase(coding, "gzip") ||
		    slice_is_nocase(coding, "x-gzip"))
			gzip = !is_refused(one);
		else if (slice_is(coding, "*"))
			any = !is_refused(one);
	}
	return gzip >= 0 ? gzip : any > 0;
}

/* Takes `"..."`, maybe behind W/, off the front; false if there is none. */
static bool
next_etag(struct slice *s, struct slice *etag)
{
	const char *end;

	while (s->len > 0 && (is_blank(s->p[0]) || s->p[0] == ','))
		*s = slice_skip(*s, 1);
	if (slice_starts(*s, "W/"))
		*s = slice_skip(*s, 2);
	if (s->len < 2 || s->p[0] != '"')
		return false;
	end = memchr(s->p + 1, '"', s->len - 1);
	if (end == NULL)
		return false;
	*etag = (struct slice){ s->p, (size_t)(end - s->p) + 1 };
	*s = slice_skip(*s, etag->len);
	return true;
}

bool
etag_matches(struct slice if_none_match, const char *etag)
{
	struct slice one;

	if_none_match = trim(if_none_match);
	if (slice_is(if_none_match, "*"))
		return true;
	while (next_etag(&if_none_match, &one))
		if (slice_is(one, etag))
			return true;
	return false;
}
