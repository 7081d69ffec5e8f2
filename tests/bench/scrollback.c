/*
 * 100,000 messages in a room: how long a page up takes, from the key to the
 * last byte on the terminal (a pseudo-terminal that is read here), and how
 * much memory the process has.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "tui/model.h"
#include "tui/screen.h"
#include "tui/term.h"
#include "tui/view.h"

enum {
	ROWS = 50,
	COLUMNS_WIDE = 160,
	MESSAGES = 100000,
	PAGES = 2000,
	LINE_MS = 40000,
};

struct bench {
	int master;
	struct term *term;
	struct screen *screen;
	struct model model;
	struct view view;
	size_t text, drawn; /* bytes */
};

static double
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

static void
fill(struct bench *b)
{
	static const char *const nicks[] = { "ana", "bo", "cy", "Dmitri",
		"李雷", "eve", "José", "a-rather-long-nick" };
	static const char *const texts[] = {
		"ok",
		"has anybody seen the release notes?",
		"I think that it is the cache: it keeps what it has for an "
		"hour, and nobody asks it twice within that time, so that "
		"most of what is in there is never read at all.",
		"see http://localhost:3000/r/ops?before=1763629200000-7",
		"日本語の文章も、時々あります。",
		"👍🏽 “done”",
		"one\ntwo\nthree lines",
		"it works here",
	};
	struct room *r = model_open(&b->model, SLICE("lobby"));

	for (unsigned i = 0; i < MESSAGES; i++) {
		struct model_line l = {
			.at = 1700000000000 + (uint64_t)i * LINE_MS,
			.nick = slice_of(nicks[i * 7 % 8]),
			.text = slice_of(texts[i * 5 % 8]),
			.mention = i % 500 == 0,
		};

		b->text += l.text.len + l.nick.len;
		model_add(&b->model, r, &l);
	}
}

static void
drain(struct bench *b)
{
	char bytes[16384];
	ssize_t n;

	while ((n = read(b->master, bytes, sizeof(bytes))) > 0)
		b->drawn += (size_t)n;
}

static void
draw(struct bench *b)
{
	struct view_status st = {
		.clock = SLICE("12:34"),
		.nick = SLICE("ana"),
		.server = SLICE("localhost:3000"),
		.online = true,
	};
	struct view_input in = { .text = SLICE("") };

	screen_draw(b->screen,
	    view_draw(&b->view, &b->model, &st, &in, NULL, ROWS, COLUMNS_WIDE));
	while (term_flush(b->term) == -EAGAIN)
		drain(b);
	drain(b);
}

static double
timed(struct bench *b, enum view_move move)
{
	double start = now_ms();

	view_scroll(&b->view, &b->model, move);
	draw(b);
	return now_ms() - start;
}

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* Bytes of memory that are in use now, in KiB; -1 if not told. */
static long
resident(void)
{
	FILE *f = fopen("/proc/self/status", "r");
	char line[256];
	long kib = -1;

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "VmRSS: %ld", &kib) == 1)
			break;
	if (f != NULL)
		fclose(f);
	return kib;
}

static void
measure(struct bench *b)
{
	static double ms[PAGES];
	double sum = 0, top, bottom, search;
	bool found;

	draw(b);
	b->drawn = 0;
	for (unsigned i = 0; i < PAGES; i++) {
		ms[i] = timed(b, VIEW_PAGE_UP);
		sum += ms[i];
	}
	qsort(ms, PAGES, sizeof(ms[0]), by_size);
	fprintf(stderr,
	    "page up, %dx%d, of %d messages: median %.2f ms, 99 %% %.2f ms, "
	    "worst %.2f ms, mean %.2f ms; %zu bytes a page\n",
	    COLUMNS_WIDE, ROWS, MESSAGES, ms[PAGES / 2], ms[PAGES * 99 / 100],
	    ms[PAGES - 1], sum / PAGES, b->drawn / PAGES);
	top = timed(b, VIEW_TOP);
	bottom = timed(b, VIEW_BOTTOM);
	fprintf(stderr, "to the top: %.2f ms; to the bottom: %.2f ms\n", top,
	    bottom);
	search = now_ms();
	found =
	    view_search(&b->view, &b->model, SLICE("not there"), true, false);
	search = now_ms() - search;
	fprintf(stderr, "a search of all that finds %s: %.2f ms\n",
	    found ? "something" : "nothing", search);
	fprintf(stderr,
	    "resident memory: %.1f MB; text and nicks: %.1f MB, %zu bytes "
	    "beside them for each line\n",
	    (double)resident() / 1024, (double)b->text / 1048576,
	    sizeof(struct line) + sizeof(struct line *));
}

static int
run(int master)
{
	struct bench b = { .master = master };
	struct buf err;

	buf_init(&err, 1000);
	b.term = term_open(&err);
	if (b.term != NULL)
		b.screen = screen_new(b.term, true, &err);
	if (b.screen == NULL || term_enter(b.term) < 0) {
		fprintf(stderr, "scrollback: %.*s\n", (int)err.len, err.p);
		return 1;
	}
	model_init(&b.model);
	view_init(&b.view);
	fill(&b);
	measure(&b);
	view_deinit(&b.view);
	model_deinit(&b.model);
	screen_free(b.screen);
	drain(&b);
	term_close(b.term);
	return 0;
}

/* In a session of its own, on a pseudo-terminal. */
int
main(void)
{
	struct winsize ws = { .ws_row = ROWS, .ws_col = COLUMNS_WIDE };
	int status = 1, slave, master;
	pid_t child = fork();

	if (child > 0) {
		while (waitpid(child, &status, 0) < 0 && errno == EINTR)
			;
		return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
	}
	master = posix_openpt(O_RDWR | O_NOCTTY);
	if (child < 0 || setsid() < 0 || master < 0 || grantpt(master) < 0 ||
	    unlockpt(master) < 0)
		return 1;
	slave = open(ptsname(master), O_RDWR);
	if (slave < 0 || ioctl(slave, TIOCSCTTY, 0) < 0 ||
	    ioctl(master, TIOCSWINSZ, &ws) < 0 ||
	    fcntl(master, F_SETFL, O_NONBLOCK) < 0)
		return 1;
	setenv("TERM", "xterm-256color", 1);
	return run(master);
}
