/*
 * A connected byte stream with an output queue. Owned by whoever set its
 * callbacks until stream_finish, stream_abort or the on_closed upcall: from
 * then on it is gone for the owner and frees itself. Its memory stays valid
 * until the end of the loop's turn.
 */
#ifndef CHAT_NET_STREAM_H
#define CHAT_NET_STREAM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/counted.h"
#include "base/slice.h"
#include "net/admission.h"
#include "net/loop.h"
#include "net/timeq.h"
#include "net/tls.h"

struct stream;

struct stream_cb {
	/* Bytes in a buffer of the loop's: may be changed, gone on return. */
	void (*on_data)(void *arg, char *data, size_t len);
	/* All that was queued has been taken by the system. May be NULL. */
	void (*on_drained)(void *arg);
	/* The last call: the peer has closed (err 0) or it broke (UV_). */
	void (*on_closed)(void *arg, int err);
	/* stream_start_tls is done: what is pushed now is encrypted. */
	void (*on_secure)(void *arg);
};

/* Takes an accepted socket of this peer's and the seat (which may be none);
 * NULL on failure. */
struct stream *
stream_accept(struct loop *loop, int fd, struct timeq *linger,
    const struct address *peer, const struct admission_seat *seat);

/*
 * Connects. cb is called once, later: with 0 the stream is the caller's to
 * use, with an error (UV_) it is gone. stream_abort before that: no call.
 * NULL with *err: it failed at once, no call.
 */
struct stream *
stream_connect(struct loop *loop, const struct sockaddr *addr,
    struct timeq *linger, void (*cb)(void *arg, int err), void *arg, int *err);

/* Speaks TLS from now on; takes t. on_secure follows, or on_closed: at once
 * perhaps, if some bytes of the peer's have come already: first. */
void
stream_start_tls(struct stream *s, struct tls *t, struct slice first);

/* What is sent is encrypted. */
bool
stream_is_secure(const struct stream *s);

/* Why TLS has failed, for a person; "" if it has not. */
const char *
stream_tls_problem(struct stream *s);

/*
 * From now on the connection is lost (UV_ETIMEDOUT) when in q's interval
 * nothing is taken of what waits for the peer. For the server's end.
 */
void
stream_set_patience(struct stream *s, struct timeq *q);

void
stream_set_cb(struct stream *s, const struct stream_cb *cb, void *arg);

/* Bytes that a former owner was given and that are not its own: on_data. */
void
stream_feed(struct stream *s, char *data, size_t len);

/* Starts or stops reading. While stopped, a closing peer goes unnoticed. */
void
stream_read(struct stream *s, bool on);

/* Queues a view of bytes kept by owner (NULL: static); written, gathered, at
 * the end of the turn. Nothing happens on a finished stream. */
void
stream_push(struct stream *s, struct counted *owner, struct slice bytes);

/* Queues a copy. */
void
stream_push_copy(struct stream *s, struct slice bytes);

/* Bytes queued that the system has not taken, with what it costs to hold
 * them: many small pieces count for more than they say. */
size_t
stream_queued(const struct stream *s);

/*
 * Closes in order: writes what is queued, ends the sending side, then waits
 * for the peer to close. For that, and for taking each part of the output, it
 * has the linger queue's interval. No more upcalls.
 */
void
stream_finish(struct stream *s);

/* Closes at once; what is queued is lost. No more upcalls. */
void
stream_abort(struct stream *s);

/* The peer's address as text without port, as of loop_address. */
const char *
stream_peer(struct stream *s);

/* It is another one, for whom the one so far speaks: who has the seat from now
 * on. False if there is none for this peer. */
bool
stream_set_peer(struct stream *s, const struct address *peer);

#endif
