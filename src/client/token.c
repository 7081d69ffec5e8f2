#include "config.h"

#include "client/token.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/outbox_file.h"
#include "proto/json.h"

enum { NAME_SIZE = 64, FILE_MODE = 0600 };

static void
put_name(char name[NAME_SIZE], const char *key, const char *tail)
{
	snprintf(name, NAME_SIZE, "token-%016llx%s",
	    (unsigned long long)outbox_file_hash(key), tail);
}

/* ---- reading ---- */

/* 0 or a negative errno. */
static int
read_all(int fd, struct buf *out)
{
	for (;;) {
		char *p = buf_reserve(out, TOKEN_FILE_MAX - out->len);
		ssize_t n;

		if (p == NULL || out->len == TOKEN_FILE_MAX)
			return -EFBIG;
		n = read(fd, p, TOKEN_FILE_MAX - out->len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0 ? 0 : -errno;
		buf_add(out, (size_t)n);
	}
}

/* It may be another server's, whose key has the same hash. */
static int
parse(struct slice json, const char *key, struct buf *nick, struct buf *token)
{
	struct slice raw;

	if (json_check(json) != 0 || json_type(json) != JSON_OBJECT ||
	    !json_get(json, "server", &raw) || !json_string_is(raw, key) ||
	    !json_get(json, "nick", &raw) || json_unescape(raw, nick) != 0 ||
	    !json_get(json, "token", &raw) || json_unescape(raw, token) != 0 ||
	    token->len == 0)
		return -ENOENT;
	return 0;
}

int
token_load(
    const char *dir, const char *key, struct buf *nick, struct buf *token)
{
	int dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd, rc;
	char name[NAME_SIZE];
	struct buf all;

	if (dir_fd < 0)
		return -errno;
	put_name(name, key, "");
	fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	rc = fd < 0 ? -errno : 0;
	buf_init(&all, TOKEN_FILE_MAX);
	if (rc == 0)
		rc = read_all(fd, &all);
	if (rc == 0)
		rc = parse(buf_view(&all), key, nick, token);
	buf_deinit(&all);
	if (fd >= 0)
		close(fd);
	close(dir_fd);
	return rc;
}

/* ---- writing ---- */

static int
write_all(int fd, struct slice s)
{
	while (s.len > 0) {
		ssize_t n = write(fd, s.p, s.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		s = slice_skip(s, (size_t)n);
	}
	return fdatasync(fd) == 0 ? 0 : -errno;
}

static int
replace(int dir_fd, const char *key, struct slice text)
{
	char name[NAME_SIZE], new[NAME_SIZE], tail[16];
	int fd, rc;

	/* Two clients at once write one each. */
	snprintf(tail, sizeof(tail), ".%ld", (long)getpid());
	put_name(name, key, "");
	put_name(new, key, tail);
	fd = openat(dir_fd, new,
	    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
	if (fd < 0)
		return -errno;
	rc = fchmod(fd, FILE_MODE) == 0 ? write_all(fd, text) : -errno;
	close(fd);
	if (rc == 0 && renameat(dir_fd, new, dir_fd, name) != 0)
		rc = -errno;
	if (rc != 0)
		unlinkat(dir_fd, new, 0);
	return rc != 0 ? rc : outbox_dir_sync(dir_fd);
}

int
token_save(
    const char *dir, const char *key, struct slice nick, struct slice token)
{
	int dir_fd = outbox_dir_open(dir), rc;
	struct buf b;

	if (dir_fd < 0)
		return dir_fd;
	buf_init(&b, TOKEN_FILE_MAX);
	buf_puts(&b, "{\"server\":");
	json_put_string(&b, slice_of(key));
	buf_puts(&b, ",\"nick\":");
	json_put_string(&b, nick);
	buf_puts(&b, ",\"token\":");
	json_put_string(&b, token);
	buf_puts(&b, "}\n");
	rc = b.failed ? -EMSGSIZE : replace(dir_fd, key, buf_view(&b));
	buf_deinit(&b);
	close(dir_fd);
	return rc;
}
