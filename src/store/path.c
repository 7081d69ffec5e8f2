#include "config.h"

#include "store/path.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_NAME "chat.db"

/* The value, or NULL if it is of no use: a relative path means something else
 * in every folder. */
static const char *
folder(const char *variable)
{
	const char *value = getenv(variable);

	return value != NULL && value[0] == '/' ? value : NULL;
}

int
store_default_path(struct buf *out)
{
	const char *dir;

	if ((dir = folder("STATE_DIRECTORY")) != NULL) {
		buf_append(out, dir, strcspn(dir, ":"));
	} else if ((dir = folder("XDG_STATE_HOME")) != NULL) {
		buf_puts(out, dir);
		buf_puts(out, "/chat");
	} else if ((dir = folder("HOME")) != NULL) {
		buf_puts(out, dir);
		buf_puts(out, "/.local/state/chat");
	} else {
		return -ENOENT;
	}
	buf_puts(out, "/" FILE_NAME);
	return out->failed ? -ENOBUFS : 0;
}

int
store_path(const char *path, struct buf *out)
{
	size_t len = strlen(path);
	bool slash = len > 0 && path[len - 1] == '/';
	struct stat st;

	buf_puts(out, path);
	if (slash || (stat(path, &st) == 0 && S_ISDIR(st.st_mode)))
		buf_puts(out, slash ? FILE_NAME : "/" FILE_NAME);
	return out->failed ? -ENOBUFS : 0;
}
