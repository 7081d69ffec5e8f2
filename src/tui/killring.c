#include "config.h"

#include "tui/killring.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void
killring_deinit(struct killring *k)
{
	while (k->n > 0)
		free((char *)k->kills[--k->n].p);
}

void
killring_push(struct killring *k, struct slice s)
{
	if (k->n == KILLRING_MAX)
		free((char *)k->kills[--k->n].p);
	memmove(k->kills + 1, k->kills, k->n * sizeof(k->kills[0]));
	k->kills[0] = (struct slice){ xstrndup(s.p, s.len), s.len };
	k->n++;
}

void
killring_join(struct killring *k, struct slice s, bool in_front)
{
	struct slice old = k->kills[0];
	struct slice a = in_front ? s : old, b = in_front ? old : s;
	char *p = xmalloc(a.len + b.len);

	assert(k->n > 0);
	memcpy(p, a.p, a.len);
	memcpy(p + a.len, b.p, b.len);
	free((char *)old.p);
	k->kills[0] = (struct slice){ p, a.len + b.len };
}
