/*
 * Counted, immutable bytes. `struct counted` is the first member of whatever
 * is shared by reference: output queues hold a reference and a view without
 * knowing what the bytes belong to. Not thread-safe: one loop owns all.
 */
#ifndef CHAT_BASE_COUNTED_H
#define CHAT_BASE_COUNTED_H

#include <stddef.h>
#include <stdint.h>

struct counted {
	uint32_t refs;
	void (*free_cb)(struct counted *self);
	/* For whoever counts what is in queues: in how many entries it is,
	 * and its bytes while it is in one. */
	uint32_t queued, weight;
};

/* One more owner; c may be NULL (static bytes). Returns c. */
struct counted *
counted_ref(struct counted *c);

/* One owner less; the last one frees. c may be NULL. */
void
counted_unref(struct counted *c);

/* A counted run of bytes, written once by its maker. */
struct rcbuf {
	struct counted counted;
	uint32_t len;
	char data[];
};

/* len bytes, uninitialised, one reference: the caller's. */
struct rcbuf *
rcbuf_new(size_t len);

struct rcbuf *
rcbuf_copy(const void *p, size_t len);

#endif
