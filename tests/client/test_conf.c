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

#include "client/conf.h"

enum { ARGS_MAX = 8, PATH_SIZE = 200, ERR_MAX = 300 };

static char home[64];

static int
setup(void **state)
{
	static const char *const gone[] = { "XDG_CONFIG_HOME", "XDG_STATE_HOME",
		"CHAT_NICK", "CHAT_ROOM", "CHAT_PLAIN", "CHAT_NO_OUTBOX",
		"CHAT_TIMEOUT", "CHAT_HOW", "CHAT_HELP" };
	char path[PATH_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(gone) / sizeof(gone[0]); i++)
		unsetenv(gone[i]);
	strcpy(home, "/tmp/chat-conf.XXXXXX");
	if (mkdtemp(home) == NULL)
		return -1;
	if (setenv("HOME", home, 1) != 0)
		return -1;
	snprintf(path, sizeof(path), "%s/.config", home);
	mkdir(path, 0700);
	strcat(path, "/chat");
	return mkdir(path, 0700);
}

static int
teardown(void **state)
{
	char command[100];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", home);
	return system(command); /* NOLINT */
}

static void
set(const char *name, const char *value)
{
	assert_int_equal(setenv(name, value, 1), 0);
}

static void
put_file(const char *text, size_t len)
{
	char path[PATH_SIZE];
	FILE *f;

	snprintf(path, sizeof(path), "%s/.config/chat/config", home);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, len, f), len);
	fclose(f);
}

/* ---- a table ---- */

static struct {
	const char *nick;
	struct opt_list rooms;
	int plain, keep, timeout, how, help;
	const char *private;
} got;

static struct conf conf;

static int
check_how(const char *value, void *target)
{
	*(int *)target = (int)strlen(value);
	return strcmp(value, "bad") == 0 ? -EINVAL : 0;
}

static const struct opt table[] = {
	{ "nick", OPT_STR, &got.nick, "NAME", "", 0, 0, 0, NULL, 0 },
	{ "room", OPT_LIST, &got.rooms, "ROOM", "", 0, 0, 0, NULL, 0 },
	{ "plain", OPT_FLAG, &got.plain, NULL, "", 0, 0, 1, NULL, 0 },
	{ "no-outbox", OPT_FLAG, &got.keep, NULL, "", 0, 0, 0, NULL, 0 },
	{ "timeout", OPT_INT, &got.timeout, "SECONDS", "", 1, 99, 0, NULL, 0 },
	{ "how", OPT_CHECK, &got.how, "HOW", "", 0, 0, 0, check_how, 0 },
	{ .name = "private",
	    .type = OPT_STR,
	    .target = &got.private,
	    .value = "X",
	    .argv_only = 1 },
	{ "help", OPT_FLAG, &got.help, NULL, "", 0, 0, 1, NULL, 0 },
	{ .name = NULL },
};

static const struct opt other[] = {
	{ "color", OPT_STR, NULL, "WHEN", "", 0, 0, 0, NULL, 0 },
	{ "help", OPT_FLAG, NULL, NULL, "", 0, 0, 1, NULL, 0 },
	{ .name = NULL },
};

/* What is in err goes to text, with the home directory as "~". */
static int
parse(const char *const *args, char text[ERR_MAX])
{
	char *argv[ARGS_MAX], *at;
	struct buf err;
	int argc = 0, rc;

	memset(&got, 0, sizeof(got));
	got.keep = 1;
	got.timeout = 30;
	for (; args[argc] != NULL; argc++)
		argv[argc] = (char *)(uintptr_t)args[argc];
	buf_init(&err, ERR_MAX - 1);
	conf_deinit(&conf);
	rc = conf_parse(&conf, table, other, argc, argv, &err);
	assert_false(err.failed);
	snprintf(text, ERR_MAX, "%.*s", SLICE_ARG(buf_view(&err)));
	buf_deinit(&err);
	at = strstr(text, home);
	if (at != NULL) {
		*at = '~';
		memmove(
		    at + 1, at + strlen(home), strlen(at + strlen(home)) + 1);
	}
	return rc;
}

static void
parse_good(const char *const *args, int index)
{
	char text[ERR_MAX];
	int rc = parse(args, text);

	assert_string_equal(text, "");
	assert_int_equal(rc, index);
}

static const char *const no_args[] = { "host", NULL };

/* ---- tests ---- */

static void
no_file(void **state)
{
	(void)state;
	parse_good(no_args, 0);
	assert_null(got.nick);
	set("XDG_CONFIG_HOME", "/dev/null/x");
	parse_good(no_args, 0);
	set("XDG_CONFIG_HOME", "relative");
	unsetenv("HOME");
	parse_good(no_args, 0);
	assert_int_equal(got.timeout, 30);
}

static void
the_file(void **state)
{
	static const char text[] = "\xef\xbb\xbf# a comment\n"
				   "\n"
				   "  # nick = no\r\n"
				   "nick  Ana Mar\xc3\xad"
				   "a \t\r\n"
				   "room=#ops\n"
				   "\troom = = a # b\n"
				   "plain\n"
				   "no-outbox=yes\n"
				   "color whatever it is\n"
				   "timeout\t5\n"
				   "how =";

	(void)state;
	put_file(text, sizeof(text) - 1);
	parse_good(no_args, 0);
	assert_string_equal(got.nick, "Ana Mar\xc3\xad"
				      "a");
	assert_int_equal(got.rooms.n, 2);
	assert_string_equal(got.rooms.v[0], "#ops");
	assert_string_equal(got.rooms.v[1], "= a # b");
	assert_int_equal(got.plain, 1);
	assert_int_equal(got.keep, 0);
	assert_int_equal(got.timeout, 5);
	assert_int_equal(got.how, 0);
}

/* What can't be set from elsewhere is nothing there. */
static void
for_argv_only(void **state)
{
	static const char text[] = "private file\nnick a\n";
	static const char *const args[] = { "--private", "x", "host", NULL };

	(void)state;
	put_file(text, sizeof(text) - 1);
	set("CHAT_PRIVATE", "environment");
	parse_good(no_args, 0);
	assert_null(got.private);
	assert_string_equal(got.nick, "a");
	parse_good(args, 2);
	assert_string_equal(got.private, "x");
	unsetenv("CHAT_PRIVATE");
}

static void
the_last_one_counts(void **state)
{
	static const char text[] = "nick a\nplain\nno-outbox on\nnick b\n"
				   "plain no\nno-outbox off\n";

	(void)state;
	put_file(text, sizeof(text) - 1);
	parse_good(no_args, 0);
	assert_string_equal(got.nick, "b");
	assert_int_equal(got.plain, 0);
	assert_int_equal(got.keep, 1);
}

static void
precedence(void **state)
{
	static const char text[] = "nick file\nroom f1\nroom f2\nplain yes\n"
				   "no-outbox yes\ntimeout 2\nhow ffff\n";
	static const char *const args[] = { "--nick", "argv", "--room=a1",
		"--no-outbox", "--timeout", "4", "host", NULL };

	(void)state;
	put_file(text, sizeof(text) - 1);
	set("CHAT_NICK", "env");
	set("CHAT_ROOM", "e1");
	set("CHAT_PLAIN", "no");
	set("CHAT_NO_OUTBOX", "no");
	set("CHAT_TIMEOUT", "3");
	set("CHAT_HELP", "yes");

	parse_good(no_args, 0);
	assert_string_equal(got.nick, "env");
	assert_int_equal(got.rooms.n, 1);
	assert_string_equal(got.rooms.v[0], "e1");
	assert_int_equal(got.plain, 0);
	assert_int_equal(got.keep, 1);
	assert_int_equal(got.timeout, 3);
	assert_int_equal(got.how, 4);
	assert_int_equal(got.help, 0);

	parse_good(args, 6);
	assert_string_equal(got.nick, "argv");
	assert_int_equal(got.rooms.n, 1);
	assert_string_equal(got.rooms.v[0], "a1");
	assert_int_equal(got.plain, 0);
	assert_int_equal(got.keep, 0);
	assert_int_equal(got.timeout, 4);
	assert_int_equal(got.how, 4);

	/* Empty is as good as not there. */
	set("CHAT_NICK", "");
	unsetenv("CHAT_ROOM");
	unsetenv("CHAT_PLAIN");
	parse_good(no_args, 0);
	assert_string_equal(got.nick, "file");
	assert_int_equal(got.rooms.n, 2);
	assert_int_equal(got.plain, 1);
}

static void
xdg_directories(void **state)
{
	char want[PATH_SIZE], *dir;

	(void)state;
	dir = conf_dir();
	snprintf(want, sizeof(want), "%s/.config/chat", home);
	assert_string_equal(dir, want);
	free(dir);
	dir = conf_state_dir();
	snprintf(want, sizeof(want), "%s/.local/state/chat", home);
	assert_string_equal(dir, want);
	free(dir);
	set("XDG_CONFIG_HOME", "/a b");
	set("XDG_STATE_HOME", "");
	dir = conf_dir();
	assert_string_equal(dir, "/a b/chat");
	free(dir);
	dir = conf_state_dir();
	assert_string_equal(dir, want);
	free(dir);
	set("XDG_STATE_HOME", "./relative");
	dir = conf_state_dir();
	assert_string_equal(dir, want);
	free(dir);
	set("HOME", "relative");
	assert_null(conf_state_dir());
	unsetenv("HOME");
	assert_null(conf_state_dir());
	dir = conf_dir();
	assert_string_equal(dir, "/a b/chat");
	free(dir);
}

#define FILE_ "~/.config/chat/config"

static void
bad_lines(void **state)
{
	static const struct {
		const char *text, *err;
	} rows[] = {
		{ "nik a", FILE_ ":1: unknown option \"nik\"" },
		{ "nick a\n\n--nick b\n", FILE_ ":3: unknown option "
						"\"--nick\"" },
		{ "= a", FILE_ ":1: unknown option \"\"" },
		{ "help", FILE_ ":1: unknown option \"help\"" },
		{ "Nick a", FILE_ ":1: unknown option \"Nick\"" },
		{ "\xe2\x80\xae", FILE_ ":1: unknown option \"\xef\xbf\xbd\"" },
		{ "nick", FILE_ ":1: nick needs a value (NAME)" },
		{ "#\nplain maybe",
		    FILE_ ":2: plain: \"maybe\" is not yes or no" },
		{ "plain =", FILE_ ":1: plain: \"\" is not yes or no" },
		{ "timeout 100", FILE_ ":1: timeout: \"100\" is not a number "
				       "from 1 to 99" },
		{ "timeout 5 # s", FILE_ ":1: timeout: \"5 # s\" is not a "
					 "number from 1 to 99" },
		{ "how bad\nnick a",
		    FILE_ ":1: how: bad value \"bad\": it is HOW" },
		{ "nick a\nnick \xff\n", FILE_ ":2: not text" },
		{ "nick \033[2J", FILE_ ":1: not text" },
		{ "# \177", FILE_ ":1: not text" },
		{ "nick a\xc2\x9b"
		  "2J",
		    FILE_ ":1: not text" },
		{ "nick a\rb\r\n", FILE_ ":1: not text" },
	};
	char text[ERR_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		put_file(rows[i].text, strlen(rows[i].text));
		assert_int_equal(parse(no_args, text), -EBADMSG);
		assert_string_equal(text, rows[i].err);
	}
	put_file("nick a\0b\n", 9);
	assert_int_equal(parse(no_args, text), -EBADMSG);
	assert_string_equal(text, FILE_ ":1: not text");
}

static void
bad_environment(void **state)
{
	char text[ERR_MAX];

	(void)state;
	set("CHAT_TIMEOUT", "0");
	assert_int_equal(parse(no_args, text), -EBADMSG);
	assert_string_equal(
	    text, "CHAT_TIMEOUT: \"0\" is not a number from 1 to 99");
	unsetenv("CHAT_TIMEOUT");
	set("CHAT_NO_OUTBOX", "perhaps");
	assert_int_equal(parse(no_args, text), -EBADMSG);
	assert_string_equal(
	    text, "CHAT_NO_OUTBOX: \"perhaps\" is not yes or no");
}

static void
bad_files(void **state)
{
	static char large[CONF_SIZE_MAX + 1];
	char text[ERR_MAX], path[PATH_SIZE];

	(void)state;
	memset(large, '\n', sizeof(large));
	put_file(large, CONF_SIZE_MAX);
	parse_good(no_args, 0);
	put_file(large, CONF_SIZE_MAX + 1);
	assert_int_equal(parse(no_args, text), -EBADMSG);
	assert_string_equal(text, FILE_ ": larger than 1 MiB");
	snprintf(path, sizeof(path), "%s/.config/chat/config", home);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(parse(no_args, text), -EBADMSG);
	assert_string_equal(text, FILE_ ": Is a directory");
}

/* Who has made a mistake in the file can still ask for help. */
static void
argv_first(void **state)
{
	static const char *const help[] = { "--help", NULL };
	static const char *const bad[] = { "--timeout", "0", NULL };
	char text[ERR_MAX];

	(void)state;
	put_file("nonsense", 8);
	parse_good(help, 1);
	assert_int_equal(got.help, 1);
	assert_int_equal(parse(bad, text), -EINVAL);
	assert_string_equal(
	    text, "--timeout: \"0\" is not a number from 1 to 99");
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(no_file),
		CASE(the_file),
		CASE(for_argv_only),
		CASE(the_last_one_counts),
		CASE(precedence),
		CASE(xdg_directories),
		CASE(bad_lines),
		CASE(bad_environment),
		CASE(bad_files),
		CASE(argv_first),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	conf_deinit(&conf);
	return failed;
}
