#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/clean.h"
#include "hostile.h"
#include "scene.h"
#include "world.h"

enum { FRAMES = 400 };

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
		.edited = c->n % 2 == 0,
		.deleted = c->n % 11 == 0,
		.quote = c->n % 3 == 0 ? evil(c, true) : SLICE(""),
		.reactions = c->n % 4 == 0 ? evil(c, true) : SLICE(""),
	};
	struct room *r = sc->model.current;
	struct model_pending p = {
		.number = c->n, .kind = LINE_MESSAGE, .at = sc->now
	};

	model_add(&sc->model, r, &l);
	model_set_topic(r, evil(c, true));
	model_join(r, evil(c, true), sc->now);
	if (sc->model.n_rooms < 12)
		model_open(&sc->model, evil(c, true))->joined = true;
	model_add(&sc->model, model_nth(&sc->model, 2), &l);
	p.text = evil(c, false);
	p.quote = evil(c, true);
	model_add_pending(&sc->model, r, &p);
	if (c->n % 2)
		model_settle(&sc->model, c->n,
		    c->n % 3 ? MARK_DELIVERED : MARK_FAILED,
		    (struct msgid){ .ms = 0 }, evil(c, true));
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
			world_resize(w, size[0], size[1]);
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
		world_draw(w, scene_draw(&sc), WORLD_COLORS);
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
		world_open(&w, true);
		w.emu.opinion = (enum emulator_opinion)i;
		run_corpus(&w, false);
		world_close(&w);
	}
}

static void
even_if_nobody_has_cleaned_it(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, true);
	run_corpus(&w, true);
	world_close(&w);
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
	world_open(&w, true);
	w.emu.opinion = EMULATOR_BY_CHARACTER;
	for (unsigned i = 0; i < hostile_listed() + FRAMES; i++) {
		struct model_line l = {
			.nick = SLICE("mal"),
			.text = evil(&c, false),
		};
		struct scene sc;
		unsigned end = WORLD_ROWS - 3;

		scene_init(&sc, "room lobby\nnick me\nonline\nserver here\n"
				"say bo before");
		scene_step(&sc);
		l.at = sc.now;
		model_add(&sc.model, sc.model.current, &l);
		l.nick = SLICE("bo");
		l.text = SLICE("behind");
		model_add(&sc.model, sc.model.current, &l);
		world_draw(&w, scene_draw(&sc), WORLD_COLORS);
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
	world_close(&w);
	corpus_deinit(&c);
}

static int
run(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hostile_text_stays_text),
		cmocka_unit_test(even_if_nobody_has_cleaned_it),
		cmocka_unit_test(nothing_outside_its_own_cells),
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
