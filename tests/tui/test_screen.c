#include "config.h"

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
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "client/clean.h"
#include "emulator.h"
#include "hostile.h"
#include "scene.h"
#include "tui/screen.h"
#include "tui/term.h"

/*
 * The real screen on a pseudo-terminal, whose other end is read here: every
 * byte that reaches the terminal goes through the emulator.
 */
enum { COLUMNS_OF_PTY = 80, ROWS_OF_PTY = 24, FRAMES = 400, COLORS_HERE = 16 };

static int master = -1;

struct world {
	struct term *term;
	struct screen *screen;
	struct emulator emu;
	size_t bytes; /* seen by the terminal */
};

/* What the terminal has been sent until now, into the emulator. */
static void
drain(struct world *w)
{
	char bytes[4096];
	ssize_t n;

	while ((n = read(master, bytes, sizeof(bytes))) > 0) {
		w->bytes += (size_t)n;
		emulator_feed(&w->emu, bytes, (size_t)n);
	}
}

static void
flush(struct world *w)
{
	int rc;

	while ((rc = term_flush(w->term)) == -EAGAIN)
		drain(w);
	assert_int_equal(rc, 0);
	drain(w);
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

static void
open_world(struct world *w, bool color)
{
	struct buf err;

	*w = (struct world){ 0 };
	set_size(ROWS_OF_PTY, COLUMNS_OF_PTY);
	buf_init(&err, 1000);
	emulator_init(&w->emu, ROWS_OF_PTY, COLUMNS_OF_PTY);
	w->term = term_open(&err);
	assert_non_null(w->term);
	w->screen = screen_new(w->term, color, &err);
	assert_non_null(w->screen);
	assert_int_equal(err.len, 0);
	assert_int_equal(term_enter(w->term), 0);
	flush(w);
	assert_true(w->emu.alternate && w->emu.paste && w->emu.focus);
}

static void
close_world(struct world *w)
{
	screen_free(w->screen);
	term_close(w->term);
	drain(w);
	emulator_flush(&w->emu);
	assert_string_equal(w->emu.error, "");
	assert_false(w->emu.alternate || w->emu.paste || w->emu.focus);
	assert_false(w->emu.sync || w->emu.no_wrap || w->emu.hidden);
	assert_int_equal(w->emu.look.fg, -1);
	assert_false(w->emu.look.bold || w->emu.look.reverse);
	emulator_deinit(&w->emu);
}

static void
resize(struct world *w, unsigned rows, unsigned columns)
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

static void
draw(struct world *w, const struct grid *g, int colors)
{
	screen_draw(w->screen, g);
	flush(w);
	compare_screen(w, g, colors);
}

static void
scene_path(char *out, size_t size, const char *name)
{
	const char *top = getenv("CHAT_SOURCE");

	snprintf(out, size, "%s/tests/tui/screens/%s.scene",
	    top != NULL ? top : ".", name);
}

/* All steps of all scenes, one over the other. */
static void
play_scenes(struct world *w, int colors)
{
	static const char *const names[] = { "talk", "scroll", "unread",
		"input", "page", "crowd", "looks" };

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char path[4096];
		struct scene sc;

		scene_path(path, sizeof(path), names[i]);
		scene_load(&sc, path);
		while (scene_step(&sc)) {
			if (sc.rows != w->emu.rows ||
			    sc.columns != w->emu.columns)
				resize(w, sc.rows, sc.columns);
			draw(w, scene_draw(&sc), colors);
		}
		scene_deinit(&sc);
	}
}

static void
scenes_on_a_terminal(void **state)
{
	struct world w;

	(void)state;
	for (unsigned i = 0; i <= EMULATOR_NARROW_EMOJI; i++) {
		open_world(&w, true);
		w.emu.opinion = (enum emulator_opinion)i;
		play_scenes(&w, COLORS_HERE);
		close_world(&w);
	}
}

static void
scenes_without_colors(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, false);
	play_scenes(&w, 0);
	for (unsigned i = 0; i < w.emu.rows * w.emu.columns; i++) {
		assert_int_equal(w.emu.cells[i].look.fg, -1);
		assert_int_equal(w.emu.cells[i].look.bg, -1);
	}
	close_world(&w);
}

/* Hostile strings, as the app would pass them on, or raw. */
struct corpus {
	unsigned n;
	bool raw;
	struct buf made, cleaned[8];
	unsigned at;
};

static struct slice
evil(struct corpus *c, bool line)
{
	struct buf *to = &c->cleaned[c->at++ % 8];

	buf_clear(&c->made);
	hostile_string(c->n++, &c->made);
	if (c->raw)
		buf_putc(&c->made, '.'); /* never empty */
	buf_clear(to);
	if (c->raw)
		buf_append_slice(to, buf_view(&c->made));
	else if (line)
		clean_line(to, buf_view(&c->made), 64);
	else
		clean_text(to, buf_view(&c->made));
	return buf_view(to);
}

static void
corpus_init(struct corpus *c, bool raw)
{
	*c = (struct corpus){ .raw = raw };
	buf_init(&c->made, 1 << 16);
	for (unsigned i = 0; i < 8; i++)
		buf_init(&c->cleaned[i], 1 << 16);
}

static void
corpus_deinit(struct corpus *c)
{
	buf_deinit(&c->made);
	for (unsigned i = 0; i < 8; i++)
		buf_deinit(&c->cleaned[i]);
}

/* A step: something hostile into every field there is. */
static void
attack(struct scene *sc, struct corpus *c)
{
	struct model_line l = {
		.kind = (enum line_kind)(c->n % 5),
		.at = sc->now += 7000000,
		.nick = evil(c, true),
		.text = evil(c, false),
		.mention = c->n % 3 == 0,
		.own = c->n % 7 == 0,
	};
	struct room *r = sc->model.current;

	model_add(&sc->model, r, &l);
	model_set_topic(r, evil(c, true));
	model_join(r, evil(c, true), sc->now);
	if (sc->model.n_rooms < 12)
		model_open(&sc->model, evil(c, true))->joined = true;
	model_add(&sc->model, model_nth(&sc->model, 2), &l);
	model_add_pending(
	    &sc->model, r, c->n, LINE_MESSAGE, sc->now, evil(c, false));
	if (c->n % 2)
		model_settle(&sc->model, c->n,
		    c->n % 3 ? MARK_DELIVERED : MARK_FAILED, 0, evil(c, true));
}

static void
keep(struct buf *b, struct slice s, struct slice *out)
{
	buf_clear(b);
	buf_append_slice(b, s);
	*out = buf_view(b);
}

static void
run_corpus(struct world *w, bool raw)
{
	struct buf problem, input, hint, choice;
	struct corpus c;
	struct scene sc;

	corpus_init(&c, raw);
	buf_init(&problem, 1 << 16);
	buf_init(&input, 1 << 16);
	buf_init(&hint, 1 << 16);
	buf_init(&choice, 1 << 16);
	scene_init(&sc, "room lobby\nroom other\nnick me\nclock 12:34\n"
			"server localhost:3000\nonline\n");
	scene_step(&sc);
	sc.choices[1] = SLICE("fine");
	sc.overlay.choices = sc.choices;
	for (unsigned i = 0; i < FRAMES; i++) {
		static const unsigned sizes[][2] = { { 24, 80 }, { 34, 120 },
			{ 12, 40 } };
		const unsigned *size = sizes[i / 10 % 3];

		if (w->emu.rows != size[0])
			resize(w, size[0], size[1]);
		sc.rows = size[0];
		sc.columns = size[1];
		attack(&sc, &c);
		keep(&problem, evil(&c, true), &sc.status.problem);
		keep(&input, evil(&c, false), &sc.input.text);
		keep(&hint, evil(&c, true), &sc.input.hint);
		keep(&choice, evil(&c, true), &sc.choices[0]);
		sc.input.cursor = sc.input.text.len;
		sc.overlay.n_choices = i % 4 == 0 ? 2 : 0;
		sc.view.bare = i % 11 == 0;
		buf_clear(&sc.page);
		buf_append_slice(&sc.page, evil(&c, false));
		sc.overlay.shown = i % 13 == 0;
		draw(w, scene_draw(&sc), COLORS_HERE);
	}
	assert_true(c.n > hostile_listed());
	scene_deinit(&sc);
	corpus_deinit(&c);
	buf_deinit(&problem);
	buf_deinit(&input);
	buf_deinit(&hint);
	buf_deinit(&choice);
}

static void
hostile_text_stays_text(void **state)
{
	struct world w;

	(void)state;
	for (unsigned i = 0; i <= EMULATOR_NARROW_EMOJI; i++) {
		open_world(&w, true);
		w.emu.opinion = (enum emulator_opinion)i;
		run_corpus(&w, false);
		close_world(&w);
	}
}

static void
even_if_nobody_has_cleaned_it(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, true);
	run_corpus(&w, true);
	close_world(&w);
}

/* Every hostile string alone in a message between two others: what is around
 * it is what it is around a harmless one. */
static void
nothing_outside_its_own_cells(void **state)
{
	struct corpus c;
	struct world w;

	(void)state;
	corpus_init(&c, false);
	open_world(&w, true);
	w.emu.opinion = EMULATOR_BY_CHARACTER;
	for (unsigned i = 0; i < hostile_listed() + FRAMES; i++) {
		struct model_line l = {
			.nick = SLICE("mal"),
			.text = evil(&c, false),
		};
		struct scene sc;
		unsigned end = ROWS_OF_PTY - 3;

		scene_init(&sc, "room lobby\nnick me\nonline\nserver here\n"
				"say bo before");
		scene_step(&sc);
		l.at = sc.now;
		model_add(&sc.model, sc.model.current, &l);
		l.nick = SLICE("bo");
		l.text = SLICE("behind");
		model_add(&sc.model, sc.model.current, &l);
		draw(&w, scene_draw(&sc), COLORS_HERE);
		for (unsigned row = 1; row <= end; row++) {
			const struct emulator_cell *cell =
			    emulator_cell(&w.emu, row, 14);

			if (strcmp(cell->s, "│") != 0)
				fail_msg("%u: row %u: %s", i, row, cell->s);
		}
		assert_string_equal(emulator_cell(&w.emu, end, 29)->s, "│");
		assert_string_equal(emulator_cell(&w.emu, end, 31)->s, "b");
		assert_string_equal(emulator_cell(&w.emu, end, 36)->s, "d");
		assert_string_equal(emulator_cell(&w.emu, end, 37)->s, "");
		scene_deinit(&sc);
	}
	close_world(&w);
	corpus_deinit(&c);
}

static void
little_is_drawn_for_little(void **state)
{
	struct scene sc;
	struct world w;
	char path[4096];

	(void)state;
	open_world(&w, true);
	scene_path(path, sizeof(path), "talk");
	scene_load(&sc, path);
	scene_step(&sc);
	draw(&w, scene_draw(&sc), COLORS_HERE);
	w.bytes = 0;
	draw(&w, scene_draw(&sc), COLORS_HERE);
	assert_in_range(w.bytes, 0, 10);
	w.bytes = 0;
	sc.input.text = SLICE("h");
	sc.input.cursor = 1;
	draw(&w, scene_draw(&sc), COLORS_HERE);
	assert_in_range(w.bytes, 1, 20);
	w.bytes = 0;
	screen_redraw(w.screen);
	draw(&w, scene_draw(&sc), COLORS_HERE);
	assert_in_range(w.bytes, 1000, 10000);
	scene_deinit(&sc);
	close_world(&w);
}

static void
the_cursor_moves_over_joined_clusters(void **state)
{
	struct scene sc;
	struct world w;

	(void)state;
	open_world(&w, true);
	scene_init(&sc, "room lobby\ninput 👍🏽👍🏽 a ❤️ b");
	scene_step(&sc);
	for (size_t i = 0; i <= sc.input.text.len; i++) {
		sc.input.cursor = i;
		draw(&w, scene_draw(&sc), COLORS_HERE);
	}
	for (size_t i = sc.input.text.len; i-- > 0;) {
		sc.input.cursor = i;
		draw(&w, scene_draw(&sc), COLORS_HERE);
	}
	scene_deinit(&sc);
	close_world(&w);
}

static void
put_lines(struct grid *g, unsigned first, bool joined)
{
	grid_reset(g, ROWS_OF_PTY, COLUMNS_OF_PTY);
	for (unsigned row = 0; row < g->rows; row++) {
		char text[32];
		unsigned n = first + row;

		snprintf(text, sizeof(text), "line number %u", n);
		grid_put(g, row, 0, g->columns, slice_of(text), ROLE_TEXT);
		if (n % 5 == 0 && joined)
			grid_put(g, row, 20, g->columns, SLICE("👍🏽"),
			    ROLE_TEXT);
	}
	g->cursor = true;
}

/* ncurses scrolls here, and takes for equal what differs in joined clusters
 * only. */
static void
rows_that_move(void **state)
{
	struct grid g;
	struct world w;

	(void)state;
	open_world(&w, true);
	grid_init(&g);
	for (unsigned i = 0; i < 40; i++) {
		put_lines(&g, i % 4 == 3 ? i + 2 : i, i % 3 > 0);
		draw(&w, &g, COLORS_HERE);
	}
	grid_deinit(&g);
	close_world(&w);
}

static void
a_terminal_that_does_not_read(void **state)
{
	struct buf *out;
	struct world w;
	int rc = 0;

	(void)state;
	open_world(&w, true);
	out = term_out(w.term);
	for (unsigned i = 0; i < 100000; i++)
		buf_putc(out, 'x');
	assert_false(term_pending(w.term));
	rc = term_flush(w.term);
	assert_int_equal(rc, -EAGAIN);
	assert_true(term_pending(w.term));
	assert_true(out->len < 100000);
	while (term_flush(w.term) == -EAGAIN) {
		char bytes[4096];

		assert_true(read(master, bytes, sizeof(bytes)) > 0);
	}
	assert_false(term_pending(w.term));
	assert_int_equal(out->len, 0);
	/* what has come in the meantime is no drawing */
	for (char bytes[4096]; read(master, bytes, sizeof(bytes)) > 0;)
		;
	close_world(&w);
}

static void
synchronized_if_asked_for(void **state)
{
	char bytes[65536];
	struct scene sc;
	struct world w;
	ssize_t n;

	(void)state;
	open_world(&w, true);
	scene_init(&sc, "room lobby\nsay bo hi");
	scene_step(&sc);
	screen_set_sync(w.screen, true);
	screen_draw(w.screen, scene_draw(&sc));
	assert_int_equal(term_flush(w.term), 0);
	n = read(master, bytes, sizeof(bytes));
	assert_true(n > 16);
	assert_memory_equal(bytes, "\033[?2026h", 8);
	assert_memory_equal(bytes + n - 8, "\033[?2026l", 8);
	emulator_feed(&w.emu, bytes, (size_t)n);
	scene_deinit(&sc);
	close_world(&w);
}

static void
rings(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, true);
	screen_bell(w.screen);
	flush(&w);
	assert_int_equal(w.emu.bells, 1);
	close_world(&w);
}

static void
settings(struct termios *tio)
{
	int fd = open("/dev/tty", O_RDWR | O_NOCTTY);

	assert_true(fd >= 0);
	memset(tio, 0, sizeof(*tio));
	assert_int_equal(tcgetattr(fd, tio), 0);
	close(fd);
}

static void
leaves_the_settings_as_they_were(void **state)
{
	struct termios before, during, after;
	struct world w;

	(void)state;
	settings(&before);
	open_world(&w, true);
	settings(&during);
	assert_false(during.c_lflag & (ICANON | ECHO | ISIG));
	assert_memory_not_equal(&before, &during, sizeof(before));
	term_leave(w.term);
	settings(&after);
	assert_memory_equal(&before, &after, sizeof(before));
	assert_int_equal(term_enter(w.term), 0);
	settings(&after);
	assert_memory_equal(&during, &after, sizeof(before));
	close_world(&w);
	settings(&after);
	assert_memory_equal(&before, &after, sizeof(before));
	assert_int_equal(fcntl(STDIN_FILENO, F_GETFL) & O_NONBLOCK, 0);
}

static void
type_of_the_terminal(void **state)
{
	static const char *const cases[][2] = {
		{ "xterm-256color", "xterm-256color" },
		{ "no-such-terminal", "xterm-256color" },
		{ "vt100", "vt100" },
		{ "linux", "linux" },
		{ NULL, NULL },
	};
	struct buf err;

	(void)state;
	buf_init(&err, 1000);
	for (unsigned i = 0; cases[i][0] != NULL; i++) {
		struct term *t = term_open(&err);
		struct screen *s;

		setenv("TERM", cases[i][0], 1);
		assert_false(term_is_dumb());
		s = screen_new(t, true, &err);
		assert_non_null(s);
		assert_string_equal(screen_type(s), cases[i][1]);
		screen_free(s);
		term_close(t);
	}
	setenv("TERM", "dumb", 1);
	assert_true(term_is_dumb());
	unsetenv("TERM");
	assert_true(term_is_dumb());
	setenv("TERM", "xterm-256color", 1);
	buf_deinit(&err);
}

static int
run(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scenes_on_a_terminal),
		cmocka_unit_test(scenes_without_colors),
		cmocka_unit_test(hostile_text_stays_text),
		cmocka_unit_test(even_if_nobody_has_cleaned_it),
		cmocka_unit_test(nothing_outside_its_own_cells),
		cmocka_unit_test(little_is_drawn_for_little),
		cmocka_unit_test(the_cursor_moves_over_joined_clusters),
		cmocka_unit_test(rows_that_move),
		cmocka_unit_test(a_terminal_that_does_not_read),
		cmocka_unit_test(synchronized_if_asked_for),
		cmocka_unit_test(rings),
		cmocka_unit_test(leaves_the_settings_as_they_were),
		cmocka_unit_test(type_of_the_terminal),
	};

	setenv("TZ", "UTC", 1);
	setenv("TERM", "xterm-256color", 1);
	unsetenv("TERM_PROGRAM");
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* A session of its own, whose terminal is the pseudo-terminal: the process
 * that runs the tests holds both ends of it. */
int
main(void)
{
	int status = 1, slave;
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
	    fcntl(master, F_SETFL, O_NONBLOCK) < 0)
		return 1;
	return run();
}
