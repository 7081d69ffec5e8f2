#include "config.h"

#include <stdio.h>
#include <string.h>

#include "gen.h"
#include "proto/ws.h"

enum { PACKET_MAX = 256 }; /* that we send */

static const char *
scheme(const struct gen *g)
{
	return g->o.tls ? "https" : "http";
}

void
gen_ws_connected(struct gen_conn *conn)
{
	const struct gen *g = conn->client->gen;
	char request[512];
	int n = snprintf(request, sizeof(request),
	    "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n"
	    "Host: 127.0.0.1:%d\r\nOrigin: %s://127.0.0.1:%d\r\n"
	    "Upgrade: websocket\r\nConnection: Upgrade\r\n"
	    "Sec-WebSocket-Version: 13\r\n"
	    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
	    g->o.port, scheme(g), g->o.port);

	gen_socket_send(conn, request, (size_t)n);
}

/* The answer to the key above is in RFC 6455, section 1.3. */
static size_t
answer(const char *p, size_t len)
{
	const char *end = memmem(p, len, "\r\n\r\n", 4);

	if (end == NULL)
		return 0;
	if (strncmp(p, "HTTP/1.1 101", 12) != 0 ||
	    memmem(p, len, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", 28) == NULL)
		gen_die("no WebSocket: %.*s", (int)(end - p), p);
	return (size_t)(end - p) + 4;
}

size_t
gen_ws_read(struct gen_conn *conn, char *p, size_t len)
{
	struct gen_client *c = conn->client;
	size_t at = 0, head, n;

	if (c->state == GEN_OPENING && c->sid[0] == '\0' && p[0] == 'H') {
		at = answer(p, len);
		if (at == 0)
			return 0;
	}
	while (len - at >= 2) {
		const uint8_t *f = (const uint8_t *)p + at;

		head = f[1] < 126 ? 2 : 4; /* none is over 64 KiB */
		if (f[1] > 126)
			gen_die("client %u: a frame of a kind", c->id);
		if (len - at < head)
			break;
		n = head == 2 ? f[1] : (size_t)(f[2] << 8 | f[3]);
		if (len - at < head + n)
			break;
		if (f[0] != (0x80 | WS_TEXT))
			gen_die("client %u: a frame of %#x", c->id, f[0]);
		gen_packet(c, p + at + head, n);
		at += head + n;
	}
	return at;
}

void
gen_ws_send(struct gen_client *c, const char *p, size_t len)
{
	static const uint8_t key[WS_KEY_LEN] = { 0x5a, 0x17, 0xc3, 0x88 };
	uint8_t frame[WS_HEAD_MAX + WS_KEY_LEN + PACKET_MAX];
	size_t n = ws_head(frame, WS_TEXT, len, key);

	if (len > PACKET_MAX)
		gen_die("too long a packet");
	memcpy(frame + n, p, len);
	ws_mask(frame + n, len, key);
	gen_socket_send(&c->main, frame, n + len);
}
