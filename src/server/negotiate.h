/* What a request's fields say about how to answer. Pure; RFC 9110. */
#ifndef CHAT_SERVER_NEGOTIATE_H
#define CHAT_SERVER_NEGOTIATE_H

#include <stdbool.h>

#include "base/slice.h"

/* Accept-Encoding, section 12.5.3: may the answer be gzip? An empty field
 * says no. */
bool
accepts_gzip(struct slice accept_encoding);

/* If-None-Match, section 13.1.2: is etag (with its quotes) among them, in the
 * weak comparison? */
bool
etag_matches(struct slice if_none_match, const char *etag);

#endif
