/*
 * The servers that are measured, each started afresh on a core of its own, in
 * a folder of its own, and ended and swept away by server_stop() or at exit.
 */
#ifndef CHAT_BENCH_SERVERS_H
#define CHAT_BENCH_SERVERS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum server_kind {
	CHAT,
	CHAT_MEMORY,
	OFFICIAL,
	BARE_EACH,
	BARE_GATHERED,
	SERVER_KINDS,
};

struct server {
	pid_t pid;
	int port;
	uint64_t *counts; /* of counted.c, or NULL */
};

const char *
server_name(enum server_kind kind);

/* This process has one core from here on, its servers have another one, if
 * there is one; both may open as many files as is allowed. Returns how many. */
unsigned
servers_init(void);

/* The official one is a matter of Node.js and its modules. */
bool
server_exists(enum server_kind kind);

/*
 * There is one at a time. frame: bytes of a message's frame, of those that
 * don't know better. counted: counts for an enum gen_count each.
 */
struct server *
server_start(enum server_kind kind, unsigned frame, bool tls, bool counted);

void
server_stop(void);

/* ms that it takes to write a page to the disk that the stores are on. */
double
servers_commit_time(void);

#endif
