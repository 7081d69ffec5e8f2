/*
 * Cleaners: no control comes out, and what is clean stays as it is. The first
 * byte tells which: of the terminal, a line of it, names, the log.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clean.h"
#include "base/log.h"
#include "base/utf8.h"
#include "fuzz.h"
#include "hub/name.h"
#include "hub/nick.h"

enum { LINE_SIZE = 4096 };

static bool
is_directional(uint32_t cp)
{
	return (cp >= 0x202a && cp <= 0x202e) ||
	       (cp >= 0x2066 && cp <= 0x2069) || cp == 0x200e || cp == 0x200f ||
	       cp == 0x061c;
}

/* Nothing that changes the direction of text, breaks a line or is none. */
static void
check_harmless(struct slice s, const char *except)
{
	CHECK(fuzz_is_clean(s, except));
	for (size_t i = 0; i < s.len;) {
		uint32_t cp;

		i += utf8_decode(s.p + i, s.len - i, &cp);
		CHECK(!is_directional(cp));
		CHECK(cp != 0x2028 && cp != 0x2029 && cp != 0xfeff);
		CHECK((cp & 0xfffe) != 0xfffe);
		CHECK(cp < 0xfdd0 || cp > 0xfdef);
		CHECK(cp < 0xe0000 || cp > 0xe0fff ||
		      (cp >= 0xe0100 && cp <= 0xe01ef));
	}
}

static void
check_text(struct slice in)
{
	struct buf once, twice;

	buf_init(&once, CLEAN_GROWTH * in.len);
	buf_init(&twice, CLEAN_GROWTH * CLEAN_GROWTH * in.len);
	CHECK(clean_text(&once, in) == 0);
	check_harmless(buf_view(&once), "\n");
	CHECK(clean_text(&twice, buf_view(&once)) == 0);
	CHECK(slice_eq(buf_view(&once), buf_view(&twice)));
	clean_has_rtl(buf_view(&once));
	buf_deinit(&once);
	buf_deinit(&twice);
}

static void
check_line(struct slice in, size_t max)
{
	struct buf once, twice;

	buf_init(&once, max);
	buf_init(&twice, max);
	CHECK(clean_line(&once, in, max) == 0);
	CHECK(once.len <= max);
	check_harmless(buf_view(&once), "");
	if (once.len > 0)
		CHECK(once.p[0] != ' ' && once.p[once.len - 1] != ' ');
	CHECK(clean_line(&twice, buf_view(&once), max) == 0);
	CHECK(slice_eq(buf_view(&once), buf_view(&twice)));
	buf_deinit(&once);
	buf_deinit(&twice);
}

static void
check_nick(struct slice in)
{
	char once[NICK_SIZE], twice[NICK_SIZE];
	size_t n = nick_clean(in, once), chars = 0;
	uint32_t cp;

	CHECK(n < NICK_SIZE && strlen(once) == n);
	check_harmless((struct slice){ once, n }, "");
	for (size_t i = 0; i < n; chars++)
		i += utf8_decode(once + i, n - i, &cp);
	CHECK(chars <= NICK_MAX);
	CHECK(nick_clean((struct slice){ once, n }, twice) == n);
	CHECK(strcmp(once, twice) == 0);
}

/* A room's: it can stand in a path, and is none of a person. */
static void
check_room(struct slice in)
{
	char once[ROOM_NAME_SIZE], twice[ROOM_NAME_SIZE];
	size_t n = room_name_clean(in, once);

	CHECK(n < ROOM_NAME_SIZE && strlen(once) == n);
	if (n == 0)
		return;
	check_harmless((struct slice){ once, n }, "");
	CHECK(once[0] != '@' && once[0] != '#');
	CHECK(strchr(once, ' ') == NULL);
	CHECK(strcmp(once, ".") != 0 && strcmp(once, "..") != 0);
	CHECK(room_name_clean((struct slice){ once, n }, twice) == n);
	CHECK(strcmp(once, twice) == 0);
}

/* One line of printable ASCII, and only ours at its end. */
static void
check_log(struct slice in)
{
	static const char end[] = " other=7\n";
	char line[LINE_SIZE];
	FILE *f = fmemopen(line, sizeof(line), "w");
	size_t n;

	CHECK(f != NULL);
	log_open(f, LOG_DEBUG, false);
	log_event(LOG_INFO, "event", LF_STR("value", in), LF_INT("other", 7));
	n = (size_t)ftell(f);
	fclose(f);
	log_open(NULL, LOG_OFF, false);
	CHECK(n > sizeof(end) && n < sizeof(line));
	for (size_t i = 0; i < n - 1; i++)
		CHECK(line[i] >= ' ' && line[i] <= '~');
	CHECK(memcmp(line + n - (sizeof(end) - 1), end, sizeof(end) - 1) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	unsigned how = fuzz_byte(&in);
	char *text = fuzz_copy(fuzz_rest(&in));
	struct slice s = { text, in.len };

	switch (how & 3) {
	case 0:
		check_text(s);
		break;
	case 1:
		check_line(s, how >> 2);
		break;
	case 2:
		check_nick(s);
		check_room(s);
		break;
	default:
		check_log(s);
	}
	free(text);
	return 0;
}
