/*
 * A connection's output: views of counted bytes in order, each holding a
 * reference to its owner. Holds no memory of its own while it has one entry
 * or none; more are in chunks, of which a pool keeps some for all queues, so
 * that a queue that comes and goes with each turn allocates nothing.
 */
#ifndef CHAT_NET_OUTQ_H
#define CHAT_NET_OUTQ_H

#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/counted.h"
#include "base/slice.h"
#include "net/backlog.h"

enum {
	OUTQ_CHUNK = 15,       /* entries */
	OUTQ_SPARE_MAX = 1024, /* chunks that a pool keeps */
	OUTQ_ENTRY_COST = 128, /* an entry, and an owner of its own */
};

struct outq_chunk;

/* What queues share. Owned by the loop. */
struct outq_pool {
	struct backlog backlog; /* what is in all of them */
	struct outq_chunk *spare;
	unsigned spare_n;
};

/* The bytes of a view are where its owner is, or anywhere if there is none. */
struct outq_entry {
	union {
		struct counted *owner;
		const char *bytes; /* static */
	};
	uint32_t at; /* from owner, or bytes */
	uint32_t len : 31;
	uint32_t is_static : 1;
};

/* One entry is in the queue itself, unless there were more since it was empty.
 */
struct outq {
	size_t bytes; /* queued in all */
	uint32_t n;
	uint16_t head; /* the first entry of the first chunk */
	uint16_t tail; /* behind the last entry of the last; 0: no chunks */
	union {
		struct outq_entry one;
		struct {
			struct outq_chunk *first, *last;
		};
	};
};

void
outq_pool_init(struct outq_pool *pool);

void
outq_pool_deinit(struct outq_pool *pool);

void
outq_init(struct outq *q);

/* Drops everything. */
void
outq_deinit(struct outq *q, struct outq_pool *pool);

/* Appends a view of bytes that owner keeps, in the same allocation; takes a
 * reference of its own. */
void
outq_push(struct outq *q, struct outq_pool *pool, struct counted *owner,
    struct slice bytes);

/* Fills up to max buffers from the front; returns how many. */
unsigned
outq_gather(const struct outq *q, uv_buf_t *out, unsigned max);

/* Copies up to max bytes from the front; returns how many. */
size_t
outq_copy(const struct outq *q, char *out, size_t max);

/* Memory that the queue may hold: the bytes, and something for each entry. */
size_t
outq_cost(const struct outq *q);

/* Drops n written bytes from the front. */
void
outq_written(struct outq *q, struct outq_pool *pool, size_t n);

#endif
