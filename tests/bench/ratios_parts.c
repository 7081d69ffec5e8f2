#include "config.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen.h"
#include "ratios.h"
#include "servers.h"

enum {
	WINDOW = 100, /* handshakes under way */
	FANOUT = 1000,
	SENDERS = 10,
	FRAME = 200, /* bytes of chat's, unless it has been measured */
	OPEN_RATE = 50,
	ROOM = 10, /* people */
	CALM = 100,
	SMOKE = 20,
};

static unsigned frame = FRAME;

/* ---- medians ---- */

static int
compare(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* Of a figure of all rounds; the figure is told by its place. */
static double
median(const struct gen_result *v, unsigned n, size_t offset)
{
	double x[ROUNDS_MAX];

	for (unsigned i = 0; i < n; i++)
		memcpy(&x[i], (const char *)&v[i] + offset, sizeof(x[i]));
	qsort(x, n, sizeof(x[0]), compare);
	return n % 2 != 0 ? x[n / 2] : (x[n / 2 - 1] + x[n / 2]) / 2;
}

static struct gen_result
medians(const struct gen_result *v, unsigned n)
{
#define MEDIAN(field) median(v, n, offsetof(struct gen_result, field))
	struct gen_result r = { .rate = MEDIAN(rate),
		.cpu = MEDIAN(cpu),
		.p50 = MEDIAN(p50),
		.p99 = MEDIAN(p99),
		.max = MEDIAN(max),
		.frame = MEDIAN(frame),
		.rss = MEDIAN(rss),
		.came = MEDIAN(came) };
#undef MEDIAN

	for (unsigned i = 0; i < n; i++)
		r.late |= v[i].late;
	return r;
}

/* ---- rows ---- */

static void
head(const char *what)
{
	printf("\n%-34s %11s %8s %8s %8s %6s %7s\n", what, "deliver./s",
	    "CPU s/M", "p50 ms", "p99 ms", "bytes", "RSS MiB");
}

static void
row(const char *name, const struct gen_result *r)
{
	printf("  %-32s %11.0f %8.2f %8.2f %8.2f %6.0f %7.1f%s\n", name,
	    r->rate, r->cpu, r->p50, r->p99, r->frame, r->rss,
	    r->late ? "  overloaded" : "");
	fflush(stdout);
}

/* ---- one server ---- */

static struct gen *
begin(enum server_kind kind, struct gen_options *o, bool counted)
{
	struct server *s = server_start(kind, frame, o->tls, counted);

	o->port = s->port;
	o->server = s->pid;
	o->counts = s->counts;
	return gen_new(o);
}

static void
end(struct gen *g)
{
	gen_free(g);
	server_stop();
}

/* Starts it, connects all and lets them talk. */
static struct gen_result
talk(enum server_kind kind, struct gen_options o, const struct gen_talk *t)
{
	struct gen *g = begin(kind, &o, false);
	struct gen_result r;

	gen_connect(g, o.clients, WINDOW);
	r = gen_talk(g, t);
	end(g);
	return r;
}

/* All rounds of it. */
static struct gen_result
talks(enum server_kind kind, const struct ratios_options *o,
    const struct gen_options *go, const struct gen_talk *t, const char *name)
{
	struct gen_result v[ROUNDS_MAX], r;

	if (!server_exists(kind))
		return (struct gen_result){ .rate = NAN, .cpu = NAN };
	for (unsigned i = 0; i < o->rounds; i++)
		v[i] = talk(kind, *go, t);
	r = medians(v, o->rounds);
	row(name, &r);
	return r;
}

/* ---- fan-out ---- */

struct fanout {
	struct gen_result closed[SERVER_KINDS][ROUNDS_MAX];
	struct gen_result open[SERVER_KINDS][ROUNDS_MAX];
};

static void
fanout_round(const struct ratios_options *o, struct fanout *f, unsigned round)
{
	struct gen_talk closed = {
		.senders = SENDERS, .warm = o->warm, .seconds = o->seconds
	};
	struct gen_talk open = { .senders = SENDERS,
		.rate = OPEN_RATE,
		.warm = o->warm,
		.seconds = o->seconds };

	for (unsigned k = 0; k < SERVER_KINDS; k++) {
		struct gen_options go = { .clients = FANOUT };
		struct gen *g;

		if (!server_exists(k))
			continue;
		g = begin(k, &go, false);
		gen_connect(g, FANOUT, WINDOW);
		f->closed[k][round] = gen_talk(g, &closed);
		f->open[k][round] = gen_talk(g, &open);
		end(g);
		if (k == CHAT) /* the bare ones' frames are as long */
			frame = (unsigned)lround(f->closed[k][round].frame);
	}
}

static void
fanout_counts(const struct ratios_options *o, struct ratios *r)
{
	static const enum server_kind kinds[] = { CHAT, CHAT_MEMORY,
		BARE_GATHERED };
	struct gen_talk t = {
		.senders = SENDERS, .warm = o->warm, .seconds = 1
	};
	struct gen_result v;

	printf("\n%-34s %11s %11s\n", "  for a delivery", "allocations",
	    "system c.");
	for (unsigned i = 0; i < 3; i++) {
		struct gen_options go = { .clients = FANOUT };
		struct gen *g = begin(kinds[i], &go, true);

		gen_connect(g, FANOUT, WINDOW);
		v = gen_talk(g, &t);
		end(g);
		printf("  %-32s %11.4f %11.4f\n", server_name(kinds[i]),
		    v.count[GEN_ALLOCATIONS], v.count[GEN_SYSCALLS]);
		fflush(stdout);
		if (kinds[i] == CHAT) {
			r->allocations = v.count[GEN_ALLOCATIONS];
			r->syscalls = v.count[GEN_SYSCALLS];
		}
	}
}

void
part_fanout(const struct ratios_options *o, struct ratios *r)
{
	struct gen_result closed[SERVER_KINDS], open[SERVER_KINDS];
	struct fanout *f = calloc(1, sizeof(*f));

	if (f == NULL)
		gen_die("no memory");
	for (unsigned i = 0; i < o->rounds; i++)
		fanout_round(o, f, i);
	head("fan-out, 1,000 clients, 10 talk");
	for (unsigned k = 0; k < SERVER_KINDS; k++) {
		closed[k] = medians(f->closed[k], o->rounds);
		open[k] = medians(f->open[k], o->rounds);
		if (server_exists(k))
			row(server_name(k), &closed[k]);
	}
	head("the same, 50 messages a second");
	for (unsigned k = 0; k < SERVER_KINDS; k++)
		if (server_exists(k))
			row(server_name(k), &open[k]);
	free(f);
	r->fanout_official = server_exists(OFFICIAL)
				 ? closed[CHAT].rate / closed[OFFICIAL].rate
				 : NAN;
	r->fanout_cpu = server_exists(OFFICIAL)
			    ? closed[OFFICIAL].cpu / closed[CHAT].cpu
			    : NAN;
	r->fanout_gathered = closed[CHAT].rate / closed[BARE_GATHERED].rate;
	r->cpu_gathered = closed[CHAT].cpu / closed[BARE_GATHERED].cpu;
	r->open_p50 = open[CHAT_MEMORY].p50 / open[BARE_EACH].p50;
	r->open_p99 = open[CHAT_MEMORY].p99 / open[BARE_EACH].p99;
	r->store_p50 = open[CHAT].p50 - open[BARE_EACH].p50;
	r->store_p99 = open[CHAT].p99 - open[BARE_EACH].p99;
	r->commit = servers_commit_time();
	fanout_counts(o, r);
}

/* ---- other transports ---- */

void
part_transports(const struct ratios_options *o, struct ratios *r)
{
	static const struct {
		const char *name;
		bool polling, tls;
	} transports[] = { { "polling", true, false },
		{ "WebSocket, TLS", false, true },
		{ "polling, TLS", true, true } };
	struct gen_talk t = {
		.senders = SENDERS, .warm = o->warm, .seconds = o->seconds
	};
	struct gen_result chat, official;
	char name[64];

	head("fan-out, 1,000 clients, 10 talk");
	for (unsigned i = 0; i < 3; i++) {
		struct gen_options go = { .clients = FANOUT,
			.polling = transports[i].polling,
			.tls = transports[i].tls };

		snprintf(name, sizeof(name), "chat, %s", transports[i].name);
		chat = talks(CHAT, o, &go, &t, name);
		snprintf(
		    name, sizeof(name), "official, %s", transports[i].name);
		official = talks(OFFICIAL, o, &go, &t, name);
		if (i == 0)
			r->polling_official = chat.rate / official.rate;
	}
}

/* ---- echo ---- */

void
part_echo(const struct ratios_options *o, struct ratios *r)
{
	static const enum server_kind kinds[] = { CHAT, CHAT_MEMORY, OFFICIAL,
		BARE_EACH };

	(void)r;
	for (unsigned n = 1; n <= 10; n += 9) {
		struct gen_talk t = { .senders = n,
			.ack = true,
			.warm = o->warm,
			.seconds = o->seconds };
		struct gen_options go = { .clients = n };

		head(n == 1 ? "acknowledged, one client"
			    : "acknowledged, 10 clients");
		for (unsigned i = 0; i < 4; i++)
			talks(kinds[i], o, &go, &t, server_name(kinds[i]));
	}
}

/* ---- connecting, and being idle ---- */

struct connected {
	double rate, cpu, memory;
};

static struct connected
connect_once(enum server_kind kind, unsigned clients, bool polling)
{
	struct gen_options go = { .clients = clients, .polling = polling };
	struct gen *g = begin(kind, &go, false);
	double rss = gen_server_rss(g), cpu = gen_server_cpu(g);
	struct connected c;

	c.rate = clients / gen_connect(g, clients, WINDOW);
	c.cpu = (gen_server_cpu(g) - cpu) / clients * 1e6;
	gen_rest(g, 2);
	c.memory = (gen_server_rss(g) - rss) / clients;
	end(g);
	return c;
}

static struct connected
connect_row(enum server_kind kind, const struct ratios_options *o, bool polling)
{
	struct gen_result v[ROUNDS_MAX], m;
	struct connected c = { NAN, NAN, NAN };

	if (!server_exists(kind))
		return c;
	for (unsigned i = 0; i < o->rounds; i++) {
		c = connect_once(kind, o->clients, polling);
		v[i] = (struct gen_result){
			.rate = c.rate, .cpu = c.cpu, .rss = c.memory
		};
	}
	m = medians(v, o->rounds);
	printf("  %-32s %11.0f %11.1f %11.0f\n", server_name(kind), m.rate,
	    m.cpu, m.rss);
	fflush(stdout);
	return (struct connected){ m.rate, m.cpu, m.rss };
}

void
part_connect(const struct ratios_options *o, struct ratios *r)
{
	static const enum server_kind kinds[] = { CHAT, CHAT_MEMORY, OFFICIAL,
		BARE_EACH };
	struct connected c, official = { NAN, NAN, NAN };

	for (unsigned polling = 0; polling < 2; polling++) {
		printf("\n%-10s%7u %-16s %11s %11s %11s\n", "connecting",
		    o->clients, polling != 0 ? "polling" : "WebSocket",
		    "conn./s", "CPU us each", "bytes each");
		for (unsigned i = 0; i < (polling != 0 ? 3 : 4); i++) {
			c = connect_row(kinds[i], o, polling != 0);
			if (kinds[i] == OFFICIAL)
				official = c;
			if (kinds[i] == CHAT && polling != 0)
				r->rss_polling = c.memory;
			if (kinds[i] != CHAT || polling != 0)
				continue;
			r->rss_ws = c.memory;
			r->connect = c.rate;
		}
		if (polling == 0)
			r->connect_official = r->connect / official.rate;
	}
}

/* ---- a sweep, rooms, a storm ---- */

void
part_sweep(const struct ratios_options *o, struct ratios *r)
{
	static const unsigned sizes[] = { 10, 100, 1000, 10000, 20000 };
	struct gen_talk t = {
		.senders = SENDERS, .warm = o->warm, .seconds = o->seconds
	};
	double chat[2] = { 0 }, bare[2] = { 0 };
	char name[64];

	head("fan-out from 10 clients on");
	for (unsigned i = 0; i < 5; i++) {
		unsigned n = sizes[i] < o->most ? sizes[i] : o->most;
		struct gen_options go = { .clients = n };

		snprintf(name, sizeof(name), "chat, %u", n);
		chat[i > 0] = talks(CHAT, o, &go, &t, name).cpu;
		snprintf(name, sizeof(name), "bare, gathered, %u", n);
		bare[i > 0] = talks(BARE_GATHERED, o, &go, &t, name).cpu;
	}
	r->sweep = chat[1] / chat[0] / (bare[1] / bare[0]);
}

void
part_rooms(const struct ratios_options *o, struct ratios *r)
{
	static const enum server_kind kinds[] = { CHAT, CHAT_MEMORY, OFFICIAL };
	unsigned rooms = o->clients / ROOM;
	struct gen_options go = { .clients = rooms * ROOM, .rooms = rooms };
	struct gen_result v;

	for (unsigned all = 0; all < 2; all++) {
		struct gen_talk t = { .senders = all != 0 ? go.clients : rooms,
			.warm = o->warm,
			.seconds = o->seconds };

		head(all != 0 ? "rooms of 10, all talk"
			      : "rooms of 10, one talks in each");
		for (unsigned i = 0; i < 3; i++) {
			v = talks(kinds[i], o, &go, &t, server_name(kinds[i]));
			if (kinds[i] == CHAT)
				r->rooms = v.rate;
		}
	}
}

void
part_storm(const struct ratios_options *o, struct ratios *r)
{
	static const enum server_kind kinds[] = { CHAT, OFFICIAL };
	struct gen_options go = { .clients = o->clients + CALM, .calm = CALM };
	struct gen_talk calm = { .senders = SENDERS,
		.rate = OPEN_RATE,
		.warm = o->warm,
		.seconds = o->seconds };
	struct gen_talk storm = calm;

	(void)r;
	storm.until = go.clients = go.clients < o->most ? go.clients : o->most;
	printf("\n%-34s %11s %8s %8s %8s %10s\n", "100 talk, all others come",
	    "all in, s", "p50 ms", "p99 ms", "max ms", "before p99");
	for (unsigned i = 0; i < 2; i++) {
		struct gen_result v[ROUNDS_MAX], before[ROUNDS_MAX], m;

		for (unsigned n = 0; server_exists(kinds[i]) && n < o->rounds;
		     n++) {
			struct gen *g = begin(kinds[i], &go, false);

			gen_connect(g, CALM, WINDOW);
			before[n] = gen_talk(g, &calm);
			v[n] = gen_talk(g, &storm);
			end(g);
		}
		if (!server_exists(kinds[i]))
			continue;
		m = medians(v, o->rounds);
		printf("  %-32s %11.2f %8.2f %8.2f %8.2f %10.2f%s\n",
		    server_name(kinds[i]), m.came, m.p50, m.p99, m.max,
		    medians(before, o->rounds).p99,
		    m.late ? "  overloaded" : "");
		fflush(stdout);
	}
}

/* ---- deliveries only ---- */

void
part_smoke(const struct ratios_options *o, struct ratios *r)
{
	static const struct gen_talk talks_of[] = {
		{ .senders = 5, .seconds = 0.1 },
		{ .senders = 5, .rate = 100, .seconds = 0.1 },
		{ .senders = 5, .ack = true, .seconds = 0.1 },
		{ .senders = 4, .seconds = 0.1, .until = SMOKE },
	};

	(void)o;
	(void)r;
	for (unsigned i = 0; i < 12; i++) {
		struct gen_options go = { .clients = SMOKE,
			.polling = i % 4 >= 2,
			.tls = i % 2 != 0,
			.rooms = i / 4 == 1 ? 4 : 0,
			.calm = i / 4 == 2 ? SMOKE / 2 : 0 };
		struct gen *g = begin(CHAT_MEMORY, &go, false);

		gen_connect(g, i / 4 == 2 ? SMOKE / 2 : SMOKE, WINDOW);
		for (unsigned n = 0; n < 4; n++)
			if (gen_talk(g, &talks_of[n]).late)
				gen_die("messages are missing");
		end(g);
	}
	printf("all delivered\n");
}
