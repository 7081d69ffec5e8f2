/*
 * Who may come in: connections in all, of one address, and new ones of one
 * address in a while. Loopback addresses are counted with all others, but not
 * on their own: a proxy lives there. So are those that the owner exempts.
 *
 * Owned by whoever listens; outlives the streams that it has let in. What it
 * remembers of addresses is bounded.
 */
#ifndef CHAT_NET_ADMISSION_H
#define CHAT_NET_ADMISSION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/limits.h"
#include "base/siphash.h"
#include "net/address.h"

enum {
	ADMISSION_PEERS_MAX = 65536, /* addresses remembered */
	ADMISSION_LOG_MS = 60000,    /* between two lines about an address */
};

enum admission_verdict {
	ADMITTED,
	TOO_MANY,         /* in all */
	TOO_MANY_OF_THEM, /* of this address */
	TOO_MANY_NEW,     /* of this address, in so short a time */
	ADMISSION_VERDICTS,
};

struct admission_peer;

/* Lines of the log about the turned away: one in a while. */
struct admission_telling {
	uint64_t at;     /* the last one; 0: none */
	unsigned untold; /* turned away since then */
};

struct admission {
	const struct limits *limits;
	uint64_t max; /* in all, whatever the limit is */
	/* May be NULL: is it exempt from what is counted by address? */
	bool (*exempt)(void *arg, const struct address *peer);
	void *arg;
	unsigned open;                     /* connections */
	uint64_t seen[ADMISSION_VERDICTS]; /* how often, ever */
	struct admission_telling telling;  /* of TOO_MANY */
	struct siphash_key key;
	struct admission_peer *peers;
	unsigned peers_n;
	/* Without connections; the one that has been so for longest first. */
	TAILQ_HEAD(, admission_peer) idle;
};

/* One who is in. All zero: not counted. */
struct admission_seat {
	struct admission *admission;
	struct admission_peer *peer; /* NULL: not counted by address */
};

/* max: connections that there is room for. Borrows limits. */
void
admission_init(struct admission *a, const struct limits *limits, uint64_t max);

/* Everybody has left. */
void
admission_deinit(struct admission *a);

/*
 * A connection of this peer is there. ADMITTED: it has a seat until
 * admission_leave. Else it is to be closed at once; it has been logged. now:
 * monotonic, ms.
 */
enum admission_verdict
admission_enter(struct admission *a, const struct address *peer, uint64_t now,
    struct admission_seat *seat);

/* Nothing for a seat that is all zero, and it becomes so. */
void
admission_leave(struct admission_seat *seat);

#endif
