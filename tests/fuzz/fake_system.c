#include "config.h"

#include "fake_system.h"

#include <sys/random.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { TURNS = 8 }; /* in which time passes: what it brings may bring more */

static uint64_t now_ms;
static uint32_t seed;

int
clock_gettime(clockid_t id, struct timespec *ts)
{
	if (id == CLOCK_REALTIME)
		return (int)syscall(SYS_clock_gettime, id, ts);
	ts->tv_sec = (time_t)(now_ms / 1000);
	ts->tv_nsec = (long)(now_ms % 1000) * 1000000;
	return 0;
}

ssize_t
getrandom(void *p, size_t len, unsigned flags)
{
	unsigned char *to = p;

	(void)flags;
	for (size_t i = 0; i < len; i++) {
		seed = seed * 1664525 + 1013904223;
		to[i] = (unsigned char)(seed >> 24);
	}
	return (ssize_t)len;
}

void
fake_system_reset(void)
{
	now_ms = 1000000;
	seed = 1;
}

void
fake_system_wait(
    unsigned ms, struct loop *loop, void (*turn)(struct loop *loop))
{
	for (unsigned i = 0; i < TURNS; i++) {
		now_ms += ms / TURNS;
		turn(loop);
	}
}
