/*
 * Wrong passwords: how many somebody may try. Counted for each account and
 * address, so that whoever tries an account's password from somewhere else
 * never locks its owner out. Owned by the hub; memory is bounded.
 */
#ifndef CHAT_HUB_ATTEMPTS_H
#define CHAT_HUB_ATTEMPTS_H

#include <stdint.h>
#include <sys/queue.h>

#include "base/siphash.h"
#include "base/slice.h"

enum {
	ATTEMPTS_WRONG_MAX = 3,  /* within ATTEMPTS_WINDOW */
	ATTEMPTS_WINDOW = 60000, /* ms */
	ATTEMPTS_ENTRIES = 4096, /* accounts and addresses remembered */
};

/* For what is no account, a closed server: no person has such an id. */
#define ATTEMPTS_DOOR UINT64_MAX

struct attempt;

struct attempts {
	TAILQ_HEAD(, attempt) oldest_first;
	struct attempt *table;
	struct siphash_key names;
	unsigned n;
};

void
attempts_init(struct attempts *t);

void
attempts_deinit(struct attempts *t);

/* What stands for the account of an operator, whether there is one of this
 * name or not. */
uint64_t
attempts_operator(const struct attempts *t, struct slice name);

/*
 * Before a password is looked at: 0, or how many ms to wait, for this one must
 * not be. The try counts as a wrong one until attempts_right, so that many at
 * once are no way around. now: monotonic, ms. The whole of an IPv6 network
 * (64 bits) is one address; so is all that is no address.
 *
 * When too many are remembered the oldest is forgotten. One who wants to be
 * forgotten needs as many tries of other accounts, which take longer than
 * waiting does.
 */
uint64_t
attempts_begin(
    struct attempts *t, uint64_t account, struct slice address, uint64_t now);

/* It was the right one: forgets the wrong ones of this account here. */
void
attempts_right(struct attempts *t, uint64_t account, struct slice address);

#endif
