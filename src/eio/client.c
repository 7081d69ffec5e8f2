#include "config.h"

#include "eio/client.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "proto/json.h"

enum {
	VOLATILE_MARK = 65536, /* bytes queued from which volatiles drop */
	TARGET_MAX = 2048,
	INTERVAL_MAX = 24 * 3600 * 1000, /* ms, of a heartbeat */
};

struct eio_client {
	struct http_client *http;
	const char *path;
	enum eio_transports transports;
	const struct eio_client_cb *cb;
	void *arg;

	/* WebSocket: being opened, as transport or as the probe of an upgrade;
	 * then one of the two. */
	struct ws_opening *opening;
	struct ws_conn *ws, *probe;
	bool pausing; /* the probe is answered: polling comes to its end */

	/* polling */
	struct http_call *get, *post;
	uint64_t posted_at;
	struct eio_packet **queue;
	size_t queue_n, queue_cap, queue_bytes;
	size_t in_post; /* packets of the queue that are under way */
	size_t max_payload;

	uv_timer_t timer; /* to be open, then the heartbeat's limit */
	uint64_t patience;
	uint64_t pinged_at; /* 0: no WebSocket ping under way */
	int lag;
	bool is_open, dead;
	struct loop_task free_task;
	char sid[EIO_CLIENT_SID_MAX + 1];
};

static const struct ws_cb ws_cb, probe_cb;

static void
poll_next(struct eio_client *c);

static void
flush(struct eio_client *c);

/* ---- its end ---- */

static void
drop_queue(struct eio_client *c, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		c->queue_bytes -= eio_packet_cost(c->queue[i]);
		eio_packet_unref(c->queue[i]);
	}
	c->queue_n -= n;
	memmove(c->queue, c->queue + n, c->queue_n * sizeof(*c->queue));
}

static void
run_free(struct loop_task *t)
{
	struct eio_client *c = container_of(t, struct eio_client, free_task);

	free(c->queue);
	free(c);
}

static void
on_timer_closed(uv_handle_t *h)
{
	struct eio_client *c = h->data;

	loop_defer(c->http->loop, &c->free_task);
}

static void
drop_probe(struct eio_client *c)
{
	if (c->probe != NULL)
		ws_close(c->probe, WS_CODE_NONE);
	c->probe = NULL;
	if (c->opening != NULL)
		ws_open_cancel(c->opening);
	c->opening = NULL;
	c->pausing = false;
}

/* All that is under way ends. */
static void
retire(struct eio_client *c)
{
	c->dead = true;
	drop_probe(c);
	if (c->ws != NULL)
		ws_close(c->ws, WS_CODE_NONE);
	c->ws = NULL;
	if (c->get != NULL)
		http_call_cancel(c->get);
	if (c->post != NULL)
		http_call_cancel(c->post);
	c->get = c->post = NULL;
	drop_queue(c, c->queue_n);
	uv_close((uv_handle_t *)&c->timer, on_timer_closed);
}

static void
fail(struct eio_client *c, const char *reason, const char *detail, bool trust)
{
	if (c->dead)
		return;
	retire(c);
	c->cb->on_closed(c->arg, reason, detail, trust);
}

/* ---- packets ---- */

static void
on_heartbeat_late(uv_timer_t *t)
{
	fail(t->data, "ping timeout", "", false);
}

/* Everything that comes proves that the server is there. */
static void
alive(struct eio_client *c)
{
	uv_timer_start(&c->timer, on_heartbeat_late, c->patience, 0);
}

static void
measure_lag(struct eio_client *c)
{
	if (c->ws == NULL || c->pinged_at != 0)
		return;
	c->pinged_at = uv_hrtime();
	ws_ping(c->ws);
}

static void
set_lag(struct eio_client *c, uint64_t since)
{
	c->lag = (int)((uv_hrtime() - since) / 1000000);
	c->cb->on_change(c->arg);
}

/* The server's sid stands in a query: what need not be escaped, or none. */
static int
take_sid(struct eio_client *c, struct slice json)
{
	struct slice raw;
	struct buf sid;
	int err = -1;

	buf_init(&sid, EIO_CLIENT_SID_MAX);
	if (json_get(json, "sid", &raw) && json_unescape(raw, &sid) == 0 &&
	    sid.len > 0) {
		err = 0;
		for (size_t i = 0; i < sid.len; i++)
			if (sid.p[i] <= ' ' || sid.p[i] >= 0x7f ||
			    strchr("\"#%&+/<>?\\", sid.p[i]) != NULL)
				err = -1;
		memcpy(c->sid, sid.p, sid.len);
		c->sid[sid.len] = '\0';
	}
	buf_deinit(&sid);
	return err;
}

static int64_t
get_int(struct slice json, const char *key, int64_t max, int64_t otherwise)
{
	struct slice raw;
	int64_t n = otherwise;

	if (json_get(json, key, &raw) && json_int(raw, 0, max, &n) < 0)
		return otherwise;
	return n;
}

static bool
offers_websocket(struct slice json)
{
	struct slice list, name;
	struct json_iter it;

	if (!json_get(json, "upgrades", &list))
		return false;
	json_iter_init(&it, list);
	while (json_iter_next(&it, NULL, &name))
		if (json_string_is(name, "websocket"))
			return true;
	return false;
}

static void
start_upgrade(struct eio_client *c);

static void
on_open_packet(struct eio_client *c, struct slice json)
{
	if (c->is_open || json_check(json) < 0 || take_sid(c, json) < 0) {
		fail(c, "parse error", "not an Engine.IO server", false);
		return;
	}
	c->patience = (uint64_t)(
	    get_int(json, "pingInterval", INTERVAL_MAX, 25000) +
	    get_int(json, "pingTimeout", INTERVAL_MAX, 20000));
	c->max_payload =
	    (size_t)get_int(json, "maxPayload", EIO_CLIENT_QUEUE_MAX, 0);
	c->is_open = true;
	alive(c);
	c->cb->on_open(c->arg);
	if (c->dead)
		return;
	measure_lag(c);
	if (c->ws == NULL && c->transports == EIO_TRANSPORTS_UPGRADE &&
	    offers_websocket(json))
		start_upgrade(c);
}

static void
send_bare(struct eio_client *c, enum eio_type type, struct slice data)
{
	struct eio_packet *p = eio_packet_copy(type, false, data);

	eio_client_send(c, p);
	eio_packet_unref(p);
}

static void
on_packet(struct eio_client *c, const struct eio_view *pk)
{
	if (pk->type == EIO_OPEN) {
		on_open_packet(c, pk->data);
		return;
	}
	if (!c->is_open) {
		fail(c, "parse error", "not an Engine.IO server", false);
		return;
	}
	alive(c);
	switch (pk->type) {
	case EIO_PING:
		send_bare(c, EIO_PONG, pk->data);
		measure_lag(c);
		break;
	case EIO_CLOSE:
		fail(c, "transport close", "", false);
		break;
	case EIO_MESSAGE:
		c->cb->on_message(c->arg, pk->binary, pk->data);
		break;
	default:
		break; /* noop, and what a server has no business sending */
	}
}

/* ---- polling ---- */

static void
target(struct eio_client *c, const char *transport, struct buf *out)
{
	buf_init(out, TARGET_MAX);
	buf_printf(out, "%s?EIO=4&transport=%s", c->path, transport);
	if (c->sid[0] != '\0')
		buf_printf(out, "&sid=%s", c->sid);
}

/* A refusal in words: what the server says in its JSON, or the status. */
static void
refused(struct eio_client *c, const struct http_answer *a)
{
	struct buf detail;
	struct slice raw;

	buf_init(&detail, 200);
	if (a->status == 0)
		buf_puts(&detail, a->problem);
	else if (json_check(buf_view(a->body)) == 0 &&
		 json_get(buf_view(a->body), "message", &raw) &&
		 json_type(raw) == JSON_STRING) {
		buf_puts(&detail, "the server says: ");
		json_unescape(raw, &detail);
	} else {
		buf_printf(&detail, "no Socket.IO there (HTTP status %d)",
		    a->status);
	}
	buf_putc(&detail, '\0');
	fail(c, c->is_open ? "transport error" : "connect error",
	    detail.p != NULL ? detail.p : "", a->trust);
	buf_deinit(&detail);
}

static void
take_payload(struct eio_client *c, struct buf *body)
{
	struct eio_payload pl = { .p = body->p, .len = body->len, .eio = 4 };
	struct eio_view pk;
	int r;

	while ((r = eio_payload_next(&pl, &pk)) > 0) {
		on_packet(c, &pk);
		if (c->dead)
			return;
	}
	if (r < 0)
		fail(c, "parse error", "not an Engine.IO server", false);
}

static void
switch_over(struct eio_client *c);

static void
on_got(void *arg, const struct http_answer *a)
{
	struct eio_client *c = arg;

	c->get = NULL;
	if (a->status != 200) {
		refused(c, a);
		return;
	}
	take_payload(c, a->body);
	if (c->dead)
		return;
	poll_next(c);
	flush(c);
}

static void
poll_next(struct eio_client *c)
{
	struct buf to;

	if (c->pausing) {
		switch_over(c);
		return;
	}
	target(c, "polling", &to);
	c->get = http_call(c->http, "GET", buf_view(&to), "Accept: */*\r\n",
	    SLICE(""), EIO_CLIENT_MESSAGE_MAX, on_got, c);
	buf_deinit(&to);
}

static void
on_posted(void *arg, const struct http_answer *a)
{
	struct eio_client *c = arg;

	c->post = NULL;
	if (a->status != 200) {
		refused(c, a);
		return;
	}
	drop_queue(c, c->in_post);
	set_lag(c, c->posted_at);
	if (c->dead)
		return;
	if (c->pausing)
		switch_over(c);
	else if (c->queue_n > 0)
		flush(c);
	else
		c->cb->on_drained(c->arg);
}

/* Posts what waits, as much as the server takes at once. */
static void
flush(struct eio_client *c)
{
	size_t n = 0, bytes = 0;
	struct buf to, body;

	if (c->dead || c->ws != NULL || c->post != NULL || c->pausing ||
	    c->queue_n == 0 || !c->is_open)
		return;
	do
		bytes += eio_packet_cost(c->queue[n++]) + 1;
	while (n < c->queue_n &&
	       (c->max_payload == 0 ||
		   bytes + eio_packet_cost(c->queue[n]) <= c->max_payload));
	buf_init(&body, SIZE_MAX);
	eio4_payload_encode(&body, c->queue, n);
	c->in_post = n;
	c->posted_at = uv_hrtime();
	target(c, "polling", &to);
	c->post = http_call(c->http, "POST", buf_view(&to),
	    "Content-Type: text/plain;charset=UTF-8\r\n", buf_view(&body), 65536,
	    on_posted, c);
	buf_deinit(&to);
	buf_deinit(&body);
}

/* ---- WebSocket ---- */

static void
send_ws(struct ws_conn *ws, struct eio_packet *p)
{
	if (p->binary)
		ws_send(ws, true,
		    (struct slice){ eio_packet_data(p), p->len });
	else
		ws_send(ws, false, eio_packet_text(p, 4));
}

static void
on_open_late(uv_timer_t *t)
{
	fail(t->data, "timeout", "no answer", false);
}

/* The WebSocket can't be had: polling, for the rest of the time. */
static void
fall_back(struct eio_client *c)
{
	uv_timer_start(&c->timer, on_open_late,
	    EIO_CLIENT_OPEN_MS - EIO_CLIENT_WEBSOCKET_MS, 0);
	poll_next(c);
}

static void
on_ws_message(void *arg, bool binary, char *data, size_t len)
{
	struct eio_client *c = arg;
	struct eio_view pk;

	if (eio_packet_decode(4, binary, data, len, &pk) < 0)
		fail(c, "parse error", "not an Engine.IO server", false);
	else
		on_packet(c, &pk);
}

static void
on_ws_closed(void *arg, int code)
{
	struct eio_client *c = arg;

	(void)code;
	c->ws = NULL;
	if (!c->is_open && c->transports == EIO_TRANSPORTS_AUTO)
		fall_back(c);
	else
		fail(c, "transport close", "", false);
}

static void
on_ws_pong(void *arg)
{
	struct eio_client *c = arg;
	uint64_t since = c->pinged_at;

	c->pinged_at = 0;
	if (since != 0)
		set_lag(c, since);
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
on_websocket_late(uv_timer_t *t)
{
	struct eio_client *c = t->data;

	drop_probe(c);
	if (c->ws != NULL) /* open, and nothing comes */
		ws_abort(c->ws);
	c->ws = NULL;
	fall_back(c);
}

static void
on_ws_opened(void *arg, struct ws_conn *ws, const struct http_answer *a)
{
	struct eio_client *c = arg;

	c->opening = NULL;
	if (ws != NULL) {
		c->ws = ws;
		ws_set_arg(ws, &ws_cb, c);
	} else if (a->status != 0 && c->transports == EIO_TRANSPORTS_AUTO) {
		fall_back(c);
	} else {
		refused(c, a);
	}
}

static void
open_websocket(struct eio_client *c, ws_open_cb cb)
{
	struct buf to;

	target(c, "websocket", &to);
	c->opening =
	    ws_open(c->http, buf_view(&to), EIO_CLIENT_MESSAGE_MAX, cb, c);
	buf_deinit(&to);
}

/* ---- the upgrade ---- */

/* Polling is at rest: `5`, then what has waited. */
static void
switch_over(struct eio_client *c)
{
	if (c->get != NULL || c->post != NULL)
		return;
	c->ws = c->probe;
	c->probe = NULL;
	c->pausing = false;
	ws_set_arg(c->ws, &ws_cb, c);
	ws_send(c->ws, false, SLICE("5"));
	for (size_t i = 0; i < c->queue_n; i++)
		send_ws(c->ws, c->queue[i]);
	drop_queue(c, c->queue_n);
	measure_lag(c);
	c->cb->on_change(c->arg);
}

static void
on_probe_message(void *arg, bool binary, char *data, size_t len)
{
	struct eio_client *c = arg;
	struct slice text = { data, len };

	if (binary || !slice_is(text, "3probe")) {
		drop_probe(c);
		return;
	}
	c->pausing = true;
	switch_over(c);
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
		poll_next(c);
	flush(c);
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

static void
start_upgrade(struct eio_client *c)
{
	open_websocket(c, on_probe_opened);
}

/* ---- the user's side ---- */

struct eio_client *
eio_client_open(struct http_client *http, const char *path,
    enum eio_transports transports, const struct eio_client_cb *cb, void *arg)
{
	struct eio_client *c = xcalloc(1, sizeof(*c));

	c->http = http;
	c->path = path;
	c->transports = transports;
	c->cb = cb;
	c->arg = arg;
	c->lag = -1;
	c->free_task.run = run_free;
	uv_timer_init(&http->loop->uv, &c->timer);
	c->timer.data = c;
	if (transports == EIO_TRANSPORTS_AUTO)
		uv_timer_start(&c->timer, on_websocket_late,
		    EIO_CLIENT_WEBSOCKET_MS, 0);
	else
		uv_timer_start(&c->timer, on_open_late, EIO_CLIENT_OPEN_MS, 0);
	if (transports == EIO_TRANSPORTS_AUTO ||
	    transports == EIO_TRANSPORTS_WEBSOCKET)
		open_websocket(c, on_ws_opened);
	else
		poll_next(c);
	return c;
}

void
eio_client_send(struct eio_client *c, struct eio_packet *p)
{
	if (c->dead || !c->is_open)
		return;
	if (c->ws != NULL) {
		send_ws(c->ws, p);
		return;
	}
	if (c->queue_bytes > EIO_CLIENT_QUEUE_MAX) {
		fail(c, "queue full", "the server takes nothing", false);
		return;
	}
	if (c->queue_n == c->queue_cap) {
		c->queue_cap = c->queue_cap ? c->queue_cap * 2 : 8;
		c->queue =
		    xrealloc(c->queue, c->queue_cap * sizeof(*c->queue));
	}
	c->queue[c->queue_n++] = eio_packet_ref(p);
	c->queue_bytes += eio_packet_cost(p);
	flush(c);
}

bool
eio_client_writable(const struct eio_client *c)
{
	if (!c->is_open || c->dead)
		return false;
	return (c->ws != NULL ? ws_queued(c->ws) : c->queue_bytes) <
	       VOLATILE_MARK;
}

const char *
eio_client_transport(const struct eio_client *c)
{
	return c->ws != NULL ? "websocket" : "polling";
}

int
eio_client_lag(const struct eio_client *c)
{
	return c->lag;
}

void
eio_client_close(struct eio_client *c)
{
	if (c->dead)
		return;
	if (c->is_open && c->ws == NULL && c->post == NULL) {
		/* A last POST, for which nobody waits: see http_forget. */
		send_bare(c, EIO_CLOSE, SLICE(""));
		if (c->post != NULL)
			http_call_forget(c->post);
		c->post = NULL;
	}
	if (!c->dead)
		retire(c);
}
