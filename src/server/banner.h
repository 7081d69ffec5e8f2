/* What `chat serve` tells a person when it starts. */
#ifndef CHAT_SERVER_BANNER_H
#define CHAT_SERVER_BANNER_H

#include <stdbool.h>

#include "base/buf.h"

/*
 * Appends where the server is to be found. host: the address it listens on,
 * or NULL for all. terminal: with colours and a QR code. 0 or -ENOBUFS.
 */
int
banner_put(struct buf *out, const char *host, int port, bool terminal);

#endif
