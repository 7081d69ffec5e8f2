#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "eio/session.h"

/* ---- the transport ---- */

void
websocket_send(struct eio_session *s, struct eio_packet *p)
{
	struct rcbuf *small = NULL;
	struct deflater *deflater;
	enum deflate_form form;
	struct slice v[2];
	unsigned i, n;

	if (s->base64)
		p = eio_packet_base64(p, s->protocol);
	if (ws_deflates(s->ws, &deflater, &form))
		small = eio_packet_deflated(p, s->protocol, deflater, form);
	if (small != NULL) {
		ws_push(s->ws, &small->counted,
		    (struct slice){ small->data, small->len });
		return;
	}
	n = eio_packet_ws(p, s->protocol, v);
	for (i = 0; i < n; i++)
		ws_push(s->ws, &p->counted, v[i]);
}

static void
on_message(void *arg, bool binary, char *data, size_t len)
{
	struct eio_session *s = arg;
	struct eio_view pk;

	if (eio_packet_decode(s->protocol, binary, data, len, &pk) < 0)
		session_fail(s, "parse error");
	else
		session_packet(s, &pk);
}

static void
on_closed(void *arg, int code)
{
	struct eio_session *s = arg;

	s->ws = NULL;
	session_fail(s, code == WS_CODE_PROTOCOL || code == WS_CODE_INVALID ||
				code == WS_CODE_TOO_BIG
			    ? "transport error"
			    : "transport close");
}

static const struct ws_cb transport_cb = { .on_message = on_message,
	.on_closed = on_closed };

/* ---- the probe of an upgrade ---- */

static void
forget_probe(struct eio_session *s)
{
	s->probed = false;
	session_stop_passing(s);
}

static struct ws_conn *
probe_of(const struct eio_session *s)
{
	return s->passing != NULL ? s->passing->probe : NULL;
}

void
websocket_drop_probe(struct eio_session *s)
{
	struct ws_conn *ws = probe_of(s);

	if (ws == NULL)
		return;
	forget_probe(s);
	ws_close(ws, WS_CODE_NONE);
}

/* `5`: from now on all goes over the WebSocket, what waits first. */
static void
upgrade(struct eio_session *s)
{
	struct ws_conn *ws = probe_of(s);
	struct polling *pl = s->polling;

	forget_probe(s);
	polling_end(s, EIO_NOOP);
	s->polling = NULL;
	s->upgraded = true;
	s->ws = ws;
	ws_set_arg(ws, &transport_cb, s);
	for (uint32_t i = 0; i < pl->queue_n; i++)
		websocket_send(s, pl->queue[i]);
	polling_free(pl);
	if (s->state == EIO_STATE_CLOSING)
		session_fail(s, "forced close");
}

static void
on_probe_message(void *arg, bool binary, char *data, size_t len)
{
	struct eio_session *s = arg;
	struct slice text = { data, len };

	if (!binary && slice_is(text, "2probe")) {
		ws_send(probe_of(s), false, SLICE("3probe"));
		s->probed = true;
		polling_flush(s);
	} else if (!binary && slice_is(text, "5")) {
		upgrade(s);
	} else {
		websocket_drop_probe(s);
	}
}

static void
on_probe_closed(void *arg, int code)
{
	(void)code;
	forget_probe(arg);
}

static const struct ws_cb probe_cb = { .on_message = on_probe_message,
	.on_closed = on_probe_closed };

/* ---- the handshake ---- */

/* What a request has said, until its WebSocket is open. */
struct hello {
	struct eio_server *server;
	int protocol;
	bool base64;
	char sid[EIO_SID_LEN + 1]; /* "": a new session */
	char *credentials;
};

static void
hello_free(struct hello *h)
{
	free(h->credentials);
	free(h);
}

static void
open_session(struct hello *h, struct ws_conn *ws)
{
	struct eio_session *s =
	    session_new(h->server, h->protocol, h->base64, ws_peer(ws));

	s->ws = ws;
	s->credentials = h->credentials;
	h->credentials = NULL;
	ws_set_arg(ws, &transport_cb, s);
	session_open(s);
}

static void
open_probe(struct hello *h, struct ws_conn *ws)
{
	struct eio_session *s = session_find(h->server, slice_of(h->sid));

	if (s == NULL || s->polling == NULL || s->passing != NULL) {
		ws_close(ws, WS_CODE_NONE);
		return;
	}
	session_start_passing(s, ws);
	ws_set_arg(ws, &probe_cb, s);
}

static void
on_hello_open(void *arg, struct ws_conn *ws)
{
	struct hello *h = arg;

	if (h->sid[0] == '\0')
		open_session(h, ws);
	else
		open_probe(h, ws);
	hello_free(h);
}

static void
on_hello_closed(void *arg, int code)
{
	(void)code;
	hello_free(arg);
}

static const struct ws_cb hello_cb = { .on_open = on_hello_open,
	.on_closed = on_hello_closed };

void
websocket_request(struct eio_server *srv, struct http_req *req, int protocol,
    bool base64, const char *sid)
{
	struct hello *h = xcalloc(1, sizeof(*h));

	h->server = srv;
	h->protocol = protocol;
	h->base64 = base64;
	if (sid != NULL)
		memcpy(h->sid, sid, EIO_SID_LEN + 1);
	h->credentials = session_credentials(req);
	if (ws_accept(
		req, srv->opt.max_payload, srv->opt.deflate, &hello_cb, h) < 0)
		hello_free(h);
}
