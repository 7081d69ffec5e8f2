/*
 * Hash tables: uthash, whose own hash has no key, so that whoever chooses keys
 * can make them collide. Here it is SipHash with a key that is made when the
 * process starts. Nobody includes uthash.h but by this.
 */
#ifndef CHAT_BASE_HASH_H
#define CHAT_BASE_HASH_H

#include <stddef.h>

#include "base/mem.h" /* for uthash_fatal */

unsigned
hash_bytes(const void *p, size_t len);

#define HASH_FUNCTION(keyptr, keylen, hashv)                                   \
	((hashv) = hash_bytes((keyptr), (keylen)))

#include <uthash.h>

#endif
