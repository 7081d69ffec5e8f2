#include "config.h"

#include "cli/input.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

struct input {
	struct loop *loop;
	const struct input_cb *cb;
	void *arg;
	uv_work_t work;
	int wake[2]; /* a pipe: written to when there is to be no read */
	ssize_t result;
	struct loop_task next, free_task;
	struct buf line;
	bool whole, reading, paused, ended, closed, skipping;
	size_t ready; /* bytes of data not yet looked at, from at */
	size_t at;
	char data[INPUT_READ_SIZE];
};

static void
run_free(struct loop_task *t)
{
	struct input *in = container_of(t, struct input, free_task);

	buf_deinit(&in->line);
	if (in->wake[0] >= 0) {
		close(in->wake[0]);
		close(in->wake[1]);
	}
	free(in);
}

static void
end_line(struct input *in)
{
	bool skipped = in->skipping;

	in->skipping = false;
	if (!skipped)
		in->cb->on_line(in->arg, buf_view(&in->line), false);
	buf_clear(&in->line);
}

static void
append(struct input *in, const char *p, size_t len)
{
	if (in->skipping || buf_append(&in->line, p, len) == 0)
		return;
	in->skipping = true;
	in->cb->on_line(in->arg, buf_view(&in->line), true);
	buf_clear(&in->line);
}

/* Takes what was read apart; stops when paused or closed. */
static void
take_lines(struct input *in)
{
	while (in->ready > 0 && !in->paused && !in->closed) {
		const char *p = in->data + in->at;
		const char *end = in->whole ? NULL : memchr(p, '\n', in->ready);
		size_t len = end != NULL ? (size_t)(end - p) : in->ready;
		size_t used = end != NULL ? len + 1 : len;

		in->at += used;
		in->ready -= used;
		append(in, p, len);
		if (end != NULL && !in->closed)
			end_line(in);
	}
}

/* On another thread: waits, and reads once. */
static void
read_some(uv_work_t *work)
{
	struct input *in = container_of(work, struct input, work);
	struct pollfd fds[] = { { .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = in->wake[0], .events = POLLIN } };

	while (poll(fds, 2, -1) < 0 && errno == EINTR)
		continue;
	in->result = UV_ECANCELED;
	if (fds[1].revents != 0)
		return;
	do
		in->result = read(STDIN_FILENO, in->data, sizeof(in->data));
	while (in->result < 0 && errno == EINTR);
	if (in->result < 0)
		in->result = uv_translate_sys_error(errno);
}

static void
on_read(uv_work_t *work, int status)
{
	struct input *in = container_of(work, struct input, work);
	ssize_t n = status < 0 ? status : in->result;

	in->reading = false;
	if (in->closed) {
		loop_defer(in->loop, &in->free_task);
		return;
	}
	if (n > 0) {
		in->at = 0;
		in->ready = (size_t)n;
		loop_defer(in->loop, &in->next);
		return;
	}
	in->ended = true;
	if (n == 0 && (in->line.len > 0 || in->whole))
		end_line(in);
	if (!in->closed)
		in->cb->on_end(in->arg, (int)n);
}

static void
run_next(struct loop_task *t)
{
	struct input *in = container_of(t, struct input, next);

	take_lines(in);
	if (in->reading || in->paused || in->closed || in->ready > 0 ||
	    in->ended)
		return;
	in->reading = true;
	uv_queue_work(&in->loop->uv, &in->work, read_some, on_read);
}

struct input *
input_open(struct loop *loop, bool whole, const struct input_cb *cb, void *arg)
{
	struct input *in = xcalloc(1, sizeof(*in));

	in->loop = loop;
	in->cb = cb;
	in->arg = arg;
	in->whole = whole;
	in->next.run = run_next;
	in->free_task.run = run_free;
	buf_init(&in->line, INPUT_LINE_MAX);
	if (uv_pipe(in->wake, 0, 0) < 0)
		in->wake[0] = in->wake[1] = -1; /* it can do without */
	loop_defer(loop, &in->next);
	return in;
}

void
input_pause(struct input *in, bool pause)
{
	in->paused = pause;
	if (!pause && !in->reading && !in->closed)
		loop_defer(in->loop, &in->next);
}

void
input_close(struct input *in)
{
	ssize_t n;

	in->closed = true;
	loop_cancel(in->loop, &in->next);
	if (in->reading) {
		n = write(in->wake[1], "", 1);
		(void)n; /* see input.h: it is not sure anyway */
	} else {
		loop_defer(in->loop, &in->free_task);
	}
}
