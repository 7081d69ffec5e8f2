#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tui/editor.h"
#include "tui/keymap.h"
#include "tui/keys.h"
#include "tui/view.h"

static void
finds_keys(void **state)
{
	struct keymap m = { "" };
	const struct keymap_binding *b;

	(void)state;
	b = keymap_find(&m, "Enter");
	assert_int_equal(b->action, ACTION_SEND);
	b = keymap_find(&m, "C-a");
	assert_int_equal(b->action, ACTION_EDIT);
	assert_int_equal(b->arg, EDITOR_LINE_START);
	b = keymap_find(&m, "M-0");
	assert_int_equal(b->action, ACTION_ROOM);
	assert_int_equal(b->arg, 10);
	b = keymap_find(&m, "M-End");
	assert_int_equal(b->action, ACTION_SCROLL);
	assert_int_equal(b->arg, VIEW_BOTTOM);
	assert_int_equal(keymap_find(&m, "F12")->action, ACTION_NONE);
	assert_int_equal(keymap_find(&m, "C")->action, ACTION_NONE);
	assert_int_equal(keymap_find(&m, "")->action, ACTION_NONE);
}

static void
finds_two_keys(void **state)
{
	struct keymap m = { "" };

	(void)state;
	assert_int_equal(keymap_find(&m, "C-x")->action, ACTION_PREFIX);
	assert_int_equal(keymap_find(&m, "C-e")->action, ACTION_EDITOR);
	assert_int_equal(keymap_find(&m, "C-e")->arg, EDITOR_LINE_END);
	assert_int_equal(keymap_find(&m, "C-x")->action, ACTION_PREFIX);
	assert_int_equal(keymap_find(&m, "C-x")->action, ACTION_NONE);
	assert_int_equal(keymap_find(&m, "Enter")->action, ACTION_SEND);
}

/* Each key once, each row with what a reader needs, each two keys reachable. */
static void
the_table_is_sound(void **state)
{
	const struct keymap_binding *row, *other;
	const char *title, *t;
	unsigned titles = 0;

	(void)state;
	for (unsigned n = 0; keymap_row(n, &row, &title); n++) {
		titles += title != NULL;
		assert_true(n > 0 || title);
		assert_non_null(row->keys[0]);
		assert_true(row->action > ACTION_PREFIX);
		if (title)
			assert_non_null(row->help);
		for (unsigned i = 0; i < 5 && row->keys[i]; i++) {
			struct keymap m = { "" };
			struct slice keys = slice_of(row->keys[i]);
			const struct keymap_binding *b = NULL;

			while (keys.len > 0) {
				struct slice k = slice_take_until(&keys, ' ');
				char name[KEYS_NAME_MAX];

				memcpy(name, k.p, k.len);
				name[k.len] = '\0';
				b = keymap_find(&m, name);
			}
			assert_ptr_equal(b, row);
			for (unsigned o = 0; keymap_row(o, &other, &t); o++)
				for (unsigned j = 0; j < 5 && other->keys[j];
				     j++)
					assert_true((o == n && j == i) ||
						    strcmp(other->keys[j],
							row->keys[i]));
		}
	}
	assert_true(titles > 3);
}

static void
every_command_of_the_editor_has_a_key(void **state)
{
	const struct keymap_binding *row;
	bool has[EDITOR_N_COMMANDS] = { false };
	const char *title;

	(void)state;
	/* through keys that do more than that */
	has[EDITOR_CLEAR] = true;
	has[EDITOR_SEARCH_NEWER] = true;
	has[EDITOR_SEARCH_ACCEPT] = true;
	has[EDITOR_SEARCH_CANCEL] = true;
	for (unsigned n = 0; keymap_row(n, &row, &title); n++)
		if (row->action == ACTION_EDIT)
			has[row->arg] = true;
	for (int i = 0; i < EDITOR_N_COMMANDS; i++)
		assert_true(has[i]);
}

static void
labels(void **state)
{
	static const char *const cases[][2] = {
		{ "C-x C-e", "Ctrl-X Ctrl-E" },
		{ "C-x u", "Ctrl-X u" },
		{ "M-a", "Alt-a" },
		{ "M-<", "Alt-<" },
		{ "C-_", "Ctrl-_" },
		{ "S-Tab", "Shift-Tab" },
		{ "M-C-h", "Alt-Ctrl-H" },
		{ "PageUp", "PgUp" },
		{ "F1", "F1" },
		{ "-", "-" },
	};
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		keymap_label(cases[i][0], &b);
		if (!slice_is(buf_view(&b), cases[i][1]))
			fail_msg(
			    "%s: %.*s", cases[i][0], SLICE_ARG(buf_view(&b)));
		buf_clear(&b);
	}
	buf_deinit(&b);
}

/* All of it, in lines that fit on a narrow screen. */
static void
help(void **state)
{
	const struct keymap_binding *row;
	const char *title;
	struct slice rest;
	struct buf b;
	char *text;

	(void)state;
	buf_init(&b, 1 << 16);
	keymap_help(&b);
	assert_false(b.failed);
	rest = buf_view(&b);
	while (rest.len > 0)
		assert_true(slice_take_until(&rest, '\n').len <= 80);
	text = buf_steal(&b);
	for (unsigned n = 0; keymap_row(n, &row, &title); n++)
		if (row->help)
			assert_non_null(strstr(text, row->help));
	assert_non_null(strstr(text, "  Ctrl-A, Home "));
	assert_non_null(strstr(text, "  Alt-1 ... Alt-9, Alt-0 "));
	assert_null(strstr(text, "Find"));
	free(text);
	buf_deinit(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_keys),
		cmocka_unit_test(finds_two_keys),
		cmocka_unit_test(the_table_is_sound),
		cmocka_unit_test(every_command_of_the_editor_has_a_key),
		cmocka_unit_test(labels),
		cmocka_unit_test(help),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
