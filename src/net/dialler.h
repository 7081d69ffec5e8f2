/*
 * Makes a connection to a host: looks its name up, tries its addresses with a
 * head start for each before the next (RFC 8305), then TLS if asked for. Owned
 * by the caller until cb or dial_cancel.
 */
#ifndef CHAT_NET_DIALLER_H
#define CHAT_NET_DIALLER_H

#include "net/loop.h"
#include "net/stream.h"
#include "net/timeq.h"
#include "net/tls.h"

struct dialler;

enum { DIAL_HEAD_START_MS = 250, DIAL_ADDRESSES_MAX = 16 };

/* s: connected and the caller's. NULL: problem says why, for a person;
 * trust: because its certificate is not trusted. */
typedef void (*dial_cb)(
    void *arg, struct stream *s, const char *problem, bool trust);

/*
 * tls NULL: plain. linger: the stream's. There is no time limit but the
 * system's: the caller has one and cancels.
 */
struct dialler *
dial(struct loop *loop, const char *host, int port, struct tls_config *tls,
    struct timeq *linger, dial_cb cb, void *arg);

/* No cb any more. */
void
dial_cancel(struct dialler *d);

#endif
