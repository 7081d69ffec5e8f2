#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "base/mem.h"
#include "proto/json.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static uint32_t seed;

static uint32_t
rnd(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (uint32_t)(((uint64_t)seed * below) >> 32);
}

/* json_check on memory of the very size. */
static int
check(struct slice s)
{
	char *copy = xmalloc(s.len + !s.len);
	int rc;

	assert_non_null(copy);
	if (s.len > 0)
		memcpy(copy, s.p, s.len);
	rc = json_check((struct slice){ copy, s.len });
	free(copy);
	return rc;
}

static const struct slice good[] = {
	SLICE_INIT("null"),
	SLICE_INIT("true"),
	SLICE_INIT("false"),
	SLICE_INIT("0"),
	SLICE_INIT("-0"),
	SLICE_INIT("10"),
	SLICE_INIT("-1.5"),
	SLICE_INIT("0.0"),
	SLICE_INIT("1e9"),
	SLICE_INIT("1E+9"),
	SLICE_INIT("12.34e-56"),
	SLICE_INIT("1e400"),
	SLICE_INIT("123456789012345678901234567890"),
	SLICE_INIT("\"\""),
	SLICE_INIT("\"plain\""),
	SLICE_INIT("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83D\\ude00\""),
	SLICE_INIT("\"\\ud800\""), /* the grammar has no say in surrogates */
	SLICE_INIT("\"\\u0000\""),
	SLICE_INIT("\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\x7f\""),
	SLICE_INIT("[]"),
	SLICE_INIT("{}"),
	SLICE_INIT("[1,\"a\",null,[],{}]"),
	SLICE_INIT("{\"a\":1,\"a\":2,\"\":[]}"),
	SLICE_INIT(" \t\r\n[ \t\r\n1 , 2 ] \t\r\n"),
	SLICE_INIT("{ \"a\" : { \"b\" : [ true ] } , \"c\" : 0 }"),
	SLICE_INIT("[[[[[[[[]]]]],[{\"a\":[{}]}]]]]"),
};

static const struct slice bad[] = {
	{ NULL, 0 },
	SLICE_INIT(""),
	SLICE_INIT(" "),
	SLICE_INIT("nul"),
	SLICE_INIT("nulll"),
	SLICE_INIT("True"),
	SLICE_INIT("undefined"),
	SLICE_INIT("NaN"),
	SLICE_INIT("Infinity"),
	SLICE_INIT("-"),
	SLICE_INIT("+1"),
	SLICE_INIT("01"),
	SLICE_INIT("-01"),
	SLICE_INIT("1."),
	SLICE_INIT(".5"),
	SLICE_INIT("1e"),
	SLICE_INIT("1e+"),
	SLICE_INIT("1e1.5"),
	SLICE_INIT("0x10"),
	SLICE_INIT("1 2"),
	SLICE_INIT("'a'"),
	SLICE_INIT("\""),
	SLICE_INIT("\"a"),
	SLICE_INIT("\"\\\""),
	SLICE_INIT("\"\\x41\""),
	SLICE_INIT("\"\\u12\""),
	SLICE_INIT("\"\\u12g4\""),
	SLICE_INIT("\"\\u+123\""),
	SLICE_INIT("\"\\U0041\""),
	SLICE_INIT("\"\\\0\""),
	SLICE_INIT("\"a\nb\""),
	SLICE_INIT("\"a\tb\""),
	SLICE_INIT("\"a\0b\""),
	SLICE_INIT("\"\x1f\""),
	SLICE_INIT("\"\xff\""),
	SLICE_INIT("\"\xc3\""),
	SLICE_INIT("\"\xc0\x80\""),
	SLICE_INIT("\"\xed\xa0\x80\""),
	SLICE_INIT("\"\xf4\x90\x80\x80\""),
	SLICE_INIT("\xef\xbb\xbf[]"), /* a BOM */
	SLICE_INIT("\xc2\xa0[]"),
	SLICE_INIT("[]\0"),
	SLICE_INIT("["),
	SLICE_INIT("]"),
	SLICE_INIT("[1"),
	SLICE_INIT("[1,"),
	SLICE_INIT("[1,]"),
	SLICE_INIT("[,]"),
	SLICE_INIT("[,1]"),
	SLICE_INIT("[1,,2]"),
	SLICE_INIT("[1 2]"),
	SLICE_INIT("[1:2]"),
	SLICE_INIT("[]]"),
	SLICE_INIT("[][]"),
	SLICE_INIT("[}"),
	SLICE_INIT("{"),
	SLICE_INIT("{]"),
	SLICE_INIT("{1:2}"),
	SLICE_INIT("{a:1}"),
	SLICE_INIT("{\"a\"}"),
	SLICE_INIT("{\"a\":}"),
	SLICE_INIT("{\"a\":1,}"),
	SLICE_INIT("{\"a\":1 \"b\":2}"),
	SLICE_INIT("{\"a\",\"b\"}"),
	SLICE_INIT("{\"a\"::1}"),
	SLICE_INIT("{,}"),
	SLICE_INIT("[1}"),
	SLICE_INIT("{\"a\":1]"),
	SLICE_INIT("[{]}"),
	SLICE_INIT("[1]//"),
	SLICE_INIT("[1]/**/"),
};

static void
the_grammar(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		if (check(good[i]) != 0)
			fail_msg("refused: %.*s", SLICE_ARG(good[i]));
	for (size_t i = 0; i < COUNT(bad); i++)
		if (check(bad[i]) != -EINVAL)
			fail_msg("accepted: %.*s", SLICE_ARG(bad[i]));
}

static void
no_prefix_will_do(void **state)
{
	static const struct slice s = SLICE_INIT(
	    "{\"a\":[1.5e3,\"\\u00e9\\n\xf0\x9f\x98\x80\",{\"b\":{}}],"
	    "\"c\":null}");

	(void)state;
	assert_int_equal(check(s), 0);
	for (size_t n = 0; n < s.len; n++)
		assert_int_equal(check((struct slice){ s.p, n }), -EINVAL);
}

static void
depth_is_bounded(void **state)
{
	static const char *const open[] = { "[", "{\"a\":" };
	static const char close[] = "]}";

	(void)state;
	for (unsigned mix = 0; mix < 3; mix++) {
		for (unsigned depth = 1; depth <= JSON_DEPTH_MAX + 2; depth++) {
			struct buf b;

			buf_init(&b, 1000);
			for (unsigned i = 0; i < depth; i++)
				buf_puts(&b, open[mix == 2 ? i % 2 : mix]);
			buf_putc(&b, '1');
			for (unsigned i = depth; i-- > 0;)
				buf_putc(&b, close[mix == 2 ? i % 2 : mix]);
			assert_int_equal(check(buf_view(&b)),
			    depth <= JSON_DEPTH_MAX ? 0 : -E2BIG);
			buf_deinit(&b);
		}
	}
	/* also when it never closes */
	static char many[100000];
	memset(many, '[', sizeof(many));
	assert_int_equal(check((struct slice){ many, sizeof(many) }), -E2BIG);
}

static void
nodes_are_bounded(void **state)
{
	(void)state;
	for (unsigned n = JSON_NODES_MAX - 2; n <= JSON_NODES_MAX; n++) {
		struct buf b;

		/* n elements and the array itself */
		buf_init(&b, 4 * JSON_NODES_MAX);
		for (unsigned i = 0; i < n; i++)
			buf_puts(&b, i == 0 ? "[1" : ",1");
		buf_putc(&b, ']');
		assert_int_equal(
		    check(buf_view(&b)), n + 1 <= JSON_NODES_MAX ? 0 : -E2BIG);
		buf_deinit(&b);
	}
}

static void
bounds_can_be_others(void **state)
{
	static const struct json_limits tight = { 2, 5 },
					wide = { JSON_DEPTH_MAX, SIZE_MAX };
	struct buf b;

	(void)state;
	assert_int_equal(json_check_within(SLICE("[[1,2],3]"), &tight), 0);
	assert_int_equal(
	    json_check_within(SLICE("[[1,2],3,4]"), &tight), -E2BIG);
	assert_int_equal(json_check_within(SLICE("[[{}]]"), &tight), -E2BIG);
	buf_init(&b, 4 * JSON_NODES_MAX);
	for (unsigned i = 0; i < 2 * JSON_NODES_MAX - 2; i++)
		buf_puts(&b, i == 0 ? "[1" : ",1");
	buf_putc(&b, ']');
	assert_int_equal(json_check(buf_view(&b)), -E2BIG);
	assert_int_equal(json_check_within(buf_view(&b), &wide), 0);
	buf_deinit(&b);
}

static void
types(void **state)
{
	static const struct {
		const char *text;
		enum json_type type;
	} rows[] = {
		{ "null", JSON_NULL },
		{ " true", JSON_BOOL },
		{ "false", JSON_BOOL },
		{ "\n0", JSON_NUMBER },
		{ "-1", JSON_NUMBER },
		{ "\"\"", JSON_STRING },
		{ "\t[]", JSON_ARRAY },
		{ "\r{}", JSON_OBJECT },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(
		    json_type(slice_of(rows[i].text)), rows[i].type);
}

static void
walking(void **state)
{
	static const struct {
		const char *text, *walked; /* key=value| ... */
	} rows[] = {
		{ "[]", "" },
		{ " [ ] ", "" },
		{ "{}", "" },
		{ "1", "" },
		{ "\"[1]\"", "" },
		{ "null", "" },
		{ "[1]", "1|" },
		{ " [ 1 , \"a,]\\\"\" ,[2,[3]] , {\"k\":[]} , null ] ",
		    "1|\"a,]\\\"\"|[2,[3]]|{\"k\":[]}|null|" },
		{ "{\"a\":1,\"b\":{\"c\":[1,{}]},\"\\u0061\":-2.5e1}",
		    "\"a\"=1|\"b\"={\"c\":[1,{}]}|\"\\u0061\"=-2.5e1|" },
		{ " { \"a\" : \"x:y\" , \"b\" : [ 1 , 2 ] } ",
		    "\"a\"=\"x:y\"|\"b\"=[ 1 , 2 ]|" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct json_iter it;
		struct slice key, value;
		struct buf b;

		assert_int_equal(check(slice_of(rows[i].text)), 0);
		buf_init(&b, 1000);
		json_iter_init(&it, slice_of(rows[i].text));
		while (json_iter_next(&it, &key, &value)) {
			if (it.object) {
				buf_append_slice(&b, key);
				buf_putc(&b, '=');
			}
			buf_append_slice(&b, value);
			buf_putc(&b, '|');
		}
		assert_false(json_iter_next(&it, NULL, &value));
		assert_true(slice_is(buf_view(&b), rows[i].walked));
		buf_deinit(&b);
	}
}

static void
members(void **state)
{
	static const struct slice s =
	    SLICE_INIT("{\"a\":1,\"A\":2,\"a\":3,\"b\":{\"c\":4},\"\\u0063\":5,"
		       "\"\":6,\"\xc3\xa9\":7,\"ab\":8,\"a\\u0000\":9}");
	static const struct {
		const char *key, *value;
	} rows[] = {
		{ "a", "1" }, /* the first one */
		{ "A", "2" },
		{ "b", "{\"c\":4}" },
		{ "c", "5" }, /* not the inner one */
		{ "", "6" },
		{ "\xc3\xa9", "7" },
		{ "ab", "8" },
		{ "B", NULL },
		{ "abc", NULL },
		{ "\\u0063", NULL },
	};
	struct slice v;

	(void)state;
	assert_int_equal(check(s), 0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		bool found = json_get(s, rows[i].key, &v);

		assert_int_equal(found, rows[i].value != NULL);
		if (found)
			assert_true(slice_is(v, rows[i].value));
	}
	assert_false(json_get(SLICE("[\"a\",1]"), "a", &v));
	assert_false(json_get(SLICE("\"a\""), "a", &v));
	assert_false(json_get(SLICE("{}"), "a", &v));
}

static void
unescaping(void **state)
{
	static const struct {
		const char *raw;
		struct slice text;
	} rows[] = {
		{ "\"\"", SLICE_INIT("") },
		{ "\"plain\"", SLICE_INIT("plain") },
		{ "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
		    SLICE_INIT("\"\\/\b\f\n\r\t") },
		{ "\"a\\nb\"", SLICE_INIT("a\nb") },
		{ "\"\\u0041\\u00e9\\u20aC\"",
		    SLICE_INIT("A\xc3\xa9\xe2\x82\xac") },
		{ "\"\\uD83D\\uDE00!\"", SLICE_INIT("\xf0\x9f\x98\x80!") },
		{ "\"\\uD800\\uDC00\"", SLICE_INIT("\xf0\x90\x80\x80") },
		{ "\"\\uDBFF\\uDFFF\"", SLICE_INIT("\xf4\x8f\xbf\xbf") },
		/* replaced */
		{ "\"\\u0000\"", SLICE_INIT("\xef\xbf\xbd") },
		{ "\"\\uD83D\"", SLICE_INIT("\xef\xbf\xbd") },
		{ "\"\\uDE00\"", SLICE_INIT("\xef\xbf\xbd") },
		{ "\"\\uD83Dx\"", SLICE_INIT("\xef\xbf\xbdx") },
		{ "\"\\uD83D\\n\"", SLICE_INIT("\xef\xbf\xbd\n") },
		{ "\"\\uD83D\\u0041\"", SLICE_INIT("\xef\xbf\xbd"
						   "A") },
		{ "\"\\uD83D\\uD83D\\uDE00\"",
		    SLICE_INIT("\xef\xbf\xbd\xf0\x9f\x98\x80") },
		{ "\"\\uDE00\\uD83D\"",
		    SLICE_INIT("\xef\xbf\xbd\xef\xbf\xbd") },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct slice raw = slice_of(rows[i].raw);
		struct slice want = rows[i].text;
		struct buf b;

		assert_int_equal(check(raw), 0);
		buf_init(&b, want.len);
		assert_int_equal(json_unescape(raw, &b), 0);
		assert_true(slice_eq(buf_view(&b), want));
		buf_deinit(&b);
		if (want.len > 0) {
			buf_init(&b, want.len - 1);
			assert_int_equal(json_unescape(raw, &b), -ENOBUFS);
			buf_deinit(&b);
		}
	}
	struct buf b;
	buf_init(&b, 10);
	assert_int_equal(json_unescape(SLICE("1"), &b), -EINVAL);
	assert_int_equal(json_unescape(SLICE("null"), &b), -EINVAL);
	assert_int_equal(json_unescape(SLICE("\""), &b), -EINVAL);
	assert_int_equal(json_unescape(SLICE(""), &b), -EINVAL);
	buf_deinit(&b);
}

static void
comparing(void **state)
{
	(void)state;
	assert_true(json_string_is(SLICE("\"connect\""), "connect"));
	assert_true(json_string_is(SLICE("\"co\\u006enect\""), "connect"));
	assert_true(json_string_is(SLICE("\"\""), ""));
	assert_true(json_string_is(SLICE("\"\\u00e9\""), "\xc3\xa9"));
	assert_false(json_string_is(SLICE("\"connect\""), "connec"));
	assert_false(json_string_is(SLICE("\"connect\""), "connects"));
	assert_false(json_string_is(SLICE("\"connec\\u0074s\""), "connect"));
	assert_false(json_string_is(SLICE("\"Connect\""), "connect"));
	assert_false(json_string_is(SLICE("connect"), "connect"));
	assert_false(json_string_is(SLICE("\"a\\u0000\""), "a"));
}

static void
integers(void **state)
{
	static const struct {
		const char *raw;
		int64_t min, max;
		int rc;
		int64_t n;
	} rows[] = {
		{ "0", 0, 0, 0, 0 },
		{ "-0", 0, 0, 0, 0 },
		{ "10", -10, 10, 0, 10 },
		{ "-10", -10, 10, 0, -10 },
		{ "11", -10, 10, -EINVAL, 0 },
		{ "-11", -10, 10, -EINVAL, 0 },
		{ "9223372036854775807", INT64_MIN, INT64_MAX, 0, INT64_MAX },
		{ "-9223372036854775808", INT64_MIN, INT64_MAX, 0, INT64_MIN },
		{ "9223372036854775808", INT64_MIN, INT64_MAX, -EINVAL, 0 },
		{ "-9223372036854775809", INT64_MIN, INT64_MAX, -EINVAL, 0 },
		{ "18446744073709551616", INT64_MIN, INT64_MAX, -EINVAL, 0 },
		{ "99999999999999999999999", INT64_MIN, INT64_MAX, -EINVAL, 0 },
		{ "1.0", 0, 9, -EINVAL, 0 },
		{ "1e0", 0, 9, -EINVAL, 0 },
		{ "\"1\"", 0, 9, -EINVAL, 0 },
		{ "null", 0, 9, -EINVAL, 0 },
		{ "[1]", 0, 9, -EINVAL, 0 },
		{ "", 0, 9, -EINVAL, 0 },
		{ "-", 0, 9, -EINVAL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		int64_t n = 0;

		assert_int_equal(json_int(slice_of(rows[i].raw), rows[i].min,
				     rows[i].max, &n),
		    rows[i].rc);
		assert_int_equal(n, rows[i].n);
	}
}

static void
strings_are_put(void **state)
{
	static const struct {
		struct slice text;
		const char *raw;
	} rows[] = {
		{ { NULL, 0 }, "\"\"" },
		{ SLICE_INIT("plain /'\x7f"), "\"plain /'\x7f\"" },
		{ SLICE_INIT("\"\\\b\f\n\r\t"), "\"\\\"\\\\\\b\\f\\n\\r\\t\"" },
		{ SLICE_INIT("\0\x1f\x0b"), "\"\\u0000\\u001f\\u000b\"" },
		{ SLICE_INIT("\xe2\x80\xa7\xe2\x80\xa8\xe2\x80\xa9"
			     "\xe2\x80\xaa"),
		    "\"\xe2\x80\xa7\\u2028\\u2029\xe2\x80\xaa\"" },
		{ SLICE_INIT("\xc3\xa9\xf0\x9f\x98\x80"),
		    "\"\xc3\xa9\xf0\x9f\x98\x80\"" },
		{ SLICE_INIT("</script>"), "\"</script>\"" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct slice want = slice_of(rows[i].raw);
		struct buf b;

		for (size_t max = 0; max <= want.len; max++) {
			buf_init(&b, max);
			assert_int_equal(json_put_string(&b, rows[i].text),
			    max < want.len ? -ENOBUFS : 0);
			if (max == want.len)
				assert_true(slice_eq(buf_view(&b), want));
			buf_deinit(&b);
		}
		assert_int_equal(check(want), 0);
	}
}

static void
strings_come_back(void **state)
{
	struct buf text, raw, back;

	(void)state;
	buf_init(&text, 1000);
	buf_init(&raw, 10000);
	buf_init(&back, 1000);
	seed = 1;
	for (int round = 0; round < 5000; round++) {
		static const char *const parts[] = { "a", "\"", "\\", "\n",
			"\x01", "\x7f", "\xc3\xa9", "\xe2\x80\xa8",
			"\xe2\x80\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80",
			"longer text", "u0041" };

		for (uint32_t n = rnd(20); n > 0; n--)
			buf_puts(&text, parts[rnd(COUNT(parts))]);
		assert_int_equal(json_put_string(&raw, buf_view(&text)), 0);
		assert_int_equal(check(buf_view(&raw)), 0);
		assert_int_equal(json_unescape(buf_view(&raw), &back), 0);
		assert_true(slice_eq(buf_view(&back), buf_view(&text)));
		buf_clear(&text);
		buf_clear(&raw);
		buf_clear(&back);
	}
	buf_deinit(&text);
	buf_deinit(&raw);
	buf_deinit(&back);
}

#define PH(n) "{\"_placeholder\":true,\"num\":" n "}"

static void
placeholders(void **state)
{
	static const struct {
		const char *text;
		unsigned attachments;
		int found;
	} rows[] = {
		{ "[]", 1, 0 },
		{ "1", 1, 0 },
		{ "\"_placeholder\"", 1, 0 },
		{ PH("0"), 1, 1 },
		{ "[\"e\"," PH("0") "]", 1, 1 },
		{ "[\"e\"," PH("1") "," PH("0") "]", 2, 2 },
		{ "[\"e\"," PH("0") "," PH("0") "]", 1, 2 },
		{ "[{\"a\":{\"b\":[" PH("0") "]}},[[" PH("1") "]]]", 2, 2 },
		{ "[ { \"num\" : 0 , \"_placeholder\" : true } ]", 1, 1 },
		{ "[{\"\\u005fplaceholder\":true,\"n\\u0075m\":0}]", 1, 1 },
		{ "[" PH("1") "]", 1, -EINVAL },
		{ "[" PH("10") "]", 10, -EINVAL },
		{ "[" PH("9") "]", 10, 1 },
		{ "[" PH("-1") "]", 1, -EINVAL },
		{ "[" PH("0.0") "]", 1, -EINVAL },
		{ "[" PH("1e0") "]", 2, -EINVAL },
		{ "[" PH("\"0\"") "]", 1, -EINVAL },
		{ "[" PH("\"splice\"") "]", 1, -EINVAL },
		{ "[" PH("null") "]", 1, -EINVAL },
		{ "[" PH("[0]") "]", 1, -EINVAL },
		{ "[" PH("{\"num\":0}") "]", 1, -EINVAL },
		{ "[{\"_placeholder\":true}]", 1, -EINVAL },
		{ "[" PH("18446744073709551616") "]", 1, -EINVAL },
		/* only true itself makes one */
		{ "[{\"_placeholder\":false,\"num\":0}]", 1, 0 },
		{ "[{\"_placeholder\":1,\"num\":0}]", 1, 0 },
		{ "[{\"_placeholder\":\"true\",\"num\":0}]", 1, 0 },
		{ "[{\"_placeholder\":[true],\"num\":0}]", 1, 0 },
		{ "[{\"_placeholder\":{\"a\":true},\"num\":0}]", 1, 0 },
		{ "[{\"x_placeholder\":true,\"num\":0}]", 1, 0 },
		{ "[\"_placeholder\",true,\"num\",5]", 1, 0 },
		/* of two members of one name JavaScript takes the last */
		{ "[{\"_placeholder\":false,\"num\":0,"
		  "\"_placeholder\":true}]",
		    1, 1 },
		{ "[{\"_placeholder\":true,\"num\":7,"
		  "\"_placeholder\":false}]",
		    1, 0 },
		{ "[{\"_placeholder\":true,\"num\":7,\"num\":0}]", 1, 1 },
		{ "[{\"_placeholder\":true,\"num\":0,\"num\":7}]", 1, -EINVAL },
		/* what a placeholder holds is replaced with it */
		{ "[{\"_placeholder\":true,\"a\":" PH("0") ",\"num\":0}]", 1,
		    1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct slice s = slice_of(rows[i].text);
		int found;

		assert_int_equal(check(s), 0);
		found = json_placeholders(s, rows[i].attachments);
		if (found != rows[i].found)
			fail_msg("%s: %d", rows[i].text, found);
	}
}

static void
trees(void **state)
{
	struct cJSON *t = json_tree(SLICE("{\"a\":[1,\"x\"]}trailing"));
	struct cJSON *a;

	(void)state;
	cJSON_Delete(t);
	t = json_tree(SLICE("{\"a\":[1,\"x\"]}"));
	assert_non_null(t);
	a = cJSON_GetObjectItemCaseSensitive(t, "a");
	assert_int_equal(cJSON_GetArraySize(a), 2);
	assert_string_equal(cJSON_GetArrayItem(a, 1)->valuestring, "x");
	cJSON_Delete(t);
	assert_null(json_tree(SLICE("\"\\ud800\"")));
}

/* Appends a random value, nested up to depth, and its walked form. */
static void
put_random(struct buf *b, unsigned depth)
{
	static const char *const scalars[] = { "0", "-1.5e3", "true", "null",
		"\"\"", "\"\\\"],}\\u00e9\"", "\"\xc3\xa9{[\"", " \"x\" " };
	uint32_t kind = rnd(depth > 0 ? 3 : 1);

	if (kind == 0) {
		buf_puts(b, scalars[rnd(COUNT(scalars))]);
		return;
	}
	buf_puts(b, kind == 1 ? "[" : "{ ");
	for (uint32_t i = 0, n = rnd(4); i < n; i++) {
		if (i > 0)
			buf_puts(b, rnd(2) == 0 ? "," : " , ");
		if (kind == 2)
			buf_printf(b, "\"k%u\" :", (unsigned)i);
		put_random(b, depth - 1);
	}
	buf_puts(b, kind == 1 ? " ]" : "}");
}

/* Walks all of s with the iterator: how many values there are. */
static unsigned
count_values(struct slice s)
{
	struct json_iter it;
	struct slice v;
	unsigned n = 1;

	json_iter_init(&it, s);
	while (json_iter_next(&it, NULL, &v)) {
		assert_int_equal(check(v), 0);
		n += count_values(v);
	}
	return n;
}

static unsigned
count_items(const struct cJSON *t)
{
	unsigned n = 0;

	for (; t != NULL; t = t->next)
		n += 1 + count_items(t->child);
	return n;
}

/*
 * Random documents: ours and cJSON see the same values. With a byte changed
 * they may be wrong; what passes is walked without harm, and cJSON, which is
 * less strict, reads it too.
 */
static void
random_documents(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 100000);
	seed = 2;
	for (int round = 0; round < 4000; round++) {
		struct cJSON *t;

		put_random(&b, 1 + rnd(6));
		assert_int_equal(check(buf_view(&b)), 0);
		t = json_tree(buf_view(&b));
		assert_non_null(t);
		assert_int_equal(count_values(buf_view(&b)), count_items(t));
		cJSON_Delete(t);
		b.p[rnd((uint32_t)b.len)] = "\"\\[]{},:u0 x\x01"[rnd(13)];
		if (check(buf_view(&b)) == 0) {
			t = json_tree(buf_view(&b));
			assert_non_null(t);
			assert_int_equal(
			    count_values(buf_view(&b)), count_items(t));
			cJSON_Delete(t);
			json_placeholders(buf_view(&b), 3);
		}
		buf_clear(&b);
	}
	buf_deinit(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_grammar),
		cmocka_unit_test(no_prefix_will_do),
		cmocka_unit_test(depth_is_bounded),
		cmocka_unit_test(nodes_are_bounded),
		cmocka_unit_test(bounds_can_be_others),
		cmocka_unit_test(types),
		cmocka_unit_test(walking),
		cmocka_unit_test(members),
		cmocka_unit_test(unescaping),
		cmocka_unit_test(comparing),
		cmocka_unit_test(integers),
		cmocka_unit_test(strings_are_put),
		cmocka_unit_test(strings_come_back),
		cmocka_unit_test(placeholders),
		cmocka_unit_test(trees),
		cmocka_unit_test(random_documents),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
