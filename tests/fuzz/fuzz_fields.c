/*
 * What a request says besides: its query and forms, and the fields that
 * routes look at. The first byte is the length of a key, or of an Origin.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "fuzz.h"
#include "proto/http.h"
#include "server/negotiate.h"
#include "server/origin.h"

enum { SMALL = 16 };

static void
check_query(struct slice query, const char *key)
{
	size_t size = query.len + 1;
	char *out = malloc(size);
	char small[SMALL];
	ssize_t n = http_query_get(query, key, out, size), m;

	CHECK(n >= 0 || n == -ENOENT || n == -EINVAL);
	if (n >= 0) {
		CHECK((size_t)n < size && out[n] == '\0');
		CHECK(strlen(out) == (size_t)n);
	}
	m = http_query_get(query, key, small, sizeof(small));
	if (n >= 0 && n < SMALL)
		CHECK(m == n && strcmp(small, out) == 0);
	else
		CHECK(m < 0);
	free(out);
}

static void
check_form(struct slice s)
{
	struct buf out;
	int rc;

	buf_init(&out, s.len);
	rc = http_form_decode(s, &out);
	CHECK(rc == 0 || rc == -EINVAL);
	CHECK(out.len <= s.len);
	CHECK(out.len == 0 || memchr(out.p, '\0', out.len) == NULL);
	buf_deinit(&out);
}

/* Who is let in must have a right to. */
static void
check_origin(struct slice origin, struct slice host)
{
	static const struct opt_list none = { .n = 0 };
	static const struct opt_list one = {
		.v = { "https://chat.example" },
		.n = 1,
	};
	static const struct opt_list any = { .v = { "*" }, .n = 1 };
	enum origin_verdict v = origin_check(&none, SLICE(""), origin, host);

	CHECK(v == ORIGIN_NONE || v == ORIGIN_REFUSED);
	if (v == ORIGIN_NONE && origin.len > 0) {
		CHECK(origin_valid(origin));
		CHECK(host.len > 0);
	}
	CHECK(origin_check(&any, SLICE(""), origin, host) != ORIGIN_REFUSED);
	if (origin_check(&one, SLICE(""), origin, host) == ORIGIN_LISTED)
		CHECK(slice_is_nocase(origin, "https://chat.example") ||
		      slice_is_nocase(origin, "https://chat.example:443"));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	unsigned n = fuzz_byte(&in);
	struct slice first = fuzz_take(&in, n), rest = fuzz_rest(&in);
	char *a = fuzz_copy(first), *b = fuzz_copy(rest);
	struct buf key;
	char *k;

	first.p = a;
	rest.p = b;
	buf_init(&key, first.len + 1);
	buf_append_slice(&key, first);
	k = buf_steal(&key);
	check_query(rest, k);
	check_query(rest, "sid");
	check_form(rest);
	check_origin(first, rest);
	accepts_gzip(rest);
	etag_matches(rest, "\"abc\"");
	free(k);
	free(a);
	free(b);
	return 0;
}
