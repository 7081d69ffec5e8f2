#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/opt.h"

static struct {
	int help, quiet, port;
	const char *host;
	struct opt_list origins;
	int even;
} got;

static int
check_even(const char *value, void *target)
{
	size_t len = strlen(value);

	if (len == 0 || (value[len - 1] - '0') % 2 != 0)
		return -EINVAL;
	*(int *)target = (int)len;
	return 0;
}

static const struct opt table[] = {
	{ .name = "help",
	    .type = OPT_FLAG,
	    .target = &got.help,
	    .set = 1,
	    .help = "show this text" },
	{ .name = "quiet",
	    .type = OPT_FLAG,
	    .target = &got.quiet,
	    .set = -7,
	    .help = "say less" },
	{ .name = "port",
	    .type = OPT_INT,
	    .target = &got.port,
	    .value = "N",
	    .min = -1,
	    .max = 65535,
	    .help = "port to listen on" },
	{ .name = "host",
	    .type = OPT_STR,
	    .target = &got.host,
	    .value = "ADDR",
	    .help = "the address to listen on, as numbers or as a name; it may "
		    "be given in brackets, and by default it is all of them" },
	{ .name = "origin",
	    .type = OPT_LIST,
	    .target = &got.origins,
	    .value = "URL",
	    .help = "a page that may connect" },
	{ .name = "a-number-that-is-even",
	    .type = OPT_CHECK,
	    .target = &got.even,
	    .value = "NUMBER",
	    .help = "long",
	    .check = check_even },
	{ .name = NULL },
};

enum { ARGS_MAX = 8 };

/* Parses up to a NULL; what is in err goes to text. */
static int
parse(const char *const *args, char text[200])
{
	char *argv[ARGS_MAX];
	struct buf err;
	int argc = 0, rc;

	memset(&got, 0, sizeof(got));
	for (; args[argc] != NULL; argc++)
		argv[argc] = (char *)(uintptr_t)args[argc];
	buf_init(&err, 199);
	rc = opt_parse(table, argc, argv, &err);
	assert_false(err.failed);
	snprintf(text, 200, "%.*s", SLICE_ARG(buf_view(&err)));
	buf_deinit(&err);
	return rc;
}

static void
accepted(void **state)
{
	static const struct {
		const char *args[ARGS_MAX];
		int index, help, quiet, port, even;
		const char *host;
		unsigned origins;
	} rows[] = {
		{ { NULL }, 0, 0, 0, 0, 0, NULL, 0 },
		{ { "-h", NULL }, 1, 1, 0, 0, 0, NULL, 0 },
		{ { "--help", "--quiet", NULL }, 2, 1, -7, 0, 0, NULL, 0 },
		{ { "--port", "8", "--host=x", NULL }, 3, 0, 0, 8, 0, "x", 0 },
		{ { "--port=65535", NULL }, 1, 0, 0, 65535, 0, NULL, 0 },
		{ { "--port", "-1", NULL }, 2, 0, 0, -1, 0, NULL, 0 },
		{ { "--port", "0", NULL }, 2, 0, 0, 0, 0, NULL, 0 },
		{ { "--host=", NULL }, 1, 0, 0, 0, 0, "", 0 },
		{ { "--host=a=b", NULL }, 1, 0, 0, 0, 0, "a=b", 0 },
		{ { "--host", "--port", NULL }, 2, 0, 0, 0, 0, "--port", 0 },
		{ { "--origin", "a", "--origin=b", NULL }, 3, 0, 0, 0, 0, NULL,
		    2 },
		{ { "--quiet", "word", "--help", NULL }, 1, 0, -7, 0, 0, NULL,
		    0 },
		{ { "--quiet", "--", "--help", NULL }, 2, 0, -7, 0, 0, NULL,
		    0 },
		{ { "-", "--help", NULL }, 0, 0, 0, 0, 0, NULL, 0 },
		{ { "--a-number-that-is-even", "442", NULL }, 2, 0, 0, 0, 3,
		    NULL, 0 },
	};
	char text[200];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(parse(rows[i].args, text), rows[i].index);
		assert_string_equal(text, "");
		assert_int_equal(got.help, rows[i].help);
		assert_int_equal(got.quiet, rows[i].quiet);
		assert_int_equal(got.port, rows[i].port);
		assert_int_equal(got.even, rows[i].even);
		assert_int_equal(got.origins.n, rows[i].origins);
		if (rows[i].host == NULL)
			assert_null(got.host);
		else
			assert_string_equal(got.host, rows[i].host);
	}
}

static void
refused(void **state)
{
	static const struct {
		const char *args[ARGS_MAX];
		const char *text;
	} rows[] = {
		{ { "--nope", NULL }, "unknown option --nope" },
		{ { "-x", NULL }, "unknown option -x" },
		{ { "--hel", NULL }, "unknown option --hel" },
		{ { "--helper", NULL }, "unknown option --helper" },
		{ { "-help", NULL }, "unknown option -help" },
		{ { "--=", NULL }, "unknown option --=" },
		{ { "--help=1", NULL }, "--help: takes no value" },
		{ { "--host", NULL }, "--host: needs a value (ADDR)" },
		{ { "--port", "65536", NULL },
		    "--port: \"65536\" is not a number from -1 to 65535" },
		{ { "--port=-2", NULL },
		    "--port: \"-2\" is not a number from -1 to 65535" },
		{ { "--port=99999999999999999999", NULL },
		    "--port: \"99999999999999999999\" is not a number from "
		    "-1 to 65535" },
		{ { "--port=", NULL },
		    "--port: \"\" is not a number from -1 to 65535" },
		{ { "--port= 1", NULL },
		    "--port: \" 1\" is not a number from -1 to 65535" },
		{ { "--port=+1", NULL },
		    "--port: \"+1\" is not a number from -1 to 65535" },
		{ { "--port=1x", NULL },
		    "--port: \"1x\" is not a number from -1 to 65535" },
		{ { "--port=-", NULL },
		    "--port: \"-\" is not a number from -1 to 65535" },
		{ { "--a-number-that-is-even=3", NULL },
		    "--a-number-that-is-even: bad value \"3\": it is NUMBER" },
	};
	char text[200];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(parse(rows[i].args, text), -EINVAL);
		assert_string_equal(text, rows[i].text);
	}
}

static void
a_list_has_a_bound(void **state)
{
	static char given[] = "--origin=x";
	char *argv[OPT_LIST_MAX + 1];
	struct buf err;

	(void)state;
	for (int i = 0; i <= OPT_LIST_MAX; i++)
		argv[i] = given;
	buf_init(&err, 100);
	memset(&got, 0, sizeof(got));
	assert_int_equal(
	    opt_parse(table, OPT_LIST_MAX, argv, &err), OPT_LIST_MAX);
	memset(&got, 0, sizeof(got));
	assert_int_equal(
	    opt_parse(table, OPT_LIST_MAX + 1, argv, &err), -EINVAL);
	assert_true(
	    slice_is(buf_view(&err), "--origin: given more than 64 times"));
	assert_int_equal(got.origins.n, OPT_LIST_MAX);
	buf_deinit(&err);
}

/* ---- letters ---- */

static int
parse_rooms(struct opt_list *rooms, const char *const *args, char text[200])
{
	int help = 0;
	const struct opt rooms_table[] = {
		{ .name = "help", .type = OPT_FLAG, .target = &help, .set = 1 },
		{ .name = "room",
		    .type = OPT_LIST,
		    .target = rooms,
		    .value = "ROOM" },
		{ .name = NULL },
	};
	char *argv[ARGS_MAX];
	struct buf err;
	int argc = 0, rc;

	rooms->n = 0;
	for (; args[argc] != NULL; argc++)
		argv[argc] = (char *)(uintptr_t)args[argc];
	buf_init(&err, 199);
	rc = opt_parse(rooms_table, argc, argv, &err);
	snprintf(text, 200, "%.*s", SLICE_ARG(buf_view(&err)));
	buf_deinit(&err);
	return rc;
}

static void
letters(void **state)
{
	static const struct {
		const char *args[ARGS_MAX];
		int index;
		const char *text, *first, *second;
	} rows[] = {
		{ { "-r", "a", "-rb", NULL }, 3, "", "a", "b" },
		{ { "-r", "-h", "-h", NULL }, 3, "", "-h", NULL },
		{ { "-r=a", NULL }, 1, "", "=a", NULL },
		{ { "-r", "", "x", NULL }, 2, "", "", NULL },
		{ { "-r", NULL }, -EINVAL, "--room: needs a value (ROOM)", NULL,
		    NULL },
		{ { "-hr", NULL }, -EINVAL, "unknown option -hr", NULL, NULL },
		{ { "-R", "a", NULL }, -EINVAL, "unknown option -R", NULL,
		    NULL },
	};
	struct opt_list rooms;
	char text[200];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int rc = parse_rooms(&rooms, rows[i].args, text);

		assert_string_equal(text, rows[i].text);
		assert_int_equal(rc, rows[i].index);
		assert_int_equal(rooms.n,
		    (rows[i].first != NULL) + (rows[i].second != NULL));
		if (rows[i].first != NULL)
			assert_string_equal(rooms.v[0], rows[i].first);
		if (rows[i].second != NULL)
			assert_string_equal(rooms.v[1], rows[i].second);
	}
	/* A letter whose name isn't in the table. */
	assert_int_equal(
	    parse((const char *[]){ "-r", "a", NULL }, text), -EINVAL);
	assert_string_equal(text, "unknown option -r");
	assert_int_equal(opt_letter(opt_find(table, SLICE("help"))), 'h');
	assert_int_equal(opt_letter(opt_find(table, SLICE("host"))), 0);
}

/* ---- from elsewhere ---- */

static void
found(void **state)
{
	(void)state;
	assert_ptr_equal(opt_find(table, SLICE("help")), &table[0]);
	assert_ptr_equal(opt_find(table, SLICE("host")), &table[3]);
	assert_null(opt_find(table, SLICE("")));
	assert_null(opt_find(table, SLICE("hos")));
	assert_null(opt_find(table, SLICE("hosts")));
	assert_null(opt_find(table, SLICE("--host")));
}

static int
set(const char *name, const char *value, char text[200])
{
	struct buf err;
	int rc;

	memset(&got, 0, sizeof(got));
	got.quiet = 3;
	buf_init(&err, 199);
	rc = opt_set(opt_find(table, slice_of(name)), "file:1", value, &err);
	snprintf(text, 200, "%.*s", SLICE_ARG(buf_view(&err)));
	buf_deinit(&err);
	return rc;
}

static void
set_by_name(void **state)
{
	static const struct {
		const char *value;
		int quiet;
	} flags[] = { { "yes", -7 }, { "true", -7 }, { "on", -7 }, { "1", -7 },
		{ "no", 3 }, { "false", 3 }, { "off", 3 }, { "0", 3 } };
	static const struct {
		const char *name, *value, *text;
	} wrong[] = {
		{ "quiet", "", "file:1: \"\" is not yes or no" },
		{ "quiet", "YES", "file:1: \"YES\" is not yes or no" },
		{ "port", "x",
		    "file:1: \"x\" is not a number from -1 to 65535" },
		{ "a-number-that-is-even", "1",
		    "file:1: bad value \"1\": it is NUMBER" },
		/* it is shown, but not obeyed */
		{ "port", "\033[2Jé\xff\xc2\x9b\n",
		    "file:1: \"\xef\xbf\xbd[2Jé\xef\xbf\xbd\xef\xbf\xbd"
		    "\xef\xbf\xbd\" is not a number from -1 to 65535" },
		{ "quiet",
		    "0123456789012345678901234567890123456789"
		    "012345678901234567890123456789012345678é",
		    "file:1: \"0123456789012345678901234567890123456789"
		    "012345678901234567890123456789012345678\" is not yes or "
		    "no" },
	};
	char text[200];

	(void)state;
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		assert_int_equal(set("quiet", flags[i].value, text), 0);
		assert_int_equal(got.quiet, flags[i].quiet);
	}
	assert_int_equal(set("port", "8", text), 0);
	assert_int_equal(got.port, 8);
	assert_int_equal(set("host", "", text), 0);
	assert_string_equal(got.host, "");
	assert_int_equal(set("origin", "a", text), 0);
	assert_int_equal(got.origins.n, 1);
	assert_string_equal(got.origins.v[0], "a");
	assert_int_equal(set("a-number-that-is-even", "42", text), 0);
	assert_int_equal(got.even, 2);
	assert_string_equal(text, "");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(
		    set(wrong[i].name, wrong[i].value, text), -EINVAL);
		assert_string_equal(text, wrong[i].text);
	}
}

static void
help(void **state)
{
	static const char want[] =
	    "  -h, --help        show this text\n"
	    "      --quiet       say less\n"
	    "      --port N      port to listen on\n"
	    "      --host ADDR   the address to listen on, as numbers or as a"
	    " name; it may be\n"
	    "                    given in brackets, and by default it is all"
	    " of them\n"
	    "      --origin URL  a page that may connect\n"
	    "      --a-number-that-is-even NUMBER\n"
	    "                    long\n";
	char text[2000];
	FILE *file = tmpfile();
	size_t n;

	(void)state;
	assert_non_null(file);
	opt_help(table, file);
	rewind(file);
	n = fread(text, 1, sizeof(text) - 1, file);
	text[n] = '\0';
	fclose(file);
	assert_string_equal(text, want);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepted),
		cmocka_unit_test(refused),
		cmocka_unit_test(a_list_has_a_bound),
		cmocka_unit_test(letters),
		cmocka_unit_test(found),
		cmocka_unit_test(set_by_name),
		cmocka_unit_test(help),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
