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
#include "base/utf8.h"
#include "proto/eio_packet.h"
#include "proto/ws.h"

enum { MAX = 1 << 22 };

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* One UTF-16 unit, and two. */
#define EURO "\xe2\x82\xac"
#define FACE "\xf0\x9f\x98\x80"

static uint32_t seed;

static uint32_t
rnd(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (uint32_t)(((uint64_t)seed * below) >> 32);
}

static struct eio_packet *
text(enum eio_type type, const char *data)
{
	return eio_packet_copy(type, false, slice_of(data));
}

/* Joined, for comparing; good until the next call. */
static struct slice
ws_bytes(const struct eio_packet *p, int eio)
{
	static char joined[1 << 18];
	struct slice out[2];
	unsigned n = eio_packet_ws(p, eio, out);
	size_t len = 0;

	assert_in_range(n, 1, 2);
	for (unsigned i = 0; i < n; i++) {
		assert_true(out[i].len <= sizeof(joined) - len);
		memcpy(joined + len, out[i].p, out[i].len);
		len += out[i].len;
	}
	return (struct slice){ joined, len };
}

static void
known_frames(void **state)
{
	struct eio_packet *p = text(EIO_MESSAGE, "hello");

	(void)state;
	assert_true(slice_eq(ws_bytes(p, 4), SLICE("\x81\x06"
						   "4hello")));
	assert_true(slice_eq(ws_bytes(p, 3), SLICE("\x81\x06"
						   "4hello")));
	eio_packet_unref(p);
	p = text(EIO_NOOP, "");
	assert_true(slice_eq(ws_bytes(p, 4), SLICE("\x81\x01"
						   "6")));
	eio_packet_unref(p);
	p = eio_packet_copy(EIO_MESSAGE, true, SLICE("\1\2\3\4"));
	assert_true(slice_eq(ws_bytes(p, 4), SLICE("\x82\x04\1\2\3\4")));
	assert_true(slice_eq(ws_bytes(p, 3), SLICE("\x82\x05\4\1\2\3\4")));
	eio_packet_unref(p);
	p = eio_packet_copy(EIO_MESSAGE, true, SLICE(""));
	assert_true(slice_eq(ws_bytes(p, 4), SLICE("\x82\x00")));
	assert_true(slice_eq(ws_bytes(p, 3), SLICE("\x82\x01\4")));
	eio_packet_unref(p);
}

/* Around the lengths at which a WebSocket header grows. */
static void
frames_of_all_sizes(void **state)
{
	static const size_t sizes[] = { 0, 1, 124, 125, 126, 127, 65534, 65535,
		65536, 65537, 200000 };

	(void)state;
	for (size_t i = 0; i < COUNT(sizes) * 4; i++) {
		size_t len = sizes[i / 4];
		bool binary = i % 2 != 0;
		int eio = i / 2 % 2 != 0 ? 3 : 4;
		size_t type = binary && eio == 4 ? 0 : 1;
		struct eio_packet *p = eio_packet_new(EIO_MESSAGE, binary, len);
		uint8_t head[WS_HEAD_MAX];
		struct slice all;
		size_t n;

		memset(eio_packet_data(p), 'x', len);
		all = ws_bytes(p, eio);
		n = ws_head(
		    head, binary ? WS_BINARY : WS_TEXT, type + len, NULL);
		assert_int_equal(all.len, n + type + len);
		assert_memory_equal(all.p, head, n);
		if (type > 0)
			assert_int_equal(all.p[n], binary ? 4 : '4');
		for (size_t k = n + type; k < all.len; k++)
			assert_int_equal(all.p[k], 'x');
		eio_packet_unref(p);
	}
}

static void
base64_forms_are_made_once(void **state)
{
	struct eio_packet *p =
	    eio_packet_copy(EIO_MESSAGE, true, SLICE("\1\2\3\4"));
	struct eio_packet *f4, *f3;

	(void)state;
	assert_true(slice_is(eio_packet_text(p, 4), "bAQIDBA=="));
	assert_true(slice_is(eio_packet_text(p, 3), "b4AQIDBA=="));
	f4 = eio_packet_base64(p, 4);
	f3 = eio_packet_base64(p, 3);
	assert_ptr_equal(f4, eio_packet_base64(p, 4));
	assert_ptr_equal(f3, eio_packet_base64(p, 3));
	assert_ptr_not_equal(f3, f4);
	assert_true(slice_eq(ws_bytes(f4, 4), SLICE("\x81\x09"
						    "bAQIDBA==")));
	assert_true(slice_eq(ws_bytes(f3, 3), SLICE("\x81\x0a"
						    "b4AQIDBA==")));
	/* a form may outlive what it was made of */
	eio_packet_ref(f4);
	eio_packet_unref(p);
	assert_true(slice_is(eio_packet_text(f4, 4), "bAQIDBA=="));
	eio_packet_unref(f4);

	p = text(EIO_PING, "probe");
	assert_ptr_equal(eio_packet_base64(p, 4), p);
	assert_true(slice_is(eio_packet_text(p, 4), "2probe"));
	assert_true(slice_is(eio_packet_text(p, 3), "2probe"));
	eio_packet_unref(p);
	eio_packet_unref(NULL);
}

/* mode: 4, 3 (text) or 30 (binary framing) */
static int
encode(int mode, struct buf *b, struct eio_packet *const *v, size_t n)
{
	if (mode == 4)
		return eio4_payload_encode(b, v, n);
	return eio3_payload_encode(b, v, n, mode == 30);
}

static void
known_payloads(void **state)
{
	struct eio_packet *v[] = {
		text(EIO_MESSAGE, "hello"),
		eio_packet_copy(EIO_MESSAGE, true, SLICE("\1\2\3\4")),
		text(EIO_MESSAGE, EURO FACE),
		text(EIO_NOOP, ""),
	};
	static const struct {
		int mode;
		size_t n;
		struct slice bytes;
	} rows[] = {
		{ 4, 0, SLICE_INIT("") },
		{ 4, 1, SLICE_INIT("4hello") },
		{ 4, 4,
		    SLICE_INIT("4hello\x1e"
			       "bAQIDBA==\x1e"
			       "4" EURO FACE "\x1e"
			       "6") },
		{ 3, 1, SLICE_INIT("6:4hello") },
		{ 3, 4,
		    SLICE_INIT("6:4hello10:b4AQIDBA==4:4" EURO FACE "1:6") },
		{ 30, 2,
		    SLICE_INIT("\0\6\xff"
			       "4hello\1\5\xff\4\1\2\3\4") },
		{ 30, 4,
		    SLICE_INIT("\0\6\xff"
			       "4hello\1\5\xff\4\1\2\3\4\0\x08\xff"
			       "4" EURO FACE "\0\1\xff"
			       "6") },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct slice want = rows[i].bytes;
		struct buf b;
		size_t cost = 0;

		/* in exactly enough room, and in one byte less */
		buf_init(&b, want.len);
		assert_int_equal(encode(rows[i].mode, &b, v, rows[i].n), 0);
		assert_true(slice_eq(buf_view(&b), want));
		buf_deinit(&b);
		if (want.len > 0) {
			buf_init(&b, want.len - 1);
			assert_int_equal(
			    encode(rows[i].mode, &b, v, rows[i].n), -ENOBUFS);
			buf_deinit(&b);
		}
		for (size_t k = 0; k < rows[i].n; k++)
			cost += eio_packet_cost(v[k]);
		assert_true(cost >= want.len);
	}
	for (size_t k = 0; k < COUNT(v); k++)
		eio_packet_unref(v[k]);
}

static void
lengths_in_decimal(void **state)
{
	static const struct {
		size_t len;
		struct slice text, binary; /* what stands before the packet */
	} rows[] = {
		{ 8, SLICE_INIT("9:"), SLICE_INIT("\0\x09\xff") },
		{ 9, SLICE_INIT("10:"), SLICE_INIT("\0\1\0\xff") },
		{ 98, SLICE_INIT("99:"), SLICE_INIT("\0\x09\x09\xff") },
		{ 99, SLICE_INIT("100:"), SLICE_INIT("\0\1\0\0\xff") },
		{ 1234566, SLICE_INIT("1234567:"),
		    SLICE_INIT("\0\1\2\3\4\5\6\7\xff") },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct eio_packet *p =
		    eio_packet_new(EIO_MESSAGE, false, rows[i].len);
		struct buf b;

		memset(eio_packet_data(p), 'x', rows[i].len);
		buf_init(&b, MAX);
		assert_int_equal(eio3_payload_encode(&b, &p, 1, false), 0);
		assert_int_equal(b.len, rows[i].text.len + 1 + rows[i].len);
		assert_memory_equal(b.p, rows[i].text.p, rows[i].text.len);
		assert_true(eio_packet_cost(p) >= b.len);
		buf_clear(&b);
		assert_int_equal(eio3_payload_encode(&b, &p, 1, true), 0);
		assert_int_equal(b.len, rows[i].binary.len + 1 + rows[i].len);
		assert_memory_equal(b.p, rows[i].binary.p, rows[i].binary.len);
		buf_deinit(&b);
		eio_packet_unref(p);
	}
}

/* Whoever counts in bytes or in UTF-16 units counts the same. */
static void
json_for_eio3_is_ascii(void **state)
{
	struct eio_packet *v[] = {
		text(EIO_MESSAGE, "2[\"" EURO FACE "\"]"),
		text(EIO_MESSAGE, "2[\"x\"]"),
	};
	struct buf b;

	(void)state;
	v[0]->json = v[1]->json = true;
	buf_init(&b, MAX);
	assert_int_equal(eio3_payload_encode(&b, v, 2, false), 0);
	assert_true(slice_is(
	    buf_view(&b), "24:42[\"\\u20ac\\ud83d\\ude00\"]7:42[\"x\"]"));
	buf_clear(&b);
	/* EIO4 and frames have no such doubts */
	assert_int_equal(eio4_payload_encode(&b, v, 1), 0);
	assert_true(slice_is(buf_view(&b), "42[\"" EURO FACE "\"]"));
	buf_deinit(&b);
	buf_init(&b, 10);
	assert_int_equal(eio3_payload_encode(&b, v, 2, false), -ENOBUFS);
	assert_int_equal(eio4_payload_encode(&b, v, 2), -ENOBUFS);
	buf_deinit(&b);
	buf_init(&b, eio_packet_text(v[1], 4).len);
	assert_int_equal(eio4_payload_encode(&b, v + 1, 1), 0);
	assert_int_equal(eio4_payload_encode(&b, v, 1), -ENOBUFS);
	buf_deinit(&b);
	eio_packet_unref(v[0]);
	eio_packet_unref(v[1]);
}

/* Decoding is given memory of the very size. */
static char *
exact_copy(struct slice s)
{
	char *p = xmalloc(s.len + !s.len);

	assert_non_null(p);
	if (s.len > 0)
		memcpy(p, s.p, s.len);
	return p;
}

/* Views as text: "4:data ", binary ones "B:data ". */
static void
put_view(struct buf *b, const struct eio_view *v)
{
	if (v->binary)
		assert_int_equal(v->type, EIO_MESSAGE);
	buf_printf(b, "%c:", v->binary ? 'B' : '0' + (int)v->type);
	buf_append_slice(b, v->data);
	buf_putc(b, ' ');
}

static void
single_packets(void **state)
{
	static const struct {
		int eio;
		bool binary;
		struct slice in;
		struct slice out; /* .p NULL: refused */
	} rows[] = {
		{ 4, false, SLICE_INIT("4hello"), SLICE_INIT("4:hello ") },
		{ 4, false, SLICE_INIT("0"), SLICE_INIT("0: ") },
		{ 4, false, SLICE_INIT("6"), SLICE_INIT("6: ") },
		{ 4, false, SLICE_INIT("2probe"), SLICE_INIT("2:probe ") },
		{ 4, false, SLICE_INIT("bAQID"), SLICE_INIT("B:\1\2\3 ") },
		{ 4, false, SLICE_INIT("b"), SLICE_INIT("B: ") },
		{ 3, false, SLICE_INIT("b4AQID"), SLICE_INIT("B:\1\2\3 ") },
		{ 3, false, SLICE_INIT("b4"), SLICE_INIT("B: ") },
		{ 4, true, SLICE_INIT("\1\2"), SLICE_INIT("B:\1\2 ") },
		{ 4, true, SLICE_INIT(""), SLICE_INIT("B: ") },
		{ 3, true, SLICE_INIT("\4\1\2"), SLICE_INIT("B:\1\2 ") },
		{ 3, true, SLICE_INIT("\4"), SLICE_INIT("B: ") },
		{ 4, false, SLICE_INIT(""), { NULL, 0 } },
		{ 3, false, SLICE_INIT(""), { NULL, 0 } },
		{ 3, true, SLICE_INIT(""), { NULL, 0 } },
		{ 4, false, SLICE_INIT("7"), { NULL, 0 } },
		{ 4, false, SLICE_INIT("/"), { NULL, 0 } },
		{ 4, false, SLICE_INIT("abc"), { NULL, 0 } },
		{ 4, false, SLICE_INIT("\xff"), { NULL, 0 } },
		{ 4, false, SLICE_INIT("bA"), { NULL, 0 } },
		{ 4, false, SLICE_INIT("bAQI*"), { NULL, 0 } },
		{ 4, false, SLICE_INIT("B"), { NULL, 0 } },
		{ 3, false, SLICE_INIT("b"), { NULL, 0 } },
		{ 3, false, SLICE_INIT("b2AQID"), { NULL, 0 } },
		{ 3, false, SLICE_INIT("bAQID"), { NULL, 0 } },
		{ 3, true, SLICE_INIT("\1\2"), { NULL, 0 } },
		{ 3, true, SLICE_INIT("4\1\2"), { NULL, 0 } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *in = exact_copy(rows[i].in);
		struct eio_view v;
		struct buf b;
		int rc;

		buf_init(&b, 100);
		rc = eio_packet_decode(
		    rows[i].eio, rows[i].binary, in, rows[i].in.len, &v);
		assert_int_equal(rc, rows[i].out.p != NULL ? 0 : -EINVAL);
		if (rc == 0)
			put_view(&b, &v);
		assert_true(slice_eq(buf_view(&b), rows[i].out));
		buf_deinit(&b);
		free(in);
	}
}

/* Decodes a whole payload: 0 or -EINVAL; what came is in out. */
static int
decode(int mode, struct slice body, struct buf *out)
{
	char *copy = exact_copy(body);
	struct eio_payload pl = {
		.p = copy,
		.len = body.len,
		.eio = mode == 4 ? 4 : 3,
		.binary = mode == 30,
	};
	struct eio_view v;
	int rc;

	while ((rc = eio_payload_next(&pl, &v)) > 0)
		put_view(out, &v);
	if (rc == 0) /* stays at the end */
		assert_int_equal(eio_payload_next(&pl, &v), 0);
	free(copy);
	return rc;
}

struct payload_case {
	int mode;
	struct slice in, out;
};

static void
good_payloads(void **state)
{
	static const struct payload_case rows[] = {
		{ 4, SLICE_INIT("4hello"), SLICE_INIT("4:hello ") },
		{ 4,
		    SLICE_INIT("4a\x1e"
			       "2\x1e"
			       "bAQID\x1e"
			       "1"),
		    SLICE_INIT("4:a 2: B:\1\2\3 1: ") },
		{ 4,
		    SLICE_INIT("b\x1e"
			       "b"),
		    SLICE_INIT("B: B: ") },
		{ 4, SLICE_INIT("4" EURO), SLICE_INIT("4:" EURO " ") },
		{ 3, SLICE_INIT("6:4hello"), SLICE_INIT("4:hello ") },
		{ 3, SLICE_INIT("1:1"), SLICE_INIT("1: ") },
		{ 3, SLICE_INIT("6:4hello10:b4AQIDBA==1:2"),
		    SLICE_INIT("4:hello B:\1\2\3\4 2: ") },
		{ 3, SLICE_INIT("4:4" EURO FACE "2:4x"),
		    SLICE_INIT("4:" EURO FACE " 4:x ") },
		{ 3, SLICE_INIT("4:41:2"), SLICE_INIT("4:1:2 ") },
		{ 30,
		    SLICE_INIT("\0\6\xff"
			       "4hello\1\5\xff\4\1\2\3\4"),
		    SLICE_INIT("4:hello B:\1\2\3\4 ") },
		{ 30,
		    SLICE_INIT("\0\4\xff"
			       "4" EURO "\1\1\xff\4"),
		    SLICE_INIT("4:" EURO " B: ") },
		{ 30,
		    SLICE_INIT("\0\1\0\xff"
			       "4123456789"),
		    SLICE_INIT("4:123456789 ") },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct buf b;

		buf_init(&b, 1000);
		assert_int_equal(decode(rows[i].mode, rows[i].in, &b), 0);
		assert_true(slice_eq(buf_view(&b), rows[i].out));
		buf_deinit(&b);
	}
}

static void
bad_payloads(void **state)
{
	static const struct payload_case rows[] = {
		{ 4, { NULL, 0 }, SLICE_INIT("") },
		{ 4, SLICE_INIT(""), SLICE_INIT("") },
		{ 4, SLICE_INIT("\x1e"), SLICE_INIT("") },
		{ 4, SLICE_INIT("4a\x1e"), SLICE_INIT("4:a ") },
		{ 4,
		    SLICE_INIT("4a\x1e\x1e"
			       "4b"),
		    SLICE_INIT("4:a ") },
		{ 4,
		    SLICE_INIT("\x1e"
			       "4a"),
		    SLICE_INIT("") },
		{ 4, SLICE_INIT("abc"), SLICE_INIT("") },
		{ 4,
		    SLICE_INIT("4a\x1e"
			       "8"),
		    SLICE_INIT("4:a ") },
		{ 4, SLICE_INIT("4\xff"), SLICE_INIT("") },
		{ 4,
		    SLICE_INIT("4\xc3\x1e"
			       "4x"),
		    SLICE_INIT("") },
		{ 4,
		    SLICE_INIT("bA\xc3\xa9"
			       "A"),
		    SLICE_INIT("") },
		{ 3, { NULL, 0 }, SLICE_INIT("") },
		{ 3, SLICE_INIT(""), SLICE_INIT("") },
		{ 3, SLICE_INIT("abc"), SLICE_INIT("") },
		{ 3, SLICE_INIT(":4"), SLICE_INIT("") },
		{ 3, SLICE_INIT("6"), SLICE_INIT("") },
		{ 3, SLICE_INIT("6:"), SLICE_INIT("") },
		{ 3, SLICE_INIT("0:"), SLICE_INIT("") },
		{ 3, SLICE_INIT("06:4hello"), SLICE_INIT("") },
		{ 3, SLICE_INIT("+6:4hello"), SLICE_INIT("") },
		{ 3, SLICE_INIT("-1:4"), SLICE_INIT("") },
		{ 3, SLICE_INIT("6 :4hello"), SLICE_INIT("") },
		{ 3, SLICE_INIT("7:4hello"), SLICE_INIT("") },
		{ 3, SLICE_INIT("5:4hello"), SLICE_INIT("4:hell ") },
		{ 3, SLICE_INIT("18446744073709551617:4"), SLICE_INIT("") },
		{ 3, SLICE_INIT("1:2 "), SLICE_INIT("2: ") },
		{ 3, SLICE_INIT("2:8x"), SLICE_INIT("") },
		{ 3, SLICE_INIT("2:4" FACE), SLICE_INIT("") }, /* half of it */
		{ 3, SLICE_INIT("2:4\xff"), SLICE_INIT("") },
		{ 3, SLICE_INIT("2:4\xc3"), SLICE_INIT("") },
		{ 30, SLICE_INIT(""), SLICE_INIT("") },
		{ 30, SLICE_INIT("\0"), SLICE_INIT("") },
		{ 30, SLICE_INIT("\0\1"), SLICE_INIT("") },
		{ 30, SLICE_INIT("\0\xff"), SLICE_INIT("") },
		{ 30, SLICE_INIT("\0\0\xff"), SLICE_INIT("") },
		{ 30, SLICE_INIT("\0\1\xff"), SLICE_INIT("") },
		{ 30,
		    SLICE_INIT("\0\2\xff"
			       "4"),
		    SLICE_INIT("") },
		{ 30,
		    SLICE_INIT("\2\1\xff"
			       "4"),
		    SLICE_INIT("") },
		{ 30,
		    SLICE_INIT("\0\x0a\xff"
			       "4123456789"),
		    SLICE_INIT("") },
		{ 30,
		    SLICE_INIT("\0"
			       "1\xff"
			       "4"),
		    SLICE_INIT("") },
		{ 30,
		    SLICE_INIT("\0\2\xff"
			       "4\xff"),
		    SLICE_INIT("") },
		{ 30,
		    SLICE_INIT("\1\2\xff"
			       "4x"),
		    SLICE_INIT("") },
		{ 30,
		    SLICE_INIT("\0\1\xff"
			       "4x"),
		    SLICE_INIT("4: ") },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct buf b;

		buf_init(&b, 1000);
		assert_int_equal(decode(rows[i].mode, rows[i].in, &b), -EINVAL);
		assert_true(slice_eq(buf_view(&b), rows[i].out));
		buf_deinit(&b);
	}
}

static struct eio_packet *
random_packet(void)
{
	struct eio_packet *p;
	bool binary = rnd(3) == 0;
	struct buf b;
	char c[4];

	buf_init(&b, 4000);
	for (uint32_t n = rnd(rnd(4) == 0 ? 500 : 20); n > 0; n--) {
		static const uint32_t ranges[] = { 0x80, 0x800, 0xd800,
			0x110000 };
		uint32_t cp = rnd(binary ? 256 : ranges[rnd(4)]);

		if (binary)
			buf_putc(&b, (char)cp);
		else if (cp != 0x1e && (cp < 0xd800 || cp > 0xdfff))
			buf_append(&b, c, utf8_encode(c, cp));
	}
	p = eio_packet_copy(
	    binary ? EIO_MESSAGE : (enum eio_type)rnd(7), binary, buf_view(&b));
	buf_deinit(&b);
	return p;
}

static void
random_round_trips(void **state)
{
	static const int modes[] = { 4, 3, 30 };
	struct buf body, want, got;

	(void)state;
	buf_init(&body, MAX);
	buf_init(&want, MAX);
	buf_init(&got, MAX);
	seed = 1;
	for (int round = 0; round < 3000; round++) {
		struct eio_packet *v[8];
		size_t n = 1 + rnd(8), cost = 0;
		int mode = modes[round % 3];

		for (size_t i = 0; i < n; i++) {
			struct eio_view view;

			v[i] = random_packet();
			cost += eio_packet_cost(v[i]);
			view = (struct eio_view){ (enum eio_type)v[i]->type,
				v[i]->binary,
				{ eio_packet_data(v[i]), v[i]->len } };
			put_view(&want, &view);
		}
		assert_int_equal(encode(mode, &body, v, n), 0);
		assert_true(body.len <= cost);
		assert_int_equal(decode(mode, buf_view(&body), &got), 0);
		assert_true(slice_eq(buf_view(&got), buf_view(&want)));

		/* one wrong byte: whatever comes of it, within bounds */
		body.p[rnd((uint32_t)body.len)] = (char)rnd(256);
		decode(mode, buf_view(&body), &got);
		buf_clear(&body);
		buf_clear(&want);
		buf_clear(&got);
		for (size_t i = 0; i < n; i++)
			eio_packet_unref(v[i]);
	}
	buf_deinit(&body);
	buf_deinit(&want);
	buf_deinit(&got);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_frames),
		cmocka_unit_test(frames_of_all_sizes),
		cmocka_unit_test(base64_forms_are_made_once),
		cmocka_unit_test(known_payloads),
		cmocka_unit_test(lengths_in_decimal),
		cmocka_unit_test(json_for_eio3_is_ascii),
		cmocka_unit_test(single_packets),
		cmocka_unit_test(good_payloads),
		cmocka_unit_test(bad_payloads),
		cmocka_unit_test(random_round_trips),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
