#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "stage.h"
#include "store/tools.h"

static char lines[4096];

static void
on_line(void *arg, const char *line)
{
	(void)arg;
	assert_null(strchr(line, '\n'));
	strcat(lines, line);
	strcat(lines, "\n");
}

/* What a check says, or why there is none. */
static int
check(void)
{
	struct buf err;
	int n;

	lines[0] = '\0';
	buf_init(&err, 1000);
	n = store_check(stage.path, on_line, NULL, &err);
	assert_int_equal(n<0, err.len> 0);
	if (n < 0)
		snprintf(
		    lines, sizeof(lines), "%.*s", SLICE_ARG(buf_view(&err)));
	buf_deinit(&err);
	return n;
}

static void
sql(const char *text)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(stage.path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void
fill(void)
{
	struct store_post p;
	struct msgid id;

	stage_open();
	for (int i = 0; i < 5; i++) {
		id = stage_post(LOBBY, ANA, i % 2 ? "odd one" : "even one");
		stage_post(DIRECT, BOB, "psst");
	}
	stage_react(id, BOB, "x", true);
	stage_push_post(&p, OTHER, ANA, "last", "nonce");
	stage_wait();
	stage_close();
}

static void
a_sound_store_passes(void **state)
{
	(void)state;
	stage_open();
	stage_close();
	assert_int_equal(check(), 0);
	fill();
	assert_int_equal(check(), 0);
	assert_string_equal(lines, "");
	/* While it is used, all but the words. */
	stage_open();
	stage_post(LOBBY, ANA, "more");
	assert_int_equal(check(), 0);
	assert_string_equal(lines, "the index of words is not looked at while "
				   "the store is in use\n");
}

static void
each_fault_is_told(void **state)
{
	static const struct {
		const char *sql, *line;
	} faults[] = {
		{ "DELETE FROM messages WHERE room = 1 AND seq = 3",
		    "room Lobby: number 4 stands behind 2\n" },
		{ "DELETE FROM messages WHERE room = 1 AND seq = 1",
		    "room Lobby begins with number 2, and nothing was "
		    "removed\n" },
		{ "DELETE FROM messages WHERE room = 1 AND seq = 5",
		    "room Lobby ends with number 4 instead of 5\n" },
		{ "DELETE FROM messages WHERE room = 2",
		    "room other has lost all of its 1 messages\n" },
		{ "UPDATE messages SET seq = 9 - seq WHERE room = 3",
		    "room @101,102: number 7 stands behind 8\n" },
		{ "DELETE FROM rooms WHERE number = 2",
		    "message 1700000000000-11 is in no room\n" },
		{ "UPDATE meta SET value = value - 1 WHERE key = 'last'",
		    "id 1700000000000-11 was given after the last one\n" },
		{ "UPDATE messages SET edited = id WHERE room = 2",
		    "message 1700000000000-11 has changed without a change\n" },
		{ "DROP INDEX messages_nonce; UPDATE messages SET nonce = 'n'"
		  " WHERE room = 3",
		    "nonce n is there 5 times\n" },
		{ "UPDATE rooms SET key = 'lobby'",
		    "3 rooms are called Lobby\n" },
		{ "INSERT INTO mentions VALUES(1, 1048577, 1)",
		    "a mention in message 1-1, which is not there\n" },
		{ "UPDATE reactions SET message = 1048577",
		    "a reaction to message 1-1, which is not there\n" },
		{ "INSERT INTO bans VALUES(7, 9, 1, '', '', '', '', 0, 0)",
		    "ban 7 is of room 9, which is not there\n" },
		{ "INSERT INTO mutes VALUES(9, 1, 'eve', '', '', 0, 0)",
		    "a mute of eve in room 9, which is not there\n" },
		{ "INSERT INTO members VALUES(9, 1, 'eve', 1, 0)",
		    "eve is something in room 9, which is not there\n" },
		{ "INSERT INTO members VALUES(2, 1, 'eve', 0, 0)",
		    "eve is nothing in room 2\n" },
		{ "INSERT INTO invitations VALUES('x', 9, 0, '', 0, 0)",
		    "an invitation to room 9, which is not there\n" },
		{ "UPDATE messages SET text = 'new' WHERE room = 2",
		    "the index of words: " },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		unlink(stage.path);
		fill();
		sql(faults[i].sql);
		assert_true(check() > 0);
		if (strstr(lines, faults[i].line) == NULL)
			fail_msg("%s: %s", faults[i].line, lines);
	}
}

static void
what_is_no_store_is_not_checked(void **state)
{
	FILE *f;

	(void)state;
	assert_true(check() < 0);
	assert_non_null(strstr(lines, "No such file"));
	assert_int_not_equal(access(stage.path, F_OK), 0);
	f = fopen(stage.path, "w");
	assert_non_null(f);
	fclose(f);
	assert_true(check() < 0);
	assert_non_null(strstr(lines, "is not a database"));
}

/* ---- compacting ---- */

static int
compact(uint64_t *before, uint64_t *after)
{
	struct buf err;
	int rc;

	buf_init(&err, 1000);
	rc = store_compact(stage.path, before, after, &err);
	assert_int_equal(rc<0, err.len> 0);
	snprintf(lines, sizeof(lines), "%.*s", SLICE_ARG(buf_view(&err)));
	buf_deinit(&err);
	return rc;
}

static void
what_was_deleted_takes_no_place(void **state)
{
	enum { N = 300, SIZE = 5000 };
	uint64_t before, after;
	struct msgid ids[N];
	struct stat st;
	char text[SIZE + 1];

	(void)state;
	memset(text, 'x', SIZE);
	text[SIZE] = '\0';
	stage_open();
	for (int i = 0; i < N; i++)
		ids[i] = stage_post(LOBBY, ANA, text);
	stage_post(LOBBY, ANA, "kept");
	for (int i = 0; i < N; i++)
		stage_delete(ids[i], ANA);
	assert_true(compact(&before, &after) < 0);
	assert_non_null(strstr(lines, " is in use by process "));
	stage_close();
	assert_int_equal(compact(&before, &after), 0);
	assert_true(before > N * SIZE);
	assert_true(after < before / 4);
	assert_int_equal(stat(stage.path, &st), 0);
	assert_int_equal(st.st_size, after);
	assert_int_equal(check(), 0);
	stage_open();
	assert_string_equal(stage_search(ANA, 0, "kept "), "kept");
}

/* ---- exporting ---- */

static void
on_row(void *arg, const struct store_room *room, const struct store_row *row)
{
	size_t len = strlen(lines);

	(void)arg;
	snprintf(lines + len, sizeof(lines) - len, "%.*s:%.*s:%u ",
	    SLICE_ARG(room->name), SLICE_ARG(row->text), (unsigned)row->seq);
}

static int export(const char *room)
{
	struct buf err;
	int rc;

	lines[0] = '\0';
	buf_init(&err, 1000);
	rc = store_export(stage.path, room, on_row, NULL, &err);
	assert_int_equal(rc<0, err.len> 0);
	buf_deinit(&err);
	return rc;
}

static void
all_is_exported_in_order(void **state)
{
	(void)state;
	fill();
	assert_int_equal(export(NULL), 0);
	assert_string_equal(lines,
	    "Lobby:even one:1 @101,102:psst:1 Lobby:odd one:2 "
	    "@101,102:psst:2 Lobby:even one:3 @101,102:psst:3 "
	    "Lobby:odd one:4 @101,102:psst:4 Lobby:even one:5 "
	    "@101,102:psst:5 other:last:1 ");
	assert_int_equal(export("OTHER"), 0);
	assert_string_equal(lines, "other:last:1 ");
	assert_int_equal(export("#other"), 0);
	assert_string_equal(lines, "other:last:1 ");
	assert_int_equal(export("none"), -ENOENT);
	stage_open(); /* while it is used, too */
	stage_post(OTHER, ANA, "more");
	assert_int_equal(export("other"), 0);
	assert_string_equal(lines, "other:last:1 other:more:2 ");
}

static unsigned exported;

static void
on_counted(
    void *arg, const struct store_room *room, const struct store_row *row)
{
	(void)arg;
	(void)room;
	assert_int_equal(row->seq, ++exported);
}

static void
all_pages_are_exported(void **state)
{
	enum { N = 1234 };
	struct store_post *p = xcalloc(N, sizeof(*p));
	struct buf err;

	(void)state;
	stage_open();
	for (int i = 0; i < N; i++)
		stage_push_post(&p[i], LOBBY, ANA, "x", NULL);
	stage_wait();
	free(p);
	exported = 0;
	buf_init(&err, 1000);
	assert_int_equal(
	    store_export(stage.path, NULL, on_counted, NULL, &err), 0);
	assert_int_equal(exported, N);
	exported = 0;
	assert_int_equal(
	    store_export(stage.path, "lobby", on_counted, NULL, &err), 0);
	assert_int_equal(exported, N);
	buf_deinit(&err);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STAGE_TEST(a_sound_store_passes),
		STAGE_TEST(each_fault_is_told),
		STAGE_TEST(what_is_no_store_is_not_checked),
		STAGE_TEST(what_was_deleted_takes_no_place),
		STAGE_TEST(all_is_exported_in_order),
		STAGE_TEST(all_pages_are_exported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
