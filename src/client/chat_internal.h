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
	CHAT_TOKEN_MAX = 1024,    /* bytes; a longer one is none */
	CHAT_FROM_MAX = 64,       /* of a person's id */
	CHAT_ROOMS_MAX = 1024,    /* that are known */
	CHAT_PAGE_MAX = 500,      /* messages in the answer to a join */
	CHAT_IN_FLIGHT_MAX = 256, /* entries sent and not acknowledged */
	CHAT_IN_FLIGHT_BYTES = 256 << 10, /* and no more after that */
	CHAT_RECENT_MAX = 1024, /* nonces of ours, to know them again */
	CHAT_CLASSIC_MS = 2000, /* for a `welcome`, over polling */
	CHAT_CLASSIC_LAGS = 8,  /* or so many times the lag */
	CHAT_BARRIER_MS = 5000, /* the same if a barrier will tell */
	CHAT_REFUSED_MS = 5000, /* until a refused namespace is asked again */
	CHAT_ECHO_MS = 10000,   /* a classic server sends our lines back */
	CHAT_AGAIN_MS = 1000,   /* until what is refused for now is tried
				 * again; then twice that, and so on */
	CHAT_AGAIN_MOST_MS = 10000,
	CHAT_CODE_MAX = 32,               /* bytes of a code that we look at */
	CHAT_RETRY_MOST_MS = 3600 * 1000, /* what a server may tell */
	CHAT_PACE_BYTES = 16384, /* that the server counts as one more */
	CHAT_PACE_MARGIN = 2,    /* messages of a burst that are left to others
				  * of the same person */
};

struct chat_room {
	char *name;   /* the server's */
	char *with;   /* a direct one: the other's nick; else NULL */
	char *last;   /* up to here we have everything; NULL: not known */
	bool wanted;  /* to be joined again */
	bool in;      /* joined, in this session of the server's */
	bool asked;   /* the answer to a join is under way */
	bool refused; /* in this session */
	bool shown;   /* messages of it have been told */
	bool slow;    /* in slow mode: one message of ours at a time */
	uint64_t slow_until; /* loop_now: none before that; or 0 */
	uint64_t typed_at;   /* loop_now of the last `typing`, or 0 */
};

enum chat_call_type {
	CHAT_CALL_ENTRY,
	CHAT_CALL_PLAIN,
	CHAT_CALL_JOIN,
	CHAT_CALL_REJOIN, /* nobody waits for it */
	CHAT_CALL_LEAVE,
	CHAT_CALL_NICK,
	CHAT_CALL_REGISTER,
	CHAT_CALL_LOGIN,
	CHAT_CALL_READ,
	CHAT_CALL_ROOMS, /* which are ours */
	CHAT_CALL_OP,
};

/* Something sent whose acknowledgement will come. */
struct chat_call {
	LIST_ENTRY(chat_call) link;
	struct chat *chat;
	enum chat_call_type type;
	chat_reply_cb cb; /* may be NULL */
	void *arg;
	uint64_t entry;  /* of the outbox: its number */
	char *name;      /* of a room, or a nick; or NULL */
	bool catches_up; /* a join with `after` */
};

enum { CHAT_IDLE, CHAT_IN_FLIGHT }; /* outbox_entry.state */

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
	struct chat_room *rooms[CHAT_ROOMS_MAX];
	unsigned rooms_n;
	LIST_HEAD(, chat_call) calls;
	unsigned in_flight;
	size_t in_flight_bytes;
	unsigned catching_up; /* joins under way before which nothing is sent */
	size_t text_max;
	char *nick;      /* what we ask for */
	char *token;     /* who we are for this server; NULL */
	char *token_dir; /* where it is kept; NULL */
	char *kept;      /* the nick that is kept with it; NULL */
	char problem[CHAT_PROBLEM_MAX], held[CHAT_PROBLEM_MAX];
	char code[CHAT_CODE_MAX]; /* of the refusal, "" for none */
	char *password;           /* that a closed server wants; NULL */
	char *invite;             /* an invitation not used yet; NULL */
	char *invited_to;         /* its room, if that is where we go; NULL */
	bool into;                /* there, and in no other room */
	bool let_in;              /* by one of those: the token is kept */
	char server[64], our_nick[CHAT_NICK_MAX * 4 + 1];
	char from[CHAT_FROM_MAX + 1];
	char *key;     /* of the server, for files */
	bool nowhere;  /* it joins nothing by itself */
	bool refused;  /* the timer is for asking again, not for `welcome` */
	bool was_rich; /* has said welcome */
	bool dead, sync_failed;
	bool probing;      /* the server stores nothing: one at a time */
	bool joins_later;  /* some join has to be tried again */
	unsigned again_ms; /* how long it is waited for next */
	uint64_t again_at; /* loop_now: no sooner than that; or 0 */
	uint64_t pace_us;  /* between two messages, in the long run; 0: any */
	uint64_t pace_burst, pace_at_us;
	uv_timer_t timer, again;
	unsigned timers_open;
	struct loop_task start_task, sync_task, free_task;
	unsigned recent_n;
	char recent[CHAT_RECENT_MAX][OUTBOX_NONCE_LEN + 1];
	/* At a classic server: lines that may come back. */
	STAILQ_HEAD(, chat_echo) echoes;
};

/* ---- chat.c ---- */

void
chat_tell_status(struct chat *c);

/* No `welcome` has come in time, or a refused namespace is asked again. */
void
chat_on_timer(uv_timer_t *t);

/* text as one clean line in out. */
void
chat_set_line(char out[CHAT_PROBLEM_MAX], struct slice text);

/* ---- chat_parse.c: what the server tells, as structs ---- */

/* A string member, unescaped and appended; nothing if there is none. */
void
chat_get_text(struct slice json, const char *key, struct buf *out);

/* An unsigned member; 0 if there is none. */
uint64_t
chat_get_number(struct slice json, const char *key);

/* Texts taken out of a packet lie in one buffer that does not move. */
struct chat_texts {
	struct buf b;
};

/* For all strings of so many bytes of JSON. */
void
chat_texts_init(struct chat_texts *t, size_t json_len);

void
chat_texts_deinit(struct chat_texts *t);

/* A string member as text, "" if there is none; the second: a raw string. */
struct slice
chat_texts_get(struct chat_texts *t, struct slice json, const char *key);

struct slice
chat_texts_put(struct chat_texts *t, struct slice raw);

struct chat_parsed {
	struct chat_message m;
	struct chat_reactions reactions;
	struct slice nonce, changed; /* "" for none */
	struct slice with_from;
	struct chat_texts texts;
};

/* text: raw JSON; meta: raw, or "". To be deinited by the second. */
void
chat_parse(struct chat *c, struct slice text, struct slice meta,
    struct chat_parsed *p);

void
chat_parsed_deinit(struct chat_parsed *p);

/* {"EMOJI":["ana","bob"],...}; room for it is in t. */
void
chat_parse_reactions(struct chat *c, struct slice json, struct chat_texts *t,
    struct chat_reactions *out);

/* The next of [[TEXT, META], ...]. */
struct json_iter;

bool
chat_next_row(struct json_iter *it, struct slice *text, struct slice *meta);

/* ---- chat_incoming.c ---- */

void
chat_on_event(void *arg, const struct sio_event *ev);

/* Rows of a join's answer: new messages, and earlier ones that are not what
 * they were. */
void
chat_take_messages(struct chat *c, struct slice list);

void
chat_take_changed(struct chat *c, struct slice list);

void
chat_tell_event(struct chat *c, const struct chat_event *ev);

/* Sets an own nick that the server has told. */
void
chat_set_our_nick(struct chat *c, struct slice raw);

/* ---- chat_rooms.c ---- */

/* By its exact name; NULL. The second makes one (NULL: too many). */
struct chat_room *
chat_room_find(struct chat *c, struct slice name);

struct chat_room *
chat_room_get(struct chat *c, struct slice name);

/* We are not in it any more, nor come back by ourselves. */
void
chat_room_left(struct chat *c, struct slice name);

/* The name by which the server knows a room that somebody has typed: "@NICK"
 * may be known by now. */
struct slice
chat_room_name(struct chat *c, struct slice typed);

/* The nick of the other one in a direct room, "" else. */
struct slice
chat_room_with(struct chat *c, struct slice name);

void
chat_room_set_with(struct chat *c, struct slice name, struct slice nick);

/* Remembers where we are in a room; false: we are past this one. */
bool
chat_advance(struct chat *c, struct slice room, struct slice id);

/* The rooms of a welcome; first: nothing is known of them yet. False: what is
 * unread in direct ones was not told. */
bool
chat_take_rooms(struct chat *c, struct slice list, bool first);

/* What is heard live in a direct room now is in the answer that it waits for,
 * behind what was missed. */
bool
chat_room_catches_up(struct chat *c, struct slice name);

/* Joins what we are to be in and are not. */
void
chat_rejoin(struct chat *c);

/* A new session: we are nowhere yet. */
void
chat_forget_joins(struct chat *c);

/* Somebody else's direct rooms are not ours. */
void
chat_forget_direct(struct chat *c);

/* The answer to a join. True if more has to be asked for. */
bool
chat_on_joined(struct chat *c, struct slice asked, struct slice json);

void
chat_tell_marker(struct chat *c, struct slice room, struct slice json);

void
chat_rooms_free(struct chat *c);

/* ---- chat_calls.c ---- */

struct chat_call *
chat_call_new(struct chat *c, enum chat_call_type type);

void
chat_call_free(struct chat_call *call);

/* Frees all that is under way. */
void
chat_drop_calls(struct chat *c);

/* An answer's "ok"; what is no object is one. */
bool
chat_is_ok(struct slice json);

/* What is refused with this code can be had later. */
bool
chat_is_temporary(struct slice code);

/* Asks for our rooms, and then for what is unread in them. */
void
chat_call_rooms(struct chat *c);

/* Joins a room by itself. */
void
chat_call_join(struct chat *c, struct chat_room *r);

/* Appends a member to an object that has its '{'. */
void
chat_put_member(struct buf *out, const char *name, struct slice value);

/* ---- chat_outgoing.c ---- */

/* The rooms of entries of an earlier run are joined, too; and tells of those
 * entries. */
void
chat_want_entries(struct chat *c);

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

/* ---- chat_hold.c: what the server can't take for now ---- */

/* It is tried again: after so many ms if the server has told, else after
 * CHAT_AGAIN_MS and more. */
void
chat_try_later(struct chat *c, uint64_t retry);

/* It is time for that. */
void
chat_on_again(uv_timer_t *t);

/* How fast a welcome's limits let us send. */
void
chat_take_pace(struct chat *c, struct slice limits);

enum chat_turn {
	CHAT_TURN_NOW,
	CHAT_TURN_OTHERS, /* of other rooms */
	CHAT_TURN_LATER,  /* nothing goes now */
};

/* Whether an entry may leave. */
enum chat_turn
chat_turn_of(struct chat *c, struct outbox_entry *o);

/* The server has answered one of so many bytes. */
void
chat_counted(struct chat *c, size_t bytes);

/* An entry was refused for now. It waits again, and so does what is behind it:
 * in the same room in slow mode, else all. */
void
chat_hold(struct chat *c, struct outbox_entry *o, struct slice code,
    struct slice why, uint64_t retry);

/* Something was taken: all is well again. */
void
chat_release(struct chat *c);

/* Something was refused for now: until it is time, and all that was under way
 * behind it is refused as well. */
bool
chat_is_holding(struct chat *c);

/* The next session knows nothing of what this one has refused. */
void
chat_forget_holding(struct chat *c);

/* ---- chat_refused.c: who may not come in ---- */

/* The namespace was refused; json: why. */
void
chat_on_connect_error(void *arg, struct slice json);

/* The server's `banned`: it sends us away now. */
void
chat_on_banned(struct chat *c, struct slice json);

/* The invitation of the URL has been taken up, for this room ("" for none). */
void
chat_on_invited(struct chat *c, struct slice room);

/* Or not, and it stays away; why: one line. */
void
chat_not_invited(struct chat *c, struct slice why);

/* The members of auth that may let us in. */
void
chat_put_entrance(struct chat *c, struct buf *json);

/* We are in: nobody needs what has let us in any more. */
void
chat_let_in(struct chat *c);

/* ---- chat_token.c: who we are at this server ---- */

/* Reads what is kept for it, for one who wants to be called nick (NULL: by
 * whatever name). */
void
chat_load_token(struct chat *c, const char *nick);

/* The server has told one (raw JSON). keep: on the disk, too. */
void
chat_take_token(struct chat *c, struct slice raw, bool keep);

#endif
