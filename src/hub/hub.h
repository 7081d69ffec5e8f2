/*
 * The hub: what a chat is. People in rooms, whoever they are connected by:
 * Socket.IO in the namespaces `/` and `/chat`, or a plain WebSocket. What
 * they say to it and hear from it is described in chat-protocol(7).
 *
 * Owned by the server. All of it runs on one loop; what is said goes to the
 * store first, and from there to everybody in the store's order.
 */
#ifndef CHAT_HUB_HUB_H
#define CHAT_HUB_HUB_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/limits.h"
#include "hub/secrets.h"
#include "net/http_conn.h"
#include "net/loop.h"
#include "sio/sio.h"
#include "store/store.h"

struct hub;

enum {
	HUB_MESSAGE_MAX = LIMITS_MESSAGE_MAX,
	HUB_ROOMS_MAX = 250, /* that one connection is in, with no limit */
	HUB_NESTING_MAX = JSON_DEPTH_MAX - 8, /* what is said is relayed within
					       * other JSON */
	HUB_ROOMS_ALL_MAX = 100000, /* public ones that nobody has written in
				     * do not last */
};

struct hub_options {
	struct sio_options sio;
	struct store_options store;
	const char *version; /* told in `welcome` */
	bool log_text;       /* texts, too, go to the log */
	bool rooms_fixed;    /* nobody makes rooms */
	/* borrowed while the hub lives */
	const struct limits *limits;
	const struct secrets *operators;
	const struct secrets *password; /* of a closed server; n == 0: open */
};

/*
 * Opens the store and takes over what it knows: rooms, people, who may
 * recover. version is borrowed for as long as the hub lives. NULL with one
 * line in err: the store can't be had.
 */
struct hub *
hub_new(struct loop *loop, const struct hub_options *opt, struct buf *err);

/* Bytes that a text may have. */
size_t
hub_message_max(const struct hub *h);

/* A request below /socket.io/, from http_server's on_head. */
void
hub_request(struct hub *h, struct http_req *req);

/* An upgrade request of a plain WebSocket: answers it. */
void
hub_accept(struct hub *h, struct http_req *req);

/*
 * A request that has to show the password of a closed server, by the Basic
 * scheme (RFC 7617): then it, now or later, or it is answered. arg: of then,
 * which may set it again; req's callbacks are the hub's until then.
 */
void
hub_let_in(struct hub *h, struct http_req *req,
    void (*then)(void *arg, struct http_req *req), void *arg);

/* How a room is followed by HTTP. */
struct hub_follow {
	struct slice room; /* its name as it was asked for */
	unsigned n;     /* the newest so many first, at most STORE_PAGE_MAX */
	bool has_after; /* instead of n: what came after this id */
	struct msgid after;
	bool follow; /* and then what comes */
	bool json;   /* [TEXT, META] a line; else text for a terminal */
};

/* A GET of a public room: answers it with a line a message. */
void
hub_follow(struct hub *h, struct http_req *req, const struct hub_follow *how);

/* A POST to a public room: answers it with the message's id once it is
 * stored. text: valid UTF-8 of at most hub_message_max bytes. nick: wanted;
 * "": a guest's. */
void
hub_say(struct hub *h, struct http_req *req, struct slice room,
    struct slice nick, struct slice text);

/* Calls done when the store's thread has got to it, or the hub is closed. */
void
hub_ping(struct hub *h, void (*done)(void *arg), void *arg);

/* Tells everybody that the server goes, and closes in order. Nobody comes in
 * any more. What was said before is still stored and told. */
void
hub_disconnect_all(struct hub *h);

/* Transports and plain WebSockets that are open or closing. */
size_t
hub_transports(const struct hub *h);

/* Closes what is left at once, waits for the store, and frees. The loop must
 * turn once more. */
void
hub_close(struct hub *h);

#endif
