#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "tui/ui_internal.h"

/* A command's wrong line stays in the input, with the reason above it; an
 * answer that comes later is a line among the messages. */
static void
op_error(void *arg, struct slice line)
{
	struct ui *ui = arg;

	if (ui->in_command && ui->rows >= 8)
		ui_notice(ui, line);
	else
		ui_tell(ui, NULL, LINE_ERROR, line);
}

static void
op_info(void *arg, struct slice text)
{
	ui_tell(arg, NULL, LINE_INFO, text);
}

static struct slice
op_room(void *arg)
{
	struct ui *ui = arg;

	return slice_of(ui->model.current ? ui->model.current->name : "");
}

static struct slice
op_topic(void *arg)
{
	struct ui *ui = arg;

	return slice_of(ui->model.current ? ui->model.current->topic : "");
}

static bool
op_show_room(void *arg, struct slice name)
{
	struct ui *ui = arg;
	struct room *r = model_room(&ui->model, name);

	ui_switch(ui, r);
	return r != NULL;
}

static bool
op_show_number(void *arg, unsigned n)
{
	struct ui *ui = arg;
	struct room *r = model_nth(&ui->model, n);

	ui_switch(ui, r);
	return r != NULL;
}

static void
op_joined(void *arg, struct slice name, struct slice with)
{
	struct ui *ui = arg;
	struct room *r = ui_room_of(ui, name, with);

	if (!r) {
		ui_tell(ui, NULL, LINE_ERROR,
		    SLICE("too many rooms are open to show this one: /part "
			  "one"));
		return;
	}
	r->joined = true;
	ui_switch(ui, r);
}

static void
op_left(void *arg, struct slice name)
{
	struct ui *ui = arg;
	struct room *r = model_room(&ui->model, name);

	if (!r)
		return;
	r->joined = false;
	/* one has to be there to be written in */
	if (ui->model.n_rooms > 1)
		ui_close_room(ui, r);
	ui_changed(ui);
}

static struct slice
op_message(void *arg, bool others)
{
	struct ui *ui = arg;
	const struct room *r = ui->model.current;
	uint64_t at = r ? scrollback_last(&r->lines) : 0;

	if (!r)
		return SLICE("");
	do {
		at = scrollback_find_message(&r->lines, at, true);
		if (at != 0 && (!others || !scrollback_get(&r->lines, at)->own))
			break;
	} while (at-- != 0);
	if (at == 0 || at == UINT64_MAX)
		return SLICE("");
	msgid_format(ui->message, scrollback_get(&r->lines, at)->id);
	return slice_of(ui->message);
}

static void
op_list(void *arg, const char *event, struct slice members, struct slice title)
{
	ui_list_ask(arg, event, members, title);
}

static bool
op_find(void *arg, struct slice text)
{
	struct ui *ui = arg;
	bool again = ui->view.search && slice_is(text, ui->view.search);

	ui_changed(ui);
	if (!again)
		view_search_end(&ui->view, &ui->model);
	return view_search(&ui->view, &ui->model, text, true, again);
}

static void
op_clear(void *arg)
{
	struct ui *ui = arg;

	if (ui->model.current)
		model_clear(ui->model.current);
	ui_changed(ui);
}

static void
op_settings(void *arg)
{
	ui_changed(arg);
}

static void
op_help(void *arg)
{
	struct ui *ui = arg;
	struct view_overlay *o = &ui->overlay;

	if (ui->help.len == 0) {
		buf_puts(&ui->help, "Commands\n");
		commands_help(&ui->help);
		buf_puts(&ui->help,
		    "\n  A line that begins with // is sent with one slash.\n"
		    "  Names of commands can be cut short.\n\n");
		keymap_help(&ui->help);
	}
	o->title = SLICE("Help");
	o->text = buf_view(&ui->help);
	o->first = 0;
	o->shown = true;
	ui_changed(ui);
}

static void
op_quit(void *arg)
{
	struct ui *ui = arg;

	ui->ops->quit(ui->arg);
}

const struct commands_ops ui_commands_ops = {
	.info = op_info,
	.error = op_error,
	.room = op_room,
	.topic = op_topic,
	.show_room = op_show_room,
	.show_number = op_show_number,
	.joined = op_joined,
	.left = op_left,
	.find = op_find,
	.list = op_list,
	.message = op_message,
	.clear = op_clear,
	.settings = op_settings,
	.help = op_help,
	.quit = op_quit,
};

/* --- completion -------------------------------------------------------------
 */

static void
add_nick(struct ui *ui, struct complete *c, const struct person *p)
{
	if (strcmp(p->nick, ui->model.nick) != 0)
		complete_add(c, slice_of(p->nick));
}

/* Who has spoken last comes first, then by name. A server may tell of nobody
 * but those who speak. */
static void
add_people(struct ui *ui, struct complete *c)
{
	const struct room *r = ui->model.current;

	if (!r)
		return;
	for (unsigned i = 0; i < r->n_recent; i++)
		add_nick(ui, c, &r->recent[i]);
	for (unsigned i = 0; i < r->n_people; i++)
		if (!model_is_recent(r, r->people[i].key))
			add_nick(ui, c, &r->people[i]);
}

void
ui_complete_source(void *arg, enum complete_kind kind, struct complete *c)
{
	struct ui *ui = arg;
	const struct room *r;

	if (kind == COMPLETE_NICK)
		add_people(ui, c);
	else
		TAILQ_FOREACH (r, &ui->model.rooms, link)
			complete_add(c, slice_of(r->label));
}
