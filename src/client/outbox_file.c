#include "config.h"

#include "client/outbox_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/mem.h"

enum {
	RANDOM_BYTES = 9, /* of a name */
	RANDOM_LEN = BASE64_LEN(RANDOM_BYTES),
	CREATE_TRIES = 16,
	READ_SIZE = 65536,
	DIR_MODE = 0700,
	FILE_MODE = 0600,
};

uint64_t
outbox_file_hash(const char *key)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (; *key != '\0'; key++)
		h = (h ^ (unsigned char)*key) * UINT64_C(0x100000001b3);
	return h;
}

/* ---- the directory ---- */

static int
sync_path(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc;

	if (fd < 0)
		return -errno;
	rc = outbox_dir_sync(fd);
	close(fd);
	return rc;
}

/* Makes the directory that path[0..len) names; nothing if it is there. */
static int
make_dir(char *path, size_t len)
{
	char c = path[len], *slash;
	int rc = 0;

	path[len] = '\0';
	if (mkdir(path, DIR_MODE) != 0) {
		path[len] = c;
		return errno == EEXIST ? 0 : -errno;
	}
	/* A new name is only there for good when its parent is written. */
	slash = strrchr(path, '/');
	if (slash == NULL) {
		rc = sync_path(".");
	} else if (slash == path) {
		rc = sync_path("/");
	} else {
		*slash = '\0';
		rc = sync_path(path);
		*slash = '/';
	}
	path[len] = c;
	return rc;
}

int
outbox_dir_open(const char *dir)
{
	char *path = xstrndup(dir, strlen(dir));
	int rc = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	size_t len = 0;

	if (rc < 0 && errno == ENOENT) {
		rc = 0;
		while (rc == 0 && path[len] != '\0') {
			len += strspn(path + len, "/");
			len += strcspn(path + len, "/");
			rc = make_dir(path, len);
		}
		if (rc == 0)
			rc = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		else
			errno = -rc;
	}
	free(path);
	return rc < 0 ? -errno : rc;
}

int
outbox_dir_sync(int dir_fd)
{
	while (fsync(dir_fd) != 0)
		if (errno != EINTR)
			/* Some file systems have no such thing. */
			return errno == EINVAL ? 0 : -errno;
	return 0;
}

/* ---- files ---- */

/* Locks f, if it is nobody's and still what its name stands for. False with
 * errno; EWOULDBLOCK: it isn't. */
static bool
lock(int dir_fd, const struct outbox_file *f)
{
	struct stat ours, named;

	if (flock(f->fd, LOCK_EX | LOCK_NB) != 0 || fstat(f->fd, &ours) != 0)
		return false;
	if (fstatat(dir_fd, f->name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
	    ours.st_dev == named.st_dev && ours.st_ino == named.st_ino)
		return true;
	errno = EWOULDBLOCK;
	return false;
}

static void
put_name(char name[OUTBOX_FILE_NAME_SIZE], uint64_t hash)
{
	unsigned char bytes[RANDOM_BYTES];
	char text[RANDOM_LEN + 1];

	random_bytes(bytes, sizeof(bytes));
	text[base64url_encode(text, bytes, sizeof(bytes))] = '\0';
	snprintf(name, OUTBOX_FILE_NAME_SIZE, "outbox-%016llx.%s",
	    (unsigned long long)hash, text);
}

int
outbox_file_create(int dir_fd, uint64_t hash, struct outbox_file *f)
{
	for (int i = 0; i < CREATE_TRIES; i++) {
		*f = (struct outbox_file){ .fd = -1 };
		put_name(f->name, hash);
		f->fd = openat(dir_fd, f->name,
		    O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW |
			O_CLOEXEC,
		    FILE_MODE);
		if (f->fd < 0 && errno != EEXIST)
			return -errno;
		if (f->fd >= 0 && lock(dir_fd, f))
			return 0;
		if (f->fd >= 0 && errno != EWOULDBLOCK) {
			int err = -errno;

			outbox_file_discard(dir_fd, f);
			return err;
		}
		/* Somebody took it for a dead one's before it was locked,
		 * and will have removed it. */
		outbox_file_close(f);
	}
	return -EAGAIN;
}

/* Opens and locks one that may be a dead one's. */
static bool
take(int dir_fd, const char *name, struct outbox_file *f)
{
	struct stat st;

	*f = (struct outbox_file){ .fd = -1 };
	if (strlen(name) >= sizeof(f->name))
		return false;
	memcpy(f->name, name, strlen(name) + 1);
	/* Not waiting for the other end of a FIFO. */
	f->fd = openat(dir_fd, name,
	    O_RDWR | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (f->fd < 0)
		return false;
	if (fstat(f->fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_uid == geteuid() && lock(dir_fd, f)) {
		f->size = (size_t)st.st_size;
		return true;
	}
	outbox_file_close(f);
	return false;
}

int
outbox_file_take(
    int dir_fd, uint64_t hash, struct outbox_file *files, size_t max)
{
	char prefix[OUTBOX_FILE_NAME_SIZE];
	const struct dirent *e;
	size_t n = 0;
	DIR *d;
	int fd;

	snprintf(prefix, sizeof(prefix), "outbox-%016llx.",
	    (unsigned long long)hash);
	/* Not a duplicate of dir_fd: that would share its position. */
	fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	d = fd >= 0 ? fdopendir(fd) : NULL;
	if (d == NULL) {
		int err = -errno;

		if (fd >= 0)
			close(fd);
		return err;
	}
	while (n < max && (e = readdir(d)) != NULL)
		if (slice_starts(slice_of(e->d_name), prefix) &&
		    take(dir_fd, e->d_name, &files[n]))
			n++;
	closedir(d);
	return (int)n;
}

/* Takes the whole lines off b. */
static void
take_lines(
    struct buf *b, bool *skip, void (*line)(void *, struct slice), void *arg)
{
	struct slice rest = buf_view(b);
	const char *end;

	while (rest.len > 0 && (end = memchr(rest.p, '\n', rest.len)) != NULL) {
		struct slice text = { rest.p, (size_t)(end - rest.p) };

		if (!*skip)
			line(arg, text);
		*skip = false;
		rest = slice_skip(rest, text.len + 1);
	}
	if (rest.len > OUTBOX_LINE_MAX) {
		*skip = true;
		rest.len = 0;
	}
	buf_consume(b, b->len - rest.len);
}

int
outbox_file_read(struct outbox_file *f,
    void (*line)(void *arg, struct slice text), void *arg)
{
	bool skip = false; /* a line that is too long */
	off_t at = 0;
	struct buf b;
	ssize_t n;

	buf_init(&b, OUTBOX_LINE_MAX + READ_SIZE);
	do {
		n = pread(f->fd, buf_reserve(&b, READ_SIZE), READ_SIZE, at);
		if (n > 0) {
			buf_add(&b, (size_t)n);
			at += n;
			take_lines(&b, &skip, line, arg);
		}
	} while (n > 0 || (n < 0 && errno == EINTR));
	buf_deinit(&b);
	return n < 0 ? -errno : 0;
}

/* Returns what was written: less than all with errno. */
static size_t
write_all(int fd, const char *p, size_t len)
{
	size_t done = 0;
	ssize_t n;

	while (done < len) {
		n = write(fd, p + done, len - done);
		if (n > 0) {
			done += (size_t)n;
		} else if (n == 0) {
			errno = EIO;
			break;
		} else if (errno != EINTR) {
			break;
		}
	}
	return done;
}

int
outbox_file_append(struct outbox_file *f, struct slice lines)
{
	size_t done;
	int err;

	if (f->torn) {
		if (write_all(f->fd, "\n", 1) != 1)
			return -errno;
		f->size++;
		f->torn = false;
	}
	done = write_all(f->fd, lines.p, lines.len);
	if (done == lines.len) {
		f->size += done;
		return 0;
	}
	err = -errno;
	if (done > 0 && ftruncate(f->fd, (off_t)f->size) != 0) {
		f->size += done;
		f->torn = true;
	}
	return err;
}

int
outbox_file_sync(struct outbox_file *f)
{
	while (fdatasync(f->fd) != 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

int
outbox_file_empty(struct outbox_file *f)
{
	while (ftruncate(f->fd, 0) != 0)
		if (errno != EINTR)
			return -errno;
	f->size = 0;
	f->torn = false;
	return 0;
}

int
outbox_file_discard(int dir_fd, struct outbox_file *f)
{
	if (unlinkat(dir_fd, f->name, 0) != 0 && errno != ENOENT) {
		int err = outbox_file_empty(f);

		if (err)
			return err;
	}
	outbox_file_close(f);
	return 0;
}

void
outbox_file_close(struct outbox_file *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
}
