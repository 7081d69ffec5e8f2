#include "config.h"

#include "gen.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"

enum { PATIENCE = 120 }; /* s, until all are in */

static volatile sig_atomic_t interrupted;

void
gen_interrupt(int sig)
{
	(void)sig;
	interrupted = 1;
}

bool
gen_interrupted(void)
{
	return interrupted != 0;
}

uint64_t
gen_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

void
gen_die(const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	fputs("ratios: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

unsigned
gen_groups(const struct gen *g)
{
	return g->o.calm > 0 ? 2 : g->o.rooms > 0 ? g->o.rooms : 1;
}

unsigned
gen_group(const struct gen *g, unsigned id)
{
	return g->o.calm > 0 ? id >= g->o.calm : id % gen_groups(g);
}

struct gen *
gen_new(const struct gen_options *o)
{
	struct gen *g = xcalloc(1, sizeof(*g));

	g->o = *o;
	g->clients = xcalloc(o->clients, sizeof(*g->clients));
	for (unsigned i = 0; i < o->clients; i++) {
		struct gen_client *c = &g->clients[i];

		c->gen = g;
		c->id = i;
		c->sender = -1;
		c->main = (struct gen_conn){ .fd = -1, .client = c };
		c->post = c->main;
	}
	g->read = xmalloc(GEN_READ_SIZE + 1);
	g->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (g->epoll < 0)
		gen_die("no epoll");
	if (o->tls) {
		g->ctx = SSL_CTX_new(TLS_client_method());
		if (g->ctx == NULL)
			gen_die("no TLS");
		SSL_CTX_set_mode(g->ctx,
		    SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
			SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	}
	return g;
}

void
gen_free(struct gen *g)
{
	for (unsigned i = 0; i < g->o.clients; i++) {
		gen_socket_close(&g->clients[i].main);
		gen_socket_close(&g->clients[i].post);
		free(g->clients[i].posts);
	}
	close(g->epoll);
	SSL_CTX_free(g->ctx);
	free(g->senders);
	free(g->next);
	free(g->clients);
	free(g->read);
	free(g);
}

void
gen_open_more(struct gen *g)
{
	while (g->opened < g->wanted && g->opened - g->ready < g->window)
		gen_socket_open(&g->clients[g->opened++].main);
}

double
gen_connect(struct gen *g, unsigned clients, unsigned window)
{
	uint64_t begun = gen_now();
	uint64_t end = begun + (uint64_t)PATIENCE * 1000000000;

	g->wanted = clients;
	g->window = window;
	while (g->ready < clients) {
		gen_open_more(g);
		gen_turn(g, end, false);
		if (gen_now() > end)
			gen_die("%u of %u are in after %d s", g->ready, clients,
			    PATIENCE);
	}
	return (double)(gen_now() - begun) / 1e9;
}

/* CONNECT, with the room it is in. */
static void
join(struct gen_client *c)
{
	struct gen *g = c->gen;
	char packet[64] = "40";
	int n = 2;

	if (g->o.rooms > 0 || g->o.calm > 0)
		n = snprintf(packet, sizeof(packet),
		    "40{\"rooms\":[\"bench-%u\"]}", gen_group(g, c->id));
	c->state = GEN_JOINING;
	gen_send(c, packet, (size_t)n);
}

/* The handshake of Engine.IO. */
static void
opened(struct gen_client *c, const char *p, size_t len)
{
	static const char begin[] = "{\"sid\":\"";
	const size_t n = sizeof(begin) - 1;
	const char *end;

	if (len < n || memcmp(p, begin, n) != 0)
		gen_die("no sid: %.*s", (int)len, p);
	end = memchr(p + n, '"', len - n);
	if (end == NULL || (size_t)(end - p) >= n + GEN_SID_SIZE)
		gen_die("a strange sid: %.*s", (int)len, p);
	memcpy(c->sid, p + n, (size_t)(end - p) - n);
	join(c);
}

static void
message(struct gen_client *c, const char *p, size_t len)
{
	switch (len > 1 ? p[1] : 0) {
	case '0':
		if (c->state == GEN_JOINING)
			c->gen->ready++;
		c->state = GEN_READY;
		return;
	case '2':
		gen_text_event(c, p + 2, len - 2);
		return;
	case '3':
		gen_text_acked(c);
		return;
	default:
		gen_die("client %u is told %.*s", c->id, (int)len, p);
	}
}

void
gen_packet(struct gen_client *c, const char *p, size_t len)
{
	switch (len > 0 ? p[0] : 0) {
	case '0':
		opened(c, p + 1, len - 1);
		return;
	case '2':
		gen_send(c, "3", 1);
		return;
	case '4':
		message(c, p, len);
		return;
	case '6':
		return;
	default:
		gen_die("client %u is told %.*s", c->id, (int)len, p);
	}
}

void
gen_send(struct gen_client *c, const char *p, size_t len)
{
	if (c->gen->o.polling)
		gen_polling_send(c, p, len);
	else
		gen_ws_send(c, p, len);
}
