/*
 * Passwords that come from a file that nobody else may read, or from the one
 * who sits at the terminal. Whoever has one wipes it (explicit_bzero) when it
 * is not needed any more.
 */
#ifndef CHAT_BASE_SECRET_H
#define CHAT_BASE_SECRET_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/slice.h"

/*
 * Appends what the file holds to out, which has room for more than it may
 * hold. 0, or a negative errno with one line for a person in err:
 * -EPERM: its mode lets others at it, -EFBIG, or what the system says. A pipe
 * is fine, too, and below $CREDENTIALS_DIRECTORY (systemd.exec(5)) what the
 * file's group may read.
 */
int
secret_load(const char *path, struct buf *out, struct buf *err);

/* The same for a file of one line: appends that, which is not empty. */
int
secret_load_line(const char *path, struct buf *out, struct buf *err);

/* Does it look as a hash of crypt(3) does, `$y$...$...`, which nobody has for a
 * password? */
bool
secret_is_hash(struct slice text);

/*
 * Asks the one at the terminal on standard input and shows nothing of what is
 * typed; the prompt goes to standard error. Appends the line to out. 0,
 * -ENOTTY: standard input is no terminal; -EINTR: Ctrl-C, or a signal has
 * come; -EIO: the terminal is gone, or Ctrl-D.
 */
int
secret_ask(const char *prompt, struct buf *out);

#endif
