#include "config.h"

#include "hub/password.h"

#include <crypt.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "net/worker.h"

/* A cost that takes 50 to 100 ms on a machine of 2020. A hash says what it has
 * cost, so that this may be raised later. */
enum { COST = 7 };
#define METHOD "$y$"

/* Of the sum at the end of a hash. */
#define DIGITS                                                                 \
	"./0123456789"                                                         \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

struct thread {
	struct password_pool *pool;
	struct worker *worker;
	unsigned jobs;
};

struct password_pool {
	struct thread threads[PASSWORD_THREADS];
	unsigned jobs;
	pthread_mutex_t mutex;
	bool closing; /* by the mutex */
};

struct job {
	struct worker_item item;
	char password[PASSWORD_MAX + 1];
	char hash[PASSWORD_HASH_SIZE]; /* to compare with, or the result */
	int err;
	void (*on_hash)(void *arg, int err, const char *hash);
	void (*on_verify)(void *arg, int err);
	void *arg;
};

/* ---- on a thread ---- */

_Static_assert(CRYPT_OUTPUT_SIZE <= PASSWORD_HASH_SIZE, "room for a hash");

/* Hashes by setting (a salt, or another hash); out is PASSWORD_HASH_SIZE. */
static int
hash_by(const char *password, const char *setting, char *out)
{
	void *data = NULL;
	int size = 0, err = 0;
	const char *hash;

	errno = 0;
	hash = crypt_ra(password, setting, &data, &size);
	if (hash == NULL)
		err = errno != 0 ? -errno : -EINVAL;
	else
		memcpy(out, hash, strlen(hash) + 1);
	if (data != NULL)
		explicit_bzero(data, (size_t)size);
	free(data);
	return err;
}

int
password_hash_now(const char *password, char hash[PASSWORD_HASH_SIZE])
{
	char *salt = crypt_gensalt_ra(METHOD, COST, NULL, 0);
	int err;

	if (salt == NULL)
		return errno != 0 ? -errno : -EINVAL;
	err = hash_by(password, salt, hash);
	free(salt);
	return err;
}

static int
compare(struct job *j)
{
	char hash[PASSWORD_HASH_SIZE];
	size_t len = strlen(j->hash);
	int err = hash_by(j->password, j->hash, hash);

	if (err == 0 &&
	    (strlen(hash) != len || CRYPTO_memcmp(hash, j->hash, len) != 0))
		err = -EACCES;
	return err;
}

static void
run(void *arg, struct worker_batch *batch)
{
	struct thread *t = arg;
	struct worker_item *it;
	bool closing;

	pthread_mutex_lock(&t->pool->mutex);
	closing = t->pool->closing;
	pthread_mutex_unlock(&t->pool->mutex);
	STAILQ_FOREACH (it, batch, link) {
		struct job *j = container_of(it, struct job, item);

		if (closing)
			j->err = -ECANCELED;
		else
			j->err = j->on_hash != NULL
				     ? password_hash_now(j->password, j->hash)
				     : compare(j);
	}
}

/* ---- on the loop's ---- */

static void
done(void *arg, struct worker_item *item)
{
	struct job *j = container_of(item, struct job, item);
	struct thread *t = arg;

	t->jobs--;
	t->pool->jobs--;
	if (j->on_verify != NULL)
		j->on_verify(j->arg, j->err);
	else
		j->on_hash(j->arg, j->err, j->err == 0 ? j->hash : NULL);
	explicit_bzero(j, sizeof(*j));
	free(j);
}

static const struct worker_cb callbacks = { .run = run, .done = done };

int
password_pool_open(struct loop *loop, struct password_pool **out)
{
	struct password_pool *pool = xcalloc(1, sizeof(*pool));
	int err = 0;

	pthread_mutex_init(&pool->mutex, NULL);
	for (unsigned i = 0; i < PASSWORD_THREADS && err == 0; i++) {
		struct thread *t = &pool->threads[i];

		t->pool = pool;
		/* One at a time, so that a closing pool is seen by the next. */
		err = worker_open(loop, &callbacks, t, 1, &t->worker);
	}
	if (err) {
		password_pool_close(pool);
		return err;
	}
	*out = pool;
	return 0;
}

void
password_pool_close(struct password_pool *pool)
{
	pthread_mutex_lock(&pool->mutex);
	pool->closing = true;
	pthread_mutex_unlock(&pool->mutex);
	for (unsigned i = 0; i < PASSWORD_THREADS; i++)
		if (pool->threads[i].worker != NULL)
			worker_close(pool->threads[i].worker);
	pthread_mutex_destroy(&pool->mutex);
	free(pool);
}

static int
check(const struct password_pool *pool, struct slice password)
{
	if (password.len > PASSWORD_MAX ||
	    (password.len > 0 && memchr(password.p, '\0', password.len)))
		return -EINVAL;
	return pool->closing || pool->jobs == PASSWORD_WAITING ? -EBUSY : 0;
}

static void
push(struct password_pool *pool, struct job *j, struct slice password)
{
	struct thread *t = &pool->threads[0];

	if (password.len > 0)
		memcpy(j->password, password.p, password.len);
	for (unsigned i = 1; i < PASSWORD_THREADS; i++)
		if (pool->threads[i].jobs < t->jobs)
			t = &pool->threads[i];
	t->jobs++;
	pool->jobs++;
	worker_push(t->worker, &j->item);
}

int
password_hash(struct password_pool *pool, struct slice password,
    void (*cb)(void *arg, int err, const char *hash), void *arg)
{
	int err = check(pool, password);
	struct job *j;

	if (err)
		return err;
	j = xcalloc(1, sizeof(*j));
	j->on_hash = cb;
	j->arg = arg;
	push(pool, j, password);
	return 0;
}

int
password_verify(struct password_pool *pool, struct slice password,
    struct slice hash, void (*cb)(void *arg, int err), void *arg)
{
	int err = check(pool, password);
	struct job *j;

	if (err)
		return err;
	j = xcalloc(1, sizeof(*j));
	j->on_verify = cb;
	j->arg = arg;
	/* What can't be one becomes "", which crypt knows to be none; it would
	 * take many other things for old kinds of a hash. */
	if (slice_starts(hash, "$") && hash.len < sizeof(j->hash))
		memcpy(j->hash, hash.p, hash.len);
	push(pool, j, password);
	return 0;
}

int
password_check_hash(const char *text)
{
	char hash[PASSWORD_HASH_SIZE];
	const char *sum;
	size_t len = strlen(text);
	int err;

	if (text[0] != '$' || len >= sizeof(hash))
		return -EINVAL;
	err = hash_by("", text, hash);
	if (err)
		return err == -ENOMEM ? err : -EINVAL;
	/* Behind its last `$` is what no two passwords have in common. */
	sum = strrchr(hash, '$');
	if (sum == NULL || strlen(hash) != len ||
	    memcmp(hash, text, (size_t)(sum - hash)) != 0 ||
	    text[sum - hash] != '$' ||
	    strspn(text + (sum - hash) + 1, DIGITS) != strlen(sum) - 1)
		return -EINVAL;
	return 0;
}
