/* `chat store`: looks at a store's file, compacts it, writes out what is in
 * it; without a server. */
#ifndef CHAT_CLI_STORE_H
#define CHAT_CLI_STORE_H

#include "base/opt.h"

enum { STORE_OPTIONS_MAX = 4 };

struct store_tool_options {
	const char *room;
	int format; /* enum history_format */
	int help;
};

/* As connect_table. */
void
store_table(struct store_tool_options *o, struct opt table[STORE_OPTIONS_MAX]);

int
store_main(int argc, char **argv);

#endif
