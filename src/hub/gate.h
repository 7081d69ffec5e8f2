/*
 * The password of a closed server: who gives it may come in. One is compared
 * with the hash at a time, on a thread for passwords; the others wait in
 * order, bounded. Tries are counted for each address (hub/attempts.h).
 *
 * The one that was right is known from then on by a keyed digest, so that
 * neither many who come back at once nor a page of curl requests wait for
 * the threads, however many wrong ones do. Owned by the hub.
 */
#ifndef CHAT_HUB_GATE_H
#define CHAT_HUB_GATE_H

#include <stdint.h>

#include "base/slice.h"
#include "hub/attempts.h"
#include "hub/password.h"

enum { GATE_WAITING_MAX = 256 };

struct gate;

/* Everything borrowed for as long as the gate lives. */
struct gate *
gate_new(struct loop *loop, struct password_pool *pool,
    struct attempts *attempts, const char *hash);

/* Behind the pool's closing: what waits is called back with -ECANCELED. */
void
gate_free(struct gate *g);

/*
 * 0: it is the one. -EACCES: it can't be. -EAGAIN: too many wrong ones from
 * there, wait *retry ms. -EBUSY: too many wait. -EINPROGRESS: cb will be
 * called, once, with 0, -EACCES or -EBUSY. The same password from the same
 * address that waits already is the same try.
 */
int
gate_try(struct gate *g, struct slice password, struct slice address,
    void (*cb)(void *arg, int err), void *arg, uint64_t *retry);

#endif
