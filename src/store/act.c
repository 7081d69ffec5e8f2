#include "config.h"

#include "base/mem.h"
#include "store/internal.h"

/* ---- the changes ---- */

/* What has ended is forgotten where something like it is begun. */
static enum store_error
forget_ended(struct db *db, const char *sql, uint64_t now)
{
	struct db_stmt st = db_stmt(db, sql);

	db_put_int(&st, now);
	return db_run(&st);
}

static enum store_error
ban(struct db *db, struct store_act *a)
{
	struct store_ban *b = &a->ban;
	enum store_error e = forget_ended(
	    db, "DELETE FROM bans WHERE until <> 0 AND until <= ?", b->at);
	struct db_stmt st;

	if (e)
		return e;
	st = db_stmt(db,
	    "INSERT INTO bans(room, person, nick, address, by_nick, reason,"
	    " at, until) VALUES(?, ?, ?, ?, ?, ?, ?, ?)");
	db_put_int(&st, b->room);
	db_put_int(&st, b->person);
	db_put_text(&st, b->nick);
	db_put_text(&st, b->address);
	db_put_text(&st, b->by);
	db_put_text(&st, b->reason);
	db_put_int(&st, b->at);
	db_put_int(&st, b->until);
	e = db_run(&st);
	if (!e)
		b->number = (uint64_t)sqlite3_last_insert_rowid(db->sqlite);
	return e;
}

static enum store_error
unban(struct db *db, struct store_act *a)
{
	struct db_stmt st = db_stmt(db, "DELETE FROM bans WHERE number = ?");
	enum store_error e;

	db_put_int(&st, a->ban.number);
	e = db_run(&st);
	return e || db_changes(db) > 0 ? e : STORE_NOTHING;
}

static enum store_error
mute(struct db *db, struct store_act *a)
{
	const struct store_mute *m = &a->mute;
	enum store_error e = forget_ended(
	    db, "DELETE FROM mutes WHERE until <> 0 AND until <= ?", m->at);
	struct db_stmt st;

	if (e)
		return e;
	st = db_stmt(db,
	    "REPLACE INTO mutes(room, person, nick, by_nick, reason, at, until)"
	    " VALUES(?, ?, ?, ?, ?, ?, ?)");
	db_put_int(&st, m->room);
	db_put_int(&st, m->person);
	db_put_text(&st, m->nick);
	db_put_text(&st, m->by);
	db_put_text(&st, m->reason);
	db_put_int(&st, m->at);
	db_put_int(&st, m->until);
	return db_run(&st);
}

static enum store_error
unmute(struct db *db, struct store_act *a)
{
	struct db_stmt st =
	    db_stmt(db, "DELETE FROM mutes WHERE room = ? AND person = ?");

	db_put_int(&st, a->mute.room);
	db_put_int(&st, a->mute.person);
	return db_run(&st);
}

static enum store_error
set_room(struct db *db, const char *sql, uint64_t value, uint64_t number)
{
	struct db_stmt st = db_stmt(db, sql);

	db_put_int(&st, value);
	db_put_int(&st, number);
	return db_run(&st);
}

static enum store_error
owner(struct db *db, struct store_act *a)
{
	return set_room(db, "UPDATE rooms SET owner = ? WHERE number = ?",
	    a->room->owner, a->room->number);
}

static enum store_error
close_room(struct db *db, struct store_act *a)
{
	return set_room(db, "UPDATE rooms SET private = ? WHERE number = ?",
	    a->room->private, a->room->number);
}

/* Everybody begins anew. */
static enum store_error
slow(struct db *db, struct store_act *a)
{
	struct db_stmt st = db_stmt(db, "DELETE FROM turns WHERE room = ?");
	enum store_error e;

	db_put_int(&st, a->room->number);
	e = db_run(&st);
	return e ? e
		 : set_room(db, "UPDATE rooms SET slow = ? WHERE number = ?",
		       a->room->slow, a->room->number);
}

/* Who is nothing any more is not kept. */
static enum store_error
put_member(
    struct db *db, const char *sql, const struct store_member *m, bool value)
{
	struct db_stmt st = db_stmt(db, sql);
	enum store_error e;

	db_put_int(&st, m->room);
	db_put_int(&st, m->person);
	db_put_text(&st, m->nick);
	db_put_int(&st, value);
	e = db_run(&st);
	if (e || value)
		return e;
	st = db_stmt(db, "DELETE FROM members WHERE room = ? AND person = ?"
			 " AND moderator = 0 AND listed = 0");
	db_put_int(&st, m->room);
	db_put_int(&st, m->person);
	return db_run(&st);
}

static enum store_error
moderator(struct db *db, struct store_act *a)
{
	return put_member(db,
	    "INSERT INTO members(room, person, nick, moderator)"
	    " VALUES(?, ?, ?, ?) ON CONFLICT(room, person) DO UPDATE SET"
	    " nick = excluded.nick, moderator = excluded.moderator",
	    &a->member, a->member.moderator);
}

static enum store_error
listed(struct db *db, struct store_act *a)
{
	return put_member(db,
	    "INSERT INTO members(room, person, nick, listed)"
	    " VALUES(?, ?, ?, ?) ON CONFLICT(room, person) DO UPDATE SET"
	    " nick = excluded.nick, listed = excluded.listed",
	    &a->member, a->member.listed);
}

static enum store_error
invitation(struct db *db, struct store_act *a)
{
	const struct store_invitation *i = &a->invitation;
	enum store_error e = forget_ended(db,
	    "DELETE FROM invitations WHERE until <> 0 AND until <= ?", i->at);
	struct db_stmt st;

	if (e)
		return e;
	st = db_stmt(db,
	    "REPLACE INTO invitations(code, room, uses, by_nick, at, until)"
	    " VALUES(?, ?, ?, ?, ?, ?)");
	db_put_text(&st, i->code);
	db_put_int(&st, i->room);
	db_put_int(&st, i->uses);
	db_put_text(&st, i->by);
	db_put_int(&st, i->at);
	db_put_int(&st, i->until);
	return db_run(&st);
}

static enum store_error
withdraw(struct db *db, struct store_act *a)
{
	struct db_stmt st =
	    db_stmt(db, "DELETE FROM invitations WHERE code = ?");

	db_put_text(&st, a->invitation.code);
	return db_run(&st);
}

/* With the last use it goes. */
static enum store_error
use(struct db *db, struct slice code)
{
	struct db_stmt st =
	    db_stmt(db, "DELETE FROM invitations WHERE code = ? AND uses = 1");
	enum store_error e;

	db_put_text(&st, code);
	e = db_run(&st);
	if (e || db_changes(db) > 0)
		return e;
	st = db_stmt(db, "UPDATE invitations SET uses = max(uses - 1, 0)"
			 " WHERE code = ?");
	db_put_text(&st, code);
	e = db_run(&st);
	return e || db_changes(db) > 0 ? e : STORE_NOTHING;
}

static enum store_error
take_up(struct db *db, struct store_act *a)
{
	enum store_error e = use(db, a->invitation.code);

	return e || a->room == NULL ? e : listed(db, a);
}

static enum store_error
note(struct db *db, struct store_act *a)
{
	(void)db;
	(void)a;
	return STORE_OK;
}

/* ---- the audit ---- */

/* However much is refused, what was done is not pushed out by that. */
static enum store_error
forget_refused(struct db *db)
{
	struct db_stmt st =
	    db_stmt(db, "DELETE FROM audit WHERE refused > 0 AND number <="
			" (SELECT number FROM audit WHERE refused > 0"
			" ORDER BY number DESC LIMIT 1 OFFSET ?)");

	db_put_int(&st, STORE_REFUSED_MAX);
	return db_run(&st);
}

enum store_error
store_put_audit(struct db *db, const struct store_audit_line *l)
{
	struct db_stmt st = db_stmt(db,
	    "INSERT INTO audit(at, person, by_nick, what, room, nick, address,"
	    " reason, until, refused) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
	enum store_error e;

	db_put_int(&st, l->at);
	db_put_int(&st, l->person);
	db_put_text(&st, l->by);
	db_put_text(&st, l->what);
	db_put_text(&st, l->room);
	db_put_text(&st, l->nick);
	db_put_text(&st, l->address);
	db_put_text(&st, l->reason);
	db_put_int(&st, l->until);
	db_put_int(&st, l->refused);
	e = db_run(&st);
	if (!e && l->refused > 0)
		e = forget_refused(db);
	if (e)
		return e;
	st = db_stmt(db, "DELETE FROM audit WHERE number <= ?");
	db_put_int(&st, (uint64_t)(sqlite3_last_insert_rowid(db->sqlite) -
				   STORE_AUDIT_MAX));
	return db_run(&st);
}

static enum store_error
audit_run(struct store *s, struct db *db, struct store_op *op)
{
	struct store_audit *q = container_of(op, struct store_audit, op);
	struct store_audit_line *lines;
	struct db_stmt st = db_stmt(db,
	    "SELECT number, at, person, by_nick, what, room, nick, address,"
	    " reason, until, refused FROM audit WHERE number < ?"
	    " ORDER BY number DESC LIMIT ?");
	enum store_error e;

	(void)s;
	lines = arena_take(&op->memory, (q->limit + 1) * sizeof(*lines));
	db_put_int(&st, q->before > 0 ? q->before : INT64_MAX);
	db_put_int(&st, q->limit + 1);
	while (db_row(&st)) {
		struct slice text[6];

		for (int i = 0; i < 6; i++) {
			text[i] = db_text(&st, 3 + i);
			text[i] =
			    arena_copy(&op->memory, text[i].p, text[i].len);
		}
		lines[q->n++] = (struct store_audit_line){
			.number = db_int(&st, 0),
			.at = db_int(&st, 1),
			.person = db_int(&st, 2),
			.by = text[0],
			.what = text[1],
			.room = text[2],
			.nick = text[3],
			.address = text[4],
			.reason = text[5],
			.until = db_int(&st, 9),
			.refused = db_int(&st, 10),
		};
	}
	e = db_end(&st);
	q->lines = lines;
	q->more = q->n > q->limit;
	q->n -= q->more;
	return e;
}

static void
audit_forget(struct store_op *op)
{
	struct store_audit *q = container_of(op, struct store_audit, op);

	arena_free(op->memory);
	op->memory = NULL;
	q->lines = NULL;
	q->n = 0;
	q->more = false;
}

static const struct store_kind audit_kind = {
	.run = audit_run,
	.forget = audit_forget,
	.beside = true,
};

void
store_audit(struct store *s, struct store_audit *a)
{
	a->op.memory = NULL;
	audit_forget(&a->op);
	store_push(s, &a->op, &audit_kind);
}

/* ---- the request ---- */

static enum store_error
add_room(struct db *db, const struct store_room *r)
{
	struct db_stmt st;

	if (r == NULL)
		return STORE_OK;
	st = db_stmt(db,
	    "INSERT INTO rooms(number, name, key, topic, topic_nick, topic_at,"
	    " a, b, seq, last, owner) VALUES(?, ?, ?, '', '', 0, 0, 0, 0, NULL,"
	    " ?) ON CONFLICT(number) DO NOTHING");
	db_put_int(&st, r->number);
	db_put_text(&st, r->name);
	db_put_text(&st, r->key);
	db_put_int(&st, r->owner);
	return db_run(&st);
}

static enum store_error
run(struct store *s, struct db *db, struct store_op *op)
{
	static enum store_error (*const acts[])(
	    struct db * db, struct store_act * a) = {
		[STORE_NOTE] = note,
		[STORE_BAN] = ban,
		[STORE_UNBAN] = unban,
		[STORE_MUTE] = mute,
		[STORE_UNMUTE] = unmute,
		[STORE_OWNER] = owner,
		[STORE_PRIVATE] = close_room,
		[STORE_SLOW] = slow,
		[STORE_MODERATOR] = moderator,
		[STORE_LISTED] = listed,
		[STORE_INVITATION] = invitation,
		[STORE_ACCEPT] = take_up,
		[STORE_REVOKE] = withdraw,
	};
	struct store_act *a = container_of(op, struct store_act, op);
	enum store_error e = add_room(db, a->room);

	(void)s;
	if (!e)
		e = acts[a->type](db, a);
	if (!e && a->audit.what.len > 0)
		e = store_put_audit(db, &a->audit);
	return e;
}

static void
forget(struct store_op *op)
{
	struct store_act *a = container_of(op, struct store_act, op);

	if (a->type == STORE_BAN)
		a->ban.number = 0;
}

static const struct store_kind kind = {
	.run = run,
	.forget = forget,
	.changes = true,
};

void
store_act(struct store *s, struct store_act *a)
{
	forget(&a->op);
	store_push(s, &a->op, &kind);
}

/* ---- what is there ---- */

static enum store_error
load_bans(struct db *db, const struct store_load_cb *cb, void *arg)
{
	struct db_stmt st = db_stmt(db,
	    "SELECT number, room, person, nick, address, by_nick, reason, at,"
	    " until FROM bans ORDER BY number");

	while (db_row(&st)) {
		const struct store_ban b = {
			.number = db_int(&st, 0),
			.room = db_int(&st, 1),
			.person = db_int(&st, 2),
			.nick = db_text(&st, 3),
			.address = db_text(&st, 4),
			.by = db_text(&st, 5),
			.reason = db_text(&st, 6),
			.at = db_int(&st, 7),
			.until = db_int(&st, 8),
		};

		cb->on_ban(arg, &b);
	}
	return db_end(&st);
}

static enum store_error
load_mutes(struct db *db, const struct store_load_cb *cb, void *arg)
{
	struct db_stmt st = db_stmt(db,
	    "SELECT room, person, nick, by_nick, reason, at, until FROM mutes");

	while (db_row(&st)) {
		const struct store_mute m = {
			.room = db_int(&st, 0),
			.person = db_int(&st, 1),
			.nick = db_text(&st, 2),
			.by = db_text(&st, 3),
			.reason = db_text(&st, 4),
			.at = db_int(&st, 5),
			.until = db_int(&st, 6),
		};

		cb->on_mute(arg, &m);
	}
	return db_end(&st);
}

static enum store_error
load_members(struct db *db, const struct store_load_cb *cb, void *arg)
{
	struct db_stmt st = db_stmt(
	    db, "SELECT room, person, nick, moderator, listed FROM members");

	while (db_row(&st)) {
		const struct store_member m = {
			.room = db_int(&st, 0),
			.person = db_int(&st, 1),
			.nick = db_text(&st, 2),
			.moderator = db_int(&st, 3) != 0,
			.listed = db_int(&st, 4) != 0,
		};

		cb->on_member(arg, &m);
	}
	return db_end(&st);
}

static enum store_error
load_invitations(struct db *db, const struct store_load_cb *cb, void *arg)
{
	struct db_stmt st = db_stmt(
	    db, "SELECT code, room, uses, by_nick, at, until FROM invitations");

	while (db_row(&st)) {
		const struct store_invitation i = {
			.code = db_text(&st, 0),
			.room = db_int(&st, 1),
			.uses = db_int(&st, 2),
			.by = db_text(&st, 3),
			.at = db_int(&st, 4),
			.until = db_int(&st, 5),
		};

		cb->on_invitation(arg, &i);
	}
	return db_end(&st);
}

enum store_error
store_load_acts(struct db *db, const struct store_load_cb *cb, void *arg)
{
	enum store_error e = STORE_OK;

	if (cb->on_ban != NULL)
		e = load_bans(db, cb, arg);
	if (!e && cb->on_mute != NULL)
		e = load_mutes(db, cb, arg);
	if (!e && cb->on_member != NULL)
		e = load_members(db, cb, arg);
	if (!e && cb->on_invitation != NULL)
		e = load_invitations(db, cb, arg);
	return e;
}
