/*
 * Files of secrets that whoever runs the server keeps: operators, a line
 * `NAME:SECRET` each, and the password of a closed server, a line `SECRET`. A
 * secret is a hash of crypt(3), which begins with `$`, or the password itself,
 * which is hashed here: nothing but hashes stays in memory. Empty lines, and
 * those that begin with `#`, are none.
 *
 * Owned by the server; read once, when it starts.
 */
#ifndef CHAT_HUB_SECRETS_H
#define CHAT_HUB_SECRETS_H

#include "base/buf.h"
#include "base/slice.h"

enum {
	SECRETS_DIGEST_SIZE = 32,
	SECRETS_MAX = 1000,            /* lines that are some */
	SECRETS_NAME_MAX = 64,         /* bytes */
	SECRETS_FILE_MAX = 256 * 1024, /* bytes */
};

struct secret {
	char *name; /* "" for a closed server's */
	char *hash;
	/* SHA-256 of it as it is in the file: the same after a restart. */
	unsigned char digest[SECRETS_DIGEST_SIZE];
};

struct secrets {
	struct secret *v;
	unsigned n;
};

/*
 * Both add to s, which is {0} before. 0; -EPERM: others may read the file;
 * -EINVAL: a line is wrong; or the error of reading it. With one line for a
 * person in err, then, and nothing in s.
 */
int
secrets_read_operators(struct secrets *s, const char *path, struct buf *err);

/* Exactly one. */
int
secrets_read_password(struct secrets *s, const char *path, struct buf *err);

/* NULL: there is none of this name. */
const struct secret *
secrets_find(const struct secrets *s, struct slice name);

void
secrets_free(struct secrets *s);

#endif
