/*
 * HTTP responses: the same whether they come at once or in pieces. The first
 * byte is the size of the pieces.
 */
#include "config.h"

#include <stdlib.h>

#include "base/buf.h"
#include "fuzz.h"
#include "proto/http_response.h"

enum { LOG_MAX = 1 << 24, BODY_MAX = 2000 };

struct run {
	struct http_response_parser *parser;
	struct buf log;
	long verdict;
};

static void
note(struct run *r)
{
	struct http_response_parser *p = r->parser;
	int status = http_response_status(p);

	CHECK(status == 101 || (status >= 200 && status <= 999));
	CHECK(http_response_body(p)->len <= BODY_MAX);
	CHECK(status != 101 || http_response_body(p)->len == 0);
	buf_printf(&r->log, "%d %d\n", status, http_response_keep_alive(p));
	fuzz_note(&r->log, 't', buf_view(&http_response_fields(p)->text));
	fuzz_note(&r->log, 'b', buf_view(http_response_body(p)));
}

static bool
feed(void *arg, char *data, size_t len)
{
	struct run *r = arg;

	while (len > 0) {
		ssize_t n = http_response_parser_feed(r->parser, data, len);

		if (n < 0) {
			CHECK(!http_response_done(r->parser));
			r->verdict = n;
			return false;
		}
		CHECK((size_t)n <= len);
		CHECK((size_t)n == len || http_response_done(r->parser));
		if (!http_response_done(r->parser))
			return true;
		note(r);
		http_response_parser_reset(r->parser);
		CHECK(!http_response_done(r->parser));
		data += n;
		len -= (size_t)n;
	}
	return true;
}

static void
run(struct run *r, struct slice s, size_t step)
{
	*r = (struct run){ .verdict = 0 };
	buf_init(&r->log, LOG_MAX);
	r->parser = http_response_parser_new(BODY_MAX);
	fuzz_pieces(s, step, feed, r);
	if (r->verdict == 0) {
		r->verdict = http_response_parser_eof(r->parser);
		CHECK((r->verdict == 0) == http_response_done(r->parser));
		if (r->verdict == 0)
			note(r);
	}
	http_response_parser_free(r->parser);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	unsigned step = 1 + fuzz_byte(&in);
	struct run whole, pieces;

	run(&whole, fuzz_rest(&in), 0);
	run(&pieces, fuzz_rest(&in), step);
	/* with two faults, which of them is told may differ */
	CHECK((whole.verdict < 0) == (pieces.verdict < 0));
	CHECK(slice_eq(buf_view(&whole.log), buf_view(&pieces.log)));
	buf_deinit(&whole.log);
	buf_deinit(&pieces.log);
	return 0;
}
