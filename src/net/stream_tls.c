#include "config.h"

#include "base/mem.h"
#include "net/stream_internal.h"

enum {
	/* Bytes encrypted ahead of the socket: more would be memory, and less
	 * more writes. */
	ENCRYPT_MAX = 4 * TLS_RECORD_MAX,
	/* Past it somebody makes TLS talk without listening. */
	SECURE_OUT_MAX = 2 * ENCRYPT_MAX,
};

/* Queues what TLS has for the wire; false if that is nothing. */
static bool
take_tls(struct stream *s)
{
	struct slice wire = tls_view(s->tls);
	struct rcbuf *b;

	if (wire.len == 0)
		return false;
	b = rcbuf_copy(wire.p, wire.len);
	tls_taken(s->tls);
	outq_push(&s->out, &s->loop->out, &b->counted,
	    (struct slice){ b->data, b->len });
	counted_unref(&b->counted);
	return true;
}

/* The same, of what it says by itself. */
static void
push_tls(struct stream *s)
{
	if (take_tls(s))
		loop_defer(s->loop, &s->flush);
	if (outq_cost(&s->out) > SECURE_OUT_MAX)
		stream_lost(s, UV_ENOBUFS);
}

bool
stream_encrypt(struct stream *s)
{
	size_t total = 0;

	if (!s->secure)
		return false;
	while (s->waiting->n > 0 && total < ENCRYPT_MAX) {
		struct slice record = { s->loop->record,
			outq_copy(
			    s->waiting, s->loop->record, TLS_RECORD_MAX) };

		tls_write(s->tls, record);
		outq_written(s->waiting, &s->loop->out, record.len);
		total += record.len;
	}
	if (s->finishing && s->waiting->n == 0 && !s->said_so) {
		s->said_so = true;
		tls_shutdown(s->tls);
	}
	return take_tls(s);
}

static bool
shake_hands(struct stream *s)
{
	int r = tls_handshake(s->tls);

	push_tls(s);
	if (s->closing)
		return false;
	if (r < 0) {
		stream_flush(s); /* the alert */
		stream_lost(s, UV_EPROTO);
	} else if (r > 0) {
		s->secure = true;
		if (s->waiting->n > 0)
			loop_defer(s->loop, &s->flush);
		s->cb->on_secure(s->arg);
	}
	return r > 0;
}

void
stream_feed_tls(struct stream *s, struct slice wire)
{
	ssize_t n = 0;

	tls_feed(s->tls, wire);
	if (s->secure || shake_hands(s))
		while (
		    !s->finishing && !s->closing &&
		    (n = tls_read(s->tls, s->loop->record, TLS_RECORD_MAX)) > 0)
			s->cb->on_data(s->arg, s->loop->record, (size_t)n);
	tls_feed(s->tls, SLICE(""));
	if (!s->closing)
		push_tls(s);
	if (n < 0 && !s->closing)
		stream_peer_ended(s);
}

void
stream_start_tls(struct stream *s, struct tls *t, struct slice first)
{
	s->tls = t;
	s->waiting = xmalloc(sizeof(*s->waiting));
	outq_init(s->waiting);
	if (s->loop->record == NULL)
		s->loop->record = xmalloc(TLS_RECORD_MAX);
	stream_feed_tls(s, first);
}

bool
stream_is_secure(const struct stream *s)
{
	return s->secure;
}

const char *
stream_tls_problem(struct stream *s)
{
	return s->tls != NULL ? tls_problem(s->tls) : "";
}
