#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "net/proxies.h"

static struct address
address(const char *text)
{
	struct address a;

	assert_int_equal(address_parse(slice_of(text), &a), 0);
	return a;
}

static void
assert_address(const struct address *a, const char *text)
{
	struct address want = { .bytes = { 0 } };

	if (text[0] != '\0')
		want = address(text);
	assert_memory_equal(a->bytes, want.bytes, sizeof(want.bytes));
}

static void
ranges(void **state)
{
	static const char *const good[] = { "192.0.2.1", "192.0.2.0/24",
		"192.0.2.1,2001:db8::/32", "loopback", "loopback,10.0.0.0/8",
		"10.0.0.1,loopback" };
	static const char *const bad[] = { "", ",", "192.0.2.1,,::1", "a",
		"Loopback", "192.0.2.1/33", "192.0.2.1 192.0.2.2", "localhost",
		"192.0.2.1,x" };
	struct proxies p;
	struct address a;
	struct buf many;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (proxies_parse(slice_of(good[i]), &p) != 0)
			fail_msg("refused: %s", good[i]);
	p.n = 7;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (proxies_parse(slice_of(bad[i]), &p) != -EINVAL || p.n != 7)
			fail_msg("let in: %s", bad[i]);

	assert_int_equal(proxies_parse(SLICE("loopback,192.0.2.0/24"), &p), 0);
	a = address("127.9.9.9");
	assert_true(proxies_has(&p, &a));
	a = address("::1");
	assert_true(proxies_has(&p, &a));
	a = address("::ffff:192.0.2.200");
	assert_true(proxies_has(&p, &a));
	a = address("192.0.3.1");
	assert_false(proxies_has(&p, &a));
	a = address("2001:db8::1");
	assert_false(proxies_has(&p, &a));

	buf_init(&many, 1024);
	for (unsigned i = 0; i < PROXIES_MAX; i++)
		buf_puts(&many, i > 0 ? ",1.1.1.1" : "1.1.1.1");
	assert_int_equal(proxies_parse(buf_view(&many), &p), 0);
	assert_int_equal(p.n, PROXIES_MAX);
	buf_puts(&many, ",::1");
	assert_int_equal(proxies_parse(buf_view(&many), &p), -EINVAL);
	buf_deinit(&many);
}

static void
forwarded(void **state)
{
	static const struct {
		const char *peer, *list, *client;
	} cases[] = {
		/* not from a proxy: whatever it says */
		{ "192.0.2.1", "198.51.100.1", "192.0.2.1" },
		{ "192.0.2.1", "", "192.0.2.1" },
		/* from one */
		{ "10.0.0.1", "198.51.100.1", "198.51.100.1" },
		{ "10.0.0.1", "2001:db8::1", "2001:db8::1" },
		{ "10.0.0.1", "1.1.1.1, 198.51.100.1", "198.51.100.1" },
		{ "10.0.0.1", "1.1.1.1,198.51.100.1\t, 10.0.0.2",
		    "198.51.100.1" },
		{ "10.0.0.1", "127.0.0.1, 198.51.100.1", "198.51.100.1" },
		{ "::ffff:10.0.0.1", "::ffff:198.51.100.1", "198.51.100.1" },
		/* proxies only */
		{ "10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3" },
		{ "10.0.0.1", "", "10.0.0.1" },
		/* no address: what is left of it is worth nothing */
		{ "10.0.0.1", "unknown", "10.0.0.1" },
		{ "10.0.0.1", "198.51.100.1, unknown", "10.0.0.1" },
		{ "10.0.0.1", "198.51.100.1,", "10.0.0.1" },
		{ "10.0.0.1", "198.51.100.1,,10.0.0.2", "10.0.0.2" },
		{ "10.0.0.1", "198.51.100.1 198.51.100.2", "10.0.0.1" },
		{ "10.0.0.1", "<script>", "10.0.0.1" },
	};
	struct proxies p;

	(void)state;
	assert_int_equal(proxies_parse(SLICE("10.0.0.0/24"), &p), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct address peer = address(cases[i].peer);
		struct address client =
		    proxies_client(&p, &peer, slice_of(cases[i].list));

		assert_address(&client, cases[i].client);
	}
}

/* Whole, with something behind it, and each part of it, which is not enough. */
static void
assert_header(struct slice header, const char *client)
{
	struct address a;
	char *copy;

	for (size_t n = 0; n < header.len; n++) {
		copy = xmalloc(n + 1); /* so that it ends where it does */
		memcpy(copy, header.p, n);
		if (proxies_header((struct slice){ copy, n }, &a) != 0)
			fail_msg("%zu bytes of %.*s", n, SLICE_ARG(header));
		free(copy);
	}
	copy = xmalloc(header.len + 5);
	memcpy(copy, header.p, header.len);
	memcpy(copy + header.len, "GET /", 5);
	assert_int_equal(
	    proxies_header((struct slice){ copy, header.len }, &a), header.len);
	assert_address(&a, client);
	assert_int_equal(
	    proxies_header((struct slice){ copy, header.len + 5 }, &a),
	    header.len);
	assert_address(&a, client);
	free(copy);
}

static void
version_1(void **state)
{
	static const char *const bad[] = { "GET / HTTP/1.1\r\n", "PROXX",
		"proxy TCP4 1.2.3.4 5.6.7.8 1 2\r\n",
		"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\n", "PROXY \r\n", "PROXY \n",
		"PROXY TCP5 1.2.3.4 5.6.7.8 1 2\r\n",
		"PROXY TCP4 1.2.3.4 5.6.7.8 1\r\n",
		"PROXY TCP4 1.2.3.4 5.6.7.8 1 2 3\r\n",
		"PROXY TCP4 1.2.3.4 5.6.7.8 1 2 \r\n",
		"PROXY TCP4  1.2.3.4 5.6.7.8 1 2\r\n",
		"PROXY TCP4 1.2.3.4 5.6.7.8 1 65536\r\n",
		"PROXY TCP4 1.2.3.4 5.6.7.8 -1 2\r\n",
		"PROXY TCP4 ::1 ::1 1 2\r\n",
		"PROXY TCP6 1.2.3.4 5.6.7.8 1 2\r\n",
		"PROXY TCP4 1.2.3 5.6.7.8 1 2\r\n",
		"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\r\n" };
	struct address a;
	char text[200];

	(void)state;
	assert_header(SLICE("PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n"),
	    "192.0.2.1");
	assert_header(
	    SLICE("PROXY TCP6 2001:db8::1 ::1 0 65535\r\n"), "2001:db8::1");
	assert_header(SLICE("PROXY UNKNOWN\r\n"), "");
	assert_header(SLICE("PROXY UNKNOWN ffff::1 ::2 1 2\r\n"), "");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (proxies_header(slice_of(bad[i]), &a) != -EINVAL)
			fail_msg("let in: %s", bad[i]);
	/* 107 bytes and no more */
	memset(text, 'x', sizeof(text));
	memcpy(text, "PROXY UNKNOWN ", 14);
	memcpy(text + 105, "\r\n", 2);
	assert_header((struct slice){ text, 107 }, "");
	assert_int_equal(proxies_header((struct slice){ text, 105 }, &a), 0);
	memcpy(text + 105, "x\r\n", 3);
	assert_int_equal(
	    proxies_header((struct slice){ text, 108 }, &a), -EINVAL);
	assert_int_equal(
	    proxies_header((struct slice){ text, 107 }, &a), -EINVAL);
}

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define TO4 "\306\063\144\001\0\1\0\2"

static void
version_2(void **state)
{
	static const struct slice bad[] = {
		SLICE_INIT("\r\n\r\n\1"),
		SLICE_INIT("\r\nGET"),
		SLICE_INIT(SIGNATURE "\x11\x11\0\x0c\300\0\2\1" TO4),
		SLICE_INIT(SIGNATURE "\x22\x11\0\x0c\300\0\2\1" TO4),
		SLICE_INIT(SIGNATURE "\x21\x12\0\x0c\300\0\2\1" TO4),
		SLICE_INIT(SIGNATURE "\x21\x31\0\x0c\300\0\2\1" TO4),
		SLICE_INIT(SIGNATURE "\x21\x11\0\x0b\300\0\2\1" TO4),
		SLICE_INIT(SIGNATURE "\x21\x21\0\x0c\300\0\2\1" TO4),
		SLICE_INIT(SIGNATURE "\x21\x11\xff\xff"),
		SLICE_INIT(SIGNATURE "\x21\x11\x07\xf1"),
	};
	char text[PROXY_HEADER_MAX];
	struct address a;

	(void)state;
	assert_header(
	    SLICE(SIGNATURE "\x21\x11\0\x0c\300\0\2\1" TO4), "192.0.2.1");
	/* fields behind the addresses */
	assert_header(
	    SLICE(SIGNATURE "\x21\x11\0\x11\300\0\2\1" TO4 "\1\0\2h2"),
	    "192.0.2.1");
	assert_header(SLICE(SIGNATURE
			  "\x21\x21\0\x24\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1"
			  "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\2\0\1\0\2"),
	    "2001:db8::1");
	/* the proxy itself, and one that it doesn't know */
	assert_header(SLICE(SIGNATURE "\x20\0\0\0"), "");
	assert_header(SLICE(SIGNATURE "\x20\x11\0\x0c\300\0\2\1" TO4), "");
	assert_header(SLICE(SIGNATURE "\x21\0\0\2xx"), "");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (proxies_header(bad[i], &a) != -EINVAL)
			fail_msg("let in: case %zu", i);
	/* as much as there may be */
	memset(text, 'x', sizeof(text));
	memcpy(text, SIGNATURE "\x20\0\x07\xf0", 16);
	assert_int_equal(
	    proxies_header((struct slice){ text, sizeof(text) }, &a),
	    sizeof(text));
	assert_int_equal(
	    proxies_header((struct slice){ text, sizeof(text) - 1 }, &a), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranges),
		cmocka_unit_test(forwarded),
		cmocka_unit_test(version_1),
		cmocka_unit_test(version_2),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
