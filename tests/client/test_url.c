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
#include "base/utf8.h"
#include "client/url.h"

#define L10 "0123456789"
#define L50 L10 L10 L10 L10 L10
#define L250 L50 L50 L50 L50 L50
#define L1000 L250 L250 L250 L250

enum { ERR_MAX = 200 };

static const struct {
	const char *in;
	bool tls;
	const char *host;
	int port;
	const char *path, *room, *text;
} good[] = {
	/* hosts */
	{ "host", false, "host", 3000, "/socket.io/", "", "http://host:3000/" },
	{ "localhost:8080", false, "localhost", 8080, "/socket.io/", "",
	    "http://localhost:8080/" },
	{ "192.168.1.20", false, "192.168.1.20", 3000, "/socket.io/", "",
	    "http://192.168.1.20:3000/" },
	{ "Chat.Example.ORG.", false, "chat.example.org", 3000, "/socket.io/",
	    "", "http://chat.example.org:3000/" },
	{ "a-b_c.d3", false, "a-b_c.d3", 3000, "/socket.io/", "",
	    "http://a-b_c.d3:3000/" },
	{ "xn--pea-8ma", false, "xn--pea-8ma", 3000, "/socket.io/", "",
	    "http://xn--pea-8ma:3000/" },
	{ "http", false, "http", 3000, "/socket.io/", "", "http://http:3000/" },
	/* IPv6, with and without brackets, however it is written */
	{ "[::1]:8080", false, "::1", 8080, "/socket.io/", "",
	    "http://[::1]:8080/" },
	{ "[0:0::1]", false, "::1", 3000, "/socket.io/", "",
	    "http://[::1]:3000/" },
	{ "::1", false, "::1", 3000, "/socket.io/", "", "http://[::1]:3000/" },
	{ "2001:DB8::A", false, "2001:db8::a", 3000, "/socket.io/", "",
	    "http://[2001:db8::a]:3000/" },
	{ "https://[2001:db8::]/", true, "2001:db8::", 443, "/socket.io/", "",
	    "https://[2001:db8::]:443/" },
	{ "::ffff:1.2.3.4", false, "::ffff:1.2.3.4", 3000, "/socket.io/", "",
	    "http://[::ffff:1.2.3.4]:3000/" },
	/* schemes */
	{ "http://host", false, "host", 80, "/socket.io/", "",
	    "http://host:80/" },
	{ "https://host", true, "host", 443, "/socket.io/", "",
	    "https://host:443/" },
	{ "ws://host/", false, "host", 80, "/socket.io/", "",
	    "http://host:80/" },
	{ "wss://host:1", true, "host", 1, "/socket.io/", "",
	    "https://host:1/" },
	{ "HTTPS://HOST:65535", true, "host", 65535, "/socket.io/", "",
	    "https://host:65535/" },
	{ "http://host:00080/", false, "host", 80, "/socket.io/", "",
	    "http://host:80/" },
	/* paths */
	{ "host/", false, "host", 3000, "/socket.io/", "",
	    "http://host:3000/" },
	{ "host/chat", false, "host", 3000, "/chat/socket.io/", "",
	    "http://host:3000/chat/" },
	{ "host/a/b/", false, "host", 3000, "/a/b/socket.io/", "",
	    "http://host:3000/a/b/" },
	{ "host/socket.io/", false, "host", 3000, "/socket.io/", "",
	    "http://host:3000/" },
	{ "host/a/socket.io/", false, "host", 3000, "/a/socket.io/", "",
	    "http://host:3000/a/" },
	{ "host/socket.io", false, "host", 3000, "/socket.io/", "",
	    "http://host:3000/" },
	{ "host/xsocket.io/", false, "host", 3000, "/xsocket.io/socket.io/", "",
	    "http://host:3000/xsocket.io/" },
	{ "host/chat.html", false, "host", 3000, "/socket.io/", "",
	    "http://host:3000/" },
	{ "host/a/index.html", false, "host", 3000, "/a/socket.io/", "",
	    "http://host:3000/a/" },
	{ "host/a.html/b", false, "host", 3000, "/a.html/b/socket.io/", "",
	    "http://host:3000/a.html/b/" },
	{ "http://host/a?b=/r/c#d", false, "host", 80, "/a/socket.io/", "",
	    "http://host:80/a/" },
	{ "host?a", false, "host", 3000, "/socket.io/", "",
	    "http://host:3000/" },
	{ "host#a", false, "host", 3000, "/socket.io/", "",
	    "http://host:3000/" },
	{ "host?a://b", false, "host", 3000, "/socket.io/", "",
	    "http://host:3000/" },
	/* normal form */
	{ "host//a///b", false, "host", 3000, "/a/b/socket.io/", "",
	    "http://host:3000/a/b/" },
	{ "host/a/./b/../c/..", false, "host", 3000, "/a/socket.io/", "",
	    "http://host:3000/a/" },
	{ "host/../../%2e%2E/a", false, "host", 3000, "/a/socket.io/", "",
	    "http://host:3000/a/" },
	{ "host/%61%2d%2Fb%c3%b1\xc3\xb1 \"x", false, "host", 3000,
	    "/a-%2Fb%C3%B1%C3%B1%20%22x/socket.io/", "",
	    "http://host:3000/a-%2Fb%C3%B1%C3%B1%20%22x/" },
	{ "host/a\r\nX: y", false, "host", 3000, "/a%0D%0AX:%20y/socket.io/",
	    "", "http://host:3000/a%0D%0AX:%20y/" },
	{ "host/!$&'()*+,;=:", false, "host", 3000, "/!$&'()*+,;=:/socket.io/",
	    "", "http://host:3000/!$&'()*+,;=:/" },
	/* rooms */
	{ "host/r/ops", false, "host", 3000, "/socket.io/", "ops",
	    "http://host:3000/" },
	{ "https://host/chat/r/ops/?x#y", true, "host", 443, "/chat/socket.io/",
	    "ops", "https://host:443/chat/" },
	{ "host/r/a%20b%2fc+d", false, "host", 3000, "/socket.io/", "a b/c+d",
	    "http://host:3000/" },
	{ "host/r/\xc3\xb1%C3%B1", false, "host", 3000, "/socket.io/",
	    "\xc3\xb1\xc3\xb1", "http://host:3000/" },
	{ "host/r/r/r", false, "host", 3000, "/r/socket.io/", "r",
	    "http://host:3000/r/" },
	{ "host/r/a.html", false, "host", 3000, "/socket.io/", "a.html",
	    "http://host:3000/" },
	{ "host/r/ops/a", false, "host", 3000, "/r/ops/a/socket.io/", "",
	    "http://host:3000/r/ops/a/" },
	{ "host/r/", false, "host", 3000, "/r/socket.io/", "",
	    "http://host:3000/r/" },
	{ "host/r//", false, "host", 3000, "/r/socket.io/", "",
	    "http://host:3000/r/" },
	{ "host/R/ops", false, "host", 3000, "/R/ops/socket.io/", "",
	    "http://host:3000/R/ops/" },
	{ "host/r/" L250 "abcdef", false, "host", 3000, "/socket.io/",
	    L250 "abcdef", "http://host:3000/" },
};

static int
parse(const char *in, struct url *u, char text[ERR_MAX + 1])
{
	struct buf err;
	int rc;

	buf_init(&err, ERR_MAX);
	rc = url_parse(in, u, &err);
	assert_false(err.failed);
	snprintf(text, ERR_MAX + 1, "%.*s", SLICE_ARG(buf_view(&err)));
	buf_deinit(&err);
	return rc;
}

static void
taken(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		char text[ERR_MAX + 1];
		struct url u, again;
		int rc = parse(good[i].in, &u, text);

		assert_string_equal(text, "");
		assert_int_equal(rc, 0);
		assert_int_equal(u.tls, good[i].tls);
		assert_string_equal(u.host, good[i].host);
		assert_int_equal(u.port, good[i].port);
		assert_string_equal(u.path, good[i].path);
		assert_string_equal(u.room, good[i].room);
		assert_string_equal(u.text, good[i].text);

		/* The text is a URL, too: of the same server. */
		assert_int_equal(parse(u.text, &again, text), 0);
		assert_int_equal(again.tls, u.tls);
		assert_string_equal(again.host, u.host);
		assert_int_equal(again.port, u.port);
		assert_string_equal(again.path, u.path);
		assert_string_equal(again.text, u.text);
	}
}

static const struct {
	const char *in, *why;
} bad[] = {
	/* no host */
	{ "", "the host is missing" },
	{ "/", "the host is missing" },
	{ ":3000", "the host is missing" },
	{ "http://", "the host is missing" },
	{ "https:///r/ops", "the host is missing" },
	{ "http://?", "the host is missing" },
	/* schemes */
	{ "ftp://host", "\"ftp\" is not a scheme: http, https, ws or wss" },
	{ "://host", "\"\" is not a scheme: http, https, ws or wss" },
	{ "h\033ttp://host", "\"h\xef\xbf\xbd"
			     "ttp\" is not a scheme: http, https, ws or "
			     "wss" },
	{ "http:/host", "\"\" is not a port number" },
	{ "http:host", "\"host\" is not a port number" },
	{ "mailto:ana@host", "a URL can't have a user name: see --nick" },
	/* hosts */
	{ "ana:secret@host", "a URL can't have a user name: see --nick" },
	{ "http://ana@host/", "a URL can't have a user name: see --nick" },
	{ "a b", "\"a b\" is not a host name" },
	{ "a%20b", "\"a%20b\" is not a host name" },
	{ ".", "\".\" is not a host name" },
	{ "a..b", "\"a..b\" is not a host name" },
	{ ".a", "\".a\" is not a host name" },
	{ "a..", "\"a..\" is not a host name" },
	{ "a\r\nb", "\"a b\" is not a host name" },
	{ "a\\b", "\"a\\b\" is not a host name" },
	{ "\xc3\xb1oo\xc3\xba",
	    "\"\xc3\xb1oo\xc3\xba\" is not in ASCII: international names "
	    "are written xn--..." },
	{ L250 "abcdef",
	    "\"" L50 "0123456\xe2\x80\xa6\" is too long for a host name" },
	{ "3000", "\"3000\" is not an address" },
	{ "256.1.1.1", "\"256.1.1.1\" is not an address" },
	{ "1.2.3", "\"1.2.3\" is not an address" },
	{ "1.2.3.4.", "" },
	{ "a.7", "\"a.7\" is not an address" },
	/* IPv6 */
	{ "[::1", "\"[::1\" lacks its ]" },
	{ "[]", "\"\" is not an IPv6 address" },
	{ "[1.2.3.4]", "\"1.2.3.4\" is not an IPv6 address" },
	{ "[host]:80", "\"host\" is not an IPv6 address" },
	{ "::1::2", "\"::1::2\" is not an IPv6 address" },
	{ "a:b:c", "\"a:b:c\" is not an IPv6 address" },
	{ "host:80:81", "\"host:80:81\" is not an IPv6 address" },
	{ "[" L50 "::1]", "\"" L50 "::1\" is not an IPv6 address" },
	{ "[fe80::1%eth0]", "\"fe80::1%eth0\" has a zone, which is not "
			    "supported" },
	{ "[::1]80", "\"[::1]80\" is not [address]:port" },
	{ "[::1]x:80", "\"[::1]x:80\" is not [address]:port" },
	/* ports */
	{ "host:", "\"\" is not a port number" },
	{ "[::1]:", "\"\" is not a port number" },
	{ "host:0", "\"0\" is not a port number" },
	{ "host:65536", "\"65536\" is not a port number" },
	{ "host:999999999999", "\"999999999999\" is not a port number" },
	{ "host:-1", "\"-1\" is not a port number" },
	{ "host:+1", "\"+1\" is not a port number" },
	{ "host:8o", "\"8o\" is not a port number" },
	{ "http://host: 80", "\"80\" is not a port number" },
	/* paths */
	{ "host/a%", "\"a%\" has a % without two digits" },
	{ "host/a%2", "\"a%2\" has a % without two digits" },
	{ "host/%zz", "\"%zz\" has a % without two digits" },
	{ "host/" L1000 L50,
	    "\"" L50 "0123456\xe2\x80\xa6\" is too long for a path" },
	/* rooms */
	{ "host/r/%", "\"%\" has a % without two digits" },
	{ "host/r/%ff", "\"%ff\" is not UTF-8" },
	{ "host/r/\xc3", "\"\xef\xbf\xbd\" is not UTF-8" },
	{ "host/r/a%00", "\"a%00\" has a control character" },
	{ "host/r/a%1b", "\"a%1b\" has a control character" },
	/* invitations */
	{ "host/i/a%2e", "\"a%2e\" is not an invitation" },
	{ "host/i/\033[2J", "\"\xef\xbf\xbd[2J\" is not an invitation" },
	{ "host/i/" L50 L50 L50,
	    "\"" L50 "0123456\xe2\x80\xa6\" is not an invitation" },
	{ "host/r/" L250 "abcdefg",
	    "\"" L50 "0123456\xe2\x80\xa6\" is too long for a room" },
};

static void
invitations(void **state)
{
	char text[ERR_MAX + 1];
	struct url u;

	(void)state;
	assert_int_equal(parse("https://host/chat/i/Ab-9_/?x", &u, text), 0);
	assert_string_equal(u.invite, "Ab-9_");
	assert_string_equal(u.room, "");
	assert_string_equal(u.path, "/chat/socket.io/");
	assert_string_equal(u.text, "https://host:443/chat/");
	assert_int_equal(parse("host/i/", &u, text), 0);
	assert_string_equal(u.invite, "");
	assert_string_equal(u.path, "/i/socket.io/");
	assert_int_equal(parse("host/r/i", &u, text), 0);
	assert_string_equal(u.invite, "");
	assert_string_equal(u.room, "i");
}

static void
refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char text[ERR_MAX + 1];
		struct url u;
		int rc = parse(bad[i].in, &u, text);

		assert_string_equal(text, bad[i].why);
		assert_int_equal(rc, *bad[i].why != '\0' ? -EINVAL : 0);
	}
}

/* The longest of each fit in together. */
static void
the_longest(void **state)
{
	static const char in[] =
	    "https://a" L250 "abcd:65535/" L1000 "abcd/r/x";
	static const char longer[] = "https://a/" L1000 "abcdefghijklmn";
	char text[ERR_MAX + 1];
	struct url u;

	(void)state;
	assert_int_equal(parse(in, &u, text), 0);
	assert_int_equal(strlen(u.host), URL_HOST_MAX);
	assert_string_equal(
	    u.text, "https://a" L250 "abcd:65535/" L1000 "abcd/");
	assert_int_equal(parse(longer, &u, text), -EINVAL);
	/* 1024 with the slashes and "socket.io/" */
	assert_int_equal(parse("a/" L1000 "abcdefghijkl", &u, text), 0);
	assert_int_equal(strlen(u.path), URL_PATH_MAX);
	assert_int_equal(parse("a/" L1000 "abcdefghijklm", &u, text), -EINVAL);
}

/* Anything: an error of one clean line, or what is in bounds and harmless. */
static void
anything(void **state)
{
	static const char *const bits[] = { "http://", "[", "]", ":", "/r/",
		"%", "..", "@", "::1", "/", ".html", "a", "1", "\xc3", "\033",
		"socket.io/" };
	uint32_t x = 3;

	(void)state;
	for (int i = 0; i < 50000; i++) {
		char in[200] = "", text[ERR_MAX + 1];
		struct url u;

		for (unsigned n = x >> 8 & 15; n > 0; n--) {
			x = x * 1664525 + 1013904223;
			strcat(in, bits[x >> 20 & 15]);
		}
		x = x * 1664525 + 1013904223;
		if (parse(in, &u, text) != 0) {
			assert_string_not_equal(text, "");
			assert_true(utf8_valid(text, strlen(text)));
			assert_null(strpbrk(text, "\033\n"));
			continue;
		}
		assert_true(u.port > 0 && u.port < 65536);
		assert_true(u.host[0] != '\0');
		assert_true(slice_is_ascii(slice_of(u.path)));
		assert_true(slice_is_ascii(slice_of(u.text)));
		assert_null(strpbrk(u.text, "\033\n "));
		assert_null(strstr(u.path, "/../"));
		assert_true(utf8_valid(u.room, strlen(u.room)));
		assert_null(strpbrk(u.room, "\033\n"));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(taken),
		cmocka_unit_test(invitations),
		cmocka_unit_test(refused),
		cmocka_unit_test(the_longest),
		cmocka_unit_test(anything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
