#include "config.h"

#include <time.h>

#include "base/mem.h"
#include "store/internal.h"

/*
 * One transaction for a batch: all that was pushed while the one before was
 * under way. What a batch has read of its own changes is read again when they
 * come to nothing.
 */

enum {
	BUSY_FIRST = 2000, /* ms that another process is waited for */
	BUSY_AGAIN = 50,   /* the same, once that was in vain */
	SESSIONS_WAIT = 100,
	SESSIONS_AGAIN = 1000,
};

static uint64_t
mono_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

struct msgid
store_next_id(struct store *s)
{
	uint64_t now = s->tuning.wall_ms();

	if (now > s->given.ms && now <= DB_ID_MS_MAX)
		s->given = (struct msgid){ .ms = now };
	else if (s->given.n < DB_ID_N_MAX)
		s->given.n++;
	else
		s->given = (struct msgid){ .ms = s->given.ms + 1 };
	return s->given;
}

/* ---- a transaction ---- */

/* Whether the file is still where it will be looked for: what is written to
 * one that was removed is lost with the process. */
static bool
is_there(struct store *s)
{
	int moved = 0;

	if (s->path == NULL)
		return true;
	sqlite3_file_control(
	    s->db.sqlite, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
	return !moved;
}

static void
rollback(struct store *s)
{
	if (!sqlite3_get_autocommit(s->db.sqlite))
		db_exec(&s->db, "ROLLBACK");
}

static enum store_error
begin(struct store *s)
{
	struct db_stmt st;

	rollback(s); /* one that could not be rolled back before */
	if (!is_there(s))
		return db_error(&s->db, SQLITE_READONLY_DBMOVED);
	st = db_stmt(&s->db, "BEGIN IMMEDIATE");
	return db_run(&st);
}

static enum store_error
save_last(struct store *s)
{
	struct db_stmt st =
	    db_stmt(&s->db, "UPDATE meta SET value = ? WHERE key = 'last'");

	db_put_int(&st, db_pack(s->given));
	return db_run(&st);
}

static enum store_error
commit(struct store *s)
{
	struct db_stmt st = db_stmt(&s->db, "COMMIT");

	return db_run(&st);
}

static void
note_failure(struct store *s, bool failing)
{
	if (s->failing != failing)
		sqlite3_busy_timeout(
		    s->db.sqlite, failing ? BUSY_AGAIN : BUSY_FIRST);
	s->failing = failing;
}

enum store_error
store_transaction(struct store *s,
    enum store_error (*work)(struct store *s, void *arg), void *arg)
{
	const struct msgid given = s->given;
	enum store_error e = begin(s);

	if (!e)
		e = work(s, arg);
	if (!e)
		e = store_save_sessions(s);
	if (!e && msgid_cmp(s->given, given) != 0)
		e = save_last(s);
	if (!e)
		e = commit(s);
	if (e) {
		rollback(s);
		s->given = given;
	} else {
		store_sessions_clear(s);
	}
	note_failure(s, e != STORE_OK);
	return e;
}

/* ---- batches ---- */

static struct store_op *
op_of(struct worker_item *it)
{
	return container_of(it, struct store_op, item);
}

static void
run_op(struct store *s, struct store_op *op)
{
	op->error = op->kind->run(s, &s->db, op);
	op->code = db_is_temporary(op->error) ? s->db.code : 0;
}

/* One that comes after another that has failed, and was pushed before its user
 * could know. */
static bool
is_late(const struct store *s, const struct store_op *op)
{
	return op->kind->changes && op->failures != s->failures;
}

static void
refuse(struct store_op *op, enum store_error e, int code)
{
	op->kind->forget(op);
	op->error = e;
	op->code = code;
}

/* A reading that fails is its own affair, a change that fails all others'. */
static enum store_error
run_all(struct store *s, void *arg)
{
	struct worker_batch *batch = arg;
	struct worker_item *it;

	STAILQ_FOREACH (it, batch, link) {
		struct store_op *op = op_of(it);

		if (is_late(s, op)) {
			refuse(op, s->failed_with, s->db.code);
			continue;
		}
		run_op(s, op);
		if (!db_is_temporary(op->error))
			continue;
		/* It may have ended the transaction: then nothing more may be
		 * stored, each on its own. */
		if (op->kind->changes || sqlite3_get_autocommit(s->db.sqlite))
			return op->error;
	}
	return STORE_OK;
}

static void
fail_all(struct store *s, struct worker_batch *batch, enum store_error e)
{
	const int code = s->db.code;
	struct worker_item *it;

	s->failures++;
	s->failed_with = e;
	STAILQ_FOREACH (it, batch, link) {
		struct store_op *op = op_of(it);

		if (op->kind->changes) {
			refuse(op, e, code);
			op->failures = s->failures;
		} else {
			op->kind->forget(op);
			run_op(s, op);
		}
	}
}

/* Nothing was to be changed: that is no failure that anybody hears of. */
static void
read_all(struct store *s, struct worker_batch *batch)
{
	struct worker_item *it;

	STAILQ_FOREACH (it, batch, link) {
		op_of(it)->kind->forget(op_of(it));
		run_op(s, op_of(it));
	}
}

void
store_writer_run(struct store *s, struct worker_batch *batch)
{
	struct worker_item *it;
	enum store_error e;
	bool changes = false, commits = false;
	int before;

	STAILQ_FOREACH (it, batch, link) {
		changes = changes || op_of(it)->kind->changes;
		commits = commits || op_of(it)->after_commit;
	}
	/* What only reads does not wait for a store that fails. */
	if (!changes && (!commits || s->failing)) {
		STAILQ_FOREACH (it, batch, link)
			run_op(s, op_of(it));
		return;
	}
	before = sqlite3_total_changes(s->db.sqlite);
	e = store_transaction(s, run_all, batch);
	if (e && changes)
		fail_all(s, batch, e);
	else if (e)
		read_all(s, batch);
	else
		STAILQ_FOREACH (it, batch, link)
			op_of(it)->wrote =
			    sqlite3_total_changes(s->db.sqlite) != before;
}

/* ---- what nobody waits for ---- */

static enum store_error
nothing(struct store *s, void *arg)
{
	(void)s;
	(void)arg;
	return STORE_OK;
}

static uint64_t
save_dirty(struct store *s, uint64_t now)
{
	if (s->ndirty == 0)
		return WORKER_NEVER;
	if (s->dirty_since == 0)
		s->dirty_since = now;
	if (now < s->dirty_since + SESSIONS_WAIT)
		return s->dirty_since + SESSIONS_WAIT - now;
	if (store_transaction(s, nothing, NULL) == STORE_OK)
		return WORKER_NEVER;
	s->dirty_since = now + SESSIONS_AGAIN - SESSIONS_WAIT;
	return SESSIONS_AGAIN;
}

uint64_t
store_writer_idle(struct store *s)
{
	const uint64_t now = mono_ms();
	const uint64_t dirty = save_dirty(s, now);
	const uint64_t old = store_retention(s, now);

	return dirty < old ? dirty : old;
}

void
store_writer_end(struct store *s)
{
	if (s->ndirty > 0)
		store_transaction(s, nothing, NULL);
}
