#include "config.h"

#include "store/tools.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/internal.h"
#include "store/words.h"

/* Lines about one kind of thing. */
enum { LINES_MAX = 10, LINE_SIZE = 400 };

static int
complain(const char *path, struct db *db, enum store_error e, struct buf *err)
{
	buf_printf(err, "%s: %s (%s)", path, store_error_text(e),
	    sqlite3_errstr(db->code));
	return -EIO;
}

/* Opens one that is there; db is to be closed also after an error. */
static int
open_there(const char *path, int flags, struct db *db, struct buf *err)
{
	enum store_error e;
	int rc = store_file_look(path, err);

	*db = (struct db){ .code = 0 };
	if (rc)
		return rc;
	e = db_open(db, path, flags, NULL);
	if (!e)
		e = flags & SQLITE_OPEN_READONLY
			? store_schema_read_only(db)
			: db_exec(db, "SELECT 1 FROM meta");
	return e ? complain(path, db, e, err) : 0;
}

/* ---- checking ---- */

struct check {
	struct db db;
	void (*on_line)(void *arg, const char *line);
	void *arg;
	int wrong;
};

/* Each row is a line. */
static const char *const questions[] = {
	/* What nobody has made, SQLite's own: */
	"SELECT integrity_check FROM pragma_integrity_check(10)"
	" WHERE integrity_check <> 'ok'",
	"SELECT printf('room %s: number %d stands behind %d', r.name, m.seq,"
	" m.before) FROM (SELECT room, seq, lag(seq) OVER (PARTITION BY room"
	" ORDER BY id) AS before FROM messages NOT INDEXED) m"
	" LEFT JOIN rooms r ON r.number = m.room WHERE m.seq <> m.before + 1",
	"SELECT printf('room %s begins with number %d, and nothing was"
	" removed', r.name, m.first) FROM (SELECT room, min(seq) AS first FROM"
	" messages NOT INDEXED GROUP BY room) m"
	" JOIN rooms r ON r.number = m.room"
	" WHERE m.first > 1 AND (SELECT value FROM meta WHERE key = 'cut') = 0",
	"SELECT printf('room %s ends with number %d instead of %d', r.name,"
	" m.seq, r.seq) FROM (SELECT room, max(id) AS id, max(seq) AS seq"
	" FROM messages NOT INDEXED GROUP BY room) m"
	" JOIN rooms r ON r.number = m.room"
	" WHERE m.seq <> r.seq OR m.id <> r.last",
	"SELECT printf('room %s has lost all of its %d messages', name, seq)"
	" FROM rooms WHERE seq > 0 AND number NOT IN (SELECT room FROM"
	" messages) AND coalesce(last, 0) >"
	" (SELECT value FROM meta WHERE key = 'cut')",
	"SELECT printf('message %d-%d is in no room', id >> 20, id & 1048575)"
	" FROM messages WHERE room NOT IN (SELECT number FROM rooms)",
	"SELECT printf('id %d-%d was given after the last one', n >> 20,"
	" n & 1048575) FROM (SELECT max(id, coalesce(changed, 0)) AS n"
	" FROM messages NOT INDEXED) WHERE n >"
	" (SELECT value FROM meta WHERE key = 'last')",
	"SELECT printf('message %d-%d has changed without a change', id >> 20,"
	" id & 1048575) FROM messages NOT INDEXED"
	" WHERE max(coalesce(edited, 0), coalesce(deleted, 0),"
	" coalesce(reacted, 0)) > coalesce(changed, 0)",
	"SELECT printf('nonce %s is there %d times', nonce, count(*))"
	" FROM messages NOT INDEXED WHERE nonce IS NOT NULL GROUP BY nonce"
	" HAVING count(*) > 1",
	"SELECT printf('%d rooms are called %s', count(*), name) FROM rooms"
	" GROUP BY key HAVING count(*) > 1",
	"SELECT printf('a reaction to message %d-%d, which is not there',"
	" message >> 20, message & 1048575) FROM reactions"
	" WHERE message NOT IN (SELECT id FROM messages)",
	"SELECT printf('a mention in message %d-%d, which is not there',"
	" id >> 20, id & 1048575) FROM mentions"
	" WHERE id NOT IN (SELECT id FROM messages)",
};

/* Of version 2. */
static const char *const questions_2[] = {
	"SELECT printf('ban %d is of room %d, which is not there', number,"
	" room) FROM bans WHERE room <> 0 AND room NOT IN"
	" (SELECT number FROM rooms)",
	"SELECT printf('a mute of %s in room %d, which is not there', nick,"
	" room) FROM mutes WHERE room <> 0 AND room NOT IN"
	" (SELECT number FROM rooms)",
	"SELECT printf('%s is something in room %d, which is not there', nick,"
	" room) FROM members WHERE room NOT IN (SELECT number FROM rooms)",
	"SELECT printf('%s is nothing in room %d', nick, room) FROM members"
	" WHERE moderator = 0 AND listed = 0",
	"SELECT printf('an invitation to room %d, which is not there', room)"
	" FROM invitations WHERE room <> 0 AND room NOT IN"
	" (SELECT number FROM rooms)",
};

static void
tell(struct check *c, const char *line)
{
	c->on_line(c->arg, line);
	c->wrong++;
}

static void
tell_error(struct check *c, const char *what, int code)
{
	char line[LINE_SIZE];

	snprintf(line, sizeof(line), "%s: %s", what, sqlite3_errstr(code));
	tell(c, line);
}

static void
ask_one(struct check *c, const char *question)
{
	char line[LINE_SIZE];
	sqlite3_stmt *st;
	int rc = sqlite3_prepare_v2(c->db.sqlite, question, -1, &st, NULL);
	int lines = 0;

	while (rc == SQLITE_OK || rc == SQLITE_ROW) {
		rc = sqlite3_step(st);
		if (rc != SQLITE_ROW)
			break;
		if (lines++ == LINES_MAX) {
			tell(c, "and more of this kind");
			break;
		}
		snprintf(line, sizeof(line), "%s",
		    (const char *)sqlite3_column_text(st, 0));
		for (char *p = line; *p != '\0'; p++)
			if (*p == '\n')
				*p = ' ';
		tell(c, line);
	}
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		tell_error(c, "can't be read", rc);
	sqlite3_finalize(st);
}

static void
ask(struct check *c, const char *const *all, size_t n)
{
	for (size_t i = 0; i < n; i++)
		ask_one(c, all[i]);
}

/* One of version 1 becomes one of 2 when a server has it. */
static bool
has_version_2(struct db *db)
{
	struct db_stmt st = db_stmt(db, "SELECT 1 FROM pragma_user_version"
					" WHERE user_version >= 2");
	bool has = db_row(&st);

	db_end(&st);
	return has;
}

/* Compares the index with what it was made from; nothing is changed, but
 * SQLite wants to be able to. */
static void
check_words(struct check *c, const char *path)
{
	struct db db;
	int lock = -1, rc = store_file_lock(path, &lock, NULL);
	enum store_error e;

	if (rc) {
		c->on_line(c->arg, "the index of words is not looked at while "
				   "the store is in use");
		return;
	}
	e = db_open(&db, path, SQLITE_OPEN_READWRITE, NULL);
	if (!e)
		e = db_exec(&db, "INSERT INTO words(words, rank)"
				 " VALUES('integrity-check', 1)");
	if (e)
		tell_error(c, "the index of words", db.code);
	db_close(&db);
	close(lock);
}

int
store_check(const char *path, void (*on_line)(void *arg, const char *line),
    void *arg, struct buf *err)
{
	struct check c = { .on_line = on_line, .arg = arg };
	int rc = open_there(path, SQLITE_OPEN_READONLY, &c.db, err);

	if (rc != 0 && (c.db.code & 0xff) == SQLITE_CORRUPT) {
		buf_clear(err);
		tell_error(&c, "its tables can't be found", c.db.code);
		db_close(&c.db);
		return c.wrong;
	}
	if (rc == 0)
		ask(&c, questions, sizeof(questions) / sizeof(questions[0]));
	if (rc == 0 && has_version_2(&c.db))
		ask(&c, questions_2,
		    sizeof(questions_2) / sizeof(questions_2[0]));
	db_close(&c.db);
	if (rc == 0)
		check_words(&c, path);
	return rc ? rc : c.wrong;
}

/* ---- compacting ---- */

static uint64_t
size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
}

int
store_compact(
    const char *path, uint64_t *before, uint64_t *after, struct buf *err)
{
	struct db db = { .code = 0 };
	enum store_error e;
	int lock = -1, rc = store_file_look(path, err);

	if (rc == 0)
		rc = store_file_lock(path, &lock, err);
	if (rc)
		return rc;
	*before = size_of(path);
	rc = open_there(path, SQLITE_OPEN_READWRITE, &db, err);
	if (rc)
		goto out;
	e = db_exec(&db, "PRAGMA synchronous=FULL;"
			 "INSERT INTO words(words) VALUES('optimize'); VACUUM;"
			 "PRAGMA wal_checkpoint(TRUNCATE)");
	if (e)
		rc = complain(path, &db, e, err);
out:
	db_close(&db);
	*after = size_of(path);
	close(lock);
	return rc;
}

/* ---- exporting ---- */

struct rooms {
	struct store_room *all;
	unsigned n, cap;
	struct arena *memory;
};

static struct slice
copy(struct rooms *r, const struct db_stmt *st, int column)
{
	struct slice text = db_text(st, column);

	return arena_copy(&r->memory, text.p, text.len);
}

static enum store_error
load_rooms(struct db *db, struct rooms *r)
{
	struct db_stmt st = db_stmt(db,
	    "SELECT number, name, key, topic, topic_nick, a, b FROM rooms"
	    " ORDER BY number");

	while (db_row(&st)) {
		if (r->n == r->cap) {
			r->cap = r->cap > 0 ? 2 * r->cap : 16;
			r->all = xrealloc(r->all, r->cap * sizeof(*r->all));
		}
		r->all[r->n++] = (struct store_room){
			.number = db_int(&st, 0),
			.name = copy(r, &st, 1),
			.key = copy(r, &st, 2),
			.topic = copy(r, &st, 3),
			.topic_nick = copy(r, &st, 4),
			.a = db_int(&st, 5),
			.b = db_int(&st, 6),
		};
	}
	return db_end(&st);
}

static int
compare(const void *a, const void *b)
{
	const struct store_room *x = a, *y = b;

	return x->number < y->number ? -1 : x->number > y->number;
}

static const struct store_room *
find_room(const struct rooms *r, uint64_t number)
{
	const struct store_room key = { .number = number };

	if (r->n == 0)
		return NULL;
	return bsearch(&key, r->all, r->n, sizeof(*r->all), compare);
}

/* The number of the room that is called so, 0: none. */
static uint64_t
number_of(const struct rooms *r, const char *name)
{
	char *key = words_fold(slice_of(name[0] == '#' ? name + 1 : name));
	uint64_t number = 0;

	for (unsigned i = 0; key != NULL && i < r->n; i++)
		if (slice_is(r->all[i].key, key))
			number = r->all[i].number;
	free(key);
	return number;
}

/* The next page, after *after. */
static enum store_error
take_page(struct db *db, struct store_rows *rows, struct store_page *page,
    uint64_t room, uint64_t after)
{
	struct db_stmt st;

	store_rows_begin(rows, page, STORE_PAGE_MAX);
	if (room != 0)
		st = db_stmt(db,
		    "SELECT " STORE_ROW
		    " FROM messages m INDEXED BY messages_room " STORE_ROW_JOIN
		    "WHERE m.id > ? AND m.room = ? ORDER BY m.id");
	else
		st = db_stmt(db,
		    "SELECT " STORE_ROW " FROM messages m " STORE_ROW_JOIN
		    "WHERE m.id > ? ORDER BY m.id");
	db_put_int(&st, after);
	if (room != 0)
		db_put_int(&st, room);
	return store_rows_end(rows, db, store_rows_take(rows, &st));
}

int
store_export(const char *path, const char *room,
    void (*on_row)(
	void *arg, const struct store_room *room, const struct store_row *row),
    void *arg, struct buf *err)
{
	struct rooms r = { .n = 0 };
	struct store_rows rows = { .full = true };
	struct store_page page;
	uint64_t number = 0, after = 0;
	enum store_error e = STORE_OK;
	struct db db;
	int rc = open_there(path, SQLITE_OPEN_READONLY, &db, err);

	if (rc)
		goto out;
	e = load_rooms(&db, &r);
	if (!e && room != NULL && (number = number_of(&r, room)) == 0) {
		buf_printf(err, "%s: there is no room %.80s", path, room);
		rc = -ENOENT;
		goto out;
	}
	while (!e && rows.full) {
		e = take_page(&db, &rows, &page, number, after);
		for (unsigned i = 0; !e && i < page.n; i++) {
			const struct store_row *row = &page.rows[i];
			const struct store_room *in = find_room(&r, row->room);

			after = db_pack(row->id);
			if (in != NULL)
				on_row(arg, in, row);
		}
		store_page_free(&page);
	}
	if (e)
		rc = complain(path, &db, e, err);
out:
	db_close(&db);
	free(r.all);
	arena_free(r.memory);
	return rc;
}
