#include "config.h"

#include "server/supervisor.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "hub/hub.h"

enum { SOCKETS_MAX = 1024 };

/* ---- the environment ---- */

/* A decimal number; 0 if there is none. */
static uint64_t
number(const char *variable)
{
	const char *value = getenv(variable);

	return value != NULL && value[0] >= '0' && value[0] <= '9'
		   ? strtoull(value, NULL, 10)
		   : 0;
}

/* Are they our sockets, or those of who has started us? */
static unsigned
take_sockets(void)
{
	uint64_t n = number("LISTEN_FDS");

	if (number("LISTEN_PID") != (uint64_t)getpid())
		n = 0;
	n = n < SOCKETS_MAX ? n : SOCKETS_MAX;
	for (int fd = SUPERVISOR_FD; fd < SUPERVISOR_FD + (int)n; fd++)
		fcntl(fd, F_SETFD, FD_CLOEXEC);
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	return (unsigned)n;
}

static uint64_t
take_patience(void)
{
	uint64_t us = number("WATCHDOG_USEC");

	if (getenv("WATCHDOG_PID") != NULL &&
	    number("WATCHDOG_PID") != (uint64_t)getpid())
		us = 0;
	unsetenv("WATCHDOG_PID");
	unsetenv("WATCHDOG_USEC");
	return us / 1000;
}

/* The socket of a path, or of an abstract name after `@`. */
static int
take_notify(void)
{
	const char *name = getenv("NOTIFY_SOCKET");
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	size_t len = name != NULL ? strlen(name) : 0;
	int fd = -1;

	if (len > 1 && len < sizeof(addr.sun_path) &&
	    (name[0] == '/' || name[0] == '@')) {
		memcpy(addr.sun_path, name, len);
		if (name[0] == '@')
			addr.sun_path[0] = '\0';
		fd = socket(
		    AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	}
	if (fd >= 0 && connect(fd, (struct sockaddr *)&addr,
			   (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
				       len)) < 0) {
		close(fd);
		fd = -1;
	}
	if (name != NULL && fd < 0)
		log_event(LOG_WARN, "supervisor", LF_CSTR("socket", name),
		    LF_CSTR("reason", "can't be reached"));
	unsetenv("NOTIFY_SOCKET");
	return fd;
}

/* ---- telling ---- */

/* It may have gone, and is not waited for. */
static void
tell(const struct supervisor *s, const char *state)
{
	if (s->notify >= 0 &&
	    send(s->notify, state, strlen(state), MSG_NOSIGNAL) < 0)
		log_event(LOG_DEBUG, "supervisor", LF_CSTR("untold", state));
}

static void
on_answer(void *arg)
{
	struct supervisor *s = arg;

	s->asked = false;
	tell(s, "WATCHDOG=1");
}

/* Who has not answered the last time is not asked again. */
static void
on_timer(uv_timer_t *t)
{
	struct supervisor *s = t->data;

	if (s->asked)
		return;
	s->asked = true;
	hub_ping(s->hub, on_answer, s);
}

/* ---- from the server ---- */

void
supervisor_init(struct supervisor *s, struct loop *loop)
{
	*s = (struct supervisor){ .sockets = take_sockets(),
		.patience = take_patience(),
		.notify = take_notify() };
	uv_timer_init(&loop->uv, &s->timer);
	s->timer.data = s;
	/* Without anything to read again that is no reason to end, where there
	 * is no terminal that may be gone. */
	if (s->notify >= 0)
		signal(SIGHUP, SIG_IGN);
}

void
supervisor_ready(struct supervisor *s, struct hub *hub)
{
	s->hub = hub;
	tell(s, "READY=1");
	if (s->notify >= 0 && s->patience > 1)
		uv_timer_start(
		    &s->timer, on_timer, s->patience / 2, s->patience / 2);
}

void
supervisor_stopping(struct supervisor *s)
{
	tell(s, "STOPPING=1");
}

void
supervisor_close(struct supervisor *s)
{
	uv_close((uv_handle_t *)&s->timer, NULL);
	if (s->notify >= 0)
		close(s->notify);
	s->notify = -1;
}
