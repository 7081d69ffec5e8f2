#include "config.h"

#include "base/msgid.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

struct msgid
msgid_next(struct msgid *last, uint64_t now_ms)
{
	if (now_ms > last->ms)
		*last = (struct msgid){ now_ms, 0, 0 };
	else if (last->n < UINT64_MAX)
		*last = (struct msgid){ last->ms, last->n + 1, 0 };
	else
		*last = (struct msgid){ last->ms + 1, 0, 0 };
	return *last;
}

unsigned
msgid_format(char out[MSGID_STR_MAX], struct msgid id)
{
	int len =
	    snprintf(out, MSGID_STR_MAX, "%" PRIu64 "-%" PRIu64, id.ms, id.n);

	if (id.sub > 0)
		len += snprintf(out + len, MSGID_STR_MAX - (size_t)len,
		    ".%" PRIu64, id.sub);
	return (unsigned)len;
}

/* Takes digits off the front of s; false if there are none or too many. */
static bool
take_number(struct slice *s, uint64_t *n)
{
	size_t i;
	uint64_t d;

	*n = 0;
	for (i = 0; i < s->len && s->p[i] >= '0' && s->p[i] <= '9'; i++) {
		d = (uint64_t)(s->p[i] - '0');
		if (*n > (UINT64_MAX - d) / 10)
			return false;
		*n = *n * 10 + d;
	}
	*s = slice_skip(*s, i);
	return i > 0;
}

int
msgid_parse(struct slice s, struct msgid *id)
{
	struct msgid got = { 0, 0, 0 };

	if (!take_number(&s, &got.ms) || !slice_starts(s, "-"))
		return -EINVAL;
	s = slice_skip(s, 1);
	if (!take_number(&s, &got.n))
		return -EINVAL;
	if (slice_starts(s, ".")) {
		s = slice_skip(s, 1);
		if (!take_number(&s, &got.sub) || got.sub == 0)
			return -EINVAL;
	}
	if (s.len > 0)
		return -EINVAL;
	*id = got;
	return 0;
}

int
msgid_cmp(struct msgid a, struct msgid b)
{
	if (a.ms != b.ms)
		return a.ms < b.ms ? -1 : 1;
	if (a.n != b.n)
		return a.n < b.n ? -1 : 1;
	if (a.sub != b.sub)
		return a.sub < b.sub ? -1 : 1;
	return 0;
}
