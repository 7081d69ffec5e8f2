/* The folder that the store is in. */
#ifndef CHAT_STORE_FOLDER_H
#define CHAT_STORE_FOLDER_H

#include "base/buf.h"

/* Makes the folder that the file is to be in, and those above it, for us
 * alone; nothing if it is there. 0, or a negative errno with a line in err. */
int
folder_make(const char *file, struct buf *err);

/* Puts on the disk that the file is in its folder. 0 or a negative errno. */
int
folder_sync(const char *file);

#endif
