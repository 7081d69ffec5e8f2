#include "config.h"

#include "hub/attempts.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/mem.h"

enum { NETWORK_BYTES = 8 }; /* of an IPv6 address */

struct key {
	uint64_t account;
	unsigned char address[sizeof(struct in6_addr)];
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

/* IPv4 becomes the end of an address that is 0 at its beginning. */
static void
make_key(struct key *key, uint64_t account, struct slice address)
{
	struct slice host = slice_take_until(&address, '%');
	char text[INET6_ADDRSTRLEN];
	struct in6_addr six;
	size_t v4 = sizeof(key->address) - sizeof(struct in_addr);

	memset(key, 0, sizeof(*key));
	key->account = account;
	if (host.len >= sizeof(text) || host.len == 0)
		return;
	memcpy(text, host.p, host.len);
	text[host.len] = '\0';
	if (inet_pton(AF_INET, text, key->address + v4) == 1 ||
	    inet_pton(AF_INET6, text, &six) != 1)
		return;
	if (IN6_IS_ADDR_V4MAPPED(&six))
		memcpy(key->address + v4, (unsigned char *)&six + v4,
		    sizeof(struct in_addr));
	else
		memcpy(key->address, &six, NETWORK_BYTES);
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
