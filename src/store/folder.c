#include "config.h"

#include "store/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

enum { DIR_MODE = 0700 };

static int
sync_dir(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = 0;

	if (fd < 0)
		return -errno;
	/* Some file systems have no such thing. */
	if (fsync(fd) != 0 && errno != EINVAL)
		rc = -errno;
	close(fd);
	return rc;
}

/* The folder that path[0..len) is in. */
static int
sync_above(char *path, size_t len)
{
	size_t slash = len;
	char c;
	int rc;

	while (slash > 0 && path[slash - 1] != '/')
		slash--;
	if (slash == 0)
		return sync_dir(".");
	c = path[slash];
	path[slash] = '\0';
	rc = sync_dir(path);
	path[slash] = c;
	return rc;
}

/* Makes the folder path[0..len), and those above it. */
static int
make_dir(char *path, size_t len)
{
	size_t above = len;
	char c = path[len];
	int rc;

	path[len] = '\0';
	rc = mkdir(path, DIR_MODE) == 0 ? 0 : -errno;
	path[len] = c;
	if (rc == -EEXIST)
		return 0;
	if (rc == -ENOENT) {
		while (above > 0 && path[above - 1] != '/')
			above--;
		while (above > 0 && path[above - 1] == '/')
			above--;
		if (above == 0)
			return rc;
		rc = make_dir(path, above);
		if (rc == 0)
			rc = make_dir(path, len);
		return rc;
	}
	return rc ? rc : sync_above(path, len);
}

int
folder_make(const char *file, struct buf *err)
{
	const char *slash = strrchr(file, '/');
	size_t len = slash != NULL ? (size_t)(slash - file) : 0;
	char *copy;
	int rc = 0;

	if (len == 0)
		return 0;
	copy = xstrndup(file, len);
	/* One that is there need not be one that may be made. */
	if (access(copy, F_OK) != 0)
		rc = make_dir(copy, len);
	if (rc)
		buf_printf(
		    err, "%s: can't make the folder: %s", copy, strerror(-rc));
	free(copy);
	return rc;
}

int
folder_sync(const char *file)
{
	size_t len = strlen(file);
	char *copy = xstrndup(file, len);
	int rc = sync_above(copy, len);

	free(copy);
	return rc;
}
