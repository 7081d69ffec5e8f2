#include "config.h"

#include "split_read.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "net/loop.h"

static unsigned read_max;
static uint32_t state;

static uint32_t
next_random(void)
{
	state = state * 1664525 + 1013904223;
	return state >> 16;
}

/* Small pieces are as frequent as large ones. */
static size_t
piece(void)
{
	size_t max = read_max;

	if (state == 0)
		return max;
	for (uint32_t n = next_random() % 16; n > 0 && max > 1; n--)
		max /= 2;
	return 1 + next_random() % max;
}

/* What libuv is linked with then, instead of the C library's. */
ssize_t
read(int fd, void *to, size_t len)
{
	/* connections only: nothing else is read in so large pieces */
	if (read_max > 0 && len == LOOP_READ_SIZE)
		len = piece();
	return syscall(SYS_read, fd, to, len);
}

void
split_read(unsigned max, unsigned seed)
{
	read_max = max;
	state = seed;
}
