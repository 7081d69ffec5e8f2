#include "config.h"

#include "tui/words.h"

#include <errno.h>

#include <utf8proc.h>

#include "base/utf8.h"
#include "tui/text.h"

bool
words_at(struct slice text, size_t at, enum words_kind kind)
{
	uint32_t cp;

	utf8_decode(text.p + at, text.len - at, &cp);
	if (kind == WORDS_DARK)
		return cp != ' ' && cp != '\n' && cp != '\t';
	switch (utf8proc_category((utf8proc_int32_t)cp)) {
	case UTF8PROC_CATEGORY_LU:
	case UTF8PROC_CATEGORY_LL:
	case UTF8PROC_CATEGORY_LT:
	case UTF8PROC_CATEGORY_LM:
	case UTF8PROC_CATEGORY_LO:
	case UTF8PROC_CATEGORY_MN:
	case UTF8PROC_CATEGORY_MC:
	case UTF8PROC_CATEGORY_ND:
	case UTF8PROC_CATEGORY_NL:
	case UTF8PROC_CATEGORY_NO:
		return true;
	default:
		return false;
	}
}

/* The cluster before byte `at` (> 0). */
static size_t
before(struct slice text, size_t at)
{
	return at - text_prev((struct slice){ text.p, at });
}

size_t
words_left(struct slice text, size_t at, enum words_kind kind)
{
	while (at > 0 && !words_at(text, before(text, at), kind))
		at = before(text, at);
	while (at > 0 && words_at(text, before(text, at), kind))
		at = before(text, at);
	return at;
}

size_t
words_right(struct slice text, size_t at, enum words_kind kind)
{
	struct text_cluster cl;

	while (at < text.len && !words_at(text, at, kind))
		at += text_next(slice_skip(text, at), &cl);
	while (at < text.len && words_at(text, at, kind))
		at += text_next(slice_skip(text, at), &cl);
	return at;
}

int
words_in_case(struct slice text, enum words_case to, struct buf *out)
{
	bool first = true;

	for (size_t at = 0; at < text.len;) {
		bool upper =
		    to == WORDS_UPPER || (to == WORDS_CAPITALIZED && first);
		char utf8[4];
		uint32_t cp;
		unsigned n = utf8_decode(text.p + at, text.len - at, &cp);

		if (words_at(text, at, WORDS_ALNUM))
			first = false;
		if (upper)
			cp = (uint32_t)utf8proc_toupper((utf8proc_int32_t)cp);
		else
			cp = (uint32_t)utf8proc_tolower((utf8proc_int32_t)cp);
		buf_append(out, utf8, utf8_encode(utf8, cp));
		at += n;
	}
	return out->failed ? -ENOBUFS : 0;
}
