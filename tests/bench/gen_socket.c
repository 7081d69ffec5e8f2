#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "gen.h"

enum {
	EVENTS = 512,
	SOURCES = 8, /* addresses to connect from, as ports run out */
};

static void
watch(struct gen_conn *conn)
{
	struct epoll_event e = { .events =
				     EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
		.data.ptr = conn };

	if (epoll_ctl(conn->client->gen->epoll, EPOLL_CTL_ADD, conn->fd, &e) <
	    0)
		gen_die("epoll_ctl: %s", strerror(errno));
}

void
gen_socket_open(struct gen_conn *conn)
{
	struct gen *g = conn->client->gen;
	struct sockaddr_in from = { .sin_family = AF_INET,
		.sin_addr.s_addr =
		    htonl(INADDR_LOOPBACK + conn->client->id % SOURCES) };
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons((uint16_t)g->o.port) };
	int on = 1;

	conn->fd =
	    socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (conn->fd < 0)
		gen_die("socket: %s", strerror(errno));
	setsockopt(conn->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(
	    conn->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
	if (bind(conn->fd, (struct sockaddr *)&from, sizeof(from)) < 0)
		gen_die("bind: %s", strerror(errno));
	if (connect(conn->fd, (struct sockaddr *)&to, sizeof(to)) < 0 &&
	    errno != EINPROGRESS)
		gen_die("connect: %s", strerror(errno));
	conn->connected = conn->busy = false;
	if (g->ctx != NULL) {
		conn->ssl = SSL_new(g->ctx);
		SSL_set_fd(conn->ssl, conn->fd);
		SSL_set_connect_state(conn->ssl);
	}
	watch(conn);
}

void
gen_socket_close(struct gen_conn *conn)
{
	/* Nothing is left waiting, so that the port is free at once. */
	struct linger at_once = { 1, 0 };

	if (conn->fd >= 0) {
		setsockopt(
		    conn->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
		close(conn->fd);
	}
	SSL_free(conn->ssl);
	free(conn->in);
	free(conn->out);
	*conn = (struct gen_conn){ .fd = -1, .client = conn->client };
}

/* Returns how much the socket took, 0 for none now. */
static size_t
put(struct gen_conn *conn, const char *p, size_t len)
{
	ssize_t n;

	if (conn->ssl != NULL) {
		n = SSL_write(conn->ssl, p, (int)len);
		if (n > 0)
			return (size_t)n;
		switch (SSL_get_error(conn->ssl, (int)n)) {
		case SSL_ERROR_WANT_READ:
		case SSL_ERROR_WANT_WRITE:
			return 0;
		default:
			gen_die("client %u: TLS fails", conn->client->id);
		}
	}
	n = send(conn->fd, p, len, MSG_NOSIGNAL);
	if (n < 0 && errno != EAGAIN)
		gen_die("client %u: %s", conn->client->id, strerror(errno));
	return n < 0 ? 0 : (size_t)n;
}

static void
flush(struct gen_conn *conn)
{
	size_t n;

	while (conn->out_len > 0) {
		n = put(conn, conn->out, conn->out_len);
		if (n == 0)
			return;
		conn->out_len -= n;
		memmove(conn->out, conn->out + n, conn->out_len);
	}
}

void
gen_socket_send(struct gen_conn *conn, const void *p, size_t len)
{
	size_t n = 0;

	if (conn->connected && conn->out_len == 0 && conn->ssl == NULL)
		n = put(conn, p, len);
	if (n == len)
		return;
	conn->out = xrealloc(conn->out, conn->out_len + len - n);
	memcpy(conn->out + conn->out_len, (const char *)p + n, len - n);
	conn->out_len += len - n;
	if (conn->connected)
		flush(conn);
}

/* Returns how much came, 0 for none now, -1 for the end. */
static ssize_t
take(struct gen_conn *conn, char *p, size_t len)
{
	ssize_t n;

	if (conn->ssl == NULL) {
		n = recv(conn->fd, p, len, 0);
		if (n < 0 && errno == EAGAIN)
			return 0;
		return n > 0 ? n : -1;
	}
	n = SSL_read(conn->ssl, p, (int)len);
	if (n > 0)
		return n;
	switch (SSL_get_error(conn->ssl, (int)n)) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		return 0;
	default:
		return -1;
	}
}

/* An end is only right for who waits for nothing: a server may close what it
 * takes for idle. */
static void
ended(struct gen_conn *conn)
{
	if (conn != &conn->client->post || conn->busy)
		gen_die("client %u is closed", conn->client->id);
	gen_socket_close(conn);
}

static void
keep(struct gen_conn *conn, const char *p, size_t len)
{
	if (len > 0) {
		conn->in = xrealloc(conn->in, len);
		memcpy(conn->in, p, len);
	}
	conn->in_len = len;
}

static void
receive(struct gen *g, struct gen_conn *conn)
{
	size_t have, used, room;
	ssize_t n;

	do {
		have = conn->in_len;
		if (have >= GEN_READ_SIZE)
			gen_die("client %u: too long", conn->client->id);
		if (have > 0)
			memcpy(g->read, conn->in, have);
		room = GEN_READ_SIZE - have;
		n = take(conn, g->read + have, room);
		if (n < 0) {
			ended(conn);
			return;
		}
		if (n == 0)
			return;
		g->read_bytes += (uint64_t)n;
		g->now = gen_now();
		have += (size_t)n;
		g->read[have] = '\0';
		used = g->o.polling ? gen_polling_read(conn, g->read, have)
				    : gen_ws_read(conn, g->read, have);
		keep(conn, g->read + used, have - used);
	} while (conn->ssl != NULL || (size_t)n == room);
}

static void
connected(struct gen *g, struct gen_conn *conn)
{
	int error = 0;
	socklen_t len = sizeof(error);

	getsockopt(conn->fd, SOL_SOCKET, SO_ERROR, &error, &len);
	if (error != 0)
		gen_die("client %u: %s", conn->client->id, strerror(error));
	conn->connected = true;
	if (conn == &conn->client->post)
		return;
	conn->client->state = GEN_OPENING;
	if (g->o.polling)
		gen_polling_connected(conn);
	else
		gen_ws_connected(conn);
}

void
gen_turn(struct gen *g, uint64_t until, bool sleep)
{
	struct epoll_event events[EVENTS];
	uint64_t now = gen_now();
	int ms = sleep && until > now ? (int)((until - now) / 1000000) : 0;
	int n = epoll_wait(g->epoll, events, EVENTS, ms < 100 ? ms : 100);

	if (gen_interrupted())
		gen_die("interrupted");
	for (int i = 0; i < n; i++) {
		struct gen_conn *conn = events[i].data.ptr;

		if (conn->fd < 0)
			continue;
		if (!conn->connected)
			connected(g, conn);
		if ((events[i].events & EPOLLOUT) != 0 || conn->ssl != NULL)
			flush(conn);
		if ((events[i].events & ~(uint32_t)EPOLLOUT) != 0)
			receive(g, conn);
	}
}
