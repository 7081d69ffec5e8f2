/* QR codes as text. */
#ifndef CHAT_SERVER_QR_H
#define CHAT_SERVER_QR_H

#include "base/buf.h"

/*
 * Appends the QR code of text (terminated) as lines of half-block characters,
 * two rows of modules to a line, dark on light whatever the terminal's
 * colours are, with its quiet zone, each line behind indent spaces. 0,
 * -EMSGSIZE if the text is too long for a code, -ENOBUFS.
 */
int
qr_put(struct buf *out, const char *text, int indent);

#endif
