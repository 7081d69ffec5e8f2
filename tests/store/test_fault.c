#include "config.h"

#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "stage.h"
#include "store/tools.h"
#include "vfs.h"

static const struct msgid none = { .ms = 0 };

static int
setup(void **state)
{
	int rc = stage_setup(state);

	log_open(stderr, LOG_OFF, false);
	vfs_init();
	vfs_reset(4096, 1);
	return rc;
}

#define FAULT_TEST(f) cmocka_unit_test_setup_teardown(f, setup, stage_teardown)

/* ---- a fault at every moment ---- */

enum { POSTS = 4 };

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
	assert_int_equal(lines, 0);
	buf_deinit(&err);
}

/* What must be in the lobby, with spaces between. */
static char wanted[1000];

static void
expect_text(const char *text)
{
	if (wanted[0] != '\0')
		strcat(wanted, " ");
	strcat(wanted, text);
}

static enum store_error
try_post(const char *text)
{
	struct store_post p;

	stage_push_post(&p, LOBBY, ANA, text, text);
	stage_wait();
	if (p.op.error == STORE_OK) {
		expect_text(text);
		assert_int_equal(
		    msgid_cmp(store_last_id(stage.store), p.id), 0);
	} else {
		assert_true(db_is_temporary(p.op.error));
		assert_int_equal(p.id.ms, 0);
		assert_int_equal(p.seq, 0);
	}
	/* It is told for as long as it is so. */
	assert_int_equal(
	    store_problem(stage.store)[0] != '\0', p.op.error != STORE_OK);
	return p.op.error;
}

static void
session(void)
{
	struct store_session s = { .pid = SLICE("p"), .sid = SLICE("s") };
	char text[8];

	for (int i = 0; i < POSTS; i++) {
		snprintf(text, sizeof(text), "t%d", i);
		try_post(text);
		store_put_session(stage.store, &s);
	}
	stage_wait();
}

/* Faults of one kind, the n-th operation and those behind it. True if there
 * was one. */
static bool
fault_at(enum vfs_fault fault, unsigned n, unsigned times)
{
	char command[100];
	bool failed;

	snprintf(command, sizeof(command), "rm -f '%s'/*", stage.dir);
	assert_int_equal(system(command), 0); /* NOLINT */
	vfs_reset(4096, 1);
	wanted[0] = '\0';
	stage_open();
	sqlite3_wal_autocheckpoint(stage.store->db.sqlite, 10);
	try_post("first");
	vfs_fail(fault, n, times);
	session();
	failed = vfs_has_failed();
	vfs_fail(VFS_NONE, 0, 0);
	/* By itself. */
	assert_int_equal(try_post("last"), STORE_OK);
	assert_string_equal(stage_join(LOBBY, ANA, none, 50), wanted);
	stage_reopen();
	assert_string_equal(stage_join(LOBBY, ANA, none, 50), wanted);
	stage_close();
	assert_sound();
	return failed;
}

static void
at_every_moment(enum vfs_fault fault)
{
	static const unsigned times[] = { 1, 1000000 };
	unsigned n;

	stage.tuning.vfs = VFS_NAME;
	for (unsigned i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		for (n = 1; fault_at(fault, n, times[i]); n++)
			continue;
		assert_true(n > 50);
	}
}

static void
a_full_disk_at_every_moment(void **state)
{
	(void)state;
	at_every_moment(VFS_FULL);
}

static void
a_disk_error_at_every_moment(void **state)
{
	(void)state;
	at_every_moment(VFS_ERROR);
}

static void
read_only_from_any_moment_on(void **state)
{
	(void)state;
	at_every_moment(VFS_READ_ONLY);
}

/* Opening one fails, or doesn't; afterwards it is there, or can be made. */
static void
faults_while_opening(void **state)
{
	static const enum vfs_fault faults[] = { VFS_FULL, VFS_ERROR,
		VFS_READ_ERROR, VFS_READ_ONLY };
	char command[100];
	bool failed;

	(void)state;
	stage.tuning.vfs = VFS_NAME;
	snprintf(command, sizeof(command), "rm -f '%s'/*", stage.dir);
	for (unsigned i = 0; i < 8; i++) {
		unsigned n = 0;

		do {
			if (i < 4) /* one that is not there */
				assert_int_equal(
				    system(command), 0); /* NOLINT */
			vfs_reset(4096, 1);
			vfs_fail(faults[i % 4], ++n, 1);
			stage_try(NULL, NULL);
			failed = vfs_has_failed();
			vfs_fail(VFS_NONE, 0, 0);
			if (stage.store != NULL)
				stage_close();
			stage_open();
			stage_post(LOBBY, ANA, "x");
			stage_close();
			assert_sound();
		} while (failed);
	}
}

/* SQLite takes a file that it could not open for writing just then, or its log,
 * for one that is never written, and is content. */
static void
what_was_not_to_be_written_is_told(void **state)
{
	static const enum vfs_fault faults[] = { VFS_LOG_READ_ONLY,
		VFS_FILE_READ_ONLY };
	char want[200];

	(void)state;
	snprintf(want, sizeof(want),
	    "%s: it can't be written (attempt to write a readonly database)",
	    stage.path);
	stage.tuning.vfs = VFS_NAME;
	for (unsigned i = 0; i < 2; i++) {
		stage_open(); /* it was only then */
		stage_post(LOBBY, ANA, "x");
		stage_close();
		vfs_fail(faults[i], 1, 1);
		stage_try(NULL, NULL);
		assert_true(vfs_has_failed());
		assert_null(stage.store);
		assert_string_equal(stage.line, want);
		vfs_fail(VFS_NONE, 0, 0);
	}
	stage_open();
	stage_post(LOBBY, ANA, "y");
	assert_string_equal(stage_join(LOBBY, ANA, none, 5), "x x y");
}

/* ---- what is answered while it fails ---- */

static void
each_fault_has_its_name(void **state)
{
	static const struct {
		enum vfs_fault fault;
		enum store_error error;
		const char *text, *post; /* a new one is a proof */
	} names[] = {
		{ VFS_FULL, STORE_FULL, "the disk is full", "a1" },
		{ VFS_ERROR, STORE_FAILED, "reading or writing fails", "a2" },
		{ VFS_READ_ONLY, STORE_READ_ONLY, "it can't be written", "a3" },
	};

	(void)state;
	stage.tuning.vfs = VFS_NAME;
	stage_open();
	for (unsigned i = 0; i < 3; i++) {
		wanted[0] = '\0';
		assert_int_equal(try_post(names[i].post), STORE_OK);
		vfs_fail(names[i].fault, 1, 1000);
		assert_int_equal(try_post("b"), names[i].error);
		assert_string_equal(store_problem(stage.store), names[i].text);
		vfs_fail(VFS_NONE, 0, 0);
	}
}

/* A batch that comes to nothing: changes get the error, and readings tell
 * what is stored, not what would have been. */
static void
a_failed_batch_is_taken_back(void **state)
{
	struct store_post a, b, c;
	struct store_join j = {
		.op.done = stage_on_done,
		.room = LOBBY,
		.person = ANA,
		.limit = 50,
	};
	struct store_read r = {
		.op.done = stage_on_done,
		.room = LOBBY,
		.person = BOB,
	};
	struct msgid id;

	(void)state;
	stage.tuning.vfs = VFS_NAME;
	stage_open();
	id = r.id = stage_post(LOBBY, ANA, "one");
	vfs_fail(VFS_FULL, 1, 1000000);
	for (int i = 0; i < 50; i++) {
		stage_push_post(&a, LOBBY, ANA, "lost", "n");
		stage_push_post(&b, LOBBY, ANA, "lost", "n");
		store_join(stage.store, &j);
		store_read(stage.store, &r);
		stage_push_post(&c, OTHER, ANA, "lost", NULL);
		stage_wait();
		assert_int_equal(a.op.error, STORE_FULL);
		assert_int_equal(b.op.error, STORE_FULL);
		assert_false(b.duplicate);
		assert_int_equal(c.op.error, STORE_FULL);
		assert_int_equal(r.op.error, STORE_FULL);
		assert_false(r.moved);
		assert_int_equal(j.op.error, STORE_OK);
		store_page_free(&j.changed);
		assert_string_equal(stage_texts(0, &j.page), "one");
	}
	assert_int_equal(msgid_cmp(store_last_id(stage.store), id), 0);
	assert_string_equal(stage_search(ANA, 0, "lost"), "");
	vfs_fail(VFS_NONE, 0, 0);
	stage_push_post(&a, LOBBY, ANA, "two", "n");
	stage_wait();
	assert_int_equal(a.op.error, STORE_OK);
	assert_int_equal(a.seq, 2);
	assert_int_equal(a.id.n, id.n + 1);
}

/* SQLite ends the transaction when a reading in it fails. Nothing may be stored
 * on its own after that. */
static void
a_reading_that_fails_between_changes(void **state)
{
	char text[2000];
	struct store_post a, b;
	struct store_join j = {
		.op.done = stage_on_done,
		.room = OTHER,
		.person = ANA,
		.limit = 50,
	};
	unsigned stored = 1, failed = 0;

	(void)state;
	stage.tuning.vfs = VFS_NAME;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	stage_open();
	stage_post(LOBBY, ANA, "y");
	for (int i = 0; i < 50; i++)
		stage_post(OTHER, ANA, text);
	for (unsigned n = 1; n < 60; n++) {
		stage_reopen(); /* nothing is in memory */
		vfs_fail(VFS_READ_ERROR, n, 1);
		stage_push_post(&a, LOBBY, ANA, "y", NULL);
		store_join(stage.store, &j);
		stage_push_post(&b, LOBBY, ANA, "y", NULL);
		stage_wait();
		vfs_fail(VFS_NONE, 0, 0);
		stored += a.op.error == STORE_OK;
		stored += b.op.error == STORE_OK;
		failed += a.op.error != STORE_OK && b.op.error != STORE_OK;
		store_page_free(&j.page);
		store_page_free(&j.changed);
		stage_push_post(&a, LOBBY, ANA, "y", NULL);
		stage_wait();
		assert_int_equal(a.op.error, STORE_OK);
		assert_int_equal(a.seq, ++stored);
	}
	assert_true(failed > 0);
}

static void
what_comes_after_a_failure_waits_for_its_user(void **state)
{
	struct store_post a, b, c;

	(void)state;
	stage.tuning.vfs = VFS_NAME;
	stage_open();
	vfs_fail(VFS_FULL, 1, 1);
	stage_push_post(&a, LOBBY, ANA, "a", "a");
	uv_run(&stage.loop.uv, UV_RUN_NOWAIT); /* no result comes so soon */
	while (!vfs_has_failed())
		sched_yield();
	/* The disk is well again, but nobody knows yet that it was not. */
	stage_push_post(&b, LOBBY, ANA, "b", "b");
	stage_wait();
	assert_int_equal(a.op.error, STORE_FULL);
	assert_int_equal(b.op.error, STORE_FULL);
	/* What has to follow them is refused, too. */
	assert_int_equal(store_failures(stage.store), 1);
	a.op.unheard = 1;
	store_post(stage.store, &a);
	stage_wait();
	assert_int_equal(a.op.error, STORE_FULL);
	assert_int_equal(store_failures(stage.store), 1);
	for (unsigned i = 0; i < 2; i++) {
		stage_push_post(&a, LOBBY, ANA, "a", "a");
		stage_push_post(&c, LOBBY, ANA, "b", "b");
		stage_wait();
		assert_int_equal(a.op.error, STORE_OK);
		assert_int_equal(c.op.error, STORE_OK);
	}
	assert_string_equal(stage_join(LOBBY, ANA, none, 50), "a b");
	stage_close();
}

/* The kernel's own refusal, as on a full disk: no file may grow. */
static void
files_that_may_not_grow(void **state)
{
	struct rlimit old, now;

	(void)state;
	stage_open();
	wanted[0] = '\0';
	assert_int_equal(try_post("one"), STORE_OK);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	now = old;
	now.rlim_cur = 4096;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &now), 0);
	assert_true(db_is_temporary(try_post("two")));
	assert_string_equal(stage_join(LOBBY, ANA, none, 5), "one");
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(try_post("three"), STORE_OK);
	assert_string_equal(stage_join(LOBBY, ANA, none, 5), "one three");
}

/* ---- others ---- */

/* A process that does `what` with the file and then waits for its end. */
static pid_t
start_other(void (*what)(void))
{
	int fds[2];
	char c;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(fds[0]);
		what();
		if (write(fds[1], "x", 1) == 1)
			pause();
		_exit(1);
	}
	close(fds[1]);
	assert_int_equal(read(fds[0], &c, 1), 1);
	close(fds[0]);
	return pid;
}

static void
end_other(pid_t pid)
{
	int status;

	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
}

static void
take_the_write_lock(void)
{
	sqlite3 *db;

	if (sqlite3_open(stage.path, &db) != SQLITE_OK ||
	    sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
		_exit(2);
}

static double
seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void
a_lock_of_others_is_waited_for_once(void **state)
{
	double start;
	pid_t pid;

	(void)state;
	stage_open();
	wanted[0] = '\0';
	try_post("one");
	stage_close();
	pid = start_other(take_the_write_lock);
	stage_open();
	start = seconds();
	assert_int_equal(try_post("two"), STORE_LOCKED);
	assert_true(seconds() - start > 1.5);
	assert_string_equal(
	    store_problem(stage.store), "locked by another process");
	/* What comes behind does not wait as long, and reading not at all. */
	start = seconds();
	assert_int_equal(try_post("two"), STORE_LOCKED);
	assert_string_equal(stage_join(LOBBY, ANA, none, 5), "one");
	assert_string_equal(stage_search(ANA, 0, "one"), "one");
	assert_true(seconds() - start < 1.5);
	end_other(pid);
	assert_int_equal(try_post("two"), STORE_OK);
	assert_string_equal(store_problem(stage.store), "");
	assert_string_equal(stage_join(LOBBY, ANA, none, 5), "one two");
}

static void
open_the_store(void)
{
	stage_try(NULL, NULL);
	if (stage.store == NULL)
		_exit(2);
}

static void
two_servers_dont_share_a_store(void **state)
{
	char want[200];
	pid_t pid = start_other(open_the_store);

	(void)state;
	snprintf(want, sizeof(want), "%s is in use by process %ld", stage.path,
	    (long)pid);
	assert_string_equal(stage_try(NULL, NULL), want);
	end_other(pid);
	stage_open();
	stage_post(LOBBY, ANA, "mine");
}

static void
a_file_that_was_moved_is_not_written(void **state)
{
	char other[STAGE_PATH_SIZE + 8];

	(void)state;
	stage_open();
	wanted[0] = '\0';
	assert_int_equal(try_post("one"), STORE_OK);
	snprintf(other, sizeof(other), "%s.old", stage.path);
	assert_int_equal(rename(stage.path, other), 0);
	assert_int_equal(try_post("two"), STORE_READ_ONLY);
	assert_int_equal(rename(other, stage.path), 0);
	assert_int_equal(try_post("three"), STORE_OK);
	stage_reopen();
	assert_string_equal(stage_join(LOBBY, ANA, none, 5), "one three");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FAULT_TEST(a_full_disk_at_every_moment),
		FAULT_TEST(a_disk_error_at_every_moment),
		FAULT_TEST(read_only_from_any_moment_on),
		FAULT_TEST(faults_while_opening),
		FAULT_TEST(what_was_not_to_be_written_is_told),
		FAULT_TEST(each_fault_has_its_name),
		FAULT_TEST(a_failed_batch_is_taken_back),
		FAULT_TEST(what_comes_after_a_failure_waits_for_its_user),
		FAULT_TEST(a_reading_that_fails_between_changes),
		FAULT_TEST(files_that_may_not_grow),
		FAULT_TEST(a_lock_of_others_is_waited_for_once),
		FAULT_TEST(two_servers_dont_share_a_store),
		FAULT_TEST(a_file_that_was_moved_is_not_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
