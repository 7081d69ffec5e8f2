#include "config.h"

#include "tui/model_people.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

enum {
	FOLD_NAMES = 20, /* told by name, of each group */
	LINE_BYTES = 32768,
};

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
insert(struct room *r, struct slice nick, uint64_t spoke)
{
	char *key = model_fold(nick);
	bool found;
	unsigned at = position(r, key, &found);
	struct person *p;

	if (found) {
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
		.spoke = spoke,
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
	insert(r, nick, 0);
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

void
fold_end(struct room *r)
{
	for (unsigned i = 0; i < r->fold.n; i++)
		free(r->fold.v[i].nick);
	r->fold.n = 0;
	r->fold.line = 0;
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
	if (f->n == f->cap) {
		f->cap = f->cap > 0 ? f->cap * 2 : 8;
		f->v = xrealloc(f->v, f->cap * sizeof(*f->v));
	}
	f->v[f->n++] = (struct fold_entry){
		.nick = xstrndup(nick.p, nick.len),
		.came = came,
		.is_here = came,
	};
}

/* One group of "→ ana, bo; ← cy". */
static void
put_group(const struct fold *f, bool came, bool is_here, const char *arrow,
    struct buf *out)
{
	unsigned n = 0;

	for (unsigned i = 0; i < f->n; i++) {
		const struct fold_entry *e = &f->v[i];

		if (e->came != came || e->is_here != is_here)
			continue;
		if (++n > FOLD_NAMES)
			continue;
		if (n > 1)
			buf_puts(out, ", ");
		else
			buf_printf(
			    out, "%s%s ", out->len > 0 ? "; " : "", arrow);
		buf_puts(out, e->nick);
	}
	if (n > FOLD_NAMES)
		buf_printf(out, " and %u more", n - FOLD_NAMES);
}

static void
tell_fold(struct room *r, uint64_t at)
{
	struct line_new l = { .kind = LINE_EVENT, .at = at };
	struct fold *f = &r->fold;
	struct buf text;

	buf_init(&text, LINE_BYTES);
	put_group(f, true, true, "→", &text);
	put_group(f, false, false, "←", &text);
	put_group(f, true, false, "→←", &text);
	put_group(f, false, true, "←→", &text);
	l.text = buf_view(&text);
	if (f->line == 0) {
		f->line = scrollback_add(&r->lines, &l);
	} else {
		scrollback_get(&r->lines, f->line)->at = at;
		scrollback_replace_last(&r->lines, l.text);
	}
	buf_deinit(&text);
}

void
model_join(struct room *r, struct slice nick, uint64_t at)
{
	if (insert(r, nick, 0) == NULL)
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
		uint64_t spoke;

		if (p == NULL)
			continue;
		spoke = p->spoke;
		erase(r, p);
		insert(r, to, spoke);
		model_add(m, r, &l);
	}
	buf_deinit(&text);
	if (slice_is(from, m->nick))
		model_set_nick(m, to);
}
