/*
 * HTTP/1.1 requests, RFC 9112, parsed by llhttp, without I/O. One parser
 * serves the requests of a connection one after the other. A head is copied
 * into bounded storage, so that its slices stay good until the next request
 * whatever happens to the read buffer.
 */
#ifndef CHAT_PROTO_HTTP_H
#define CHAT_PROTO_HTTP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/slice.h"
#include "proto/http_fields.h"

enum { HTTP_TARGET_MAX = 8192 }; /* unless another is asked for */

/* What http_parser_feed can fail with: the status to answer. */
enum {
	HTTP_BAD_REQUEST = -400,
	HTTP_URI_TOO_LONG = -414,
	HTTP_HEADERS_TOO_LARGE = -431,
};

struct http_head {
	struct slice method;
	struct slice target; /* as sent */
	struct slice path;   /* before '?', not decoded */
	struct slice query;  /* behind '?', not decoded */
	unsigned minor;      /* HTTP/1.minor */
	bool keep_alive;     /* section 9.3 */
	bool upgrade;        /* Connection: upgrade with Upgrade */
	bool expect_continue;
	bool has_body;
	uint64_t content_length; /* UINT64_MAX if chunked */
};

struct http_parser;

enum http_event {
	HTTP_HEAD, /* the head is complete */
	HTTP_BODY, /* data: a piece of the body, decoded from chunks */
	HTTP_END,  /* the request is complete */
};

/* False stops feeding: not an error, feed the rest when ready again. Only
 * HTTP_END may be answered so. The parser must not be freed or fed in it. */
typedef bool (*http_event_cb)(void *arg, enum http_event ev, struct slice data);

struct http_parser *
http_parser_new(http_event_cb cb, void *arg);

/* Other bounds, before it is fed: of header, url and fields. */
void
http_parser_limit(struct http_parser *p, const struct limits *limits);

void
http_parser_free(struct http_parser *p);

/*
 * Feeds bytes. Returns how many were used: fewer than len only when cb
 * returned false at HTTP_END, or behind the head of an upgrade request (for
 * which HTTP_END is called too; the rest belongs to the new protocol). If the
 * caller does not upgrade it simply feeds on. Negative: HTTP_BAD_REQUEST and
 * so on; the parser is of no more use. Refused: whatever llhttp refuses in
 * its strict mode, both Content-Length and Transfer-Encoding, a second Host,
 * HTTP/1.1 without Host, HTTP versions but 1.0 and 1.1.
 */
ssize_t
http_parser_feed(struct http_parser *p, const char *data, size_t len);

/* The current head; good from HTTP_HEAD until the next request begins. */
const struct http_head *
http_parser_head(const struct http_parser *p);

/* A field's value, the first of that name (any case); empty if none. */
struct slice
http_field(const struct http_parser *p, const char *name);

/* As http_fields_join. */
int
http_field_join(const struct http_parser *p, const char *name, struct buf *out);

/* True if the comma-separated field has the token (any case). */
bool
http_field_has(
    const struct http_parser *p, const char *name, const char *token);

/*
 * Value of a key in a query string, percent-decoded ('+' is a space) into out
 * (terminated; size bytes). Returns its length, -ENOENT if there is no such
 * key, -EINVAL for a bad escape or NUL, -ENOBUFS if it does not fit. The
 * first one counts.
 */
ssize_t
http_query_get(struct slice query, const char *key, char *out, size_t size);

/* Appends a part of a path, percent-decoded ('+' is itself). 0, -EINVAL for a
 * bad escape or NUL, -ENOBUFS. */
int
http_path_decode(struct slice in, struct buf *out);

/* "200" -> "OK"; "" for what we never send. */
const char *
http_reason(int status);

/*
 * Appends a value of an application/x-www-form-urlencoded body (what stands
 * behind the '=' of JSONP's d=...), decoded. 0, -EINVAL (a bad escape, NUL),
 * -ENOBUFS.
 */
int
http_form_decode(struct slice in, struct buf *out);

#endif
