#include "config.h"

#include "proto/ws.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <wslay/wslay.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "proto/deflate.h"

enum {
	FRAGMENT_BYTES = 16, /* that pay for a fragment past the minimum */
	RSV1 = WS_RSV1 >> 4, /* as wslay tells it */
	HEAD_MASKED_MAX = WS_HEAD_MAX + WS_KEY_LEN,
};

size_t
ws_head_len(uint64_t len)
{
	return len < 126 ? 2 : len <= UINT16_MAX ? 4 : WS_HEAD_MAX;
}

size_t
ws_head(uint8_t *out, enum ws_opcode op, uint64_t len, const uint8_t *mask)
{
	size_t n = ws_head_len(len);

	out[0] = (uint8_t)(0x80 | op);
	out[1] = (uint8_t)(n == 2 ? len : n == 4 ? 126 : 127);
	for (size_t i = n; i > 2; i--, len >>= 8)
		out[i - 1] = (uint8_t)len;
	if (mask != NULL) {
		out[1] |= 0x80;
		memcpy(out + n, mask, WS_KEY_LEN);
		n += WS_KEY_LEN;
	}
	return n;
}

size_t
ws_head_before(uint8_t *end, enum ws_opcode op, uint64_t len)
{
	return ws_head(end - ws_head_len(len), op, len, NULL);
}

void
ws_mask(uint8_t *p, size_t len, const uint8_t *key)
{
	uint64_t k, w;
	size_t i = 0;

	memcpy(&k, key, WS_KEY_LEN);
	memcpy((uint8_t *)&k + WS_KEY_LEN, key, WS_KEY_LEN);
	for (; len - i >= sizeof(w); i += sizeof(w)) {
		memcpy(&w, p + i, sizeof(w));
		w ^= k;
		memcpy(p + i, &w, sizeof(w));
	}
	for (; i < len; i++)
		p[i] ^= key[i % WS_KEY_LEN];
}

bool
ws_code_valid(uint16_t code)
{
	/* 1012 to 1014 were registered after the RFC. */
	return (code >= 1000 && code <= 1003) ||
	       (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

struct ws_decoder {
	wslay_frame_context_ptr frames;
	bool masked; /* what frames must be */
	bool closed; /* a close frame was delivered */
	bool dirty;  /* frames may hold something */

	/* What recv_callback hands out: the rest of the chunk being fed. */
	const char *in;
	size_t in_len;

	/* wslay reads ahead: bytes it has got that no frame has told of. */
	size_t ahead;
	/* While no frame is open they begin a header; here they are. */
	uint8_t head[HEAD_MASKED_MAX];
	size_t head_len;

	/* The open frame, if any. */
	bool in_frame;
	uint64_t frame_got;

	/* The open message, if op is not WS_CONTINUATION. */
	enum ws_opcode op;
	struct buf message;
	struct utf8_state utf8;
	size_t fragments, fragments_min;
	size_t received; /* bytes of it, as they came */
	bool compressed;

	const struct deflate *agreed; /* NULL: nothing */
	struct inflater **inflater;

	uint8_t control[WS_CONTROL_MAX];
	size_t control_len;
};

static ssize_t
recv_callback(uint8_t *to, size_t len, int flags, void *arg)
{
	struct ws_decoder *d = arg;

	(void)flags;
	if (d->in_len == 0)
		return -1;
	if (len > d->in_len)
		len = d->in_len;
	memcpy(to, d->in, len);
	d->in += len;
	d->in_len -= len;
	d->ahead += len;
	return (ssize_t)len;
}

static void
frames_open(struct ws_decoder *d)
{
	static const struct wslay_frame_callbacks callbacks = {
		.recv_callback = recv_callback,
	};

	if (wslay_frame_context_init(&d->frames, &callbacks, d) != 0)
		mem_exhausted();
}

struct ws_decoder *
ws_decoder_new(void)
{
	struct ws_decoder *d = xcalloc(1, sizeof(*d));

	frames_open(d);
	buf_init(&d->message, 0);
	return d;
}

void
ws_decoder_free(struct ws_decoder *d)
{
	if (d == NULL)
		return;
	wslay_frame_context_free(d->frames);
	buf_deinit(&d->message);
	free(d);
}

void
ws_decoder_reset(struct ws_decoder *d, bool masked, size_t max)
{
	wslay_frame_context_ptr frames;

	if (d->dirty) {
		wslay_frame_context_free(d->frames);
		frames_open(d);
	}
	frames = d->frames;
	buf_deinit(&d->message);
	*d = (struct ws_decoder){ .frames = frames,
		.masked = masked,
		.fragments_min = WS_FRAGMENTS_MIN };
	buf_init(&d->message, max);
}

void
ws_decoder_limit(struct ws_decoder *d, size_t fragments_min)
{
	d->fragments_min = fragments_min;
}

void
ws_decoder_inflate(
    struct ws_decoder *d, const struct deflate *agreed, struct inflater **at)
{
	d->agreed = agreed->on ? agreed : NULL;
	d->inflater = at;
}

bool
ws_decoder_idle(const struct ws_decoder *d)
{
	return !d->closed && d->ahead == 0 && !d->in_frame &&
	       d->op == WS_CONTINUATION;
}

static bool
is_control(unsigned opcode)
{
	return (opcode & 8) != 0;
}

/* RSV1 marks a compressed message in its first frame, RFC 7692 section 6. */
static bool
valid_rsv(const struct ws_decoder *d, const struct wslay_frame_iocb *io)
{
	return io->rsv == 0 ||
	       (io->rsv == RSV1 && d->agreed != NULL &&
		   (io->opcode == WS_TEXT || io->opcode == WS_BINARY));
}

/* Bytes that a message may have on the wire: compressed, it may be a little
 * longer than it is. */
static size_t
received_max(const struct ws_decoder *d, bool compressed)
{
	size_t max = d->message.max;

	return compressed ? max + max / 8 + WS_CONTROL_MAX : max;
}

/* What sections 5.2 to 5.5 demand of a frame, by its header alone. */
static int
check_frame(const struct ws_decoder *d, const struct wslay_frame_iocb *io)
{
	bool in_message = d->op != WS_CONTINUATION;
	size_t received = in_message ? d->received : 0;
	size_t fragments_max = d->fragments_min + received / FRAGMENT_BYTES;

	if (!valid_rsv(d, io) || (io->mask != 0) != d->masked)
		return WS_CODE_PROTOCOL;
	if (is_control(io->opcode))
		return io->opcode <= WS_PONG && io->fin &&
			       io->payload_length <= WS_CONTROL_MAX
			   ? 0
			   : WS_CODE_PROTOCOL;
	if (io->opcode > WS_BINARY ||
	    (io->opcode == WS_CONTINUATION) != in_message)
		return WS_CODE_PROTOCOL;
	if (io->payload_length >
	    received_max(d, in_message ? d->compressed : io->rsv != 0) -
		received)
		return WS_CODE_TOO_BIG;
	if (in_message && d->fragments >= fragments_max)
		return WS_CODE_POLICY;
	return 0;
}

static int
deliver(const struct ws_event *ev, ws_event_cb cb, void *arg)
{
	return cb(arg, ev) ? 0 : -ECANCELED;
}

static int
on_close(struct ws_decoder *d, struct slice s, ws_event_cb cb, void *arg)
{
	struct ws_event ev = { WS_CLOSE, WS_CODE_NONE, SLICE("") };

	if (s.len == 1)
		return WS_CODE_PROTOCOL;
	if (s.len >= 2) {
		ev.code = (uint16_t)((uint8_t)s.p[0] << 8 | (uint8_t)s.p[1]);
		if (!ws_code_valid(ev.code))
			return WS_CODE_PROTOCOL;
		ev.data = slice_skip(s, 2);
		if (!utf8_valid(ev.data.p, ev.data.len))
			return WS_CODE_INVALID;
	}
	d->closed = true;
	return deliver(&ev, cb, arg);
}

static int
on_control(struct ws_decoder *d, const struct wslay_frame_iocb *io,
    ws_event_cb cb, void *arg)
{
	struct slice s = { (const char *)io->data, io->data_length };
	struct ws_event ev;

	if (io->data_length < io->payload_length) {
		memcpy(d->control + d->control_len, io->data, io->data_length);
		d->control_len += io->data_length;
		if (d->in_frame)
			return 0;
		s = (struct slice){ (char *)d->control, d->control_len };
		d->control_len = 0;
	}
	if (io->opcode == WS_CLOSE)
		return on_close(d, s, cb, arg);
	ev = (struct ws_event){ (enum ws_opcode)io->opcode, 0, s };
	return deliver(&ev, cb, arg);
}

/* Inflates a piece of a compressed message onto what there is of it. */
static int
inflate_piece(
    struct ws_decoder *d, const struct wslay_frame_iocb *io, bool last)
{
	size_t before = d->message.len;
	int rc =
	    inflater_feed(*d->inflater, io->data, io->data_length, &d->message);

	if (rc == 0 && last)
		rc = inflater_end(*d->inflater, &d->message);
	/* Whatever is wrong, what came before it is looked at first. */
	if (d->op == WS_TEXT && d->message.len > before &&
	    !utf8_feed(
		&d->utf8, d->message.p + before, d->message.len - before))
		return WS_CODE_INVALID;
	return rc == 0           ? 0
	       : rc == -EMSGSIZE ? WS_CODE_TOO_BIG
				 : WS_CODE_INVALID;
}

static int
on_data(struct ws_decoder *d, const struct wslay_frame_iocb *io, ws_event_cb cb,
    void *arg)
{
	bool last = !d->in_frame && io->fin;
	struct ws_event ev = { d->op, 0,
		{ (const char *)io->data, io->data_length } };
	int rc;

	if (d->compressed) {
		rc = inflate_piece(d, io, last);
		if (rc != 0)
			return rc;
		ev.data = buf_view(&d->message);
	} else if (d->op == WS_TEXT &&
		   !utf8_feed(&d->utf8, io->data, io->data_length)) {
		return WS_CODE_INVALID;
	} else if (!last || d->message.len > 0) {
		/* A message in one piece goes up from where it is. */
		rc = buf_append(&d->message, io->data, io->data_length);
		assert(rc == 0); /* check_frame has seen to it */
		ev.data = buf_view(&d->message);
	}
	if (!last)
		return 0;
	if (d->op == WS_TEXT && !utf8_done(&d->utf8))
		return WS_CODE_INVALID;
	d->op = WS_CONTINUATION;
	rc = deliver(&ev, cb, arg);
	buf_deinit(&d->message);
	return rc;
}

static void
begin_compressed(struct ws_decoder *d)
{
	if (*d->inflater == NULL)
		*d->inflater = inflater_new(d->agreed->in_bits);
	else if (!d->agreed->keeps)
		inflater_reset(*d->inflater);
}

/* The first piece of a frame, with the header's facts. */
static int
begin_frame(struct ws_decoder *d, const struct wslay_frame_iocb *io)
{
	int rc = check_frame(d, io);

	if (rc != 0)
		return rc;
	/* Lengths are minimal (wslay checks that), so this was its header. */
	d->ahead -= ws_head_len(io->payload_length);
	d->ahead -= io->mask ? WS_KEY_LEN : 0;
	d->head_len = 0;
	d->in_frame = true;
	d->frame_got = 0;
	if (is_control(io->opcode))
		return 0;
	if (io->opcode != WS_CONTINUATION) {
		d->op = (enum ws_opcode)io->opcode;
		d->utf8 = (struct utf8_state){ 0, 0, 0 };
		d->fragments = 0;
		d->received = 0;
		d->compressed = io->rsv != 0;
		if (d->compressed)
			begin_compressed(d);
	}
	d->fragments++;
	d->received += io->payload_length;
	return 0;
}

static int
on_piece(struct ws_decoder *d, const struct wslay_frame_iocb *io,
    ws_event_cb cb, void *arg)
{
	int rc = d->in_frame ? 0 : begin_frame(d, io);

	if (rc != 0)
		return rc;
	assert(io->data_length <= d->ahead);
	d->ahead -= io->data_length;
	d->frame_got += io->data_length;
	d->in_frame = d->frame_got < io->payload_length;
	return is_control(io->opcode) ? on_control(d, io, cb, arg)
				      : on_data(d, io, cb, arg);
}

/*
 * wslay tells of a frame with the first byte of its payload. A header that
 * cannot be accepted is refused before: keeps the header's bytes that have
 * come, the last ones of the chunk, and looks at them once its length is
 * there (wslay has looked at that already).
 */
static int
peek_head(struct ws_decoder *d, const char *chunk_end)
{
	size_t more = d->ahead - d->head_len, need = 2;
	struct wslay_frame_iocb io = { 0 };

	assert(d->ahead <= sizeof(d->head));
	memcpy(d->head + d->head_len, chunk_end - more, more);
	d->head_len += more;
	if (d->head_len < 2)
		return 0;
	io.fin = d->head[0] >> 7;
	io.rsv = d->head[0] >> 4 & 7;
	io.opcode = d->head[0] & 15;
	io.mask = d->head[1] >> 7;
	io.payload_length = d->head[1] & 127;
	if (io.payload_length >= 126) {
		need = io.payload_length == 126 ? 4 : WS_HEAD_MAX;
		io.payload_length = 0;
	}
	if (d->head_len < need)
		return 0;
	for (size_t i = 2; i < need; i++)
		io.payload_length = io.payload_length << 8 | d->head[i];
	return check_frame(d, &io);
}

int
ws_decoder_feed(
    struct ws_decoder *d, char *data, size_t len, ws_event_cb cb, void *arg)
{
	struct wslay_frame_iocb io;
	ssize_t n;
	int rc;

	if (len == 0)
		return 0;
	d->dirty = true;
	d->in = data;
	d->in_len = len;
	while (!d->closed) {
		memset(&io, 0, sizeof(io));
		n = wslay_frame_recv(d->frames, &io);
		if (n == WSLAY_ERR_WANT_READ)
			break;
		if (n < 0)
			return WS_CODE_PROTOCOL;
		rc = on_piece(d, &io, cb, arg);
		if (rc != 0)
			return rc;
	}
	if (d->closed)
		return 0;
	assert(d->in_len == 0);
	d->dirty = d->ahead > 0 || d->in_frame;
	return d->in_frame || d->ahead == 0 ? 0 : peek_head(d, data + len);
}
