/* `chat password`: hashes one, for the files of `chat serve`. */
#ifndef CHAT_CLI_PASSWORD_H
#define CHAT_CLI_PASSWORD_H

#include "base/opt.h"

enum { PASSWORD_OPTIONS_MAX = 3 };

struct password_tool_options {
	const char *name;
	int help;
};

/* As connect_table. */
void
password_table(
    struct password_tool_options *o, struct opt table[PASSWORD_OPTIONS_MAX]);

int
password_main(int argc, char **argv);

#endif
