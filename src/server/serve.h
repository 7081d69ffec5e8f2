/* `chat serve`. */
#ifndef CHAT_SERVER_SERVE_H
#define CHAT_SERVER_SERVE_H

/* Runs the server until a signal ends it. argv: what follows `serve`. Returns
 * the exit status of the process, from sysexits.h. */
int
serve_main(int argc, char **argv);

#endif
