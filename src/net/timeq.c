#include "config.h"

#include "net/timeq.h"

#include <stdlib.h>

#include "base/mem.h"

static void
on_timer(uv_timer_t *h)
{
	timeq_run((struct timeq *)h->data);
}

struct timeq *
timeq_new(struct loop *loop, uint64_t interval_ms)
{
	struct timeq *q = xcalloc(1, sizeof(*q));

	TAILQ_INIT(&q->entries);
	q->loop = loop;
	q->interval = interval_ms;
	uv_timer_init(&loop->uv, &q->timer);
	q->timer.data = q;
	return q;
}

static void
on_timer_closed(uv_handle_t *h)
{
	free(h->data);
}

void
timeq_close(struct timeq *q)
{
	struct timeq_entry *e;

	while ((e = TAILQ_FIRST(&q->entries)) != NULL)
		timeq_stop(e);
	if (!uv_is_closing((uv_handle_t *)&q->timer))
		uv_close((uv_handle_t *)&q->timer, on_timer_closed);
}

void
timeq_finish(struct timeq *q)
{
	q->finishing = true;
	if (TAILQ_EMPTY(&q->entries))
		timeq_close(q);
}

/* Sets the timer for the first entry, if it is not set for it already. */
static void
arm(struct timeq *q)
{
	const struct timeq_entry *first = TAILQ_FIRST(&q->entries);
	uint64_t now;

	if (first == NULL && q->finishing)
		timeq_close(q);
	if (first == NULL || uv_is_closing((uv_handle_t *)&q->timer))
		return;
	now = loop_now(q->loop);
	uv_timer_start(&q->timer, on_timer,
	    first->deadline > now ? first->deadline - now : 0, 0);
}

void
timeq_start_from(struct timeq *q, struct timeq_entry *e, uint64_t from,
    void (*expired)(struct timeq_entry *))
{
	struct timeq_entry *before;

	timeq_stop(e);
	e->deadline =
	    q->interval < UINT64_MAX - from ? from + q->interval : UINT64_MAX;
	e->queue = q;
	e->expired = expired;
	/* Its place is at the end, or a few steps before. */
	before = TAILQ_LAST(&q->entries, timeq_head);
	while (before != NULL && before->deadline > e->deadline)
		before = TAILQ_PREV(before, timeq_head, link);
	if (before != NULL)
		TAILQ_INSERT_AFTER(&q->entries, before, e, link);
	else
		TAILQ_INSERT_HEAD(&q->entries, e, link);
	if (before == NULL || !uv_is_active((uv_handle_t *)&q->timer))
		arm(q);
}

void
timeq_start(struct timeq *q, struct timeq_entry *e,
    void (*expired)(struct timeq_entry *))
{
	timeq_start_from(q, e, loop_now(q->loop), expired);
}

void
timeq_stop(struct timeq_entry *e)
{
	if (e->queue == NULL)
		return;
	/* The timer stays as it is: early, it finds nothing due and sets
	 * itself anew. Only an empty queue must not keep the loop alive. */
	TAILQ_REMOVE(&e->queue->entries, e, link);
	if (TAILQ_EMPTY(&e->queue->entries)) {
		uv_timer_stop(&e->queue->timer);
		/* It may be started again at once: judged by the timer. */
		if (e->queue->finishing)
			uv_timer_start(&e->queue->timer, on_timer, 0, 0);
	}
	e->queue = NULL;
}

void
timeq_expire_all(struct timeq *q)
{
	struct timeq_entry *e;

	while ((e = TAILQ_FIRST(&q->entries)) != NULL) {
		timeq_stop(e);
		e->expired(e);
	}
}

void
timeq_run(struct timeq *q)
{
	struct timeq_entry *e;

	while ((e = TAILQ_FIRST(&q->entries)) != NULL &&
	       e->deadline <= loop_now(q->loop)) {
		timeq_stop(e);
		e->expired(e);
	}
	arm(q);
}
