#include "config.h"

#include "hub/gate.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/clock.h"
#include "base/mem.h"

enum { DIGEST_SIZE = 32, ADDRESS_SIZE = 64 };

/* One who waits. */
struct waiting {
	TAILQ_ENTRY(waiting) link;
	unsigned char digest[DIGEST_SIZE];
	char password[PASSWORD_MAX + 1];
	char address[ADDRESS_SIZE];
	void (*cb)(void *arg, int err);
	void *arg;
};

TAILQ_HEAD(waiting_list, waiting);

struct gate {
	struct loop *loop;
	struct password_pool *pool;
	struct attempts *attempts;
	const char *hash;
	struct waiting_list waiting; /* the first is being compared */
	unsigned n;
	bool known; /* digest is that of the right one */
	unsigned char key[DIGEST_SIZE], digest[DIGEST_SIZE];
};

struct gate *
gate_new(struct loop *loop, struct password_pool *pool,
    struct attempts *attempts, const char *hash)
{
	struct gate *g = xcalloc(1, sizeof(*g));

	g->loop = loop;
	g->pool = pool;
	g->attempts = attempts;
	g->hash = hash;
	TAILQ_INIT(&g->waiting);
	random_bytes(g->key, sizeof(g->key));
	return g;
}

/* Out of the list, called back, and wiped. */
static void
tell(struct gate *g, struct waiting_list *from, struct waiting *w, int err)
{
	TAILQ_REMOVE(from, w, link);
	g->n--;
	w->cb(w->arg, err);
	explicit_bzero(w, sizeof(*w));
	free(w);
}

void
gate_free(struct gate *g)
{
	while (!TAILQ_EMPTY(&g->waiting))
		tell(g, &g->waiting, TAILQ_FIRST(&g->waiting), -ECANCELED);
	explicit_bzero(g, sizeof(*g));
	free(g);
}

static void
make_digest(
    const struct gate *g, struct slice password, unsigned char out[DIGEST_SIZE])
{
	if (HMAC(EVP_sha256(), g->key, sizeof(g->key),
		(const unsigned char *)(password.len > 0 ? password.p : ""),
		password.len, out, NULL) == NULL)
		mem_exhausted(); /* nothing else can fail */
}

static bool
is_same(const unsigned char *a, const unsigned char *b)
{
	return CRYPTO_memcmp(a, b, DIGEST_SIZE) == 0;
}

/* ---- comparing ---- */

static void
compare_next(struct gate *g);

/* The verdict on the first that waits, and so on all who gave the same. Those
 * who are told may come back at once: they find a list in order. */
static void
verified(void *arg, int err)
{
	struct gate *g = arg;
	struct waiting_list told = TAILQ_HEAD_INITIALIZER(told);
	struct waiting *first = TAILQ_FIRST(&g->waiting), *w, *next;
	unsigned char digest[DIGEST_SIZE];

	memcpy(digest, first->digest, sizeof(digest));
	if (err == 0) {
		g->known = true;
		memcpy(g->digest, digest, sizeof(digest));
	} else if (err != -EACCES && err != -ECANCELED) {
		err = -EBUSY;
	}
	for (w = first; w != NULL; w = next) {
		next = TAILQ_NEXT(w, link);
		if (!is_same(w->digest, digest))
			continue;
		TAILQ_REMOVE(&g->waiting, w, link);
		TAILQ_INSERT_TAIL(&told, w, link);
		if (err == 0)
			attempts_right(
			    g->attempts, ATTEMPTS_DOOR, slice_of(w->address));
	}
	while (!TAILQ_EMPTY(&told))
		tell(g, &told, TAILQ_FIRST(&told), err);
	if (err != -ECANCELED)
		compare_next(g);
}

static int
compare(struct gate *g, const char *password)
{
	return password_verify(
	    g->pool, slice_of(password), slice_of(g->hash), verified, g);
}

static void
compare_next(struct gate *g)
{
	struct waiting *first = TAILQ_FIRST(&g->waiting);

	if (first == NULL || compare(g, first->password) == 0)
		return;
	while ((first = TAILQ_FIRST(&g->waiting)) != NULL)
		tell(g, &g->waiting, first, -EBUSY);
}

static bool
is_waiting(const struct gate *g, const unsigned char digest[DIGEST_SIZE],
    struct slice address)
{
	const struct waiting *w;

	TAILQ_FOREACH (w, &g->waiting, link)
		if (is_same(w->digest, digest) && slice_is(address, w->address))
			return true;
	return false;
}

int
gate_try(struct gate *g, struct slice password, struct slice address,
    void (*cb)(void *arg, int err), void *arg, uint64_t *retry)
{
	unsigned char digest[DIGEST_SIZE];
	struct waiting *w;

	if (password.len == 0 || password.len > PASSWORD_MAX ||
	    memchr(password.p, '\0', password.len) != NULL ||
	    address.len >= ADDRESS_SIZE)
		return -EACCES;
	make_digest(g, password, digest);
	if (!is_waiting(g, digest, address)) {
		*retry = attempts_begin(
		    g->attempts, ATTEMPTS_DOOR, address, loop_now(g->loop));
		if (*retry > 0)
			return -EAGAIN;
	}
	if (g->known && is_same(digest, g->digest)) {
		attempts_right(g->attempts, ATTEMPTS_DOOR, address);
		return 0;
	}
	if (g->n == GATE_WAITING_MAX)
		return -EBUSY;
	w = xcalloc(1, sizeof(*w));
	memcpy(w->digest, digest, sizeof(digest));
	memcpy(w->password, password.p, password.len);
	memcpy(w->address, address.p, address.len);
	w->cb = cb;
	w->arg = arg;
	TAILQ_INSERT_TAIL(&g->waiting, w, link);
	/* Those before it are followed by it. */
	if (g->n++ > 0 || compare(g, w->password) == 0)
		return -EINPROGRESS;
	TAILQ_REMOVE(&g->waiting, w, link);
	g->n--;
	explicit_bzero(w, sizeof(*w));
	free(w);
	return -EBUSY;
}
