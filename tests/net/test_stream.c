#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/stream.h"
#include "net/timeq.h"

enum {
	LONG_MS = 1000000, /* longer than any test */
	PIECE = 65536,
	/* The most that is thrown away, and what two sockets hold. */
	TAKEN_MAX = 64 << 20,
};

/* One end of a connection is a stream, the other a socket. */
struct end {
	struct stream *stream;
	int fd;
	int closed; /* upcalls */
	struct end *told;
};

static struct loop loop;
static struct timeq *linger;
static char piece[PIECE];

static int
open_loop(void **state)
{
	(void)state;
	if (loop_init(&loop) < 0)
		return -1;
	linger = timeq_new(&loop, LONG_MS);
	return 0;
}

static int
close_loop(void **state)
{
	(void)state;
	timeq_expire_all(linger);
	timeq_close(linger);
	return loop_deinit(&loop);
}

static void
on_data(void *arg, char *data, size_t len)
{
	(void)arg;
	(void)data;
	(void)len;
}

/* Somebody else hears of it, as a room does of one who leaves. */
static void
on_closed(void *arg, int err)
{
	struct end *e = arg;

	(void)err;
	e->closed++;
	if (e->told != NULL)
		stream_push(e->told->stream, NULL, SLICE("left"));
}

static const struct stream_cb cb = { .on_data = on_data,
	.on_closed = on_closed };

static void
open_end(struct end *e)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	const struct address peer = { 0 };
	const struct admission_seat seat = { 0 };
	int listening = socket(AF_INET, SOCK_STREAM, 0), ours;

	assert_int_equal(bind(listening, (const struct sockaddr *)&at, len), 0);
	assert_int_equal(listen(listening, 1), 0);
	assert_int_equal(
	    getsockname(listening, (struct sockaddr *)&at, &len), 0);
	e->fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(e->fd, (struct sockaddr *)&at, len), 0);
	assert_int_equal(fcntl(e->fd, F_SETFL, O_NONBLOCK), 0);
	ours = accept(listening, NULL, NULL);
	assert_true(ours >= 0);
	close(listening);
	e->stream = stream_accept(&loop, ours, linger, &peer, &seat);
	assert_non_null(e->stream);
	stream_set_cb(e->stream, &cb, e);
	stream_read(e->stream, true);
	e->closed = 0;
	e->told = NULL;
}

static void
turn(void)
{
	uv_run(&loop.uv, UV_RUN_NOWAIT);
}

/* Pushes pieces of its own until at least so many bytes wait. */
static void
stall(struct end *e, size_t bytes)
{
	while (stream_queued(e->stream) < bytes) {
		stream_push_copy(
		    e->stream, (struct slice){ piece, sizeof(piece) });
		turn();
	}
}

/* ---- tests ---- */

static void
test_who_finishes_reads_no_endless_peer(void **state)
{
	struct end e;
	size_t sent = 0;
	ssize_t n;

	(void)state;
	open_end(&e);
	stream_push(e.stream, NULL, SLICE("bye"));
	stream_finish(e.stream);
	while (sent < TAKEN_MAX) {
		n = send(e.fd, piece, sizeof(piece), MSG_NOSIGNAL);
		if (n >= 0)
			sent += (size_t)n;
		else if (errno != EAGAIN)
			break;
		turn();
	}
	assert_true(sent < TAKEN_MAX);
	assert_int_equal(loop.streams, 0);
	assert_int_equal(e.closed, 0);
	close(e.fd);
}

static void
test_only_the_largest_queue_is_put_out(void **state)
{
	struct end small, large;
	struct backlog *b = &loop.out.backlog;
	uint64_t max = b->max;

	(void)state;
	open_end(&small);
	open_end(&large);
	large.told = &small;
	stall(&small, 8 * sizeof(piece));
	stall(&large, 16 * sizeof(piece));
	b->max = b->bytes + sizeof(piece) / 2;
	stream_push_copy(large.stream, (struct slice){ piece, sizeof(piece) });
	turn();
	assert_int_equal(large.closed, 1);
	assert_int_equal(small.closed, 0);
	assert_true(b->bytes <= b->max);
	b->max = max;
	stream_abort(small.stream);
	turn();
	close(small.fd);
	close(large.fd);
}

static void
test_what_waits_for_one_who_is_gone_is_dropped_at_once(void **state)
{
	struct end e;

	(void)state;
	open_end(&e);
	stall(&e, 8 * sizeof(piece));
	stream_abort(e.stream);
	assert_int_equal(loop.out.backlog.bytes, 0);
	turn();
	assert_int_equal(loop.streams, 0);
	close(e.fd);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who_finishes_reads_no_endless_peer),
		cmocka_unit_test(test_only_the_largest_queue_is_put_out),
		cmocka_unit_test(
		    test_what_waits_for_one_who_is_gone_is_dropped_at_once),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, open_loop, close_loop);
}
