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

#include "base/buf.h"
#include "base/mem.h"
#include "proto/ws.h"
#include "ws_cases.h"
#include "ws_utf8.h"

enum { MAX = 1 << 20, STREAM_MAX = 1 << 21 };

static uint32_t seed;

static uint32_t
rnd(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (uint32_t)(((uint64_t)seed * below) >> 32);
}

/* Headers */

static void
heads(void **state)
{
	static const struct {
		enum ws_opcode op;
		uint64_t len;
		const char *bytes;
		size_t n;
	} rows[] = {
		{ WS_TEXT, 0, "\x81\x00", 2 },
		{ WS_BINARY, 125, "\x82\x7d", 2 },
		{ WS_TEXT, 126, "\x81\x7e\x00\x7e", 4 },
		{ WS_TEXT, 65535, "\x81\x7e\xff\xff", 4 },
		{ WS_TEXT, 65536, "\x81\x7f\0\0\0\0\0\x01\0\0", 10 },
		{ WS_BINARY, UINT64_C(0x123456789abcdef0),
		    "\x82\x7f\x12\x34\x56\x78\x9a\xbc\xde\xf0", 10 },
		{ WS_CLOSE, 2, "\x88\x02", 2 },
		{ WS_PING, 0, "\x89\x00", 2 },
		{ WS_PONG, 1, "\x8a\x01", 2 },
	};
	static const uint8_t key[] = { 1, 2, 3, 4 };
	uint8_t out[WS_HEAD_MAX + WS_KEY_LEN + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t n = rows[i].n;

		assert_int_equal(ws_head_len(rows[i].len), n);
		memset(out, 0xee, sizeof(out));
		assert_int_equal(
		    ws_head(out, rows[i].op, rows[i].len, NULL), n);
		assert_memory_equal(out, rows[i].bytes, n);
		assert_int_equal(out[n], 0xee);

		assert_int_equal(
		    ws_head(out, rows[i].op, rows[i].len, key), n + WS_KEY_LEN);
		assert_int_equal(out[1], (uint8_t)rows[i].bytes[1] | 0x80);
		assert_memory_equal(out + 2, rows[i].bytes + 2, n - 2);
		assert_memory_equal(out + n, key, WS_KEY_LEN);

		memset(out, 0xee, sizeof(out));
		assert_int_equal(
		    ws_head_before(out + WS_HEAD_MAX, rows[i].op, rows[i].len),
		    n);
		assert_memory_equal(out + WS_HEAD_MAX - n, rows[i].bytes, n);
		assert_int_equal(out[WS_HEAD_MAX], 0xee);
		if (n < WS_HEAD_MAX)
			assert_int_equal(out[WS_HEAD_MAX - n - 1], 0xee);
	}
}

static void
masking(void **state)
{
	static const uint8_t key[] = { 0x37, 0xfa, 0x21, 0x3d };
	uint8_t p[64], hello[] = "Hello";

	(void)state;
	ws_mask(hello, 5, key); /* RFC 6455, section 5.7 */
	assert_memory_equal(hello, "\x7f\x9f\x4d\x51\x58", 5);
	for (size_t len = 0; len < sizeof(p); len++) {
		for (size_t i = 0; i < sizeof(p); i++)
			p[i] = (uint8_t)i;
		ws_mask(p, len, key);
		for (size_t i = 0; i < sizeof(p); i++)
			assert_int_equal(p[i], i < len ? i ^ key[i % 4] : i);
	}
}

static void
close_codes(void **state)
{
	static const struct {
		unsigned from, to;
	} valid[] = { { 1000, 1003 }, { 1007, 1014 }, { 3000, 4999 } };

	(void)state;
	for (unsigned code = 0; code <= UINT16_MAX; code++) {
		bool want = false;

		for (size_t i = 0; i < 3; i++)
			want |= code >= valid[i].from && code <= valid[i].to;
		assert_int_equal(ws_code_valid((uint16_t)code), want);
	}
}

/*
 * Streams of frames, written as text: frames are separated by spaces; each is
 * its first byte in hexadecimal, and then
 *
 *	:text		the payload as it is
 *	=hex		in hexadecimal
 *	*n=hex		a unit repeated and cut to n bytes
 *
 * "!hex" is put in as it stands. A received event is written as the frame it
 * would be, so that what is expected has the same form.
 */

static unsigned
hex_byte(const char *p)
{
	unsigned v;

	assert_int_equal(sscanf(p, "%2x", &v), 1);
	return v;
}

static size_t
parse_hex(const char *p, size_t len, uint8_t *out)
{
	for (size_t i = 0; i < len / 2; i++)
		out[i] = (uint8_t)hex_byte(p + 2 * i);
	return len / 2;
}

static size_t
parse_payload(const char *p, size_t len, uint8_t *out)
{
	char *end;
	size_t n, unit;

	if (len == 0)
		return 0;
	if (*p == ':') {
		memcpy(out, p + 1, len - 1);
		return len - 1;
	}
	if (*p == '=')
		return parse_hex(p + 1, len - 1, out);
	assert_int_equal(*p, '*');
	n = strtoul(p + 1, &end, 10);
	assert_int_equal(*end, '=');
	unit = parse_hex(end + 1, len - (size_t)(end + 1 - p), out);
	for (size_t i = unit; i < n; i++)
		out[i] = out[i % unit];
	return n;
}

static void
put_frame(
    struct buf *b, uint8_t first, uint8_t *payload, size_t len, bool masked)
{
	uint8_t head[WS_HEAD_MAX + WS_KEY_LEN];
	uint8_t key[WS_KEY_LEN];
	size_t n;

	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)rnd(256);
	n = ws_head(head, WS_TEXT, len, masked ? key : NULL);
	head[0] = first;
	if (masked)
		ws_mask(payload, len, key);
	assert_int_equal(buf_append(b, head, n), 0);
	assert_int_equal(buf_append(b, payload, len), 0);
}

static void
put_frames(struct buf *b, const char *spec, bool masked)
{
	static uint8_t payload[MAX + 1];

	while (*spec != '\0') {
		size_t len = strcspn(spec, " ");

		if (*spec == '!') {
			size_t n = parse_hex(spec + 1, len - 1, payload);

			assert_int_equal(buf_append(b, payload, n), 0);
		} else {
			size_t n = parse_payload(spec + 2, len - 2, payload);

			put_frame(
			    b, (uint8_t)hex_byte(spec), payload, n, masked);
		}
		spec += len;
		spec += strspn(spec, " ");
	}
}

struct sink {
	struct buf frames;
	int stop_after; /* events; negative: never */
};

static bool
on_event(void *arg, const struct ws_event *ev)
{
	struct sink *s = arg;
	size_t code = ev->op == WS_CLOSE && ev->code != WS_CODE_NONE ? 2 : 0;
	uint8_t head[WS_HEAD_MAX + 2];
	size_t n = ws_head(head, ev->op, ev->data.len + code, NULL);

	if (code > 0) {
		head[n++] = (uint8_t)(ev->code >> 8);
		head[n++] = (uint8_t)ev->code;
	} else if (ev->op != WS_CLOSE) {
		assert_int_equal(ev->code, 0);
	}
	assert_int_equal(buf_append(&s->frames, head, n), 0);
	assert_int_equal(buf_append_slice(&s->frames, ev->data), 0);
	return s->stop_after < 0 || --s->stop_after > 0;
}

/* Feeds a copy of the piece in memory of its very size. */
static int
feed_piece(struct ws_decoder *d, const char *p, size_t len, struct sink *s)
{
	char *copy = xmalloc(len + !len);
	int rc;

	assert_non_null(copy);
	memcpy(copy, p, len);
	rc = ws_decoder_feed(d, copy, len, on_event, s);
	free(copy);
	return rc;
}

/* In two pieces if 0 < cut < len, byte by byte if cut > len, else at once. */
static int
feed(struct ws_decoder *d, struct slice in, size_t cut, struct sink *s)
{
	size_t step = cut > in.len ? 1 : cut > 0 ? cut : in.len;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < in.len; i += step) {
		if (i > 0 && step > 1)
			step = in.len - i;
		rc = feed_piece(
		    d, in.p + i, step < in.len - i ? step : in.len - i, s);
	}
	return rc;
}

static void
check_feed(struct ws_decoder *d, const char *name, bool masked, size_t max,
    struct slice in, size_t cut, struct slice want, int verdict)
{
	struct sink s = { .stop_after = -1 };
	int rc;

	buf_init(&s.frames, STREAM_MAX);
	ws_decoder_reset(d, masked, max);
	assert_true(ws_decoder_idle(d));
	rc = feed(d, in, cut, &s);
	if (rc != verdict || !slice_eq(buf_view(&s.frames), want))
		fail_msg("%s, %s, cut at %zu of %zu: %d, %zu bytes of events",
		    name, masked ? "masked" : "unmasked", cut, in.len, rc,
		    s.frames.len);
	buf_deinit(&s.frames);
}

/* One case: at once, byte by byte, cut in two everywhere (long ones: at some
 * places). */
static void
check_case(const char *name, size_t max, const char *in, const char *out,
    int verdict, bool masked)
{
	struct ws_decoder *d = ws_decoder_new();
	struct buf stream, want;
	size_t step;

	buf_init(&stream, STREAM_MAX);
	buf_init(&want, STREAM_MAX);
	put_frames(&stream, in, masked);
	put_frames(&want, out, false);
	step = stream.len <= 700 ? 1 : 1 + stream.len / 50;
	for (size_t cut = 0; cut <= stream.len; cut += step)
		check_feed(d, name, masked, max, buf_view(&stream), cut,
		    buf_view(&want), verdict);
	check_feed(d, name, masked, max, buf_view(&stream), SIZE_MAX,
	    buf_view(&want), verdict);
	buf_deinit(&stream);
	buf_deinit(&want);
	ws_decoder_free(d);
}

static void
check_cases(const struct ws_case *rows, size_t n, size_t max)
{
	for (size_t i = 0; i < n; i++) {
		check_case(rows[i].name, max, rows[i].in, rows[i].out,
		    rows[i].verdict, true);
		/* raw bytes are written as masked ones */
		if (strchr(rows[i].in, '!') == NULL)
			check_case(rows[i].name, max, rows[i].in, rows[i].out,
			    rows[i].verdict, false);
	}
}

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void
framing_cases(void **state)
{
	(void)state;
	seed = 1;
	check_cases(framing, COUNT(framing), MAX);
}

static void
fragment_cases(void **state)
{
	(void)state;
	seed = 2;
	check_cases(fragments, COUNT(fragments), MAX);
}

static void
closing_cases(void **state)
{
	(void)state;
	seed = 3;
	check_cases(closing, COUNT(closing), MAX);
}

static void
utf8_cases(void **state)
{
	char in[200];

	(void)state;
	seed = 4;
	for (size_t i = 0; i < COUNT(ws_utf8_cases); i++) {
		snprintf(in, sizeof(in), "81=%s", ws_utf8_cases[i].hex);
		check_case(ws_utf8_cases[i].name, MAX, in,
		    ws_utf8_cases[i].valid ? in : "",
		    ws_utf8_cases[i].valid ? 0 : WS_CODE_INVALID, true);
	}
}

/* 10.1.1, and what follows in the same stream. */
static void
many_fragments(void **state)
{
	struct ws_decoder *d = ws_decoder_new();
	struct buf stream, want;

	(void)state;
	seed = 5;
	buf_init(&stream, STREAM_MAX);
	buf_init(&want, STREAM_MAX);
	for (size_t left = 65536; left > 0;) {
		size_t n = left < 1300 ? left : 1300;
		char spec[40];

		snprintf(spec, sizeof(spec), "%02x*%zu=2a",
		    (left == 65536 ? 1U : 0U) | (n == left ? 0x80U : 0U), n);
		put_frames(&stream, spec, true);
		left -= n;
	}
	put_frames(&stream, HELLO, true);
	put_frames(&want, "81*65536=2a " HELLO, false);
	for (size_t cut = 0; cut < stream.len; cut += 1301)
		check_feed(d, "10.1.1", true, MAX, buf_view(&stream), cut,
		    buf_view(&want), 0);
	check_feed(d, "10.1.1", true, MAX, buf_view(&stream), SIZE_MAX,
	    buf_view(&want), 0);
	buf_deinit(&stream);
	buf_deinit(&want);
	ws_decoder_free(d);
}

static void
masks_go_one_way(void **state)
{
	(void)state;
	/* unmasked ones to a server */
	check_case("text", MAX, "!8103666f6f", "", WS_CODE_PROTOCOL, true);
	check_case("ping", MAX, "81:ok !8900", "81:ok", WS_CODE_PROTOCOL, true);
	/* masked ones to a client */
	check_case(
	    "text", MAX, "!818300000000666f6f", "", WS_CODE_PROTOCOL, false);
	check_case("close", MAX, "81:ok !888000000000", "81:ok",
	    WS_CODE_PROTOCOL, false);
}

static void
too_big(void **state)
{
	static const struct ws_case rows[] = {
		{ "whole", "82*1000=01", "82*1000=01", 0 },
		{ "one more", "82*1001=01", "", WS_CODE_TOO_BIG },
		{ "by the header alone", "!82fe03e9", "", WS_CODE_TOO_BIG },
		{ "in 64 bits", "!82ff00000000000f4240", "", WS_CODE_TOO_BIG },
		{ "2^63-1", "!82ff7fffffffffffffff", "", WS_CODE_TOO_BIG },
		{ "fragments", "02*600=01 80*400=01", "82*1000=01", 0 },
		{ "one more in them", "02*600=01 80*401=01", "",
		    WS_CODE_TOO_BIG },
		{ "2^63-1 behind some", "02*600=01 !80ff7fffffffffffffff", "",
		    WS_CODE_TOO_BIG },
		{ "full, then nothing", "02*1000=01 00 80", "82*1000=01", 0 },
		{ "two", "82*1000=01 82*1000=02", "82*1000=01 82*1000=02", 0 },
		{ "a ping doesn't count", "02*999=01 " PING_125 " 80=01",
		    PING_125 " 82*1000=01", 0 },
	};

	(void)state;
	seed = 6;
	check_cases(rows, COUNT(rows), 1000);
	check_case("nothing allowed", 0, "82", "82", 0, true);
	check_case("nothing allowed", 0, "82=01", "", WS_CODE_TOO_BIG, true);
}

/* A header that cannot be accepted needs no payload to be refused. */
static void
headers_are_judged_at_once(void **state)
{
	static const struct {
		const char *hex;
		int verdict;
	} rows[] = {
		{ "81", 0 },
		{ "8185", 0 },
		{ "8105", WS_CODE_PROTOCOL },
		{ "c185", WS_CODE_PROTOCOL },
		{ "8385", WS_CODE_PROTOCOL },
		{ "8085", WS_CODE_PROTOCOL },
		{ "0985", WS_CODE_PROTOCOL },
		{ "89fe", WS_CODE_PROTOCOL },
		{ "82fe", 0 },
		{ "82fe03", 0 },
		{ "82fe03e8", 0 },
		{ "82fe03e9", WS_CODE_TOO_BIG },
		{ "82ff0000000000", 0 },
		{ "82ff0000000000010000", WS_CODE_TOO_BIG },
	};
	struct ws_decoder *d = ws_decoder_new();

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct sink s = { .stop_after = -1 };
		uint8_t in[20];
		size_t n = parse_hex(rows[i].hex, strlen(rows[i].hex), in);
		struct slice all = { (char *)in, n };

		for (size_t cut = 0; cut <= n + 1; cut++) {
			ws_decoder_reset(d, true, 1000);
			assert_int_equal(
			    feed(d, all, cut, &s), rows[i].verdict);
			assert_false(ws_decoder_idle(d));
		}
		assert_int_equal(s.frames.len, 0);
	}
	ws_decoder_free(d);
}

/* An announced length is no reason to allocate. */
static void
memory_follows_what_came(void **state)
{
	struct ws_decoder *d = ws_decoder_new();
	struct sink s = { .stop_after = -1 };
	struct buf stream;

	(void)state;
	buf_init(&stream, 1000);
	/* 2^62 bytes: no malloc would give them */
	put_frames(&stream, "!82ff400000000000000000000000 !0102030405", true);
	ws_decoder_reset(d, true, SIZE_MAX / 2);
	assert_int_equal(feed(d, buf_view(&stream), 0, &s), 0);
	assert_false(ws_decoder_idle(d));
	assert_int_equal(s.frames.len, 0);
	buf_deinit(&stream);
	ws_decoder_free(d);
}

/* n frames of len bytes, the last one final. least: WS_FRAGMENTS_MIN if 0. */
static int
feed_fragments(size_t n, size_t len, size_t least)
{
	struct ws_decoder *d = ws_decoder_new();
	struct sink s = { .stop_after = -1 };
	struct buf stream;
	uint8_t payload[64] = { 0 };
	int rc;

	buf_init(&stream, STREAM_MAX);
	buf_init(&s.frames, STREAM_MAX);
	for (size_t i = 0; i < n; i++)
		put_frame(&stream,
		    (uint8_t)((i == 0 ? WS_BINARY : 0) |
			      (i == n - 1 ? 0x80 : 0)),
		    payload, len, false);
	ws_decoder_reset(d, false, MAX);
	if (least > 0)
		ws_decoder_limit(d, least);
	rc = feed(d, buf_view(&stream), 0, &s);
	if (rc == 0)
		assert_true(s.frames.len >= n * len);
	else
		assert_int_equal(s.frames.len, 0);
	buf_deinit(&s.frames);
	buf_deinit(&stream);
	ws_decoder_free(d);
	return rc;
}

static void
fragments_are_bounded(void **state)
{
	/* n fragments of a byte: at most MIN + (n - 1) / 16 before the last */
	size_t n = WS_FRAGMENTS_MIN;

	(void)state;
	while (n < WS_FRAGMENTS_MIN + n / 16)
		n++;
	assert_int_equal(feed_fragments(WS_FRAGMENTS_MIN, 0, 0), 0);
	assert_int_equal(
	    feed_fragments(WS_FRAGMENTS_MIN + 1, 0, 0), WS_CODE_POLICY);
	assert_int_equal(feed_fragments(n, 1, 0), 0);
	assert_int_equal(feed_fragments(n + 1, 1, 0), WS_CODE_POLICY);
	assert_int_equal(feed_fragments(100000, 1, 0), WS_CODE_POLICY);
	assert_int_equal(feed_fragments(20000, 16, 0), 0);
	assert_int_equal(feed_fragments(5, 0, 5), 0);
	assert_int_equal(feed_fragments(6, 0, 5), WS_CODE_POLICY);
	assert_int_equal(feed_fragments(20000, 0, 20000), 0);
}

static void
idle_exactly_between_messages(void **state)
{
	static const struct {
		const char *spec;
		bool idle; /* at its end */
	} frames[] = {
		{ "81:a", true },
		{ "82", true },
		{ "81*126=2a", true },
		{ "82*70000=01", true },
		{ "01", false },
		{ "89:ping", false },
		{ "00*5000=2a", false },
		{ "80:x", true },
		{ PING_125, true },
		{ "02*3=01", false },
		{ "80", true },
	};
	static bool idle[80000];

	(void)state;
	seed = 7;
	for (int masked = 0; masked <= 1; masked++) {
		struct ws_decoder *d = ws_decoder_new();
		struct buf stream;

		memset(idle, 0, sizeof(idle));
		idle[0] = true;
		buf_init(&stream, STREAM_MAX);
		for (size_t i = 0; i < COUNT(frames); i++) {
			put_frames(&stream, frames[i].spec, masked);
			idle[stream.len] = frames[i].idle;
		}
		for (int round = 0; round < 300; round++) {
			struct sink s = { .stop_after = -1 };
			uint32_t most = 1 + rnd(round % 3 == 0 ? 9000 : 20);
			size_t n, i = 0;

			buf_init(&s.frames, STREAM_MAX);
			ws_decoder_reset(d, masked, MAX);
			while (i < stream.len && (i < 2000 || most > 99)) {
				assert_int_equal(ws_decoder_idle(d), idle[i]);
				n = 1 + rnd(most);
				if (n > stream.len - i)
					n = stream.len - i;
				assert_int_equal(
				    feed_piece(d, stream.p + i, n, &s), 0);
				i += n;
			}
			assert_int_equal(ws_decoder_idle(d), idle[i]);
			buf_deinit(&s.frames);
		}
		buf_deinit(&stream);
		ws_decoder_free(d);
	}
}

static void
the_handler_can_stop(void **state)
{
	struct ws_decoder *d = ws_decoder_new();
	struct buf stream, want;

	(void)state;
	seed = 8;
	buf_init(&stream, STREAM_MAX);
	buf_init(&want, STREAM_MAX);
	put_frames(&stream, "81:1 02 89:3 80*5000=2a 81:5", true);
	for (int stop = 1; stop <= 4; stop++) {
		static const char *const so_far[] = { "81:1", "89:3",
			"82*5000=2a", "81:5" };
		struct sink s = { .stop_after = stop };

		buf_init(&s.frames, STREAM_MAX);
		ws_decoder_reset(d, true, MAX);
		assert_int_equal(feed(d, buf_view(&stream), 0, &s), -ECANCELED);
		put_frames(&want, so_far[stop - 1], false);
		assert_true(slice_eq(buf_view(&s.frames), buf_view(&want)));
		buf_deinit(&s.frames);
	}
	/* and the decoder serves the next one */
	check_feed(
	    d, "after", true, MAX, buf_view(&stream), 0, buf_view(&want), 0);
	buf_deinit(&stream);
	buf_deinit(&want);
	ws_decoder_free(d);
}

static void
after_a_close_it_is_not_lent(void **state)
{
	struct ws_decoder *d = ws_decoder_new();
	struct sink s = { .stop_after = -1 };
	struct buf stream;

	(void)state;
	buf_init(&stream, STREAM_MAX);
	buf_init(&s.frames, STREAM_MAX);
	put_frames(&stream, "88=03e8", true);
	ws_decoder_reset(d, true, MAX);
	assert_int_equal(feed(d, buf_view(&stream), 0, &s), 0);
	assert_false(ws_decoder_idle(d));
	buf_clear(&s.frames);
	assert_int_equal(feed(d, buf_view(&stream), 0, &s), 0);
	assert_int_equal(s.frames.len, 0);
	ws_decoder_reset(d, true, MAX);
	assert_true(ws_decoder_idle(d));
	buf_deinit(&s.frames);
	buf_deinit(&stream);
	ws_decoder_free(d);
}

/* Random messages in random fragments, pings between, in random pieces. */
static void
random_round_trips(void **state)
{
	static uint8_t payload[20000];
	struct ws_decoder *d = ws_decoder_new();
	struct buf stream, want, message;

	(void)state;
	buf_init(&stream, STREAM_MAX);
	buf_init(&want, STREAM_MAX);
	buf_init(&message, MAX);
	for (seed = 100; seed < 400; seed++) {
		struct sink s = { .stop_after = -1 };
		uint32_t first = seed;
		bool masked = rnd(2) == 1;
		size_t n;

		for (uint32_t m = rnd(6); m < 6; m++) {
			uint32_t parts = 1 + rnd(5);

			buf_clear(&message);
			for (uint32_t k = 0; k < parts; k++) {
				n = rnd(rnd(3) == 0 ? 20000 : 200);
				for (size_t i = 0; i < n; i++)
					payload[i] = (uint8_t)rnd(256);
				buf_append(&message, payload, n);
				put_frame(&stream,
				    (uint8_t)((k == 0 ? WS_BINARY : 0) |
					      (k == parts - 1 ? 0x80 : 0)),
				    payload, n, masked);
				if (k < parts - 1 && rnd(2) == 0) {
					put_frames(&stream, "89:p", masked);
					put_frames(&want, "89:p", false);
				}
			}
			put_frame(&want, 0x80 | WS_BINARY, (uint8_t *)message.p,
			    message.len, false);
		}
		buf_init(&s.frames, STREAM_MAX);
		ws_decoder_reset(d, masked, MAX);
		for (size_t i = 0; i < stream.len; i += n) {
			n = 1 + rnd(rnd(2) == 0 ? 10 : 10000);
			if (n > stream.len - i)
				n = stream.len - i;
			assert_int_equal(feed_piece(d, stream.p + i, n, &s), 0);
		}
		assert_true(ws_decoder_idle(d));
		assert_true(slice_eq(buf_view(&s.frames), buf_view(&want)));
		buf_deinit(&s.frames);
		buf_clear(&stream);
		buf_clear(&want);
		seed = first;
	}
	buf_deinit(&message);
	buf_deinit(&stream);
	buf_deinit(&want);
	ws_decoder_free(d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(heads),
		cmocka_unit_test(masking),
		cmocka_unit_test(close_codes),
		cmocka_unit_test(framing_cases),
		cmocka_unit_test(fragment_cases),
		cmocka_unit_test(closing_cases),
		cmocka_unit_test(utf8_cases),
		cmocka_unit_test(many_fragments),
		cmocka_unit_test(masks_go_one_way),
		cmocka_unit_test(too_big),
		cmocka_unit_test(headers_are_judged_at_once),
		cmocka_unit_test(memory_follows_what_came),
		cmocka_unit_test(fragments_are_bounded),
		cmocka_unit_test(idle_exactly_between_messages),
		cmocka_unit_test(the_handler_can_stop),
		cmocka_unit_test(after_a_close_it_is_not_lent),
		cmocka_unit_test(random_round_trips),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
