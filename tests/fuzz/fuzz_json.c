/*
 * JSON: what passes json_check is what cJSON takes for the same, and a string
 * comes back as it was.
 */
#include "config.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "fuzz.h"
#include "proto/json.h"

enum { OUT_MAX = 1 << 24, NUMBER_MAX = 63 /* cJSON's */ };

static unsigned nodes;

/* Has what cJSON makes something else of: \u0000 and lone surrogates, which it
 * refuses or ends a string at. */
static bool
is_odd(struct slice raw)
{
	struct buf b;
	bool odd;

	buf_init(&b, OUT_MAX);
	CHECK(json_unescape(raw, &b) == 0);
	CHECK(utf8_valid(b.p, b.len));
	CHECK(memchr(b.p != NULL ? b.p : "", '\0', b.len) == NULL);
	odd = b.len >= 3 && memmem(b.p, b.len, "\xef\xbf\xbd", 3) != NULL;
	buf_deinit(&b);
	return odd;
}

/* Any of the strings in it. */
static bool
has_odd(struct slice s)
{
	struct json_iter it;
	struct slice key, value;

	if (json_type(s) == JSON_STRING)
		return is_odd(s);
	json_iter_init(&it, s);
	while (json_iter_next(&it, &key, &value))
		if ((it.object && is_odd(key)) || has_odd(value))
			return true;
	return false;
}

/* Put as JSON, and taken again, it is the same. */
static void
round_trip(struct slice text)
{
	struct buf json, again;

	buf_init(&json, OUT_MAX);
	buf_init(&again, OUT_MAX);
	CHECK(json_put_string(&json, text) == 0);
	CHECK(json_check(buf_view(&json)) == 0);
	CHECK(json_unescape(buf_view(&json), &again) == 0);
	CHECK(slice_eq(buf_view(&again), text));
	buf_deinit(&json);
	buf_deinit(&again);
}

static void
check_string(struct slice raw, const char *want)
{
	struct buf b;

	buf_init(&b, OUT_MAX);
	CHECK(json_unescape(raw, &b) == 0);
	CHECK(slice_is(buf_view(&b), want));
	CHECK(json_string_is(raw, want));
	round_trip(buf_view(&b));
	buf_deinit(&b);
}

static void
check_number(struct slice raw, double want)
{
	char text[NUMBER_MAX + 1];
	int64_t n;

	if (raw.len > NUMBER_MAX)
		return; /* cJSON looks no further */
	memcpy(text, raw.p, raw.len);
	text[raw.len] = '\0';
	CHECK(strtod(text, NULL) == want);
	if (json_int(raw, INT64_MIN, INT64_MAX, &n) == 0)
		CHECK((double)n == want);
}

static void
check_tree(struct slice s, const cJSON *tree);

static void
check_elements(struct slice s, const cJSON *tree)
{
	const cJSON *child = tree->child;
	struct json_iter it;
	struct slice key, value, first;

	json_iter_init(&it, s);
	CHECK(it.object == cJSON_IsObject(tree));
	while (json_iter_next(&it, &key, &value)) {
		CHECK(child != NULL);
		CHECK(json_check(value) == 0);
		if (it.object) {
			check_string(key, child->string);
			CHECK(json_get(s, child->string, &first));
			CHECK(first.p <= value.p);
		}
		check_tree(value, child);
		child = child->next;
	}
	CHECK(child == NULL);
}

static void
check_tree(struct slice s, const cJSON *tree)
{
	CHECK(++nodes <= JSON_NODES_MAX);
	switch (json_type(s)) {
	case JSON_NULL:
		CHECK(cJSON_IsNull(tree));
		break;
	case JSON_BOOL:
		CHECK(cJSON_IsBool(tree));
		CHECK(slice_is(s, cJSON_IsTrue(tree) ? "true" : "false"));
		break;
	case JSON_NUMBER:
		CHECK(cJSON_IsNumber(tree));
		check_number(s, tree->valuedouble);
		break;
	case JSON_STRING:
		CHECK(cJSON_IsString(tree));
		check_string(s, tree->valuestring);
		break;
	case JSON_ARRAY:
	case JSON_OBJECT:
		check_elements(s, tree);
		break;
	}
}

/* s: without white space around it. */
static void
check_value(struct slice s)
{
	cJSON *tree = json_tree(s);

	nodes = 0;
	if (!has_odd(s)) {
		CHECK(tree != NULL);
		check_tree(s, tree);
	}
	cJSON_Delete(tree);
	for (unsigned n = 0; n <= 2; n++) {
		int found = json_placeholders(s, n);

		CHECK(found >= 0 || found == -EINVAL);
	}
}

static struct slice
trim(struct slice s)
{
	static const char space[] = " \t\r\n";

	while (s.len > 0 && strchr(space, s.p[0]) != NULL)
		s = slice_skip(s, 1);
	while (s.len > 0 && strchr(space, s.p[s.len - 1]) != NULL)
		s.len--;
	return s;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_copy((struct slice){ (const char *)data, size });
	struct slice s = { text, size };
	int rc = json_check(s);

	CHECK(rc == 0 || rc == -EINVAL || rc == -E2BIG);
	if (rc == 0)
		check_value(trim(s));
	if (utf8_valid(s.p, s.len) && memchr(s.p, '\0', s.len) == NULL)
		round_trip(s);
	free(text);
	return 0;
}
