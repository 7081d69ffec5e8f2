/*
 * What is between accepting a connection and the first byte of HTTP on it: the
 * header of the PROXY protocol, and the handshake of TLS. Owns a connection for
 * that long, and hands it over then; whoever does not get there in time is
 * closed.
 */
#ifndef CHAT_NET_INTAKE_H
#define CHAT_NET_INTAKE_H

#include <sys/queue.h>

#include "net/loop.h"
#include "net/proxies.h"
#include "net/stream.h"
#include "net/timeq.h"
#include "net/tls.h"

/* Owned by the server. */
struct intake {
	struct loop *loop;
	/* Borrowed; may be exchanged at any time, for those who come after
	 * that. NULL: no TLS. */
	struct tls_config *tls;
	/* Borrowed: who has to begin with a PROXY header. NULL: nobody. */
	const struct proxies *proxies;
	void (*on_stream)(void *arg, struct stream *s);
	void *arg;
	struct timeq *time;
	LIST_HEAD(, newcomer) newcomers;
};

/*
 * on_stream gets each connection that is ready for HTTP, to set its callbacks
 * at once: bytes that have come already follow when it returns. With TLS it
 * gets those that begin like HTTP in the clear, too: stream_is_secure tells.
 * time: ms for all of it, or LIMIT_OFF.
 */
void
intake_init(struct intake *in, struct loop *loop, uint64_t time,
    void (*on_stream)(void *arg, struct stream *s), void *arg);

/* A new connection. */
void
intake_take(struct intake *in, struct stream *s);

/* Closes all who are not through. */
void
intake_clear(struct intake *in);

/* The same, for good. */
void
intake_close(struct intake *in);

#endif
