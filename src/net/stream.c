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
};

static void
on_handle_closed(uv_handle_t *h)
{
	struct stream *s = container_of(h, struct stream, tcp);

	outq_deinit(&s->out);
	if (s->waiting != NULL)
		outq_deinit(s->waiting);
	free(s->waiting);
	tls_free(s->tls);
	admission_leave(&s->seat);
	LIST_REMOVE(s, link);
	s->loop->streams--;
	free(s);
}

static void
close_handle(struct stream *s)
{
	if (s->closing)
		return;
	s->closing = true;
	timeq_stop(&s->timer);
	loop_cancel(s->loop, &s->flush);
	uv_close((uv_handle_t *)&s->tcp, on_handle_closed);
}

/* Bytes that the system has not taken. */
static size_t
unwritten(struct stream *s)
{
	size_t inside = uv_stream_get_write_queue_size((uv_stream_t *)&s->tcp);
	size_t waiting = s->waiting != NULL ? s->waiting->bytes : 0;

	return waiting + s->out.bytes - s->writing + inside;
}

/* Slow is not dead: as long as something leaves, time starts again. */
static void
linger_expired(struct timeq_entry *e)
{
	struct stream *s = container_of(e, struct stream, timer);
	size_t left = unwritten(s);

	if (left == 0 || left >= s->linger_left) {
		close_handle(s);
		return;
	}
	s->linger_left = left;
	timeq_start(s->linger_queue, &s->timer, linger_expired);
}

static void
start_linger(struct stream *s)
{
	s->finishing = true;
	s->linger_left = unwritten(s);
	timeq_start(s->linger_queue, &s->timer, linger_expired);
}

void
stream_lost(struct stream *s, int err)
{
	bool tell = !s->finishing && !s->closing;

	close_handle(s);
	if (tell)
		s->cb->on_closed(s->arg, err);
}

/* Bytes that the system has ever taken. */
static uint64_t
taken(struct stream *s)
{
	return s->taken + s->writing -
	       uv_stream_get_write_queue_size((uv_stream_t *)&s->tcp);
}

static void
patience_expired(struct timeq_entry *e)
{
	struct stream *s = container_of(e, struct stream, timer);

	if (taken(s) == s->taken_before) {
		log_event(LOG_INFO, "slow-reader",
		    LF_CSTR("addr", stream_peer(s)),
		    LF_CSTR("limit", "read-time"),
		    LF_INT("waiting", (int64_t)stream_queued(s)));
		stream_lost(s, UV_ETIMEDOUT);
		return;
	}
	s->taken_before = taken(s);
	timeq_start(s->patience, &s->timer, patience_expired);
}

/* Something waits for the peer. */
static void
start_patience(struct stream *s)
{
	if (s->patience == NULL || s->finishing || s->timer.queue != NULL)
		return;
	s->taken_before = taken(s);
	timeq_start(s->patience, &s->timer, patience_expired);
}

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
on_read(uv_stream_t *h, ssize_t n, const uv_buf_t *buf)
{
	struct stream *s = container_of(h, struct stream, tcp);

	if (n == UV_EOF)
		stream_peer_ended(s);
	else if (n < 0)
		stream_lost(s, (int)n);
	else if (n > 0 && !s->finishing && s->tls != NULL)
		stream_feed_tls(s, (struct slice){ buf->base, (size_t)n });
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
	if (!s->finishing)
		timeq_stop(&s->timer);
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
		stream_lost(s, status);
		return;
	}
	outq_written(&s->out, s->writing);
	s->taken += s->writing;
	s->writing = 0;
	stream_flush(s);
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
		stream_lost(s, err);
	else
		start_patience(s);
}

void
stream_flush(struct stream *s)
{
	while (s->writing == 0 && !s->closing &&
	       (s->out.n > 0 || stream_encrypt(s))) {
		uv_buf_t bufs[GATHER_MAX];
		unsigned n = outq_gather(&s->out, bufs, GATHER_MAX);
		int r = uv_try_write((uv_stream_t *)&s->tcp, bufs, n);

		if (r < 0 && r != UV_EAGAIN) {
			stream_lost(s, r);
			return;
		}
		if (r > 0) {
			outq_written(&s->out, (size_t)r);
			s->taken += (uint64_t)r;
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

static struct stream *
stream_new(struct loop *loop, struct timeq *linger)
{
	struct stream *s = xcalloc(1, sizeof(*s));

	s->loop = loop;
	s->linger_queue = linger;
	s->flush.run = run_flush;
	outq_init(&s->out, &loop->backlog);
	LIST_INSERT_HEAD(&loop->all_streams, s, link);
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
    const struct admission_seat *seat)
{
	struct stream *s = stream_new(loop, linger);

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

/* The one for whom most waits. */
static struct stream *
slowest(struct loop *loop)
{
	struct stream *s, *found = NULL;

	LIST_FOREACH (s, &loop->all_streams, link)
		if (!s->closing && stream_queued(s) > 0 &&
		    (found == NULL || stream_queued(s) > stream_queued(found)))
			found = s;
	return found;
}

/*
 * Too much waits in all. What is shared is not freed with the first of those
 * that it waits for: then this is not the last time.
 */
static void
run_evict(struct loop_task *t)
{
	struct loop *loop = container_of(t, struct loop, evict);
	struct backlog *b = &loop->backlog;
	uint64_t excess = backlog_is_full(b) ? b->bytes - b->max : 0, freed = 0;
	struct stream *s;

	/* Only behind all writing of this turn. */
	loop->evicts = !loop->evicts;
	if (loop->evicts) {
		loop_defer(loop, t);
		return;
	}
	while (freed < excess && (s = slowest(loop)) != NULL) {
		freed += stream_queued(s);
		log_event(LOG_WARN, "slow-reader",
		    LF_CSTR("addr", stream_peer(s)),
		    LF_CSTR("limit", "queue-all"),
		    LF_INT("waiting", (int64_t)stream_queued(s)));
		stream_lost(s, UV_ENOBUFS);
	}
}

void
stream_push(struct stream *s, struct counted *owner, struct slice bytes)
{
	if (s->finishing || s->closing)
		return;
	outq_push(s->tls != NULL ? s->waiting : &s->out, owner, bytes);
	loop_defer(s->loop, &s->flush);
	if (backlog_is_full(&s->loop->backlog)) {
		s->loop->evict.run = run_evict;
		loop_defer(s->loop, &s->loop->evict);
	}
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

	address_text(peer, s->peer);
	if (a == NULL)
		return true;
	admission_leave(&s->seat);
	return admission_enter(a, peer, loop_now(s->loop), &s->seat) ==
	       ADMITTED;
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
