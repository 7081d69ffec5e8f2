/*
 * Bans and mutes: of a room, or of the whole server. Each is here when the
 * store has it, until the store has it no more; one with a time ends by
 * itself. Those of the server are the hub's, the others their room's.
 */
#ifndef CHAT_HUB_HOLD_H
#define CHAT_HUB_HOLD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/hash.h"
#include "net/address.h"
#include "store/store.h"

enum {
	HOLDS_MAX = 1000, /* bans, or mutes, of a room or of the server */
};

struct hub;
struct room;

struct ban {
	UT_hash_handle hh; /* by number */
	LIST_ENTRY(ban) link;
	uint64_t number;
	struct store_ban is;
	struct address_range range; /* if is.address is not "" */
	char memory[];              /* of the slices */
};

struct mute {
	LIST_ENTRY(mute) link;
	struct store_mute is;
	char memory[];
};

struct holds {
	LIST_HEAD(, ban) bans;
	LIST_HEAD(, mute) mutes;
	unsigned nbans, nmutes;
};

/* Copies it. What has ended in the same place is forgotten. */
void
ban_put(struct hub *h, const struct store_ban *is);

void
ban_drop(struct hub *h, struct ban *b);

struct ban *
ban_by_number(const struct hub *h, uint64_t number);

/* It is in force, and this person's (0: nobody's) or has this address (NULL:
 * none). */
bool
ban_is_of(const struct ban *b, uint64_t person, const struct address *from);

/* The one, in force, of a room, or with NULL of the server, that is this
 * person's (0: nobody's) or has this address (NULL: none). NULL: none. */
const struct ban *
ban_of(const struct hub *h, const struct room *room, uint64_t person,
    const struct address *from);

/* Copies it, over the one of the same room and person. */
void
mute_put(struct hub *h, const struct store_mute *is);

void
mute_drop(struct hub *h, const struct room *room, uint64_t person);

/* The one, in force, of the room or (also with NULL) of the server. */
const struct mute *
mute_of(const struct hub *h, const struct room *room, uint64_t person);

/* The same, of the room alone, or with NULL of the server alone. */
const struct mute *
mute_at(const struct hub *h, const struct room *room, uint64_t person);

/* Something that ends at `until` (ms; 0: never) is over. */
bool
hold_is_over(uint64_t until);

/* In how many ms it is over, at least 1; 0: never. */
uint64_t
hold_rest(uint64_t until);

void
holds_free(struct hub *h, struct holds *holds);

#endif
