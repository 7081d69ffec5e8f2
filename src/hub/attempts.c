#include "config.h"

#include "hub/attempts.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "net/address.h"

struct key {
	uint64_t account;
	struct address address;
};

struct attempt {
	TAILQ_ENTRY(attempt) link;
	UT_hash_handle hh;
	struct key key;
	uint64_t at[ATTEMPTS_WRONG_MAX]; /* the newest first */
	unsigned n;
};

void
attempts_init(struct attempts *t)
{
	TAILQ_INIT(&t->oldest_first);
	t->table = NULL;
	t->n = 0;
	siphash_init(&t->names);
}

static void
forget(struct attempts *t, struct attempt *a)
{
	TAILQ_REMOVE(&t->oldest_first, a, link);
	HASH_DEL(t->table, a);
	t->n--;
	free(a);
}

void
attempts_deinit(struct attempts *t)
{
	while (t->n > 0)
		forget(t, TAILQ_FIRST(&t->oldest_first));
}

/* What is no address is one that is none. */
static void
make_key(struct key *key, uint64_t account, struct slice text)
{
	struct address address;

	address_parse(text, &address);
	key->account = account;
	key->address = address_key(&address);
}

static struct attempt *
find(const struct attempts *t, const struct key *key)
{
	struct attempt *a;

	HASH_FIND(hh, t->table, key, sizeof(*key), a);
	return a;
}

static bool
is_over(const struct attempt *a, uint64_t now)
{
	return now - a->at[0] >= ATTEMPTS_WINDOW;
}

static struct attempt *
remember(struct attempts *t, const struct key *key, uint64_t now)
{
	struct attempt *a = TAILQ_FIRST(&t->oldest_first);

	if (a != NULL && (is_over(a, now) || t->n == ATTEMPTS_ENTRIES))
		forget(t, a);
	a = xcalloc(1, sizeof(*a));
	a->key = *key;
	HASH_ADD(hh, t->table, key, sizeof(a->key), a);
	TAILQ_INSERT_TAIL(&t->oldest_first, a, link);
	t->n++;
	return a;
}

uint64_t
attempts_operator(const struct attempts *t, struct slice name)
{
	return siphash(&t->names, name.p, name.len);
}

uint64_t
attempts_begin(
    struct attempts *t, uint64_t account, struct slice address, uint64_t now)
{
	struct attempt *a;
	struct key key;

	make_key(&key, account, address);
	a = find(t, &key);
	if (a == NULL)
		a = remember(t, &key, now);
	if (a->n == ATTEMPTS_WRONG_MAX) {
		uint64_t age = now - a->at[a->n - 1];

		if (age < ATTEMPTS_WINDOW)
			return ATTEMPTS_WINDOW - age;
		a->n--;
	}
	memmove(a->at + 1, a->at, a->n * sizeof(a->at[0]));
	a->at[0] = now;
	a->n++;
	TAILQ_REMOVE(&t->oldest_first, a, link);
	TAILQ_INSERT_TAIL(&t->oldest_first, a, link);
	return 0;
}

void
attempts_right(struct attempts *t, uint64_t account, struct slice address)
{
	struct attempt *a;
	struct key key;

	make_key(&key, account, address);
	a = find(t, &key);
	if (a != NULL)
		forget(t, a);
}
