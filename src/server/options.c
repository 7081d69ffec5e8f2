#include "config.h"

#include "server/options.h"

#include <assert.h>
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
check_proxies(const char *value, void *target)
{
	return proxies_parse(slice_of(value), target);
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
print_help(struct opt *table, unsigned limits)
{
	const char *first = table[limits].name;

	puts("usage: chat serve [option ...]\n\n"
	     "Serves chat rooms until it is interrupted.\n");
	table[limits].name = NULL;
	opt_help(table, stdout);
	puts("\nLimits:\n");
	table[limits].name = first;
	opt_help(&table[limits], stdout);
	puts("\nSee chat(1).");
}

/* They append rows, and return how many. */

static unsigned
put_network(struct serve_options *o, struct opt *to)
{
	const struct opt options[] = {
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
		{ .name = "trusted-proxies",
		    .type = OPT_CHECK,
		    .target = &o->proxies,
		    .value = "RANGE[,RANGE...]",
		    .help = "believe X-Forwarded-For from these addresses "
			    "(ADDRESS[/BITS], or loopback)",
		    .check = check_proxies },
		{ .name = "proxy-protocol",
		    .type = OPT_FLAG,
		    .target = &o->proxy_protocol,
		    .help = "trusted proxies speak the PROXY protocol",
		    .set = 1 },
		{ .name = "tls-cert",
		    .type = OPT_STR,
		    .target = &o->tls_cert,
		    .value = "FILE",
		    .help = "speak TLS, with the certificate and its chain "
			    "in this PEM file" },
		{ .name = "tls-key",
		    .type = OPT_STR,
		    .target = &o->tls_key,
		    .value = "FILE",
		    .help = "the certificate's private key, in PEM" },
		{ .name = "no-eio3",
		    .type = OPT_FLAG,
		    .target = &o->eio3,
		    .help = "turn away clients of Socket.IO 1 and 2",
		    .set = 0 },
		{ .name = "deflate",
		    .type = OPT_FLAG,
		    .target = &o->deflate,
		    .help = "compress long messages to WebSockets that offer "
			    "it",
		    .set = 1 },
	};

	memcpy(to, options, sizeof(options));
	return sizeof(options) / sizeof(options[0]);
}

static unsigned
put_chat(struct serve_options *o, struct opt *to)
{
	const struct opt options[] = {
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
		{ .name = "password-file",
		    .type = OPT_STR,
		    .target = &o->password_file,
		    .value = "FILE",
		    .help = "let in only who knows the password in it, or its "
			    "hash, see chat password" },
		{ .name = "operators",
		    .type = OPT_STR,
		    .target = &o->operators,
		    .value = "FILE",
		    .help = "who may moderate everything: a line NAME:HASH "
			    "each, see chat password" },
		{ .name = "no-sandbox",
		    .type = OPT_FLAG,
		    .target = &o->sandbox,
		    .help = "keep the right to open files and to make any "
			    "system call",
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
	};

	memcpy(to, options, sizeof(options));
	return sizeof(options) / sizeof(options[0]);
}

/* Returns where the limits begin in it. */
static unsigned
put_table(struct serve_options *o, struct limits_target targets[LIMITS_MAX],
    struct opt table[SERVE_OPTIONS_MAX])
{
	unsigned n = put_network(o, table);

	n += put_chat(o, &table[n]);
	assert(n + LIMITS_MAX <= SERVE_OPTIONS_MAX);
	limits_options(&o->limits, targets, &table[n]);
	return n;
}

void
serve_table(struct opt table[SERVE_OPTIONS_MAX])
{
	static struct serve_options nowhere;
	static struct limits_target targets[LIMITS_MAX];

	put_table(&nowhere, targets, table);
}

/* A value that is left out by mistake, as by "$NOT_SET". */
static void
check_empty(const struct opt *table, struct buf *err)
{
	for (const struct opt *o = table; o->name != NULL; o++) {
		const char *const *value = o->target;

		if (err->len == 0 && o->type == OPT_STR && *value != NULL &&
		    **value == '\0')
			buf_printf(err, "--%s: the value is empty", o->name);
	}
}

int
serve_options_parse(struct serve_options *o, int argc, char **argv)
{
	struct limits_target targets[LIMITS_MAX];
	struct opt table[SERVE_OPTIONS_MAX];
	struct buf err;
	unsigned limits;
	int n;

	*o = (struct serve_options){
		.port = 3000, .eio3 = 1, .sandbox = 1, .log_level = LOG_INFO
	};
	limits_init(&o->limits);
	limits = put_table(o, targets, table);
	buf_init(&err, ERROR_MAX);
	n = opt_parse(table, argc, argv, &err);
	if (n >= 0 && o->help) {
		print_help(table, limits);
		return -1;
	}
	if (n >= 0 && n < argc)
		buf_printf(&err, "unexpected argument %.80s", argv[n]);
	check_empty(table, &err);
	for (unsigned i = 0; err.len == 0 && i < o->origins.n; i++) {
		const char *v = o->origins.v[i];

		if (strcmp(v, "*") != 0 && !origin_valid(slice_of(v)))
			buf_printf(&err,
			    "--origin: \"%.80s\" is not "
			    "scheme://host[:port]",
			    v);
	}
	if (err.len == 0 && (o->tls_cert == NULL) != (o->tls_key == NULL))
		buf_puts(&err, "--tls-cert and --tls-key go together");
	if (err.len == 0 && o->proxy_protocol && o->proxies.n == 0)
		buf_puts(&err, "--proxy-protocol needs --trusted-proxies");
	if (err.len == 0)
		limits_check(&o->limits, &err);
	if (err.len > 0)
		fprintf(stderr, "chat: %.*s\n", SLICE_ARG(buf_view(&err)));
	n = err.len > 0 ? EX_USAGE : 0;
	buf_deinit(&err);
	return n;
}
