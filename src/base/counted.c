#include "config.h"

#include "base/counted.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct counted *
counted_ref(struct counted *c)
{
	if (c != NULL) {
		assert(c->refs > 0 && c->refs < UINT32_MAX);
		c->refs++;
	}
	return c;
}

void
counted_unref(struct counted *c)
{
	if (c == NULL)
		return;
	assert(c->refs > 0);
	if (--c->refs == 0)
		c->free_cb(c);
}

static void
rcbuf_free(struct counted *c)
{
	free(container_of(c, struct rcbuf, counted));
}

struct rcbuf *
rcbuf_new(size_t len)
{
	struct rcbuf *b;

	assert(len <= UINT32_MAX);
	b = xmalloc(sizeof(*b) + len);
	b->counted = (struct counted){ .refs = 1, .free_cb = rcbuf_free };
	b->len = (uint32_t)len;
	return b;
}

struct rcbuf *
rcbuf_copy(const void *p, size_t len)
{
	struct rcbuf *b = rcbuf_new(len);

	if (len > 0)
		memcpy(b->data, p, len);
	return b;
}
