#include "config.h"

#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wchar.h>

#include "base/buf.h"
#include "base/utf8.h"

/* The other end of the terminal. */
static int master = -1;

void
world_drain(struct world *w)
{
	char bytes[4096];
	ssize_t n;

	while ((n = read(master, bytes, sizeof(bytes))) > 0) {
		w->bytes += (size_t)n;
		emulator_feed(&w->emu, bytes, (size_t)n);
	}
}

void
world_flush(struct world *w)
{
	int rc;

	while ((rc = term_flush(w->term)) == -EAGAIN)
		world_drain(w);
	assert_int_equal(rc, 0);
	world_drain(w);
	emulator_flush(&w->emu);
	if (w->emu.error[0] != '\0')
		fail_msg("%s", w->emu.error);
}

static void
set_size(unsigned rows, unsigned columns)
{
	struct winsize ws = {
		.ws_row = (unsigned short)rows,
		.ws_col = (unsigned short)columns,
	};

	assert_int_equal(ioctl(master, TIOCSWINSZ, &ws), 0);
}

void
world_open(struct world *w, bool color)
{
	struct buf err;

	*w = (struct world){ .master = master };
	set_size(WORLD_ROWS, WORLD_COLUMNS);
	buf_init(&err, 1000);
	emulator_init(&w->emu, WORLD_ROWS, WORLD_COLUMNS);
	w->term = term_open(&err);
	assert_non_null(w->term);
	w->screen = screen_new(w->term, color, &err);
	assert_non_null(w->screen);
	assert_int_equal(err.len, 0);
	assert_int_equal(term_enter(w->term), 0);
	world_flush(w);
	assert_true(w->emu.alternate && w->emu.paste && w->emu.focus);
}

void
world_close(struct world *w)
{
	screen_free(w->screen);
	term_close(w->term);
	world_drain(w);
	emulator_flush(&w->emu);
	assert_string_equal(w->emu.error, "");
	assert_false(w->emu.alternate || w->emu.paste || w->emu.focus);
	assert_false(w->emu.sync || w->emu.no_wrap || w->emu.hidden);
	assert_int_equal(w->emu.look.fg, -1);
	assert_false(w->emu.look.bold || w->emu.look.reverse);
	emulator_deinit(&w->emu);
}

void
world_resize(struct world *w, unsigned rows, unsigned columns)
{
	struct emulator old = w->emu;

	set_size(rows, columns);
	emulator_init(&w->emu, rows, columns);
	w->emu.opinion = old.opinion;
	w->emu.alternate = old.alternate;
	w->emu.paste = old.paste;
	w->emu.focus = old.focus;
	emulator_deinit(&old);
}

/* The text of a cell without what isolates it from its neighbours. */
static struct slice
cell_text(const struct emulator_cell *c)
{
	struct slice s = { c->s, c->len };
	struct slice end = slice_skip(s, s.len >= 3 ? s.len - 3 : s.len);

	while (slice_is(end, "\u2068") || slice_is(end, "\u2069")) {
		s.len -= 3;
		end = slice_skip(s, s.len >= 3 ? s.len - 3 : s.len);
	}
	return slice_is(s, " ") ? SLICE("") : s;
}

static void
compare_cell(struct world *w, const struct grid *g, unsigned row,
    unsigned column, int colors)
{
	const struct emulator_cell *e = emulator_cell(&w->emu, row, column);
	const struct cell *c = grid_cell(g, row, column);
	struct theme_look want = theme_look(c->style, colors);
	struct slice text = cell_text(e), bytes = grid_bytes(g, c);
	uint32_t cp;

	if (c->width == 0 ||
	    ((c->flags & CELL_AMBIGUOUS) && w->emu.opinion != EMULATOR_AGREES))
		return;
	/* what would go over the cell before is not drawn */
	if (bytes.len > 1 && utf8_decode(bytes.p, bytes.len, &cp) > 0 &&
	    wcwidth((wchar_t)cp) == 0)
		bytes = SLICE("\ufffd");
	if (!slice_eq(text, bytes))
		fail_msg("%u,%u: \"%.*s\" instead of \"%.*s\"", row, column,
		    SLICE_ARG(text), SLICE_ARG(bytes));
	if (e->look.bg != want.bg ||
	    e->look.reverse != !!(want.attrs & STYLE_REVERSE) ||
	    e->look.underline != !!(want.attrs & STYLE_UNDERLINE) ||
	    (c->len > 0 && (e->look.fg != want.fg ||
			       e->look.bold != !!(want.attrs & STYLE_BOLD) ||
			       e->look.dim != !!(want.attrs & STYLE_DIM))))
		fail_msg("%u,%u: \"%.*s\" has another look", row, column,
		    SLICE_ARG(bytes));
}

/* The terminal shows what the grid says. */
static void
compare_screen(struct world *w, const struct grid *g, int colors)
{
	for (unsigned row = 0; row < g->rows; row++)
		for (unsigned i = 0; i < g->columns; i++)
			compare_cell(w, g, row, i, colors);
	assert_int_equal(w->emu.row, g->cursor_row);
	assert_int_equal(w->emu.column, g->cursor_column);
}

void
world_draw(struct world *w, const struct grid *g, int colors)
{
	screen_draw(w->screen, g);
	world_flush(w);
	compare_screen(w, g, colors);
}

int
world_main(int (*run)(void))
{
	int status = 1, slave;
	pid_t child = fork();

	if (child > 0) {
		while (waitpid(child, &status, 0) < 0 && errno == EINTR)
			;
		if (WIFSIGNALED(status))
			raise(WTERMSIG(status));
		return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
	}
	master = posix_openpt(O_RDWR | O_NOCTTY);
	if (child < 0 || setsid() < 0 || master < 0 || grantpt(master) < 0 ||
	    unlockpt(master) < 0)
		return 1;
	slave = open(ptsname(master), O_RDWR);
	if (slave < 0 || ioctl(slave, TIOCSCTTY, 0) < 0 ||
	    fcntl(master, F_SETFL, O_NONBLOCK) < 0)
		return 1;
	return run();
}
