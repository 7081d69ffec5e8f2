#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/history.h"

#define NOW UINT64_C(1795261400065) /* 2026-11-21T11:43:20Z */
#define MIDNIGHT UINT64_C(1795219200000)

static void
set_zone(const char *zone)
{
	setenv("TZ", zone, 1);
	tzset();
}

/* What came at that time is not left out, and what came before is. */
static void
assert_since(const char *value, uint64_t ms)
{
	struct msgid id, first = { .ms = ms }, last = { .ms = ms - 1 };

	if (history_since(value, NOW, &id) != 0)
		fail_msg("%s: refused", value);
	if (msgid_cmp(id, first) >= 0 || msgid_cmp(id, last) <= 0)
		fail_msg("%s: %llu", value, (unsigned long long)id.ms);
}

static void
times(void **state)
{
	(void)state;
	set_zone("UTC0");
	assert_since("0s", NOW);
	assert_since("90s", NOW - 90000);
	assert_since("15m", NOW - 15 * 60000);
	assert_since("2h", NOW - 7200000);
	assert_since("3d", NOW - 3 * UINT64_C(86400000));
	assert_since("1w", NOW - 7 * UINT64_C(86400000));
	assert_since("999999999w", 1);
	assert_since("2026-11-21", MIDNIGHT);
	assert_since("2026-11-21T10:30", MIDNIGHT + 37800000);
	assert_since("2026-11-21 10:30:15", MIDNIGHT + 37815000);
	assert_since("2026-11-21T10:30:15Z", MIDNIGHT + 37815000);
	assert_since("2026-11-21T10:30+02:00", MIDNIGHT + 30600000);
	assert_since("2026-11-21T10:30-0530", MIDNIGHT + 57600000);
	assert_since("2026-11-21T10:30-05", MIDNIGHT + 55800000);
	assert_since("2026-11-21Z", MIDNIGHT);
}

static void
times_of_ours(void **state)
{
	(void)state;
	set_zone("XYZ5"); /* five hours behind */
	assert_since("2026-11-21", MIDNIGHT + 5 * 3600000);
	assert_since("2026-11-21T10:30", MIDNIGHT + 37800000 + 5 * 3600000);
	assert_since("2026-11-21T10:30Z", MIDNIGHT + 37800000);
	set_zone("UTC0");
}

static void
ids(void **state)
{
	struct msgid id, want = { .ms = 1795261400065, .n = 12 };

	(void)state;
	assert_int_equal(history_since("1795261400065-12", NOW, &id), 0);
	assert_int_equal(msgid_cmp(id, want), 0);
	assert_int_equal(history_since("1795261400065-12.7", NOW, &id), 0);
	assert_int_equal(msgid_cmp(id, want), 0);
}

static void
no_times(void **state)
{
	static const char *const bad[] = { "", " ", "yesterday", "2", "h",
		"-1h", "2 h", "2hours", "1.5h", "9999999999s", "2026",
		"2026-11", "2026-11-", "2026-13-01", "2026-11-21T",
		"2026-11-21T25:00", "2026-11-21T10",
		"2026-11-21T10:30:", "2026-11-21T10:30x", "2026-11-21T10:30ZZ",
		"2026-11-21T10:30+",
		"2026-11-21T10:30+2:", "2026-11-21T10:30+15",
		"2026-11-21T10:30+02:60", "1-1", "1795261400065-",
		"1795261400065-1-1", "1960-01-01" };
	struct msgid id;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (history_since(bad[i], NOW, &id) != -EINVAL)
			fail_msg("\"%s\" was taken", bad[i]);
}

/* ---- formats ---- */

#define META "{\"id\":\"1795261400065-0\",\"nick\":\"ana\"}"

static void
assert_written(
    enum history_format format, const char *message, const char *want)
{
	struct history_writer w = { .format = format, .day = -1 };
	struct buf out;

	buf_init(&out, 1 << 20);
	history_write(&w, slice_of(message), &out);
	buf_putc(&out, '\0');
	assert_string_equal(out.p, want);
	buf_deinit(&out);
}

static void
as_text(void **state)
{
	static const char *const cases[][2] = {
		{ "[\"hola\"," META "]", "2026-11-21T11:43:20Z <ana> hola\n" },
		{ "[\"a\\nb\\r\\nc\"," META "]",
		    "2026-11-21T11:43:20Z <ana> a\n  b\n  c\n" },
		{ "[\"\\u001b[2J\\u202e\"," META "]",
		    "2026-11-21T11:43:20Z <ana> "
		    "\xef\xbf\xbd[2J\xef\xbf\xbd\n" },
		{ "[{\"a\":1}," META "]",
		    "2026-11-21T11:43:20Z <ana> {\"a\":1}\n" },
		{ "[\"x\",{\"id\":\"1795261400065-0\",\"nick\":\"a\\nb\","
		  "\"edited\":{\"at\":1,\"nick\":\"ana\"}}]",
		    "2026-11-21T11:43:20Z <a b> x (edited)\n" },
		{ "[\"\",{\"id\":\"1795261400065-0\",\"nick\":\"ana\","
		  "\"deleted\":{\"at\":1,\"nick\":\"bob\"}}]",
		    "2026-11-21T11:43:20Z <ana> (deleted by bob)\n" },
		/* whatever a server sends */
		{ "[]", "1970-01-01T00:00:00Z <> \n" },
		{ "[1,2]", "1970-01-01T00:00:00Z <> 1\n" },
		{ "[\"x\",{\"id\":1,\"nick\":[],\"deleted\":null}]",
		    "1970-01-01T00:00:00Z <> (deleted)\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_written(HISTORY_TEXT, cases[i][0], cases[i][1]);
}

static void
as_json(void **state)
{
	(void)state;
	assert_written(HISTORY_JSON,
	    "[\"\xc3\xb1\xf0\x9f\x98\x80\x7f\",\n" META "]",
	    "[\"\\u00f1\\ud83d\\ude00\\u007f\", " META "]\n");
}

#define MD_HEAD "## 2026-11-21\n\n- 11:43:20 **ana**: "

static void
as_markdown(void **state)
{
	static const char *const cases[][2] = {
		{ "[\"hola\"," META "]", MD_HEAD "hola\n" },
		{ "[\"a\\nb\"," META "]", MD_HEAD "a\\\n  b\n" },
		{ "[\"# `x` *y* [z](w) <b> a_b\"," META "]",
		    MD_HEAD "\\# \\`x\\` \\*y\\* \\[z\\](w) \\<b\\> a\\_b\n" },
		{ "[\"- a\\n1. b\\n2) c\\n   d\\n+1\\n12\"," META "]",
		    MD_HEAD "\\- a\\\n  1\\. b\\\n  2\\) c\\\n  "
			    "&nbsp;&nbsp;&nbsp;d\\\n  \\+1\\\n  12\n" },
		{ "[\"x\",{\"id\":\"1795261400065-0\",\"nick\":\"ana\","
		  "\"reply\":{\"id\":\"1-1\",\"nick\":\"b*b\","
		  "\"text\":\"q\\nr\"}}]",
		    MD_HEAD "*(to b\\*b: q r)* x\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_written(HISTORY_MD, cases[i][0], cases[i][1]);
}

static void
markdown_by_days(void **state)
{
	struct history_writer w = { .format = HISTORY_MD, .day = -1 };
	struct buf out;

	(void)state;
	buf_init(&out, 4096);
	history_write(&w, SLICE("[\"a\",{\"id\":\"86399000-0\"}]"), &out);
	history_write(&w, SLICE("[\"b\",{\"id\":\"86399999-0\"}]"), &out);
	history_write(&w, SLICE("[\"c\",{\"id\":\"86400000-0\"}]"), &out);
	buf_putc(&out, '\0');
	assert_string_equal(out.p, "## 1970-01-01\n\n"
				   "- 23:59:59 ****: a\n"
				   "- 23:59:59 ****: b\n\n"
				   "## 1970-01-02\n\n"
				   "- 00:00:00 ****: c\n");
	buf_deinit(&out);
}

static void
matches(void **state)
{
	struct slice message = SLICE("[\"Hola \\u00d1and\\u00fa\"," META "]");

	(void)state;
	assert_true(history_matches(message, SLICE("")));
	assert_true(history_matches(message, SLICE("hola")));
	assert_true(history_matches(message, SLICE("\xc3\xb1"
						   "and")));
	assert_false(history_matches(message, SLICE("ana")));
	assert_true(history_matches(SLICE("[[\"x\"]]"), SLICE("\"x\"")));
	assert_true(history_matches(SLICE("[\"\"]"), SLICE("")));
	assert_false(history_matches(SLICE("[\"\"]"), SLICE("x")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times),
		cmocka_unit_test(times_of_ours),
		cmocka_unit_test(ids),
		cmocka_unit_test(no_times),
		cmocka_unit_test(as_text),
		cmocka_unit_test(as_json),
		cmocka_unit_test(as_markdown),
		cmocka_unit_test(markdown_by_days),
		cmocka_unit_test(matches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
