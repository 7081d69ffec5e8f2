#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "cli/completion.h"
#include "cli/connect.h"
#include "cli/history.h"
#include "cli/password.h"
#include "cli/store.h"
#include "server/serve.h"

static int
completion_main(int argc, char **argv);

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help;
} commands[] = {
	{ "serve", serve_main, "host a chat room" },
	{ "connect", connect_main, "chat at a server" },
	{ "send", send_main, "send one message" },
	{ "history", history_main, "print what was said in a room" },
	{ "store", store_main, "check, compact or export a store" },
	{ "password", password_main, "hash a password for serve" },
	{ "completion", completion_main, "print a shell's completions" },
};

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static const struct command *
find(const char *name)
{
	for (size_t i = 0; i < COMMANDS; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

static int
unknown(const char *what)
{
	if (what[0] == '-')
		fprintf(stderr, "chat: unknown option %.80s\n", what);
	else
		fprintf(stderr, "chat: unknown command %.80s\n", what);
	return EX_USAGE;
}

/* `chat completion SHELL`: what is in the options' tables. */
static int
completion_main(int argc, char **argv)
{
	struct opt serve[SERVE_OPTIONS_MAX];
	struct opt connect[CONNECT_OPTIONS_MAX], send[CONNECT_OPTIONS_MAX];
	struct opt history[CONNECT_OPTIONS_MAX], store[STORE_OPTIONS_MAX];
	struct opt password[PASSWORD_OPTIONS_MAX];
	struct connect_options nowhere;
	struct history_options nothing;
	struct store_tool_options none;
	struct password_tool_options nobody;
	const struct completion_command table[] = {
		{ "serve", find("serve")->help, serve, NULL },
		{ "connect", find("connect")->help, connect, "HOST" },
		{ "send", find("send")->help, send, "HOST" },
		{ "history", find("history")->help, history, "HOST" },
		{ "store", find("store")->help, store, "check|compact|export" },
		{ "password", find("password")->help, password, NULL },
		{ "completion", find("completion")->help, NULL,
		    COMPLETION_SHELLS },
		{ "help", "what a command's options are", NULL, "COMMAND" },
		{ .name = NULL },
	};

	if (argc == 1 &&
	    (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0)) {
		puts("usage: chat completion " COMPLETION_SHELLS "\n\n"
		     "Prints a script for that shell. For this bash:\n\n"
		     "  eval \"$(chat completion bash)\"");
		return 0;
	}
	serve_table(serve);
	connect_table(&nowhere, connect);
	send_table(&nowhere, send);
	history_table(&nothing, history);
	store_table(&none, store);
	password_table(&nobody, password);
	if (argc == 1 && completion_print(stdout, argv[0], table) == 0)
		return 0;
	fputs("chat: completion takes one of " COMPLETION_SHELLS "\n", stderr);
	return EX_USAGE;
}

static int
print_help(void)
{
	puts("usage: chat COMMAND [option ...]\n"
	     "       chat --help | --version\n\n"
	     "commands:");
	for (size_t i = 0; i < COMMANDS; i++)
		printf("  %-12s%s\n", commands[i].name, commands[i].help);
	puts("\n\"chat help COMMAND\" tells the options. See chat(1).");
	return 0;
}

static int
help(int argc, char **argv)
{
	static char option[] = "--help";
	char *args[] = { option, NULL };
	const struct command *c;

	if (argc == 0)
		return print_help();
	c = find(argv[0]);
	return c != NULL ? c->run(1, args) : unknown(argv[0]);
}

/* A descriptor that the caller has closed would be given to a socket. */
static void
open_standard_descriptors(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

int
main(int argc, char **argv)
{
	const struct command *c;

	open_standard_descriptors();
	if (argc < 2 || strcmp(argv[1], "--help") == 0 ||
	    strcmp(argv[1], "-h") == 0)
		return print_help();
	if (strcmp(argv[1], "--version") == 0) {
		puts(PACKAGE_STRING);
		return 0;
	}
	if (strcmp(argv[1], "help") == 0)
		return help(argc - 2, argv + 2);
	c = find(argv[1]);
	return c != NULL ? c->run(argc - 2, argv + 2) : unknown(argv[1]);
}
