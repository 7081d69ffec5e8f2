#include "config.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/mem.h"
#include "proto/ws.h"

/*
 * The least that can be done: a server on libuv that tells everybody what
 * anybody says, and can do nothing else, not even look whether it may. It
 * shows what the machine is able to.
 *
 *   bare each FRAME      every message at once, a write to each client
 *   bare gathered FRAME  what came in a turn of the loop, in one write to each
 *
 * FRAME is how many bytes the frame of a message has at least: it is filled
 * up by a second argument.
 */

enum {
	READ_SIZE = 1 << 18,
	IN_MAX = 4096,     /* of a request or frame that is not all there */
	OUT_MAX = 1 << 22, /* of a turn */
	BACKLOG = 4096,
};

struct client {
	uv_tcp_t tcp;
	size_t at; /* in clients, + 1; 0: not connected yet */
	bool upgraded;
	char *in;
	size_t in_len;
};

struct late {
	uv_write_t write;
	char bytes[];
};

static struct client **clients;
static size_t n_clients, cap_clients, frame_min;
static bool gathered;
static uv_loop_t *loop;
static char in[READ_SIZE], out[OUT_MAX];
static size_t out_len;

static void
on_closed(uv_handle_t *h)
{
	struct client *c = (struct client *)h;

	free(c->in);
	free(c);
}

static void
leave(struct client *c)
{
	if (uv_is_closing((uv_handle_t *)&c->tcp))
		return;
	if (c->at > 0) {
		clients[c->at - 1] = clients[--n_clients];
		clients[c->at - 1]->at = c->at;
	}
	uv_close((uv_handle_t *)&c->tcp, on_closed);
}

static void
on_late(uv_write_t *w, int status)
{
	(void)status;
	free(w);
}

static void
put(struct client *c, const char *p, size_t len)
{
	uv_buf_t b = uv_buf_init((char *)(uintptr_t)p, (unsigned)len);
	int n = uv_try_write((uv_stream_t *)&c->tcp, &b, 1);
	struct late *l;

	if (n == (int)len || (n < 0 && n != UV_EAGAIN))
		return;
	n = n < 0 ? 0 : n;
	l = xmalloc(sizeof(*l) + len - (size_t)n);
	memcpy(l->bytes, p + n, len - (size_t)n);
	b = uv_buf_init(l->bytes, (unsigned)len - (unsigned)n);
	uv_write(&l->write, (uv_stream_t *)&c->tcp, &b, 1, on_late);
}

static size_t
frame(char *to, const char *p, size_t len)
{
	size_t n = ws_head((uint8_t *)to, WS_TEXT, len, NULL);

	memcpy(to + n, p, len);
	return n + len;
}

static void
say(struct client *c, const char *text)
{
	char f[512];

	put(c, f, frame(f, text, strlen(text)));
}

static void
flush(void)
{
	for (size_t i = 0; i < n_clients; i++)
		put(clients[i], out, out_len);
	out_len = 0;
}

/* ["nuevo mensaje","text"]; an acknowledgement that is asked for is given. */
static void
broadcast(struct client *c, const char *p, size_t len)
{
	char text[IN_MAX], answer[64];
	size_t digits = strspn(p, "0123456789"), n;

	if (digits > 0 && digits < 16) {
		snprintf(answer, sizeof(answer), "43%.*s[]", (int)digits, p);
		say(c, answer);
	}
	n = 2 + len - digits;
	if (n + 16 + frame_min > sizeof(text))
		return;
	memcpy(text, "42", 2);
	memcpy(text + 2, p + digits, len - digits);
	if (n + 8 < frame_min) {
		memcpy(text + n - 1, ",\"", 2);
		for (n++; n + 6 < frame_min; n++)
			text[n] = 'x';
		memcpy(text + n, "\"]", 2);
		n += 2;
	}
	if (out_len + n + WS_HEAD_MAX > OUT_MAX)
		flush();
	out_len += frame(out + out_len, text, n);
	if (!gathered)
		flush();
}

static void
packet(struct client *c, const char *p, size_t len)
{
	if (len < 2 || p[0] != '4')
		return;
	if (p[1] == '2')
		broadcast(c, p + 2, len - 2);
	if (p[1] != '0' || c->at > 0)
		return;
	if (n_clients == cap_clients) {
		cap_clients = cap_clients * 2 + 1024;
		clients = xrealloc(clients, cap_clients * sizeof(*clients));
	}
	clients[n_clients++] = c;
	c->at = n_clients;
	say(c, "40{\"sid\":\"0123456789abcdefghij\"}");
}

/* Always the same answer: the generator's key is that of RFC 6455. */
static size_t
upgrade(struct client *c, const char *p, size_t len)
{
	static const char answer[] = "HTTP/1.1 101 Switching Protocols\r\n"
				     "Upgrade: websocket\r\n"
				     "Connection: Upgrade\r\n"
				     "Sec-WebSocket-Accept: "
				     "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
	const char *end = memmem(p, len, "\r\n\r\n", 4);

	if (end == NULL)
		return 0;
	put(c, answer, sizeof(answer) - 1);
	say(c, "0{\"sid\":\"0123456789abcdefghij\",\"upgrades\":[],"
	       "\"pingInterval\":25000,\"pingTimeout\":20000,"
	       "\"maxPayload\":1000000}");
	c->upgraded = true;
	return (size_t)(end - p) + 4;
}

static size_t
parse(struct client *c, char *p, size_t len)
{
	size_t at = 0, head, n;
	char text[IN_MAX];

	if (!c->upgraded)
		at = upgrade(c, p, len);
	while (c->upgraded && len - at >= 6) {
		uint8_t *f = (uint8_t *)p + at;

		n = f[1] & 127;
		head = n < 126 ? 2 : 4;
		if (head == 4)
			n = (size_t)(f[2] << 8 | f[3]);
		if (n >= sizeof(text) || (f[0] & 15) == WS_CLOSE) {
			leave(c);
			return len;
		}
		if (len - at < head + WS_KEY_LEN + n)
			break;
		ws_mask(f + head + WS_KEY_LEN, n, f + head);
		memcpy(text, f + head + WS_KEY_LEN, n);
		text[n] = '\0';
		packet(c, text, n);
		at += head + WS_KEY_LEN + n;
	}
	return at;
}

static void
on_alloc(uv_handle_t *h, size_t size, uv_buf_t *b)
{
	const struct client *c = (struct client *)h;

	(void)size;
	if (c->in_len > 0)
		memcpy(in, c->in, c->in_len);
	*b = uv_buf_init(in + c->in_len, READ_SIZE - (unsigned)c->in_len);
}

static void
on_read(uv_stream_t *s, ssize_t n, const uv_buf_t *b)
{
	struct client *c = (struct client *)s;
	size_t len, used;

	(void)b;
	if (n == 0)
		return;
	len = c->in_len + (n > 0 ? (size_t)n : 0);
	used = n > 0 ? parse(c, in, len) : 0;
	if (n < 0 || len - used > IN_MAX) {
		leave(c);
		return;
	}
	free(c->in);
	c->in_len = len - used;
	c->in = NULL;
	if (c->in_len > 0) {
		c->in = xmalloc(c->in_len);
		memcpy(c->in, in + used, c->in_len);
	}
}

static void
on_connection(uv_stream_t *listener, int status)
{
	struct client *c;

	if (status < 0)
		return;
	c = xcalloc(1, sizeof(*c));
	uv_tcp_init(loop, &c->tcp);
	if (uv_accept(listener, (uv_stream_t *)&c->tcp) < 0) {
		leave(c);
		return;
	}
	uv_tcp_nodelay(&c->tcp, 1);
	uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read);
}

static void
on_check(uv_check_t *check)
{
	(void)check;
	if (out_len > 0)
		flush();
}

int
main(int argc, char **argv)
{
	struct sockaddr_in a;
	int len = sizeof(a);
	uv_check_t check;
	uv_tcp_t tcp;

	if (argc != 3)
		return 2;
	gathered = strcmp(argv[1], "gathered") == 0;
	frame_min = strtoul(argv[2], NULL, 10);
	if (frame_min > IN_MAX / 2)
		return 2;
	signal(SIGPIPE, SIG_IGN);
	loop = uv_default_loop();
	uv_ip4_addr("127.0.0.1", 0, &a);
	uv_tcp_init(loop, &tcp);
	uv_tcp_bind(&tcp, (struct sockaddr *)&a, 0);
	if (uv_listen((uv_stream_t *)&tcp, BACKLOG, on_connection) < 0)
		return 1;
	uv_tcp_getsockname(&tcp, (struct sockaddr *)&a, &len);
	uv_check_init(loop, &check);
	uv_check_start(&check, on_check);
	printf("http://127.0.0.1:%d\n", ntohs(a.sin_port));
	fflush(stdout);
	return uv_run(loop, UV_RUN_DEFAULT);
}
