/*
 * Nicks: what a peer asked to be called, made fit to be shown. Cleaned once,
 * where it enters; everything behind trusts it.
 */
#ifndef CHAT_HUB_NICK_H
#define CHAT_HUB_NICK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

enum {
	NICK_MAX = 32,                /* characters (code points) */
	NICK_SIZE = 4 * NICK_MAX + 1, /* bytes, with the NUL */
};

/*
 * Writes the terminated nick that in asks for and returns its length in
 * bytes; 0 if nothing of it is left. Dropped: invalid UTF-8, controls, marks
 * that change the direction of text, characters without a shape, the
 * noncharacters. Runs of white space become one space, none at the ends; what
 * is longer than NICK_MAX is cut.
 */
size_t
nick_clean(struct slice in, char out[NICK_SIZE]);

/* What names have of their own; the rest is common to all of them. */
struct nick_rule {
	unsigned max; /* characters */
	char space;   /* what white space becomes */
	char skip;  /* dropped at the beginning, however many; '\0': nothing */
	bool whole; /* too long is none, and not cut */
};

/* The same by another rule: out has room for 4 * rule->max + 1 bytes. */
size_t
nick_clean_as(struct slice in, const struct nick_rule *rule, char *out);

/* `guest-xxxx`, at random; returns its length. */
size_t
nick_guest(char out[NICK_SIZE]);

#endif
