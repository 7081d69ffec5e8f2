/*
 * What the time of a comparison tells of a secret. Two ways to look:
 *
 *	count	compares, once for each place, with a secret that is wrong
 *		there; prints `WHAT PLACE` for each. To be run where each
 *		probe()'s instructions are counted.
 *	time N	N times, wrong in the first place or in the last one, as
 *		chance has it; prints `WHAT T`, Welch's t of the difference
 *		between the two, the largest for several ways to leave out
 *		what took long. Below 4.5 nothing is known to leak.
 *
 * `leaky` is a comparison that ends where it is decided: both have to see it.
 */
#include "config.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "hub/token.h"

enum {
	WARMING = 1000,
	SHARES = 4, /* ways to leave out */
};

static const unsigned char secret[] = "0123456789abcdef0123456789abcdef";
static char right[TOKEN_SIZE];
static uint64_t random_state = 88172645463325252;

/* ---- what compares ---- */

static bool
token(struct slice given)
{
	uint64_t id, generation;

	return token_check(secret, given, &id, &generation) == 0;
}

static bool
seal(struct slice given)
{
	return token_is_sealed(secret, given);
}

static bool
leaky(struct slice given)
{
	for (size_t i = 0; i < given.len; i++)
		if (*(const volatile char *)(given.p + i) != right[i])
			return false;
	return true;
}

static const struct subject {
	const char *name;
	bool (*is_right)(struct slice given);
	bool sealed;
} subjects[] = {
	{ "token", token, false },
	{ "seal", seal, true },
	{ "leaky", leaky, false },
};

enum { SUBJECTS = sizeof(subjects) / sizeof(subjects[0]) };

/* Its name is what the counting goes by. */
bool
probe(const struct subject *s, struct slice given);

__attribute__((noinline)) bool
probe(const struct subject *s, struct slice given)
{
	return s->is_right(given);
}

/* Makes the right one; returns where its last mac begins. */
static size_t
begin(const struct subject *s)
{
	token_make(secret, 12345678901, 3, right);
	if (s->sealed)
		token_seal(secret, right);
	if (!s->is_right(slice_of(right))) {
		fprintf(
		    stderr, "timing: %s: the right one is wrong\n", s->name);
		exit(1);
	}
	return (size_t)(strrchr(right, '.') + 1 - right);
}

static char
other(char c)
{
	return c == 'A' ? 'B' : 'A';
}

static void
try(const struct subject *s, const char *given)
{
	if (probe(s, slice_of(given))) {
		fprintf(stderr, "timing: %s: a wrong one is right\n", s->name);
		exit(1);
	}
}

/* ---- counting ---- */

static void
count(const struct subject *s)
{
	size_t first = begin(s), len = strlen(right);

	for (size_t i = first; i < len; i++) {
		char given[TOKEN_SIZE];

		memcpy(given, right, sizeof(given));
		given[i] = other(given[i]);
		try(s, given);
		printf("%s %zu\n", s->name, i - first);
	}
}

/* ---- measuring ---- */

/* Of a class: Welford's way. */
struct sample {
	double n, mean, m2;
};

static uint64_t
next_random(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static double
nanoseconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

static void
add(struct sample *s, double x)
{
	double delta = x - s->mean;

	s->n++;
	s->mean += delta / s->n;
	s->m2 += delta * (x - s->mean);
}

static double
welch(const struct sample *a, const struct sample *b)
{
	double va = a->m2 / (a->n - 1) / a->n, vb = b->m2 / (b->n - 1) / b->n;

	return fabs(a->mean - b->mean) / sqrt(va + vb);
}

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* One comparison: its time. */
static double
measure(const struct subject *s, char *given, size_t first, size_t last,
    unsigned class)
{
	/* The same for both classes up to here: no branch on it. */
	const char ends[2][2] = { { other(right[first]), right[last] },
		{ right[first], other(right[last]) } };
	struct slice whole = { given, last + 1 };
	double begun;
	bool is;

	given[first] = ends[class][0];
	given[last] = ends[class][1];
	begun = nanoseconds();
	is = probe(s, whole);
	begun = nanoseconds() - begun;
	if (is)
		exit(1);
	return begun;
}

static void
run(const struct subject *s, size_t n)
{
	static const double shares[SHARES] = { 0.5, 0.9, 0.99, 1 };
	struct sample samples[SHARES][2] = { { { 0 } } };
	size_t first = begin(s), last = strlen(right) - 1;
	double *sorted = xcalloc(n, sizeof(*sorted));
	double *times = xcalloc(n, sizeof(*times));
	unsigned char *classes = xcalloc(n, 1);
	char given[TOKEN_SIZE];
	double worst = 0;

	memcpy(given, right, sizeof(given));
	for (size_t i = 0; i < WARMING; i++)
		measure(s, given, first, last, i & 1);
	for (size_t i = 0; i < n; i++) {
		classes[i] = next_random() >> 40 & 1;
		times[i] = measure(s, given, first, last, classes[i]);
	}
	memcpy(sorted, times, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), by_size);
	for (unsigned k = 0; k < SHARES; k++) {
		double most = sorted[(size_t)((double)(n - 1) * shares[k])];
		struct sample *of = samples[k];
		double t;

		for (size_t i = 0; i < n; i++)
			if (times[i] <= most)
				add(&of[classes[i]], times[i]);
		t = welch(&of[0], &of[1]);
		worst = t > worst ? t : worst;
	}
	printf("%s %.2f\n", s->name, worst);
	free(classes);
	free(times);
	free(sorted);
}

int
main(int argc, char **argv)
{
	bool counting = argc == 2 && strcmp(argv[1], "count") == 0;
	long n = argc == 3 && strcmp(argv[1], "time") == 0
		     ? strtol(argv[2], NULL, 10)
		     : 0;

	if (!counting && n < WARMING) {
		fprintf(stderr, "usage: timing count | time N\n");
		return 64;
	}
	for (unsigned i = 0; i < SUBJECTS; i++)
		if (counting)
			count(&subjects[i]);
		else
			run(&subjects[i], (size_t)n);
	return 0;
}
