#include "config.h"

#include "base/hash.h"

#include "base/siphash.h"

/* One for all tables, like the log; set before main, and never again. */
static struct siphash_key key;

static void __attribute__((constructor)) make_key(void)
{
	siphash_init(&key);
}

unsigned
hash_bytes(const void *p, size_t len)
{
	return (unsigned)siphash(&key, p, len);
}
