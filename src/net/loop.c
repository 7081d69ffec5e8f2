#include "config.h"

#include "net/loop.h"

#include <assert.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "proto/deflate.h"
#include "proto/ws.h"

enum { RELIEVE_ROUNDS = 3 }; /* that it waits until all has been written */

static void
take(struct loop *l, struct loop_task *t)
{
	TAILQ_REMOVE(&l->tasks, t, link);
	t->link.tqe_prev = NULL;
}

static void
run_tasks(struct loop *l)
{
	struct loop_task *t;

	while ((t = TAILQ_FIRST(&l->tasks)) != NULL) {
		take(l, t);
		t->run(t);
	}
	uv_unref((uv_handle_t *)&l->end_of_turn);
}

static void
on_prepare(uv_prepare_t *h)
{
	run_tasks(container_of(h, struct loop, end_of_turn));
}

/* The one in which most waits. */
static struct backlog_queue *
largest(struct loop *l)
{
	struct backlog_queue *q, *found = NULL;
	size_t most = 0;

	LIST_FOREACH (q, &l->queues, link) {
		size_t waiting = q->ops->waiting(q);

		if (waiting > most) {
			most = waiting;
			found = q;
		}
	}
	return found;
}

/*
 * Too much waits in all. What is shared is not freed with the first of those
 * that it waits for: then this is not the last time.
 */
static void
relieve(struct loop_task *t)
{
	struct loop *l = container_of(t, struct loop, relieve);
	struct backlog *b = &l->out.backlog;
	uint64_t excess, freed = 0;
	struct backlog_queue *q;

	/* Only behind the answers to polls, and behind all writing. */
	if (++l->relieve_round < RELIEVE_ROUNDS) {
		loop_defer(l, t);
		return;
	}
	l->relieve_round = 0;
	excess = backlog_is_full(b) ? b->bytes - b->max : 0;
	while (freed < excess && (q = largest(l)) != NULL) {
		freed += q->ops->waiting(q);
		q->ops->put_out(q);
	}
}

int
loop_init(struct loop *l)
{
	int err;

	/* It ends the program, and does not say why, where its table of
	 * descriptors can't grow. */
	uv_replace_allocator(malloc, xrealloc, calloc, free);
	err = uv_loop_init(&l->uv);
	if (err)
		return err;
	/* A peer that is gone is an error of a write, not our end. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* and so is a file that may not grow */
	uv_prepare_init(&l->uv, &l->end_of_turn);
	uv_prepare_start(&l->end_of_turn, on_prepare);
	uv_unref((uv_handle_t *)&l->end_of_turn);
	TAILQ_INIT(&l->tasks);
	l->read_buf = xmalloc(LOOP_READ_SIZE);
	l->record = NULL;
	l->decoder = NULL;
	l->inflater = NULL;
	l->deflater = NULL;
	l->streams = 0;
	LIST_INIT(&l->queues);
	outq_pool_init(&l->out);
	l->relieve = (struct loop_task){ .run = relieve };
	l->relieve_round = 0;
	return 0;
}

int
loop_deinit(struct loop *l)
{
	int err;

	uv_close((uv_handle_t *)&l->end_of_turn, NULL);
	do {
		run_tasks(l);
		uv_run(&l->uv, UV_RUN_NOWAIT);
	} while (!TAILQ_EMPTY(&l->tasks));
	err = uv_loop_close(&l->uv);
	ws_decoder_free(l->decoder);
	inflater_free(l->inflater);
	deflater_free(l->deflater);
	free(l->read_buf);
	free(l->record);
	outq_pool_deinit(&l->out);
	assert(err || l->streams == 0);
	return err;
}

void
loop_defer(struct loop *l, struct loop_task *t)
{
	if (t->link.tqe_prev != NULL)
		return;
	TAILQ_INSERT_TAIL(&l->tasks, t, link);
	/* Without this the loop could end before the turn does. */
	uv_ref((uv_handle_t *)&l->end_of_turn);
}

void
loop_cancel(struct loop *l, struct loop_task *t)
{
	if (t->link.tqe_prev == NULL)
		return;
	take(l, t);
	if (TAILQ_EMPTY(&l->tasks))
		uv_unref((uv_handle_t *)&l->end_of_turn);
}

struct leaving {
	struct loop_task task;
	void *p;
	void (*free_cb)(void *p);
};

static void
run_free(struct loop_task *t)
{
	struct leaving *l = container_of(t, struct leaving, task);

	l->free_cb(l->p);
	free(l);
}

void
loop_free(struct loop *l, void *p, void (*free_cb)(void *p))
{
	struct leaving *one = xcalloc(1, sizeof(*one));

	one->task.run = run_free;
	one->p = p;
	one->free_cb = free_cb;
	loop_defer(l, &one->task);
}

const char *
loop_address(struct loop *l, const struct address *a)
{
	static const struct address none;

	if (memcmp(a, &none, sizeof(none)) == 0)
		return "?";
	address_text(a, l->address);
	return l->address;
}

uint64_t
loop_now(struct loop *l)
{
	return uv_now(&l->uv);
}

void
loop_check_backlog(struct loop *l)
{
	if (backlog_is_full(&l->out.backlog))
		loop_defer(l, &l->relieve);
}
