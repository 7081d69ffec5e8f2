/* Whom a text speaks to. */
#ifndef CHAT_HUB_MENTION_H
#define CHAT_HUB_MENTION_H

#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

enum {
	MENTIONS_MAX = 20, /* people of a text */
	MENTION_WORDS = 3, /* of a nick */
};

/*
 * Finds the people whose nicks stand in text: `@nick`, or the nick alone, as
 * whole words, in any case; nicks of up to MENTION_WORDS words. The longest
 * counts: "Ana Sol" is not Ana. Nothing in `code`, links and addresses of mail
 * is a nick.
 *
 * find gets what may be a nick, in the form of name_fold, and answers the
 * person's id, or 0; it is called no more than a small multiple of the words'
 * number. Each person once, in the order of the text, at most MENTIONS_MAX.
 * Returns how many; none for a text that is not UTF-8.
 */
unsigned
mention_scan(struct slice text, uint64_t (*find)(void *arg, struct slice key),
    void *arg, uint64_t ids[MENTIONS_MAX]);

#endif
