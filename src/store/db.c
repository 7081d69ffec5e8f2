#include "config.h"

#include "store/db.h"

#include <assert.h>

enum { BUSY_TIMEOUT = 2000 /* ms */ };

enum store_error
db_open(struct db *db, const char *path, int flags, const char *vfs)
{
	int rc;

	*db = (struct db){ .code = 0 };
	rc = sqlite3_open_v2(path, &db->sqlite,
	    flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, vfs);
	if (rc == SQLITE_OK)
		rc = sqlite3_busy_timeout(db->sqlite, BUSY_TIMEOUT);
	return db_error(db, rc);
}

void
db_close(struct db *db)
{
	for (unsigned i = 0; i < db->n; i++)
		sqlite3_finalize(db->statements[i].st);
	sqlite3_close(db->sqlite);
	*db = (struct db){ .code = 0 };
}

enum store_error
db_error(struct db *db, int code)
{
	if (code != SQLITE_OK && code != SQLITE_DONE)
		db->code = code;
	switch (code & 0xff) {
	case SQLITE_OK:
	case SQLITE_DONE:
		return STORE_OK;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return STORE_LOCKED;
	case SQLITE_FULL:
		return STORE_FULL;
	case SQLITE_READONLY:
		return STORE_READ_ONLY;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return STORE_DAMAGED;
	default:
		return STORE_FAILED;
	}
}

bool
db_is_temporary(enum store_error err)
{
	return err >= STORE_LOCKED && err <= STORE_FAILED;
}

enum store_error
db_exec(struct db *db, const char *sql)
{
	return db_error(db, sqlite3_exec(db->sqlite, sql, NULL, NULL, NULL));
}

struct db_stmt
db_stmt(struct db *db, const char *sql)
{
	struct db_stmt s = { .db = db };

	for (unsigned i = 0; i < db->n; i++)
		if (db->statements[i].sql == sql) {
			s.st = db->statements[i].st;
			return s;
		}
	assert(db->n < DB_STATEMENTS_MAX);
	s.code = sqlite3_prepare_v3(
	    db->sqlite, sql, -1, SQLITE_PREPARE_PERSISTENT, &s.st, NULL);
	if (s.code == SQLITE_OK) {
		db->statements[db->n].sql = sql;
		db->statements[db->n++].st = s.st;
	}
	return s;
}

static void
check_bound(struct db_stmt *s, int code)
{
	if (code != SQLITE_OK)
		s->code = code;
}

void
db_put_int(struct db_stmt *s, uint64_t n)
{
	if (s->code == SQLITE_OK)
		check_bound(
		    s, sqlite3_bind_int64(s->st, ++s->bound, (sqlite3_int64)n));
}

void
db_put_id(struct db_stmt *s, struct msgid id)
{
	if (id.ms == 0 && id.n == 0)
		db_put_blob(s, (struct slice){ NULL, 0 });
	else
		db_put_int(s, db_pack(id));
}

void
db_put_text(struct db_stmt *s, struct slice text)
{
	if (s->code == SQLITE_OK)
		check_bound(s, sqlite3_bind_text64(s->st, ++s->bound,
				   text.p != NULL ? text.p : "", text.len,
				   SQLITE_STATIC, SQLITE_UTF8));
}

void
db_put_blob(struct db_stmt *s, struct slice bytes)
{
	if (s->code != SQLITE_OK)
		return;
	s->bound++;
	if (bytes.len == 0)
		check_bound(s, sqlite3_bind_null(s->st, s->bound));
	else
		check_bound(s, sqlite3_bind_blob64(s->st, s->bound, bytes.p,
				   bytes.len, SQLITE_STATIC));
}

bool
db_row(struct db_stmt *s)
{
	int rc;

	if (s->code != SQLITE_OK)
		return false;
	rc = sqlite3_step(s->st);
	if (rc == SQLITE_ROW)
		return true;
	if (rc != SQLITE_DONE)
		s->code = rc;
	return false;
}

uint64_t
db_int(const struct db_stmt *s, int column)
{
	return (uint64_t)sqlite3_column_int64(s->st, column);
}

struct msgid
db_id(const struct db_stmt *s, int column)
{
	return db_unpack(db_int(s, column));
}

struct slice
db_text(const struct db_stmt *s, int column)
{
	const void *p = sqlite3_column_text(s->st, column);
	int len = sqlite3_column_bytes(s->st, column);

	return p != NULL ? (struct slice){ p, (size_t)len } : SLICE("");
}

struct slice
db_blob(const struct db_stmt *s, int column)
{
	const void *p = sqlite3_column_blob(s->st, column);
	int len = sqlite3_column_bytes(s->st, column);

	return p != NULL ? (struct slice){ p, (size_t)len } : SLICE("");
}

bool
db_is_null(const struct db_stmt *s, int column)
{
	return sqlite3_column_type(s->st, column) == SQLITE_NULL;
}

enum store_error
db_end(struct db_stmt *s)
{
	int code = s->code;

	sqlite3_reset(s->st); /* tells the same error again */
	s->st = NULL;
	return db_error(s->db, code);
}

enum store_error
db_run(struct db_stmt *s)
{
	while (db_row(s))
		continue;
	return db_end(s);
}

unsigned
db_changes(const struct db *db)
{
	return (unsigned)sqlite3_changes(db->sqlite);
}

uint64_t
db_pack(struct msgid id)
{
	if (id.ms > DB_ID_MS_MAX)
		return INT64_MAX;
	if (id.n > DB_ID_N_MAX)
		id.n = DB_ID_N_MAX;
	return id.ms << DB_ID_BITS | id.n;
}

struct msgid
db_unpack(uint64_t row)
{
	return (
	    struct msgid){ .ms = row >> DB_ID_BITS, .n = row & DB_ID_N_MAX };
}

uint64_t
db_pack_end(struct msgid id)
{
	uint64_t row = db_pack(id);

	/* What is between two ids is after the first. */
	if (row < INT64_MAX && (id.n > DB_ID_N_MAX || id.sub > 0))
		row++;
	return row;
}
