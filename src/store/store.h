/*
 * The store: messages, rooms, people and markers, in SQLite (WAL,
 * synchronous=FULL), or in memory only. It is the truth of DESIGN section 4:
 * what it has said to be done is on the disk.
 *
 * When a transaction fails, so does every change that was pushed before its
 * user has heard of it: what comes after it is never stored without it.
 *
 * Everything is a request (struct store_op): made by its user, pushed, and
 * given back by a call of its `done` on the loop. Changes, and the reading
 * that a join does, are done in the order in which they were pushed, many to
 * a transaction (one commit for all that was pushed while the last one was
 * under way), and given back in that order once they are durable. Pages of
 * history and searches are read by a thread of their own beside them.
 *
 * Ids and seqs are given here, in the transaction: ids strictly increase over
 * everything that is stored, also after a crash or a clock set back; seqs
 * have no gaps.
 *
 * A request and all that its slices show belong to its user, who leaves them
 * alone until `done`, and may free or push them again in it. Results are good
 * until `done` returns, unless they are said to be the user's.
 *
 * When a commit fails, nothing of what it should have held is stored, and all
 * of it that changes something gets the error; the next one is tried anew.
 * What only reads is answered as long as it can be read.
 */
#ifndef CHAT_STORE_STORE_H
#define CHAT_STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/msgid.h"
#include "base/slice.h"
#include "net/loop.h"
#include "net/worker.h"

struct store;

enum {
	STORE_PAGE_MAX = 500,         /* rows of a page */
	STORE_PAGE_BYTES = 512 << 10, /* text of a page, past its first row */
	STORE_QUOTE_MAX = 200,        /* characters of a quoted text */
	STORE_EMOJI_MAX = 64,         /* bytes of a reaction */
	STORE_REACTIONS_MAX = 50,     /* different ones to a message */
	STORE_REACTORS_MAX = 500,     /* all together to a message */
	STORE_COUNT_MAX = 5000,       /* messages that counts look at */
	STORE_PASSWORD_MAX = 256,     /* bytes of a hash */
	STORE_AUDIT_MAX = 100000,     /* lines that are kept, the newest; */
	STORE_REFUSED_MAX = 10000,    /* so many of what was refused */
};

enum store_error {
	STORE_OK,
	/* Nothing was stored, it may be tried again: */
	STORE_LOCKED,
	STORE_FULL,
	STORE_READ_ONLY,
	STORE_DAMAGED,
	STORE_FAILED, /* any other error of I/O */
	/* The request can't be done: */
	STORE_NO_MESSAGE, /* none of this id, or it is deleted */
	STORE_NOT_YOURS,  /* someone else's message */
	STORE_TOO_MANY,   /* reactions */
	STORE_NOTHING,    /* no such ban or invitation */
	STORE_BANNED,     /* in the message's room */
	STORE_MUTED,
	STORE_TOO_SOON, /* for this person in the message's slow room */
};

/*
 * What is older than max_age, or more than max_count in its room, is removed
 * for good, at the start and then each minute, in small steps while nothing is
 * pending. Ids and numbers go on as if it were there.
 */
struct store_options {
	const char *path;   /* of the file; NULL: in memory only */
	uint64_t max_age;   /* ms; 0: messages of any age are kept */
	uint64_t max_count; /* messages of a room; 0: any number */
};

/* What has been, at the start. Each may be NULL; slices are good during the
 * call. */
struct store_room {
	uint64_t number; /* > 0; given by the user */
	struct slice name, key;
	struct slice topic, topic_nick;
	uint64_t topic_at; /* ms */
	uint64_t a, b;     /* a direct one: whose (a < b); else 0 */
	uint64_t seq;      /* of its last message */
	struct msgid last; /* the same; {0, 0}: none */
	uint64_t owner;    /* a person; 0: none */
	bool private;      /* for those who are listed */
	uint64_t slow;     /* seconds between two posts of a person; 0: off */
};

struct store_person {
	uint64_t id;
	struct slice nick, key, skeleton; /* key: folded; "" unregistered */
	struct slice password;            /* its hash; "": not registered */
	uint64_t generation;              /* of its tokens */
	uint64_t seen;                    /* ms */
};

/* A connection that may be recovered. */
struct store_session {
	struct slice pid, sid, nsp, rooms, nick, form;
	uint64_t person;
};

/* Who may not come in: a person, an address, or both. */
struct store_ban {
	uint64_t number; /* > 0, never used again; the store's */
	uint64_t room;   /* number; 0: the server */
	uint64_t person; /* 0: none */
	struct slice nick, address, by, reason;
	uint64_t at, until; /* ms; until 0: for good */
};

/* Who may only read. */
struct store_mute {
	uint64_t room; /* number; 0: everywhere */
	uint64_t person;
	struct slice nick, by, reason;
	uint64_t at, until; /* as of a ban */
};

/* What somebody is in a room. */
struct store_member {
	uint64_t room, person;
	struct slice nick; /* when it became so */
	bool moderator, listed;
};

/* How somebody may come in who else may not. */
struct store_invitation {
	struct slice code;
	uint64_t room; /* number; 0: the server alone */
	uint64_t uses; /* so many are left; 0: any number */
	struct slice by;
	uint64_t at, until; /* as of a ban */
};

/* In this order. What has ended by its time may be among it. */
struct store_load_cb {
	void (*on_room)(void *arg, const struct store_room *r);
	void (*on_person)(
	    void *arg, const struct store_person *p); /* registered */
	void (*on_ban)(void *arg, const struct store_ban *b);
	void (*on_mute)(void *arg, const struct store_mute *m);
	void (*on_member)(void *arg, const struct store_member *m);
	void (*on_invitation)(void *arg, const struct store_invitation *i);
	void (*on_session)(void *arg, const struct store_session *s);
};

/*
 * Opens, or makes, the file (0600; its folder 0700 with parents) and keeps
 * others out of it by a lock beside it. Loads through cb. Negative with one
 * line for a person in err: it is in use (by which process), can't be read or
 * written, is no store of ours, damaged, or of a newer version. A file that
 * can't be read is never changed.
 */
int
store_open(struct loop *loop, const struct store_options *opt,
    const struct store_load_cb *cb, void *arg, struct store **out,
    struct buf *err);

/* Does what was pushed, calls its done, and frees. Blocks. */
void
store_close(struct store *s);

/* 32 random bytes that belong to this store from its first day on. */
const unsigned char *
store_secret(const struct store *s);

/* The newest id given so far (as far as requests have been given back). */
struct msgid
store_last_id(const struct store *s);

/* Failures that have been given back. What was pushed before and is not given
 * back yet will be refused. */
unsigned
store_failures(const struct store *s);

/* "" or why nothing can be stored just now: one line, borrowed. */
const char *
store_problem(const struct store *s);

/* ---- messages as they are read ---- */

struct store_reaction {
	struct slice emoji;
	struct slice nicks; /* separated by '\n' */
};

struct store_row {
	struct msgid id;
	uint64_t seq;
	uint64_t room; /* number */
	uint64_t person;
	struct slice nick;
	/* plain text if is_text, else raw JSON; with binary data of nbin
	 * attachments behind it. Deleted: empty. */
	struct slice text;
	bool is_text;
	const struct slice *bin;
	unsigned nbin;
	struct slice nonce; /* may be "" */
	struct msgid reply; /* {0, 0}: none */
	struct slice reply_nick,
	    reply_text;       /* cut to STORE_QUOTE_MAX; "" gone */
	struct msgid changed; /* the newest change; {0, 0}: never */
	struct msgid edited, deleted, reacted; /* {0, 0}: not */
	struct slice edited_nick, deleted_nick;
	uint64_t deleted_by; /* told by store_recent alone; 0: not known */
	const struct store_reaction *reactions;
	unsigned nreactions;
};

struct store_page {
	struct store_row *rows;
	unsigned n;
	bool older, newer; /* there are more before the first, past the last */
	void *memory;
};

/* ---- requests ---- */

struct arena;
struct store_kind;

struct store_op {
	void (*done)(struct store_op *op);
	enum store_error error; /* result */
	/* Of what only reads: what was pushed before, sessions too, is durable
	 * when it is done, if that can be. */
	bool after_commit;
	/* Of a change: so many of the failures that store_failures counts it
	 * must not know of, as it comes behind others that did not. */
	unsigned unheard;
	/* The store's own: */
	struct worker_item item;
	const struct store_kind *kind;
	struct arena *memory; /* of results that are not the user's */
	int code;             /* SQLite's, of a temporary error */
	unsigned failures;    /* of the store's, that its user has heard of */
	bool wrote;           /* its transaction did */
};

/* Stores a message, or finds the one that has this nonce. If the room is new
 * to the store it is stored, too. */
struct store_post {
	struct store_op op;
	const struct store_room *room; /* number, name, key, a, b, owner */
	uint64_t person;
	struct slice nick, text, nonce;
	bool is_text;
	const struct slice *bin;
	unsigned nbin;
	struct msgid reply;       /* in the same room, else ignored; {0, 0} */
	const uint64_t *mentions; /* people */
	unsigned nmentions;
	/* results */
	struct msgid id;
	uint64_t seq;
	bool duplicate; /* id and seq are the first one's, nothing was stored */
	uint64_t first_room; /* number, if it is one */
	struct slice reply_nick, reply_text;
	struct msgid at_reply; /* {0, 0}: there is no such message here */
};

void
store_post(struct store *s, struct store_post *p);

/* What a change is. */
enum store_change_type {
	STORE_EDIT,   /* text */
	STORE_DELETE, /* text, attachments, reactions; single words may be in
		       * the file's index until it is compacted */
	STORE_REACT,  /* emoji; on */
};

/* A message in a direct room of two others is none for this person, and of a
 * deleted one there is nothing to change; only deleting it again works, and
 * changes nothing. Others' are deleted by a moderator or the owner of the room,
 * too, which is a line of the audit; who is muted there may only delete, and
 * others, if the room is slow, edit or react once in its time. */
struct store_change {
	struct store_op op;
	enum store_change_type type;
	struct msgid id;
	uint64_t person;
	struct slice nick;
	bool any;          /* an operator's: never held, deletes anything */
	uint64_t now;      /* ms: bans and mutes that have ended by then don't
			    * count, nor do turns in slow rooms */
	struct slice text; /* STORE_EDIT; a plain string */
	struct slice emoji;
	bool on;
	const uint64_t *mentions; /* of the new text */
	unsigned nmentions;
	/* results */
	struct msgid changed;                   /* {0, 0}: it was so already */
	bool others;                            /* somebody else's message */
	uint64_t wait;                          /* ms, of STORE_TOO_SOON */
	uint64_t room;                          /* 0: no such message */
	const struct store_reaction *reactions; /* all, of a STORE_REACT */
	unsigned nreactions;
};

void
store_change(struct store *s, struct store_change *c);

/* The reading of a join, in order with the changes: what came after `after`,
 * or the newest. STORE_NO_MESSAGE: a direct room of others. */
struct store_join {
	struct store_op op;
	uint64_t room, person;
	struct msgid after; /* {0, 0}: the newest `limit` */
	unsigned limit;
	/* results */
	struct store_page page;    /* the user's, oldest first */
	struct store_page changed; /* the user's: rows up to `after` that were
				    * changed after it, in the order of their
				    * changes; `older`: the first of them did
				    * not fit */
	struct msgid read;         /* the person's marker; {0, 0}: none */
	uint64_t unread, mentions; /* as of store_read */
};

void
store_join(struct store *s, struct store_join *j);

enum store_query_type {
	STORE_HISTORY,  /* of one room, oldest first */
	STORE_SEARCH,   /* newest first; `older`, not `newer`, is told */
	STORE_MENTIONS, /* of the person, newest first */
};

/* STORE_NO_MESSAGE: the history of a direct room of others. */
struct store_query {
	struct store_op op;
	enum store_query_type type;
	uint64_t room;   /* 0 (not in a history): all that may be read */
	uint64_t person; /* who asks: sees own direct rooms */
	/* Rooms, by number, in which nothing is to be found; NULL: none. Not
	 * for a history. */
	const uint64_t *without;
	unsigned nwithout;
	struct msgid before, after, around; /* {0, 0}: not given */
	struct slice text; /* STORE_SEARCH: words; "…" a phrase; the last one
			    * may be the beginning of a word (three bytes);
			    * past 1024 bytes or 32 words it is cut */
	struct slice from; /* STORE_SEARCH: a nick, any case; "" any */
	unsigned limit;
	struct store_page page; /* result, the user's */
};

void
store_query(struct store *s, struct store_query *q);

/*
 * Moves a marker forward, at most to the room's last message; tells where it
 * is, and how many of others' messages are behind it, and how many of them
 * mention the person. (Counts look at the newest STORE_COUNT_MAX.) Without a
 * marker everything counts in a direct room, and nothing in others.
 */
struct store_read {
	struct store_op op;
	uint64_t room, person;
	struct msgid id; /* {0, 0}: only tells */
	/* results */
	struct msgid read;
	uint64_t unread, mentions;
	bool moved;
};

void
store_read(struct store *s, struct store_read *r);

/* Markers and counts, as of store_read, of all rooms in which a person has a
 * marker, and of all its direct rooms. */
struct store_unread_row {
	uint64_t room;
	struct msgid read;
	uint64_t unread, mentions;
};

struct store_unread {
	struct store_op op;
	uint64_t person;
	struct store_unread_row *rows; /* result; free() it */
	unsigned n;
};

void
store_unread(struct store *s, struct store_unread *u);

/* Stores the room with its topic. */
struct store_topic {
	struct store_op op;
	struct store_room room;
};

void
store_topic(struct store *s, struct store_topic *t);

/* Stores a person, over what was there. */
struct store_put_person {
	struct store_op op;
	struct store_person person;
};

void
store_put_person(struct store *s, struct store_put_person *p);

/* A registered person's hash, and so on. */
struct store_get_person {
	struct store_op op;
	uint64_t id;
	/* results */
	struct store_person person; /* id 0: none; slices are the user's, in
				     * memory */
	void *memory;
};

void
store_get_person(struct store *s, struct store_get_person *p);

/* ---- moderation ---- */

/* A line of the audit: who has done what to whom. */
struct store_audit_line {
	uint64_t number;                                /* the store's; grows */
	uint64_t at;                                    /* ms */
	uint64_t person;                                /* who has done it */
	struct slice by;                                /* the nick */
	struct slice what, room, nick, address, reason; /* may be "" */
	uint64_t until;                                 /* as of a ban */
	uint64_t refused; /* so often it was not done; 0: it was */
};

/* What is done. Each changes what it names, and nothing else. */
enum store_act_type {
	STORE_NOTE, /* nothing: the audit's line alone */
	STORE_BAN,
	STORE_UNBAN,      /* ban.number; STORE_NOTHING: there is none */
	STORE_MUTE,       /* over what was there; of no room, or of `room` */
	STORE_UNMUTE,     /* mute.room, mute.person */
	STORE_OWNER,      /* room->owner */
	STORE_PRIVATE,    /* room->private */
	STORE_SLOW,       /* room->slow */
	STORE_MODERATOR,  /* member.moderator */
	STORE_LISTED,     /* member.listed */
	STORE_INVITATION, /* invitation, over the one of its code */
	STORE_ACCEPT,     /* one use of invitation.code, and with the last one
			   * the invitation, goes; member.listed if it has a
			   * room. STORE_NOTHING: there is none */
	STORE_REVOKE,     /* invitation.code: it is gone */
};

/* An act and its line, stored together or not at all. If the room is new to
 * the store it is stored, too. Bans and mutes that have ended, and invitations
 * in whose place others come, may be gone then. */
struct store_act {
	struct store_op op;
	enum store_act_type type;
	const struct store_room *room; /* where; NULL: on the server */
	struct store_ban ban;          /* number: a result of STORE_BAN */
	struct store_mute mute;
	struct store_member member;
	struct store_invitation invitation;
	struct store_audit_line audit; /* without number; what "": no line */
};

void
store_act(struct store *s, struct store_act *a);

/* Lines of the audit before that of this number (0: the end), newest first. */
struct store_audit {
	struct store_op op;
	uint64_t before;
	unsigned limit;
	/* results */
	const struct store_audit_line *lines;
	unsigned n;
	bool more;
};

void
store_audit(struct store *s, struct store_audit *a);

/* Keeps or forgets a session. Not worth a commit of their own: they go with
 * the next one, or after 100 ms. Copied; no answer. */
void
store_put_session(struct store *s, const struct store_session *session);

void
store_drop_session(struct store *s, struct slice pid);

/*
 * For the recovery after a restart, before the first request: the newest
 * messages and changes, at most n and so many bytes of text, in the order of
 * ids: a row comes once for itself (at its id) and once for its newest
 * change. *complete_since: what came after this id is all here. Blocks.
 */
int
store_recent(struct store *s, unsigned n, size_t bytes,
    void (*on_row)(void *arg, const struct store_row *row, struct msgid at),
    void *arg, struct msgid *complete_since);

void
store_page_free(struct store_page *page);

#endif
