/* Inside the hub: those who follow a room by HTTP, a line per message. */
#ifndef CHAT_HUB_LINE_H
#define CHAT_HUB_LINE_H

#include <stdbool.h>

#include "base/slice.h"
#include "net/address.h"
#include "net/http_conn.h"
#include "store/store.h"

struct hub;
struct room;

void
line_init(struct hub *h);

/* To all who follow the room: the message as it was stored. */
void
line_broadcast(const struct room *room, const struct store_row *row);

/* Ends those of a room, or with NULL of any, that are from there, or with NULL
 * from anywhere. */
void
line_put_out(
    struct hub *h, const struct room *room, const struct address_range *from);

/* Ends them in order, or at once. */
void
line_close_all(struct hub *h, bool at_once);

/* The public room of that name, for HTTP; makes one if it may. False: there
 * is none, and that is answered. */
bool
hub_http_room(struct hub *h, struct http_req *req, struct slice arg, bool make,
    struct room **out);

#endif
