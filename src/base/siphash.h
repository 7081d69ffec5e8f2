/*
 * SipHash-2-4, by Aumasson and Bernstein: a hash whose collisions nobody can
 * choose who does not know the key. For tables whose keys come from peers.
 */
#ifndef CHAT_BASE_SIPHASH_H
#define CHAT_BASE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

struct siphash_key {
	uint64_t k[2];
};

/* A random one. */
void
siphash_init(struct siphash_key *key);

uint64_t
siphash(const struct siphash_key *key, const void *data, size_t len);

#endif
