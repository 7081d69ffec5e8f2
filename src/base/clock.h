/* Time and randomness of the system. */
#ifndef CHAT_BASE_CLOCK_H
#define CHAT_BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* Milliseconds since 1970, UTC; may be set back by the operator. */
uint64_t
clock_wall_ms(void);

/* Appends a time, ms since 1970, in UTC as RFC 3339 has it: to the second, or
 * with its milliseconds. */
void
clock_put(struct buf *out, uint64_t ms, bool precise);

/* Fills p from the kernel's generator; ends the process if there is none. */
void
random_bytes(void *p, size_t len);

#endif
