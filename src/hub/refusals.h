/*
 * The audit's lines of what is tried by those who want to come in or to be an
 * operator. However often that is they are few: each address has a line at
 * once, and another one a minute after the first of all, if there was more;
 * past REFUSALS_MAX of them the others are counted together.
 */
#ifndef CHAT_HUB_REFUSALS_H
#define CHAT_HUB_REFUSALS_H

#include <stdint.h>

#include "base/slice.h"

struct hub;
struct refusals;

enum { REFUSALS_MAX = 16 /* different ones in a minute */ };

struct attempt {
	const char *what, *code; /* static; code "": it was let in */
	const char *address;
	struct slice name; /* of an operator, or "" */
	uint64_t person;   /* who it was; 0: not known */
	struct slice by;   /* its nick, or "" */
};

struct refusals *
refusals_new(struct hub *h);

/* What is not told yet is told; before the store is closed. */
void
refusals_free(struct refusals *r);

/* Copied. One that was let in counts once in a minute. */
void
refusals_note(struct refusals *r, const struct attempt *a);

#endif
