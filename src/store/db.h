/*
 * A connection to the database: statements that are prepared once, values put
 * in and taken out in order, and SQLite's errors as the store's. Used by one
 * thread at a time.
 *
 *	struct db_stmt st = db_stmt(db, "SELECT a FROM t WHERE b = ?");
 *
 *	db_put_int(&st, 7);
 *	while (db_row(&st))
 *		a = db_int(&st, 0);
 *	return db_end(&st);
 */
#ifndef CHAT_STORE_DB_H
#define CHAT_STORE_DB_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/msgid.h"
#include "base/slice.h"
#include "store/store.h"

enum {
	DB_STATEMENTS_MAX = 96, /* of one connection */
	DB_ID_BITS = 20,        /* of n, in an id of a row */
};

#define DB_ID_N_MAX ((UINT64_C(1) << DB_ID_BITS) - 1)
#define DB_ID_MS_MAX ((UINT64_C(1) << (63 - DB_ID_BITS)) - 1)

struct db {
	sqlite3 *sqlite;
	struct {
		const char *sql; /* a literal: known by its address */
		sqlite3_stmt *st;
	} statements[DB_STATEMENTS_MAX];
	unsigned n;
	int code; /* SQLite's extended one, of the last error */
};

/* path: ":memory:" or a file; flags: SQLite's. vfs may be NULL. Close it also
 * after an error. */
enum store_error
db_open(struct db *db, const char *path, int flags, const char *vfs);

void
db_close(struct db *db);

/* An error of SQLite's as the store's; 0 and SQLITE_DONE are STORE_OK. */
enum store_error
db_error(struct db *db, int code);

/* The request may be done later; nothing is wrong with it. */
bool
db_is_temporary(enum store_error err);

/* Runs statements that are not kept. */
enum store_error
db_exec(struct db *db, const char *sql);

/* A statement under way. Errors wait for db_end. */
struct db_stmt {
	struct db *db;
	sqlite3_stmt *st;
	int bound, code;
};

/* sql: a literal. Always to be ended. */
struct db_stmt
db_stmt(struct db *db, const char *sql);

void
db_put_int(struct db_stmt *s, uint64_t n);

/* {0, 0} is NULL. */
void
db_put_id(struct db_stmt *s, struct msgid id);

/* Borrowed until db_end. */
void
db_put_text(struct db_stmt *s, struct slice text);

/* The same; an empty one is NULL. */
void
db_put_blob(struct db_stmt *s, struct slice bytes);

/* Steps; false at the end or at an error. */
bool
db_row(struct db_stmt *s);

/* Of the row; slices are good until the next step. */
uint64_t
db_int(const struct db_stmt *s, int column);

struct msgid
db_id(const struct db_stmt *s, int column);

struct slice
db_text(const struct db_stmt *s, int column);

struct slice
db_blob(const struct db_stmt *s, int column);

bool
db_is_null(const struct db_stmt *s, int column);

enum store_error
db_end(struct db_stmt *s);

/* For statements without rows: steps and ends. */
enum store_error
db_run(struct db_stmt *s);

/* Rows changed by the last statement. */
unsigned
db_changes(const struct db *db);

/* An id as the number of a row. One that no row can have is cut to the next
 * one below. */
uint64_t
db_pack(struct msgid id);

struct msgid
db_unpack(uint64_t row);

/* The first number that is not before id: rows below it are before id. */
uint64_t
db_pack_end(struct msgid id);

#endif
