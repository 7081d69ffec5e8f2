/*
 * Inside a stream: stream.c moves bytes, stream_tls.c makes them from others
 * where TLS is spoken.
 */
#ifndef CHAT_NET_STREAM_INTERNAL_H
#define CHAT_NET_STREAM_INTERNAL_H

#include "net/address.h"
#include "net/outq.h"
#include "net/stream.h"

/* What only one has for whose peer something waits, or that is finishing. */
struct stream_slow {
	union {
		uv_write_t write;       /* for what the socket did not take */
		uv_shutdown_t shutdown; /* behind all writing */
	};
	struct stream *stream;
	size_t writing;           /* bytes in write */
	struct timeq_entry timer; /* of patience, or of lingering */
	uint64_t taken;           /* bytes, by the system */
	uint64_t before;  /* the same, or what was left, when its time began */
	size_t discarded; /* bytes, since it is finishing */
};

struct stream {
	struct backlog_queue queue; /* what waits for its peer */
	struct loop *loop;
	const struct stream_cb *cb;
	void *arg;
	struct loop_task flush;
	struct outq out; /* for the wire */
	struct stream_slow *slow;
	bool finishing; /* no more upcalls, output still leaves */
	bool shut;      /* our side has ended */
	bool eof;       /* the peer's side has */
	bool closing;
	bool secure;  /* the handshake of tls is done */
	bool said_so; /* that nothing follows, in TLS */
	struct tls *tls;
	struct outq *waiting; /* with TLS: not encrypted yet */
	uv_tcp_t tcp;
	struct timeq *linger_queue;
	struct timeq *patience;     /* for a peer that takes nothing, or NULL */
	struct admission_seat seat; /* until it is closed */
	struct address peer;        /* none: not asked for yet */
};

/* ---- stream.c ---- */

/* The connection is lost, or at its end: the owner's last upcall. */
void
stream_lost(struct stream *s, int err);

/* The peer sends no more, but it may still read what is queued for it. */
void
stream_peer_ended(struct stream *s);

/* Writes what the socket takes; what it does not is written later. */
void
stream_flush(struct stream *s);

/* ---- stream_tls.c ---- */

/* Bytes from the wire. What ends TLS ends the stream: orderly or not, nothing
 * can follow it. */
void
stream_feed_tls(struct stream *s, struct slice wire);

/*
 * Encrypts a part of what waits, gathered into whole records, and says that
 * nothing follows when nothing does. Returns whether there is some output.
 */
bool
stream_encrypt(struct stream *s);

#endif
