/*
 * The files of outboxes: appended line by line, each locked by the process
 * that writes it, so that a file which can be locked is a dead one's. The
 * lock is flock(2)'s and goes with the process, however that ends. Names are
 * random, "outbox-<hash of the server>.<random>". Used by client/outbox.c.
 */
#ifndef CHAT_CLIENT_OUTBOX_FILE_H
#define CHAT_CLIENT_OUTBOX_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"

enum {
	OUTBOX_FILE_NAME_SIZE = 64, /* with the NUL */
	OUTBOX_LINE_MAX = 8 << 20,  /* bytes; a longer one is no line */
};

struct outbox_file {
	int fd; /* -1: closed */
	size_t size;
	bool torn; /* an append has failed and left a part of its line */
	char name[OUTBOX_FILE_NAME_SIZE];
};

/* Of a server's key, for the names of its files. Collisions have to be looked
 * out for: it is FNV-1a. */
uint64_t
outbox_file_hash(const char *key);

/* Opens the directory, made with its parents (0700) if it isn't there. Its
 * descriptor or a negative errno. */
int
outbox_dir_open(const char *dir);

/* Puts on the disk that files were made or removed. 0 or a negative errno. */
int
outbox_dir_sync(int dir_fd);

/* Makes a new one, empty and locked. 0 or a negative errno. */
int
outbox_file_create(int dir_fd, uint64_t hash, struct outbox_file *f);

/* Opens and locks those of dead processes, at most max; returns how many, or
 * a negative errno. */
int
outbox_file_take(
    int dir_fd, uint64_t hash, struct outbox_file *files, size_t max);

/* Calls `line` with every whole line, without its end. What is behind the
 * last end is none, nor is what is longer than OUTBOX_LINE_MAX. 0 or a
 * negative errno. */
int
outbox_file_read(struct outbox_file *f,
    void (*line)(void *arg, struct slice text), void *arg);

/* Appends lines (with their ends), all or nothing. 0 or a negative errno. */
int
outbox_file_append(struct outbox_file *f, struct slice lines);

/* 0 or a negative errno. */
int
outbox_file_sync(struct outbox_file *f);

/* 0 or a negative errno. */
int
outbox_file_empty(struct outbox_file *f);

/* Removes it, or empties it if that can't be; then closes it. If neither can
 * be, it stays as it is, and open: a negative errno. */
int
outbox_file_discard(int dir_fd, struct outbox_file *f);

/* Closes: whoever wants it may have it. */
void
outbox_file_close(struct outbox_file *f);

#endif
