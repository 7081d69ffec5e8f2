#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "tui/text.h"
#include "tui/ui_internal.h"

static void
leave(struct ui *ui)
{
	if (ui->prompt == UI_PROMPT_PASSWORD && ui->query.len > 0)
		explicit_bzero(ui->query.p, ui->query.len);
	ui->prompt = UI_PROMPT_NONE;
	buf_clear(&ui->query);
	ui->n_choices = 0;
}

static void
find(struct ui *ui, bool again)
{
	ui->found = view_search(
	    &ui->view, &ui->model, buf_view(&ui->query), true, again);
}

static bool
has(const char *label, const char *key)
{
	char *folded = model_fold(slice_of(label));
	bool found = strstr(folded, key) != NULL;

	free(folded);
	return found;
}

/* Emojis that most people want most of the time. */
static void
offer_emojis(struct ui *ui)
{
	static const struct slice emojis[] = { SLICE_INIT("👍"),
		SLICE_INIT("❤️"), SLICE_INIT("😂"), SLICE_INIT("🎉"),
		SLICE_INIT("😮"), SLICE_INIT("😢"), SLICE_INIT("👀"),
		SLICE_INIT("✅") };

	ui->n_choices = sizeof(emojis) / sizeof(emojis[0]);
	memcpy(ui->choices, emojis, sizeof(emojis));
	/* what is typed goes before what is offered */
	ui->chosen = ui->query.len > 0 ? ui->n_choices : 0;
	ui->found = true;
}

/* Rooms whose name has the query in it, where something is new first. */
static void
choose(struct ui *ui)
{
	char *key = model_fold(buf_view(&ui->query));
	const struct room *r;

	ui->n_choices = ui->chosen = 0;
	for (int active = 1; active >= 0; active--)
		TAILQ_FOREACH (r, &ui->model.rooms, link)
			if ((r->unread > 0) == active && has(r->label, key) &&
			    r != ui->model.current &&
			    ui->n_choices < UI_CHOICES_MAX)
				ui->choices[ui->n_choices++] =
				    slice_of(r->label);
	ui->found = ui->n_choices > 0;
	free(key);
}

static void
query_changed(struct ui *ui)
{
	if (ui->prompt == UI_PROMPT_FIND)
		find(ui, false);
	else if (ui->prompt == UI_PROMPT_ROOM)
		choose(ui);
	else if (ui->prompt == UI_PROMPT_REACT)
		offer_emojis(ui);
}

void
ui_prompt_start(struct ui *ui, enum ui_prompt prompt)
{
	leave(ui);
	ui->prompt = prompt;
	ui->found = true;
	if (prompt == UI_PROMPT_ROOM)
		choose(ui);
	else if (prompt == UI_PROMPT_FIND)
		view_search_end(&ui->view, &ui->model);
	else if (prompt == UI_PROMPT_REACT)
		offer_emojis(ui);
}

void
ui_prompt_text(struct ui *ui, struct slice s)
{
	if (ui->prompt == UI_PROMPT_DELETE) {
		if (slice_starts(s, "y") || slice_starts(s, "Y"))
			ui_select_delete(ui);
		leave(ui);
		return;
	}
	if (!buf_append_slice(&ui->query, s))
		query_changed(ui);
}

static void
shorten(struct ui *ui)
{
	struct slice q = buf_view(&ui->query);

	if (q.len > 0)
		ui->query.len -= text_prev(q);
	query_changed(ui);
}

static void
give_password(struct ui *ui)
{
	char *password = xstrndup(ui->query.p, ui->query.len);

	chat_set_password(ui->chat, password);
	explicit_bzero(password, ui->query.len);
	free(password);
}

static void
enter(struct ui *ui)
{
	struct slice what = SLICE("");

	if (ui->chosen < ui->n_choices)
		what = ui->choices[ui->chosen];
	if (ui->prompt == UI_PROMPT_FIND)
		view_search_end(&ui->view, &ui->model);
	else if (ui->prompt == UI_PROMPT_REACT)
		ui_select_react(ui, what.len > 0 ? what : buf_view(&ui->query));
	else if (ui->prompt == UI_PROMPT_ROOM && what.len > 0)
		ui_switch(ui, model_room(&ui->model, what));
	else if (ui->prompt == UI_PROMPT_PASSWORD && ui->query.len > 0)
		give_password(ui);
	leave(ui);
}

static void
step(struct ui *ui, int by)
{
	if (ui->prompt == UI_PROMPT_FIND)
		find(ui, true);
	else if (ui->n_choices > 0)
		ui->chosen =
		    (ui->chosen + ui->n_choices + (unsigned)by) % ui->n_choices;
}

bool
ui_prompt_key(struct ui *ui, const struct keymap_binding *b)
{
	bool about_chosen =
	    ui->prompt == UI_PROMPT_DELETE || ui->prompt == UI_PROMPT_REACT;

	switch (b->action) {
	case ACTION_SEND:
		enter(ui);
		return true;
	case ACTION_COMPLETE:
		step(ui, b->arg);
		return true;
	case ACTION_FIND:
	case ACTION_ROOM_SWITCHER:
		step(ui, 1);
		return true;
	case ACTION_EDIT:
		if (b->arg == EDITOR_DELETE_LEFT) {
			shorten(ui);
			return true;
		}
		break;
	case ACTION_CANCEL:
	case ACTION_INTERRUPT:
		if (!about_chosen)
			view_search_end(&ui->view, &ui->model);
		leave(ui);
		return true;
	default:
		break;
	}
	if (!about_chosen)
		view_search_end(&ui->view, &ui->model);
	leave(ui);
	return about_chosen;
}
