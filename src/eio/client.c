#include "config.h"

#include "eio/client_session.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "proto/json.h"

enum {
	VOLATILE_MARK = 65536, /* bytes queued from which volatiles drop */
	TARGET_MAX = 2048,
	INTERVAL_MAX = 24 * 3600 * 1000, /* ms, of a heartbeat */
};

/* ---- its end ---- */

void
client_queue_drop(struct eio_client *c, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		c->queue_bytes -= eio_packet_cost(c->queue[i]);
		eio_packet_unref(c->queue[i]);
	}
	c->queue_n -= n;
	if (c->queue_n > 0)
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

/* All that is under way ends. */
static void
retire(struct eio_client *c)
{
	c->dead = true;
	client_drop_probe(c);
	if (c->ws != NULL)
		ws_close(c->ws, WS_CODE_NONE);
	c->ws = NULL;
	if (c->get != NULL)
		http_call_cancel(c->get);
	if (c->post != NULL)
		http_call_cancel(c->post);
	c->get = c->post = NULL;
	client_queue_drop(c, c->queue_n);
	uv_close((uv_handle_t *)&c->timer, on_timer_closed);
}

void
client_fail(
    struct eio_client *c, const char *reason, const char *detail, bool trust)
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
	client_fail(t->data, "ping timeout", "", false);
}

/* Everything that comes proves that the server is there. */
static void
alive(struct eio_client *c)
{
	uv_timer_start(&c->timer, on_heartbeat_late, c->patience, 0);
}

void
client_set_lag(struct eio_client *c, uint64_t since)
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
on_open_packet(struct eio_client *c, struct slice json)
{
	if (c->is_open || json_check(json) < 0 || take_sid(c, json) < 0) {
		client_fail(c, "parse error", "not an Engine.IO server", false);
		return;
	}
	c->patience =
	    (uint64_t)(get_int(json, "pingInterval", INTERVAL_MAX, 25000) +
		       get_int(json, "pingTimeout", INTERVAL_MAX, 20000));
	c->max_payload =
	    (size_t)get_int(json, "maxPayload", EIO_CLIENT_QUEUE_MAX, 0);
	c->is_open = true;
	alive(c);
	c->cb->on_open(c->arg);
	if (c->dead)
		return;
	client_measure_lag(c);
	if (c->ws == NULL && c->transports == EIO_TRANSPORTS_UPGRADE &&
	    offers_websocket(json))
		client_start_upgrade(c);
}

static void
send_bare(struct eio_client *c, enum eio_type type, struct slice data)
{
	struct eio_packet *p = eio_packet_copy(type, false, data);

	eio_client_send(c, p);
	eio_packet_unref(p);
}

void
client_packet(struct eio_client *c, const struct eio_view *pk)
{
	if (pk->type == EIO_OPEN) {
		on_open_packet(c, pk->data);
		return;
	}
	if (!c->is_open) {
		client_fail(c, "parse error", "not an Engine.IO server", false);
		return;
	}
	alive(c);
	switch (pk->type) {
	case EIO_PING:
		send_bare(c, EIO_PONG, pk->data);
		client_measure_lag(c);
		break;
	case EIO_CLOSE:
		client_fail(c, "transport close", "", false);
		break;
	case EIO_MESSAGE:
		c->cb->on_message(c->arg, pk->binary, pk->data);
		break;
	default:
		break; /* noop, and what a server has no business sending */
	}
}

/* ---- how it begins ---- */

void
client_target(struct eio_client *c, const char *transport, struct buf *out)
{
	buf_init(out, TARGET_MAX);
	buf_printf(out, "%s?EIO=4&transport=%s", c->path, transport);
	if (c->sid[0] != '\0')
		buf_printf(out, "&sid=%s", c->sid);
}

/* `https://HOST` if the way that is told leads from HTTP in the clear there. */
static struct slice
leads_to_tls(const struct eio_client *c, const struct http_answer *a)
{
	const struct slice scheme = SLICE("https://");
	struct slice to, rest;

	if (c->http->tls != NULL || a->status < 301 || a->status > 308)
		return SLICE("");
	to = http_fields_get(a->fields, "Location");
	if (to.len <= scheme.len || !slice_starts(to, "https://"))
		return SLICE("");
	rest = slice_skip(to, scheme.len);
	to.len = scheme.len + slice_take_until(&rest, '/').len;
	return to;
}

/* A refusal in words: what the server says in its JSON, or the status. */
void
client_refused(struct eio_client *c, const struct http_answer *a)
{
	struct buf detail;
	struct slice raw, secure = leads_to_tls(c, a);

	buf_init(&detail, SIZE_MAX);
	if (a->status == 0)
		buf_puts(&detail, a->problem);
	else if (secure.len > 0)
		buf_printf(&detail, "it speaks TLS: %.*s", SLICE_ARG(secure));
	else if (json_check(buf_view(a->body)) == 0 &&
		 json_get(buf_view(a->body), "message", &raw) &&
		 json_type(raw) == JSON_STRING) {
		buf_puts(&detail, "the server says: ");
		json_unescape(raw, &detail);
	} else {
		buf_printf(
		    &detail, "no Socket.IO there (HTTP status %d)", a->status);
	}
	buf_putc(&detail, '\0');
	client_fail(c, c->is_open ? "transport error" : "connect error",
	    detail.p != NULL ? detail.p : "", a->trust);
	buf_deinit(&detail);
}

static void
on_open_late(uv_timer_t *t)
{
	client_fail(t->data, "timeout", "no answer", false);
}

/* The WebSocket can't be had: polling, for the rest of the time. */
void
client_fall_back(struct eio_client *c)
{
	uv_timer_start(&c->timer, on_open_late,
	    EIO_CLIENT_OPEN_MS - EIO_CLIENT_WEBSOCKET_MS, 0);
	client_poll(c);
}

static void
on_websocket_late(uv_timer_t *t)
{
	struct eio_client *c = t->data;

	client_drop_probe(c);
	if (c->ws != NULL) /* open, and nothing comes */
		ws_abort(c->ws);
	c->ws = NULL;
	client_fall_back(c);
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
		uv_timer_start(
		    &c->timer, on_websocket_late, EIO_CLIENT_WEBSOCKET_MS, 0);
	else
		uv_timer_start(&c->timer, on_open_late, EIO_CLIENT_OPEN_MS, 0);
	if (transports == EIO_TRANSPORTS_AUTO ||
	    transports == EIO_TRANSPORTS_WEBSOCKET)
		client_open_websocket(c);
	else
		client_poll(c);
	return c;
}

void
eio_client_send(struct eio_client *c, struct eio_packet *p)
{
	if (c->dead || !c->is_open)
		return;
	if (c->ws != NULL) {
		client_send_websocket(c, p);
		return;
	}
	if (c->queue_bytes > EIO_CLIENT_QUEUE_MAX) {
		client_fail(c, "queue full", "the server takes nothing", false);
		return;
	}
	if (c->queue_n == c->queue_cap) {
		c->queue_cap = c->queue_cap ? c->queue_cap * 2 : 8;
		c->queue = xrealloc(c->queue, c->queue_cap * sizeof(*c->queue));
	}
	c->queue[c->queue_n++] = eio_packet_ref(p);
	c->queue_bytes += eio_packet_cost(p);
	client_flush(c);
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
