#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "gen.h"

enum { HEAD_MAX = 512, SEPARATOR = 0x1e };

/* The packets that wait go out in one POST, one at a time. */
static void
post(struct gen_client *c, struct gen_conn *conn)
{
	char head[HEAD_MAX];
	int n;

	if (c->posts_len == 0 || conn->busy)
		return;
	if (conn->fd < 0)
		gen_socket_open(conn);
	n = snprintf(head, sizeof(head),
	    "POST /socket.io/?EIO=4&transport=polling&sid=%s HTTP/1.1\r\n"
	    "Host: 127.0.0.1:%d\r\nContent-Type: text/plain\r\n"
	    "Content-Length: %zu\r\n\r\n",
	    c->sid, c->gen->o.port, c->posts_len);
	c->posts = xrealloc(c->posts, c->posts_len + (size_t)n);
	memmove(c->posts + n, c->posts, c->posts_len);
	memcpy(c->posts, head, (size_t)n);
	conn->busy = true;
	gen_socket_send(conn, c->posts, c->posts_len + (size_t)n);
	c->posts_len = 0;
}

static void
get(struct gen_client *c)
{
	char head[HEAD_MAX];
	int n = snprintf(head, sizeof(head),
	    "GET /socket.io/?EIO=4&transport=polling%s%s HTTP/1.1\r\n"
	    "Host: 127.0.0.1:%d\r\n\r\n",
	    c->sid[0] != '\0' ? "&sid=" : "", c->sid, c->gen->o.port);

	c->main.busy = true;
	gen_socket_send(&c->main, head, (size_t)n);
}

void
gen_polling_connected(struct gen_conn *conn)
{
	get(conn->client);
}

void
gen_polling_send(struct gen_client *c, const char *p, size_t len)
{
	c->posts = xrealloc(c->posts, c->posts_len + 1 + len);
	if (c->posts_len > 0)
		c->posts[c->posts_len++] = SEPARATOR;
	memcpy(c->posts + c->posts_len, p, len);
	c->posts_len += len;
	/* To join, the one connection does: the other may never be needed. */
	if (c->state == GEN_READY)
		post(c, &c->post);
}

/* Length of a response's body, or -1 if its head is not all there. */
static long
body_len(const char *p, const char *end)
{
	static const char name[] = "content-length:";

	while (p < end) {
		if (strncasecmp(p, name, sizeof(name) - 1) == 0)
			return strtol(p + sizeof(name) - 1, NULL, 10);
		p = memchr(p, '\n', (size_t)(end - p));
		if (p == NULL)
			break;
		p++;
	}
	return -1;
}

static void
payload(struct gen_client *c, const char *p, size_t len)
{
	const char *end = p + len, *stop;

	while (p < end) {
		stop = memchr(p, SEPARATOR, (size_t)(end - p));
		if (stop == NULL)
			stop = end;
		gen_packet(c, p, (size_t)(stop - p));
		p = stop + 1;
	}
}

static void
response(struct gen_conn *conn, const char *body, size_t len)
{
	struct gen_client *c = conn->client;
	enum gen_state was = c->state;

	conn->busy = false;
	if (conn == &c->post) {
		post(c, conn);
		return;
	}
	if (len == 2 && memcmp(body, "ok", 2) == 0) {
		get(c);
		return;
	}
	payload(c, body, len);
	if (was == GEN_OPENING)
		post(c, conn);
	else
		get(c);
}

size_t
gen_polling_read(struct gen_conn *conn, char *p, size_t len)
{
	size_t at = 0, head;
	long n;

	while (at < len) {
		char *end = memmem(p + at, len - at, "\r\n\r\n", 4);

		if (end == NULL)
			break;
		head = (size_t)(end - (p + at)) + 4;
		n = body_len(p + at, end);
		if (strncmp(p + at, "HTTP/1.1 200", 12) != 0 || n < 0)
			gen_die("client %u: %.*s", conn->client->id,
			    (int)(len - at), p + at);
		if (len - at < head + (size_t)n)
			break;
		response(conn, p + at + head, (size_t)n);
		at += head + (size_t)n;
	}
	return at;
}
