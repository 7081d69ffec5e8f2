#include "config.h"

#include "proto/eio_packet.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "proto/eio3_text.h"
#include "proto/ws.h"

enum {
	SEPARATOR = 0x1e,  /* between the packets of an EIO4 payload */
	DIGITS_MAX = 10,   /* of a uint32_t */
	ESCAPE_GROWTH = 3, /* two bytes of UTF-8 become six of \u */

	/* Where things are in eio_packet.bytes: a WebSocket header ends at
	 * TEXT_HEAD_END, a binary packet of EIO4 has one more. */
	HEAD_END = WS_HEAD_MAX,
	TEXT_DATA = HEAD_END + 1,
	EIO4_HEAD_END = TEXT_DATA + WS_HEAD_MAX,
	BINARY_DATA = EIO4_HEAD_END,

	/* EIO3 binary framing */
	FRAMED_TEXT = 0,
	FRAMED_BINARY = 1,
	FRAMED_LENGTH_END = 0xff,
};

static void
packet_free(struct counted *c)
{
	struct eio_packet *p = container_of(c, struct eio_packet, counted);

	eio_packet_unref(p->base64[0]);
	eio_packet_unref(p->base64[1]);
	for (unsigned i = 0; i < DEFLATE_FORMS; i++)
		if (p->deflated[i] != NULL)
			counted_unref(&p->deflated[i]->counted);
	free(p);
}

/*
 * The headers are written here and not when a WebSocket asks for them: all
 * there is to know is the length.
 */
struct eio_packet *
eio_packet_new(enum eio_type type, bool binary, size_t len)
{
	size_t room = binary ? BINARY_DATA : TEXT_DATA;
	struct eio_packet *p;
	uint8_t *bytes;

	assert(!binary || type == EIO_MESSAGE);
	assert(len < UINT32_MAX);
	p = xmalloc(sizeof(*p) + room + len);
	*p = (struct eio_packet){
		.counted = { .refs = 1, .free_cb = packet_free },
		.len = (uint32_t)len,
		.type = (uint8_t)type,
		.binary = binary,
	};
	bytes = (uint8_t *)p->bytes;
	if (binary) {
		bytes[HEAD_END] = EIO_MESSAGE;
		ws_head_before(bytes + HEAD_END, WS_BINARY, len + 1);
		ws_head_before(bytes + EIO4_HEAD_END, WS_BINARY, len);
	} else {
		bytes[HEAD_END] = (uint8_t)('0' + type);
		ws_head_before(bytes + HEAD_END, WS_TEXT, len + 1);
	}
	return p;
}

struct eio_packet *
eio_packet_copy(enum eio_type type, bool binary, struct slice data)
{
	struct eio_packet *p = eio_packet_new(type, binary, data.len);

	if (data.len > 0)
		memcpy(eio_packet_data(p), data.p, data.len);
	return p;
}

char *
eio_packet_data(struct eio_packet *p)
{
	return p->bytes + (p->binary ? BINARY_DATA : TEXT_DATA);
}

struct eio_packet *
eio_packet_ref(struct eio_packet *p)
{
	counted_ref(&p->counted);
	return p;
}

void
eio_packet_unref(struct eio_packet *p)
{
	if (p != NULL)
		counted_unref(&p->counted);
}

unsigned
eio_packet_ws(const struct eio_packet *p, int eio, struct slice out[2])
{
	size_t head;

	if (p->binary && eio == 4) {
		head = ws_head_len(p->len);
		out[0] = (struct slice){ p->bytes + EIO4_HEAD_END - head,
			head + p->len };
		return 1;
	}
	head = ws_head_len((uint64_t)p->len + 1);
	out[0].p = p->bytes + HEAD_END - head;
	if (!p->binary) {
		out[0].len = head + 1 + p->len;
		return 1;
	}
	out[0].len = head + 1;
	out[1] = (struct slice){ p->bytes + BINARY_DATA, p->len };
	return 2;
}

struct rcbuf *
eio_packet_deflated(
    struct eio_packet *p, int eio, struct deflater *d, enum deflate_form form)
{
	struct slice text = { p->bytes + HEAD_END, (size_t)p->len + 1 };
	struct slice data = { eio_packet_data(p), p->len };

	if (p->binary && eio == 3)
		return NULL;
	if (!p->deflated_tried[form])
		p->deflated[form] =
		    deflate_frame(d, form, p->binary ? WS_BINARY : WS_TEXT,
			p->binary ? data : text, NULL);
	p->deflated_tried[form] = true;
	return p->deflated[form];
}

struct eio_packet *
eio_packet_base64(struct eio_packet *p, int eio)
{
	struct eio_packet **form = &p->base64[eio == 4];
	size_t type = eio == 4 ? 0 : 1; /* digits of the type */
	char *to;

	if (!p->binary)
		return p;
	if (*form == NULL) {
		*form = eio_packet_new(
		    EIO_MESSAGE, false, type + BASE64_LEN((size_t)p->len));
		(*form)->bytes[HEAD_END] = 'b';
		to = eio_packet_data(*form);
		if (type > 0)
			to[0] = '0' + EIO_MESSAGE;
		base64_encode(to + type, eio_packet_data(p), p->len);
	}
	return *form;
}

struct slice
eio_packet_text(struct eio_packet *p, int eio)
{
	p = eio_packet_base64(p, eio);
	return (struct slice){ p->bytes + HEAD_END, (size_t)p->len + 1 };
}

size_t
eio_packet_cost(const struct eio_packet *p)
{
	/* length and ':', or framing byte, length and 0xff */
	size_t around = DIGITS_MAX + 2;
	size_t len = p->len;

	return around + (p->binary ? 2 + BASE64_LEN(len) : 1 + len);
}

int
eio4_payload_encode(struct buf *out, struct eio_packet *const *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && buf_putc(out, SEPARATOR) != 0)
			return -ENOBUFS;
		if (buf_append_slice(out, eio_packet_text(v[i], 4)) != 0)
			return -ENOBUFS;
	}
	return 0;
}

/* Without JSON's licence to escape, text goes as it is. */
static int
put_eio3_text(struct buf *out, struct eio_packet *p)
{
	struct slice s = eio_packet_text(p, 3);
	struct buf ascii;
	int rc;

	if (!p->json) {
		buf_printf(out, "%zu:", utf8_utf16_len(s.p, s.len));
		return buf_append_slice(out, s);
	}
	buf_init(&ascii, s.len * ESCAPE_GROWTH);
	rc = eio3_text_escape(&ascii, s);
	buf_printf(out, "%zu:", ascii.len);
	buf_append_slice(out, buf_view(&ascii));
	buf_deinit(&ascii);
	return rc;
}

static int
put_framed(struct buf *out, struct eio_packet *p)
{
	struct slice s = { p->bytes + HEAD_END, (size_t)p->len + 1 };
	uint8_t digits[DIGITS_MAX];
	size_t i = DIGITS_MAX;

	for (size_t n = s.len; n > 0; n /= 10)
		digits[--i] = (uint8_t)(n % 10);
	buf_putc(out, p->binary ? FRAMED_BINARY : FRAMED_TEXT);
	buf_append(out, digits + i, DIGITS_MAX - i);
	buf_putc(out, (char)FRAMED_LENGTH_END);
	if (!p->binary)
		return buf_append_slice(out, s);
	buf_append(out, s.p, 1); /* the type */
	return buf_append(out, eio_packet_data(p), p->len);
}

int
eio3_payload_encode(
    struct buf *out, struct eio_packet *const *v, size_t n, bool binary)
{
	for (size_t i = 0; i < n; i++) {
		if (binary) {
			put_framed(out, v[i]);
		} else {
			put_eio3_text(out, v[i]);
		}
		if (out->failed)
			return -ENOBUFS;
	}
	return 0;
}

/* Base64 behind the 'b' (and type, EIO3) of a text packet. */
static int
decode_base64(int eio, char *data, size_t len, struct eio_view *out)
{
	ssize_t n;

	if (eio == 3) {
		if (len == 0 || data[0] != '0' + EIO_MESSAGE)
			return -EINVAL;
		data++;
		len--;
	}
	n = base64_decode(data, data, len);
	if (n < 0)
		return -EINVAL;
	*out = (struct eio_view){ EIO_MESSAGE, true, { data, (size_t)n } };
	return 0;
}

int
eio_packet_decode(
    int eio, bool binary, char *data, size_t len, struct eio_view *out)
{
	if (binary && eio == 4) {
		*out = (struct eio_view){ EIO_MESSAGE, true, { data, len } };
		return 0;
	}
	if (len == 0)
		return -EINVAL;
	if (binary) {
		if (data[0] != EIO_MESSAGE)
			return -EINVAL;
		*out = (struct eio_view){ EIO_MESSAGE, true,
			{ data + 1, len - 1 } };
		return 0;
	}
	if (data[0] == 'b')
		return decode_base64(eio, data + 1, len - 1, out);
	if (data[0] < '0' || data[0] > '0' + EIO_NOOP)
		return -EINVAL;
	*out = (struct eio_view){ (enum eio_type)(data[0] - '0'), false,
		{ data + 1, len - 1 } };
	return 0;
}

/* A text packet from a body, which nobody has checked yet. */
static int
decode_text(int eio, char *data, size_t len, struct eio_view *out)
{
	if (!utf8_valid(data, len))
		return -EINVAL;
	return eio_packet_decode(eio, false, data, len, out);
}

static void
advance(struct eio_payload *pl, size_t n)
{
	pl->p += n;
	pl->len -= n;
}

static int
next_eio4(struct eio_payload *pl, struct eio_view *out)
{
	char *data = pl->p, *end;

	if (data == NULL) /* the last one was not followed by a separator */
		return pl->started ? 0 : -EINVAL;
	end = memchr(data, SEPARATOR, pl->len);
	pl->started = true;
	if (end == NULL) {
		pl->p = NULL;
		return decode_text(4, data, pl->len, out) == 0 ? 1 : -EINVAL;
	}
	advance(pl, (size_t)(end - data) + 1);
	return decode_text(4, data, (size_t)(end - data), out) == 0 ? 1
								    : -EINVAL;
}

/*
 * Takes a length off the payload: digits from `zero` on, ended by `end`. No
 * more than max, hence no overflow. 0 is no length: a packet has a type.
 */
static int
take_length(
    struct eio_payload *pl, uint8_t zero, uint8_t end, size_t max, size_t *n)
{
	size_t i;

	*n = 0;
	for (i = 0; i < pl->len && (uint8_t)pl->p[i] != end; i++) {
		unsigned d = (unsigned)((uint8_t)pl->p[i] - zero);

		if (d > 9)
			return -EINVAL;
		*n = *n * 10 + d;
		if (*n == 0 || *n > max)
			return -EINVAL;
	}
	if (i == 0 || i == pl->len)
		return -EINVAL;
	advance(pl, i + 1);
	return 0;
}

/* Bytes of the first n UTF-16 units of the payload; 0: they aren't there. */
static size_t
units_to_bytes(const struct eio_payload *pl, size_t n)
{
	size_t i = 0, units;
	uint32_t cp;

	while (n > 0 && i < pl->len) {
		i += utf8_decode(pl->p + i, pl->len - i, &cp);
		units = cp >= 0x10000 ? 2 : 1;
		if (units > n)
			return 0;
		n -= units;
	}
	return n == 0 ? i : 0;
}

static int
next_eio3_text(struct eio_payload *pl, struct eio_view *out)
{
	size_t n;
	char *data;

	if (take_length(pl, '0', ':', pl->len, &n) != 0)
		return -EINVAL;
	n = units_to_bytes(pl, n);
	if (n == 0)
		return -EINVAL;
	data = pl->p;
	advance(pl, n);
	if (utf8_valid(data, n))
		n = eio3_text_repair(data, n);
	return decode_text(3, data, n, out) == 0 ? 1 : -EINVAL;
}

static int
next_eio3_binary(struct eio_payload *pl, struct eio_view *out)
{
	char kind = pl->p[0], *data;
	size_t n;
	int rc;

	if (kind != FRAMED_TEXT && kind != FRAMED_BINARY)
		return -EINVAL;
	advance(pl, 1);
	if (take_length(pl, 0, FRAMED_LENGTH_END, pl->len, &n) != 0)
		return -EINVAL;
	if (n > pl->len)
		return -EINVAL;
	data = pl->p;
	advance(pl, n);
	rc = kind == FRAMED_BINARY ? eio_packet_decode(3, true, data, n, out)
				   : decode_text(3, data, n, out);
	return rc == 0 ? 1 : -EINVAL;
}

int
eio_payload_next(struct eio_payload *pl, struct eio_view *out)
{
	if (pl->eio == 4)
		return next_eio4(pl, out);
	if (pl->len == 0)
		return pl->started ? 0 : -EINVAL;
	pl->started = true;
	return pl->binary ? next_eio3_binary(pl, out) : next_eio3_text(pl, out);
}
