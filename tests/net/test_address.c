#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "net/address.h"

static struct address
address(const char *text)
{
	struct address a;

	assert_int_equal(address_parse(slice_of(text), &a), 0);
	return a;
}

static void
assert_text(const struct address *a, const char *text)
{
	char out[ADDRESS_TEXT_SIZE];

	address_text(a, out);
	assert_string_equal(out, text);
}

static void
text_is_read_and_written(void **state)
{
	static const char *const same[] = { "0.0.0.0", "192.0.2.1",
		"255.255.255.255", "::", "::1", "2001:db8::1",
		"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" };
	struct address a;

	(void)state;
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		a = address(same[i]);
		assert_text(&a, same[i]);
	}
	a = address("::ffff:192.0.2.1");
	assert_text(&a, "192.0.2.1");
	a = address("fe80::1%eth0");
	assert_text(&a, "fe80::1");
	a = address("2001:DB8:0:0::1");
	assert_text(&a, "2001:db8::1");
}

static void
what_is_no_address_is_refused(void **state)
{
	static const struct slice bad[] = { SLICE_INIT(""), SLICE_INIT("%eth0"),
		SLICE_INIT("1.2.3"), SLICE_INIT("1.2.3.4.5"),
		SLICE_INIT("256.1.1.1"), SLICE_INIT("01.2.3.4"),
		SLICE_INIT("0x1.2.3.4"), SLICE_INIT(" 1.2.3.4"),
		SLICE_INIT("1.2.3.4 "), SLICE_INIT("1.2.3.4:80"),
		SLICE_INIT("[::1]"), SLICE_INIT("::1::"), SLICE_INIT("12345::"),
		SLICE_INIT("1.2.3.4\0.5"), SLICE_INIT("localhost"),
		SLICE_INIT("2001:db8:1111:2222:3333:4444:5555:6666:7777"),
		SLICE_INIT("a text that is longer than any address may be") };
	static const struct address none;
	struct address a;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(address_parse(bad[i], &a), -EINVAL);
		assert_memory_equal(&a, &none, sizeof(a));
	}
}

static void
sockets_have_the_same(void **state)
{
	struct sockaddr_storage ss = { .ss_family = AF_UNIX };
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	struct address a = address_of((struct sockaddr *)&ss);

	(void)state;
	assert_text(&a, "::");
	inet_pton(AF_INET, "192.0.2.1", &in.sin_addr);
	a = address_of((struct sockaddr *)&in);
	assert_text(&a, "192.0.2.1");
	inet_pton(AF_INET6, "::ffff:192.0.2.1", &in6.sin6_addr);
	a = address_of((struct sockaddr *)&in6);
	assert_text(&a, "192.0.2.1");
	inet_pton(AF_INET6, "2001:db8::9", &in6.sin6_addr);
	a = address_of((struct sockaddr *)&in6);
	assert_text(&a, "2001:db8::9");
}

static void
loopback_is_known(void **state)
{
	static const struct {
		const char *text;
		bool loopback;
	} cases[] = { { "127.0.0.1", true }, { "127.255.1.2", true },
		{ "::1", true }, { "::ffff:127.0.0.1", true },
		{ "126.0.0.1", false }, { "128.0.0.1", false },
		{ "0.0.0.0", false }, { "::", false }, { "::2", false },
		{ "::127.0.0.1", false }, { "7f00::1", false } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct address a = address(cases[i].text);

		assert_int_equal(address_is_loopback(&a), cases[i].loopback);
	}
}

static void
one_peer_has_one_key(void **state)
{
	static const char *const pairs[][2] = { { "192.0.2.1", "192.0.2.1" },
		{ "::ffff:192.0.2.1", "192.0.2.1" },
		{ "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::" },
		{ "2001:db8:1:3::1", "2001:db8:1:3::" }, { "::1", "::" } };

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		struct address a = address(pairs[i][0]);

		a = address_key(&a);
		assert_text(&a, pairs[i][1]);
	}
}

static void
ranges_hold_what_begins_alike(void **state)
{
	static const struct {
		const char *range, *address;
		bool has;
	} cases[] = { { "192.0.2.1", "192.0.2.1", true },
		{ "192.0.2.1", "::ffff:192.0.2.1", true },
		{ "192.0.2.1", "192.0.2.2", false },
		{ "192.0.2.99/24", "192.0.2.1", true },
		{ "192.0.2.0/24", "192.0.3.1", false },
		{ "10.128.0.0/9", "10.200.0.1", true },
		{ "10.128.0.0/9", "10.127.255.255", false },
		{ "0.0.0.0/0", "8.8.8.8", true },
		{ "0.0.0.0/0", "2001:db8::1", false },
		{ "::/0", "2001:db8::1", true }, { "::/0", "8.8.8.8", false },
		{ "::/64", "::1", true }, { "::/64", "8.8.8.8", false },
		{ "::ffff:10.0.0.0/104", "10.9.8.7", true },
		{ "2001:db8::/33", "2001:db8:7fff::1", true },
		{ "2001:db8::/33", "2001:db8:8000::1", false },
		{ "2001:db8::1/128", "2001:db8::1", true },
		{ "2001:db8::1", "2001:db8::2", false } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct address a = address(cases[i].address);
		struct address_range r;

		assert_int_equal(
		    address_range_parse(slice_of(cases[i].range), &r), 0);
		assert_int_equal(address_range_has(&r, &a), cases[i].has);
	}
}

static void
ranges_have_one_text(void **state)
{
	static const char *const pairs[][2] = { { "192.0.2.7", "192.0.2.7" },
		{ "192.0.2.7/32", "192.0.2.7" },
		{ "192.0.2.7/024", "192.0.2.0/24" },
		{ "::ffff:192.0.2.7/120", "192.0.2.0/24" },
		{ "1.2.3.4/0", "0.0.0.0/0" },
		{ "2001:DB8::5/32", "2001:db8::/32" }, { "::1/128", "::1" },
		{ "::1/0", "::/0" },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/127",
		    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/127" } };

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		char text[ADDRESS_RANGE_SIZE];
		struct address_range r;

		assert_int_equal(
		    address_range_parse(slice_of(pairs[i][0]), &r), 0);
		address_range_text(&r, text);
		assert_string_equal(text, pairs[i][1]);
	}
}

static void
what_is_no_range_is_refused(void **state)
{
	static const char *const bad[] = { "", "/", "/8", "10.0.0.0/",
		"10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/8 ",
		"10.0.0.0/8/8", "10.0.0.0/1000", "10/8", "::/129", "::/x",
		"*" };
	struct address_range r;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(
		    address_range_parse(slice_of(bad[i]), &r), -EINVAL);
}

static void
ports_are_numbers(void **state)
{
	static const char *const bad[] = { "", "65536", "99999", "000080", "-1",
		"+1", " 1", "1 ", "0x1", "1/" };

	(void)state;
	assert_int_equal(address_parse_port(SLICE("0")), 0);
	assert_int_equal(address_parse_port(SLICE("00080")), 80);
	assert_int_equal(address_parse_port(SLICE("65535")), 65535);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(address_parse_port(slice_of(bad[i])), -EINVAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_read_and_written),
		cmocka_unit_test(what_is_no_address_is_refused),
		cmocka_unit_test(sockets_have_the_same),
		cmocka_unit_test(loopback_is_known),
		cmocka_unit_test(one_peer_has_one_key),
		cmocka_unit_test(ranges_hold_what_begins_alike),
		cmocka_unit_test(ranges_have_one_text),
		cmocka_unit_test(what_is_no_range_is_refused),
		cmocka_unit_test(ports_are_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
