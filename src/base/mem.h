/*
 * Memory that is there or the process ends: every size a peer controls has a
 * named bound, so running out is the operator's affair and not a peer's.
 */
#ifndef CHAT_BASE_MEM_H
#define CHAT_BASE_MEM_H

#include <stddef.h>

#define container_of(ptr, type, member)                                        \
	((type *)(void *)((char *)(ptr)-offsetof(type, member)))

/* Says so, and ends the process. Also for what libraries could not have, where
 * there is no way to go on without it. */
_Noreturn void
mem_exhausted(void);

void *
xmalloc(size_t size);

/* Zeroed. */
void *
xcalloc(size_t n, size_t size);

void *
xrealloc(void *p, size_t size);

/* A terminated copy of len bytes; free() it. */
char *
xstrndup(const char *s, size_t len);

#endif
