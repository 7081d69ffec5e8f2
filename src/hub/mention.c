#include "config.h"

#include "hub/mention.h"

#include <stdbool.h>
#include <string.h>
#include <utf8proc.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "hub/hub.h"
#include "hub/name.h"

enum {
	/* Nobody needs more than this of a text whose letters all are
	 * ligatures. */
	FOLDED_MAX = 4 * HUB_MESSAGE_MAX,
};

enum kind { SPACE, PUNCT, WORD, OTHER };

struct scan {
	char *p; /* the folded text */
	size_t len;
	uint64_t (*find)(void *arg, struct slice key);
	void *arg;
	uint64_t *ids;
	unsigned n;
};

static bool
full(const struct scan *s)
{
	return s->n == MENTIONS_MAX;
}

static enum kind
ascii_kind(unsigned char c)
{
	if (c <= ' ' || c == 0x7f)
		return SPACE;
	if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z'))
		return WORD;
	return PUNCT;
}

/* Of the character at s->p + at, and its bytes. */
static enum kind
kind_at(const struct scan *s, size_t at, unsigned *bytes)
{
	uint32_t cp;

	*bytes = utf8_decode(s->p + at, s->len - at, &cp);
	if (cp < 0x80)
		return ascii_kind((unsigned char)cp);
	switch (utf8proc_category((utf8proc_int32_t)cp)) {
	case UTF8PROC_CATEGORY_ZS:
	case UTF8PROC_CATEGORY_ZL:
	case UTF8PROC_CATEGORY_ZP:
	case UTF8PROC_CATEGORY_CC:
		return SPACE;
	case UTF8PROC_CATEGORY_PC:
	case UTF8PROC_CATEGORY_PD:
	case UTF8PROC_CATEGORY_PS:
	case UTF8PROC_CATEGORY_PE:
	case UTF8PROC_CATEGORY_PI:
	case UTF8PROC_CATEGORY_PF:
	case UTF8PROC_CATEGORY_PO:
		return PUNCT;
	case UTF8PROC_CATEGORY_SM:
	case UTF8PROC_CATEGORY_SC:
	case UTF8PROC_CATEGORY_SK:
	case UTF8PROC_CATEGORY_SO:
	case UTF8PROC_CATEGORY_CF:
		return OTHER; /* emoji: no part of a word, yet of a nick */
	default:
		return WORD;
	}
}

/* Code is no text: between two runs of backticks there is white space only,
 * and where they are is some that joins no words. */
static void
blank_code(struct scan *s)
{
	size_t from = 0;
	bool inside = false;

	for (size_t at = 0; at < s->len; at++) {
		if (s->p[at] != '`')
			continue;
		if (inside)
			memset(s->p + from, '\n', at - from + 1);
		else
			from = at;
		while (at + 1 < s->len && s->p[at + 1] == '`')
			s->p[++at] = '\n';
		inside = !inside;
	}
}

/* What is at [from, to) of the folded text, if it is somebody. */
static bool
try(struct scan *s, size_t from, size_t to)
{
	uint64_t id;

	if (from >= to || to - from > NAME_FOLD_MAX)
		return false;
	id = s->find(s->arg, (struct slice){ s->p + from, to - from });
	if (id == 0)
		return false;
	for (unsigned i = 0; i < s->n; i++)
		if (s->ids[i] == id)
			return true;
	if (!full(s))
		s->ids[s->n++] = id;
	return true;
}

/* What stands between white space. */
struct token {
	size_t from, to;
	size_t bare_from, bare_to; /* without punctuation around it */
	bool skip;                 /* a link, an address */
};

/* An address of mail, or a link: at the character behind its first word. */
static bool
is_address(const struct scan *s, size_t at)
{
	struct slice rest = { s->p + at, s->len - at };

	return slice_starts(rest, "@") || slice_starts(rest, "://");
}

/* Finds the next one at or behind `at`; false at the end of the text. */
static bool
next_token(const struct scan *s, size_t at, struct token *t)
{
	enum kind kind, before = PUNCT;
	bool bare = false;
	unsigned n;

	while (at < s->len && kind_at(s, at, &n) == SPACE)
		at += n;
	*t = (struct token){ at, at, at, at, false };
	for (; at < s->len; at += n, before = kind) {
		kind = kind_at(s, at, &n);
		if (kind == SPACE)
			break;
		if (kind == PUNCT) {
			if (before == WORD && is_address(s, at))
				t->skip = true;
			continue;
		}
		if (!bare)
			t->bare_from = at;
		bare = true;
		t->bare_to = at + n;
	}
	t->to = at;
	if (!bare)
		t->bare_from = t->bare_to = at;
	if (t->from < t->to && s->p[t->from] == '@')
		t->from++;
	return t->from < t->to || at < s->len;
}

/* One space only joins words to a nick. */
static bool
adjoin(const struct scan *s, const struct token *a, const struct token *b)
{
	return !b->skip && b->from == a->to + 1 && s->p[a->to] == ' ';
}

/* As a nick from the first to the last: with what is around it, or without. */
static bool
try_tokens(struct scan *s, const struct token *a, const struct token *b)
{
	if (try(s, a->from, b->to))
		return true;
	if (b->bare_to != b->to && try(s, a->from, b->bare_to))
		return true;
	if (a->bare_from == a->from || a->bare_from >= b->bare_to)
		return false;
	if (try(s, a->bare_from, b->bare_to))
		return true;
	return b->bare_to != b->to && try(s, a->bare_from, b->to);
}

/* The words in a token that is no nick as a whole: "ana's", "ana/bob". */
static void
try_words(struct scan *s, const struct token *t)
{
	size_t from = t->bare_from;
	unsigned n;

	for (size_t at = from; at < t->bare_to && !full(s); at += n) {
		if (kind_at(s, at, &n) == WORD)
			continue;
		try(s, from, at);
		from = at + n;
	}
	if (from > t->bare_from && !full(s))
		try(s, from, t->bare_to);
}

/* Tries t[0] with those behind it; returns how many were used. */
static unsigned
try_at(struct scan *s, const struct token *t, unsigned n)
{
	if (t[0].skip)
		return 1;
	for (unsigned last = n - 1;; last--) {
		bool joined = true;

		for (unsigned i = 0; i < last && joined; i++)
			joined = adjoin(s, &t[i], &t[i + 1]);
		if (joined && try_tokens(s, &t[0], &t[last]))
			return last + 1;
		if (last == 0)
			break;
	}
	try_words(s, &t[0]);
	return 1;
}

static void
scan(struct scan *s)
{
	struct token t[MENTION_WORDS];
	unsigned n = 0, used;
	size_t at = 0;

	for (;;) {
		while (n < MENTION_WORDS && next_token(s, at, &t[n]))
			at = t[n++].to;
		if (n == 0 || full(s))
			return;
		used = try_at(s, t, n);
		n -= used;
		memmove(t, t + used, n * sizeof(t[0]));
	}
}

unsigned
mention_scan(struct slice text, uint64_t (*find)(void *arg, struct slice key),
    void *arg, uint64_t ids[MENTIONS_MAX])
{
	struct scan s = { .find = find, .arg = arg, .ids = ids };
	struct buf folded;

	buf_init(&folded, FOLDED_MAX);
	if (name_fold(text, &folded) == 0) {
		s.p = folded.p;
		s.len = folded.len;
		blank_code(&s);
		scan(&s);
	}
	buf_deinit(&folded);
	return s.n;
}
