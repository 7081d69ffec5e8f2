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
	char key[];
};

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
nonces_find(const struct nonces *t, struct slice nonce, struct msgid *id)
{
	struct nonce *e;

	HASH_FIND(hh, t->table, nonce.p, nonce.len, e);
	if (e == NULL)
		return false;
	*id = e->id;
	return true;
}

void
nonces_add(struct nonces *t, struct slice nonce, struct msgid id)
{
	struct nonce *e = xcalloc(1, sizeof(*e) + nonce.len + 1);

	assert(nonce.len <= NONCE_MAX);
	if (t->n == NONCES_MAX)
		forget_oldest(t);
	e->id = id;
	memcpy(e->key, nonce.p, nonce.len);
	STAILQ_INSERT_TAIL(&t->oldest_first, e, link);
	HASH_ADD_KEYPTR(hh, t->table, e->key, nonce.len, e);
	t->n++;
}
