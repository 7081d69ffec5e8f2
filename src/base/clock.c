#include "config.h"

#include "base/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

uint64_t
clock_wall_ms(void)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_REALTIME, &ts) != 0 || ts.tv_sec < 0)
		return 0; /* a clock before 1970 is as good as none */
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

void
clock_put(struct buf *out, uint64_t ms, bool precise)
{
	time_t t = (time_t)(ms / 1000);
	char text[64];
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL ||
	    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm) == 0)
		text[0] = '\0';
	buf_puts(out, text);
	if (precise)
		buf_printf(out, ".%03u", (unsigned)(ms % 1000));
	buf_putc(out, 'Z');
}

void
random_bytes(void *p, size_t len)
{
	char *to = p;
	ssize_t n;

	while (len > 0) {
		n = getrandom(to, len, 0);
		if (n < 0 && errno != EINTR) {
			perror("chat: getrandom");
			abort();
		}
		if (n > 0) {
			to += n;
			len -= (size_t)n;
		}
	}
}
