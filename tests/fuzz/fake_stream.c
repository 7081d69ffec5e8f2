#include "config.h"

#include "fake_stream.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "fuzz.h"
#include "net/outq.h"

void (*fake_stream_on_written)(struct slice bytes);

struct stream {
	struct stream **slot;
	uv_timer_t handle; /* closes as a socket's does */
	struct loop *loop;
	const struct stream_cb *cb;
	void *arg;
	struct outq out;
	struct loop_task flush;
	struct timeq *linger_queue;
	struct timeq_entry linger;
	bool reading, stalled;
	bool finishing, eof, closing;
};

static void
on_handle_closed(uv_handle_t *h)
{
	struct stream *s = container_of(h, struct stream, handle);

	*s->slot = NULL;
	outq_deinit(&s->out, &s->loop->out);
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
	uv_close((uv_handle_t *)&s->handle, on_handle_closed);
}

static void
linger_expired(struct timeq_entry *e)
{
	close_handle(container_of(e, struct stream, linger));
}

static void
write_all(struct stream *s)
{
	uv_buf_t piece;

	while (outq_gather(&s->out, &piece, 1) > 0) {
		if (fake_stream_on_written != NULL)
			fake_stream_on_written(
			    (struct slice){ piece.base, piece.len });
		outq_written(&s->out, &s->loop->out, piece.len);
	}
}

static void
run_flush(struct loop_task *t)
{
	struct stream *s = container_of(t, struct stream, flush);

	if (s->stalled || s->closing)
		return;
	write_all(s);
	if (s->finishing && s->eof)
		close_handle(s);
	else if (!s->finishing && s->cb->on_drained != NULL)
		s->cb->on_drained(s->arg);
}

void
fake_stream_open(struct stream **slot, struct loop *loop, struct timeq *linger)
{
	struct stream *s = xcalloc(1, sizeof(*s));

	s->slot = slot;
	s->loop = loop;
	s->linger_queue = linger;
	s->flush.run = run_flush;
	outq_init(&s->out);
	uv_timer_init(&loop->uv, &s->handle);
	loop->streams++;
	*slot = s;
}

void
fake_stream_feed(struct stream *s, struct slice bytes)
{
	while (bytes.len > 0 && s->reading && !s->finishing && !s->closing) {
		size_t n =
		    bytes.len < LOOP_READ_SIZE ? bytes.len : LOOP_READ_SIZE;

		memcpy(s->loop->read_buf, bytes.p, n);
		s->cb->on_data(s->arg, s->loop->read_buf, n);
		bytes = slice_skip(bytes, n);
	}
}

void
fake_stream_end(struct stream *s, int err)
{
	bool tell = !s->finishing && !s->closing;

	if (s->closing || (err == 0 && (s->eof || !s->reading)))
		return;
	s->eof = true;
	if (err == 0 && s->out.n > 0) {
		s->finishing = true;
		timeq_start(s->linger_queue, &s->linger, linger_expired);
	} else {
		close_handle(s);
	}
	if (tell)
		s->cb->on_closed(s->arg, err);
}

void
fake_stream_stall(struct stream *s, bool stalled)
{
	s->stalled = stalled;
	if (!stalled && !s->closing && s->out.n > 0)
		loop_defer(s->loop, &s->flush);
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
stream_set_patience(struct stream *s, struct timeq *q)
{
	(void)s;
	(void)q;
}

void
stream_read(struct stream *s, bool on)
{
	s->reading = on;
}

void
stream_push(struct stream *s, struct counted *owner, struct slice bytes)
{
	if (s->finishing || s->closing)
		return;
	outq_push(&s->out, &s->loop->out, owner, bytes);
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
	s->finishing = true;
	s->reading = true;
	timeq_start(s->linger_queue, &s->linger, linger_expired);
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
	(void)s;
	return "192.0.2.1";
}

bool
stream_set_peer(struct stream *s, const struct address *peer)
{
	(void)s;
	(void)peer;
	return true;
}

/* ---- not for servers ---- */

struct stream *
stream_accept(struct loop *loop, int fd, struct timeq *linger,
    const struct address *peer, const struct admission_seat *seat)
{
	(void)loop;
	(void)fd;
	(void)linger;
	(void)peer;
	(void)seat;
	abort();
}

struct stream *
stream_connect(struct loop *loop, const struct sockaddr *addr,
    struct timeq *linger, void (*cb)(void *arg, int err), void *arg, int *err)
{
	(void)loop;
	(void)addr;
	(void)linger;
	(void)cb;
	(void)arg;
	(void)err;
	abort();
}

void
stream_start_tls(struct stream *s, struct tls *t, struct slice first)
{
	(void)s;
	(void)t;
	(void)first;
	abort();
}

bool
stream_is_secure(const struct stream *s)
{
	(void)s;
	return false;
}

const char *
stream_tls_problem(struct stream *s)
{
	(void)s;
	return "";
}
