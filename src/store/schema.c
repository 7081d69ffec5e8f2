#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "store/internal.h"

/*
 * An id is `ms << 20 | n`; a person's is its bits. A message that is no
 * string (plain 0) has its JSON in text. The words of strings are in an index
 * of their own, with who said them and where, so that a search in one room
 * need not look at the others'; the text itself is there only once.
 */
static const char first[] =
    "CREATE TABLE meta("
    " key TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE rooms("
    " number INTEGER PRIMARY KEY,"
    " name TEXT NOT NULL, key TEXT NOT NULL,"
    " topic TEXT NOT NULL, topic_nick TEXT NOT NULL,"
    " topic_at INTEGER NOT NULL,"
    " a INTEGER NOT NULL, b INTEGER NOT NULL," /* 0: a public one */
    " seq INTEGER NOT NULL, last INTEGER);"
    "CREATE INDEX rooms_a ON rooms(a) WHERE a <> 0;"
    "CREATE INDEX rooms_b ON rooms(b) WHERE b <> 0;"
    "CREATE TABLE messages("
    " id INTEGER PRIMARY KEY,"
    " room INTEGER NOT NULL, seq INTEGER NOT NULL,"
    " person INTEGER NOT NULL, nick TEXT NOT NULL,"
    " plain INTEGER NOT NULL, text TEXT NOT NULL, bin BLOB,"
    " nonce TEXT, reply INTEGER,"
    " changed INTEGER,"
    " edited INTEGER, edited_nick TEXT,"
    " deleted INTEGER, deleted_nick TEXT,"
    " reacted INTEGER);"
    "CREATE INDEX messages_room ON messages(room);" /* and id */
    "CREATE UNIQUE INDEX messages_nonce ON messages(nonce)"
    " WHERE nonce IS NOT NULL;"
    "CREATE INDEX messages_changed ON messages(changed)"
    " WHERE changed IS NOT NULL;"
    "CREATE INDEX messages_room_changed ON messages(room, changed)"
    " WHERE changed IS NOT NULL;"
    "CREATE TABLE reactions("
    " message INTEGER, emoji TEXT, person INTEGER,"
    " nick TEXT NOT NULL, at INTEGER NOT NULL,"
    " PRIMARY KEY(message, emoji, person)) WITHOUT ROWID;"
    "CREATE TABLE mentions("
    " person INTEGER, id INTEGER, room INTEGER NOT NULL,"
    " PRIMARY KEY(person, id)) WITHOUT ROWID;"
    "CREATE INDEX mentions_id ON mentions(id);"
    "CREATE TABLE markers("
    " person INTEGER, room INTEGER, id INTEGER NOT NULL,"
    " PRIMARY KEY(person, room)) WITHOUT ROWID;"
    "CREATE TABLE people("
    " id INTEGER PRIMARY KEY,"
    " nick TEXT NOT NULL, key TEXT NOT NULL, skeleton TEXT NOT NULL,"
    " password TEXT NOT NULL, generation INTEGER NOT NULL,"
    " seen INTEGER NOT NULL);"
    "CREATE INDEX people_registered ON people(id) WHERE password <> '';"
    "CREATE TABLE sessions("
    " pid TEXT PRIMARY KEY,"
    " sid TEXT NOT NULL, nsp TEXT NOT NULL, rooms TEXT NOT NULL,"
    " nick TEXT NOT NULL, form TEXT NOT NULL,"
    " person INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE VIEW strings AS"
    " SELECT id, text, nick, room FROM messages"
    " WHERE plain = 1 AND deleted IS NULL;"
    "CREATE VIRTUAL TABLE words USING fts5(text, nick, room,"
    " content='strings', content_rowid='id', columnsize=0,"
    " tokenize='unicode61 remove_diacritics 2');";

/* What a version has brought. room 0 is the server; an until of 0 never
 * comes. */
static const char second[] =
    "ALTER TABLE rooms ADD owner INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE rooms ADD private INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE rooms ADD slow INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE bans("
    " number INTEGER PRIMARY KEY AUTOINCREMENT,"
    " room INTEGER NOT NULL, person INTEGER NOT NULL,"
    " nick TEXT NOT NULL, address TEXT NOT NULL,"
    " by_nick TEXT NOT NULL, reason TEXT NOT NULL,"
    " at INTEGER NOT NULL, until INTEGER NOT NULL);"
    "CREATE INDEX bans_room ON bans(room, person);"
    "CREATE TABLE mutes("
    " room INTEGER, person INTEGER, nick TEXT NOT NULL,"
    " by_nick TEXT NOT NULL, reason TEXT NOT NULL,"
    " at INTEGER NOT NULL, until INTEGER NOT NULL,"
    " PRIMARY KEY(room, person)) WITHOUT ROWID;"
    "CREATE TABLE members("
    " room INTEGER, person INTEGER, nick TEXT NOT NULL,"
    " moderator INTEGER NOT NULL DEFAULT 0,"
    " listed INTEGER NOT NULL DEFAULT 0,"
    " PRIMARY KEY(room, person)) WITHOUT ROWID;"
    "CREATE TABLE invitations("
    " code TEXT PRIMARY KEY, room INTEGER NOT NULL,"
    " uses INTEGER NOT NULL, by_nick TEXT NOT NULL,"
    " at INTEGER NOT NULL, until INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE audit("
    " number INTEGER PRIMARY KEY,"
    " at INTEGER NOT NULL, person INTEGER NOT NULL,"
    " by_nick TEXT NOT NULL, what TEXT NOT NULL, room TEXT NOT NULL,"
    " nick TEXT NOT NULL, address TEXT NOT NULL, reason TEXT NOT NULL,"
    " until INTEGER NOT NULL);";

/* Who has deleted a message; how often something of the audit was refused;
 * and when somebody has changed something in a slow room. */
static const char third[] =
    "ALTER TABLE messages ADD deleted_by INTEGER;"
    "ALTER TABLE audit ADD refused INTEGER NOT NULL DEFAULT 0;"
    "CREATE INDEX audit_refused ON audit(number) WHERE refused > 0;"
    "CREATE TABLE turns("
    " room INTEGER, person INTEGER, at INTEGER NOT NULL,"
    " PRIMARY KEY(room, person)) WITHOUT ROWID;";

static const char *const versions[] = { first, second, third };
_Static_assert(sizeof(versions) / sizeof(versions[0]) == STORE_VERSION,
    "each version has its tables");

const char *
store_error_text(enum store_error err)
{
	switch (err) {
	case STORE_LOCKED:
		return "locked by another process";
	case STORE_FULL:
		return "the disk is full";
	case STORE_READ_ONLY:
		return "it can't be written";
	case STORE_DAMAGED:
		return "it is damaged (chat store check tells more)";
	case STORE_FAILED:
		return "reading or writing fails";
	default:
		return "";
	}
}

int
store_open_complain(const struct store *s, const struct db *db,
    enum store_error e, struct buf *err)
{
	buf_printf(err, "%s: %s (%s)", s->path != NULL ? s->path : "memory",
	    store_error_text(e), sqlite3_errmsg(db->sqlite));
	return -EIO;
}

/* ---- what a file is ---- */

static enum store_error
pragma_int(struct db *db, const char *sql, uint64_t *n)
{
	sqlite3_stmt *st;
	int rc = sqlite3_prepare_v2(db->sqlite, sql, -1, &st, NULL);

	if (rc != SQLITE_OK)
		return db_error(db, rc);
	rc = sqlite3_step(st);
	if (rc == SQLITE_ROW) {
		*n = (uint64_t)sqlite3_column_int64(st, 0);
		rc = SQLITE_OK;
	}
	sqlite3_finalize(st);
	return db_error(db, rc);
}

struct what {
	uint64_t application, version, tables;
};

static enum store_error
look(struct db *db, struct what *w)
{
	enum store_error e;

	*w = (struct what){ .tables = 0 };
	e = pragma_int(db, "PRAGMA application_id", &w->application);
	if (!e)
		e = pragma_int(db, "PRAGMA user_version", &w->version);
	if (!e)
		e = pragma_int(
		    db, "SELECT count(*) FROM sqlite_master", &w->tables);
	return e;
}

static int
judge(struct store *s, const struct what *w, struct buf *err)
{
	if (w->application != STORE_APPLICATION_ID) {
		buf_printf(err, "%s is not a store of chat's", s->path);
		return -EINVAL;
	}
	if (w->version > STORE_VERSION) {
		buf_printf(err, "%s is of a newer version of chat", s->path);
		return -EINVAL;
	}
	return 0;
}

/* ---- making it ---- */

static enum store_error
put_secret(struct db *db)
{
	unsigned char secret[STORE_SECRET_SIZE];
	struct db_stmt st;

	random_bytes(secret, sizeof(secret));
	st = db_stmt(db, "INSERT INTO meta VALUES('secret', ?)");
	db_put_blob(&st, (struct slice){ (char *)secret, sizeof(secret) });
	return db_run(&st);
}

static enum store_error
begin_store(struct db *db)
{
	char sql[64];
	enum store_error e =
	    db_exec(db, "INSERT INTO meta VALUES('last', 0), ('cut', 0)");

	snprintf(
	    sql, sizeof(sql), "PRAGMA application_id=%d", STORE_APPLICATION_ID);
	if (!e)
		e = put_secret(db);
	return e ? e : db_exec(db, sql);
}

/* From a version (0: nothing is there) to ours, in one transaction, which is
 * there whole or not at all. */
static enum store_error
upgrade(struct db *db, uint64_t from)
{
	char sql[64];
	enum store_error e = db_exec(db, "BEGIN IMMEDIATE");

	for (uint64_t v = from; v < STORE_VERSION && !e; v++)
		e = db_exec(db, versions[v]);
	if (!e && from == 0)
		e = begin_store(db);
	snprintf(sql, sizeof(sql), "PRAGMA user_version=%d", STORE_VERSION);
	if (!e)
		e = db_exec(db, sql);
	return e ? e : db_exec(db, "COMMIT");
}

static enum store_error
set_up(struct store *s)
{
	char sql[256];

	snprintf(sql, sizeof(sql),
	    "PRAGMA journal_mode=%s; PRAGMA synchronous=%s;"
	    "PRAGMA secure_delete=ON; PRAGMA cell_size_check=ON;"
	    "PRAGMA temp_store=MEMORY; PRAGMA journal_size_limit=8388608",
	    s->path != NULL ? "WAL" : "MEMORY", s->tuning.synchronous);
	return db_exec(&s->db, sql);
}

/* Until the file is known to be ours even its log is left as it is. */
static void
hands_off(struct db *db, bool off)
{
	sqlite3_db_config(
	    db->sqlite, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, (int)off, NULL);
}

int
store_schema_open(struct store *s, struct buf *err)
{
	int flags = SQLITE_OPEN_READWRITE, rc;
	enum store_error e;
	struct what w;

	if (s->path == NULL)
		flags |= SQLITE_OPEN_CREATE | SQLITE_OPEN_MEMORY;
	e = db_open(&s->db, s->path != NULL ? s->path : ":memory:", flags,
	    s->tuning.vfs);
	if (e)
		return store_open_complain(s, &s->db, e, err);
	hands_off(&s->db, true);
	e = look(&s->db, &w);
	if (e)
		return store_open_complain(s, &s->db, e, err);
	if (w.application == 0 && w.version == 0 && w.tables == 0)
		e = upgrade(&s->db, 0);
	else if ((rc = judge(s, &w, err)) != 0)
		return rc;
	hands_off(&s->db, false);
	if (!e)
		e = set_up(s);
	if (!e && w.version > 0 && w.version < STORE_VERSION)
		e = upgrade(&s->db, w.version);
	return e ? store_open_complain(s, &s->db, e, err) : 0;
}

enum store_error
store_schema_read_only(struct db *db)
{
	return db_exec(db, "PRAGMA query_only=ON; PRAGMA temp_store=MEMORY;"
			   "PRAGMA cell_size_check=ON; SELECT 1 FROM meta");
}

/* ---- what has been ---- */

static enum store_error
load_meta(struct store *s)
{
	struct db_stmt st = db_stmt(&s->db, "SELECT key, value FROM meta");
	unsigned found = 0;
	enum store_error e;

	while (db_row(&st)) {
		struct slice key = db_text(&st, 0), value;

		if (slice_is(key, "last")) {
			s->given = db_id(&st, 1);
		} else if (slice_is(key, "cut")) {
			s->cut = db_id(&st, 1);
		} else if (slice_is(key, "secret")) {
			value = db_blob(&st, 1);
			if (value.len != STORE_SECRET_SIZE)
				continue;
			memcpy(s->secret, value.p, value.len);
		} else {
			continue;
		}
		found++;
	}
	e = db_end(&st);
	return e || found == 3 ? e : STORE_DAMAGED;
}

static enum store_error
load_rooms(struct store *s, const struct store_load_cb *cb, void *arg)
{
	struct db_stmt st = db_stmt(&s->db,
	    "SELECT number, name, key, topic, topic_nick, topic_at, a, b, seq,"
	    " last, owner, private, slow FROM rooms ORDER BY number");

	while (db_row(&st)) {
		const struct store_room r = {
			.number = db_int(&st, 0),
			.name = db_text(&st, 1),
			.key = db_text(&st, 2),
			.topic = db_text(&st, 3),
			.topic_nick = db_text(&st, 4),
			.topic_at = db_int(&st, 5),
			.a = db_int(&st, 6),
			.b = db_int(&st, 7),
			.seq = db_int(&st, 8),
			.last = db_id(&st, 9),
			.owner = db_int(&st, 10),
			.private = db_int(&st, 11) != 0,
			.slow = db_int(&st, 12),
		};

		cb->on_room(arg, &r);
	}
	return db_end(&st);
}

static enum store_error
load_people(struct store *s, const struct store_load_cb *cb, void *arg)
{
	struct db_stmt st = db_stmt(&s->db,
	    "SELECT id, nick, key, skeleton, password, generation, seen"
	    " FROM people INDEXED BY people_registered WHERE password <> ''");

	while (db_row(&st)) {
		const struct store_person p = {
			.id = db_int(&st, 0),
			.nick = db_text(&st, 1),
			.key = db_text(&st, 2),
			.skeleton = db_text(&st, 3),
			.password = db_text(&st, 4),
			.generation = db_int(&st, 5),
			.seen = db_int(&st, 6),
		};

		cb->on_person(arg, &p);
	}
	return db_end(&st);
}

static enum store_error
load_sessions(struct store *s, const struct store_load_cb *cb, void *arg)
{
	struct db_stmt st = db_stmt(&s->db,
	    "SELECT pid, sid, nsp, rooms, nick, form, person FROM sessions");

	while (db_row(&st)) {
		const struct store_session one = {
			.pid = db_text(&st, 0),
			.sid = db_text(&st, 1),
			.nsp = db_text(&st, 2),
			.rooms = db_text(&st, 3),
			.nick = db_text(&st, 4),
			.form = db_text(&st, 5),
			.person = db_int(&st, 6),
		};

		cb->on_session(arg, &one);
	}
	return db_end(&st);
}

enum store_error
store_schema_load(struct store *s, const struct store_load_cb *cb, void *arg)
{
	enum store_error e = load_meta(s);

	if (!e && cb != NULL && cb->on_room != NULL)
		e = load_rooms(s, cb, arg);
	if (!e && cb != NULL && cb->on_person != NULL)
		e = load_people(s, cb, arg);
	if (!e && cb != NULL)
		e = store_load_acts(&s->db, cb, arg);
	if (!e && cb != NULL && cb->on_session != NULL)
		e = load_sessions(s, cb, arg);
	return e;
}
