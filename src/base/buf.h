/*
 * A growable byte buffer that cannot be made without a maximum. Owned by
 * whoever embeds it. An append that would pass the maximum appends nothing
 * and returns -ENOBUFS; it also sets `failed`, so that a run of appends can be
 * checked once at its end.
 */
#ifndef CHAT_BASE_BUF_H
#define CHAT_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

struct buf {
	char *p;
	size_t len, cap, max;
	bool failed;
};

/* An empty buffer that holds no memory until it is used. */
void
buf_init(struct buf *b, size_t max);

/* Frees; b may be used again as after buf_init with the same maximum. */
void
buf_deinit(struct buf *b);

/* The same of what nobody may find in memory later. */
void
buf_wipe(struct buf *b);

/* Empties, keeps the memory, clears `failed`. */
void
buf_clear(struct buf *b);

/* Room for n more bytes: where they go, or NULL (-> failed). Then buf_add. */
char *
buf_reserve(struct buf *b, size_t n);

/* Counts n bytes written where buf_reserve said. */
void
buf_add(struct buf *b, size_t n);

/* Drops n bytes from the front. */
void
buf_consume(struct buf *b, size_t n);

int
buf_append(struct buf *b, const void *p, size_t len);

int
buf_append_slice(struct buf *b, struct slice s);

/* A terminated string. */
int
buf_puts(struct buf *b, const char *s);

int
buf_putc(struct buf *b, char c);

int
buf_printf(struct buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Borrowed until the next change of b. */
struct slice
buf_view(const struct buf *b);

/* The bytes with a NUL added, owned by the caller (free()); b is empty. */
char *
buf_steal(struct buf *b);

#endif
