#include "config.h"

#include "net/ws_conn.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/mem.h"
#include "net/stream.h"

enum { ACCEPT_LEN = 28, FIELDS_MAX = 160 };

struct ws_conn {
	struct loop *loop;
	struct stream *stream;
	struct ws_decoder *decoder; /* lent while a message is partly here */
	const struct ws_cb *cb;
	void *arg;
	size_t max;
	struct loop_task free_task;
	bool closed; /* for the owner */
	char fields[FIELDS_MAX];
};

/* Gives the decoder back to the loop, which keeps one. */
static void
return_decoder(struct ws_conn *ws)
{
	if (ws->loop->decoder == NULL)
		ws->loop->decoder = ws->decoder;
	else if (ws->decoder != NULL)
		ws_decoder_free(ws->decoder);
	ws->decoder = NULL;
}

static void
run_free(struct loop_task *t)
{
	struct ws_conn *ws = container_of(t, struct ws_conn, free_task);

	return_decoder(ws);
	free(ws);
}

static void
retire(struct ws_conn *ws)
{
	ws->closed = true;
	loop_defer(ws->loop, &ws->free_task);
}

/* Sends a close frame and ends the stream in order. */
static void
finish(struct ws_conn *ws, int code, struct slice reason)
{
	uint8_t frame[WS_HEAD_MAX + WS_KEY_LEN + WS_CONTROL_MAX];
	size_t len = code == WS_CODE_NONE ? 0 : 2 + reason.len;
	size_t head = ws_head(frame, WS_CLOSE, len, NULL);

	if (len > 0) {
		frame[head] = (uint8_t)(code >> 8);
		frame[head + 1] = (uint8_t)code;
		if (reason.len > 0)
			memcpy(frame + head + 2, reason.p, reason.len);
	}
	stream_push_copy(
	    ws->stream, (struct slice){ (char *)frame, head + len });
	stream_finish(ws->stream);
	retire(ws);
}

static void
send_pong(struct ws_conn *ws, struct slice data)
{
	uint8_t frame[WS_HEAD_MAX + WS_KEY_LEN + WS_CONTROL_MAX];
	size_t head = ws_head(frame, WS_PONG, data.len, NULL);

	/* A peer that pings and never reads does not get a queue of pongs. */
	if (stream_queued(ws->stream) > LOOP_READ_SIZE)
		return;
	if (data.len > 0)
		memcpy(frame + head, data.p, data.len);
	stream_push_copy(
	    ws->stream, (struct slice){ (char *)frame, head + data.len });
}

static bool
on_event(void *arg, const struct ws_event *ev)
{
	struct ws_conn *ws = arg;

	switch (ev->op) {
	case WS_PING:
		send_pong(ws, ev->data);
		break;
	case WS_PONG:
		break;
	case WS_CLOSE:
		finish(ws, ev->code, ev->data);
		ws->cb->on_closed(ws->arg, ev->code);
		break;
	default:
		ws->cb->on_message(ws->arg, ev->op == WS_BINARY,
		    (char *)(uintptr_t)ev->data.p, ev->data.len);
	}
	return !ws->closed;
}

/* Takes the loop's idle decoder, or makes one. */
static void
borrow_decoder(struct ws_conn *ws)
{
	ws->decoder = ws->loop->decoder;
	ws->loop->decoder = NULL;
	if (ws->decoder == NULL)
		ws->decoder = ws_decoder_new();
	ws_decoder_reset(ws->decoder, true, ws->max);
}

static void
on_data(void *arg, char *data, size_t len)
{
	struct ws_conn *ws = arg;
	int err;

	if (ws->decoder == NULL)
		borrow_decoder(ws);
	err = ws_decoder_feed(ws->decoder, data, len, on_event, ws);
	if (ws->closed)
		return; /* the decoder goes with it */
	if (err > 0) {
		finish(ws, err, SLICE(""));
		ws->cb->on_closed(ws->arg, err);
	} else if (ws_decoder_idle(ws->decoder)) {
		return_decoder(ws);
	}
}

static void
on_closed(void *arg, int err)
{
	struct ws_conn *ws = arg;

	(void)err;
	retire(ws);
	ws->cb->on_closed(ws->arg, 1006);
}

static const struct stream_cb stream_cb = { on_data, NULL, on_closed };

static void
on_upgraded(void *arg, struct stream *stream, char *rest, size_t len)
{
	struct ws_conn *ws = arg;

	if (stream == NULL) {
		retire(ws);
		ws->cb->on_closed(ws->arg, 1006);
		return;
	}
	ws->stream = stream;
	stream_set_cb(stream, &stream_cb, ws);
	ws->cb->on_open(ws->arg, ws);
	if (!ws->closed && len > 0)
		on_data(ws, rest, len);
}

/* Sec-WebSocket-Accept, RFC 6455 section 4.2.2. */
static void
accept_key(struct slice key, char out[ACCEPT_LEN + 1])
{
	static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
	unsigned char md[EVP_MAX_MD_SIZE];
	char text[24 + sizeof(guid)];
	unsigned n = 0;

	memcpy(text, key.p, key.len);
	memcpy(text + key.len, guid, sizeof(guid) - 1);
	EVP_Digest(text, key.len + sizeof(guid) - 1, md, &n, EVP_sha1(), NULL);
	out[base64_encode(out, md, n)] = '\0';
}

static bool
valid_key(struct slice key)
{
	char raw[24];

	return key.len == 24 && base64_decode(raw, key.p, key.len) == 16;
}

int
ws_accept(struct http_req *req, size_t max, const struct ws_cb *cb, void *arg)
{
	struct slice key = http_field(req->parser, "Sec-WebSocket-Key");
	char accept[ACCEPT_LEN + 1];
	struct ws_conn *ws;

	if (!slice_is(req->head->method, "GET") || req->head->minor != 1 ||
	    req->head->has_body ||
	    !http_field_has(req->parser, "Upgrade", "websocket") ||
	    !valid_key(key)) {
		http_answer_text(req, 400, "Not a WebSocket handshake\n");
		return -EINVAL;
	}
	if (!slice_is(http_field(req->parser, "Sec-WebSocket-Version"), "13")) {
		http_answer(req, 426, "Sec-WebSocket-Version: 13\r\n", NULL,
		    SLICE("WebSocket version 13 only\n"));
		return -EINVAL;
	}
	ws = xcalloc(1, sizeof(*ws));
	ws->loop = http_loop(req);
	ws->cb = cb;
	ws->arg = arg;
	ws->max = max;
	ws->free_task.run = run_free;
	accept_key(key, accept);
	snprintf(ws->fields, sizeof(ws->fields),
	    "Upgrade: websocket\r\nConnection: Upgrade\r\n"
	    "Sec-WebSocket-Accept: %s\r\n",
	    accept);
	http_upgrade(req, ws->fields, on_upgraded, ws);
	return 0;
}

void
ws_set_arg(struct ws_conn *ws, const struct ws_cb *cb, void *arg)
{
	ws->cb = cb;
	ws->arg = arg;
}

void
ws_push(struct ws_conn *ws, struct counted *owner, struct slice frame)
{
	stream_push(ws->stream, owner, frame);
}

void
ws_send(struct ws_conn *ws, bool binary, struct slice data)
{
	struct rcbuf *b = rcbuf_new(WS_HEAD_MAX + data.len);
	uint8_t *end = (uint8_t *)b->data + WS_HEAD_MAX;
	size_t head;

	head = ws_head_before(end, binary ? WS_BINARY : WS_TEXT, data.len);
	if (data.len > 0)
		memcpy(end, data.p, data.len);
	stream_push(ws->stream, &b->counted,
	    (struct slice){ (char *)end - head, head + data.len });
	counted_unref(&b->counted);
}

size_t
ws_queued(const struct ws_conn *ws)
{
	return stream_queued(ws->stream);
}

void
ws_close(struct ws_conn *ws, int code)
{
	if (!ws->closed)
		finish(ws, code, SLICE(""));
}

void
ws_abort(struct ws_conn *ws)
{
	if (ws->closed)
		return;
	stream_abort(ws->stream);
	retire(ws);
}

const char *
ws_peer(struct ws_conn *ws)
{
	return stream_peer(ws->stream);
}
