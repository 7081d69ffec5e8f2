#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "proto/json.h"
#include "proto/sio_packet.h"

static int
decode(int protocol, struct slice text, struct sio_packet *out)
{
	static const struct sio_limits limits = { 10, { 32, 1000 } };

	return sio_packet_decode(protocol, text, &limits, out);
}

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define PH(n) "{\"_placeholder\":true,\"num\":" #n "}"

static uint32_t seed;

static uint32_t
rnd(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (uint32_t)(((uint64_t)seed * below) >> 32);
}

static void
accepted(void **state)
{
	static const struct {
		const char *text, *nsp;
		int64_t id;
		const char *data;
		int type;
		unsigned attachments;
	} rows[] = {
		{ "0", "/", SIO_NO_ID, "", SIO_CONNECT, 0 },
		{ "0{}", "/", SIO_NO_ID, "{}", SIO_CONNECT, 0 },
		{ "0{\"token\":\"x\"}", "/", SIO_NO_ID, "{\"token\":\"x\"}",
		    SIO_CONNECT, 0 },
		{ "0/custom", "/custom", SIO_NO_ID, "", SIO_CONNECT, 0 },
		{ "0/custom,", "/custom", SIO_NO_ID, "", SIO_CONNECT, 0 },
		{ "0/custom,{\"a\":[1,2]}", "/custom", SIO_NO_ID,
		    "{\"a\":[1,2]}", SIO_CONNECT, 0 },
		{ "0/,{}", "/", SIO_NO_ID, "{}", SIO_CONNECT, 0 },
		{ "0/\xc3\xb1,", "/\xc3\xb1", SIO_NO_ID, "", SIO_CONNECT, 0 },
		{ "1", "/", SIO_NO_ID, "", SIO_DISCONNECT, 0 },
		{ "1/admin,", "/admin", SIO_NO_ID, "", SIO_DISCONNECT, 0 },
		{ "2[\"hello\",1]", "/", SIO_NO_ID, "[\"hello\",1]", SIO_EVENT,
		    0 },
		{ "2[\"\"]", "/", SIO_NO_ID, "[\"\"]", SIO_EVENT, 0 },
		{ "2[1,2]", "/", SIO_NO_ID, "[1,2]", SIO_EVENT, 0 },
		{ "20[\"a\"]", "/", 0, "[\"a\"]", SIO_EVENT, 0 },
		{ "2456[\"a\"]", "/", 456, "[\"a\"]", SIO_EVENT, 0 },
		{ "2/admin,456[\"a\",{}]", "/admin", 456, "[\"a\",{}]",
		    SIO_EVENT, 0 },
		{ "29007199254740991[\"a\"]", "/", 9007199254740991, "[\"a\"]",
		    SIO_EVENT, 0 },
		/* JSON may have white space inside and behind */
		{ "2[ \"a\" , 1 ] \n", "/", SIO_NO_ID, "[ \"a\" , 1 ]",
		    SIO_EVENT, 0 },
		/* almost a reserved name */
		{ "2[\"Connect\"]", "/", SIO_NO_ID, "[\"Connect\"]", SIO_EVENT,
		    0 },
		{ "2[\"connects\"]", "/", SIO_NO_ID, "[\"connects\"]",
		    SIO_EVENT, 0 },
		{ "2[\"error\"]", "/", SIO_NO_ID, "[\"error\"]", SIO_EVENT, 0 },
		{ "2[\"__proto__\"]", "/", SIO_NO_ID, "[\"__proto__\"]",
		    SIO_EVENT, 0 },
		/* a placeholder without attachments is an object */
		{ "2[\"a\"," PH(7) "]", "/", SIO_NO_ID, "[\"a\"," PH(7) "]",
		    SIO_EVENT, 0 },
		{ "31[]", "/", 1, "[]", SIO_ACK, 0 },
		{ "3/admin,456[\"connect\"]", "/admin", 456, "[\"connect\"]",
		    SIO_ACK, 0 },
		{ "4{\"message\":\"x\"}", "/", SIO_NO_ID, "{\"message\":\"x\"}",
		    SIO_CONNECT_ERROR, 0 },
		{ "4\"Invalid namespace\"", "/", SIO_NO_ID,
		    "\"Invalid namespace\"", SIO_CONNECT_ERROR, 0 },
		{ "51-[\"a\"," PH(0) "]", "/", SIO_NO_ID, "[\"a\"," PH(0) "]",
		    SIO_BINARY_EVENT, 1 },
		{ "52-/admin,7[\"a\",{\"x\":" PH(1) "}," PH(0) "]", "/admin", 7,
		    "[\"a\",{\"x\":" PH(1) "}," PH(0) "]", SIO_BINARY_EVENT,
		    2 },
		{ "61-/admin,456[" PH(0) "]", "/admin", 456, "[" PH(0) "]",
		    SIO_BINARY_ACK, 1 },
		{ "510-[\"a\"," PH(0) "," PH(1) "," PH(2) "," PH(3) "," PH(
		      4) "," PH(5) "," PH(6) "," PH(7) "," PH(8) "," PH(9) "]",
		    "/", SIO_NO_ID,
		    "[\"a\"," PH(0) "," PH(1) "," PH(2) "," PH(3) "," PH(
			4) "," PH(5) "," PH(6) "," PH(7) "," PH(8) "," PH(9) "]",
		    SIO_BINARY_EVENT, 10 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows) * 2; i++) {
		const char *text = rows[i / 2].text;
		struct sio_packet pk;

		if (decode(4 + (int)(i % 2), slice_of(text), &pk) != 0)
			fail_msg("refused: %s", text);
		assert_int_equal(pk.type, rows[i / 2].type);
		assert_true(slice_is(pk.nsp, rows[i / 2].nsp));
		assert_int_equal(pk.query.len, 0);
		assert_int_equal(pk.has_id, rows[i / 2].id != SIO_NO_ID);
		if (pk.has_id)
			assert_int_equal(pk.id, rows[i / 2].id);
		assert_true(slice_is(pk.data, rows[i / 2].data));
		assert_int_equal(pk.attachments, rows[i / 2].attachments);
	}
}

static void
refused(void **state)
{
	static const char *const rows[] = {
		"",
		"7",
		"9[\"a\"]",
		"a",
		"abc",
		"-1",
		" 2[\"a\"]",
		"\xff",
		/* connect */
		"0[]",
		"0\"x\"",
		"0null",
		"0true",
		"01",
		"01{}",
		"0{",
		"0{}x",
		"0{}{}",
		"0 {}",
		"0/a, {}",
		"0/a,b",
		/* disconnect */
		"1{}",
		"1[]",
		"11",
		"1/a,x",
		/* event */
		"2",
		"2/a",
		"2/a,",
		"21",
		"2{}",
		"2abc[]",
		"2\"a\"",
		"2[]",
		"2[null]",
		"2[true]",
		"2[[\"a\"]]",
		"2[{\"toString\":\"foo\"}]",
		"2[\"a\"",
		"2[\"a\"]]",
		"2[\"a\"],",
		"2[\"a\",]",
		"2[\"\xff\"]",
		"2 [\"a\"]",
		"2\t[\"a\"]",
		"21 [\"a\"]",
		"2/a, 1[\"a\"]",
		"2/a[\"a\"]",
		"2,[\"a\"]",
		"2a/,[\"a\"]",
		"200[\"a\"]",
		"2012[\"a\"]",
		"2-1[\"a\"]",
		"2+1[\"a\"]",
		"21.5[\"a\"]",
		"21e3[\"a\"]",
		"29007199254740992[\"a\"]",
		"218446744073709551617[\"a\"]",
		"21-[\"a\"," PH(0) "]",
		"2[\"connect\"]",
		"2[\"connect_error\"]",
		"2[\"disconnect\"]",
		"2[\"disconnecting\"]",
		"2[\"newListener\"]",
		"2[\"removeListener\"]",
		"2[\"co\\u006enect\"]",
		"2[ \"\\u0063\\u006f\\u006e\\u006e\\u0065\\u0063\\u0074\"]",
		"2/a,5[\"disconnect\",1]",
		/* ack */
		"3",
		"3[]",
		"3/a,[]",
		"31",
		"31{}",
		"31\"a\"",
		"31null",
		/* connect error */
		"41{}",
		"4{\"a\"}",
		/* binary */
		"5",
		"5-[\"a\"]",
		"5[\"a\"," PH(0) "]",
		"50-[\"a\"]",
		"501-[\"a\"," PH(0) "]",
		"51[\"a\"," PH(0) "]",
		"51-",
		"51-[\"a\"]",
		"51-[]",
		"51-{\"a\":" PH(0) "}",
		"51-[\"a\"," PH(1) "]",
		"51-[\"a\"," PH(0) "," PH(0) "]",
		"52-[\"a\"," PH(0) "]",
		"51-[\"connect\"," PH(0) "]",
		"51-[\"a\",{\"_placeholder\":true,\"num\":\"splice\"}]",
		"51-[\"a\",{\"_placeholder\":true}]",
		"51-[" PH(0) "]",
		"511-[\"a\"," PH(0) "]",
		"5999999-[\"a\"," PH(0) "]",
		"51e0-[\"a\"," PH(0) "]",
		"5 1-[\"a\"," PH(0) "]",
		"51 -[\"a\"," PH(0) "]",
		"5-1-[\"a\"," PH(0) "]",
		"5+1-[\"a\"," PH(0) "]",
		"51--[\"a\"," PH(0) "]",
		"51/a-,[\"a\"," PH(0) "]",
		"61-[" PH(0) "]",
		"60-1[]",
		"61-1[1]",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows) * 2; i++) {
		const char *text = rows[i / 2];
		size_t len = strlen(text);
		struct sio_packet pk;
		char *copy = xmalloc(len + !len);

		assert_non_null(copy);
		memcpy(copy, text, len);
		if (decode(4 + (int)(i % 2), (struct slice){ copy, len },
			&pk) != -EINVAL)
			fail_msg("accepted: %s", text);
		free(copy);
	}
}

static void
protocol_4(void **state)
{
	struct sio_packet pk;
	struct slice s = SLICE("0/admin?token=1%2C2&b=c,");

	(void)state;
	assert_int_equal(decode(4, s, &pk), 0);
	assert_true(slice_is(pk.nsp, "/admin"));
	assert_true(slice_is(pk.query, "token=1%2C2&b=c"));
	assert_int_equal(decode(4, SLICE("0/admin?"), &pk), 0);
	assert_true(slice_is(pk.nsp, "/admin"));
	assert_int_equal(pk.query.len, 0);
	assert_int_equal(decode(4, SLICE("0/?a=b"), &pk), 0);
	assert_true(slice_is(pk.nsp, "/"));
	assert_true(slice_is(pk.query, "a=b"));
	/* nowhere else */
	assert_int_equal(decode(4, SLICE("1/a?b"), &pk), 0);
	assert_true(slice_is(pk.nsp, "/a?b"));
	assert_int_equal(decode(5, s, &pk), 0);
	assert_true(slice_is(pk.nsp, "/admin?token=1%2C2&b=c"));
	assert_int_equal(pk.query.len, 0);

	assert_int_equal(decode(4, SLICE("4[1]"), &pk), 0);
	assert_true(slice_is(pk.data, "[1]"));
	assert_int_equal(decode(4, SLICE("4null"), &pk), 0);
	assert_int_equal(decode(4, SLICE("4"), &pk), 0);
	assert_int_equal(decode(5, SLICE("4[1]"), &pk), -EINVAL);
	assert_int_equal(decode(5, SLICE("4null"), &pk), -EINVAL);
	assert_int_equal(decode(5, SLICE("4"), &pk), -EINVAL);
}

static void
a_namespace_has_a_bound(void **state)
{
	static char text[1 + SIO_NSP_MAX + 1000];
	struct sio_packet pk;

	(void)state;
	memset(text, 'n', sizeof(text));
	text[0] = '0';
	text[1] = '/';
	assert_int_equal(
	    decode(5, (struct slice){ text, 1 + SIO_NSP_MAX }, &pk), 0);
	assert_int_equal(pk.nsp.len, SIO_NSP_MAX);
	assert_int_equal(
	    decode(5, (struct slice){ text, 2 + SIO_NSP_MAX }, &pk), -EINVAL);
	/* a query is not part of it */
	text[100] = '?';
	assert_int_equal(
	    decode(4, (struct slice){ text, sizeof(text) }, &pk), 0);
	assert_int_equal(pk.nsp.len, 99);
	assert_int_equal(pk.query.len, sizeof(text) - 101);
}

static void
names_and_arguments(void **state)
{
	static const struct {
		const char *text, *name, *rest;
	} rows[] = {
		{ "2[\"a\"]", "\"a\"", "" },
		{ "2[ \"a\" ] ", "\"a\"", "" },
		{ "2[\"a\",1,[2,\"]\"]]", "\"a\"", "1,[2,\"]\"]" },
		{ "2[ \"a\" , 1 , 2 ] ", "\"a\"", "1 , 2" },
		{ "21[7,{}]", "7", "{}" },
		{ "2[\"a\\\"]\",\"]\"]", "\"a\\\"]\"", "\"]\"" },
		{ "51-/x,[\"a\"," PH(0) "]", "\"a\"", PH(0) },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct sio_packet pk;
		struct slice name, rest, v;
		struct json_iter it;
		char joined[100];

		assert_int_equal(decode(5, slice_of(rows[i].text), &pk), 0);
		name = sio_event_name(&pk, &rest);
		assert_true(slice_is(name, rows[i].name));
		if (!slice_is(rest, rows[i].rest))
			fail_msg("%s: %.*s", rows[i].text, SLICE_ARG(rest));
		/* it goes between other brackets */
		snprintf(joined, sizeof(joined), "[%.*s]", SLICE_ARG(rest));
		assert_int_equal(json_check(slice_of(joined)), 0);
		/* and can be walked */
		json_iter_args(&it, rest);
		assert_int_equal(json_iter_next(&it, NULL, &v), rest.len > 0);
		while (json_iter_next(&it, NULL, &v))
			assert_int_equal(json_check(v), 0);
	}
}

static void
arguments_of_acknowledgements(void **state)
{
	static const struct {
		const char *text, *args;
	} rows[] = {
		{ "30[]", "" },
		{ "30[ ]", "" },
		{ "31[1]", "1" },
		{ "31[ 1 , \"]\" ] ", "1 , \"]\"" },
		{ "3/a,7[{\"a\":[1,2]},null]", "{\"a\":[1,2]},null" },
		{ "61-0[" PH(0) ",2 ]", PH(0) ",2" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct sio_packet pk;

		assert_int_equal(decode(5, slice_of(rows[i].text), &pk), 0);
		assert_true(slice_is(sio_ack_args(&pk), rows[i].args));
	}
}

static void
encoding(void **state)
{
	static const struct {
		int type;
		const char *nsp;
		int64_t id;
		unsigned attachments;
		const char *data, *text;
	} rows[] = {
		{ SIO_CONNECT, "/", SIO_NO_ID, 0, "{\"sid\":\"x\"}",
		    "40{\"sid\":\"x\"}" },
		{ SIO_CONNECT, "", SIO_NO_ID, 0, "", "40" },
		{ SIO_CONNECT, "/a", SIO_NO_ID, 0, "{}", "40/a,{}" },
		{ SIO_CONNECT, "/a", SIO_NO_ID, 0, "", "40/a," },
		{ SIO_DISCONNECT, "/", SIO_NO_ID, 0, "", "41" },
		{ SIO_EVENT, "/", SIO_NO_ID, 0, "[\"a\"]", "42[\"a\"]" },
		{ SIO_EVENT, "/", 0, 0, "[\"a\"]", "420[\"a\"]" },
		{ SIO_EVENT, "/a", 9007199254740991, 0, "[\"a\"]",
		    "42/a,9007199254740991[\"a\"]" },
		{ SIO_ACK, "/a", 12, 0, "[]", "43/a,12[]" },
		{ SIO_CONNECT_ERROR, "/a", SIO_NO_ID, 0, "{\"message\":\"no\"}",
		    "44/a,{\"message\":\"no\"}" },
		{ SIO_EVENT, "/", 3, 1, "[\"a\"," PH(0) "]",
		    "451-3[\"a\"," PH(0) "]" },
		{ SIO_EVENT, "/a", SIO_NO_ID, 10, "[]", "4510-/a,[]" },
		{ SIO_ACK, "/a", 5, 2, "[]", "462-/a,5[]" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct eio_packet *p = sio_packet_encode(
		    (enum sio_type)rows[i].type, slice_of(rows[i].nsp),
		    rows[i].id, rows[i].attachments, slice_of(rows[i].data));

		assert_true(slice_is(eio_packet_text(p, 4), rows[i].text));
		eio_packet_unref(p);
	}
}

/* What is encoded decodes to the same; with a byte changed, to anything. */
static void
random_round_trips(void **state)
{
	static const char *const nsps[] = { "/", "/a", "/a/b-c", "/[0]{",
		"/12" };
	static const char *const data[][3] = {
		{ "", "{}", "{\"a\":[1,{\"b\":null}]}" },
		{ "", "", "" },
		{ "[\"a\"]", "[1,2]", "[\"b\",{\"c\":[\"]\"]}]" },
		{ "[]", "[null]", "[[],{}]" },
		{ "{}", "\"x\"", "{\"message\":\"x\",\"data\":1}" },
	};

	(void)state;
	seed = 1;
	for (int round = 0; round < 20000; round++) {
		uint32_t type = rnd(5);
		struct slice nsp = slice_of(nsps[rnd(COUNT(nsps))]);
		struct slice d = slice_of(data[type][rnd(3)]);
		int64_t id = type == SIO_ACK || (type == SIO_EVENT && rnd(2))
				 ? (int64_t)rnd(UINT32_MAX)
				 : SIO_NO_ID;
		struct eio_packet *p =
		    sio_packet_encode((enum sio_type)type, nsp, id, 0, d);
		char *text = eio_packet_data(p);
		struct sio_packet pk;

		assert_int_equal(
		    decode(5, (struct slice){ text, p->len }, &pk), 0);
		assert_int_equal(pk.type, type);
		assert_true(slice_eq(pk.nsp, nsp));
		assert_true(slice_eq(pk.data, d));
		assert_int_equal(pk.has_id, id != SIO_NO_ID);
		if (pk.has_id)
			assert_int_equal(pk.id, id);
		text[rnd(p->len)] = "0123456789-/,[]{}\" \\"[rnd(20)];
		decode(4 + (int)rnd(2), (struct slice){ text, p->len }, &pk);
		eio_packet_unref(p);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepted),
		cmocka_unit_test(refused),
		cmocka_unit_test(protocol_4),
		cmocka_unit_test(a_namespace_has_a_bound),
		cmocka_unit_test(names_and_arguments),
		cmocka_unit_test(arguments_of_acknowledgements),
		cmocka_unit_test(encoding),
		cmocka_unit_test(random_round_trips),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
