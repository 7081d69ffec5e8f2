/*
 * WebSocket frames: the same whether they come at once or in pieces, and
 * whoever lends the decoder. The first byte is the size of the pieces, the
 * second the role and the size of a message.
 */
#include "config.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "fuzz.h"
#include "proto/ws.h"

enum { LOG_MAX = 1 << 24, MASKED = 1 };

struct run {
	struct ws_decoder *decoder;
	struct buf log;
	size_t max;
	bool masked;
	bool lend; /* another decoder whenever it is idle */
	bool closed;
	int verdict;
};

static bool
on_event(void *arg, const struct ws_event *ev)
{
	struct run *r = arg;

	CHECK(!r->closed);
	buf_printf(&r->log, "%d %u", ev->op, ev->code);
	fuzz_note(&r->log, ' ', ev->data);
	switch (ev->op) {
	case WS_TEXT:
		CHECK(utf8_valid(ev->data.p, ev->data.len));
		CHECK(ev->data.len <= r->max);
		break;
	case WS_BINARY:
		CHECK(ev->data.len <= r->max);
		break;
	case WS_CLOSE:
		r->closed = true;
		CHECK(ev->code == WS_CODE_NONE ? ev->data.len == 0
					       : ws_code_valid(ev->code));
		CHECK(utf8_valid(ev->data.p, ev->data.len));
		CHECK(ev->data.len <= WS_CONTROL_MAX - 2);
		break;
	case WS_PING:
	case WS_PONG:
		CHECK(ev->data.len <= WS_CONTROL_MAX);
		break;
	default:
		CHECK(false);
	}
	return true;
}

static bool
feed(void *arg, char *data, size_t len)
{
	struct run *r = arg;

	r->verdict = ws_decoder_feed(r->decoder, data, len, on_event, r);
	if (r->verdict != 0) {
		CHECK(r->verdict == WS_CODE_PROTOCOL ||
		      r->verdict == WS_CODE_INVALID ||
		      r->verdict == WS_CODE_POLICY ||
		      r->verdict == WS_CODE_TOO_BIG);
		return false;
	}
	CHECK(!r->closed || !ws_decoder_idle(r->decoder));
	if (r->lend && ws_decoder_idle(r->decoder)) {
		ws_decoder_free(r->decoder);
		r->decoder = ws_decoder_new();
		ws_decoder_reset(r->decoder, r->masked, r->max);
	}
	return true;
}

static void
run(struct run *r, struct slice s, size_t step, unsigned how)
{
	*r = (struct run){
		.masked = how & MASKED,
		.max = (size_t)4 << (how >> 4),
		.lend = step != 0,
	};
	buf_init(&r->log, LOG_MAX);
	r->decoder = ws_decoder_new();
	ws_decoder_reset(r->decoder, r->masked, r->max);
	fuzz_pieces(s, step, feed, r);
	ws_decoder_free(r->decoder);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	unsigned step = 1 + fuzz_byte(&in), how = fuzz_byte(&in);
	struct run whole, pieces;

	run(&whole, fuzz_rest(&in), 0, how);
	run(&pieces, fuzz_rest(&in), step, how);
	CHECK(whole.verdict == pieces.verdict);
	CHECK(slice_eq(buf_view(&whole.log), buf_view(&pieces.log)));
	buf_deinit(&whole.log);
	buf_deinit(&pieces.log);
	return 0;
}
