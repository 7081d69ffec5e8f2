#include "config.h"

#include <errno.h>
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

#include "client/outbox_file.h"
#include "client/token.h"

#define KEY "http://host:3000/"

static char dir[64], file[128];
static struct buf nick, token;

static int
setup(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/chat-token.XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(file, sizeof(file), "%s/state/token-%016llx", dir,
	    (unsigned long long)outbox_file_hash(KEY));
	strcat(dir, "/state");
	buf_init(&nick, 1024);
	buf_init(&token, 1024);
	return 0;
}

static int
teardown(void **state)
{
	char command[128];

	(void)state;
	buf_deinit(&nick);
	buf_deinit(&token);
	snprintf(command, sizeof(command), "rm -rf '%.*s'",
	    (int)(strlen(dir) - strlen("/state")), dir);
	return system(command); /* NOLINT */
}

static int
load(const char *key)
{
	buf_clear(&nick);
	buf_clear(&token);
	return token_load(dir, key, &nick, &token);
}

static void
write_file(const char *text)
{
	FILE *f = fopen(file, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void
is_kept(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(load(KEY), -ENOENT);
	assert_int_equal(
	    token_save(dir, KEY, SLICE("ana \"ñ\""), SLICE("secret")), 0);
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(stat(dir, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_int_equal(load(KEY), 0);
	assert_true(slice_is(buf_view(&nick), "ana \"ñ\""));
	assert_true(slice_is(buf_view(&token), "secret"));
	/* another one in its place */
	assert_int_equal(token_save(dir, KEY, SLICE("bo"), SLICE("other")), 0);
	assert_int_equal(load(KEY), 0);
	assert_true(slice_is(buf_view(&nick), "bo"));
	assert_true(slice_is(buf_view(&token), "other"));
	/* another server's is its own */
	assert_int_equal(load("http://host:3001/"), -ENOENT);
}

static void
what_is_none(void **state)
{
	static const char *const texts[] = { "", "\n", "nonsense",
		"{\"server\":\"" KEY "\"}",
		"{\"server\":\"" KEY "\",\"nick\":\"a\",\"token\":\"\"}",
		"{\"server\":\"" KEY "\",\"nick\":5,\"token\":\"t\"}",
		"{\"server\":\"http://evil/\",\"nick\":\"a\",\"token\":\"t\"}",
		"[\"" KEY "\"]" };
	char big[TOKEN_FILE_MAX + 100];

	(void)state;
	assert_int_equal(token_save(dir, KEY, SLICE("a"), SLICE("t")), 0);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		write_file(texts[i]);
		assert_int_equal(load(KEY), -ENOENT);
	}
	memset(big, ' ', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	write_file(big);
	assert_int_equal(load(KEY), -EFBIG);
	/* it can be put right */
	assert_int_equal(token_save(dir, KEY, SLICE("a"), SLICE("t")), 0);
	assert_int_equal(load(KEY), 0);
	/* a link leads nowhere */
	assert_int_equal(unlink(file), 0);
	assert_int_equal(symlink("/etc/passwd", file), 0);
	assert_int_equal(load(KEY), -ELOOP);
}

static void
what_cannot_be_written(void **state)
{
	static char big[TOKEN_FILE_MAX];
	struct slice token_of_all = { big, sizeof(big) };

	(void)state;
	memset(big, 'x', sizeof(big));
	assert_int_equal(token_save(dir, KEY, SLICE("a"), SLICE("t")), 0);
	assert_int_equal(
	    token_save(dir, KEY, SLICE("a"), token_of_all), -EMSGSIZE);
	assert_int_equal(load(KEY), 0);
	assert_true(slice_is(buf_view(&token), "t"));
	assert_int_equal(
	    token_save("/dev/null/x", KEY, SLICE("a"), SLICE("t")), -ENOTDIR);
}

int
main(void)
{
#define test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		test(is_kept),
		test(what_is_none),
		test(what_cannot_be_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
