#include "config.h"

#include "net/backlog.h"

#include <assert.h>

void
backlog_add(struct backlog *b, struct counted *owner, size_t len)
{
	b->bytes += BACKLOG_ENTRY_COST;
	if (owner == NULL || owner->queued++ > 0)
		return;
	owner->weight = len < UINT32_MAX ? (uint32_t)len : UINT32_MAX;
	b->bytes += owner->weight;
}

void
backlog_drop(struct backlog *b, struct counted *owner)
{
	b->bytes -= BACKLOG_ENTRY_COST;
	if (owner == NULL)
		return;
	assert(owner->queued > 0);
	if (--owner->queued == 0)
		b->bytes -= owner->weight;
}

bool
backlog_is_full(const struct backlog *b)
{
	return b->bytes > b->max;
}
