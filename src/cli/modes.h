/* The ways to chat without a screen. */
#ifndef CHAT_CLI_MODES_H
#define CHAT_CLI_MODES_H

#include "cli/connect.h"

/* A line a message, for people with a screen reader and for pipes. */
int
plain_run(const struct connect_options *opt);

/* NDJSON both ways. */
int
json_run(const struct connect_options *opt);

/* One message, text or (NULL) all of standard input. */
int
send_run(const struct connect_options *opt, const char *text);

#endif
