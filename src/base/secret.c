#include "config.h"

#include "base/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

enum { HASH_MIN = 20 /* bytes behind its method */ };
enum { OTHERS = 077, GROUP_READS = 040 };
enum { CTRL_C = 3, CTRL_D = 4, CTRL_U = 21, DELETE = 127 };

/* ---- files ---- */

/* Below the folder of what systemd hands over? */
static bool
is_credential(const char *path)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");
	char *root = dir != NULL ? realpath(dir, NULL) : NULL;
	char *file = root != NULL ? realpath(path, NULL) : NULL;
	size_t len = root != NULL ? strlen(root) : 0;
	bool is =
	    file != NULL && strncmp(file, root, len) == 0 && file[len] == '/';

	free(root);
	free(file);
	return is;
}

static int
check_mode(int fd, const char *path)
{
	mode_t others = OTHERS;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	/* Its access list, which lets nobody but us at it, is seen as a right
	 * of the group. */
	if (is_credential(path))
		others &= ~(mode_t)GROUP_READS;
	return S_ISREG(st.st_mode) && (st.st_mode & others) != 0 ? -EPERM : 0;
}

static int
read_all(int fd, struct buf *out)
{
	for (;;) {
		size_t room = out->max - out->len;
		char *p = buf_reserve(out, room);
		ssize_t n;

		if (p == NULL || room == 0)
			return -EFBIG;
		n = read(fd, p, room);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0 ? 0 : -errno;
		buf_add(out, (size_t)n);
	}
}

int
secret_load(const char *path, struct buf *out, struct buf *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int rc = fd < 0 ? -errno : check_mode(fd, path);

	if (rc == 0)
		rc = read_all(fd, out);
	if (fd >= 0)
		close(fd);
	if (rc == -EPERM)
		buf_printf(
		    err, "%s: others may read it: chmod 600 helps", path);
	else if (rc < 0)
		buf_printf(err, "%s: %s", path, strerror(-rc));
	return rc;
}

int
secret_load_line(const char *path, struct buf *out, struct buf *err)
{
	size_t from = out->len;
	int rc = secret_load(path, out, err);

	if (rc < 0)
		return rc;
	if (out->len > from && out->p[out->len - 1] == '\n')
		out->len--;
	if (out->len > from && out->p[out->len - 1] == '\r')
		out->len--;
	if (out->len > from &&
	    memchr(out->p + from, '\n', out->len - from) == NULL &&
	    memchr(out->p + from, '\0', out->len - from) == NULL)
		return 0;
	buf_printf(err, "%s: it is to hold one line, the password", path);
	return -EINVAL;
}

bool
secret_is_hash(struct slice text)
{
	struct slice method;

	if (!slice_starts(text, "$"))
		return false;
	text = slice_skip(text, 1);
	method = slice_take_until(&text, '$');
	if (method.len == 0 || method.len > 8 || text.len < HASH_MIN ||
	    memchr(text.p, '$', text.len) == NULL)
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (text.p[i] <= ' ' || text.p[i] > '~' || text.p[i] == ':')
			return false;
	return true;
}

/* ---- the terminal ---- */

/* A character of UTF-8 has one byte that continues none. */
static void
erase(struct buf *out, size_t from)
{
	while (out->len > from && (out->p[out->len - 1] & 0xc0) == 0x80)
		out->len--;
	if (out->len > from)
		out->len--;
}

/* 1: the line is whole; 0; or negative. */
static int
take(unsigned char c, struct buf *out, size_t from)
{
	switch (c) {
	case '\r':
	case '\n':
		return 1;
	case CTRL_C:
		return -EINTR;
	case CTRL_D:
		return out->len > from ? 1 : -EIO;
	case CTRL_U:
		out->len = from;
		return 0;
	case '\b':
	case DELETE:
		erase(out, from);
		return 0;
	default:
		if (c >= ' ')
			buf_putc(out, (char)c);
		return 0;
	}
}

/* A signal ends it: poll is not begun again by itself, read would be. */
static int
read_line(struct buf *out)
{
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
	size_t from = out->len;
	unsigned char c;
	int rc = 0;

	while (rc == 0) {
		if (poll(&in, 1, -1) < 0)
			rc = -errno;
		else if (read(STDIN_FILENO, &c, 1) != 1)
			rc = -EIO;
		else
			rc = take(c, out, from);
	}
	return rc < 0 ? rc : 0;
}

int
secret_ask(const char *prompt, struct buf *out)
{
	struct termios was, now;
	int rc;

	if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &was) < 0)
		return -ENOTTY;
	now = was;
	/* Ctrl-C is a byte, so that it can't leave the echo off. */
	now.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
	now.c_cc[VMIN] = 1;
	now.c_cc[VTIME] = 0;
	/* What was typed before the question is no answer to it. */
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &now);
	fputs(prompt, stderr);
	rc = read_line(out);
	tcsetattr(STDIN_FILENO, TCSADRAIN, &was);
	fputc('\n', stderr);
	return rc;
}
