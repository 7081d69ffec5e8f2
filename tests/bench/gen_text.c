#include "config.h"

#include <stdio.h>
#include <string.h>

#include "gen.h"

/*
 * A text is run, sender and number in hexadecimal digits, and then letters
 * that follow from them.
 */
enum {
	RUN = 4,
	SENDER = 4,
	NUMBER = 8,
	HEAD = RUN + SENDER + NUMBER,
	PACKET_MAX = 256,
};

static const char begin[] = "[\"nuevo mensaje\",\"";
static const char letters[] =
    "etaoinshrdlcumwfgypbvkjxqzETAOINSHRDLCUMWFGYPBVKJXQZ0123456789"
    "etaoinshrdlcumwfgypbvkjxqzETAOINSHRDLCUMWFGYPBVKJXQZ0123456789";

static const char *
filler(uint32_t sender, uint32_t number)
{
	return letters + (sender * 7 + number) % 62;
}

static void
put(char *p, uint32_t v, unsigned digits)
{
	while (digits-- > 0) {
		p[digits] = "0123456789abcdef"[v & 15];
		v >>= 4;
	}
}

/* False if there is another character. */
static bool
take(const char *p, unsigned digits, uint32_t *v)
{
	uint32_t n = 0, bad = 0;

	for (unsigned i = 0; i < digits; i++) {
		uint32_t c = (uint8_t)p[i], d = c - '0';

		if (d > 9)
			d = c - 'a' + 10;
		bad |= d;
		n = n << 4 | (d & 15);
	}
	*v = n;
	return bad <= 15;
}

void
gen_text_send(struct gen *g, unsigned sender, uint64_t due)
{
	struct gen_sender *s = &g->senders[sender];
	char packet[PACKET_MAX], *p = packet;
	uint32_t number = s->sent++;
	unsigned n_group = 0;

	s->due[number % GEN_RING] = due;
	p += sprintf(p, "42%s%s", g->talk.ack ? "7" : "", begin);
	put(p, g->run, RUN);
	put(p + RUN, sender, SENDER);
	put(p + RUN + SENDER, number, NUMBER);
	memcpy(p + HEAD, filler(sender, number), GEN_TEXT - HEAD);
	p += GEN_TEXT;
	if (g->o.rooms > 0 || g->o.calm > 0)
		p += sprintf(p, "\",{\"room\":\"bench-%u\"}]", s->group);
	else
		p += sprintf(p, "\"]");
	n_group = g->o.calm > 0
		      ? g->o.calm
		      : (g->wanted - s->group - 1) / gen_groups(g) + 1;
	g->expected += n_group;
	gen_send(s->client, packet, (size_t)(p - packet));
}

static void
add_time(struct gen_times *t, uint64_t ns)
{
	unsigned top = ns < 32 ? 0 : 58 - (unsigned)__builtin_clzll(ns);

	t->n[ns < 32 ? ns : top * 32 + (ns >> top)]++;
	t->all++;
	if (ns > t->max)
		t->max = ns;
}

double
gen_times_at(const struct gen_times *t, double part)
{
	uint64_t want = (uint64_t)((double)t->all * part), seen = 0;

	for (unsigned i = 0; i < GEN_BUCKETS; i++) {
		seen += t->n[i];
		if (seen > want) {
			unsigned top = i < 64 ? 0 : i / 32 - 1;

			return (double)((uint64_t)(i - top * 32) << top) / 1e6;
		}
	}
	return (double)t->max / 1e6;
}

static void
check(struct gen_client *c, uint32_t sender, uint32_t number, const char *p)
{
	struct gen *g = c->gen;
	uint32_t *next;

	if (sender >= g->talk.senders ||
	    memcmp(p + HEAD, filler(sender, number), GEN_TEXT - HEAD) != 0)
		gen_die(
		    "client %u: not what was sent: %.*s", c->id, GEN_TEXT, p);
	if (g->senders[sender].group != gen_group(g, c->id))
		gen_die("client %u: of another room", c->id);
	next = &g->next[(size_t)c->id * g->per_group + sender / g->casts];
	if (number != *next)
		gen_die("client %u: message %u of sender %u where %u is due",
		    c->id, number, sender, *next);
	++*next;
}

void
gen_text_event(struct gen_client *c, const char *p, size_t len)
{
	struct gen *g = c->gen;
	const size_t head = sizeof(begin) - 1;
	uint32_t run, sender, number;
	uint64_t due;

	if (len < head || memcmp(p, begin, head) != 0)
		return; /* welcome, joined and the like */
	p += head;
	if (len < head + GEN_TEXT + 2 || p[GEN_TEXT] != '"' ||
	    (p[GEN_TEXT + 1] != ',' && p[GEN_TEXT + 1] != ']') ||
	    p[len - head - 1] != ']' || !take(p, RUN, &run) ||
	    !take(p + RUN, SENDER, &sender) ||
	    !take(p + RUN + SENDER, NUMBER, &number) || run != g->run)
		gen_die("client %u: not what was sent: %.*s", c->id,
		    (int)(len - head), p);
	check(c, sender, number, p);
	g->delivered++;
	due = g->senders[sender].due[number % GEN_RING];
	if (g->measuring && !g->talk.ack)
		add_time(&g->times, g->now > due ? g->now - due : 0);
	if (g->sending && g->talk.rate == 0 && !g->talk.ack &&
	    c->sender == (int)sender)
		gen_text_send(g, sender, gen_now());
}

void
gen_text_acked(struct gen_client *c)
{
	struct gen *g = c->gen;
	const struct gen_sender *s;

	if (c->sender < 0)
		gen_die("client %u: an answer to nothing", c->id);
	s = &g->senders[c->sender];
	if (g->measuring)
		add_time(&g->times, g->now - s->due[(s->sent - 1) % GEN_RING]);
	if (g->sending)
		gen_text_send(g, (unsigned)c->sender, gen_now());
}
