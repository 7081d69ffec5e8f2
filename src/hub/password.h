/*
 * Passwords: hashed and compared by yescrypt, on threads of their own, for it
 * takes long on purpose: about 70 ms and 64 MiB each. At most PASSWORD_THREADS
 * at once; what waits is bounded. Owned by the hub.
 */
#ifndef CHAT_HUB_PASSWORD_H
#define CHAT_HUB_PASSWORD_H

#include <stdbool.h>

#include "base/slice.h"
#include "net/loop.h"

enum {
	PASSWORD_MIN = 6,   /* characters of a new one */
	PASSWORD_MAX = 128, /* bytes */
	PASSWORD_THREADS = 2,
	PASSWORD_WAITING = 64, /* under way, the ones being hashed included */
	PASSWORD_HASH_SIZE = 384, /* of a hash with its salt and the NUL */
};

struct password_pool;

/* 0 or a negative errno. */
int
password_pool_open(struct loop *loop, struct password_pool **out);

/* Waits for what is being hashed; everything else is called back with
 * -ECANCELED. Frees. */
void
password_pool_close(struct password_pool *pool);

/*
 * Both copy what they are given, call back exactly once, never before they
 * return, and wipe what they have held. 0, -EBUSY when too many wait, or
 * -EINVAL for a password that can't be one: too long, or with a NUL.
 */

/* hash: terminated, with its salt; good during the call. NULL if err is not
 * 0. */
int
password_hash(struct password_pool *pool, struct slice password,
    void (*cb)(void *arg, int err, const char *hash), void *arg);

/* err: 0 if it is the one that was hashed, -EACCES if not, or what went wrong
 * (-ENOMEM; -EINVAL: hash is none). */
int
password_verify(struct password_pool *pool, struct slice password,
    struct slice hash, void (*cb)(void *arg, int err), void *arg);

/* Hashes here and now, where nobody waits. 0 or a negative errno. */
int
password_hash_now(const char *password, char hash[PASSWORD_HASH_SIZE]);

/*
 * Is text a whole hash of crypt(3), with `$` and a method, that
 * password_verify can compare with? Hashes by it to see, which takes as long
 * as one of that kind does. 0, -EINVAL: it is none, or what went wrong.
 */
int
password_check_hash(const char *text);

#endif
