#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tui/mention.h"

static const struct {
	const char *text, *nick;
	bool is;
} cases[] = {
	{ "ana: hi", "ana", true },
	{ "hi ana", "ana", true },
	{ "hi @ANA!", "Ana", true },
	{ "banana", "ana", false },
	{ "anab", "ana", false },
	{ "ana1", "ana", false },
	{ "banana ana", "ana", true },
	{ "anaana", "ana", false },
	{ "ana's", "ana", true },
	{ "ana", "ana", true },
	{ "", "ana", false },
	{ "an", "ana", false },
	{ "anything", "", false },
	{ "", "", false },
	{ "hello ÉLISE.", "élise", true },
	{ "ana\u0301 b", "ana", false },
	{ "Groß", "GROSS", true },
	{ "see _x_ now", "_x_", true },
	{ "a_x_b", "_x_", true },
	{ "say Bo Li now", "bo li", true },
	{ "👍 日本 ana日", "ana", false },
	{ "日 ana", "ana", true },
};

static void
mentions(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (mention_in(slice_of(cases[i].text),
			slice_of(cases[i].nick)) != cases[i].is)
			fail_msg("%s in \"%s\"", cases[i].nick, cases[i].text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mentions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
