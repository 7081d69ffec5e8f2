/*
 * HTTP/1.1 responses for a client, RFC 9112, parsed by llhttp, without I/O:
 * one at a time, its body collected whole within a bound. Interim responses
 * (1xx but 101) are skipped.
 */
#ifndef CHAT_PROTO_HTTP_RESPONSE_H
#define CHAT_PROTO_HTTP_RESPONSE_H

#include <stdbool.h>
#include <sys/types.h>

#include "proto/http_fields.h"

struct http_response_parser;

/* body_max: bytes of a body. */
struct http_response_parser *
http_response_parser_new(size_t body_max);

void
http_response_parser_free(struct http_response_parser *p);

/* Ready for the next response; what was told of the last one is gone. */
void
http_response_parser_reset(struct http_response_parser *p);

/*
 * Feeds bytes: how many were used, all of them unless the response is complete
 * (for a 101: its head, the rest belongs to the new protocol). -EINVAL: no
 * HTTP response; -EMSGSIZE: past body_max or the bounds of a head.
 */
ssize_t
http_response_parser_feed(
    struct http_response_parser *p, const char *data, size_t len);

/* The connection has ended: 0 if that was the end of the body, else
 * -ECONNRESET. */
int
http_response_parser_eof(struct http_response_parser *p);

/* The response is complete. */
bool
http_response_done(const struct http_response_parser *p);

/* Of a complete response; good until the reset. */
int
http_response_status(const struct http_response_parser *p);

/* The connection can serve another request. */
bool
http_response_keep_alive(const struct http_response_parser *p);

const struct http_fields *
http_response_fields(const struct http_response_parser *p);

/* May be changed by the caller, see eio_payload. */
struct buf *
http_response_body(struct http_response_parser *p);

#endif
