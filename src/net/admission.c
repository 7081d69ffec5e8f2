#include "config.h"

#include "net/admission.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"

enum { PART = 1000 }; /* of a connection that may come */

struct admission_peer {
	UT_hash_handle hh;
	TAILQ_ENTRY(admission_peer) link; /* while open is 0 */
	struct address key;
	unsigned open;
	uint64_t may; /* parts; as of `at` */
	uint64_t at;
	struct admission_telling telling;
};

void
admission_init(struct admission *a, const struct limits *limits, uint64_t max)
{
	*a = (struct admission){ .limits = limits, .max = max };
	siphash_init(&a->key);
	TAILQ_INIT(&a->idle);
}

static void
forget(struct admission *a, struct admission_peer *p)
{
	assert(p->open == 0);
	TAILQ_REMOVE(&a->idle, p, link);
	HASH_DEL(a->peers, p);
	a->peers_n--;
	free(p);
}

void
admission_deinit(struct admission *a)
{
	assert(a->open == 0);
	while (!TAILQ_EMPTY(&a->idle))
		forget(a, TAILQ_FIRST(&a->idle));
}

/* Brings what may come up to now. */
static void
refill(const struct admission *a, struct admission_peer *p, uint64_t now)
{
	const struct limit_rate *rate = &a->limits->new_per_address;
	uint64_t full, passed = now - p->at;

	p->at = now;
	if (rate->burst == LIMIT_OFF)
		return;
	full = rate->burst * PART;
	/* Parts come at a thousandth of a second each. */
	if (passed >= full / rate->per_second ||
	    p->may + passed * rate->per_second >= full)
		p->may = full;
	else
		p->may += passed * rate->per_second;
}

/* Nothing of it matters any more. */
static bool
is_over(const struct admission *a, struct admission_peer *p, uint64_t now)
{
	const struct limit_rate *rate = &a->limits->new_per_address;

	refill(a, p, now);
	return (rate->burst == LIMIT_OFF || p->may == rate->burst * PART) &&
	       (p->telling.at == 0 || now - p->telling.at >= ADMISSION_LOG_MS);
}

/*
 * Forgets those that do not matter any more; and if there is no room at all,
 * one that does. For that, somebody needs as many addresses as are remembered,
 * and with those no count by address stops him.
 */
static void
make_room(struct admission *a, uint64_t now)
{
	struct admission_peer *p = TAILQ_FIRST(&a->idle), *next;

	for (; p != NULL; p = next) {
		if (a->peers_n < ADMISSION_PEERS_MAX && !is_over(a, p, now))
			return;
		next = TAILQ_NEXT(p, link);
		forget(a, p);
	}
}

/* One whose key this is, made if need be. NULL: there is no room. */
static struct admission_peer *
get_peer(struct admission *a, const struct address *key, uint64_t now)
{
	unsigned hash = (unsigned)siphash(&a->key, key, sizeof(*key));
	struct admission_peer *p;

	HASH_FIND_BYHASHVALUE(hh, a->peers, key, sizeof(*key), hash, p);
	if (p != NULL)
		return p;
	make_room(a, now);
	if (a->peers_n == ADMISSION_PEERS_MAX)
		return NULL;
	p = xcalloc(1, sizeof(*p));
	p->key = *key;
	p->may = a->limits->new_per_address.burst * PART;
	p->at = now;
	HASH_ADD_BYHASHVALUE(hh, a->peers, key, sizeof(p->key), hash, p);
	a->peers_n++;
	TAILQ_INSERT_TAIL(&a->idle, p, link);
	return p;
}

/* Logs, if it is not too soon for that. */
static void
tell(struct admission_telling *t, const struct address *peer,
    enum admission_verdict why, uint64_t now)
{
	static const char *const options[] = {
		[TOO_MANY] = "connections",
		[TOO_MANY_OF_THEM] = "per-address",
		[TOO_MANY_NEW] = "new-per-address",
	};
	char text[ADDRESS_TEXT_SIZE];

	t->untold++;
	if (t->at != 0 && now - t->at < ADMISSION_LOG_MS)
		return;
	address_text(peer, text);
	log_event(LOG_WARN, "turned-away", LF_CSTR("addr", text),
	    LF_CSTR("limit", options[why]), LF_INT("n", t->untold));
	t->at = now;
	t->untold = 0;
}

static enum admission_verdict
judge(struct admission *a, struct admission_peer *p, uint64_t now)
{
	if (p == NULL)
		return ADMITTED;
	refill(a, p, now);
	if (p->open >= a->limits->per_address)
		return TOO_MANY_OF_THEM;
	if (a->limits->new_per_address.burst == LIMIT_OFF)
		return ADMITTED;
	if (p->may < PART)
		return TOO_MANY_NEW;
	p->may -= PART;
	return ADMITTED;
}

enum admission_verdict
admission_enter(struct admission *a, const struct address *peer, uint64_t now,
    struct admission_seat *seat)
{
	bool counts = !address_is_loopback(peer) &&
		      (a->exempt == NULL || !a->exempt(a->arg, peer));
	struct address key = address_key(peer);
	struct admission_peer *p = counts ? get_peer(a, &key, now) : NULL;
	enum admission_verdict verdict = judge(a, p, now);

	if (verdict == ADMITTED &&
	    (a->open >= a->max || a->open >= a->limits->connections))
		verdict = TOO_MANY;
	a->seen[verdict]++;
	if (verdict != ADMITTED) {
		tell(verdict == TOO_MANY ? &a->telling : &p->telling, peer,
		    verdict, now);
		return verdict;
	}
	a->open++;
	if (p != NULL && p->open++ == 0)
		TAILQ_REMOVE(&a->idle, p, link);
	*seat = (struct admission_seat){ a, p };
	return ADMITTED;
}

void
admission_leave(struct admission_seat *seat)
{
	struct admission *a = seat->admission;
	struct admission_peer *p = seat->peer;

	if (a == NULL)
		return;
	a->open--;
	if (p != NULL && --p->open == 0)
		TAILQ_INSERT_TAIL(&a->idle, p, link);
	*seat = (struct admission_seat){ NULL, NULL };
}
