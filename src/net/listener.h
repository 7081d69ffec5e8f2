/*
 * Listening TCP sockets, one per address; dual-stack where the address is
 * `::`. When there are no descriptors left they stop accepting for a while;
 * then who waits in the system's backlog gets in, or goes on waiting.
 */
#ifndef CHAT_NET_LISTENER_H
#define CHAT_NET_LISTENER_H

#include <sys/socket.h>

#include "net/loop.h"
#include "net/timeq.h"

struct admission;
struct listener;
struct stream;

/*
 * Binds and listens. host: an IPv4 or IPv6 address (brackets allowed),
 * `localhost`, or NULL for every address of both families (IPv4 alone where
 * the system has no IPv6). port 0 takes a free one. Calls on_stream for each
 * connection. NULL on failure with *err a negative UV_ error.
 */
struct listener *
listener_open(struct loop *loop, const char *host, int port,
    struct timeq *linger, void (*on_stream)(void *arg, struct stream *s),
    void *arg, int *err);

/* The same on a socket that listens already, and is ours if that goes well. */
struct listener *
listener_open_fd(struct loop *loop, int fd, struct timeq *linger,
    void (*on_stream)(void *arg, struct stream *s), void *arg, int *err);

/* Who may come in from now on; borrowed. Without it everybody may. */
void
listener_admit(struct listener *l, struct admission *a);

/* The port it listens on. */
int
listener_port(const struct listener *l);

/* Closes; frees itself. */
void
listener_close(struct listener *l);

#endif
