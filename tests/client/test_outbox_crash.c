#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include <cmocka.h>

#include "outbox_dir.h"

enum { KIB64 = 1 << 16 };

/* Runs f in a process of its own, which then is killed. */
static void
in_child(void (*f)(struct outbox *o))
{
	struct outbox o;
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		open_it(&o);
		f(&o);
		raise(SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

/* ---- crashes ---- */

static void
add_two(struct outbox *o)
{
	add(o, "one", 10);
	add(o, "two", 20);
}

static void
a_killed_one_is_taken_over(void **state)
{
	struct outbox o;
	char name[NAME_MAX + 1];

	(void)state;
	in_child(add_two);
	assert_int_equal(files(name), 1);
	open_it(&o);
	assert_string_equal(texts(&o), "one two ");
	assert_int_equal(files(name), 1);
	add(&o, "three", 5);
	outbox_close(&o);
	assert_waiting("one two three ");
}

/* One that runs keeps its entries until it ends. */
static void
a_running_one_is_left_alone(void **state)
{
	struct outbox a, b, c;
	char name[NAME_MAX + 1];

	(void)state;
	open_it(&a);
	add(&a, "a1", 10);
	open_it(&b);
	assert_int_equal(b.n, 0);
	add(&b, "b1", 20);
	add(&a, "a2", 30);
	assert_int_equal(files(name), 2);
	open_it(&c);
	assert_int_equal(c.n, 0);
	outbox_close(&b);
	outbox_close(&a);
	assert_int_equal(files(name), 3);
	/* in the order in which they were typed */
	assert_waiting("a1 b1 a2 ");
	outbox_close(&c);
	assert_int_equal(files(name), 1);
}

/* Cut at every byte: the lines that are whole count. */
static void
cut_short(void **state)
{
	/* after that many lines */
	static const char *const want[] = { "", "a ", "a b ", "b ", "b c ",
		"b ", "b ", "b d " };
	char name[NAME_MAX + 1], *whole;
	struct outbox_entry *a, *c;
	struct outbox o;
	size_t len;
	int lines = 0;

	(void)state;
	open_it(&o);
	a = add(&o, "a", 1);
	add(&o, "b", 2);
	outbox_done(&o, a);
	c = add(&o, "c", 3);
	outbox_done(&o, c);
	whole = contents(&len);
	outbox_close(&o);
	files(name);
	for (size_t n = 0; n <= len; n++) {
		put_file(name, whole, n);
		lines += n > 0 && whole[n - 1] == '\n';
		open_it(&o);
		assert_string_equal(texts(&o), want[lines]);
		/* and on what is left others can be built */
		add(&o, "x", 4);
		assert_int_equal(outbox_sync(&o), 0);
		while (!TAILQ_EMPTY(&o.entries))
			outbox_done(&o, TAILQ_FIRST(&o.entries));
		outbox_close(&o);
	}
	assert_int_equal(lines, 5);
	free(whole);
}

/* A new file was written, and the old one not yet removed: everything is there
 * twice, and what is done in one of them is done. */
static void
both_files_are_there(void **state)
{
	struct outbox o;
	char name[NAME_MAX + 1], *before, *after;
	size_t len_before, len_after;

	(void)state;
	open_it(&o);
	add(&o, "a", 1);
	add(&o, "b", 2);
	add(&o, "c", 3);
	before = contents(&len_before);
	outbox_done(&o, outbox_by_number(&o, 2));
	add(&o, "d", 4);
	after = contents(&len_after);
	outbox_close(&o);
	for (int i = 0; i < 2; i++) {
		files(name);
		put_file(name, i ? before : after, i ? len_before : len_after);
		strcpy(strchr(name, '.'), i ? ".zzzz" : ".0000");
		put_file(name, i ? after : before, i ? len_after : len_before);
		assert_waiting("a c d ");
		assert_int_equal(files(name), 1);
	}
	free(before);
	free(after);
}

/* An address made up to have the same hash gets nobody's lines. */
static void
another_server_of_the_same_hash(void **state)
{
	struct outbox o, other;
	char name[NAME_MAX + 1], theirs[NAME_MAX + 1], *text;
	size_t len;

	(void)state;
	open_it(&o);
	add(&o, "private", 1);
	text = contents(&len);
	outbox_close(&o);
	files(name);
	open_key(&other, "http://evil:3000/");
	strcpy(theirs, other.file.name);
	outbox_close(&other);
	strcpy(strchr(theirs, '.'), ".copy");
	put_file(theirs, text, len);
	open_key(&other, "http://evil:3000/");
	assert_int_equal(other.n, 0);
	outbox_close(&other);
	/* It is still there for whose it is. */
	assert_int_equal(files(name), 2);
	assert_waiting("private ");
	free(text);
}

/* Killed at any moment, also while taking over what the last one left. */
struct step {
	char what; /* '+' added, 's' synced, '-' to be done, 'd' done */
	unsigned n;
};

enum {
	ROUNDS = 60,
	STEPS_MAX = 1 << 20,
	STEPS_AT_ONCE = 64, /* seen before the kill, at most */
	LONG_TEXT = 20000,  /* so that the file is written anew now and then */
};

static void
tell(int fd, char what, unsigned n)
{
	struct step s = { what, n };

	if (write(fd, &s, sizeof(s)) != sizeof(s))
		_exit(1);
}

static unsigned
number_of(const struct outbox_entry *e)
{
	return (unsigned)strtoul(e->text.p, NULL, 10);
}

static void
live(int fd, unsigned n)
{
	char text[LONG_TEXT + 1];
	struct outbox_entry *e;
	struct outbox o;

	open_it(&o);
	for (;; n++) {
		snprintf(text, sizeof(text), "%-*u", LONG_TEXT, n);
		add(&o, text, n);
		tell(fd, '+', n);
		if (outbox_sync(&o) != 0)
			_exit(2);
		tell(fd, 's', n);
		e = TAILQ_FIRST(&o.entries);
		if (o.n > 2 || n % 3 == 0) {
			unsigned done = number_of(e);

			tell(fd, '-', done);
			outbox_done(&o, e);
			tell(fd, 'd', done);
		}
	}
}

/* What is known of every entry ever made, by its number. */
static char known[STEPS_MAX];

/* Reads at most so many steps. n: as compare has it. */
static unsigned
watch(int fd, unsigned n, unsigned steps)
{
	struct step s;

	while (steps-- > 0 && read(fd, &s, sizeof(s)) == sizeof(s)) {
		assert_true(s.n < STEPS_MAX);
		known[s.n] = s.what;
		if (s.n >= n)
			n = s.n + 1;
	}
	return n;
}

/* n: the first number that nobody has told of; returns the next one. */
static unsigned
compare(unsigned n)
{
	const struct outbox_entry *e;
	struct outbox o;
	unsigned last = 0;

	open_it(&o);
	TAILQ_FOREACH (e, &o.entries, link) {
		unsigned i = number_of(e);

		if (i <= last || i >= STEPS_MAX)
			fail_msg("%u after %u", i, last);
		if (known[i] == 'd')
			fail_msg("%u is back", i);
		for (last++; last < i; last++)
			if (known[last] == 's')
				fail_msg("%u is lost", last);
		/* From now on it is known to be there. */
		known[i] = 's';
	}
	for (last++; last < n; last++)
		if (known[last] == 's')
			fail_msg("%u is lost", last);
	/* The very last may have been killed before it was told. */
	if (last > n)
		n = last;
	for (unsigned i = 1; i < n; i++)
		if (known[i] != 's')
			known[i] = 'd';
	outbox_close(&o);
	return n;
}

static void
early_death(uint32_t x)
{
	struct timespec t = { 0, (x >> 8) % 10 * 1000000 };

	nanosleep(&t, NULL);
}

static void
killed_at_any_moment(void **state)
{
	unsigned n = 1;
	uint32_t x = 5;

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		int fd[2], status;
		pid_t pid;

		x = x * 1664525 + 1013904223;
		assert_int_equal(pipe(fd), 0);
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0)
			live(fd[1], n + 1);
		close(fd[1]);
		/* A few times it dies as soon as it lives. */
		if (i % 8 == 7)
			early_death(x);
		else
			n = watch(fd[0], n, 1 + (x >> 8) % STEPS_AT_ONCE);
		kill(pid, SIGKILL);
		n = watch(fd[0], n, UINT_MAX);
		close(fd[0]);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		/* The next child takes over itself, every other time. */
		if (i % 2 == 1)
			n = compare(n);
	}
	n = compare(n);
	assert_true(n > ROUNDS);
}

enum { CROWD = 4, CROWD_ROUNDS = 50 };

static void
come_and_go(unsigned who)
{
	char text[16];
	struct outbox o;

	for (unsigned i = 0; i < CROWD_ROUNDS; i++) {
		open_it(&o);
		snprintf(text, sizeof(text), "%u ", who * CROWD_ROUNDS + i);
		add(&o, text, i);
		outbox_close(&o);
	}
}

/* Many start and end at once, each taking over what it finds: every entry is
 * there in the end, once. */
static void
a_crowd(void **state)
{
	bool seen[CROWD * CROWD_ROUNDS] = { false };
	const struct outbox_entry *e;
	struct outbox o;
	pid_t pid[CROWD];

	(void)state;
	for (unsigned i = 0; i < CROWD; i++) {
		pid[i] = fork();
		assert_true(pid[i] >= 0);
		if (pid[i] == 0) {
			come_and_go(i);
			_exit(0);
		}
	}
	for (unsigned i = 0; i < CROWD; i++) {
		int status;

		assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
	open_it(&o);
	assert_int_equal(o.n, CROWD * CROWD_ROUNDS);
	TAILQ_FOREACH (e, &o.entries, link) {
		unsigned n = number_of(e);

		assert_true(n < CROWD * CROWD_ROUNDS && !seen[n]);
		seen[n] = true;
	}
	outbox_close(&o);
}

/* ---- a full disk ---- */

static void
limit(size_t size)
{
	struct rlimit r;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &r), 0);
	r.rlim_cur = size > 0 ? size : r.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &r), 0);
}

/* For every room that is left: all of a line or nothing. What is said is
 * limited, too, hence no assertions in between. */
static void
a_full_disk(void **state)
{
	static const char text[] = "a text that has some length to it";
	char name[NAME_MAX + 1];
	struct outbox o;
	struct buf err;
	size_t line;
	int rc;

	(void)state;
	open_it(&o);
	add(&o, "first", 1);
	line = o.file.size;
	for (size_t more = 0; more < line; more += 7) {
		const struct outbox_entry *e;
		size_t before = o.file.size;

		limit(before + more);
		e = outbox_add(&o, SLICE("lobby"), slice_of(text), 2);
		rc = errno;
		limit(0);
		assert_null(e);
		assert_int_equal(rc, EFBIG);
		assert_int_equal(o.n, 1);
		assert_int_equal(o.file.size, before);
		assert_int_equal(outbox_sync(&o), 0);
	}
	add(&o, "second", 3);
	outbox_close(&o);
	assert_waiting("first second ");
	/* Nothing can be taken over: an error, and it is still there. */
	buf_init(&err, ERR_MAX);
	limit(10);
	rc = outbox_open(&o, dir, KEY, &err);
	limit(0);
	assert_int_equal(rc, -EFBIG);
	buf_deinit(&err);
	assert_int_equal(files(name), 1);
	assert_waiting("first second ");
}

/* What is done while that can't be written down is not forgotten. */
static void
done_on_a_full_disk(void **state)
{
	struct outbox o;
	bool stale;

	(void)state;
	open_it(&o);
	add(&o, "a", 1);
	add(&o, "b", 2);
	add(&o, "c", 3);
	/* A new file is shorter, and so it fits. */
	limit(o.file.size);
	outbox_done(&o, outbox_by_number(&o, 1));
	stale = o.stale;
	limit(0);
	assert_false(stale);
	limit(10);
	outbox_done(&o, outbox_by_number(&o, 2));
	stale = o.stale;
	limit(0);
	assert_true(stale);
	/* As soon as there is room again. */
	add(&o, "d", 4);
	outbox_done(&o, outbox_by_number(&o, 4));
	assert_false(o.stale);
	outbox_close(&o);
	assert_waiting("c ");

	/* The last one needs no room. */
	open_it(&o);
	limit(10);
	outbox_done(&o, outbox_by_number(&o, 1));
	limit(0);
	outbox_close(&o);
	assert_waiting("");
}

/* A line cut short that can't be taken back: the next one stands alone. */
static void
a_torn_line(void **state)
{
	struct outbox_file f = { .fd = memfd_create("x", MFD_ALLOW_SEALING) };
	char got[100];
	int first, second;
	ssize_t n;

	(void)state;
	assert_true(f.fd >= 0);
	assert_int_equal(outbox_file_append(&f, SLICE("one\n")), 0);
	assert_int_equal(fcntl(f.fd, F_ADD_SEALS, F_SEAL_SHRINK), 0);
	limit(6);
	first = outbox_file_append(&f, SLICE("torn\n"));
	second = outbox_file_append(&f, SLICE("no\n"));
	limit(0);
	assert_int_equal(first, -EFBIG);
	assert_int_equal(second, -EFBIG);
	assert_true(f.torn);
	assert_int_equal(outbox_file_append(&f, SLICE("two\n")), 0);
	assert_int_equal(outbox_file_append(&f, SLICE("three\n")), 0);
	n = pread(f.fd, got, sizeof(got), 0);
	assert_int_equal(n, f.size);
	assert_memory_equal(got, "one\nto\ntwo\nthree\n", 17);
	assert_int_equal(n, 17);
	outbox_file_close(&f);
}

/* After an error of the disk nothing that was written is taken for safe. */
static void
a_sync_that_fails(void **state)
{
	struct outbox o;
	int fd[2];
	char name[NAME_MAX + 1], old[NAME_MAX + 1];

	(void)state;
	open_it(&o);
	add(&o, "a", 1);
	assert_int_equal(outbox_sync(&o), 0);
	files(old);
	/* A pipe can't be synced. */
	assert_int_equal(pipe(fd), 0);
	assert_int_equal(dup2(fd[1], o.file.fd), o.file.fd);
	assert_int_equal(outbox_sync(&o), 0); /* nothing new */
	add(&o, "b", 2);
	assert_int_equal(outbox_sync(&o), -EINVAL);
	assert_int_equal(outbox_sync(&o), 0);
	assert_int_equal(files(name), 1);
	assert_string_not_equal(name, old);
	assert_int_equal(outbox_sync(&o), 0);
	outbox_close(&o);
	assert_waiting("a b ");
	close(fd[0]);
	close(fd[1]);
}

/* ---- size ---- */

/* One is always waiting; the file does not grow without end. */
static void
compacted(void **state)
{
	struct outbox_entry *e, *first;
	char text[300], name[NAME_MAX + 1];
	struct outbox o;
	unsigned n = 0;

	(void)state;
	open_it(&o);
	first = add(&o, "first", 1);
	for (int i = 0; i < 5000; i++) {
		snprintf(text, sizeof(text), "%-*d", (int)sizeof(text) - 1, i);
		e = add(&o, text, 2);
		assert_true(o.file.size <= 2 * KIB64);
		outbox_done(&o, e);
	}
	assert_int_equal(files(name), 1);
	assert_string_equal(texts(&o), "first ");
	assert_ptr_equal(outbox_by_number(&o, 1), first);
	for (int i = 0; i < 1000; i++) {
		snprintf(text, sizeof(text), "%-*d", (int)sizeof(text) - 1, i);
		add(&o, text, 3);
	}
	assert_true(o.file.size > 4 * KIB64);
	for (e = TAILQ_NEXT(first, link); e != NULL;) {
		struct outbox_entry *next = TAILQ_NEXT(e, link);

		if (++n % 100 != 0)
			outbox_done(&o, e);
		e = next;
	}
	assert_true(o.file.size <= 2 * KIB64);
	outbox_close(&o);
	open_it(&o);
	assert_int_equal(o.n, 11);
	n = 0;
	TAILQ_FOREACH (e, &o.entries, link)
		if (n++ > 0)
			assert_int_equal(
			    strtoul(e->text.p, NULL, 10), n * 100 - 101);
	outbox_close(&o);
}

static void
empty_when_nothing_waits(void **state)
{
	struct outbox o;
	size_t len;

	(void)state;
	open_it(&o);
	for (int i = 0; i < 3; i++) {
		add_two(&o);
		while (!TAILQ_EMPTY(&o.entries))
			outbox_done(&o, TAILQ_FIRST(&o.entries));
		assert_int_equal(outbox_sync(&o), 0);
		free(contents(&len));
		assert_int_equal(len, 0);
	}
	add(&o, "x", 1);
	outbox_close(&o);
	assert_waiting("x ");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_killed_one_is_taken_over),
		CASE(a_running_one_is_left_alone),
		CASE(cut_short),
		CASE(both_files_are_there),
		CASE(another_server_of_the_same_hash),
		CASE(killed_at_any_moment),
		CASE(a_crowd),
		CASE(a_full_disk),
		CASE(done_on_a_full_disk),
		CASE(a_torn_line),
		CASE(a_sync_that_fails),
		CASE(compacted),
		CASE(empty_when_nothing_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
