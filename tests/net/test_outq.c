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
push(struct outq *q, const char *text)
{
	struct rcbuf *b = rcbuf_copy(text, strlen(text));

	outq_push(q, &b->counted, (struct slice){ b->data, b->len });
	counted_unref(&b->counted);
}

static void
keeps_order_and_references(void **state)
{
	struct rcbuf *shared = rcbuf_copy("shared", 6);
	struct outq q;
	char out[64];

	(void)state;
	outq_init(&q, NULL);
	outq_push(&q, &shared->counted, (struct slice){ shared->data, 6 });
	outq_push(&q, NULL, SLICE("-static-"));
	outq_push(&q, NULL, SLICE(""));
	outq_push(&q, &shared->counted, (struct slice){ shared->data + 2, 4 });
	assert_int_equal(shared->counted.refs, 3);
	assert_int_equal(q.bytes, 18);
	assert_int_equal(gathered(&q, out, sizeof(out)), 18);
	assert_memory_equal(out, "shared-static-ared", 18);
	assert_int_equal(outq_copy(&q, out, 9), 9);
	assert_memory_equal(out, "shared-st", 9);
	outq_written(&q, 7); /* into the second entry */
	assert_int_equal(outq_copy(&q, out, sizeof(out)), 11);
	assert_memory_equal(out, "static-ared", 11);
	assert_int_equal(shared->counted.refs, 2);
	assert_int_equal(gathered(&q, out, sizeof(out)), 11);
	assert_memory_equal(out, "static-ared", 11);
	outq_written(&q, 11);
	assert_int_equal(shared->counted.refs, 1);
	assert_int_equal(q.n, 0);
	assert_true(q.v == q.fixed);
	outq_deinit(&q);
	counted_unref(&shared->counted);
}

/* Against a plain string, with a fixed seed: grows, wraps, shrinks. */
static void
is_a_queue(void **state)
{
	static char model[1 << 16];
	static char out[1 << 16];
	size_t from = 0, to = 0;
	struct outq q;
	char text[16];

	(void)state;
	srand(7);
	outq_init(&q, NULL);
	for (int i = 0; i < 5000; i++) {
		if (rand() % 3 > 0 && q.n < 60) {
			int len = snprintf(text, sizeof(text), "%d.", i);

			push(&q, text);
			memcpy(model + to, text, (size_t)len);
			to += (size_t)len;
		} else {
			size_t n = (size_t)rand() % (to - from + 1);

			outq_written(&q, n);
			from += n;
		}
		assert_int_equal(q.bytes, to - from);
		assert_int_equal(gathered(&q, out, sizeof(out)), to - from);
		assert_memory_equal(out, model + from, to - from);
	}
	outq_deinit(&q);
}

static void
what_is_shared_counts_once(void **state)
{
	struct backlog b = { .max = 1000 + 2 * BACKLOG_ENTRY_COST };
	struct rcbuf *one = rcbuf_copy("hello", 5), *big = rcbuf_new(1000);
	struct outq p, q;

	(void)state;
	memset(big->data, 0, 1000);
	outq_init(&p, &b);
	outq_init(&q, &b);
	outq_push(&p, &big->counted, (struct slice){ big->data, 1000 });
	outq_push(&q, &big->counted, (struct slice){ big->data, 1000 });
	assert_int_equal(b.bytes, 1000 + 2 * BACKLOG_ENTRY_COST);
	assert_false(backlog_is_full(&b));
	outq_push(&q, NULL, SLICE("static"));
	assert_int_equal(b.bytes, 1000 + 3 * BACKLOG_ENTRY_COST);
	assert_true(backlog_is_full(&b));
	outq_push(&q, &one->counted, (struct slice){ one->data, 5 });
	outq_written(&p, 999);
	assert_int_equal(b.bytes, 1005 + 4 * BACKLOG_ENTRY_COST);
	outq_written(&p, 1);
	assert_int_equal(b.bytes, 1005 + 3 * BACKLOG_ENTRY_COST);
	outq_written(&q, 1000);
	assert_int_equal(b.bytes, 5 + 2 * BACKLOG_ENTRY_COST);
	outq_deinit(&q);
	outq_deinit(&p);
	assert_int_equal(b.bytes, 0);
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
