/*
 * The nonces of the newest messages: with them a message that is sent again
 * is known to be the same. They are the hub's and not a person's, for who
 * sends again after a lost connection may be a new guest; nobody else knows a
 * nonce before its message is posted. Memory is bounded, the oldest are
 * forgotten first.
 */
#ifndef CHAT_HUB_NONCES_H
#define CHAT_HUB_NONCES_H

#include <stdbool.h>
#include <sys/queue.h>

#include "base/msgid.h"
#include "base/slice.h"

enum {
	NONCE_MAX = 64,    /* bytes of a nonce */
	NONCES_MAX = 4096, /* messages remembered */
};

struct nonce;

struct nonces {
	STAILQ_HEAD(, nonce) oldest_first;
	struct nonce *table;
	unsigned n;
};

void
nonces_init(struct nonces *t);

void
nonces_deinit(struct nonces *t);

/* True, with the message's id, if the nonce has been used. */
bool
nonces_find(const struct nonces *t, struct slice nonce, struct msgid *id);

/* Remembers one that nonces_find did not find; at most NONCE_MAX bytes. */
void
nonces_add(struct nonces *t, struct slice nonce, struct msgid id);

#endif
