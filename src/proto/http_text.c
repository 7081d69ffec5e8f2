#include "config.h"

#include <errno.h>

#include "base/hex.h"
#include "proto/http.h"

/* Takes a decoded byte off: 1 to 255, or -EINVAL. plus: what a '+' is. */
static int
take_decoded(struct slice *s, int plus)
{
	int c = (unsigned char)s->p[0], high, low;

	if (c != '%') {
		*s = slice_skip(*s, 1);
		return c == '+' ? plus : c != '\0' ? c : -EINVAL;
	}
	if (s->len < 3)
		return -EINVAL;
	high = hex_value(s->p[1]);
	low = hex_value(s->p[2]);
	if (high < 0 || low < 0 || high + low == 0)
		return -EINVAL;
	*s = slice_skip(*s, 3);
	return high << 4 | low;
}

static bool
decodes_to(struct slice s, const char *want)
{
	for (; s.len > 0; want++)
		if (*want == '\0' ||
		    take_decoded(&s, ' ') != (unsigned char)*want)
			return false;
	return *want == '\0';
}

ssize_t
http_query_get(struct slice query, const char *key, char *out, size_t size)
{
	struct slice value;
	size_t n = 0;
	int c;

	for (;;) {
		if (query.len == 0)
			return -ENOENT;
		value = slice_take_until(&query, '&');
		if (decodes_to(slice_take_until(&value, '='), key))
			break;
	}
	while (value.len > 0) {
		c = take_decoded(&value, ' ');
		if (c < 0)
			return -EINVAL;
		if (n + 1 >= size)
			return -ENOBUFS;
		out[n++] = (char)c;
	}
	if (n >= size)
		return -ENOBUFS;
	out[n] = '\0';
	return (ssize_t)n;
}

static int
decode(struct slice in, int plus, struct buf *out)
{
	int c;

	while (in.len > 0) {
		c = take_decoded(&in, plus);
		if (c < 0)
			return -EINVAL;
		if (buf_putc(out, (char)c) != 0)
			return -ENOBUFS;
	}
	return 0;
}

int
http_form_decode(struct slice in, struct buf *out)
{
	return decode(in, ' ', out);
}

int
http_path_decode(struct slice in, struct buf *out)
{
	return decode(in, '+', out);
}

const char *
http_reason(int status)
{
	static const struct {
		int status;
		const char *reason;
	} reasons[] = {
		{ 100, "Continue" },
		{ 101, "Switching Protocols" },
		{ 200, "OK" },
		{ 204, "No Content" },
		{ 304, "Not Modified" },
		{ 308, "Permanent Redirect" },
		{ 400, "Bad Request" },
		{ 401, "Unauthorized" },
		{ 403, "Forbidden" },
		{ 404, "Not Found" },
		{ 405, "Method Not Allowed" },
		{ 408, "Request Timeout" },
		{ 413, "Content Too Large" },
		{ 414, "URI Too Long" },
		{ 415, "Unsupported Media Type" },
		{ 415, "Unsupported Media Type" },
		{ 426, "Upgrade Required" },
		{ 429, "Too Many Requests" },
		{ 431, "Request Header Fields Too Large" },
		{ 500, "Internal Server Error" },
		{ 501, "Not Implemented" },
		{ 503, "Service Unavailable" },
	};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "";
}
