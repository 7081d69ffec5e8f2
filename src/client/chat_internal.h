/*
 * Inside src/client: a chat, its rooms and its requests. The connection is
 * ONLINE once it is known what the server is: `welcome` has come, or has not
 * come in time.
 */
#ifndef CHAT_CLIENT_CHAT_INTERNAL_H
#define CHAT_CLIENT_CHAT_INTERNAL_H

#include <sys/queue.h>

#include "client/chat.h"
#include "client/outbox.h"
#include "sio/csocket.h"

enum {
	CHAT_PROBLEM_MAX = 256,
	CHAT_ROOMS_MAX = 128,     /* that we come back to */
	CHAT_IN_FLIGHT_MAX = 256, /* entries sent and not acknowledged */
	CHAT_IN_FLIGHT_BYTES = 256 << 10, /* and no more after that */
	CHAT_RECENT_MAX = 1024, /* nonces of ours, to know them again */
	CHAT_CLASSIC_MS = 2000, /* for a `welcome`, over polling */
	CHAT_CLASSIC_LAGS = 8,  /* or so many times the lag */
	CHAT_BARRIER_MS = 5000, /* the same if a barrier will tell */
	CHAT_REFUSED_MS = 5000, /* until a refused namespace is asked again */
	CHAT_ECHO_MS = 10000,   /* a classic server sends our lines back */
};

struct chat_room {
	char *name;
	char *last;  /* id of the newest message that we have, or NULL */
	bool joined; /* by us: to be joined again */
};

/* Something sent whose acknowledgement will come. */
struct chat_call {
	LIST_ENTRY(chat_call) link;
	struct chat *chat;
	chat_reply_cb cb; /* a request; may be NULL */
	void *arg;
	uint64_t entry; /* a line of the outbox: its number; else 0 */
	char *join;     /* a join or leave: of this room; else NULL */
	char *leave, *nick;
};

/* A line that a classic server has; it comes back as anybody's. */
struct chat_echo {
	STAILQ_ENTRY(chat_echo) link;
	uint64_t number;
	uint64_t at;       /* loop_now */
	struct slice text; /* owned */
};

struct chat {
	struct loop *loop;
	const struct chat_cb *cb;
	void *arg;
	struct tls_config *tls;
	struct sio_manager *manager;
	struct csocket *socket;
	struct outbox outbox;
	struct chat_status status;
	struct chat_room rooms[CHAT_ROOMS_MAX];
	unsigned rooms_n;
	LIST_HEAD(, chat_call) calls;
	unsigned in_flight;
	size_t in_flight_bytes;
	size_t text_max;
	char *nick; /* what we ask for */
	char problem[CHAT_PROBLEM_MAX];
	char server[64], our_nick[CHAT_NICK_MAX * 4 + 1];
	bool refused;  /* the timer is for asking again, not for `welcome` */
	bool was_rich; /* has said welcome */
	bool nowhere;
	bool dead, sync_failed;
	uv_timer_t timer;
	struct loop_task start_task, sync_task, free_task;
	unsigned recent_n;
	char recent[CHAT_RECENT_MAX][OUTBOX_NONCE_LEN + 1];
	/* At a classic server: lines that may come back. */
	STAILQ_HEAD(, chat_echo) echoes;
};

/* ---- chat.c ---- */

void
chat_tell_status(struct chat *c);

/* ---- chat_outgoing.c ---- */

/* Tells of the entries of an earlier run. */
void
chat_tell_restored(struct chat *c);

/* Sends what waits, as far as it may. */
void
chat_send_waiting(struct chat *c);

/* The transport has taken all: at a classic server that is the end. */
void
chat_taken(struct chat *c);

/* Nothing is under way any more. */
void
chat_forget_sent(struct chat *c);

/* An own message has come back: true if the nonce is ours. */
bool
chat_came_back(struct chat *c, struct slice nonce, struct slice id);

void
chat_forget_echoes(struct chat *c);

/* The same at a classic server, by its text. */
bool
chat_echoed(struct chat *c, struct slice text);

/* Frees all that is under way. */
void
chat_drop_calls(struct chat *c);

/* Joins again what we were in. */
void
chat_rejoin(struct chat *c);

/* The room's record; makes one (NULL: too many). */
struct chat_room *
chat_room_get(struct chat *c, struct slice name);

/* ---- chat_incoming.c ---- */

void
chat_on_event(void *arg, const struct sio_event *ev);

/* The answer to a join: topic, members, messages. */
void
chat_on_joined(struct chat *c, struct slice room, struct slice json);

/* Sets an own nick that the server has told. */
void
chat_set_our_nick(struct chat *c, struct slice raw);

#endif
