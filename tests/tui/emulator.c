#include "config.h"

#include "emulator.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "tui/text.h"

void
emulator_init(struct emulator *e, unsigned rows, unsigned columns)
{
	*e = (struct emulator){
		.rows = rows,
		.columns = columns,
		.bottom = rows - 1,
		.look = { -1, -1, false, false, false, false },
	};
	e->cells = xcalloc((size_t)rows * columns, sizeof(*e->cells));
	for (size_t i = 0; i < (size_t)rows * columns; i++)
		e->cells[i] = (struct emulator_cell){
			.width = 1,
			.look = e->look,
		};
}

void
emulator_deinit(struct emulator *e)
{
	free(e->cells);
	e->cells = NULL;
}

struct emulator_cell *
emulator_cell(const struct emulator *e, unsigned row, unsigned column)
{
	return &e->cells[(size_t)row * e->columns + column];
}

static void
complain(struct emulator *e, const char *what, const char *p, size_t len)
{
	size_t n;

	if (e->error[0] != '\0')
		return;
	n = (size_t)snprintf(e->error, sizeof(e->error), "%s:", what);
	for (size_t i = 0; i < len && n + 4 < sizeof(e->error); i++)
		n += (size_t)snprintf(e->error + n, sizeof(e->error) - n,
		    " %02x", (unsigned char)p[i]);
}

/* Blank, with the ground of now. */
static void
erase(struct emulator *e, unsigned row, unsigned from, unsigned end)
{
	for (unsigned i = from; i < end && i < e->columns; i++) {
		struct emulator_cell *c = emulator_cell(e, row, i);

		if (i == from && c->width == 0 && i > 0) {
			c[-1].s[0] = '\0';
			c[-1].len = 0;
			c[-1].width = 1;
		}
		if (c->width == 2 && i + 1 < e->columns) {
			c[1].s[0] = '\0';
			c[1].len = 0;
			c[1].width = 1;
		}
		*c = (struct emulator_cell){
			.width = 1,
			.look = { -1, e->look.bg, false, false, false, false },
		};
	}
}

/* Rows of the scrolling region move up (n > 0) or down. */
static void
scroll(struct emulator *e, int n)
{
	for (; n > 0; n--) {
		for (unsigned i = e->top; i < e->bottom; i++)
			memcpy(emulator_cell(e, i, 0),
			    emulator_cell(e, i + 1, 0),
			    e->columns * sizeof(*e->cells));
		erase(e, e->bottom, 0, e->columns);
	}
	for (; n < 0; n++) {
		for (unsigned i = e->bottom; i > e->top; i--)
			memcpy(emulator_cell(e, i, 0),
			    emulator_cell(e, i - 1, 0),
			    e->columns * sizeof(*e->cells));
		erase(e, e->top, 0, e->columns);
	}
}

static void
append(struct emulator_cell *c, const char *p, size_t len)
{
	if (c->len + len >= sizeof(c->s))
		return;
	memcpy(c->s + c->len, p, len);
	c->len += (unsigned)len;
	c->s[c->len] = '\0';
}

static void
print(struct emulator *e, const char *p, size_t len, unsigned width)
{
	struct emulator_cell *c;

	if (width == 0) { /* over the one before */
		unsigned at = e->column;

		if (!e->wrap_next && at > 0)
			at--;
		c = emulator_cell(e, e->row, at);
		if (c->width == 0)
			c--;
		if (c->len == 0)
			append(c, " ", 1);
		append(c, p, len);
		return;
	}
	if (e->wrap_next && !e->no_wrap) {
		complain(e, "wraps", p, len);
		e->wrap_next = false;
	}
	if (e->column + width > e->columns) {
		if (!e->no_wrap)
			complain(e, "wraps", p, len);
		e->column = e->columns - width;
	}
	erase(e, e->row, e->column, e->column + width);
	c = emulator_cell(e, e->row, e->column);
	c->look = e->look;
	c->width = width;
	if (len > 1 || p[0] != ' ')
		append(c, p, len);
	if (width == 2)
		c[1] = (struct emulator_cell){ .width = 0, .look = e->look };
	e->column += width;
	e->wrap_next = e->column == e->columns;
	if (e->wrap_next)
		e->column--;
}

static unsigned
width_of(const struct emulator *e, uint32_t cp)
{
	int w = wcwidth((wchar_t)cp);

	if (cp == 0x2068 || cp == 0x2069)
		return 0;
	if (e->opinion == EMULATOR_NARROW_EMOJI && cp >= 0x1f000)
		return w != 0;
	return w < 0 ? 1 : (unsigned)w; /* -1: newer than the C library */
}

/* Bytes at the front of s, valid UTF-8, printed. */
static size_t
print_some(struct emulator *e, struct slice s)
{
	struct text_cluster cl;
	uint32_t cp;
	size_t n = utf8_decode(s.p, s.len, &cp);

	if (n == 1 && (unsigned char)s.p[0] >= 0x80) {
		complain(e, "invalid UTF-8", s.p, 1);
		return 1;
	}
	if (cp >= 0x80 && cp < 0xa0) {
		complain(e, "a C1 control", s.p, n);
		return n;
	}
	if (e->opinion != EMULATOR_AGREES || cp == 0x2068 || cp == 0x2069) {
		print(e, s.p, n, width_of(e, cp));
		return n;
	}
	n = text_next(s, &cl);
	print(e, cl.bytes.p, cl.bytes.len, cl.width);
	return n;
}

static void
set_look(struct emulator *e, const int *v, unsigned n)
{
	struct emulator_look *l = &e->look;

	for (unsigned i = 0; i < n; i++) {
		if (v[i] == 0)
			*l = (struct emulator_look){ .fg = -1, .bg = -1 };
		else if (v[i] == 1)
			l->bold = true;
		else if (v[i] == 2)
			l->dim = true;
		else if (v[i] == 4)
			l->underline = true;
		else if (v[i] == 7)
			l->reverse = true;
		else if (v[i] == 22)
			l->bold = l->dim = false;
		else if (v[i] == 24)
			l->underline = false;
		else if (v[i] == 27)
			l->reverse = false;
		else if (v[i] >= 30 && v[i] < 38)
			l->fg = v[i] - 30;
		else if (v[i] == 39)
			l->fg = -1;
		else if (v[i] >= 40 && v[i] < 48)
			l->bg = v[i] - 40;
		else if (v[i] == 49)
			l->bg = -1;
		else if (v[i] >= 90 && v[i] < 98)
			l->fg = v[i] - 82;
		else if (v[i] >= 100 && v[i] < 108)
			l->bg = v[i] - 92;
		else
			complain(e, "SGR", (const char *)&v[i], 1);
	}
}

static bool
set_mode(struct emulator *e, int mode, bool on)
{
	switch (mode) {
	case 7:
		e->no_wrap = !on;
		e->wrap_next = false;
		return true;
	case 12: /* blinking */
		return true;
	case 25:
		e->hidden = !on;
		return true;
	case 1004:
		e->focus = on;
		return true;
	case 1049:
		e->alternate = on;
		return true;
	case 2004:
		e->paste = on;
		return true;
	case 2026:
		e->sync = on;
		return true;
	default:
		return false;
	}
}

static void
move_to(struct emulator *e, int row, int column)
{
	if (row < 0 || column < 0 || row >= (int)e->rows ||
	    column >= (int)e->columns) {
		if (e->error[0] == '\0')
			snprintf(e->error, sizeof(e->error), "moves to %d,%d",
			    row, column);
		return;
	}
	e->row = (unsigned)row;
	e->column = (unsigned)column;
	e->wrap_next = false;
}

/* The sequences that move the cursor. */
static bool
move(struct emulator *e, char final, int count, int second)
{
	int row = (int)e->row, column = (int)e->column;

	switch (final) {
	case 'A':
		move_to(e, row - count, column);
		return true;
	case 'B':
		move_to(e, row + count, column);
		return true;
	case 'C':
		move_to(e, row, column + count);
		return true;
	case 'D':
		move_to(e, row, column - count);
		return true;
	case 'G':
		move_to(e, row, count - 1);
		return true;
	case 'd':
		move_to(e, count - 1, column);
		return true;
	case 'H':
		move_to(e, count - 1, second - 1);
		return true;
	default:
		return false;
	}
}

/* CSI parameters final. */
static bool
control(struct emulator *e, char kind, const int *v, unsigned n, char final)
{
	int first = n > 0 ? v[0] : 0, count = first > 0 ? first : 1;
	int row = (int)e->row, top = (int)e->top;

	if (kind == '?') {
		if (final != 'h' && final != 'l')
			return false;
		for (unsigned i = 0; i < n; i++)
			if (!set_mode(e, v[i], final == 'h'))
				return false;
		return true;
	}
	if (move(e, final, count, n > 1 && v[1] > 0 ? v[1] : 1))
		return true;
	switch (final) {
	case 'J':
		for (int i = row + 1; first == 0 && i < (int)e->rows; i++)
			erase(e, (unsigned)i, 0, e->columns);
		for (int i = 0; first == 2 && i < (int)e->rows; i++)
			erase(e, (unsigned)i, 0, e->columns);
		if (first == 0)
			erase(e, e->row, e->column, e->columns);
		return first == 0 || first == 2;
	case 'K':
		erase(e, e->row, first == 0 ? e->column : 0,
		    first == 1 ? e->column + 1 : e->columns);
		return first <= 2;
	case 'X':
		erase(e, e->row, e->column, e->column + (unsigned)count);
		return true;
	case 'm':
		set_look(e, v, n > 0 ? n : 1);
		return true;
	case 'L':
	case 'M':
		if (e->row < e->top || e->row > e->bottom)
			return true;
		e->top = e->row;
		scroll(e, final == 'L' ? -count : count);
		e->top = (unsigned)top;
		return true;
	case 'S':
		scroll(e, count);
		return true;
	case 'T':
		scroll(e, -count);
		return true;
	case 'r':
		e->top = n > 0 ? (unsigned)count - 1 : 0;
		e->bottom = n > 1 ? (unsigned)v[1] - 1 : e->rows - 1;
		move_to(e, 0, 0);
		return e->top < e->bottom && e->bottom < e->rows;
	case 'l': /* replace, not insert */
		return first == 4;
	case 't': /* xterm's smcup and rmcup keep the title */
		return n == 3 && (first == 22 || first == 23);
	default:
		return false;
	}
}

static bool
parse_control(struct emulator *e, const char *p, unsigned len)
{
	int v[EMULATOR_PARAMS] = { 0 };
	unsigned n = 0, i = 2;
	char kind = '\0';

	if (i < len - 1 && p[i] == '?')
		kind = p[i++];
	for (; i < len - 1; i++) {
		if (n == 0)
			n = 1;
		if (p[i] >= '0' && p[i] <= '9')
			v[n - 1] = v[n - 1] * 10 + p[i] - '0';
		else if (p[i] == ';' && n < EMULATOR_PARAMS)
			n++;
		else
			return false;
	}
	return control(e, kind, v, n, p[len - 1]);
}

/* Takes the sequence held, if it is complete. */
static void
sequence(struct emulator *e)
{
	const char *p = e->held;
	unsigned n = e->n_held;
	char last = p[n - 1];

	if (n < 2)
		return;
	if (p[1] == '[') {
		if (n == 2 || (last >= ' ' && last < '@')) {
			if (n == sizeof(e->held)) {
				complain(e, "endless", p, n);
				e->n_held = 0;
			}
			return;
		}
		if (!parse_control(e, p, n))
			complain(e, "unknown sequence", p, n);
	} else if (p[1] == '(') {
		if (n == 2)
			return;
		if (last != 'B')
			complain(e, "character set", p, n);
	} else if (p[1] == 'M') {
		if (e->row == e->top)
			scroll(e, -1);
		else
			move_to(e, (int)e->row - 1, (int)e->column);
	} else {
		complain(e, "unknown sequence", p, n);
	}
	e->n_held = 0;
}

static void
c0(struct emulator *e, char c)
{
	int row = (int)e->row, column = (int)e->column;

	switch (c) {
	case '\a':
		e->bells++;
		break;
	case '\b':
		move_to(e, row, column - 1);
		break;
	case '\n':
		if (e->row == e->bottom)
			scroll(e, 1);
		else
			move_to(e, row + 1, column);
		break;
	case '\r':
		move_to(e, row, 0);
		break;
	default:
		complain(e, "a control", &c, 1);
	}
}

/* Prints the text held but, unless all is wanted, its last cluster, which may
 * go on. */
static void
text(struct emulator *e, bool all)
{
	struct slice s = { e->held, e->n_held };
	struct text_cluster cl;
	unsigned n = 0;

	while (s.len > 0) {
		size_t cluster = text_next(s, &cl), used;

		if (!all && cluster == s.len)
			break;
		used = print_some(e, s);
		s = slice_skip(s, used);
		n += (unsigned)used;
	}
	memmove(e->held, e->held + n, e->n_held - n);
	e->n_held -= n;
}

void
emulator_flush(struct emulator *e)
{
	if (e->n_held > 0 && e->held[0] == '\033')
		complain(e, "incomplete", e->held, e->n_held);
	else
		text(e, true);
	e->n_held = 0;
}

void
emulator_feed(struct emulator *e, const char *p, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)p[i];
		bool in_sequence = e->n_held > 0 && e->held[0] == '\033';

		if (in_sequence) {
			if (c < ' ' || c >= 0x7f) {
				complain(e, "in a sequence", &p[i], 1);
				e->n_held = 0;
				continue;
			}
			e->held[e->n_held++] = (char)c;
			sequence(e);
			continue;
		}
		if (c < ' ' || c == 0x7f) {
			text(e, true);
			if (c == '\033')
				e->held[e->n_held++] = '\033';
			else
				c0(e, (char)c);
			continue;
		}
		if (c >= 0xc0 && e->n_held > sizeof(e->held) / 2)
			text(e, false);
		if (e->n_held == sizeof(e->held)) {
			complain(e, "endless cluster", e->held, e->n_held);
			e->n_held = 0;
		}
		e->held[e->n_held++] = (char)c;
		if (c < 0x80)
			text(e, false);
	}
}
