#include "config.h"

#include "net/outq.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { VIEW_MAX = 1 << 30 }; /* longer ones are several entries */

struct outq_chunk {
	struct outq_chunk *next;
	struct outq_entry v[OUTQ_CHUNK];
};

/* ---- chunks ---- */

void
outq_pool_init(struct outq_pool *pool)
{
	*pool = (struct outq_pool){ .backlog = { .max = UINT64_MAX } };
}

void
outq_pool_deinit(struct outq_pool *pool)
{
	struct outq_chunk *c;

	while ((c = pool->spare) != NULL) {
		pool->spare = c->next;
		free(c);
	}
	pool->spare_n = 0;
}

static struct outq_chunk *
take_chunk(struct outq_pool *pool)
{
	struct outq_chunk *c = pool->spare;

	if (c == NULL) {
		c = xmalloc(sizeof(*c));
	} else {
		pool->spare = c->next;
		pool->spare_n--;
	}
	c->next = NULL;
	return c;
}

static void
return_chunk(struct outq_pool *pool, struct outq_chunk *c)
{
	if (pool->spare_n == OUTQ_SPARE_MAX) {
		free(c);
		return;
	}
	c->next = pool->spare;
	pool->spare = c;
	pool->spare_n++;
}

/* ---- entries ---- */

static const char *
data(const struct outq_entry *e)
{
	return (e->is_static ? e->bytes : (const char *)e->owner) + e->at;
}

static struct counted *
owner_of(const struct outq_entry *e)
{
	return e->is_static ? NULL : e->owner;
}

static bool
is_chunked(const struct outq *q)
{
	return q->tail > 0;
}

/* Goes through the entries, from the first one. */
struct cursor {
	const struct outq *q;
	const struct outq_chunk *chunk;
	uint32_t left;
	uint16_t at; /* in chunk */
};

static struct cursor
cursor(const struct outq *q)
{
	return (struct cursor){ .q = q,
		.chunk = is_chunked(q) ? q->first : NULL,
		.left = q->n,
		.at = q->head };
}

/* NULL behind the last one. */
static const struct outq_entry *
next(struct cursor *c)
{
	if (c->left == 0)
		return NULL;
	c->left--;
	if (c->chunk == NULL)
		return &c->q->one;
	if (c->at == OUTQ_CHUNK) {
		c->chunk = c->chunk->next;
		c->at = 0;
	}
	return &c->chunk->v[c->at++];
}

static struct outq_entry *
front(struct outq *q)
{
	return is_chunked(q) ? &q->first->v[q->head] : &q->one;
}

/* Room for another one at the end. */
static struct outq_entry *
append(struct outq *q, struct outq_pool *pool)
{
	struct outq_chunk *c;

	if (q->n++ == 0)
		return &q->one;
	if (!is_chunked(q)) {
		c = take_chunk(pool);
		c->v[0] = q->one;
		q->first = q->last = c;
		q->head = 0;
		q->tail = 1;
	} else if (q->tail == OUTQ_CHUNK) {
		c = take_chunk(pool);
		q->last->next = c;
		q->last = c;
		q->tail = 0;
	}
	return &q->last->v[q->tail++];
}

static void
drop_front(struct outq *q, struct outq_pool *pool)
{
	struct counted *owner = owner_of(front(q));
	struct outq_chunk *c;

	backlog_drop(&pool->backlog, owner);
	counted_unref(owner);
	q->n--;
	if (!is_chunked(q) || (++q->head < OUTQ_CHUNK && q->n > 0))
		return;
	c = q->first;
	q->first = c->next;
	q->head = 0;
	if (q->n == 0)
		q->tail = 0;
	return_chunk(pool, c);
}

/* ---- the queue ---- */

void
outq_init(struct outq *q)
{
	*q = (struct outq){ .bytes = 0 };
}

void
outq_deinit(struct outq *q, struct outq_pool *pool)
{
	while (q->n > 0)
		drop_front(q, pool);
	q->bytes = 0;
}

static void
push(struct outq *q, struct outq_pool *pool, struct counted *owner,
    struct slice bytes)
{
	struct outq_entry *e = append(q, pool);

	e->len = (uint32_t)bytes.len & (2u * VIEW_MAX - 1);
	e->is_static = owner == NULL;
	e->at = 0;
	if (owner == NULL) {
		e->bytes = bytes.p;
	} else {
		ptrdiff_t at = bytes.p - (const char *)owner;

		assert(at > 0 && (size_t)at + bytes.len <= UINT32_MAX);
		e->owner = counted_ref(owner);
		e->at = (uint32_t)at;
	}
	q->bytes += bytes.len;
	backlog_add(&pool->backlog, owner, bytes.len);
}

void
outq_push(struct outq *q, struct outq_pool *pool, struct counted *owner,
    struct slice bytes)
{
	while (bytes.len > 0) {
		struct slice view = bytes;

		if (view.len > VIEW_MAX)
			view.len = VIEW_MAX;
		push(q, pool, owner, view);
		bytes = slice_skip(bytes, view.len);
	}
}

unsigned
outq_gather(const struct outq *q, uv_buf_t *out, unsigned max)
{
	struct cursor c = cursor(q);
	const struct outq_entry *e;
	unsigned n = 0;

	while (n < max && (e = next(&c)) != NULL) {
		/* uv_buf_t is not const, though nothing writes to it here. */
		out[n].base = (char *)(uintptr_t)data(e);
		out[n++].len = e->len;
	}
	return n;
}

size_t
outq_copy(const struct outq *q, char *out, size_t max)
{
	struct cursor c = cursor(q);
	const struct outq_entry *e;
	size_t len = 0;

	while (len < max && (e = next(&c)) != NULL) {
		size_t n = e->len < max - len ? e->len : max - len;

		memcpy(out + len, data(e), n);
		len += n;
	}
	return len;
}

size_t
outq_cost(const struct outq *q)
{
	return q->bytes + (size_t)q->n * OUTQ_ENTRY_COST;
}

void
outq_written(struct outq *q, struct outq_pool *pool, size_t n)
{
	assert(n <= q->bytes);
	q->bytes -= n;
	while (n > 0) {
		struct outq_entry *e = front(q);

		if (n < e->len) {
			e->at += (uint32_t)n;
			e->len = (e->len - (uint32_t)n) & (2u * VIEW_MAX - 1);
			return;
		}
		n -= e->len;
		drop_front(q, pool);
	}
}
