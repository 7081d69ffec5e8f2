/*
 * How often something may be done: so many at once, then so many a second. A
 * token bucket, kept as the one time at which it is full again; a zeroed one
 * is full. Owned by whoever counts; the rate is given each time.
 */
#ifndef CHAT_BASE_BUCKET_H
#define CHAT_BASE_BUCKET_H

#include <stdint.h>

#include "base/limits.h"

struct bucket {
	uint64_t full_at; /* us */
};

/*
 * 0: cost may be taken now. Else how many ms it takes until as much is there
 * again as comes in a second, so that who waits for it can go on for a while.
 * What costs more than the bucket holds costs all of it. now: monotonic, ms.
 */
uint64_t
bucket_wait(const struct bucket *b, const struct limit_rate *rate,
    uint64_t cost, uint64_t now);

/* Takes it, after bucket_wait has returned 0. */
void
bucket_take(struct bucket *b, const struct limit_rate *rate, uint64_t cost,
    uint64_t now);

#endif
