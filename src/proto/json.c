#include "config.h"

#include "proto/json.h"

#include <assert.h>
#include <cjson/cJSON.h>
#include <errno.h>
#include <string.h>

#include "base/hex.h"
#include "base/utf8.h"

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static void
skip_space(struct slice *s)
{
	size_t i = 0;

	while (i < s->len && is_space(s->p[i]))
		i++;
	*s = slice_skip(*s, i);
}

static bool
starts_with(struct slice s, char c)
{
	return s.len > 0 && s.p[0] == c;
}

/*
 * The grammar. Each take_ function moves s behind what it is named after, or
 * returns false if s doesn't begin with that.
 */

static bool
take_char(struct slice *s, char c)
{
	if (!starts_with(*s, c))
		return false;
	*s = slice_skip(*s, 1);
	return true;
}

static bool
take_escape(struct slice *s)
{
	if (s->len == 0)
		return false;
	if (memchr("\"\\/bfnrt", s->p[0], 8) != NULL) {
		*s = slice_skip(*s, 1);
		return true;
	}
	if (s->p[0] != 'u' || s->len < 5)
		return false;
	for (int i = 1; i < 5; i++)
		if (hex_value(s->p[i]) < 0)
			return false;
	*s = slice_skip(*s, 5);
	return true;
}

static bool
take_string(struct slice *s)
{
	if (!take_char(s, '"'))
		return false;
	for (;;) {
		size_t i = 0;

		while (i < s->len && s->p[i] != '"' && s->p[i] != '\\' &&
		       (unsigned char)s->p[i] >= ' ')
			i++;
		*s = slice_skip(*s, i);
		if (take_char(s, '"'))
			return true;
		if (!take_char(s, '\\') || !take_escape(s))
			return false;
	}
}

static bool
take_digits(struct slice *s)
{
	size_t i = 0;

	while (i < s->len && is_digit(s->p[i]))
		i++;
	*s = slice_skip(*s, i);
	return i > 0;
}

static bool
take_number(struct slice *s)
{
	take_char(s, '-');
	if (!take_char(s, '0') && !take_digits(s))
		return false;
	if (take_char(s, '.') && !take_digits(s))
		return false;
	if (take_char(s, 'e') || take_char(s, 'E')) {
		if (!take_char(s, '+'))
			take_char(s, '-');
		return take_digits(s);
	}
	return true;
}

static bool
take_word(struct slice *s, const char *word)
{
	if (!slice_starts(*s, word))
		return false;
	*s = slice_skip(*s, strlen(word));
	return true;
}

static bool
take_scalar(struct slice *s)
{
	switch (s->len > 0 ? s->p[0] : '\0') {
	case '"':
		return take_string(s);
	case 't':
		return take_word(s, "true");
	case 'f':
		return take_word(s, "false");
	case 'n':
		return take_word(s, "null");
	default:
		return take_number(s);
	}
}

/* A member's key and colon, with the space before each. */
static bool
take_key(struct slice *s)
{
	skip_space(s);
	if (!take_string(s))
		return false;
	skip_space(s);
	return take_char(s, ':');
}

/* Where json_check is: bit n of objects tells what nesting level n+1 is. */
struct checker {
	struct slice rest;
	const struct json_limits *limits;
	uint64_t objects;
	size_t depth, nodes;
};

static bool
in_object(const struct checker *c)
{
	return (c->objects >> (c->depth - 1) & 1) != 0;
}

/*
 * The front of a value: a scalar, an empty container, or an opening bracket
 * (for an object with the first key). 0: the value is complete, 1: its first
 * element comes next.
 */
static int
check_value(struct checker *c)
{
	bool object;

	skip_space(&c->rest);
	if (++c->nodes > c->limits->nodes)
		return -E2BIG;
	object = starts_with(c->rest, '{');
	if (!object && !starts_with(c->rest, '['))
		return take_scalar(&c->rest) ? 0 : -EINVAL;
	if (c->depth == c->limits->depth)
		return -E2BIG;
	c->rest = slice_skip(c->rest, 1);
	skip_space(&c->rest);
	if (take_char(&c->rest, object ? '}' : ']'))
		return 0;
	c->objects &= ~(UINT64_C(1) << c->depth);
	c->objects |= (uint64_t)object << c->depth;
	c->depth++;
	return !object || take_key(&c->rest) ? 1 : -EINVAL;
}

/* Behind a value. 0: all is complete, 1: one more value comes. */
static int
check_after(struct checker *c)
{
	for (;;) {
		skip_space(&c->rest);
		if (c->depth == 0)
			return c->rest.len == 0 ? 0 : -EINVAL;
		if (take_char(&c->rest, ','))
			return !in_object(c) || take_key(&c->rest) ? 1
								   : -EINVAL;
		if (!take_char(&c->rest, in_object(c) ? '}' : ']'))
			return -EINVAL;
		c->depth--;
	}
}

int
json_check_within(struct slice s, const struct json_limits *limits)
{
	struct checker c = { s, limits, 0, 0, 0 };
	int rc;

	_Static_assert(JSON_DEPTH_MAX <= 64, "one bit per level");
	assert(limits->depth <= JSON_DEPTH_MAX);
	if (!utf8_valid(s.p, s.len))
		return -EINVAL;
	do {
		rc = check_value(&c);
		if (rc == 0)
			rc = check_after(&c);
	} while (rc > 0);
	return rc;
}

int
json_check(struct slice s)
{
	static const struct json_limits most = { JSON_DEPTH_MAX,
		JSON_NODES_MAX };

	return json_check_within(s, &most);
}

enum json_type
json_type(struct slice s)
{
	skip_space(&s);
	switch (s.len > 0 ? s.p[0] : 'n') {
	case 'n':
		return JSON_NULL;
	case 't':
	case 'f':
		return JSON_BOOL;
	case '"':
		return JSON_STRING;
	case '[':
		return JSON_ARRAY;
	case '{':
		return JSON_OBJECT;
	default:
		return JSON_NUMBER;
	}
}

/* Takes a value off checked text. */
static struct slice
take_value(struct slice *s)
{
	struct slice value = *s;
	unsigned depth = 0;

	while (s->len > 0) {
		char c = s->p[0];

		if (c == '[' || c == '{') {
			depth++;
			*s = slice_skip(*s, 1);
		} else if (c == ']' || c == '}') {
			depth--;
			*s = slice_skip(*s, 1);
		} else if (c == ',' || c == ':' || is_space(c)) {
			*s = slice_skip(*s, 1);
		} else if (!take_scalar(s)) {
			break; /* never: the text was checked */
		}
		if (depth == 0)
			break;
	}
	value.len -= s->len;
	return value;
}

void
json_iter_init(struct json_iter *it, struct slice s)
{
	skip_space(&s);
	it->object = starts_with(s, '{');
	if (it->object || starts_with(s, '['))
		it->rest = slice_skip(s, 1);
	else
		it->rest = SLICE("");
}

void
json_iter_args(struct json_iter *it, struct slice args)
{
	it->object = false;
	it->rest = args;
}

bool
json_iter_next(struct json_iter *it, struct slice *key, struct slice *value)
{
	struct slice *s = &it->rest, name;

	skip_space(s);
	if (take_char(s, ','))
		skip_space(s);
	if (s->len == 0 || starts_with(*s, ']') || starts_with(*s, '}'))
		return false;
	if (it->object) {
		name = take_value(s);
		if (key != NULL)
			*key = name;
		skip_space(s);
		take_char(s, ':');
		skip_space(s);
	}
	*value = take_value(s);
	return true;
}

bool
json_get(struct slice s, const char *key, struct slice *value)
{
	struct json_iter it;
	struct slice k, v;

	if (json_type(s) != JSON_OBJECT)
		return false;
	json_iter_init(&it, s);
	while (json_iter_next(&it, &k, &v)) {
		if (json_string_is(k, key)) {
			*value = v;
			return true;
		}
	}
	return false;
}

static uint32_t
hex4(const char *p)
{
	return (uint32_t)(hex_value(p[0]) << 12 | hex_value(p[1]) << 8 |
			  hex_value(p[2]) << 4 | hex_value(p[3]));
}

/* Takes "uXXXX", or two of them that are a surrogate pair, off checked text. */
static uint32_t
take_unicode(struct slice *s)
{
	uint32_t cp = hex4(s->p + 1), low;

	*s = slice_skip(*s, 5);
	if (cp >= 0xd800 && cp <= 0xdbff && slice_starts(*s, "\\u")) {
		low = hex4(s->p + 2);
		if (low >= 0xdc00 && low <= 0xdfff) {
			*s = slice_skip(*s, 6);
			return 0x10000 + ((cp & 0x3ff) << 10) + (low & 0x3ff);
		}
	}
	return cp == 0 || (cp >= 0xd800 && cp <= 0xdfff) ? 0xfffd : cp;
}

/*
 * Takes the next run of characters off the inside of a checked string: as
 * many plain ones as there are, or an escape, resolved into out.
 */
static struct slice
take_run(struct slice *s, char out[4])
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
	const char *plain = memchr(s->p, '\\', s->len), *at;
	struct slice run = *s;

	if (plain != s->p) {
		run.len = plain != NULL ? (size_t)(plain - s->p) : s->len;
		*s = slice_skip(*s, run.len);
		return run;
	}
	*s = slice_skip(*s, 1);
	if (s->p[0] == 'u')
		return (struct slice){ out, utf8_encode(out, take_unicode(s)) };
	at = strchr(from, s->p[0]);
	out[0] = at != NULL ? to[at - from] : s->p[0];
	*s = slice_skip(*s, 1);
	return (struct slice){ out, 1 };
}

/* The inside of a raw string; false if it isn't one. */
static bool
string_inside(struct slice *raw)
{
	if (raw->len < 2 || raw->p[0] != '"' || raw->p[raw->len - 1] != '"')
		return false;
	raw->p++;
	raw->len -= 2;
	return true;
}

int
json_unescape(struct slice raw, struct buf *out)
{
	char c[4];

	if (!string_inside(&raw))
		return -EINVAL;
	while (raw.len > 0)
		if (buf_append_slice(out, take_run(&raw, c)) != 0)
			return -ENOBUFS;
	return 0;
}

bool
json_string_is(struct slice raw, const char *s)
{
	struct slice want = slice_of(s), run;
	char c[4];

	if (!string_inside(&raw))
		return false;
	while (raw.len > 0) {
		run = take_run(&raw, c);
		if (run.len > want.len || memcmp(run.p, want.p, run.len) != 0)
			return false;
		want = slice_skip(want, run.len);
	}
	return want.len == 0;
}

int
json_int(struct slice raw, int64_t min, int64_t max, int64_t *n)
{
	bool negative = take_char(&raw, '-');
	/* Negative all the way: INT64_MIN has no positive counterpart. */
	int64_t v = 0;
	int d;

	if (raw.len == 0)
		return -EINVAL;
	for (size_t i = 0; i < raw.len; i++) {
		if (!is_digit(raw.p[i]))
			return -EINVAL;
		d = raw.p[i] - '0';
		if (v < (INT64_MIN + d) / 10)
			return -EINVAL;
		v = v * 10 - d;
	}
	if (!negative) {
		if (v == INT64_MIN)
			return -EINVAL;
		v = -v;
	}
	if (v < min || v > max)
		return -EINVAL;
	*n = v;
	return 0;
}

/* What json_placeholders knows of an open array or object. */
struct level {
	bool object;
	bool placeholder; /* the last "_placeholder" was true */
	int64_t num;      /* the last "num", or -1 */
	int before;       /* placeholders found before it */
};

/*
 * A member of an object: JavaScript takes the last one of a name, and what
 * the recipients make of the packet is what counts here.
 */
static void
note_member(struct level *l, struct slice key, struct slice value)
{
	if (json_string_is(key, "_placeholder"))
		l->placeholder = starts_with(value, 't');
	else if (json_string_is(key, "num") &&
		 json_int(value, 0, INT64_MAX, &l->num) != 0)
		l->num = -1;
}

/* At its end: counts it. A placeholder's own members are nobody's. */
static int
close_level(const struct level *l, int found, unsigned attachments)
{
	if (!l->placeholder)
		return found;
	if (l->num < 0 || l->num >= (int64_t)attachments)
		return -EINVAL;
	return l->before + 1;
}

int
json_placeholders(struct slice s, unsigned attachments)
{
	struct level stack[JSON_DEPTH_MAX], *top = NULL;
	struct slice key, value;
	unsigned depth = 0;
	int found = 0;

	while (s.len > 0) {
		char c = s.p[0];

		if (c == '{' || c == '[') {
			assert(depth < JSON_DEPTH_MAX);
			s = slice_skip(s, 1);
			top = &stack[depth++];
			*top = (struct level){ c == '{', false, -1, found };
		} else if (c == '}' || c == ']') {
			assert(depth > 0);
			s = slice_skip(s, 1);
			found = close_level(top, found, attachments);
			if (found < 0)
				return -EINVAL;
			top = --depth > 0 ? &stack[depth - 1] : NULL;
		} else if (c == ',' || is_space(c)) {
			s = slice_skip(s, 1);
		} else if (top != NULL && top->object) {
			/* value: not yet its end, but that is enough here */
			key = take_value(&s);
			skip_space(&s);
			take_char(&s, ':');
			skip_space(&s);
			value = s;
			if (!starts_with(s, '{') && !starts_with(s, '['))
				value = take_value(&s);
			note_member(top, key, value);
		} else {
			take_value(&s);
		}
	}
	return found;
}

struct cJSON *
json_tree(struct slice s)
{
	return cJSON_ParseWithLength(s.p, s.len);
}
