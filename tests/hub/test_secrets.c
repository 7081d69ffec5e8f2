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
#include <sys/stat.h>
#include <unistd.h>

#include "hub/secrets.h"
#include "net/tls.h"

/* Of "secret"; made by another program. */
#define HASH                                                                   \
	"$y$j75$T9kuGBgLRSWiqDeC7FN5q/$"                                       \
	"hTkRHQ2VOXMkxU0rbXhSI9ZZe9O7cUSGwDBDYVN6Ot5"

static char path[64];
static struct secrets s;
static struct buf err;

static int
setup(void **state)
{
	int fd;

	(void)state;
	strcpy(path, "test_secrets.XXXXXX");
	fd = mkstemp(path);
	buf_init(&err, 1024);
	return fd < 0 || tls_prepare() != 0 ? -1 : close(fd);
}

static int
teardown(void **state)
{
	(void)state;
	secrets_free(&s);
	buf_deinit(&err);
	return unlink(path);
}

static void
put(const char *text, size_t len)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

/* What is said of a file. */
static void
wrong(int rc, const char *what)
{
	assert_int_not_equal(rc, 0);
	buf_putc(&err, '\0');
	if (strstr(err.p, what) == NULL)
		fail_msg("%s, not %s", err.p, what);
	assert_int_equal(s.n, 0);
	assert_null(s.v);
	buf_clear(&err);
}

static void
bad_operators(const char *text, const char *what)
{
	put(text, strlen(text));
	wrong(secrets_read_operators(&s, path, &err), what);
}

static void
reads_operators(void **state)
{
	const char text[] = "# who may\n\nana:" HASH "\nÁna::pass word \r\n"
			    "#x:y\nbob:123456";

	(void)state;
	put(text, strlen(text));
	assert_int_equal(secrets_read_operators(&s, path, &err), 0);
	assert_int_equal(s.n, 3);
	assert_string_equal(secrets_find(&s, SLICE("ana"))->hash, HASH);
	assert_ptr_equal(secrets_find(&s, SLICE("Ána")), &s.v[1]);
	assert_ptr_equal(secrets_find(&s, SLICE("bob")), &s.v[2]);
	assert_null(secrets_find(&s, SLICE("")));
	assert_null(secrets_find(&s, SLICE("Ana")));
	/* What was no hash is one. */
	for (unsigned i = 0; i < s.n; i++)
		assert_memory_equal(s.v[i].hash, "$y$", 3);
}

static void
tells_the_line(void **state)
{
	char text[256];

	(void)state;
	bad_operators("ana:" HASH "\n\nbob\n", "line 3: there is no colon");
	bad_operators(":secret\n", "line 1: there is no name");
	bad_operators("ana:\n", "line 1: there is no password");
	bad_operators("ana:" HASH "\nana:" HASH "\n", "line 2: this name");
	bad_operators("ana:$ecret\n", "line 1: what begins with $");
	bad_operators("bob:x\nana:$y$j75$T9kuGBgLRSWiqDeC7FN5q/$hTkRHQ\n",
	    "line 2: what begins with $");
	bad_operators("an\xff:x\n", "line 1: the name is not UTF-8");
	memset(text, 'x', sizeof(text));
	memcpy(text + 65, ":y\n", 4);
	bad_operators(text, "line 1: the name is longer than 64");
	memset(text, 'x', sizeof(text));
	memcpy(text, "a:", 2);
	memcpy(text + 2 + 129, "\n", 2);
	bad_operators(text, "line 1: the password is longer than 128");
	put("a:b\0c\n", 6);
	wrong(secrets_read_operators(&s, path, &err), "line 1: there is a NUL");
	bad_operators("", "no NAME:SECRET in it");
	bad_operators("# nobody\n", "no NAME:SECRET in it");
}

static void
reads_a_password(void **state)
{
	(void)state;
	put("pass:word\n", 10);
	assert_int_equal(secrets_read_password(&s, path, &err), 0);
	assert_int_equal(s.n, 1);
	assert_ptr_equal(secrets_find(&s, SLICE("")), &s.v[0]);
	secrets_free(&s);
	put("a\nb\n", 4);
	wrong(secrets_read_password(&s, path, &err), "line 2: there is one");
	put("\n$1$abc$x\n", 10);
	wrong(secrets_read_password(&s, path, &err), "line 2: what begins");
	put("ana:" HASH "\n", sizeof(HASH) + 4);
	wrong(secrets_read_password(&s, path, &err), "line 1: NAME:HASH is");
	put("\n", 1);
	wrong(secrets_read_password(&s, path, &err), "no password in it");
}

static void
nobody_else_may_read_it(void **state)
{
	static const mode_t modes[] = { 0640, 0604, 0620, 0602, 0610, 0601 };

	(void)state;
	put("x\n", 2);
	for (unsigned i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		assert_int_equal(chmod(path, modes[i]), 0);
		wrong(secrets_read_password(&s, path, &err), "chmod 600");
	}
	assert_int_equal(chmod(path, 0400), 0);
	assert_int_equal(secrets_read_password(&s, path, &err), 0);
}

static void
what_can_not_be_read(void **state)
{
	static char big[SECRETS_FILE_MAX + 1];

	(void)state;
	wrong(secrets_read_password(&s, "test_secrets.none", &err),
	    "No such file");
	wrong(secrets_read_password(&s, "/", &err), "/: ");
	memset(big, '#', sizeof(big));
	put(big, sizeof(big));
	wrong(secrets_read_password(&s, path, &err), "too large");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    reads_operators, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    tells_the_line, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    reads_a_password, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    nobody_else_may_read_it, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    what_can_not_be_read, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
