#include "config.h"

#include "hostile.h"

#include <stdint.h>
#include <string.h>

#include "base/slice.h"
#include "base/utf8.h"

static const struct slice list[] = {
	/* moves, erases, scrolls, resets */
	SLICE_INIT("\033[2J\033[H"),
	SLICE_INIT("a\033[5A\033[3Gb"),
	SLICE_INIT("\033[1;1Hroot: trust me"),
	SLICE_INIT("\033c"),
	SLICE_INIT("\033[!p\033[?1049l\033[?7h\033[?25l"),
	SLICE_INIT("\0337\033[r\0338\033D\033M\033E"),
	SLICE_INIT("\b\b\b\b\b\b<bob> I am bob"),
	SLICE_INIT("over\rwritten"),
	SLICE_INIT("one\ntwo\r\nthree\rfour\vfive\fsix"),
	SLICE_INIT("\t\t\ttabs"),
	SLICE_INIT("bell\a\a and \x0eline drawing\x0f"),
	/* the title, links, the clipboard, answers, files, images */
	SLICE_INIT("\033]0;title\a\033]2;title\033\\"),
	SLICE_INIT("\033]8;;http://x\033\\link\033]8;;\033\\"),
	SLICE_INIT("\033]52;c;cm0gLXJm\a"),
	SLICE_INIT("\033[c\033[6n\033[?2026$p\005"),
	SLICE_INIT("\033P$q\"p\033\\\033_G\033\\\033^x\033\\"),
	SLICE_INIT("\033Ptmux;\033\033]0;x\a\033\\"),
	SLICE_INIT("\033]1337;File=inline=1:AAAA\a"),
	SLICE_INIT("\033k title \033\\\033[31m red \033[7m"),
	SLICE_INIT("\033[200~ls\033[201~"),
	/* the same with C1 controls, and as invalid UTF-8 */
	SLICE_INIT("\xc2\x9b"
		   "2J\xc2\x9b"
		   "H\xc2\x9d"
		   "0;t\xc2\x9c\xc2\x90x"),
	SLICE_INIT("\x9b"
		   "2J\x9d"
		   "0;t\x9c\x90x\x85\x84"),
	SLICE_INIT("\xc0\x9b\xe0\x80\x9b[2J\xc0\x8a\xf0\x80\x80\x9b"),
	SLICE_INIT("\xe2\x82\xed\xa0\x80\xf8\x88\x80\x80\x80\xff\xfe"),
	SLICE_INIT("nul\0nul\x7f\x7f"),
	/* direction, invisible and look-alikes */
	SLICE_INIT(
	    "\u202e<bob> gnp.exe\u202c \u2066x\u2067y\u2068z\u2069\u2069"),
	SLICE_INIT("\u2069\u2069\u2069 out of the isolate \u202a\u202b\u202d"),
	SLICE_INIT("\u200e\u200f\u061c\u200b\u2060\ufeff\u00ad\u180e"),
	SLICE_INIT(
	    "\u05e9\u05dc\u05d5\u05dd 123 \u0645\u0631\u062d\u0628\u0627 abc"),
	SLICE_INIT("\u2028new line\u2029new paragraph\xc2\x85"
		   "next"),
	SLICE_INIT("\U000e0041\U000e0042\U000e007f tags \ufff9a\ufffab\ufffb"),
	SLICE_INIT("\u2502 12:00 bob \u2502 forged \u2713"),
	/* clusters: stacked, joined, begun without a base, cut off */
	SLICE_INIT(
	    "Z\u0351\u036b\u0343\u036a\u0302\u036b\u033d\u034f\u0334\u0319"
	    "\u0324\u031e\u0349\u035a\u032f\u031e\u0320\u034d!"),
	SLICE_INIT("\u0301\u0302 begins with marks \u200d\u0301"),
	SLICE_INIT(
	    "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"
	    "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"),
	SLICE_INIT("\U0001f468\u200d\u200d\u200d \u200d\U0001f468\u200d"),
	SLICE_INIT("\U0001f44d\U0001f3fd\U0001f3fd \U0001f3fd\U0001f3fb"),
	SLICE_INIT(
	    "\u2764\ufe0f\ufe0f \ufe0f\u2764\ufe0e 1\ufe0f\u20e3 \u20e3"),
	SLICE_INIT("\U0001f1eb\U0001f1f7\U0001f1eb \U0001f1eb"),
	SLICE_INIT("\U0001f3f4\U000e0067\U000e0062\U000e007f flag"),
	SLICE_INIT("\u1100\u1161\u11a8\u1161\u1161\u1100\u1100 \u1161\u11a8"),
	SLICE_INIT(
	    "\u0e01\u0e33\u0e33\u0e49 \u0915\u094d\u0937\u093f \u0bb8\u0bcd"),
	SLICE_INIT("\uff21\uff22\u3000\u65e5\u672c\u8a9e\u3099\u309a\uff9e"),
	SLICE_INIT("\ufdfd \u102a \u12031 \U0001242b \u2e3b \u0bf5"),
	SLICE_INIT("\ue000\uf8ff\U000f0000\U0010fffd private"),
	SLICE_INIT("\u0378\U0001fffe\uffff\ufdd0 unassigned"),
	SLICE_INIT("                                        "),
	SLICE_INIT(""),
	SLICE_INIT("%s%n%d{}$(rm)`x`\\033[2J\\e[2J^[[2J"),
};

enum { LISTED = sizeof(list) / sizeof(list[0]) };

unsigned
hostile_listed(void)
{
	return LISTED;
}

static uint32_t
next(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

static void
mix(uint32_t *seed, struct buf *out)
{
	char bytes[4];

	switch (next(seed) % 6) {
	case 0: { /* a piece of a listed one, cut anywhere */
		struct slice s = list[next(seed) % LISTED];

		if (s.len > 0)
			s = slice_skip(s, next(seed) % s.len);
		if (s.len > 0)
			s.len = 1 + next(seed) % s.len;
		buf_append_slice(out, s);
		break;
	}
	case 1: /* any character */
		buf_append(out, bytes, utf8_encode(bytes, next(seed) % 0xd800));
		break;
	case 2: /* a symbol or a joining one */
		buf_append(out, bytes,
		    utf8_encode(bytes, 0x1f000 + next(seed) % 0xc00));
		if (next(seed) % 2)
			buf_puts(out, "\u200d");
		break;
	case 3: /* any byte */
		buf_putc(out, (char)next(seed));
		break;
	default:
		for (unsigned i = next(seed) % 12; i > 0; i--)
			buf_putc(out, (char)('a' + next(seed) % 26));
		buf_putc(out, ' ');
	}
}

void
hostile_string(unsigned n, struct buf *out)
{
	uint32_t seed = n * 2654435761u + 12345;

	if (n < LISTED) {
		buf_append_slice(out, list[n]);
		return;
	}
	for (unsigned i = 1 + next(&seed) % 24; i > 0; i--)
		mix(&seed, out);
}
