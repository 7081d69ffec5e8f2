#define _GNU_SOURCE

/*
 * Loaded before a program's libraries: one allocation, or one call of I/O, of
 * all that the program makes fails, once. Memory only if it is compiled with
 * SWEEP_MEMORY, which does not go together with a sanitizer.
 *
 *	CHAT_SWEEP       memory or io
 *	CHAT_SWEEP_N     which one, from 1 on; 0: none
 *	CHAT_SWEEP_OUT   a file to write into at the end: how many there were,
 *	                 how many blocks of memory are left, which call has
 *	                 failed, and how many descriptors are open
 *
 * libseccomp does not count: short of memory it makes a filter that lacks
 *calls, and says that all is well. Nor does cmocka.
 *
 * Calls on what only libuv has (its event loop, pipes and counters) do not
 * count: it ends the program when one of them fails.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { SKIPS_MAX = 8, FDS_MAX = 256 };

static struct {
	uintptr_t start, end;
} skips[SKIPS_MAX];
static unsigned nskips;
static bool memory, io;
static long wanted;
static atomic_long count, blocks;
static int out = -1;
static pid_t process;
static const char *failed = "-";

/* Those of unit.c, where it is compiled in. */
__attribute__((weak)) bool
unit_counts(void);
__attribute__((weak)) void
unit_counted(long n, const char *failed);

/* Is it this one's turn? */
static bool
hit(const char *name)
{
	long n;

	if (unit_counts != NULL && !unit_counts())
		return false;
	n = atomic_fetch_add(&count, 1) + 1;
	if (unit_counted != NULL)
		unit_counted(n, n == wanted ? name : NULL);
	if (n != wanted)
		return false;
	failed = name;
	return true;
}

#ifdef SWEEP_MEMORY

/* ---- memory ---- */

void *
__libc_malloc(size_t size);
void *
__libc_calloc(size_t n, size_t size);
void *
__libc_realloc(void *p, size_t size);
void
__libc_free(void *p);

static bool
no_memory(const char *name, const void *caller)
{
	const uintptr_t at = (uintptr_t)caller;

	if (!memory)
		return false;
	for (unsigned i = 0; i < nskips; i++)
		if (at >= skips[i].start && at <= skips[i].end)
			return false;
	if (!hit(name))
		return false;
	errno = ENOMEM;
	return true;
}

static void *
counted(void *p)
{
	if (p != NULL)
		atomic_fetch_add(&blocks, 1);
	return p;
}

void *
malloc(size_t size)
{
	return no_memory("malloc", __builtin_return_address(0))
		   ? NULL
		   : counted(__libc_malloc(size));
}

void *
calloc(size_t n, size_t size)
{
	return no_memory("calloc", __builtin_return_address(0))
		   ? NULL
		   : counted(__libc_calloc(n, size));
}

void *
realloc(void *p, size_t size)
{
	void *now;

	if (no_memory("realloc", __builtin_return_address(0)))
		return NULL;
	now = __libc_realloc(p, size);
	if (p == NULL)
		return counted(now);
	if (now == NULL && size == 0)
		atomic_fetch_sub(&blocks, 1);
	return now;
}

void
free(void *p)
{
	if (p != NULL) {
		atomic_fetch_sub(&blocks, 1);
		/* Whoever still uses it shall notice. */
		memset(p, 0xdb, malloc_usable_size(p));
	}
	__libc_free(p);
}

#endif

/* ---- I/O ---- */

/* error: of a file; that of a socket is that it is cut. */
static bool
no_io(const char *name, int fd, int error)
{
	struct stat st;

	if (!io || syscall(SYS_fstat, fd, &st) != 0)
		return false;
	/* What the log is written to is not ours to judge. */
	if (fd <= STDERR_FILENO ||
	    (!S_ISREG(st.st_mode) && !S_ISSOCK(st.st_mode)) || !hit(name))
		return false;
	errno = S_ISSOCK(st.st_mode) ? ECONNRESET : error;
	return true;
}

static bool
no_open(const char *name, int error)
{
	if (!io || !hit(name))
		return false;
	errno = error;
	return true;
}

#define FD_CALL(type, name, number, error, params, ...)                        \
	type name params                                                       \
	{                                                                      \
		return no_io(#name, fd, error)                                 \
			   ? -1                                                \
			   : (type)syscall(number, __VA_ARGS__);               \
	}

FD_CALL(ssize_t, read, SYS_read, EIO, (int fd, void *p, size_t n), fd, p, n)
FD_CALL(ssize_t, readv, SYS_readv, EIO, (int fd, const struct iovec *v, int n),
    fd, v, n)
FD_CALL(ssize_t, recvmsg, SYS_recvmsg, EIO, (int fd, struct msghdr *m, int f),
    fd, m, f)
FD_CALL(ssize_t, pread, SYS_pread64, EIO, (int fd, void *p, size_t n, off_t at),
    fd, p, n, at)
FD_CALL(ssize_t, pread64, SYS_pread64, EIO,
    (int fd, void *p, size_t n, off64_t at), fd, p, n, at)
FD_CALL(ssize_t, write, SYS_write, ENOSPC, (int fd, const void *p, size_t n),
    fd, p, n)
FD_CALL(ssize_t, writev, SYS_writev, ENOSPC,
    (int fd, const struct iovec *v, int n), fd, v, n)
FD_CALL(ssize_t, sendmsg, SYS_sendmsg, EIO,
    (int fd, const struct msghdr *m, int f), fd, m, f)
FD_CALL(ssize_t, pwrite, SYS_pwrite64, ENOSPC,
    (int fd, const void *p, size_t n, off_t at), fd, p, n, at)
FD_CALL(ssize_t, pwrite64, SYS_pwrite64, ENOSPC,
    (int fd, const void *p, size_t n, off64_t at), fd, p, n, at)
FD_CALL(int, fsync, SYS_fsync, EIO, (int fd), fd)
FD_CALL(int, fdatasync, SYS_fdatasync, EIO, (int fd), fd)
FD_CALL(int, ftruncate, SYS_ftruncate, EIO, (int fd, off_t n), fd, n)
FD_CALL(int, ftruncate64, SYS_ftruncate, EIO, (int fd, off64_t n), fd, n)

int
connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	if (no_io("connect", fd, ECONNREFUSED))
		return -1;
	return (int)syscall(SYS_connect, fd, addr, len);
}

/* Of files only: the rest is memory. */
void *
mmap(void *addr, size_t len, int prot, int flags, int fd, off_t at)
{
	if (fd >= 0 && no_io("mmap", fd, ENOMEM))
		return MAP_FAILED;
	return (void *)syscall(SYS_mmap, addr, len, prot, flags, fd, at);
}

int
rename(const char *from, const char *to)
{
	if (no_open("rename", ENOSPC))
		return -1;
	return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int
unlink(const char *path)
{
	if (no_open("unlink", EIO))
		return -1;
	return (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

int
mkdir(const char *path, mode_t mode)
{
	if (no_open("mkdir", ENOSPC))
		return -1;
	return (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
}

int
accept4(int fd, struct sockaddr *addr, socklen_t *len, int flags)
{
	if (no_open("accept4", EMFILE))
		return -1;
	return (int)syscall(SYS_accept4, fd, addr, len, flags);
}

int
socket(int family, int type, int protocol)
{
	if (no_open("socket", EMFILE))
		return -1;
	return (int)syscall(SYS_socket, family, type, protocol);
}

int
open(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;

	if (flags & (O_CREAT | O_TMPFILE)) {
		va_start(ap, flags);
		mode = va_arg(ap, mode_t);
		va_end(ap);
	}
	if (no_open("open", EMFILE))
		return -1;
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int
open64(const char *path, int flags, ...) __attribute__((alias("open")));

/* ---- the beginning and the end ---- */

static void
skip(uintptr_t start, uintptr_t end)
{
	if (nskips == SKIPS_MAX)
		abort();
	skips[nskips].start = start;
	skips[nskips++].end = end;
}

static int
on_object(struct dl_phdr_info *info, size_t size, void *arg)
{
	(void)size;
	(void)arg;
	if (strstr(info->dlpi_name, "/libseccomp.so") != NULL ||
	    strstr(info->dlpi_name, "/libcmocka.so") != NULL)
		for (unsigned i = 0; i < info->dlpi_phnum; i++)
			if (info->dlpi_phdr[i].p_flags & PF_X)
				skip(info->dlpi_addr +
					 info->dlpi_phdr[i].p_vaddr,
				    info->dlpi_addr +
					info->dlpi_phdr[i].p_vaddr +
					info->dlpi_phdr[i].p_memsz);
	return 0;
}

__attribute__((constructor)) static void
begin(void)
{
	const char *kind = getenv("CHAT_SWEEP"), *n = getenv("CHAT_SWEEP_N");
	const char *name = getenv("CHAT_SWEEP_OUT");

	if (kind == NULL || n == NULL || name == NULL)
		return;
	wanted = strtol(n, NULL, 10);
	dl_iterate_phdr(on_object, NULL);
	out = (int)syscall(SYS_openat, AT_FDCWD, name,
	    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (out < 0)
		abort();
	process = getpid();
	unsetenv("LD_PRELOAD");
	io = strcmp(kind, "io") == 0;
#ifdef SWEEP_MEMORY
	memory = !io;
#endif
}

/* Those that are open, of the first FDS_MAX. */
static int
count_fds(void)
{
	int n = 0;

	for (int fd = 0; fd < FDS_MAX; fd++)
		n += syscall(SYS_fcntl, fd, F_GETFD) >= 0 ? 1 : 0;
	return n;
}

__attribute__((destructor)) static void
end(void)
{
	char line[128];
	int n;

	if (out < 0 || getpid() != process)
		return; /* one that it has forked */
	n = snprintf(line, sizeof(line), "%ld %ld %s %d\n", atomic_load(&count),
	    atomic_load(&blocks), failed, count_fds());
	syscall(SYS_write, out, line, n);
}
