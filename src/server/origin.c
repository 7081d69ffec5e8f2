#include "config.h"

#include "server/origin.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "net/address.h"

struct authority {
	struct slice host;
	int port; /* 0: none was given */
};

/* Characters of a name or an IPv4 address; within brackets of an IPv6 one. */
static bool
valid_host(struct slice s)
{
	static const char name[] = "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
	static const char ip6[] = "abcdefABCDEF0123456789:.";
	const char *set = name;

	if (s.len > 2 && s.p[0] == '[' && s.p[s.len - 1] == ']') {
		s = (struct slice){ s.p + 1, s.len - 2 };
		set = ip6;
	}
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] == '\0' || strchr(set, s.p[i]) == NULL)
			return false;
	return s.len > 0;
}

/* host or host:port, the host of an IPv6 address in brackets. */
static bool
parse_authority(struct slice s, struct authority *a)
{
	const char *from = s.p, *colon;

	a->host = s;
	a->port = 0;
	if (s.len == 0)
		return false;
	if (s.p[0] == '[') {
		from = memchr(s.p, ']', s.len);
		if (from == NULL)
			return false;
	}
	colon = memchr(from, ':', s.len - (size_t)(from - s.p));
	if (colon != NULL) {
		a->host.len = (size_t)(colon - s.p);
		a->port = address_parse_port(slice_skip(s, a->host.len + 1));
		if (a->port <= 0)
			return false;
	}
	return valid_host(a->host);
}

static bool
parse_origin(struct slice s, struct slice *scheme, struct authority *a)
{
	for (size_t i = 0; i + 3 <= s.len; i++) {
		char c = s.p[i];

		if (memcmp(s.p + i, "://", 3) == 0) {
			*scheme = (struct slice){ s.p, i };
			return i > 0 &&
			       parse_authority(slice_skip(s, i + 3), a);
		}
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			(i > 0 && ((c >= '0' && c <= '9') || c == '+' ||
				      c == '-' || c == '.'))))
			return false;
	}
	return false;
}

/* 0: we know none. */
static int
default_port(struct slice scheme)
{
	if (slice_is_nocase(scheme, "http"))
		return 80;
	return slice_is_nocase(scheme, "https") ? 443 : 0;
}

static bool
eq_nocase(struct slice a, struct slice b)
{
	return a.len == b.len && strncasecmp(a.p, b.p, a.len) == 0;
}

static bool
same_authority(
    const struct authority *a, const struct authority *b, int implied)
{
	return eq_nocase(a->host, b->host) &&
	       (a->port ? a->port : implied) == (b->port ? b->port : implied);
}

bool
origin_valid(struct slice s)
{
	struct slice scheme;
	struct authority a;

	return parse_origin(s, &scheme, &a);
}

enum origin_verdict
origin_check(const struct opt_list *listed, struct slice scheme,
    struct slice origin, struct slice host)
{
	struct slice page = SLICE(""), other;
	struct authority a, b;
	bool any = false, valid;

	if (origin.len == 0)
		return ORIGIN_NONE;
	valid = parse_origin(origin, &page, &a);
	if (valid && parse_authority(host, &b) &&
	    (scheme.len == 0 || eq_nocase(scheme, page)) &&
	    same_authority(&a, &b, default_port(page)))
		return ORIGIN_NONE;
	for (unsigned i = 0; i < listed->n; i++) {
		struct slice one = slice_of(listed->v[i]);

		if (slice_is(one, "*"))
			any = true;
		else if (valid && parse_origin(one, &other, &b) &&
			 eq_nocase(page, other) &&
			 same_authority(&a, &b, default_port(page)))
			return ORIGIN_LISTED;
	}
	return any ? ORIGIN_ANY : ORIGIN_REFUSED;
}

int
origin_put_secure(struct buf *out, struct slice host)
{
	struct authority a;

	if (!parse_authority(host, &a))
		return -EINVAL;
	buf_puts(out, "https://");
	buf_append_slice(out, a.host);
	return buf_printf(out, ":%d", a.port ? a.port : 80);
}
