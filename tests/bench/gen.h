/*
 * A load generator: clients of Engine.IO 4 and Socket.IO 5, over WebSocket or
 * HTTP polling, plain or in TLS, in one thread on epoll and independent of
 * what it measures. Some of the clients talk, the others of their group hear
 * it, and every delivery is checked: whole, once, and in its sender's order.
 * What should not be ends the program with what is wrong.
 *
 *   gen.c          clients, and what the server says to them
 *   gen_socket.c   connections, TLS, the loop
 *   gen_ws.c       a client over WebSocket
 *   gen_polling.c  a client over HTTP polling
 *   gen_text.c     the messages and their check
 *   gen_talk.c     talking, measured
 *   gen_server.c   what the server has used
 */
#ifndef CHAT_BENCH_GEN_H
#define CHAT_BENCH_GEN_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
	GEN_TEXT = 64,           /* bytes of a message */
	GEN_READ_SIZE = 1 << 20, /* of the one read buffer */
	GEN_SID_SIZE = 64,
	GEN_BUCKETS = 64 * 32,
	GEN_RING = 128, /* of a sender's messages, when they were due */
};

/* Of what a measured server is told through shared memory, counted.c. */
enum gen_count {
	GEN_ALLOCATIONS,
	GEN_SYSCALLS, /* those that talk to the network, and wait for it */
	GEN_COUNTS,
};

/* Times in ns: 32 buckets for each power of two. */
struct gen_times {
	uint64_t n[GEN_BUCKETS], all, max;
};

struct gen_options {
	int port;
	bool polling, tls;
	unsigned clients;
	unsigned rooms; /* client i is in room i % rooms; 0: the default room */
	unsigned calm;  /* or: the first ones in one room, others in another */
	pid_t server;
	uint64_t *counts; /* GEN_COUNTS of them, or NULL */
};

struct gen_talk {
	unsigned senders;
	double rate;          /* messages a second in all; 0: closed loop */
	bool ack;             /* closed loop waits for acknowledgements */
	double warm, seconds; /* not measured, measured */
	unsigned until;       /* clients that come meanwhile, at once */
};

struct gen_result {
	double seconds;
	double deliveries, rate;
	double cpu;           /* s of the server's for a million deliveries */
	double p50, p99, max; /* ms: to a delivery, or an acknowledgement */
	double frame;         /* bytes that were read for a delivery */
	double rss;           /* MiB of the server's, behind it */
	double count[GEN_COUNTS]; /* for a delivery */
	double came;              /* s until all that came meanwhile were in */
	bool late;                /* not all has come in time: overloaded */
};

enum gen_state {
	GEN_CONNECTING,
	GEN_OPENING, /* Engine.IO */
	GEN_JOINING, /* Socket.IO */
	GEN_READY,
};

struct gen_client;

struct gen_conn {
	int fd;               /* -1: none */
	bool connected, busy; /* busy: waits for an HTTP response */
	SSL *ssl;
	struct gen_client *client;
	char *in, *out; /* what is not whole, what the socket did not take */
	size_t in_len, out_len;
};

struct gen_client {
	struct gen *gen;
	struct gen_conn main, post; /* post: of polling */
	char *posts;                /* packets that wait for their POST */
	size_t posts_len;
	unsigned id;
	enum gen_state state;
	int sender; /* its number, or -1 */
	char sid[GEN_SID_SIZE];
};

struct gen_sender {
	struct gen_client *client;
	unsigned group;
	uint32_t sent;
	uint64_t due[GEN_RING];
};

struct gen {
	struct gen_options o;
	SSL_CTX *ctx;
	int epoll;
	char *read; /* GEN_READ_SIZE + 1 bytes */
	struct gen_client *clients;
	unsigned opened, ready, wanted, window;
	/* of talking */
	struct gen_talk talk;
	struct gen_sender *senders;
	unsigned casts;     /* groups that have some */
	unsigned per_group; /* senders of such a one */
	uint32_t *next;     /* that a client expects, of its group's senders */
	bool sending, measuring;
	uint32_t run; /* number of this talk */
	uint64_t expected, delivered, read_bytes, now;
	struct gen_times times;
};

/* ---- gen.c ---- */

/* Nobody is connected yet. */
struct gen *
gen_new(const struct gen_options *o);

/* Closes all connections at once. */
void
gen_free(struct gen *g);

/* Connects until there are so many, with a window under way; returns the
 * seconds that took. */
double
gen_connect(struct gen *g, unsigned clients, unsigned window);

/* Connects more, if they are wanted and the window has room. */
void
gen_open_more(struct gen *g);

/* A packet of Engine.IO came. */
void
gen_packet(struct gen_client *c, const char *p, size_t len);

void
gen_send(struct gen_client *c, const char *p, size_t len);

unsigned
gen_group(const struct gen *g, unsigned id);

unsigned
gen_groups(const struct gen *g);

_Noreturn void
gen_die(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

uint64_t
gen_now(void); /* ns */

/* A handler of signals: the next turn of the loop is the end. */
void
gen_interrupt(int sig);

bool
gen_interrupted(void);

/* ---- gen_socket.c ---- */

void
gen_socket_open(struct gen_conn *conn);

void
gen_socket_close(struct gen_conn *conn);

void
gen_socket_send(struct gen_conn *conn, const void *p, size_t len);

/* A turn of the loop: sleeps till then at the most, or not at all. */
void
gen_turn(struct gen *g, uint64_t until, bool sleep);

/* ---- gen_ws.c, gen_polling.c ---- */

void
gen_ws_connected(struct gen_conn *conn);

/* Returns how much it used. */
size_t
gen_ws_read(struct gen_conn *conn, char *p, size_t len);

void
gen_ws_send(struct gen_client *c, const char *p, size_t len);

void
gen_polling_connected(struct gen_conn *conn);

size_t
gen_polling_read(struct gen_conn *conn, char *p, size_t len);

void
gen_polling_send(struct gen_client *c, const char *p, size_t len);

/* ---- gen_text.c ---- */

/* The sender's next message; due: when it should be sent. */
void
gen_text_send(struct gen *g, unsigned sender, uint64_t due);

/* What came behind "42": checks it, and in a closed loop answers. */
void
gen_text_event(struct gen_client *c, const char *p, size_t len);

/* An acknowledgement. */
void
gen_text_acked(struct gen_client *c);

/* ms that a part of the times is below of. */
double
gen_times_at(const struct gen_times *t, double part);

/* ---- gen_talk.c ---- */

/* Connected clients talk; every message must reach all of its group. */
struct gen_result
gen_talk(struct gen *g, const struct gen_talk *talk);

/* Answers heartbeats for so long. */
void
gen_rest(struct gen *g, double seconds);

/* ---- gen_server.c ---- */

/* s of CPU that it has used. */
double
gen_server_cpu(const struct gen *g);

/* Bytes of it that are resident. */
double
gen_server_rss(const struct gen *g);

#endif
