/*
 * The tokens by which registered people come back as themselves: one for each
 * server, in a file of its own under the state directory, "token-<hash of the
 * server>", mode 0600: a JSON line {"server","nick","token"}. Written whole
 * beside the old one and put in its place, so that there is always one.
 */
#ifndef CHAT_CLIENT_TOKEN_H
#define CHAT_CLIENT_TOKEN_H

#include "base/buf.h"

enum { TOKEN_FILE_MAX = 8192 }; /* bytes */

/* Appends what is kept for the server of that key. 0, or a negative errno:
 * -ENOENT if there is nothing that can be used. */
int
token_load(
    const char *dir, const char *key, struct buf *nick, struct buf *token);

/* The directory is made if it isn't there. 0 or a negative errno: then the old
 * one stays. */
int
token_save(
    const char *dir, const char *key, struct slice nick, struct slice token);

#endif
