#include "config.h"

#include "hub/nonces.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/mem.h"

struct nonce {
	STAILQ_ENTRY(nonce) link;
	UT_hash_handle hh;
	struct msgid id;
	unsigned len; /* of the key */
	char key[];   /* person's number, then the nonce */
};

struct key {
	char bytes[sizeof(uint64_t) + NONCE_MAX];
	unsigned len;
};

static struct key
make_key(uint64_t person, struct slice nonce)
{
	struct key k;

	assert(nonce.len <= NONCE_MAX);
	memcpy(k.bytes, &person, sizeof(person));
	if (nonce.len > 0)
		memcpy(k.bytes + sizeof(person), nonce.p, nonce.len);
	k.len = (unsigned)(sizeof(person) + nonce.len);
	return k;
}

void
nonces_init(struct nonces *t)
{
	STAILQ_INIT(&t->oldest_first);
	t->table = NULL;
	t->n = 0;
}

static void
forget_oldest(struct nonces *t)
{
	struct nonce *e = STAILQ_FIRST(&t->oldest_first);

	STAILQ_REMOVE_HEAD(&t->oldest_first, link);
	HASH_DEL(t->table, e);
	t->n--;
	free(e);
}

void
nonces_deinit(struct nonces *t)
{
	while (t->n > 0)
		forget_oldest(t);
}

bool
nonces_find(const struct nonces *t, uint64_t person, struct slice nonce,
    struct msgid *id)
{
	struct key k = make_key(person, nonce);
	struct nonce *e;

	HASH_FIND(hh, t->table, k.bytes, k.len, e);
	if (e == NULL)
		return false;
	*id = e->id;
	return true;
}

void
nonces_add(
    struct nonces *t, uint64_t person, struct slice nonce, struct msgid id)
{
	struct key k = make_key(person, nonce);
	struct nonce *e = xcalloc(1, sizeof(*e) + k.len);

	if (t->n == NONCES_MAX)
		forget_oldest(t);
	e->id = id;
	e->len = k.len;
	memcpy(e->key, k.bytes, k.len);
	STAILQ_INSERT_TAIL(&t->oldest_first, e, link);
	HASH_ADD_KEYPTR(hh, t->table, e->key, e->len, e);
	t->n++;
}
