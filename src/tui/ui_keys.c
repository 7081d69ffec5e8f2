#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/clean.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "tui/ui_internal.h"

enum { PASTE_MAX = 4 << 20 };

static void
too_long(struct ui *ui)
{
	struct buf b;

	buf_init(&b, 128);
	buf_printf(&b, "no room: a message holds %d bytes", CHAT_TEXT_MAX);
	ui_notice(ui, buf_view(&b));
	buf_deinit(&b);
}

/* What was told or shown for the moment goes with the next key. */
static void
begin(struct ui *ui)
{
	if (ui->notice.len > 0)
		ui_notice(ui, SLICE(""));
	ui_changed(ui);
}

static void
close_help(struct ui *ui)
{
	ui->overlay.shown = false;
}

/* The second of two keys. */
static struct slice
take_key(struct ui *ui, struct slice s)
{
	char name[5] = "";
	uint32_t cp;
	unsigned n = utf8_decode(s.p, s.len, &cp);

	memcpy(name, s.p, n);
	ui_key(ui, name);
	return slice_skip(s, n);
}

static void
tell_typing(struct ui *ui)
{
	struct slice text = buf_view(&ui->editor.text);

	if (text.len > 0 && !slice_starts(text, "/") && !ui->editor.searching &&
	    ui->model.current)
		chat_typing(ui->chat, slice_of(ui->model.current->name));
}

void
ui_text(struct ui *ui, struct slice s)
{
	begin(ui);
	if (ui->keymap.prefix[0])
		s = take_key(ui, s);
	if (s.len == 0)
		return;
	close_help(ui);
	if (ui->prompt != UI_PROMPT_NONE)
		ui_prompt_text(ui, s);
	else if (ui->list.shown)
		ui_notice(ui, SLICE("Enter goes to the message, Esc closes "
				    "the list"));
	else if (ui->selecting)
		ui_select_text(ui, s);
	else if (editor_type(&ui->editor, s))
		too_long(ui);
	else
		tell_typing(ui);
}

/* --- sending ----------------------------------------------------------------
 */

/* Runs or sends what was typed. False: it is wrong. */
static bool
take_line(struct ui *ui, struct slice line)
{
	bool ok;

	if (ui->compose.kind != UI_COMPOSE_MESSAGE &&
	    (!slice_starts(line, "/") || slice_starts(line, "/me ")))
		return ui_compose_send(ui, line);
	ui->in_command = true;
	ok = commands_input(ui->commands, line);
	ui->in_command = false;
	return ok;
}

static void
line_done(struct ui *ui, struct slice line)
{
	if (commands_secret(line) == line.len)
		history_add(&ui->history, line);
	if (slice_starts(line, "/") && !slice_starts(line, "/me "))
		return;
	if (ui->compose.kind == UI_COMPOSE_EDIT) {
		ui_compose_end(ui);
		return;
	}
	ui_compose_end(ui);
	ui_back(ui);
}

static void
send_line(struct ui *ui)
{
	struct slice typed = buf_view(&ui->editor.text);
	struct slice line;
	char *copy;

	if (ui->editor.searching) {
		editor_do(&ui->editor, EDITOR_SEARCH_ACCEPT);
		return;
	}
	while (typed.len > 0 && typed.p[typed.len - 1] == '\n')
		typed.len--;
	if (typed.len == 0)
		return;
	/* taken out first: the command may bring another room's line */
	copy = xstrndup(typed.p, typed.len);
	line = (struct slice){ copy, typed.len };
	editor_set(&ui->editor, SLICE(""));
	if (take_line(ui, line))
		line_done(ui, line);
	else
		editor_set(&ui->editor, line);
	free(copy);
}

void
ui_paste(struct ui *ui, struct slice s, bool cut)
{
	struct buf b;

	begin(ui);
	close_help(ui);
	buf_init(&b, PASTE_MAX);
	if (ui->list.shown || ui->selecting) {
		ui_notice(ui, SLICE("Esc first, to write"));
	} else if (ui->prompt != UI_PROMPT_NONE) {
		clean_line(&b, s, UI_QUERY_MAX / 2);
		ui_prompt_text(ui, buf_view(&b));
	} else if (cut || clean_text(&b, s) ||
		   editor_insert(&ui->editor, buf_view(&b))) {
		too_long(ui);
	}
	buf_deinit(&b);
}

/* --- keys -------------------------------------------------------------------
 */

static void
interrupt(struct ui *ui)
{
	struct slice text = buf_view(&ui->editor.text);

	if (ui->editor.searching) {
		editor_do(&ui->editor, EDITOR_SEARCH_CANCEL);
	} else if (ui->compose.kind != UI_COMPOSE_MESSAGE) {
		ui_compose_end(ui);
	} else if (commands_secret(text) < text.len) {
		editor_set(&ui->editor, SLICE(""));
	} else if (text.len > 0) {
		editor_do(&ui->editor, EDITOR_CLEAR);
	} else {
		ui_notice(ui, SLICE("/quit or Ctrl-D leaves"));
	}
}

static void
cancel(struct ui *ui)
{
	bool searching =
	    ui->editor.searching || complete_active(&ui->complete, &ui->editor);

	editor_do(&ui->editor, EDITOR_SEARCH_CANCEL);
	complete_reset(&ui->complete);
	view_search_end(&ui->view, &ui->model);
	if (searching)
		return;
	if (ui->compose.kind != UI_COMPOSE_MESSAGE)
		ui_compose_end(ui);
	else if (ui->model.window)
		ui_back(ui);
}

static void
edit(struct ui *ui, enum editor_command cmd)
{
	if (editor_do(&ui->editor, cmd))
		too_long(ui);
}

static void
complete(struct ui *ui, int step)
{
	if (!complete_step(
		&ui->complete, &ui->editor, step, ui_complete_source, ui))
		ui_notice(ui, SLICE("nothing to complete"));
}

static void
scroll(struct ui *ui, enum view_move move)
{
	bool upwards =
	    move == VIEW_PAGE_UP || move == VIEW_UP || move == VIEW_TOP;
	bool downwards = move == VIEW_PAGE_DOWN || move == VIEW_DOWN;
	bool moved;

	if (move == VIEW_BOTTOM && ui->model.window) {
		ui_back(ui);
		return;
	}
	moved = view_scroll(&ui->view, &ui->model, move);
	if ((upwards || downwards) && ui->rows > 0) {
		/* where it is now, before it is drawn */
		ui_draw(ui, ui->rows, ui->columns);
		ui_load(ui, upwards, moved);
	}
	if (moved)
		return;
	if (move == VIEW_UNREAD)
		ui_notice(ui, SLICE("nothing is unread here"));
	else if (move == VIEW_PREVIOUS_MENTION || move == VIEW_NEXT_MENTION)
		ui_notice(ui, SLICE("no further mention of you"));
}

static void
go_active(struct ui *ui)
{
	struct room *r = model_next_active(&ui->model);

	if (r)
		ui_switch(ui, r);
	else
		ui_notice(ui, SLICE("nothing is new in other rooms"));
}

/* Keys that move in a long text that is shown; false: not such a key. */
static bool
help_key(struct ui *ui, const struct keymap_binding *b)
{
	struct view_overlay *o = &ui->overlay;
	unsigned by = o->page > 1 ? o->page - 1 : 1;

	if (b->action == ACTION_SCROLL && b->arg == VIEW_PAGE_DOWN)
		o->first += by;
	else if (b->action == ACTION_SCROLL && b->arg == VIEW_PAGE_UP)
		o->first -= o->first < by ? o->first : by;
	else if (b->action == ACTION_SCROLL && b->arg == VIEW_TOP)
		o->first = 0;
	else if (b->action == ACTION_SCROLL && b->arg == VIEW_BOTTOM)
		o->first = 1 << 20; /* the view knows the end */
	else if (b->action == ACTION_EDIT && b->arg == EDITOR_DOWN)
		o->first++;
	else if (b->action == ACTION_EDIT && b->arg == EDITOR_UP)
		o->first -= o->first > 0;
	else if (b->action == ACTION_CANCEL || b->action == ACTION_HELP ||
		 b->action == ACTION_INTERRUPT || b->action == ACTION_SEND)
		close_help(ui);
	else
		return false;
	return true;
}

static void
screen_key(struct ui *ui, const struct keymap_binding *b)
{
	switch (b->action) {
	case ACTION_BARE:
		ui->view.bare = !ui->view.bare;
		break;
	case ACTION_ROOMS_PANE:
		ui->settings.rooms = !ui->settings.rooms;
		break;
	case ACTION_PEOPLE_PANE:
		ui->settings.people = !ui->settings.people;
		break;
	case ACTION_HELP:
		ui_commands_ops.help(ui);
		break;
	case ACTION_REDRAW:
		ui->ops->redraw(ui->arg);
		break;
	case ACTION_SUSPEND:
		ui->ops->suspend(ui->arg);
		break;
	default:
		break;
	}
}

static void
room_key(struct ui *ui, const struct keymap_binding *b)
{
	struct model *m = &ui->model;

	switch (b->action) {
	case ACTION_ROOM:
		ui_switch(ui, model_nth(m, (unsigned)b->arg));
		break;
	case ACTION_ROOM_STEP:
		ui_switch(ui, model_neighbour(m, b->arg));
		break;
	case ACTION_ROOM_ACTIVE:
		go_active(ui);
		break;
	case ACTION_ROOM_LAST:
		ui_switch(ui, m->previous);
		break;
	case ACTION_ROOM_SWITCHER:
		ui_prompt_start(ui, UI_PROMPT_ROOM);
		break;
	default:
		screen_key(ui, b);
		break;
	}
}

static void
act(struct ui *ui, const struct keymap_binding *b)
{
	switch (b->action) {
	case ACTION_NONE:
	case ACTION_PREFIX:
		break;
	case ACTION_EDIT:
		edit(ui, (enum editor_command)b->arg);
		break;
	case ACTION_SEND:
		send_line(ui);
		break;
	case ACTION_COMPLETE:
		complete(ui, b->arg);
		break;
	case ACTION_DELETE_OR_QUIT:
		if (ui->editor.text.len > 0 || ui->editor.searching)
			edit(ui, EDITOR_DELETE_RIGHT);
		else
			ui->ops->quit(ui->arg);
		break;
	case ACTION_INTERRUPT:
		interrupt(ui);
		break;
	case ACTION_CANCEL:
		cancel(ui);
		break;
	case ACTION_EDITOR:
		editor_do(&ui->editor, EDITOR_SEARCH_ACCEPT);
		ui->ops->edit(ui->arg);
		break;
	case ACTION_SCROLL:
		scroll(ui, (enum view_move)b->arg);
		break;
	case ACTION_FIND:
		ui_prompt_start(ui, UI_PROMPT_FIND);
		break;
	case ACTION_SELECT:
		if (ui->editor.searching)
			edit(ui, EDITOR_SEARCH_NEWER);
		else
			ui_select_start(ui);
		break;
	default:
		room_key(ui, b);
		break;
	}
}

void
ui_key(struct ui *ui, const char *name)
{
	const struct keymap_binding *b = keymap_find(&ui->keymap, name);

	begin(ui);
	if (ui->overlay.shown) {
		if (help_key(ui, b))
			return;
		if (b->action != ACTION_PREFIX)
			close_help(ui);
	}
	if (ui->prompt != UI_PROMPT_NONE && b->action != ACTION_PREFIX &&
	    ui_prompt_key(ui, b))
		return;
	if (ui->list.shown && b->action != ACTION_PREFIX) {
		if (ui_list_key(ui, b))
			return;
		ui_list_close(ui);
	}
	if (ui->selecting && ui_select_key(ui, b))
		return;
	act(ui, b);
}
