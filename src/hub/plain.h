/*
 * Inside the hub: members by a plain WebSocket. Text frames are all they say
 * and all they hear.
 */
#ifndef CHAT_HUB_PLAIN_H
#define CHAT_HUB_PLAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

struct hub;
struct plain;
struct room;

/* What hub_post was given was too early. */
void
plain_too_fast(struct plain *m);

/* Bytes that wait for it. */
size_t
plain_queued(const struct plain *m);

/* Closes it. */
void
plain_put_out(struct plain *m, const char *reason);

/* To all plain members of the room: one text frame, made once. */
void
plain_broadcast(const struct room *room, struct slice text);

/* Goes away in order (1001), or at once without upcalls. */
void
plain_close_all(struct hub *h, bool at_once);

void
plain_init(struct hub *h);

#endif
