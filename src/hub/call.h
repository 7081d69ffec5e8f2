/*
 * Events of a socket, and their answers: at once, or when the store has
 * answered. And who does what: a function for each event.
 */
#ifndef CHAT_HUB_CALL_H
#define CHAT_HUB_CALL_H

#include "hub/core.h"

/* One event of a socket. */
struct call {
	struct conn *conn;
	const struct sio_event *ev; /* NULL: not by Socket.IO */
	struct slice arg; /* its first argument, raw; "null" if none */
};

/* An answer that is given later: part of the request to the store. */
struct asked {
	struct conn *conn;
	unsigned epoch;
	bool wants_ack;
	uint64_t ack;
	size_t bytes;
	struct room *room; /* referenced, or NULL */
};

/* json: the whole answer. */
void
call_reply(const struct call *c, const struct buf *json);

/* Codes are a closed list: chat-protocol(7). */
void
call_refuse(const struct call *c, const char *code, const char *message);

/* May it be done now? Counts it; else *wait is how many ms to wait. */
bool
call_may(
    const struct call *c, enum rate_kind kind, uint64_t cost, uint64_t *wait);

/*
 * Refuses as `rate`; who wants no answer hears which one was refused by a
 * notice, and for who can't even hear that it is kept: see plain.c. what: raw
 * JSON.
 */
void
call_too_fast(const struct call *c, uint64_t wait, struct slice what);

/* {"ok":true} */
void
call_ok(const struct call *c);

/* False, and refused as `busy`: too much is under way. room may be NULL. */
bool
call_ask(
    const struct call *c, struct asked *a, struct room *room, size_t bytes);

void
asked_reply(const struct asked *a, const struct buf *json);

void
asked_refuse(const struct asked *a, const char *code, const char *message);

/* Refuses as too many wrong passwords: wait ms. */
void
asked_slow_down(const struct asked *a, uint64_t wait);

/* Refuses as `slow-mode`. wait: ms. */
void
asked_too_soon(const struct asked *a, uint64_t wait);

/* Refuses as the store's error wants it. */
void
asked_failed(const struct asked *a, enum store_error error);

/* Ends what call_ask began. */
void
asked_done(struct asked *a);

/* The conn if the answer's socket is still its, else NULL. */
struct conn *
asked_conn(const struct asked *a);

/* A member that is a string of at most b->max bytes: 1; 0 if there is none or
 * it is null; or negative. */
int
call_string(struct slice object, const char *key, struct buf *b);

/* The same; a string that is too long is 1, too, and fails b. */
int
call_long_string(struct slice object, const char *key, struct buf *b);

/* For what is shown on one line: controls become spaces. */
void
call_one_line(struct buf *text);

/* A member that is an id or an offset: 1, 0, or negative. */
int
call_id(struct slice object, const char *key, struct msgid *id);

/* A member that is an integer from 1 on; more than max counts as max: 1, 0,
 * or negative. */
int
call_number(struct slice object, const char *key, int64_t max, int64_t *n);

/* Refuses as `slow-mode`. wait: ms. */
void
call_too_soon(const struct call *c, uint64_t wait);

/* False, and refused: banned from the room (which may be NULL), or muted. */
bool
call_may_say(const struct call *c, const struct room *room);

/*
 * The public or direct room that the member `room` of the argument means: one
 * that the person may read; made, if it may be and has to. Refuses and returns
 * NULL if there is none.
 */
struct room *
call_room(const struct call *c, bool make);

/* The same for what moderators are told of a room of theirs, or, without the
 * member (*out NULL), operators of all. */
bool
call_moderated_room(const struct call *c, struct room **out);

/* What the first argument has to be. */
enum call_arg {
	CALL_ANY,
	CALL_OBJECT,
	CALL_MAYBE, /* an object, or nothing */
};

struct handler {
	const char *name; /* NULL ends the table */
	enum call_arg arg;
	void (*run)(const struct call *c);
};

/* To whom it is for: in table, or in more, which may be NULL. */
void
call_dispatch(const struct handler *table, const struct handler *more,
    struct sio_socket *sock, const struct sio_event *ev);

/* What operators do in `/` and in `/admin`. */
extern const struct handler hub_operator_events[];

/* ---- the events ---- */

void
on_posting(const struct call *c);
void
on_nuevo_mensaje(const struct call *c);
void
on_message(const struct call *c);
void
on_join(const struct call *c);
void
on_leave(const struct call *c);
void
on_history(const struct call *c);
void
on_search(const struct call *c);
void
on_mentions(const struct call *c);
void
on_read(const struct call *c);
void
on_rooms(const struct call *c);
void
on_who(const struct call *c);
void
on_whois(const struct call *c);
void
on_edit(const struct call *c);
void
on_delete(const struct call *c);
void
on_react(const struct call *c);
void
on_topic(const struct call *c);
void
on_nick(const struct call *c);
void
on_away(const struct call *c);
void
on_typing(const struct call *c);
void
on_register(const struct call *c);
void
on_login(const struct call *c);
void
on_kick(const struct call *c);
void
on_ban(const struct call *c);
void
on_unban(const struct call *c);
void
on_bans(const struct call *c);
void
on_mute(const struct call *c);
void
on_unmute(const struct call *c);
void
on_slow(const struct call *c);
void
on_moderator(const struct call *c);
void
on_owner(const struct call *c);
void
on_audit(const struct call *c);
void
on_op(const struct call *c);
void
on_private(const struct call *c);
void
on_invite(const struct call *c);
void
on_uninvite(const struct call *c);
void
on_invitations(const struct call *c);
void
on_revoke(const struct call *c);
void
on_stats(const struct call *c);
void
on_sockets(const struct call *c);
void
on_close(const struct call *c);
void
on_accept(const struct call *c);

/* A clean nick that is free, for someone registered; answers. */
void
account_rename(const struct call *c, const char *nick);

#endif
