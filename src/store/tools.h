/*
 * What `chat store` does to a store's file. Checking and exporting only read,
 * also while a server uses it; compacting wants it for itself. All of it
 * blocks.
 */
#ifndef CHAT_STORE_TOOLS_H
#define CHAT_STORE_TOOLS_H

#include "base/buf.h"
#include "store/store.h"

/*
 * Looks at everything: SQLite's structures, the index of words (unless a
 * server has the store: that is told), ids, numbers, nonces. Calls on_line for
 * each thing that is wrong, or that could not be looked at. The number of what
 * is wrong, or negative with a line in err if it can't be looked at at all.
 */
int
store_check(const char *path, void (*on_line)(void *arg, const char *line),
    void *arg, struct buf *err);

/* Writes the file anew without what was deleted. Sizes in bytes. 0, or
 * negative with a line in err. */
int
store_compact(
    const char *path, uint64_t *before, uint64_t *after, struct buf *err);

/*
 * Calls on_row for all messages in the order of their ids, with their rooms;
 * only those of the room of that name (any case), unless it is NULL. 0,
 * -ENOENT if there is no such room, or negative; with a line in err.
 */
int
store_export(const char *path, const char *room,
    void (*on_row)(
	void *arg, const struct store_room *room, const struct store_row *row),
    void *arg, struct buf *err);

#endif
