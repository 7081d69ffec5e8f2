#include "config.h"

#include <stdlib.h>

#include "base/mem.h"
#include "store/internal.h"

/* ---- counting ---- */

static enum store_error
find_marker(struct db *db, uint64_t room, uint64_t person, struct msgid *read)
{
	struct db_stmt st =
	    db_stmt(db, "SELECT id FROM markers WHERE person = ? AND room = ?");

	*read = (struct msgid){ .ms = 0 };
	db_put_int(&st, person);
	db_put_int(&st, room);
	if (db_row(&st))
		*read = db_id(&st, 0);
	return db_end(&st);
}

static enum store_error
is_direct(struct db *db, uint64_t room, bool *direct)
{
	struct db_stmt st =
	    db_stmt(db, "SELECT 1 FROM rooms WHERE number = ? AND a <> 0");

	db_put_int(&st, room);
	*direct = db_row(&st);
	return db_end(&st);
}

static enum store_error
count_others(struct db *db, uint64_t room, uint64_t person, struct msgid read,
    uint64_t *n)
{
	struct db_stmt st = db_stmt(db,
	    "SELECT count(*) FROM (SELECT person, deleted FROM messages"
	    " INDEXED BY messages_room WHERE room = ? AND id > ?"
	    " ORDER BY id DESC LIMIT ?)"
	    " WHERE person <> ? AND deleted IS NULL");

	db_put_int(&st, room);
	db_put_int(&st, db_pack(read));
	db_put_int(&st, STORE_COUNT_MAX);
	db_put_int(&st, person);
	if (db_row(&st))
		*n = db_int(&st, 0);
	return db_end(&st);
}

static enum store_error
count_mentions(struct db *db, uint64_t room, uint64_t person, struct msgid read,
    uint64_t *n)
{
	struct db_stmt st =
	    db_stmt(db, "SELECT count(*) FROM (SELECT room FROM mentions"
			" WHERE person = ? AND id > ? ORDER BY id DESC LIMIT ?)"
			" WHERE room = ?");

	db_put_int(&st, person);
	db_put_int(&st, db_pack(read));
	db_put_int(&st, STORE_COUNT_MAX);
	db_put_int(&st, room);
	if (db_row(&st))
		*n = db_int(&st, 0);
	return db_end(&st);
}

enum store_error
store_count_unread(struct db *db, uint64_t room, uint64_t person,
    struct msgid *read, uint64_t *unread, uint64_t *mentions)
{
	enum store_error e = find_marker(db, room, person, read);
	bool direct = false;

	*unread = *mentions = 0;
	/* Where nothing was ever read nothing is waited for, but in what was
	 * said to oneself. */
	if (!e && read->ms == 0) {
		e = is_direct(db, room, &direct);
		if (e || !direct)
			return e;
	}
	if (!e)
		e = count_others(db, room, person, *read, unread);
	if (!e)
		e = count_mentions(db, room, person, *read, mentions);
	return e;
}

/* ---- moving ---- */

static void
read_forget(struct store_op *op)
{
	struct store_read *r = container_of(op, struct store_read, op);

	r->read = (struct msgid){ .ms = 0 };
	r->unread = r->mentions = 0;
	r->moved = false;
}

/* Not past the room's last message: what is said next is not read yet. */
static enum store_error
move(struct db *db, struct store_read *r)
{
	struct db_stmt st = db_stmt(db,
	    "INSERT INTO markers(person, room, id)"
	    " SELECT ?, number, min(?, last) FROM rooms"
	    " WHERE number = ? AND last IS NOT NULL"
	    " ON CONFLICT(person, room) DO UPDATE SET id = excluded.id"
	    " WHERE excluded.id > id");
	enum store_error e;

	db_put_int(&st, r->person);
	db_put_int(&st, db_pack(r->id));
	db_put_int(&st, r->room);
	e = db_run(&st);
	r->moved = !e && db_changes(db) > 0;
	return e;
}

static enum store_error
read_run(struct store *s, struct db *db, struct store_op *op)
{
	struct store_read *r = container_of(op, struct store_read, op);
	bool foreign;
	enum store_error e = store_is_foreign(db, r->room, r->person, &foreign);

	(void)s;
	if (!e && foreign)
		e = STORE_NO_MESSAGE;
	if (!e && op->kind->changes)
		e = move(db, r);
	if (!e)
		e = store_count_unread(
		    db, r->room, r->person, &r->read, &r->unread, &r->mentions);
	return e;
}

static const struct store_kind move_kind = {
	.run = read_run,
	.forget = read_forget,
	.changes = true,
};
static const struct store_kind tell_kind = {
	.run = read_run,
	.forget = read_forget,
};

void
store_read(struct store *s, struct store_read *r)
{
	read_forget(&r->op);
	store_push(
	    s, &r->op, r->id.ms == 0 && r->id.n == 0 ? &tell_kind : &move_kind);
}

/* ---- of all rooms ---- */

static void
unread_forget(struct store_op *op)
{
	struct store_unread *u = container_of(op, struct store_unread, op);

	free(u->rows);
	u->rows = NULL;
	u->n = 0;
}

static enum store_error
list_rooms(struct db *db, struct store_unread *u)
{
	unsigned cap = 0;
	struct db_stmt st = db_stmt(db,
	    "SELECT room FROM markers WHERE person = ?"
	    " UNION SELECT number FROM rooms WHERE a <> 0 AND a = ?"
	    " UNION SELECT number FROM rooms WHERE b <> 0 AND b = ?");

	db_put_int(&st, u->person);
	db_put_int(&st, u->person);
	db_put_int(&st, u->person);
	while (db_row(&st)) {
		if (u->n == cap) {
			cap = cap > 0 ? 2 * cap : 16;
			u->rows = xrealloc(u->rows, cap * sizeof(*u->rows));
		}
		u->rows[u->n++] =
		    (struct store_unread_row){ .room = db_int(&st, 0) };
	}
	return db_end(&st);
}

static enum store_error
unread_run(struct store *s, struct db *db, struct store_op *op)
{
	struct store_unread *u = container_of(op, struct store_unread, op);
	enum store_error e = list_rooms(db, u);

	(void)s;
	for (unsigned i = 0; i < u->n && !e; i++) {
		struct store_unread_row *r = &u->rows[i];

		e = store_count_unread(
		    db, r->room, u->person, &r->read, &r->unread, &r->mentions);
	}
	if (e)
		unread_forget(op);
	return e;
}

static const struct store_kind unread_kind = {
	.run = unread_run,
	.forget = unread_forget,
};

void
store_unread(struct store *s, struct store_unread *u)
{
	u->rows = NULL;
	u->n = 0;
	store_push(s, &u->op, &unread_kind);
}
