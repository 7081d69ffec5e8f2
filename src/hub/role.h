/*
 * What somebody is: a guest or registered, and in a room maybe its moderator
 * or owner, or an operator of the server; and who is listed in a room. Who is
 * higher may act on who is lower.
 */
#ifndef CHAT_HUB_ROLE_H
#define CHAT_HUB_ROLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "store/store.h"

struct conn;
struct hub;
struct room;

enum role {
	ROLE_GUEST,
	ROLE_REGISTERED,
	ROLE_MODERATOR,
	ROLE_OWNER,
	ROLE_OPERATOR,
};

/* A room's moderator, or who is listed in it. */
struct member {
	UT_hash_handle hh;
	uint64_t person;
	bool moderator, listed;
};

enum { MEMBERS_MAX = 1000 /* of a room */ };

/* Of the connection, in a room or, with NULL, on the server. Who is banned in
 * the room is nothing more in it. */
enum role
role_of(const struct conn *c, const struct room *room);

/* The highest of all its connections. */
enum role
role_of_person(const struct hub *h, uint64_t person, const struct room *room);

/* "owner", "moderator", or NULL. */
const char *
role_in(const struct room *room, uint64_t person);

/* NULL: it is neither. */
const struct member *
member_find(const struct room *room, uint64_t person);

/* The one of a room that is known, over what was there. */
void
member_put(struct room *room, const struct store_member *is);

void
members_free(struct room *room);

#endif
