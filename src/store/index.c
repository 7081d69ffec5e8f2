#include "config.h"

#include "store/internal.h"

static enum store_error
put(struct db_stmt *st, uint64_t id, struct slice text, struct slice nick,
    uint64_t room)
{
	db_put_int(st, id);
	db_put_text(st, text);
	db_put_text(st, nick);
	db_put_int(st, room);
	return db_run(st);
}

enum store_error
store_index_add(struct db *db, uint64_t id, struct slice text,
    struct slice nick, uint64_t room)
{
	struct db_stmt st = db_stmt(db,
	    "INSERT INTO words(rowid, text, nick, room) VALUES(?, ?, ?, ?)");

	return put(&st, id, text, nick, room);
}

enum store_error
store_index_remove(struct db *db, uint64_t id, struct slice text,
    struct slice nick, uint64_t room)
{
	struct db_stmt st =
	    db_stmt(db, "INSERT INTO words(words, rowid, text, nick, room)"
			" VALUES('delete', ?, ?, ?, ?)");

	return put(&st, id, text, nick, room);
}
