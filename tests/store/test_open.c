#include "config.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "stage.h"
#include "store/tools.h"

static const struct msgid none = { .ms = 0 };

static int
setup(void **state)
{
	log_open(stderr, LOG_OFF, false);
	return stage_setup(state);
}

#define OPEN_TEST(f) cmocka_unit_test_setup_teardown(f, setup, stage_teardown)

/* ---- files ---- */

struct bytes {
	unsigned char *p;
	size_t len;
};

static struct bytes
read_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	struct bytes b = { .len = 0 };
	struct stat st;

	assert_non_null(f);
	assert_int_equal(fstat(fileno(f), &st), 0);
	b.p = xmalloc((size_t)st.st_size);
	b.len = fread(b.p, 1, (size_t)st.st_size, f);
	assert_int_equal(b.len, st.st_size);
	fclose(f);
	return b;
}

static void
write_file(const char *path, const void *p, size_t len)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

static void
sql(const char *path, const char *text)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

/* It is not opened, for this reason, and not changed. */
static void
assert_refused(const char *why)
{
	struct bytes before = read_file(stage.path), after;
	char want[400], name[STAGE_PATH_SIZE + 8];

	snprintf(want, sizeof(want), "%s%s", stage.path, why);
	assert_string_equal(stage_try(NULL, NULL), want);
	after = read_file(stage.path);
	assert_int_equal(before.len, after.len);
	assert_memory_equal(before.p, after.p, before.len);
	snprintf(name, sizeof(name), "%s-wal", stage.path);
	assert_int_not_equal(access(name, F_OK), 0);
	free(before.p);
	free(after.p);
}

static void
what_is_no_store_is_left_alone(void **state)
{
	static const char text[] = "this is a text, and a rather long one: it "
				   "has more than the hundred bytes of the "
				   "beginning of a database, and more";

	(void)state;
	write_file(stage.path, text, sizeof(text));
	assert_refused(" is not a database");
	write_file(stage.path, text, 5);
	assert_refused(" is not a database");
	assert_int_equal(unlink(stage.path), 0);
	sql(stage.path, "CREATE TABLE t(a)");
	assert_refused(" is not a store of chat's");
	sql(stage.path, "PRAGMA application_id=1");
	assert_refused(" is not a store of chat's");
	sql(stage.path, "PRAGMA application_id=0; PRAGMA user_version=1");
	assert_refused(" is not a store of chat's");
}

static void
a_newer_version_is_left_alone(void **state)
{
	(void)state;
	stage_open();
	stage_close();
	sql(stage.path, "PRAGMA user_version=4");
	assert_refused(" is of a newer version of chat");
	/* Also if that is still in its log only. */
	sql(stage.path, "PRAGMA user_version=3");
	stage_open();
	assert_int_equal(sqlite3_exec(stage.store->db.sqlite,
			     "PRAGMA user_version=4", NULL, NULL, NULL),
	    SQLITE_OK);
	sqlite3_db_config(
	    stage.store->db.sqlite, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	stage_close();
	assert_string_equal(strstr(stage_try(NULL, NULL), " is of"),
	    " is of a newer version of chat");
}

static void
an_empty_file_becomes_a_store(void **state)
{
	(void)state;
	write_file(stage.path, "", 0);
	stage_open();
	stage_post(LOBBY, ANA, "one");
	stage_reopen();
	assert_string_equal(stage_join(LOBBY, ANA, none, 5), "one");
}

static void
other_things_are_no_files(void **state)
{
	char want[400];

	(void)state;
	assert_int_equal(mkfifo(stage.path, 0600), 0);
	snprintf(want, sizeof(want), "%s is not a file", stage.path);
	assert_string_equal(stage_try(NULL, NULL), want);
	assert_int_equal(unlink(stage.path), 0);
	assert_int_equal(mkdir(stage.path, 0700), 0);
	snprintf(want, sizeof(want), "%s: can't be written: Is a directory",
	    stage.path);
	assert_string_equal(stage_try(NULL, NULL), want);
	assert_int_equal(rmdir(stage.path), 0);
	/* A folder that is none. */
	write_file(stage.path, "x", 1);
	snprintf(want, sizeof(want),
	    "%s/b: can't make the folder: Not a directory", stage.path);
	strcat(stage.path, "/b/chat.db");
	assert_string_equal(stage_try(NULL, NULL), want);
}

/* As somebody whom permissions bind. */
static void
as_nobody(void (*f)(void))
{
	int status;
	pid_t pid;

	assert_int_equal(chmod(stage.dir, 0755), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (geteuid() == 0 && setuid(65534) != 0)
			_exit(2);
		f();
		_exit(strcmp(stage.line, "") == 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void
try_unwritable(void)
{
	char want[400];

	snprintf(want, sizeof(want), "%s: can't be written: Permission denied",
	    stage.path);
	if (strcmp(stage_try(NULL, NULL), want) == 0)
		stage.line[0] = '\0';
}

static void
try_unreadable(void)
{
	char want[400];

	snprintf(want, sizeof(want), "%s: can't be read: Permission denied",
	    stage.path);
	if (strcmp(stage_try(NULL, NULL), want) == 0)
		stage.line[0] = '\0';
}

static void
try_folder(void)
{
	char want[400];

	snprintf(want, sizeof(want),
	    "%s/new: can't make the folder: Permission denied", stage.dir);
	snprintf(stage.path, sizeof(stage.path), "%s/new/chat.db", stage.dir);
	if (strcmp(stage_try(NULL, NULL), want) == 0)
		stage.line[0] = '\0';
}

static void
try_lock(void)
{
	char want[400];

	snprintf(want, sizeof(want),
	    "%s.lock: can't be written: Permission denied", stage.path);
	if (strcmp(stage_try(NULL, NULL), want) == 0)
		stage.line[0] = '\0';
}

static void
permissions_are_told(void **state)
{
	char lock[STAGE_PATH_SIZE + 8];

	(void)state;
	stage_open();
	stage_post(LOBBY, ANA, "x");
	stage_close();
	snprintf(lock, sizeof(lock), "%s.lock", stage.path);
	assert_int_equal(chmod(lock, 0666), 0);
	assert_int_equal(chmod(stage.path, 0444), 0);
	as_nobody(try_unwritable);
	assert_int_equal(chmod(stage.path, 0), 0);
	as_nobody(try_unreadable);
	assert_int_equal(unlink(lock), 0);
	assert_int_equal(chmod(stage.dir, 0500), 0);
	if (geteuid() == 0) {
		as_nobody(try_folder);
		as_nobody(try_lock);
	}
	assert_int_equal(chmod(stage.dir, 0700), 0);
}

/* ---- damage ---- */

static unsigned random_state = 1;

static unsigned
next_random(void)
{
	random_state = random_state * 1103515245 + 12345;
	return random_state >> 8;
}

static void
fill(void)
{
	struct store_post p[200];
	char text[200][40];

	for (int i = 0; i < 200; i++) {
		snprintf(
		    text[i], sizeof(text[i]), "word%d and word%d", i, i * 7);
		stage_push_post(
		    &p[i], i % 2 ? LOBBY : DIRECT, ANA, text[i], text[i]);
	}
	stage_wait();
	stage_react(p[7].id, BOB, "x", true);
}

/* All that can be asked; whatever the answer is. */
static void
ask_everything(void)
{
	struct store_unread u = { .op.done = stage_on_done, .person = BOB };
	struct store_post p;
	struct store_change c = {
		.type = STORE_EDIT,
		.person = ANA,
		.text = SLICE("x"),
	};

	stage_join(LOBBY, ANA, none, 50);
	stage_join(DIRECT, BOB, (struct msgid){ .ms = 1 }, 50);
	stage_search(ANA, 0, "word1");
	stage_search(BOB, LOBBY, "and");
	store_unread(stage.store, &u);
	stage_wait();
	free(u.rows);
	stage_push_post(&p, LOBBY, ANA, "new", NULL);
	stage_wait();
	c.id = (struct msgid){ .ms = STAGE_START, .n = next_random() % 200 };
	stage_change(&c);
}

static void
damage(struct bytes *b)
{
	unsigned n = 1 + next_random() % 8;

	switch (next_random() % 4) {
	case 0: /* a whole page of nothing */
		memset(
		    b->p + (next_random() % (b->len / 4096)) * 4096, 0, 4096);
		break;
	case 1: /* cut off */
		b->len = next_random() % b->len;
		break;
	default: /* bits */
		while (n-- > 0)
			b->p[next_random() % b->len] ^=
			    (unsigned char)(1 << (next_random() % 8));
	}
}

static void
on_line(void *arg, const char *line)
{
	(void)line;
	++*(int *)arg;
}

/* Never a crash, and what is refused is left as it is. */
static void
damaged_files(void **state)
{
	const unsigned rounds = getenv("CHAT_SOAK") != NULL ? 5000 : 150;
	unsigned refused = 0, told = 0;
	struct bytes good;
	char command[100];

	(void)state;
	stage_open();
	fill();
	stage_close();
	good = read_file(stage.path);
	snprintf(command, sizeof(command), "rm -f '%s'/*", stage.dir);
	for (unsigned i = 0; i < rounds; i++) {
		struct bytes bad = { xmalloc(good.len), good.len };
		struct buf err;
		int lines = 0;

		memcpy(bad.p, good.p, good.len);
		damage(&bad);
		assert_int_equal(system(command), 0); /* NOLINT */
		write_file(stage.path, bad.p, bad.len);
		buf_init(&err, 1000);
		told += store_check(stage.path, on_line, &lines, &err) != 0;
		buf_deinit(&err);
		if (stage_try(NULL, NULL)[0] != '\0') {
			struct bytes after = read_file(stage.path);

			assert_int_equal(after.len, bad.len);
			assert_memory_equal(after.p, bad.p, bad.len);
			free(after.p);
			refused++;
		} else {
			ask_everything();
			stage_close();
		}
		free(bad.p);
	}
	free(good.p);
	/* Most of what was done to it is seen by a check. */
	assert_in_range(told, rounds / 3, rounds);
	assert_in_range(refused, rounds / 20, rounds);
}

/* Fills the first page of a table or an index with nonsense; where it is. */
static size_t
damage_root(const char *name)
{
	char text[100];
	sqlite3_stmt *st;
	struct bytes b;
	sqlite3 *db;
	size_t at;

	snprintf(text, sizeof(text),
	    "SELECT rootpage FROM sqlite_master WHERE name = '%s'", name);
	assert_int_equal(sqlite3_open(stage.path, &db), SQLITE_OK);
	assert_int_equal(
	    sqlite3_prepare_v2(db, text, -1, &st, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	at = ((size_t)sqlite3_column_int64(st, 0) - 1) * 4096;
	sqlite3_finalize(st);
	sqlite3_close(db);
	b = read_file(stage.path);
	assert_in_range(at, 4096, b.len - 4096);
	memset(b.p + at, 0xee, 4096);
	write_file(stage.path, b.p, b.len);
	free(b.p);
	return at;
}

static void
on_room(void *arg, const struct store_room *r)
{
	(void)arg;
	(void)r;
}

static void
damage_that_is_seen_at_once(void **state)
{
	static const struct store_load_cb cb = { .on_room = on_room };

	(void)state;
	stage_open();
	fill();
	stage_close();
	damage_root("rooms");
	assert_non_null(strstr(stage_try(&cb, NULL),
	    "chat.db: it is damaged (chat store check tells more)"));
}

/* Nobody is thrown out: what needs the damaged page gets an error, the rest is
 * answered, and the page stays as it is. */
static void
damage_that_is_seen_later(void **state)
{
	struct store_post p;
	struct bytes b;
	size_t at;

	(void)state;
	stage_open();
	stage_post(LOBBY, ANA, "one");
	stage_close();
	at = damage_root("messages_nonce");
	stage_open();
	stage_push_post(&p, LOBBY, ANA, "two", "nonce");
	stage_wait();
	assert_int_equal(p.op.error, STORE_DAMAGED);
	assert_string_equal(store_problem(stage.store),
	    "it is damaged (chat store check tells more)");
	assert_string_equal(stage_join(LOBBY, ANA, none, 5), "one");
	assert_string_equal(stage_search(ANA, 0, "one"), "one");
	stage_post(LOBBY, ANA, "three");
	assert_string_equal(store_problem(stage.store), "");
	stage_close();
	b = read_file(stage.path);
	for (size_t i = at; i < at + 4096; i++)
		assert_int_equal(b.p[i], 0xee);
	free(b.p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		OPEN_TEST(what_is_no_store_is_left_alone),
		OPEN_TEST(a_newer_version_is_left_alone),
		OPEN_TEST(an_empty_file_becomes_a_store),
		OPEN_TEST(other_things_are_no_files),
		OPEN_TEST(permissions_are_told),
		OPEN_TEST(damaged_files),
		OPEN_TEST(damage_that_is_seen_at_once),
		OPEN_TEST(damage_that_is_seen_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
