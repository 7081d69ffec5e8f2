#include "config.h"

#include "tui/history.h"

#include <assert.h>
#include <stdlib.h>
#include <strings.h>

#include "base/mem.h"

void
history_init(struct history *h)
{
	*h = (struct history){ 0 };
}

static unsigned
slot(const struct history *h, unsigned i)
{
	return (h->newest + HISTORY_LINES_MAX - i) % HISTORY_LINES_MAX;
}

static void
drop_oldest(struct history *h)
{
	unsigned at = slot(h, --h->n);

	h->bytes -= h->lens[at];
	free(h->lines[at]);
	h->lines[at] = NULL;
}

void
history_deinit(struct history *h)
{
	while (h->n > 0)
		drop_oldest(h);
	free(h->lines);
	free(h->lens);
	history_init(h);
}

void
history_add(struct history *h, struct slice line)
{
	if (line.len == 0 || line.len > HISTORY_BYTES_MAX)
		return;
	if (h->n > 0 && slice_eq(history_get(h, 0), line))
		return;
	if (!h->lines) {
		h->lines = xcalloc(HISTORY_LINES_MAX, sizeof(*h->lines));
		h->lens = xcalloc(HISTORY_LINES_MAX, sizeof(*h->lens));
	}
	while (h->n == HISTORY_LINES_MAX ||
	       h->bytes + line.len > HISTORY_BYTES_MAX)
		drop_oldest(h);
	h->newest = (h->newest + 1) % HISTORY_LINES_MAX;
	h->lines[h->newest] = xstrndup(line.p, line.len);
	h->lens[h->newest] = line.len;
	h->bytes += line.len;
	h->n++;
}

struct slice
history_get(const struct history *h, unsigned i)
{
	unsigned at = slot(h, i);

	assert(i < h->n);
	return (struct slice){ h->lines[at], h->lens[at] };
}

static bool
contains(struct slice line, struct slice s, size_t *at)
{
	for (*at = 0; *at + s.len <= line.len; ++*at)
		if (!strncasecmp(line.p + *at, s.p, s.len))
			return true;
	return false;
}

bool
history_search(const struct history *h, struct slice s, bool newer, unsigned *i,
    size_t *at)
{
	/* the unsigned counter wraps below 0 */
	for (unsigned k = *i; k < h->n; k = newer ? k - 1 : k + 1)
		if (contains(history_get(h, k), s, at)) {
			*i = k;
			return true;
		}
	return false;
}
