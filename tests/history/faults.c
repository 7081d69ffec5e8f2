#define _GNU_SOURCE

/*
 * Loaded before a program's libraries: its disk and its clock fail as a file
 * says that CHAT_FAULTS names, which a test writes while the program runs:
 * two integers of 64 bits, in the machine's order. What it writes to files
 * fails with the errno of the first, or waits while that is negative, and the
 * wall clock is late by the second, in seconds.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct faults {
	int64_t error, late;
};

static const volatile struct faults *faults;

__attribute__((constructor)) static void
open_faults(void)
{
	const char *name = getenv("CHAT_FAULTS");
	int fd = name != NULL ? open(name, O_RDONLY | O_CLOEXEC) : -1;
	void *p;

	if (fd < 0)
		abort();
	p = mmap(NULL, sizeof(*faults), PROT_READ, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		abort();
	close(fd);
	faults = p;
}

static int
fails(int fd)
{
	struct stat st;

	if (faults == NULL || faults->error == 0 || fstat(fd, &st) != 0 ||
	    !S_ISREG(st.st_mode))
		return 0;
	if (faults->error < 0) {
		while (faults->error < 0)
			usleep(1000);
		return 0;
	}
	errno = (int)faults->error;
	return 1;
}

ssize_t
write(int fd, const void *p, size_t n)
{
	return fails(fd) ? -1 : syscall(SYS_write, fd, p, n);
}

ssize_t
pwrite(int fd, const void *p, size_t n, off_t at)
{
	return fails(fd) ? -1 : syscall(SYS_pwrite64, fd, p, n, at);
}

ssize_t
pwrite64(int fd, const void *p, size_t n, off64_t at)
{
	return fails(fd) ? -1 : syscall(SYS_pwrite64, fd, p, n, at);
}

int
fsync(int fd)
{
	return fails(fd) ? -1 : (int)syscall(SYS_fsync, fd);
}

int
fdatasync(int fd)
{
	return fails(fd) ? -1 : (int)syscall(SYS_fdatasync, fd);
}

int
clock_gettime(clockid_t clock, struct timespec *ts)
{
	int rc = (int)syscall(SYS_clock_gettime, clock, ts);

	if (rc == 0 && clock == CLOCK_REALTIME && faults != NULL)
		ts->tv_sec -= faults->late;
	return rc;
}
