/*
 * Text in Engine.IO 3 payloads, for Socket.IO 1 clients: over polling they
 * encode it as UTF-8 once more than the later ones do (length included), and
 * expect the same. Both say EIO=3. So JSON goes out in ASCII, which is the
 * same for both, and what comes in doubly encoded is recognised.
 */
#ifndef CHAT_PROTO_EIO3_TEXT_H
#define CHAT_PROTO_EIO3_TEXT_H

#include "base/buf.h"
#include "base/slice.h"

/*
 * Appends valid UTF-8 in which nothing but JSON strings hold more than ASCII,
 * those characters written as \u escapes. 0 or -ENOBUFS.
 */
int
eio3_text_escape(struct buf *out, struct slice text);

/*
 * Undoes a double encoding in place: if text (valid UTF-8) is not ASCII, has
 * no character past U+00FF, and its characters taken as bytes are valid UTF-8
 * again. Returns the new length. (A later client's text which is so by chance
 * would be changed, too: `Ã±` and the like, and nothing else in the packet.)
 */
size_t
eio3_text_repair(char *text, size_t len);

#endif
