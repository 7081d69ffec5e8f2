#include "config.h"

#include "net/stream.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "net/outq.h"

enum { GATHER_MAX = 256 }; /* pieces in one write */

struct stream {
	uv_tcp_t tcp;
	struct loop *loop;
	const struct stream_cb *cb;
	void *arg;
	struct outq out;
	struct loop_task flush;
	uv_write_t write; /* for what the socket did not take */
	size_t writing;   /* bytes in it */
	struct timeq *linger_queue;
	struct timeq_entry linger;
	size_t linger_left; /* unwritten when its time began */
	uv_shutdown_t shutdown;
	bool finishing; /* no more upcalls, output still leaves */
	bool shut;      /* our side has ended */
	bool eof;       /* the peer's side has */
	bool closing;
	bool secure; /* the handshake of tls is done */
	struct tls *tls;
	char peer[INET6_ADDRSTRLEN];
};

static void
flush(struct stream *s);

static void
on_handle_closed(uv_handle_t *h)
{
	struct stream *s = container_of(h, struct stream, tcp);

	outq_deinit(&s->out);
	tls_free(s->tls);
	s->loop->streams--;
	free(s);
}

static void
close_handle(struct stream *s)
{
	if (s->closing)
		return;
	s->closing = true;
	timeq_stop(&s->linger);
	loop_cancel(s->loop, &s->flush);
	uv_close((uv_handle_t *)&s->tcp, on_handle_closed);
}

/* Bytes that the system has not taken. */
static size_t
unwritten(struct stream *s)
{
	size_t inside = uv_stream_get_write_queue_size((uv_stream_t *)&s->tcp);

	return s->out.bytes - s->writing + inside;
}

/* Slow is not dead: as long as something leaves, time starts again. */
static void
linger_expired(struct timeq_entry *e)
{
	struct stream *s = container_of(e, struct stream, linger);
	size_t left = unwritten(s);

	if (left == 0 || left >= s->linger_left) {
		close_handle(s);
		return;
	}
	s->linger_left = left;
	timeq_start(s->linger_queue, &s->linger, linger_expired);
}

static void
start_linger(struct stream *s)
{
	s->finishing = true;
	s->linger_left = unwritten(s);
	timeq_start(s->linger_queue, &s->linger, linger_expired);
}

/* The connection is lost, or at its end: the owner's last upcall. */
static void
lost(struct stream *s, int err)
{
	bool tell = !s->finishing && !s->closing;

	close_handle(s);
	if (tell)
		s->cb->on_closed(s->arg, err);
}

/* The peer sends no more, but it may still read what is queued for it. */
static void
peer_ended(struct stream *s)
{
	s->eof = true;
	if (s->out.n == 0 || s->finishing) {
		if (s->out.n == 0)
			lost(s, 0);
		return;
	}
	start_linger(s);
	s->cb->on_closed(s->arg, 0);
}

static void
on_alloc(uv_handle_t *h, size_t suggested, uv_buf_t *buf)
{
	struct stream *s = container_of(h, struct stream, tcp);

	(void)suggested;
	buf->base = s->loop->read_buf;
	buf->len = LOOP_READ_SIZE;
}

/* Queues what TLS has for the wire. */
static void
push_tls(struct stream *s)
{
	struct buf wire;

	buf_init(&wire, SIZE_MAX);
	tls_take(s->tls, &wire);
	if (wire.len > 0) {
		struct rcbuf *b = rcbuf_copy(wire.p, wire.len);

		outq_push(
		    &s->out, &b->counted, (struct slice){ b->data, b->len });
		counted_unref(&b->counted);
		loop_defer(s->loop, &s->flush);
	}
	buf_deinit(&wire);
}

static bool
shake_hands(struct stream *s)
{
	int r = tls_handshake(s->tls);

	push_tls(s);
	if (r < 0) {
		flush(s); /* the alert */
		lost(s, UV_EPROTO);
	} else if (r > 0) {
		s->secure = true;
		s->cb->on_secure(s->arg);
	}
	return r > 0;
}

/* The read buffer's bytes are taken at once, so it holds the plain ones. */
static void
feed_tls(struct stream *s, const char *data, size_t len)
{
	ssize_t n;

	tls_feed(s->tls, data, len);
	if (!s->secure && !shake_hands(s))
		return;
	while (!s->finishing && !s->closing &&
	       (n = tls_read(s->tls, s->loop->read_buf, LOOP_READ_SIZE)) != 0) {
		if (n < 0) {
			peer_ended(s);
			return;
		}
		s->cb->on_data(s->arg, s->loop->read_buf, (size_t)n);
	}
	if (!s->closing)
		push_tls(s);
}

static void
on_read(uv_stream_t *h, ssize_t n, const uv_buf_t *buf)
{
	struct stream *s = container_of(h, struct stream, tcp);

	if (n == UV_EOF)
		peer_ended(s);
	else if (n < 0)
		lost(s, (int)n);
	else if (n > 0 && !s->finishing && s->tls != NULL)
		feed_tls(s, buf->base, (size_t)n);
	else if (n > 0 && !s->finishing)
		s->cb->on_data(s->arg, buf->base, (size_t)n);
}

static void
on_shutdown(uv_shutdown_t *req, int status)
{
	struct stream *s = container_of(req, struct stream, shutdown);

	if (status < 0 || s->eof)
		close_handle(s);
}

/* Everything queued has been taken by the system. */
static void
drained(struct stream *s)
{
	if (s->finishing && !s->shut) {
		s->shut = true;
		if (uv_shutdown(
			&s->shutdown, (uv_stream_t *)&s->tcp, on_shutdown) < 0)
			close_handle(s);
	} else if (!s->finishing && s->cb->on_drained != NULL) {
		s->cb->on_drained(s->arg);
	}
}

static void
on_written(uv_write_t *req, int status)
{
	struct stream *s = container_of(req, struct stream, write);

	if (s->closing)
		return;
	if (status < 0) {
		lost(s, status);
		return;
	}
	outq_written(&s->out, s->writing);
	s->writing = 0;
	flush(s);
}

/* Hands what the socket would not take to libuv. */
static void
write_rest(struct stream *s)
{
	uv_buf_t bufs[GATHER_MAX];
	unsigned i, n = outq_gather(&s->out, bufs, GATHER_MAX);
	int err;

	for (i = 0; i < n; i++)
		s->writing += bufs[i].len;
	err = uv_write(&s->write, (uv_stream_t *)&s->tcp, bufs, n, on_written);
	if (err)
		lost(s, err);
}

static void
flush(struct stream *s)
{
	while (s->out.n > 0 && s->writing == 0 && !s->closing) {
		uv_buf_t bufs[GATHER_MAX];
		unsigned n = outq_gather(&s->out, bufs, GATHER_MAX);
		int r = uv_try_write((uv_stream_t *)&s->tcp, bufs, n);

		if (r < 0 && r != UV_EAGAIN) {
			lost(s, r);
			return;
		}
		if (r > 0)
			outq_written(&s->out, (size_t)r);
		else
			write_rest(s);
	}
	if (s->out.n == 0 && !s->closing)
		drained(s);
}

static void
run_flush(struct loop_task *t)
{
	flush(container_of(t, struct stream, flush));
}

static struct stream *
stream_new(struct loop *loop, struct timeq *linger)
{
	struct stream *s = xcalloc(1, sizeof(*s));

	s->loop = loop;
	s->linger_queue = linger;
	s->flush.run = run_flush;
	outq_init(&s->out);
	uv_tcp_init(&loop->uv, &s->tcp);
	loop->streams++;
	return s;
}

struct stream *
stream_accept(struct loop *loop, uv_stream_t *listening, struct timeq *linger)
{
	struct stream *s = stream_new(loop, linger);

	if (uv_accept(listening, (uv_stream_t *)&s->tcp) < 0) {
		close_handle(s);
		return NULL;
	}
	uv_tcp_nodelay(&s->tcp, 1);
	return s;
}

/* A connection on its way. */
struct connecting {
	uv_connect_t req;
	struct stream *s;
	void (*cb)(void *arg, int err);
	void *arg;
};

static void
on_connected(uv_connect_t *req, int status)
{
	struct connecting *c = container_of(req, struct connecting, req);
	struct stream *s = c->s;

	/* If it was given up, the stream is there until it is closed. */
	if (!s->closing) {
		if (status < 0)
			close_handle(s);
		else
			uv_tcp_nodelay(&s->tcp, 1);
		c->cb(c->arg, status);
	}
	free(c);
}

struct stream *
stream_connect(struct loop *loop, const struct sockaddr *addr,
    struct timeq *linger, void (*cb)(void *arg, int err), void *arg, int *err)
{
	struct stream *s = stream_new(loop, linger);
	struct connecting *c = xcalloc(1, sizeof(*c));

	c->s = s;
	c->cb = cb;
	c->arg = arg;
	*err = uv_tcp_connect(&c->req, &s->tcp, addr, on_connected);
	if (*err) {
		free(c);
		close_handle(s);
		return NULL;
	}
	return s;
}

void
stream_start_tls(struct stream *s, struct tls *t)
{
	s->tls = t;
	tls_handshake(t);
	push_tls(s);
}

const char *
stream_tls_problem(struct stream *s)
{
	return s->tls != NULL ? tls_problem(s->tls) : "";
}

void
stream_set_cb(struct stream *s, const struct stream_cb *cb, void *arg)
{
	s->cb = cb;
	s->arg = arg;
}

void
stream_read(struct stream *s, bool on)
{
	if (s->closing)
		return;
	if (on)
		uv_read_start((uv_stream_t *)&s->tcp, on_alloc, on_read);
	else
		uv_read_stop((uv_stream_t *)&s->tcp);
}

void
stream_push(struct stream *s, struct counted *owner, struct slice bytes)
{
	if (s->finishing || s->closing)
		return;
	if (s->tls != NULL) {
		tls_write(s->tls, bytes);
		push_tls(s);
		return;
	}
	outq_push(&s->out, owner, bytes);
	loop_defer(s->loop, &s->flush);
}

void
stream_push_copy(struct stream *s, struct slice bytes)
{
	struct rcbuf *b = rcbuf_copy(bytes.p, bytes.len);

	stream_push(s, &b->counted, (struct slice){ b->data, b->len });
	counted_unref(&b->counted);
}

size_t
stream_queued(const struct stream *s)
{
	return outq_cost(&s->out);
}

void
stream_finish(struct stream *s)
{
	if (s->finishing || s->closing)
		return;
	if (s->tls != NULL) {
		tls_shutdown(s->tls);
		push_tls(s);
	}
	start_linger(s);
	stream_read(s, true);
	loop_defer(s->loop, &s->flush);
}

void
stream_abort(struct stream *s)
{
	s->finishing = true;
	close_handle(s);
}

const char *
stream_peer(struct stream *s)
{
	struct sockaddr_storage ss;
	int len = sizeof(ss);

	if (s->peer[0] != '\0')
		return s->peer;
	memset(&ss, 0, sizeof(ss));
	uv_tcp_getpeername(&s->tcp, (struct sockaddr *)&ss, &len);
	if (ss.ss_family == AF_INET) {
		uv_ip4_name(
		    (struct sockaddr_in *)&ss, s->peer, sizeof(s->peer));
	} else if (ss.ss_family == AF_INET6) {
		uv_ip6_name(
		    (struct sockaddr_in6 *)&ss, s->peer, sizeof(s->peer));
		if (strncmp(s->peer, "::ffff:", 7) == 0 &&
		    strchr(s->peer, '.') != NULL)
			memmove(s->peer, s->peer + 7, strlen(s->peer + 7) + 1);
	} else {
		s->peer[0] = '?';
	}
	return s->peer;
}
