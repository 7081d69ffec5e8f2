/*
 * A chat without a screen: the loop, the chat, standard input, signals, and
 * the way to the end. The plain mode, the JSON mode and `chat send` are on it.
 */
#ifndef CHAT_CLI_HEADLESS_H
#define CHAT_CLI_HEADLESS_H

#include "cli/connect.h"
#include "cli/input.h"
#include "client/chat.h"

struct headless;

struct headless_mode {
	struct chat_cb chat;
	/* See input_cb; NULL: standard input is not read. */
	void (*on_line)(struct headless *h, struct slice line, bool too_long);
	bool whole_input;
	void (*on_start)(struct headless *h);  /* the chat is there */
	void (*on_finish)(struct headless *h); /* the last call */
};

struct headless {
	const struct connect_options *opt;
	const struct headless_mode *mode;
	struct loop loop;
	struct chat *chat; /* the argument of its upcalls is h */
	void *arg;         /* the mode's */
	struct input *input;
	uv_signal_t signals[3];
	uv_timer_t patience; /* for what still waits at the end of input */
	struct loop_task flush;
	int status;  /* to exit with */
	bool ending; /* the input has ended: out when nothing waits */
	bool was_online, tried;
	bool dead, stuck; /* stuck: the loop had to be stopped */
};

/* Runs until the end; returns the exit status. Does not return if standard
 * input can't be let go: exits then. */
int
headless_run(const struct connect_options *opt,
    const struct headless_mode *mode, void *arg);

/* Ends it all with this status. */
void
headless_end(struct headless *h, int status);

/* Ends when the outbox is empty, or with `opt->timeout`. */
void
headless_drain(struct headless *h);

/* To be called by the mode's on_status and after on_entry. */
void
headless_check(struct headless *h);

/* Writes to standard output, gathered until the end of the turn; a reader that
 * is gone ends it. */
void
headless_put(struct headless *h, struct slice text);

#endif
