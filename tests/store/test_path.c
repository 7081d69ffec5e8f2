#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "store/path.h"

static struct buf out, err;

static int
setup(void **state)
{
	(void)state;
	buf_init(&out, 200);
	buf_init(&err, 200);
	unsetenv("STATE_DIRECTORY");
	unsetenv("XDG_STATE_HOME");
	unsetenv("HOME");
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	buf_deinit(&out);
	buf_deinit(&err);
	return 0;
}

static void
assert_path(const char *option, const char *want)
{
	buf_clear(&out);
	assert_int_equal(store_find_path(option, &out, &err), 0);
	assert_string_equal(out.p, want);
	assert_true(slice_is(buf_view(&out), want));
	assert_int_equal(err.len, 0);
}

static void
assert_fails(const char *option, const char *why)
{
	buf_clear(&out);
	buf_clear(&err);
	assert_true(store_find_path(option, &out, &err) < 0);
	assert_true(slice_is(buf_view(&err), why));
	buf_clear(&err);
}

static void
the_default_follows_the_environment(void **state)
{
	(void)state;
	assert_fails(NULL, "no place for the store: HOME is not set");
	setenv("HOME", "relative", 1);
	assert_fails(NULL, "no place for the store: HOME is not set");
	setenv("HOME", "/home/ana", 1);
	assert_path(NULL, "/home/ana/.local/state/chat/chat.db");
	setenv("XDG_STATE_HOME", "", 1);
	assert_path(NULL, "/home/ana/.local/state/chat/chat.db");
	setenv("XDG_STATE_HOME", "/state", 1);
	assert_path(NULL, "/state/chat/chat.db");
	setenv("STATE_DIRECTORY", "/var/lib/chat:/var/lib/other", 1);
	assert_path(NULL, "/var/lib/chat/chat.db");
}

static void
a_folder_means_the_file_in_it(void **state)
{
	char dir[] = "/tmp/chat-path.XXXXXX", want[64];

	(void)state;
	assert_non_null(mkdtemp(dir));
	strcpy(want, dir);
	strcat(want, "/chat.db");
	assert_path(dir, want);
	assert_path(want, want);
	rmdir(dir);
	assert_path(dir, dir); /* as a name of a file that will be made */
	assert_path("new/", "new/chat.db");
}

static void
a_long_path_is_refused(void **state)
{
	char path[300];

	(void)state;
	memset(path, 'x', 299);
	path[299] = '\0';
	assert_fails(path, "the store's path is too long");
	path[200] = '\0'; /* no room for the end */
	assert_fails(path, "the store's path is too long");
	path[199] = '\0';
	assert_path(path, path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    the_default_follows_the_environment, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    a_folder_means_the_file_in_it, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    a_long_path_is_refused, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
