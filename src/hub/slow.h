/*
 * Slow mode: who has posted in a room lately. Owned by the room; bounded.
 */
#ifndef CHAT_HUB_SLOW_H
#define CHAT_HUB_SLOW_H

#include <stdint.h>
#include <sys/queue.h>

#include "net/address.h"

enum {
	SLOW_MAX = 86400,        /* seconds between two posts */
	SLOW_ENTRIES_MAX = 4096, /* the oldest is forgotten first */
};

struct slow_turn;

/* Zeroed: nobody has. */
struct slow {
	struct slow_turn *turns;
	STAILQ_HEAD(, slow_turn) oldest_first;
};

/* Who posts: a person, or an address from which anybody may post without
 * being one for long. */
struct slow_key {
	uint64_t person; /* 0: the address */
	struct address address;
};

void
slow_init(struct slow *s);

void
slow_deinit(struct slow *s);

/* 0, and it is this one's turn; or in how many ms it will be. seconds: between
 * two turns; now: monotonic, ms. */
uint64_t
slow_take(
    struct slow *s, const struct slow_key *key, uint64_t seconds, uint64_t now);

/* It was none after all. */
void
slow_give_back(struct slow *s, const struct slow_key *key);

#endif
