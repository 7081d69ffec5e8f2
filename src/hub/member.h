/*
 * Inside the hub: people, the room, and the ways that messages reach them.
 * Each of the hub's files looks after one way in; posting is common to all.
 */
#ifndef CHAT_HUB_MEMBER_H
#define CHAT_HUB_MEMBER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/msgid.h"
#include "base/slice.h"
#include "hub/hub.h"
#include "hub/nick.h"
#include "hub/nonces.h"

/*
 * The forms of a message, each encoded once for all who get it so:
 *
 *	FORM_EVENT    `nuevo mensaje` in `/`
 *	FORM_MESSAGE  `message` in `/`, for those who have used it
 *	FORM_CHAT     `message` in `/chat`
 *	FORM_PLAIN    a text frame
 */
enum hub_form { FORM_EVENT, FORM_MESSAGE, FORM_CHAT, FORM_PLAIN, FORMS };

struct room {
	const char *name;
	uint64_t seq; /* of its last message */
	struct msgid last;
	size_t members[FORMS]; /* those who may recover included */
};

/* Somebody, from connecting until gone for good; with Socket.IO the user
 * pointer of the socket. Owned by the hub. */
struct person {
	LIST_ENTRY(person) link;
	struct hub *hub;
	uint64_t number; /* never used again */
	char id[24];     /* `u<number>`: the public name of this person */
	struct room *room;
	enum hub_form form;
	char *nick;
};

struct plain;

struct hub {
	struct loop *loop;
	struct sio_server *sio;
	struct sio_nsp *root, *chat; /* `/`, `/chat` */
	const char *version;
	bool log_text;
	bool closing;
	struct room lobby; /* the one room, so far */
	uint64_t last_person;
	LIST_HEAD(, person) people;
	LIST_HEAD(, plain) plain;
	size_t plain_n;
	struct loop_task check_plain;
	struct nonces nonces;
};

/* What somebody says. */
struct post {
	struct slice text;  /* raw JSON of the first argument */
	struct slice plain; /* the same as text; p NULL: taken from `text` */
	struct slice nonce; /* p NULL: none */
	const struct slice *bin;
	unsigned nbin;
};

/* ---- person.c ---- */

/* Comes into the lobby. wanted: an unclean nick; a guest's if nothing of it
 * is left. */
struct person *
person_new(struct hub *h, enum hub_form form, struct slice wanted);

/* Gone for good. */
void
person_free(struct person *p);

/* Gets messages in this form from now on. */
void
person_set_form(struct person *p, enum hub_form form);

/* False, with nothing changed, if nothing of the wanted nick is left. */
bool
person_rename(struct person *p, struct slice wanted);

/* ---- post.c ---- */

/*
 * Posts to the person's room: queued to everyone in it on return. Returns the
 * id; that of the first one if the nonce was used before.
 */
struct msgid
hub_post(struct person *from, const struct post *post);

/* Bytes of a raw string's text, or of anything else's JSON. */
size_t
hub_text_len(struct slice raw);

/* ---- namespaces.c ---- */

void
hub_open_namespaces(struct hub *h);

/* The Socket.IO room of a form: out has SIO_ROOM_MAX bytes. */
struct slice
hub_sio_room(const struct room *room, enum hub_form form, char *out);

/* ---- plain.c ---- */

/* To all plain members: one text frame, made once. */
void
plain_broadcast(struct hub *h, struct slice text);

/* Goes away in order (1001), or at once without upcalls. */
void
plain_close_all(struct hub *h, bool at_once);

void
plain_init(struct hub *h);

#endif
