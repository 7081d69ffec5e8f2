#include "config.h"

#include "base/limits.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
	/* Bytes of a message around its text: room, id, nick, who has read. */
	AROUND = 4096,
	/* Of JSON for one of text: "\u0007" from a client, and what is left
	 * by the server, "\n" or "\"" at the worst. */
	ESCAPED_IN = 6,
	ESCAPED_OUT = 2,
};

enum unit { COUNT, BYTES, SECONDS, RATE };

struct row {
	const char *name;
	enum unit unit;
	size_t offset; /* in struct limits; of a struct limit_rate for RATE */
	uint64_t value, per_second; /* the default */
	uint64_t min, max;          /* of what may be given; times in s */
	const char *help;
};

#define AT(member) offsetof(struct limits, member)

static const struct row rows[] = {
	{ "payload", BYTES, AT(payload), 1000000, 0, 65536, 1 << 30,
	    "bytes of a packet, a POST or a WebSocket message" },
	{ "queue", BYTES, AT(queue), 8 << 20, 0, 65536, 1 << 30,
	    "bytes that wait for one who reads slowly; past it the connection "
	    "is closed" },
	{ "queue-all", BYTES, AT(queue_all), 64 << 20, 0, 1 << 20,
	    (uint64_t)1 << 30,
	    "bytes that wait for all who read slowly; past it the slowest are "
	    "closed" },
	{ "header", BYTES, AT(header), 16384, 0, 1024, 1 << 20,
	    "bytes of the head of an HTTP request" },
	{ "url", BYTES, AT(url), 8192, 0, 256, 1 << 20, "bytes of a URL" },
	{ "fields", COUNT, AT(fields), 100, 0, 20, 10000,
	    "fields of an HTTP request" },
	{ "header-time", SECONDS, AT(header_time), 10, 0, 1, 86400,
	    "seconds for the head of a request, from its first byte" },
	{ "body-time", SECONDS, AT(body_time), 20, 0, 1, 86400,
	    "seconds in which another 1024 bytes of a body come, or all" },
	{ "pipeline", COUNT, AT(pipeline), 16, 0, 1, 10000,
	    "requests of a connection that are served before others have "
	    "their turn" },
	{ "handshake-time", SECONDS, AT(handshake_time), 30, 0, 1, 86400,
	    "seconds until a new connection asks for something" },
	{ "idle-time", SECONDS, AT(idle_time), 65, 0, 1, 86400,
	    "seconds between two requests of a connection" },
	{ "read-time", SECONDS, AT(read_time), 60, 0, 1, 86400,
	    "seconds in which some of what waits for a peer is taken" },
	{ "fragments", COUNT, AT(fragments), 1024, 0, 1, 1 << 30,
	    "fragments of a WebSocket message, and one more for each 16 "
	    "bytes" },
	{ "connections", COUNT, AT(connections), LIMIT_OFF, 0, 1, 1 << 20,
	    "connections in all; off: as many as there are descriptors for" },
	{ "per-address", COUNT, AT(per_address), 200, 0, 1, 1 << 20,
	    "connections of one address, which for IPv6 is a network of 64 "
	    "bits; loopback addresses may have more" },
	{ "new-per-address", RATE, AT(new_per_address), 300, 5, 1, 1 << 20,
	    "new connections of one address: so many at once, then so many a "
	    "second; loopback addresses may make more" },
	{ "message", BYTES, AT(message), 65536, 0, 1, LIMITS_MESSAGE_MAX,
	    "bytes of a message's text; off: 1M" },
	{ "attachments", COUNT, AT(attachments), 10, 0, 1, 10,
	    "pieces of binary data of a packet; off: 10, as clients take no "
	    "more" },
	{ "nesting", COUNT, AT(nesting), 32, 0, 8, 56,
	    "arrays and objects within each other; off: 56" },
	{ "values", COUNT, AT(values), 100000, 0, 100, 1 << 30,
	    "values, arrays and objects of a packet" },
	{ "joined", COUNT, AT(joined), 100, 0, 1, 250,
	    "rooms that a connection is in; off: 250" },
	{ "namespaces", COUNT, AT(namespaces), 32, 0, 1, 1 << 20,
	    "namespaces of Socket.IO that a client is in" },
	{ "acks", COUNT, AT(acks), 256, 0, 1, 1 << 20,
	    "acknowledgements that a client owes the server" },
	{ "rate", RATE, AT(rate), 300, 30, 1, 1000000,
	    "messages and changes to them at once, and then a second" },
	{ "requests", RATE, AT(requests), 500, 50, 1, 1000000,
	    "all other requests at once, and then a second" },
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

_Static_assert((int)ROWS < (int)LIMITS_MAX, "and the end of the table");

static const char *const value_names[] = {
	[COUNT] = "N|off",
	[BYTES] = "BYTES|off",
	[SECONDS] = "SECONDS|off",
	[RATE] = "BURST,PER-SECOND|off",
};

static void
put(struct limits *l, const struct row *r, uint64_t value, uint64_t per_second)
{
	char *at = (char *)l + r->offset;

	if (r->unit == SECONDS && value != LIMIT_OFF)
		value *= 1000;
	if (r->unit == RATE)
		*(struct limit_rate *)(void *)at =
		    (struct limit_rate){ value, per_second };
	else
		*(uint64_t *)(void *)at = value;
}

void
limits_init(struct limits *l)
{
	for (unsigned i = 0; i < ROWS; i++)
		put(l, &rows[i], rows[i].value, rows[i].per_second);
}

size_t
limit_size(uint64_t limit, size_t max)
{
	return limit < max ? (size_t)limit : max;
}

int
limits_check(const struct limits *l, struct buf *err)
{
	const struct {
		const char *name;
		uint64_t limit;
		unsigned escaped;
	} holds[] = {
		{ "payload", l->payload, ESCAPED_IN },
		{ "queue", l->queue, ESCAPED_OUT },
		{ "queue-all", l->queue_all, ESCAPED_OUT },
	};
	uint64_t message = limit_size(l->message, LIMITS_MESSAGE_MAX);

	for (size_t i = 0; i < sizeof(holds) / sizeof(holds[0]); i++) {
		uint64_t need = message * holds[i].escaped + AROUND;

		if (holds[i].limit >= need)
			continue;
		buf_printf(err,
		    "--message: %" PRIu64 " bytes of text need --%s %" PRIu64
		    " at least, for as JSON they can be %u times as long",
		    message, holds[i].name, need, holds[i].escaped);
		return -EINVAL;
	}
	return 0;
}

/* A decimal number off the front of *p, not past max; or -EINVAL. */
static int
take_number(const char **p, uint64_t max, uint64_t *out)
{
	uint64_t n = 0;

	if (**p < '0' || **p > '9')
		return -EINVAL;
	for (; **p >= '0' && **p <= '9'; (*p)++) {
		n = n * 10 + (uint64_t)(**p - '0');
		if (n > max)
			return -EINVAL;
	}
	*out = n;
	return 0;
}

/* The letter behind a number of bytes: K, M or G. */
static unsigned
take_shift(const char **p)
{
	static const char letters[] = "KMG";
	const char *at = **p != '\0' ? strchr(letters, **p) : NULL;

	if (at == NULL)
		return 0;
	(*p)++;
	return 10 * (unsigned)(at - letters + 1);
}

static int
set(const char *value, void *target)
{
	const struct limits_target *t = target;
	const struct row *r = &rows[t->row];
	uint64_t n, per_second = 0;

	if (strcmp(value, "off") == 0) {
		put(t->limits, r, LIMIT_OFF, 0);
		return 0;
	}
	if (take_number(&value, r->max, &n) < 0)
		return -EINVAL;
	if (r->unit == BYTES)
		n <<= take_shift(&value); /* max is small enough for it */
	if (r->unit == RATE &&
	    (*value++ != ',' || take_number(&value, r->max, &per_second) < 0 ||
		per_second == 0))
		return -EINVAL;
	if (*value != '\0' || n < r->min || n > r->max)
		return -EINVAL;
	put(t->limits, r, n, per_second);
	return 0;
}

/* 8388608 as "8M", 10000 ms as "10". */
static void
put_default(struct buf *out, const struct row *r)
{
	uint64_t n = r->value;
	unsigned letter = 0;

	if (r->value == LIMIT_OFF) {
		buf_puts(out, "off");
		return;
	}
	while (r->unit == BYTES && n > 0 && n % 1024 == 0 && letter < 3) {
		n /= 1024;
		letter++;
	}
	buf_printf(out, "%" PRIu64, n);
	if (letter > 0)
		buf_putc(out, "KMG"[letter - 1]);
	if (r->unit == RATE)
		buf_printf(out, ",%" PRIu64, r->per_second);
}

static void
put_help(struct limits_target *t)
{
	const struct row *r = &rows[t->row];
	struct buf text;

	buf_init(&text, sizeof(t->help));
	buf_printf(&text, "%s (default: ", r->help);
	put_default(&text, r);
	buf_putc(&text, ')');
	assert(!text.failed);
	snprintf(t->help, sizeof(t->help), "%.*s", SLICE_ARG(buf_view(&text)));
	buf_deinit(&text);
}

unsigned
limits_options(struct limits *l, struct limits_target targets[LIMITS_MAX],
    struct opt table[LIMITS_MAX])
{
	for (unsigned i = 0; i < ROWS; i++) {
		assert(rows[i].max <= INT32_MAX);
		targets[i] = (struct limits_target){ .limits = l, .row = i };
		put_help(&targets[i]);
		table[i] = (struct opt){
			.name = rows[i].name,
			.type = OPT_CHECK,
			.target = &targets[i],
			.value = value_names[rows[i].unit],
			.help = targets[i].help,
			.min = (int)rows[i].min,
			.max = (int)rows[i].max,
			.check = set,
		};
	}
	table[ROWS] = (struct opt){ .name = NULL };
	return ROWS;
}
