#include "config.h"

#include "server/options.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/buf.h"
#include "server/origin.h"
#include "server/serve.h"

enum { ERROR_MAX = 512, AGE_MAX = 100000 };

static const uint64_t NUMBER_MAX = UINT64_MAX / 100;

static int
check_log_level(const char *value, void *target)
{
	return log_level_parse(value, target);
}

static int
check_rooms(const char *value, void *target)
{
	int *fixed = target;

	*fixed = strcmp(value, "fixed") == 0;
	return *fixed || strcmp(value, "open") == 0 ? 0 : -EINVAL;
}

/* A decimal number off the front of *p; 0 if there is none. */
static uint64_t
take_number(const char **p)
{
	uint64_t n = 0;

	for (; **p >= '0' && **p <= '9'; (*p)++)
		n = n > NUMBER_MAX ? n : n * 10 + (uint64_t)(**p - '0');
	return n;
}

static uint64_t
unit_ms(char unit)
{
	const uint64_t minute = 60000, day = 1440 * minute;

	return unit == 'm'   ? minute
	       : unit == 'h' ? 60 * minute
	       : unit == 'd' ? day
	       : unit == 'w' ? 7 * day
	       : unit == 'y' ? 365 * day
			     : 0;
}

int
serve_retention_parse(const char *value, struct serve_retention *out)
{
	struct serve_retention r = { 0, 0 };
	const char *p = value;

	if (*p != ',') {
		r.age = take_number(&p);
		if (r.age == 0 || r.age > AGE_MAX || unit_ms(*p) == 0)
			return -EINVAL;
		r.age *= unit_ms(*p++);
	}
	if (*p == ',') {
		p++;
		r.count = take_number(&p);
		if (r.count == 0)
			return -EINVAL;
	}
	if (*p != '\0')
		return -EINVAL;
	*out = r;
	return 0;
}

static int
check_retention(const char *value, void *target)
{
	return serve_retention_parse(value, target);
}

bool
serve_in_memory(const struct serve_options *o)
{
	return o->store != NULL && strcmp(o->store, "memory") == 0;
}

static void
print_help(const struct opt *table)
{
	puts("usage: chat serve [option ...]\n\n"
	     "Serves chat rooms until it is interrupted.\n");
	opt_help(table, stdout);
	puts("\nSee chat(1).");
}

static void
put_table(struct serve_options *o, struct opt table[SERVE_OPTIONS_MAX])
{
	const struct opt options[SERVE_OPTIONS_MAX] = {
		{ .name = "host",
		    .type = OPT_STR,
		    .target = &o->host,
		    .value = "ADDRESS",
		    .help = "listen on this address only (default: all)" },
		{ .name = "port",
		    .type = OPT_INT,
		    .target = &o->port,
		    .value = "PORT",
		    .max = 65535,
		    .help = "listen on this port (default: 3000); 0 takes a "
			    "free one" },
		{ .name = "origin",
		    .type = OPT_LIST,
		    .target = &o->origins,
		    .value = "ORIGIN",
		    .help = "let pages from scheme://host[:port] in, or from "
			    "anywhere with '*'; may be given again" },
		{ .name = "page",
		    .type = OPT_STR,
		    .target = &o->page,
		    .value = "FILE",
		    .help = "serve this page at / instead of the built-in "
			    "one" },
		{ .name = "store",
		    .type = OPT_STR,
		    .target = &o->store,
		    .value = "PATH|memory",
		    .help = "keep messages in this file or folder (default: "
			    "in the state directory), or in memory only" },
		{ .name = "retention",
		    .type = OPT_CHECK,
		    .target = &o->retention,
		    .value = "AGE[,COUNT]",
		    .help = "forget messages older than AGE (12h, 30d, 1y), "
			    "and all but the newest COUNT of a room "
			    "(default: keep all)",
		    .check = check_retention },
		{ .name = "rooms",
		    .type = OPT_CHECK,
		    .target = &o->rooms_fixed,
		    .value = "open|fixed",
		    .help = "may people make rooms? (default: open)",
		    .check = check_rooms },
		{ .name = "no-eio3",
		    .type = OPT_FLAG,
		    .target = &o->eio3,
		    .help = "turn away clients of Socket.IO 1 and 2",
		    .set = 0 },
		{ .name = "log-level",
		    .type = OPT_CHECK,
		    .target = &o->log_level,
		    .value = "debug|info|warn|error|off",
		    .help = "what to log (default: info)",
		    .check = check_log_level },
		{ .name = "log-text",
		    .type = OPT_FLAG,
		    .target = &o->log_text,
		    .help = "log what messages say, not only their length",
		    .set = 1 },
		{ .name = "help",
		    .type = OPT_FLAG,
		    .target = &o->help,
		    .help = "show this help",
		    .set = 1 },
		{ .name = NULL },
	};

	memcpy(table, options, sizeof(options));
}

void
serve_table(struct opt table[SERVE_OPTIONS_MAX])
{
	static struct serve_options nowhere;

	put_table(&nowhere, table);
}

int
serve_options_parse(struct serve_options *o, int argc, char **argv)
{
	struct opt table[SERVE_OPTIONS_MAX];
	struct buf err;
	int n;

	put_table(o, table);
	buf_init(&err, ERROR_MAX);
	n = opt_parse(table, argc, argv, &err);
	if (n >= 0 && o->help) {
		print_help(table);
		return -1;
	}
	if (n >= 0 && n < argc)
		buf_printf(&err, "unexpected argument %.80s", argv[n]);
	for (unsigned i = 0; err.len == 0 && i < o->origins.n; i++) {
		const char *v = o->origins.v[i];

		if (strcmp(v, "*") != 0 && !origin_valid(slice_of(v)))
			buf_printf(&err,
			    "--origin: \"%.80s\" is not "
			    "scheme://host[:port]",
			    v);
	}
	if (err.len > 0)
		fprintf(stderr, "chat: %.*s\n", SLICE_ARG(buf_view(&err)));
	n = err.len > 0 ? EX_USAGE : 0;
	buf_deinit(&err);
	return n;
}
