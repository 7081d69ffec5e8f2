/* Time and randomness of the system. */
#ifndef CHAT_BASE_CLOCK_H
#define CHAT_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

/* Milliseconds since 1970, UTC; may be set back by the operator. */
uint64_t
clock_wall_ms(void);

/* Fills p from the kernel's generator; ends the process if there is none. */
void
random_bytes(void *p, size_t len);

#endif
