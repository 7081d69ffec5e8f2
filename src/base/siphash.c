#include "config.h"

#include "base/siphash.h"

#include "base/clock.h"

enum { WORD = sizeof(uint64_t), INNER_ROUNDS = 2, LAST_ROUNDS = 4 };

void
siphash_init(struct siphash_key *key)
{
	random_bytes(key->k, sizeof(key->k));
}

static uint64_t
rotate(uint64_t x, unsigned n)
{
	return x << n | x >> (64 - n);
}

static void
mix(uint64_t v[4], unsigned rounds)
{
	while (rounds-- > 0) {
		v[0] += v[1];
		v[2] += v[3];
		v[1] = rotate(v[1], 13) ^ v[0];
		v[3] = rotate(v[3], 16) ^ v[2];
		v[0] = rotate(v[0], 32);
		v[2] += v[1];
		v[0] += v[3];
		v[1] = rotate(v[1], 17) ^ v[2];
		v[3] = rotate(v[3], 21) ^ v[0];
		v[2] = rotate(v[2], 32);
	}
}

/* n bytes, the lowest first. */
static uint64_t
word(const unsigned char *p, size_t n)
{
	uint64_t w = 0;

	while (n-- > 0)
		w = w << 8 | p[n];
	return w;
}

static void
absorb(uint64_t v[4], uint64_t w)
{
	v[3] ^= w;
	mix(v, INNER_ROUNDS);
	v[0] ^= w;
}

uint64_t
siphash(const struct siphash_key *key, const void *data, size_t len)
{
	const unsigned char *p = data;
	size_t left = len;
	uint64_t v[4] = {
		key->k[0] ^ 0x736f6d6570736575,
		key->k[1] ^ 0x646f72616e646f6d,
		key->k[0] ^ 0x6c7967656e657261,
		key->k[1] ^ 0x7465646279746573,
	};

	for (; left >= WORD; p += WORD, left -= WORD)
		absorb(v, word(p, WORD));
	absorb(v, (uint64_t)len << 56 | word(p, left));
	v[2] ^= 0xff;
	mix(v, LAST_ROUNDS);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}
