#include "config.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
mem_exhausted(void)
{
	fputs("chat: out of memory\n", stderr);
	abort();
}

static void *
checked(void *p)
{
	if (p == NULL)
		mem_exhausted();
	return p;
}

/* The C library may answer a size of 0 with NULL; never ask for it. */
static size_t
at_least_1(size_t size)
{
	return size > 0 ? size : 1;
}

void *
xmalloc(size_t size)
{
	return checked(malloc(at_least_1(size)));
}

void *
xcalloc(size_t n, size_t size)
{
	return checked(calloc(at_least_1(n), at_least_1(size)));
}

void *
xrealloc(void *p, size_t size)
{
	return checked(realloc(p, at_least_1(size)));
}

char *
xstrndup(const char *s, size_t len)
{
	char *copy = xmalloc(len + 1);

	if (len > 0)
		memcpy(copy, s, len);
	copy[len] = '\0';
	return copy;
}
