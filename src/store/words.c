#include "config.h"

#include "store/words.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

enum {
	TERMS_MAX = 32, /* words and phrases; the rest is left out */
	/* Bytes of what may be the beginning of a word: shorter ones would be
	 * that of too many. In other scripts that is one character. */
	PREFIX_MIN = 3,
};

static bool
is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* What opens and closes a phrase: " or its typographic forms. Its length, or
 * 0. */
static size_t
quote_len(struct slice s)
{
	static const char *const quotes[] = { "\"", "\u201c", "\u201d",
		"\u201e" };

	for (size_t i = 0; i < sizeof(quotes) / sizeof(quotes[0]); i++)
		if (slice_starts(s, quotes[i]))
			return strlen(quotes[i]);
	return 0;
}

/* A term in FTS5's quotes: nothing in it means anything but itself. There is
 * no quote in a term; a NUL would end the whole. */
static void
put_term(struct buf *out, struct slice term, bool prefix)
{
	buf_putc(out, '"');
	for (size_t i = 0; i < term.len; i++)
		buf_putc(out, term.p[i] != '\0' ? term.p[i] : ' ');
	buf_puts(out, prefix ? "\"*" : "\"");
}

/* Takes a word, or the inside of a phrase, off the front. */
static struct slice
take_term(struct slice *rest, bool *open)
{
	size_t quote = quote_len(*rest), n = 0;
	struct slice term;

	*rest = slice_skip(*rest, quote);
	while (n < rest->len && quote_len(slice_skip(*rest, n)) == 0 &&
	       (quote > 0 || !is_space(rest->p[n])))
		n++;
	term = (struct slice){ rest->p, n };
	*rest = slice_skip(*rest, n);
	if (quote > 0)
		*rest = slice_skip(*rest, quote_len(*rest));
	/* Only what may still be typed on is the beginning of a word. */
	*open = quote == 0 && rest->len == 0 && n >= PREFIX_MIN;
	return term;
}

/* The terms, one after the other: all of them are looked for. */
static unsigned
put_terms(struct buf *out, struct slice text)
{
	unsigned n = 0;

	while (n < TERMS_MAX) {
		struct slice term;
		bool open;

		while (text.len > 0 && is_space(text.p[0]))
			text = slice_skip(text, 1);
		if (text.len == 0)
			break;
		term = take_term(&text, &open);
		if (term.len == 0)
			continue;
		buf_putc(out, ' ');
		put_term(out, term, open);
		n++;
	}
	return n;
}

/* Words in a column of their own: the quotes in `text` as spaces. */
static void
put_column(struct buf *out, const char *column, struct slice text)
{
	buf_printf(out, "%s%s : \"", out->len > 0 ? " AND " : "", column);
	for (size_t i = 0; i < text.len; i++)
		buf_putc(out,
		    text.p[i] != '"' && text.p[i] != '\0' ? text.p[i] : ' ');
	buf_putc(out, '"');
}

/* Whether the index has kept something of it. */
static bool
has_words(struct slice s)
{
	uint32_t cp;

	while (s.len > 0) {
		utf8proc_category_t c;
		utf8proc_ssize_t n =
		    utf8proc_iterate((const utf8proc_uint8_t *)s.p,
			(utf8proc_ssize_t)s.len, (utf8proc_int32_t *)&cp);

		if (n <= 0)
			return false;
		c = utf8proc_category((utf8proc_int32_t)cp);
		if ((c >= UTF8PROC_CATEGORY_LU && c <= UTF8PROC_CATEGORY_LO) ||
		    (c >= UTF8PROC_CATEGORY_ND && c <= UTF8PROC_CATEGORY_NO))
			return true;
		s = slice_skip(s, (size_t)n);
	}
	return false;
}

bool
words_query(
    struct buf *out, struct slice text, struct slice from, uint64_t room)
{
	unsigned n;

	if (text.len > WORDS_TEXT_MAX)
		text.len = WORDS_TEXT_MAX;
	buf_puts(out, "text : (");
	n = put_terms(out, text);
	buf_puts(out, ")");
	if (n == 0)
		buf_clear(out);
	if (from.len > 0 && has_words(from)) {
		put_column(out, "nick", from);
		n++;
	}
	if (n > 0 && room != 0)
		buf_printf(
		    out, " AND room : \"%llu\"", (unsigned long long)room);
	return n > 0 && !out->failed;
}

char *
words_fold(struct slice nick)
{
	const utf8proc_option_t how = UTF8PROC_STABLE | UTF8PROC_COMPOSE |
				      UTF8PROC_COMPAT | UTF8PROC_CASEFOLD |
				      UTF8PROC_IGNORE;
	utf8proc_uint8_t *out = NULL;

	if (utf8proc_map((const utf8proc_uint8_t *)nick.p,
		(utf8proc_ssize_t)nick.len, &out, how) < 0)
		return NULL;
	return (char *)out;
}

bool
words_same_nick(struct slice nick, const char *folded)
{
	char *other = words_fold(nick);
	bool same = other != NULL && strcmp(other, folded) == 0;

	free(other);
	return same;
}
