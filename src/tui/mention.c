#include "config.h"

#include "tui/mention.h"

#include <stdlib.h>
#include <string.h>

#include "tui/model.h"
#include "tui/text.h"
#include "tui/words.h"

/* The last character of text[0, at) is a letter or the like. */
static bool
word_before(struct slice text, size_t at)
{
	struct slice before = { text.p, at };

	return at > 0 && words_at(text, at - text_prev(before), WORDS_ALNUM);
}

static bool
word_at(struct slice text, size_t at)
{
	return at < text.len && words_at(text, at, WORDS_ALNUM);
}

/* text[at, at + len) doesn't go on as a word at either end. */
static bool
stands_alone(struct slice text, size_t at, size_t len)
{
	if (word_at(text, at) && word_before(text, at))
		return false;
	return !(word_before(text, at + len) && word_at(text, at + len));
}

bool
mention_in(struct slice text, struct slice nick)
{
	struct slice folded, key;
	char *t, *k;
	const char *p;
	bool found = false;

	if (nick.len == 0)
		return false;
	k = model_fold(nick);
	t = model_fold(text);
	key = slice_of(k);
	folded = slice_of(t);
	for (p = t; key.len > 0 && !found && (p = strstr(p, k)); p++)
		found = stands_alone(folded, (size_t)(p - t), key.len);
	free(k);
	free(t);
	return found;
}
