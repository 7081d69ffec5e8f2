/*
 * Memory that is freed all at once: what a result is made of. Starts as NULL
 * and holds nothing until it is used.
 */
#ifndef CHAT_STORE_ARENA_H
#define CHAT_STORE_ARENA_H

#include <stddef.h>

#include "base/slice.h"

struct arena;

/* Aligned for anything; good until arena_free. */
void *
arena_take(struct arena **a, size_t size);

/* A copy. */
struct slice
arena_copy(struct arena **a, const void *p, size_t len);

void
arena_free(struct arena *a);

#endif
