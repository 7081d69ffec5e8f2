#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "scene.h"

/*
 * Golden screens: what a scene draws, step by step, is what stands in
 * screens/NAME.txt. That is written anew by "show -d", and looked at.
 */
static void
path_of(char *out, size_t size, const char *name, const char *ending)
{
	const char *top = getenv("CHAT_SOURCE");

	snprintf(out, size, "%s/tests/tui/screens/%s.%s",
	    top != NULL ? top : ".", name, ending);
}

static char *
content(const char *path)
{
	FILE *f = fopen(path, "r");
	struct buf all;

	if (f == NULL)
		fail_msg("cannot open %s", path);
	buf_init(&all, 1 << 20);
	for (int c; (c = getc(f)) != EOF;)
		buf_putc(&all, (char)c);
	fclose(f);
	return buf_steal(&all);
}

static void
compare(const char *name, const char *got, const char *expected)
{
	size_t line = 1;
	const char *a = got, *b = expected;

	while (*a != '\0' && *a == *b) {
		line += *a == '\n';
		a++;
		b++;
	}
	if (*a == *b)
		return;
	print_message("%s", got);
	fail_msg(
	    "screens/%s.txt, line %zu: see above what is drawn", name, line);
}

static void
is_golden(const char *name)
{
	char path[4096], *expected;
	struct scene sc;
	struct buf got;

	path_of(path, sizeof(path), name, "scene");
	scene_load(&sc, path);
	path_of(path, sizeof(path), name, "txt");
	expected = content(path);
	buf_init(&got, 1 << 20);
	scene_dump(&sc, &got);
	buf_putc(&got, '\0');
	compare(name, got.p, expected);
	buf_deinit(&got);
	free(expected);
	scene_deinit(&sc);
}

#define GOLDEN(name)                                                           \
	static void name(void **state)                                         \
	{                                                                      \
		(void)state;                                                   \
		is_golden(#name);                                              \
	}

GOLDEN(talk)
GOLDEN(scroll)
GOLDEN(unread)
GOLDEN(input)
GOLDEN(page)
GOLDEN(crowd)
GOLDEN(looks)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(talk),
		cmocka_unit_test(scroll),
		cmocka_unit_test(unread),
		cmocka_unit_test(input),
		cmocka_unit_test(page),
		cmocka_unit_test(crowd),
		cmocka_unit_test(looks),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
