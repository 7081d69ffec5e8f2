/*
 * Invitations: a code that nobody can guess lets whoever has it into a closed
 * server, and puts it on the list of a room, so many times and so long. The
 * store counts; this is what the hub knows of it.
 */
#ifndef CHAT_HUB_INVITATION_H
#define CHAT_HUB_INVITATION_H

#include "base/hash.h"
#include "base/slice.h"
#include "hub/nick.h"
#include "store/store.h"

struct hub;

enum {
	INVITATION_BYTES = 18,                          /* of chance */
	INVITATION_SIZE = INVITATION_BYTES / 3 * 4 + 1, /* the code, with NUL */
	INVITATIONS_MAX = 10000,
};

struct invitation {
	UT_hash_handle hh;
	char code[INVITATION_SIZE];
	char by[NICK_SIZE]; /* who has made it */
	uint64_t room;      /* number; 0: the server alone */
	uint64_t uses;      /* that are left; 0: any number */
	uint64_t at, until; /* ms; until 0: for good */
};

/* NULL: there is none, or none any more. */
struct invitation *
invitation_find(struct hub *h, struct slice code);

/* Over the one of its code; ignored if that is none of ours. */
void
invitation_put(struct hub *h, const struct store_invitation *i);

/* One use less. */
void
invitation_use(struct hub *h, struct slice code);

/* It is none any more. */
void
invitation_drop(struct hub *h, struct slice code);

/* So are those whose time is over. */
void
invitations_drop_ended(struct hub *h);

void
invitations_free(struct hub *h);

#endif
