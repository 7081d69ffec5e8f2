/*
 * What a moderator does: from the event to the store, and from there to those
 * whom it is about. Nothing has changed until the store has it.
 */
#ifndef CHAT_HUB_ACT_H
#define CHAT_HUB_ACT_H

#include "hub/call.h"
#include "hub/invitation.h"

enum {
	REASON_MAX = 256,        /* bytes */
	SECONDS_MAX = 315360000, /* of a ban or mute */
};

/* The members of an event's argument. */
enum act_member {
	ACT_ROOM = 1,
	ACT_MAYBE_ROOM = 2, /* without it: on the server */
	ACT_WHOM = 4,       /* nick or from */
	ACT_MAYBE_WHOM = 8,
	ACT_REASON = 16, /* maybe */
	ACT_SECONDS = 32,
	ACT_ADDRESS = 64,
	ACT_ANY_WHOM = 256, /* nobody is somebody, too */
	ACT_LOWER = 128,    /* no member: only on who is lower than oneself */
};

struct act {
	struct store_act op;
	struct asked asked;
	struct store_room room; /* number 0: the server */
	uint64_t whom;          /* 0: nobody */
	struct buf by, nick, reason, address;
	char code[INVITATION_SIZE]; /* of an invitation */
	/* It is not stored, and that is answered; NULL: nothing more. */
	void (*failed)(struct act *a);
	/* It is stored: does it. out: the answer, behind `"ok":true`. */
	void (*then)(struct act *a, struct buf *out);
};

/*
 * Reads the argument and asks whether the connection has this role in the
 * room, or on the server is an operator. The audit's line is filled from it.
 * NULL: it is refused.
 */
struct act *
act_begin(const struct call *c, const char *what, enum store_act_type type,
    unsigned members, enum role least);

/* The same for a room that is known, or NULL. */
struct act *
act_begin_in(const struct call *c, const char *what, enum store_act_type type,
    struct room *room, unsigned members, enum role least);

/* For the audit's line: whom, and what address. Copied. */
void
act_name(struct act *a, struct slice nick);

void
act_address(struct act *a, struct slice address);

void
act_push(struct act *a);

/* It ends here. */
void
act_refuse(struct act *a, const char *code, const char *message);

#endif
