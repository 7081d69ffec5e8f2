/* `chat connect` and what `chat send` and `chat history` share with it: options
 * and where they lead. */
#ifndef CHAT_CLI_CONNECT_H
#define CHAT_CLI_CONNECT_H

#include <stdbool.h>

#include "base/opt.h"
#include "client/chat.h"
#include "client/conf.h"
#include "client/url.h"

enum connect_color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

struct connect_options {
	const char *nick;
	struct opt_list rooms;
	enum chat_transport transport;
	const char *ca, *nsp;
	int deflate;
	const char *password_file;
	int plain, json;
	int color;   /* enum connect_color */
	int keep;    /* the outbox, on disk */
	int timeout; /* s, for what still waits when the input has ended */
	int help;
	/* What follows from them. */
	struct url url;
	struct chat_options chat;
	char *state_dir;
	struct buf password; /* that the file holds, and its end */
	struct conf conf;
};

enum { CONNECT_OPTIONS_MAX = 18 };

/* Defaults, and the tables of options with o as their target. */
void
connect_table(struct connect_options *o, struct opt table[CONNECT_OPTIONS_MAX]);

void
send_table(struct connect_options *o, struct opt table[CONNECT_OPTIONS_MAX]);

/* The part that all who connect have. */
void
connect_shared(struct connect_options *o, struct opt *table);

int
connect_main(int argc, char **argv);

int
send_main(int argc, char **argv);

int
history_main(int argc, char **argv);

#endif
