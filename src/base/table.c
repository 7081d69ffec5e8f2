#include "config.h"

#include "base/table.h"

#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"

enum { SLOTS_MIN = 16 }; /* a power of two, as all numbers of slots */

static struct table_node **
slot(const struct table *t, uint32_t hash)
{
	return &t->slots[hash & (t->slots_n - 1)];
}

static void
put(struct table *t, struct table_node *node)
{
	struct table_node **at = slot(t, node->hash);

	node->next = *at;
	*at = node;
}

static void
grow(struct table *t)
{
	struct table old = *t;

	t->slots_n = old.slots_n > 0 ? old.slots_n * 2 : SLOTS_MIN;
	t->slots = xcalloc(t->slots_n, sizeof(struct table_node *));
	for (uint32_t i = 0; i < old.slots_n; i++) {
		struct table_node *node = old.slots[i], *next;

		for (; node != NULL; node = next) {
			next = node->next;
			put(t, node);
		}
	}
	free(old.slots);
}

void
table_add(struct table *t, struct table_node *node, uint32_t hash)
{
	if (t->n == t->slots_n)
		grow(t);
	node->hash = hash;
	put(t, node);
	t->n++;
}

void
table_remove(struct table *t, struct table_node *node)
{
	struct table_node **at = slot(t, node->hash);

	while (*at != node) {
		assert(*at != NULL);
		at = &(*at)->next;
	}
	*at = node->next;
	if (--t->n == 0) {
		free(t->slots);
		*t = (struct table){ .n = 0 };
	}
}

struct table_node *
table_find(const struct table *t, uint32_t hash, const struct table_node *after)
{
	struct table_node *node;

	if (t->n == 0)
		return NULL;
	node = after != NULL ? after->next : *slot(t, hash);
	while (node != NULL && node->hash != hash)
		node = node->next;
	return node;
}

struct table_node *
table_next(const struct table *t, const struct table_node *after)
{
	uint32_t i = 0;

	if (after != NULL && after->next != NULL)
		return after->next;
	if (after != NULL)
		i = (after->hash & (t->slots_n - 1)) + 1;
	while (i < t->slots_n && t->slots[i] == NULL)
		i++;
	return i < t->slots_n ? t->slots[i] : NULL;
}
