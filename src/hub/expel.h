/*
 * Putting people out: of a room, or of the server. Their other connections,
 * and those that were cut off and might come back, go the same way.
 */
#ifndef CHAT_HUB_EXPEL_H
#define CHAT_HUB_EXPEL_H

#include "hub/core.h"

/* Whom: who is this person, or has an address in this range. */
struct expel {
	struct hub *hub;
	uint64_t person;                   /* 0: nobody's */
	const struct address_range *range; /* NULL: none */
	const char *event;                 /* what they hear before, in `/` */
	const struct buf *json;
	const char *reason; /* what the rooms hear */
};

void
expel_from_room(const struct expel *e, struct room *room);

/* Closes their connections. */
void
expel_all(const struct expel *e);

#endif
