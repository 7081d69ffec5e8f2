/*
 * Message ids `<unix ms>-<n>`: strictly increasing, also when the clock is
 * set back. They are a message's identity, the history cursor and the
 * Socket.IO recovery offset at once. What is sent and not stored has an
 * offset between two of them, `<unix ms>-<n>.<sub>`.
 */
#ifndef CHAT_BASE_MSGID_H
#define CHAT_BASE_MSGID_H

#include <stdint.h>

#include "base/slice.h"

struct msgid {
	uint64_t ms;
	uint64_t n;
	uint64_t sub; /* 0: an id */
};

enum { MSGID_STR_MAX = 64 }; /* with the NUL */

/* The next id after *last at wall time now_ms; stores it in *last. */
struct msgid
msgid_next(struct msgid *last, uint64_t now_ms);

/* Writes the terminated form; returns its length. */
unsigned
msgid_format(char out[MSGID_STR_MAX], struct msgid id);

/* 0, or -EINVAL for anything but digits '-' digits, maybe '.' digits that are
 * not 0, within 64 bits each. */
int
msgid_parse(struct slice s, struct msgid *id);

/* <0, 0, >0 as a is before, the same as, after b. */
int
msgid_cmp(struct msgid a, struct msgid b);

#endif
