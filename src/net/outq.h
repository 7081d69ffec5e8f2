/*
 * A connection's output: views of counted bytes in order, each holding a
 * reference to its owner. Holds no memory of its own while it has few
 * entries.
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
	OUTQ_INLINE = 2,
	OUTQ_ENTRY_COST = 128, /* an entry, and an owner of its own */
};

struct outq_entry {
	struct counted *owner; /* NULL: static bytes */
	const char *p;
	size_t len;
};

struct outq {
	size_t bytes;            /* queued in all */
	struct backlog *backlog; /* told of it, or NULL */
	uint32_t head, n, cap;   /* a ring */
	struct outq_entry *v; /* fixed, or allocated when cap > OUTQ_INLINE */
	struct outq_entry fixed[OUTQ_INLINE];
};

/* backlog may be NULL. */
void
outq_init(struct outq *q, struct backlog *backlog);

/* Drops everything. */
void
outq_deinit(struct outq *q);

/* Appends a view of bytes that owner keeps; takes a reference of its own. */
void
outq_push(struct outq *q, struct counted *owner, struct slice bytes);

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
outq_written(struct outq *q, size_t n);

#endif
