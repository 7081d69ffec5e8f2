#include "config.h"

#include "net/ws_conn.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/mem.h"
#include "net/stream.h"

enum {
	FIELDS_MAX = 384,
	OFFERS_MAX = 2 * HTTP_HEAD_MAX,
	FRAGMENTS_MAX = 1 << 30, /* where there is no other limit */
};

struct ws_conn {
	struct loop *loop;
	struct stream *stream;
	struct ws_decoder *decoder; /* lent while a message is partly here */
	struct inflater *inflater;  /* the same, unless it is to be kept */
	struct deflate deflate;     /* what was agreed on */
	const struct ws_cb *cb;
	void *arg;
	size_t max, fragments_min;
	bool masks;   /* what it sends; then what comes is not masked */
	bool closed;  /* for the owner */
	char *fields; /* of our answer, until it is sent */
};

/* The same for the inflater. */
static void
return_inflater(struct ws_conn *ws)
{
	if (ws->deflate.keeps || ws->loop->inflater != NULL)
		inflater_free(ws->inflater);
	else
		ws->loop->inflater = ws->inflater;
	ws->inflater = NULL;
}

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
ws_conn_free(void *p)
{
	struct ws_conn *ws = p;

	return_decoder(ws);
	return_inflater(ws);
	free(ws->fields);
	free(ws);
}

static void
retire(struct ws_conn *ws)
{
	if (ws->closed)
		return;
	ws->closed = true;
	loop_free(ws->loop, ws, ws_conn_free);
}

/* A frame for this connection; data may be NULL if it is empty. */
static struct rcbuf *
make_frame(struct ws_conn *ws, enum ws_opcode op, struct slice data)
{
	struct rcbuf *b = NULL;
	struct deflater *deflater;
	enum deflate_form form;
	uint8_t key[WS_KEY_LEN];
	uint8_t *p;
	size_t head;

	if (ws->masks)
		random_bytes(key, sizeof(key));
	if ((op == WS_TEXT || op == WS_BINARY) &&
	    ws_deflates(ws, &deflater, &form))
		b = deflate_frame(
		    deflater, form, op, data, ws->masks ? key : NULL);
	if (b != NULL)
		return b;
	head = ws_head_len(data.len) + (ws->masks ? WS_KEY_LEN : 0);
	b = rcbuf_new(head + data.len);
	p = (uint8_t *)b->data;
	ws_head(p, op, data.len, ws->masks ? key : NULL);
	if (data.len > 0)
		memcpy(p + head, data.p, data.len);
	if (ws->masks)
		ws_mask(p + head, data.len, key);
	return b;
}

/* Queues a frame, copied. */
static void
send_frame(struct ws_conn *ws, enum ws_opcode op, struct slice data)
{
	struct rcbuf *b = make_frame(ws, op, data);

	stream_push(ws->stream, &b->counted, (struct slice){ b->data, b->len });
	counted_unref(&b->counted);
}

/* Sends a close frame and ends the stream in order. */
static void
finish(struct ws_conn *ws, int code, struct slice reason)
{
	char body[WS_CONTROL_MAX];
	size_t len = 0;

	if (code != WS_CODE_NONE) {
		body[0] = (char)(code >> 8);
		body[1] = (char)code;
		if (reason.len > 0)
			memcpy(body + 2, reason.p, reason.len);
		len = 2 + reason.len;
	}
	send_frame(ws, WS_CLOSE, (struct slice){ body, len });
	stream_finish(ws->stream);
	retire(ws);
}

static void
send_pong(struct ws_conn *ws, struct slice data)
{
	/* A peer that pings and never reads does not get a queue of pongs. */
	if (stream_queued(ws->stream) <= LOOP_READ_SIZE)
		send_frame(ws, WS_PONG, data);
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
		if (ws->cb->on_pong != NULL)
			ws->cb->on_pong(ws->arg);
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
	ws_decoder_reset(ws->decoder, !ws->masks, ws->max);
	ws_decoder_limit(ws->decoder, ws->fragments_min);
	ws_decoder_inflate(ws->decoder, &ws->deflate, &ws->inflater);
	if (ws->deflate.on && !ws->deflate.keeps) {
		ws->inflater = ws->loop->inflater;
		ws->loop->inflater = NULL;
	}
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
		if (!ws->deflate.keeps)
			return_inflater(ws);
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

static void
on_drained(void *arg)
{
	struct ws_conn *ws = arg;

	if (ws->cb->on_drained != NULL)
		ws->cb->on_drained(ws->arg);
}

static const struct stream_cb stream_cb = {
	.on_data = on_data, .on_drained = on_drained, .on_closed = on_closed
};

static void
on_upgraded(void *arg, struct stream *stream, char *rest, size_t len)
{
	struct ws_conn *ws = arg;

	if (stream == NULL) {
		retire(ws);
		ws->cb->on_closed(ws->arg, 1006);
		return;
	}
	free(ws->fields);
	ws->fields = NULL;
	ws_conn_start(ws, stream, rest, len);
}

void
ws_accept_key(struct slice key, char out[WS_ACCEPT_LEN + 1])
{
	static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
	unsigned char md[EVP_MAX_MD_SIZE];
	char text[WS_KEY_TEXT_LEN + sizeof(guid)];
	unsigned n = 0;

	memcpy(text, key.p, key.len);
	memcpy(text + key.len, guid, sizeof(guid) - 1);
	if (EVP_Digest(text, key.len + sizeof(guid) - 1, md, &n, EVP_sha1(),
		NULL) != 1)
		mem_exhausted(); /* nothing else can fail */
	out[base64_encode(out, md, n)] = '\0';
}

struct ws_conn *
ws_conn_new(struct loop *loop, size_t max, bool masks, const struct ws_cb *cb,
    void *arg)
{
	struct ws_conn *ws = xcalloc(1, sizeof(*ws));

	ws->loop = loop;
	ws->cb = cb;
	ws->arg = arg;
	ws->max = max;
	ws->fragments_min = WS_FRAGMENTS_MIN;
	ws->masks = masks;
	return ws;
}

void
ws_conn_set_deflate(struct ws_conn *ws, const struct deflate *agreed)
{
	ws->deflate = *agreed;
}

void
ws_conn_start(struct ws_conn *ws, struct stream *stream, char *rest, size_t len)
{
	ws->stream = stream;
	stream_set_cb(stream, &stream_cb, ws);
	ws->cb->on_open(ws->arg, ws);
	if (!ws->closed && len > 0)
		on_data(ws, rest, len);
}

static bool
valid_key(struct slice key)
{
	char raw[24];

	return key.len == WS_KEY_TEXT_LEN &&
	       base64_decode(raw, key.p, key.len) == 16;
}

/* Negotiates; answer gets the value of our field, "" if there is none. */
static int
answer_offers(struct http_req *req, struct deflate *agreed,
    char answer[DEFLATE_ANSWER_MAX])
{
	struct buf offers;
	int rc;

	buf_init(&offers, OFFERS_MAX);
	rc = http_field_join(req->parser, "Sec-WebSocket-Extensions", &offers);
	if (rc == 0)
		rc = deflate_answer(agreed, buf_view(&offers), answer);
	buf_deinit(&offers);
	return rc;
}

int
ws_accept(struct http_req *req, size_t max, bool deflate,
    const struct ws_cb *cb, void *arg)
{
	struct slice key = http_field(req->parser, "Sec-WebSocket-Key");
	char accept[WS_ACCEPT_LEN + 1], answer[DEFLATE_ANSWER_MAX];
	struct deflate agreed = { .on = false };
	struct ws_conn *ws;

	if (!slice_is(req->head->method, "GET") || req->head->minor != 1 ||
	    req->head->has_body || !req->head->upgrade ||
	    !http_field_has(req->parser, "Upgrade", "websocket") ||
	    !valid_key(key) ||
	    (deflate && answer_offers(req, &agreed, answer) < 0)) {
		http_answer_text(req, 400, "Not a WebSocket handshake\n");
		return -EINVAL;
	}
	if (!slice_is(http_field(req->parser, "Sec-WebSocket-Version"), "13")) {
		http_answer(req, 426, "Sec-WebSocket-Version: 13\r\n", NULL,
		    SLICE("WebSocket version 13 only\n"));
		return -EINVAL;
	}
	ws = ws_conn_new(http_loop(req), max, false, cb, arg);
	ws->fragments_min =
	    limit_size(http_limits(req)->fragments, FRAGMENTS_MAX);
	ws->deflate = agreed;
	ws_accept_key(key, accept);
	ws->fields = xmalloc(FIELDS_MAX);
	snprintf(ws->fields, FIELDS_MAX,
	    "Upgrade: websocket\r\nConnection: Upgrade\r\n"
	    "Sec-WebSocket-Accept: %s\r\n%s%s%s",
	    accept, agreed.on ? "Sec-WebSocket-Extensions: " : "",
	    agreed.on ? answer : "", agreed.on ? "\r\n" : "");
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

bool
ws_deflates(struct ws_conn *ws, struct deflater **d, enum deflate_form *form)
{
	if (!ws->deflate.on || !deflate_form(ws->deflate.out_bits, form))
		return false;
	if (ws->loop->deflater == NULL)
		ws->loop->deflater = deflater_new();
	*d = ws->loop->deflater;
	return true;
}

void
ws_send(struct ws_conn *ws, bool binary, struct slice data)
{
	send_frame(ws, binary ? WS_BINARY : WS_TEXT, data);
}

void
ws_read(struct ws_conn *ws, bool on)
{
	if (!ws->closed)
		stream_read(ws->stream, on);
}

void
ws_ping(struct ws_conn *ws)
{
	if (!ws->closed)
		send_frame(ws, WS_PING, SLICE(""));
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
