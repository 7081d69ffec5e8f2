/* Where the store is when nobody has said. */
#ifndef CHAT_STORE_PATH_H
#define CHAT_STORE_PATH_H

#include "base/buf.h"

/*
 * Appends `chat.db` in $STATE_DIRECTORY (systemd's; the first of its list),
 * else in chat/ of $XDG_STATE_HOME, else of ~/.local/state. 0, -ENOENT if
 * none of them is known, -ENOBUFS.
 */
int
store_default_path(struct buf *out);

/* Appends path, or, if it names a folder, that of chat.db in it. 0 or
 * -ENOBUFS. */
int
store_path(const char *path, struct buf *out);

#endif
