#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "gen.h"

enum {
	DRAIN = 20,     /* s, for the rest to come */
	PATIENCE = 120, /* s, until all are in */
};

#define NS 1e9

struct moment {
	uint64_t at, delivered, bytes, count[GEN_COUNTS];
	double cpu;
};

static struct moment
look(const struct gen *g)
{
	struct moment m = { .at = gen_now(),
		.delivered = g->delivered,
		.bytes = g->read_bytes,
		.cpu = gen_server_cpu(g) };

	if (g->o.counts != NULL)
		memcpy(m.count, g->o.counts, sizeof(m.count));
	return m;
}

void
gen_rest(struct gen *g, double seconds)
{
	uint64_t end = gen_now() + (uint64_t)(seconds * NS);

	while (gen_now() < end)
		gen_turn(g, end, true);
}

/* Senders are spread evenly over the groups, and in a group over the order of
 * coming. */
static void
cast(struct gen *g)
{
	unsigned groups = g->casts = g->o.calm > 0 ? 1 : gen_groups(g);
	unsigned in_group = (g->o.calm > 0 ? g->o.calm : g->wanted) / groups;
	unsigned most = in_group * groups;

	if (g->talk.senders > most)
		g->talk.senders = most;
	g->per_group = (g->talk.senders - 1) / groups + 1;
	free(g->senders);
	free(g->next);
	g->senders = xcalloc(g->talk.senders, sizeof(*g->senders));
	g->next =
	    xcalloc((size_t)g->o.clients * g->per_group, sizeof(*g->next));
	for (unsigned i = 0; i < g->o.clients; i++)
		g->clients[i].sender = -1;
	for (unsigned i = 0; i < g->talk.senders; i++) {
		struct gen_sender *s = &g->senders[i];
		unsigned which = i / groups * in_group / g->per_group;

		s->group = i % groups;
		s->client = &g->clients[which * groups + s->group];
		s->client->sender = (int)i;
	}
}

/* In an open loop: what is due. */
static void
send_due(struct gen *g, uint64_t begun, uint64_t *sent)
{
	double gap = NS / g->talk.rate;
	uint64_t now = gen_now(), due;

	while ((due = begun + (uint64_t)((double)*sent * gap)) <= now)
		gen_text_send(g, (unsigned)((*sent)++ % g->talk.senders), due);
}

/* Talks until then, and until all that were to come have. It does not sleep:
 * to wake a sleeping reader costs the server as much as sending, and only a
 * server that leaves its readers time to sleep would have to pay that. */
static void
talk_until(struct gen *g, uint64_t begun, uint64_t end, uint64_t *sent)
{
	uint64_t latest = gen_now() + (uint64_t)PATIENCE * 1000000000;

	while (gen_now() < end || g->ready < g->wanted) {
		if (g->talk.rate > 0)
			send_due(g, begun, sent);
		gen_open_more(g);
		gen_turn(g, 0, false);
		if (gen_now() > latest)
			gen_die("%u of %u are in after %d s", g->ready,
			    g->wanted, PATIENCE);
	}
}

static bool
drain(struct gen *g)
{
	uint64_t end = gen_now() + (uint64_t)DRAIN * 1000000000;

	while (g->delivered < g->expected && gen_now() < end)
		gen_turn(g, end, true);
	return g->delivered == g->expected;
}

static void
fill(struct gen_result *r, const struct gen *g, const struct moment *a,
    const struct moment *b)
{
	r->seconds = (double)(b->at - a->at) / NS;
	r->deliveries = (double)(b->delivered - a->delivered);
	r->rate = r->deliveries / r->seconds;
	r->cpu = (b->cpu - a->cpu) / r->deliveries * 1e6;
	r->p50 = gen_times_at(&g->times, 0.5);
	r->p99 = gen_times_at(&g->times, 0.99);
	r->max = (double)g->times.max / 1e6;
	r->frame = (double)(b->bytes - a->bytes) / r->deliveries;
	for (unsigned i = 0; i < GEN_COUNTS; i++)
		r->count[i] =
		    (double)(b->count[i] - a->count[i]) / r->deliveries;
}

struct gen_result
gen_talk(struct gen *g, const struct gen_talk *talk)
{
	struct gen_result r = { 0 };
	struct moment a, b;
	uint64_t begun, sent = 0;

	g->talk = *talk;
	g->run = (g->run + 1) & 0xffff;
	g->expected = g->delivered = 0;
	memset(&g->times, 0, sizeof(g->times));
	cast(g);
	g->sending = true;
	begun = gen_now();
	if (talk->rate == 0)
		for (unsigned i = 0; i < g->talk.senders; i++)
			gen_text_send(g, i, gen_now());
	talk_until(g, begun, begun + (uint64_t)(talk->warm * NS), &sent);
	a = look(g);
	g->measuring = true;
	if (talk->until > g->wanted)
		g->window = g->wanted = talk->until;
	if (talk->until > 0)
		talk_until(g, begun, 0, &sent);
	r.came = (double)(gen_now() - a.at) / NS;
	talk_until(g, begun, a.at + (uint64_t)(talk->seconds * NS), &sent);
	g->sending = g->measuring = false;
	b = look(g);
	r.late = !drain(g);
	fill(&r, g, &a, &b);
	r.rss = gen_server_rss(g) / (1 << 20);
	return r;
}
