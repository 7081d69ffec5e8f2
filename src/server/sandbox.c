#include "config.h"

#include "server/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/mem.h"

/* A sanitizer reads /proc and traces us to find leaks. */
#ifdef __SANITIZE_ADDRESS__
#define SANITIZED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED true
#endif
#endif
#ifndef SANITIZED
#define SANITIZED false
#endif

/* ---- files ---- */

/* Newer than the headers of some systems: since the ABIs 2 and 3. */
#ifndef LANDLOCK_ACCESS_FS_REFER
#define LANDLOCK_ACCESS_FS_REFER (1ULL << 13)
#endif
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif

static const uint64_t MAY_READ =
    LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
static const uint64_t MAY_WRITE =
    LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR |
    LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE |
    LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_TRUNCATE;

/* All that a kernel of this ABI can forbid about files. */
static uint64_t
known_access(long abi)
{
	uint64_t all = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;

	if (abi >= 2)
		all |= LANDLOCK_ACCESS_FS_REFER;
	if (abi >= 3)
		all |= LANDLOCK_ACCESS_FS_TRUNCATE;
	return all;
}

struct rules {
	int fd;
	uint64_t known;
};

static int
allow(const struct rules *r, const char *path, uint64_t access)
{
	struct landlock_path_beneath_attr rule = {
		.allowed_access = access & r->known,
		.parent_fd = open(path, O_PATH | O_CLOEXEC),
	};
	int err = 0;

	if (rule.parent_fd < 0)
		return -errno;
	if (syscall(SYS_landlock_add_rule, r->fd, LANDLOCK_RULE_PATH_BENEATH,
		&rule, 0) != 0)
		err = -errno;
	close(rule.parent_fd);
	return err;
}

static char *
folder_of(const char *file)
{
	const char *slash = strrchr(file, '/');

	if (slash == NULL)
		return xstrndup(".", 1);
	return xstrndup(file, slash > file ? (size_t)(slash - file) : 1);
}

static int
allow_folder_of(const struct rules *r, const char *file, uint64_t access)
{
	char *folder = folder_of(file);
	int err = allow(r, folder, access);

	free(folder);
	return err;
}

/* Of the file, and of what it is a link to. */
static int
allow_folders_of(const struct rules *r, const char *file, uint64_t access)
{
	int err = allow_folder_of(r, file, access);
	char *real = err ? NULL : realpath(file, NULL);

	if (real != NULL)
		err = allow_folder_of(r, real, access);
	free(real);
	return err;
}

static int
allow_all(const struct rules *r, const struct sandbox_paths *p)
{
	/* libuv's, which keeps a descriptor of it, and SQLite's. */
	static const char *const devices[] = { "/dev/null", "/dev/urandom" };
	int err = 0;

	for (unsigned i = 0; !err && i < sizeof(devices) / sizeof(*devices);
	     i++) {
		err = allow(r, devices[i], LANDLOCK_ACCESS_FS_READ_FILE);
		if (err == -ENOENT)
			err = 0;
	}
	if (!err && p->write != NULL)
		err = allow_folders_of(r, p->write, MAY_WRITE);
	for (unsigned i = 0; !err && p->read[i] != NULL; i++)
		err = allow_folders_of(r, p->read[i], MAY_READ);
	return err;
}

/* Is the real path below the folder of that file? */
static bool
is_beside(const char *path, const char *file)
{
	char *folder = folder_of(file);
	char *root = realpath(folder, NULL);
	size_t len = root != NULL ? strlen(root) : 0;
	bool is = root != NULL && strncmp(path, root, len) == 0 &&
		  (path[len] == '/' || len == 1);

	free(folder);
	free(root);
	return is;
}

bool
sandbox_exposes(const char *store, const char *file)
{
	char *path = realpath(file, NULL);
	char *real = realpath(store, NULL);
	bool is = path != NULL && (is_beside(path, store) ||
				      (real != NULL && is_beside(path, real)));

	free(path);
	free(real);
	return is;
}

int
sandbox_files(const struct sandbox_paths *paths)
{
	struct landlock_ruleset_attr attr;
	struct rules r;
	long abi;
	int err = 0;

	if (SANITIZED)
		return -EOPNOTSUPP;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return -errno;
	abi = syscall(SYS_landlock_create_ruleset, (void *)NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);
	if (abi < 0)
		return -errno;
	r.known = known_access(abi);
	memset(&attr, 0, sizeof(attr));
	attr.handled_access_fs = r.known;
	r.fd =
	    (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	if (r.fd < 0)
		return -errno;
	err = allow_all(&r, paths);
	if (!err && syscall(SYS_landlock_restrict_self, r.fd, 0) != 0)
		err = -errno;
	close(r.fd);
	return err;
}

/* ---- system calls ---- */

/* What libuv, SQLite, OpenSSL, libcrypt and the C library make of what a
 * running server does, and what a close relative of them may use next. */
static const int calls[] = {
	/* connections and the loop */
	SCMP_SYS(accept), SCMP_SYS(accept4), SCMP_SYS(close),
	SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_pwait2),
	SCMP_SYS(epoll_wait), SCMP_SYS(fcntl), SCMP_SYS(fcntl64),
	SCMP_SYS(getpeername), SCMP_SYS(getsockname), SCMP_SYS(getsockopt),
	SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(read), SCMP_SYS(readv),
	SCMP_SYS(recv), SCMP_SYS(recvfrom), SCMP_SYS(recvmsg), SCMP_SYS(send),
	SCMP_SYS(sendmmsg), SCMP_SYS(sendmsg), SCMP_SYS(sendto),
	SCMP_SYS(setsockopt), SCMP_SYS(shutdown), SCMP_SYS(write),
	SCMP_SYS(writev),
	/* files */
	SCMP_SYS(_llseek), SCMP_SYS(access), SCMP_SYS(faccessat),
	SCMP_SYS(faccessat2), SCMP_SYS(fallocate), SCMP_SYS(fchmod),
	SCMP_SYS(fchown), SCMP_SYS(fdatasync), SCMP_SYS(flock), SCMP_SYS(fstat),
	SCMP_SYS(fstat64), SCMP_SYS(fstatat64), SCMP_SYS(fsync),
	SCMP_SYS(ftruncate), SCMP_SYS(ftruncate64), SCMP_SYS(getcwd),
	SCMP_SYS(getdents64), SCMP_SYS(getegid), SCMP_SYS(geteuid),
	SCMP_SYS(getgid), SCMP_SYS(getuid), SCMP_SYS(lseek), SCMP_SYS(lstat),
	SCMP_SYS(lstat64), SCMP_SYS(newfstatat), SCMP_SYS(open),
	SCMP_SYS(openat), SCMP_SYS(pread64), SCMP_SYS(preadv),
	SCMP_SYS(pwrite64), SCMP_SYS(pwritev), SCMP_SYS(readlink),
	SCMP_SYS(readlinkat), SCMP_SYS(stat), SCMP_SYS(stat64), SCMP_SYS(statx),
	SCMP_SYS(unlink), SCMP_SYS(unlinkat),
	/* memory, threads, signals; a thread may not have run yet when we
	 * close its calls, and begins with some */
	SCMP_SYS(brk), SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(futex),
	SCMP_SYS(futex_time64), SCMP_SYS(futex_waitv), SCMP_SYS(getpid),
	SCMP_SYS(getrlimit), SCMP_SYS(getrusage), SCMP_SYS(gettid),
	SCMP_SYS(madvise), SCMP_SYS(mremap), SCMP_SYS(munmap),
	SCMP_SYS(restart_syscall), SCMP_SYS(rseq), SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
	SCMP_SYS(sched_getaffinity), SCMP_SYS(sched_yield),
	SCMP_SYS(set_robust_list), SCMP_SYS(sigreturn), SCMP_SYS(sysinfo),
	SCMP_SYS(ugetrlimit), SCMP_SYS(uname),
	/* the clock and chance */
	SCMP_SYS(clock_getres), SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_gettime64), SCMP_SYS(clock_nanosleep),
	SCMP_SYS(clock_nanosleep_time64), SCMP_SYS(getrandom),
	SCMP_SYS(gettimeofday), SCMP_SYS(nanosleep), SCMP_SYS(time)
};

static int
add_calls(scmp_filter_ctx filter)
{
	int err = 0;

	for (unsigned i = 0; !err && i < sizeof(calls) / sizeof(*calls); i++)
		if (calls[i] >= 0) /* this machine has it */
			err = seccomp_rule_add(
			    filter, SCMP_ACT_ALLOW, calls[i], 0);
	return err;
}

/* Calls with some arguments only. */
static int
add_checked(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp no_code =
	    SCMP_A2_64(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
	const struct scmp_arg_cmp us =
	    SCMP_A0_64(SCMP_CMP_EQ, (uint64_t)getpid());
	const struct {
		int call;
		struct scmp_arg_cmp arg;
	} checked[] = {
		{ SCMP_SYS(mmap), no_code },
		{ SCMP_SYS(mmap2), no_code },
		{ SCMP_SYS(mprotect), no_code },
		{ SCMP_SYS(tgkill), us }, /* abort() */
		{ SCMP_SYS(ioctl), SCMP_A1_32(SCMP_CMP_EQ, FIONBIO) },
		{ SCMP_SYS(ioctl), SCMP_A1_32(SCMP_CMP_EQ, FIONREAD) },
		{ SCMP_SYS(ioctl), SCMP_A1_32(SCMP_CMP_EQ, TCGETS) },
		/* to ask for limits, not to set them */
		{ SCMP_SYS(prlimit64), SCMP_A2_64(SCMP_CMP_EQ, 0) },
	};
	int err = 0;

	for (unsigned i = 0; !err && i < sizeof(checked) / sizeof(*checked);
	     i++)
		if (checked[i].call >= 0)
			err = seccomp_rule_add(filter, SCMP_ACT_ALLOW,
			    checked[i].call, 1, checked[i].arg);
	return err;
}

int
sandbox_calls(void)
{
	scmp_filter_ctx filter;
	int err;

	if (SANITIZED)
		return -EOPNOTSUPP;
	filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	if (filter == NULL)
		return -ENOMEM;
	err = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
	if (!err)
		err = add_calls(filter);
	if (!err)
		err = add_checked(filter);
	if (!err)
		err = seccomp_load(filter);
	seccomp_release(filter);
	return err;
}
