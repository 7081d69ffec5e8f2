/*
 * How often a connection and an address may do something: what others hear of
 * (posts), and all else (requests). Each connection has a gate; connections
 * of one address share another, which lets through RATE_ADDRESS_FACTOR times
 * as much. Addresses of the loopback have none: a proxy lives there.
 *
 * Who goes on all the same floods: RATE_FLOOD_FACTOR times what may be done,
 * whether it was let through or not.
 *
 * Owned by the hub; memory is bounded.
 */
#ifndef CHAT_HUB_RATE_H
#define CHAT_HUB_RATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/bucket.h"
#include "net/address.h"

enum {
	RATE_ADDRESS_FACTOR = 4,
	RATE_FLOOD_FACTOR = 10,
	RATE_ADDRESSES_MAX = 16384, /* that are remembered */
	RATE_BYTES = 16384,         /* of a message that count as one more */
};

enum rate_kind { RATE_POSTS, RATE_REQUESTS, RATE_KINDS };

/* What one connection has done. Zeroed at first. */
struct rate_gate {
	struct bucket pass[RATE_KINDS], flood[RATE_KINDS];
};

struct rate_peer;

struct rates {
	struct limit_rate limits[RATE_KINDS];
	TAILQ_HEAD(, rate_peer) oldest_first;
	struct rate_peer *peers;
	unsigned n;
};

void
rates_init(struct rates *r, const struct limits *limits);

void
rates_deinit(struct rates *r);

/*
 * May it be done? 0, and it is counted; else how many ms to wait, and it is
 * not. gate may be NULL: of the address alone. now: monotonic, ms.
 */
uint64_t
rates_take(struct rates *r, struct rate_gate *gate, const struct address *from,
    enum rate_kind kind, uint64_t cost, uint64_t now);

/* Counts a try. True: this one is far too many. */
bool
rates_floods(const struct rates *r, struct rate_gate *gate, enum rate_kind kind,
    uint64_t now);

#endif
