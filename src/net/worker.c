#include "config.h"

#include "net/worker.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "base/mem.h"

struct worker {
	const struct worker_cb *cb;
	void *arg;
	unsigned batch_max;
	uv_async_t async;
	pthread_t thread;
	/* The loop's thread only: */
	struct worker_batch ready;  /* to be given back */
	struct worker_batch staged; /* to be handed over */
	uint64_t under_way, handed; /* pushed; of these, handed over */
	uv_check_t check;           /* behind what a turn brings */
	uv_idle_t soon;             /* the next turn comes at once */
	bool wait;                  /* for the turn behind this one */
	unsigned handles;
	/* Both: */
	pthread_mutex_t mutex;
	pthread_cond_t wake; /* the worker: something is pending, or closing */
	pthread_cond_t idle; /* the loop, while it closes: all is finished */
	struct worker_batch pending, finished;
	bool busy, closing;
	bool coming; /* something is staged: not the time to be idle */
};

/* ---- the worker's thread ---- */

/* Until something is pending, the end, or for so long. The mutex is locked. */
static void
wait_for(struct worker *w, uint64_t ms)
{
	struct timespec until;

	if (ms == WORKER_NEVER) {
		pthread_cond_wait(&w->wake, &w->mutex);
		return;
	}
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += (time_t)(ms / 1000);
	until.tv_nsec += (long)(ms % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	pthread_cond_timedwait(&w->wake, &w->mutex, &until);
}

static void
take_batch(struct worker *w, struct worker_batch *batch)
{
	struct worker_item *it;

	STAILQ_INIT(batch);
	for (unsigned n = 0; n < w->batch_max; n++) {
		it = STAILQ_FIRST(&w->pending);
		if (it == NULL)
			break;
		STAILQ_REMOVE_HEAD(&w->pending, link);
		STAILQ_INSERT_TAIL(batch, it, link);
	}
}

/* One batch. The mutex is locked, but not while it runs. */
static void
run_batch(struct worker *w)
{
	struct worker_batch batch;

	take_batch(w, &batch);
	w->busy = true;
	pthread_mutex_unlock(&w->mutex);
	w->cb->run(w->arg, &batch);
	pthread_mutex_lock(&w->mutex);
	w->busy = false;
	STAILQ_CONCAT(&w->finished, &batch);
	if (STAILQ_EMPTY(&w->pending))
		pthread_cond_signal(&w->idle);
	uv_async_send(&w->async);
}

static uint64_t
run_idle(struct worker *w)
{
	uint64_t ms;

	if (w->cb->idle == NULL)
		return WORKER_NEVER;
	pthread_mutex_unlock(&w->mutex);
	ms = w->cb->idle(w->arg);
	pthread_mutex_lock(&w->mutex);
	return ms;
}

static void *
thread_main(void *arg)
{
	struct worker *w = arg;

	pthread_mutex_lock(&w->mutex);
	while (!w->closing || !STAILQ_EMPTY(&w->pending)) {
		uint64_t ms;

		if (!STAILQ_EMPTY(&w->pending)) {
			run_batch(w);
			continue;
		}
		ms = w->coming ? WORKER_NEVER : run_idle(w);
		if (ms > 0 && !w->closing && STAILQ_EMPTY(&w->pending))
			wait_for(w, ms);
	}
	pthread_mutex_unlock(&w->mutex);
	return NULL;
}

/* ---- the loop's thread ---- */

static void
take_finished(struct worker *w)
{
	pthread_mutex_lock(&w->mutex);
	STAILQ_CONCAT(&w->ready, &w->finished);
	pthread_mutex_unlock(&w->mutex);
}

/* A call may close w, which then has nothing left to be given back; its memory
 * is there until the end of the turn. */
static void
give_back(struct worker *w)
{
	struct worker_item *it;

	while ((it = STAILQ_FIRST(&w->ready)) != NULL) {
		STAILQ_REMOVE_HEAD(&w->ready, link);
		w->handed--;
		if (--w->under_way == 0)
			uv_unref((uv_handle_t *)&w->async);
		w->cb->done(w->arg, it);
	}
}

static void
hand_over(struct worker *w)
{
	if (w->handed == w->under_way)
		return;
	w->handed = w->under_way;
	pthread_mutex_lock(&w->mutex);
	STAILQ_CONCAT(&w->pending, &w->staged);
	w->coming = false;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->mutex);
}

static void
on_soon(uv_idle_t *h)
{
	(void)h;
}

/* What is staged goes together, when all before it is back. */
static void
on_check(uv_check_t *h)
{
	struct worker *w = h->data;

	if (w->wait) {
		w->wait = false;
		return;
	}
	if (w->handed == 0)
		hand_over(w);
	uv_idle_stop(&w->soon);
	uv_check_stop(h);
}

static void
hand_over_soon(struct worker *w)
{
	uv_idle_start(&w->soon, on_soon);
	uv_check_start(&w->check, on_check);
}

/*
 * What was given back makes peers answer, as soon as it is sent, at the end of
 * this turn: what has gathered meanwhile waits for their answers, a turn more,
 * so that peers do not fall into two groups, one of which is always late.
 */
static void
on_async(uv_async_t *h)
{
	struct worker *w = h->data;

	take_finished(w);
	give_back(w);
	if (w->under_way == 0 || uv_is_closing((uv_handle_t *)h))
		return;
	w->wait = true;
	hand_over_soon(w);
}

static int
start_thread(struct worker *w)
{
	sigset_t all, before;
	int err;

	/* Signals are the loop's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&w->thread, NULL, thread_main, w);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -err;
}

static void
on_handle_closed(uv_handle_t *h)
{
	struct worker *w = h->data;

	if (--w->handles > 0)
		return;
	pthread_cond_destroy(&w->wake);
	pthread_cond_destroy(&w->idle);
	pthread_mutex_destroy(&w->mutex);
	free(w);
}

static void
close_handles(struct worker *w)
{
	w->handles = 3;
	uv_close((uv_handle_t *)&w->async, on_handle_closed);
	uv_close((uv_handle_t *)&w->check, on_handle_closed);
	uv_close((uv_handle_t *)&w->soon, on_handle_closed);
}

/* None of them keeps the loop alive; async does while something is under
 * way. */
static int
init_handles(struct worker *w, struct loop *loop)
{
	int err = uv_async_init(&loop->uv, &w->async, on_async);

	if (err)
		return err;
	uv_check_init(&loop->uv, &w->check);
	uv_idle_init(&loop->uv, &w->soon);
	w->async.data = w->check.data = w->soon.data = w;
	uv_unref((uv_handle_t *)&w->async);
	uv_unref((uv_handle_t *)&w->check);
	uv_unref((uv_handle_t *)&w->soon);
	return 0;
}

int
worker_open(struct loop *loop, const struct worker_cb *cb, void *arg,
    unsigned batch_max, struct worker **out)
{
	struct worker *w = xcalloc(1, sizeof(*w));
	pthread_condattr_t attr;
	int err;

	w->cb = cb;
	w->arg = arg;
	w->batch_max = batch_max;
	STAILQ_INIT(&w->ready);
	STAILQ_INIT(&w->staged);
	STAILQ_INIT(&w->pending);
	STAILQ_INIT(&w->finished);
	err = init_handles(w, loop);
	if (err) {
		free(w);
		return err;
	}
	pthread_mutex_init(&w->mutex, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&w->wake, &attr);
	pthread_cond_init(&w->idle, &attr);
	pthread_condattr_destroy(&attr);
	err = start_thread(w);
	if (err) {
		close_handles(w);
		return err;
	}
	*out = w;
	return 0;
}

void
worker_push(struct worker *w, struct worker_item *item)
{
	if (w->under_way++ == 0)
		uv_ref((uv_handle_t *)&w->async);
	if (STAILQ_EMPTY(&w->staged)) {
		pthread_mutex_lock(&w->mutex);
		w->coming = true;
		pthread_mutex_unlock(&w->mutex);
		hand_over_soon(w);
	}
	STAILQ_INSERT_TAIL(&w->staged, item, link);
}

bool
worker_finish(struct worker *w)
{
	bool any = w->under_way > 0;

	while (w->under_way > 0) {
		hand_over(w);
		pthread_mutex_lock(&w->mutex);
		while (w->busy || !STAILQ_EMPTY(&w->pending))
			pthread_cond_wait(&w->idle, &w->mutex);
		pthread_mutex_unlock(&w->mutex);
		take_finished(w);
		give_back(w);
	}
	return any;
}

void
worker_close(struct worker *w)
{
	worker_finish(w);
	pthread_mutex_lock(&w->mutex);
	w->closing = true;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->mutex);
	pthread_join(w->thread, NULL);
	close_handles(w);
}
