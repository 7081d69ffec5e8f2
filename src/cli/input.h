/*
 * Lines from standard input, whatever that is: read by libuv's thread pool, so
 * that a terminal's or a pipe's flags stay as they are (a descriptor 0 made
 * non-blocking is so for the shell, too) and a regular file works as well.
 */
#ifndef CHAT_CLI_INPUT_H
#define CHAT_CLI_INPUT_H

#include <stdbool.h>

#include "base/buf.h"
#include "net/loop.h"

enum {
	INPUT_READ_SIZE = 65536,
	INPUT_LINE_MAX = 1 << 20, /* bytes; what is longer is no line */
};

struct input;

struct input_cb {
	/* A line without its end. too_long: it was longer than may be, and
	 * this is its beginning. */
	void (*on_line)(void *arg, struct slice line, bool too_long);
	/* The last call: the end (0) or an error (UV_). */
	void (*on_end)(void *arg, int err);
};

/* Begins to read with the loop's next turn. whole: all of it is one line. */
struct input *
input_open(struct loop *loop, bool whole, const struct input_cb *cb, void *arg);

/* No more lines for now, or again. */
void
input_pause(struct input *in, bool pause);

/* No more calls. The wait for input ends, but not a read that finds nothing
 * because another process was faster: that one keeps the loop running, and the
 * process then has to end by _exit. */
void
input_close(struct input *in);

#endif
