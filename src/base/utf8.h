/* UTF-8, Unicode chapter 3, table 3-7: no overlongs, surrogates, > 10FFFF. */
#ifndef CHAT_BASE_UTF8_H
#define CHAT_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

/* Resumable check, for messages that arrive in pieces. Zero to start. */
struct utf8_state {
	uint8_t need;      /* continuation bytes still to come */
	uint8_t low, high; /* range of the next one, while need > 0 */
};

/* Returns false at the first byte that cannot be; fail-fast. */
bool
utf8_feed(struct utf8_state *st, const void *p, size_t len);

/* True between characters: the text may end here. */
bool
utf8_done(const struct utf8_state *st);

bool
utf8_valid(const void *p, size_t len);

/* Length in UTF-16 code units of valid UTF-8. */
size_t
utf8_utf16_len(const void *p, size_t len);

/*
 * Decodes the character at p (len > 0). Returns its bytes (1 to 4) and sets
 * *cp; an invalid one gives U+FFFD and 1.
 */
unsigned
utf8_decode(const void *p, size_t len, uint32_t *cp);

/* Writes cp (a scalar value) to out (4 bytes of room); returns the bytes. */
unsigned
utf8_encode(char *out, uint32_t cp);

/* Characters from first to last. */
struct utf8_range {
	uint32_t first, last;
};

/* Is it in one of n ranges? */
bool
utf8_within(const struct utf8_range *ranges, size_t n, uint32_t cp);

#endif
