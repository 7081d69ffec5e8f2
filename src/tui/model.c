#include "config.h"

#include "tui/model.h"

#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#include "base/buf.h"
#include "base/mem.h"
#include "tui/model_internal.h"
#include "tui/model_people.h"
#include "tui/text.h"

enum { REASON_MAX = 1024 };

char *
model_fold(struct slice s)
{
	const utf8proc_option_t how =
	    UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD;
	utf8proc_uint8_t *out = NULL;

	if (utf8proc_map((const utf8proc_uint8_t *)s.p, (utf8proc_ssize_t)s.len,
		&out, how) >= 0)
		return (char *)out;
	return xstrndup(s.p, s.len);
}

void
model_init(struct model *m)
{
	*m = (struct model){ .focused = true };
	TAILQ_INIT(&m->rooms);
	m->nick = xstrndup("", 0);
}

static void
pending_free(struct room *r, struct pending *p)
{
	TAILQ_REMOVE(&r->pending, p, link);
	line_free(p->l);
	free(p);
}

void
room_free(struct room *r)
{
	struct pending *p;

	while ((p = TAILQ_FIRST(&r->pending)) != NULL)
		pending_free(r, p);
	people_clear(r);
	free(r->people);
	recent_clear(r);
	fold_end(r);
	scrollback_deinit(&r->lines);
	free(r->name);
	free(r->key);
	free(r->label);
	free(r->topic);
	while (r->n_typing > 0)
		free(r->typing[--r->n_typing].nick);
	free(r);
}

void
model_deinit(struct model *m)
{
	struct room *r;

	model_close_window(m);
	while ((r = TAILQ_FIRST(&m->rooms)) != NULL) {
		TAILQ_REMOVE(&m->rooms, r, link);
		room_free(r);
	}
	free(m->nick);
	*m = (struct model){ 0 };
}

static void
set(char **to, struct slice s)
{
	char *copy = xstrndup(s.p, s.len);

	free(*to);
	*to = copy;
}

void
model_set_nick(struct model *m, struct slice nick)
{
	set(&m->nick, nick);
}

void
model_read_all(struct room *r)
{
	r->unread = r->mentions = 0;
}

void
model_set_focus(struct model *m, bool focused)
{
	m->focused = focused;
	if (m->current == NULL)
		return;
	if (focused)
		model_read_all(m->current);
	else
		m->current->unread_seen = true;
}

struct room *
model_room(const struct model *m, struct slice name)
{
	char *key = model_fold(name), *label;
	struct room *r;
	bool same = false;

	TAILQ_FOREACH (r, &m->rooms, link)
		if (strcmp(r->key, key) == 0)
			break;
	/* a direct one, as it is typed */
	if (r == NULL && key[0] == '@')
		TAILQ_FOREACH (r, &m->rooms, link) {
			label = model_fold(slice_of(r->label));
			same = strcmp(label, key) == 0;
			free(label);
			if (same)
				break;
		}
	free(key);
	return r;
}

struct room *
room_make(struct slice name)
{
	struct room *r = xcalloc(1, sizeof(*r));

	r->name = xstrndup(name.p, name.len);
	r->key = model_fold(name);
	r->label = xstrndup(name.p, name.len);
	r->topic = xstrndup("", 0);
	scrollback_init(&r->lines);
	TAILQ_INIT(&r->pending);
	return r;
}

struct room *
model_open(struct model *m, struct slice name)
{
	struct room *r = model_room(m, name);

	if (r != NULL || m->n_rooms == MODEL_ROOMS_MAX)
		return r;
	r = room_make(name);
	if (strcmp(r->key, MODEL_LOBBY) == 0)
		TAILQ_INSERT_HEAD(&m->rooms, r, link);
	else
		TAILQ_INSERT_TAIL(&m->rooms, r, link);
	m->n_rooms++;
	if (m->current == NULL)
		m->current = r;
	return r;
}

struct room *
model_open_direct(struct model *m, struct slice name, struct slice nick)
{
	struct room *r = model_room(m, name);
	struct buf label;

	buf_init(&label, nick.len + 2);
	buf_putc(&label, '@');
	buf_append_slice(&label, nick);
	if (r == NULL) {
		r = model_room(m, buf_view(&label));
		/* called by the nick only as long as its name is not known */
		if (r != NULL && strcmp(r->name, r->label) != 0)
			r = NULL;
	}
	if (r == NULL)
		r = model_open(m, name);
	if (r != NULL) {
		set(&r->name, name);
		free(r->key);
		r->key = model_fold(name);
		set(&r->label, buf_view(&label));
	}
	buf_deinit(&label);
	return r;
}

void
model_close(struct model *m, struct room *r)
{
	struct room *next = m->current;

	if (m->current == r)
		model_close_window(m);
	if (m->previous == r)
		m->previous = NULL;
	if (m->current == r) {
		next = m->previous;
		if (next == NULL)
			next = TAILQ_NEXT(r, link);
		if (next == NULL)
			next = TAILQ_PREV(r, room_list, link);
		m->current = m->previous = NULL;
	}
	TAILQ_REMOVE(&m->rooms, r, link);
	m->n_rooms--;
	room_free(r);
	if (next != NULL)
		model_switch(m, next);
}

void
model_switch(struct model *m, struct room *r)
{
	if (r == m->current)
		return;
	model_close_window(m);
	if (m->current != NULL)
		m->current->unread_line = 0;
	m->previous = m->current;
	m->current = r;
	if (m->focused)
		model_read_all(r);
}

struct room *
model_nth(const struct model *m, unsigned n)
{
	struct room *r;

	TAILQ_FOREACH (r, &m->rooms, link)
		if (n-- == 1)
			break;
	return r;
}

unsigned
model_number(const struct model *m, const struct room *room)
{
	const struct room *r;
	unsigned n = 1;

	TAILQ_FOREACH (r, &m->rooms, link) {
		if (r == room)
			return n;
		n++;
	}
	return 0;
}

/* Around the end. */
static struct room *
after(const struct model *m, const struct room *r)
{
	struct room *next = TAILQ_NEXT(r, link);

	return next != NULL ? next : TAILQ_FIRST(&m->rooms);
}

static struct room *
before(const struct model *m, const struct room *r)
{
	struct room *prev = TAILQ_PREV(r, room_list, link);

	return prev != NULL ? prev : TAILQ_LAST(&m->rooms, room_list);
}

struct room *
model_neighbour(const struct model *m, int step)
{
	if (m->current == NULL)
		return NULL;
	return step < 0 ? before(m, m->current) : after(m, m->current);
}

struct room *
model_next_active(const struct model *m)
{
	struct room *r, *unread = NULL;

	if (m->current == NULL)
		return NULL;
	for (r = after(m, m->current); r != m->current; r = after(m, r)) {
		if (r->mentions > 0)
			return r;
		if (r->unread > 0 && unread == NULL)
			unread = r;
	}
	return unread;
}

void
model_set_topic(struct room *r, struct slice topic)
{
	set(&r->topic, topic);
}

static bool
is_talk(enum line_kind kind)
{
	return kind == LINE_MESSAGE || kind == LINE_ACTION;
}

void
room_widen(struct room *r, enum line_kind kind, struct slice nick)
{
	unsigned columns;

	if (kind != LINE_MESSAGE)
		return;
	columns = (unsigned)text_width(nick);
	if (columns > MODEL_NICK_COLUMNS)
		columns = MODEL_NICK_COLUMNS;
	if (columns > r->nick_columns)
		r->nick_columns = columns;
}

static void
count(struct model *m, struct room *r, uint64_t id, bool mention)
{
	if (m->focused && r == m->current)
		return;
	if (r->unread_line == 0 || r->unread_seen) {
		r->unread_line = id;
		r->unread_seen = false;
	}
	if (mention)
		r->mentions++;
	if (mention || !r->muted)
		r->unread++;
}

void
line_of(const struct model_line *new, struct line_new *out)
{
	*out = (struct line_new){
		.kind = new->kind,
		.at = new->at,
		.id = new->id,
		.nick = new->nick,
		.text = new->text,
		.quote = new->quote,
		.reactions = new->reactions,
		.ours = new->ours,
		.own = new->own,
		.mention = new->mention,
		.edited = new->edited,
		.deleted = new->deleted,
	};
}

uint64_t
model_add(struct model *m, struct room *r, const struct model_line *new)
{
	struct line_new l;
	uint64_t id;

	line_of(new, &l);
	fold_end(r);
	room_widen(r, new->kind, new->nick);
	id = scrollback_add(&r->lines, &l);
	if (!is_talk(new->kind))
		return id;
	if (new->nick.len > 0 && !new->own)
		recent_put(r, new->nick);
	if (r->unread_due && !new->own && msgid_cmp(new->id, r->read) > 0) {
		r->unread_due = false;
		r->unread_line = id;
	}
	if (!new->own && !new->quiet)
		count(m, r, id, new->mention);
	return id;
}

void
model_clear(struct room *r)
{
	fold_end(r);
	scrollback_clear(&r->lines);
	r->unread_line = 0;
	r->above = ABOVE_UNKNOWN;
	r->scroll = (struct room_scroll){ 0 };
	model_read_all(r);
}

static struct pending *
find_pending(struct model *m, uint64_t number, struct room **in)
{
	struct pending *p;
	struct room *r;

	TAILQ_FOREACH (r, &m->rooms, link) {
		*in = r;
		/* the newest first: those sent may stay for ever */
		TAILQ_FOREACH_REVERSE(p, &r->pending, pending_list, link)
		{
			if (p->number == number)
				return p;
		}
	}
	return NULL;
}

void
model_add_pending(
    struct model *m, struct room *r, const struct model_pending *new)
{
	struct line_new l = {
		.kind = new->kind,
		.mark = MARK_WAITING,
		.at = new->at,
		.nick = slice_of(m->nick),
		.text = new->text,
		.quote = new->quote,
		.own = true,
	};
	struct room *other;
	struct pending *p;

	if (find_pending(m, new->number, &other) != NULL)
		return;
	p = xcalloc(1, sizeof(*p));
	p->number = new->number;
	p->l = line_make(&l);
	TAILQ_INSERT_TAIL(&r->pending, p, link);
	r->unread_line = 0; /* who answers has read */
}

static void
tell_failure(struct room *r, uint64_t at, struct slice reason)
{
	struct line_new l = { .kind = LINE_ERROR, .at = at };
	struct buf text;

	buf_init(&text, REASON_MAX);
	buf_puts(&text, "not delivered: ");
	if (buf_append_slice(&text, reason) < 0)
		buf_puts(&text, "?");
	l.text = buf_view(&text);
	scrollback_add(&r->lines, &l);
	buf_deinit(&text);
}

bool
model_settle(struct model *m, uint64_t number, enum line_mark mark,
    struct msgid id, struct slice reason)
{
	uint64_t at = id.ms;
	struct room *r;
	struct pending *p = find_pending(m, number, &r);
	struct line *l;

	if (p == NULL)
		return false;
	l = p->line != 0 ? scrollback_get(&r->lines, p->line) : p->l;
	if (l != NULL) {
		l->mark = (uint8_t)mark;
		l->id = id;
		if (at != 0)
			l->at = at;
		at = l->at;
	}
	if (p->l != NULL) {
		fold_end(r);
		room_widen(r, p->l->kind, line_nick(p->l));
		p->line = scrollback_take(&r->lines, p->l);
		p->l = NULL;
	}
	if (mark == MARK_FAILED) {
		fold_end(r);
		tell_failure(r, at, reason);
	}
	if (mark != MARK_SENT)
		pending_free(r, p);
	return true;
}

unsigned
model_waiting(const struct model *m)
{
	const struct pending *p;
	const struct room *r;
	unsigned n = 0;

	TAILQ_FOREACH (r, &m->rooms, link)
		TAILQ_FOREACH (p, &r->pending, link)
			n += p->l != NULL;
	return n;
}
