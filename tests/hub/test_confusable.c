#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "hub/confusable.h"
#include "hub/confusable_table.h"

#define CYR_A "\xd0\xb0"
#define CYR_O "\xd0\xbe"

/* Nicks that look alike. */
static const char *const alike[][2] = {
	{ "ana", "Ana" },
	{ "ana", CYR_A "n" CYR_A },
	{ "ana", "\xef\xbd\x81na" },     /* full-width */
	{ "ana", "\xf0\x9d\x92\xb6na" }, /* mathematical script */
	{ "ana", "\xc9\x91na" },         /* Latin alpha */
	{ "PAYPAL", "paypa1" },
	{ "paypal", "\xd1\x80" CYR_A "\xd1\x83\xd1\x80" CYR_A "l" },
	{ "bob", "b0b" },
	{ "Bob", "B" CYR_O "b" },
	{ "Bob", "B\xce\xbf"
		 "b" }, /* omicron */
	{ "Ivan", "lvan" },
	{ "ivan", "IVAN" },
	{ "ivan", "\xd1\x96van" }, /* Ukrainian i */
	{ "IVAN", "\xd1\x96van" },
	{ "Mario", "rnario" },
	{ "Hugo", "\xce\x97ugo" }, /* Eta */
	{ "a|l", "all" },
	{ "jos\xc3\xa9", "jose\xcc\x81" },
	{ "ana_b", "ana-b" },
	{ "ana b", "anab" },
	{ "ana.b", "ana\xe2\x80\x90"
		   "b" }, /* a hyphen */
	{ "ana", "_ana_" },
	{ "ana-2", "ana2" },
	{ "Stra\xc3\x9f"
	  "e",
	    "STRASSE" },
};

static const char *const different[][2] = {
	{ "ana", "anna" }, { "ana", "\xc3\xa1na" }, { "ana", "an" },
	{ "bob", "rob" }, { "jos\xc3\xa9", "jose" }, { "ana-2", "ana-3" },
	{ "guest-abcd", "guest-abce" },
	{ "\xe6\x97\xa5\xe6\x9c\xac", "\xe6\x97\xa5" }, { "...", "ana" },
	{ "\xf0\x9f\xa6\x8a", "\xf0\x9f\x90\xb1" }, /* a fox, a cat */
};

static void
skeleton(struct slice nick, struct buf *out)
{
	buf_init(out, SKELETON_MAX);
	assert_int_equal(confusable_skeleton(nick, out), 0);
	assert_true(utf8_valid(out->p, out->len));
	assert_true(nick.len == 0 || out->len > 0);
}

static bool
look_alike(const char *one, const char *other)
{
	struct buf a, b;
	bool same;

	skeleton(slice_of(one), &a);
	skeleton(slice_of(other), &b);
	same = slice_eq(buf_view(&a), buf_view(&b));
	buf_deinit(&a);
	buf_deinit(&b);
	return same;
}

static void
pairs(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(alike) / sizeof(alike[0]); i++)
		if (!look_alike(alike[i][0], alike[i][1]))
			fail_msg("%s, %s", alike[i][0], alike[i][1]);
	for (size_t i = 0; i < sizeof(different) / sizeof(different[0]); i++)
		if (look_alike(different[i][0], different[i][1]))
			fail_msg("%s, %s", different[i][0], different[i][1]);
}

static void
appended(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 8);
	assert_int_equal(confusable_skeleton(SLICE("Ana I"), &b), 0);
	assert_int_equal(confusable_skeleton(SLICE("-"), &b), 0);
	assert_int_equal(b.len, 5);
	assert_memory_equal(b.p, "anal-", 5);
	assert_int_equal(confusable_skeleton(SLICE("x\xff"), &b), -EINVAL);
	assert_int_equal(confusable_skeleton(SLICE("abcd"), &b), -ENOBUFS);
	buf_deinit(&b);
}

static void
the_table_is_sorted(void **state)
{
	(void)state;
	assert_true(confusable_n > 5000);
	for (size_t i = 0; i < confusable_n; i++) {
		const unsigned char *to = confusable_pool + confusable_at[i];

		if (i > 0)
			assert_true(
			    confusable_from[i] > confusable_from[i - 1]);
		assert_true(utf8_valid(to, confusable_from[i] & 0xff));
	}
}

/* A nick of any character NICK_MAX times has a skeleton. */
static void
the_bound_holds(void **state)
{
	size_t longest = 0;

	(void)state;
	for (uint32_t cp = ' '; cp < 0x110000; cp++) {
		struct buf b;
		char c[4];

		if (cp >= 0xd800 && cp < 0xe000)
			continue;
		buf_init(&b, SKELETON_MAX / NICK_MAX);
		assert_int_equal(
		    confusable_skeleton(
			(struct slice){ c, utf8_encode(c, cp) }, &b),
		    0);
		if (b.len > longest)
			longest = b.len;
		buf_deinit(&b);
	}
	assert_in_range(longest, 1, SKELETON_MAX / NICK_MAX);
}

static int
compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Guests get different nicks by chance; few of those look alike. */
static void
guests_differ(void **state)
{
	enum { N = 3000 };
	static char nicks[N][NICK_SIZE], skeletons[N][64];
	unsigned same_nick = 0, same_skeleton = 0;

	(void)state;
	for (int i = 0; i < N; i++) {
		struct buf b;

		nick_guest(nicks[i]);
		skeleton(slice_of(nicks[i]), &b);
		assert_true(b.len < sizeof(skeletons[i]));
		memcpy(skeletons[i], b.p, b.len);
		buf_deinit(&b);
	}
	qsort(nicks, N, sizeof(nicks[0]), compare);
	qsort(skeletons, N, sizeof(skeletons[0]), compare);
	for (int i = 1; i < N; i++) {
		same_nick += strcmp(nicks[i - 1], nicks[i]) == 0;
		same_skeleton += strcmp(skeletons[i - 1], skeletons[i]) == 0;
	}
	assert_in_range(same_skeleton, same_nick, same_nick + 5);
}

static bool
is_reserved(const char *nick)
{
	struct buf b;
	bool is;

	skeleton(slice_of(nick), &b);
	buf_putc(&b, '\0');
	is = confusable_is_reserved(b.p);
	buf_deinit(&b);
	return is;
}

static void
names_of_the_server(void **state)
{
	static const char *const reserved[] = { "admin", "administrator",
		"chat", "moderator", "operator", "root", "server", "system",
		"ADMIN", "a_dm1n",
		"\xd0\xb0"
		"dmin",
		"Sys-Tem" };
	static const char *const free_ones[] = { "ana", "chatty", "min", "roo",
		"adm", "administrators" };

	(void)state;
	for (size_t i = 0; i < sizeof(reserved) / sizeof(*reserved); i++)
		assert_true(is_reserved(reserved[i]));
	for (size_t i = 0; i < sizeof(free_ones) / sizeof(*free_ones); i++)
		assert_false(is_reserved(free_ones[i]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pairs),
		cmocka_unit_test(appended),
		cmocka_unit_test(the_table_is_sorted),
		cmocka_unit_test(the_bound_holds),
		cmocka_unit_test(guests_differ),
		cmocka_unit_test(names_of_the_server),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
