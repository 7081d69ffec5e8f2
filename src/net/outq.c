#include "config.h"

#include "net/outq.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void
outq_init(struct outq *q, struct backlog *backlog)
{
	q->backlog = backlog;
	q->bytes = 0;
	q->head = q->n = 0;
	q->cap = OUTQ_INLINE;
	q->v = q->fixed;
}

static void
release_storage(struct outq *q)
{
	if (q->v != q->fixed)
		free(q->v);
	q->v = q->fixed;
	q->cap = OUTQ_INLINE;
	q->head = 0;
}

void
outq_deinit(struct outq *q)
{
	while (q->n > 0) {
		backlog_drop(q->backlog, q->v[q->head].owner);
		counted_unref(q->v[q->head].owner);
		q->head = (q->head + 1) % q->cap;
		q->n--;
	}
	q->bytes = 0;
	release_storage(q);
}

static void
grow(struct outq *q)
{
	uint32_t cap = q->cap * 4, i;
	struct outq_entry *v = xmalloc(cap * sizeof(*v));

	for (i = 0; i < q->n; i++)
		v[i] = q->v[(q->head + i) % q->cap];
	if (q->v != q->fixed)
		free(q->v);
	q->v = v;
	q->cap = cap;
	q->head = 0;
}

void
outq_push(struct outq *q, struct counted *owner, struct slice bytes)
{
	struct outq_entry *e;

	if (bytes.len == 0)
		return;
	if (q->n == q->cap)
		grow(q);
	e = &q->v[(q->head + q->n++) % q->cap];
	e->owner = counted_ref(owner);
	e->p = bytes.p;
	e->len = bytes.len;
	q->bytes += bytes.len;
	backlog_add(q->backlog, owner, bytes.len);
}

unsigned
outq_gather(const struct outq *q, uv_buf_t *out, unsigned max)
{
	unsigned i, n = q->n < max ? q->n : max;

	for (i = 0; i < n; i++) {
		const struct outq_entry *e = &q->v[(q->head + i) % q->cap];

		/* uv_buf_t is not const, though nothing writes to it here. */
		out[i].base = (char *)(uintptr_t)e->p;
		out[i].len = e->len;
	}
	return n;
}

size_t
outq_copy(const struct outq *q, char *out, size_t max)
{
	size_t len = 0;

	for (uint32_t i = 0; i < q->n && len < max; i++) {
		const struct outq_entry *e = &q->v[(q->head + i) % q->cap];
		size_t n = e->len < max - len ? e->len : max - len;

		memcpy(out + len, e->p, n);
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
outq_written(struct outq *q, size_t n)
{
	assert(n <= q->bytes);
	q->bytes -= n;
	while (n > 0) {
		struct outq_entry *e = &q->v[q->head];

		if (n < e->len) {
			e->p += n;
			e->len -= n;
			return;
		}
		n -= e->len;
		backlog_drop(q->backlog, e->owner);
		counted_unref(e->owner);
		q->head = (q->head + 1) % q->cap;
		q->n--;
	}
	if (q->n == 0)
		release_storage(q);
}
