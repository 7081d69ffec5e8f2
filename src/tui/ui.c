#include "config.h"

#include "tui/ui.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clean.h"
#include "base/clock.h"
#include "base/mem.h"
#include "tui/text.h"
#include "tui/ui_internal.h"

enum { HELP_MAX = 1 << 16 };

/* --- rooms -----------------------------------------------------------------
 */

static struct ui_draft *
draft_of(struct ui *ui, const char *room)
{
	struct ui_draft *d;

	LIST_FOREACH (d, &ui->drafts, link)
		if (!strcmp(d->room, room))
			return d;
	return NULL;
}

static void
draft_free(struct ui_draft *d)
{
	LIST_REMOVE(d, link);
	free(d->room);
	free(d->text);
	free(d);
}

static void
draft_keep(struct ui *ui)
{
	struct slice text = buf_view(&ui->editor.text);
	struct ui_draft *d;

	if (text.len == 0 || !ui->room_key)
		return;
	d = xcalloc(1, sizeof(*d));
	d->room = xstrndup(ui->room_key, strlen(ui->room_key));
	d->text = xstrndup(text.p, text.len);
	d->len = text.len;
	LIST_INSERT_HEAD(&ui->drafts, d, link);
}

static void
draft_take(struct ui *ui)
{
	struct ui_draft *d = draft_of(ui, ui->room_key);

	if (!d)
		return;
	editor_set(&ui->editor, (struct slice){ d->text, d->len });
	draft_free(d);
}

void
ui_room_changed(struct ui *ui)
{
	const char *key = ui->model.current ? ui->model.current->key : NULL;

	if (!key || (ui->room_key && !strcmp(key, ui->room_key)))
		return;
	ui_compose_end(ui);
	/* what was typed before there was a room goes along */
	if (ui->room_key) {
		editor_do(&ui->editor, EDITOR_SEARCH_CANCEL);
		draft_keep(ui);
		editor_set(&ui->editor, SLICE(""));
	}
	free(ui->room_key);
	ui->room_key = xstrndup(key, strlen(key));
	draft_take(ui);
	complete_reset(&ui->complete);
	ui_changed(ui);
}

void
ui_switch(struct ui *ui, struct room *r)
{
	if (!r)
		return;
	if (ui->selecting)
		ui_select_end(ui);
	model_switch(&ui->model, r);
	ui_room_changed(ui);
	ui_changed(ui);
}

void
ui_close_room(struct ui *ui, struct room *r)
{
	if (ui->selecting)
		ui_select_end(ui);
	ui_fresh_end(ui);
	if (ui->prompt == UI_PROMPT_ROOM) /* has names of rooms */
		ui_prompt_start(ui, UI_PROMPT_NONE);
	model_close(&ui->model, r);
	ui_room_changed(ui);
}

struct room *
ui_go_into(struct ui *ui, struct slice name)
{
	struct room *lobby = model_room(&ui->model, SLICE(MODEL_LOBBY));
	struct room *r = ui_room_of(ui, name, SLICE(""));

	if (!r)
		return NULL;
	ui_switch(ui, r);
	if (lobby && lobby != r)
		ui_close_room(ui, lobby);
	return r;
}

/* --- telling ---------------------------------------------------------------
 */

void
ui_changed(struct ui *ui)
{
	loop_defer(ui->loop, &ui->draw);
}

void
ui_clean_name(struct buf *out, struct slice name)
{
	clean_line(out, name, UI_NAME_MAX);
}

void
ui_set_nick(struct ui *ui, const char *nick)
{
	struct buf b;

	buf_init(&b, UI_LINE_MAX);
	ui_clean_name(&b, slice_of(nick));
	model_set_nick(&ui->model, buf_view(&b));
	buf_deinit(&b);
}

void
ui_notice(struct ui *ui, struct slice line)
{
	buf_clear(&ui->notice);
	clean_line(&ui->notice, line, UI_LINE_MAX - 4);
	ui_changed(ui);
}

void
ui_tell(struct ui *ui, struct room *r, enum line_kind kind, struct slice text)
{
	struct model_line l = {
		.kind = kind, .at = clock_wall_ms(), .text = text
	};

	if (!r)
		r = ui->model.current;
	if (r)
		model_add(&ui->model, r, &l);
	ui_changed(ui);
}

void
ui_fresh(struct ui *ui, struct room *r)
{
	ui_fresh_end(ui);
	ui->fresh = r;
	if (r->lines.n > UI_ASIDE_MAX)
		return;
	while (r->lines.n > 0)
		ui->aside[ui->n_aside++] = model_take_off(r);
}

void
ui_fresh_end(struct ui *ui)
{
	for (unsigned i = 0; i < ui->n_aside; i++)
		scrollback_take(&ui->fresh->lines, ui->aside[i]);
	ui->n_aside = 0;
	ui->fresh = NULL;
}

/* --- life ------------------------------------------------------------------
 */

static void
end_of_turn(struct loop_task *t)
{
	struct ui *ui = container_of(t, struct ui, draw);

	ui_fresh_end(ui);
	ui->ops->draw(ui->arg);
}

/* They are joined by the chat. */
static void
open_rooms(struct ui *ui)
{
	if (ui->opt.n_rooms == 0)
		ui_room_of(ui, SLICE(MODEL_LOBBY), SLICE(""));
	for (unsigned i = 0; i < ui->opt.n_rooms; i++)
		ui_room_of(ui, slice_of(ui->opt.rooms[i]), SLICE(""));
	if (ui->opt.n_rooms > 0)
		ui_switch(
		    ui, ui_room_of(ui, slice_of(ui->opt.rooms[0]), SLICE("")));
}

struct ui *
ui_new(struct loop *loop, const struct ui_options *opt,
    const struct ui_ops *ops, void *arg)
{
	struct ui *ui = xcalloc(1, sizeof(*ui));

	ui->loop = loop;
	ui->opt = *opt;
	ui->ops = ops;
	ui->arg = arg;
	ui->draw.run = end_of_turn;
	model_init(&ui->model);
	view_init(&ui->view);
	history_init(&ui->history);
	editor_init(&ui->editor, CHAT_TEXT_MAX, &ui->history);
	complete_init(&ui->complete);
	settings_init(&ui->settings);
	buf_init(&ui->help, HELP_MAX);
	buf_init(&ui->notice, UI_LINE_MAX);
	buf_init(&ui->query, UI_QUERY_MAX);
	buf_init(&ui->texts, 8 * UI_LINE_MAX);
	LIST_INIT(&ui->drafts);
	LIST_INIT(&ui->requests);
	ui_set_nick(ui, opt->nick);
	open_rooms(ui);
	return ui;
}

void
ui_start(struct ui *ui, struct chat *chat)
{
	ui->chat = chat;
	ui->commands = commands_new(chat, &ui_commands_ops, ui, &ui->settings);
	ui_tell(ui, NULL, LINE_INFO,
	    SLICE("F1 is help; Enter sends, /quit leaves"));
}

void
ui_free(struct ui *ui)
{
	if (ui->commands)
		commands_free(ui->commands);
	while (!LIST_EMPTY(&ui->drafts))
		draft_free(LIST_FIRST(&ui->drafts));
	ui_fresh_end(ui);
	ui_requests_free(ui);
	ui_list_close(ui);
	loop_cancel(ui->loop, &ui->draw);
	free(ui->compose.nick);
	free(ui->compose.draft);
	free(ui->room_key);
	free(ui->problem);
	complete_reset(&ui->complete);
	editor_deinit(&ui->editor);
	history_deinit(&ui->history);
	view_deinit(&ui->view);
	model_deinit(&ui->model);
	buf_deinit(&ui->help);
	buf_deinit(&ui->notice);
	buf_deinit(&ui->query);
	buf_deinit(&ui->texts);
	free(ui);
}

struct slice
ui_input(const struct ui *ui)
{
	return buf_view(&ui->editor.text);
}

bool
ui_set_input(struct ui *ui, struct slice s)
{
	ui_changed(ui);
	return !editor_set(&ui->editor, s);
}

void
ui_focus(struct ui *ui, bool focused)
{
	model_set_focus(&ui->model, focused);
	ui_changed(ui);
}

/* --- drawing ---------------------------------------------------------------
 */

/* Texts of the status line, kept in ui->texts: it has room for all of them and
 * doesn't move once it is reserved. */
static struct slice
keep_line(struct ui *ui, const char *text)
{
	size_t from = ui->texts.len;

	clean_line(&ui->texts, slice_of(text), UI_LINE_MAX / 2);
	return (struct slice){ ui->texts.p + from, ui->texts.len - from };
}

static unsigned
retry_seconds(const struct ui *ui)
{
	uint64_t now = loop_now(ui->loop);

	if (ui->retry_at <= now)
		return 0;
	return (unsigned)((ui->retry_at - now + 999) / 1000);
}

static struct slice
connection(struct ui *ui, const struct chat_status *st)
{
	char text[64];

	if (st->phase != CHAT_WAITING)
		return SLICE("connecting…");
	if (st->retry_ms == 0)
		return SLICE("disconnected; /reconnect");
	snprintf(text, sizeof(text), "retry in %u s", retry_seconds(ui));
	return keep_line(ui, text);
}

/* "ana is typing", "ana and bo are typing". */
static struct slice
typing(struct ui *ui)
{
	struct room *r = ui->model.current;
	size_t from = ui->texts.len;

	ui->typing_at = 0;
	if (!r)
		return SLICE("");
	ui->typing_at = model_expire_typing(r, loop_now(ui->loop));
	if (r->n_typing == 0)
		return SLICE("");
	if (r->n_typing > 2)
		return SLICE("several people are typing");
	buf_puts(&ui->texts, r->typing[0].nick);
	if (r->n_typing == 2)
		buf_printf(&ui->texts, " and %s", r->typing[1].nick);
	buf_puts(&ui->texts, r->n_typing == 1 ? " is typing" : " are typing");
	return (struct slice){ ui->texts.p + from, ui->texts.len - from };
}

static void
fill_status(struct ui *ui, struct view_status *v)
{
	const struct chat_status *st = chat_status(ui->chat);
	time_t now = (time_t)(clock_wall_ms() / 1000);
	char text[16];
	struct tm tm;

	buf_clear(&ui->texts);
	buf_reserve(&ui->texts, ui->texts.max);
	localtime_r(&now, &tm);
	strftime(text, sizeof(text), "%H:%M", &tm);
	*v = (struct view_status){ .clock = keep_line(ui, text),
		.nick = slice_of(ui->model.nick),
		.server = keep_line(ui, ui->opt.server),
		.connection = connection(ui, st),
		.online = st->phase == CHAT_ONLINE,
		.secure = st->secure,
		.lag_ms = st->lag_ms,
		.waiting = st->waiting,
		.problem = keep_line(ui, st->problem),
		.typing = typing(ui) };
	if (st->phase == CHAT_ONLINE && st->held[0])
		v->problem = keep_line(ui, st->held);
	if (ui->notice.len > 0)
		v->problem = buf_view(&ui->notice);
}

static const char *const prompts[] = {
	[UI_PROMPT_FIND] = "find: ",
	[UI_PROMPT_ROOM] = "go to room: ",
	[UI_PROMPT_DELETE] = "delete it? ",
	[UI_PROMPT_REACT] = "react with: ",
	[UI_PROMPT_PASSWORD] = "password of the server: ",
};

/* What is behind the prompt of a reply or an edit is what they are about. */
static struct slice
compose_prompt(struct ui *ui)
{
	size_t from = ui->texts.len;

	if (ui->compose.kind == UI_COMPOSE_MESSAGE)
		return SLICE("");
	if (ui->compose.kind == UI_COMPOSE_EDIT)
		return SLICE("[edit] ");
	buf_printf(&ui->texts, "[reply to %s] ", ui->compose.nick);
	return (struct slice){ ui->texts.p + from, ui->texts.len - from };
}

/* A password is not shown: an asterisk for each character behind `open`. */
static void
mask(struct ui *ui, struct view_input *in, size_t open)
{
	size_t from = ui->texts.len;
	struct slice rest = slice_skip(in->text, open);
	size_t cursor = open;
	struct text_cluster cl;

	if (rest.len == 0 || in->text.len > UI_LINE_MAX)
		return;
	buf_append(&ui->texts, in->text.p, open);
	while (rest.len > 0) {
		if ((size_t)(rest.p - in->text.p) < in->cursor)
			cursor++;
		rest = slice_skip(rest, text_next(rest, &cl));
		buf_putc(&ui->texts, '*');
	}
	if (in->cursor > open)
		in->cursor = cursor;
	in->text = (struct slice){ ui->texts.p + from, ui->texts.len - from };
}

static void
fill_input(struct ui *ui, struct view_input *in)
{
	struct editor *e = &ui->editor;
	size_t from;

	*in = (struct view_input){ .prompt = compose_prompt(ui),
		.text = buf_view(&e->text),
		.cursor = e->cursor };
	from = ui->texts.len;
	if (ui->prompt != UI_PROMPT_NONE) {
		in->prompt = slice_of(prompts[ui->prompt]);
		in->text = buf_view(&ui->query);
		in->cursor = in->text.len;
		if (ui->prompt == UI_PROMPT_DELETE)
			in->hint = SLICE("y or n");
		else if (!ui->found && in->text.len > 0)
			in->hint = SLICE("nothing found");
		if (ui->prompt == UI_PROMPT_PASSWORD && in->text.len == 0)
			in->hint = SLICE("Esc leaves it at that");
		else if (ui->prompt == UI_PROMPT_PASSWORD)
			mask(ui, in, 0);
	} else if (ui->selecting) {
		in->prompt = SLICE("[select] ");
		in->text = SLICE("");
		in->cursor = 0;
		in->hint = SLICE("j k move, r reply, e edit, d delete, "
				 "a react, y copy, o open, Esc");
	} else if (e->searching) {
		buf_puts(&ui->texts, "history '");
		buf_append_slice(&ui->texts, buf_view(&e->query));
		buf_puts(&ui->texts, "': ");
		in->prompt =
		    (struct slice){ ui->texts.p + from, ui->texts.len - from };
		if (!e->found)
			in->hint = SLICE("nothing found");
	} else {
		mask(ui, in, commands_secret(in->text));
	}
}

static void
fill_choices(struct ui *ui)
{
	struct view_overlay *o = &ui->overlay;

	o->n_choices = 0;
	o->list = ui->list.shown ? &ui->list.view : NULL;
	if (ui->prompt == UI_PROMPT_ROOM || ui->prompt == UI_PROMPT_REACT) {
		o->choices = ui->choices;
		o->n_choices = ui->n_choices;
		o->chosen = ui->chosen;
	} else if (complete_active(&ui->complete, &ui->editor) &&
		   ui->complete.n > 1) {
		o->choices = ui->complete.candidates;
		o->n_choices = ui->complete.n;
		o->chosen = ui->complete.at;
	}
}

const struct grid *
ui_draw(struct ui *ui, unsigned rows, unsigned columns)
{
	struct view_status status;
	struct view_input input;

	ui_fresh_end(ui);
	ui_mark_read(ui);
	fill_status(ui, &status);
	fill_input(ui, &input);
	fill_choices(ui);
	ui->view.hide_rooms = !ui->settings.rooms;
	ui->view.hide_people = !ui->settings.people;
	ui->rows = rows;
	ui->columns = columns;
	return view_draw(&ui->view, &ui->model, &status, &input, &ui->overlay,
	    rows, columns);
}

/* The earlier one of ms and a time that is still to come. */
static unsigned
until(const struct ui *ui, uint64_t at, unsigned ms)
{
	uint64_t now = loop_now(ui->loop);

	return at > now && at - now < ms ? (unsigned)(at - now) : ms;
}

unsigned
ui_draw_again_ms(const struct ui *ui)
{
	unsigned ms = 60000 - (unsigned)(clock_wall_ms() % 60000);
	uint64_t now = loop_now(ui->loop);

	if (ui->phase == CHAT_WAITING && ui->retry_at > now) {
		unsigned second = (unsigned)((ui->retry_at - now) % 1000) + 1;

		if (second < ms)
			ms = second;
	}
	ms = until(ui, ui->typing_at, ms);
	return until(ui, ui->read_at, ms);
}
