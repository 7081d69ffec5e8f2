#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "net/timeq.h"

struct item {
	struct timeq_entry entry;
	struct item *restart; /* when it expires */
	uint64_t at;
	int expired;
	int turn; /* which one it was, of all that have expired */
};

static struct loop loop;
static struct timeq *queue;
static int turns;

static void
on_expired(struct timeq_entry *e)
{
	struct item *it = container_of(e, struct item, entry);

	it->expired++;
	it->turn = ++turns;
	it->at = loop_now(&loop);
	if (it->restart != NULL)
		timeq_start(queue, &it->restart->entry, on_expired);
}

static int
setup(void **state)
{
	(void)state;
	if (loop_init(&loop) != 0)
		return -1;
	queue = timeq_new(&loop, 20);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	timeq_close(queue);
	return loop_deinit(&loop);
}

static void
expires_each_once_at_its_deadline(void **state)
{
	struct item a = { .expired = 0 }, b = a, c = a;
	uint64_t start = loop_now(&loop);

	(void)state;
	timeq_start(queue, &a.entry, on_expired);
	timeq_start(queue, &b.entry, on_expired);
	timeq_start(queue, &c.entry, on_expired);
	timeq_stop(&b.entry);
	timeq_stop(&b.entry);
	uv_run(&loop.uv, UV_RUN_DEFAULT); /* ends: nothing is left running */
	assert_int_equal(a.expired, 1);
	assert_int_equal(b.expired, 0);
	assert_int_equal(c.expired, 1);
	assert_true(a.at >= start + 20 && c.at >= start + 20);
}

static void
restarting_moves_the_deadline(void **state)
{
	struct item a = { .expired = 0 }, b = { .expired = 0 };
	uint64_t again;

	(void)state;
	a.restart = &b; /* a starts b, b's time counts from then */
	timeq_start(queue, &a.entry, on_expired);
	timeq_start(queue, &b.entry, on_expired);
	timeq_stop(&b.entry);
	uv_run(&loop.uv, UV_RUN_DEFAULT);
	assert_int_equal(b.expired, 1);
	assert_true(b.at >= a.at + 20);
	again = loop_now(&loop);
	timeq_start(queue, &b.entry, on_expired);
	timeq_start(queue, &b.entry, on_expired);
	uv_run(&loop.uv, UV_RUN_DEFAULT);
	assert_int_equal(b.expired, 2);
	assert_true(b.at >= again + 20);
}

static void
keeps_order_of_earlier_deadlines(void **state)
{
	struct item a = { .expired = 0 }, b = { .expired = 0 };
	uint64_t start = loop_now(&loop);

	(void)state;
	timeq_start(queue, &a.entry, on_expired);
	timeq_start_from(queue, &b.entry, start - 15, on_expired);
	assert_ptr_equal(TAILQ_FIRST(&queue->entries), &b.entry);
	assert_int_equal(b.entry.deadline, start + 5);
	uv_run(&loop.uv, UV_RUN_DEFAULT);
	assert_int_equal(a.expired, 1);
	assert_int_equal(b.expired, 1);
	assert_true(b.turn < a.turn);
	/* One that is due at once. */
	timeq_start_from(queue, &b.entry, start - 100, on_expired);
	timeq_run(queue);
	assert_int_equal(b.expired, 2);
}

static void
some_never_expire(void **state)
{
	struct timeq *never = timeq_new(&loop, UINT64_MAX);
	struct item a = { .expired = 0 }, b = { .expired = 0 };

	(void)state;
	timeq_start(never, &a.entry, on_expired);
	timeq_start(queue, &b.entry, on_expired);
	while (b.expired == 0)
		uv_run(&loop.uv, UV_RUN_ONCE);
	timeq_run(never);
	assert_int_equal(a.expired, 0);
	timeq_close(never);
}

static void
expire_all_and_run(void **state)
{
	struct item a = { .expired = 0 };

	(void)state;
	timeq_start(queue, &a.entry, on_expired);
	timeq_run(queue);
	assert_int_equal(a.expired, 0);
	timeq_expire_all(queue);
	assert_int_equal(a.expired, 1);
	uv_run(&loop.uv, UV_RUN_DEFAULT);
	assert_int_equal(a.expired, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    expires_each_once_at_its_deadline, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    restarting_moves_the_deadline, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    keeps_order_of_earlier_deadlines, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    some_never_expire, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    expire_all_and_run, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
