#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/folder.h"
#include "store/internal.h"

enum {
	FILE_MODE = 0600,
	HEADER_SIZE = 100, /* of SQLite's file format, section 1.3 */
	AT_VERSION = 60,
	AT_APPLICATION = 68,
	PID_SIZE = 24, /* of its line in the lock's file */
};

static int
complain(struct buf *err, const char *path, const char *what, int code)
{
	buf_printf(err, "%s: %s: %s", path, what, strerror(code));
	return -code;
}

/* ---- the lock ---- */

static void
tell_owner(int fd, const char *path, struct buf *err)
{
	char line[PID_SIZE + 1];
	ssize_t n = pread(fd, line, PID_SIZE, 0);
	long pid;

	line[n > 0 ? n : 0] = '\0';
	pid = strtol(line, NULL, 10);
	if (pid > 0)
		buf_printf(err, "%s is in use by process %ld", path, pid);
	else
		buf_printf(err, "%s is in use by another process", path);
}

/* A descriptor, which is the lock, or negative. */
static int
take_lock(const char *path, struct buf *err)
{
	size_t len = strlen(path);
	char *name = xmalloc(len + sizeof(".lock")), line[PID_SIZE];
	int fd, rc;

	memcpy(name, path, len);
	memcpy(name + len, ".lock", sizeof(".lock"));
	fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
	if (fd < 0) {
		rc = complain(err, name, "can't be written", errno);
		goto out;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		rc = -errno;
		if (rc == -EWOULDBLOCK)
			tell_owner(fd, path, err);
		else
			complain(err, name, "can't be locked", -rc);
		close(fd);
		goto out;
	}
	/* Who has it is told only for the eyes of people. */
	snprintf(line, sizeof(line), "%ld\n", (long)getpid());
	if (ftruncate(fd, 0) != 0 || pwrite(fd, line, strlen(line), 0) < 0)
		errno = 0;
	rc = fd;
out:
	free(name);
	return rc;
}

/* ---- the file ---- */

static uint32_t
number_at(const unsigned char *header, int at)
{
	return (uint32_t)header[at] << 24 | (uint32_t)header[at + 1] << 16 |
	       (uint32_t)header[at + 2] << 8 | header[at + 3];
}

/* Judges the first bytes, before SQLite would recover what it takes for a
 * database. The rest is for those who can read it. */
static int
check_header(
    const char *path, const unsigned char *header, size_t len, struct buf *err)
{
	uint32_t application, version;

	if (len < HEADER_SIZE || memcmp(header, "SQLite format 3", 16) != 0) {
		buf_printf(err, "%s is not a database", path);
		return -EINVAL;
	}
	application = number_at(header, AT_APPLICATION);
	version = number_at(header, AT_VERSION);
	if (application != STORE_APPLICATION_ID &&
	    (application != 0 || version != 0)) {
		buf_printf(err, "%s is not a store of chat's", path);
		return -EINVAL;
	}
	if (version > STORE_VERSION) {
		buf_printf(err, "%s is of a newer version of chat", path);
		return -EINVAL;
	}
	return 0;
}

/* The power has failed while SQLite was making it, or changing it as a whole:
 * what it was before is beside it. */
static bool
is_half_made(const char *path)
{
	size_t len = strlen(path);
	char *name = xmalloc(len + sizeof("-journal"));
	bool there;

	memcpy(name, path, len);
	memcpy(name + len, "-journal", sizeof("-journal"));
	there = access(name, F_OK) == 0;
	free(name);
	return there;
}

/* fd: of the file, closed here. fresh: it need not be whole yet. */
static int
check_file(const char *path, int fd, bool fresh, struct buf *err)
{
	unsigned char header[HEADER_SIZE];
	struct stat st;
	ssize_t n;
	int rc;

	if (fstat(fd, &st) == 0 && !S_ISREG(st.st_mode)) {
		buf_printf(err, "%s is not a file", path);
		rc = -EINVAL;
		goto out;
	}
	n = pread(fd, header, sizeof(header), 0);
	if (n < 0)
		rc = complain(err, path, "can't be read", errno);
	else if (fresh && (n == 0 || is_half_made(path)))
		rc = 0;
	else
		rc = check_header(path, header, (size_t)n, err);
out:
	close(fd);
	return rc;
}

static int
make_file(const char *path, struct buf *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);
	int rc;

	if (fd < 0)
		return complain(err, path, "can't be made", errno);
	close(fd);
	rc = folder_sync(path);
	return rc ? complain(err, path, "can't be made", -rc) : 0;
}

int
store_file_lock(const char *path, int *lock, struct buf *err)
{
	struct buf nobody;

	buf_init(&nobody, 0);
	*lock = take_lock(path, err != NULL ? err : &nobody);
	return *lock < 0 ? *lock : 0;
}

int
store_file_look(const char *path, struct buf *err)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return complain(err, path, "can't be read", errno);
	return check_file(path, fd, false, err);
}

int
store_file_prepare(const char *path, int *lock, struct buf *err)
{
	int rc = folder_make(path, err), fd;

	if (rc == 0)
		rc = store_file_lock(path, lock, err);
	if (rc)
		return rc;
	/* Not waiting for the other end of a FIFO. */
	fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0)
		rc = check_file(path, fd, true, err);
	else if (errno == ENOENT)
		rc = make_file(path, err);
	else if (access(path, R_OK) != 0)
		rc = complain(err, path, "can't be read", errno);
	else
		rc = complain(err, path, "can't be written", errno);
	if (rc) {
		close(*lock);
		*lock = -1;
	}
	return rc;
}
