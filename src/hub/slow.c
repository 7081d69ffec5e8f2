#include "config.h"

#include "hub/slow.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

struct slow_turn {
	UT_hash_handle hh;
	STAILQ_ENTRY(slow_turn) link;
	struct slow_key key;
	uint64_t at;
};

void
slow_init(struct slow *s)
{
	s->turns = NULL;
	STAILQ_INIT(&s->oldest_first);
}

static void
forget(struct slow *s, struct slow_turn *t)
{
	STAILQ_REMOVE(&s->oldest_first, t, slow_turn, link);
	HASH_DEL(s->turns, t);
	free(t);
}

void
slow_deinit(struct slow *s)
{
	while (!STAILQ_EMPTY(&s->oldest_first))
		forget(s, STAILQ_FIRST(&s->oldest_first));
}

/* Without what an address has between its members. */
static struct slow_key
clean(const struct slow_key *key)
{
	struct slow_key k;

	memset(&k, 0, sizeof(k));
	k.person = key->person;
	if (k.person == 0)
		k.address = address_key(&key->address);
	return k;
}

uint64_t
slow_take(
    struct slow *s, const struct slow_key *key, uint64_t seconds, uint64_t now)
{
	const struct slow_key k = clean(key);
	struct slow_turn *t;

	while ((t = STAILQ_FIRST(&s->oldest_first)) != NULL &&
	       (now - t->at >= seconds * 1000 ||
		   HASH_COUNT(s->turns) > SLOW_ENTRIES_MAX))
		forget(s, t);
	HASH_FIND(hh, s->turns, &k, sizeof(k), t);
	if (t != NULL)
		return seconds * 1000 - (now - t->at);
	t = xcalloc(1, sizeof(*t));
	t->key = k;
	t->at = now;
	HASH_ADD(hh, s->turns, key, sizeof(t->key), t);
	STAILQ_INSERT_TAIL(&s->oldest_first, t, link);
	return 0;
}

void
slow_give_back(struct slow *s, const struct slow_key *key)
{
	const struct slow_key k = clean(key);
	struct slow_turn *t;

	HASH_FIND(hh, s->turns, &k, sizeof(k), t);
	if (t != NULL)
		forget(s, t);
}
