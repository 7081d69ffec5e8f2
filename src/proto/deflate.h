/*
 * permessage-deflate, RFC 7692, without I/O: what two ends agree on, and
 * messages to and from their compressed form.
 *
 * Our own messages are compressed each for itself, whatever was agreed on: a
 * sender is always free to. So one compressed frame does for everybody who
 * gets the message, and a connection keeps nothing for it. What a peer sends
 * may refer to its earlier messages if it has not said that it won't; then
 * the connection keeps an inflater (some 40 KB, from the first such message
 * on).
 */
#ifndef CHAT_PROTO_DEFLATE_H
#define CHAT_PROTO_DEFLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/counted.h"
#include "base/slice.h"
#include "proto/ws.h"

enum {
	DEFLATE_BITS_MIN = 8, /* of a window, section 7.1.2 */
	DEFLATE_BITS_MAX = 15,
	DEFLATE_LEAST = 1024, /* bytes of a message that is worth it */
	DEFLATE_ANSWER_MAX = 160,
};

/* What was agreed on, as one end sees it. Zeroed: nothing. */
struct deflate {
	bool on;
	bool keeps;       /* the peer's messages refer to earlier ones */
	uint8_t in_bits;  /* of the peer's window; the largest if !keeps */
	uint8_t out_bits; /* of ours */
};

/*
 * The server's part, section 7.1: picks the first offer of the value of
 * Sec-WebSocket-Extensions (several fields joined) that can be met, and
 * writes the value of the answer. Returns 0, with d->on false if there was
 * none, or -EINVAL if the value is no list of extensions.
 */
int
deflate_answer(
    struct deflate *d, struct slice offers, char answer[DEFLATE_ANSWER_MAX]);

/* The client's part: what it offers, */
#define DEFLATE_OFFER                                                          \
	"permessage-deflate; client_no_context_takeover; "                     \
	"client_max_window_bits"

/* and what it makes of the answer: 0, or -EINVAL for one that is none to this
 * offer. An empty one declines it. */
int
deflate_accept(struct deflate *d, struct slice answer);

/* ---- from a peer ---- */

struct inflater;

/* bits: the peer's window. */
struct inflater *
inflater_new(unsigned bits);

void
inflater_free(struct inflater *f);

/* A message begins that refers to none before it. */
void
inflater_reset(struct inflater *f);

/*
 * Takes bytes of a message's compressed form, as they come, and appends what
 * they mean to out. 0; -EMSGSIZE if that is more than out can take (out->max),
 * -EBADMSG if they mean nothing. Then the inflater needs a reset.
 */
int
inflater_feed(struct inflater *f, const void *p, size_t len, struct buf *out);

/* The message ends: the same. Section 7.2.2. */
int
inflater_end(struct inflater *f, struct buf *out);

/* ---- to a peer ---- */

struct deflater;

/* Costs nothing until it is used, then some 300 KB: one serves all. */
struct deflater *
deflater_new(void);

void
deflater_free(struct deflater *d);

/* The windows that are used: a smaller one is always allowed. */
enum deflate_form { DEFLATE_SMALL, DEFLATE_LARGE, DEFLATE_FORMS };

/* For a window of at most so many bits; false: none of them fits. */
bool
deflate_form(unsigned bits, enum deflate_form *form);

/*
 * A message as one frame, compressed, made for the caller; NULL if it is short
 * or gets no shorter. mask: 4 bytes, or NULL.
 */
struct rcbuf *
deflate_frame(struct deflater *d, enum deflate_form form, enum ws_opcode op,
    struct slice data, const uint8_t *mask);

#endif
