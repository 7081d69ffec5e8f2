#include "config.h"

#include "hub/rate.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

/* One address. Forgotten when its buckets are full again, or when there are
 * too many: the one that has been quiet longest. */
struct rate_peer {
	TAILQ_ENTRY(rate_peer) link;
	UT_hash_handle hh;
	struct address address;
	struct bucket pass[RATE_KINDS];
};

void
rates_init(struct rates *r, const struct limits *limits)
{
	*r = (struct rates){ .limits = {
				 [RATE_POSTS] = limits->rate,
				 [RATE_REQUESTS] = limits->requests,
			     } };
	TAILQ_INIT(&r->oldest_first);
}

static void
forget(struct rates *r, struct rate_peer *p)
{
	TAILQ_REMOVE(&r->oldest_first, p, link);
	HASH_DEL(r->peers, p);
	r->n--;
	free(p);
}

void
rates_deinit(struct rates *r)
{
	while (r->n > 0)
		forget(r, TAILQ_FIRST(&r->oldest_first));
}

static bool
is_quiet(const struct rate_peer *p, uint64_t now)
{
	for (unsigned i = 0; i < RATE_KINDS; i++)
		if (p->pass[i].full_at > now * 1000)
			return false;
	return true;
}

/* The one of this address, as the one that was busy last; NULL: none is
 * counted. */
static struct rate_peer *
peer_get(struct rates *r, const struct address *from, uint64_t now)
{
	static const struct address none;
	struct address key = address_key(from);
	struct rate_peer *p;

	if (address_is_loopback(from) || memcmp(from, &none, sizeof(none)) == 0)
		return NULL;
	HASH_FIND(hh, r->peers, &key, sizeof(key), p);
	if (p != NULL) {
		TAILQ_REMOVE(&r->oldest_first, p, link);
		TAILQ_INSERT_TAIL(&r->oldest_first, p, link);
		return p;
	}
	p = TAILQ_FIRST(&r->oldest_first);
	if (p != NULL && (is_quiet(p, now) || r->n == RATE_ADDRESSES_MAX))
		forget(r, p);
	p = xcalloc(1, sizeof(*p));
	p->address = key;
	HASH_ADD(hh, r->peers, address, sizeof(p->address), p);
	TAILQ_INSERT_TAIL(&r->oldest_first, p, link);
	r->n++;
	return p;
}

static struct limit_rate
times(const struct limit_rate *rate, uint64_t factor)
{
	if (rate->burst == LIMIT_OFF)
		return *rate;
	return (struct limit_rate){ rate->burst * factor,
		rate->per_second * factor };
}

uint64_t
rates_take(struct rates *r, struct rate_gate *gate, const struct address *from,
    enum rate_kind kind, uint64_t cost, uint64_t now)
{
	const struct limit_rate *own = &r->limits[kind];
	struct limit_rate all = times(own, RATE_ADDRESS_FACTOR);
	struct rate_peer *peer;
	uint64_t wait = 0;

	if (own->burst == LIMIT_OFF)
		return 0;
	peer = peer_get(r, from, now);
	if (gate != NULL)
		wait = bucket_wait(&gate->pass[kind], own, cost, now);
	if (wait == 0 && peer != NULL)
		wait = bucket_wait(&peer->pass[kind], &all, cost, now);
	if (wait > 0)
		return wait;
	if (gate != NULL)
		bucket_take(&gate->pass[kind], own, cost, now);
	if (peer != NULL)
		bucket_take(&peer->pass[kind], &all, cost, now);
	return 0;
}

bool
rates_floods(const struct rates *r, struct rate_gate *gate, enum rate_kind kind,
    uint64_t now)
{
	struct limit_rate most = times(&r->limits[kind], RATE_FLOOD_FACTOR);

	if (bucket_wait(&gate->flood[kind], &most, 1, now) > 0)
		return true;
	bucket_take(&gate->flood[kind], &most, 1, now);
	return false;
}
