#include "config.h"

#include "tui/model_people.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

enum { LINE_BYTES = 32768 };

/* Where key is or would be. */
static unsigned
position(const struct room *r, const char *key, bool *found)
{
	unsigned low = 0, high = r->n_people;

	*found = false;
	while (low < high) {
		unsigned mid = low + (high - low) / 2;
		int c = strcmp(r->people[mid].key, key);

		if (c == 0) {
			*found = true;
			return mid;
		}
		if (c < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static struct person *
insert(struct room *r, struct slice nick)
{
	char *key = model_fold(nick);
	bool found;
	unsigned at = position(r, key, &found);
	struct person *p;

	if (found || r->n_people == MODEL_PEOPLE_MAX) {
		free(key);
		return NULL;
	}
	if (r->n_people == r->cap_people) {
		r->cap_people = r->cap_people > 0 ? r->cap_people * 2 : 16;
		r->people =
		    xrealloc(r->people, r->cap_people * sizeof(*r->people));
	}
	p = &r->people[at];
	memmove(p + 1, p, (r->n_people - at) * sizeof(*p));
	r->n_people++;
	*p = (struct person){
		.nick = xstrndup(nick.p, nick.len),
		.key = key,
	};
	return p;
}

static void
erase(struct room *r, struct person *p)
{
	free(p->nick);
	free(p->key);
	r->n_people--;
	memmove(
	    p, p + 1, (r->n_people - (unsigned)(p - r->people)) * sizeof(*p));
}

void
people_clear(struct room *r)
{
	for (unsigned i = 0; i < r->n_people; i++) {
		free(r->people[i].nick);
		free(r->people[i].key);
	}
	r->n_people = 0;
}

struct person *
model_person(const struct room *r, struct slice nick)
{
	char *key;
	bool found;
	unsigned at;

	if (r->n_people == 0)
		return NULL;
	key = model_fold(nick);
	at = position(r, key, &found);
	free(key);
	return found ? &r->people[at] : NULL;
}

void
model_add_person(struct room *r, struct slice nick)
{
	insert(r, nick);
}

void
model_remove_person(struct room *r, struct slice nick)
{
	struct person *p = model_person(r, nick);

	if (p != NULL)
		erase(r, p);
}

void
model_clear_people(struct room *r)
{
	people_clear(r);
}

/* Where the key is among those who have spoken; n_recent: it is not. */
static unsigned
recent_at(const struct room *r, const char *key)
{
	unsigned i = 0;

	while (i < r->n_recent && strcmp(r->recent[i].key, key) != 0)
		i++;
	return i;
}

static void
recent_remove(struct room *r, unsigned at)
{
	struct person *p = &r->recent[at];

	free(p->nick);
	free(p->key);
	memmove(p, p + 1, (--r->n_recent - at) * sizeof(*p));
}

static void
recent_insert(struct room *r, unsigned at, struct slice nick)
{
	char *key = model_fold(nick);
	unsigned old = recent_at(r, key);

	if (old < r->n_recent)
		recent_remove(r, old);
	else if (r->n_recent == MODEL_RECENT_MAX)
		recent_remove(r, MODEL_RECENT_MAX - 1);
	if (at > r->n_recent)
		at = r->n_recent;
	memmove(&r->recent[at + 1], &r->recent[at],
	    (r->n_recent++ - at) * sizeof(r->recent[0]));
	r->recent[at] = (struct person){
		.nick = xstrndup(nick.p, nick.len),
		.key = key,
	};
}

void
recent_put(struct room *r, struct slice nick)
{
	recent_insert(r, 0, nick);
}

void
recent_clear(struct room *r)
{
	while (r->n_recent > 0)
		recent_remove(r, r->n_recent - 1);
}

static void
recent_rename(struct room *r, struct slice from, struct slice to)
{
	char *key = model_fold(from);
	unsigned at = recent_at(r, key);

	free(key);
	if (at == r->n_recent)
		return;
	recent_remove(r, at);
	recent_insert(r, at, to);
}

bool
model_is_recent(const struct room *r, const char *key)
{
	return recent_at(r, key) < r->n_recent;
}

void
fold_end(struct room *r)
{
	for (unsigned i = 0; i < r->fold.n; i++)
		free(r->fold.v[i].nick);
	r->fold = (struct fold){ 0 };
}

static void
remember(struct fold *f, struct slice nick, bool came)
{
	for (unsigned i = 0; i < f->n; i++) {
		if (slice_is(nick, f->v[i].nick)) {
			f->v[i].is_here = came;
			return;
		}
	}
	if (f->n == MODEL_FOLD_NAMES) {
		f->more_came += came;
		f->more_left += !came;
		return;
	}
	f->v[f->n++] = (struct fold_entry){
		.nick = xstrndup(nick.p, nick.len),
		.came = came,
		.is_here = came,
	};
}

/* One group of "→ ana, bo and 3 more; ← cy". */
static void
put_group(const struct fold *f, bool came, bool is_here, const char *arrow,
    unsigned more, struct buf *out)
{
	unsigned n = 0;

	for (unsigned i = 0; i < f->n; i++) {
		const struct fold_entry *e = &f->v[i];

		if (e->came != came || e->is_here != is_here)
			continue;
		if (n++ > 0)
			buf_puts(out, ", ");
		else
			buf_printf(
			    out, "%s%s ", out->len > 0 ? "; " : "", arrow);
		buf_puts(out, e->nick);
	}
	if (more == 0)
		return;
	if (n > 0)
		buf_printf(out, " and %u more", more);
	else
		buf_printf(
		    out, "%s%s %u more", out->len > 0 ? "; " : "", arrow, more);
}

static void
tell_fold(struct room *r, uint64_t at)
{
	struct line_new l = { .kind = LINE_EVENT, .at = at };
	struct fold *f = &r->fold;
	struct buf text;

	buf_init(&text, LINE_BYTES);
	put_group(f, true, true, "→", f->more_came, &text);
	put_group(f, false, false, "←", f->more_left, &text);
	put_group(f, true, false, "→←", 0, &text);
	put_group(f, false, true, "←→", 0, &text);
	l.text = buf_view(&text);
	if (f->line == 0) {
		f->line = scrollback_add(&r->lines, &l);
	} else {
		scrollback_get(&r->lines, f->line)->at = at;
		scrollback_replace(&r->lines, f->line, l.text);
	}
	buf_deinit(&text);
}

void
model_join(struct room *r, struct slice nick, uint64_t at)
{
	if (insert(r, nick) == NULL)
		return;
	remember(&r->fold, nick, true);
	tell_fold(r, at);
}

void
model_leave(struct room *r, struct slice nick, uint64_t at)
{
	struct person *p = model_person(r, nick);

	if (p == NULL)
		return;
	erase(r, p);
	remember(&r->fold, nick, false);
	tell_fold(r, at);
}

/* A direct room goes by the other one's nick. */
static void
relabel(struct room *r, struct slice from, struct slice to)
{
	if (r->label[0] != '@' || !slice_is(from, r->label + 1) ||
	    strcmp(r->label, r->name) == 0)
		return;
	free(r->label);
	r->label = xcalloc(1, to.len + 2);
	r->label[0] = '@';
	memcpy(r->label + 1, to.p, to.len);
}

void
model_rename(struct model *m, struct slice from, struct slice to, uint64_t at)
{
	struct buf text;
	struct room *r;

	buf_init(&text, LINE_BYTES);
	buf_append_slice(&text, from);
	buf_puts(&text, " is now ");
	buf_append_slice(&text, to);
	TAILQ_FOREACH (r, &m->rooms, link) {
		struct model_line l = {
			.kind = LINE_EVENT,
			.at = at,
			.text = buf_view(&text),
		};
		struct person *p = model_person(r, from);

		relabel(r, from, to);
		recent_rename(r, from, to);
		if (p == NULL)
			continue;
		erase(r, p);
		insert(r, to);
		model_add(m, r, &l);
	}
	buf_deinit(&text);
	if (slice_is(from, m->nick))
		model_set_nick(m, to);
}
