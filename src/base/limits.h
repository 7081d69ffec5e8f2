/*
 * Limits of what a peer may do: each is a member of struct limits and a row of
 * one table, from which its option, its help and its default come. Every one
 * can be switched off by name.
 *
 * Whoever serves peers borrows a struct limits from whoever has made it, for
 * as long as it lives.
 */
#ifndef CHAT_BASE_LIMITS_H
#define CHAT_BASE_LIMITS_H

#include <stddef.h>
#include <stdint.h>

#include "base/opt.h"

/* A limit that is off. No number is above it. */
#define LIMIT_OFF UINT64_MAX

/* How often: so many at once, then so many a second. */
struct limit_rate {
	uint64_t burst; /* LIMIT_OFF: as often as one likes */
	uint64_t per_second;
};

/* Times are in milliseconds. */
struct limits {
	uint64_t payload; /* bytes of a packet, a POST or a WebSocket message */
	uint64_t queue_all; /* bytes that wait for all of them */
	uint64_t queue;     /* bytes that wait for one who reads slowly */
	/* of an HTTP request: */
	uint64_t header; /* bytes of target, field names and values */
	uint64_t url;    /* bytes */
	uint64_t fields;
	uint64_t header_time; /* from its first byte to the end of its head */
	uint64_t body_time;   /* in which some of the body comes */
	uint64_t pipeline;    /* answered in one turn of the loop */
	/* of a connection: */
	uint64_t handshake_time; /* until its first request */
	uint64_t idle_time;      /* between two requests */
	uint64_t read_time;      /* in which some of what waits is taken */
	uint64_t fragments;      /* of a short WebSocket message */
	uint64_t connections;    /* in all; off: as the system allows */
	uint64_t per_address;    /* connections */
	struct limit_rate new_per_address; /* connections */
	uint64_t message;                  /* bytes of a text */
	uint64_t attachments;              /* of a packet */
	uint64_t nesting;                  /* levels of JSON */
	uint64_t values;                   /* of JSON, in a packet */
	uint64_t joined;                   /* rooms of a connection */
	uint64_t namespaces;               /* of a client */
	uint64_t acks;                     /* that a socket owes */
	struct limit_rate rate;            /* of what others hear of */
	struct limit_rate requests;        /* of all else that is asked for */
};

enum {
	LIMITS_MAX = 40, /* rows, and the end of a table of options */
	LIMITS_HELP_MAX = 200,
	LIMITS_MESSAGE_MAX = 1 << 20, /* bytes of a text, with no limit */
};

/* The defaults. */
void
limits_init(struct limits *l);

/* A limit as a size of memory, which has an end: max where it is off. */
size_t
limit_size(uint64_t limit, size_t max);

/*
 * Do they fit together: can what message allows come in, and wait for those
 * whom it goes to? 0, or -EINVAL with one line for a person in err: who sends
 * a message that never fits would be cut off whenever he comes back with it.
 */
int
limits_check(const struct limits *l, struct buf *err);

/* What an option sets: target of its row. */
struct limits_target {
	struct limits *limits;
	unsigned row;
	char help[LIMITS_HELP_MAX]; /* with the default */
};

/*
 * Fills table with an option for each row, and the end; returns how many rows
 * there are. targets: LIMITS_MAX of them, which stay for as long as the table
 * is used.
 */
unsigned
limits_options(struct limits *l, struct limits_target targets[LIMITS_MAX],
    struct opt table[LIMITS_MAX]);

#endif
