/*
 * What waits for slow readers in the whole process, in bytes of memory: the
 * entries of queues, and each counted buffer once, however many wait for it.
 * Owned by the loop; queues report to it. Past its bound those in whose queues
 * most waits are put out.
 */
#ifndef CHAT_NET_BACKLOG_H
#define CHAT_NET_BACKLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/counted.h"

enum { BACKLOG_ENTRY_COST = 32 }; /* of an entry in a queue */

struct backlog {
	uint64_t bytes;
	uint64_t max; /* set; UINT64_MAX at first */
};

/* A queue of somebody who can be put out. Embedded in its owner. */
struct backlog_queue {
	LIST_ENTRY(backlog_queue) link;
	const struct backlog_ops *ops;
};

struct backlog_ops {
	/* Bytes that wait in it, with what it costs to hold them. */
	size_t (*waiting)(const struct backlog_queue *q);
	/* Closes it: nothing waits in it then. */
	void (*put_out)(struct backlog_queue *q);
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
