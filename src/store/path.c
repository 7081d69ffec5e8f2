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

static int
put_default(struct buf *out, struct buf *err)
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
		buf_puts(err, "no place for the store: HOME is not set");
		return -ENOENT;
	}
	buf_puts(out, "/" FILE_NAME);
	return 0;
}

static void
put_option(const char *option, struct buf *out)
{
	size_t len = strlen(option);
	bool slash = len > 0 && option[len - 1] == '/';
	struct stat st;

	buf_puts(out, option);
	if (slash || (stat(option, &st) == 0 && S_ISDIR(st.st_mode)))
		buf_puts(out, slash ? FILE_NAME : "/" FILE_NAME);
}

int
store_find_path(const char *option, struct buf *out, struct buf *err)
{
	char *end;
	int rc = 0;

	if (option != NULL)
		put_option(option, out);
	else
		rc = put_default(out, err);
	if (rc)
		return rc;
	end = buf_reserve(out, 1);
	if (end == NULL || out->failed) {
		buf_puts(err, "the store's path is too long");
		return -ENAMETOOLONG;
	}
	*end = '\0';
	return 0;
}
