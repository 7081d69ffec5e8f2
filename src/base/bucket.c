#include "config.h"

#include "base/bucket.h"

enum { SECOND = 1000000, MS = 1000 };

static uint64_t
least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* How long it takes until so much has come. Rates have bounds: base/limits. */
static uint64_t
time_of(const struct limit_rate *rate, uint64_t n)
{
	return n * SECOND / rate->per_second;
}

static uint64_t
missing(const struct bucket *b, uint64_t now)
{
	return b->full_at > now * MS ? b->full_at - now * MS : 0;
}

uint64_t
bucket_wait(const struct bucket *b, const struct limit_rate *rate,
    uint64_t cost, uint64_t now)
{
	uint64_t all, wanted, much, gone = missing(b, now);

	if (rate->burst == LIMIT_OFF)
		return 0;
	all = time_of(rate, rate->burst);
	wanted = time_of(rate, least(cost, rate->burst));
	if (gone + wanted <= all)
		return 0;
	much = least(SECOND, all);
	if (much < wanted)
		much = wanted;
	return (gone + much - all + MS - 1) / MS;
}

void
bucket_take(struct bucket *b, const struct limit_rate *rate, uint64_t cost,
    uint64_t now)
{
	if (rate->burst == LIMIT_OFF)
		return;
	b->full_at = now * MS + missing(b, now) +
		     time_of(rate, least(cost, rate->burst));
}
