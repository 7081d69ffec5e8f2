#include "config.h"

#include "cli/completion.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

enum value { VALUE_ANY, VALUE_WORDS, VALUE_FILE, VALUE_HOST, VALUE_COMMAND };

/* name: as in a table; NULL is nothing. */
static enum value
value_of(const char *name)
{
	if (name == NULL)
		return VALUE_ANY;
	if (strchr(name, '|') != NULL)
		return VALUE_WORDS;
	if (strcmp(name, "FILE") == 0)
		return VALUE_FILE;
	if (strcmp(name, "HOST") == 0)
		return VALUE_HOST;
	return strcmp(name, "COMMAND") == 0 ? VALUE_COMMAND : VALUE_ANY;
}

/* s with a backslash before each character of `escaped`. */
static void
put_escaped(FILE *out, const char *s, const char *escaped)
{
	for (; *s != '\0'; s++) {
		if (strchr(escaped, *s) != NULL)
			fputc('\\', out);
		fputc(*s, out);
	}
}

/* The inside of a string in single quotes, of bash and zsh; `escaped` is for
 * whoever gets the string. */
static void
put_quoted(FILE *out, const char *s, const char *escaped)
{
	for (; *s != '\0'; s++) {
		if (*s == '\'') {
			fputs("'\\''", out);
			continue;
		}
		if (strchr(escaped, *s) != NULL)
			fputc('\\', out);
		fputc(*s, out);
	}
}

/* "a|b|c" with spaces. */
static void
put_words(FILE *out, const char *words)
{
	for (; *words != '\0'; words++)
		fputc(*words == '|' ? ' ' : *words, out);
}

static void
put_commands(FILE *out, const struct completion_command *commands)
{
	const char *space = "";

	for (const struct completion_command *c = commands; c->name != NULL;
	     c++) {
		fprintf(out, "%s%s", space, c->name);
		space = " ";
	}
}

static const struct opt *
options_of(const struct completion_command *c)
{
	static const struct opt none[] = { { .name = NULL } };

	return c->options != NULL ? c->options : none;
}

/* ---- bash ---- */

/* What completes a value in $cur. */
static void
bash_value(
    FILE *out, const char *name, const struct completion_command *commands)
{
	switch (value_of(name)) {
	case VALUE_WORDS:
		fputs("words='", out);
		put_words(out, name);
		fputs("'", out);
		break;
	case VALUE_COMMAND:
		fputs("words='", out);
		put_commands(out, commands);
		fputs("'", out);
		break;
	case VALUE_FILE:
		fputs("compopt -o default 2> /dev/null", out);
		break;
	case VALUE_HOST:
		fputs("COMPREPLY=($(compgen -A hostname -- \"$cur\"))", out);
		break;
	case VALUE_ANY:
		fputs(":", out);
		break;
	}
}

/* The body of a case over "COMMAND OPTION" of the options with a value: to
 * tell them, or to complete it. */
static void
bash_values(FILE *out, const struct completion_command *commands, bool complete)
{
	for (const struct completion_command *c = commands; c->name != NULL;
	     c++)
		for (const struct opt *o = options_of(c); o->name != NULL;
		     o++) {
			if (o->type == OPT_FLAG ||
			    (complete && value_of(o->value) == VALUE_ANY))
				continue;
			fputc('\t', out);
			if (opt_letter(o) != '\0')
				fprintf(
				    out, "'%s -%c' | ", c->name, opt_letter(o));
			fprintf(out, "'%s --%s') ", c->name, o->name);
			bash_value(out, complete ? o->value : NULL, commands);
			fputs(" ;;\n", out);
		}
}

static void
bash_options(FILE *out, const struct completion_command *commands)
{
	fputs("\tcase $command in\n", out);
	for (const struct completion_command *c = commands; c->name != NULL;
	     c++) {
		if (c->options == NULL)
			continue;
		fprintf(out, "\t%s) words='", c->name);
		for (const struct opt *o = options_of(c); o->name != NULL;
		     o++) {
			if (opt_letter(o) != '\0')
				fprintf(out, "-%c ", opt_letter(o));
			fprintf(out, "--%s ", o->name);
		}
		fputs("' ;;\n", out);
	}
	fputs("\tesac\n", out);
}

static void
bash_arguments(FILE *out, const struct completion_command *commands)
{
	fputs("\tcase $command in\n", out);
	for (const struct completion_command *c = commands; c->name != NULL;
	     c++) {
		if (value_of(c->argument) == VALUE_ANY)
			continue;
		fprintf(out, "\t%s) ", c->name);
		bash_value(out, c->argument, commands);
		fputs(" ;;\n", out);
	}
	fputs("\tesac\n", out);
}

static void
print_bash(FILE *out, const struct completion_command *commands)
{
	fputs("# Completion of chat(1) for bash.\n\n"
	      "_chat_has_value() {\n"
	      "\tcase \"$command $prev\" in\n",
	    out);
	bash_values(out, commands, false);
	fputs("\t*) return 1 ;;\n"
	      "\tesac\n"
	      "}\n\n"
	      "_chat_value() {\n"
	      "\tcase \"$command $prev\" in\n",
	    out);
	bash_values(out, commands, true);
	fputs("\tesac\n"
	      "}\n\n"
	      "_chat_options() {\n",
	    out);
	bash_options(out, commands);
	fputs("}\n\n_chat_argument() {\n", out);
	bash_arguments(out, commands);
	fputs("}\n\n"
	      "_chat() {\n"
	      "\tlocal cur=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]}\n"
	      "\tlocal prev words= i=2 last=$((COMP_CWORD - 1))\n"
	      "\tlocal IFS=$' \\t\\n'\n"
	      "\tCOMPREPLY=()\n"
	      "\tif [[ $COMP_CWORD -eq 1 ]]; then\n"
	      "\t\tCOMPREPLY=($(compgen -W '",
	    out);
	put_commands(out, commands);
	fputs(" --help --version' -- \"$cur\"))\n"
	      "\t\treturn\n"
	      "\tfi\n"
	      "\t# --name=value has been split at the =.\n"
	      "\tif [[ $cur == = ]]; then\n"
	      "\t\tcur=\n"
	      "\telif [[ ${COMP_WORDS[last]} == = ]]; then\n"
	      "\t\tlast=$((last - 1))\n"
	      "\tfi\n"
	      "\t# Past the options that are there, and their values.\n"
	      "\twhile [[ $i -le $last ]]; do\n"
	      "\t\tprev=${COMP_WORDS[i]}\n"
	      "\t\t[[ $prev == -* ]] || return\n"
	      "\t\tif _chat_has_value; then\n"
	      "\t\t\tif [[ $i -eq $last ]]; then\n"
	      "\t\t\t\t_chat_value\n"
	      "\t\t\t\tbreak\n"
	      "\t\t\tfi\n"
	      "\t\t\t[[ ${COMP_WORDS[i + 1]} != = ]] || i=$((i + 1))\n"
	      "\t\t\ti=$((i + 1))\n"
	      "\t\tfi\n"
	      "\t\ti=$((i + 1))\n"
	      "\tdone\n"
	      "\tif [[ $i -gt $last && $cur == -* ]]; then\n"
	      "\t\t_chat_options\n"
	      "\telif [[ $i -gt $last ]]; then\n"
	      "\t\t_chat_argument\n"
	      "\tfi\n"
	      "\tif [[ -n $words ]]; then\n"
	      "\t\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
	      "\tfi\n"
	      "}\n\n"
	      "complete -F _chat chat\n",
	    out);
}

/* ---- zsh ---- */

/* ":NAME:action" of a spec of _arguments. */
static void
zsh_value(
    FILE *out, const char *name, const struct completion_command *commands)
{
	switch (value_of(name)) {
	case VALUE_WORDS:
		fputs(":value:(", out);
		put_words(out, name);
		fputs(")", out);
		break;
	case VALUE_COMMAND:
		fputs(":command:(", out);
		put_commands(out, commands);
		fputs(")", out);
		break;
	case VALUE_FILE:
		fputs(":file:_files", out);
		break;
	case VALUE_HOST:
		fputs(":host:_hosts", out);
		break;
	case VALUE_ANY:
		fprintf(out, ":%s: ", name);
		break;
	}
}

static void
zsh_option(
    FILE *out, const struct opt *o, const struct completion_command *commands)
{
	bool flag = o->type == OPT_FLAG;
	char letter = opt_letter(o);

	fputs(" \\\n\t\t\t", out);
	if (o->type == OPT_LIST)
		fputs("'*'", out);
	else if (letter != '\0')
		fprintf(out, "'(-%c --%s)'", letter, o->name);
	if (letter != '\0')
		fprintf(out, "{-%c%s,--%s%s}", letter, flag ? "" : "+", o->name,
		    flag ? "" : "=");
	else
		fprintf(out, "--%s%s", o->name, flag ? "" : "=");
	fputs("'[", out);
	put_quoted(out, o->help, "\\[]");
	fputc(']', out);
	if (!flag)
		zsh_value(out, o->value, commands);
	fputc('\'', out);
}

static void
print_zsh(FILE *out, const struct completion_command *commands)
{
	const struct completion_command *c;

	fputs("#compdef chat\n"
	      "# Completion of chat(1) for zsh.\n\n"
	      "_chat() {\n"
	      "\tlocal curcontext=$curcontext context state line\n"
	      "\tlocal -A opt_args\n"
	      "\tlocal -a commands=(\n",
	    out);
	for (c = commands; c->name != NULL; c++) {
		fprintf(out, "\t\t'%s:", c->name);
		put_quoted(out, c->help, "\\:");
		fputs("'\n", out);
	}
	fputs("\t)\n"
	      "\t_arguments -C \\\n"
	      "\t\t'(- : *)'{-h,--help}'[tell the commands]' \\\n"
	      "\t\t'(- : *)--version[tell the version]' \\\n"
	      "\t\t'1:command:->command' '*::argument:->argument' && return\n"
	      "\tif [[ $state == command ]]; then\n"
	      "\t\t_describe -t commands command commands\n"
	      "\t\treturn\n"
	      "\tfi\n"
	      "\tcurcontext=${curcontext%:*:*}:chat-$line[1]:\n"
	      "\tcase $line[1] in\n",
	    out);
	for (c = commands; c->name != NULL; c++) {
		fprintf(out, "\t%s)\n\t\t_arguments", c->name);
		for (const struct opt *o = options_of(c); o->name != NULL; o++)
			zsh_option(out, o, commands);
		if (c->argument != NULL) {
			fputs(" \\\n\t\t\t'1", out);
			zsh_value(out, c->argument, commands);
			fputc('\'', out);
		}
		fputs("\n\t\t;;\n", out);
	}
	fputs("\tesac\n"
	      "}\n\n"
	      "# Read from $fpath, or sourced?\n"
	      "if [[ $funcstack[1] == _chat ]]; then\n"
	      "\t_chat \"$@\"\n"
	      "else\n"
	      "\tcompdef _chat chat\n"
	      "fi\n",
	    out);
}

/* ---- fish ---- */

static void
fish_value(
    FILE *out, const char *name, const struct completion_command *commands)
{
	switch (value_of(name)) {
	case VALUE_WORDS:
		fputs(" -a '", out);
		put_words(out, name);
		fputs("'", out);
		break;
	case VALUE_COMMAND:
		fputs(" -a '", out);
		put_commands(out, commands);
		fputs("'", out);
		break;
	case VALUE_FILE:
		fputs(" -F", out);
		break;
	case VALUE_HOST:
		fputs(" -a '(__fish_print_hostnames)'", out);
		break;
	case VALUE_ANY:
		break;
	}
}

/* A row for this command. */
static void
fish_begin(FILE *out, const struct completion_command *c)
{
	fprintf(out, "complete -c chat -n '__fish_seen_subcommand_from %s'",
	    c->name);
}

static void
fish_help(FILE *out, const char *help)
{
	fputs(" -d '", out);
	put_escaped(out, help, "\\'");
	fputs("'\n", out);
}

static void
print_fish(FILE *out, const struct completion_command *commands)
{
	const struct completion_command *c;

	fputs("# Completion of chat(1) for fish.\n\n"
	      "complete -c chat -f\n"
	      "complete -c chat -n __fish_use_subcommand -s h -l help "
	      "-d 'tell the commands'\n"
	      "complete -c chat -n __fish_use_subcommand -l version "
	      "-d 'tell the version'\n",
	    out);
	for (c = commands; c->name != NULL; c++) {
		fprintf(out, "complete -c chat -n __fish_use_subcommand -a %s",
		    c->name);
		fish_help(out, c->help);
	}
	for (c = commands; c->name != NULL; c++) {
		for (const struct opt *o = options_of(c); o->name != NULL;
		     o++) {
			fish_begin(out, c);
			if (opt_letter(o) != '\0')
				fprintf(out, " -s %c", opt_letter(o));
			fprintf(out, " -l %s", o->name);
			if (o->type != OPT_FLAG) {
				/* A file, or nothing but what is offered. */
				fputs(value_of(o->value) == VALUE_FILE ? " -r"
								       : " -x",
				    out);
				fish_value(out, o->value, commands);
			}
			fish_help(out, o->help);
		}
		if (value_of(c->argument) != VALUE_ANY) {
			fish_begin(out, c);
			fish_value(out, c->argument, commands);
			fputc('\n', out);
		}
	}
}

int
completion_print(
    FILE *out, const char *shell, const struct completion_command *commands)
{
	static const struct {
		const char *name;
		void (*print)(FILE *, const struct completion_command *);
	} shells[] = {
		{ "bash", print_bash },
		{ "zsh", print_zsh },
		{ "fish", print_fish },
	};

	for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++)
		if (strcmp(shell, shells[i].name) == 0) {
			shells[i].print(out, commands);
			return 0;
		}
	return -EINVAL;
}
