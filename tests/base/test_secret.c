#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/secret.h"

enum { FILE_MAX = 65536 };

static char path[] = "/tmp/chat-test-secret-XXXXXX";

static int
set_up(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 || close(fd) < 0 ? -1 : 0;
}

static int
tear_down(void **state)
{
	(void)state;
	return unlink(path);
}

static void
write_file(const char *text, size_t len)
{
	int fd = open(path, O_WRONLY | O_TRUNC);

	assert_int_equal(write(fd, text, len), len);
	assert_int_equal(close(fd), 0);
}

/* wanted NULL: the error has to have `error` in it. */
static void
check_line(const char *text, size_t len, const char *wanted, const char *error)
{
	struct buf out, err;
	int rc;

	write_file(text, len);
	buf_init(&out, FILE_MAX);
	buf_init(&err, 1024);
	rc = secret_load_line(path, &out, &err);
	buf_putc(&err, '\0');
	if (wanted != NULL) {
		assert_int_equal(rc, 0);
		assert_true(slice_is(buf_view(&out), wanted));
	} else {
		assert_true(rc < 0);
		assert_non_null(strstr(err.p, error));
	}
	buf_deinit(&out);
	buf_deinit(&err);
}

static void
one_line(void **state)
{
	(void)state;
	check_line("secret\n", 7, "secret", NULL);
	check_line("secret", 6, "secret", NULL);
	check_line("two words \r\n", 12, "two words ", NULL);
	check_line("", 0, NULL, "one line");
	check_line("\n", 1, NULL, "one line");
	check_line("a\nb\n", 4, NULL, "one line");
	check_line("a\0b\n", 4, NULL, "one line");
}

static void
hashes(void **state)
{
	(void)state;
	assert_true(secret_is_hash(SLICE("$y$j9T$abcdefghijklmnopqrst$uv")));
	assert_true(secret_is_hash(SLICE("$6$saltsalt$0123456789abcdef")));
	assert_false(secret_is_hash(SLICE("")));
	assert_false(secret_is_hash(SLICE("$")));
	assert_false(secret_is_hash(SLICE("$y$")));
	assert_false(secret_is_hash(SLICE("y$j9T$abcdefghijklmnopqrst$uv")));
	assert_false(secret_is_hash(SLICE("$ecret and $ome more of it, too")));
	assert_false(secret_is_hash(SLICE("$y$two words$abcdefghijklmnopq")));
}

static void
bounded(void **state)
{
	char *text = xmalloc(FILE_MAX);

	(void)state;
	memset(text, 'x', FILE_MAX);
	check_line(text, FILE_MAX, NULL, "too large");
	free(text);
}

static void
check_load(const char *file, int wanted)
{
	struct buf out, err;

	buf_init(&out, FILE_MAX);
	buf_init(&err, 1024);
	assert_int_equal(secret_load(file, &out, &err), wanted);
	buf_deinit(&out);
	buf_deinit(&err);
}

static void private(void **state)
{
	static const mode_t open_modes[] = { 0604, 0640, 0620, 0602, 0666 };
	static const mode_t modes[] = { 0600, 0400 };

	(void)state;
	for (size_t i = 0; i < sizeof(open_modes) / sizeof(mode_t); i++) {
		assert_int_equal(chmod(path, 0600), 0);
		write_file("x\n", 2);
		assert_int_equal(chmod(path, open_modes[i]), 0);
		check_line("x\n", 2, NULL, "others may read it");
	}
	for (size_t i = 0; i < sizeof(modes) / sizeof(mode_t); i++) {
		struct buf out, err;

		assert_int_equal(chmod(path, modes[i]), 0);
		buf_init(&out, FILE_MAX);
		buf_init(&err, 1024);
		assert_int_equal(secret_load(path, &out, &err), 0);
		assert_true(slice_is(buf_view(&out), "x\n"));
		buf_deinit(&out);
		buf_deinit(&err);
	}
	assert_int_equal(chmod(path, 0600), 0);
}

/* Mode 0440 is fine in that folder, and nowhere else. */
static void
credentials(void **state)
{
	char dir[] = "/tmp/chat-test-secret-dir-XXXXXX";
	char file[sizeof(dir) + 8], link[sizeof(dir) + 8];

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(file, sizeof(file), "%s/file", dir);
	snprintf(link, sizeof(link), "%s/link", dir);
	assert_int_equal(chmod(path, 0600), 0);
	write_file("x\n", 2);
	assert_int_equal(rename(path, file), 0);
	assert_int_equal(symlink(path, link), 0);
	assert_int_equal(chmod(file, 0440), 0);
	check_load(file, -EPERM);
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", dir, 1), 0);
	check_load(file, 0);
	assert_int_equal(chmod(file, 0444), 0);
	check_load(file, -EPERM);
	assert_int_equal(chmod(file, 0460), 0);
	check_load(file, -EPERM);
	assert_int_equal(chmod(file, 0440), 0);
	/* only the beginning of its name */
	dir[sizeof(dir) - 2] = '\0';
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", dir, 1), 0);
	check_load(file, -EPERM);
	dir[sizeof(dir) - 2] = file[sizeof(dir) - 2];
	/* from there to elsewhere */
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", dir, 1), 0);
	assert_int_equal(rename(file, path), 0);
	check_load(link, -EPERM);
	assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(unlink(link), 0);
	assert_int_equal(rmdir(dir), 0);
}

static void
not_there(void **state)
{
	struct buf out, err;

	(void)state;
	buf_init(&out, FILE_MAX);
	buf_init(&err, 1024);
	assert_int_equal(secret_load("/nowhere/at/all", &out, &err), -ENOENT);
	assert_true(slice_starts(buf_view(&err), "/nowhere/at/all: "));
	buf_deinit(&out);
	buf_deinit(&err);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_line),
		cmocka_unit_test(hashes),
		cmocka_unit_test(bounded),
		cmocka_unit_test(private),
		cmocka_unit_test(credentials),
		cmocka_unit_test(not_there),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
