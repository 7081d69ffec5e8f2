#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/outq.h"

static size_t
gathered(const struct outq *q, char *out, size_t size)
{
	uv_buf_t v[64];
	unsigned n = outq_gather(q, v, 64);
	size_t len = 0;

	for (unsigned i = 0; i < n; i++) {
		assert_true(len + v[i].len <= size);
		memcpy(out + len, v[i].base, v[i].len);
		len += v[i].len;
	}
	return len;
}

static void
push(struct outq *q, struct outq_pool *pool, const char *text)
{
	struct rcbuf *b = rcbuf_copy(text, strlen(text));

	outq_push(q, pool, &b->counted, (struct slice){ b->data, b->len });
	counted_unref(&b->counted);
}

static void
keeps_order_and_references(void **state)
{
	struct rcbuf *shared = rcbuf_copy("shared", 6);
	struct outq_pool pool;
	struct outq q;
	char out[64];

	(void)state;
	outq_pool_init(&pool);
	outq_init(&q);
	outq_push(
	    &q, &pool, &shared->counted, (struct slice){ shared->data, 6 });
	outq_push(&q, &pool, NULL, SLICE("-static-"));
	outq_push(&q, &pool, NULL, SLICE(""));
	outq_push(
	    &q, &pool, &shared->counted, (struct slice){ shared->data + 2, 4 });
	assert_int_equal(shared->counted.refs, 3);
	assert_int_equal(q.bytes, 18);
	assert_int_equal(gathered(&q, out, sizeof(out)), 18);
	assert_memory_equal(out, "shared-static-ared", 18);
	assert_int_equal(outq_copy(&q, out, 9), 9);
	assert_memory_equal(out, "shared-st", 9);
	outq_written(&q, &pool, 7); /* into the second entry */
	assert_int_equal(outq_copy(&q, out, sizeof(out)), 11);
	assert_memory_equal(out, "static-ared", 11);
	assert_int_equal(shared->counted.refs, 2);
	assert_int_equal(gathered(&q, out, sizeof(out)), 11);
	assert_memory_equal(out, "static-ared", 11);
	outq_written(&q, &pool, 11);
	assert_int_equal(shared->counted.refs, 1);
	assert_int_equal(q.n, 0);
	assert_int_equal(pool.spare_n, 1);
	outq_push(&q, &pool, NULL, SLICE("one")); /* needs no memory */
	assert_int_equal(pool.spare_n, 1);
	outq_push(&q, &pool, NULL, SLICE("more"));
	assert_int_equal(pool.spare_n, 0);
	outq_deinit(&q, &pool);
	assert_int_equal(pool.spare_n, 1);
	outq_pool_deinit(&pool);
	counted_unref(&shared->counted);
}

/* Against a plain string, with a fixed seed: grows, wraps, shrinks. */
static void
is_a_queue(void **state)
{
	static char model[1 << 16];
	static char out[1 << 16];
	size_t from = 0, to = 0;
	struct outq_pool pool;
	struct outq q;
	char text[16];

	(void)state;
	srand(7);
	outq_pool_init(&pool);
	outq_init(&q);
	for (int i = 0; i < 5000; i++) {
		if (rand() % 3 > 0 && q.n < 60) {
			int len = snprintf(text, sizeof(text), "%d.", i);

			push(&q, &pool, text);
			memcpy(model + to, text, (size_t)len);
			to += (size_t)len;
		} else {
			size_t n = (size_t)rand() % (to - from + 1);

			outq_written(&q, &pool, n);
			from += n;
		}
		assert_int_equal(q.bytes, to - from);
		assert_int_equal(gathered(&q, out, sizeof(out)), to - from);
		assert_memory_equal(out, model + from, to - from);
	}
	outq_deinit(&q, &pool);
	outq_pool_deinit(&pool);
}

static void
what_is_shared_counts_once(void **state)
{
	struct outq_pool pool;
	const struct backlog *b = &pool.backlog;
	struct rcbuf *one = rcbuf_copy("hello", 5), *big = rcbuf_new(1000);
	struct outq p, q;

	(void)state;
	memset(big->data, 0, 1000);
	outq_pool_init(&pool);
	pool.backlog.max = 1000 + 2 * BACKLOG_ENTRY_COST;
	outq_init(&p);
	outq_init(&q);
	outq_push(&p, &pool, &big->counted, (struct slice){ big->data, 1000 });
	outq_push(&q, &pool, &big->counted, (struct slice){ big->data, 1000 });
	assert_int_equal(b->bytes, 1000 + 2 * BACKLOG_ENTRY_COST);
	assert_false(backlog_is_full(b));
	outq_push(&q, &pool, NULL, SLICE("static"));
	assert_int_equal(b->bytes, 1000 + 3 * BACKLOG_ENTRY_COST);
	assert_true(backlog_is_full(b));
	outq_push(&q, &pool, &one->counted, (struct slice){ one->data, 5 });
	outq_written(&p, &pool, 999);
	assert_int_equal(b->bytes, 1005 + 4 * BACKLOG_ENTRY_COST);
	outq_written(&p, &pool, 1);
	assert_int_equal(b->bytes, 1005 + 3 * BACKLOG_ENTRY_COST);
	outq_written(&q, &pool, 1000);
	assert_int_equal(b->bytes, 5 + 2 * BACKLOG_ENTRY_COST);
	outq_deinit(&q, &pool);
	outq_deinit(&p, &pool);
	assert_int_equal(b->bytes, 0);
	outq_pool_deinit(&pool);
	counted_unref(&one->counted);
	counted_unref(&big->counted);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_order_and_references),
		cmocka_unit_test(is_a_queue),
		cmocka_unit_test(what_is_shared_counts_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
