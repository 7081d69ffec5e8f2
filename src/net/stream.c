#include "config.h"

#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "net/stream_internal.h"

enum {
	GATHER_MAX = 256, /* pieces in one write */
	/* What the system may take before the network does: it would take
	 * megabytes for one who does not read, and time to copy them. */
	UNSENT_MAX = 32768,
	/* Read from one that finishes, to nobody: closing with unread bytes
	 * could take our last words with it. */
	DISCARD_MAX = 16 << 20,
};

/* ---- closing ---- */

static void
on_handle_closed(uv_handle_t *h)
{
	struct stream *s = container_of(h, struct stream, tcp);

	free(s->waiting);
	tls_free(s->tls);
	free(s->slow);
	admission_leave(&s->seat);
	LIST_REMOVE(&s->queue, link);
	s->loop->streams--;
	free(s);
}

static void
close_handle(struct stream *s)
{
	if (s->closing)
		return;
	s->closing = true;
	if (s->slow != NULL)
		timeq_stop(&s->slow->timer);
	loop_cancel(s->loop, &s->flush);
	/* At once: what waits for one who is gone must not count. libuv does
	 * not look at it any more. */
	outq_deinit(&s->out, &s->loop->out);
	if (s->waiting != NULL)
		outq_deinit(s->waiting, &s->loop->out);
	uv_close((uv_handle_t *)&s->tcp, on_handle_closed);
}

void
stream_lost(struct stream *s, int err)
{
	bool tell = !s->finishing && !s->closing;

	close_handle(s);
	if (tell)
		s->cb->on_closed(s->arg, err);
}

/* ---- slow peers ---- */

static void
be_slow(struct stream *s)
{
	if (s->slow != NULL)
		return;
	s->slow = xcalloc(1, sizeof(*s->slow));
	s->slow->stream = s;
}

static size_t
writing(const struct stream *s)
{
	return s->slow != NULL ? s->slow->writing : 0;
}

/* Bytes that the system has not taken. */
static size_t
unwritten(struct stream *s)
{
	size_t inside = uv_stream_get_write_queue_size((uv_stream_t *)&s->tcp);
	size_t waiting = s->waiting != NULL ? s->waiting->bytes : 0;

	return waiting + s->out.bytes - writing(s) + inside;
}

/* Slow is not dead: as long as something leaves, time starts again. */
static void
linger_expired(struct timeq_entry *e)
{
	struct stream_slow *slow = container_of(e, struct stream_slow, timer);
	struct stream *s = slow->stream;
	size_t left = unwritten(s);

	if (left == 0 || left >= slow->before) {
		close_handle(s);
		return;
	}
	slow->before = left;
	timeq_start(s->linger_queue, e, linger_expired);
}

static void
start_linger(struct stream *s)
{
	be_slow(s);
	s->finishing = true;
	s->slow->before = unwritten(s);
	timeq_start(s->linger_queue, &s->slow->timer, linger_expired);
}

/* Bytes that the system has taken since it is slow. */
static uint64_t
taken(struct stream *s)
{
	return s->slow->taken + s->slow->writing -
	       uv_stream_get_write_queue_size((uv_stream_t *)&s->tcp);
}

static void
patience_expired(struct timeq_entry *e)
{
	struct stream_slow *slow = container_of(e, struct stream_slow, timer);
	struct stream *s = slow->stream;

	if (taken(s) == slow->before) {
		log_event(LOG_INFO, "slow-reader",
		    LF_CSTR("addr", stream_peer(s)),
		    LF_CSTR("limit", "read-time"),
		    LF_INT("waiting", (int64_t)stream_queued(s)));
		stream_lost(s, UV_ETIMEDOUT);
		return;
	}
	slow->before = taken(s);
	timeq_start(s->patience, e, patience_expired);
}

/* Something waits for the peer. */
static void
start_patience(struct stream *s)
{
	struct stream_slow *slow = s->slow;

	if (s->patience == NULL || s->finishing || slow->timer.queue != NULL)
		return;
	slow->before = taken(s);
	timeq_start(s->patience, &slow->timer, patience_expired);
}

static void
be_quick(struct stream *s)
{
	if (s->slow == NULL)
		return;
	timeq_stop(&s->slow->timer);
	free(s->slow);
	s->slow = NULL;
}

/* ---- reading ---- */

void
stream_peer_ended(struct stream *s)
{
	bool output = s->out.n > 0 || (s->secure && s->waiting->n > 0);

	s->eof = true;
	if (!output || s->finishing) {
		if (!output)
			stream_lost(s, 0);
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

static void
discard(struct stream *s, size_t len)
{
	s->slow->discarded += len;
	if (s->slow->discarded > DISCARD_MAX)
		close_handle(s);
}

static void
on_read(uv_stream_t *h, ssize_t n, const uv_buf_t *buf)
{
	struct stream *s = container_of(h, struct stream, tcp);

	if (n == UV_EOF)
		stream_peer_ended(s);
	else if (n < 0)
		stream_lost(s, (int)n);
	else if (n > 0 && s->finishing)
		discard(s, (size_t)n);
	else if (n > 0 && s->tls != NULL)
		stream_feed_tls(s, (struct slice){ buf->base, (size_t)n });
	else if (n > 0)
		s->cb->on_data(s->arg, buf->base, (size_t)n);
}

/* ---- writing ---- */

static void
on_shutdown(uv_shutdown_t *req, int status)
{
	struct stream_slow *slow =
	    container_of(req, struct stream_slow, shutdown);

	if (status < 0 || slow->stream->eof)
		close_handle(slow->stream);
}

/* Everything queued has been taken by the system. */
static void
drained(struct stream *s)
{
	if (!s->finishing) {
		be_quick(s);
		if (s->cb->on_drained != NULL)
			s->cb->on_drained(s->arg);
	} else if (!s->shut) {
		s->shut = true;
		if (uv_shutdown(&s->slow->shutdown, (uv_stream_t *)&s->tcp,
			on_shutdown) < 0)
			close_handle(s);
	}
}

static void
on_written(uv_write_t *req, int status)
{
	struct stream_slow *slow = container_of(req, struct stream_slow, write);
	struct stream *s = slow->stream;

	if (s->closing)
		return;
	if (status < 0) {
		stream_lost(s, status);
		return;
	}
	outq_written(&s->out, &s->loop->out, slow->writing);
	slow->taken += slow->writing;
	slow->writing = 0;
	stream_flush(s);
}

/* Hands what the socket would not take to libuv. */
static void
write_rest(struct stream *s)
{
	uv_buf_t bufs[GATHER_MAX];
	unsigned i, n = outq_gather(&s->out, bufs, GATHER_MAX);
	int err;

	be_slow(s);
	for (i = 0; i < n; i++)
		s->slow->writing += bufs[i].len;
	err = uv_write(
	    &s->slow->write, (uv_stream_t *)&s->tcp, bufs, n, on_written);
	if (err)
		stream_lost(s, err);
	else
		start_patience(s);
}

void
stream_flush(struct stream *s)
{
	while (writing(s) == 0 && !s->closing &&
	       (s->out.n > 0 || stream_encrypt(s))) {
		uv_buf_t bufs[GATHER_MAX];
		unsigned n = outq_gather(&s->out, bufs, GATHER_MAX);
		int r = uv_try_write((uv_stream_t *)&s->tcp, bufs, n);

		if (r < 0 && r != UV_EAGAIN) {
			stream_lost(s, r);
			return;
		}
		if (r > 0) {
			outq_written(&s->out, &s->loop->out, (size_t)r);
			if (s->slow != NULL)
				s->slow->taken += (uint64_t)r;
		} else {
			write_rest(s);
		}
	}
	if (s->out.n == 0 && !s->closing)
		drained(s);
}

static void
run_flush(struct loop_task *t)
{
	stream_flush(container_of(t, struct stream, flush));
}

static size_t
waiting(const struct backlog_queue *q)
{
	return stream_queued(container_of(q, const struct stream, queue));
}

static void
put_out(struct backlog_queue *q)
{
	struct stream *s = container_of(q, struct stream, queue);

	log_event(LOG_WARN, "slow-reader", LF_CSTR("addr", stream_peer(s)),
	    LF_CSTR("limit", "queue-all"),
	    LF_INT("waiting", (int64_t)stream_queued(s)));
	stream_lost(s, UV_ENOBUFS);
}

static const struct backlog_ops queue_ops = { waiting, put_out };

static struct stream *
stream_new(struct loop *loop, struct timeq *linger)
{
	struct stream *s = xcalloc(1, sizeof(*s));

	s->loop = loop;
	s->linger_queue = linger;
	s->flush.run = run_flush;
	outq_init(&s->out);
	s->queue.ops = &queue_ops;
	LIST_INSERT_HEAD(&loop->queues, &s->queue, link);
	uv_tcp_init(&loop->uv, &s->tcp);
	loop->streams++;
	return s;
}

static void
set_options(struct stream *s)
{
#ifdef TCP_NOTSENT_LOWAT
	int unsent = UNSENT_MAX, fd;

	if (uv_fileno((uv_handle_t *)&s->tcp, &fd) == 0)
		setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent,
		    sizeof(unsent));
#endif
	uv_tcp_nodelay(&s->tcp, 1);
}

struct stream *
stream_accept(struct loop *loop, int fd, struct timeq *linger,
    const struct address *peer, const struct admission_seat *seat)
{
	struct stream *s = stream_new(loop, linger);

	s->peer = *peer;
	s->seat = *seat;
	if (uv_tcp_open(&s->tcp, fd) < 0) {
		close(fd);
		close_handle(s);
		return NULL;
	}
	set_options(s);
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
			set_options(s);
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
stream_set_patience(struct stream *s, struct timeq *q)
{
	s->patience = q;
}

void
stream_set_cb(struct stream *s, const struct stream_cb *cb, void *arg)
{
	s->cb = cb;
	s->arg = arg;
}

void
stream_feed(struct stream *s, char *data, size_t len)
{
	if (len > 0 && !s->finishing && !s->closing)
		s->cb->on_data(s->arg, data, len);
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
	outq_push(
	    s->tls != NULL ? s->waiting : &s->out, &s->loop->out, owner, bytes);
	loop_defer(s->loop, &s->flush);
	loop_check_backlog(s->loop);
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
	return outq_cost(&s->out) +
	       (s->waiting != NULL ? outq_cost(s->waiting) : 0);
}

void
stream_finish(struct stream *s)
{
	if (s->finishing || s->closing)
		return;
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

bool
stream_set_peer(struct stream *s, const struct address *peer)
{
	struct admission *a = s->seat.admission;

	s->peer = *peer;
	if (a == NULL)
		return true;
	admission_leave(&s->seat);
	return admission_enter(a, peer, loop_now(s->loop), &s->seat) ==
	       ADMITTED;
}

const char *
stream_peer(struct stream *s)
{
	static const struct address none;
	struct sockaddr_storage ss = { .ss_family = AF_UNSPEC };
	int len = sizeof(ss);

	if (memcmp(&s->peer, &none, sizeof(none)) == 0 &&
	    uv_tcp_getpeername(&s->tcp, (struct sockaddr *)&ss, &len) == 0)
		s->peer = address_of((struct sockaddr *)&ss);
	return loop_address(s->loop, &s->peer);
}
