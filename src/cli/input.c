#include "config.h"

#include "cli/input.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

struct input {
	struct loop *loop;
	const struct input_cb *cb;
	void *arg;
	uv_fs_t req;
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

static void
on_read(uv_fs_t *req)
{
	struct input *in = container_of(req, struct input, req);
	ssize_t n = req->result;

	uv_fs_req_cleanup(req);
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
	uv_buf_t buf = uv_buf_init(in->data, sizeof(in->data));

	take_lines(in);
	if (in->reading || in->paused || in->closed || in->ready > 0 ||
	    in->ended)
		return;
	in->reading = true;
	uv_fs_read(&in->loop->uv, &in->req, STDIN_FILENO, &buf, 1, -1, on_read);
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
	in->closed = true;
	loop_cancel(in->loop, &in->next);
	if (in->reading)
		uv_cancel((uv_req_t *)&in->req);
	else
		loop_defer(in->loop, &in->free_task);
}
