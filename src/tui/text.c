#include "config.h"

#include "tui/text.h"

#include <assert.h>

#include <utf8proc.h>

#include "base/utf8.h"

enum {
	ZWJ = 0x200d,
	VARIATION_EMOJI = 0xfe0f,
	KEYCAP = 0x20e3,
	REPLACEMENT = 0xfffd,
};

/* One character as the cluster rules see it. */
struct character {
	uint32_t cp;
	unsigned bytes;
	unsigned width; /* standing alone */
	int category, boundclass;
	bool valid;
};

static void
decode(struct slice s, struct character *c)
{
	const utf8proc_property_t *prop;

	c->bytes = utf8_decode(s.p, s.len, &c->cp);
	c->valid = c->bytes > 1 || (unsigned char)s.p[0] < 0x80;
	prop = utf8proc_get_property((utf8proc_int32_t)c->cp);
	c->category = prop->category;
	c->boundclass = prop->boundclass;
	c->width = prop->charwidth;
}

static bool
is_mark(const struct character *c)
{
	return c->category == UTF8PROC_CATEGORY_MN ||
	       c->category == UTF8PROC_CATEGORY_MC ||
	       c->category == UTF8PROC_CATEGORY_ME;
}

static bool
is_control(const struct character *c)
{
	return c->boundclass == UTF8PROC_BOUNDCLASS_CONTROL ||
	       c->boundclass == UTF8PROC_BOUNDCLASS_CR ||
	       c->boundclass == UTF8PROC_BOUNDCLASS_LF;
}

/* Every terminal draws it, standing alone, in so many columns as we say. */
static bool
is_agreed(const struct character *c)
{
	if (c->category == UTF8PROC_CATEGORY_CN || !c->valid)
		return false;
	if (c->cp < 0x530)
		return true;
	return c->width == 2 && c->cp >= 0x2e80 && c->cp < 0x10000 &&
	       c->boundclass != UTF8PROC_BOUNDCLASS_EXTENDED_PICTOGRAPHIC;
}

/* A mark that every terminal draws over the character before. */
static bool
is_agreed_mark(const struct character *c)
{
	return (c->cp >= 0x300 && c->cp < 0x370 && c->cp != 0x34f) ||
	       c->cp == 0x3099 || c->cp == 0x309a;
}

/* Columns that c adds to the cluster that begins with base. */
static unsigned
added_width(const struct character *base, const struct character *prev,
    const struct character *c)
{
	if (prev->boundclass == UTF8PROC_BOUNDCLASS_PREPEND)
		return c->width;
	if (c->cp == VARIATION_EMOJI)
		return base->boundclass ==
		       UTF8PROC_BOUNDCLASS_EXTENDED_PICTOGRAPHIC;
	if (c->cp == KEYCAP)
		return prev->cp == VARIATION_EMOJI;
	switch (c->boundclass) {
	case UTF8PROC_BOUNDCLASS_REGIONAL_INDICATOR:
		return 1;
	case UTF8PROC_BOUNDCLASS_EXTENDED_PICTOGRAPHIC: /* behind a joiner */
		return 2;
	case UTF8PROC_BOUNDCLASS_SPACINGMARK:
		return 1;
	case UTF8PROC_BOUNDCLASS_EXTEND:
		/* half-width sound marks are letters, skin tones are not */
		return c->category == UTF8PROC_CATEGORY_LM;
	default:
		return 0;
	}
}

/* A joiner at the end would ask for what has been cut off. */
static size_t
without_joiner(const char *p, size_t n)
{
	while (n > 3 &&
	       slice_eq((struct slice){ p + n - 3, 3 }, SLICE("\xe2\x80\x8d")))
		n -= 3;
	return n;
}

static void
single(struct text_cluster *out, const struct character *c)
{
	out->width = c->width;
	out->shown = c->bytes;
	out->ambiguous = !is_agreed(c);
	if (is_control(c) || c->category == UTF8PROC_CATEGORY_CF) {
		out->width = 0;
		out->shown = 0;
	}
	if (!c->valid || is_mark(c)) {
		out->width = 1;
		out->shown = 0;
	}
}

static size_t
next_cluster(struct slice s, struct text_cluster *out)
{
	struct character base, prev, c;
	utf8proc_int32_t state = 0;
	unsigned n = 1;
	size_t len, shown;
	bool bare;

	decode(s, &base);
	single(out, &base);
	bare = is_mark(&base) || base.cp == ZWJ;
	shown = len = base.bytes;
	prev = base;
	for (; len < s.len; len += c.bytes, n++, prev = c) {
		decode(slice_skip(s, len), &c);
		if (utf8proc_grapheme_break_stateful((utf8proc_int32_t)prev.cp,
			(utf8proc_int32_t)c.cp, &state) ||
		    !prev.valid)
			break;
		if (bare)
			continue;
		if (len + c.bytes <= TEXT_CLUSTER_MAX)
			shown = len + c.bytes;
		out->width += added_width(&base, &prev, &c);
		if (!is_agreed_mark(&c) || n > 4)
			out->ambiguous = true;
	}
	if (n > 1 && !bare)
		out->shown = without_joiner(s.p, shown);
	if (out->width > 2)
		out->width = 2;
	if (out->width == 0)
		out->shown = 0;
	return len;
}

size_t
text_next(struct slice s, struct text_cluster *out)
{
	unsigned char c = (unsigned char)s.p[0];
	size_t n = 1;

	assert(s.len > 0);
	*out = (struct text_cluster){ .shown = 1, .width = 1 };
	if (c == '\n') {
		out->newline = true;
		out->width = 0;
		out->shown = 0;
	} else if (c < ' ' || c >= 0x7f ||
		   (s.len > 1 && (unsigned char)s.p[1] >= 0x80)) {
		n = next_cluster(s, out);
	}
	out->bytes = (struct slice){ s.p, n };
	out->space = n == 1 && c == ' ';
	return n;
}

size_t
text_prev(struct slice s)
{
	struct text_cluster cl;
	size_t from = s.len, n = 0;

	assert(s.len > 0);
	/* nothing joins two ASCII characters (but CR LF): walk from there */
	do {
		from--;
	} while (from > 0 && ((s.p[from] & 0x80) || (s.p[from - 1] & 0x80) ||
				 s.p[from] == '\n'));
	while (from < s.len) {
		n = text_next(slice_skip(s, from), &cl);
		from += n;
	}
	return n;
}

size_t
text_width(struct slice s)
{
	struct text_cluster cl;
	size_t width = 0;

	while (s.len > 0) {
		s = slice_skip(s, text_next(s, &cl));
		width += cl.width;
	}
	return width;
}

size_t
text_fit(struct slice s, size_t columns)
{
	struct text_cluster cl;
	size_t at = 0, width = 0;

	while (at < s.len) {
		size_t n = text_next(slice_skip(s, at), &cl);

		width += cl.width;
		if (width > columns)
			break;
		at += n;
	}
	return at;
}

void
text_wrap_init(struct text_wrap *w, struct slice s)
{
	*w = (struct text_wrap){ .rest = s };
}

/* Ends the row after `len` bytes and goes on `skip` bytes further. */
static void
end_row(struct text_wrap *w, size_t len, size_t skip, struct slice *row)
{
	*row = (struct slice){ w->rest.p, len };
	w->rest = slice_skip(w->rest, len + skip);
}

static size_t
count_spaces(struct slice s)
{
	size_t n = 0;

	while (n < s.len && s.p[n] == ' ')
		n++;
	return n;
}

/*
 * Ends the row that is full before byte `at`. next: where its last word
 * begins, 0 if it is one word.
 */
static void
break_row(struct text_wrap *w, size_t at, size_t next, struct slice *row)
{
	size_t spaces = count_spaces(slice_skip(w->rest, at));
	size_t end;

	if (spaces > 0 || next == 0)
		next = at + spaces;
	end = next;
	while (end > 0 && w->rest.p[end - 1] == ' ')
		end--;
	if (end == 0) /* a row of nothing but spaces keeps them */
		end = at;
	/* a newline behind the spaces was to come here anyway */
	w->newline =
	    spaces > 0 && next < w->rest.len && w->rest.p[next] == '\n';
	end_row(w, end, next - end + w->newline, row);
}

bool
text_wrap_next(struct text_wrap *w, unsigned columns, struct slice *row)
{
	struct text_cluster cl, prev = { .newline = true };
	size_t at = 0, word = 0;
	unsigned width = 0;

	if (w->started && !w->newline && w->rest.len == 0)
		return false;
	w->started = true;
	w->newline = false;
	for (; at < w->rest.len; prev = cl) {
		size_t n = text_next(slice_skip(w->rest, at), &cl);

		if (cl.newline) {
			end_row(w, at, n, row);
			w->newline = true;
			return true;
		}
		if (!cl.space && at > 0 &&
		    (prev.space || prev.width == 2 || cl.width == 2))
			word = at;
		if (width + cl.width > columns && at > 0) {
			break_row(w, at, word, row);
			return true;
		}
		width += cl.width;
		at += n;
	}
	end_row(w, at, 0, row);
	return true;
}
