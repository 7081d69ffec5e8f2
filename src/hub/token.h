/*
 * Who somebody is: the ids of people, which everybody may know, and tokens,
 * by which a later connection shows that it is the same person. A token is
 * made from the store's secret and kept nowhere; it ends when the person's
 * generation goes up (a changed password).
 */
#ifndef CHAT_HUB_TOKEN_H
#define CHAT_HUB_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

enum {
	PERSON_ID_LEN = 12,
	PERSON_ID_SIZE = PERSON_ID_LEN + 1, /* with the NUL */
	PERSON_ID_BITS = 60,
	TOKEN_SECRET_SIZE = 32, /* bytes of the secret */
	TOKEN_SIZE = 96,        /* of any token, with the NUL */
};

/* At random, PERSON_ID_BITS of it; never 0. */
uint64_t
person_id_new(void);

/* Always PERSON_ID_LEN characters, terminated: texts are in the order of the
 * numbers. */
void
person_id_format(char out[PERSON_ID_SIZE], uint64_t id);

/* 0, or -EINVAL for anything but what person_id_format has written. */
int
person_id_parse(struct slice s, uint64_t *id);

/*
 * Writes the terminated token `<id>.<generation>.<mac>` and returns its
 * length. The mac is the first 128 bits of HMAC-SHA256 over what is before it,
 * in base64url.
 */
size_t
token_make(const unsigned char secret[TOKEN_SECRET_SIZE], uint64_t id,
    uint64_t generation, char out[TOKEN_SIZE]);

/*
 * Whose token it is, and of which generation: to be compared with the
 * person's. -EINVAL for one that was not made with this secret; the time that
 * it takes does not tell where it differs.
 */
int
token_check(const unsigned char secret[TOKEN_SECRET_SIZE], struct slice token,
    uint64_t *id, uint64_t *generation);

/*
 * A closed server's tokens are sealed: `.<mac>` behind what token_make has
 * made, with a key of the server's own, so that they let in again. Where that
 * doesn't matter token_unsealed is what is looked at.
 */
size_t
token_seal(const unsigned char key[TOKEN_SECRET_SIZE], char token[TOKEN_SIZE]);

struct slice
token_unsealed(struct slice token);

/* In a time that does not tell where it differs. */
bool
token_is_sealed(const unsigned char key[TOKEN_SECRET_SIZE], struct slice token);

#endif
