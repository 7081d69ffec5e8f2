/*
 * Inside a stream: stream.c moves bytes, stream_tls.c makes them from others
 * where TLS is spoken.
 */
#ifndef CHAT_NET_STREAM_INTERNAL_H
#define CHAT_NET_STREAM_INTERNAL_H

#include <netinet/in.h>

#include "net/outq.h"
#include "net/stream.h"

struct stream {
	LIST_ENTRY(stream) link;
	uv_tcp_t tcp;
	struct loop *loop;
	const struct stream_cb *cb;
	void *arg;
	struct outq out; /* for the wire */
	struct loop_task flush;
	uv_write_t write; /* for what the socket did not take */
	size_t writing;   /* bytes in it */
	struct timeq *linger_queue;
	struct timeq_entry timer; /* of either */
	size_t linger_left;       /* unwritten when its time began */
	struct timeq *patience;   /* for a peer that takes nothing, or NULL */
	uint64_t taken, taken_before; /* bytes; when its time began */
	uv_shutdown_t shutdown;
	bool finishing; /* no more upcalls, output still leaves */
	bool shut;      /* our side has ended */
	bool eof;       /* the peer's side has */
	bool closing;
	bool secure;  /* the handshake of tls is done */
	bool said_so; /* that nothing follows, in TLS */
	struct tls *tls;
	struct outq *waiting;       /* with TLS: not encrypted yet */
	struct admission_seat seat; /* until it is closed */
	char peer[INET6_ADDRSTRLEN];
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
