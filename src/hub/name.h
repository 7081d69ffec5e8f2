/*
 * Names of rooms, and how names are compared: those of rooms and of people
 * alike. Cleaned once, where they enter; everything behind trusts them.
 */
#ifndef CHAT_HUB_NAME_H
#define CHAT_HUB_NAME_H

#include <stddef.h>

#include "base/buf.h"
#include "base/slice.h"

enum {
	ROOM_NAME_MAX = 64,                     /* characters (code points) */
	ROOM_NAME_SIZE = 4 * ROOM_NAME_MAX + 1, /* bytes, with the NUL */
	/* Bytes of any folded nick or room name: one character becomes at most
	 * 18, of 33 bytes. */
	NAME_FOLD_MAX = 33 * ROOM_NAME_MAX,
};

/*
 * Writes the terminated name of the room that in asks for and returns its
 * length in bytes; 0 if it names none, or is too long. Cleaned as a nick is,
 * and leading '#' are dropped, white space becomes '-'. No room is named `.` or
 * `..`, of which no link could be made, and no name begins with '@': those are
 * direct rooms.
 */
size_t
room_name_clean(struct slice in, char out[ROOM_NAME_SIZE]);

/*
 * Appends name in the form in which names are compared, NFKC_Casefold: equal
 * bytes are the same name. It may be empty. 0, -EINVAL for invalid UTF-8,
 * -ENOBUFS if out has no room.
 */
int
name_fold(struct slice name, struct buf *out);

#endif
