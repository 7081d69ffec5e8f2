#include "config.h"

#include "proto/deflate.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ZLIB_CONST
#include <zlib.h>

#include "base/mem.h"

enum {
	TAIL_LEN = 4,     /* of the empty block that is left out at the end */
	KEPT_BITS = 12,   /* asked of a client that wants its window kept */
	CHUNK = 16384,    /* bytes that are inflated at once */
	SMALL_BITS = 9,   /* the smallest window that zlib has: not 8 */
	MEMORY_LEVEL = 8, /* zlib's own */
};

static const uint8_t tail[TAIL_LEN] = { 0, 0, 0xff, 0xff };

/* ---- Sec-WebSocket-Extensions ---- */

/* One extension: what it says of permessage-deflate, if it is that. */
struct extension {
	bool ours;  /* permessage-deflate */
	bool wrong; /* with something that can't be */
	bool server_no_context, client_no_context;
	bool client_bits_given;
	unsigned server_bits, client_bits; /* 0: not said */
};

static void
skip_space(struct slice *s)
{
	while (s->len > 0 && (s->p[0] == ' ' || s->p[0] == '\t'))
		*s = slice_skip(*s, 1);
}

static bool
take_char(struct slice *s, char c)
{
	skip_space(s);
	if (s->len == 0 || s->p[0] != c)
		return false;
	*s = slice_skip(*s, 1);
	return true;
}

/* A token, RFC 9110 section 5.6.2; empty if there is none. */
static struct slice
take_token(struct slice *s)
{
	struct slice t = { s->p, 0 };

	while (t.len < s->len && s->p[t.len] > ' ' && s->p[t.len] < 0x7f &&
	       strchr("\"(),/:;<=>?@[\\]{}", s->p[t.len]) == NULL)
		t.len++;
	*s = slice_skip(*s, t.len);
	return t;
}

/* A token or one in quotes, RFC 6455 section 9.1. */
static int
take_value(struct slice *s, struct slice *value)
{
	bool quoted = take_char(s, '"');

	*value = take_token(s);
	if (value->len == 0 || (quoted && (s->len == 0 || s->p[0] != '"')))
		return -EINVAL;
	*s = slice_skip(*s, quoted);
	return 0;
}

/* 8 to 15, without a zero in front; 0: none of them. */
static unsigned
window_bits(struct slice v)
{
	unsigned n = 0;

	if (v.len == 1 && (v.p[0] == '8' || v.p[0] == '9'))
		n = (unsigned)(v.p[0] - '0');
	else if (v.len == 2 && v.p[0] == '1' && v.p[1] >= '0' && v.p[1] <= '5')
		n = 10 + (unsigned)(v.p[1] - '0');
	return n;
}

static void
set_flag(struct extension *e, bool *flag, const struct slice *value)
{
	e->wrong = e->wrong || *flag || value != NULL;
	*flag = true;
}

/* value: NULL if there is none. A parameter must not come twice. */
static void
set_param(struct extension *e, struct slice name, const struct slice *value)
{
	unsigned bits = value != NULL ? window_bits(*value) : 0;

	if (slice_is_nocase(name, "server_no_context_takeover")) {
		set_flag(e, &e->server_no_context, value);
	} else if (slice_is_nocase(name, "client_no_context_takeover")) {
		set_flag(e, &e->client_no_context, value);
	} else if (slice_is_nocase(name, "server_max_window_bits")) {
		e->wrong = e->wrong || e->server_bits != 0 || bits == 0;
		e->server_bits = bits;
	} else if (slice_is_nocase(name, "client_max_window_bits")) {
		e->wrong = e->wrong || e->client_bits_given ||
			   (value != NULL && bits == 0);
		e->client_bits_given = true;
		e->client_bits = bits;
	} else {
		e->wrong = true;
	}
}

/* Takes an extension off the list: 1, 0 at its end, or -EINVAL. */
static int
take_extension(struct slice *s, struct extension *e)
{
	struct slice name, value;
	bool has_value;

	*e = (struct extension){ .ours = false };
	while (take_char(s, ','))
		; /* a list may have empty elements */
	if (s->len == 0)
		return 0;
	name = take_token(s);
	if (name.len == 0)
		return -EINVAL;
	e->ours = slice_is_nocase(name, "permessage-deflate");
	while (take_char(s, ';')) {
		skip_space(s);
		name = take_token(s);
		has_value = name.len > 0 && take_char(s, '=');
		if (name.len == 0 || (has_value && take_value(s, &value) < 0))
			return -EINVAL;
		if (e->ours)
			set_param(e, name, has_value ? &value : NULL);
	}
	skip_space(s);
	return s->len == 0 || s->p[0] == ',' ? 1 : -EINVAL;
}

static unsigned
bits_or_max(unsigned bits)
{
	return bits != 0 ? bits : DEFLATE_BITS_MAX;
}

/* Our answer to an offer that can be met. */
static void
take_offer(struct deflate *d, const struct extension *e,
    char answer[DEFLATE_ANSWER_MAX])
{
	unsigned kept = bits_or_max(e->client_bits);
	struct buf b;

	*d = (struct deflate){
		.on = true,
		.keeps = !e->client_no_context,
		.in_bits = DEFLATE_BITS_MAX,
		.out_bits = (uint8_t)bits_or_max(e->server_bits),
	};
	buf_init(&b, DEFLATE_ANSWER_MAX);
	buf_puts(&b, "permessage-deflate; server_no_context_takeover");
	if (e->client_no_context)
		buf_puts(&b, "; client_no_context_takeover");
	if (e->server_bits != 0)
		buf_printf(&b, "; server_max_window_bits=%u", e->server_bits);
	/* It costs memory only if it is kept. */
	if (d->keeps && e->client_bits_given) {
		d->in_bits = (uint8_t)(kept < KEPT_BITS ? kept : KEPT_BITS);
		buf_printf(
		    &b, "; client_max_window_bits=%u", (unsigned)d->in_bits);
	}
	buf_putc(&b, '\0');
	assert(!b.failed);
	memcpy(answer, b.p, b.len);
	buf_deinit(&b);
}

int
deflate_answer(
    struct deflate *d, struct slice offers, char answer[DEFLATE_ANSWER_MAX])
{
	struct extension e;
	int rc;

	*d = (struct deflate){ .on = false };
	while ((rc = take_extension(&offers, &e)) > 0)
		if (e.ours && !e.wrong && !d->on)
			take_offer(d, &e, answer);
	return rc;
}

int
deflate_accept(struct deflate *d, struct slice answer)
{
	struct extension e, more;
	int rc;

	*d = (struct deflate){ .on = false };
	rc = take_extension(&answer, &e);
	if (rc <= 0)
		return rc;
	if (!e.ours || e.wrong || take_extension(&answer, &more) != 0 ||
	    (e.client_bits_given && e.client_bits == 0))
		return -EINVAL;
	*d = (struct deflate){
		.on = true,
		.keeps = !e.server_no_context,
		.in_bits = DEFLATE_BITS_MAX,
		.out_bits = (uint8_t)bits_or_max(e.client_bits),
	};
	if (d->keeps)
		d->in_bits = (uint8_t)bits_or_max(e.server_bits);
	return 0;
}

/* ---- from a peer ---- */

struct inflater {
	z_stream z;
};

static void *
z_alloc(void *arg, unsigned n, unsigned size)
{
	(void)arg;
	return xcalloc(n, size);
}

static void
z_free(void *arg, void *p)
{
	(void)arg;
	free(p);
}

struct inflater *
inflater_new(unsigned bits)
{
	struct inflater *f = xcalloc(1, sizeof(*f));
	int rc;

	f->z.zalloc = z_alloc;
	f->z.zfree = z_free;
	/* Old zlibs say 8 and mean 9. */
	if (bits < SMALL_BITS)
		bits = SMALL_BITS;
	rc = inflateInit2(&f->z, -(int)bits);
	assert(rc == Z_OK);
	(void)rc;
	return f;
}

void
inflater_free(struct inflater *f)
{
	if (f == NULL)
		return;
	inflateEnd(&f->z);
	free(f);
}

void
inflater_reset(struct inflater *f)
{
	inflateReset(&f->z);
}

/* Room for more output: its end shows only when a byte too many comes. */
static void
give_room(struct inflater *f, struct buf *out, uint8_t *beyond)
{
	size_t room = out->max - out->len;

	if (room > CHUNK)
		room = CHUNK;
	f->z.next_out = room > 0 ? (uint8_t *)buf_reserve(out, room) : beyond;
	f->z.avail_out = room > 0 ? (unsigned)room : 1;
}

int
inflater_feed(struct inflater *f, const void *p, size_t len, struct buf *out)
{
	uint8_t beyond;
	unsigned room;
	int rc;

	assert(len <= UINT32_MAX);
	f->z.next_in = p;
	f->z.avail_in = (unsigned)len;
	do {
		give_room(f, out, &beyond);
		room = f->z.avail_out;
		rc = inflate(&f->z, Z_SYNC_FLUSH);
		if (f->z.avail_out < room && f->z.next_out == &beyond + 1)
			return -EMSGSIZE;
		if (out->len < out->max)
			buf_add(out, room - f->z.avail_out);
		/* Behind a last block another stream may begin (section
		 * 7.2.3.4). */
		if (rc == Z_STREAM_END)
			rc = inflateReset(&f->z);
		else if (rc == Z_BUF_ERROR)
			rc = Z_OK; /* it wants more than there is */
	} while (rc == Z_OK && (f->z.avail_in > 0 || f->z.avail_out == 0));
	return rc == Z_OK ? 0 : -EBADMSG;
}

int
inflater_end(struct inflater *f, struct buf *out)
{
	int rc = inflater_feed(f, tail, sizeof(tail), out);

	/* It ended between two blocks, with no bits left: see zlib.h. */
	if (rc == 0 && f->z.data_type != 128)
		rc = -EBADMSG;
	return rc;
}

/* ---- to a peer ---- */

struct deflater {
	z_stream z[DEFLATE_FORMS];
	bool ready[DEFLATE_FORMS];
};

struct deflater *
deflater_new(void)
{
	return xcalloc(1, sizeof(struct deflater));
}

void
deflater_free(struct deflater *d)
{
	if (d == NULL)
		return;
	for (unsigned i = 0; i < DEFLATE_FORMS; i++)
		if (d->ready[i])
			deflateEnd(&d->z[i]);
	free(d);
}

bool
deflate_form(unsigned bits, enum deflate_form *form)
{
	*form = bits < DEFLATE_BITS_MAX ? DEFLATE_SMALL : DEFLATE_LARGE;
	return bits >= SMALL_BITS;
}

static z_stream *
begin(struct deflater *d, enum deflate_form form)
{
	z_stream *z = &d->z[form];
	int rc;

	if (d->ready[form]) {
		deflateReset(z);
		return z;
	}
	z->zalloc = z_alloc;
	z->zfree = z_free;
	rc = deflateInit2(z, Z_DEFAULT_COMPRESSION, Z_DEFLATED,
	    form == DEFLATE_LARGE ? -DEFLATE_BITS_MAX : -SMALL_BITS,
	    MEMORY_LEVEL, Z_DEFAULT_STRATEGY);
	assert(rc == Z_OK);
	(void)rc;
	d->ready[form] = true;
	return z;
}

struct rcbuf *
deflate_frame(struct deflater *d, enum deflate_form form, enum ws_opcode op,
    struct slice data, const uint8_t *mask)
{
	uint8_t head[WS_HEAD_MAX + WS_KEY_LEN];
	struct rcbuf *b = NULL;
	size_t len, head_len;
	z_stream *z;
	uint8_t *out;

	if (data.len < DEFLATE_LEAST || data.len > UINT32_MAX)
		return NULL;
	out = xmalloc(data.len);
	z = begin(d, form);
	z->next_in = (const uint8_t *)data.p;
	z->avail_in = (unsigned)data.len;
	z->next_out = out;
	z->avail_out = (unsigned)data.len;
	deflate(z, Z_SYNC_FLUSH);
	if (z->avail_out > 0) { /* else it is not whole */
		len = data.len - z->avail_out - TAIL_LEN;
		head_len = ws_head(head, op, len, mask);
		head[0] |= WS_RSV1;
		b = rcbuf_new(head_len + len);
		memcpy(b->data, head, head_len);
		memcpy(b->data + head_len, out, len);
		if (mask != NULL)
			ws_mask((uint8_t *)b->data + head_len, len, mask);
	}
	free(out);
	return b;
}
