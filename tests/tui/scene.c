#include "config.h"

#include "scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { LINE_MS = 20000 };

static void
fail(const char *what, const char *line)
{
	fprintf(stderr, "scene: %s: %s\n", what, line);
	exit(2);
}

/* Takes the first word off *s. */
static char *
word(char **s)
{
	char *w = *s;

	*s += strcspn(*s, " ");
	if (**s != '\0')
		*(*s)++ = '\0';
	return w;
}

/* "\n" in a script's text is a newline. */
static struct slice
text_of(char *s)
{
	char *to = s;

	for (char *from = s; *from != '\0'; from++) {
		if (from[0] == '\\' && from[1] == 'n') {
			*to++ = '\n';
			from++;
		} else {
			*to++ = *from;
		}
	}
	return (struct slice){ s, (size_t)(to - s) };
}

static struct room *
room_of(struct scene *sc, const char *name)
{
	struct room *r = model_room(&sc->model, slice_of(name));

	if (r == NULL)
		fail("no such room", name);
	return r;
}

static void
say(struct scene *sc, enum line_kind kind, char *arg, bool mention, bool own)
{
	bool talks = kind == LINE_MESSAGE || kind == LINE_ACTION;
	const char *nick = talks ? word(&arg) : "";
	struct model_line l = {
		.kind = kind,
		.at = sc->now,
		.nick = slice_of(nick),
		.text = text_of(arg),
		.mention = mention,
		.own = own,
		.quote = sc->quote,
		.reactions = sc->reactions,
		.edited = sc->edited,
	};

	if (talks)
		l.id.ms = sc->now;
	model_add(&sc->model, sc->room, &l);
	sc->quote = sc->reactions = SLICE("");
	sc->edited = false;
	sc->now += LINE_MS;
}

static void
settle(struct scene *sc, char *arg)
{
	uint64_t number = strtoull(word(&arg), NULL, 10);
	const char *to = word(&arg);
	enum line_mark mark = strcmp(to, "sent") == 0        ? MARK_SENT
			      : strcmp(to, "delivered") == 0 ? MARK_DELIVERED
							     : MARK_FAILED;

	if (!model_settle(&sc->model, number, mark,
		(struct msgid){ .ms = sc->now }, text_of(arg)))
		fail("no such line", to);
}

static void
pending(struct scene *sc, char *arg)
{
	struct model_pending p = { .number = strtoull(word(&arg), NULL, 10),
		.kind = LINE_MESSAGE,
		.at = sc->now };

	p.text = text_of(arg);
	model_add_pending(&sc->model, sc->room, &p);
	sc->now += LINE_MS;
}

static void
choose(struct scene *sc, int back)
{
	struct room *r = model_shown(&sc->model);
	uint64_t at = scrollback_last(&r->lines) + 1;

	for (int i = 0; i <= back; i++)
		at = scrollback_find_message(&r->lines, at - 1, true);
	r->scroll.chosen = at;
}

/* From the day before. */
static void
window(struct scene *sc, int n)
{
	struct room *w = model_open_window(&sc->model);
	struct line *lines[64];
	char text[64];

	for (int i = 0; i < n && i < 64; i++) {
		struct model_line l = { .kind = LINE_MESSAGE,
			.at = sc->now - 86400000 + (uint64_t)i * LINE_MS,
			.nick = SLICE("ana") };

		snprintf(text, sizeof(text), "yesterday %d", i);
		l.text = slice_of(text);
		l.id.ms = l.at;
		lines[i] = model_make_line(&l);
	}
	model_add_below(w, lines, (unsigned)n);
}

/* About rooms and people. */
static bool
run_room(struct scene *sc, const char *command, char *arg)
{
	struct slice s = slice_of(arg);

	if (strcmp(command, "room") == 0) {
		sc->room = model_open(&sc->model, s);
		sc->room->joined = true;
	} else if (strcmp(command, "in") == 0) {
		sc->room = room_of(sc, arg);
	} else if (strcmp(command, "switch") == 0) {
		model_switch(&sc->model, room_of(sc, arg));
	} else if (strcmp(command, "close") == 0) {
		model_close(&sc->model, room_of(sc, arg));
		sc->room = sc->model.current;
	} else if (strcmp(command, "left") == 0) {
		sc->room->joined = false;
	} else if (strcmp(command, "topic") == 0) {
		model_set_topic(sc->room, s);
	} else if (strcmp(command, "person") == 0) {
		model_add_person(sc->room, s);
	} else if (strcmp(command, "join") == 0) {
		model_join(sc->room, s, sc->now);
	} else if (strcmp(command, "leave") == 0) {
		model_leave(sc->room, s, sc->now);
	} else if (strcmp(command, "rename") == 0) {
		struct slice from = slice_of(word(&arg));

		model_rename(&sc->model, from, slice_of(arg), sc->now);
	} else if (strcmp(command, "nick") == 0) {
		model_set_nick(&sc->model, s);
		sc->status.nick = s;
	} else if (strcmp(command, "direct") == 0) {
		struct slice name = slice_of(word(&arg));

		sc->room = model_open_direct(&sc->model, name, slice_of(arg));
		sc->room->joined = true;
	} else if (strcmp(command, "away") == 0) {
		model_set_away(&sc->model, s, true);
	} else if (strcmp(command, "above") == 0) {
		sc->room->above =
		    strcmp(arg, "loading") == 0 ? ABOVE_LOADING : ABOVE_NOTHING;
	} else if (strcmp(command, "focus") == 0) {
		model_set_focus(&sc->model, strcmp(arg, "off") != 0);
	} else {
		return false;
	}
	return true;
}

static bool
run_line(struct scene *sc, const char *command, char *arg)
{
	if (strcmp(command, "say") == 0)
		say(sc, LINE_MESSAGE, arg, false, false);
	else if (strcmp(command, "own") == 0)
		say(sc, LINE_MESSAGE, arg, false, true);
	else if (strcmp(command, "mention") == 0)
		say(sc, LINE_MESSAGE, arg, true, false);
	else if (strcmp(command, "action") == 0)
		say(sc, LINE_ACTION, arg, false, false);
	else if (strcmp(command, "info") == 0)
		say(sc, LINE_INFO, arg, false, false);
	else if (strcmp(command, "error") == 0)
		say(sc, LINE_ERROR, arg, false, false);
	else if (strcmp(command, "event") == 0)
		say(sc, LINE_EVENT, arg, false, false);
	else if (strcmp(command, "pending") == 0)
		pending(sc, arg);
	else if (strcmp(command, "settle") == 0)
		settle(sc, arg);
	else if (strcmp(command, "quote") == 0) /* of the next one */
		sc->quote = slice_of(arg);
	else if (strcmp(command, "reactions") == 0) /* likewise */
		sc->reactions = slice_of(arg);
	else if (strcmp(command, "edited") == 0) /* likewise */
		sc->edited = true;
	else if (strcmp(command, "delete") == 0) /* the last one */
		model_delete(&sc->model, sc->room, model_newest(sc->room),
		    slice_of(arg));
	else if (strcmp(command, "choose") == 0) /* the newest but N */
		choose(sc, atoi(arg));
	else if (strcmp(command, "window") == 0) /* of N lines */
		window(sc, atoi(arg));
	else if (strcmp(command, "skip") == 0) /* hours */
		sc->now += strtoull(arg, NULL, 10) * 3600 * 1000;
	else if (strcmp(command, "lines") == 0)
		for (int i = 1, n = atoi(arg); i <= n; i++) {
			char text[64];

			snprintf(text, sizeof(text), "bo line %d", i);
			say(sc, LINE_MESSAGE, text, false, false);
		}
	else
		return false;
	return true;
}

static void
scroll(struct scene *sc, const char *where)
{
	static const char *const names[] = { "page-up", "page-down", "up",
		"down", "top", "bottom", "unread", "previous-mention",
		"next-mention" };

	scene_draw(sc);
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(where, names[i]) == 0) {
			view_scroll(&sc->view, &sc->model, (enum view_move)i);
			return;
		}
	}
	fail("scroll", where);
}

static bool
run_status(struct scene *sc, const char *command, char *arg)
{
	struct view_status *st = &sc->status;
	struct slice s = slice_of(arg);

	if (strcmp(command, "clock") == 0)
		st->clock = s;
	else if (strcmp(command, "server") == 0)
		st->server = s;
	else if (strcmp(command, "online") == 0)
		st->online = true;
	else if (strcmp(command, "offline") == 0) {
		st->online = false;
		st->connection = s;
	} else if (strcmp(command, "secure") == 0)
		st->secure = true;
	else if (strcmp(command, "lag") == 0)
		st->lag_ms = atoi(arg);
	else if (strcmp(command, "waiting") == 0)
		st->waiting = (unsigned)atoi(arg);
	else if (strcmp(command, "problem") == 0)
		st->problem = s;
	else if (strcmp(command, "typing") == 0)
		st->typing = s;
	else
		return false;
	return true;
}

static bool
run_view(struct scene *sc, const char *command, char *arg)
{
	if (strcmp(command, "size") == 0) {
		sc->rows = (unsigned)atoi(word(&arg));
		sc->columns = (unsigned)atoi(arg);
	} else if (strcmp(command, "bare") == 0) {
		sc->view.bare = !sc->view.bare;
	} else if (strcmp(command, "scroll") == 0) {
		scroll(sc, arg);
	} else if (strcmp(command, "search") == 0) {
		scene_draw(sc);
		view_search(&sc->view, &sc->model, slice_of(arg), true, true);
	} else if (strcmp(command, "input") == 0) {
		sc->input.text = text_of(arg);
		sc->input.cursor = sc->input.text.len;
	} else if (strcmp(command, "cursor") == 0) {
		sc->input.cursor = (size_t)atoi(arg);
	} else if (strcmp(command, "prompt") == 0) {
		sc->input.prompt = slice_of(arg);
	} else if (strcmp(command, "hint") == 0) {
		sc->input.hint = slice_of(arg);
	} else if (strcmp(command, "page") == 0) {
		sc->overlay.shown = arg[0] != '\0';
		sc->overlay.title = slice_of(arg);
		buf_clear(&sc->page);
	} else if (strcmp(command, "+") == 0) {
		buf_append_slice(&sc->page, text_of(arg));
		buf_putc(&sc->page, '\n');
	} else if (strcmp(command, "choices") == 0) {
		sc->overlay.n_choices = 0;
		while (*arg != '\0' && sc->overlay.n_choices < SCENE_CHOICES)
			sc->choices[sc->overlay.n_choices++] =
			    slice_of(word(&arg));
		sc->overlay.choices = sc->choices;
	} else if (strcmp(command, "list") == 0) {
		sc->list.title = slice_of(arg);
		sc->list.hint = SLICE("Enter goes there, Esc closes");
		sc->list.rows = sc->list_rows;
		sc->overlay.list = &sc->list;
	} else if (strcmp(command, "hit") == 0 && sc->list.n < SCENE_HITS) {
		struct view_row *row = &sc->list_rows[sc->list.n++];

		row->at = sc->now += LINE_MS * 100;
		row->room = slice_of(word(&arg));
		row->nick = slice_of(word(&arg));
		row->text = slice_of(arg);
	} else if (strcmp(command, "pick") == 0) {
		sc->list.chosen = (unsigned)atoi(arg);
	} else if (strcmp(command, "chosen") == 0) {
		sc->overlay.chosen = (unsigned)atoi(arg);
	} else {
		return false;
	}
	return true;
}

void
scene_init(struct scene *sc, const char *script)
{
	*sc = (struct scene){ .rows = 24, .columns = 80 };
	sc->script = sc->next = xstrndup(script, strlen(script));
	sc->now = 1763629200000; /* 20 November 2025, 09:00 UTC */
	sc->status.lag_ms = -1;
	buf_init(&sc->page, 65536);
	model_init(&sc->model);
	view_init(&sc->view);
}

void
scene_load(struct scene *sc, const char *path)
{
	FILE *f = fopen(path, "r");
	struct buf all;
	char *script;

	if (f == NULL)
		fail("cannot open", path);
	buf_init(&all, 1 << 20);
	for (int c; (c = getc(f)) != EOF;)
		buf_putc(&all, (char)c);
	fclose(f);
	script = buf_steal(&all);
	scene_init(sc, script);
	free(script);
}

void
scene_deinit(struct scene *sc)
{
	view_deinit(&sc->view);
	model_deinit(&sc->model);
	buf_deinit(&sc->page);
	free(sc->script);
}

bool
scene_step(struct scene *sc)
{
	bool any = false;

	while (*sc->next != '\0') {
		char *line = sc->next, *arg;
		const char *command;

		sc->next += strcspn(line, "\n");
		if (*sc->next != '\0')
			*sc->next++ = '\0';
		if (strcmp(line, "---") == 0)
			return true;
		any = true;
		if (line[0] == '#' || line[0] == '\0')
			continue;
		arg = line;
		command = word(&arg);
		if (!run_room(sc, command, arg) &&
		    !run_line(sc, command, arg) &&
		    !run_status(sc, command, arg) &&
		    !run_view(sc, command, arg))
			fail("unknown command", command);
	}
	return any;
}

const struct grid *
scene_draw(struct scene *sc)
{
	sc->overlay.text = buf_view(&sc->page);
	return view_draw(&sc->view, &sc->model, &sc->status, &sc->input,
	    &sc->overlay, sc->rows, sc->columns);
}

static void
check_row(const struct grid *g, unsigned row)
{
	for (unsigned i = 0; i < g->columns; i++) {
		const struct cell *c = grid_cell(g, row, i);
		bool tail = i > 0 && grid_cell(g, row, i - 1)->width == 2;

		if ((c->width == 0) != tail || c->width > 2 ||
		    (c->width == 2 && i + 1 == g->columns))
			fail("half a cluster in", "a row");
	}
}

void
scene_check(const struct grid *g)
{
	for (unsigned row = 0; row < g->rows; row++)
		check_row(g, row);
	if (g->cursor_row >= g->rows || g->cursor_column >= g->columns)
		fail("the cursor is", "outside");
}

void
scene_dump(struct scene *sc, struct buf *out)
{
	while (scene_step(sc)) {
		const struct grid *g = scene_draw(sc);

		buf_printf(out, "=== %ux%u, cursor at %u,%u\n", g->columns,
		    g->rows, g->cursor_column, g->cursor_row);
		scene_check(g);
		for (unsigned row = 0; row < g->rows; row++) {
			grid_row_text(g, row, out);
			buf_putc(out, '\n');
		}
	}
}
