#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/clean.h"
#include "base/mem.h"
#include "proto/json.h"
#include "tui/answer.h"
#include "tui/ui_internal.h"

enum { URL_MAX = 4096 };

static const struct line *
chosen(const struct ui *ui)
{
	const struct room *r = model_shown(&ui->model);

	return r ? scrollback_get(&r->lines, r->scroll.chosen) : NULL;
}

static void
choose(struct ui *ui, uint64_t at)
{
	struct room *r = model_shown(&ui->model);

	if (at == 0)
		return;
	r->scroll.chosen = at;
	view_show(&ui->view, &ui->model, at);
}

/* By so many messages, up if negative. */
static void
step(struct ui *ui, int by)
{
	struct room *r = model_shown(&ui->model);
	bool upwards = by < 0;

	if (!r)
		return;
	for (int n = upwards ? -by : by; n > 0; n--) {
		uint64_t from = r->scroll.chosen;

		choose(ui, scrollback_find_message(&r->lines,
			       upwards ? from - 1 : from + 1, upwards));
		if (r->scroll.chosen == from)
			break;
	}
	ui_load(ui, upwards, true);
}

void
ui_select_end(struct ui *ui)
{
	struct room *r = model_shown(&ui->model);

	ui->selecting = false;
	if (r)
		r->scroll.chosen = 0;
	ui_changed(ui);
}

void
ui_select_start(struct ui *ui)
{
	struct room *r = model_shown(&ui->model);
	uint64_t at = 0;

	if (r && r->scroll.hit != 0)
		at = scrollback_find_message(&r->lines, r->scroll.hit, true);
	if (r && at == 0 && r->scroll.anchor != 0)
		at = scrollback_find_message(&r->lines, r->scroll.anchor, true);
	if (r && at == 0)
		at = scrollback_find_message(
		    &r->lines, scrollback_last(&r->lines), true);
	if (at == 0) {
		ui_notice(ui, SLICE("there is no message to choose here"));
		return;
	}
	ui->selecting = true;
	choose(ui, at);
}

/* --- what can be done with it
 * ---------------------------------------------------
 */

static void
answered(struct ui_request *q, const struct chat_reply *r)
{
	struct buf b;

	if (r->ok)
		return;
	buf_init(&b, COMMANDS_TEXT_MAX);
	answer_problem("change", r, &b);
	ui_tell(q->ui, NULL, LINE_ERROR, buf_view(&b));
	buf_deinit(&b);
}

/* {"id":ID} and what more is given. */
static void
ask(struct ui *ui, const char *event, struct msgid id, const char *key,
    struct slice value, bool off)
{
	char text[MSGID_STR_MAX];
	struct buf members;

	msgid_format(text, id);
	buf_init(&members, SIZE_MAX);
	buf_printf(&members, "\"id\":\"%s\"", text);
	if (key) {
		buf_printf(&members, ",\"%s\":", key);
		json_put_string(&members, value);
	}
	if (off)
		buf_puts(&members, ",\"on\":false");
	ui_request_send(
	    ui_request_new(ui, answered), event, buf_view(&members));
	buf_deinit(&members);
}

static void
compose(struct ui *ui, enum ui_compose_kind kind, const struct line *l)
{
	struct slice nick = line_nick(l);

	ui_compose_end(ui);
	ui->compose = (struct ui_compose){
		.kind = kind, .id = l->id, .nick = xstrndup(nick.p, nick.len)
	};
}

static void
edit(struct ui *ui, const struct line *l)
{
	struct slice draft = buf_view(&ui->editor.text);
	struct buf text;

	if (!l->own) {
		ui_notice(ui, SLICE("only your own messages can be edited"));
		return;
	}
	compose(ui, UI_COMPOSE_EDIT, l);
	ui->compose.draft = xstrndup(draft.p, draft.len);
	buf_init(&text, UI_TEXT_MAX);
	if (l->kind == LINE_ACTION)
		buf_puts(&text, "/me ");
	buf_append_slice(&text, line_text(l));
	editor_set(&ui->editor, buf_view(&text));
	buf_deinit(&text);
	ui_select_end(ui);
}

static void
yank(struct ui *ui, const struct line *l)
{
	struct slice text = line_text(l);

	if (text.len > 0)
		killring_push(&ui->editor.kills, text);
	ui->ops->copy(ui->arg, text);
	ui_select_end(ui);
	ui_notice(ui, SLICE("copied; Ctrl-Y inserts it here"));
}

/* The first http or https URL of a text; "" none. */
static struct slice
find_url(struct slice text)
{
	static const char ends[] = " \n\t<>\"'`|\\^{}";

	for (; text.len > 0; text = slice_skip(text, 1)) {
		size_t n = 0;

		if (!slice_starts(text, "http://") &&
		    !slice_starts(text, "https://"))
			continue;
		while (n < text.len && n < URL_MAX &&
		       strchr(ends, text.p[n]) == NULL)
			n++;
		while (n > 0 && strchr(".,;:!?)]", text.p[n - 1]) != NULL)
			n--;
		return (struct slice){ text.p, n };
	}
	return SLICE("");
}

static void
open_url(struct ui *ui, const struct line *l)
{
	struct slice url = find_url(line_text(l));
	struct buf b;
	int r;

	if (url.len == 0) {
		ui_notice(ui, SLICE("there is no URL in it"));
		return;
	}
	buf_init(&b, URL_MAX + UI_LINE_MAX);
	r = ui->ops->open_url(ui->arg, url);
	if (r == 0) {
		buf_printf(&b, "opening %.*s", SLICE_ARG(url));
	} else {
		ui->ops->copy(ui->arg, url);
		buf_printf(&b, "no browser can be started (%s); copied: %.*s",
		    strerror(-r), SLICE_ARG(url));
	}
	ui_select_end(ui);
	ui_notice(ui, buf_view(&b));
	buf_deinit(&b);
}

static void
do_key(struct ui *ui, char key)
{
	const struct line *l = chosen(ui);

	if (!l)
		return;
	switch (key) {
	case 'j':
		step(ui, 1);
		break;
	case 'k':
		step(ui, -1);
		break;
	case 'r':
		compose(ui, UI_COMPOSE_REPLY, l);
		ui_select_end(ui);
		break;
	case 'e':
		edit(ui, l);
		break;
	case 'd':
		if (l->own)
			ui_prompt_start(ui, UI_PROMPT_DELETE);
		else
			ui_notice(ui, SLICE("only your own messages can be "
					    "deleted"));
		break;
	case 'a':
		ui_prompt_start(ui, UI_PROMPT_REACT);
		break;
	case 'y':
		yank(ui, l);
		break;
	case 'o':
		open_url(ui, l);
		break;
	case 'q':
		ui_select_end(ui);
		break;
	default:
		ui_notice(ui, SLICE("j k move; r reply, e edit, d delete, a "
				    "react, y copy, o open; Esc leaves"));
	}
}

void
ui_select_text(struct ui *ui, struct slice s)
{
	for (; s.len > 0 && ui->selecting && ui->prompt == UI_PROMPT_NONE;
	     s = slice_skip(s, 1))
		do_key(ui, s.p[0]);
}

static bool
move_key(struct ui *ui, const struct keymap_binding *b)
{
	int page = ui->rows > 8 ? (int)ui->rows / 3 : 2;

	if (b->action == ACTION_SCROLL && b->arg == VIEW_PAGE_UP)
		step(ui, -page);
	else if (b->action == ACTION_SCROLL && b->arg == VIEW_PAGE_DOWN)
		step(ui, page);
	else if (b->action == ACTION_SCROLL && b->arg == VIEW_TOP)
		step(ui, -SCROLLBACK_MAX);
	else if (b->action == ACTION_SCROLL && b->arg == VIEW_BOTTOM)
		step(ui, SCROLLBACK_MAX);
	else if (b->action == ACTION_EDIT && b->arg == EDITOR_UP)
		step(ui, -1);
	else if (b->action == ACTION_EDIT && b->arg == EDITOR_DOWN)
		step(ui, 1);
	else
		return false;
	return true;
}

bool
ui_select_key(struct ui *ui, const struct keymap_binding *b)
{
	if (b->action == ACTION_PREFIX || move_key(ui, b))
		return true;
	if (b->action == ACTION_SEND) {
		do_key(ui, 'r');
		return true;
	}
	ui_select_end(ui);
	return b->action == ACTION_CANCEL || b->action == ACTION_INTERRUPT ||
	       b->action == ACTION_SELECT;
}

/* --- by the small prompts
 * ----------------------------------------------------------
 */

void
ui_select_delete(struct ui *ui)
{
	const struct line *l = chosen(ui);

	if (l)
		ask(ui, "delete", l->id, NULL, SLICE(""), false);
	ui_select_end(ui);
}

static bool
is_ours(const struct line *l, struct slice emoji)
{
	struct slice rest = slice_of(l->more ? l->more->ours : NULL);

	while (rest.len > 0)
		if (slice_eq(slice_take_until(&rest, '\n'), emoji))
			return true;
	return false;
}

void
ui_select_react(struct ui *ui, struct slice emoji)
{
	const struct line *l = chosen(ui);

	if (l && emoji.len > 0)
		ask(ui, "react", l->id, "emoji", emoji, is_ours(l, emoji));
	ui_select_end(ui);
}

/* --- replies and edits
 * --------------------------------------------------------------
 */

void
ui_compose_end(struct ui *ui)
{
	struct ui_compose *c = &ui->compose;

	if (c->kind == UI_COMPOSE_EDIT)
		editor_set(&ui->editor, slice_of(c->draft));
	free(c->nick);
	free(c->draft);
	*c = (struct ui_compose){ .kind = UI_COMPOSE_MESSAGE };
	ui_changed(ui);
}

bool
ui_compose_send(struct ui *ui, struct slice line)
{
	struct ui_compose *c = &ui->compose;
	char id[MSGID_STR_MAX];
	struct buf err;
	bool ok = true;

	if (c->kind == UI_COMPOSE_EDIT) {
		ask(ui, "edit", c->id, "text", line, false);
	} else {
		msgid_format(id, c->id);
		buf_init(&err, UI_LINE_MAX);
		ok = chat_reply_to(ui->chat, slice_of(ui->model.current->name),
			 slice_of(id), line, &err) != 0;
		if (!ok)
			ui_notice(ui, buf_view(&err));
		buf_deinit(&err);
	}
	return ok;
}
