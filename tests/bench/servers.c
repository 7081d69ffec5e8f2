#define _GNU_SOURCE /* sched_setaffinity */
#include "config.h"

#include "servers.h"

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gen.h"

enum { ARGUMENTS = 32, PAGE = 4096, PAGES = 51 };

static const char modules[] = "tests/interop/node_modules";
static const char *const names[SERVER_KINDS] = {
	[CHAT] = "chat",
	[CHAT_MEMORY] = "chat --store memory",
	[OFFICIAL] = "official, Node.js",
	[BARE_EACH] = "bare, each",
	[BARE_GATHERED] = "bare, gathered",
};

static struct server server;
static FILE *out;
static char dir[64];
static cpu_set_t its_core;

const char *
server_name(enum server_kind kind)
{
	return names[kind];
}

bool
server_exists(enum server_kind kind)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/socket.io/package.json", modules);
	return kind != OFFICIAL || access(path, R_OK) == 0;
}

unsigned
servers_init(void)
{
	struct rlimit files;
	cpu_set_t all, ours;
	int first = -1, second = -1;

	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	sched_getaffinity(0, sizeof(all), &all);
	for (int i = 0; i < CPU_SETSIZE && second < 0; i++)
		if (CPU_ISSET(i, &all)) {
			second = first < 0 ? -1 : i;
			first = first < 0 ? i : first;
		}
	if (second < 0)
		printf("There is one core only, for both sides.\n");
	CPU_ZERO(&its_core);
	CPU_SET(first, &its_core);
	CPU_ZERO(&ours);
	CPU_SET(second < 0 ? first : second, &ours);
	if (sched_setaffinity(0, sizeof(ours), &ours) < 0)
		gen_die("no core of its own");
	atexit(server_stop);
	signal(SIGINT, gen_interrupt);
	signal(SIGTERM, gen_interrupt);
	signal(SIGHUP, gen_interrupt);
	return (unsigned)files.rlim_cur;
}

static void
make_dir(void)
{
	snprintf(dir, sizeof(dir), "/tmp/chat-bench.XXXXXX");
	if (mkdtemp(dir) == NULL)
		gen_die("no folder");
}

static const char *
in_dir(char *path, size_t size, const char *name)
{
	snprintf(path, size, "%s/%s", dir, name);
	return path;
}

static void
sweep(void)
{
	DIR *d = dir[0] != '\0' ? opendir(dir) : NULL;
	const struct dirent *e;

	if (d == NULL)
		return;
	while ((e = readdir(d)) != NULL)
		if (e->d_name[0] != '.')
			unlinkat(dirfd(d), e->d_name, 0);
	closedir(d);
	if (rmdir(dir) < 0)
		perror(dir);
	dir[0] = '\0';
}

static int
run(const char *const *argv)
{
	pid_t pid = fork();
	int status = -1, null;

	if (pid == 0) {
		null = open("/dev/null", O_RDWR | O_CLOEXEC);
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	return status;
}

static void
make_certificate(const char *cert, const char *key)
{
	const char *const argv[] = { "openssl", "req", "-x509", "-newkey", "ec",
		"-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj",
		"/CN=localhost", "-days", "2", "-keyout", key, "-out", cert,
		NULL };

	if (run(argv) != 0)
		gen_die("openssl makes no certificate");
}

/* The child: becomes the server, with argv behind its program's name. */
_Noreturn static void
become(const char *const *argv, int to, bool counted)
{
	char counts[80];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sched_setaffinity(0, sizeof(its_core), &its_core);
	dup2(to, STDOUT_FILENO);
	if (counted) {
		in_dir(counts, sizeof(counts), "counts");
		setenv("CHAT_BENCH_COUNTS", counts, 1);
		setenv("LD_PRELOAD", "./tests/bench/counted.so", 1);
	}
	execvp(argv[0], (char *const *)(uintptr_t)argv);
	_exit(127);
}

static uint64_t *
make_counts(void)
{
	char path[80];
	int fd = open(in_dir(path, sizeof(path), "counts"),
	    O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	void *p;

	if (fd < 0 || ftruncate(fd, PAGE) < 0)
		gen_die("no counts");
	p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		gen_die("no counts");
	close(fd);
	return p;
}

static void
wait_for_port(const char *name)
{
	static const char host[] = "127.0.0.1:";
	char line[256];

	server.port = 0;
	while (server.port == 0 && fgets(line, sizeof(line), out) != NULL) {
		const char *at = strstr(line, host);

		if (at != NULL)
			server.port =
			    (int)strtol(at + sizeof(host) - 1, NULL, 10);
	}
	if (server.port == 0)
		gen_die("%s does not start", name);
}

static void
spawn(const char *const *argv, bool counted)
{
	int pipes[2];

	if (pipe2(pipes, O_CLOEXEC) < 0)
		gen_die("no pipe");
	fflush(stdout);
	server.pid = fork();
	if (server.pid == 0)
		become(argv, pipes[1], counted);
	close(pipes[1]);
	out = fdopen(pipes[0], "r");
	if (server.pid < 0 || out == NULL)
		gen_die("%s does not start", argv[0]);
	wait_for_port(argv[0]);
}

struct server *
server_start(enum server_kind kind, unsigned frame, bool tls, bool counted)
{
	char store[80], cert[80], key[80], size[16], script[256];
	const char *source = getenv("CHAT_SOURCE");
	const char *chat[ARGUMENTS] = { "./chat", "serve", "--host",
		"127.0.0.1", "--port", "0", "--log-level", "error", "--rate",
		"off", "--requests", "off", "--store",
		kind == CHAT ? store : "memory", tls ? "--tls-cert" : NULL,
		cert, "--tls-key", key };
	const char *official[] = { "node", script, modules, tls ? cert : NULL,
		key, NULL };
	const char *bare[] = { "./tests/bench/bare",
		kind == BARE_EACH ? "each" : "gathered", size, NULL };

	make_dir();
	in_dir(store, sizeof(store), "chat.db");
	in_dir(cert, sizeof(cert), "cert.pem");
	in_dir(key, sizeof(key), "key.pem");
	snprintf(size, sizeof(size), "%u", frame);
	snprintf(script, sizeof(script), "%s/tests/bench/official.js",
	    source != NULL ? source : ".");
	if (tls)
		make_certificate(cert, key);
	server.counts = counted ? make_counts() : NULL;
	spawn(kind == CHAT || kind == CHAT_MEMORY ? chat
	      : kind == OFFICIAL                  ? official
						  : bare,
	    counted);
	return &server;
}

void
server_stop(void)
{
	if (server.pid > 0) {
		kill(server.pid, SIGTERM);
		for (int i = 0; i < 100 && server.pid > 0; i++) {
			if (waitpid(server.pid, NULL, WNOHANG) != 0)
				server.pid = 0;
			else
				usleep(50000);
		}
		if (server.pid > 0) {
			kill(server.pid, SIGKILL);
			waitpid(server.pid, NULL, 0);
		}
		server.pid = 0;
	}
	if (out != NULL)
		fclose(out);
	out = NULL;
	if (server.counts != NULL)
		munmap(server.counts, PAGE);
	server.counts = NULL;
	sweep();
}

static int
compare(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

double
servers_commit_time(void)
{
	static const char page[PAGE];
	double times[PAGES];
	char path[80];
	int fd;

	make_dir();
	fd = open(in_dir(path, sizeof(path), "page"),
	    O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	for (int i = 0; i < PAGES; i++) {
		uint64_t begun = gen_now();

		if (pwrite(fd, page, PAGE, (off_t)i * PAGE) != PAGE ||
		    fdatasync(fd) < 0)
			gen_die("no disk");
		times[i] = (double)(gen_now() - begun) / 1e6;
	}
	close(fd);
	sweep();
	qsort(times, PAGES, sizeof(times[0]), compare);
	return times[PAGES / 2];
}
