#include "config.h"

#include "eio/client_session.h"

void
client_drop_probe(struct eio_client *c)
{
	if (c->probe != NULL)
		ws_close(c->probe, WS_CODE_NONE);
	c->probe = NULL;
	if (c->opening != NULL)
		ws_open_cancel(c->opening);
	c->opening = NULL;
	c->pausing = false;
}

void
client_send_websocket(struct eio_client *c, struct eio_packet *p)
{
	if (p->binary)
		ws_send(
		    c->ws, true, (struct slice){ eio_packet_data(p), p->len });
	else
		ws_send(c->ws, false, eio_packet_text(p, 4));
}

void
client_measure_lag(struct eio_client *c)
{
	if (c->ws == NULL || c->pinged_at != 0)
		return;
	c->pinged_at = uv_hrtime();
	c->pings++;
	ws_ping(c->ws);
}

bool
eio_client_barrier(struct eio_client *c)
{
	if (c->ws == NULL)
		return false;
	c->barrier = ++c->pings;
	ws_ping(c->ws);
	return true;
}

static void
on_ws_message(void *arg, bool binary, char *data, size_t len)
{
	struct eio_client *c = arg;
	struct eio_view pk;

	if (eio_packet_decode(4, binary, data, len, &pk) < 0)
		client_fail(c, "parse error", "not an Engine.IO server", false);
	else
		client_packet(c, &pk);
}

static void
on_ws_closed(void *arg, int code)
{
	struct eio_client *c = arg;

	(void)code;
	c->ws = NULL;
	if (!c->is_open && c->transports == EIO_TRANSPORTS_AUTO)
		client_fall_back(c);
	else
		client_fail(c, "transport close", "", false);
}

static void
on_ws_pong(void *arg)
{
	struct eio_client *c = arg;
	uint64_t since = c->pinged_at;

	if (c->pings == 0)
		return; /* nobody has asked */
	c->pings--;
	if (c->barrier > 0 && --c->barrier == 0) {
		c->cb->on_barrier(c->arg);
		if (c->dead)
			return;
	}
	c->pinged_at = 0;
	if (since != 0)
		client_set_lag(c, since);
}

static void
on_ws_drained(void *arg)
{
	struct eio_client *c = arg;

	c->cb->on_drained(c->arg);
}

static const struct ws_cb ws_cb = { .on_message = on_ws_message,
	.on_closed = on_ws_closed,
	.on_pong = on_ws_pong,
	.on_drained = on_ws_drained };

static void
on_ws_opened(void *arg, struct ws_conn *ws, const struct http_answer *a)
{
	struct eio_client *c = arg;

	c->opening = NULL;
	if (ws != NULL) {
		c->ws = ws;
		ws_set_arg(ws, &ws_cb, c);
	} else if (a->status != 0 && c->transports == EIO_TRANSPORTS_AUTO) {
		client_fall_back(c);
	} else {
		client_refused(c, a);
	}
}

static void
open_websocket(struct eio_client *c, ws_open_cb cb)
{
	struct buf to;

	client_target(c, "websocket", &to);
	c->opening =
	    ws_open(c->http, buf_view(&to), EIO_CLIENT_MESSAGE_MAX, cb, c);
	buf_deinit(&to);
}

void
client_open_websocket(struct eio_client *c)
{
	open_websocket(c, on_ws_opened);
}

/* ---- the upgrade ---- */

/* Polling is at rest: `5`, then what has waited. */
void
client_switch_over(struct eio_client *c)
{
	if (c->get != NULL || c->post != NULL)
		return;
	c->ws = c->probe;
	c->probe = NULL;
	c->pausing = false;
	ws_set_arg(c->ws, &ws_cb, c);
	ws_send(c->ws, false, SLICE("5"));
	for (size_t i = 0; i < c->queue_n; i++)
		client_send_websocket(c, c->queue[i]);
	client_queue_drop(c, c->queue_n);
	client_measure_lag(c);
	c->cb->on_change(c->arg);
}

static void
on_probe_message(void *arg, bool binary, char *data, size_t len)
{
	struct eio_client *c = arg;
	struct slice text = { data, len };

	if (binary || !slice_is(text, "3probe")) {
		client_drop_probe(c);
		return;
	}
	c->pausing = true;
	client_switch_over(c);
}

static void
on_probe_closed(void *arg, int code)
{
	struct eio_client *c = arg;
	bool stopped = c->pausing;

	(void)code;
	c->probe = NULL;
	c->pausing = false;
	if (stopped && c->get == NULL)
		client_poll(c);
	client_flush(c);
}

static const struct ws_cb probe_cb = { .on_message = on_probe_message,
	.on_closed = on_probe_closed };

static void
on_probe_opened(void *arg, struct ws_conn *ws, const struct http_answer *a)
{
	struct eio_client *c = arg;

	(void)a; /* polling is good enough then */
	c->opening = NULL;
	if (ws == NULL)
		return;
	c->probe = ws;
	ws_set_arg(ws, &probe_cb, c);
	ws_send(ws, false, SLICE("2probe"));
}

void
client_start_upgrade(struct eio_client *c)
{
	open_websocket(c, on_probe_opened);
}
