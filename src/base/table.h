/*
 * A hash table for what there are many of: 16 bytes in each member and some 8
 * beside it, where uthash takes 56 and 2. Chained, the members are the
 * owner's. Hashes are hash_bytes', for keys that others choose. Who looks
 * something up compares the keys:
 *
 *	while ((n = table_find(&t, hash, n)) != NULL)
 *		if (strcmp(container_of(n, struct thing, node)->key, key) == 0)
 *			return container_of(n, struct thing, node);
 */
#ifndef CHAT_BASE_TABLE_H
#define CHAT_BASE_TABLE_H

#include <stdint.h>

/* Embedded in its owner. */
struct table_node {
	struct table_node *next;
	uint32_t hash;
};

/* Zeroed: an empty one. Holds no memory while it is empty. */
struct table {
	struct table_node **slots;
	uint32_t n, slots_n;
};

void
table_add(struct table *t, struct table_node *node, uint32_t hash);

/* It is in there. */
void
table_remove(struct table *t, struct table_node *node);

/* The next one with this hash behind `after`; NULL: the first. NULL if there is
 * none any more. */
struct table_node *
table_find(
    const struct table *t, uint32_t hash, const struct table_node *after);

/* All, in no order: the next one behind `after`; NULL: the first. Nothing may
 * be added meanwhile, and nothing removed but what was asked about before the
 * removal. */
struct table_node *
table_next(const struct table *t, const struct table_node *after);

#endif
