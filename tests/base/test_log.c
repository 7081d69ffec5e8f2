#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"

enum { TIME_LEN = 24 }; /* 2026-11-21T01:20:12.345Z */

/* What was logged since log_open(file), terminated. */
static const char *
logged(FILE *file)
{
	static char text[20000];
	size_t n;

	rewind(file);
	n = fread(text, 1, sizeof(text) - 1, file);
	text[n] = '\0';
	log_open(NULL, LOG_INFO, false);
	fclose(file);
	return text;
}

static FILE *
open_log(enum log_level least, bool colour)
{
	FILE *file = tmpfile();

	assert_non_null(file);
	log_open(file, least, colour);
	return file;
}

static void
a_line(void **state)
{
	FILE *file = open_log(LOG_DEBUG, false);
	static const char shape[] = "dddd-dd-ddTdd:dd:dd.dddZ";
	const char *text;

	(void)state;
	log_event(LOG_INFO, "connect", LF_CSTR("nick", "ana"), LF_INT("n", 3));
	log_event(LOG_ERROR, "bare");
	log_event(LOG_DEBUG, "edges", LF_INT("min", INT64_MIN),
	    LF_INT("max", INT64_MAX));
	text = logged(file);
	for (size_t i = 0; i < TIME_LEN; i++) {
		if (shape[i] == 'd')
			assert_in_range(text[i], '0', '9');
		else
			assert_int_equal(text[i], shape[i]);
	}
	text += TIME_LEN;
	assert_int_equal(strncmp(text, " info  connect nick=ana n=3\n", 28), 0);
	text += 28 + TIME_LEN;
	assert_int_equal(strncmp(text, " error bare\n", 12), 0);
	text += 12 + TIME_LEN;
	assert_string_equal(text, " debug edges min=-9223372036854775808 "
				  "max=9223372036854775807\n");
}

static void
values_cannot_forge(void **state)
{
	static const struct {
		struct slice value;
		const char *written;
	} rows[] = {
		{ SLICE_INIT("plain-1.2/3:~!"), "plain-1.2/3:~!" },
		{ SLICE_INIT(""), "\"\"" },
		{ { NULL, 0 }, "\"\"" },
		{ SLICE_INIT("two words"), "\"two words\"" },
		{ SLICE_INIT("a=b"), "\"a=b\"" },
		{ SLICE_INIT("say \"hi\""), "\"say \\\"hi\\\"\"" },
		{ SLICE_INIT("back\\slash"), "\"back\\\\slash\"" },
		{ SLICE_INIT("x\n2026 info forged"),
		    "\"x\\n2026 info forged\"" },
		{ SLICE_INIT("\r\x1b[2J\x7f\t"),
		    "\"\\x0d\\x1b[2J\\x7f\\x09\"" },
		{ SLICE_INIT("a\0b"), "\"a\\x00b\"" },
		{ SLICE_INIT("\xc3\xa9\x9b"), "\"\\xc3\\xa9\\x9b\"" },
	};
	char want[200];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		FILE *file = open_log(LOG_INFO, false);

		log_event(LOG_WARN, "e", LF_STR("k", rows[i].value));
		snprintf(
		    want, sizeof(want), " warn  e k=%s\n", rows[i].written);
		assert_string_equal(logged(file) + TIME_LEN, want);
	}
}

static void
long_values_are_cut(void **state)
{
	static char value[258], want[400];

	(void)state;
	memset(value, 'a', 257);
	for (int len = 256; len <= 257; len++) {
		FILE *file = open_log(LOG_INFO, false);

		log_event(LOG_INFO, "e",
		    LF_STR("k", ((struct slice){ value, (size_t)len })));
		snprintf(want, sizeof(want),
		    len == 256 ? " info  e k=%.256s\n"
			       : " info  e k=\"%.256s\"...\n",
		    value);
		assert_string_equal(logged(file) + TIME_LEN, want);
	}
}

static void
a_line_ends_whatever_is_in_it(void **state)
{
	static struct log_field fields[101];
	static char value[256];
	FILE *file = open_log(LOG_INFO, false);
	const char *text;
	size_t len;

	(void)state;
	memset(value, 1, sizeof(value));
	for (int i = 0; i < 100; i++)
		fields[i] =
		    LF_STR("k", ((struct slice){ value, sizeof(value) }));
	fields[100].type = LOG_F_END;
	log_write(LOG_INFO, "e", fields);
	text = logged(file);
	len = strlen(text);
	assert_in_range(len, 10000, 16384);
	assert_ptr_equal(strchr(text, '\n'), text + len - 1);
}

static void
levels(void **state)
{
	static const struct {
		const char *name;
		enum log_level level;
	} rows[] = {
		{ "debug", LOG_DEBUG },
		{ "info", LOG_INFO },
		{ "warn", LOG_WARN },
		{ "error", LOG_ERROR },
		{ "off", LOG_OFF },
	};
	enum log_level level;

	(void)state;
	for (int i = 0; i < 5; i++) {
		FILE *file;

		assert_int_equal(log_level_parse(rows[i].name, &level), 0);
		assert_int_equal(level, rows[i].level);
		file = open_log(level, false);
		for (int k = 0; k < 5; k++)
			assert_int_equal(
			    log_wants(rows[k].level), k >= i && k < 4);
		log_event(LOG_INFO, "e");
		assert_int_equal(strlen(logged(file)) > 0, i <= 1);
	}
	assert_int_equal(log_level_parse("", &level), -EINVAL);
	assert_int_equal(log_level_parse("Info", &level), -EINVAL);
	assert_int_equal(log_level_parse("information", &level), -EINVAL);
}

static void
colours_only_if_asked(void **state)
{
	FILE *file = open_log(LOG_INFO, true);
	const char *text;

	(void)state;
	log_event(LOG_WARN, "e", LF_CSTR("k", "\x1b[31m"));
	text = logged(file);
	assert_non_null(strstr(text, "\033[33mwarn "));
	assert_non_null(strstr(text, "=\033[0m\"\\x1b[31m\"\n"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line),
		cmocka_unit_test(values_cannot_forge),
		cmocka_unit_test(long_values_are_cut),
		cmocka_unit_test(a_line_ends_whatever_is_in_it),
		cmocka_unit_test(levels),
		cmocka_unit_test(colours_only_if_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
