#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "store/path.h"

static struct buf out;

static int
setup(void **state)
{
	(void)state;
	buf_init(&out, 200);
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
	return 0;
}

static void
assert_default(const char *want)
{
	buf_clear(&out);
	assert_int_equal(store_default_path(&out), 0);
	assert_true(slice_is(buf_view(&out), want));
}

static void
the_default_follows_the_environment(void **state)
{
	(void)state;
	assert_int_equal(store_default_path(&out), -ENOENT);
	setenv("HOME", "relative", 1);
	assert_int_equal(store_default_path(&out), -ENOENT);
	setenv("HOME", "/home/ana", 1);
	assert_default("/home/ana/.local/state/chat/chat.db");
	setenv("XDG_STATE_HOME", "", 1);
	assert_default("/home/ana/.local/state/chat/chat.db");
	setenv("XDG_STATE_HOME", "/state", 1);
	assert_default("/state/chat/chat.db");
	setenv("STATE_DIRECTORY", "/var/lib/chat:/var/lib/other", 1);
	assert_default("/var/lib/chat/chat.db");
}

static void
assert_path(const char *path, const char *want)
{
	buf_clear(&out);
	assert_int_equal(store_path(path, &out), 0);
	assert_true(slice_is(buf_view(&out), want));
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    the_default_follows_the_environment, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    a_folder_means_the_file_in_it, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
