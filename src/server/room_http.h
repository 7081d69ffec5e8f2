/*
 * /r/ROOM: a room for browsers, which get the page, and for curl and the like,
 * which read it line by line and post to it.
 */
#ifndef CHAT_SERVER_ROOM_HTTP_H
#define CHAT_SERVER_ROOM_HTTP_H

#include "server/routes.h"

#define ROOM_HTTP_PATH "/r/"

/* A request below ROOM_HTTP_PATH. */
void
room_http_request(const struct routes *r, struct http_req *req);

#endif
