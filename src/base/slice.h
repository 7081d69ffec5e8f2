/*
 * Borrowed bytes: a pointer and a length, never owned, not terminated. A
 * slice is good for as long as what it points into.
 */
#ifndef CHAT_BASE_SLICE_H
#define CHAT_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>

struct slice {
	const char *p;
	size_t len;
};

/* A slice of a string literal; the second form for static tables. */
#define SLICE(lit) ((struct slice)SLICE_INIT(lit))
#define SLICE_INIT(lit)                                                        \
	{                                                                      \
		(lit), sizeof(lit) - 1                                         \
	}
/* For printf's "%.*s". */
#define SLICE_ARG(s) (int)(s).len, (s).p

/* The whole of a terminated string; NULL gives an empty slice. */
struct slice
slice_of(const char *s);

bool
slice_eq(struct slice a, struct slice b);

/* Same bytes as the terminated string s. */
bool
slice_is(struct slice a, const char *s);

/* Like slice_is, ASCII letters compared without case. */
bool
slice_is_nocase(struct slice a, const char *s);

bool
slice_starts(struct slice a, const char *prefix);

bool
slice_is_ascii(struct slice a);

/* Drops n bytes (at most all) from the front. */
struct slice
slice_skip(struct slice a, size_t n);

/* Takes what is before the first sep, or all, off the front of *s, and sep. */
struct slice
slice_take_until(struct slice *s, char sep);

#endif
