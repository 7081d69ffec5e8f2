#include "config.h"

#include "tui/editor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "tui/text.h"
#include "tui/words.h"

void
editor_init(struct editor *e, size_t max, struct history *h)
{
	*e = (struct editor){ .history = h, .last = -1 };
	buf_init(&e->text, max);
	buf_init(&e->query, EDITOR_QUERY_MAX);
}

static void
state_drop(struct editor_state *st)
{
	free(st->p);
	*st = (struct editor_state){ 0 };
}

static void
state_save(const struct editor *e, struct editor_state *st)
{
	struct slice text = buf_view(&e->text);

	free(st->p);
	st->p = xstrndup(text.p, text.len);
	st->len = text.len;
	st->cursor = e->cursor;
}

static void
undo_clear(struct editor *e)
{
	while (e->n_undo > 0)
		state_drop(&e->undo[--e->n_undo]);
}

void
editor_deinit(struct editor *e)
{
	undo_clear(e);
	state_drop(&e->draft);
	state_drop(&e->before);
	killring_deinit(&e->kills);
	buf_deinit(&e->text);
	buf_deinit(&e->query);
}

static void
undo_push(struct editor *e)
{
	if (e->n_undo == EDITOR_UNDO_MAX) {
		state_drop(&e->undo[0]);
		memmove(e->undo, e->undo + 1,
		    (EDITOR_UNDO_MAX - 1) * sizeof(e->undo[0]));
		e->n_undo--;
		e->undo[e->n_undo] = (struct editor_state){ 0 };
	}
	state_save(e, &e->undo[e->n_undo++]);
}

/* Bytes [from, to) of the text. */
static struct slice
part(const struct editor *e, size_t from, size_t to)
{
	return (struct slice){ buf_view(&e->text).p + from, to - from };
}

static size_t
line_start(const struct editor *e, size_t at)
{
	while (at > 0 && e->text.p[at - 1] != '\n')
		at--;
	return at;
}

static size_t
line_end(const struct editor *e, size_t at)
{
	while (at < e->text.len && e->text.p[at] != '\n')
		at++;
	return at;
}

static size_t
next_at(const struct editor *e, size_t at)
{
	struct text_cluster cl;

	if (at < e->text.len)
		at += text_next(part(e, at, e->text.len), &cl);
	return at;
}

static size_t
prev_at(const struct editor *e, size_t at)
{
	return at > 0 ? at - text_prev(part(e, 0, at)) : 0;
}

/* What was changed may have joined with what is behind it. */
static void
put_cursor(struct editor *e, size_t at)
{
	e->cursor = line_start(e, at);
	while (e->cursor < at)
		e->cursor = next_at(e, e->cursor);
}

static bool
has_room(const struct editor *e, size_t removed, size_t added)
{
	return e->text.len - removed + added <= e->text.max;
}

/* As editor_replace, but undo is the caller's affair and there is room. */
static void
splice(struct editor *e, size_t from, size_t to, struct slice s)
{
	size_t tail = e->text.len - to;

	if (s.len > to - from)
		buf_reserve(&e->text, s.len - (to - from));
	if (e->text.p) {
		memmove(e->text.p + from + s.len, e->text.p + to, tail);
		memcpy(e->text.p + from, s.p, s.len);
	}
	e->text.len = from + s.len + tail;
	e->changes++;
	put_cursor(e, from + s.len);
}

static void
state_restore(struct editor *e, struct editor_state *st)
{
	splice(e, 0, e->text.len, (struct slice){ st->p, st->len });
	e->cursor = st->cursor;
	state_drop(st);
}

int
editor_replace(struct editor *e, size_t from, size_t to, struct slice s)
{
	if (!has_room(e, to - from, s.len))
		return -ENOBUFS;
	if (s.len == 0 && from == to)
		return 0;
	undo_push(e);
	splice(e, from, to, s);
	e->last = -1;
	e->typing = false;
	return 0;
}

int
editor_set(struct editor *e, struct slice s)
{
	if (s.len > e->text.max)
		return -ENOBUFS;
	if (e->searching)
		state_drop(&e->before);
	e->searching = false;
	if (s.len > 0)
		undo_push(e);
	else
		undo_clear(e);
	state_drop(&e->draft);
	e->recalled = 0;
	splice(e, 0, e->text.len, s);
	e->last = -1;
	e->typing = false;
	return 0;
}

/* --- the history --------------------------------------------------------- */

/* The one that moving up and down aims at. */
static void
keep_column(struct editor *e)
{
	e->column = text_width(part(e, line_start(e, e->cursor), e->cursor));
}

static void
recall(struct editor *e, unsigned n)
{
	if (e->recalled == 0) {
		state_save(e, &e->draft);
	} else if (!slice_eq(buf_view(&e->text),
		       history_get(e->history, e->recalled - 1))) {
		undo_push(e);
	}
	e->recalled = n;
	if (n == 0)
		state_restore(e, &e->draft);
	else
		splice(e, 0, e->text.len, history_get(e->history, n - 1));
	keep_column(e);
}

/* Up or down a line; false if there is none. */
static bool
move_line(struct editor *e, bool up)
{
	size_t start = line_start(e, e->cursor);
	size_t end = line_end(e, e->cursor);

	if (up ? start == 0 : end == e->text.len)
		return false;
	if (e->last != EDITOR_UP && e->last != EDITOR_DOWN)
		keep_column(e);
	if (up) {
		end = start - 1;
		start = line_start(e, end);
	} else {
		start = end + 1;
		end = line_end(e, start);
	}
	e->cursor = start + text_fit(part(e, start, end), e->column);
	return true;
}

static void
up(struct editor *e)
{
	if (!move_line(e, true) && e->recalled < e->history->n)
		recall(e, e->recalled + 1);
}

static void
down(struct editor *e)
{
	if (!move_line(e, false) && e->recalled > 0)
		recall(e, e->recalled - 1);
}

static void
search_show(struct editor *e, unsigned from, bool newer)
{
	size_t at;

	if (e->query.len == 0) {
		e->found = true;
		return;
	}
	e->found =
	    history_search(e->history, buf_view(&e->query), newer, &from, &at);
	if (!e->found)
		return;
	e->match = from;
	splice(e, 0, e->text.len, history_get(e->history, from));
	put_cursor(e, at);
}

static void
search_older(struct editor *e)
{
	if (e->searching) {
		search_show(e, e->match + (e->found ? 1 : 0), false);
		return;
	}
	state_save(e, &e->before);
	buf_clear(&e->query);
	e->searching = e->found = true;
	e->match = 0;
}

static void
search_newer(struct editor *e)
{
	if (e->searching && e->match > 0)
		search_show(e, e->match - 1, true);
}

static void
search_cancel(struct editor *e)
{
	if (!e->searching)
		return;
	e->searching = false;
	state_restore(e, &e->before);
}

static void
search_accept(struct editor *e)
{
	struct editor_state match = { 0 };

	if (!e->searching)
		return;
	e->searching = false;
	state_save(e, &match);
	state_restore(e, &e->before);
	if (!slice_eq(buf_view(&e->text), (struct slice){ match.p, match.len }))
		recall(e, e->match + 1);
	put_cursor(e, match.cursor);
	state_drop(&match);
}

static void
search_shorten(struct editor *e)
{
	struct slice q = buf_view(&e->query);
	struct slice before = { e->before.p, e->before.len };

	if (q.len > 0)
		e->query.len -= text_prev(q);
	splice(e, 0, e->text.len, before);
	e->cursor = e->before.cursor;
	search_show(e, 0, false);
}

/* --- killing ---------------------------------------------------------- */

static size_t
word_left(const struct editor *e, enum words_kind kind)
{
	return words_left(buf_view(&e->text), e->cursor, kind);
}

static size_t
word_right(const struct editor *e)
{
	return words_right(buf_view(&e->text), e->cursor, WORDS_ALNUM);
}

static void
kill_text(struct editor *e, size_t from, size_t to)
{
	if (from == to)
		return;
	/* kills one after the other make one entry */
	if (e->last >= EDITOR_KILL_WORD_LEFT &&
	    e->last <= EDITOR_KILL_LINE_END && e->kills.n > 0)
		killring_join(&e->kills, part(e, from, to), from < e->cursor);
	else
		killring_push(&e->kills, part(e, from, to));
	undo_push(e);
	splice(e, from, to, SLICE(""));
}

static void
kill_line(struct editor *e, bool left)
{
	size_t at = e->cursor;
	size_t to = left ? line_start(e, at) : line_end(e, at);

	/* from an edge on: joins two lines */
	if (to == at && left && to > 0)
		to--;
	if (to == at && !left && to < e->text.len)
		to++;
	kill_text(e, left ? to : at, left ? at : to);
}

static int
yank(struct editor *e, bool pop)
{
	size_t from = pop ? e->yank_from : e->cursor;
	size_t to = pop ? e->yank_to : e->cursor;
	unsigned at = pop ? e->kill_at + 1 : 0;
	struct slice kill;

	if (e->kills.n == 0)
		return 0;
	at %= e->kills.n;
	kill = e->kills.kills[at];
	if (!has_room(e, to - from, kill.len))
		return -ENOBUFS;
	undo_push(e);
	splice(e, from, to, kill);
	e->kill_at = at;
	e->yank_from = from;
	e->yank_to = from + kill.len;
	e->yank_changes = e->changes;
	return 0;
}

/* --- the rest --------------------------------------------------------------
 */

static void
delete_text(struct editor *e, enum editor_command cmd, size_t from, size_t to)
{
	if (from == to)
		return;
	if (e->last != (int)cmd)
		undo_push(e);
	splice(e, from, to, SLICE(""));
}

static void
transpose(struct editor *e)
{
	size_t start = line_start(e, e->cursor), mid = e->cursor;
	size_t left, end;
	struct buf b;

	if (mid == line_end(e, mid) && mid > start)
		mid = prev_at(e, mid);
	if (mid == start)
		return;
	left = prev_at(e, mid);
	end = next_at(e, mid);
	buf_init(&b, end - left);
	buf_append_slice(&b, part(e, mid, end));
	buf_append_slice(&b, part(e, left, mid));
	undo_push(e);
	splice(e, left, end, buf_view(&b));
	buf_deinit(&b);
}

static int
change_case(struct editor *e, enum words_case to)
{
	size_t from = e->cursor, end = word_right(e);
	struct buf b;
	int r;

	buf_init(&b, 2 * (end - from)); /* no mapping is longer */
	words_in_case(part(e, from, end), to, &b);
	r = editor_replace(e, from, end, buf_view(&b));
	buf_deinit(&b);
	return r;
}

static void
clear(struct editor *e)
{
	history_add(e->history, buf_view(&e->text));
	editor_set(e, SLICE(""));
}

static int
change(struct editor *e, enum editor_command cmd)
{
	switch (cmd) {
	case EDITOR_UP:
		up(e);
		break;
	case EDITOR_DOWN:
		down(e);
		break;
	case EDITOR_UNDO:
		if (e->n_undo > 0)
			state_restore(e, &e->undo[--e->n_undo]);
		break;
	case EDITOR_CLEAR:
		clear(e);
		break;
	case EDITOR_DELETE_LEFT:
		delete_text(e, cmd, prev_at(e, e->cursor), e->cursor);
		break;
	case EDITOR_DELETE_RIGHT:
		delete_text(e, cmd, e->cursor, next_at(e, e->cursor));
		break;
	case EDITOR_KILL_WORD_LEFT:
		kill_text(e, word_left(e, WORDS_ALNUM), e->cursor);
		break;
	case EDITOR_KILL_WORD_RIGHT:
		kill_text(e, e->cursor, word_right(e));
		break;
	case EDITOR_KILL_SPACE_LEFT:
		kill_text(e, word_left(e, WORDS_DARK), e->cursor);
		break;
	case EDITOR_KILL_LINE_START:
		kill_line(e, true);
		break;
	case EDITOR_KILL_LINE_END:
		kill_line(e, false);
		break;
	case EDITOR_YANK:
		return yank(e, false);
	case EDITOR_YANK_POP:
		/* nothing else has come between */
		if ((e->last == EDITOR_YANK || e->last == EDITOR_YANK_POP) &&
		    e->changes == e->yank_changes)
			return yank(e, true);
		break;
	case EDITOR_TRANSPOSE:
		transpose(e);
		break;
	case EDITOR_UPPER:
		return change_case(e, WORDS_UPPER);
	case EDITOR_LOWER:
		return change_case(e, WORDS_LOWER);
	case EDITOR_CAPITALIZE:
		return change_case(e, WORDS_CAPITALIZED);
	case EDITOR_NEWLINE:
		return editor_replace(e, e->cursor, e->cursor, SLICE("\n"));
	default:
		break;
	}
	return 0;
}

/* Where cmd moves the cursor. */
static size_t
target(const struct editor *e, enum editor_command cmd)
{
	switch (cmd) {
	case EDITOR_LEFT:
		return prev_at(e, e->cursor);
	case EDITOR_RIGHT:
		return next_at(e, e->cursor);
	case EDITOR_WORD_LEFT:
		return word_left(e, WORDS_ALNUM);
	case EDITOR_WORD_RIGHT:
		return word_right(e);
	case EDITOR_LINE_START:
		return line_start(e, e->cursor);
	case EDITOR_LINE_END:
		return line_end(e, e->cursor);
	default:
		return e->cursor;
	}
}

/* False if cmd has nothing to do with the search. */
static bool
search(struct editor *e, enum editor_command cmd)
{
	switch (cmd) {
	case EDITOR_SEARCH:
		search_older(e);
		break;
	case EDITOR_SEARCH_NEWER:
		search_newer(e);
		break;
	case EDITOR_SEARCH_ACCEPT:
		search_accept(e);
		break;
	case EDITOR_SEARCH_CANCEL:
		search_cancel(e);
		break;
	case EDITOR_DELETE_LEFT:
		if (!e->searching)
			return false;
		search_shorten(e);
		break;
	default:
		return false;
	}
	return true;
}

int
editor_do(struct editor *e, enum editor_command cmd)
{
	int r = 0;

	if (!search(e, cmd)) {
		search_accept(e);
		e->cursor = target(e, cmd);
		r = change(e, cmd);
	}
	e->last = r ? -1 : (int)cmd;
	e->typing = false;
	return r;
}

int
editor_type(struct editor *e, struct slice s)
{
	bool space;

	if (e->searching) {
		if (buf_append_slice(&e->query, s))
			return -ENOBUFS;
		search_show(e, e->match, false);
		return 0;
	}
	if (!has_room(e, 0, s.len))
		return -ENOBUFS;
	/* a word at a time */
	space = e->cursor > 0 &&
		!words_at(buf_view(&e->text), e->cursor - 1, WORDS_DARK);
	if (!e->typing || (space && !slice_is(s, " ")))
		undo_push(e);
	splice(e, e->cursor, e->cursor, s);
	e->last = -1;
	e->typing = true;
	return 0;
}

int
editor_insert(struct editor *e, struct slice s)
{
	search_accept(e);
	return editor_replace(e, e->cursor, e->cursor, s);
}
