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
GOLDEN(changes)
GOLDEN(crowd)
GOLDEN(looks)

/* Nothing is drawn outside or in halves, however small it is. */
static void
any_size(void **state)
{
	static const char *const names[] = { "talk", "input", "page", "changes",
		"crowd", "looks" };

	(void)state;
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char path[4096];
		struct scene sc;

		path_of(path, sizeof(path), names[i], "scene");
		scene_load(&sc, path);
		while (scene_step(&sc))
			for (sc.rows = 1; sc.rows < 14; sc.rows += 2)
				for (sc.columns = 1; sc.columns < 130;
				     sc.columns += 3)
					scene_check(scene_draw(&sc));
		scene_deinit(&sc);
	}
}

/* The longest nick there is, in every size that is too small for it. */
static void
any_small_size_with_a_long_nick(void **state)
{
	static const char *const searched[] = { "", "o", "long", "words, some",
		"nobody has said it", "a nick" };
	static char script[] =
	    "room lobby\nnick a-nick-of-thirty-two-columns-here\nonline\n"
	    "say a-nick-of-thirty-two-columns-12 some words, some long\n"
	    "own a-nick-of-thirty-two-columns-here words, some of them mine\n"
	    "mention 日本語日本語日本語日本語日本語日本 日本語 words, some\n"
	    "action a-nick-of-thirty-two-columns-12 goes a long way\n"
	    "say a-nick-of-thirty-two-columns-12\n"
	    "info words, some\nerror o\nevent o\n"
	    "pending 1 words, some of them long\n"
	    "pending 2 \npending 3 long\n"
	    "settle 3 failed too long a word\n";

	(void)state;
	for (size_t i = 0; i < sizeof(searched) / sizeof(searched[0]); i++) {
		struct slice what = slice_of(searched[i]);
		struct scene sc;

		scene_init(&sc, script);
		scene_step(&sc);
		for (sc.rows = 1; sc.rows <= 12; sc.rows++) {
			for (sc.columns = 1; sc.columns <= 40; sc.columns++) {
				sc.view.bare = sc.columns % 2;
				scene_check(scene_draw(&sc));
				view_search(
				    &sc.view, &sc.model, what, true, true);
				scene_check(scene_draw(&sc));
				sc.view.bare = !sc.view.bare;
				scene_check(scene_draw(&sc));
				view_scroll(&sc.view, &sc.model, VIEW_UP);
				scene_check(scene_draw(&sc));
				assert_int_equal(sc.view.grid.rows, sc.rows);
				assert_int_equal(
				    sc.view.grid.columns, sc.columns);
			}
			view_scroll(&sc.view, &sc.model, VIEW_BOTTOM);
		}
		scene_deinit(&sc);
	}
}

static void
colors_for_any_ground(void **state)
{
	static const short bad[] = { 0, 3, 4, 7, 8, 10, 11, 14, 15 };

	(void)state;
	for (style_t role = 0; role < ROLE_END; role++) {
		struct theme_look look = theme_look(role, 16);
		struct theme_look mono = theme_look(role, 0);

		for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
			if (look.bg < 0)
				assert_int_not_equal(look.fg, bad[i]);
		assert_int_equal(mono.fg, -1);
		assert_int_equal(mono.bg, -1);
		assert_true(look.bg < 0 || (mono.attrs & STYLE_REVERSE));
		look = theme_look(role, 8);
		assert_true(look.fg < 8 && look.bg < 8);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(talk),
		cmocka_unit_test(scroll),
		cmocka_unit_test(unread),
		cmocka_unit_test(input),
		cmocka_unit_test(page),
		cmocka_unit_test(changes),
		cmocka_unit_test(crowd),
		cmocka_unit_test(looks),
		cmocka_unit_test(any_size),
		cmocka_unit_test(any_small_size_with_a_long_nick),
		cmocka_unit_test(colors_for_any_ground),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
