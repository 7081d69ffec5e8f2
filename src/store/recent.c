#include "config.h"

#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "store/internal.h"

/*
 * Two lists, newest first: messages by their ids, and by their changes. What
 * both have together is cut where the older one of what did not fit is.
 */

static enum store_error
take_messages(struct db *db, struct store_rows *rows)
{
	struct db_stmt st =
	    db_stmt(db, "SELECT " STORE_ROW " FROM messages m " STORE_ROW_JOIN
			"ORDER BY m.id DESC");

	return store_rows_take(rows, &st);
}

static enum store_error
take_changes(struct db *db, struct store_rows *rows)
{
	struct db_stmt st = db_stmt(db,
	    "SELECT " STORE_ROW
	    " FROM messages m INDEXED BY messages_changed " STORE_ROW_JOIN
	    "WHERE m.changed IS NOT NULL ORDER BY m.changed DESC");

	return store_rows_take(rows, &st);
}

/* Who has deleted them. */
static enum store_error
take_deleters(struct db *db, struct store_page *page)
{
	enum store_error e = STORE_OK;

	for (unsigned i = 0; i < page->n && !e; i++) {
		struct store_row *r = &page->rows[i];
		struct db_stmt st;

		if (r->deleted.ms == 0)
			continue;
		st =
		    db_stmt(db, "SELECT deleted_by FROM messages WHERE id = ?");
		db_put_int(&st, db_pack(r->id));
		if (db_row(&st) && !db_is_null(&st, 0))
			r->deleted_by = db_int(&st, 0);
		e = db_end(&st);
	}
	return e;
}

struct item {
	const struct store_row *row;
	struct msgid at;
};

static size_t
size_of(const struct store_row *r)
{
	size_t size = r->text.len + r->reply_text.len;

	for (unsigned i = 0; i < r->nbin; i++)
		size += r->bin[i].len;
	return size;
}

/* The newest of both, at most n. */
static unsigned
merge(const struct store_page *messages, const struct store_page *changes,
    struct item *to, unsigned n, size_t bytes)
{
	unsigned m = 0, c = 0, i = 0;
	size_t used = 0;

	while (i < n && (m < messages->n || c < changes->n)) {
		const struct store_row *a = &messages->rows[m];
		const struct store_row *b = &changes->rows[c];

		if (c == changes->n ||
		    (m < messages->n && msgid_cmp(a->id, b->changed) > 0)) {
			to[i] = (struct item){ a, a->id };
			m++;
		} else {
			to[i] = (struct item){ b, b->changed };
			c++;
		}
		used += size_of(to[i].row);
		if (i > 0 && used > bytes)
			break;
		i++;
	}
	return i;
}

static struct msgid
just_before(struct msgid id)
{
	return db_unpack(db_pack(id) - 1);
}

static void
raise_to(struct msgid *to, struct msgid id)
{
	if (msgid_cmp(id, *to) > 0)
		*to = id;
}

/* Calls for what is after the point from which on all is here. */
static void
tell(const struct store_rows *messages, const struct store_rows *changes,
    unsigned n, size_t bytes,
    void (*on_row)(void *arg, const struct store_row *row, struct msgid at),
    void *arg, struct msgid *since)
{
	const struct store_page *m = messages->page, *c = changes->page;
	struct item *all = xcalloc(m->n + c->n, sizeof(*all));
	unsigned used = merge(m, c, all, n, bytes);

	if (messages->full && m->n > 0)
		raise_to(since, just_before(m->rows[m->n - 1].id));
	if (changes->full && c->n > 0)
		raise_to(since, just_before(c->rows[c->n - 1].changed));
	if (used < m->n + c->n && used > 0)
		raise_to(since, just_before(all[used - 1].at));
	while (used-- > 0)
		if (msgid_cmp(all[used].at, *since) > 0)
			on_row(arg, all[used].row, all[used].at);
	free(all);
}

int
store_recent(struct store *s, unsigned n, size_t bytes,
    void (*on_row)(void *arg, const struct store_row *row, struct msgid at),
    void *arg, struct msgid *complete_since)
{
	/* Not the writer's, which may be busy already. */
	struct db *db = &s->reader;
	struct store_page messages, changes;
	struct store_rows m, c;
	enum store_error e;

	*complete_since = s->last;
	if (s->path == NULL || n == 0)
		return 0; /* there is nothing from before */
	store_rows_begin(&m, &messages, n);
	store_rows_begin(&c, &changes, n);
	m.limit = c.limit = n;
	m.bytes_max = c.bytes_max = bytes;
	e = store_rows_end(&m, db, take_messages(db, &m));
	if (!e) {
		e = store_rows_end(&c, db, take_changes(db, &c));
		if (!e)
			e = take_deleters(db, &changes);
		if (!e) {
			*complete_since = s->cut;
			tell(&m, &c, n, bytes, on_row, arg, complete_since);
		}
		store_page_free(&changes);
	}
	store_page_free(&messages);
	return e ? -EIO : 0;
}
