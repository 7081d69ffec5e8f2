#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/clean.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/msgid.h"
#include "tui/mention.h"
#include "tui/ui_internal.h"

enum { TEXT_MAX = 4 << 20 };

/* --- status ----------------------------------------------------------------
 */

/* Room of a name as the peer gave it; opened if it isn't open. NULL: so many
 * are open already. */
static struct room *
room_of(struct ui *ui, struct slice name)
{
	struct room *r;
	struct buf b;

	buf_init(&b, UI_LINE_MAX);
	ui_clean_name(&b, name.len > 0 ? name : SLICE(MODEL_LOBBY));
	r = model_open(&ui->model, buf_view(&b));
	buf_deinit(&b);
	ui_room_changed(ui);
	return r;
}

/* The same; the lobby (or else the current one) instead of NULL. */
static struct room *
room_or_home(struct ui *ui, struct slice name)
{
	struct room *r = room_of(ui, name);

	if (!r)
		r = model_room(&ui->model, SLICE(MODEL_LOBBY));
	return r ? r : ui->model.current;
}

static void
tell_all(struct ui *ui, enum line_kind kind, struct slice text)
{
	struct room *r;

	TAILQ_FOREACH (r, &ui->model.rooms, link)
		ui_tell(ui, r, kind, text);
}

static void
tell_online(struct ui *ui, const struct chat_status *st)
{
	struct buf b;

	buf_init(&b, UI_LINE_MAX);
	buf_puts(&b, ui->was_online ? "connected again" : "connected to ");
	if (!ui->was_online)
		buf_puts(&b, ui->opt.server);
	if (!ui->was_online && st->server[0]) {
		buf_puts(&b, " (");
		ui_clean_name(&b, slice_of(st->server));
		buf_puts(&b, ")");
	}
	if (!ui->was_online && st->nick[0])
		buf_printf(&b, " as %s", ui->model.nick);
	if (st->classic)
		buf_puts(&b,
		    ui->was_online
			? ""
			: ", a plain Socket.IO server: it tells neither names "
			  "nor what has arrived");
	tell_all(ui, LINE_INFO, buf_view(&b));
	buf_deinit(&b);
}

static void
tell_offline(struct ui *ui, const struct chat_status *st)
{
	struct buf b;

	buf_init(&b, UI_LINE_MAX);
	buf_puts(&b, "not connected");
	if (st->problem[0]) {
		buf_puts(&b, ": ");
		clean_line(&b, slice_of(st->problem), UI_LINE_MAX / 2);
	}
	buf_puts(&b, "; what you write is kept and sent later");
	tell_all(ui, LINE_ERROR, buf_view(&b));
	buf_deinit(&b);
}

static void
came_online(struct ui *ui, const struct chat_status *st)
{
	struct room *lobby = model_room(&ui->model, SLICE(MODEL_LOBBY));

	if (lobby)
		lobby->joined = true;
	tell_online(ui, st);
	if (!ui->was_online && !st->classic)
		ui_join_rooms(ui);
	ui->was_online = true;
}

static void
went_offline(struct ui *ui, const struct chat_status *st)
{
	struct room *r;

	TAILQ_FOREACH (r, &ui->model.rooms, link)
		r->joined = false;
	tell_offline(ui, st);
}

/* Each time that it is another one until we have been online: the line above
 * the status goes with the next key. */
static void
tell_problem(struct ui *ui, const struct chat_status *st)
{
	if (ui->was_online || st->phase != CHAT_WAITING || !st->problem[0] ||
	    (ui->problem && !strcmp(ui->problem, st->problem)))
		return;
	free(ui->problem);
	ui->problem = xstrndup(st->problem, strlen(st->problem));
	tell_offline(ui, st);
}

static void
on_status(void *arg, const struct chat_status *st)
{
	struct ui *ui = arg;
	enum chat_phase before = ui->phase;

	ui_set_nick(ui, st->nick[0] ? st->nick : ui->opt.nick);
	ui->phase = st->phase;
	ui->retry_at = st->phase == CHAT_WAITING && st->retry_ms > 0
			   ? loop_now(ui->loop) + st->retry_ms
			   : 0;
	ui_changed(ui);
	tell_problem(ui, st);
	if (st->phase == before)
		return;
	if (st->phase == CHAT_ONLINE)
		came_online(ui, st);
	else if (before == CHAT_ONLINE)
		went_offline(ui, st);
}

/* --- messages --------------------------------------------------------------
 */

static void
put_attachments(struct buf *text, const struct chat_message *m)
{
	if (m->bin > 0)
		buf_printf(text, "%s(%u attachment%s, %zu bytes)",
		    text->len > 0 ? " " : "", m->bin, m->bin == 1 ? "" : "s",
		    m->bin_bytes);
}

/* Where a message of a room goes that can't be opened: with its name. */
static struct room *
take_elsewhere(
    struct ui *ui, struct slice name, struct slice *text, struct buf *out)
{
	buf_putc(out, '[');
	ui_clean_name(out, name);
	buf_puts(out, "] ");
	buf_append_slice(out, *text);
	*text = buf_view(out);
	return room_or_home(ui, name);
}

static void
on_message(void *arg, const struct chat_message *m)
{
	struct ui *ui = arg;
	struct model_line l = {
		.kind = LINE_MESSAGE, .at = m->at, .own = m->own
	};
	struct buf nick, text, elsewhere;
	struct room *r;

	if (!m->own && commands_ignores(ui->commands, m->nick))
		return;
	r = room_of(ui, m->room);
	buf_init(&nick, UI_LINE_MAX);
	buf_init(&text, TEXT_MAX);
	ui_clean_name(&nick, m->nick);
	clean_text(&text, m->text);
	put_attachments(&text, m);
	l.nick = buf_view(&nick);
	l.text = buf_view(&text);
	if (commands_action(&l.text))
		l.kind = LINE_ACTION;
	l.mention = !m->own && mention_in(l.text, slice_of(ui->model.nick));
	buf_init(&elsewhere, TEXT_MAX + UI_LINE_MAX);
	if (!r)
		r = take_elsewhere(ui, m->room, &l.text, &elsewhere);
	l.quiet = m->replay && r == ui->fresh;
	model_add(&ui->model, r, &l);
	if (l.mention && !m->replay && ui->settings.bell &&
	    (!ui->model.focused || r != ui->model.current))
		ui->ops->bell(ui->arg);
	buf_deinit(&elsewhere);
	buf_deinit(&nick);
	buf_deinit(&text);
	ui_changed(ui);
}

/* --- lines of ours ----------------------------------------------------------
 */

static void
show_waiting(struct ui *ui, const struct chat_entry *e)
{
	enum line_kind kind = LINE_MESSAGE;
	struct slice text;
	struct buf b;

	buf_init(&b, TEXT_MAX);
	clean_text(&b, e->text);
	text = buf_view(&b);
	if (commands_action(&text))
		kind = LINE_ACTION;
	model_add_pending(&ui->model, room_or_home(ui, e->room), e->number,
	    kind, e->at, text);
	buf_deinit(&b);
}

/* The server's time, so that it stands right among the others. */
static uint64_t
time_of(const struct chat_entry *e)
{
	struct msgid id;

	return msgid_parse(e->id, &id) == 0 ? id.ms : 0;
}

/* Nothing has been said in it but what was refused. */
static bool
is_unused(const struct room *r)
{
	if (!TAILQ_EMPTY(&r->pending))
		return false;
	for (unsigned i = 0; i < r->lines.n; i++) {
		const struct line *l =
		    scrollback_get(&r->lines, r->lines.first + i);

		if ((l->kind == LINE_MESSAGE || l->kind == LINE_ACTION) &&
		    l->mark != MARK_FAILED)
			return false;
	}
	return true;
}

static void
show_failed(struct ui *ui, const struct chat_entry *e)
{
	struct room *r = room_or_home(ui, e->room);
	struct buf reason, line;

	buf_init(&reason, UI_LINE_MAX);
	commands_failure(e, &reason);
	model_settle(&ui->model, e->number, MARK_FAILED, 0, buf_view(&reason));
	if (r != ui->model.current) {
		buf_init(&line, 2 * UI_LINE_MAX);
		buf_printf(&line, "to %s, not delivered: %.*s", r->name,
		    SLICE_ARG(buf_view(&reason)));
		ui_tell(ui, NULL, LINE_ERROR, buf_view(&line));
		buf_deinit(&line);
		/* that /msg has opened, for one who isn't there */
		if (slice_starts(slice_of(r->name), "@") && is_unused(r))
			ui_close_room(ui, r);
	}
	buf_deinit(&reason);
}

static void
on_entry(void *arg, const struct chat_entry *e)
{
	struct ui *ui = arg;

	switch (e->state) {
	case CHAT_ENTRY_WAITING:
		show_waiting(ui, e);
		break;
	case CHAT_ENTRY_SENT:
		model_settle(&ui->model, e->number, MARK_SENT, 0, SLICE(""));
		break;
	case CHAT_ENTRY_DELIVERED:
		model_settle(&ui->model, e->number, MARK_DELIVERED, time_of(e),
		    SLICE(""));
		break;
	case CHAT_ENTRY_FAILED:
		show_failed(ui, e);
		break;
	}
	ui_changed(ui);
}

/* --- events -----------------------------------------------------------------
 */

static void
self_joined(struct ui *ui, struct room *r)
{
	/* nobody has said anything in it: what comes now is from before */
	if (r->nick_columns == 0)
		ui->fresh = r;
	r->joined = true;
	model_clear_people(r);
}

static void
joined(struct ui *ui, struct room *r, struct slice nick)
{
	if (ui->settings.joins)
		model_join(r, nick, clock_wall_ms());
	else
		model_add_person(r, nick);
}

static void
left(struct ui *ui, struct room *r, bool self, struct slice nick,
    struct slice text)
{
	struct buf b;

	if (self) {
		r->joined = false;
		buf_init(&b, 2 * UI_LINE_MAX);
		buf_printf(&b, "you have left %s%s%.*s", r->name,
		    text.len > 0 ? ": " : "", SLICE_ARG(text));
		ui_tell(ui, r, LINE_EVENT, buf_view(&b));
		buf_deinit(&b);
	} else if (ui->settings.joins) {
		model_leave(r, nick, clock_wall_ms());
	} else {
		model_remove_person(r, nick);
	}
}

static void
topic(struct ui *ui, struct room *r, struct slice nick, struct slice text)
{
	struct buf b;

	model_set_topic(r, text);
	if (nick.len == 0)
		return;
	buf_init(&b, 2 * UI_LINE_MAX);
	buf_printf(&b, "%.*s has set the topic: %.*s", SLICE_ARG(nick),
	    SLICE_ARG(text));
	ui_tell(ui, r, LINE_EVENT, buf_view(&b));
	buf_deinit(&b);
}

/* nick and text are cleaned; ev's own are not. */
static void
take_room_event(struct ui *ui, const struct chat_event *ev, struct slice nick,
    struct slice text)
{
	struct room *r = room_of(ui, ev->room);

	if (!r) /* no room for it: nobody can see what it would change */
		return;
	if (ev->type == CHAT_JOINED && ev->self)
		self_joined(ui, r);
	else if (ev->type == CHAT_JOINED)
		joined(ui, r, nick);
	else if (ev->type == CHAT_LEFT)
		left(ui, r, ev->self, nick, text);
	else if (ev->type == CHAT_TOPIC)
		topic(ui, r, nick, text);
	else
		model_add_person(r, nick);
}

static void
take_event(struct ui *ui, const struct chat_event *ev, struct slice nick,
    struct slice text)
{
	switch (ev->type) {
	case CHAT_NICK:
		model_rename(&ui->model, nick, text, clock_wall_ms());
		break;
	case CHAT_NOTICE:
		ui_tell(ui,
		    ev->room.len > 0 ? room_or_home(ui, ev->room) : NULL,
		    LINE_INFO, text);
		break;
	case CHAT_JOINED:
	case CHAT_LEFT:
	case CHAT_TOPIC:
	case CHAT_MEMBER:
		take_room_event(ui, ev, nick, text);
		break;
	}
}

static void
on_event(void *arg, const struct chat_event *ev)
{
	struct ui *ui = arg;
	struct buf nick, text;

	buf_init(&nick, UI_LINE_MAX);
	buf_init(&text, UI_LINE_MAX);
	ui_clean_name(&nick, ev->nick);
	clean_line(&text, ev->text,
	    ev->type == CHAT_NICK ? UI_NAME_MAX : UI_LINE_MAX / 2);
	take_event(ui, ev, buf_view(&nick), buf_view(&text));
	buf_deinit(&nick);
	buf_deinit(&text);
	ui_changed(ui);
}

const struct chat_cb ui_chat_cb = {
	.on_status = on_status,
	.on_message = on_message,
	.on_event = on_event,
	.on_entry = on_entry,
};
