#include "config.h"

#include <stdlib.h>

#include "base/mem.h"
#include "store/internal.h"

/* Of those that wait for a transaction; beyond it the oldest is forgotten: no
 * promise hangs on them. */
enum { DIRTY_MAX = 65536 };

/* Comes back to be freed, when the writer has taken what it brings. */
struct session_op {
	struct store_op op;
	struct store_dirty *dirty;
};

static void
free_dirty(struct store_dirty *d)
{
	if (d == NULL)
		return;
	arena_free(d->memory);
	free(d);
}

static void
drop_first(struct store *s)
{
	struct store_dirty *d = STAILQ_FIRST(&s->dirty);

	STAILQ_REMOVE_HEAD(&s->dirty, link);
	s->ndirty--;
	free_dirty(d);
}

static enum store_error
take(struct store *s, struct db *db, struct store_op *op)
{
	struct session_op *so = container_of(op, struct session_op, op);

	(void)db;
	if (so->dirty == NULL)
		return STORE_OK; /* taken before */
	if (s->ndirty == DIRTY_MAX)
		drop_first(s);
	STAILQ_INSERT_TAIL(&s->dirty, so->dirty, link);
	s->ndirty++;
	so->dirty = NULL;
	return STORE_OK;
}

static void
forget(struct store_op *op)
{
	(void)op;
}

static void
on_done(struct store_op *op)
{
	struct session_op *so = container_of(op, struct session_op, op);

	free_dirty(so->dirty);
	free(so);
}

static const struct store_kind kind = { .run = take, .forget = forget };

static void
push(struct store *s, const struct store_session *session, bool drop)
{
	struct session_op *so = xcalloc(1, sizeof(*so));
	struct store_dirty *d = xcalloc(1, sizeof(*d));
	struct store_session *to = &d->session;

	*to = *session;
	to->pid = arena_copy(&d->memory, to->pid.p, to->pid.len);
	to->sid = arena_copy(&d->memory, to->sid.p, to->sid.len);
	to->nsp = arena_copy(&d->memory, to->nsp.p, to->nsp.len);
	to->rooms = arena_copy(&d->memory, to->rooms.p, to->rooms.len);
	to->nick = arena_copy(&d->memory, to->nick.p, to->nick.len);
	to->form = arena_copy(&d->memory, to->form.p, to->form.len);
	d->drop = drop;
	so->dirty = d;
	so->op.done = on_done;
	store_push(s, &so->op, &kind);
}

void
store_put_session(struct store *s, const struct store_session *session)
{
	push(s, session, false);
}

void
store_drop_session(struct store *s, struct slice pid)
{
	const struct store_session session = { .pid = pid };

	push(s, &session, true);
}

static enum store_error
save(struct db *db, const struct store_dirty *d)
{
	struct db_stmt st;

	if (d->drop) {
		st = db_stmt(db, "DELETE FROM sessions WHERE pid = ?");
		db_put_text(&st, d->session.pid);
		return db_run(&st);
	}
	st = db_stmt(db,
	    "REPLACE INTO sessions(pid, sid, nsp, rooms, nick, form, person)"
	    " VALUES(?, ?, ?, ?, ?, ?, ?)");
	db_put_text(&st, d->session.pid);
	db_put_text(&st, d->session.sid);
	db_put_text(&st, d->session.nsp);
	db_put_text(&st, d->session.rooms);
	db_put_text(&st, d->session.nick);
	db_put_text(&st, d->session.form);
	db_put_int(&st, d->session.person);
	return db_run(&st);
}

enum store_error
store_save_sessions(struct store *s)
{
	const struct store_dirty *d;
	enum store_error e = STORE_OK;

	STAILQ_FOREACH (d, &s->dirty, link) {
		e = save(&s->db, d);
		if (e)
			break;
	}
	return e;
}

void
store_sessions_clear(struct store *s)
{
	while (!STAILQ_EMPTY(&s->dirty))
		drop_first(s);
	s->dirty_since = 0;
}
