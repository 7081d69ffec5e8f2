#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "outbox_dir.h"

#define SERVER "{\"server\":\"" KEY "\","

enum { NOBODY = 65534, KIB64 = 1 << 16 };

/* ---- in order ---- */

static void
in_memory(void **state)
{
	struct outbox o;
	struct outbox_entry *a, *b;
	char name[NAME_MAX + 1];

	(void)state;
	assert_int_equal(outbox_open(&o, NULL, KEY, NULL), 0);
	assert_int_equal(o.n, 0);
	a = add(&o, "a", 7);
	b = add(&o, "b", 5);
	assert_int_equal(outbox_sync(&o), 0);
	assert_string_equal(texts(&o), "a b ");
	assert_int_equal(a->number, 1);
	assert_int_equal(b->number, 2);
	assert_int_equal(a->at, 7);
	assert_int_equal(a->state, 0);
	assert_false(a->restored);
	assert_true(slice_is(a->room, "lobby"));
	assert_string_not_equal(a->nonce, b->nonce);
	assert_ptr_equal(outbox_by_number(&o, 2), b);
	assert_ptr_equal(outbox_by_nonce(&o, slice_of(a->nonce)), a);
	outbox_done(&o, a);
	assert_null(outbox_by_number(&o, 1));
	assert_null(outbox_by_nonce(&o, SLICE("")));
	assert_string_equal(texts(&o), "b ");
	outbox_close(&o);
	assert_int_equal(files(name), 0);
}

static void
what_waits_comes_back(void **state)
{
	char nonce[OUTBOX_NONCE_LEN + 1], name[NAME_MAX + 1];
	struct outbox_entry *e;
	struct outbox o;

	(void)state;
	open_it(&o);
	e = outbox_add(&o, SLICE("ops \"1\""), SLICE("hola"), 1700000000123);
	assert_non_null(e);
	strcpy(nonce, e->nonce);
	add(&o, "gone", 1);
	assert_non_null(outbox_add_reply(
	    &o, SLICE("lobby"), SLICE("b"), SLICE("12-\"3"), 2));
	outbox_done(&o, outbox_by_number(&o, 2));
	assert_int_equal(outbox_sync(&o), 0);
	outbox_close(&o);

	open_it(&o);
	assert_string_equal(texts(&o), "hola b ");
	e = TAILQ_LAST(&o.entries, outbox_entries);
	assert_true(slice_is(e->reply, "12-\"3"));
	e = TAILQ_FIRST(&o.entries);
	assert_int_equal(e->reply.len, 0);
	assert_int_equal(e->number, 1);
	assert_true(e->restored);
	assert_true(slice_is(e->room, "ops \"1\""));
	assert_int_equal(e->at, 1700000000123);
	assert_string_equal(e->nonce, nonce);
	e = add(&o, "c", 3);
	assert_int_equal(e->number, 3);
	assert_false(e->restored);
	outbox_close(&o);

	assert_waiting("hola b c ");
	open_it(&o);
	while ((e = TAILQ_FIRST(&o.entries)) != NULL)
		outbox_done(&o, e);
	outbox_close(&o);
	assert_int_equal(files(name), 0);
	assert_waiting("");
}

static void
any_text_comes_back(void **state)
{
	static const struct slice rows[] = {
		SLICE_INIT(""),
		SLICE_INIT(" \t\r\n\n "),
		SLICE_INIT("\"\\/\b\f{}[],:"),
		SLICE_INIT("\001\033[31m\177"),
		SLICE_INIT("\xc3\xb1 \xe2\x80\xa8\xe2\x80\xa9 \xf0\x9f\x98\x80"
			   " \xef\xbf\xbd \xef\xbf\xbf \xc2\x80"),
		SLICE_INIT("{\"done\":\"AAAAAAAAAAAAAAAAAAAAAA\"}\n"),
	};
	static const struct slice wrong[] = {
		SLICE_INIT("a\0b"),
		SLICE_INIT("\xff"),
		SLICE_INIT("\xed\xa0\x80"),
		SLICE_INIT("\xc3"),
	};
	enum { N = sizeof(rows) / sizeof(rows[0]) };
	struct outbox_entry *e;
	struct outbox o;
	unsigned i = 0;

	(void)state;
	open_it(&o);
	for (i = 0; i < N; i++)
		assert_non_null(outbox_add(&o, rows[N - 1 - i], rows[i], i));
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_null(outbox_add(&o, SLICE("r"), wrong[i], i));
		assert_int_equal(errno, EILSEQ);
		assert_null(outbox_add(&o, wrong[i], SLICE("t"), i));
		assert_int_equal(errno, EILSEQ);
	}
	assert_int_equal(o.n, N);
	outbox_close(&o);

	open_it(&o);
	assert_int_equal(o.n, N);
	i = 0;
	TAILQ_FOREACH (e, &o.entries, link) {
		assert_true(slice_eq(e->text, rows[i]));
		assert_true(slice_eq(e->room, rows[N - 1 - i]));
		assert_int_equal(e->at, i);
		i++;
	}
	outbox_close(&o);
}

static void
length_has_a_bound(void **state)
{
	const size_t most = OUTBOX_LINE_MAX;
	char *text = xmalloc(most);
	struct outbox o;

	(void)state;
	memset(text, 'x', most);
	open_it(&o);
	assert_null(
	    outbox_add(&o, SLICE("r"), (struct slice){ text, most }, 1));
	assert_int_equal(errno, EMSGSIZE);
	assert_non_null(
	    outbox_add(&o, SLICE("r"), (struct slice){ text, most - 200 }, 1));
	assert_non_null(outbox_add(&o, SLICE("r"), SLICE("short"), 1));
	outbox_close(&o);
	open_it(&o);
	assert_int_equal(o.n, 2);
	assert_int_equal(TAILQ_FIRST(&o.entries)->text.len, most - 200);
	outbox_close(&o);
	free(text);
}

/* ---- where it is ---- */

static void
private_and_made_if_need_be(void **state)
{
	static const char *const parts[] = { "a", "a/b", "a/b/c" };
	char path[PATH_SIZE], name[NAME_MAX + 1], base[sizeof(dir)];
	mode_t mask = umask(0);
	struct outbox o;
	struct stat st;

	(void)state;
	strcpy(base, dir);
	strcat(dir, "/a/b//c/");
	open_it(&o);
	add(&o, "x", 1);
	assert_int_equal(files(name), 1);
	path_of(path, name);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	strcpy(dir, base);
	for (int i = 0; i < 3; i++) {
		path_of(path, parts[i]);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 07777, 0700);
	}
	outbox_close(&o);
	umask(mask);
}

static void
relative(void **state)
{
	char name[NAME_MAX + 1], cwd[PATH_SIZE], base[sizeof(dir)];
	struct outbox o;

	(void)state;
	assert_non_null(getcwd(cwd, sizeof(cwd)));
	assert_int_equal(chdir(dir), 0);
	strcpy(base, dir);
	strcpy(dir, "new");
	open_it(&o);
	assert_int_equal(files(name), 1);
	outbox_close(&o);
	strcpy(dir, base);
	assert_int_equal(chdir(cwd), 0);
}

/* Names of files are no part of the key. */
static void
each_server_has_its_own(void **state)
{
	static const char *const keys[] = { "http://a:1/", "http://a:1/b/",
		"../../../../../../etc/x", "", "http://[::1]:80/%2e%2e/" };
	enum { N = sizeof(keys) / sizeof(keys[0]) };
	char name[NAME_MAX + 1];
	struct outbox o[N];

	(void)state;
	for (unsigned i = 0; i < N; i++) {
		open_key(&o[i], keys[i]);
		assert_int_equal(o[i].n, 0);
		add(&o[i], keys[i], 1);
		assert_int_equal(files(name), i + 1);
		assert_int_equal(strspn(name, "outbox-0123456789abcdef"), 23);
	}
	for (unsigned i = 0; i < N; i++)
		outbox_close(&o[i]);
	for (unsigned i = 0; i < N; i++) {
		open_key(&o[i], keys[i]);
		assert_int_equal(o[i].n, 1);
		assert_true(
		    slice_is(TAILQ_FIRST(&o[i].entries)->text, keys[i]));
		outbox_close(&o[i]);
	}
}

/* Runs f as somebody who is bound by permissions. */
static void
unprivileged(int (*f)(void))
{
	int status;
	pid_t pid;

	assert_int_equal(chmod(dir, 0777), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (geteuid() == 0 && setuid(NOBODY) != 0)
			_exit(100);
		_exit(f());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static int
cannot_open(void)
{
	char path[PATH_SIZE], want[2 * PATH_SIZE];
	struct outbox o;
	struct buf err;
	int bad = 0;

	buf_init(&err, ERR_MAX);
	path_of(path, "ro");
	bad |= outbox_open(&o, path, KEY, &err) != -EACCES;
	snprintf(want, sizeof(want),
	    "unsent lines can't be kept in %s: Permission denied "
	    "(see --no-outbox)",
	    path);
	bad |= !slice_is(buf_view(&err), want);
	outbox_close(&o); /* once more does no harm */
	path_of(path, "ro/new");
	bad |= outbox_open(&o, path, KEY, &err) != -EACCES;
	path_of(path, "file");
	bad |= outbox_open(&o, path, KEY, &err) != -ENOTDIR;
	path_of(path, "file/new");
	bad |= outbox_open(&o, path, KEY, &err) != -ENOTDIR;
	bad |= outbox_open(&o, "", KEY, &err) != -ENOENT;
	buf_deinit(&err);
	return bad;
}

static void
a_directory_that_cannot_be(void **state)
{
	char path[PATH_SIZE];

	(void)state;
	path_of(path, "ro");
	assert_int_equal(mkdir(path, 0555), 0);
	put_file("file", "", 0);
	unprivileged(cannot_open);
}

/* It becomes read-only while an outbox is open. */
static int
cannot_remove(void)
{
	char path[PATH_SIZE], text[2000];
	struct outbox o;
	struct stat st;
	struct buf err;

	strcat(dir, "/sub");
	open_it(&o);
	if (chmod(dir, 0555) != 0)
		return 101;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	/* No new file to compact into: it grows. */
	add(&o, "first", 1);
	for (int i = 0; i < 100; i++)
		outbox_done(&o, add(&o, text, 1));
	path_of(path, o.file.name);
	if (stat(path, &st) != 0 || st.st_size <= KIB64)
		return 102;
	add(&o, "last", 1);
	if (outbox_sync(&o) != 0)
		return 103;
	outbox_close(&o);
	/* An outbox needs a file of its own; the old one is kept. */
	buf_init(&err, ERR_MAX);
	if (outbox_open(&o, dir, KEY, &err) != -EACCES)
		return 104;
	buf_deinit(&err);
	if (chmod(dir, 0755) != 0)
		return 105;
	assert_waiting("first last ");
	/* A file that can't be removed is emptied. */
	open_it(&o);
	path_of(path, o.file.name);
	if (chmod(dir, 0555) != 0)
		return 106;
	while (!TAILQ_EMPTY(&o.entries))
		outbox_done(&o, TAILQ_FIRST(&o.entries));
	outbox_close(&o);
	if (stat(path, &st) != 0 || st.st_size != 0)
		return 107;
	return chmod(dir, 0755);
}

static void
a_directory_that_becomes_read_only(void **state)
{
	(void)state;
	unprivileged(cannot_remove);
}

/* Names like ours that are no files of ours. */
static void
links_are_not_followed(void **state)
{
	char name[NAME_MAX + 1], path[PATH_SIZE], target[PATH_SIZE];
	static const char line[] = "precious\n";
	struct outbox o;
	struct stat st;

	(void)state;
	open_it(&o);
	files(name);
	outbox_close(&o);
	strcpy(strchr(name, '.'), ".link");
	put_file("target", line, sizeof(line) - 1);
	path_of(target, "target");
	path_of(path, name);
	assert_int_equal(symlink(target, path), 0);
	strcpy(strrchr(path, '.'), ".fifo");
	assert_int_equal(mkfifo(path, 0600), 0);
	strcpy(strrchr(path, '.'), ".dir");
	assert_int_equal(mkdir(path, 0700), 0);

	open_it(&o);
	assert_int_equal(o.n, 0);
	add(&o, "a", 1);
	outbox_close(&o);
	assert_waiting("a ");
	assert_int_equal(files(name), 4);
	assert_int_equal(stat(target, &st), 0);
	assert_int_equal(st.st_size, sizeof(line) - 1);
}

/* ---- what is found ---- */

/* A clock set back does not turn the order of one file around. */
static void
the_order_of_a_file_is_kept(void **state)
{
	struct outbox a, b;

	(void)state;
	open_it(&a);
	open_it(&b);
	add(&a, "a1", 50);
	add(&b, "b1", 40);
	add(&a, "a2", 10);
	add(&b, "b2", 60);
	add(&a, "a3", 60);
	outbox_close(&a);
	outbox_close(&b);
	open_it(&a);
	assert_int_equal(a.n, 5);
	assert_non_null(strstr(texts(&a), "a1 a2"));
	assert_true(strstr(texts(&a), "a2") < strstr(texts(&a), "a3"));
	assert_true(strstr(texts(&a), "b1") < strstr(texts(&a), "b2"));
	outbox_close(&a);
}

static void
more_than_are_taken_at_once(void **state)
{
	enum { N = 70 };
	static struct outbox o[N];
	char name[NAME_MAX + 1], text[16];

	(void)state;
	for (int i = 0; i < N; i++) {
		open_it(&o[i]);
		snprintf(text, sizeof(text), "%d", i);
		add(&o[i], text, (uint64_t)i);
	}
	for (int i = 0; i < N; i++)
		outbox_close(&o[i]);
	open_it(&o[0]);
	assert_int_equal(o[0].n, 64);
	assert_int_equal(files(name), N - 64 + 1);
	open_it(&o[1]);
	assert_int_equal(o[1].n, N - 64);
	outbox_close(&o[0]);
	outbox_close(&o[1]);
	open_it(&o[0]);
	assert_int_equal(o[0].n, N);
	outbox_close(&o[0]);
}

static void
garbage(void **state)
{
	static const char *const lines[] = {
		"",
		"{",
		"null",
		"[]",
		"\"done\"",
		"{}",
		"{\"done\":1}",
		"{\"done\":\"\"}",
		"{\"done\":\"../../../../../../etc/x\"}",
		SERVER "\"nonce\":\"AAAAAAAAAAAAAAAAAAAAAA\"}",
		SERVER "\"nonce\":\"AAAAAAAAAAAAAAAAAAAAAA\",\"room\":\"r\"}",
		SERVER "\"nonce\":\"AAAAAAAAAAAAAAAAAAAAAA\",\"room\":\"r\","
		       "\"text\":7,\"at\":1}",
		SERVER "\"nonce\":\"short\",\"room\":\"r\",\"text\":\"t\","
		       "\"at\":1}",
		SERVER "\"nonce\":\"A\\u0041AAAAAAAAAAAAAAA\",\"room\":\"r\","
		       "\"text\":\"t\",\"at\":1}",
		SERVER "\"nonce\":\"AAAAAAAAAAAA AAAAAAAAA\",\"room\":\"r\","
		       "\"text\":\"t\",\"at\":1}",
		SERVER "\"room\":\"r\",\"text\":\"t\",\"at\":1}",
		"\xff\xfe\033[2J",
		"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
	};
	struct outbox o;
	struct buf b;
	char name[NAME_MAX + 1], *line;
	size_t len;

	(void)state;
	open_it(&o);
	add(&o, "good", 1);
	line = contents(&len);
	outbox_close(&o);
	files(name);
	buf_init(&b, 20 << 20);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		buf_printf(&b, "%s\n", lines[i]);
	/* one that is longer than a line can be, one with NUL */
	memset(buf_reserve(&b, 9 << 20), '[', 9 << 20);
	buf_add(&b, 9 << 20);
	buf_append(&b, "\nx\0y\n", 5);
	/* without a time it is one all the same; so is it the second time */
	buf_puts(&b,
	    SERVER "\"nonce\":\"BBBBBBBBBBBBBBBBBBBBBB\",\"room\":\"r\","
		   "\"text\":\"undated\",\"at\":-1,\"more\":{}}\n");
	buf_append(&b, line, len);
	buf_append(&b, line, len);
	assert_false(b.failed);
	put_file(name, b.p, b.len);
	assert_waiting("undated good ");
	free(line);
	buf_deinit(&b);
}

/* Bytes that have changed: no more than the lines that they are in is lost. */
static void
rotten(void **state)
{
	struct outbox o;
	char name[NAME_MAX + 1], *good, *bad, text[16];
	size_t len;
	uint32_t x = 1;

	(void)state;
	open_it(&o);
	for (int i = 0; i < 5; i++) {
		snprintf(text, sizeof(text), "t%d", i);
		add(&o, text, (uint64_t)i);
	}
	good = contents(&len);
	outbox_close(&o);
	bad = xmalloc(len);
	for (int i = 0; i < 200; i++) {
		char *hit;
		size_t line = 0;

		files(name);
		x = x * 1664525 + 1013904223;
		memcpy(bad, good, len);
		hit = &bad[(x >> 8) % len];
		if (*hit == '\n')
			continue;
		*hit = (char)(x >> 3);
		for (const char *p = bad; p < hit; p++)
			line += *p == '\n';
		put_file(name, bad, len);
		open_it(&o);
		for (size_t n = 0; n < 5; n++) {
			snprintf(text, sizeof(text), "t%zu ", n);
			if (n != line && strstr(texts(&o), text) == NULL)
				fail_msg("%s lost with %zu", text, line);
		}
		outbox_close(&o);
	}
	free(good);
	free(bad);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(in_memory),
		CASE(what_waits_comes_back),
		CASE(any_text_comes_back),
		CASE(length_has_a_bound),
		CASE(private_and_made_if_need_be),
		CASE(relative),
		CASE(each_server_has_its_own),
		CASE(a_directory_that_cannot_be),
		CASE(a_directory_that_becomes_read_only),
		CASE(links_are_not_followed),
		CASE(the_order_of_a_file_is_kept),
		CASE(more_than_are_taken_at_once),
		CASE(garbage),
		CASE(rotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
