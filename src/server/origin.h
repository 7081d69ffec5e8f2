/*
 * Origins, RFC 6454: which web pages may talk to this server. A browser lets
 * every page open a WebSocket to anywhere, so this check is the only one.
 * Pure.
 */
#ifndef CHAT_SERVER_ORIGIN_H
#define CHAT_SERVER_ORIGIN_H

#include <stdbool.h>

#include "base/opt.h"
#include "base/slice.h"

enum origin_verdict {
	ORIGIN_NONE,   /* no page of another site: no field, or our own */
	ORIGIN_LISTED, /* one of the operator's list */
	ORIGIN_ANY,    /* the operator lets everyone in */
	ORIGIN_REFUSED,
};

/* Is it `scheme://host` or `scheme://host:port` and nothing else? */
bool
origin_valid(struct slice s);

/*
 * The verdict on a request's Origin and Host fields (empty: not there).
 * listed: valid origins, or "*". Our own is the one whose host and port are
 * those of Host; a default port may be left out in both. scheme: "http" or
 * "https", which it must have then, too; empty if nobody knows, since there
 * may be a proxy.
 */
enum origin_verdict
origin_check(const struct opt_list *listed, struct slice scheme,
    struct slice origin, struct slice host);

/* Appends the https origin of the same host and port as Host has, in a request
 * over http. 0 or -EINVAL. */
int
origin_put_secure(struct buf *out, struct slice host);

#endif
