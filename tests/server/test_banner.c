#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "server/banner.h"

static char *
text_of(const struct banner *b)
{
	struct buf out;

	buf_init(&out, 1 << 20);
	assert_int_equal(banner_put(&out, b), 0);
	return buf_steal(&out);
}

static char *
banner(const char *host, int port, bool terminal)
{
	return text_of(&(const struct banner){
	    .host = host, .port = port, .terminal = terminal });
}

static unsigned
count(const char *text, const char *what)
{
	unsigned n = 0;

	while ((text = strstr(text, what)) != NULL) {
		text++;
		n++;
	}
	return n;
}

static void
one_address(void **state)
{
	static const struct {
		const char *host, *url, *connect;
		bool code; /* worth a QR code */
	} cases[] = {
		{ "127.0.0.1", "http://127.0.0.1:81/", "127.0.0.1:81", false },
		{ "::1", "http://[::1]:81/", "[::1]:81", false },
		{ "[::1]", "http://[::1]:81/", "[::1]:81", false },
		{ "192.0.2.1", "http://192.0.2.1:81/", "192.0.2.1:81", true },
		{ "2001:db8::1", "http://[2001:db8::1]:81/", "[2001:db8::1]:81",
		    true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (int terminal = 0; terminal < 2; terminal++) {
			char *text = banner(cases[i].host, 81, terminal);
			char *connect = strstr(text, "chat connect ");

			assert_int_equal(count(text, "http://"), 1);
			assert_non_null(strstr(text, cases[i].url));
			assert_non_null(connect);
			connect += strlen("chat connect ");
			assert_memory_equal(connect, cases[i].connect,
			    strlen(cases[i].connect));
			assert_int_equal(strchr(text, '\033') != NULL,
			    terminal && cases[i].code);
			free(text);
		}
	}
}

static void
all_addresses(void **state)
{
	static const char *const hosts[] = { NULL, "::", "0.0.0.0" };

	(void)state;
	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		char *text = banner(hosts[i], 3000, false);
		char *at = strstr(text, "http://");

		assert_non_null(at);
		assert_memory_equal(at, "http://localhost:3000/\n", 23);
		assert_int_equal(
		    count(text, ":3000/\n"), count(text, "http://"));
		assert_int_equal(count(text, "chat connect "), 1);
		assert_null(strstr(text, "127.0.0.1"));
		assert_null(strstr(text, "[::1]"));
		assert_null(strstr(text, "[fe80"));
		if (hosts[i] != NULL && hosts[i][0] == '0')
			assert_null(strchr(text, '['));
		free(text);
	}
}

/* What has the certificate's name; else what is verified would fail. */
static void
secure(void **state)
{
	struct banner b = { .host = "192.0.2.1", .port = 81, .tls = true };
	char *text = text_of(&b);

	(void)state;
	assert_null(strstr(text, "http:"));
	assert_non_null(
	    strstr(text, "  On the network    https://192.0.2.1:81/\n"));
	assert_non_null(strstr(text, "chat connect https://192.0.2.1:81\n"));
	free(text);

	b.ca = "own.pem";
	b.host = NULL;
	text = text_of(&b);
	assert_non_null(strstr(text, "https://localhost:81/\n"));
	assert_non_null(strstr(text, "chat connect --ca own.pem https://"));
	free(text);

	b.name = "chat.example";
	b.terminal = true;
	text = text_of(&b);
	assert_int_equal(count(text, "https://"), 2);
	assert_non_null(strstr(text, "https://chat.example:81/\n"));
	assert_non_null(strstr(
	    text, "chat connect --ca own.pem https://chat.example:81\n"));
	assert_non_null(strchr(text, '\033'));
	free(text);

	b.host = "127.0.0.1";
	text = text_of(&b);
	assert_non_null(
	    strstr(text, "  On this machine   https://127.0.0.1:81/\n"));
	assert_null(strchr(text, '\033'));
	free(text);
}

/* Nobody is told to come where only the proxy is understood. */
static void
proxied(void **state)
{
	struct banner b = { .host = "127.0.0.1",
		.port = 81,
		.terminal = true,
		.proxied = true };
	char *text = text_of(&b);

	(void)state;
	assert_string_equal(
	    text, "\n  For the proxy     http://127.0.0.1:81/\n\n");
	free(text);

	b.host = NULL;
	text = text_of(&b);
	assert_non_null(
	    strstr(text, "  For the proxy     http://localhost:81/\n"));
	assert_null(strstr(text, "connect localhost"));
	assert_null(strstr(text, "On this machine"));
	free(text);

	b.host = "192.0.2.1";
	text = text_of(&b);
	assert_null(strstr(text, "For the proxy"));
	assert_non_null(strstr(text, "chat connect 192.0.2.1:81\n"));
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_address),
		cmocka_unit_test(all_addresses),
		cmocka_unit_test(secure),
		cmocka_unit_test(proxied),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
