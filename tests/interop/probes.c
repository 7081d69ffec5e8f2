#define _GNU_SOURCE

/*
 * Loaded before a server's libraries: tries, from within each of its threads,
 * what a sandbox is to deny. On SIGUSR2 every thread tries everything and
 * appends a line `NAME ERRNO THREAD` for each to the file that CHAT_PROBES
 * names (0: it could). All is harmless where it is not denied.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { THREADS_MAX = 64 };

static int out = -1;
static const char *outside;
static char made[4096];
static pthread_t threads[THREADS_MAX]; /* the main one, which makes all */
static unsigned nthreads;
static atomic_flag relayed;
static void *page;

/* ---- the probes ---- */

static void
tell(const char *name, long rc)
{
	char line[128];
	int err = rc < 0 ? errno : 0;
	int n = snprintf(
	    line, sizeof(line), "%s %d %ld\n", name, err, syscall(SYS_gettid));

	if (write(out, line, (size_t)n) != n)
		abort();
}

/* Of a call that gives a descriptor. */
static void
tell_fd(const char *name, long fd)
{
	tell(name, fd);
	if (fd >= 0)
		close((int)fd);
}

static void
try_files(void)
{
	tell_fd("open-passwd",
	    syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY));
	tell_fd(
	    "open-outside", syscall(SYS_openat, AT_FDCWD, outside, O_RDONLY));
	tell_fd(
	    "write-outside", syscall(SYS_openat, AT_FDCWD, outside, O_WRONLY));
	tell_fd("make-outside",
	    syscall(SYS_openat, AT_FDCWD, made, O_WRONLY | O_CREAT, 0600));
	tell_fd("open-memory",
	    syscall(SYS_openat, AT_FDCWD, "/proc/self/mem", O_RDWR));
	tell_fd("list-root",
	    syscall(SYS_openat, AT_FDCWD, "/", O_RDONLY | O_DIRECTORY));
	tell_fd("open-environ",
	    syscall(SYS_openat, AT_FDCWD, "/proc/1/environ", O_RDONLY));
	tell("symlink", syscall(SYS_symlinkat, "x", -1, "x"));
	tell("link", syscall(SYS_linkat, -1, "x", -1, "y", 0));
	tell("rename", syscall(SYS_renameat2, -1, "x", -1, "y", 0));
	tell("mkdir", syscall(SYS_mkdirat, -1, "x", 0700));
	tell("mknod", syscall(SYS_mknodat, -1, "x", 0600, 0));
	tell("chroot", syscall(SYS_chroot, "/nonexistent"));
	tell("mount", syscall(SYS_mount, "x", "/nonexistent", "x", 0, ""));
	tell("umount", syscall(SYS_umount2, "/nonexistent", 0));
	tell("open-by-handle", syscall(SYS_open_by_handle_at, -1, NULL, 0));
	tell_fd("memfd", syscall(SYS_memfd_create, "x", 0));
}

static void
try_processes(void)
{
	char *const argv[] = { "sh", NULL };
	char *const envp[] = { NULL };

	tell("exec", syscall(SYS_execve, "/nonexistent", argv, envp));
	tell("execveat", syscall(SYS_execveat, -1, "x", argv, envp, 0));
	/* flags that never go together */
	tell("clone", syscall(SYS_clone, CLONE_THREAD, NULL, NULL, NULL, NULL));
	tell("clone3", syscall(SYS_clone3, NULL, 0));
	tell("unshare", syscall(SYS_unshare, 0));
	tell("setns", syscall(SYS_setns, -1, 0));
	tell("ptrace", syscall(SYS_ptrace, PTRACE_ATTACH, -1, NULL, NULL));
	tell("vm-read",
	    syscall(SYS_process_vm_readv, getpid(), NULL, 0, NULL, 0, 0));
	tell("vm-write",
	    syscall(SYS_process_vm_writev, getpid(), NULL, 0, NULL, 0, 0));
	tell("kill", syscall(SYS_kill, 1, 0));
	tell("tgkill", syscall(SYS_tgkill, 1, 1, 0));
	tell("pidfd", syscall(SYS_pidfd_open, -1, 0));
	tell("setuid", syscall(SYS_setuid, getuid()));
	tell("capset", syscall(SYS_capset, NULL, NULL));
	tell("prlimit", syscall(SYS_prlimit64, 0, -1, made, NULL));
	tell("exec-memory",
	    syscall(SYS_mprotect, page, 4096, PROT_READ | PROT_EXEC));
}

static void
try_kernel(void)
{
	tell_fd("netlink", syscall(SYS_socket, AF_NETLINK, SOCK_RAW, 0));
	tell_fd("inet", syscall(SYS_socket, AF_INET, SOCK_STREAM, 0));
	tell_fd("unix", syscall(SYS_socket, AF_UNIX, SOCK_DGRAM, 0));
	tell("connect", syscall(SYS_connect, -1, NULL, 0));
	tell("bind", syscall(SYS_bind, -1, NULL, 0));
	tell("bpf", syscall(SYS_bpf, BPF_PROG_LOAD, NULL, 0));
	tell("io-uring", syscall(SYS_io_uring_setup, 0, NULL));
	tell("keyctl", syscall(SYS_keyctl, -1, 0, 0, 0, 0));
	tell("add-key", syscall(SYS_add_key, NULL, NULL, NULL, 0, 0));
	tell("kexec", syscall(SYS_kexec_load, 0, -1, NULL, -1));
	tell("module", syscall(SYS_finit_module, -1, "", -1));
	tell("perf", syscall(SYS_perf_event_open, NULL, 0, 0, 0, 0));
	tell("userfault", syscall(SYS_userfaultfd, -1));
	tell("ioctl", syscall(SYS_ioctl, -1, TIOCSTI, "x"));
	tell("seccomp", syscall(SYS_seccomp, -1, 0, NULL));
	tell("swap", syscall(SYS_swapoff, "/nonexistent"));
	tell("reboot", syscall(SYS_reboot, 0, 0, 0, NULL));
}

/* ---- in every thread ---- */

static void
on_signal(int signum)
{
	const int before = errno;

	try_files();
	try_processes();
	try_kernel();
	/* The system chooses who gets it first. */
	if (!atomic_flag_test_and_set(&relayed))
		for (unsigned i = 0; i < nthreads; i++)
			if (!pthread_equal(threads[i], pthread_self()))
				pthread_kill(threads[i], signum);
	tell("end", 0);
	errno = before;
}

struct start {
	void *(*run)(void *arg);
	void *arg;
};

static void *
thread_main(void *arg)
{
	struct start s = *(struct start *)arg;
	sigset_t set;

	free(arg);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	return s.run(s.arg);
}

int
pthread_create(pthread_t *thread, const pthread_attr_t *attr,
    void *(*run)(void *arg), void *arg)
{
	int (*next)(
	    pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
	void *symbol = dlsym(RTLD_NEXT, "pthread_create");
	struct start *s = malloc(sizeof(*s));
	int err;

	if (symbol == NULL || s == NULL || nthreads == THREADS_MAX)
		abort();
	memcpy(&next, &symbol, sizeof(next));
	*s = (struct start){ run, arg };
	err = next(thread, attr, thread_main, s);
	if (err == 0)
		threads[nthreads++] = *thread;
	return err;
}

__attribute__((constructor)) static void
get_ready(void)
{
	const char *name = getenv("CHAT_PROBES");
	struct sigaction action = { .sa_handler = on_signal,
		.sa_flags = SA_RESTART };

	threads[nthreads++] = pthread_self();
	outside = name;
	if (name == NULL)
		abort();
	snprintf(made, sizeof(made), "%s.made", name);
	out = open(name, O_WRONLY | O_APPEND | O_CLOEXEC);
	page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (out < 0 || page == MAP_FAILED)
		abort();
	sigaction(SIGUSR2, &action, NULL);
}
