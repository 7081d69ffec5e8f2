/*
 * What waits for slow readers in the whole process, in bytes of memory: the
 * entries of queues, and each counted buffer once, however many wait for it.
 * Owned by the loop; queues report to it.
 */
#ifndef CHAT_NET_BACKLOG_H
#define CHAT_NET_BACKLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/counted.h"

enum { BACKLOG_ENTRY_COST = 32 }; /* of an entry in a queue */

struct backlog {
	uint64_t bytes;
	uint64_t max; /* set; UINT64_MAX at first */
};

/* An entry with so many bytes of owner's (NULL: static). */
void
backlog_add(struct backlog *b, struct counted *owner, size_t len);

/* It is gone; before the reference to owner is. */
void
backlog_drop(struct backlog *b, struct counted *owner);

bool
backlog_is_full(const struct backlog *b);

#endif
