#include "config.h"

#include "store/arena.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { BLOCK_MIN = 2048 };

/* The newest block; what is asked for is cut off it. */
struct arena {
	struct arena *older;
	size_t used, size;
	alignas(max_align_t) char bytes[];
};

void *
arena_take(struct arena **a, size_t size)
{
	const size_t align = alignof(max_align_t);
	struct arena *block = *a;
	size_t want;
	void *p;

	size = (size + align - 1) / align * align;
	if (block == NULL || size > block->size - block->used) {
		want = block != NULL ? 2 * block->size : BLOCK_MIN;
		if (want < size)
			want = size;
		block = xmalloc(sizeof(*block) + want);
		*block = (struct arena){ .older = *a, .size = want };
		*a = block;
	}
	p = block->bytes + block->used;
	block->used += size;
	return p;
}

struct slice
arena_copy(struct arena **a, const void *p, size_t len)
{
	char *to;

	if (len == 0)
		return SLICE("");
	to = arena_take(a, len);
	memcpy(to, p, len);
	return (struct slice){ to, len };
}

void
arena_free(struct arena *a)
{
	while (a != NULL) {
		struct arena *older = a->older;

		free(a);
		a = older;
	}
}
