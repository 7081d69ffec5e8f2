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
#include <termios.h>
#include <unistd.h>

#include "base/buf.h"
#include "scene.h"
#include "world.h"

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
		"input", "page", "changes", "crowd", "looks" };

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char path[4096];
		struct scene sc;

		scene_path(path, sizeof(path), names[i]);
		scene_load(&sc, path);
		while (scene_step(&sc)) {
			if (sc.rows != w->emu.rows ||
			    sc.columns != w->emu.columns)
				world_resize(w, sc.rows, sc.columns);
			world_draw(w, scene_draw(&sc), colors);
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
		world_open(&w, true);
		w.emu.opinion = (enum emulator_opinion)i;
		play_scenes(&w, WORLD_COLORS);
		world_close(&w);
	}
}

static void
scenes_without_colors(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, false);
	play_scenes(&w, 0);
	for (unsigned i = 0; i < w.emu.rows * w.emu.columns; i++) {
		assert_int_equal(w.emu.cells[i].look.fg, -1);
		assert_int_equal(w.emu.cells[i].look.bg, -1);
	}
	world_close(&w);
}

static void
little_is_drawn_for_little(void **state)
{
	struct scene sc;
	struct world w;
	char path[4096];

	(void)state;
	world_open(&w, true);
	scene_path(path, sizeof(path), "talk");
	scene_load(&sc, path);
	scene_step(&sc);
	world_draw(&w, scene_draw(&sc), WORLD_COLORS);
	w.bytes = 0;
	world_draw(&w, scene_draw(&sc), WORLD_COLORS);
	assert_in_range(w.bytes, 0, 10);
	w.bytes = 0;
	sc.input.text = SLICE("h");
	sc.input.cursor = 1;
	world_draw(&w, scene_draw(&sc), WORLD_COLORS);
	assert_in_range(w.bytes, 1, 20);
	w.bytes = 0;
	screen_redraw(w.screen);
	world_draw(&w, scene_draw(&sc), WORLD_COLORS);
	assert_in_range(w.bytes, 1000, 10000);
	scene_deinit(&sc);
	world_close(&w);
}

static void
the_cursor_moves_over_joined_clusters(void **state)
{
	struct scene sc;
	struct world w;

	(void)state;
	world_open(&w, true);
	scene_init(&sc, "room lobby\ninput 👍🏽👍🏽 a ❤️ b");
	scene_step(&sc);
	for (size_t i = 0; i <= sc.input.text.len; i++) {
		sc.input.cursor = i;
		world_draw(&w, scene_draw(&sc), WORLD_COLORS);
	}
	for (size_t i = sc.input.text.len; i-- > 0;) {
		sc.input.cursor = i;
		world_draw(&w, scene_draw(&sc), WORLD_COLORS);
	}
	scene_deinit(&sc);
	world_close(&w);
}

static void
put_lines(struct grid *g, unsigned first, bool joined)
{
	grid_reset(g, WORLD_ROWS, WORLD_COLUMNS);
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
	world_open(&w, true);
	grid_init(&g);
	for (unsigned i = 0; i < 40; i++) {
		put_lines(&g, i % 4 == 3 ? i + 2 : i, i % 3 > 0);
		world_draw(&w, &g, WORLD_COLORS);
	}
	grid_deinit(&g);
	world_close(&w);
}

static void
a_terminal_that_does_not_read(void **state)
{
	struct buf *out;
	struct world w;
	int rc = 0;

	(void)state;
	world_open(&w, true);
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

		assert_true(read(w.master, bytes, sizeof(bytes)) > 0);
	}
	assert_false(term_pending(w.term));
	assert_int_equal(out->len, 0);
	/* what has come in the meantime is no drawing */
	for (char bytes[4096]; read(w.master, bytes, sizeof(bytes)) > 0;)
		;
	world_close(&w);
}

static void
synchronized_if_asked_for(void **state)
{
	char bytes[65536];
	struct scene sc;
	struct world w;
	ssize_t n;

	(void)state;
	world_open(&w, true);
	scene_init(&sc, "room lobby\nsay bo hi");
	scene_step(&sc);
	screen_set_sync(w.screen, true);
	screen_draw(w.screen, scene_draw(&sc));
	assert_int_equal(term_flush(w.term), 0);
	n = read(w.master, bytes, sizeof(bytes));
	assert_true(n > 16);
	assert_memory_equal(bytes, "\033[?2026h", 8);
	assert_memory_equal(bytes + n - 8, "\033[?2026l", 8);
	emulator_feed(&w.emu, bytes, (size_t)n);
	scene_deinit(&sc);
	world_close(&w);
}

static void
rings(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, true);
	screen_bell(w.screen);
	world_flush(&w);
	assert_int_equal(w.emu.bells, 1);
	world_close(&w);
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
	world_open(&w, true);
	settings(&during);
	assert_false(during.c_lflag & (ICANON | ECHO | ISIG));
	assert_memory_not_equal(&before, &during, sizeof(before));
	term_leave(w.term);
	settings(&after);
	assert_memory_equal(&before, &after, sizeof(before));
	assert_int_equal(term_enter(w.term), 0);
	settings(&after);
	assert_memory_equal(&during, &after, sizeof(before));
	world_close(&w);
	settings(&after);
	assert_memory_equal(&before, &after, sizeof(before));
	assert_int_equal(fcntl(STDIN_FILENO, F_GETFL) & O_NONBLOCK, 0);
}

static void
type_of_the_terminal(void **state)
{
	static const char *const types[] = { "xterm-256color", "vt100",
		"linux" };
	struct buf err;

	(void)state;
	buf_init(&err, 1000);
	for (unsigned i = 0; i < 3; i++) {
		struct term *t = term_open(&err);
		struct screen *s;

		assert_non_null(t);
		setenv("TERM", types[i], 1);
		assert_false(term_is_dumb());
		s = screen_new(t, true, &err);
		assert_non_null(s);
		assert_string_equal(screen_type(s), types[i]);
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

int
main(void)
{
	return world_main(run);
}
