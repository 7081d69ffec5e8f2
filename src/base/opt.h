/*
 * Options, declared once in a table: parsing argv, limits and --help come
 * from the same rows. GNU style: --name VALUE, --name=VALUE, --flag. Some
 * names have a letter, the same in every table: -h is --help, -r VALUE or
 * -rVALUE is --room.
 */
#ifndef CHAT_BASE_OPT_H
#define CHAT_BASE_OPT_H

#include <stdio.h>

#include "base/buf.h"

enum opt_type {
	OPT_FLAG,  /* int *: set to `set` */
	OPT_INT,   /* int *: min to max */
	OPT_STR,   /* const char **: points into argv */
	OPT_LIST,  /* struct opt_list *: may be given again */
	OPT_CHECK, /* void *: check(value, target) parses and stores */
};

enum { OPT_LIST_MAX = 64 };

struct opt_list {
	const char *v[OPT_LIST_MAX];
	unsigned n;
};

struct opt {
	const char *name; /* without the dashes; NULL ends the table */
	enum opt_type type;
	void *target;
	const char *value; /* the value's name in --help; NULL for flags */
	const char *help;
	int min, max; /* OPT_INT; of OPT_CHECK, told in an error */
	int set;      /* OPT_FLAG */
	/* OPT_CHECK: 0, or negative: "bad value". */
	int (*check)(const char *value, void *target);
	int argv_only; /* not to be set from elsewhere */
};

/*
 * Parses argv[0..argc) (no program name). Stops at the first argument that is
 * no option, or behind "--"; returns its index. On an error returns -EINVAL
 * with one line of text for a person (no newline) in err.
 */
int
opt_parse(const struct opt *table, int argc, char **argv, struct buf *err);

/* The option of that name, or NULL. */
const struct opt *
opt_find(const struct opt *table, struct slice name);

/* The letter that is as good as the name, or '\0'. */
char
opt_letter(const struct opt *o);

/*
 * Sets one option from elsewhere than argv. value has to stay for as long as
 * the target is used. A flag is set by "yes", "true", "on" or "1"; "no",
 * "false", "off" and "0" leave it alone. label: what an error calls the
 * option. 0, or -EINVAL as opt_parse.
 */
int
opt_set(
    const struct opt *o, const char *label, const char *value, struct buf *err);

/* The table as the lines of a --help text, 80 columns. */
void
opt_help(const struct opt *table, FILE *out);

#endif
