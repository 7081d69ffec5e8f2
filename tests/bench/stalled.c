#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "proto/ws.h"

/*
 * Readers that have stalled: STALLED connections to a `chat serve` of its own
 * that keep up their heartbeat and never read, while HEALTHY people post 200
 * messages a second of 1 KiB. Prints by how much the server's memory grows in
 * SECONDS (or CHAT_BENCH_SECONDS), and how long a message takes to reach the
 * healthy ones without the stalled ones and with them, and fails if memory
 * grows by more than MEMORY_MAX.
 */

enum {
	STALLED = 1000,
	HEALTHY = 50,
	SECONDS = 60,
	RATE = 200,      /* messages a second */
	TEXT = 1024,     /* bytes of one */
	MEMORY_MAX = 96, /* MiB */
	ROOM = 1 << 18,  /* for what has come and is not read */
	RECEIVE = 4096,  /* the stalled ones' receive buffer */
	HEARTBEAT = 5,   /* s */
	PATIENCE = 30,   /* s, to start and to be in */
};

struct peer {
	int fd;
	size_t len;
	char *in; /* ROOM bytes */
};

static struct peer healthy[HEALTHY], stalled[STALLED];
static struct pollfd fds[HEALTHY];
static pid_t server;
static int port;
static char dir[] = "/tmp/chat-bench.XXXXXX";
static double *times; /* from a post to its coming */
static size_t n_times, times_cap;

/* ---- helpers ---- */

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

_Noreturn static void
die(const char *what)
{
	fprintf(stderr, "stalled: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int
compare(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* MiB that the server has in memory. */
static double
resident(void)
{
	char name[64], line[256];
	double kb = 0;
	FILE *f;

	snprintf(name, sizeof(name), "/proc/%d/status", (int)server);
	f = fopen(name, "re");
	if (f == NULL)
		die(name);
	while (fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, "VmRSS:", 6) == 0)
			kb = strtod(line + 6, NULL);
	fclose(f);
	return kb / 1024;
}

/* ---- the server ---- */

static void
stop_server(void)
{
	static const char *const names[] = { "chat.db", "chat.db-wal",
		"chat.db-shm", "chat.db.lock" };
	char path[64];

	if (server > 0) {
		kill(server, SIGTERM);
		waitpid(server, NULL, 0);
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		unlink(path);
	}
	if (rmdir(dir) < 0)
		perror(dir);
}

static void
run_server(int out)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/chat.db", dir);
	dup2(out, STDOUT_FILENO);
	execl("./chat", "chat", "serve", "--host", "127.0.0.1", "--port", "0",
	    "--store", path, "--log-level", "error", (char *)NULL);
	_exit(127);
}

static void
start_server(void)
{
	char line[256];
	int pipes[2];
	FILE *f;

	if (mkdtemp(dir) == NULL || pipe(pipes) < 0)
		die("cannot begin");
	server = fork();
	if (server == 0)
		run_server(pipes[1]);
	close(pipes[1]);
	atexit(stop_server);
	f = fdopen(pipes[0], "r");
	while (port == 0 && f != NULL && fgets(line, sizeof(line), f) != NULL) {
		const char *at = strstr(line, "127.0.0.1:");

		if (at != NULL)
			port = (int)strtol(at + strlen("127.0.0.1:"), NULL, 10);
	}
	if (port == 0)
		die("./chat serve does not start");
}

/* ---- its clients ---- */

/* Text in a frame whose mask is 0: it stays as it is. */
static void
send_text(struct peer *p, const char *text, size_t len)
{
	static const uint8_t key[WS_KEY_LEN];
	char frame[WS_HEAD_MAX + WS_KEY_LEN + 2 * TEXT];
	size_t n = ws_head((uint8_t *)frame, WS_TEXT, len, key);

	memcpy(frame + n, text, len);
	if (send(p->fd, frame, n + len, MSG_NOSIGNAL) < 0 && errno == EAGAIN)
		die("the server does not read");
}

/* Waits for what has this in it. */
static void
expect(struct peer *p, const char *text)
{
	double end = now() + PATIENCE;
	ssize_t n;

	while (memmem(p->in, p->len, text, strlen(text)) == NULL) {
		struct pollfd one = { p->fd, POLLIN, 0 };

		if (now() > end || poll(&one, 1, PATIENCE * 1000) <= 0)
			die("the server does not answer");
		n = recv(p->fd, p->in + p->len, ROOM - p->len, 0);
		if (n <= 0 || (p->len += (size_t)n) == ROOM)
			die("the server does not let us in");
	}
}

static void
come(struct peer *p, int receive)
{
	static const char request[] =
	    "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n"
	    "Host: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
	    "Sec-WebSocket-Version: 13\r\n"
	    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	int on = 1;

	p->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	p->in = xmalloc(ROOM);
	if (receive > 0)
		setsockopt(
		    p->fd, SOL_SOCKET, SO_RCVBUF, &receive, sizeof(receive));
	setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(p->fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		die("cannot connect");
	fcntl(p->fd, F_SETFL, O_NONBLOCK);
	if (send(p->fd, request, sizeof(request) - 1, 0) < 0)
		die("cannot send");
	expect(p, "0{\"sid\"");
	send_text(p, "40", 2);
	expect(p, "[\"welcome\"");
}

/* A post; the text begins with when it was made. */
static void
post(struct peer *p)
{
	char text[2 * TEXT];
	int n = snprintf(
	    text, sizeof(text), "42[\"nuevo mensaje\",\"@%.9f ", now());
	int head = n;

	for (; n - head < TEXT; n++)
		text[n] = "etaoin shrdlu"[n % 13];
	text[n++] = '"';
	text[n++] = ']';
	send_text(p, text, (size_t)n);
}

/* One whole frame. */
static void
on_frame(struct peer *p, const char *data, size_t len)
{
	static const char begin[] = "42[\"nuevo mensaje\",\"@";
	const size_t n = sizeof(begin) - 1;

	if (len == 1 && data[0] == '2')
		send_text(p, "3", 1);
	if (len < n + TEXT || memcmp(data, begin, n) != 0)
		return;
	if (n_times < times_cap)
		times[n_times++] = now() - strtod(data + n, NULL);
}

/* What has come; a frame of the server's is not masked. */
static void
receive(struct peer *p)
{
	ssize_t n = recv(p->fd, p->in + p->len, ROOM - p->len, 0);
	size_t at = 0, head, len;

	if (n == 0)
		die("a healthy one was closed");
	p->len += n > 0 ? (size_t)n : 0;
	for (;;) {
		const uint8_t *f = (const uint8_t *)p->in + at;

		if (p->len - at < 4)
			break;
		head = f[1] < 126 ? 2 : 4; /* none is over 64 KiB */
		len = f[1] < 126 ? f[1] : (size_t)(f[2] << 8 | f[3]);
		if (p->len - at < head + len)
			break;
		on_frame(p, p->in + at + head, len);
		at += head + len;
	}
	memmove(p->in, p->in + at, p->len - at);
	p->len -= at;
}

/* Posts and listens for so long, or only listens; returns the most memory of
 * the server meanwhile. */
static double
chat(double seconds, bool posts, unsigned n_stalled)
{
	double begun = now(), most = 0, beat = begun, look = begun;
	unsigned long posted = 0;

	n_times = 0;
	while (now() < begun + seconds) {
		poll(fds, HEALTHY, 1);
		for (unsigned i = 0; i < HEALTHY; i++)
			if (fds[i].revents != 0)
				receive(&healthy[i]);
		while (posts && (double)posted < (now() - begun) * RATE)
			post(&healthy[posted++ % HEALTHY]);
		if (now() >= look) {
			look += 0.1;
			most = resident() > most ? resident() : most;
		}
		if (now() >= beat) {
			beat += HEARTBEAT;
			for (unsigned i = 0; i < n_stalled; i++)
				send_text(&stalled[i], "3", 1);
		}
	}
	return most;
}

static double
percentile(const char *what)
{
	double p99;

	if (n_times == 0)
		die("nothing has come");
	qsort(times, n_times, sizeof(*times), compare);
	p99 = times[n_times * 99 / 100] * 1e3;
	printf("%-34s median %8.2f ms  99%% %8.2f ms\n", what,
	    times[n_times / 2] * 1e3, p99);
	fflush(stdout);
	return p99;
}

static unsigned
count_closed(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < STALLED; i++) {
		struct pollfd one = { stalled[i].fd, POLLRDHUP, 0 };

		n += poll(&one, 1, 0) > 0;
	}
	return n;
}

int
main(void)
{
	const char *wanted = getenv("CHAT_BENCH_SECONDS");
	long seconds = wanted != NULL ? strtol(wanted, NULL, 10) : SECONDS;
	struct rlimit r = { 4096, 4096 };
	double without, with, before, growth;

	setrlimit(RLIMIT_NOFILE, &r);
	start_server();
	times_cap = (size_t)(seconds + 1) * RATE * HEALTHY;
	times = xcalloc(times_cap, sizeof(*times));
	for (unsigned i = 0; i < HEALTHY; i++) {
		come(&healthy[i], 0);
		fds[i] = (struct pollfd){ healthy[i].fd, POLLIN, 0 };
	}
	chat(2, true, 0); /* warm */
	chat((double)seconds / 3, true, 0);
	without = percentile("without stalled readers:");
	for (unsigned i = 0; i < STALLED; i++) {
		come(&stalled[i], RECEIVE);
		free(stalled[i].in);
		chat(0, false, 0);
	}
	chat(2, false, STALLED);
	before = resident();
	growth = chat((double)seconds, true, STALLED) - before;
	with = percentile("with 1000 of them:");
	printf(
	    "%-34s %.2f times as long (at most 2)\n", "99%:", with / without);
	printf("%-34s %.1f MiB and %.1f more (at most %d)\n", "memory:", before,
	    growth, MEMORY_MAX);
	printf("%-34s %u of %u\n", "closed for not reading:", count_closed(),
	    STALLED);
	free(times);
	return growth > MEMORY_MAX;
}
