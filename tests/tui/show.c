/*
 * Shows a scene on the terminal that it is started on, through the real
 * screen; with -d, prints it step by step, as the golden screens are. A step
 * is drawn when the terminal has its size.
 *
 * Keys: n next step, r redraw, g write garbage, f follow the terminal's size,
 * z suspend, q quit; for what is left behind: a abort, s segmentation fault,
 * x exit.
 */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scene.h"
#include "tui/screen.h"
#include "tui/term.h"

static volatile sig_atomic_t resized, stopped, continued;
static bool following;

static void
on_signal(int sig)
{
	if (sig == SIGWINCH)
		resized = 1;
	else if (sig == SIGTSTP)
		stopped = 1;
	else
		continued = 1;
}

static void catch (int sig)
{
	struct sigaction sa = { .sa_handler = on_signal };
	sigset_t set;

	sigemptyset(&sa.sa_mask);
	sigaction(sig, &sa, NULL);
	/* comes while it waits, and not before */
	sigemptyset(&set);
	sigaddset(&set, sig);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

static void
die(struct term *t, struct screen *s, const char *why)
{
	if (s != NULL)
		screen_free(s);
	if (t != NULL)
		term_close(t);
	fprintf(stderr, "show: %s\n", why);
	exit(1);
}

static void
suspend(struct term *t, struct screen *s)
{
	if (term_suspend(t) < 0)
		die(t, s, "suspend");
	screen_redraw(s);
}

/* False: to quit. */
static bool
key(char c, struct scene *sc, struct term *t, struct screen *s)
{
	switch (c) {
	case 'n':
		scene_step(sc);
		break;
	case 'r':
		screen_redraw(s);
		break;
	case 'g':
		buf_puts(term_out(t), "\033[3;3HGARBAGE\033[5;1H\033[J");
		break;
	case 'f':
		following = true;
		break;
	case 'z':
		suspend(t, s);
		break;
	case 'a':
		abort();
	case 's':
		raise(SIGSEGV);
		break;
	case 'x':
		exit(3);
	case 'q':
		return false;
	}
	return true;
}

/* Waits for keys and handles them. False: to quit. */
static bool
turn(struct scene *sc, struct term *t, struct screen *s)
{
	struct pollfd pfd = { term_fd(t), POLLIN, 0 };
	sigset_t none;
	char keys[64];
	ssize_t n;

	if (term_pending(t))
		pfd.events |= POLLOUT;
	sigemptyset(&none);
	if (ppoll(&pfd, 1, NULL, &none) < 0 && errno != EINTR)
		return false;
	if (stopped) {
		stopped = 0;
		suspend(t, s);
	}
	if (continued) {
		continued = 0;
		term_continue(t);
		screen_redraw(s);
	}
	if (resized) {
		resized = 0;
		screen_redraw(s);
	}
	n = read(term_fd(t), keys, sizeof(keys));
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		return false;
	for (ssize_t i = 0; i < n; i++)
		if (!key(keys[i], sc, t, s))
			return false;
	return true;
}

static void
draw(struct scene *sc, struct term *t, struct screen *s)
{
	unsigned rows, columns;

	term_size(t, &rows, &columns);
	if (following) {
		sc->rows = rows;
		sc->columns = columns;
	}
	if (sc->rows == rows && sc->columns == columns)
		screen_draw(s, scene_draw(sc));
}

static int
dump(const char *path)
{
	struct scene sc;
	struct buf out;

	setenv("TZ", "UTC", 1);
	buf_init(&out, 1 << 20);
	scene_load(&sc, path);
	scene_dump(&sc, &out);
	fwrite(out.p, 1, out.len, stdout);
	buf_deinit(&out);
	scene_deinit(&sc);
	return 0;
}

int
main(int argc, char **argv)
{
	struct screen *s = NULL;
	struct term *t;
	struct scene sc;
	struct buf err;
	int rc = 0;

	if (argc == 3 && strcmp(argv[1], "-d") == 0)
		return dump(argv[2]);
	if (argc != 2)
		die(NULL, NULL, "usage: show [-d] SCRIPT");
	scene_load(&sc, argv[1]);
	scene_step(&sc);
	catch (SIGWINCH);
	catch (SIGTSTP);
	catch (SIGCONT);
	buf_init(&err, 1024);
	t = term_open(&err);
	if (t != NULL)
		s = screen_new(t, getenv("NO_COLOR") == NULL, &err);
	if (s == NULL) {
		buf_putc(&err, '\0');
		die(t, s, err.p);
	}
	if (term_enter(t) < 0)
		die(t, s, "term_enter");
	do {
		if (!term_pending(t))
			draw(&sc, t, s);
		rc = term_flush(t);
	} while ((rc == 0 || rc == -EAGAIN) && turn(&sc, t, s));
	screen_free(s);
	term_close(t);
	scene_deinit(&sc);
	buf_deinit(&err);
	return 0;
}
