#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/clean.h"
#include "base/mem.h"
#include "proto/json.h"
#include "tui/answer.h"
#include "tui/ui_internal.h"

enum { SNIPPET_MAX = 1024 }; /* bytes of a text in the list */

static void
hit_free(struct ui_hit *h)
{
	free(h->room);
	free(h->with);
	free(h->label);
	free(h->nick);
	free(h->text);
}

void
ui_list_close(struct ui *ui)
{
	struct ui_list *l = &ui->list;
	unsigned serial = l->serial;

	for (unsigned i = 0; i < l->view.n; i++)
		hit_free(&l->hits[i]);
	free(l->hits);
	free(l->rows);
	free(l->query);
	free(l->title);
	*l = (struct ui_list){ .serial = serial };
	ui_changed(ui);
}

/* --- hits --------------------------------------------------------------------
 */

static char *
copy(struct slice s)
{
	return xstrndup(s.p, s.len);
}

static void
take_hit(void *arg, const struct chat_message *m)
{
	struct ui *ui = arg;
	struct ui_list *l = &ui->list;
	struct ui_hit *h;
	struct buf label, text, nick;

	if (l->view.n == UI_HITS_MAX)
		return;
	buf_init(&label, UI_LINE_MAX);
	buf_init(&nick, UI_LINE_MAX);
	buf_init(&text, UI_LINE_MAX);
	if (m->with.len > 0) {
		buf_putc(&label, '@');
		ui_clean_name(&label, m->with);
	} else {
		ui_clean_name(&label, m->room);
	}
	ui_clean_name(&nick, m->nick);
	clean_line(&text, m->text, SNIPPET_MAX);
	h = &l->hits[l->view.n];
	*h = (struct ui_hit){ .room = copy(m->room),
		.with = copy(m->with),
		.label = copy(buf_view(&label)),
		.nick = copy(buf_view(&nick)),
		.text = copy(buf_view(&text)) };
	msgid_parse(m->id, &h->id);
	l->rows[l->view.n++] = (struct view_row){ .at = m->at,
		.room = slice_of(h->label),
		.nick = slice_of(h->nick),
		.text = slice_of(h->text) };
	buf_deinit(&label);
	buf_deinit(&nick);
	buf_deinit(&text);
}

static void
tell(struct ui *ui, const struct chat_reply *r)
{
	struct buf b;

	buf_init(&b, COMMANDS_TEXT_MAX);
	answer_problem(ui->list.event, r, &b);
	ui_notice(ui, buf_view(&b));
	buf_deinit(&b);
}

static void
hits_came(struct ui_request *q, const struct chat_reply *r)
{
	struct ui_list *l = &q->ui->list;
	struct slice raw;

	if (q->serial != l->serial || !l->event)
		return;
	l->loading = false;
	if (!r->ok) {
		tell(q->ui, r);
		if (!l->shown)
			ui_list_close(q->ui);
		return;
	}
	if (json_get(r->json, "messages", &raw))
		chat_each_message(q->ui->chat, raw, take_hit, q->ui);
	l->more = json_get(r->json, "more", &raw) && slice_is(raw, "true") &&
		  l->view.n < UI_HITS_MAX;
	if (l->view.n == 0) {
		ui_notice(q->ui, SLICE("nothing found"));
		ui_list_close(q->ui);
		return;
	}
	l->shown = true;
	l->view.rows = l->rows;
	l->view.hint = l->more ? SLICE("Enter goes there, Esc closes; there "
				       "is more below")
			       : SLICE("Enter goes there, Esc closes");
}

static void
ask(struct ui *ui)
{
	struct ui_list *l = &ui->list;
	struct ui_request *q = ui_request_new(ui, hits_came);
	char id[MSGID_STR_MAX];
	struct buf members;

	q->serial = l->serial;
	l->loading = true;
	buf_init(&members, SIZE_MAX);
	buf_puts(&members, l->query);
	if (l->view.n > 0) {
		msgid_format(id, l->hits[l->view.n - 1].id);
		buf_printf(&members, "%s\"before\":\"%s\"",
		    members.len > 0 ? "," : "", id);
	}
	ui_request_send(q, l->event, buf_view(&members));
	buf_deinit(&members);
}

void
ui_list_ask(
    struct ui *ui, const char *event, struct slice members, struct slice title)
{
	struct ui_list *l = &ui->list;

	ui_list_close(ui);
	l->serial++;
	l->event = event;
	l->query = copy(members);
	l->title = copy(title);
	l->view.title = slice_of(l->title);
	l->hits = xcalloc(UI_HITS_MAX, sizeof(*l->hits));
	l->rows = xcalloc(UI_HITS_MAX, sizeof(*l->rows));
	ask(ui);
}

/* --- keys --------------------------------------------------------------------
 */

/* Moves; at the last one there may be more to be had. */
static void
step(struct ui *ui, int by)
{
	struct view_list *v = &ui->list.view;
	long to = (long)v->chosen + by;

	if (to < 0)
		to = 0;
	if (to >= (long)v->n)
		to = (long)v->n - 1;
	v->chosen = (unsigned)to;
	if (by > 0 && v->chosen + 1 == v->n && ui->list.more &&
	    !ui->list.loading)
		ask(ui);
}

static void
go(struct ui *ui)
{
	struct ui_hit h = ui->list.hits[ui->list.view.chosen];
	char *room = copy(slice_of(h.room)), *with = copy(slice_of(h.with));

	ui_list_close(ui);
	ui_jump(ui, slice_of(room), slice_of(with), h.id);
	free(room);
	free(with);
}

static bool
scroll_key(struct ui *ui, int move)
{
	int page = ui->list.view.page > 1 ? (int)ui->list.view.page - 1 : 1;

	switch (move) {
	case VIEW_PAGE_UP:
		step(ui, -page);
		return true;
	case VIEW_PAGE_DOWN:
		step(ui, page);
		return true;
	case VIEW_UP:
		step(ui, -1);
		return true;
	case VIEW_DOWN:
		step(ui, 1);
		return true;
	case VIEW_TOP:
		step(ui, -UI_HITS_MAX);
		return true;
	case VIEW_BOTTOM:
		step(ui, UI_HITS_MAX);
		return true;
	default:
		return false;
	}
}

bool
ui_list_key(struct ui *ui, const struct keymap_binding *b)
{
	switch (b->action) {
	case ACTION_SEND:
		go(ui);
		return true;
	case ACTION_CANCEL:
	case ACTION_INTERRUPT:
		ui_list_close(ui);
		return true;
	case ACTION_SCROLL:
		return scroll_key(ui, b->arg);
	case ACTION_EDIT:
		if (b->arg == EDITOR_UP)
			step(ui, -1);
		else if (b->arg == EDITOR_DOWN)
			step(ui, 1);
		else if (b->arg == EDITOR_LINE_START)
			step(ui, -UI_HITS_MAX);
		else if (b->arg == EDITOR_LINE_END)
			step(ui, UI_HITS_MAX);
		else
			return false;
		return true;
	default:
		return false;
	}
}
