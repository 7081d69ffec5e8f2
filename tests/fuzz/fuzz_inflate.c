/*
 * permessage-deflate. The first byte is the size of the pieces, the second
 * chooses:
 *
 *	0, 1	an offer or an answer: nothing is agreed on that can't be
 *	2	a message to be compressed: it is what it was
 *	3	frames with messages that may be compressed: the same whether
 *		they come at once or in pieces, never more than the bound
 *	4	the same, each message for itself
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/counted.h"
#include "base/utf8.h"
#include "fuzz.h"
#include "proto/deflate.h"
#include "proto/ws.h"

enum { LOG_MAX = 1 << 24, MESSAGE_MAX = 65536, WAYS = 5 };

/* ---- what is agreed on ---- */

static void
check_agreed(const struct deflate *d)
{
	CHECK(d->in_bits >= DEFLATE_BITS_MIN && d->in_bits <= DEFLATE_BITS_MAX);
	CHECK(
	    d->out_bits >= DEFLATE_BITS_MIN && d->out_bits <= DEFLATE_BITS_MAX);
	CHECK(d->keeps || d->in_bits == DEFLATE_BITS_MAX);
}

/* The answer to it is one that its client takes, if it is like ours. */
static void
offer(struct slice s)
{
	char answer[DEFLATE_ANSWER_MAX];
	struct deflate d, theirs;
	int rc = deflate_answer(&d, s, answer);

	CHECK(rc == 0 || rc == -EINVAL);
	if (rc < 0 || !d.on)
		return;
	check_agreed(&d);
	CHECK(memchr(answer, '\0', sizeof(answer)) != NULL);
	CHECK(deflate_accept(&theirs, slice_of(answer)) == 0);
	CHECK(theirs.on && !theirs.keeps);
	CHECK(d.keeps ? theirs.out_bits >= d.in_bits
		      : theirs.out_bits == DEFLATE_BITS_MAX);
}

static void
accept(struct slice s)
{
	struct deflate d;
	int rc = deflate_accept(&d, s);

	CHECK(rc == 0 || rc == -EINVAL);
	CHECK(rc == 0 || !d.on);
	if (d.on)
		check_agreed(&d);
}

/* ---- there and back ---- */

static void
there(struct slice s, unsigned how)
{
	enum deflate_form form = how & 1 ? DEFLATE_SMALL : DEFLATE_LARGE;
	struct deflater *d = deflater_new();
	struct inflater *f = inflater_new(form == DEFLATE_SMALL ? 9 : 15);
	struct rcbuf *b = deflate_frame(d, form, WS_BINARY, s, NULL);
	struct buf out;
	size_t head;

	if (b != NULL) {
		CHECK(s.len >= DEFLATE_LEAST && b->len < s.len + WS_HEAD_MAX);
		head = (uint8_t)b->data[1] < 126 ? 2 : 4;
		buf_init(&out, s.len);
		CHECK(
		    inflater_feed(f, b->data + head, b->len - head, &out) == 0);
		CHECK(inflater_end(f, &out) == 0);
		CHECK(slice_eq(buf_view(&out), s));
		buf_deinit(&out);
		counted_unref(&b->counted);
	}
	inflater_free(f);
	deflater_free(d);
}

/* ---- frames ---- */

struct run {
	struct ws_decoder *decoder;
	struct inflater *inflater;
	struct deflate agreed;
	struct buf log;
	size_t max;
	int verdict;
};

static bool
on_event(void *arg, const struct ws_event *ev)
{
	struct run *r = arg;

	buf_printf(&r->log, "%d %u", ev->op, ev->code);
	fuzz_note(&r->log, ' ', ev->data);
	CHECK(ev->data.len <= r->max || ev->op >= WS_CLOSE);
	CHECK(ev->op != WS_TEXT || utf8_valid(ev->data.p, ev->data.len));
	return true;
}

static bool
feed(void *arg, char *data, size_t len)
{
	struct run *r = arg;

	r->verdict = ws_decoder_feed(r->decoder, data, len, on_event, r);
	return r->verdict == 0;
}

static void
run(struct run *r, struct slice s, size_t step, bool keeps, size_t max)
{
	*r = (struct run){
		.agreed = { true, keeps, 15, 15 },
		.max = max,
	};
	buf_init(&r->log, LOG_MAX);
	r->decoder = ws_decoder_new();
	ws_decoder_reset(r->decoder, false, max);
	ws_decoder_inflate(r->decoder, &r->agreed, &r->inflater);
	fuzz_pieces(s, step, feed, r);
	ws_decoder_free(r->decoder);
	inflater_free(r->inflater);
}

static void
frames(struct slice s, size_t step, bool keeps)
{
	size_t max = step % 2 ? MESSAGE_MAX : 16;
	struct run whole, pieces;

	run(&whole, s, 0, keeps, max);
	run(&pieces, s, step, keeps, max);
	CHECK(whole.verdict == pieces.verdict);
	CHECK(slice_eq(buf_view(&whole.log), buf_view(&pieces.log)));
	buf_deinit(&whole.log);
	buf_deinit(&pieces.log);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	unsigned step = 1 + fuzz_byte(&in), how = fuzz_byte(&in) % WAYS;
	struct slice s = fuzz_rest(&in);

	if (how == 0)
		offer(s);
	else if (how == 1)
		accept(s);
	else if (how == 2)
		there(s, step);
	else
		frames(s, step, how == 3);
	return 0;
}
