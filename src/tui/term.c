#include "config.h"

#include "tui/term.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/mem.h"

enum {
	OUT_MAX = 64 << 20,
	LEAVE_MAX = 256,
	LEAVE_MS = 1000,
	STACK_SIZE = 64 << 10,
	STOPS_MAX = 100,
};

struct term {
	int fd;
	bool entered, full; /* full: the terminal doesn't read */
	struct termios saved;
	struct buf out;
	char *enter, *leave;
};

static const int crashes[] = {
	SIGSEGV,
	SIGBUS,
	SIGABRT,
	SIGILL,
	SIGFPE,
	SIGQUIT,
};

enum { CRASHES = sizeof(crashes) / sizeof(crashes[0]) };

/* What a crash and exit() need to leave the terminal; a signal handler has
 * nothing else to find it by. */
static struct {
	volatile sig_atomic_t armed;
	int fd;
	struct termios saved;
	char leave[LEAVE_MAX];
	size_t len;
	struct sigaction old[CRASHES];
	void *stack;
} rescue;

bool
term_is_dumb(void)
{
	const char *type = getenv("TERM");

	return type == NULL || type[0] == '\0' || strcmp(type, "dumb") == 0;
}

/* Writes as much as goes within about a second. Async-signal-safe. */
static void
write_all(int fd, const char *p, size_t len)
{
	struct pollfd pfd = { .fd = fd, .events = POLLOUT };
	int left = LEAVE_MS / 100;

	while (len > 0 && left > 0) {
		ssize_t n = write(fd, p, len);

		if (n > 0) {
			p += n;
			len -= (size_t)n;
		} else if (n < 0 && errno == EAGAIN) {
			poll(&pfd, 1, 100);
			left--;
		} else if (n == 0 || errno != EINTR) {
			return;
		}
	}
}

static void
leave_in_haste(void)
{
	int saved_errno = errno;

	if (!rescue.armed)
		return;
	rescue.armed = 0;
	write_all(rescue.fd, rescue.leave, rescue.len);
	tcsetattr(rescue.fd, TCSANOW, &rescue.saved);
	errno = saved_errno;
}

static void
on_crash(int sig)
{
	unsigned i = 0;

	leave_in_haste();
	while (i < CRASHES - 1 && crashes[i] != sig)
		i++;
	/* once more, for whoever handled it before, or the core dump */
	sigaction(sig, &rescue.old[i], NULL);
	raise(sig);
}

static void
remember_leave(const struct term *t)
{
	size_t len = strlen(t->leave);

	rescue.len = 0;
	if (len > sizeof(rescue.leave))
		len = sizeof(rescue.leave);
	memcpy(rescue.leave, t->leave, len);
	rescue.len = len;
}

static void
arm(const struct term *t)
{
	static bool registered;
	struct sigaction sa = { .sa_flags = SA_ONSTACK };
	stack_t stack, old;

	if (!registered) {
		registered = true;
		atexit(leave_in_haste);
	}
	rescue.fd = t->fd;
	rescue.saved = t->saved;
	remember_leave(t);
	if (sigaltstack(NULL, &old) == 0 && (old.ss_flags & SS_DISABLE)) {
		/* a handler for the stack's own end needs another stack */
		rescue.stack = xmalloc(STACK_SIZE);
		stack = (stack_t){
			.ss_sp = rescue.stack,
			.ss_size = STACK_SIZE,
		};
		sigaltstack(&stack, NULL);
	}
	sa.sa_handler = on_crash;
	sigemptyset(&sa.sa_mask);
	rescue.armed = 1;
	for (unsigned i = 0; i < CRASHES; i++)
		sigaction(crashes[i], &sa, &rescue.old[i]);
}

static void
disarm(void)
{
	stack_t none = { .ss_flags = SS_DISABLE };

	rescue.armed = 0;
	for (unsigned i = 0; i < CRASHES; i++)
		sigaction(crashes[i], &rescue.old[i], NULL);
	if (rescue.stack != NULL) {
		sigaltstack(&none, NULL);
		free(rescue.stack);
		rescue.stack = NULL;
	}
}

struct term *
term_open(struct buf *err)
{
	struct termios saved;
	struct term *t;
	int fd;

	fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || tcgetattr(fd, &saved) < 0) {
		buf_printf(err, "no terminal: %s", strerror(errno));
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	t = xcalloc(1, sizeof(*t));
	t->fd = fd;
	t->saved = saved;
	t->enter = xstrndup("", 0);
	t->leave = xstrndup("", 0);
	buf_init(&t->out, OUT_MAX);
	return t;
}

void
term_close(struct term *t)
{
	term_leave(t);
	close(t->fd);
	buf_deinit(&t->out);
	free(t->enter);
	free(t->leave);
	free(t);
}

int
term_fd(const struct term *t)
{
	return t->fd;
}

void
term_size(const struct term *t, unsigned *rows, unsigned *columns)
{
	struct winsize ws = { 0 };

	ioctl(t->fd, TIOCGWINSZ, &ws);
	*rows = ws.ws_row > 0 ? ws.ws_row : 24;
	*columns = ws.ws_col > 0 ? ws.ws_col : 80;
}

/* In the background, waits to be put into the foreground: what the settings
 * are there is the shell's affair. */
static void
wait_for_foreground(int fd)
{
	for (unsigned i = 0; i < STOPS_MAX; i++) {
		pid_t group = tcgetpgrp(fd);

		if (group < 0 || group == getpgrp())
			return;
		kill(0, SIGTTOU);
	}
}

static int
set_raw(const struct term *t)
{
	struct termios raw = t->saved;

	cfmakeraw(&raw);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	while (tcsetattr(t->fd, TCSANOW, &raw) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

int
term_enter(struct term *t)
{
	int rc;

	if (t->entered)
		return 0;
	wait_for_foreground(t->fd);
	if (tcgetattr(t->fd, &t->saved) < 0)
		return -errno;
	arm(t);
	rc = set_raw(t);
	if (rc < 0) {
		disarm();
		return rc;
	}
	t->entered = true;
	buf_puts(&t->out, t->enter);
	return 0;
}

void
term_leave(struct term *t)
{
	if (!t->entered)
		return;
	buf_puts(&t->out, t->leave);
	write_all(t->fd, t->out.p, t->out.len);
	buf_clear(&t->out);
	t->full = false;
	/* what comes now (an answer, the rest of a key) is not for the shell */
	tcflush(t->fd, TCIFLUSH);
	while (tcsetattr(t->fd, TCSANOW, &t->saved) < 0)
		if (errno != EINTR)
			break;
	disarm();
	t->entered = false;
}

int
term_suspend(struct term *t)
{
	struct sigaction stop = { .sa_handler = SIG_DFL }, old;
	sigset_t set, old_set;

	term_leave(t);
	sigemptyset(&stop.sa_mask);
	sigaction(SIGTSTP, &stop, &old);
	sigemptyset(&set);
	sigaddset(&set, SIGTSTP);
	sigprocmask(SIG_UNBLOCK, &set, &old_set);
	kill(0, SIGTSTP);
	/* here again after SIGCONT */
	sigprocmask(SIG_SETMASK, &old_set, NULL);
	sigaction(SIGTSTP, &old, NULL);
	return term_enter(t);
}

int
term_continue(struct term *t)
{
	int rc;

	if (!t->entered)
		return 0;
	rc = set_raw(t);
	if (rc == 0)
		buf_puts(&t->out, t->enter);
	return rc;
}

struct buf *
term_out(struct term *t)
{
	return &t->out;
}

int
term_flush(struct term *t)
{
	while (t->out.len > 0) {
		ssize_t n = write(t->fd, t->out.p, t->out.len);

		if (n > 0)
			buf_consume(&t->out, (size_t)n);
		else if (n == 0)
			return -EIO;
		else if (errno != EINTR) {
			t->full = errno == EAGAIN;
			return -errno;
		}
	}
	t->full = false;
	return 0;
}

bool
term_pending(const struct term *t)
{
	return t->full;
}

static void
replace(char **to, struct slice s)
{
	free(*to);
	*to = xstrndup(s.p, s.len);
}

void
term_set_strings(struct term *t, struct slice enter, struct slice leave)
{
	replace(&t->enter, enter);
	replace(&t->leave, leave);
	if (t->entered)
		remember_leave(t);
}
