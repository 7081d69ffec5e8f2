#include "config.h"

#include "eio/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/mem.h"

enum {
	VOLATILE_MARK = 65536, /* bytes queued from which volatiles drop */
	BURST_FACTOR = 4,      /* queue_max may be passed by a burst */
};

static void
heartbeat_expired(struct timeq_entry *e);

static void
set_state(struct eio_session *s, enum eio_state state)
{
	s->state = (uint8_t)state;
}

/* What is held for a slow reader, in bytes of memory. */
static size_t
waiting(const struct eio_session *s)
{
	if (s->ws != NULL)
		return ws_queued(s->ws);
	return s->polling != NULL ? s->polling->queue_bytes : 0;
}

static void
overflow(struct eio_session *s)
{
	s->overflow = true;
	session_fail(s, "queue full");
}

/* ---- what passes ---- */

/* The system takes little at once, and one who reads has had time for it. */
static void
passing_expired(struct timeq_entry *e)
{
	struct eio_session *s = container_of(e, struct passing, time)->session;

	if (s->passing->probe != NULL) {
		websocket_drop_probe(s);
		return;
	}
	session_stop_passing(s);
	if (waiting(s) > s->server->opt.queue_max)
		overflow(s);
}

void
session_start_passing(struct eio_session *s, struct ws_conn *probe)
{
	struct passing *pa = xcalloc(1, sizeof(*pa));

	s->passing = pa;
	pa->session = s;
	pa->probe = probe;
	timeq_start(probe != NULL ? s->server->upgrade : s->server->burst,
	    &pa->time, passing_expired);
}

void
session_stop_passing(struct eio_session *s)
{
	if (s->passing == NULL)
		return;
	timeq_stop(&s->passing->time);
	free(s->passing);
	s->passing = NULL;
}

/* The end of the turn. */
static void
run_task(struct loop_task *t)
{
	struct eio_session *s = container_of(t, struct eio_session, task);

	if (s->state == EIO_STATE_CLOSED) {
		polling_free(s->polling);
		free(s->credentials);
		free(s);
		return;
	}
	if (s->polling != NULL)
		polling_flush(s);
	if (s->state == EIO_STATE_CLOSED)
		return;
	if (s->overflow ||
	    (s->ws == NULL && waiting(s) > s->server->opt.queue_max))
		overflow(s);
	else if (waiting(s) > s->server->opt.queue_max && s->passing == NULL)
		session_start_passing(s, NULL);
}

struct eio_session *
session_new(struct eio_server *srv, int protocol, bool base64, const char *peer)
{
	struct eio_session *s = xcalloc(1, sizeof(*s));
	unsigned char raw[EIO_SID_LEN / 4 * 3];

	s->server = srv;
	s->protocol = (uint8_t)protocol;
	s->base64 = base64;
	s->task.run = run_task;
	random_bytes(raw, sizeof(raw));
	base64url_encode(s->sid, raw, sizeof(raw));
	address_parse(slice_of(peer), &s->peer);
	table_add(&srv->sessions, &s->node, hash_bytes(s->sid, EIO_SID_LEN));
	return s;
}

struct eio_session *
session_find(const struct eio_server *srv, struct slice sid)
{
	const uint32_t hash = hash_bytes(sid.p, sid.len);
	struct table_node *n = NULL;

	while ((n = table_find(&srv->sessions, hash, n)) != NULL) {
		struct eio_session *s =
		    container_of(n, struct eio_session, node);

		if (slice_is(sid, s->sid))
			return s;
	}
	return NULL;
}

char *
session_credentials(const struct http_req *req)
{
	struct slice value = http_field(req->parser, "Authorization");

	return value.len > 0 && value.len <= EIO_CREDENTIALS_MAX
		   ? xstrndup(value.p, value.len)
		   : NULL;
}

static void
enqueue(struct eio_session *s, struct eio_packet *p)
{
	if (s->ws != NULL)
		websocket_send(s, p);
	else
		polling_push(s->polling, p);
	/* Judged behind the writing of this turn: a burst is no slow reader,
	 * within reason. */
	if (s->ws == NULL || waiting(s) > s->server->opt.queue_max)
		loop_defer(s->server->loop, &s->task);
	if (waiting(s) > s->server->opt.queue_max * BURST_FACTOR)
		s->overflow = true;
}

static void
send_bare(struct eio_session *s, enum eio_type type, struct slice data)
{
	struct eio_packet *p = eio_packet_copy(type, false, data);

	enqueue(s, p);
	eio_packet_unref(p);
}

static void
start_heartbeat(struct eio_session *s)
{
	struct eio_server *srv = s->server;

	/* Protocol 4: we ping. Protocol 3: the client does. */
	timeq_start(s->protocol == 4 ? srv->ping_interval : srv->ping_v3,
	    &s->heartbeat, heartbeat_expired);
}

static void
heartbeat_expired(struct timeq_entry *e)
{
	struct eio_session *s = container_of(e, struct eio_session, heartbeat);
	struct eio_server *srv = s->server;
	/* The time for the pong runs from when the ping was due; but if we
	 * have been asleep, that is no fault of the client's. */
	uint64_t now = loop_now(srv->loop), late = now - e->deadline;

	if (s->state == EIO_STATE_CLOSING) {
		session_destroy(s); /* its close was never fetched */
	} else if (s->protocol == 4 && !s->ping_sent) {
		s->ping_sent = true;
		s->ping_extended = false;
		send_bare(s, EIO_PING, SLICE(""));
		timeq_start_from(srv->ping_timeout, &s->heartbeat,
		    late < srv->opt.ping_timeout / 2 ? e->deadline : now,
		    heartbeat_expired);
	} else {
		session_fail(s, "ping timeout");
	}
}

void
session_open(struct eio_session *s)
{
	const struct eio_options *opt = &s->server->opt;
	char json[200];
	int n = snprintf(json, sizeof(json),
	    "{\"sid\":\"%s\",\"upgrades\":[%s],\"pingInterval\":%u,"
	    "\"pingTimeout\":%u,\"maxPayload\":%zu}",
	    s->sid, s->ws == NULL ? "\"websocket\"" : "", opt->ping_interval,
	    opt->ping_timeout, opt->max_payload);

	set_state(s, EIO_STATE_OPEN);
	send_bare(s, EIO_OPEN, (struct slice){ json, (size_t)n });
	if (s->polling != NULL)
		polling_flush(s); /* `open` travels alone */
	start_heartbeat(s);
	s->server->cb->on_open(s->server->arg, s);
}

static void
on_ping(struct eio_session *s)
{
	if (s->protocol == 4) {
		session_fail(s, "transport error"); /* wrong direction */
		return;
	}
	send_bare(s, EIO_PONG, SLICE(""));
	start_heartbeat(s);
}

static void
on_pong(struct eio_session *s)
{
	if (s->protocol == 3) {
		session_fail(s, "transport error");
		return;
	}
	/* An unsolicited one is ignored. */
	if (s->ping_sent) {
		s->ping_sent = false;
		start_heartbeat(s);
	}
}

void
session_packet(struct eio_session *s, const struct eio_view *pk)
{
	if (s->state != EIO_STATE_OPEN)
		return;
	/* Other traffic proves life once: a long upload may delay the pong. */
	if (s->ping_sent && !s->ping_extended && pk->type != EIO_PONG) {
		s->ping_extended = true;
		timeq_start(
		    s->server->ping_timeout, &s->heartbeat, heartbeat_expired);
	}
	switch (pk->type) {
	case EIO_PING:
		on_ping(s);
		break;
	case EIO_PONG:
		on_pong(s);
		break;
	case EIO_CLOSE:
		session_fail(s, "transport close");
		break;
	case EIO_MESSAGE:
		s->server->cb->on_message(s, pk->binary, pk->data);
		break;
	default:
		break; /* stray open, upgrade, noop: ignored */
	}
}

void
session_destroy(struct eio_session *s)
{
	if (s->state == EIO_STATE_CLOSED)
		return;
	set_state(s, EIO_STATE_CLOSED);
	timeq_stop(&s->heartbeat);
	websocket_drop_probe(s);
	session_stop_passing(s);
	if (s->polling != NULL) {
		polling_end(s, EIO_CLOSE);
		polling_drop(s->polling, s->polling->queue_n);
	}
	table_remove(&s->server->sessions, &s->node);
	loop_defer(s->server->loop, &s->task);
}

void
session_fail(struct eio_session *s, const char *reason)
{
	if (s->state == EIO_STATE_CLOSED)
		return;
	if (s->ws != NULL && s->overflow)
		ws_abort(s->ws);
	else if (s->ws != NULL)
		ws_close(s->ws, WS_CODE_NONE);
	s->ws = NULL;
	session_destroy(s);
	if (!s->detached)
		s->server->cb->on_closed(s, reason);
}

void
eio_send(struct eio_session *s, struct eio_packet *p)
{
	if (s->state == EIO_STATE_OPEN && !s->overflow)
		enqueue(s, p);
}

bool
eio_writable(const struct eio_session *s)
{
	if (s->state != EIO_STATE_OPEN)
		return false;
	return waiting(s) < VOLATILE_MARK;
}

void
eio_close(struct eio_session *s)
{
	if (s->detached)
		return;
	s->detached = true;
	if (s->state != EIO_STATE_OPEN)
		return;
	if (s->ws != NULL) {
		session_fail(s, "forced close");
		return;
	}
	set_state(s, EIO_STATE_CLOSING);
	s->late_close = s->polling->get == NULL;
	timeq_start(s->server->close, &s->heartbeat, heartbeat_expired);
	loop_defer(s->server->loop, &s->task);
}

const char *
eio_sid(const struct eio_session *s)
{
	return s->sid;
}

int
eio_protocol(const struct eio_session *s)
{
	return s->protocol;
}

const char *
eio_transport(const struct eio_session *s)
{
	return s->upgraded || s->polling == NULL ? "websocket" : "polling";
}

const char *
eio_peer(const struct eio_session *s)
{
	return loop_address(s->server->loop, &s->peer);
}

void
eio_set_user(struct eio_session *s, void *user)
{
	s->user = user;
}

void *
eio_user(const struct eio_session *s)
{
	return s->user;
}

const char *
eio_credentials(const struct eio_session *s)
{
	return s->credentials != NULL ? s->credentials : "";
}

size_t
eio_queued(const struct eio_session *s)
{
	return waiting(s);
}
