#include "config.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "stage.h"
#include "store/tools.h"
#include "vfs.h"

static const struct msgid none = { .ms = 0 };

/* What version 1 has made, word for word; with a room, what was said in it, a
 * person and a session. */
static const char version_1[] =
    "PRAGMA journal_mode=WAL;"
    "BEGIN;"
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
    " tokenize='unicode61 remove_diacritics 2');"
    "INSERT INTO meta VALUES('last', 1048577), ('cut', 0),"
    " ('secret', randomblob(32));"
    "INSERT INTO rooms VALUES(1, 'Lobby', 'lobby', 'old', 'ana', 7, 0, 0, 1,"
    " 1048577);"
    "INSERT INTO messages(id, room, seq, person, nick, plain, text)"
    " VALUES(1048577, 1, 1, 101, 'ana', 1, 'hello');"
    "INSERT INTO words(rowid, text, nick, room)"
    " VALUES(1048577, 'hello', 'ana', '1');"
    "INSERT INTO people VALUES(101, 'ana', 'ana', 'ana', 'hash', 1, 5);"
    "INSERT INTO sessions VALUES('p', 's', '/', 'lobby', 'ana', '', 101);"
    "PRAGMA application_id=1667785076; PRAGMA user_version=1;"
    "COMMIT";

static int
setup(void **state)
{
	int rc = stage_setup(state);

	log_open(stderr, LOG_OFF, false);
	vfs_init();
	vfs_reset(4096, 1);
	return rc;
}

/* A file of version 1, as a server of that version has left it. */
static void
make_old(void)
{
	char command[100];
	sqlite3 *db;

	snprintf(command, sizeof(command), "rm -f '%s'/*", stage.dir);
	assert_int_equal(system(command), 0); /* NOLINT */
	assert_int_equal(
	    sqlite3_open_v2(stage.path, &db,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, stage.tuning.vfs),
	    SQLITE_OK);
	assert_int_equal(
	    sqlite3_exec(db, version_1, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

/* A number from the file. */
static int
ask(const char *sql)
{
	sqlite3_stmt *st;
	sqlite3 *db;
	int n;

	assert_int_equal(sqlite3_open(stage.path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	n = sqlite3_column_int(st, 0);
	sqlite3_finalize(st);
	sqlite3_close(db);
	return n;
}

static void
on_line(void *arg, const char *line)
{
	print_message("%s\n", line);
	++*(int *)arg;
}

static void
assert_sound(void)
{
	struct buf err;
	int lines = 0;

	buf_init(&err, 1000);
	assert_int_equal(store_check(stage.path, on_line, &lines, &err), 0);
	buf_deinit(&err);
}

/* What is loaded, as one line. */
static void
add(void *arg, const char *what, uint64_t number)
{
	char *line = arg;

	snprintf(line + strlen(line), 100, "%s %u ", what, (unsigned)number);
}

static void
on_room(void *arg, const struct store_room *r)
{
	assert_int_equal(r->owner, 0);
	assert_false(r->private);
	assert_int_equal(r->slow, 0);
	add(arg, "room", r->number);
}

static void
on_person(void *arg, const struct store_person *p)
{
	add(arg, "person", p->id);
}

static void
on_session(void *arg, const struct store_session *s)
{
	add(arg, "session", s->person);
}

static void
assert_all_there(void)
{
	static const struct store_load_cb cb = {
		.on_room = on_room,
		.on_person = on_person,
		.on_session = on_session,
	};
	char line[1000] = "";

	assert_string_equal(stage_try(&cb, line), "");
	assert_string_equal(line, "room 1 person 101 session 101 ");
	assert_string_equal(stage_join(LOBBY, ANA, none, 5), "hello");
	assert_string_equal(stage_search(ANA, LOBBY, "hello"), "hello");
	stage_post(LOBBY, BOB, "new");
	stage_close();
	assert_sound();
}

static void
version_1_is_upgraded(void **state)
{
	(void)state;
	make_old();
	/* Whoever only looks leaves it alone. */
	assert_sound();
	assert_int_equal(ask("PRAGMA user_version"), 1);
	assert_all_there();
	assert_int_equal(ask("PRAGMA user_version"), STORE_VERSION);
}

/* The same as one that was new. */
static void
no_matter_where_it_comes_from(void **state)
{
	static const char sql[] =
	    "SELECT count(*) FROM (SELECT name, sql FROM main.sqlite_master"
	    " EXCEPT SELECT name, sql FROM old.sqlite_master)";
	char text[400], was[STAGE_PATH_SIZE + 8];
	sqlite3_stmt *st;
	sqlite3 *db;

	(void)state;
	make_old();
	stage_open();
	stage_close();
	snprintf(was, sizeof(was), "%s.was", stage.path);
	assert_int_equal(rename(stage.path, was), 0);
	stage_open();
	stage_close();
	snprintf(text, sizeof(text), "ATTACH '%s' AS old", was);
	assert_int_equal(sqlite3_open(stage.path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	assert_int_equal(sqlite3_column_int(st, 0), 0);
	sqlite3_finalize(st);
	sqlite3_close(db);
}

/* The power fails at the n-th operation. True if it came to that before all
 * was done. */
static bool
cut_at(unsigned n)
{
	bool failed;
	int version;

	vfs_reset(n % 2 ? 512 : 4096, n);
	make_old();
	vfs_fail(VFS_POWER, n, 1);
	stage_try(NULL, NULL);
	failed = vfs_has_failed();
	if (stage.store != NULL) {
		vfs_fail(VFS_POWER, 1, 1);
		stage_close();
	}
	vfs_crash();
	version = ask("PRAGMA user_version");
	assert_true(version == 1 || version == STORE_VERSION);
	assert_int_equal(ask("SELECT count(*) FROM sqlite_master"
			     " WHERE name IN ('bans', 'turns')"),
	    version - 1);
	assert_all_there();
	return failed;
}

static void
a_crash_leaves_one_or_the_other(void **state)
{
	unsigned n;

	(void)state;
	stage.tuning.vfs = VFS_NAME;
	for (n = 1; cut_at(n); n++)
		continue;
	assert_true(n > 5);
}

/* It can't be had, and is left as it was. */
static void
a_full_disk_leaves_it(void **state)
{
	(void)state;
	stage.tuning.vfs = VFS_NAME;
	make_old();
	vfs_fail(VFS_FULL, 1, 1000000);
	assert_non_null(strstr(stage_try(NULL, NULL), "the disk is full"));
	vfs_fail(VFS_NONE, 0, 0);
	assert_int_equal(ask("PRAGMA user_version"), 1);
	assert_all_there();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    version_1_is_upgraded, setup, stage_teardown),
		cmocka_unit_test_setup_teardown(
		    no_matter_where_it_comes_from, setup, stage_teardown),
		cmocka_unit_test_setup_teardown(
		    a_crash_leaves_one_or_the_other, setup, stage_teardown),
		cmocka_unit_test_setup_teardown(
		    a_full_disk_leaves_it, setup, stage_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
