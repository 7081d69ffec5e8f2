/* The options of `chat serve`, and what is wrong with them. */
#ifndef CHAT_SERVER_OPTIONS_H
#define CHAT_SERVER_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/opt.h"
#include "net/proxies.h"

/* What of the messages is kept; 0: everything. */
struct serve_retention {
	uint64_t age;   /* ms */
	uint64_t count; /* of a room */
};

struct serve_options {
	const char *host; /* NULL: all addresses */
	int port;
	struct opt_list origins;
	const char *page;
	const char *tls_cert, *tls_key; /* both or none */
	const char *password_file;      /* path; NULL: everybody may come */
	struct proxies proxies;         /* trusted */
	int proxy_protocol;             /* theirs */
	const char *operators;          /* path; NULL: there are none */
	const char *store; /* path, "memory", or NULL: the default */
	struct serve_retention retention;
	int rooms_fixed;
	int eio3;
	int deflate;
	int sandbox;
	struct limits limits;
	enum log_level log_level;
	int log_text;
	int help;
};

/* The defaults, and what argv says: 0, or an exit status; < 0: done, without an
 * error. Strings are argv's. */
int
serve_options_parse(struct serve_options *o, int argc, char **argv);

/* --store memory */
bool
serve_in_memory(const struct serve_options *o);

/*
 * `30d`, `12h`, `90m`, `,100000`, or `30d,100000`: an age with its unit (m, h,
 * d, w, y) and a number of messages. 0 or -EINVAL.
 */
int
serve_retention_parse(const char *value, struct serve_retention *out);

#endif
