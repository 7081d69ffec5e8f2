#include "config.h"

#include "net/listener.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "net/admission.h"
#include "net/stream.h"

enum {
	BACKLOG = 4096,
	BATCH = 32,     /* taken in a turn, so that others have theirs */
	PAUSE_MS = 100, /* until it tries again */
	LOG_MS = 60000, /* between two lines of the log */
};

struct listener {
	int fd;
	uv_poll_t ready;
	uv_timer_t pause; /* not accepting */
	unsigned handles; /* of these two, not closed yet */
	uint64_t told;    /* when it was logged that it fails; 0: never */
	struct loop *loop;
	struct timeq *linger;
	struct admission *admission;
	void (*on_stream)(void *arg, struct stream *s);
	void *arg;
};

static void
on_ready(uv_poll_t *h, int status, int events);

static void
on_pause_over(uv_timer_t *h)
{
	struct listener *l = container_of(h, struct listener, pause);

	uv_poll_start(&l->ready, UV_READABLE, on_ready);
}

/*
 * There are no descriptors left, most likely. Who waits goes on waiting, in
 * the backlog, and the loop must not turn for it.
 */
static void
rest(struct listener *l, int err)
{
	uint64_t now = loop_now(l->loop);

	uv_poll_stop(&l->ready);
	uv_timer_start(&l->pause, on_pause_over, PAUSE_MS, 0);
	if (l->told != 0 && now - l->told < LOG_MS)
		return;
	l->told = now;
	log_event(LOG_ERROR, "accept-failed", LF_CSTR("error", strerror(err)));
}

static void
take(struct listener *l, int fd, const struct sockaddr *from)
{
	struct admission_seat seat = { .admission = NULL };
	struct address peer = address_of(from);
	struct stream *s;

	if (l->admission != NULL && admission_enter(l->admission, &peer,
					loop_now(l->loop), &seat) != ADMITTED) {
		close(fd);
		return;
	}
	s = stream_accept(l->loop, fd, l->linger, &peer, &seat);
	if (s != NULL)
		l->on_stream(l->arg, s);
}

static void
on_ready(uv_poll_t *h, int status, int events)
{
	struct listener *l = container_of(h, struct listener, ready);

	(void)events;
	if (status < 0) {
		rest(l, -status);
		return;
	}
	for (unsigned i = 0; i < BATCH && l->fd >= 0; i++) {
		struct sockaddr_storage from = { .ss_family = AF_UNSPEC };
		socklen_t len = sizeof(from);
		int fd = accept4(l->fd, (struct sockaddr *)&from, &len,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			take(l, fd, (struct sockaddr *)&from);
		} else if (errno == EAGAIN) {
			return;
		} else if (errno != EINTR && errno != ECONNABORTED) {
			rest(l, errno);
			return;
		}
	}
}

static void
on_handle_closed(uv_handle_t *h)
{
	struct listener *l = h->data;

	if (--l->handles == 0)
		free(l);
}

static int
parse_host(const char *host, int port, struct sockaddr_storage *out)
{
	char bare[64];
	size_t len = strlen(host);

	memset(out, 0, sizeof(*out));
	if (strcmp(host, "localhost") == 0)
		host = "127.0.0.1";
	if (uv_ip4_addr(host, port, (struct sockaddr_in *)out) == 0)
		return 0;
	if (len > 2 && len < sizeof(bare) && host[0] == '[' &&
	    host[len - 1] == ']') {
		memcpy(bare, host + 1, len - 2);
		bare[len - 2] = '\0';
		host = bare;
	}
	return uv_ip6_addr(host, port, (struct sockaddr_in6 *)out);
}

/* From now on connections are taken. 0 or a negative UV_ error. */
static int
start(struct listener *l)
{
	int err = uv_poll_init(&l->loop->uv, &l->ready, l->fd);

	if (err)
		return err;
	uv_timer_init(&l->loop->uv, &l->pause);
	l->handles = 2;
	l->ready.data = l->pause.data = l;
	return uv_poll_start(&l->ready, UV_READABLE, on_ready);
}

/* 0 or a negative errno. */
static int
try_listen(struct listener *l, const char *host, int port)
{
	struct sockaddr_storage addr;
	int err = parse_host(host, port, &addr), yes = 1, no = 0;
	bool six = addr.ss_family == AF_INET6;

	if (err)
		return err;
	l->fd = socket(
	    addr.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (l->fd < 0)
		return -errno;
	setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	/* `::` takes both families. */
	if ((six && setsockopt(l->fd, IPPROTO_IPV6, IPV6_V6ONLY, &no,
			sizeof(no)) < 0) ||
	    bind(l->fd, (struct sockaddr *)&addr,
		six ? sizeof(struct sockaddr_in6)
		    : sizeof(struct sockaddr_in)) < 0 ||
	    listen(l->fd, BACKLOG) < 0)
		return -errno;
	return start(l);
}

static struct listener *
listener_new(struct loop *loop, struct timeq *linger,
    void (*on_stream)(void *arg, struct stream *s), void *arg)
{
	struct listener *l = xcalloc(1, sizeof(*l));

	l->loop = loop;
	l->linger = linger;
	l->on_stream = on_stream;
	l->arg = arg;
	l->fd = -1;
	return l;
}

struct listener *
listener_open(struct loop *loop, const char *host, int port,
    struct timeq *linger, void (*on_stream)(void *arg, struct stream *s),
    void *arg, int *err)
{
	struct listener *l = listener_new(loop, linger, on_stream, arg);

	*err = try_listen(l, host != NULL ? host : "::", port);
	if (*err == 0)
		return l;
	listener_close(l);
	if (host == NULL &&
	    (*err == UV_EAFNOSUPPORT || *err == UV_EADDRNOTAVAIL))
		return listener_open(
		    loop, "0.0.0.0", port, linger, on_stream, arg, err);
	return NULL;
}

/* Is it one of TCP's that listens? 0 or a negative UV_ error. */
static int
check_listening(int fd)
{
	struct sockaddr_storage ss = { .ss_family = AF_UNSPEC };
	socklen_t len = sizeof(ss), size = sizeof(int);
	int listens = 0;

	if (getsockname(fd, (struct sockaddr *)&ss, &len) < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) < 0)
		return -errno;
	if (ss.ss_family != AF_INET && ss.ss_family != AF_INET6)
		return UV_EAFNOSUPPORT;
	return listens ? 0 : UV_EINVAL;
}

struct listener *
listener_open_fd(struct loop *loop, int fd, struct timeq *linger,
    void (*on_stream)(void *arg, struct stream *s), void *arg, int *err)
{
	struct listener *l;

	*err = check_listening(fd);
	if (*err)
		return NULL;
	l = listener_new(loop, linger, on_stream, arg);
	l->fd = fd;
	*err = start(l); /* which makes it a non-blocking one */
	if (*err == 0)
		return l;
	listener_close(l);
	return NULL;
}

void
listener_admit(struct listener *l, struct admission *a)
{
	l->admission = a;
}

int
listener_port(const struct listener *l)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	memset(&ss, 0, sizeof(ss));
	if (getsockname(l->fd, (struct sockaddr *)&ss, &len) < 0)
		return -1;
	if (ss.ss_family == AF_INET)
		return ntohs(((struct sockaddr_in *)&ss)->sin_port);
	return ntohs(((struct sockaddr_in6 *)&ss)->sin6_port);
}

void
listener_close(struct listener *l)
{
	if (l->handles > 0) {
		uv_close((uv_handle_t *)&l->ready, on_handle_closed);
		uv_close((uv_handle_t *)&l->pause, on_handle_closed);
	}
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
	if (l->handles == 0)
		free(l);
}
