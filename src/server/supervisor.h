/*
 * Who has started the server and looks after it, as systemd does: hears that
 * it is ready, that it lives and that it ends (sd_notify(3)), and may hand it
 * sockets that listen already (sd_listen_fds(3)). Told by the environment,
 * which programs that are started later don't get to see. Owned by the server,
 * on the loop's thread. Without anybody it does nothing.
 */
#ifndef CHAT_SERVER_SUPERVISOR_H
#define CHAT_SERVER_SUPERVISOR_H

#include "net/loop.h"

struct hub;

enum { SUPERVISOR_FD = 3 }; /* the first socket that it hands over */

struct supervisor {
	int notify;        /* a socket; -1: nobody listens */
	unsigned sockets;  /* from SUPERVISOR_FD on */
	uint64_t patience; /* ms without a sign of life; 0: any time */
	uv_timer_t timer;
	struct hub *hub;
	bool asked; /* the store, which has not answered */
};

/* Reads the environment, and takes what it names out of it. */
void
supervisor_init(struct supervisor *s, struct loop *loop);

/* We serve. From now on it hears, twice in the time that it wants to, that the
 * loop turns and the store's thread works. hub: has to be closed before s. */
void
supervisor_ready(struct supervisor *s, struct hub *hub);

/* We are about to end. */
void
supervisor_stopping(struct supervisor *s);

void
supervisor_close(struct supervisor *s);

#endif
