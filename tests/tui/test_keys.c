#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "tui/keys.h"

#define START "\x1b[200~"
#define END "\x1b[201~"

static struct loop loop;
static struct keys *keys;
static struct buf seen; /* the events one after the other */
static bool close_on_key;

static void
close_keys(void)
{
	if (keys)
		keys_close(keys);
	keys = NULL;
}

static void
on_text(void *arg, struct slice s)
{
	(void)arg;
	assert_true(s.len > 0);
	assert_true(utf8_valid(s.p, s.len));
	buf_append_slice(&seen, s);
}

static void
on_key(void *arg, const char *name)
{
	(void)arg;
	buf_printf(&seen, "<%s>", name);
	if (close_on_key)
		close_keys();
}

static void
on_paste(void *arg, struct slice s, bool cut)
{
	(void)arg;
	buf_printf(&seen, "{%s", cut ? "cut " : "");
	buf_append_slice(&seen, s);
	buf_putc(&seen, '}');
}

static void
on_focus(void *arg, bool focused)
{
	(void)arg;
	buf_puts(&seen, focused ? "(in)" : "(out)");
}

static void
on_mode(void *arg, int mode, int value)
{
	(void)arg;
	buf_printf(&seen, "(%d=%d)", mode, value);
}

static const struct keys_cb callbacks = {
	.on_text = on_text,
	.on_key = on_key,
	.on_paste = on_paste,
	.on_focus = on_focus,
	.on_mode = on_mode,
};

static int
setup(void **state)
{
	(void)state;
	assert_int_equal(loop_init(&loop), 0);
	keys = keys_new(&loop, "xterm-256color", &callbacks, NULL);
	buf_init(&seen, 4 << 20);
	close_on_key = false;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	close_keys();
	assert_int_equal(loop_deinit(&loop), 0);
	buf_deinit(&seen);
	return 0;
}

static void
assert_seen(const char *expected)
{
	if (!slice_is(buf_view(&seen), expected))
		fail_msg("\"%.*s\" is not \"%s\"", SLICE_ARG(buf_view(&seen)),
		    expected);
	buf_clear(&seen);
}

static void
push(const char *bytes)
{
	keys_push(keys, bytes, strlen(bytes));
}

/* Until the timer has run, if it is to. */
static void
wait(void)
{
	uv_run(&loop.uv, UV_RUN_DEFAULT);
}

/* At once, in two parts split anywhere, and byte by byte. */
#define check(bytes, expected)                                                 \
	check_bytes((bytes), sizeof(bytes) - 1, (expected))
static void
check_bytes(const char *bytes, size_t len, const char *expected)
{
	for (size_t i = 0; i < len; i++) {
		if (i > 0)
			keys_push(keys, bytes, i);
		keys_push(keys, bytes + i, len - i);
		assert_seen(expected);
	}
	for (size_t i = 0; i < len; i++)
		keys_push(keys, bytes + i, 1);
	assert_seen(expected);
}

static void
text(void **state)
{
	(void)state;
	check("abc", "abc");
	check("é日👍", "é日👍");
	check("a\xff"
	      "b",
	    "a\xef\xbf\xbd"
	    "b");
	check("\xc3"
	      "a",
	    "\xef\xbf\xbd"
	    "a");
	check("\xe6\x97\xe6\x97\xa5", "\xef\xbf\xbd日");
	check("\xf0\x9f\x1b[A", "\xef\xbf\xbd<Up>");
	check("\xed\xa0\x80x", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdx");
	/* C1 controls are nobody's text */
	check("a\xc2\x9b"
	      "b\xc2\xa0",
	    "ab\xc2\xa0");
	/* an unfinished one doesn't wait for ever */
	push("a\xe6\x97");
	assert_seen("a");
	wait();
	assert_seen("\xef\xbf\xbd");
}

static void
controls(void **state)
{
	(void)state;
	check("\x01\x05\x0b", "<C-a><C-e><C-k>");
	check("\r\n\t\x7f\x08\x1f", "<Enter><C-j><Tab><Backspace><C-h><C-_>");
	check("a\x17"
	      "b",
	    "a<C-w>b");
	check("\0", "<C- >");
}

static void
sequences(void **state)
{
	(void)state;
	check("\x1b[A\x1bOB", "<Up><Down>");
	check("\x1b[1;5D\x1b[1;3C\x1b[Z", "<C-Left><M-Right><S-Tab>");
	check("\x1bOP\x1b[18~\x1b[19~", "<F1><F7><F8>");
	check("\x1b[5~\x1b[6~\x1b[3~", "<PageUp><PageDown><Delete>");
	check("\x1b[1;5H\x1b[1;3F", "<C-Home><M-End>");
	check("a\x1b[Ab", "a<Up>b");
	/* the Linux console's and rxvt's */
	check("\x1b[[Ax", "x");
	check("\x1bOMx", "<Enter>x");
	check("\x1b\x1b[A", "<M-Up>");
	keys_close(keys);
	keys = keys_new(&loop, "linux", &callbacks, NULL);
	check("\x1b[[A", "<F1>");
	keys_close(keys);
	keys = keys_new(&loop, "no-such-type", &callbacks, NULL);
	check("\x1b[A\x1b[1;5D", "<Up><C-Left>");
}

static void
alt(void **state)
{
	(void)state;
	check("\x1b"
	      "a\x1b/\x1b<\x1b"
	      "1",
	    "<M-a><M-/><M-<><M-1>");
	check("\x1b\r\x1b\x7f\x1b\b", "<M-Enter><M-Backspace><M-C-h>");
	check("\x1bé", "<M-é>");
	check("\x1b\x1b"
	      "b",
	    "<M-b>");
	check("x\x1b"
	      "ay",
	    "x<M-a>y");
}

static void
a_lone_escape_is_a_key(void **state)
{
	(void)state;
	push("\x1b");
	assert_seen("");
	wait();
	assert_seen("<Escape>");
	push("\x1b\x1b");
	wait();
	assert_seen("<M-Escape>");
	push("\x1b\x1b\x1b");
	assert_seen("<Escape>");
	wait();
	assert_seen("<M-Escape>");
	push("\x1bO");
	wait();
	assert_seen("<M-O>");
	push("a");
	wait();
	assert_seen("a");
}

static void
unknown_sequences_are_swallowed(void **state)
{
	static const char junk[] =
	    "\x1b[11111111111111111111111111111111111111111111111111111111"
	    "1111111111111111111111111111111111111111111111111111111111111mx";

	(void)state;
	check("a\x1b[99~b", "ab");
	check("a\x1b[1;2;3;4;5zb", "ab");
	check("a\x1b[?1;2cb", "ab");
	check("a\x1b[>0;276;0cb", "ab");
	check("a\x1b[200zb\x1b[201~c", "abc");
	check("a\x1b[<0;1;1Mb", "ab");
	check("a\x1bOzb", "ab");
	check("a\x1b[999999999999999999;99999999999999999~b", "ab");
	check_bytes(junk, sizeof(junk) - 1, "x");
	/* keys by a character's number, and none or no such one */
	check("\x1b[97;5u\x1b[27;5;98~", "<C-a><C-b>");
	check("a\x1b[u\x1b[;5u\x1b[~\x1b[27;59~\x1b[27;5;~b", "ab");
	check("a\x1b[55555555u\x1b[4294967286u\x1b[55296ub", "ab");
	check("a\x1b[27;5;4294967286~\x1b[27;5;57343~b", "ab");
	/* broken off by something else */
	check("\x1b[1;\rb", "<Enter>b");
	check("\x1b[1;\x1b[A", "<Up>");
	check("\x1b[1;é", "é");
	/* or by nothing */
	push("\x1b[1;");
	wait();
	push("A");
	assert_seen("A");
}

static void
focus_and_modes(void **state)
{
	(void)state;
	check("a\x1b[Ib\x1b[Oc", "a(in)b(out)c");
	check("\x1b[?2026;2$yx", "(2026=2)x");
	check("\x1b[2026;2$yx", "x");
	check("\x1b[?;2$yx\x1b[?1$yx\x1b[?yx\x1b[?2026;2yx", "xxxx");
	check("\x1b[?99999999;2$yx", "x");
}

static void
pastes(void **state)
{
	(void)state;
	check("a" START "b\r\nc\x1b[A\x01" END "d", "a{b\r\nc\x1b[A\x01}d");
	check(START END "d", "d");
	/* what looks like the end */
	check(START "\x1b[20\x1b[201\x1b\x1b[2001~" END,
	    "{\x1b[20\x1b[201\x1b\x1b[2001~}");
	check(START START END, "{" START "}");
	check(START "a" END START "b" END, "{a}{b}");
}

static void
a_big_paste_is_cut(void **state)
{
	char *big = xmalloc(KEYS_PASTE_MAX + 10);

	(void)state;
	memset(big, 'x', KEYS_PASTE_MAX + 10);
	push(START);
	keys_push(keys, big, KEYS_PASTE_MAX);
	push(END);
	assert_int_equal(seen.len, KEYS_PASTE_MAX + 2);
	buf_clear(&seen);
	push(START);
	keys_push(keys, big, KEYS_PASTE_MAX + 10);
	push("\r" END "a");
	assert_int_equal(seen.len, KEYS_PASTE_MAX + 2 + 4 + 1);
	assert_memory_equal(seen.p, "{cut xxx", 8);
	assert_int_equal(seen.p[seen.len - 1], 'a');
	free(big);
}

static void
a_paste_without_an_end(void **state)
{
	(void)state;
	push(START "one\rtwo");
	assert_seen("");
	wait();
	assert_seen("{one\rtwo}");
	/* it was only slow */
	push("\rthree and some more\rtext" END "x");
	assert_seen("{\rthree and some more\rtext}x");

	push(START "one");
	wait();
	assert_seen("{one}");
	push(END "y"); /* the end alone */
	assert_seen("y");

	push(START "one");
	wait();
	push("\x1b[A");
	assert_seen("{one}<Up>");
	push("ab");
	assert_seen("ab");

	push(START "one");
	wait();
	push("\x03");
	assert_seen("{one}<C-c>");

	push(START "one");
	wait();
	push("\x1b");
	wait();
	assert_seen("{one}<Escape>");

	push(START "one\x1b[20"); /* stops in what may be the end */
	wait();
	push("1~y");
	assert_seen("{one}y");
	push(START "one\x1b[20");
	wait();
	push("\x1b[A");
	assert_seen("{one}<Up>");
}

/* However long it takes, and in whatever pieces it comes. */
static void
nothing_pasted_is_an_enter(void **state)
{
	static const char *const pieces[] = { "\r", "ls\r", "\x1b[A\r",
		"\x03\n", "\x1b and thirteen" };
	struct buf expected;

	(void)state;
	buf_init(&expected, 100);
	push(START "one");
	wait();
	buf_puts(&expected, "{one}");
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		push(pieces[i]);
		wait();
		buf_printf(&expected, "{%s}", pieces[i]);
	}
	push("\r" END "\r");
	buf_puts(&expected, "{\r}<Enter>");
	buf_putc(&expected, '\0');
	assert_seen(expected.p);
	buf_deinit(&expected);
}

static void
closing_in_a_callback(void **state)
{
	(void)state;
	close_on_key = true;
	push("a\rb\r" START "c" END);
	assert_seen("a<Enter>");
}

static void
survives_anything(void **state)
{
	unsigned seed = 7;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		static const char often[] = "\x1b\x1b[[O0123;~<?$yMAR\xc3\xa9";
		char bytes[16];
		size_t n;

		seed = seed * 1103515245 + 12345;
		n = 1 + (seed >> 16) % sizeof(bytes);
		for (size_t j = 0; j < n; j++) {
			seed = seed * 1103515245 + 12345;
			bytes[j] =
			    seed & 0x10000
				? often[(seed >> 17) % (sizeof(often) - 1)]
				: (char)(seed >> 18);
		}
		keys_push(keys, bytes, n);
		buf_clear(&seen);
	}
}

int
main(void)
{
#define test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		test(text),
		test(controls),
		test(sequences),
		test(alt),
		test(a_lone_escape_is_a_key),
		test(unknown_sequences_are_swallowed),
		test(focus_and_modes),
		test(pastes),
		test(a_big_paste_is_cut),
		test(a_paste_without_an_end),
		test(nothing_pasted_is_an_enter),
		test(closing_in_a_callback),
		test(survives_anything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
