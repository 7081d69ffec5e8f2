/*
 * HTTP requests: the same whether they come at once or in pieces. The first
 * byte is the size of the pieces, the second how they are served.
 */
#include "config.h"

#include <stdlib.h>

#include "base/buf.h"
#include "fuzz.h"
#include "proto/http.h"

enum { LOG_MAX = 1 << 24, STOP = 1 };

struct run {
	struct http_parser *parser;
	struct buf log, body;
	unsigned how;
	bool in_request;
	long verdict;
};

static void
note_head(struct run *r)
{
	const struct http_head *h = http_parser_head(r->parser);

	CHECK(h->method.len > 0);
	CHECK(h->target.len > 0);
	CHECK(h->target.len <= HTTP_TARGET_MAX);
	CHECK(h->path.len + h->query.len <= h->target.len);
	CHECK(h->minor <= 1);
	CHECK(fuzz_is_clean(h->method, ""));
	fuzz_note(&r->log, 'm', h->method);
	fuzz_note(&r->log, 't', h->target);
	fuzz_note(&r->log, 'p', h->path);
	fuzz_note(&r->log, 'q', h->query);
	buf_printf(&r->log, "%u %d %d %d %d %llu\n", h->minor, h->keep_alive,
	    h->upgrade, h->expect_continue, h->has_body,
	    (unsigned long long)h->content_length);
	fuzz_note(&r->log, 'H', http_field(r->parser, "Host"));
	CHECK(h->minor == 0 || http_field(r->parser, "host").p != NULL);
	buf_printf(&r->log, "%d\n",
	    http_field_has(r->parser, "Connection", "upgrade"));
}

static bool
on_event(void *arg, enum http_event ev, struct slice data)
{
	struct run *r = arg;

	CHECK(r->in_request == (ev != HTTP_HEAD));
	switch (ev) {
	case HTTP_HEAD:
		r->in_request = true;
		note_head(r);
		return true;
	case HTTP_BODY:
		CHECK(data.len > 0);
		CHECK(http_parser_head(r->parser)->has_body);
		buf_append_slice(&r->body, data);
		return true;
	case HTTP_END:
		r->in_request = false;
		fuzz_note(&r->log, 'b', buf_view(&r->body));
		buf_clear(&r->body);
		return (r->how & STOP) == 0;
	}
	return true;
}

static bool
feed(void *arg, char *data, size_t len)
{
	struct run *r = arg;

	while (len > 0) {
		ssize_t n = http_parser_feed(r->parser, data, len);

		if (n < 0) {
			CHECK(n == HTTP_BAD_REQUEST || n == HTTP_URI_TOO_LONG ||
			      n == HTTP_HEADERS_TOO_LARGE);
			r->verdict = n;
			return false;
		}
		CHECK((size_t)n <= len);
		CHECK((size_t)n == len || !r->in_request);
		data += n;
		len -= (size_t)n;
	}
	return true;
}

static void
run(struct run *r, struct slice s, size_t step, unsigned how)
{
	*r = (struct run){ .how = how };
	buf_init(&r->log, LOG_MAX);
	buf_init(&r->body, LOG_MAX);
	r->parser = http_parser_new(on_event, r);
	fuzz_pieces(s, step, feed, r);
	http_parser_free(r->parser);
	buf_deinit(&r->body);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	unsigned step = 1 + fuzz_byte(&in), how = fuzz_byte(&in);
	struct run whole, pieces;

	run(&whole, fuzz_rest(&in), 0, how);
	run(&pieces, fuzz_rest(&in), step, how ^ STOP);
	/* with two faults, which of them is told may differ */
	CHECK((whole.verdict < 0) == (pieces.verdict < 0));
	CHECK(slice_eq(buf_view(&whole.log), buf_view(&pieces.log)));
	buf_deinit(&whole.log);
	buf_deinit(&pieces.log);
	return 0;
}
