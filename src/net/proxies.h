/*
 * Proxies that are trusted to say whom they speak for: by X-Forwarded-For in
 * each request, or by the PROXY protocol at the beginning of a connection. From
 * all others nothing of the kind is believed. Pure.
 */
#ifndef CHAT_NET_PROXIES_H
#define CHAT_NET_PROXIES_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/slice.h"
#include "net/address.h"

enum {
	PROXIES_MAX = 64,        /* ranges */
	PROXY_HEADER_MAX = 2048, /* bytes; HAProxy's own bound for version 1 is
				  * 107, with version 2 come fields of others */
};

struct proxies {
	struct address_range v[PROXIES_MAX];
	unsigned n;
};

/* "RANGE[,RANGE...]", where `loopback` is one, too. 0 or -EINVAL. */
int
proxies_parse(struct slice text, struct proxies *out);

bool
proxies_has(const struct proxies *p, const struct address *a);

/*
 * Who a request comes from: peer, or if that is a proxy the right-most in
 * forwarded_for (addresses with commas between them) that is none. What stands
 * left of that one, or of what is no address, is anyone's invention.
 */
struct address
proxies_client(const struct proxies *p, const struct address *peer,
    struct slice forwarded_for);

/*
 * The header of the PROXY protocol, version 1 or 2, at the front of what a
 * proxy has sent: the bytes that it takes, 0 if it is not whole, or -EINVAL.
 * *client: whom the proxy speaks for; none (all bytes 0) if it speaks for
 * itself, or doesn't know. See HAProxy's proxy-protocol.txt, section 2.
 */
ssize_t
proxies_header(struct slice in, struct address *client);

#endif
