#include "config.h"

#include "base/opt.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum {
	HELP_WIDTH = 80,
	HELP_INDENT_MAX = 28, /* longer names get a line of their own */
};

static const struct opt *
find(const struct opt *table, const char *name, size_t len)
{
	for (const struct opt *o = table; o->name != NULL; o++)
		if (strlen(o->name) == len && memcmp(o->name, name, len) == 0)
			return o;
	return NULL;
}

static int
store_int(const struct opt *o, const char *value, struct buf *err)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(value, &end, 10);
	/* strtol skips white space and takes a plus: we don't. */
	if ((*value != '-' && (*value < '0' || *value > '9')) || *end != '\0' ||
	    errno != 0 || n < o->min || n > o->max) {
		buf_printf(err, "--%s: \"%.80s\" is not a number from %d to %d",
		    o->name, value, o->min, o->max);
		return -EINVAL;
	}
	*(int *)o->target = (int)n;
	return 0;
}

static int
store_list(const struct opt *o, const char *value, struct buf *err)
{
	struct opt_list *list = o->target;

	if (list->n == OPT_LIST_MAX) {
		buf_printf(err, "--%s: given more than %d times", o->name,
		    OPT_LIST_MAX);
		return -EINVAL;
	}
	list->v[list->n++] = value;
	return 0;
}

static int
store(const struct opt *o, const char *value, struct buf *err)
{
	switch (o->type) {
	case OPT_FLAG:
		*(int *)o->target = o->set;
		return 0;
	case OPT_INT:
		return store_int(o, value, err);
	case OPT_STR:
		*(const char **)o->target = value;
		return 0;
	case OPT_LIST:
		return store_list(o, value, err);
	case OPT_CHECK:
		if (o->check(value, o->target) == 0)
			return 0;
		buf_printf(err, "--%s: bad value \"%.80s\"", o->name, value);
		return -EINVAL;
	}
	assert(!"unknown type of option");
	return -EINVAL;
}

/* The option that arg names; *value is what follows its '=', or NULL. */
static const struct opt *
lookup(const struct opt *table, const char *arg, const char **value)
{
	const char *name = arg + 2, *eq;

	*value = NULL;
	if (strcmp(arg, "-h") == 0)
		return find(table, "help", 4);
	if (strncmp(arg, "--", 2) != 0)
		return NULL;
	eq = strchr(name, '=');
	if (eq == NULL)
		return find(table, name, strlen(name));
	*value = eq + 1;
	return find(table, name, (size_t)(eq - name));
}

int
opt_parse(const struct opt *table, int argc, char **argv, struct buf *err)
{
	const struct opt *o;
	const char *value;
	int i;

	for (i = 0; i < argc; i++) {
		const char *arg = argv[i];

		if (strcmp(arg, "--") == 0)
			return i + 1;
		if (arg[0] != '-' || arg[1] == '\0')
			return i;
		o = lookup(table, arg, &value);
		if (o == NULL) {
			buf_printf(err, "unknown option %.*s",
			    (int)strnlen(arg, 80), arg);
			return -EINVAL;
		}
		if (o->type == OPT_FLAG && value != NULL) {
			buf_printf(err, "--%s: takes no value", o->name);
			return -EINVAL;
		}
		if (o->type != OPT_FLAG && value == NULL) {
			if (++i == argc) {
				buf_printf(err, "--%s: needs a value (%s)",
				    o->name, o->value);
				return -EINVAL;
			}
			value = argv[i];
		}
		if (store(o, value, err) != 0)
			return -EINVAL;
	}
	return i;
}

/* "  -h, --help" or "      --name VALUE"; returns its width. */
static int
put_name(const struct opt *o, char *out, size_t size)
{
	bool help = strcmp(o->name, "help") == 0;

	return snprintf(out, size, "  %s --%s%s%s", help ? "-h," : "   ",
	    o->name, o->value != NULL ? " " : "",
	    o->value != NULL ? o->value : "");
}

/* Words of text from column indent on, at most HELP_WIDTH wide. */
static void
put_wrapped(const char *text, int indent, FILE *out)
{
	int column = indent;

	while (*text != '\0') {
		int len = (int)strcspn(text, " ");

		if (column > indent && column + 1 + len > HELP_WIDTH) {
			fprintf(out, "\n%*s", indent, "");
			column = indent;
		} else if (column > indent) {
			fputc(' ', out);
			column++;
		}
		fprintf(out, "%.*s", len, text);
		column += len;
		text += len;
		text += strspn(text, " ");
	}
	fputc('\n', out);
}

void
opt_help(const struct opt *table, FILE *out)
{
	int indent = 0, width;
	char name[HELP_WIDTH];

	for (const struct opt *o = table; o->name != NULL; o++) {
		width = put_name(o, name, sizeof(name)) + 2;
		if (width > indent && width <= HELP_INDENT_MAX)
			indent = width;
	}
	for (const struct opt *o = table; o->name != NULL; o++) {
		width = put_name(o, name, sizeof(name));
		fputs(name, out);
		if (width + 2 > indent) {
			fputc('\n', out);
			width = 0;
		}
		fprintf(out, "%*s", indent - width, "");
		put_wrapped(o->help, indent, out);
	}
}
