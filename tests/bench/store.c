#include "config.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "store/internal.h"

/*
 * A store of a million messages (or CHAT_BENCH_MESSAGES) in 50 rooms, half of
 * them in the first one, in words that are as frequent as those of a language.
 * Prints how long it takes to open it, to join, to read a page and to search,
 * and how many posts are stored in a second, with commits that are really on
 * the disk.
 */

enum {
	MESSAGES = 1000000,
	ROOMS = 50,
	PEOPLE = 200,
	VOCABULARY = 20000,
	WORDS_MAX = 20, /* of a message */
	TEXT_SIZE = WORDS_MAX * 12,
	WAVE = 1024,  /* posts under way while building */
	ROUNDS = 300, /* of a measurement */
};

static struct loop loop;
static struct store *store;
static char dir[] = "/tmp/chat-bench.XXXXXX", path[64];
static uint64_t wall = 1700000000000; /* while building */
static struct store_room rooms[ROOMS];
static char names[ROOMS][16];
static double weights[VOCABULARY];
static uint64_t random_state = 88172645463325252;

/* ---- helpers ---- */

static uint64_t
next_random(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static double
seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static uint64_t
built_clock(void)
{
	return wall;
}

static int
compare(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void
print_times(const char *what, double *t, unsigned n)
{
	qsort(t, n, sizeof(*t), compare);
	printf("%-34s median %8.2f ms  99%% %8.2f ms\n", what, t[n / 2] * 1e3,
	    t[n * 99 / 100] * 1e3);
}

/* A word's number: the first ones are the frequent ones (Zipf's law). */
static unsigned
pick_word(void)
{
	const double at = (double)(next_random() >> 11) / 9007199254740992.0 *
			  weights[VOCABULARY - 1];
	unsigned low = 0, high = VOCABULARY - 1;

	while (low < high) {
		unsigned middle = (low + high) / 2;

		if (weights[middle] < at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Letters that belong to the number. */
static void
put_word(char out[12], unsigned word)
{
	static const char *const parts[] = { "ba", "ke", "li", "mo", "nu", "ra",
		"se", "ti", "vo", "zu" };
	unsigned n = 0;

	do {
		memcpy(out + n, parts[word % 10], 2);
		n += 2;
		word /= 10;
	} while (word > 0);
	out[n] = '\0';
}

static void
put_text(char text[TEXT_SIZE])
{
	unsigned words = 1 + (unsigned)(next_random() % (WORDS_MAX - 1));

	text[0] = '\0';
	while (words-- > 0) {
		put_word(text + strlen(text), pick_word());
		if (words > 0)
			strcat(text, " ");
	}
}

/* ---- building ---- */

struct posting {
	struct store_post post;
	char text[TEXT_SIZE], nonce[32], nick[16];
	double at;
	bool again; /* when it is done */
};

static unsigned long posted, wanted;
static double *latencies;

static void
post(struct posting *p)
{
	const uint64_t person = next_random() % PEOPLE;
	const unsigned room =
	    next_random() % 2 ? 0 : (unsigned)(next_random() % ROOMS);

	put_text(p->text);
	snprintf(p->nonce, sizeof(p->nonce), "%016llx",
	    (unsigned long long)next_random());
	snprintf(p->nick, sizeof(p->nick), "person%u", (unsigned)person);
	p->post.room = &rooms[room];
	p->post.person = person + 1;
	p->post.nick = slice_of(p->nick);
	p->post.text = slice_of(p->text);
	p->post.is_text = true;
	p->post.nonce = slice_of(p->nonce);
	p->at = seconds();
	posted++;
	wall += next_random() % 3;
	store_post(store, &p->post);
}

static void
on_posted(struct store_op *op)
{
	struct posting *p = container_of(op, struct posting, post.op);

	if (op->error) {
		fprintf(stderr, "error %d\n", op->error);
		exit(1);
	}
	if (latencies != NULL)
		latencies[posted - 1] = seconds() - p->at;
	if (posted < wanted)
		post(p);
}

/* n posts, `wave` of them under way at any time. */
static double
post_many(unsigned long n, unsigned wave)
{
	struct posting *all = xcalloc(wave, sizeof(*all));
	double start = seconds();

	posted = 0;
	wanted = n;
	for (unsigned i = 0; i < wave; i++) {
		all[i].post.op.done = on_posted;
		post(&all[i]);
	}
	uv_run(&loop.uv, UV_RUN_DEFAULT);
	free(all);
	return seconds() - start;
}

static void
open_store(const char *synchronous, uint64_t (*clock)(void))
{
	const struct store_options opt = { .path = path };
	const struct store_tuning tuning = {
		.synchronous = synchronous,
		.wall_ms = clock,
	};
	struct buf err;

	buf_init(&err, 1000);
	if (store_open_tuned(&loop, &opt, &tuning, NULL, NULL, &store, &err) !=
	    0) {
		fprintf(stderr, "%.*s\n", SLICE_ARG(buf_view(&err)));
		exit(1);
	}
	buf_deinit(&err);
}

static void
build(unsigned long n)
{
	struct stat st;
	double took;

	for (unsigned i = 0; i < ROOMS; i++) {
		snprintf(names[i], sizeof(names[i]), "room-%u", i);
		rooms[i] = (struct store_room){
			.number = i + 1,
			.name = slice_of(names[i]),
			.key = slice_of(names[i]),
		};
	}
	for (unsigned i = 0; i < VOCABULARY; i++)
		weights[i] = (i > 0 ? weights[i - 1] : 0) + 1.0 / (i + 1);
	open_store("OFF", built_clock);
	took = post_many(n, WAVE);
	store_close(store);
	stat(path, &st);
	printf("%-34s %.1f s, %.0f/s, %.0f MB\n", "built without syncing", took,
	    (double)n / took, (double)st.st_size / 1e6);
}

/* ---- measuring ---- */

static void
on_done(struct store_op *op)
{
	if (op->error) {
		fprintf(stderr, "error %d\n", op->error);
		exit(1);
	}
}

static void
measure_open(void)
{
	double t[20];

	for (unsigned i = 0; i < 20; i++) {
		double start = seconds();

		open_store("FULL", clock_wall_ms);
		t[i] = seconds() - start;
		store_close(store);
		uv_run(&loop.uv, UV_RUN_DEFAULT);
	}
	print_times("open", t, 20);
}

/* `chat serve` from its start to its greeting. */
static void
measure_start(void)
{
	const char *chat = getenv("CHAT") != NULL ? getenv("CHAT") : "./chat";
	double t[20];

	for (unsigned i = 0; i < 20; i++) {
		double start = seconds();
		int out[2], status;
		pid_t pid;
		char c;

		if (pipe(out) < 0 || (pid = fork()) < 0)
			abort();
		if (pid == 0) {
			dup2(out[1], STDOUT_FILENO);
			execl(chat, chat, "serve", "--host", "127.0.0.1",
			    "--port", "0", "--log-level", "off", "--store",
			    path, (char *)NULL);
			_exit(1);
		}
		close(out[1]);
		if (read(out[0], &c, 1) != 1)
			abort();
		t[i] = seconds() - start;
		kill(pid, SIGTERM);
		waitpid(pid, &status, 0);
		close(out[0]);
	}
	print_times("start of chat serve", t, 20);
}

static void
measure_join(void)
{
	double t[ROUNDS];

	for (unsigned i = 0; i < ROUNDS; i++) {
		struct store_join j = {
			.op.done = on_done,
			.room = 1 + next_random() % ROOMS,
			.person = 1 + next_random() % PEOPLE,
			.limit = 50,
		};
		double start = seconds();

		store_join(store, &j);
		uv_run(&loop.uv, UV_RUN_DEFAULT);
		t[i] = seconds() - start;
		store_page_free(&j.page);
		store_page_free(&j.changed);
	}
	print_times("join", t, ROUNDS);
}

/* Once the marker is far behind. */
static void
measure_unread(void)
{
	double t[ROUNDS];

	for (unsigned i = 0; i < ROUNDS; i++) {
		struct store_read r = {
			.op.done = on_done,
			.room = 1,
			.person = 1 + next_random() % PEOPLE,
			.id.ms = 1,
		};
		double start = seconds();

		store_read(store, &r);
		uv_run(&loop.uv, UV_RUN_DEFAULT);
		t[i] = seconds() - start;
	}
	print_times("marker, all of a room unread", t, ROUNDS);
}

static double
ask(struct store_query *q)
{
	double start = seconds();

	q->op.done = on_done;
	store_query(store, q);
	uv_run(&loop.uv, UV_RUN_DEFAULT);
	store_page_free(&q->page);
	return seconds() - start;
}

static void
measure_page(void)
{
	double t[ROUNDS];

	for (unsigned i = 0; i < ROUNDS; i++) {
		struct store_query q = {
			.type = STORE_HISTORY,
			.room = 1 + next_random() % ROOMS,
			.before.ms = 1700000000000 +
				     next_random() % (wall - 1700000000000),
			.limit = 50,
		};

		t[i] = ask(&q);
	}
	print_times("page somewhere", t, ROUNDS);
}

/* words: how many; each is one of those from `first` on. */
static void
measure_search(const char *what, unsigned words, unsigned first, unsigned range,
    uint64_t room, unsigned cut)
{
	double t[ROUNDS];

	for (unsigned i = 0; i < ROUNDS; i++) {
		char text[64] = "";
		struct store_query q = {
			.type = STORE_SEARCH,
			.room = room,
			.limit = 50,
		};

		for (unsigned n = 0; n < words; n++) {
			put_word(text + strlen(text),
			    first + (unsigned)(next_random() % range));
			if (n + 1 < words)
				strcat(text, " ");
		}
		if (cut > 0)
			text[cut] = '\0';
		else
			strcat(text, " ");
		q.text = slice_of(text);
		t[i] = ask(&q);
	}
	print_times(what, t, ROUNDS);
}

/* The slowest that was found: positions of frequent words that never stand
 * like that. */
static void
measure_phrase(void)
{
	double t[20];

	for (unsigned i = 0; i < 20; i++) {
		struct store_query q = {
			.type = STORE_SEARCH,
			.text = SLICE("\"ba ke li mo nu ra se ti\""),
			.limit = 50,
		};

		t[i] = ask(&q);
	}
	print_times("search, a long phrase", t, 20);
}

static void
measure_posts(unsigned wave)
{
	const unsigned long n = wave < 100 ? 2000UL : 200UL * wave;
	char what[40];
	double took;

	latencies = xcalloc(n, sizeof(*latencies));
	took = post_many(n, wave);
	snprintf(what, sizeof(what), "post, %u under way", wave);
	print_times(what, latencies, (unsigned)n);
	printf("%-34s %.0f/s\n", "", (double)n / took);
	free(latencies);
	latencies = NULL;
}

int
main(void)
{
	const char *size = getenv("CHAT_BENCH_MESSAGES");
	char command[80];
	unsigned long n = size != NULL ? strtoul(size, NULL, 10) : MESSAGES;

	if (mkdtemp(dir) == NULL || loop_init(&loop) != 0)
		return 1;
	snprintf(path, sizeof(path), "%s/chat.db", dir);
	printf("store of %lu messages\n", n);
	build(n);
	measure_open();
	measure_start();
	open_store("FULL", clock_wall_ms);
	measure_join();
	measure_unread();
	measure_page();
	measure_search("search, any word", 1, 0, VOCABULARY, 0, 0);
	measure_search("search, the most frequent words", 1, 0, 10, 0, 0);
	measure_search("search, two frequent words", 2, 0, 100, 0, 0);
	measure_search("search, frequent, in a small room", 1, 0, 10, 7, 0);
	measure_search("search, beginning of 3 letters", 1, 5000, 10000, 0, 3);
	measure_search("search, beginning of 5 letters", 1, 5000, 10000, 0, 5);
	measure_phrase();
	measure_posts(1);
	measure_posts(16);
	measure_posts(128);
	measure_posts(1024);
	store_close(store);
	loop_deinit(&loop);
	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	return system(command);
}
