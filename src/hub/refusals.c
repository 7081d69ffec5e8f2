#include "config.h"

#include "hub/refusals.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "hub/core.h"

enum { MINUTE = 60000 /* ms */ };

/* Those that are alike. */
struct tally {
	const char *what, *code;
	char address[ADDRESS_TEXT_SIZE];
	struct address key;
	char name[SECRETS_NAME_MAX + 1], by[NICK_SIZE];
	uint64_t person;
	uint64_t n; /* not told yet */
};

struct refusals {
	struct hub *hub;
	struct timeq *minute;
	struct timeq_entry end;
	unsigned n;
	struct tally all[REFUSALS_MAX];
	uint64_t others;
};

struct line {
	struct store_act op;
	struct tally is;
};

static void
told(struct store_op *op)
{
	free(container_of(
	    container_of(op, struct store_act, op), struct line, op));
}

static void
tell(struct hub *h, const struct tally *is)
{
	struct line *l = xcalloc(1, sizeof(*l));

	l->is = *is;
	l->op.type = STORE_NOTE;
	l->op.op.done = told;
	l->op.audit = (struct store_audit_line){ .at = clock_wall_ms(),
		.person = is->person,
		.by = slice_of(l->is.by),
		.what = slice_of(is->what),
		.nick = slice_of(l->is.name),
		.address = slice_of(l->is.address),
		.reason = slice_of(is->code),
		.refused = is->n };
	store_act(h->store, &l->op);
}

/* What has come after the first one of its kind. */
static void
tell_rest(struct refusals *r)
{
	const struct tally others = {
		.what = "enter", .code = "others", .n = r->others
	};

	for (unsigned i = 0; i < r->n; i++)
		if (r->all[i].n > 0)
			tell(r->hub, &r->all[i]);
	if (r->others > 0)
		tell(r->hub, &others);
	r->n = 0;
	r->others = 0;
}

static void
minute_over(struct timeq_entry *e)
{
	tell_rest(container_of(e, struct refusals, end));
}

struct refusals *
refusals_new(struct hub *h)
{
	struct refusals *r = xcalloc(1, sizeof(*r));

	r->hub = h;
	r->minute = timeq_new(h->loop, MINUTE);
	return r;
}

void
refusals_free(struct refusals *r)
{
	if (r->hub->store != NULL)
		tell_rest(r);
	timeq_close(r->minute);
	free(r);
}

static void
copy(char *to, size_t size, struct slice text)
{
	snprintf(to, size, "%.*s", SLICE_ARG(text));
}

static struct tally *
find(struct refusals *r, const struct attempt *a, const struct address *key)
{
	for (unsigned i = 0; i < r->n; i++) {
		struct tally *is = &r->all[i];

		if (strcmp(is->what, a->what) == 0 &&
		    strcmp(is->code, a->code) == 0 &&
		    memcmp(&is->key, key, sizeof(*key)) == 0)
			return is;
	}
	return NULL;
}

void
refusals_note(struct refusals *r, const struct attempt *a)
{
	const bool refused = a->code[0] != '\0';
	struct address from, key;
	struct tally *is;

	/* Nothing has been looked at. */
	if (strcmp(a->code, "busy") == 0)
		return;
	address_parse(slice_of(a->address), &from);
	key = address_key(&from);
	is = find(r, a, &key);
	if (is != NULL) {
		is->n += refused;
		return;
	}
	if (r->n == REFUSALS_MAX) {
		r->others += refused;
		return;
	}
	if (r->n == 0)
		timeq_start(r->minute, &r->end, minute_over);
	is = &r->all[r->n++];
	*is = (struct tally){ .what = a->what,
		.code = a->code,
		.key = key,
		.person = a->person,
		.n = refused };
	copy(is->address, sizeof(is->address), slice_of(a->address));
	copy(is->name, sizeof(is->name), a->name);
	copy(is->by, sizeof(is->by), a->by);
	tell(r->hub, is);
	is->n = 0;
}
