#include "config.h"

#include "tui/model.h"

#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#include "base/buf.h"
#include "base/mem.h"
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
	free(p->l);
	free(p);
}

static void
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
	free(r->topic);
	free(r);
}

void
model_deinit(struct model *m)
{
	struct room *r;

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

static void
read_all(struct room *r)
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
		read_all(m->current);
	else
		m->current->unread_seen = true;
}

struct room *
model_room(const struct model *m, struct slice name)
{
	char *key = model_fold(name);
	struct room *r;

	TAILQ_FOREACH (r, &m->rooms, link)
		if (strcmp(r->key, key) == 0)
			break;
	free(key);
	return r;
}

struct room *
model_open(struct model *m, struct slice name)
{
	struct room *r = model_room(m, name);

	if (r != NULL || m->n_rooms == MODEL_ROOMS_MAX)
		return r;
	r = xcalloc(1, sizeof(*r));
	r->name = xstrndup(name.p, name.len);
	r->key = model_fold(name);
	r->topic = xstrndup("", 0);
	scrollback_init(&r->lines);
	TAILQ_INIT(&r->pending);
	if (strcmp(r->key, MODEL_LOBBY) == 0)
		TAILQ_INSERT_HEAD(&m->rooms, r, link);
	else
		TAILQ_INSERT_TAIL(&m->rooms, r, link);
	m->n_rooms++;
	if (m->current == NULL)
		m->current = r;
	return r;
}

void
model_close(struct model *m, struct room *r)
{
	struct room *next = m->current;

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
	if (m->current != NULL)
		m->current->unread_line = 0;
	m->previous = m->current;
	m->current = r;
	if (m->focused)
		read_all(r);
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

/* Before a line goes to the end of the room. */
static void
prepare(struct room *r, enum line_kind kind, struct slice nick)
{
	unsigned columns;

	fold_end(r);
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

uint64_t
model_add(struct model *m, struct room *r, const struct model_line *new)
{
	struct line_new l = {
		.kind = new->kind,
		.at = new->at,
		.nick = new->nick,
		.text = new->text,
		.own = new->own,
		.mention = new->mention,
	};
	uint64_t id;

	prepare(r, new->kind, new->nick);
	id = scrollback_add(&r->lines, &l);
	if (!is_talk(new->kind))
		return id;
	if (new->nick.len > 0 && !new->own)
		recent_put(r, new->nick);
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
	r->scroll = (struct room_scroll){ 0 };
	read_all(r);
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
model_add_pending(struct model *m, struct room *r, uint64_t number,
    enum line_kind kind, uint64_t at, struct slice text)
{
	struct line_new l = {
		.kind = kind,
		.mark = MARK_WAITING,
		.at = at,
		.nick = slice_of(m->nick),
		.text = text,
		.own = true,
	};
	struct room *other;
	struct pending *p;

	if (find_pending(m, number, &other) != NULL)
		return;
	p = xcalloc(1, sizeof(*p));
	p->number = number;
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
model_settle(struct model *m, uint64_t number, enum line_mark mark, uint64_t at,
    struct slice reason)
{
	struct room *r;
	struct pending *p = find_pending(m, number, &r);
	struct line *l;

	if (p == NULL)
		return false;
	l = p->line != 0 ? scrollback_get(&r->lines, p->line) : p->l;
	if (l != NULL) {
		l->mark = (uint8_t)mark;
		if (at != 0)
			l->at = at;
		at = l->at;
	}
	if (p->l != NULL) {
		prepare(r, p->l->kind, line_nick(p->l));
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
