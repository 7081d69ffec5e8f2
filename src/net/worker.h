/*
 * A thread of its own for work that may block: disks, password hashing. Items
 * are pushed on the loop's thread, done in order on the worker's, and given
 * back in order on the loop's. The thread sleeps while there is nothing to do,
 * and the loop may end while nothing is under way.
 *
 * What is pushed in a turn of the loop is handed over together behind it. What
 * is pushed while something is under way waits until that has been given back,
 * and for one turn more: the fewer batches, the fewer writes to everybody.
 *
 * Nothing is shared but the items: whoever pushed one leaves it alone until it
 * is given back.
 */
#ifndef CHAT_NET_WORKER_H
#define CHAT_NET_WORKER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "net/loop.h"

struct worker;

/* Embedded in its owner. */
struct worker_item {
	STAILQ_ENTRY(worker_item) link;
};

STAILQ_HEAD(worker_batch, worker_item);

#define WORKER_NEVER UINT64_MAX

struct worker_cb {
	/* On the worker's thread: does what is in the batch, which is never
	 * empty, and leaves it as it is. */
	void (*run)(void *arg, struct worker_batch *batch);
	/* On the loop's thread, once for each; it may push and close. */
	void (*done)(void *arg, struct worker_item *item);
	/* On the worker's thread when nothing is pending, at the beginning and
	 * after each batch, or NULL: work that nobody waits for. Returns in how
	 * many ms it wants to be called again, if nothing comes before; 0: as
	 * soon as it is known that nothing has; WORKER_NEVER. */
	uint64_t (*idle)(void *arg);
};

/* At most batch_max items are run together. cb and arg are borrowed. 0 or a
 * negative errno. */
int
worker_open(struct loop *loop, const struct worker_cb *cb, void *arg,
    unsigned batch_max, struct worker **out);

/* item is the worker's until it is given back. */
void
worker_push(struct worker *w, struct worker_item *item);

/* Blocks until all that was pushed is done, and calls done for it, and for
 * what those calls push. Tells whether there was something. */
bool
worker_finish(struct worker *w);

/* The same, and then ends the thread and frees. */
void
worker_close(struct worker *w);

#endif
