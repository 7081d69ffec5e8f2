/*
 * One who chats: a connection to a chat server that comes back by itself,
 * and the durable outbox behind it. The same for the terminal, the plain and
 * the JSON mode. Texts in the upcalls are valid UTF-8 as the peer sent them
 * and not cleaned (base/clean.h): whoever shows them does that. Slices are
 * good until the upcall returns.
 *
 * A server that sends no `welcome` is a classic one (DESIGN section 2): it
 * takes and sends 'nuevo mensaje' with a text, and knows no people, rooms or
 * acknowledgements.
 */
#ifndef CHAT_CLIENT_CHAT_H
#define CHAT_CLIENT_CHAT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"
#include "client/url.h"
#include "net/loop.h"

struct chat;

enum {
	CHAT_TEXT_MAX = 65536, /* bytes of a message, unless welcome says */
	CHAT_NICK_MAX = 32,
	CHAT_ROOM_MAX = 64,
	CHAT_REACTIONS_MAX = 50, /* different ones to a message */
};

#define CHAT_LOBBY "lobby"

enum chat_transport {
	CHAT_TRANSPORT_AUTO, /* WebSocket, polling if that can't be had */
	CHAT_TRANSPORT_WEBSOCKET,
	CHAT_TRANSPORT_POLLING,
	CHAT_TRANSPORT_UPGRADE, /* polling first, then WebSocket */
};

/* Strings are borrowed for the life of the chat. */
struct chat_options {
	const struct url *url;
	const char *nick; /* wanted; NULL or "": the server names us */
	bool nick_given;  /* by the person: a token that is kept for another
			   * one is not used */
	const char *const *rooms; /* to be in; the lobby if there are none */
	unsigned n_rooms;
	const char *nsp;       /* NULL: "/" */
	const char *ca;        /* PEM file trusted beside the system's; NULL */
	const char *state_dir; /* for the outbox; NULL: in memory only */
	const char *token_dir; /* for the token of one who is registered; NULL:
				* in memory only */
	enum chat_transport transport;
	bool deflate;         /* WebSockets offer to compress messages */
	bool nowhere;         /* in no room, not even the lobby: only asks */
	const char *password; /* of a closed server; NULL: none is known */
};

enum chat_phase {
	CHAT_CONNECTING,
	CHAT_ONLINE,
	CHAT_WAITING, /* for the next try */
};

struct chat_status {
	enum chat_phase phase;
	bool classic;          /* online, at a plain Socket.IO server */
	bool secure;           /* TLS */
	const char *transport; /* online: "websocket", "polling" */
	const char *server;    /* welcome: name and version; else "" */
	const char *nick;      /* ours by now; "" unknown */
	const char *from;      /* the person that we are; "" unknown */
	bool registered;       /* the nick is ours for good */
	const char *held;      /* online: why lines wait, one line; else "" */
	const char *problem;   /* why it is not online, one line; else "" */
	const char *code;  /* the server's for that, "" for none. "password",
			    * "wrong-password": chat_set_password helps */
	bool final;        /* no further try will help (bad certificate,
			    * no such namespace): it tries on all the same */
	unsigned retry_ms; /* CHAT_WAITING: until the next try; 0: none by
			    * itself */
	bool inviting;     /* what the invitation of the URL is good for is not
			    * known yet: nothing can be said */
	const char *url;   /* of the server, as typed in full */
	const char *room;  /* where it leads, unless `rooms` tells; or "" */
	bool is_operator;  /* of the server, on this connection */
	int lag_ms;        /* of the last heartbeat; -1: not known */
	unsigned asking;   /* requests not answered yet */
	unsigned waiting;  /* entries of the outbox not delivered yet */
};

/* Who and when; at 0: nobody and never. */
struct chat_stamp {
	uint64_t at; /* ms since the epoch */
	struct slice nick;
};

struct chat_reaction {
	struct slice emoji;
	struct slice nicks; /* separated by '\n' */
	unsigned n;
	bool own; /* ours is among them */
};

struct chat_reactions {
	struct chat_reaction v[CHAT_REACTIONS_MAX];
	unsigned n;
};

/*
 * A message from someone else, or of ours from elsewhere. A direct room has
 * the name "@ID1,ID2"; `with` is the nick of the other one in it.
 */
struct chat_message {
	struct slice room; /* "lobby" if the server told none */
	struct slice with; /* "" but in a direct room */
	struct slice nick; /* "": a classic server does not tell */
	struct slice from; /* the person's id, "" likewise */
	struct slice text; /* a message of another type: as JSON */
	struct slice id;   /* "" at a classic server */
	uint64_t at;       /* ms since the epoch */
	uint64_t seq;      /* 0: none */
	bool own;          /* from us */
	bool replay;       /* from before we came, or missed meanwhile */
	unsigned bin;      /* attachments that came with it */
	size_t bin_bytes;
	struct slice reply_id; /* of the message that it answers, or "" */
	struct slice reply_nick, reply_text; /* "": that one is gone */
	struct chat_stamp edited, deleted;   /* deleted: the text is "" */
	const struct chat_reactions *reactions;
};

enum chat_change_type {
	CHAT_EDITED,   /* text */
	CHAT_DELETED,  /* has no text any more */
	CHAT_REACTION, /* reactions: all that there are now */
	CHAT_CHANGED,  /* while we were away: message, as it is now */
};

/* An earlier message is not what it was. */
struct chat_change {
	enum chat_change_type type;
	struct slice room, with, id;
	struct slice nick, from; /* who has done it; "" not known */
	bool own;                /* it was us */
	uint64_t at;             /* ms since the epoch */
	struct slice text;
	struct slice emoji; /* CHAT_REACTION: the one put on or taken off; ""
			     * not known */
	bool on;
	const struct chat_reactions *reactions;
	const struct chat_message *message;
};

/*
 * What is known of a room: told for each one of a welcome that is ours or has
 * something unread, after a join, before its messages, and when the person has
 * read on somewhere.
 */
struct chat_room_state {
	struct slice room, with;
	bool joined;
	bool entered;      /* by this join: messages follow */
	bool moved;        /* the marker has, and only that is told */
	struct slice last; /* id of its newest message; "" none */
	uint64_t seq;      /* of that */
	bool marked;       /* these are known: */
	struct slice read; /* up to where the person has read; "" nothing */
	uint64_t unread, mentions; /* behind that */
	struct slice role;         /* ours: "owner", "moderator" or "" */
	uint64_t slow;   /* s between two messages of a person; 0: none */
	bool is_private; /* for those who are invited only */
};

enum chat_event_type {
	CHAT_JOINED,  /* nick has joined room; self: we have */
	CHAT_LEFT,    /* text: reason or "" */
	CHAT_NICK,    /* nick is called text from now on; room "" */
	CHAT_TOPIC,   /* text: the topic; nick: who set it or "" */
	CHAT_MEMBER,  /* nick was in room when we joined; text: away, or "" */
	CHAT_NOTICE,  /* text: the server's; room may be "" */
	CHAT_AWAY,    /* nick is away: text, or back: "" */
	CHAT_TYPING,  /* nick is typing in room */
	CHAT_REFUSED, /* we can't be in room: text, code */
	/* Of these `by` is who has done it; room may be "": everywhere. */
	CHAT_KICKED,    /* we are out of room: text */
	CHAT_BANNED,    /* the same, and not let in again: text, until */
	CHAT_MUTED,     /* we may only read: text, until */
	CHAT_UNMUTED,   /* and write again */
	CHAT_INVITED,   /* we may join room, which is private; on: we do, by
			 * the invitation of the URL, and are nowhere else */
	CHAT_SLOW,      /* one message in so many seconds each; 0: no more */
	CHAT_PRIVATE,   /* room is (on), or is not any more */
	CHAT_MODERATOR, /* nick is one of room (on), or is not any more */
	CHAT_OWNER,     /* nick is the owner of room */
};

struct chat_event {
	enum chat_event_type type;
	struct slice room, with, nick, from, text;
	struct slice code; /* CHAT_NOTICE, CHAT_REFUSED; may be "" */
	struct slice role; /* CHAT_MEMBER, CHAT_JOINED: see chat_room_state */
	struct slice by;   /* a nick, "" not known */
	uint64_t until;    /* ms since the epoch; 0: for good */
	uint64_t seconds;
	bool on;
	bool self;
};

/*
 * A line of ours. WAITING: on disk, not acknowledged. SENT: a classic server
 * has it from the transport, which is all that can be known. DELIVERED: the
 * server has acknowledged, or we have seen it come back. FAILED: the server
 * has refused; gone from the outbox. DELIVERED and FAILED are told once and
 * last; a DELIVERED entry does not come as a chat_message any more.
 */
enum chat_entry_state {
	CHAT_ENTRY_WAITING,
	CHAT_ENTRY_SENT,
	CHAT_ENTRY_DELIVERED,
	CHAT_ENTRY_FAILED,
};

struct chat_entry {
	uint64_t number; /* of this run, from 1; not 0 */
	enum chat_entry_state state;
	struct slice room, with, text; /* room: "@NICK" until it is known */
	struct slice reply;            /* id of what it answers, or "" */
	struct slice id;     /* DELIVERED, from the server; may be "" */
	struct slice reason; /* FAILED: for a person */
	struct slice code;   /* FAILED: as the server gave it, or "" */
	uint64_t at;         /* ms since the epoch: when it was typed */
	bool restored;       /* WAITING: from an earlier run */
};

/* Any may be NULL. chat_close may be called in them. */
struct chat_cb {
	void (*on_status)(void *arg, const struct chat_status *st);
	void (*on_message)(void *arg, const struct chat_message *m);
	void (*on_change)(void *arg, const struct chat_change *ch);
	void (*on_room)(void *arg, const struct chat_room_state *r);
	void (*on_event)(void *arg, const struct chat_event *ev);
	void (*on_entry)(void *arg, const struct chat_entry *e);
	/* An event that is none of the above: its name without quotes and its
	 * arguments as raw JSON, comma separated. */
	void (*on_raw)(void *arg, struct slice name, struct slice args);
};

/*
 * Opens the outbox (its entries come as WAITING, restored) and connects; the
 * first upcalls come with the loop's next turn. NULL with one line for a
 * person in err: the outbox can't be had, or the CA file can't be read.
 */
struct chat *
chat_new(struct loop *loop, const struct chat_options *opt,
    const struct chat_cb *cb, void *arg, struct buf *err);

/* Ends the connection in order, without upcalls, and frees at the end of the
 * turn. What waits in the outbox stays there for the next start. */
void
chat_close(struct chat *c);

/*
 * Puts a line into the outbox and sends it as soon as that can be, behind all
 * that is in it already. room: also "@NICK", for somebody alone. on_entry
 * (WAITING) is called before this returns. Returns its number, or 0 with one
 * line in err: empty, too long, or it could not be written down. The second
 * answers a message: its id; "" none.
 */
uint64_t
chat_say(struct chat *c, struct slice room, struct slice text, struct buf *err);

uint64_t
chat_reply_to(struct chat *c, struct slice room, struct slice id,
    struct slice text, struct buf *err);

/* What is shown last; borrowed until the next upcall. */
const struct chat_status *
chat_status(const struct chat *c);

/* Does not wait for the next try. */
void
chat_retry_now(struct chat *c);

/* For a server that wants one of those who come: connects with it. */
void
chat_set_password(struct chat *c, const char *password);

/* The answer to a request. */
struct chat_reply {
	bool ok;
	struct slice code;    /* if not: the server's; "offline", "timeout",
			       * "classic" are ours */
	struct slice message; /* if not: for a person */
	struct slice json;    /* the whole answer, "" if none came */
};

typedef void (*chat_reply_cb)(void *arg, const struct chat_reply *r);

/*
 * Sends an event of the chat protocol (DESIGN section 3) with one argument,
 * raw JSON, and calls cb once with the answer, "timeout" after 10 s. Not
 * queued: offline, or at a classic server, cb is called at once with !ok.
 * cb may be NULL. chat_close drops those under way without a call.
 */
void
chat_request(struct chat *c, const char *event, struct slice json,
    chat_reply_cb cb, void *arg);

/*
 * The same for the requests that change what we come back to after a lost
 * connection: our rooms, our nick, and who we are. "@NICK" is joined to have
 * its page; the answer's `room` is its name.
 */
void
chat_join(struct chat *c, struct slice room, chat_reply_cb cb, void *arg);

/* The same for who has everything up to the message id `after`: what came
 * behind it is told, all of it. "0-0": everything. */
void
chat_join_after(struct chat *c, struct slice room, struct slice after,
    chat_reply_cb cb, void *arg);

void
chat_leave(struct chat *c, struct slice room, chat_reply_cb cb, void *arg);

void
chat_set_nick(struct chat *c, struct slice nick, chat_reply_cb cb, void *arg);

/* Keeps our nick by a password, or (old: the present one, else "") changes
 * that. The token that comes of these two is kept for the next start. */
void
chat_register(struct chat *c, struct slice password, struct slice old,
    chat_reply_cb cb, void *arg);

void
chat_login(struct chat *c, struct slice nick, struct slice password,
    chat_reply_cb cb, void *arg);

/* To be an operator of the server on this connection; name "": no more. */
void
chat_op(struct chat *c, struct slice name, struct slice password,
    chat_reply_cb cb, void *arg);

/* Uses an invitation: at once, or, while a closed server refuses us, to come
 * in. */
void
chat_accept(struct chat *c, struct slice code, chat_reply_cb cb, void *arg);

/* The person has read up to the message id. on_room tells what is left. */
void
chat_read(struct chat *c, struct slice room, struct slice id);

/* We are typing in room; at most once in CHAT_TYPING_MS for each. */
enum { CHAT_TYPING_MS = 3000 };

void
chat_typing(struct chat *c, struct slice room);

/* A page of messages, [[TEXT, META], ...] as raw JSON: each goes to each(). */
void
chat_each_message(struct chat *c, struct slice list,
    void (*each)(void *arg, const struct chat_message *m), void *arg);

#endif
