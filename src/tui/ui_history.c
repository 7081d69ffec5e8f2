#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "proto/json.h"
#include "tui/answer.h"
#include "tui/ui_internal.h"

/* --- requests ---------------------------------------------------------------
 */

struct ui_request *
ui_request_new(struct ui *ui,
    void (*done)(struct ui_request *q, const struct chat_reply *r))
{
	struct ui_request *q = xcalloc(1, sizeof(*q));

	q->ui = ui;
	q->done = done;
	LIST_INSERT_HEAD(&ui->requests, q, link);
	return q;
}

static void
request_free(struct ui_request *q)
{
	LIST_REMOVE(q, link);
	free(q->room);
	free(q);
}

void
ui_requests_free(struct ui *ui)
{
	while (!LIST_EMPTY(&ui->requests))
		request_free(LIST_FIRST(&ui->requests));
}

static void
on_reply(void *arg, const struct chat_reply *r)
{
	struct ui_request *q = arg;

	q->done(q, r);
	ui_changed(q->ui);
	request_free(q);
}

void
ui_request_send(struct ui_request *q, const char *event, struct slice members)
{
	struct buf json;

	buf_init(&json, SIZE_MAX);
	buf_putc(&json, '{');
	buf_append_slice(&json, members);
	buf_putc(&json, '}');
	chat_request(q->ui->chat, event, buf_view(&json), on_reply, q);
	buf_deinit(&json);
}

/* {"room":NAME,WHICH:ID,"limit":UI_PAGE} */
static void
ask_page(struct ui_request *q, struct slice room, const char *which)
{
	char id[MSGID_STR_MAX];
	struct buf members;

	q->room = xstrndup(room.p, room.len);
	buf_init(&members, UI_LINE_MAX);
	buf_puts(&members, "\"room\":");
	json_put_string(&members, room);
	if (q->id.ms != 0) {
		msgid_format(id, q->id);
		buf_printf(&members, ",\"%s\":\"%s\"", which, id);
	}
	buf_printf(&members, ",\"limit\":%d", UI_PAGE);
	ui_request_send(q, "history", buf_view(&members));
	buf_deinit(&members);
}

/* --- pages ------------------------------------------------------------------
 */

struct page {
	struct ui *ui;
	struct line *lines[UI_PAGE_MAX];
	unsigned n;
	bool first; /* it has the first message of the room */
};

static void
take_line(void *arg, const struct chat_message *m)
{
	struct page *p = arg;
	struct ui_line line;

	if (p->n == UI_PAGE_MAX)
		return;
	p->first |= m->seq == 1;
	if (!m->own && commands_ignores(p->ui->commands, m->nick))
		return;
	ui_line_init(p->ui, m, &line);
	p->lines[p->n++] = model_make_line(&line.l);
	ui_line_deinit(&line);
}

static bool
is_true(struct slice json, const char *key)
{
	struct slice raw;

	return json_get(json, key, &raw) && slice_is(raw, "true");
}

static void
read_page(struct ui *ui, const struct chat_reply *r, struct page *p)
{
	struct slice list;

	*p = (struct page){ .ui = ui };
	if (json_get(r->json, "messages", &list))
		chat_each_message(ui->chat, list, take_line, p);
}

/* The room or window that an answer is for; NULL: it is not there any more. */
static struct room *
target(const struct ui_request *q)
{
	struct model *m = &q->ui->model;

	if (q->serial == 0)
		return model_room(m, slice_of(q->room));
	return q->serial == q->ui->window_serial ? m->window : NULL;
}

static void
tell_problem(struct ui *ui, const struct chat_reply *r)
{
	struct buf b;

	buf_init(&b, COMMANDS_TEXT_MAX);
	answer_problem("history", r, &b);
	ui_notice(ui, buf_view(&b));
	buf_deinit(&b);
}

static void
older_came(struct ui_request *q, const struct chat_reply *r)
{
	struct room *room = target(q);
	struct page *p;

	if (!room || room->above != ABOVE_LOADING)
		return;
	if (!r->ok) {
		room->above = ABOVE_FAILED;
		tell_problem(q->ui, r);
		return;
	}
	/* it was emptied meanwhile: another page is wanted */
	room->above = ABOVE_UNKNOWN;
	if (msgid_cmp(model_oldest(room), q->id) != 0)
		return;
	p = xcalloc(1, sizeof(*p));
	read_page(q->ui, r, p);
	model_add_above(room, p->lines, p->n);
	if (p->first || !is_true(r->json, "more"))
		room->above = ABOVE_NOTHING;
	free(p);
}

static void
newer_came(struct ui_request *q, const struct chat_reply *r)
{
	struct room *w = target(q);
	struct page *p;

	if (!w)
		return;
	w->newer_asked = false;
	if (!r->ok) {
		tell_problem(q->ui, r);
		return;
	}
	p = xcalloc(1, sizeof(*p));
	read_page(q->ui, r, p);
	model_add_below(w, p->lines, p->n);
	w->newer = p->n > 0 && is_true(r->json, "newer");
	free(p);
}

static bool
can_ask(const struct ui *ui)
{
	const struct chat_status *st = chat_status(ui->chat);

	return st->phase == CHAT_ONLINE && !st->classic;
}

static void
load_older(struct ui *ui, struct room *r)
{
	struct ui_request *q;

	if (r->above == ABOVE_LOADING || r->above == ABOVE_NOTHING ||
	    r->lines.n >= SCROLLBACK_MAX - UI_PAGE_MAX)
		return;
	q = ui_request_new(ui, older_came);
	q->id = model_oldest(r);
	q->serial = r->detached ? ui->window_serial : 0;
	r->above = ABOVE_LOADING;
	ask_page(q, slice_of(r->name), "before");
}

static void
load_newer(struct ui *ui, struct room *w, bool moved)
{
	struct ui_request *q;

	if (!w->newer) {
		if (!moved)
			ui_back(ui);
		return;
	}
	if (w->newer_asked)
		return;
	w->newer_asked = true;
	q = ui_request_new(ui, newer_came);
	q->id = model_newest(w);
	q->serial = ui->window_serial;
	ask_page(q, slice_of(w->name), "after");
}

void
ui_load(struct ui *ui, bool upwards, bool moved)
{
	struct room *r = model_shown(&ui->model);

	if (!r || !can_ask(ui))
		return;
	if (upwards && view_at_top(&ui->view, &ui->model))
		load_older(ui, r);
	else if (!upwards && r->detached && view_at_end(&ui->view, &ui->model))
		load_newer(ui, r, moved);
}

void
ui_back(struct ui *ui)
{
	model_close_window(&ui->model);
	ui->window_serial++; /* nor one that is under way */
	view_scroll(&ui->view, &ui->model, VIEW_BOTTOM);
	ui_changed(ui);
}

/* --- going to a message
 * -------------------------------------------------------
 */

static bool
show(struct ui *ui, struct room *r, struct msgid id)
{
	uint64_t at = scrollback_by_message(&r->lines, id);

	if (at == 0)
		return false;
	r->scroll.hit = r->scroll.found = at;
	view_show(&ui->view, &ui->model, at);
	return true;
}

static void
context_came(struct ui_request *q, const struct chat_reply *r)
{
	struct ui *ui = q->ui;
	struct room *w;
	struct page *p;

	/* one has gone elsewhere */
	if (!ui->model.current ||
	    strcmp(ui->model.current->name, q->room) != 0 ||
	    q->serial != ui->window_serial)
		return;
	if (!r->ok) {
		tell_problem(ui, r);
		return;
	}
	p = xcalloc(1, sizeof(*p));
	read_page(ui, r, p);
	w = model_open_window(&ui->model);
	ui->window_serial++;
	model_add_below(w, p->lines, p->n);
	w->newer = is_true(r->json, "newer");
	if (p->first || !is_true(r->json, "more"))
		w->above = ABOVE_NOTHING;
	free(p);
	if (!show(ui, w, q->id)) {
		ui_back(ui);
		ui_notice(ui, SLICE("that message is not there any more"));
	}
}

void
ui_jump(struct ui *ui, struct slice name, struct slice with, struct msgid id)
{
	struct room *r = ui_room_of(ui, name, with);
	struct ui_request *q;

	if (!r) {
		ui_notice(ui, SLICE("too many rooms are open to show this "
				    "one: /part one"));
		return;
	}
	ui_switch(ui, r);
	model_close_window(&ui->model);
	if (show(ui, r, id))
		return;
	q = ui_request_new(ui, context_came);
	q->id = id;
	q->serial = ++ui->window_serial;
	ask_page(q, slice_of(r->name), "around");
}

/* --- what has been seen
 * -------------------------------------------------------
 */

void
ui_mark_read(struct ui *ui)
{
	struct room *r = ui->model.current;
	uint64_t now = loop_now(ui->loop);
	char text[MSGID_STR_MAX];
	struct msgid id;

	if (!r || !r->joined || !ui->model.focused || ui->model.window ||
	    r->scroll.anchor != 0 || ui->overlay.shown || ui->list.shown ||
	    !can_ask(ui) || now < ui->read_at)
		return;
	id = model_newest(r);
	if (msgid_cmp(id, r->read) <= 0 || msgid_cmp(id, r->read_told) <= 0)
		return;
	r->read_told = id;
	ui->read_at = now + UI_READ_MS;
	msgid_format(text, id);
	chat_read(ui->chat, slice_of(r->name), slice_of(text));
}

void
ui_leave(struct ui *ui)
{
	ui->read_at = 0;
	ui_mark_read(ui);
}
