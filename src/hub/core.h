/*
 * Inside the hub: people, their connections, rooms, and what they ask for.
 *
 * A person is whoever has one identity: a guest, or someone registered, by
 * one or more connections. A connection (conn) is a socket of Socket.IO or a
 * plain WebSocket; one that was cut off and may be recovered stays, without
 * its socket. A person lives as long as its connections.
 *
 * What asks the store (struct asked) holds a reference to its conn; the
 * answer goes to the socket that has asked, if it is still there.
 */
#ifndef CHAT_HUB_CORE_H
#define CHAT_HUB_CORE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/msgid.h"
#include "base/slice.h"
#include "base/table.h"
#include "hub/attempts.h"
#include "hub/gate.h"
#include "hub/hold.h"
#include "hub/hub.h"
#include "hub/invitation.h"
#include "hub/name.h"
#include "hub/nick.h"
#include "hub/password.h"
#include "hub/rate.h"
#include "hub/refusals.h"
#include "hub/role.h"
#include "hub/secrets.h"
#include "hub/slow.h"
#include "hub/token.h"
#include "net/timeq.h"

enum {
	NONCE_MAX = 64, /* bytes */
	ROOM_TAG_MAX = 24,
	ROOM_TARGETS_MAX = 128, /* connections of two people */
	PERSON_NAME_MAX = PERSON_ID_SIZE,
	ROOM_QUIET_MEMBERS = 100, /* above, nobody hears of who comes and
				   * goes */
	MEMBERS_TOLD_MAX = 500,
	ROOM_ARG_MAX = 512,   /* bytes of a room's name as an argument */
	TOPIC_MAX = 512,      /* bytes */
	AWAY_MAX = 256,       /* bytes */
	IN_FLIGHT_MAX = 4096, /* requests of one connection */
	ASKED_MAX = 100000,   /* of all */
	ASKED_BYTES_MAX = 64 << 20,
	TYPING_MS = 3000,
	STUCK_MS = 30000,
	REPLY_MAX = 8 << 20, /* bytes of an answer */
};

/*
 * The forms of a message, each encoded once for all who get it so:
 *
 *	FORM_EVENT    `nuevo mensaje` in `/`
 *	FORM_MESSAGE  `message` in `/`, for those who have used it
 *	FORM_CHAT     `message` in `/chat`
 *	FORM_PLAIN    a text frame
 */
enum hub_form { FORM_EVENT, FORM_MESSAGE, FORM_CHAT, FORM_PLAIN, FORMS };

struct call;
struct conn;
struct person;

/* A person in a room, by so many live connections. */
struct presence {
	UT_hash_handle hh; /* of the room, by person's id */
	struct person *person;
	unsigned conns;
};

struct room {
	UT_hash_handle hh;        /* by key */
	UT_hash_handle hh_number; /* by number */
	struct hub *hub;
	uint64_t number;          /* never used again */
	char *name;               /* as it was first written */
	char *key;                /* folded */
	char *topic, *topic_nick; /* of a direct one: the two nicks */
	uint64_t topic_at;
	uint64_t a, b; /* a direct one: of these people; else 0 */
	uint64_t seq;  /* of its last message that was told */
	struct msgid last;
	uint64_t owner; /* a person; 0: none */
	bool private;   /* for those who are listed */
	uint64_t slow;  /* seconds between two posts; 0: off */
	struct member *members;
	struct holds holds;
	struct slow posted;    /* while it is slow */
	bool stored;           /* the store has it */
	unsigned refs;         /* requests under way */
	unsigned forms[FORMS]; /* conns, those kept for recovery included */
	struct presence *present;
	LIST_HEAD(, conn) plain; /* conns of FORM_PLAIN */
	LIST_HEAD(, line) lines; /* who follow it by HTTP */
};

/* The direct rooms of somebody. */
struct directs {
	UT_hash_handle hh;
	uint64_t person;
	unsigned n;
	struct room **rooms;
};

/* Someone registered, whether here or not. */
struct account {
	UT_hash_handle hh;          /* by id */
	UT_hash_handle hh_key;      /* by folded nick */
	UT_hash_handle hh_skeleton; /* by skeleton */
	uint64_t id, generation;
	char *nick, *key, *skeleton;
};

struct person {
	struct table_node by_id;
	struct table_node by_key; /* while here: of the folded nick */
	struct table_node by_skeleton;
	struct hub *hub;
	uint64_t id;
	char *nick;                 /* and the other two, behind it */
	const char *key, *skeleton; /* nick itself, or key, if they are equal */
	char name[PERSON_NAME_MAX]; /* the id as text: `from` */
	char *away;                 /* NULL: not */
	struct account *account;    /* NULL: a guest */
	unsigned live;              /* connections with a socket */
	LIST_HEAD(, conn) conns;
};

/* A refused post, in front of which nothing may be said: see post.c. */
struct stuck {
	uint64_t until; /* loop_now */
	uint64_t room;  /* number; 0: for all rooms */
	char nonce[];
};

/* A room that a connection has asked to join. */
struct coming {
	LIST_ENTRY(coming) link;
	struct room *room;
};

struct conn {
	LIST_ENTRY(conn) link;    /* of the person */
	LIST_ENTRY(conn) in_room; /* FORM_PLAIN */
	struct hub *hub;
	struct person *person;
	struct sio_socket *sock; /* NULL: plain, or cut off */
	struct plain *ws;        /* FORM_PLAIN */
	struct say *say;         /* is there for one message, by HTTP */
	char *sid, *pid;         /* cut off: those of its socket */
	unsigned epoch;          /* grows with each socket */
	unsigned refs;           /* by requests; and one until conn_free */
	unsigned in_flight;
	unsigned posting;  /* posts that the store has */
	unsigned failures; /* of the store's, before the first of those */
	unsigned rooms_n, rooms_cap;
	uint8_t form;           /* enum hub_form */
	bool live;              /* counts as present */
	bool is_operator;       /* by `op`; see conn_is_operator */
	struct stuck *stuck;    /* or NULL */
	struct address address; /* none: cut off, before this start */
	struct rate_gate gate;
	struct room **rooms;
	LIST_HEAD(, coming) coming;
	uint64_t typed_at; /* loop_now */
};

struct hub {
	struct loop *loop;
	struct sio_server *sio;
	struct sio_nsp *root, *chat; /* `/`, `/chat` */
	struct sio_nsp *admin;       /* `/admin` */
	uint64_t began;              /* loop_now */
	struct store *store;
	const char *version;
	struct password_pool *passwords;
	const struct secrets *operators;
	struct gate *gate;                     /* NULL: an open server */
	unsigned char seal[TOKEN_SECRET_SIZE]; /* of a closed one's tokens */
	struct invitation *invitations;        /* by code */
	struct attempts attempts;
	struct refusals *refusals;
	const struct limits *limits;
	struct rates rates;
	bool log_text, rooms_fixed;
	bool closing;
	bool store_failing; /* everybody has been told */
	struct room *rooms, *rooms_by_number;
	struct room *lobby;
	struct room *fresh; /* made last, maybe for nothing */
	uint64_t last_room;
	struct directs *directs;
	struct holds holds;
	struct ban *bans; /* all, by number */
	struct account *accounts, *accounts_by_key, *accounts_by_skeleton;
	struct table people, people_by_key, people_by_skeleton;
	unsigned asked_n;
	size_t asked_bytes;
	LIST_HEAD(, plain) plain;
	size_t plain_n;
	size_t plain_early; /* bytes that are kept until they may be said */
	struct timeq *plain_again;
	struct loop_task check_plain;
	LIST_HEAD(, line) lines;
	struct loop_task check_lines;
};

/* ---- person.c ---- */

/* The one of this id, who comes into being with it; wanted: an unclean nick,
 * a guest's if nothing of it is left. A registered one's is the account's. */
struct person *
person_get(struct hub *h, uint64_t id, struct slice wanted);

/* The same if there is one; else NULL. */
struct person *
person_find(const struct hub *h, uint64_t id);

/* All, in no order, as table_next. */
struct person *
person_next(const struct hub *h, const struct person *after);

/* Frees if it has no connection. */
void
person_put(struct person *p);

/*
 * May the person be called so? 0 with the clean nick in out; -EINVAL: nothing
 * of it is left; -EEXIST in use; -EPERM registered; -EACCES the server's own;
 * -EXDEV a look-alike of one of those.
 */
int
person_may_be(const struct hub *h, const struct person *p, struct slice wanted,
    char out[NICK_SIZE]);

/* Its code and words for a person. */
const char *
person_may_code(int err);

const char *
person_may_text(int err);

/* Sets a clean nick that it may have. */
void
person_rename(struct person *p, const char *nick);

/* The same, told to everybody who shares a room, and logged. */
void
person_renamed(struct person *p, const char *nick);

/* Here, or gone: only who is here occupies a nick. On coming the nick may
 * have to change: negative as person_may_be, with a suffix then. */
int
person_set_here(struct person *p, bool here);

/* By nick, folded: someone here or registered. False: nobody. id and nick. */
bool
person_lookup(
    const struct hub *h, struct slice nick, uint64_t *id, const char **name);

/* The same, by a name that is folded already. */
bool
person_lookup_folded(
    const struct hub *h, struct slice key, uint64_t *id, const char **name);

/* The nick of an id, if it is known; else NULL. */
const char *
person_nick(const struct hub *h, uint64_t id);

struct account *
account_find(const struct hub *h, uint64_t id);

/* Adds, or changes what is there. */
struct account *
account_put(struct hub *h, const struct store_person *sp);

/* It was none after all; whoever is here by it is a guest again. */
void
account_drop(struct hub *h, struct account *a);

/* Of the account, and of the person if it is here. */
void
account_rename_to(struct hub *h, uint64_t id, const char *nick);

void
person_free_all(struct hub *h);

/* ---- conn.c ---- */

/* Of this person; not here yet, in no room. */
struct conn *
conn_new(struct person *p, enum hub_form form);

/* Where it is connected from. */
void
conn_set_address(struct conn *c, const char *address);

/* Leaves everything, told to the rooms with the reason (NULL: none). Gone
 * when the last request has been answered. */
void
conn_free(struct conn *c, const char *reason);

void
conn_unref(struct conn *c);

/* Here, with its socket set, for the first time or again. The rooms hear of
 * it. As person_set_here. */
int
conn_come(struct conn *c);

/* Cut off: it may come back. The rooms hear of it. */
void
conn_cut(struct conn *c, const char *reason);

/* Becomes another's. */
void
conn_move(struct conn *c, struct person *to);

bool
conn_in(const struct conn *c, const struct room *room);

/* How many it may be in. */
unsigned
conn_rooms_max(const struct conn *c);

/* 0 or -ENOBUFS: in too many. */
int
conn_join(struct conn *c, struct room *room);

void
conn_leave(struct conn *c, struct room *room, const char *reason);

/* A private room: is on its list, or more. */
bool
conn_may_see(const struct conn *c, const struct room *room);

/* In this room; operators never are. */
bool
conn_is_banned(const struct conn *c, const struct room *room);

/* Gets messages in this form from now on (of `/`). */
void
conn_set_form(struct conn *c, enum hub_form form);

/* Has the store know what a recovery after a restart needs. */
void
conn_keep_session(const struct conn *c);

/* The same, as if it were in this room already, until conn_has_come. False if
 * there is no need, and nothing to be taken back. */
bool
conn_will_join(struct conn *c, struct coming *one, struct room *room);

/* Forgets that, whether it has joined or not. */
void
conn_has_come(const struct conn *c, struct coming *one);

/* The connections of a person in `/`, those kept for recovery included; at
 * most max. */
unsigned
person_sids(const struct person *p, struct slice *out, unsigned max);

/* An event to all rooms of the person, to those who share a direct room with
 * it, and to itself; once to each. */
void
person_tell(const struct person *p, const char *event, const struct buf *json);

/* An event to all connections of a person but one (may be NULL). */
void
person_tell_own(struct hub *h, uint64_t person, const struct conn *except,
    const char *event, const struct buf *json);

/* ---- door.c ---- */

/* Who comes needs this password from now on; n == 0: everyone may come. */
void
door_open(struct hub *h, const struct secrets *password);

/* sio_nsp_cb.allow of all namespaces that need no credentials of their own;
 * arg: struct hub. */
int
door_allow(
    void *arg, struct sio_knock *k, struct slice auth, struct buf *error);

/* Whose token it is; 0: nobody's any more. */
uint64_t
door_identify(const struct hub *h, struct slice token);

/* By which the person comes back, past the door, too. */
void
door_token(const struct person *p, char out[TOKEN_SIZE]);

/* The one in auth is all that has let it in: neither token nor password. */
bool
door_by_invitation(const struct hub *h, struct slice auth);

/* ---- namespaces.c ---- */

/* room: that it is about, or "". */
void
hub_notice(struct sio_socket *sock, const char *code, const char *text,
    struct slice room);

/* ---- private.c ---- */

/* Takes up the invitation of auth, if there is one: for the list of a room,
 * and, entered, for having come in by it. The connection hears `invited`, or a
 * notice with the code bad-invitation. */
void
invitation_take(struct conn *c, struct slice auth, bool entered);

/* ---- operator.c ---- */

/* May this connection do what operators may? It has shown that by `op`, and
 * stays one when it is recovered, but for a restart of the server; other
 * connections of the person are not. */
bool
conn_is_operator(const struct conn *c);

struct credentials {
	struct slice name, password;
};

/* Is this an operator? -EACCES: no. -EAGAIN: too many wrong ones from there,
 * wait *retry ms. -EBUSY: too many wait. -EINPROGRESS: cb will be called, once,
 * with 0, -EACCES or -EBUSY; what is right is told to attempts by it. */
int
operator_try(struct hub *h, const struct credentials *who, struct slice address,
    void (*cb)(void *arg, int err), void *arg, uint64_t *retry);

/* The same for the log. */
const char *
operator_verdict(int err);

/* ---- admin.c ---- */

void
admin_open(struct hub *h);

/* ---- room.c ---- */

/* By its clean name; NULL. */
struct room *
room_find(const struct hub *h, const char *name);

/* The same, made if there is none; NULL: rooms are fixed, or too many. */
struct room *
room_get(struct hub *h, const char *name);

/* The direct room of two; made unless it is there, or a nick is NULL. */
struct room *
room_direct(struct hub *h, uint64_t x, const char *x_nick, uint64_t y,
    const char *y_nick);

/* By a name as it was sent. err: a code, with *why. */
struct room *
room_by_arg(const struct conn *c, struct slice arg, bool make,
    const char **code, const char **why);

struct room *
room_by_number(const struct hub *h, uint64_t number);

struct room *
room_load(struct hub *h, const struct store_room *sr);

/* Gone unless someone is in it, or it is stored. */
void
room_check(struct hub *h, struct room *room);

/* The same for one that has been made during this event. */
void
room_check_fresh(struct hub *h);

void
room_describe(const struct room *room, struct store_room *out);

/* The other one of a direct room. */
uint64_t
room_other(const struct room *room, uint64_t person);

/* The direct rooms of a person; NULL: none. */
const struct directs *
room_directs(const struct hub *h, uint64_t person);

/* The room of Socket.IO for a form: out has ROOM_TAG_MAX bytes. */
struct slice
room_tag(const struct room *room, enum hub_form form, char *out);

/* Whom a room's events reach in `/`; borrows from room. */
struct room_target {
	struct slice rooms[ROOM_TARGETS_MAX];
	unsigned n; /* 0: nobody */
	char tags[2][ROOM_TAG_MAX];
};

void
room_target(const struct room *room, struct room_target *t);

/*
 * An event other than a message to all in the room: json its argument, offset
 * the id it has in the store or NULL. except: a person who does not get it, or
 * NULL.
 */
void
room_tell(const struct room *room, const char *event, const struct buf *json,
    const struct msgid *offset, const struct person *except, bool is_volatile);

void
room_free_all(struct hub *h);

/* ---- post.c ---- */

/* What somebody says. */
struct post {
	struct room *room;
	struct slice text;  /* raw JSON of the first argument */
	struct slice plain; /* its text as it came; p NULL: taken from it */
	struct slice nonce; /* p NULL: none */
	struct msgid reply; /* {0, 0}: none */
	const struct slice *bin;
	unsigned nbin;
};

/* Posts; the answer, and everything else, comes when it is stored. */
void
hub_post(const struct call *c, const struct post *post);

/* Bytes of a raw string's text, or of anything else's JSON. */
size_t
hub_text_len(struct slice raw);

/* Everybody hears, once, when storing begins to fail and when it works. */
void
hub_store_state(struct hub *h);

/* Sends a message that is stored already to those who may recover. */
void
hub_remember(struct hub *h, const struct store_row *row, struct msgid at);

/* ---- namespaces.c ---- */

void
hub_open_namespaces(struct hub *h);

/* ---- restore.c ---- */

/* What the store calls when it is opened; arg: struct hub. */
extern const struct store_load_cb hub_load_cb;

/* What has been said lately, for those who come back. */
void
hub_restore_log(struct hub *h);

/* ---- say.c ---- */

/* The answer to a message that came by HTTP. */
void
say_answer(struct say *say, struct slice json);

#endif
