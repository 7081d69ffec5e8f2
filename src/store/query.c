#include "config.h"

#include <stdlib.h>

#include "base/mem.h"
#include "store/internal.h"
#include "store/words.h"

#define NEVER ((uint64_t)INT64_MAX)
#define WITHOUT "r.number NOT IN (SELECT value FROM json_each(?)) "

static bool
is_set(struct msgid id)
{
	return id.ms != 0 || id.n != 0;
}

/* ---- a room's messages ---- */

/* Those after `after` and before `end`, from either side. */
static enum store_error
take_between(struct db *db, struct store_rows *rows, uint64_t room,
    uint64_t after, uint64_t end, bool newest_first)
{
	struct db_stmt st;

	if (newest_first)
		st = db_stmt(db,
		    "SELECT " STORE_ROW
		    " FROM messages m INDEXED BY messages_room " STORE_ROW_JOIN
		    "WHERE m.room = ? AND m.id > ? AND m.id < ?"
		    " ORDER BY m.id DESC");
	else
		st = db_stmt(db,
		    "SELECT " STORE_ROW
		    " FROM messages m INDEXED BY messages_room " STORE_ROW_JOIN
		    "WHERE m.room = ? AND m.id > ? AND m.id < ?"
		    " ORDER BY m.id");
	db_put_int(&st, room);
	db_put_int(&st, after);
	db_put_int(&st, end);
	return store_rows_take(rows, &st);
}

static enum store_error
exists(struct db *db, uint64_t room, uint64_t from, uint64_t to, bool *there)
{
	struct db_stmt st =
	    db_stmt(db, "SELECT 1 FROM messages INDEXED BY messages_room"
			" WHERE room = ? AND id >= ? AND id <= ? LIMIT 1");

	db_put_int(&st, room);
	db_put_int(&st, from);
	db_put_int(&st, to);
	*there = db_row(&st);
	return db_end(&st);
}

/* What is beyond the page, which was looked for between after and end. */
static enum store_error
look_around(struct db *db, struct store_page *page, uint64_t room,
    uint64_t after, uint64_t end)
{
	enum store_error e;

	if (page->n > 0) {
		after = db_pack(page->rows[0].id) - 1;
		end = db_pack(page->rows[page->n - 1].id) + 1;
	}
	e = exists(db, room, 0, after, &page->older);
	return e ? e : exists(db, room, end, NEVER, &page->newer);
}

static enum store_error
take_around(
    struct db *db, struct store_rows *rows, uint64_t room, uint64_t middle)
{
	const unsigned limit = rows->limit;
	enum store_error e;

	rows->limit = limit / 2;
	rows->bytes_max /= 2;
	e = take_between(db, rows, room, 0, middle, true);
	store_rows_reverse(rows);
	rows->limit = limit;
	rows->bytes_max *= 2;
	return e ? e : take_between(db, rows, room, middle - 1, NEVER, false);
}

static enum store_error
history(struct db *db, struct store_query *q)
{
	const uint64_t end = is_set(q->before) ? db_pack_end(q->before) : NEVER;
	const uint64_t after = is_set(q->after) ? db_pack(q->after) : 0;
	struct store_rows rows;
	enum store_error e;
	bool foreign;

	e = store_is_foreign(db, q->room, q->person, &foreign);
	if (e || foreign)
		return e ? e : STORE_NO_MESSAGE;
	store_rows_begin(&rows, &q->page, q->limit);
	if (is_set(q->around)) {
		e = take_around(db, &rows, q->room, db_pack(q->around));
	} else {
		e = take_between(
		    db, &rows, q->room, after, end, !is_set(q->after));
		if (!is_set(q->after))
			store_rows_reverse(&rows);
	}
	if (!e)
		e = look_around(db, &q->page, q->room, after, end);
	return store_rows_end(&rows, db, e);
}

/* ---- of all rooms ---- */

/* The rooms that are left out, as JSON for SQLite; to be freed. */
static char *
list_without(const struct store_query *q)
{
	struct buf b;

	buf_init(&b, SIZE_MAX);
	buf_putc(&b, '[');
	for (unsigned i = 0; i < q->nwithout; i++)
		buf_printf(&b, "%s%llu", i > 0 ? "," : "",
		    (unsigned long long)q->without[i]);
	buf_putc(&b, ']');
	return buf_steal(&b);
}

static enum store_error
search(struct db *db, struct store_query *q)
{
	struct store_rows rows;
	struct db_stmt st;
	struct buf match;
	char *from = q->from.len > 0 ? words_fold(q->from) : NULL;
	char *without = list_without(q);
	enum store_error e = STORE_OK;

	buf_init(&match, WORDS_QUERY_MAX);
	store_rows_begin(&rows, &q->page, q->limit);
	if ((q->from.len > 0 && from == NULL) ||
	    !words_query(&match, q->text, q->from, q->room))
		goto out;
	rows.from = from;
	st = db_stmt(db,
	    "SELECT " STORE_ROW
	    " FROM words CROSS JOIN messages m ON m.id = words.rowid"
	    " JOIN rooms r ON r.number = m.room " STORE_ROW_JOIN
	    "WHERE words MATCH ? AND words.rowid < ? AND " STORE_VISIBLE
	    "AND " WITHOUT "ORDER BY words.rowid DESC");
	db_put_text(&st, buf_view(&match));
	db_put_int(&st, is_set(q->before) ? db_pack_end(q->before) : NEVER);
	store_put_reader(&st, q->person);
	db_put_text(&st, slice_of(without));
	e = store_rows_take(&rows, &st);
	q->page.older = rows.full;
out:
	free(without);
	free(from);
	buf_deinit(&match);
	return store_rows_end(&rows, db, e);
}

static enum store_error
mentions(struct db *db, struct store_query *q)
{
	char *without = list_without(q);
	struct store_rows rows;
	enum store_error e;
	struct db_stmt st = db_stmt(db,
	    "SELECT " STORE_ROW
	    " FROM mentions x CROSS JOIN messages m ON m.id = x.id"
	    " JOIN rooms r ON r.number = m.room " STORE_ROW_JOIN
	    "WHERE x.person = ? AND x.id < ? AND (? = 0 OR x.room = ?)"
	    " AND " STORE_VISIBLE "AND " WITHOUT "ORDER BY x.id DESC");

	db_put_int(&st, q->person);
	db_put_int(&st, is_set(q->before) ? db_pack_end(q->before) : NEVER);
	db_put_int(&st, q->room);
	db_put_int(&st, q->room);
	store_put_reader(&st, q->person);
	db_put_text(&st, slice_of(without));
	store_rows_begin(&rows, &q->page, q->limit);
	e = store_rows_take(&rows, &st);
	q->page.older = rows.full;
	free(without);
	return store_rows_end(&rows, db, e);
}

static void
query_forget(struct store_op *op)
{
	store_page_free(&container_of(op, struct store_query, op)->page);
}

static enum store_error
query_run(struct store *s, struct db *db, struct store_op *op)
{
	struct store_query *q = container_of(op, struct store_query, op);

	(void)s;
	switch (q->type) {
	case STORE_HISTORY:
		return history(db, q);
	case STORE_SEARCH:
		return search(db, q);
	default:
		return mentions(db, q);
	}
}

static const struct store_kind query_kind = {
	.run = query_run,
	.forget = query_forget,
	.beside = true,
};

void
store_query(struct store *s, struct store_query *q)
{
	q->page = (struct store_page){ .n = 0 };
	store_push(s, &q->op, &query_kind);
}

/* ---- joining ---- */

static enum store_error
take_page(struct db *db, struct store_join *j)
{
	const uint64_t after = is_set(j->after) ? db_pack(j->after) : 0;
	struct store_rows rows;
	enum store_error e;

	store_rows_begin(&rows, &j->page, j->limit);
	e = take_between(db, &rows, j->room, after, NEVER, !is_set(j->after));
	if (!is_set(j->after))
		store_rows_reverse(&rows);
	if (!e)
		e = look_around(db, &j->page, j->room, after, NEVER);
	return store_rows_end(&rows, db, e);
}

/* If there are too many it is the newest that are told. */
static enum store_error
take_changed(struct db *db, struct store_join *j)
{
	struct store_rows rows;
	enum store_error e;
	struct db_stmt st = db_stmt(db,
	    "SELECT " STORE_ROW
	    " FROM messages m INDEXED BY messages_room_changed " STORE_ROW_JOIN
	    "WHERE m.room = ? AND m.changed > ? AND m.id <= ?"
	    " ORDER BY m.changed DESC");

	db_put_int(&st, j->room);
	db_put_int(&st, db_pack(j->after));
	db_put_int(&st, db_pack(j->after));
	store_rows_begin(&rows, &j->changed, STORE_PAGE_MAX);
	e = store_rows_take(&rows, &st);
	store_rows_reverse(&rows);
	j->changed.older = rows.full;
	return store_rows_end(&rows, db, e);
}

static void
join_forget(struct store_op *op)
{
	struct store_join *j = container_of(op, struct store_join, op);

	store_page_free(&j->page);
	store_page_free(&j->changed);
	j->read = (struct msgid){ .ms = 0 };
	j->unread = j->mentions = 0;
}

static enum store_error
join_run(struct store *s, struct db *db, struct store_op *op)
{
	struct store_join *j = container_of(op, struct store_join, op);
	bool foreign;
	enum store_error e = store_is_foreign(db, j->room, j->person, &foreign);

	(void)s;
	if (e || foreign)
		return e ? e : STORE_NO_MESSAGE;
	e = take_page(db, j);
	if (!e && is_set(j->after))
		e = take_changed(db, j);
	if (!e)
		e = store_count_unread(
		    db, j->room, j->person, &j->read, &j->unread, &j->mentions);
	if (e)
		join_forget(op);
	return e;
}

static const struct store_kind join_kind = {
	.run = join_run,
	.forget = join_forget,
};

void
store_join(struct store *s, struct store_join *j)
{
	j->page = j->changed = (struct store_page){ .n = 0 };
	store_push(s, &j->op, &join_kind);
}
