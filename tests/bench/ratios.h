/*
 * What is measured: each part starts servers, one after the other and as
 * often as there are rounds, prints a table of medians, and leaves in
 * `ratios` what the goals are about. A figure that was not measured is NAN.
 */
#ifndef CHAT_BENCH_RATIOS_H
#define CHAT_BENCH_RATIOS_H

#include <stdbool.h>

enum { ROUNDS_MAX = 15 };

struct ratios_options {
	unsigned rounds;
	double warm, seconds;
	unsigned clients; /* of the large parts */
	unsigned most;    /* that files are allowed for */
};

struct ratios {
	double fanout_official, fanout_gathered, fanout_cpu;
	double cpu_gathered, allocations, syscalls;
	double rss_ws, rss_polling;
	double connect, connect_official;
	double open_p50, open_p99;   /* --store memory over bare, each */
	double store_p50, store_p99; /* ms more with the store */
	double commit;               /* ms */
	double sweep;
	double rooms, polling_official;
};

void
part_fanout(const struct ratios_options *o, struct ratios *r);

void
part_transports(const struct ratios_options *o, struct ratios *r);

void
part_echo(const struct ratios_options *o, struct ratios *r);

void
part_connect(const struct ratios_options *o, struct ratios *r);

void
part_sweep(const struct ratios_options *o, struct ratios *r);

void
part_rooms(const struct ratios_options *o, struct ratios *r);

void
part_storm(const struct ratios_options *o, struct ratios *r);

/* Deliveries only, no figures: ends the program if they are not right. */
void
part_smoke(const struct ratios_options *o, struct ratios *r);

#endif
