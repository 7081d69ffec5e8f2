/*
 * Timers of one interval: a queue ordered by deadline with a single uv_timer
 * for all, so that a connection's timer is 40 bytes and starting one is O(1).
 * Deadlines are absolute.
 */
#ifndef CHAT_NET_TIMEQ_H
#define CHAT_NET_TIMEQ_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <uv.h>

#include "net/loop.h"

struct timeq_entry {
	TAILQ_ENTRY(timeq_entry) link;
	uint64_t deadline;   /* ms of loop_now */
	struct timeq *queue; /* NULL: not running */
	void (*expired)(struct timeq_entry *self);
};

struct timeq {
	TAILQ_HEAD(timeq_head, timeq_entry) entries;
	struct loop *loop;
	uint64_t interval; /* ms; UINT64_MAX: for ever */
	uv_timer_t timer;
	bool finishing;
};

struct timeq *
timeq_new(struct loop *loop, uint64_t interval_ms);

/* Stops all entries without calling them; frees itself. */
void
timeq_close(struct timeq *q);

/* Closes once the last entry is gone; until then all goes on. */
void
timeq_finish(struct timeq *q);

/* Expires all entries, due or not. */
void
timeq_expire_all(struct timeq *q);

/* (Re)starts e: it expires interval after now. */
void
timeq_start(struct timeq *q, struct timeq_entry *e,
    void (*expired)(struct timeq_entry *));

/* The same, interval after `from` (ms of loop_now): a row of such timers does
 * not drift by how late each of them was noticed. */
void
timeq_start_from(struct timeq *q, struct timeq_entry *e, uint64_t from,
    void (*expired)(struct timeq_entry *));

/* Nothing if it is not running. e must be zeroed before its first use. */
void
timeq_stop(struct timeq_entry *e);

/* Expires what is due already, before its timer has had its turn. */
void
timeq_run(struct timeq *q);

#endif
