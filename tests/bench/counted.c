#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/*
 * Loaded into a server by LD_PRELOAD: counts its allocations, and its calls of
 * the system that have to do with the network, in the file CHAT_BENCH_COUNTS,
 * for the generator to read meanwhile (enum gen_count).
 */

enum { ALLOCATIONS, SYSCALLS, COUNTS };

static uint64_t nowhere[COUNTS], *counts = nowhere;

void *
__libc_malloc(size_t size);
void *
__libc_calloc(size_t n, size_t size);
void *
__libc_realloc(void *p, size_t size);

__attribute__((constructor)) static void
begin(void)
{
	const char *name = getenv("CHAT_BENCH_COUNTS");
	int fd = name != NULL ? open(name, O_RDWR | O_CLOEXEC) : -1;
	void *p;

	if (fd < 0)
		return;
	p = mmap(
	    NULL, sizeof(nowhere), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p != MAP_FAILED)
		counts = p;
	close(fd);
}

static void
count(int which)
{
	__atomic_fetch_add(&counts[which], 1, __ATOMIC_RELAXED);
}

void *
malloc(size_t size)
{
	count(ALLOCATIONS);
	return __libc_malloc(size);
}

void *
calloc(size_t n, size_t size)
{
	count(ALLOCATIONS);
	return __libc_calloc(n, size);
}

void *
realloc(void *p, size_t size)
{
	count(ALLOCATIONS);
	return __libc_realloc(p, size);
}

/* The next function of this name: the C library's. */
#define NEXT(result, name, parameters, arguments)                              \
	result name parameters                                                 \
	{                                                                      \
		static result(*next) parameters;                               \
                                                                               \
		if (next == NULL)                                              \
			*(void **)&next = dlsym(RTLD_NEXT, #name);             \
		count(SYSCALLS);                                               \
		return next arguments;                                         \
	}

NEXT(ssize_t, read, (int fd, void *p, size_t n), (fd, p, n))
NEXT(ssize_t, write, (int fd, const void *p, size_t n), (fd, p, n))
NEXT(ssize_t, writev, (int fd, const struct iovec *v, int n), (fd, v, n))
NEXT(ssize_t, recv, (int fd, void *p, size_t n, int flags), (fd, p, n, flags))
NEXT(ssize_t, send, (int fd, const void *p, size_t n, int flags),
    (fd, p, n, flags))
NEXT(ssize_t, recvmsg, (int fd, struct msghdr *m, int flags), (fd, m, flags))
NEXT(ssize_t, sendmsg, (int fd, const struct msghdr *m, int flags),
    (fd, m, flags))
NEXT(int, epoll_ctl, (int fd, int op, int at, struct epoll_event *e),
    (fd, op, at, e))
NEXT(int, epoll_wait, (int fd, struct epoll_event *e, int n, int ms),
    (fd, e, n, ms))
NEXT(int, epoll_pwait,
    (int fd, struct epoll_event *e, int n, int ms, const sigset_t *set),
    (fd, e, n, ms, set))
