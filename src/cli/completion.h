/*
 * Completion scripts for shells, written from the tables of options, so that
 * they know what the program knows. How a value is completed follows from its
 * name in the table: "a|b|c" is one of these words, "FILE" a file, "HOST" a
 * host, "COMMAND" one of the commands, and anything else is left to the user.
 */
#ifndef CHAT_CLI_COMPLETION_H
#define CHAT_CLI_COMPLETION_H

#include <stdio.h>

#include "base/opt.h"

struct completion_command {
	const char *name;          /* NULL ends the table */
	const char *help;          /* one line */
	const struct opt *options; /* NULL: none */
	const char *argument;      /* the first that is no option; NULL: none */
};

/* The shells, as a value's name. */
#define COMPLETION_SHELLS "bash|zsh|fish"

/* Writes the script. 0, or -EINVAL for a shell that is none of them. */
int
completion_print(
    FILE *out, const char *shell, const struct completion_command *commands);

#endif
