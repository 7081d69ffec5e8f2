/*
 * Where a chat server is, as people write it: http://, https://, ws://,
 * wss://, host, host:port, [v6]:port, with a path. "/r/ROOM" at the end of the
 * path is a room, "/i/CODE" an invitation; what is before it, or the whole
 * path, is where the server lives (behind a reverse proxy), so that Socket.IO
 * is at PATH/socket.io/. A path that ends in "/socket.io/" is taken as it is; a
 * last part that ends in
 * ".html" is dropped, and so are a query and a fragment. RFC 3986.
 */
#ifndef CHAT_CLIENT_URL_H
#define CHAT_CLIENT_URL_H

#include <stdbool.h>

#include "base/buf.h"

enum {
	URL_HOST_MAX = 255,
	URL_PATH_MAX = 1024,
	URL_ROOM_MAX = 256,
	URL_INVITE_MAX = 128,
	URL_PORT = 3000, /* without a scheme and a port */
};

struct url {
	bool tls;
	char host[URL_HOST_MAX + 1];     /* lower case; IPv6 without brackets */
	int port;                        /* with a scheme: 80 or 443 */
	char path[URL_PATH_MAX + 1];     /* Socket.IO's, "/socket.io/" */
	char room[URL_ROOM_MAX + 1];     /* decoded, valid UTF-8; "" for none */
	char invite[URL_INVITE_MAX + 1]; /* letters, digits, - and _; or "" */
	/* "http://host:port/" for a person, and the key of the outbox: one
	 * server, one text, however it was written. Plain ASCII. */
	char text[URL_HOST_MAX + URL_PATH_MAX + 32];
};

/* 0, or -EINVAL with one line for a person in err. */
int
url_parse(const char *s, struct url *out, struct buf *err);

/* Whether host is an IPv6 address: it needs its brackets in "host:port". */
bool
url_host_is_v6(const char *host);

#endif
