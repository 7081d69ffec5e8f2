/* `chat serve`. */
#ifndef CHAT_SERVER_SERVE_H
#define CHAT_SERVER_SERVE_H

#include "base/limits.h"
#include "base/opt.h"

enum { SERVE_OPTIONS_MAX = 24 + LIMITS_MAX };

/* The options' names, for completion; their values go nowhere. */
void
serve_table(struct opt table[SERVE_OPTIONS_MAX]);

/* Runs the server until a signal ends it. argv: what follows `serve`. Returns
 * the exit status of the process, from sysexits.h. */
int
serve_main(int argc, char **argv);

#endif
