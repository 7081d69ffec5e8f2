#include "config.h"

#include "fake_worker.h"

#include <stdlib.h>

#include "base/mem.h"

struct worker {
	LIST_ENTRY(worker) link;
	const struct worker_cb *cb;
	void *arg;
	unsigned batch_max;
	uv_async_t async;
	struct worker_batch pending, finished;
};

static LIST_HEAD(, worker) all = LIST_HEAD_INITIALIZER(all);
static bool held;

/* Keeps the loop going as long as something is under way. */
static void
under_way(struct worker *w)
{
	if (STAILQ_EMPTY(&w->pending))
		uv_unref((uv_handle_t *)&w->async);
	else
		uv_ref((uv_handle_t *)&w->async);
}

static void
run_batch(struct worker *w)
{
	struct worker_batch batch = STAILQ_HEAD_INITIALIZER(batch);
	struct worker_item *it;

	for (unsigned n = 0; n < w->batch_max; n++) {
		it = STAILQ_FIRST(&w->pending);
		if (it == NULL)
			break;
		STAILQ_REMOVE_HEAD(&w->pending, link);
		STAILQ_INSERT_TAIL(&batch, it, link);
	}
	w->cb->run(w->arg, &batch);
	STAILQ_CONCAT(&w->finished, &batch);
	under_way(w);
	while ((it = STAILQ_FIRST(&w->finished)) != NULL) {
		STAILQ_REMOVE_HEAD(&w->finished, link);
		w->cb->done(w->arg, it);
	}
	if (w->cb->idle != NULL && STAILQ_EMPTY(&w->pending))
		w->cb->idle(w->arg);
}

static void
on_async(uv_async_t *h)
{
	struct worker *w = h->data;

	if (held || STAILQ_EMPTY(&w->pending))
		return;
	run_batch(w);
	if (!uv_is_closing((uv_handle_t *)h) && !STAILQ_EMPTY(&w->pending))
		uv_async_send(h);
}

void
fake_worker_hold(bool hold)
{
	struct worker *w;

	held = hold;
	LIST_FOREACH (w, &all, link)
		uv_async_send(&w->async);
}

bool
fake_worker_busy(void)
{
	struct worker *w;

	LIST_FOREACH (w, &all, link)
		if (!held && !STAILQ_EMPTY(&w->pending))
			return true;
	return false;
}

int
worker_open(struct loop *loop, const struct worker_cb *cb, void *arg,
    unsigned batch_max, struct worker **out)
{
	struct worker *w = xcalloc(1, sizeof(*w));

	w->cb = cb;
	w->arg = arg;
	w->batch_max = batch_max;
	STAILQ_INIT(&w->pending);
	STAILQ_INIT(&w->finished);
	uv_async_init(&loop->uv, &w->async, on_async);
	uv_unref((uv_handle_t *)&w->async);
	w->async.data = w;
	LIST_INSERT_HEAD(&all, w, link);
	*out = w;
	return 0;
}

void
worker_push(struct worker *w, struct worker_item *item)
{
	STAILQ_INSERT_TAIL(&w->pending, item, link);
	under_way(w);
	uv_async_send(&w->async);
}

bool
worker_finish(struct worker *w)
{
	bool any = !STAILQ_EMPTY(&w->pending);

	while (!STAILQ_EMPTY(&w->pending))
		run_batch(w);
	return any;
}

static void
on_async_closed(uv_handle_t *h)
{
	free(h->data);
}

void
worker_close(struct worker *w)
{
	worker_finish(w);
	LIST_REMOVE(w, link);
	uv_close((uv_handle_t *)&w->async, on_async_closed);
}
