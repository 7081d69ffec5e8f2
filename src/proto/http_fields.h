/*
 * The fields of an HTTP head as llhttp tells them, piece by piece, copied into
 * bounded storage: for requests and for responses. RFC 9110 section 5.
 */
#ifndef CHAT_PROTO_HTTP_FIELDS_H
#define CHAT_PROTO_HTTP_FIELDS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"

enum {
	/* Unless others are asked for: */
	HTTP_HEAD_MAX = 16384, /* bytes of target, field names and values */
	HTTP_FIELDS_MAX = 100,
};

/* Where a name and its value are in the text. */
struct http_field {
	uint32_t name, name_len, value, value_len;
};

struct http_fields {
	struct buf text; /* names and values, one behind the other */
	struct http_field *v;
	unsigned n, cap, max;
	bool open; /* the last one is not complete */
};

void
http_fields_init(struct http_fields *f);

/* Other bounds, before there is something in it: bytes, and fields. */
void
http_fields_limit(struct http_fields *f, uint32_t bytes, unsigned fields);

/* Frees; as good as new. */
void
http_fields_deinit(struct http_fields *f);

/* A piece of a name: 0, -EINVAL for what is no token, -ENOBUFS past a bound. */
int
http_fields_name(struct http_fields *f, const char *at, size_t len);

/* A piece of a value: the same. */
int
http_fields_value(struct http_fields *f, const char *at, size_t len);

/* The value is complete: 0, or -EINVAL if it has no name. */
int
http_fields_end(struct http_fields *f);

/* The value of the first field of that name (any case); empty if none. */
struct slice
http_fields_get(const struct http_fields *f, const char *name);

/* All values of that name, joined by commas: RFC 9110 section 5.3. 0 or
 * -ENOBUFS. */
int
http_fields_join(
    const struct http_fields *f, const char *name, struct buf *out);

/* How many there are of that name. */
unsigned
http_fields_count(const struct http_fields *f, const char *name);

/* True if the comma-separated field has the token (any case). */
bool
http_fields_has(
    const struct http_fields *f, const char *name, const char *token);

#endif
