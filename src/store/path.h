/* Where the store is. */
#ifndef CHAT_STORE_PATH_H
#define CHAT_STORE_PATH_H

#include "base/buf.h"

/*
 * Appends the file that is meant, terminated: `option`, or chat.db in it if it
 * names a folder. Without an option (NULL) chat.db in $STATE_DIRECTORY
 * (systemd's; the first of its list), else in chat/ of $XDG_STATE_HOME, else
 * of ~/.local/state. 0, or negative with a line in err: none of them is known,
 * or it is too long.
 */
int
store_find_path(const char *option, struct buf *out, struct buf *err);

#endif
