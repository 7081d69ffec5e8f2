/*
 * What a person types into a search, as a query for the index of words that
 * has exactly that meaning: nothing in it is syntax but "…".
 */
#ifndef CHAT_STORE_WORDS_H
#define CHAT_STORE_WORDS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"

enum {
	WORDS_TEXT_MAX = 1024, /* bytes; more is cut */
	WORDS_QUERY_MAX = 8 * WORDS_TEXT_MAX,
};

/*
 * Appends the query to out: all words and phrases of text, the last word the
 * beginning of one if it has three bytes or more and nothing behind it; said
 * by `from` ("": by anyone; its words only, whoever has them is for
 * words_same_nick), in a room (0: any). False if there is nothing to look for.
 */
bool
words_query(
    struct buf *out, struct slice text, struct slice from, uint64_t room);

/* The nick as it is compared, terminated: free() it. NULL for what is no
 * UTF-8. */
char *
words_fold(struct slice nick);

/* folded: of words_fold. */
bool
words_same_nick(struct slice nick, const char *folded);

#endif
