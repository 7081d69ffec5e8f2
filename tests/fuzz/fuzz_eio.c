/*
 * Engine.IO packets and payloads, 4 and 3, and Engine.IO 3's text. The first
 * byte tells which: what is decoded from a payload is what is encoded and
 * decoded again.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "fuzz.h"
#include "proto/eio3_text.h"
#include "proto/eio_packet.h"

enum { OUT_MAX = 1 << 24, PACKETS_MAX = 100 };

enum { EIO4 = 1, BINARY = 2 };

static int
decode(struct buf *body, unsigned how, struct eio_packet **v, size_t *n)
{
	struct eio_payload pl = { body->p, body->len, how & EIO4 ? 4 : 3,
		(how & BINARY) != 0, false };
	const char *end = body->p + body->len;
	struct eio_view view;
	int rc;

	*n = 0;
	while ((rc = eio_payload_next(&pl, &view)) > 0) {
		CHECK(view.type <= EIO_NOOP);
		CHECK(!view.binary || view.type == EIO_MESSAGE);
		CHECK(view.data.p >= body->p && view.data.p <= end);
		CHECK(view.data.len <= (size_t)(end - view.data.p));
		CHECK(view.binary || utf8_valid(view.data.p, view.data.len));
		if (*n == PACKETS_MAX)
			return -E2BIG;
		v[(*n)++] = eio_packet_copy(view.type, view.binary, view.data);
	}
	CHECK(rc == 0 || rc == -EINVAL);
	return rc;
}

static void
unref_all(struct eio_packet **v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		eio_packet_unref(v[i]);
}

static bool
same(struct eio_packet *a, struct eio_packet *b)
{
	return a->type == b->type && a->binary == b->binary &&
	       slice_eq((struct slice){ eio_packet_data(a), a->len },
		   (struct slice){ eio_packet_data(b), b->len });
}

/*
 * Not so in Engine.IO 3's text form: text that is doubly encoded by chance.
 * And a separator cannot stand in EIO4's text.
 */
static bool
repaired(struct eio_packet *p)
{
	struct slice s = eio_packet_text(p, 3);
	char *copy = fuzz_copy(s);
	size_t n = eio3_text_repair(copy, s.len);

	CHECK(n <= s.len);
	CHECK(utf8_valid(copy, n));
	free(copy);
	return n != s.len;
}

static void
encode_again(struct eio_packet **v, size_t n, unsigned how)
{
	struct eio_packet *again[PACKETS_MAX];
	bool text3 = (how & (EIO4 | BINARY)) == 0;
	size_t cost = 0, m;
	struct buf out;

	buf_init(&out, OUT_MAX);
	if (how & EIO4)
		CHECK(eio4_payload_encode(&out, v, n) == 0);
	else
		CHECK(
		    eio3_payload_encode(&out, v, n, (how & BINARY) != 0) == 0);
	for (size_t i = 0; i < n; i++)
		cost += eio_packet_cost(v[i]);
	CHECK(out.len <= cost);
	CHECK(decode(&out, how, again, &m) == 0);
	CHECK(m == n);
	for (size_t i = 0; i < n; i++)
		CHECK(same(v[i], again[i]) || (text3 && repaired(v[i])));
	unref_all(again, m);
	buf_deinit(&out);
}

/* One packet of a WebSocket frame. */
static void
decode_one(struct slice s, unsigned how)
{
	char *copy = fuzz_copy(s);
	struct eio_view view;
	int rc = eio_packet_decode(
	    how & EIO4 ? 4 : 3, (how & BINARY) != 0, copy, s.len, &view);

	CHECK(rc == 0 || rc == -EINVAL);
	if (rc == 0)
		CHECK(view.data.len == 0 ||
		      (view.data.p >= copy &&
			  view.data.p + view.data.len <= copy + s.len));
	free(copy);
}

/* Of valid UTF-8: ASCII comes out. */
static void
escape(struct slice s)
{
	struct buf out;

	if (!utf8_valid(s.p, s.len))
		return;
	buf_init(&out, 3 * s.len);
	CHECK(eio3_text_escape(&out, s) == 0);
	CHECK(slice_is_ascii(buf_view(&out)));
	buf_deinit(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	struct eio_packet *v[PACKETS_MAX];
	unsigned how = fuzz_byte(&in);
	struct buf body;
	size_t n;
	int rc;

	if (how & EIO4)
		how &= ~(unsigned)BINARY;
	decode_one(fuzz_rest(&in), how);
	escape(fuzz_rest(&in));
	buf_init(&body, size + 1);
	buf_append_slice(&body, fuzz_rest(&in));
	buf_putc(&body, '\0'); /* so that there is memory */
	body.len--;
	rc = decode(&body, how, v, &n);
	if (rc == 0)
		encode_again(v, n, how);
	unref_all(v, n);
	buf_deinit(&body);
	return 0;
}
