#include "config.h"

#include "base/mem.h"
#include "store/internal.h"

/* What is there before the change. */
struct target {
	uint64_t row, person;
	bool found, plain, deleted, hidden;
	bool banned, muted, moderated; /* the one who wants it */
	uint64_t slow;                 /* ms */
	struct slice text, nick, room;
	struct arena *memory;
};

static enum store_error
find(struct db *db, struct store_change *c, struct target *t)
{
	struct db_stmt st = db_stmt(db,
	    "SELECT m.room, m.person, m.nick, m.plain, m.text, m.deleted, r.a,"
	    " r.b, r.name,"
	    " EXISTS(SELECT 1 FROM bans WHERE room = r.number AND person = ?2"
	    " AND (until = 0 OR until > ?3)),"
	    " EXISTS(SELECT 1 FROM mutes WHERE room IN (0, r.number)"
	    " AND person = ?2 AND (until = 0 OR until > ?3)),"
	    " r.owner = ?2 OR EXISTS(SELECT 1 FROM members"
	    " WHERE room = r.number AND person = ?2 AND moderator = 1),"
	    " r.private <> 0 AND r.owner <> ?2 AND NOT EXISTS(SELECT 1"
	    " FROM members WHERE room = r.number AND person = ?2), r.slow"
	    " FROM messages m JOIN rooms r ON r.number = m.room"
	    " WHERE m.id = ?1");

	*t = (struct target){ .row = db_pack(c->id) };
	db_put_int(&st, t->row);
	db_put_int(&st, c->person);
	db_put_int(&st, c->now);
	if (msgid_cmp(db_unpack(t->row), c->id) == 0 && db_row(&st)) {
		uint64_t a = db_int(&st, 6), b = db_int(&st, 7);
		struct slice nick = db_text(&st, 2), text = db_text(&st, 4);
		struct slice room = db_text(&st, 8);

		t->found = true;
		t->hidden = (a != 0 && a != c->person && b != c->person) ||
			    (db_int(&st, 12) != 0 && !c->any);
		t->person = db_int(&st, 1);
		t->plain = db_int(&st, 3) != 0;
		t->deleted = !db_is_null(&st, 5);
		t->nick = arena_copy(&t->memory, nick.p, nick.len);
		t->text = arena_copy(&t->memory, text.p, text.len);
		t->room = arena_copy(&t->memory, room.p, room.len);
		t->banned = db_int(&st, 9) != 0;
		t->muted = db_int(&st, 10) != 0;
		t->moderated = db_int(&st, 11) != 0;
		t->slow = db_int(&st, 13) * 1000;
		c->room = db_int(&st, 0);
	}
	return db_end(&st);
}

/* ---- the message's words and mentions ---- */

static enum store_error
remove_words(
    struct db *db, const struct store_change *c, const struct target *t)
{
	if (!t->plain || t->deleted)
		return STORE_OK;
	return store_index_remove(db, t->row, t->text, t->nick, c->room);
}

static enum store_error
run_for(struct db *db, const char *sql, uint64_t row)
{
	struct db_stmt st = db_stmt(db, sql);

	db_put_int(&st, row);
	return db_run(&st);
}

static enum store_error
remove_mentions(struct db *db, const struct target *t)
{
	return run_for(db, "DELETE FROM mentions WHERE id = ?", t->row);
}

/* ---- the three changes ---- */

static enum store_error
edit(struct store *s, struct db *db, struct store_change *c, struct target *t)
{
	struct db_stmt st;
	enum store_error e;

	if (t->plain && slice_eq(t->text, c->text))
		return STORE_OK;
	c->changed = store_next_id(s);
	e = remove_words(db, c, t);
	if (e)
		return e;
	st = db_stmt(db,
	    "UPDATE messages SET plain = 1, text = ?, bin = NULL,"
	    " edited = ?, edited_nick = ?, changed = ? WHERE id = ?");
	db_put_text(&st, c->text);
	db_put_id(&st, c->changed);
	db_put_text(&st, c->nick);
	db_put_id(&st, c->changed);
	db_put_int(&st, t->row);
	e = db_run(&st);
	if (!e)
		e = store_index_add(db, t->row, c->text, t->nick, c->room);
	if (!e)
		e = remove_mentions(db, t);
	if (!e)
		e = store_put_mentions(
		    db, t->row, c->room, t->person, c->mentions, c->nmentions);
	return e;
}

static enum store_error delete (
    struct store *s, struct db *db, struct store_change *c, struct target *t) {
	struct db_stmt st; enum store_error e;

	c->changed = store_next_id(s);
	e = remove_words(db, c, t);
	if (e) return e;
	st = db_stmt(db,
	    "UPDATE messages SET plain = 1, text = '', bin = NULL,"
	    " reply = NULL, reacted = NULL, deleted = ?, deleted_nick = ?,"
	    " deleted_by = ?, changed = ? WHERE id = ?");
	db_put_id(&st, c->changed);
	db_put_text(&st, c->nick);
	db_put_int(&st, c->person);
	db_put_id(&st, c->changed);
	db_put_int(&st, t->row);
	e = db_run(&st);
	if (!e) e = remove_mentions(db, t);
	if (!e)
	    e = run_for(db, "DELETE FROM reactions WHERE message = ?", t->row);
	return e;
}

/* Somebody else's message has been deleted. */
static enum store_error
note(struct db *db, const struct store_change *c, const struct target *t)
{
	const struct store_audit_line line = {
		.at = c->changed.ms,
		.person = c->person,
		.by = c->nick,
		.what = SLICE("delete"),
		.room = t->room,
		.nick = t->nick,
	};

	return c->others ? store_put_audit(db, &line) : STORE_OK;
}

/* Whether there is place for one more of this emoji. */
static enum store_error
check_reactions(struct db *db, const struct store_change *c, uint64_t row)
{
	bool known = false;
	unsigned all = 0, different = 0;
	enum store_error e;
	struct db_stmt st = db_stmt(db,
	    "SELECT emoji, count(*) FROM reactions WHERE message = ?"
	    " GROUP BY emoji");

	db_put_int(&st, row);
	while (db_row(&st)) {
		known = known || slice_eq(db_text(&st, 0), c->emoji);
		all += (unsigned)db_int(&st, 1);
		different++;
	}
	e = db_end(&st);
	if (!e && (all >= STORE_REACTORS_MAX ||
		      (!known && different >= STORE_REACTIONS_MAX)))
		e = STORE_TOO_MANY;
	return e;
}

static enum store_error
has_reacted(
    struct db *db, const struct store_change *c, uint64_t row, bool *has)
{
	struct db_stmt st =
	    db_stmt(db, "SELECT 1 FROM reactions"
			" WHERE message = ? AND emoji = ? AND person = ?");

	db_put_int(&st, row);
	db_put_text(&st, c->emoji);
	db_put_int(&st, c->person);
	*has = db_row(&st);
	return db_end(&st);
}

static enum store_error
put_reaction(struct db *db, const struct store_change *c, uint64_t row)
{
	struct db_stmt st;

	if (c->on) {
		st = db_stmt(db,
		    "INSERT INTO reactions(message, emoji, person, nick, at)"
		    " VALUES(?, ?, ?, ?, ?)");
	} else {
		st = db_stmt(db,
		    "DELETE FROM reactions"
		    " WHERE message = ? AND emoji = ? AND person = ?");
	}
	db_put_int(&st, row);
	db_put_text(&st, c->emoji);
	db_put_int(&st, c->person);
	if (c->on) {
		db_put_text(&st, c->nick);
		db_put_id(&st, c->changed);
	}
	return db_run(&st);
}

static enum store_error
react(struct store *s, struct db *db, struct store_change *c, struct target *t)
{
	struct db_stmt st;
	size_t bytes = 0;
	bool has;
	enum store_error e = has_reacted(db, c, t->row, &has);

	if (!e && c->on && !has)
		e = check_reactions(db, c, t->row);
	if (!e && has != c->on) {
		c->changed = store_next_id(s);
		e = put_reaction(db, c, t->row);
		if (e)
			return e;
		st = db_stmt(db, "UPDATE messages SET reacted = ?, changed = ?"
				 " WHERE id = ?");
		db_put_id(&st, c->changed);
		db_put_id(&st, c->changed);
		db_put_int(&st, t->row);
		e = db_run(&st);
	}
	if (e)
		return e;
	return store_reactions(
	    db, t->row, &c->op.memory, &c->reactions, &c->nreactions, &bytes);
}

/* ---- slow rooms ---- */

/* Turns that are over are forgotten where somebody wants one. */
static enum store_error
check_turn(struct db *db, struct store_change *c, const struct target *t)
{
	const uint64_t since = c->now > t->slow ? c->now - t->slow : 0;
	struct db_stmt st;
	enum store_error e;

	/* One of later than now is of a clock that was set back. */
	st = db_stmt(
	    db, "DELETE FROM turns WHERE room = ? AND (at <= ? OR at > ?)");
	db_put_int(&st, c->room);
	db_put_int(&st, since);
	db_put_int(&st, c->now);
	e = db_run(&st);
	if (e)
		return e;
	st = db_stmt(db, "SELECT at FROM turns WHERE room = ? AND person = ?");
	db_put_int(&st, c->room);
	db_put_int(&st, c->person);
	if (db_row(&st))
		c->wait = db_int(&st, 0) + t->slow - c->now;
	e = db_end(&st);
	return e || c->wait == 0 ? e : STORE_TOO_SOON;
}

static enum store_error
take_turn(struct db *db, const struct store_change *c)
{
	struct db_stmt st =
	    db_stmt(db, "REPLACE INTO turns(room, person, at) VALUES(?, ?, ?)");

	db_put_int(&st, c->room);
	db_put_int(&st, c->person);
	db_put_int(&st, c->now);
	return db_run(&st);
}

/* An edit or a reaction, or one taken back, which is always possible. */
static enum store_error
edit_or_react(
    struct store *s, struct db *db, struct store_change *c, struct target *t)
{
	const bool waits = t->slow > 0 && !c->any && !t->moderated &&
			   (c->type == STORE_EDIT || c->on);
	enum store_error e = waits ? check_turn(db, c, t) : STORE_OK;

	if (!e)
		e = c->type == STORE_EDIT ? edit(s, db, c, t)
					  : react(s, db, c, t);
	if (!e && waits && c->changed.ms != 0)
		e = take_turn(db, c);
	return e;
}

/* ---- the request ---- */

static enum store_error
change(struct store *s, struct db *db, struct store_change *c, struct target *t)
{
	const bool mine = t->person == c->person ||
			  (c->type == STORE_DELETE && (c->any || t->moderated));
	enum store_error e;

	if (!t->found || t->hidden) {
		c->room = 0;
		return STORE_NO_MESSAGE;
	}
	c->others = t->person != c->person;
	if (t->banned && !c->any)
		return STORE_BANNED;
	if (t->muted && !c->any && c->type != STORE_DELETE)
		return STORE_MUTED;
	if (c->type != STORE_REACT && !mine)
		return t->deleted ? STORE_NO_MESSAGE : STORE_NOT_YOURS;
	/* Told again, as by one who has not heard the answer. */
	if (t->deleted)
		return c->type == STORE_DELETE ? STORE_OK : STORE_NO_MESSAGE;
	if (c->type != STORE_DELETE)
		return edit_or_react(s, db, c, t);
	e = delete (s, db, c, t);
	return e ? e : note(db, c, t);
}

static void
forget(struct store_op *op)
{
	struct store_change *c = container_of(op, struct store_change, op);

	arena_free(op->memory);
	op->memory = NULL;
	c->changed = (struct msgid){ .ms = 0 };
	c->others = false;
	c->wait = 0;
	c->room = 0;
	c->reactions = NULL;
	c->nreactions = 0;
}

static enum store_error
run(struct store *s, struct db *db, struct store_op *op)
{
	struct store_change *c = container_of(op, struct store_change, op);
	struct target t;
	enum store_error e = find(db, c, &t);

	if (!e)
		e = change(s, db, c, &t);
	arena_free(t.memory);
	return e;
}

static struct msgid
id_of(const struct store_op *op)
{
	return container_of(op, const struct store_change, op)->changed;
}

static const struct store_kind kind = {
	.run = run,
	.forget = forget,
	.id_of = id_of,
	.changes = true,
};

void
store_change(struct store *s, struct store_change *c)
{
	c->op.memory = NULL;
	forget(&c->op);
	store_push(s, &c->op, &kind);
}
