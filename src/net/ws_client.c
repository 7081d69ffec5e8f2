#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/mem.h"
#include "net/http_client.h"

enum { REFUSAL_MAX = 65536 }; /* bytes of an answer that is no 101 */

struct ws_opening {
	struct http_client *client;
	struct dialler *dialler;
	struct stream *stream;
	struct http_response_parser *parser;
	struct buf target;
	size_t max;
	ws_open_cb cb;
	void *arg;
	bool dead;
	struct loop_task free_task;
	char key[WS_KEY_TEXT_LEN + 1];
};

static void
run_free(struct loop_task *t)
{
	struct ws_opening *o = container_of(t, struct ws_opening, free_task);

	http_response_parser_free(o->parser);
	buf_deinit(&o->target);
	free(o);
}

static void
retire(struct ws_opening *o)
{
	o->dead = true;
	loop_defer(o->client->loop, &o->free_task);
}

static void
fail(struct ws_opening *o, const char *problem, bool trust)
{
	struct http_answer a = { .problem = problem, .trust = trust };

	if (http_response_done(o->parser)) {
		a.status = http_response_status(o->parser);
		a.fields = http_response_fields(o->parser);
		a.body = http_response_body(o->parser);
	}
	if (o->stream != NULL)
		stream_abort(o->stream);
	retire(o);
	o->cb(o->arg, NULL, &a);
}

static void
on_ws_open(void *arg, struct ws_conn *ws)
{
	struct ws_opening *o = arg;

	o->cb(o->arg, ws, NULL);
}

static const struct ws_cb ws_cb = { .on_open = on_ws_open };

/* What the server makes of our offer, if there was one. */
static bool
is_agreed(
    struct ws_opening *o, const struct http_fields *f, struct deflate *agreed)
{
	struct buf answer;
	int rc;

	*agreed = (struct deflate){ .on = false };
	if (!o->client->deflate)
		return http_fields_count(f, "Sec-WebSocket-Extensions") == 0;
	buf_init(&answer, HTTP_HEAD_MAX);
	rc = http_fields_join(f, "Sec-WebSocket-Extensions", &answer);
	if (rc == 0)
		rc = deflate_accept(agreed, buf_view(&answer));
	buf_deinit(&answer);
	return rc == 0;
}

/* RFC 6455 section 4.1, what the client must check. */
static bool
is_switched(struct ws_opening *o, struct deflate *agreed)
{
	const struct http_fields *f = http_response_fields(o->parser);
	char accept[WS_ACCEPT_LEN + 1];

	ws_accept_key(slice_of(o->key), accept);
	return http_response_status(o->parser) == 101 &&
	       http_fields_has(f, "Upgrade", "websocket") &&
	       http_fields_has(f, "Connection", "upgrade") &&
	       is_agreed(o, f, agreed) &&
	       http_fields_count(f, "Sec-WebSocket-Protocol") == 0 &&
	       http_fields_count(f, "Sec-WebSocket-Accept") == 1 &&
	       slice_is(http_fields_get(f, "Sec-WebSocket-Accept"), accept);
}

static void
on_data(void *arg, char *data, size_t len)
{
	struct ws_opening *o = arg;
	ssize_t used = http_response_parser_feed(o->parser, data, len);
	struct stream *s = o->stream;
	struct deflate agreed;
	struct ws_conn *ws;

	if (used < 0) {
		fail(o, "the answer is not HTTP or too long", false);
		return;
	}
	if (!http_response_done(o->parser))
		return;
	if (!is_switched(o, &agreed)) {
		fail(o, "no WebSocket there", false);
		return;
	}
	o->stream = NULL;
	retire(o);
	ws = ws_conn_new(o->client->loop, o->max, true, &ws_cb, o);
	ws_conn_set_deflate(ws, &agreed);
	ws_conn_start(ws, s, data + used, len - (size_t)used);
}

static void
on_closed(void *arg, int err)
{
	struct ws_opening *o = arg;

	o->stream = NULL;
	if (err == 0)
		http_response_parser_eof(o->parser);
	fail(o, "the server closed the connection", false);
}

static const struct stream_cb stream_cb = { .on_data = on_data,
	.on_closed = on_closed };

static void
send_request(struct ws_opening *o)
{
	struct buf req;
	unsigned char raw[16];

	random_bytes(raw, sizeof(raw));
	o->key[base64_encode(o->key, raw, sizeof(raw))] = '\0';
	buf_init(&req, 2 * (size_t)HTTP_HEAD_MAX);
	buf_printf(&req,
	    "GET %.*s HTTP/1.1\r\nHost: ", SLICE_ARG(buf_view(&o->target)));
	http_client_authority(o->client, &req);
	buf_printf(&req,
	    "\r\nUser-Agent: %s/%s\r\nUpgrade: websocket\r\n"
	    "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
	    "Sec-WebSocket-Key: %s\r\n%s\r\n",
	    PACKAGE_NAME, PACKAGE_VERSION, o->key,
	    o->client->deflate ? "Sec-WebSocket-Extensions: " DEFLATE_OFFER
				 "\r\n"
			       : "");
	stream_push_copy(o->stream, buf_view(&req));
	buf_deinit(&req);
}

static void
on_dialled(void *arg, struct stream *s, const char *problem, bool trust)
{
	struct ws_opening *o = arg;

	o->dialler = NULL;
	if (s == NULL) {
		fail(o, problem, trust);
		return;
	}
	o->stream = s;
	stream_set_cb(s, &stream_cb, o);
	stream_read(s, true);
	send_request(o);
}

struct ws_opening *
ws_open(struct http_client *c, struct slice target, size_t max, ws_open_cb cb,
    void *arg)
{
	struct ws_opening *o = xcalloc(1, sizeof(*o));

	o->client = c;
	o->max = max;
	o->cb = cb;
	o->arg = arg;
	o->free_task.run = run_free;
	o->parser = http_response_parser_new(REFUSAL_MAX);
	buf_init(&o->target, HTTP_HEAD_MAX);
	buf_append_slice(&o->target, target);
	o->dialler =
	    dial(c->loop, c->host, c->port, c->tls, c->linger, on_dialled, o);
	return o;
}

void
ws_open_cancel(struct ws_opening *o)
{
	if (o->dead)
		return;
	if (o->dialler != NULL)
		dial_cancel(o->dialler);
	if (o->stream != NULL)
		stream_abort(o->stream);
	retire(o);
}
