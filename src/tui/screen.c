#include "config.h"

#include "tui/screen.h"

#include <assert.h>
#include <langinfo.h>
#include <locale.h>
#include <ncurses.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wchar.h>

#include "base/base64.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "tui/theme.h"

#define CSI "\033["
#define FSI "\xe2\x81\xa8"
#define PDI "\xe2\x81\xa9"
#define REPLACEMENT "\xef\xbf\xbd"

enum {
	COLORS_MAX = 16,
	PAIRS = COLORS_MAX + 1, /* with the terminal's own */
	STRINGS_MAX = 1024,
};

struct screen {
	struct term *term;
	SCREEN *curses;
	FILE *file; /* what ncurses writes into */
	const char *type;
	int colors;
	short pairs[PAIRS][PAIRS], n_pairs;
	struct grid shown; /* what the terminal shows */
	bool all;          /* draw all of it */
	bool sync, hidden;
};

/* One that lives in memory, or where the system has none, in /tmp without a
 * name. */
static FILE *
open_file(void)
{
	FILE *f = NULL;
#ifdef MFD_CLOEXEC
	int fd = memfd_create("chat-frame", MFD_CLOEXEC);

	if (fd >= 0 && (f = fdopen(fd, "r+")) == NULL)
		close(fd);
#endif
	return f != NULL ? f : tmpfile();
}

/* Takes what ncurses has written to out, or to nowhere. */
static void
take_output(struct screen *s, struct buf *out)
{
	int fd = fileno(s->file);
	off_t len = lseek(fd, 0, SEEK_CUR);
	char *to;
	ssize_t n;

	if (len > 0 && out != NULL) {
		to = buf_reserve(out, (size_t)len);
		n = to != NULL ? pread(fd, to, (size_t)len, 0) : 0;
		if (n > 0)
			buf_add(out, (size_t)n);
	}
	lseek(fd, 0, SEEK_SET);
	if (ftruncate(fd, 0) < 0)
		s->all = true; /* can't be on a file of our own */
}

static void
use_utf8(void)
{
	setlocale(LC_CTYPE, "");
	if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0 &&
	    setlocale(LC_CTYPE, "C.UTF-8") == NULL)
		setlocale(LC_CTYPE, "en_US.UTF-8");
}

/* newterm, but signals stay as they are: they are the loop's. */
static SCREEN *
new_curses(const char *type, FILE *file)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGTSTP, SIGWINCH };
	enum { N = sizeof(signals) / sizeof(signals[0]) };
	struct sigaction old[N];
	SCREEN *sp;

	for (unsigned i = 0; i < N; i++)
		sigaction(signals[i], NULL, &old[i]);
	sp = newterm(type, file, file);
	for (unsigned i = 0; i < N; i++)
		sigaction(signals[i], &old[i], NULL);
	return sp;
}

static int
start_curses(struct screen *s, struct buf *err)
{
	const char *types[] = { getenv("TERM"), "xterm-256color", "vt100" };
	const char *cup;

	for (unsigned i = 0; i < 3 && s->curses == NULL; i++) {
		s->type = types[i];
		if (s->type != NULL)
			s->curses = new_curses(s->type, s->file);
	}
	if (s->curses == NULL) {
		buf_printf(err, "no description of a terminal \"%s\"",
		    types[0] != NULL ? types[0] : "");
		return -1;
	}
	cup = tigetstr("cup");
	if (cup == NULL || cup == (char *)-1 ||
	    strncmp(cup, CSI, strlen(CSI)) != 0) {
		buf_printf(err, "cannot draw on a terminal \"%s\"", s->type);
		return -1;
	}
	return 0;
}

/* A capability of the terminal's, "" if it has none. */
static const char *
capability(const char *name)
{
	const char *value = tigetstr((char *)(uintptr_t)name);

	return value == NULL || value == (char *)-1 ? "" : value;
}

static void
set_strings(struct screen *s)
{
	struct buf enter, leave;
	const char *alternate = capability("smcup");

	buf_init(&enter, STRINGS_MAX);
	buf_init(&leave, STRINGS_MAX);
	buf_puts(&enter, alternate);
	/* all rows scroll, insert off, wrap on; paste and focus reports */
	buf_puts(&enter, CSI "r" CSI "4l" CSI "?7h" CSI "?2004h" CSI "?1004h");
	if (s->sync)
		buf_puts(&leave, CSI "?2026l");
	buf_puts(&leave, CSI "?1004l" CSI "?2004l" CSI "?7h" CSI "r" CSI "0m");
	buf_puts(&leave, capability("cnorm"));
	if (alternate[0] == '\0')
		buf_puts(&leave, CSI "H" CSI "2J");
	else
		buf_puts(&leave, capability("rmcup"));
	term_set_strings(s->term, buf_view(&enter), buf_view(&leave));
	buf_deinit(&enter);
	buf_deinit(&leave);
}

struct screen *
screen_new(struct term *t, bool color, struct buf *err)
{
	struct screen *s = xcalloc(1, sizeof(*s));

	use_utf8();
	s->term = t;
	s->all = true;
	grid_init(&s->shown);
	s->file = open_file();
	if (s->file == NULL) {
		buf_puts(err, "no memory for the screen");
		screen_free(s);
		return NULL;
	}
	if (start_curses(s, err) < 0) {
		screen_free(s);
		return NULL;
	}
	if (color && has_colors() && start_color() == OK &&
	    use_default_colors() == OK)
		s->colors = COLORS < COLORS_MAX ? COLORS : COLORS_MAX;
	scrollok(stdscr, FALSE);
	typeahead(-1);
	idcok(stdscr, FALSE);
	set_strings(s);
	refresh();
	take_output(s, NULL);
	return s;
}

void
screen_free(struct screen *s)
{
	if (s->curses != NULL)
		delscreen(s->curses);
	if (s->file != NULL)
		fclose(s->file);
	grid_deinit(&s->shown);
	free(s);
}

const char *
screen_type(const struct screen *s)
{
	return s->type;
}

void
screen_redraw(struct screen *s)
{
	s->all = true;
}

void
screen_bell(struct screen *s)
{
	buf_putc(term_out(s->term), '\a');
}

/* A field of OSC 777 ends with a semicolon, and all of it with a control. */
static void
put_field(struct buf *out, struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.p[i] >= ' ' && s.p[i] != 0x7f)
			buf_putc(out, s.p[i] == ';' ? ',' : s.p[i]);
}

void
screen_notify(struct screen *s, struct slice title, struct slice text)
{
	struct buf *out = term_out(s->term);

	buf_puts(out, "\033]777;notify;");
	put_field(out, title);
	buf_putc(out, ';');
	put_field(out, text);
	buf_puts(out, "\a\033]9;");
	put_field(out, title);
	buf_puts(out, ": ");
	put_field(out, text);
	buf_putc(out, '\a');
}

void
screen_copy(struct screen *s, struct slice text)
{
	struct buf *out = term_out(s->term);
	char *p;

	buf_puts(out, "\033]52;c;");
	p = buf_reserve(out, BASE64_LEN(text.len) + 1);
	if (p != NULL)
		buf_add(out, base64_encode(p, text.p, text.len));
	buf_putc(out, '\a');
}

void
screen_ask_sync(struct screen *s)
{
	const char *program = getenv("TERM_PROGRAM");

	/* terminals that know no such question, and one that prints a part
	 * of it */
	if (strncmp(s->type, "vt", 2) == 0 || strcmp(s->type, "linux") == 0 ||
	    (program != NULL && strcmp(program, "Apple_Terminal") == 0))
		return;
	buf_puts(term_out(s->term), CSI "?2026$p");
}

void
screen_set_sync(struct screen *s, bool on)
{
	s->sync = on;
	set_strings(s);
}

static short
pair_of(struct screen *s, const struct theme_look *look)
{
	short *pair = &s->pairs[look->fg + 1][look->bg + 1];

	if (s->colors == 0 || (look->fg < 0 && look->bg < 0))
		return 0;
	if (*pair == 0 && s->n_pairs + 1 < COLOR_PAIRS &&
	    init_pair((short)(s->n_pairs + 1), look->fg, look->bg) == OK)
		*pair = ++s->n_pairs;
	return *pair;
}

static attr_t
attributes(style_t attrs)
{
	return (attrs & STYLE_BOLD ? A_BOLD : 0) |
	       (attrs & STYLE_UNDERLINE ? A_UNDERLINE : 0) |
	       (attrs & STYLE_REVERSE ? A_REVERSE : 0) |
	       (attrs & STYLE_DIM ? A_DIM : 0);
}

/*
 * The cell as ncurses takes it: false if it can't, or might draw it in other
 * columns than we think; it has a blank there then.
 */
static bool
to_wide(const struct grid *g, const struct cell *c, wchar_t *out)
{
	struct slice s = grid_bytes(g, c);
	unsigned n = 0;

	out[0] = L' ';
	out[1] = L'\0';
	if (c->len == 0)
		return !(c->flags & CELL_RTL);
	if (c->flags & (CELL_AMBIGUOUS | CELL_RTL))
		return false;
	while (s.len > 0 && n < CCHARW_MAX) {
		uint32_t cp;

		s = slice_skip(s, utf8_decode(s.p, s.len, &cp));
		if (wcwidth((wchar_t)cp) != (n == 0 ? c->width : 0))
			break;
		out[n++] = (wchar_t)cp;
	}
	if (s.len == 0) {
		out[n] = L'\0';
		return true;
	}
	out[0] = L' ';
	out[1] = L'\0';
	return false;
}

/* True if the row has cells that ncurses doesn't draw. */
static bool
needs_overlay(const struct grid *g, unsigned row)
{
	wchar_t wide[CCHARW_MAX + 1];

	for (unsigned i = 0; i < g->columns; i++) {
		const struct cell *c = grid_cell(g, row, i);

		if (c->width > 0 && !to_wide(g, c, wide))
			return true;
	}
	return false;
}

static void
draw_row(struct screen *s, const struct grid *g, unsigned row)
{
	for (unsigned i = 0; i < g->columns; i++) {
		const struct cell *c = grid_cell(g, row, i);
		struct theme_look look = theme_look(c->style, s->colors);
		wchar_t wide[CCHARW_MAX + 1];
		bool blank;
		cchar_t cc;

		if (c->width == 0)
			continue;
		blank = !to_wide(g, c, wide) || c->len == 0;
		setcchar(
		    &cc, wide, attributes(look.attrs), pair_of(s, &look), NULL);
		mvadd_wch((int)row, (int)i, &cc);
		if (blank && c->width == 2)
			mvadd_wch((int)row, (int)i + 1, &cc);
	}
}

static void
put_position(struct buf *out, unsigned row, unsigned column)
{
	buf_printf(out, CSI "%u;%uH", row + 1, column + 1);
}

static void
put_color(struct buf *out, int color, int base)
{
	if (color >= 8)
		buf_printf(out, ";%d", base + 60 + color - 8);
	else if (color >= 0)
		buf_printf(out, ";%d", base + color);
}

static void
put_style(struct screen *s, struct buf *out, style_t style)
{
	struct theme_look look = theme_look(style, s->colors);

	buf_puts(out, CSI "0");
	if (look.attrs & STYLE_BOLD)
		buf_puts(out, ";1");
	if (look.attrs & STYLE_DIM)
		buf_puts(out, ";2");
	if (look.attrs & STYLE_UNDERLINE)
		buf_puts(out, ";4");
	if (look.attrs & STYLE_REVERSE)
		buf_puts(out, ";7");
	if (s->colors > 0) {
		put_color(out, look.fg, 30);
		put_color(out, look.bg, 40);
	}
	buf_putc(out, 'm');
}

static void
put_cell(struct buf *out, const struct grid *g, const struct cell *c)
{
	struct slice s = grid_bytes(g, c);
	uint32_t cp = ' ';

	if (s.len > 0)
		utf8_decode(s.p, s.len, &cp);
	/* on its own, but a terminal would put it over the cell before */
	if (wcwidth((wchar_t)cp) == 0)
		s = SLICE(REPLACEMENT);
	buf_append_slice(out, s.len > 0 ? s : SLICE(" "));
}

/* Draws the row from its first cell that ncurses didn't draw: whatever the
 * terminal makes of that, what follows is drawn where it belongs. */
static void
overlay_row(struct screen *s, const struct grid *g, unsigned row)
{
	struct buf *out = term_out(s->term);
	style_t style = 0;
	bool started = false, moved = true;

	for (unsigned i = 0; i < g->columns; i++) {
		const struct cell *c = grid_cell(g, row, i);
		wchar_t wide[CCHARW_MAX + 1];
		bool easy;

		if (c->width == 0)
			continue;
		easy = to_wide(g, c, wide);
		if (!started && easy)
			continue;
		if (!started || c->style != style)
			put_style(s, out, c->style);
		style = c->style;
		if (c->flags & CELL_ISOLATE) {
			put_position(out, row, i);
			buf_puts(out, FSI);
			moved = true;
		}
		if (!started || moved || !easy)
			put_position(out, row, i);
		started = true;
		put_cell(out, g, c);
		if (c->flags & CELL_END_ISOLATE)
			buf_puts(out, PDI);
		moved = !easy;
	}
}

static bool
same_row(const struct grid *a, const struct grid *b, unsigned row)
{
	for (unsigned i = 0; i < a->columns; i++) {
		const struct cell *x = grid_cell(a, row, i);
		const struct cell *y = grid_cell(b, row, i);

		if (x->width != y->width || x->flags != y->flags ||
		    x->style != y->style ||
		    !slice_eq(grid_bytes(a, x), grid_bytes(b, y)))
			return false;
	}
	return true;
}

static void
copy_grid(struct grid *to, const struct grid *from)
{
	grid_reset(to, from->rows, from->columns);
	memcpy(to->cells, from->cells,
	    (size_t)from->rows * from->columns * sizeof(*from->cells));
	buf_append_slice(&to->bytes, buf_view(&from->bytes));
	to->cursor_row = from->cursor_row;
	to->cursor_column = from->cursor_column;
	to->cursor = from->cursor;
}

/* Rows to draw, and of these or moved over, those that need an overlay. */
struct plan {
	bool draw[GRID_ROWS_MAX], hard[GRID_ROWS_MAX];
};

/*
 * ncurses may scroll rows when several change, with what it doesn't know of in
 * them: all that have or had such cells are drawn anew then. And moving along
 * the cursor's row it may write what it believes to be there.
 */
static void
plan_rows(struct screen *s, const struct grid *g, struct plan *p)
{
	unsigned n = 0;

	for (unsigned row = 0; row < g->rows; row++) {
		p->draw[row] = s->all || !same_row(g, &s->shown, row);
		p->hard[row] = needs_overlay(g, row);
		n += p->draw[row];
	}
	for (unsigned row = 0; row < g->rows && !s->all; row++) {
		bool was_hard = needs_overlay(&s->shown, row);

		if ((p->hard[row] || was_hard) && n > 1)
			p->draw[row] = true;
		if ((p->hard[row] || was_hard) && p->draw[row])
			wredrawln(stdscr, (int)row, 1);
		p->hard[row] &= p->draw[row] || row == g->cursor_row;
	}
}

/* What ncurses has drawn is in the output; now what it can't. */
static void
draw_overlay(struct screen *s, const struct grid *g, const bool *rows)
{
	struct buf *out = term_out(s->term);
	bool any = false;

	for (unsigned row = 0; row < g->rows; row++) {
		if (!rows[row])
			continue;
		if (!any)
			buf_puts(out, CSI "?7l"); /* no wrapping */
		any = true;
		overlay_row(s, g, row);
	}
	if (!any)
		return;
	buf_puts(out, CSI "0m" CSI "?7h");
	put_position(out, g->cursor_row, g->cursor_column);
}

void
screen_draw(struct screen *s, const struct grid *g)
{
	struct buf *out = term_out(s->term);
	struct plan plan;

	assert(g->rows > 0 && g->rows <= GRID_ROWS_MAX);
	set_term(s->curses);
	if (s->sync)
		buf_puts(out, CSI "?2026h");
	if (g->rows != s->shown.rows || g->columns != s->shown.columns) {
		resizeterm((int)g->rows, (int)g->columns);
		s->all = true;
	}
	if (s->all)
		clearok(stdscr, TRUE);
	plan_rows(s, g, &plan);
	for (unsigned row = 0; row < g->rows; row++)
		if (plan.draw[row])
			draw_row(s, g, row);
	if (g->cursor == s->hidden) {
		curs_set(g->cursor ? 1 : 0);
		s->hidden = !g->cursor;
	}
	move((int)g->cursor_row, (int)g->cursor_column);
	refresh();
	take_output(s, out);
	draw_overlay(s, g, plan.hard);
	if (s->sync)
		buf_puts(out, CSI "?2026l");
	copy_grid(&s->shown, g);
	s->all = false;
}
