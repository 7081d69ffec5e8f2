#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "proto/http.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

enum { EVENTS_MAX = 200000 };

/*
 * Events as text: "H:method path?query minor flags|", "B:body|" (pieces
 * joined), "E|". Flags: k keep-alive, u upgrade, c expects 100, b has a body,
 * and the body's length, or "*".
 */
struct sink {
	struct http_parser *parser;
	struct buf events;
	bool in_body, stop;
};

static void
put_head(struct sink *s)
{
	const struct http_head *h = http_parser_head(s->parser);

	buf_printf(&s->events, "H:%.*s %.*s?%.*s %u ", SLICE_ARG(h->method),
	    SLICE_ARG(h->path), SLICE_ARG(h->query), h->minor);
	buf_puts(&s->events, h->keep_alive ? "k" : "");
	buf_puts(&s->events, h->upgrade ? "u" : "");
	buf_puts(&s->events, h->expect_continue ? "c" : "");
	buf_puts(&s->events, h->has_body ? "b" : "");
	if (h->content_length == UINT64_MAX)
		buf_putc(&s->events, '*');
	else
		buf_printf(&s->events, "%u", (unsigned)h->content_length);
	buf_putc(&s->events, '|');
}

static bool
on_event(void *arg, enum http_event ev, struct slice data)
{
	struct sink *s = arg;

	if (ev == HTTP_BODY) {
		assert_true(data.len > 0);
		if (!s->in_body)
			buf_puts(&s->events, "B:");
		s->in_body = true;
		assert_int_equal(buf_append_slice(&s->events, data), 0);
		return true;
	}
	if (s->in_body)
		buf_putc(&s->events, '|');
	s->in_body = false;
	if (ev == HTTP_HEAD) {
		put_head(s);
		return true;
	}
	buf_puts(&s->events, "E|");
	return !s->stop;
}

static void
sink_open(struct sink *s)
{
	*s = (struct sink){ .parser = http_parser_new(on_event, s) };
	buf_init(&s->events, EVENTS_MAX);
}

static void
sink_close(struct sink *s)
{
	http_parser_free(s->parser);
	buf_deinit(&s->events);
}

/* Feeds a copy in memory of the very size, all of it or up to an upgrade. */
static ssize_t
feed_piece(struct sink *s, const char *p, size_t len)
{
	char *copy = xmalloc(len + !len);
	size_t used = 0;
	ssize_t n = 0;

	assert_non_null(copy);
	memcpy(copy, p, len);
	while (used < len) {
		n = http_parser_feed(s->parser, copy + used, len - used);
		if (n < 0)
			break;
		assert_in_range(n, 1, len - used);
		used += (size_t)n;
		if (used < len && http_parser_head(s->parser)->upgrade)
			break;
	}
	free(copy);
	return n < 0 ? n : (ssize_t)used;
}

/* In pieces of step bytes; first: the length of the first one. */
static ssize_t
feed(struct sink *s, struct slice in, size_t first, size_t step)
{
	size_t used = 0, n = first;
	ssize_t rc;

	while (used < in.len) {
		if (n > in.len - used)
			n = in.len - used;
		rc = feed_piece(s, in.p + used, n);
		if (rc < 0)
			return rc;
		used += (size_t)rc;
		if ((size_t)rc < n)
			break;
		n = step;
	}
	return (ssize_t)used;
}

/* At once, byte by byte, and cut in two everywhere. result: bytes used, or an
 * error; want NULL: no matter. */
static void
check(struct slice in, const char *want, ssize_t result)
{
	for (size_t cut = 0; cut <= in.len; cut++) {
		struct sink s;
		ssize_t rc;

		sink_open(&s);
		rc = feed(&s, in, cut > 0 ? cut : 1, cut > 0 ? in.len : 1);
		if (rc != result)
			fail_msg("%zd at %zu of: %.*s", rc, cut, SLICE_ARG(in));
		if (want != NULL && !slice_is(buf_view(&s.events), want))
			fail_msg("%.*s\nat %zu of: %.*s",
			    SLICE_ARG(buf_view(&s.events)), cut, SLICE_ARG(in));
		if (rc < 0) /* for good */
			assert_int_equal(
			    http_parser_feed(s.parser, "G", 1), rc);
		sink_close(&s);
	}
}

#define HOST "Host: a\r\n"
#define NEXT "GET /n HTTP/1.1\r\n" HOST "\r\n"
#define NEXT_EVENTS "H:GET /n? 1 k0|E|"
#define POST "POST / HTTP/1.1\r\n" HOST
#define CHUNKED POST "Transfer-Encoding: chunked\r\n\r\n"
#define CHUNKED_HEAD "H:POST /? 1 kb*|"

static void
requests(void **state)
{
	static const struct {
		const char *in, *want;
	} rows[] = {
		{ "GET / HTTP/1.1\r\n" HOST "\r\n", "H:GET /? 1 k0|E|" },
		{ NEXT NEXT NEXT, NEXT_EVENTS NEXT_EVENTS NEXT_EVENTS },
		{ "\r\n\r\n" NEXT "\r\n" NEXT, NEXT_EVENTS NEXT_EVENTS },
		{ "HEAD /a/b?c=d?e HTTP/1.1\r\n" HOST "\r\n",
		    "H:HEAD /a/b?c=d?e 1 k0|E|" },
		{ "PUT /? HTTP/1.1\r\n" HOST "\r\n", "H:PUT /? 1 k0|E|" },
		{ "OPTIONS * HTTP/1.1\r\n" HOST "\r\n",
		    "H:OPTIONS *? 1 k0|E|" },
		{ "GET http://a.b:1/c?d HTTP/1.1\r\n" HOST "\r\n",
		    "H:GET /c?d 1 k0|E|" },
		{ "GET https://a HTTP/1.1\r\n" HOST "\r\n",
		    "H:GET /? 1 k0|E|" },
		{ "GET http://a?b HTTP/1.1\r\n" HOST "\r\n",
		    "H:GET /?b 1 k0|E|" },
		/* keep-alive */
		{ "GET / HTTP/1.0\r\n\r\n", "H:GET /? 0 0|E|" },
		{ "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n",
		    "H:GET /? 0 k0|E|" },
		{ "GET / HTTP/1.1\r\n" HOST "Connection: x , Close\r\n\r\n",
		    "H:GET /? 1 0|E|" },
		{ "GET / HTTP/1.1\r\n" HOST "Connection: x\r\n"
		  "Connection: close\r\n\r\n",
		    "H:GET /? 1 0|E|" },
		{ "GET / HTTP/1.1\r\n" HOST "Connection: closed\r\n\r\n",
		    "H:GET /? 1 k0|E|" },
		/* bodies */
		{ POST "Content-Length: 5\r\n\r\nhello" NEXT,
		    "H:POST /? 1 kb5|B:hello|E|" NEXT_EVENTS },
		{ POST "Content-Length: 0\r\n\r\n" NEXT,
		    "H:POST /? 1 k0|E|" NEXT_EVENTS },
		{ POST "content-length:  3  \r\n\r\nabc",
		    "H:POST /? 1 kb3|B:abc|E|" },
		{ POST "\r\n" NEXT, "H:POST /? 1 k0|E|" NEXT_EVENTS },
		{ POST "Expect: 100-Continue\r\nContent-Length: 1\r\n\r\nx",
		    "H:POST /? 1 kcb1|B:x|E|" },
		{ "POST / HTTP/1.0\r\nExpect: 100-continue\r\n"
		  "Content-Length: 1\r\n\r\nx",
		    "H:POST /? 0 b1|B:x|E|" },
		{ CHUNKED "5\r\nhello\r\n0\r\n\r\n" NEXT,
		    CHUNKED_HEAD "B:hello|E|" NEXT_EVENTS },
		{ CHUNKED "1\r\na\r\n00A\r\n0123456789\r\n0\r\n\r\n",
		    CHUNKED_HEAD "B:a0123456789|E|" },
		{ CHUNKED "0\r\n\r\n" NEXT, CHUNKED_HEAD "E|" NEXT_EVENTS },
		{ CHUNKED "3;a=b\r\nabc\r\n0\r\n\r\n",
		    CHUNKED_HEAD "B:abc|E|" },
		{ CHUNKED "1\r\na\r\n0\r\nT: x\r\nHost: b\r\n\r\n" NEXT,
		    CHUNKED_HEAD "B:a|E|" NEXT_EVENTS },
		{ POST "Transfer-Encoding: Chunked\r\n\r\n0\r\n\r\n",
		    CHUNKED_HEAD "E|" },
		/* odd, and allowed */
		{ "GET / HTTP/1.1\r\n" HOST "X:\r\nY: \r\nZ: \xc3\xa9\t\r\n"
		  "!#$%&'*+-.^_`|~9: x\r\n\r\n",
		    "H:GET /? 1 k0|E|" },
		{ "GET / HTTP/1.1\r\nHost:\r\n\r\n", "H:GET /? 1 k0|E|" },
		{ "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n",
		    "H:GET /? 1 k0|E|" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		check(slice_of(rows[i].in), rows[i].want,
		    (ssize_t)strlen(rows[i].in));
}

static void
refused(void **state)
{
	static const struct slice rows[] = {
		/* the request line */
		SLICE_INIT("get / HTTP/1.1\r\n" HOST "\r\n"),
		SLICE_INIT("NOPE / HTTP/1.1\r\n" HOST "\r\n"),
		SLICE_INIT("GET / HTTP/1.1 \r\n" HOST "\r\n"),
		SLICE_INIT("GET  / HTTP/1.1\r\n" HOST "\r\n"),
		SLICE_INIT("GET /  HTTP/1.1\r\n" HOST "\r\n"),
		SLICE_INIT("GET / x HTTP/1.1\r\n" HOST "\r\n"),
		SLICE_INIT(" GET / HTTP/1.1\r\n" HOST "\r\n"),
		SLICE_INIT("GET\t/ HTTP/1.1\r\n" HOST "\r\n"),
		SLICE_INIT("GET /\tHTTP/1.1\r\n" HOST "\r\n"),
		SLICE_INIT("GET /a\tb HTTP/1.1\r\n" HOST "\r\n"),
		SLICE_INIT("GET /a\0b HTTP/1.1\r\n" HOST "\r\n"),
		SLICE_INIT("GET /\xc3\xa9 HTTP/1.1\r\n" HOST "\r\n"),
		SLICE_INIT("GET /\x7f HTTP/1.1\r\n" HOST "\r\n"),
		SLICE_INIT("GET /#a HTTP/1.1\r\n" HOST "\r\n"),
		SLICE_INIT("GET a HTTP/1.1\r\n" HOST "\r\n"),
		SLICE_INIT("GET * x HTTP/1.1\r\n" HOST "\r\n"),
		SLICE_INIT("GET ftp://a/ HTTP/1.1\r\n" HOST "\r\n"),
		SLICE_INIT("CONNECT a:80 HTTP/1.1\r\n" HOST "\r\n"),
		SLICE_INIT("GET /\r\n\r\n"),
		SLICE_INIT("GET / HTTP\r\n" HOST "\r\n"),
		SLICE_INIT("GET / HTTP/\r\n" HOST "\r\n"),
		SLICE_INIT("GET / HTTP/1\r\n" HOST "\r\n"),
		SLICE_INIT("GET / HTTP/1.\r\n" HOST "\r\n"),
		SLICE_INIT("GET / HTTP/1.2\r\n" HOST "\r\n"),
		SLICE_INIT("GET / HTTP/1.10\r\n" HOST "\r\n"),
		SLICE_INIT("GET / HTTP/0.9\r\n" HOST "\r\n"),
		SLICE_INIT("GET / HTTP/2.0\r\n" HOST "\r\n"),
		SLICE_INIT("GET / http/1.1\r\n" HOST "\r\n"),
		SLICE_INIT("GET / RTSP/1.0\r\n" HOST "\r\n"),
		SLICE_INIT("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
		SLICE_INIT("\n" NEXT),
		SLICE_INIT("\r" NEXT),
		SLICE_INIT("\r\n \r\n" NEXT),
		SLICE_INIT("\x16\x03\x01\x02"), /* TLS */
		/* lines */
		SLICE_INIT("GET / HTTP/1.1\n" HOST "\r\n"),
		SLICE_INIT("GET / HTTP/1.1\r\nHost: a\n\r\n"),
		SLICE_INIT("GET / HTTP/1.1\r\n" HOST "\n"),
		SLICE_INIT("GET / HTTP/1.1\r" HOST "\r\n"),
		SLICE_INIT("GET / HTTP/1.1\r\nHost: a\r\r\n\r\n"),
		SLICE_INIT("GET / HTTP/1.1\r\n" HOST "\rX: y\r\n\r\n"),
		SLICE_INIT("GET / HTTP/1.1\r\n" HOST "X: a\rb\r\n\r\n"),
		SLICE_INIT("GET / HTTP/1.1\r\n" HOST "X: a\0b\r\n\r\n"),
		SLICE_INIT("GET / HTTP/1.1\r\n" HOST "X: a\x01\r\n\r\n"),
		SLICE_INIT("GET / HTTP/1.1\r\n" HOST "X: a\x7f\r\n\r\n"),
		SLICE_INIT("GET / HTTP/1.1\r\n" HOST "X: a\r\n b\r\n\r\n"),
		SLICE_INIT("GET / HTTP/1.1\r\n" HOST "X: a\r\n\tb\r\n\r\n"),
		SLICE_INIT("GET / HTTP/1.1\r\n " HOST "\r\n"),
		/* field names */
		SLICE_INIT("GET / HTTP/1.1\r\n" HOST ": x\r\n\r\n"),
		SLICE_INIT("GET / HTTP/1.1\r\n" HOST "X\r\n\r\n"),
		SLICE_INIT("GET / HTTP/1.1\r\n" HOST "X : y\r\n\r\n"),
		SLICE_INIT("GET / HTTP/1.1\r\n" HOST "X Y: z\r\n\r\n"),
		SLICE_INIT("GET / HTTP/1.1\r\n" HOST "X\t: y\r\n\r\n"),
		SLICE_INIT("GET / HTTP/1.1\r\n" HOST "X(: y\r\n\r\n"),
		SLICE_INIT("GET / HTTP/1.1\r\n" HOST "\xc3\xa9: y\r\n\r\n"),
		SLICE_INIT("GET / HTTP/1.1\r\n" HOST "X\0: y\r\n\r\n"),
		/* hosts */
		SLICE_INIT("GET / HTTP/1.1\r\n\r\n"),
		SLICE_INIT("GET / HTTP/1.1\r\n" HOST HOST "\r\n"),
		SLICE_INIT("GET / HTTP/1.1\r\n" HOST "hOST: b\r\n\r\n"),
		SLICE_INIT("GET / HTTP/1.0\r\n" HOST HOST "\r\n"),
		SLICE_INIT("GET / HTTP/1.1\r\nHost: a b\r\n\r\n"),
		SLICE_INIT("GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"),
		SLICE_INIT("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"),
		SLICE_INIT("GET / HTTP/1.1\r\nHost: x@a\r\n\r\n"),
		/* lengths */
		SLICE_INIT(POST "Content-Length:\r\n\r\n"),
		SLICE_INIT(POST "Content-Length: +5\r\n\r\nhello"),
		SLICE_INIT(POST "Content-Length: -1\r\n\r\n"),
		SLICE_INIT(POST "Content-Length: 5,5\r\n\r\nhello"),
		SLICE_INIT(POST "Content-Length: 5 5\r\n\r\nhello"),
		SLICE_INIT(POST "Content-Length: 0x5\r\n\r\nhello"),
		SLICE_INIT(POST "Content-Length: 5.0\r\n\r\nhello"),
		SLICE_INIT(POST "Content-Length: a\r\n\r\n"),
		SLICE_INIT(POST "Content-Length: 9223372036854775808\r\n\r\n"),
		SLICE_INIT(POST "Content-Length: 18446744073709551615\r\n"
				"\r\n"),
		SLICE_INIT(POST "Content-Length: 18446744073709551621\r\n"
				"\r\nhello"),
		SLICE_INIT(POST "Content-Length: 5\r\n"
				"Content-Length: 5\r\n\r\nhello"),
		SLICE_INIT(POST "Content-Length: 5\r\n"
				"content-length: 6\r\n\r\nhello"),
		SLICE_INIT(POST "Content-Length: 0\r\n"
				"Content-Length: 0\r\n\r\n"),
		/* codings */
		SLICE_INIT(POST "Content-Length: 5\r\n"
				"Transfer-Encoding: chunked\r\n\r\n"
				"0\r\n\r\n"),
		SLICE_INIT(POST "Transfer-Encoding: chunked\r\n"
				"Content-Length: 5\r\n\r\n0\r\n\r\n"),
		SLICE_INIT(POST "Transfer-Encoding: chunked\r\n"
				"Transfer-Encoding: chunked\r\n\r\n"
				"0\r\n\r\n"),
		SLICE_INIT(POST "Transfer-Encoding: gzip, chunked\r\n\r\n"
				"0\r\n\r\n"),
		SLICE_INIT(POST "Transfer-Encoding: chunked, gzip\r\n\r\n"),
		SLICE_INIT(POST "Transfer-Encoding: chunked, identity\r\n"
				"\r\n"),
		SLICE_INIT(POST "Transfer-Encoding: identity\r\n\r\n"),
		SLICE_INIT(POST "Transfer-Encoding: xchunked\r\n\r\n"),
		SLICE_INIT(POST "Transfer-Encoding: \"chunked\"\r\n\r\n"),
		SLICE_INIT(POST "Transfer-Encoding:\r\n\r\n"),
		SLICE_INIT(POST "Transfer-Encoding : chunked\r\n\r\n"
				"0\r\n\r\n"),
		SLICE_INIT(POST "Transfer-Encoding:\x0b"
				"chunked\r\n\r\n0\r\n\r\n"),
		SLICE_INIT("POST / HTTP/1.0\r\n"
			   "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
		/* chunks */
		SLICE_INIT(CHUNKED "x\r\n"),
		SLICE_INIT(CHUNKED "\r\n"),
		SLICE_INIT(CHUNKED " 1\r\na\r\n0\r\n\r\n"),
		SLICE_INIT(CHUNKED "1 \r\na\r\n0\r\n\r\n"),
		SLICE_INIT(CHUNKED "0x1\r\na\r\n0\r\n\r\n"),
		SLICE_INIT(CHUNKED "-1\r\na\r\n0\r\n\r\n"),
		SLICE_INIT(CHUNKED "+1\r\na\r\n0\r\n\r\n"),
		SLICE_INIT(CHUNKED "1\na\r\n0\r\n\r\n"),
		SLICE_INIT(CHUNKED "1\rXa\r\n0\r\n\r\n"),
		SLICE_INIT(CHUNKED "1;a\nb\r\na\r\n0\r\n\r\n"),
		SLICE_INIT(CHUNKED "1\r\nab\r\n0\r\n\r\n"),
		SLICE_INIT(CHUNKED "1\r\naXX0\r\n\r\n"),
		SLICE_INIT(CHUNKED "1\r\na\n0\r\n\r\n"),
		SLICE_INIT(CHUNKED "1\r\na\r\n0\n\n"),
		SLICE_INIT(CHUNKED "10000000000000000\r\na"),
		SLICE_INIT(CHUNKED "fffffffffffffffff\r\na"),
		/* trailers */
		SLICE_INIT(CHUNKED "0\r\nT: x\r\n y\r\n\r\n"),
		SLICE_INIT(CHUNKED "0\r\n T: x\r\n\r\n"),
		SLICE_INIT(CHUNKED "0\r\nT: x\n\r\n"),
		SLICE_INIT(CHUNKED "0\r\nT: x\ry\r\n\r\n"),
		SLICE_INIT(CHUNKED "0\r\nT: \x01\r\n\r\n"),
		SLICE_INIT(CHUNKED "0\r\nT\r\n\r\n"),
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		check(rows[i], NULL, HTTP_BAD_REQUEST);
}

/* What stands before the wrong byte was good. */
static void
an_error_comes_after_what_was_good(void **state)
{
	(void)state;
	check(SLICE(NEXT "GET / HTTP/1.1\r\n\r\n"), NEXT_EVENTS,
	    HTTP_BAD_REQUEST);
	check(SLICE(CHUNKED "2\r\nab\r\nx"), CHUNKED_HEAD "B:ab",
	    HTTP_BAD_REQUEST);
}

/* Extensions of chunks: some for each, and not much more in all. */
static void
framing_is_bounded(void **state)
{
	static const char chunk[] = "1;ext=abcdefghijklmno\r\na\r\n",
			  more[] = "1;ext=abcdefghijklmnopqrstuvwxyz\r\na\r\n";
	struct buf in;
	struct sink s;
	unsigned n = 0;

	(void)state;
	buf_init(&in, SIZE_MAX);
	buf_puts(&in, CHUNKED);
	for (unsigned i = 0; i < 10000; i++)
		buf_puts(&in, chunk);
	sink_open(&s);
	assert_int_equal(feed(&s, buf_view(&in), SIZE_MAX, 100), in.len);
	while (feed_piece(&s, more, strlen(more)) > 0)
		assert_true(++n < 100000);
	assert_true(n > 0);
	sink_close(&s);
	buf_clear(&in);
	buf_puts(&in, CHUNKED "1;ext=");
	for (unsigned i = 0; i < 2000; i++)
		buf_putc(&in, 'a');
	check(buf_view(&in), NULL, HTTP_BAD_REQUEST);
	buf_deinit(&in);
}

/* Of a parser with these limits. */
static ssize_t
feed_limited(const struct limits *limits, const char *in)
{
	struct sink s;
	ssize_t n;

	sink_open(&s);
	http_parser_limit(s.parser, limits);
	n = feed(&s, slice_of(in), SIZE_MAX, 7);
	sink_close(&s);
	return n < 0 ? n : 0;
}

static void
bounds_can_be_set(void **state)
{
	static const char in[] = "GET /target HTTP/1.1\r\nHost: a\r\n"
				 "X: yyyyyyyyyyyyyyyyyyyy\r\n\r\n";
	struct limits limits;

	(void)state;
	limits_init(&limits);
	assert_int_equal(feed_limited(&limits, in), 0);
	limits.url = strlen("/target");
	limits.fields = 2;
	limits.header = limits.url + strlen("HostaX") + 20;
	assert_int_equal(feed_limited(&limits, in), 0);
	limits.header--;
	assert_int_equal(feed_limited(&limits, in), HTTP_HEADERS_TOO_LARGE);
	limits.header = LIMIT_OFF;
	limits.fields--;
	assert_int_equal(feed_limited(&limits, in), HTTP_HEADERS_TOO_LARGE);
	limits.fields = LIMIT_OFF;
	limits.url--;
	assert_int_equal(feed_limited(&limits, in), HTTP_URI_TOO_LONG);
	limits.url = LIMIT_OFF;
	assert_int_equal(feed_limited(&limits, in), 0);
}

static void
upgrades(void **state)
{
	static const struct {
		const char *in, *want;
		size_t rest;
	} rows[] = {
		{ "GET /s HTTP/1.1\r\n" HOST "Connection: keep-alive, "
		  "Upgrade\r\nUpgrade: websocket\r\n\r\n\x81\x85",
		    "H:GET /s? 1 ku0|E|", 2 },
		{ "GET /s HTTP/1.1\r\n" HOST "Connection: Upgrade\r\n"
		  "Upgrade: websocket\r\n\r\n" NEXT,
		    "H:GET /s? 1 ku0|E|", sizeof(NEXT) - 1 },
		{ POST "Connection: upgrade\r\nUpgrade: h2c\r\n"
		       "Content-Length: 2\r\n\r\nabrest",
		    "H:POST /? 1 kub2|B:ab|E|", 4 },
		/* none of them */
		{ "GET /s HTTP/1.1\r\n" HOST "Upgrade: websocket\r\n\r\n" NEXT,
		    "H:GET /s? 1 k0|E|" NEXT_EVENTS, 0 },
		{ "GET /s HTTP/1.1\r\n" HOST "Connection: Upgrade\r\n\r\n" NEXT,
		    "H:GET /s? 1 k0|E|" NEXT_EVENTS, 0 },
		{ "GET /s HTTP/1.0\r\nConnection: Upgrade, keep-alive\r\n"
		  "Upgrade: websocket\r\n\r\n" NEXT,
		    "H:GET /s? 0 k0|E|" NEXT_EVENTS, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t len = strlen(rows[i].in) - rows[i].rest;
		struct sink s;

		sink_open(&s);
		assert_int_equal(
		    feed(&s, slice_of(rows[i].in), SIZE_MAX, 1), len);
		assert_true(slice_is(buf_view(&s.events), rows[i].want));
		sink_close(&s);
		check((struct slice){ rows[i].in, len }, rows[i].want,
		    (ssize_t)len);
	}
}

static void
an_upgrade_may_be_declined(void **state)
{
	static const char in[] = "GET /s HTTP/1.1\r\n" HOST
				 "Connection: Upgrade\r\nUpgrade: x\r\n\r\n";
	struct sink s;

	(void)state;
	sink_open(&s);
	assert_int_equal(feed_piece(&s, in, sizeof(in) - 1), sizeof(in) - 1);
	assert_int_equal(feed_piece(&s, NEXT, strlen(NEXT)), strlen(NEXT));
	assert_true(
	    slice_is(buf_view(&s.events), "H:GET /s? 1 ku0|E|" NEXT_EVENTS));
	sink_close(&s);
}

static void
the_end_of_a_request_can_stop(void **state)
{
	static const char in[] = POST "Content-Length: 2\r\n\r\nab" NEXT NEXT;
	size_t first = sizeof(in) - 1 - 2 * strlen(NEXT);
	struct sink s;

	(void)state;
	sink_open(&s);
	s.stop = true;
	assert_int_equal(http_parser_feed(s.parser, in, sizeof(in) - 1), first);
	assert_true(slice_is(buf_view(&s.events), "H:POST /? 1 kb2|B:ab|E|"));
	/* its head is still there */
	assert_true(slice_is(http_field(s.parser, "content-length"), "2"));
	assert_true(slice_is(http_parser_head(s.parser)->path, "/"));
	assert_int_equal(
	    http_parser_feed(s.parser, in + first, strlen(NEXT)), strlen(NEXT));
	assert_true(slice_is(http_parser_head(s.parser)->path, "/n"));
	assert_true(slice_is(http_field(s.parser, "content-length"), ""));
	s.stop = false;
	assert_int_equal(
	    http_parser_feed(s.parser, in + first + strlen(NEXT), strlen(NEXT)),
	    strlen(NEXT));
	sink_close(&s);
}

static void
fields(void **state)
{
	static const char in[] =
	    "POST / HTTP/1.1\r\nHost: a\r\nX-One:  first \t\r\nx-one: "
	    "second\r\n"
	    "Empty:\r\nBlank:  \t \r\nList: a, b;q=1 ,,C\r\nlist: \td\t\r\n"
	    "Transfer-Encoding: chunked\r\n\r\n"
	    "1\r\na\r\n0\r\nX-Trailer: t\r\n\r\n";
	static const struct {
		const char *name, *value;
	} rows[] = {
		{ "host", "a" },
		{ "x-one", "first" },
		{ "X-ONE", "first" },
		{ "empty", "" },
		{ "blank", "" },
		{ "list", "a, b;q=1 ,,C" },
		{ "x-trailer", "" },
		{ "x-on", "" },
		{ "x-one ", "" },
	};
	struct sink s;

	(void)state;
	for (size_t step = 1; step < sizeof(in); step++) {
		struct http_parser *p;

		sink_open(&s);
		p = s.parser;
		assert_int_equal(
		    feed(&s, SLICE(in), step, step), sizeof(in) - 1);
		for (size_t i = 0; i < COUNT(rows); i++)
			assert_true(slice_is(
			    http_field(p, rows[i].name), rows[i].value));
		assert_true(http_field_has(p, "list", "a"));
		assert_true(http_field_has(p, "List", "c"));
		assert_true(http_field_has(p, "LIST", "D"));
		assert_true(http_field_has(p, "list", "b;q=1"));
		assert_false(http_field_has(p, "list", "b"));
		assert_false(http_field_has(p, "empty", "a"));
		assert_false(http_field_has(p, "missing", "a"));
		sink_close(&s);
	}
}

/* Feeds a head with a target, fields and a value of the given lengths. */
static ssize_t
feed_head(size_t target, size_t n, size_t value, size_t step)
{
	struct buf b;
	struct sink s;
	ssize_t rc;

	buf_init(&b, 1 << 20);
	buf_puts(&b, "GET /");
	memset(buf_reserve(&b, target), 't', target - 1);
	buf_add(&b, target - 1);
	buf_puts(&b, " HTTP/1.1\r\nHost: a\r\n");
	for (size_t i = 1; i < n; i++)
		buf_printf(&b, "F%zu:\r\n", i);
	if (value > 0) {
		buf_puts(&b, "V:");
		memset(buf_reserve(&b, value), 'v', value);
		buf_add(&b, value);
		buf_puts(&b, "\r\n");
	}
	buf_puts(&b, "\r\n");
	sink_open(&s);
	rc = feed(&s, buf_view(&b), step, step);
	if (rc == (ssize_t)b.len)
		rc = 0;
	sink_close(&s);
	buf_deinit(&b);
	return rc;
}

static void
heads_are_bounded(void **state)
{
	static const size_t steps[] = { 1, 7, 4096, SIZE_MAX };

	(void)state;
	for (size_t i = 0; i < COUNT(steps); i++) {
		size_t step = steps[i];
		/* "Host", "a" and "V" stand there, too */
		size_t most = HTTP_HEAD_MAX - HTTP_TARGET_MAX - 6;

		assert_int_equal(feed_head(HTTP_TARGET_MAX, 1, 0, step), 0);
		assert_int_equal(feed_head(HTTP_TARGET_MAX + 1, 1, 0, step),
		    HTTP_URI_TOO_LONG);
		assert_int_equal(
		    feed_head(100000, 1, 0, step), HTTP_URI_TOO_LONG);
		assert_int_equal(feed_head(1, HTTP_FIELDS_MAX, 0, step), 0);
		assert_int_equal(feed_head(1, HTTP_FIELDS_MAX + 1, 0, step),
		    HTTP_HEADERS_TOO_LARGE);
		assert_int_equal(
		    feed_head(1, 10000, 0, step), HTTP_HEADERS_TOO_LARGE);
		assert_int_equal(feed_head(HTTP_TARGET_MAX, 1, most, step), 0);
		assert_int_equal(feed_head(HTTP_TARGET_MAX, 1, most + 1, step),
		    HTTP_HEADERS_TOO_LARGE);
		assert_int_equal(
		    feed_head(1, 1, 65536, step), HTTP_HEADERS_TOO_LARGE);
	}
}

/* Feeds lead, then unit over and over: how many bytes until an error. */
static size_t
feed_endless(const char *lead, const char *unit, ssize_t error)
{
	struct sink s;
	size_t n = 0;
	ssize_t rc;

	sink_open(&s);
	rc = feed_piece(&s, lead, strlen(lead));
	while (rc >= 0 && n < 1000000) {
		n += strlen(unit);
		rc = feed_piece(&s, unit, strlen(unit));
	}
	assert_int_equal(rc, error);
	sink_close(&s);
	return n;
}

static void
nothing_goes_on_for_ever(void **state)
{
	(void)state;
	/* what is not kept counts, too */
	assert_true(feed_endless("", "\r\n", HTTP_HEADERS_TOO_LARGE) < 20000);
	assert_true(feed_endless("GET / HTTP/1.1\r\nX:", "    ",
			HTTP_HEADERS_TOO_LARGE) < 20000);
	assert_true(feed_endless("G", "G", HTTP_BAD_REQUEST) < 20000);
	assert_true(feed_endless(CHUNKED "0\r\n", "Trailer: abc\r\n",
			HTTP_HEADERS_TOO_LARGE) < 3000);
	assert_true(feed_endless(CHUNKED "0\r\nT: ", "value",
			HTTP_HEADERS_TOO_LARGE) < 3000);
}

static void
queries(void **state)
{
	static const struct {
		const char *query, *key;
		ssize_t rc; /* or the value's length */
		const char *value;
	} rows[] = {
		{ "a=1", "a", 1, "1" },
		{ "a=1&b=22&a=3", "a", 1, "1" },
		{ "a=1&b=22&a=3", "b", 2, "22" },
		{ "a=1&b=22", "c", -ENOENT, NULL },
		{ "", "a", -ENOENT, NULL },
		{ "", "", -ENOENT, NULL },
		{ "ab=1&b=2", "b", 1, "2" },
		{ "b", "b", 0, "" },
		{ "b=", "b", 0, "" },
		{ "&&b=1", "b", 1, "1" },
		{ "b=x=y", "b", 3, "x=y" },
		{ "b=a+b%20c%2B", "b", 6, "a b c+" },
		{ "b=%c3%A9", "b", 2, "\xc3\xa9" },
		{ "%62=1", "b", 1, "1" },
		{ "%6=1&b=2", "b", 1, "2" },
		{ "B=1", "b", -ENOENT, NULL },
		{ "b=%", "b", -EINVAL, NULL },
		{ "b=%4", "b", -EINVAL, NULL },
		{ "b=%4g", "b", -EINVAL, NULL },
		{ "b=%g4", "b", -EINVAL, NULL },
		{ "b=a%00", "b", -EINVAL, NULL },
		{ "b=1234567", "b", 7, "1234567" },
		{ "b=12345678", "b", -ENOBUFS, NULL },
		{ "b=%31234567", "b", 7, "1234567" },
	};
	char out[8];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(http_query_get(slice_of(rows[i].query),
				     rows[i].key, out, sizeof(out)),
		    rows[i].rc);
		if (rows[i].rc >= 0)
			assert_string_equal(out, rows[i].value);
	}
	assert_int_equal(
	    http_query_get(SLICE("b=a\0c"), "b", out, sizeof(out)), -EINVAL);
	assert_int_equal(http_query_get(SLICE("b="), "b", out, 1), 0);
	assert_int_equal(http_query_get(SLICE("b="), "b", out, 0), -ENOBUFS);
}

static void
forms(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 7);
	assert_int_equal(http_form_decode(SLICE("4a+%26%3d%0A"), &b), 0);
	assert_true(slice_is(buf_view(&b), "4a &=\n"));
	assert_int_equal(http_form_decode(SLICE("x"), &b), 0);
	assert_int_equal(http_form_decode(SLICE("y"), &b), -ENOBUFS);
	buf_clear(&b);
	assert_int_equal(http_form_decode(SLICE("%zz"), &b), -EINVAL);
	assert_int_equal(http_form_decode(SLICE("%00"), &b), -EINVAL);
	buf_deinit(&b);
}

static void
paths(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 8);
	assert_int_equal(http_path_decode(SLICE("a+%2B%2f+%20"), &b), 0);
	assert_true(slice_is(buf_view(&b), "a++/+ "));
	assert_int_equal(http_path_decode(SLICE("%c3%B1%41"), &b), -ENOBUFS);
	buf_clear(&b);
	assert_int_equal(http_path_decode(SLICE(""), &b), 0);
	assert_int_equal(http_path_decode(SLICE("%"), &b), -EINVAL);
	assert_int_equal(http_path_decode(SLICE("%4"), &b), -EINVAL);
	assert_int_equal(http_path_decode(SLICE("%4g"), &b), -EINVAL);
	assert_int_equal(http_path_decode(SLICE("%00"), &b), -EINVAL);
	buf_deinit(&b);
}

static void
reasons(void **state)
{
	(void)state;
	assert_string_equal(http_reason(200), "OK");
	assert_string_equal(http_reason(-HTTP_BAD_REQUEST), "Bad Request");
	assert_string_equal(http_reason(-HTTP_URI_TOO_LONG), "URI Too Long");
	assert_string_equal(http_reason(-HTTP_HEADERS_TOO_LARGE),
	    "Request Header Fields Too Large");
	assert_string_equal(http_reason(299), "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests),
		cmocka_unit_test(refused),
		cmocka_unit_test(an_error_comes_after_what_was_good),
		cmocka_unit_test(framing_is_bounded),
		cmocka_unit_test(bounds_can_be_set),
		cmocka_unit_test(upgrades),
		cmocka_unit_test(an_upgrade_may_be_declined),
		cmocka_unit_test(the_end_of_a_request_can_stop),
		cmocka_unit_test(fields),
		cmocka_unit_test(heads_are_bounded),
		cmocka_unit_test(nothing_goes_on_for_ever),
		cmocka_unit_test(queries),
		cmocka_unit_test(forms),
		cmocka_unit_test(paths),
		cmocka_unit_test(reasons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
