/* What `chat serve` tells a person when it starts. */
#ifndef CHAT_SERVER_BANNER_H
#define CHAT_SERVER_BANNER_H

#include <stdbool.h>

#include "base/buf.h"

struct banner {
	const char *host; /* the address it listens on, or NULL for all */
	int port;
	bool terminal;    /* with colours and a QR code */
	bool tls;         /* with these, which may be NULL: */
	bool proxied;     /* who comes from this machine is a proxy, which
			   * speaks the PROXY protocol */
	const char *name; /* what the certificate calls the host */
	const char *ca;   /* the file with which to trust it */
};

/* Appends where the server is to be found. 0 or -ENOBUFS. */
int
banner_put(struct buf *out, const struct banner *b);

#endif
