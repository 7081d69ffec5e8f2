#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/clean.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/msgid.h"
#include "tui/answer.h"
#include "tui/ui_internal.h"

/* --- status ----------------------------------------------------------------
 */

struct room *
ui_room_of(struct ui *ui, struct slice name, struct slice with)
{
	struct buf b, nick;
	struct room *r;

	buf_init(&b, UI_LINE_MAX);
	buf_init(&nick, UI_LINE_MAX);
	ui_clean_name(&b, name.len > 0 ? name : SLICE(MODEL_LOBBY));
	ui_clean_name(&nick, with);
	if (nick.len > 0)
		r = model_open_direct(
		    &ui->model, buf_view(&b), buf_view(&nick));
	else
		r = model_open(&ui->model, buf_view(&b));
	buf_deinit(&b);
	buf_deinit(&nick);
	ui_room_changed(ui);
	return r;
}

/* The same; the lobby (or else the current one) instead of NULL. */
static struct room *
room_or_home(struct ui *ui, struct slice name, struct slice with)
{
	struct room *r = ui_room_of(ui, name, with);

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
	/* a classic server has one room and does not tell */
	if (st->classic) {
		struct room *lobby = model_open(&ui->model, SLICE(MODEL_LOBBY));

		if (lobby)
			lobby->joined = true;
		if (!ui->was_online)
			ui_switch(ui, lobby);
	}
	tell_online(ui, st);
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

/* As often as the server has refused; Esc leaves it at that. */
static void
ask_password(struct ui *ui, const struct chat_status *st)
{
	bool wanted = st->phase == CHAT_WAITING &&
		      (!strcmp(st->code, "password") ||
			  !strcmp(st->code, "wrong-password"));

	if (wanted)
		ui_prompt_start(ui, UI_PROMPT_PASSWORD);
	else if (ui->prompt == UI_PROMPT_PASSWORD)
		ui_prompt_start(ui, UI_PROMPT_NONE);
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
	ask_password(ui, st);
	if (st->phase == before)
		return;
	if (st->phase == CHAT_ONLINE)
		came_online(ui, st);
	else if (before == CHAT_ONLINE)
		went_offline(ui, st);
}

/* --- lines of ours ----------------------------------------------------------
 */

/* What it answers, if that is here. */
static void
put_quote_of(struct room *r, struct slice reply, struct buf *out)
{
	struct msgid id;
	uint64_t at;

	if (msgid_parse(reply, &id))
		return;
	at = scrollback_by_message(&r->lines, id);
	if (at != 0) {
		const struct line *l = scrollback_get(&r->lines, at);

		ui_put_quote(out, line_nick(l), line_text(l));
	} else {
		buf_puts(out, "(an earlier message)");
	}
}

static void
show_waiting(struct ui *ui, const struct chat_entry *e)
{
	struct room *r = room_or_home(ui, e->room, e->with);
	struct model_pending p = {
		.number = e->number, .kind = LINE_MESSAGE, .at = e->at
	};
	struct buf b, quote;

	buf_init(&b, UI_TEXT_MAX);
	buf_init(&quote, UI_LINE_MAX);
	clean_text(&b, e->text);
	p.text = buf_view(&b);
	if (commands_action(&p.text))
		p.kind = LINE_ACTION;
	put_quote_of(r, e->reply, &quote);
	p.quote = buf_view(&quote);
	model_add_pending(&ui->model, r, &p);
	buf_deinit(&b);
	buf_deinit(&quote);
}

/* With its id comes the server's time, so that it stands right among the
 * others. */
static struct msgid
id_of(const struct chat_entry *e)
{
	struct msgid id;

	return msgid_parse(e->id, &id) == 0 ? id : (struct msgid){ .ms = 0 };
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
	struct room *r = room_or_home(ui, e->room, e->with);
	struct buf reason, line;

	buf_init(&reason, UI_LINE_MAX);
	commands_failure(e, &reason);
	model_settle(&ui->model, e->number, MARK_FAILED,
	    (struct msgid){ .ms = 0 }, buf_view(&reason));
	if (r != ui->model.current) {
		buf_init(&line, 2 * UI_LINE_MAX);
		buf_printf(&line, "to %s, not delivered: %.*s", r->label,
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
		model_settle(
		    &ui->model, e->number, MARK_SENT, id_of(e), SLICE(""));
		break;
	case CHAT_ENTRY_DELIVERED:
		model_settle(
		    &ui->model, e->number, MARK_DELIVERED, id_of(e), SLICE(""));
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
		ui_fresh(ui, r);
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

/* Not by himself: that is worth a line of its own. */
static void
sent_away(struct ui *ui, struct room *r, struct slice nick, struct slice text)
{
	struct buf b;

	model_remove_person(r, nick);
	buf_init(&b, 2 * UI_LINE_MAX);
	buf_printf(&b, "%.*s was %.*s", SLICE_ARG(nick), SLICE_ARG(text));
	ui_tell(ui, r, LINE_EVENT, buf_view(&b));
	buf_deinit(&b);
}

static void
left(struct ui *ui, struct room *r, bool self, struct slice nick,
    struct slice text)
{
	struct buf b;

	if (self) {
		r->joined = false;
		buf_init(&b, 2 * UI_LINE_MAX);
		buf_printf(&b, "you have left %s%s%.*s", r->label,
		    text.len > 0 ? ": " : "", SLICE_ARG(text));
		ui_tell(ui, r, LINE_EVENT, buf_view(&b));
		buf_deinit(&b);
	} else if (slice_is(text, "kicked") || slice_is(text, "banned")) {
		sent_away(ui, r, nick, text);
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

/* Told to people who have it in view, but not in a line. */
static void
typing(struct ui *ui, const struct chat_event *ev, struct slice nick)
{
	struct room *r = ui_room_of(ui, ev->room, ev->with);

	if (r && !ev->self && !commands_ignores(ui->commands, ev->nick))
		model_typing(r, nick, loop_now(ui->loop) + MODEL_TYPING_MS);
}

static void
away(struct ui *ui, const struct chat_event *ev, struct slice nick,
    struct slice text)
{
	struct buf b;

	model_set_away(&ui->model, nick, text.len > 0);
	if (!ev->self)
		return;
	buf_init(&b, 2 * UI_LINE_MAX);
	buf_printf(&b, text.len > 0 ? "you are away: %.*s" : "you are back",
	    SLICE_ARG(text));
	ui_tell(ui, NULL, LINE_EVENT, buf_view(&b));
	buf_deinit(&b);
}

static void
refused(struct ui *ui, const struct chat_event *ev, struct slice text)
{
	struct room *r = ui_room_of(ui, ev->room, ev->with);
	struct buf b;

	if (r)
		r->joined = false;
	buf_init(&b, 2 * UI_LINE_MAX);
	buf_puts(&b, "can't join ");
	ui_clean_name(&b, ev->room);
	buf_printf(&b, ": %.*s", SLICE_ARG(text));
	ui_tell(ui, r, LINE_ERROR, buf_view(&b));
	buf_deinit(&b);
}

static enum person_role
role_of(struct slice role)
{
	return slice_is(role, "owner")       ? PERSON_OWNER
	       : slice_is(role, "moderator") ? PERSON_MODERATOR
					     : PERSON_MEMBER;
}

/* There is one owner. */
static void
new_role(struct room *r, const struct chat_event *ev, struct slice nick)
{
	struct person *p = model_person(r, nick);

	if (ev->type == CHAT_OWNER)
		for (unsigned i = 0; i < r->n_people; i++)
			if (r->people[i].role == PERSON_OWNER)
				r->people[i].role = PERSON_MEMBER;
	if (!p)
		return;
	p->role = ev->type == CHAT_OWNER ? PERSON_OWNER
		  : ev->on               ? PERSON_MODERATOR
					 : PERSON_MEMBER;
}

/* Told in the room that it is about if that is open, else where one looks. */
static void
moderation(struct ui *ui, const struct chat_event *ev, struct slice nick)
{
	struct room *r = NULL;
	struct buf b;

	buf_init(&b, 2 * UI_LINE_MAX);
	ui_clean_name(&b, ev->room);
	if (b.len > 0)
		r = model_room(&ui->model, buf_view(&b));
	buf_clear(&b);
	if (r && (ev->type == CHAT_KICKED || ev->type == CHAT_BANNED))
		r->joined = false;
	else if (r && ev->type == CHAT_SLOW)
		r->slow = (unsigned)ev->seconds;
	else if (r && ev->type == CHAT_PRIVATE)
		r->is_private = ev->on;
	else if (r && (ev->type == CHAT_MODERATOR || ev->type == CHAT_OWNER))
		new_role(r, ev, nick);
	else if (ev->type == CHAT_INVITED && ev->on)
		r = ui_go_into(ui, ev->room);
	answer_moderation(ev, &b);
	ui_tell(ui, r,
	    ev->type == CHAT_KICKED || ev->type == CHAT_BANNED ||
		    ev->type == CHAT_MUTED
		? LINE_ERROR
		: LINE_EVENT,
	    buf_view(&b));
	buf_deinit(&b);
}

/* nick and text are cleaned; ev's own are not. */
static void
take_room_event(struct ui *ui, const struct chat_event *ev, struct slice nick,
    struct slice text)
{
	struct room *r = ui_room_of(ui, ev->room, ev->with);
	struct person *p;

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
	else {
		model_add_person(r, nick);
		p = model_person(r, nick);
		if (p)
			p->away = text.len > 0;
	}
	p = ev->role.len > 0 ? model_person(r, nick) : NULL;
	if (p)
		p->role = role_of(ev->role);
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
		    ev->room.len > 0 ? room_or_home(ui, ev->room, ev->with)
				     : NULL,
		    LINE_INFO, text);
		break;
	case CHAT_TYPING:
		typing(ui, ev, nick);
		break;
	case CHAT_AWAY:
		away(ui, ev, nick, text);
		break;
	case CHAT_REFUSED:
		refused(ui, ev, text);
		break;
	case CHAT_JOINED:
	case CHAT_LEFT:
	case CHAT_TOPIC:
	case CHAT_MEMBER:
		take_room_event(ui, ev, nick, text);
		break;
	case CHAT_KICKED:
	case CHAT_BANNED:
	case CHAT_MUTED:
	case CHAT_UNMUTED:
	case CHAT_INVITED:
	case CHAT_SLOW:
	case CHAT_PRIVATE:
	case CHAT_MODERATOR:
	case CHAT_OWNER:
		moderation(ui, ev, nick);
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

/* What the server knows of a room. One that isn't open stays closed. */
static void
on_room(void *arg, const struct chat_room_state *st)
{
	struct ui *ui = arg;
	struct msgid read = { .ms = 0 };
	struct room *r;
	struct buf name;

	buf_init(&name, UI_LINE_MAX);
	ui_clean_name(&name, st->room);
	r = model_room(&ui->model, buf_view(&name));
	buf_deinit(&name);
	if (!r)
		return;
	if (st->with.len > 0) /* it may be called otherwise by now */
		r = ui_room_of(ui, st->room, st->with);
	if (st->entered) {
		r->joined = true;
		r->slow = (unsigned)st->slow;
		r->is_private = st->is_private;
	}
	if (st->entered && st->seq == 0)
		r->above = ABOVE_NOTHING;
	if (st->marked) {
		msgid_parse(st->read, &read);
		model_set_marker(&ui->model, r, read, (unsigned)st->unread,
		    (unsigned)st->mentions, st->entered);
	}
	ui_changed(ui);
}

const struct chat_cb ui_chat_cb = {
	.on_status = on_status,
	.on_message = ui_on_message,
	.on_change = ui_on_change,
	.on_room = on_room,
	.on_event = on_event,
	.on_entry = on_entry,
};
