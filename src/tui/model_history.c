#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "tui/model_internal.h"
#include "tui/model_people.h"

/* ---- windows ---- */

struct room *
model_shown(const struct model *m)
{
	return m->window != NULL ? m->window : m->current;
}

struct room *
model_open_window(struct model *m)
{
	const struct room *r = m->current;

	model_close_window(m);
	m->window = room_make(slice_of(r->name));
	m->window->joined = r->joined;
	m->window->detached = true;
	m->window->nick_columns = r->nick_columns;
	return m->window;
}

void
model_close_window(struct model *m)
{
	if (m->window == NULL)
		return;
	room_free(m->window);
	m->window = NULL;
}

struct line *
model_make_line(const struct model_line *new)
{
	struct line_new l;

	line_of(new, &l);
	return line_make(&l);
}

void
model_add_above(struct room *r, struct line **lines, unsigned n)
{
	while (n-- > 0) {
		struct line *l = lines[n];

		room_widen(r, (enum line_kind)l->kind, line_nick(l));
		scrollback_take_above(&r->lines, l);
	}
}

void
model_add_below(struct room *r, struct line **lines, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		struct line *l = lines[i];

		room_widen(r, (enum line_kind)l->kind, line_nick(l));
		scrollback_take(&r->lines, l);
	}
}

struct line *
model_take_off(struct room *r)
{
	fold_end(r);
	return scrollback_take_off(&r->lines);
}

static struct msgid
id_of(const struct scrollback *sb, uint64_t line)
{
	return line != 0 ? scrollback_get(sb, line)->id
			 : (struct msgid){ .ms = 0 };
}

/* Deleted ones have an id, too. */
struct msgid
model_oldest(const struct room *r)
{
	uint64_t last = scrollback_last(&r->lines);

	for (uint64_t at = r->lines.first; at <= last; at++)
		if (id_of(&r->lines, at).ms != 0)
			return id_of(&r->lines, at);
	return (struct msgid){ .ms = 0 };
}

struct msgid
model_newest(const struct room *r)
{
	uint64_t last = scrollback_last(&r->lines);

	for (uint64_t at = last; at >= r->lines.first; at--)
		if (id_of(&r->lines, at).ms != 0)
			return id_of(&r->lines, at);
	return (struct msgid){ .ms = 0 };
}

/* ---- changes ---- */

static void
edit_in(struct room *r, struct msgid id, struct slice text, bool deleted)
{
	uint64_t at = scrollback_by_message(&r->lines, id);
	struct line *l;

	if (at == 0)
		return;
	if (deleted)
		scrollback_set_reactions(&r->lines, at, SLICE(""), SLICE(""));
	scrollback_replace(&r->lines, at, text);
	l = scrollback_get(&r->lines, at);
	if (l == NULL)
		return; /* what is too much goes at the other end */
	l->edited = !deleted;
	l->deleted = deleted;
	if (deleted) {
		l->mention = false;
		l->kind = LINE_MESSAGE;
	}
}

void
model_edit(struct model *m, struct room *r, struct msgid id, struct slice text)
{
	edit_in(r, id, text, false);
	if (m->window != NULL && r == m->current)
		edit_in(m->window, id, text, false);
}

void
model_delete(
    struct model *m, struct room *r, struct msgid id, struct slice text)
{
	edit_in(r, id, text, true);
	if (m->window != NULL && r == m->current)
		edit_in(m->window, id, text, true);
}

static void
react_in(
    struct room *r, struct msgid id, struct slice reactions, struct slice ours)
{
	uint64_t at = scrollback_by_message(&r->lines, id);

	if (at != 0)
		scrollback_set_reactions(&r->lines, at, reactions, ours);
}

void
model_react(struct model *m, struct room *r, struct msgid id,
    struct slice reactions, struct slice ours)
{
	react_in(r, id, reactions, ours);
	if (m->window != NULL && r == m->current)
		react_in(m->window, id, reactions, ours);
}

/* ---- what has been read ---- */

/* The first line behind the marker that is somebody else's. */
static uint64_t
first_behind(const struct room *r)
{
	uint64_t last = scrollback_last(&r->lines), found = 0;

	for (uint64_t at = last; at >= r->lines.first; at--) {
		const struct line *l = scrollback_get(&r->lines, at);

		if (l->id.ms == 0)
			continue;
		if (msgid_cmp(l->id, r->read) <= 0)
			break;
		if (!l->own && !l->deleted)
			found = at;
	}
	return found;
}

void
model_set_marker(struct model *m, struct room *r, struct msgid read,
    unsigned unread, unsigned mentions, bool entered)
{
	bool looked_at = m->focused && r == m->current;

	if (msgid_cmp(read, r->read) > 0)
		r->read = read;
	if (looked_at) {
		model_read_all(r);
	} else {
		r->unread = r->muted ? mentions : unread;
		r->mentions = mentions;
	}
	if (entered) {
		/* what is known of it is above that */
		r->unread_due = unread > 0;
		r->counted = unread > 0 || read.ms != 0;
	} else if (!looked_at) {
		r->unread_line = unread > 0 ? first_behind(r) : 0;
	}
}

/* ---- who is typing ---- */

static void
forget_typist(struct room *r, unsigned i)
{
	free(r->typing[i].nick);
	r->typing[i] = r->typing[--r->n_typing];
}

void
model_typed(struct room *r, struct slice nick)
{
	for (unsigned i = r->n_typing; i-- > 0;)
		if (slice_is(nick, r->typing[i].nick))
			forget_typist(r, i);
}

void
model_typing(struct room *r, struct slice nick, uint64_t until)
{
	model_typed(r, nick);
	if (r->n_typing == MODEL_TYPING_MAX)
		return;
	r->typing[r->n_typing++] = (struct typist){
		.nick = xstrndup(nick.p, nick.len),
		.until = until,
	};
}

uint64_t
model_expire_typing(struct room *r, uint64_t now)
{
	uint64_t next = 0;

	for (unsigned i = r->n_typing; i-- > 0;)
		if (r->typing[i].until <= now)
			forget_typist(r, i);
		else if (next == 0 || r->typing[i].until < next)
			next = r->typing[i].until;
	return next;
}

void
model_set_away(struct model *m, struct slice nick, bool away)
{
	struct room *r;

	TAILQ_FOREACH (r, &m->rooms, link) {
		struct person *p = model_person(r, nick);

		if (p != NULL)
			p->away = away;
	}
}
