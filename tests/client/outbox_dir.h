/*
 * What the tests of outboxes share: a directory of their own for each test,
 * and a look at what is in it.
 */
#ifndef CHAT_TESTS_CLIENT_OUTBOX_DIR_H
#define CHAT_TESTS_CLIENT_OUTBOX_DIR_H

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "client/outbox.h"

#define KEY "http://host:3000/"

enum {
	ERR_MAX = 400,
	PATH_SIZE = 400,
};

/* ---- a directory for each test ---- */

static char dir[64];

static inline int
setup(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/chat-outbox.XXXXXX");
	signal(SIGXFSZ, SIG_IGN);
	return mkdtemp(dir) != NULL ? 0 : -1;
}

static inline int
teardown(void **state)
{
	char command[100];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	return system(command); /* NOLINT */
}

static inline void
path_of(char path[PATH_SIZE], const char *name)
{
	snprintf(path, PATH_SIZE, "%s/%s", dir, name);
}

/* How many names there are that begin with "outbox-"; the last one. */
static inline unsigned
files(char name[NAME_MAX + 1])
{
	DIR *d = opendir(dir);
	const struct dirent *e;
	unsigned n = 0;

	assert_non_null(d);
	while ((e = readdir(d)) != NULL)
		if (strncmp(e->d_name, "outbox-", 7) == 0) {
			n++;
			snprintf(name, NAME_MAX + 1, "%s", e->d_name);
		}
	closedir(d);
	return n;
}

/* What is in the only file; free() it. */
static inline char *
contents(size_t *len)
{
	char name[NAME_MAX + 1], path[PATH_SIZE], *p;
	struct stat st;
	int fd;

	assert_int_equal(files(name), 1);
	path_of(path, name);
	fd = open(path, O_RDONLY);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	*len = (size_t)st.st_size;
	p = xmalloc(*len + 1);
	assert_int_equal(read(fd, p, *len), *len);
	p[*len] = '\0';
	close(fd);
	return p;
}

static inline void
put_file(const char *name, const char *p, size_t len)
{
	char path[PATH_SIZE];
	int fd;

	path_of(path, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, p, len), len);
	close(fd);
}

/* ---- outboxes ---- */

static inline void
open_key(struct outbox *o, const char *key)
{
	struct buf err;
	int rc;

	buf_init(&err, ERR_MAX);
	rc = outbox_open(o, dir, key, &err);
	if (rc != 0)
		fail_msg("%.*s", SLICE_ARG(buf_view(&err)));
	assert_int_equal(err.len, 0);
	buf_deinit(&err);
}

static inline void
open_it(struct outbox *o)
{
	open_key(o, KEY);
}

static inline struct outbox_entry *
add(struct outbox *o, const char *text, uint64_t at)
{
	struct outbox_entry *e =
	    outbox_add(o, SLICE("lobby"), slice_of(text), at);

	assert_non_null(e);
	return e;
}

/* The texts, each with a space behind it. */
static inline const char *
texts(const struct outbox *o)
{
	static char all[4096];
	const struct outbox_entry *e;
	unsigned n = 0;
	size_t len = 0;

	all[0] = '\0';
	TAILQ_FOREACH (e, &o->entries, link) {
		n++;
		len += (size_t)snprintf(
		    all + len, sizeof(all) - len, "%.*s ", SLICE_ARG(e->text));
	}
	assert_int_equal(n, o->n);
	return all;
}

/* Opens, compares, and leaves everything there. */
static inline void
assert_waiting(const char *want)
{
	struct outbox o;
	const struct outbox_entry *e;
	uint64_t number = 1;

	open_it(&o);
	assert_string_equal(texts(&o), want);
	TAILQ_FOREACH (e, &o.entries, link) {
		assert_true(e->restored);
		assert_int_equal(e->number, number++);
		assert_int_equal(strlen(e->nonce), OUTBOX_NONCE_LEN);
	}
	outbox_close(&o);
}

/* A row of the table of tests. */
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

#endif
