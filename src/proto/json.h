/*
 * JSON, RFC 8259, strictly: what passes json_check is exactly the grammar, in
 * valid UTF-8, within bounds of depth and node count. Bytes that have passed
 * can be relayed as they are, walked value by value without a tree, or, small
 * objects, given to cJSON. Home of cJSON and of nothing else.
 */
#ifndef CHAT_PROTO_JSON_H
#define CHAT_PROTO_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/slice.h"

enum {
	JSON_DEPTH_MAX = 64,    /* that can be told apart */
	JSON_NODES_MAX = 100000 /* of json_check */
};

struct json_limits {
	size_t depth; /* at most JSON_DEPTH_MAX; a scalar has none */
	size_t nodes; /* SIZE_MAX: as many as there are */
};

enum json_type {
	JSON_NULL,
	JSON_BOOL,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT,
};

/*
 * Checks one JSON value with nothing but white space around it. Returns 0,
 * -EINVAL for what is not JSON (also: invalid UTF-8, raw control characters
 * or NUL in strings), -E2BIG past JSON_DEPTH_MAX or JSON_NODES_MAX.
 */
int
json_check(struct slice s);

/* The same, within other bounds. */
int
json_check_within(struct slice s, const struct json_limits *limits);

/* The rest works on text that json_check has passed. */

/* Type of the value s begins with (white space skipped). */
enum json_type
json_type(struct slice s);

/* Walks the elements of an array, or the members of an object. */
struct json_iter {
	struct slice rest;
	bool object;
};

/* s: an array or object; anything else gives an empty walk. */
void
json_iter_init(struct json_iter *it, struct slice s);

/* args: values with commas between them, as between an array's brackets. */
void
json_iter_args(struct json_iter *it, struct slice args);

/*
 * The next element's raw text without white space around it; for an object
 * *key gets the raw key with its quotes (key may be NULL). False at the end.
 */
bool
json_iter_next(struct json_iter *it, struct slice *key, struct slice *value);

/*
 * Raw value of an object's member, the first of that name, compared exactly
 * after unescaping. False if there is none or s is no object.
 */
bool
json_get(struct slice s, const char *key, struct slice *value);

/*
 * Appends the text of a raw string value (with its quotes) to out, escapes
 * resolved; a lone surrogate and \u0000 become U+FFFD. 0, -EINVAL if raw is no
 * string, -ENOBUFS.
 */
int
json_unescape(struct slice raw, struct buf *out);

/* Same text as the terminated s, after unescaping; false if raw is no
 * string. */
bool
json_string_is(struct slice raw, const char *s);

/* A raw number that is an integer (written with digits only) within [min, max];
 * else -EINVAL. */
int
json_int(struct slice raw, int64_t min, int64_t max, int64_t *n);

/*
 * Appends s (valid UTF-8) as a JSON string with its quotes. Escapes ", \,
 * controls, and U+2028/2029 (they end a line in old JavaScript: JSONP).
 */
int
json_put_string(struct buf *out, struct slice s);

/*
 * Socket.IO's placeholders of attachments, {"_placeholder":true,"num":n}:
 * counts them anywhere in s and checks that every num is an integer in
 * [0, attachments). Returns their number or -EINVAL.
 */
int
json_placeholders(struct slice s, unsigned attachments);

struct cJSON;

/* s as a cJSON tree: cJSON_Delete it. NULL if cJSON cannot. */
struct cJSON *
json_tree(struct slice s);

#endif
