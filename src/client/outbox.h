/*
 * The durable outbox of one server: lines typed and not acknowledged, in a
 * file under the state directory that survives a kill at any moment. Several
 * clients may run at once: each has a file of its own, locked, and takes over
 * those that dead ones have left.
 *
 * A file is a row of JSON lines, appended:
 *
 *	{"server","nonce","room","text","at","reply"?}  a line
 *	{"done":nonce}                                  it is gone
 *
 * An entry waits if it is in any file and done in none. So a new file can
 * take the place of old ones by being written whole before they are removed:
 * wherever that is cut short nothing is lost, and nothing is there twice. A
 * last line without its end is what a crash left of it, and ignored, like
 * everything that is not understood.
 */
#ifndef CHAT_CLIENT_OUTBOX_H
#define CHAT_CLIENT_OUTBOX_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/slice.h"
#include "client/outbox_file.h"

enum { OUTBOX_NONCE_LEN = 22 };

struct outbox_entry {
	TAILQ_ENTRY(outbox_entry) link;
	uint64_t number;                  /* from 1, in order */
	uint64_t at;                      /* ms since the epoch */
	struct slice room, text, reply;   /* reply: an id or "" */
	bool restored;                    /* from an earlier run */
	unsigned state;                   /* the user's; 0 at first */
	char nonce[OUTBOX_NONCE_LEN + 1]; /* random, base64url */
	size_t size;                      /* of its line in the file */
	UT_hash_handle hh;
};

TAILQ_HEAD(outbox_entries, outbox_entry);

struct outbox {
	struct outbox_entries entries; /* oldest first */
	unsigned n;
	/* the rest is outbox.c's */
	struct outbox_entry *by_nonce;
	uint64_t next; /* number */
	char *key;
	uint64_t hash; /* of the key */
	int dir_fd;    /* -1: in memory only */
	struct outbox_file file;
	size_t live;  /* bytes of the entries in the file */
	bool dirty;   /* not all of it is on the disk */
	bool suspect; /* what is on the disk is not known */
	bool stale;   /* "done" could not be written */
};

/*
 * Opens. dir: where the files are, made with its parents (0700) if need be;
 * NULL: in memory only. key: the server (url.text). What dead clients have
 * left is in entries, restored, and safe in a file of our own. 0, or a
 * negative errno with one line for a person in err and o as after
 * outbox_close.
 */
int
outbox_open(
    struct outbox *o, const char *dir, const char *key, struct buf *err);

/* Appends; on disk only after outbox_sync. NULL if it can't be written (then
 * nothing was kept; errno tells, EILSEQ: not UTF-8, or NUL in it). */
struct outbox_entry *
outbox_add(
    struct outbox *o, struct slice room, struct slice text, uint64_t at_ms);

/* The same for one that answers the message with the id reply. */
struct outbox_entry *
outbox_add_reply(struct outbox *o, struct slice room, struct slice text,
    struct slice reply, uint64_t at_ms);

/* Has everything on the disk: fdatasync, if there is something new. 0 or a
 * negative errno. */
int
outbox_sync(struct outbox *o);

/* Forgets an entry and frees it. When none is left the file is emptied, and
 * written anew when what is done outweighs what waits. */
void
outbox_done(struct outbox *o, struct outbox_entry *e);

struct outbox_entry *
outbox_by_number(struct outbox *o, uint64_t number);

struct outbox_entry *
outbox_by_nonce(struct outbox *o, struct slice nonce);

/* Closes; removes the file if nothing is left in it. */
void
outbox_close(struct outbox *o);

#endif
