#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "proto/http_response.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Feeds text in pieces of step bytes, up to the end of the response: the bytes
 * used or the error. */
static ssize_t
feed(struct http_response_parser *p, const char *text, size_t step)
{
	size_t len = strlen(text), used = 0;

	while (used < len && !http_response_done(p)) {
		size_t n = len - used < step ? len - used : step;
		ssize_t r = http_response_parser_feed(p, text + used, n);

		if (r < 0)
			return r;
		used += (size_t)r;
	}
	return (ssize_t)used;
}

static void
assert_body(struct http_response_parser *p, const char *text)
{
	assert_true(slice_is(buf_view(http_response_body(p)), text));
}

static void
a_response_in_pieces(void **state)
{
	static const char text[] = "HTTP/1.1 200 OK\r\n"
				   "Content-Type: text/plain \r\n"
				   "X-Empty:\r\n"
				   "Content-Length: 5\r\n\r\nhello";
	static const size_t steps[] = { 1, 2, 7, 64, SIZE_MAX };

	(void)state;
	for (size_t i = 0; i < COUNT(steps); i++) {
		struct http_response_parser *p = http_response_parser_new(5);
		const struct http_fields *f = http_response_fields(p);

		/* Twice on the same parser: nothing is left of the first. */
		for (int round = 0; round < 2; round++) {
			assert_int_equal(
			    feed(p, text, steps[i]), sizeof(text) - 1);
			assert_true(http_response_done(p));
			assert_int_equal(http_response_status(p), 200);
			assert_true(http_response_keep_alive(p));
			assert_body(p, "hello");
			assert_int_equal(f->n, 3);
			assert_true(slice_is(
			    http_fields_get(f, "content-type"), "text/plain"));
			assert_true(
			    slice_is(http_fields_get(f, "x-empty"), ""));
			http_response_parser_reset(p);
			assert_false(http_response_done(p));
			assert_int_equal(f->n, 0);
			assert_int_equal(http_response_body(p)->len, 0);
		}
		http_response_parser_free(p);
	}
}

static void
how_it_ends(void **state)
{
	static const struct {
		const char *text, *body;
		bool done, keep,
		    eof; /* eof: the end of the connection ends it */
		const char *rest;
	} cases[] = {
		{ "HTTP/1.1 204 No Content\r\n\r\n", "", true, true, false,
		    "" },
		{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
		  "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: x\r\n\r\nmore",
		    "abcde", true, true, false, "more" },
		{ "HTTP/1.1 200 OK\r\nConnection: close\r\n"
		  "Content-Length: 1\r\n\r\na",
		    "a", true, false, false, "" },
		{ "HTTP/1.0 200 OK\r\n\r\nuntil the end", "until the end",
		    false, false, true, "" },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort", "short",
		    false, false, false, "" },
		{ "HTTP/1.1 200 OK\r\nContent-", "", false, false, false, "" },
		/* Interim ones are skipped. */
		{ "HTTP/1.1 100 Continue\r\nA: b\r\n\r\n"
		  "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
		  "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
		    "ok", true, true, false, "" },
		/* They have no body, whatever they say. */
		{ "HTTP/1.1 100 Continue\r\nContent-Length: 5\r\n\r\n"
		  "HTTP/1.1 102 Processing\r\nTransfer-Encoding: x\r\n\r\n"
		  "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
		    "ok", true, true, false, "" },
		{ "HTTP/1.1 101 Switching Protocols\r\n"
		  "Content-Length: 2\r\n\r\nhi",
		    "", true, true, false, "hi" },
		/* What follows a 101 is another protocol's. */
		{ "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
		  "Connection: Upgrade\r\n\r\n\x81\x02hi",
		    "", true, true, false, "\x81\x02hi" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct http_response_parser *p = http_response_parser_new(100);
		ssize_t used = feed(p, cases[i].text, SIZE_MAX);

		assert_true(used >= 0);
		assert_int_equal(http_response_done(p), cases[i].done);
		assert_string_equal(cases[i].text + used, cases[i].rest);
		if (cases[i].done)
			assert_int_equal(
			    http_response_keep_alive(p), cases[i].keep);
		else
			assert_int_equal(http_response_parser_eof(p),
			    cases[i].eof ? 0 : -ECONNRESET);
		assert_body(p, cases[i].body);
		http_response_parser_free(p);
	}
}

static void
what_is_refused(void **state)
{
	static const struct {
		const char *text;
		int error;
	} cases[] = {
		{ "SSH-2.0-OpenSSH\r\n", -EINVAL },
		{ "{\"sid\":1}", -EINVAL },
		{ "HTTP/2.0 200 OK\r\n\r\n", -EINVAL },
		{ "HTTP/1.1 OK\r\n\r\n", -EINVAL },
		{ "HTTP/1.1  /\r\n\r\n", -EINVAL },
		{ "HTTP/1.1 99 OK\r\n\r\n", -EINVAL },
		{ "HTTP/1.1 200 OK\r\n: no name\r\n\r\n", -EINVAL },
		{ "HTTP/1.1 200 OK\r\nA b: c\r\n\r\n", -EINVAL },
		{ "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", -EINVAL },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
		    -EMSGSIZE },
		{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
		  "ffffff\r\nabcdef",
		    -EMSGSIZE },
		{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nz\r\n",
		    -EINVAL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		for (size_t step = 1; step < 100; step += 33) {
			struct http_response_parser *p =
			    http_response_parser_new(4);

			assert_int_equal(
			    feed(p, cases[i].text, step), cases[i].error);
			http_response_parser_free(p);
		}
}

/* A server that sends much for a body that never grows. */
static void
chunks_are_bounded(void **state)
{
	static const char unit[] = "1;aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\nx\r\n";
	struct http_response_parser *p = http_response_parser_new(100000);
	ssize_t r =
	    feed(p, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", 9);
	size_t n = 0;

	(void)state;
	for (; r >= 0 && n < 100000; n++)
		r = feed(p, unit, SIZE_MAX);
	assert_int_equal(r, -EMSGSIZE);
	assert_true(n < 5000);
	http_response_parser_free(p);
}

/* A server that sends a head without end. */
static void
heads_are_bounded(void **state)
{
	static const struct {
		const char *lead, *unit;
	} cases[] = {
		{ "HTTP/1.1 200 OK\r\n", "a: b\r\n" },
		{ "HTTP/1.1 200 OK\r\na: ", "bbbbbbbb" },
		{ "HTTP/1.1 200 OK\r\n", "aaaaaaaa" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct http_response_parser *p = http_response_parser_new(4);
		ssize_t r = feed(p, cases[i].lead, SIZE_MAX);
		size_t n = 0;

		while (r >= 0 && n < 100000) {
			r = feed(p, cases[i].unit, SIZE_MAX);
			n += strlen(cases[i].unit);
		}
		assert_int_equal(r, -EMSGSIZE);
		assert_true(n <= HTTP_HEAD_MAX + 16);
		http_response_parser_free(p);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_response_in_pieces),
		cmocka_unit_test(how_it_ends),
		cmocka_unit_test(what_is_refused),
		cmocka_unit_test(heads_are_bounded),
		cmocka_unit_test(chunks_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
