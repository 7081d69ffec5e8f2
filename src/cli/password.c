#include "config.h"

#include "cli/password.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/secret.h"
#include "cli/usage.h"
#include "hub/password.h"
#include "hub/secrets.h"

#define TOO_LONG "it is longer than 128 bytes"

enum { ERROR_MAX = 512, LINE_SIZE = PASSWORD_MAX + 3 /* \r, \n, NUL */ };

void
password_table(
    struct password_tool_options *o, struct opt table[PASSWORD_OPTIONS_MAX])
{
	const struct opt all[PASSWORD_OPTIONS_MAX] = {
		{ .name = "name",
		    .type = OPT_STR,
		    .target = &o->name,
		    .value = "NAME",
		    .help = "write NAME:HASH, a line of serve --operators" },
		{ .name = "help",
		    .type = OPT_FLAG,
		    .target = &o->help,
		    .set = 1,
		    .help = "this text" },
		{ .name = NULL },
	};

	*o = (struct password_tool_options){ .name = NULL };
	memcpy(table, all, sizeof(all));
}

/* A line of standard input, without its end. NULL, or what is wrong. */
static const char *
read_line(char line[LINE_SIZE])
{
	size_t len = 0;
	int c;

	while ((c = getchar()) != EOF && c != '\n') {
		if (c == '\0' || len > PASSWORD_MAX)
			return c == '\0' ? "there is a NUL in it" : TOO_LONG;
		line[len++] = (char)c;
	}
	if (len > 0 && line[len - 1] == '\r')
		len--;
	line[len] = '\0';
	if (ferror(stdin) || (c == EOF && len == 0))
		return "there is none";
	return len > PASSWORD_MAX ? TOO_LONG : NULL;
}

/* Asks on the terminal. A signal that ends us meanwhile waits until the
 * terminal is as it was. */
static const char *
ask(const char *question, char line[LINE_SIZE])
{
	sigset_t all, before;
	struct buf typed;
	int rc;

	buf_init(&typed, LINE_SIZE);
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	rc = secret_ask(question, &typed);
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (rc == 0)
		snprintf(line, LINE_SIZE, "%.*s", SLICE_ARG(buf_view(&typed)));
	rc = typed.len > PASSWORD_MAX ? -EMSGSIZE : rc;
	buf_wipe(&typed);
	return rc == -EMSGSIZE ? TOO_LONG
	       : rc == -EINTR  ? "interrupted"
	       : rc < 0        ? "there is none"
			       : NULL;
}

static const char *
get_password(char password[LINE_SIZE])
{
	char again[LINE_SIZE];
	const char *wrong;

	if (!isatty(STDIN_FILENO))
		return read_line(password);
	wrong = ask("Password: ", password);
	if (wrong == NULL)
		wrong = ask("Once more: ", again);
	if (wrong == NULL && strcmp(password, again) != 0)
		wrong = "these are two";
	explicit_bzero(again, sizeof(again));
	return wrong;
}

static bool
too_short(const char *password)
{
	unsigned n = 0;

	for (; *password != '\0'; password++)
		n += ((unsigned char)*password & 0xc0) != 0x80;
	return n < PASSWORD_MIN;
}

/* Standard input is not buffered, so that nothing of the password stays. */
static int
print_hash(const char *name)
{
	char password[LINE_SIZE], hash[PASSWORD_HASH_SIZE];
	const char *wrong;
	int err = 0;

	setvbuf(stdin, NULL, _IONBF, 0);
	wrong = get_password(password);
	if (wrong == NULL && too_short(password))
		wrong = "it has less than 6 characters";
	if (wrong == NULL)
		err = password_hash_now(password, hash);
	explicit_bzero(password, sizeof(password));
	if (wrong != NULL || err != 0) {
		fprintf(stderr, "chat: password: %s\n",
		    wrong != NULL ? wrong : strerror(-err));
		return err != 0 ? EX_OSERR : EX_DATAERR;
	}
	if (name != NULL)
		printf("%s:", name);
	puts(hash);
	return fflush(stdout) == 0 ? 0 : EX_IOERR;
}

int
password_main(int argc, char **argv)
{
	struct opt table[PASSWORD_OPTIONS_MAX];
	struct password_tool_options o;
	struct buf err;
	int n;

	password_table(&o, table);
	buf_init(&err, ERROR_MAX);
	n = opt_parse(table, argc, argv, &err);
	if (n < 0)
		fprintf(stderr, "chat: %.*s\n", SLICE_ARG(buf_view(&err)));
	buf_deinit(&err);
	if (n < 0)
		return EX_USAGE;
	if (o.help) {
		puts("usage: chat password [option ...]\n\n"
		     "Hashes a password, which is asked for or a line of "
		     "standard input.\n");
		opt_help(table, stdout);
		return 0;
	}
	if (n < argc)
		return usage_error("password: nothing else on the command "
				   "line; it is asked for");
	if (o.name != NULL && (o.name[0] == '\0' || o.name[0] == '#' ||
				  strlen(o.name) > SECRETS_NAME_MAX ||
				  strpbrk(o.name, ":\r\n") != NULL))
		return usage_error("--name: not the name of an operator");
	return print_hash(o.name);
}
