#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "proto/deflate.h"
#include "proto/eio_packet.h"
#include "proto/ws.h"

enum { MAX = 1 << 20, BOMB = 16 << 20 };

/* ---- what is agreed on ---- */

#define ALWAYS "permessage-deflate; server_no_context_takeover"

static const struct {
	const char *offers, *answer; /* "": none is met, NULL: bad */
	bool keeps;
	uint8_t in_bits, out_bits;
} offer_rows[] = {
	{ "", "", 0, 0, 0 },
	{ "permessage-deflate", ALWAYS, true, 15, 15 },
	{ "PerMessage-Deflate", ALWAYS, true, 15, 15 },
	{ " permessage-deflate ; client_no_context_takeover ",
	    ALWAYS "; client_no_context_takeover", false, 15, 15 },
	{ "permessage-deflate; server_no_context_takeover", ALWAYS, true, 15,
	    15 },
	/* what browsers send */
	{ "permessage-deflate; client_max_window_bits",
	    ALWAYS "; client_max_window_bits=12", true, 12, 15 },
	{ "permessage-deflate; client_max_window_bits=15",
	    ALWAYS "; client_max_window_bits=12", true, 12, 15 },
	{ "permessage-deflate; client_max_window_bits=8",
	    ALWAYS "; client_max_window_bits=8", true, 8, 15 },
	{ "permessage-deflate;client_max_window_bits=\"10\"",
	    ALWAYS "; client_max_window_bits=10", true, 10, 15 },
	{ "permessage-deflate; client_max_window_bits; "
	  "client_no_context_takeover",
	    ALWAYS "; client_no_context_takeover", false, 15, 15 },
	{ "permessage-deflate; server_max_window_bits=8",
	    ALWAYS "; server_max_window_bits=8", true, 15, 8 },
	{ "permessage-deflate; server_max_window_bits=9; "
	  "client_no_context_takeover; server_no_context_takeover; "
	  "client_max_window_bits",
	    ALWAYS "; client_no_context_takeover; "
		   "server_max_window_bits=9",
	    false, 15, 9 },
	{ "permessage-deflate; server_max_window_bits=15",
	    ALWAYS "; server_max_window_bits=15", true, 15, 15 },
	/* the first that can be met */
	{ "x-other; a=b; c, permessage-deflate; "
	  "server_max_window_bits=10, permessage-deflate",
	    ALWAYS "; server_max_window_bits=10", true, 15, 10 },
	{ "permessage-deflate; server_max_window_bits=16, ,"
	  "permessage-deflate",
	    ALWAYS, true, 15, 15 },
	{ "x-webkit-deflate-frame", "", 0, 0, 0 },
	{ "x; a=\"b\"", "", 0, 0, 0 },
	/* section 7: such an offer is declined */
	{ "permessage-deflate; unknown", "", 0, 0, 0 },
	{ "permessage-deflate; server_max_window_bits", "", 0, 0, 0 },
	{ "permessage-deflate; server_max_window_bits=7", "", 0, 0, 0 },
	{ "permessage-deflate; server_max_window_bits=16", "", 0, 0, 0 },
	{ "permessage-deflate; server_max_window_bits=09", "", 0, 0, 0 },
	{ "permessage-deflate; server_max_window_bits=1", "", 0, 0, 0 },
	{ "permessage-deflate; server_max_window_bits=100", "", 0, 0, 0 },
	{ "permessage-deflate; client_max_window_bits=+9", "", 0, 0, 0 },
	{ "permessage-deflate; client_max_window_bits=20", "", 0, 0, 0 },
	{ "permessage-deflate; client_max_window_bits; "
	  "client_max_window_bits=9",
	    "", 0, 0, 0 },
	{ "permessage-deflate; server_max_window_bits=9; "
	  "server_max_window_bits=9",
	    "", 0, 0, 0 },
	{ "permessage-deflate; client_no_context_takeover=1", "", 0, 0, 0 },
	{ "permessage-deflate; client_no_context_takeover; "
	  "client_no_context_takeover",
	    "", 0, 0, 0 },
	{ "permessage-deflate; server_no_context_takeover=\"\"", NULL, 0, 0,
	    0 },
	/* no list of extensions, RFC 6455 section 9.1 */
	{ "permessage-deflate permessage-deflate", NULL, 0, 0, 0 },
	{ "permessage-deflate;", NULL, 0, 0, 0 },
	{ "permessage-deflate; =9", NULL, 0, 0, 0 },
	{ "permessage-deflate; client_max_window_bits=", NULL, 0, 0, 0 },
	{ "permessage-deflate; client_max_window_bits=\"9", NULL, 0, 0, 0 },
	{ "permessage-deflate; client_max_window_bits=\"9 \"", NULL, 0, 0, 0 },
	{ "x; a=\"b c\"", NULL, 0, 0, 0 },
	{ "x, (", NULL, 0, 0, 0 },
	{ ";", NULL, 0, 0, 0 },
	{ "x\x80", NULL, 0, 0, 0 },
};

static void
offers(void **state)
{
	char answer[DEFLATE_ANSWER_MAX];
	struct deflate d;

	(void)state;
	for (size_t i = 0; i < sizeof(offer_rows) / sizeof(offer_rows[0]);
	     i++) {
		int rc =
		    deflate_answer(&d, slice_of(offer_rows[i].offers), answer);

		assert_int_equal(
		    rc, offer_rows[i].answer == NULL ? -EINVAL : 0);
		if (rc < 0)
			continue;
		assert_non_null(offer_rows[i].answer);
		assert_int_equal(d.on, offer_rows[i].answer[0] != '\0');
		if (!d.on)
			continue;
		assert_string_equal(answer, offer_rows[i].answer);
		assert_int_equal(d.keeps, offer_rows[i].keeps);
		assert_int_equal(d.in_bits, offer_rows[i].in_bits);
		assert_int_equal(d.out_bits, offer_rows[i].out_bits);
	}
}

static void
longest_answer(void **state)
{
	char answer[DEFLATE_ANSWER_MAX];
	struct deflate d;

	(void)state;
	assert_int_equal(
	    deflate_answer(&d,
		SLICE("permessage-deflate; client_no_context_takeover; "
		      "server_no_context_takeover; server_max_window_bits=15; "
		      "client_max_window_bits=15"),
		answer),
	    0);
	assert_string_equal(answer,
	    ALWAYS "; client_no_context_takeover; server_max_window_bits=15");
}

static void
answers(void **state)
{
	static const struct {
		const char *answer;
		int rc;
		bool on, keeps;
		uint8_t in_bits, out_bits;
	} rows[] = {
		{ "", 0, false, 0, 0, 0 },
		{ "permessage-deflate", 0, true, true, 15, 15 },
		{ "permessage-deflate; server_no_context_takeover", 0, true,
		    false, 15, 15 },
		{ "permessage-deflate; server_max_window_bits=10; "
		  "client_max_window_bits=8; client_no_context_takeover",
		    0, true, true, 10, 8 },
		{ "permessage-deflate; server_max_window_bits=10; "
		  "server_no_context_takeover",
		    0, true, false, 15, 15 },
		{ "permessage-deflate; client_max_window_bits", -EINVAL, 0, 0,
		    0, 0 },
		{ "permessage-deflate; server_max_window_bits", -EINVAL, 0, 0,
		    0, 0 },
		{ "permessage-deflate; server_max_window_bits=16", -EINVAL, 0,
		    0, 0, 0 },
		{ "permessage-deflate; x", -EINVAL, 0, 0, 0, 0 },
		{ "permessage-deflate, permessage-deflate", -EINVAL, 0, 0, 0,
		    0 },
		{ "permessage-deflate, x", -EINVAL, 0, 0, 0, 0 },
		{ "permessage-deflate, (", -EINVAL, 0, 0, 0, 0 },
		{ "x", -EINVAL, 0, 0, 0, 0 },
		{ "(", -EINVAL, 0, 0, 0, 0 },
	};
	struct deflate d;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(
		    deflate_accept(&d, slice_of(rows[i].answer)), rows[i].rc);
		assert_int_equal(d.on, rows[i].on);
		assert_int_equal(d.keeps, rows[i].keeps);
		assert_int_equal(d.in_bits, rows[i].in_bits);
		assert_int_equal(d.out_bits, rows[i].out_bits);
	}
}

static void
forms(void **state)
{
	enum deflate_form form;

	(void)state;
	/* zlib has no window of 256 bytes: such a peer gets it as it is */
	assert_false(deflate_form(DEFLATE_BITS_MIN, &form));
	for (unsigned bits = 9; bits <= DEFLATE_BITS_MAX; bits++) {
		assert_true(deflate_form(bits, &form));
		assert_int_equal(
		    form, bits == 15 ? DEFLATE_LARGE : DEFLATE_SMALL);
	}
}

/* ---- messages ---- */

/* The examples of RFC 7692, section 7.2.3, and what else can be in one. */
static const struct {
	const char *what, *bytes;
	size_t len;
	int rc;
	const char *text;
} messages[] = {
	{ "compressed", "\xf2\x48\xcd\xc9\xc9\x07\x00", 7, 0, "Hello" },
	{ "stored", "\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00", 11, 0,
	    "Hello" },
	{ "a last block", "\xf3\x48\xcd\xc9\xc9\x07\x00\x00", 8, 0, "Hello" },
	{ "two blocks", "\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00",
	    13, 0, "Hello" },
	{ "blocks behind a last one",
	    "\xf3\x48\xcd\xc9\xc9\x07\x00\xf2\x48\xcd\xc9\xc9\x07\x00", 14, 0,
	    "HelloHello" },
	{ "empty", "\x00", 1, 0, "" },
	{ "nothing at all", "", 0, -EBADMSG, NULL },
	{ "a last block without the empty one", "\xf3\x48\xcd\xc9\xc9\x07\x00",
	    7, -EBADMSG, NULL },
	{ "cut", "\xf2\x48\xcd", 3, -EBADMSG, NULL },
	{ "cut before the empty block", "\xf2\x48\xcd\xc9\xc9\x07", 6, -EBADMSG,
	    NULL },
	{ "a reserved type", "\x06", 1, -EBADMSG, NULL },
	{ "a stored length that is wrong", "\x00\x05\x00\x05\x00", 5, -EBADMSG,
	    NULL },
	{ "a reference to nothing", "\x02\x03\x02\x00", 4, -EBADMSG, NULL },
	{ "garbage behind", "\xf2\x48\xcd\xc9\xc9\x07\x00\xff\xff", 9, -EBADMSG,
	    NULL },
};

static int
inflate_all(
    struct inflater *f, const char *p, size_t len, size_t step, struct buf *out)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < len; i += step) {
		size_t n = len - i < step ? len - i : step;
		char *copy = xmalloc(n);

		memcpy(copy, p + i, n);
		rc = inflater_feed(f, copy, n, out);
		free(copy);
	}
	return rc == 0 ? inflater_end(f, out) : rc;
}

static void
inflating(void **state)
{
	struct inflater *f = inflater_new(15);
	struct buf out;

	(void)state;
	buf_init(&out, MAX);
	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++)
		for (size_t step = 1; step < 20; step++) {
			inflater_reset(f);
			buf_clear(&out);
			assert_int_equal(inflate_all(f, messages[i].bytes,
					     messages[i].len, step, &out),
			    messages[i].rc);
			if (messages[i].text != NULL)
				assert_true(
				    slice_is(buf_view(&out), messages[i].text));
		}
	buf_deinit(&out);
	inflater_free(f);
	inflater_free(NULL);
}

/* Section 7.2.3.2: the second one refers to the first. */
static void
window_kept(void **state)
{
	static const char first[] = "\xf2\x48\xcd\xc9\xc9\x07",
			  second[] = "\xf2\x00\x11\x00";
	struct inflater *f = inflater_new(8);
	struct buf out;

	(void)state;
	buf_init(&out, 10);
	assert_int_equal(inflate_all(f, first, sizeof(first), 3, &out), 0);
	assert_int_equal(inflate_all(f, second, sizeof(second), 3, &out), 0);
	assert_true(slice_is(buf_view(&out), "HelloHello"));
	inflater_reset(f);
	buf_clear(&out);
	assert_int_equal(
	    inflate_all(f, second, sizeof(second), 3, &out), -EBADMSG);
	buf_deinit(&out);
	inflater_free(f);
}

/* Text that can be compressed, but not to nothing. */
static struct slice
sample(size_t len)
{
	char *p = xmalloc(len);
	uint32_t seed = 1;

	for (size_t i = 0; i < len; i++) {
		seed = seed * 1664525 + 1013904223;
		p[i] = "etaoin shrdlu\n"[seed >> 24 & 7];
	}
	return (struct slice){ p, len };
}

/* The payload of a frame of deflate_frame; its head is checked. */
static struct slice
payload(const struct rcbuf *b, unsigned first)
{
	struct slice s = { b->data, b->len };
	size_t head;

	assert_int_equal((uint8_t)b->data[0], first);
	head = (uint8_t)b->data[1] < 126    ? 2
	       : (uint8_t)b->data[1] == 126 ? 4
					    : 10;
	assert_int_equal(head, ws_head_len(b->len - head));
	return slice_skip(s, head);
}

static void
there_and_back(void **state)
{
	static const size_t sizes[] = { DEFLATE_LEAST, 1500, 65536, MAX };
	struct deflater *d = deflater_new();
	struct buf out;

	(void)state;
	buf_init(&out, MAX);
	for (unsigned i = 0; i < 2 * sizeof(sizes) / sizeof(sizes[0]); i++) {
		enum deflate_form form = i % 2 ? DEFLATE_LARGE : DEFLATE_SMALL;
		struct slice text = sample(sizes[i / 2]);
		struct inflater *f =
		    inflater_new(form == DEFLATE_LARGE ? 15 : 9);
		struct rcbuf *b = deflate_frame(d, form, WS_TEXT, text, NULL);
		struct slice s;

		assert_non_null(b);
		s = payload(b, 0xc1);
		assert_true(s.len < text.len);
		/* in small steps it sees references that are too far */
		buf_clear(&out);
		assert_int_equal(inflate_all(f, s.p, s.len, 16, &out), 0);
		assert_true(slice_eq(buf_view(&out), text));
		counted_unref(&b->counted);
		inflater_free(f);
		free((char *)(uintptr_t)text.p);
	}
	buf_deinit(&out);
	deflater_free(d);
	deflater_free(NULL);
}

static void
masked_frame(void **state)
{
	static const uint8_t key[] = { 1, 2, 3, 4 };
	struct deflater *d = deflater_new();
	struct slice text = sample(4096);
	struct rcbuf *a, *b;

	(void)state;
	a = deflate_frame(d, DEFLATE_LARGE, WS_BINARY, text, NULL);
	b = deflate_frame(d, DEFLATE_LARGE, WS_BINARY, text, key);
	assert_non_null(a);
	assert_non_null(b);
	assert_int_equal((uint8_t)b->data[0], 0xc2);
	assert_int_equal(b->len, a->len + WS_KEY_LEN);
	assert_memory_equal(b->data + 4, key, WS_KEY_LEN);
	ws_mask((uint8_t *)b->data + 8, b->len - 8, key);
	assert_memory_equal(a->data + 4, b->data + 8, a->len - 4);
	counted_unref(&a->counted);
	counted_unref(&b->counted);
	free((char *)(uintptr_t)text.p);
	deflater_free(d);
}

static void
not_worth_it(void **state)
{
	struct deflater *d = deflater_new();
	struct slice text = sample(DEFLATE_LEAST - 1);
	uint8_t noise[2048];
	uint64_t x = 88172645463325252U;

	(void)state;
	for (size_t i = 0; i < sizeof(noise); i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		noise[i] = (uint8_t)(x >> 32);
	}
	assert_null(deflate_frame(d, DEFLATE_LARGE, WS_TEXT, text, NULL));
	assert_null(deflate_frame(d, DEFLATE_LARGE, WS_BINARY,
	    (struct slice){ (char *)noise, sizeof(noise) }, NULL));
	free((char *)(uintptr_t)text.p);
	deflater_free(d);
}

/* A bomb: BOMB zeros, in some 16 KB. */
static struct rcbuf *
make_bomb(void)
{
	struct deflater *d = deflater_new();
	char *zeros = xcalloc(1, BOMB);
	struct rcbuf *b = deflate_frame(
	    d, DEFLATE_LARGE, WS_BINARY, (struct slice){ zeros, BOMB }, NULL);

	assert_non_null(b);
	assert_true(b->len < 32768);
	free(zeros);
	deflater_free(d);
	return b;
}

static void
bombs(void **state)
{
	static const size_t maxima[] = { 1, 100, 65536, 1000000, BOMB - 1 };
	struct rcbuf *b = make_bomb();
	struct slice s = payload(b, 0xc2);
	struct inflater *f = inflater_new(15);
	struct buf out;

	(void)state;
	for (size_t i = 0; i < sizeof(maxima) / sizeof(maxima[0]); i++) {
		buf_init(&out, maxima[i]);
		inflater_reset(f);
		assert_int_equal(
		    inflate_all(f, s.p, s.len, 4096, &out), -EMSGSIZE);
		assert_int_equal(out.len, maxima[i]);
		assert_true(out.cap <= maxima[i]);
		buf_deinit(&out);
	}
	buf_init(&out, BOMB);
	inflater_reset(f);
	assert_int_equal(inflate_all(f, s.p, s.len, 4096, &out), 0);
	assert_int_equal(out.len, BOMB);
	buf_deinit(&out);
	inflater_free(f);
	counted_unref(&b->counted);
}

/* ---- frames, RFC 7692 section 6 ---- */

struct run {
	struct buf log;
	struct inflater *inflater;
	struct ws_decoder *decoder;
};

static bool
on_event(void *arg, const struct ws_event *ev)
{
	struct run *r = arg;

	buf_printf(&r->log, "%d:", ev->op);
	buf_append_slice(&r->log, ev->data);
	buf_putc(&r->log, ' ');
	return true;
}

static int
feed(struct run *r, const char *p, size_t len, size_t step)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < len; i += step) {
		size_t n = len - i < step ? len - i : step;
		char *copy = xmalloc(n);

		memcpy(copy, p + i, n);
		rc = ws_decoder_feed(r->decoder, copy, n, on_event, r);
		free(copy);
	}
	return rc;
}

static void
run_init(struct run *r, const struct deflate *agreed, size_t max)
{
	*r = (struct run){ .inflater = NULL };
	buf_init(&r->log, MAX);
	r->decoder = ws_decoder_new();
	ws_decoder_reset(r->decoder, false, max);
	ws_decoder_inflate(r->decoder, agreed, &r->inflater);
}

static void
run_deinit(struct run *r)
{
	ws_decoder_free(r->decoder);
	inflater_free(r->inflater);
	buf_deinit(&r->log);
}

#define FRAMES(lit) (lit), sizeof(lit) - 1
#define HELLO "\xf2\x48\xcd\xc9\xc9\x07\x00"

static void
frames(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *log;
		int rc;
		bool keeps;
	} rows[] = {
		{ FRAMES("\xc1\x07" HELLO), "1:Hello ", 0, false },
		{ FRAMES("\xc2\x07" HELLO), "2:Hello ", 0, false },
		{ FRAMES("\x41\x03\xf2\x48\xcd\x80\x04\xc9\xc9\x07\x00"),
		    "1:Hello ", 0, false },
		{ FRAMES("\x41\x03\xf2\x48\xcd\x89\x01x\x00\x00"
			 "\x80\x04\xc9\xc9\x07\x00"),
		    "9:x 1:Hello ", 0, false },
		{ FRAMES("\x41\x07" HELLO "\x80\x00"), "1:Hello ", 0, false },
		{ FRAMES("\x41\x00\x80\x07" HELLO), "1:Hello ", 0, false },
		{ FRAMES("\xc1\x01\x00"), "1: ", 0, false },
		/* not every message must be compressed */
		{ FRAMES("\x81\x01x\xc1\x07" HELLO "\x81\x01y"),
		    "1:x 1:Hello 1:y ", 0, true },
		{ FRAMES("\xc1\x07" HELLO "\xc1\x05\xf2\x00\x11\x00\x00"),
		    "1:Hello 1:Hello ", 0, true },
		{ FRAMES("\xc1\x07" HELLO "\x81\x01x"
			 "\xc1\x05\xf2\x00\x11\x00\x00"),
		    "1:Hello 1:x 1:Hello ", 0, true },
		{ FRAMES("\xc1\x07" HELLO "\xc1\x05\xf2\x00\x11\x00\x00"),
		    "1:Hello ", WS_CODE_INVALID, false },
		/* the bit where it must not be */
		{ FRAMES("\xc9\x00"), "", WS_CODE_PROTOCOL, false },
		{ FRAMES("\xc8\x00"), "", WS_CODE_PROTOCOL, false },
		{ FRAMES("\x41\x03\xf2\x48\xcd\xc0\x04\xc9\xc9\x07\x00"), "",
		    WS_CODE_PROTOCOL, false },
		{ FRAMES("\x01\x01x\xc0\x01x"), "", WS_CODE_PROTOCOL, false },
		{ FRAMES("\xa1\x01x"), "", WS_CODE_PROTOCOL, false },
		{ FRAMES("\xd1\x01x"), "", WS_CODE_PROTOCOL, false },
		{ FRAMES("\xe1\x01x"), "", WS_CODE_PROTOCOL, false },
		{ FRAMES("\xc3\x01x"), "", WS_CODE_PROTOCOL, false },
		/* what it says must be text */
		{ FRAMES("\xc1\x07\x00\x01\x00\xfe\xff\xff\x00"), "",
		    WS_CODE_INVALID, false },
		{ FRAMES("\x41\x06\x00\x01\x00\xfe\xff\xff"), "",
		    WS_CODE_INVALID, false },
		{ FRAMES("\xc1\x07\x00\x01\x00\xfe\xff\xc3\x00"), "",
		    WS_CODE_INVALID, false },
		{ FRAMES("\x41\x06\x00\x01\x00\xfe\xff\xc3"
			 "\x80\x07\x00\x01\x00\xfe\xff\xa9\x00"),
		    "1:\xc3\xa9 ", 0, false },
		{ FRAMES("\xc2\x07\x00\x01\x00\xfe\xff\xff\x00"), "2:\xff ", 0,
		    false },
		/* and be something */
		{ FRAMES("\xc1\x01\x06"), "", WS_CODE_INVALID, false },
		{ FRAMES("\x41\x01\x06"), "", WS_CODE_INVALID, false },
		{ FRAMES("\xc1\x00"), "", WS_CODE_INVALID, false },
		{ FRAMES("\xc1\x03\xf2\x48\xcd"), "", WS_CODE_INVALID, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (size_t step = 1; step < 24; step++) {
			struct deflate agreed = { true, rows[i].keeps, 15, 15 };
			struct run r;

			run_init(&r, &agreed, 100);
			assert_int_equal(
			    feed(&r, rows[i].bytes, rows[i].len, step),
			    rows[i].rc);
			assert_true(slice_is(buf_view(&r.log), rows[i].log));
			run_deinit(&r);
		}
}

static void
not_agreed(void **state)
{
	struct deflate agreed = { .on = false };
	struct run r;

	(void)state;
	run_init(&r, &agreed, 100);
	assert_int_equal(
	    feed(&r, FRAMES("\xc1\x07" HELLO), 100), WS_CODE_PROTOCOL);
	assert_null(r.inflater);
	run_deinit(&r);
}

static void
maximum(void **state)
{
	struct deflate agreed = { true, false, 15, 15 };
	struct rcbuf *bomb = make_bomb();
	struct run r;

	(void)state;
	run_init(&r, &agreed, 5);
	assert_int_equal(feed(&r, FRAMES("\xc1\x07" HELLO), 1), 0);
	run_deinit(&r);
	run_init(&r, &agreed, 4);
	assert_int_equal(
	    feed(&r, FRAMES("\xc1\x07" HELLO), 1), WS_CODE_TOO_BIG);
	run_deinit(&r);
	run_init(&r, &agreed, 1000000);
	assert_int_equal(
	    feed(&r, bomb->data, bomb->len, 65536), WS_CODE_TOO_BIG);
	assert_int_equal(r.log.len, 0);
	run_deinit(&r);
	/* longer than it can have become, from its header on */
	run_init(&r, &agreed, 1000);
	assert_int_equal(
	    feed(&r, FRAMES("\xc1\x7e\x04\xe3"), 4), WS_CODE_TOO_BIG);
	run_deinit(&r);
	run_init(&r, &agreed, 1000);
	assert_int_equal(feed(&r, FRAMES("\xc1\x7e\x04\xe2"), 4), 0);
	run_deinit(&r);
	counted_unref(&bomb->counted);
}

/* ---- packets ---- */

static void
packets(void **state)
{
	struct deflater *d = deflater_new();
	struct slice text = sample(4096);
	struct eio_packet *p = eio_packet_copy(EIO_MESSAGE, false, text);
	struct rcbuf *large = eio_packet_deflated(p, 4, d, DEFLATE_LARGE);
	struct rcbuf *small = eio_packet_deflated(p, 4, d, DEFLATE_SMALL);
	struct inflater *f = inflater_new(9);
	struct slice s;
	struct buf out;

	(void)state;
	/* made once */
	assert_ptr_equal(eio_packet_deflated(p, 3, d, DEFLATE_LARGE), large);
	assert_ptr_equal(eio_packet_deflated(p, 4, d, DEFLATE_SMALL), small);
	assert_ptr_not_equal(large, small);
	buf_init(&out, MAX);
	s = payload(small, 0xc1);
	assert_int_equal(inflate_all(f, s.p, s.len, 16, &out), 0);
	assert_true(slice_eq(buf_view(&out), eio_packet_text(p, 4)));
	eio_packet_unref(p);

	p = eio_packet_copy(EIO_MESSAGE, true, text);
	s = payload(eio_packet_deflated(p, 4, d, DEFLATE_SMALL), 0xc2);
	inflater_reset(f);
	buf_clear(&out);
	assert_int_equal(inflate_all(f, s.p, s.len, 16, &out), 0);
	assert_true(slice_eq(buf_view(&out), text));
	assert_null(eio_packet_deflated(p, 3, d, DEFLATE_SMALL));
	eio_packet_unref(p);

	p = eio_packet_copy(EIO_PING, false, SLICE(""));
	assert_null(eio_packet_deflated(p, 4, d, DEFLATE_LARGE));
	assert_null(eio_packet_deflated(p, 4, d, DEFLATE_LARGE));
	eio_packet_unref(p);
	buf_deinit(&out);
	inflater_free(f);
	deflater_free(d);
	free((char *)(uintptr_t)text.p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(offers),
		cmocka_unit_test(longest_answer),
		cmocka_unit_test(answers),
		cmocka_unit_test(forms),
		cmocka_unit_test(inflating),
		cmocka_unit_test(window_kept),
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(masked_frame),
		cmocka_unit_test(not_worth_it),
		cmocka_unit_test(bombs),
		cmocka_unit_test(frames),
		cmocka_unit_test(not_agreed),
		cmocka_unit_test(maximum),
		cmocka_unit_test(packets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
