#include "config.h"

#include "net/listener.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "net/stream.h"

enum { BACKLOG = 1024 };

struct listener {
	uv_tcp_t tcp;
	struct loop *loop;
	struct timeq *linger;
	void (*on_stream)(void *arg, struct stream *s);
	void *arg;
};

static void
on_connection(uv_stream_t *h, int status)
{
	struct listener *l = container_of(h, struct listener, tcp);
	struct stream *s;

	if (status < 0)
		return;
	s = stream_accept(l->loop, h, l->linger);
	if (s != NULL)
		l->on_stream(l->arg, s);
}

static void
on_handle_closed(uv_handle_t *h)
{
	free(container_of(h, struct listener, tcp));
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

static int
try_listen(struct listener *l, const char *host, int port)
{
	struct sockaddr_storage addr;
	int err = parse_host(host, port, &addr);

	if (err)
		return err;
	/* Without UV_TCP_IPV6ONLY `::` takes both families. */
	err = uv_tcp_bind(&l->tcp, (const struct sockaddr *)&addr, 0);
	if (err)
		return err;
	return uv_listen((uv_stream_t *)&l->tcp, BACKLOG, on_connection);
}

struct listener *
listener_open(struct loop *loop, const char *host, int port,
    struct timeq *linger, void (*on_stream)(void *arg, struct stream *s),
    void *arg, int *err)
{
	struct listener *l = xcalloc(1, sizeof(*l));

	l->loop = loop;
	l->linger = linger;
	l->on_stream = on_stream;
	l->arg = arg;
	uv_tcp_init(&loop->uv, &l->tcp);
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

int
listener_port(const struct listener *l)
{
	struct sockaddr_storage ss;
	int len = sizeof(ss);

	memset(&ss, 0, sizeof(ss));
	if (uv_tcp_getsockname(&l->tcp, (struct sockaddr *)&ss, &len) < 0)
		return -1;
	if (ss.ss_family == AF_INET)
		return ntohs(((struct sockaddr_in *)&ss)->sin_port);
	return ntohs(((struct sockaddr_in6 *)&ss)->sin6_port);
}

void
listener_close(struct listener *l)
{
	uv_close((uv_handle_t *)&l->tcp, on_handle_closed);
}
