#include "config.h"

#include "tui/app.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clean.h"
#include "base/mem.h"
#include "net/loop.h"
#include "tui/extedit.h"
#include "tui/keys.h"
#include "tui/opener.h"
#include "tui/screen.h"
#include "tui/term.h"
#include "tui/ui.h"

enum {
	ERROR_MAX = 4096,
	DRAIN_MS = 2000, /* for lines just sent, when quitting */
	CLOSE_MS = 300,  /* for the server to close the connection then */
	SIGNAL_STATUS = 128,
	SYNC_MODE = 2026, /* synchronized output */
};

static const int signals[] = { SIGWINCH, SIGTSTP, SIGCONT, SIGINT, SIGTERM,
	SIGHUP };

enum { SIGNALS = sizeof(signals) / sizeof(signals[0]) };

struct app {
	const struct app_options *opt;
	struct loop loop;
	struct term *term;
	struct screen *screen;
	struct keys *keys;
	struct ui *ui;
	struct chat *chat;
	struct extedit *extedit; /* the terminal is an editor's */
	uv_poll_t poll;
	uv_signal_t signals[SIGNALS];
	uv_timer_t tick;  /* the next minute, the countdown */
	uv_timer_t drain; /* patience when quitting, then when closing */
	struct loop_task edit, suspend, resized;
	unsigned rows, columns;
	unsigned waiting; /* lines that are left in the outbox */
	bool draw_later;  /* when the terminal has taken what it was given */
	bool draining;
	bool ended;
	bool stuck; /* the connection doesn't close */
	int status;
};

/* --- the end -----------------------------------------------------------------
 */

static void
close_over(uv_timer_t *t)
{
	struct app *a = t->data;

	a->stuck = true;
	uv_stop(&a->loop.uv);
}

static void
end(struct app *a, int status)
{
	if (a->ended)
		return;
	a->ended = true;
	a->status = status;
	a->waiting = chat_status(a->chat)->waiting;
	chat_close(a->chat);
	keys_close(a->keys);
	if (a->extedit)
		extedit_stop(a->extedit);
	loop_cancel(&a->loop, &a->edit);
	loop_cancel(&a->loop, &a->suspend);
	loop_cancel(&a->loop, &a->resized);
	uv_close((uv_handle_t *)&a->poll, NULL);
	uv_close((uv_handle_t *)&a->tick, NULL);
	for (int i = 0; i < SIGNALS; i++)
		uv_close((uv_handle_t *)&a->signals[i], NULL);
	/* at once: the connection may take its time to close, but not long */
	term_leave(a->term);
	uv_timer_start(&a->drain, close_over, CLOSE_MS, 0);
	uv_unref((uv_handle_t *)&a->drain);
}

static void
gone(struct app *a)
{
	end(a, SIGNAL_STATUS + SIGHUP);
}

static void
drain_over(uv_timer_t *t)
{
	end(t->data, 0);
}

/* What was sent just now has its acknowledgement under way. */
static void
quit(void *arg)
{
	const struct chat_status *st;
	struct app *a = arg;

	if (a->ended)
		return;
	ui_leave(a->ui);
	st = chat_status(a->chat);
	if (a->draining || st->phase != CHAT_ONLINE || st->waiting == 0) {
		end(a, 0);
		return;
	}
	a->draining = true;
	ui_notice(a->ui, SLICE("sending what is left; quit again to leave "
			       "now"));
	uv_timer_start(&a->drain, drain_over, DRAIN_MS, 0);
}

/* --- drawing
 * ------------------------------------------------------------------ */

static void
on_poll(uv_poll_t *p, int status, int events);

static void
tick(uv_timer_t *t);

static void
flush(struct app *a)
{
	int events = UV_READABLE, r = term_flush(a->term);

	if (r && r != -EAGAIN) {
		gone(a);
		return;
	}
	if (r)
		events |= UV_WRITABLE;
	uv_poll_start(&a->poll, events, on_poll);
}

static void
draw(void *arg)
{
	struct app *a = arg;

	if (a->draining && chat_status(a->chat)->waiting == 0)
		end(a, 0);
	if (a->ended || a->extedit)
		return;
	/* a terminal that doesn't keep up gets the newest when it does */
	a->draw_later = term_pending(a->term);
	if (!a->draw_later)
		screen_draw(a->screen, ui_draw(a->ui, a->rows, a->columns));
	uv_timer_start(&a->tick, tick, ui_draw_again_ms(a->ui), 0);
	flush(a);
}

static void
tick(uv_timer_t *t)
{
	draw(t->data);
}

/* Once, however many sizes there were in this turn. */
static void
resized(struct loop_task *t)
{
	struct app *a = container_of(t, struct app, resized);

	term_size(a->term, &a->rows, &a->columns);
	screen_redraw(a->screen); /* the old size, maybe, but not its look */
	draw(a);
}

static void
redraw(void *arg)
{
	struct app *a = arg;

	screen_redraw(a->screen);
}

static void
bell(void *arg)
{
	struct app *a = arg;

	if (!a->extedit && !a->ended)
		screen_bell(a->screen);
}

static void
notify(void *arg, struct slice title, struct slice text)
{
	struct app *a = arg;

	if (!a->extedit && !a->ended)
		screen_notify(a->screen, title, text);
}

static void
copy(void *arg, struct slice text)
{
	struct app *a = arg;

	screen_copy(a->screen, text);
}

static int
open_url(void *arg, struct slice url)
{
	(void)arg;
	return opener_run(url);
}

/* --- leaving the terminal for a while
 * ----------------------------------------- */

static void
come_back(struct app *a)
{
	if (term_enter(a->term)) {
		gone(a);
		return;
	}
	term_size(a->term, &a->rows, &a->columns);
	screen_redraw(a->screen);
	draw(a);
}

static void
suspend(struct loop_task *t)
{
	struct app *a = container_of(t, struct app, suspend);

	if (a->extedit) {
		/* the editor has stopped itself, and the shell waits for us */
		raise(SIGSTOP);
		return;
	}
	if (term_suspend(a->term)) {
		gone(a);
		return;
	}
	uv_update_time(&a->loop.uv);
	come_back(a);
}

static void
ask_suspend(void *arg)
{
	struct app *a = arg;

	loop_defer(&a->loop, &a->suspend);
}

static bool
edited(void *arg, const struct extedit_result *r)
{
	struct app *a = arg;
	struct buf text;
	bool taken = true;

	a->extedit = NULL;
	buf_init(&text, ERROR_MAX);
	if (r->problem[0]) {
		buf_puts(&text, r->problem);
	} else {
		struct buf clean;

		buf_init(&clean, 2 * r->text.len + 1);
		taken = !clean_text(&clean, r->text) &&
			ui_set_input(a->ui, buf_view(&clean));
		if (!taken)
			buf_printf(&text, "too long: kept in %s", r->path);
		buf_deinit(&clean);
	}
	come_back(a);
	ui_notice(a->ui, buf_view(&text));
	buf_deinit(&text);
	return taken;
}

static void
edit(struct loop_task *t)
{
	struct app *a = container_of(t, struct app, edit);
	struct buf err;

	if (a->extedit)
		return;
	buf_init(&err, ERROR_MAX);
	term_leave(a->term);
	uv_poll_stop(&a->poll);
	a->extedit = extedit_start(&a->loop, ui_input(a->ui), edited, a, &err);
	if (!a->extedit) {
		come_back(a);
		ui_notice(a->ui, buf_view(&err));
	}
	buf_deinit(&err);
}

static void
ask_edit(void *arg)
{
	struct app *a = arg;

	loop_defer(&a->loop, &a->edit);
}

static const struct ui_ops ui_ops = {
	.draw = draw,
	.redraw = redraw,
	.bell = bell,
	.notify = notify,
	.copy = copy,
	.open_url = open_url,
	.suspend = ask_suspend,
	.edit = ask_edit,
	.quit = quit,
};

/* --- what comes in
 * -------------------------------------------------------------- */

static void
on_text(void *arg, struct slice s)
{
	struct app *a = arg;

	ui_text(a->ui, s);
}

static void
on_key(void *arg, const char *name)
{
	struct app *a = arg;

	ui_key(a->ui, name);
}

static void
on_paste(void *arg, struct slice s, bool cut)
{
	struct app *a = arg;

	ui_paste(a->ui, s, cut);
}

static void
on_focus(void *arg, bool focused)
{
	struct app *a = arg;

	ui_focus(a->ui, focused);
}

static void
on_mode(void *arg, int mode, int value)
{
	struct app *a = arg;

	if (mode == SYNC_MODE)
		screen_set_sync(a->screen, value == 1 || value == 2);
}

static const struct keys_cb keys_cb = {
	.on_text = on_text,
	.on_key = on_key,
	.on_paste = on_paste,
	.on_focus = on_focus,
	.on_mode = on_mode,
};

static void
on_poll(uv_poll_t *p, int status, int events)
{
	struct app *a = p->data;
	ssize_t n;

	if (status < 0) {
		gone(a);
		return;
	}
	if (events & UV_READABLE) {
		n = read(term_fd(a->term), a->loop.read_buf, LOOP_READ_SIZE);
		if (n > 0)
			keys_push(a->keys, a->loop.read_buf, (size_t)n);
		else if (n == 0 || (errno != EAGAIN && errno != EINTR))
			gone(a);
	}
	if (a->ended || a->extedit || !(events & UV_WRITABLE))
		return;
	flush(a);
	if (a->draw_later && !a->ended)
		draw(a);
}

static void
on_signal(uv_signal_t *s, int sig)
{
	struct app *a = s->data;

	switch (sig) {
	case SIGWINCH:
		loop_defer(&a->loop, &a->resized);
		break;
	case SIGTSTP:
		ask_suspend(a);
		break;
	case SIGCONT:
		if (a->extedit)
			break;
		if (term_continue(a->term)) {
			gone(a);
			break;
		}
		screen_redraw(a->screen);
		draw(a);
		break;
	case SIGINT:
		if (a->extedit) /* it was for the editor */
			break;
		/* fall through */
	default:
		end(a, SIGNAL_STATUS + sig);
		break;
	}
}

/* --- the start
 * ------------------------------------------------------------------ */

static void
start_handles(struct app *a)
{
	a->edit.run = edit;
	a->suspend.run = suspend;
	a->resized.run = resized;
	uv_timer_init(&a->loop.uv, &a->tick);
	uv_timer_init(&a->loop.uv, &a->drain);
	a->tick.data = a->drain.data = a;
	uv_poll_init(&a->loop.uv, &a->poll, term_fd(a->term));
	a->poll.data = a;
	for (int i = 0; i < SIGNALS; i++) {
		uv_signal_init(&a->loop.uv, &a->signals[i]);
		a->signals[i].data = a;
		uv_signal_start(&a->signals[i], on_signal, signals[i]);
	}
}

/* "host:port" for people. */
static void
server_name(const struct url *url, struct buf *out)
{
	clean_line(out, slice_of(url->host), URL_HOST_MAX);
	buf_printf(out, ":%d", url->port);
	buf_putc(out, '\0');
}

/* Runs in a terminal that is open. */
static void
run(struct app *a, struct buf *err)
{
	struct ui_options uo = { .nick = a->opt->chat.nick,
		.rooms = a->opt->chat.rooms,
		.n_rooms = a->opt->chat.n_rooms };
	struct buf server;

	buf_init(&server, URL_HOST_MAX + 32);
	server_name(a->opt->chat.url, &server);
	uo.server = server.p;
	a->ui = ui_new(&a->loop, &uo, &ui_ops, a);
	a->chat = chat_new(&a->loop, &a->opt->chat, &ui_chat_cb, a->ui, err);
	if (!a->chat) {
		a->status = EX_CANTCREAT;
	} else {
		a->keys =
		    keys_new(&a->loop, screen_type(a->screen), &keys_cb, a);
		ui_start(a->ui, a->chat);
		start_handles(a);
		screen_ask_sync(a->screen);
		come_back(a);
		uv_run(&a->loop.uv, UV_RUN_DEFAULT);
		uv_close((uv_handle_t *)&a->drain, NULL);
	}
	ui_free(a->ui);
	buf_deinit(&server);
}

static void
say_goodbye(const struct app *a, const struct buf *err)
{
	if (err->len > 0)
		fprintf(stderr, "chat: %.*s\n", SLICE_ARG(buf_view(err)));
	if (a->waiting == 0)
		return;
	fprintf(stderr, "chat: %u line%s %s\n", a->waiting,
	    a->waiting == 1 ? "" : "s",
	    a->opt->chat.state_dir
		? "not delivered yet, kept and sent at the next start"
		: "not delivered and lost");
}

int
app_run(const struct app_options *opt)
{
	struct app a = { .opt = opt, .status = EX_IOERR };
	struct buf err;
	int r;

	buf_init(&err, ERROR_MAX);
	r = loop_init(&a.loop);
	if (r) {
		fprintf(stderr, "chat: %s\n", uv_strerror(r));
		return EX_OSERR;
	}
	if (term_is_dumb())
		buf_puts(&err, "this terminal (TERM) can't be drawn on; "
			       "--plain does without");
	else
		a.term = term_open(&err);
	if (a.term)
		a.screen = screen_new(a.term, opt->color, &err);
	if (a.screen) {
		run(&a, &err);
		if (a.stuck) { /* the terminal is left, the rest ends with us */
			say_goodbye(&a, &err);
			_exit(a.status);
		}
		screen_free(a.screen);
	}
	if (a.term)
		term_close(a.term);
	loop_deinit(&a.loop);
	say_goodbye(&a, &err);
	buf_deinit(&err);
	return a.status;
}
