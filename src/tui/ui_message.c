#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/clean.h"
#include "base/clock.h"
#include "tui/mention.h"
#include "tui/ui_internal.h"

enum {
	NAMED_MAX = 3,    /* people whose names are told with a reaction */
	EMOJI_MAX = 64,   /* bytes */
	NOTIFY_MAX = 256, /* bytes told by the desktop */
};

/* --- a message as a line ----------------------------------------------------
 */

void
ui_put_quote(struct buf *out, struct slice nick, struct slice text)
{
	struct slice action = text;

	if (nick.len == 0) {
		buf_puts(out, "(gone)");
		return;
	}
	ui_clean_name(out, nick);
	if (commands_action(&action))
		buf_putc(out, ' ');
	else
		buf_puts(out, ": ");
	clean_line(out, action, UI_QUOTE_MAX);
}

/* "👍 ana, bob  🎉 7", and which of them are ours. */
static void
put_reactions(
    const struct chat_reactions *all, struct buf *out, struct buf *ours)
{
	for (unsigned i = 0; all != NULL && i < all->n; i++) {
		const struct chat_reaction *r = &all->v[i];
		struct slice rest = r->nicks;

		if (out->len > 0)
			buf_puts(out, "  ");
		clean_line(out, r->emoji, EMOJI_MAX);
		if (r->n > NAMED_MAX)
			buf_printf(out, " %u", r->n);
		for (unsigned k = 0; r->n <= NAMED_MAX && k < r->n; k++) {
			buf_puts(out, k > 0 ? ", " : " ");
			ui_clean_name(out, slice_take_until(&rest, '\n'));
		}
		if (r->own) {
			clean_line(ours, r->emoji, EMOJI_MAX);
			buf_putc(ours, '\n');
		}
	}
}

static void
put_deleted(struct buf *out, struct slice nick)
{
	buf_puts(out, "deleted");
	if (nick.len > 0)
		buf_puts(out, " by ");
	ui_clean_name(out, nick);
}

static void
put_attachments(struct buf *text, const struct chat_message *m)
{
	if (m->bin > 0)
		buf_printf(text, "%s(%u attachment%s, %zu bytes)",
		    text->len > 0 ? " " : "", m->bin, m->bin == 1 ? "" : "s",
		    m->bin_bytes);
}

void
ui_line_init(struct ui *ui, const struct chat_message *m, struct ui_line *out)
{
	struct model_line *l = &out->l;

	buf_init(&out->nick, UI_LINE_MAX);
	buf_init(&out->text, UI_TEXT_MAX);
	buf_init(&out->quote, UI_LINE_MAX);
	buf_init(&out->reactions, 16 * UI_LINE_MAX);
	buf_init(&out->ours, UI_LINE_MAX);
	*l = (struct model_line){ .kind = LINE_MESSAGE,
		.at = m->at,
		.own = m->own,
		.edited = m->edited.at != 0,
		.deleted = m->deleted.at != 0 };
	msgid_parse(m->id, &l->id);
	ui_clean_name(&out->nick, m->nick);
	if (l->deleted)
		put_deleted(&out->text, m->deleted.nick);
	else
		clean_text(&out->text, m->text);
	put_attachments(&out->text, m);
	if (m->reply_id.len > 0)
		ui_put_quote(&out->quote, m->reply_nick, m->reply_text);
	put_reactions(m->reactions, &out->reactions, &out->ours);
	l->nick = buf_view(&out->nick);
	l->text = buf_view(&out->text);
	l->quote = buf_view(&out->quote);
	l->reactions = buf_view(&out->reactions);
	l->ours = buf_view(&out->ours);
	if (!l->deleted && commands_action(&l->text))
		l->kind = LINE_ACTION;
	l->mention = !m->own && !l->deleted &&
		     mention_in(l->text, slice_of(ui->model.nick));
}

void
ui_line_deinit(struct ui_line *l)
{
	buf_deinit(&l->nick);
	buf_deinit(&l->text);
	buf_deinit(&l->quote);
	buf_deinit(&l->reactions);
	buf_deinit(&l->ours);
}

/* --- messages --------------------------------------------------------------
 */

/* Where a message of a room goes that can't be opened: with its name. */
static struct room *
take_elsewhere(
    struct ui *ui, struct slice name, struct slice *text, struct buf *out)
{
	struct room *r = model_room(&ui->model, SLICE(MODEL_LOBBY));

	buf_putc(out, '[');
	ui_clean_name(out, name);
	buf_puts(out, "] ");
	buf_append_slice(out, *text);
	*text = buf_view(out);
	return r ? r : ui->model.current;
}

/* To one who looks elsewhere: it rings, and the desktop tells. */
static void
notify(struct ui *ui, const struct room *r, const struct model_line *l)
{
	struct buf title, text;

	if (ui->settings.bell && (!ui->model.focused || r != ui->model.current))
		ui->ops->bell(ui->arg);
	if (!ui->settings.notify || ui->model.focused)
		return;
	buf_init(&title, UI_LINE_MAX);
	buf_init(&text, UI_LINE_MAX);
	clean_line(&title, l->nick, NOTIFY_MAX);
	if (!slice_starts(slice_of(r->name), "@")) {
		buf_puts(&title, " in ");
		clean_line(&title, slice_of(r->label), NOTIFY_MAX);
	}
	clean_line(&text, l->text, NOTIFY_MAX);
	ui->ops->notify(ui->arg, buf_view(&title), buf_view(&text));
	buf_deinit(&title);
	buf_deinit(&text);
}

/* What was said before we came is not unread, unless the server says so, and
 * then it has counted it. */
static bool
is_counted(const struct ui *ui, const struct room *r, bool replay)
{
	return replay && (r == ui->fresh || r->counted);
}

void
ui_on_message(void *arg, const struct chat_message *m)
{
	bool direct = m->with.len > 0;
	struct ui *ui = arg;
	struct buf elsewhere;
	struct ui_line line;
	struct room *r;

	if (!m->own && commands_ignores(ui->commands, m->nick))
		return;
	r = ui_room_of(ui, m->room, m->with);
	ui_line_init(ui, m, &line);
	buf_init(&elsewhere, UI_TEXT_MAX + UI_LINE_MAX);
	if (!r)
		r = take_elsewhere(ui, m->room, &line.l.text, &elsewhere);
	if (direct)
		r->joined = true;
	line.l.quiet = is_counted(ui, r, m->replay);
	/* a direct message is for us alone */
	if (direct && !m->own && !m->replay)
		line.l.mention = true;
	model_add(&ui->model, r, &line.l);
	model_typed(r, line.l.nick);
	if (m->seq == 1 && r->above == ABOVE_UNKNOWN)
		r->above = ABOVE_NOTHING;
	if (line.l.mention && !m->replay)
		notify(ui, r, &line.l);
	buf_deinit(&elsewhere);
	ui_line_deinit(&line);
	ui_changed(ui);
}

/* --- changes ----------------------------------------------------------------
 */

static void
react(struct ui *ui, struct room *r, struct msgid id,
    const struct chat_reactions *all)
{
	struct buf reactions, ours;

	buf_init(&reactions, 16 * UI_LINE_MAX);
	buf_init(&ours, UI_LINE_MAX);
	put_reactions(all, &reactions, &ours);
	model_react(&ui->model, r, id, buf_view(&reactions), buf_view(&ours));
	buf_deinit(&reactions);
	buf_deinit(&ours);
}

static void
edit(struct ui *ui, struct room *r, struct msgid id, struct slice text)
{
	struct slice rest;
	struct buf b;

	buf_init(&b, UI_TEXT_MAX);
	clean_text(&b, text);
	rest = buf_view(&b);
	commands_action(&rest);
	model_edit(&ui->model, r, id, rest);
	buf_deinit(&b);
}

static void delete (
    struct ui *ui, struct room *r, struct msgid id, struct slice nick)
{
	struct buf b;

	buf_init(&b, UI_LINE_MAX);
	put_deleted(&b, nick);
	model_delete(&ui->model, r, id, buf_view(&b));
	buf_deinit(&b);
}

void
ui_on_change(void *arg, const struct chat_change *ch)
{
	const struct chat_message *m = ch->message;
	struct ui *ui = arg;
	struct room *r;
	struct msgid id;

	if (msgid_parse(ch->id, &id))
		return;
	r = ui_room_of(ui, ch->room, ch->with);
	if (!r)
		return;
	switch (ch->type) {
	case CHAT_EDITED:
		edit(ui, r, id, ch->text);
		break;
	case CHAT_DELETED:
		delete (ui, r, id, ch->nick);
		break;
	case CHAT_REACTION:
		react(ui, r, id, ch->reactions);
		break;
	case CHAT_CHANGED:
		react(ui, r, id, m->reactions);
		if (m->deleted.at != 0)
			delete (ui, r, id, m->deleted.nick);
		else if (m->edited.at != 0)
			edit(ui, r, id, m->text);
		break;
	}
	ui_changed(ui);
}
