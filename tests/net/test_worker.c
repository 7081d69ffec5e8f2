#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdbool.h>

#include "base/mem.h"
#include "net/worker.h"

enum { ITEMS = 10000, BATCH = 64 };

struct job {
	struct worker_item item;
	int number;
	int run_at, done_at; /* the how many-th it was */
	bool off_loop;       /* run by another thread */
};

static struct loop loop;
static struct worker *worker;
static pthread_t loop_thread;
static struct job jobs[ITEMS];

/* The worker's. */
static int runs, batches, longest, idles, idles_wanted;
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

/* The loop's. */
static int dones;
static int push_more; /* from done */
static bool close_in_done;

static void
on_run(void *arg, struct worker_batch *batch)
{
	struct worker_item *it;
	int n = 0;

	assert_ptr_equal(arg, &loop);
	pthread_mutex_lock(&gate);
	STAILQ_FOREACH (it, batch, link) {
		struct job *j = container_of(it, struct job, item);

		j->run_at = ++runs;
		j->off_loop = !pthread_equal(pthread_self(), loop_thread);
		n++;
	}
	batches++;
	if (n > longest)
		longest = n;
	pthread_mutex_unlock(&gate);
}

static void
push(int number)
{
	jobs[number] = (struct job){ .number = number };
	worker_push(worker, &jobs[number].item);
}

static void
on_done(void *arg, struct worker_item *it)
{
	struct job *j = container_of(it, struct job, item);

	assert_ptr_equal(arg, &loop);
	assert_true(pthread_equal(pthread_self(), loop_thread));
	j->done_at = ++dones;
	if (push_more > 0)
		push(dones + --push_more);
	if (close_in_done) {
		close_in_done = false;
		worker_close(worker);
	}
}

static uint64_t
on_idle(void *arg)
{
	int n;

	assert_ptr_equal(arg, &loop);
	pthread_mutex_lock(&gate);
	n = ++idles;
	pthread_mutex_unlock(&gate);
	return n < idles_wanted ? 1 : WORKER_NEVER;
}

static const struct worker_cb callbacks = { .run = on_run, .done = on_done };
static const struct worker_cb with_idle = {
	.run = on_run,
	.done = on_done,
	.idle = on_idle,
};

static int
setup(void **state)
{
	(void)state;
	loop_thread = pthread_self();
	runs = batches = longest = idles = idles_wanted = dones = push_more = 0;
	close_in_done = false;
	if (loop_init(&loop) != 0)
		return -1;
	return worker_open(&loop, &callbacks, &loop, BATCH, &worker);
}

static int
teardown(void **state)
{
	(void)state;
	return loop_deinit(&loop);
}

static void
check_order(int n)
{
	assert_int_equal(dones, n);
	for (int i = 0; i < n; i++) {
		assert_int_equal(jobs[i].run_at, i + 1);
		assert_int_equal(jobs[i].done_at, i + 1);
		assert_true(jobs[i].off_loop);
	}
}

static void
all_are_run_and_given_back_in_order(void **state)
{
	(void)state;
	for (int i = 0; i < ITEMS; i++)
		push(i);
	assert_int_equal(dones, 0); /* only by the loop */
	uv_run(&loop.uv, UV_RUN_DEFAULT);
	check_order(ITEMS);
	worker_close(worker);
}

static void
what_is_pushed_in_a_turn_makes_a_batch(void **state)
{
	(void)state;
	for (int i = 0; i < 10 * BATCH; i++)
		push(i);
	uv_run(&loop.uv, UV_RUN_DEFAULT);
	check_order(10 * BATCH);
	assert_int_equal(longest, BATCH);
	assert_int_equal(batches, 10);
	worker_close(worker);
}

/* The turn behind the one in which the first is given back brings another:
 * it goes with those that have waited. */
static void
on_next_turn(uv_timer_t *h)
{
	uv_close((uv_handle_t *)h, NULL);
	push(BATCH - 1);
}

static uv_timer_t next_turn;

static void
on_first_done(void *arg, struct worker_item *it)
{
	on_done(arg, it);
	if (dones > 1)
		return;
	for (int i = 1; i < BATCH - 1; i++)
		push(i);
	uv_timer_init(&loop.uv, &next_turn);
	uv_timer_start(&next_turn, on_next_turn, 0, 0);
}

static void
what_waits_for_a_result_waits_a_turn_more(void **state)
{
	static const struct worker_cb first = {
		.run = on_run,
		.done = on_first_done,
	};

	(void)state;
	worker_close(worker);
	assert_int_equal(worker_open(&loop, &first, &loop, BATCH, &worker), 0);
	push(0);
	uv_run(&loop.uv, UV_RUN_DEFAULT);
	check_order(BATCH);
	assert_int_equal(batches, 2);
	assert_int_equal(longest, BATCH - 1);
	worker_close(worker);
}

/* Also if nothing else would make the loop turn. */
static void
on_timer(uv_timer_t *h)
{
	uv_close((uv_handle_t *)h, NULL);
	push(0);
}

static void
what_is_pushed_outside_of_a_poll_is_handed_over(void **state)
{
	(void)state;
	uv_timer_init(&loop.uv, &next_turn);
	uv_timer_start(&next_turn, on_timer, 1, 0);
	uv_run(&loop.uv, UV_RUN_DEFAULT);
	check_order(1);
	worker_close(worker);
}

static void
the_loop_ends_when_nothing_is_under_way(void **state)
{
	(void)state;
	assert_int_equal(uv_run(&loop.uv, UV_RUN_DEFAULT), 0);
	push(0);
	assert_true(uv_loop_alive(&loop.uv));
	push_more = 5; /* each pushed when the one before is done */
	assert_int_equal(uv_run(&loop.uv, UV_RUN_DEFAULT), 0);
	assert_int_equal(dones, 6);
	worker_close(worker);
}

static void
closing_finishes_what_was_pushed(void **state)
{
	(void)state;
	for (int i = 0; i < ITEMS / 2; i++)
		push(i);
	push_more = 0;
	worker_close(worker);
	check_order(ITEMS / 2);
	uv_run(&loop.uv, UV_RUN_DEFAULT);
	assert_int_equal(dones, ITEMS / 2);
}

static void
done_may_close(void **state)
{
	(void)state;
	close_in_done = true;
	for (int i = 0; i < ITEMS / 2; i++)
		push(i);
	uv_run(&loop.uv, UV_RUN_DEFAULT);
	check_order(ITEMS / 2);
}

/* Once at the beginning, and then as it has asked for. */
static void
idle_turns_come_when_they_were_asked_for(void **state)
{
	bool enough;

	(void)state;
	worker_close(worker);
	idles_wanted = 5;
	assert_int_equal(
	    worker_open(&loop, &with_idle, &loop, BATCH, &worker), 0);
	do { /* ends by the test's time limit at the latest */
		pthread_mutex_lock(&gate);
		enough = idles >= idles_wanted;
		pthread_mutex_unlock(&gate);
	} while (!enough);
	push(0);
	uv_run(&loop.uv, UV_RUN_DEFAULT);
	worker_close(worker);
	assert_int_equal(dones, 1);
	assert_in_range(idles, 5, 6); /* the one after the batch may be late */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    all_are_run_and_given_back_in_order, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    what_is_pushed_in_a_turn_makes_a_batch, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    what_waits_for_a_result_waits_a_turn_more, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    what_is_pushed_outside_of_a_poll_is_handed_over, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(
		    the_loop_ends_when_nothing_is_under_way, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    closing_finishes_what_was_pushed, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    done_may_close, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    idle_turns_come_when_they_were_asked_for, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
