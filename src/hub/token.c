#include "config.h"

#include "hub/token.h"

#include <errno.h>
#include <inttypes.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/mem.h"

enum { MAC_BYTES = 16, BASE64_MAC_LEN = 22 };

/* In the order of ASCII; without l, o, 0 and 1. */
static const char digits[] = "23456789abcdefghijkmnpqrstuvwxyz";

uint64_t
person_id_new(void)
{
	uint64_t id;

	do {
		random_bytes(&id, sizeof(id));
		id >>= 64 - PERSON_ID_BITS;
	} while (id == 0);
	return id;
}

void
person_id_format(char out[PERSON_ID_SIZE], uint64_t id)
{
	for (int i = PERSON_ID_LEN - 1; i >= 0; i--) {
		out[i] = digits[id & 31];
		id >>= 5;
	}
	out[PERSON_ID_LEN] = '\0';
}

int
person_id_parse(struct slice s, uint64_t *id)
{
	uint64_t value = 0;

	if (s.len != PERSON_ID_LEN)
		return -EINVAL;
	for (size_t i = 0; i < s.len; i++) {
		const char *at = memchr(digits, s.p[i], sizeof(digits) - 1);

		if (at == NULL)
			return -EINVAL;
		value = value << 5 | (uint64_t)(at - digits);
	}
	*id = value;
	return 0;
}

/* Appends `.` and the mac of what is there; returns the length. */
static size_t
put_mac(const unsigned char key[TOKEN_SECRET_SIZE], char *out, size_t len)
{
	unsigned char mac[EVP_MAX_MD_SIZE];

	if (HMAC(EVP_sha256(), key, TOKEN_SECRET_SIZE,
		(const unsigned char *)out, len, mac, NULL) == NULL)
		mem_exhausted(); /* nothing else can fail */
	out[len++] = '.';
	len += base64url_encode(out + len, mac, MAC_BYTES);
	out[len] = '\0';
	return len;
}

size_t
token_make(const unsigned char secret[TOKEN_SECRET_SIZE], uint64_t id,
    uint64_t generation, char out[TOKEN_SIZE])
{
	char text[PERSON_ID_SIZE];
	size_t len;

	person_id_format(text, id);
	len =
	    (size_t)snprintf(out, TOKEN_SIZE, "%s.%" PRIu64, text, generation);
	return put_mac(secret, out, len);
}

static int
parse_generation(struct slice s, uint64_t *out)
{
	uint64_t value = 0;

	for (size_t i = 0; i < s.len; i++) {
		unsigned digit = (unsigned)(s.p[i] - '0');

		if (digit > 9 || value > (UINT64_MAX - digit) / 10)
			return -EINVAL;
		value = value * 10 + digit;
	}
	*out = value;
	return 0;
}

int
token_check(const unsigned char secret[TOKEN_SECRET_SIZE], struct slice token,
    uint64_t *id, uint64_t *generation)
{
	struct slice rest = token;
	char want[TOKEN_SIZE];
	uint64_t who, which;
	size_t len;

	if (person_id_parse(slice_take_until(&rest, '.'), &who) != 0 ||
	    parse_generation(slice_take_until(&rest, '.'), &which) != 0)
		return -EINVAL;
	/* Compared as a whole: other ways to write the same numbers or bytes
	 * are none. */
	len = token_make(secret, who, which, want);
	if (len != token.len || CRYPTO_memcmp(want, token.p, len) != 0)
		return -EINVAL;
	*id = who;
	*generation = which;
	return 0;
}

size_t
token_seal(const unsigned char key[TOKEN_SECRET_SIZE], char token[TOKEN_SIZE])
{
	return put_mac(key, token, strlen(token));
}

struct slice
token_unsealed(struct slice token)
{
	struct slice rest = token;

	for (unsigned i = 0; i < 3; i++)
		slice_take_until(&rest, '.');
	if (rest.len > 0)
		token.len = (size_t)(rest.p - token.p) - 1;
	return token;
}

bool
token_is_sealed(const unsigned char key[TOKEN_SECRET_SIZE], struct slice token)
{
	struct slice bare = token_unsealed(token);
	char want[TOKEN_SIZE];
	size_t len;

	if (token.len >= sizeof(want) || bare.len == token.len)
		return false;
	memcpy(want, bare.p, bare.len);
	want[bare.len] = '\0';
	/* The rest of it is shorter than what put_mac writes, or is wrong. */
	if (token.len != bare.len + 1 + BASE64_MAC_LEN)
		return false;
	len = put_mac(key, want, bare.len);
	return len == token.len && CRYPTO_memcmp(want, token.p, len) == 0;
}
