#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hub/hub.h"
#include "hub/mention.h"

#define FOX "\xf0\x9f\xa6\x8a"
#define ENYE "\xc3\xb1"

/* The letter that stands for each in the cases. */
static const struct {
	const char *key;
	char letter;
} people[] = {
	{ "ana", 'a' },
	{ "bob", 'b' },
	{ "ana sol", 'c' },
	{ "ana-2", 'd' },
	{ "i" ENYE "aki", 'e' },
	{ FOX, 'f' },
	{ "the real zo", 'g' },
	{ "[z]", 'h' },
	{ "_x_", 'i' },
	{ "strasse", 'j' },
	{ "\xd0\xbe\xd0\xbb\xd1\x8f", 'k' },
	{ "7", 'l' },
};

static size_t lookups;

static uint64_t
find(void *arg, struct slice key)
{
	assert_ptr_equal(arg, people);
	lookups++;
	for (size_t i = 0; i < sizeof(people) / sizeof(people[0]); i++)
		if (slice_is(key, people[i].key))
			return (uint64_t)people[i].letter;
	return 0;
}

static const struct {
	const char *text, *found;
} cases[] = {
	{ "", "" },
	{ " ", "" },
	{ "@", "" },
	{ "hello world", "" },
	{ "ana", "a" },
	{ "@ana", "a" },
	{ "hola Ana", "a" },
	{ "ANA: come", "a" },
	{ "(ana), \"bob\"", "ab" },
	{ "(@ana)", "a" },
	{ "ana's and bob!?", "ab" },
	{ "ana/bob", "ab" },
	{ "@ana,@bob", "ab" },
	{ "ana\nbob\tana", "ab" },
	{ "bob ana bob", "ba" },
	{ "**bob**", "b" },
	{ "\xc2\xa1"
	  "ana! \xc2\xab"
	  "bob\xc2\xbb",
	    "ab" },
	/* no whole words */
	{ "anal banana anabob ana2 xbob", "" },
	{ "ana" ENYE " " ENYE "bob", "" },
	/* the longest */
	{ "ana sol", "c" },
	{ "hey @Ana Sol, bob", "cb" },
	{ "ana sol ana", "ca" },
	{ "ana solo", "a" },
	{ "ana-2", "d" },
	{ "ana-3", "a" },
	{ "ask the real Zo!", "g" },
	{ "the real ana", "a" },
	{ "bob the real zo", "bg" },
	{ "the the real zo", "g" },
	/* one space joins, nothing else */
	{ "ana  sol", "a" },
	{ "ana\nsol", "a" },
	{ "ana @sol", "a" },
	{ "ana, sol", "a" },
	{ "ana\xc2\xa0sol", "c" },
	/* nicks that are no words */
	{ FOX, "f" },
	{ "@" FOX "!", "f" },
	{ "[z] @[Z], [z]", "h" },
	{ "@_x_ _X_", "i" },
	{ "(_x_)", "" },
	{ "7 17 7.", "l" },
	/* letters */
	{ "I" ENYE "AKI", "e" },
	{ "In\xcc\x83"
	  "aki",
	    "e" },
	{ "\xd0\x9e\xd0\xbb\xd1\x8f, ana", "ka" },
	{ "Stra\xc3\x9f"
	  "e",
	    "j" },
	{ "\xef\xbc\xa0\xef\xbc\xa1\xef\xbd\x8e\xef\xbd\x81", "a" },
	/* not in code */
	{ "`ana` bob", "b" },
	{ "run `x ana` and ``bob``", "" },
	{ "```\nana\n``` bob", "b" },
	{ "`ana", "a" },
	{ "it`s ana", "a" },
	{ "`x` ana `bob`", "a" },
	{ "ana `x` sol", "a" },
	/* not in links and addresses */
	{ "http://ana/bob?ana ana", "a" },
	{ "see https://bob.example/ana", "" },
	{ "(https://bob.example/ana) bob", "b" },
	{ "ana@bob.example bob", "b" },
	{ "the real ana@zo", "" },
	/* no UTF-8 */
	{ "ana \xff", "" },
};

static void
found(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t ids[MENTIONS_MAX];
		char got[MENTIONS_MAX + 1] = "";
		unsigned n = mention_scan(
		    slice_of(cases[i].text), find, (void *)people, ids);

		for (unsigned k = 0; k < n; k++)
			got[k] = (char)ids[k];
		if (strcmp(got, cases[i].found) != 0)
			fail_msg("\"%s\": \"%s\", not \"%s\"", cases[i].text,
			    got, cases[i].found);
	}
}

/* Everybody is somebody. */
static uint64_t
anybody(void *arg, struct slice key)
{
	(void)arg;
	return strtoull(key.p, NULL, 10) + 1;
}

static void
so_many_and_no_more(void **state)
{
	char text[1024] = "";
	uint64_t ids[MENTIONS_MAX];
	size_t len = 0;

	(void)state;
	for (int i = 0; i < 200; i++)
		len +=
		    (size_t)snprintf(text + len, sizeof(text) - len, "%d  ", i);
	assert_int_equal(
	    mention_scan(slice_of(text), anybody, NULL, ids), MENTIONS_MAX);
	for (unsigned i = 0; i < MENTIONS_MAX; i++)
		assert_int_equal(ids[i], i + 1);
	/* and with words */
	for (char *p = text; *p != '\0'; p++)
		if (*p == ' ')
			*p = '/';
	assert_int_equal(
	    mention_scan(slice_of(text), find, (void *)people, ids), 1);
}

/* The work grows with the text, whatever it is made of. */
static void
linear(void **state)
{
	static const char *const parts[] = {
		"a ",
		". ",
		".a. ",
		"a.",
		"`",
		"`a ",
		"@",
		"@a ",
		"a",
		" ",
		ENYE " ",
		FOX " ",
		"\xef\xb7\xba", /* 18 letters, folded */
		"\xff",
	};
	static char text[65536];

	(void)state;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		uint64_t ids[MENTIONS_MAX];
		size_t n = strlen(parts[i]);
		size_t len = sizeof(text) / n * n;

		for (size_t at = 0; at < len; at += n)
			memcpy(text + at, parts[i], n);
		lookups = 0;
		assert_int_equal(mention_scan((struct slice){ text, len }, find,
				     (void *)people, ids),
		    strcmp(parts[i], FOX " ") == 0);
		assert_in_range(lookups, 0, 12 * (len / n) + 12);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(found),
		cmocka_unit_test(so_many_and_no_more),
		cmocka_unit_test(linear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
