#include "config.h"

#include "cli/headless.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/secret.h"

enum {
	WAITING_MAX = 1000, /* lines in the outbox before no more is read */
	GOODBYE_MS = 500,   /* to close the connection in order */
	PASSWORD_MAX = 1024,
};

static void
on_goodbye(uv_timer_t *t)
{
	struct headless *h = t->data;

	h->stuck = true;
	uv_stop(t->loop);
}

void
headless_end(struct headless *h, int status)
{
	if (h->dead)
		return;
	h->dead = true;
	h->status = status;
	if (h->mode->on_finish != NULL)
		h->mode->on_finish(h);
	if (h->input != NULL)
		input_close(h->input);
	chat_close(h->chat);
	for (size_t i = 0; i < sizeof(h->signals) / sizeof(h->signals[0]); i++)
		uv_close((uv_handle_t *)&h->signals[i], NULL);
	/* A read that nothing interrupts or a server that does not close
	 * keeps the loop: time for goodbyes, then it is stopped. */
	uv_update_time(&h->loop.uv); /* from now on, not from this turn on */
	uv_timer_start(&h->patience, on_goodbye, GOODBYE_MS, 0);
	uv_unref((uv_handle_t *)&h->patience);
}

static void
on_impatient(uv_timer_t *t)
{
	struct headless *h = t->data;
	const struct chat_status *st = chat_status(h->chat);

	fprintf(stderr, "chat: %u line%s not delivered%s%s\n", st->waiting,
	    st->waiting == 1 ? "" : "s", st->problem[0] != '\0' ? ": " : "",
	    st->problem);
	headless_end(h, h->was_online ? EX_TEMPFAIL : EX_UNAVAILABLE);
}

void
headless_drain(struct headless *h)
{
	h->ending = true;
	uv_timer_start(
	    &h->patience, on_impatient, (uint64_t)h->opt->timeout * 1000, 0);
	headless_check(h);
}

/* The password of a closed server, if there is a terminal and nothing has been
 * read from it yet. False: there is none to be had. */
static bool
ask_password(struct headless *h)
{
	struct buf password;
	bool have;

	if (h->tried)
		return false;
	buf_init(&password, PASSWORD_MAX);
	have = secret_ask("password of the server: ", &password) == 0 &&
	       password.len > 0;
	buf_putc(&password, '\0');
	have = have && !password.failed; /* it can't be that long */
	if (have)
		chat_set_password(h->chat, password.p);
	/* The time for typing is not the server's. */
	uv_update_time(&h->loop.uv);
	if (uv_is_active((uv_handle_t *)&h->patience)) {
		uv_timer_set_repeat(
		    &h->patience, (uint64_t)h->opt->timeout * 1000);
		uv_timer_again(&h->patience);
		uv_timer_set_repeat(&h->patience, 0);
	}
	buf_wipe(&password);
	return have;
}

/* Nothing that waiting could help. */
static void
stay_out(struct headless *h, const struct chat_status *st)
{
	bool wanted = strcmp(st->code, "password") == 0;

	if ((wanted || strcmp(st->code, "wrong-password") == 0) &&
	    ask_password(h))
		return;
	fprintf(stderr, "chat: %s%s\n", st->problem,
	    wanted ? ": --password-file FILE gives it" : "");
	headless_end(h, EX_NOPERM);
}

/* The server has said, with a code, that we are not to come. */
static bool
is_kept_out(const struct chat_status *st)
{
	return st->phase == CHAT_WAITING && st->retry_ms == 0 &&
	       st->code[0] != '\0';
}

void
headless_check(struct headless *h)
{
	const struct chat_status *st = chat_status(h->chat);

	if (h->dead)
		return;
	if (is_kept_out(st)) {
		stay_out(h, st);
		return;
	}
	if (st->phase == CHAT_ONLINE)
		h->was_online = true;
	if (st->phase != CHAT_CONNECTING)
		h->tried = true;
	/* What is asked before the first connect can't be answered. */
	if (h->input != NULL)
		input_pause(h->input,
		    !h->tried || st->inviting || st->waiting >= WAITING_MAX);
	if (h->ending && !st->inviting && st->waiting == 0 && st->asking == 0)
		headless_end(h, h->status);
}

/* ---- input, output, signals ---- */

static void
on_line(void *arg, struct slice line, bool too_long)
{
	struct headless *h = arg;

	h->mode->on_line(h, line, too_long);
	headless_check(h);
}

static void
on_end(void *arg, int err)
{
	struct headless *h = arg;

	if (err != 0) {
		fprintf(stderr, "chat: standard input: %s\n", uv_strerror(err));
		h->status = EX_IOERR;
	}
	headless_drain(h);
}

static const struct input_cb input_cb = { on_line, on_end };

static void
run_flush(struct loop_task *t)
{
	struct headless *h = container_of(t, struct headless, flush);

	if (fflush(stdout) == 0)
		return;
	if (errno != EPIPE)
		fprintf(stderr, "chat: standard output: %s\n", strerror(errno));
	headless_end(h, EX_IOERR);
	if (h->status == 0) /* it had ended, well as it seemed */
		h->status = EX_IOERR;
}

void
headless_put(struct headless *h, struct slice text)
{
	if (text.len > 0)
		fwrite(text.p, 1, text.len, stdout);
	loop_defer(&h->loop, &h->flush);
}

static void
on_signal(uv_signal_t *sig, int signum)
{
	headless_end(sig->data, 128 + signum);
}

static void
watch_signals(struct headless *h)
{
	static const int signums[] = { SIGINT, SIGTERM, SIGHUP };

	for (size_t i = 0; i < sizeof(signums) / sizeof(signums[0]); i++) {
		uv_signal_init(&h->loop.uv, &h->signals[i]);
		h->signals[i].data = h;
		uv_signal_start(&h->signals[i], on_signal, signums[i]);
		uv_unref((uv_handle_t *)&h->signals[i]);
	}
}

static int
open_chat(struct headless *h)
{
	struct buf err;
	int status = 0;

	buf_init(&err, 1024);
	h->chat = chat_new(&h->loop, &h->opt->chat, &h->mode->chat, h, &err);
	if (h->chat == NULL) {
		fprintf(stderr, "chat: %.*s\n", SLICE_ARG(buf_view(&err)));
		status = EX_CANTCREAT;
	}
	buf_deinit(&err);
	return status;
}

int
headless_run(const struct connect_options *opt,
    const struct headless_mode *mode, void *arg)
{
	struct headless h = { .opt = opt, .mode = mode, .arg = arg };
	int err = loop_init(&h.loop);

	if (err) {
		fprintf(stderr, "chat: %s\n", uv_strerror(err));
		return EX_OSERR;
	}
	h.flush.run = run_flush;
	h.status = open_chat(&h);
	if (h.status == 0) {
		watch_signals(&h);
		uv_timer_init(&h.loop.uv, &h.patience);
		h.patience.data = &h;
		if (mode->on_line != NULL)
			h.input = input_open(
			    &h.loop, mode->whole_input, &input_cb, &h);
		headless_check(&h);
		if (mode->on_start != NULL)
			mode->on_start(&h);
	}
	uv_run(&h.loop.uv, UV_RUN_DEFAULT);
	if (!h.stuck && h.chat != NULL) {
		uv_close((uv_handle_t *)&h.patience, NULL);
		uv_run(&h.loop.uv, UV_RUN_DEFAULT);
	}
	if (fflush(stdout) != 0 && h.status == 0)
		h.status = EX_IOERR;
	if (h.stuck)
		_exit(h.status);
	err = loop_deinit(&h.loop);
	if (err)
		fprintf(stderr, "chat: a handle was left open: %s\n",
		    uv_strerror(err));
	return err ? EX_SOFTWARE : h.status;
}
