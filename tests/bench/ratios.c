#include "config.h"

#include "ratios.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen.h"
#include "servers.h"

/*
 * The benchmark of the whole: `chat serve` beside the official server and
 * beside the least that can be done (bare.c), measured by gen.h, and how they
 * relate. README.md tells what the figures mean.
 *
 *   ratios [PART ...]
 */

static const struct part {
	const char *name;
	void (*run)(const struct ratios_options *o, struct ratios *r);
} parts[] = {
	{ "fanout", part_fanout },
	{ "transports", part_transports },
	{ "echo", part_echo },
	{ "connect", part_connect },
	{ "sweep", part_sweep },
	{ "rooms", part_rooms },
	{ "storm", part_storm },
	{ "smoke", part_smoke },
};

enum { PARTS = sizeof(parts) / sizeof(parts[0]), SMOKE = PARTS - 1 };

static double
number(const char *name, double otherwise)
{
	const char *wanted = getenv(name);

	return wanted != NULL ? strtod(wanted, NULL) : otherwise;
}

static void
goal(const char *what, double is, const char *bound, bool kept)
{
	static bool begun;

	if (isnan(is))
		return;
	printf("%s", begun ? "" : "\ngoals\n");
	begun = true;
	printf(
	    "  %-54s %11.2f  %-20s %s\n", what, is, bound, kept ? "yes" : "NO");
}

static void
print_goals(const struct ratios *r)
{
	goal("1. fan-out, times the official server", r->fanout_official,
	    "at least 15", r->fanout_official >= 15);
	goal("   times the official server by CPU", r->fanout_cpu,
	    "at least 15", r->fanout_cpu >= 15);
	goal("   of bare, gathered", r->fanout_gathered, "at least 0.75",
	    r->fanout_gathered >= 0.75);
	goal("2. CPU for a delivery, times bare, gathered", r->cpu_gathered,
	    "at most 1.3", r->cpu_gathered <= 1.3);
	goal("   allocations for a delivery", r->allocations, "0",
	    r->allocations < 0.005);
	goal("   system calls for a delivery", r->syscalls, "below 0.15",
	    r->syscalls < 0.15);
	goal("3. bytes for an idle connection, WebSocket", r->rss_ws,
	    "at most 1500", r->rss_ws <= 1500);
	goal("   polling", r->rss_polling, "at most 2500",
	    r->rss_polling <= 2500);
	goal("4. connections a second", r->connect, "at least 20000",
	    r->connect >= 20000);
	goal("   times the official server", r->connect_official, "at least 5",
	    r->connect_official >= 5);
	goal("5. open loop, memory, times bare, each: median", r->open_p50,
	    "at most 1", r->open_p50 <= 1);
	goal("   99 %", r->open_p99, "at most 1", r->open_p99 <= 1);
	goal("   ms more with the store: median", r->store_p50, "a commit's",
	    r->store_p50 <= r->commit);
	goal("   99 %", r->store_p99, "a commit's", r->store_p99 <= r->commit);
	goal("   ms of a commit", r->commit, "", true);
	goal("6. cost from 10 to most, growth over bare's growth", r->sweep,
	    "at most 1.2", r->sweep <= 1.2);
	goal("7. deliveries/s in rooms of 10", r->rooms, "at least 1000000",
	    r->rooms >= 1e6);
	goal("   polling, times the official server", r->polling_official,
	    "at least 5", r->polling_official >= 5);
}

static const struct part *
find(const char *name)
{
	for (unsigned i = 0; i < PARTS; i++)
		if (strcmp(parts[i].name, name) == 0)
			return &parts[i];
	fprintf(stderr, "ratios: no such part: %s; there are", name);
	for (unsigned i = 0; i < PARTS; i++)
		fprintf(stderr, " %s", parts[i].name);
	fputc('\n', stderr);
	exit(2);
}

int
main(int argc, char **argv)
{
	struct ratios_options o = {
		.rounds = (unsigned)number("CHAT_BENCH_ROUNDS", 3),
		.warm = number("CHAT_BENCH_WARM", 1),
		.seconds = number("CHAT_BENCH_MEASURE", 2),
		.clients = (unsigned)number("CHAT_BENCH_CLIENTS", 10000),
	};
	double unknown[sizeof(struct ratios) / sizeof(double)];
	struct ratios r;

	for (unsigned i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		unknown[i] = NAN;
	memcpy(&r, unknown, sizeof(r));
	for (int i = 1; i < argc; i++)
		find(argv[i]);
	if (o.rounds < 1 || o.rounds > ROUNDS_MAX)
		gen_die("CHAT_BENCH_ROUNDS: 1 to %d", ROUNDS_MAX);
	o.most = servers_init();
	o.most = o.most > 150 ? o.most - 100 : 50;
	if (o.clients > o.most)
		o.clients = o.most;
	if (!server_exists(OFFICIAL))
		printf("There is no official server: npm has not brought it "
		       "for the tests.\n");
	for (int i = 1; i < argc; i++)
		find(argv[i])->run(&o, &r);
	for (unsigned i = 0; argc < 2 && i < SMOKE; i++)
		parts[i].run(&o, &r);
	print_goals(&r);
	return 0;
}
