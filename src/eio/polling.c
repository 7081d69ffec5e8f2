#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "eio/session.h"
#include "proto/json.h"

enum {
	PAYLOAD_MAX = INT32_MAX, /* queue_max, with framing and escapes */
	/* Python's client gives up on a payload of more than 16 packets. */
	PAYLOAD_PACKETS_MAX = 16,
	PACKET_COST = 128, /* of a queued packet, beside its bytes */
};

#define NO_STORE "Cache-Control: no-store\r\n"

static size_t
waiting(const struct backlog_queue *q)
{
	const struct polling *pl =
	    container_of(q, const struct polling, backlog);

	return pl->session->state == EIO_STATE_CLOSED ? 0 : pl->queue_bytes;
}

static void
put_out(struct backlog_queue *q)
{
	struct polling *pl = container_of(q, struct polling, backlog);

	log_event(LOG_WARN, "slow-reader",
	    LF_CSTR("addr", eio_peer(pl->session)),
	    LF_CSTR("limit", "queue-all"),
	    LF_INT("waiting", (int64_t)pl->queue_bytes));
	session_fail(pl->session, "queue full");
}

static const struct backlog_ops backlog_ops = { waiting, put_out };

void
polling_open(struct eio_session *s, struct http_req *req, const char *j)
{
	struct polling *pl = xcalloc(1, sizeof(*pl));

	s->polling = pl;
	pl->session = s;
	pl->backlog.ops = &backlog_ops;
	LIST_INSERT_HEAD(&s->server->loop->queues, &pl->backlog, link);
	if (j != NULL) {
		size_t n = 0;

		pl->jsonp = true;
		for (; *j != '\0' && n + 1 < sizeof(pl->callback); j++)
			if (*j >= '0' && *j <= '9')
				pl->callback[n++] = *j;
	}
	pl->get = req;
}

/* ---- the queue ---- */

void
polling_push(struct polling *pl, struct eio_packet *p)
{
	struct loop *loop = pl->session->server->loop;

	if (pl->queue_n == pl->queue_cap) {
		pl->queue_cap = pl->queue_cap ? pl->queue_cap * 2 : 4;
		pl->queue =
		    xrealloc(pl->queue, pl->queue_cap * sizeof(*pl->queue));
	}
	pl->queue[pl->queue_n++] = eio_packet_ref(p);
	pl->queue_bytes += eio_packet_cost(p) + PACKET_COST;
	backlog_add(&loop->out.backlog, &p->counted, eio_packet_cost(p));
	loop_check_backlog(loop);
}

void
polling_drop(struct polling *pl, uint32_t n)
{
	struct loop *loop = pl->session->server->loop;

	for (uint32_t i = 0; i < n; i++) {
		pl->queue_bytes -= eio_packet_cost(pl->queue[i]) + PACKET_COST;
		backlog_drop(&loop->out.backlog, &pl->queue[i]->counted);
		eio_packet_unref(pl->queue[i]);
	}
	pl->queue_n -= n;
	if (pl->queue_n > 0) {
		memmove(
		    pl->queue, pl->queue + n, pl->queue_n * sizeof(*pl->queue));
		return;
	}
	free(pl->queue);
	pl->queue = NULL;
	pl->queue_cap = 0;
}

void
polling_free(struct polling *pl)
{
	if (pl == NULL)
		return;
	polling_drop(pl, pl->queue_n);
	LIST_REMOVE(&pl->backlog, link);
	free(pl);
}

/* ---- GET ---- */

static void
get_gone(struct http_req *req)
{
	struct eio_session *s = req->arg;

	s->polling->get = NULL;
	session_fail(s, "transport error");
}

/* Answers a GET with a payload; body is consumed. */
static void
answer_poll(
    struct eio_session *s, struct http_req *req, struct buf *body, bool binary)
{
	struct rcbuf *b;

	if (s->polling->jsonp) {
		struct buf js;

		buf_init(&js, PAYLOAD_MAX);
		buf_printf(&js, "___eio[%s](", s->polling->callback);
		json_put_string(&js, buf_view(body));
		buf_puts(&js, ");");
		buf_deinit(body);
		*body = js;
	}
	b = rcbuf_copy(body->p, body->len);
	buf_deinit(body);
	http_answer(req, 200,
	    binary ? "Content-Type: application/octet-stream\r\n" NO_STORE
		   : "Content-Type: text/plain; charset=UTF-8\r\n" NO_STORE,
	    &b->counted, (struct slice){ b->data, b->len });
	counted_unref(&b->counted);
}

/* Protocol 3 frames in binary once there is something binary to send. */
static bool
needs_binary(
    const struct eio_session *s, struct eio_packet *const *v, uint32_t n)
{
	if (s->protocol != 3 || s->base64 || s->polling->jsonp)
		return false;
	for (uint32_t i = 0; i < n; i++)
		if (v[i]->binary)
			return true;
	return false;
}

/* Answers the waiting GET with these packets. */
static void
answer(struct eio_session *s, struct eio_packet *const *v, uint32_t n)
{
	struct http_req *req = s->polling->get;
	bool binary = needs_binary(s, v, n);
	struct buf body;

	buf_init(&body, PAYLOAD_MAX);
	if (s->protocol == 4)
		eio4_payload_encode(&body, v, n);
	else
		eio3_payload_encode(&body, v, n, binary);
	s->polling->get = NULL;
	answer_poll(s, req, &body, binary);
}

/* With the oldest of what is queued. */
static void
answer_queue(struct eio_session *s)
{
	struct polling *pl = s->polling;
	uint32_t n = pl->queue_n;

	if (n > PAYLOAD_PACKETS_MAX)
		n = PAYLOAD_PACKETS_MAX;
	answer(s, pl->queue, n);
	polling_drop(pl, n);
}

/* With a packet without data, behind a noop if there is to be one. */
static void
answer_bare(struct eio_session *s, enum eio_type type, bool noop)
{
	struct eio_packet *v[2];

	v[0] = eio_packet_copy(EIO_NOOP, false, SLICE(""));
	v[1] = eio_packet_copy(type, false, SLICE(""));
	answer(s, noop ? v : v + 1, noop ? 2 : 1);
	eio_packet_unref(v[0]);
	eio_packet_unref(v[1]);
}

void
polling_flush(struct eio_session *s)
{
	if (s->polling->get == NULL)
		return;
	if (s->polling->queue_n > 0) {
		answer_queue(s);
		s->late_close = true;
	} else if (s->state == EIO_STATE_CLOSING) {
		/* Alone: clients act on a close before they have looked at
		 * what came with it. Who polls only now gets a noop first, as
		 * from the reference. */
		answer_bare(s, EIO_CLOSE, s->late_close);
		session_destroy(s);
	} else if (s->probed) {
		/* The client waits for its poll to end before it upgrades. */
		answer_bare(s, EIO_NOOP, false);
	}
}

static void
poll_request(struct eio_session *s, struct http_req *req)
{
	if (s->polling->get != NULL) {
		session_fail(s, "transport error"); /* overlap */
		http_answer(req, 400, "", NULL, SLICE(""));
		return;
	}
	s->polling->get = req;
	req->arg = s;
	req->on_gone = get_gone;
	http_forget(req);
	polling_flush(s);
}

/* ---- POST ---- */

static void
post_gone(struct http_req *req)
{
	struct eio_session *s = req->arg;

	s->polling->post = NULL;
	session_fail(s, "transport error");
}

/*
 * JSONP's form: `d=` and the payload, percent-encoded, in which a newline is
 * written `\n` and what was `\n` itself is written `\\n`.
 */
static int
jsonp_body(struct buf *body)
{
	struct buf form;
	size_t i = 0, n = 0;
	int err;

	if (!slice_starts(buf_view(body), "d="))
		return -EINVAL;
	buf_init(&form, body->len + 1);
	err = http_form_decode(slice_skip(buf_view(body), 2), &form);
	while (!err && i < form.len) {
		struct slice rest = slice_skip(buf_view(&form), i);

		if (slice_starts(rest, "\\\\n")) {
			form.p[n++] = '\\';
			form.p[n++] = 'n';
			i += 3;
		} else if (slice_starts(rest, "\\n")) {
			form.p[n++] = '\n';
			i += 2;
		} else {
			form.p[n++] = form.p[i++];
		}
	}
	form.len = n;
	buf_deinit(body);
	*body = form;
	return err;
}

static void
take_payload(struct eio_session *s, struct buf *body, bool binary)
{
	struct eio_payload pl = { .eio = s->protocol, .binary = binary };
	struct eio_view pk;
	int r;

	if (s->polling->jsonp && jsonp_body(body) < 0) {
		session_fail(s, "parse error");
		return;
	}
	pl.p = body->p;
	pl.len = body->len;
	while ((r = eio_payload_next(&pl, &pk)) > 0) {
		if (pk.type == EIO_CLOSE && s->state == EIO_STATE_OPEN)
			polling_end(s, EIO_NOOP);
		session_packet(s, &pk);
		if (s->state != EIO_STATE_OPEN)
			return;
	}
	if (r < 0)
		session_fail(s, "parse error");
}

static bool
is_octets(struct http_req *req)
{
	return slice_is_nocase(http_field(req->parser, "Content-Type"),
	    "application/octet-stream");
}

static void
post_end(struct http_req *req, int err)
{
	struct eio_session *s = req->arg;

	s->polling->post = NULL;
	req->on_gone = NULL;
	if (err) {
		http_answer(req, 413, "", NULL, SLICE("")); /* it goes on */
		return;
	}
	take_payload(s, &req->body, is_octets(req));
	http_answer(req, 200, "Content-Type: text/html\r\n" NO_STORE, NULL,
	    SLICE("ok"));
}

static void
data_request(struct eio_session *s, struct http_req *req)
{
	if (s->polling->post != NULL || (is_octets(req) && s->protocol == 4)) {
		session_fail(s, "transport error");
		http_answer(req, 400, "", NULL, SLICE(""));
		return;
	}
	s->polling->post = req;
	req->arg = s;
	req->body_max = s->server->opt.max_payload;
	req->on_end = post_end;
	req->on_gone = post_gone;
}

void
polling_request(struct eio_session *s, struct http_req *req)
{
	if (slice_is(req->head->method, "GET"))
		poll_request(s, req);
	else if (slice_is(req->head->method, "POST"))
		data_request(s, req);
	else
		http_answer(req, 500, "", NULL, SLICE(""));
}

void
polling_end(struct eio_session *s, enum eio_type last)
{
	struct polling *pl = s->polling;

	if (pl->get != NULL)
		answer_bare(s, last, false);
	if (pl->post != NULL) {
		struct http_req *req = pl->post;

		pl->post = NULL;
		http_abort(req);
	}
}
