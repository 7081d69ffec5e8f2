/*
 * The event loop: libuv's, with what every connection shares. One read
 * buffer, consumed before a callback returns, so that idle connections hold
 * none; and a list of work for the end of the turn, just before the loop
 * waits again: output is gathered and written there, and objects that were
 * closed during the turn are freed there, when no caller is left on the stack
 * that could still look at them.
 */
#ifndef CHAT_NET_LOOP_H
#define CHAT_NET_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <uv.h>

#include "net/address.h"
#include "net/outq.h"

enum { LOOP_READ_SIZE = 65536 };

/* Work put off to the end of the turn. Embedded in its owner. */
struct loop_task {
	TAILQ_ENTRY(loop_task) link; /* tqe_prev NULL: not queued */
	void (*run)(struct loop_task *self);
};

struct deflater;
struct inflater;
struct ws_decoder;

struct loop {
	uv_loop_t uv;
	uv_prepare_t end_of_turn;
	TAILQ_HEAD(, loop_task) tasks;
	char *read_buf;             /* LOOP_READ_SIZE bytes */
	char *record;               /* one of TLS, plain; NULL: none yet */
	struct ws_decoder *decoder; /* idle one, or NULL: lent out */
	struct inflater *inflater;  /* the same, of the largest window */
	struct deflater *deflater;  /* NULL: not needed yet */
	unsigned streams;           /* not closed yet */
	struct outq_pool out;       /* of them all */
	LIST_HEAD(, backlog_queue) queues; /* those who can be put out */
	struct loop_task relieve;          /* the backlog is full */
	unsigned relieve_round;
	char address[ADDRESS_TEXT_SIZE];
};

/* 0 or a negative UV_ error. The process ignores SIGPIPE and SIGXFSZ from now
 * on. */
int
loop_init(struct loop *l);

/*
 * Runs what is left to close and closes. Returns 0, or UV_EBUSY if a handle
 * was left open: a bug of the caller's.
 */
int
loop_deinit(struct loop *l);

/* Runs t->run once at the end of this turn; nothing if it is queued already.
 * Tasks queued by tasks run in the same turn. */
void
loop_defer(struct loop *l, struct loop_task *t);

/* Takes t off the list again; nothing if it is not queued. */
void
loop_cancel(struct loop *l, struct loop_task *t);

/* Has free_cb free p at the end of this turn, when no caller is left on the
 * stack. */
void
loop_free(struct loop *l, void *p, void (*free_cb)(void *p));

/* An address as text, "?" for none; good until the next one is asked for. */
const char *
loop_address(struct loop *l, const struct address *a);

/* Something has been queued: if it is too much in all, those who read most
 * slowly are put out at the end of the turn. */
void
loop_check_backlog(struct loop *l);

/* Milliseconds, monotonic, as of this turn. */
uint64_t
loop_now(struct loop *l);

#endif
