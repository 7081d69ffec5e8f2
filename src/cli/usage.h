/* A command line that can't be. */
#ifndef CHAT_CLI_USAGE_H
#define CHAT_CLI_USAGE_H

/* Says why on standard error; the status to end with. */
int
usage_error(const char *text);

#endif
