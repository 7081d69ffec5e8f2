#include "config.h"

#include "base/opt.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

enum {
	HELP_WIDTH = 80,
	HELP_INDENT_MAX = 28, /* longer names get a line of their own */
	LABEL_SIZE = 80,
	SHOWN_MAX = 80, /* bytes of a value in an error */
};

/* One meaning in every table. */
static const struct {
	char letter;
	const char *name;
} letters[] = {
	{ 'h', "help" },
	{ 'r', "room" },
};

enum { LETTERS = sizeof(letters) / sizeof(letters[0]) };

const struct opt *
opt_find(const struct opt *table, struct slice name)
{
	for (const struct opt *o = table; o->name != NULL; o++)
		if (slice_is(name, o->name))
			return o;
	return NULL;
}

char
opt_letter(const struct opt *o)
{
	for (size_t i = 0; i < LETTERS; i++)
		if (strcmp(letters[i].name, o->name) == 0)
			return letters[i].letter;
	return '\0';
}

/* ---- values ---- */

/* What was given, in an error: cut between characters; what is no text leaves
 * U+FFFD. */
static void
put_given(struct buf *err, const char *given)
{
	struct slice rest = { given, strnlen(given, SHOWN_MAX + 4) };
	size_t shown = 0;
	uint32_t cp;

	while (rest.len > 0) {
		unsigned n = utf8_decode(rest.p, rest.len, &cp);

		shown += n;
		if (shown > SHOWN_MAX)
			break;
		if (cp < ' ' || (cp >= 0x7f && cp < 0xa0) || cp == 0xfffd)
			buf_puts(err, "\xef\xbf\xbd");
		else
			buf_append(err, rest.p, n);
		rest = slice_skip(rest, n);
	}
}

static int
store_flag(
    const struct opt *o, const char *label, const char *value, struct buf *err)
{
	static const char *const yes[] = { "yes", "true", "on", "1" };
	static const char *const no[] = { "no", "false", "off", "0" };

	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
		if (strcmp(value, yes[i]) == 0) {
			*(int *)o->target = o->set;
			return 0;
		}
		if (strcmp(value, no[i]) == 0)
			return 0;
	}
	buf_printf(err, "%s: \"", label);
	put_given(err, value);
	buf_puts(err, "\" is not yes or no");
	return -EINVAL;
}

static int
store_int(
    const struct opt *o, const char *label, const char *value, struct buf *err)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(value, &end, 10);
	/* strtol skips white space and takes a plus: we don't. */
	if ((*value != '-' && (*value < '0' || *value > '9')) || *end != '\0' ||
	    errno != 0 || n < o->min || n > o->max) {
		buf_printf(err, "%s: \"", label);
		put_given(err, value);
		buf_printf(
		    err, "\" is not a number from %d to %d", o->min, o->max);
		return -EINVAL;
	}
	*(int *)o->target = (int)n;
	return 0;
}

static int
store_list(
    const struct opt *o, const char *label, const char *value, struct buf *err)
{
	struct opt_list *list = o->target;

	if (list->n == OPT_LIST_MAX) {
		buf_printf(
		    err, "%s: given more than %d times", label, OPT_LIST_MAX);
		return -EINVAL;
	}
	list->v[list->n++] = value;
	return 0;
}

int
opt_set(
    const struct opt *o, const char *label, const char *value, struct buf *err)
{
	switch (o->type) {
	case OPT_FLAG:
		return store_flag(o, label, value, err);
	case OPT_INT:
		return store_int(o, label, value, err);
	case OPT_STR:
		*(const char **)o->target = value;
		return 0;
	case OPT_LIST:
		return store_list(o, label, value, err);
	case OPT_CHECK:
		if (o->check(value, o->target) == 0)
			return 0;
		buf_printf(err, "%s: bad value \"", label);
		put_given(err, value);
		buf_printf(err, "\": it is %s", o->value);
		if (o->max != 0)
			buf_printf(err, ", from %d to %d", o->min, o->max);
		return -EINVAL;
	}
	assert(!"unknown type of option");
	return -EINVAL;
}

/* ---- argv ---- */

/* The option of a letter, "-r" or "-rVALUE". */
static const struct opt *
lookup_letter(const struct opt *table, const char *arg, const char **value)
{
	const struct opt *o = NULL;

	for (size_t i = 0; i < LETTERS && o == NULL; i++)
		if (arg[1] == letters[i].letter)
			o = opt_find(table, slice_of(letters[i].name));
	if (o == NULL || arg[2] == '\0')
		return o;
	if (o->type == OPT_FLAG)
		return NULL;
	*value = arg + 2;
	return o;
}

/* The option that arg names; *value is what comes with it, or NULL. */
static const struct opt *
lookup(const struct opt *table, const char *arg, const char **value)
{
	struct slice rest, name;

	*value = NULL;
	if (arg[1] != '-')
		return lookup_letter(table, arg, value);
	rest = slice_of(arg + 2);
	name = slice_take_until(&rest, '=');
	if (arg[2 + name.len] == '=')
		*value = arg + 2 + name.len + 1;
	return opt_find(table, name);
}

/* An option as it is called in an error. */
static int
set_named(const struct opt *o, const char *value, struct buf *err)
{
	char label[LABEL_SIZE];

	snprintf(label, sizeof(label), "--%s", o->name);
	return opt_set(o, label, value, err);
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
			buf_puts(err, "unknown option ");
			put_given(err, arg);
			return -EINVAL;
		}
		if (o->type == OPT_FLAG && value != NULL) {
			buf_printf(err, "--%s: takes no value", o->name);
			return -EINVAL;
		}
		if (o->type == OPT_FLAG) {
			value = "yes";
		} else if (value == NULL) {
			if (++i == argc) {
				buf_printf(err, "--%s: needs a value (%s)",
				    o->name, o->value);
				return -EINVAL;
			}
			value = argv[i];
		}
		if (set_named(o, value, err) != 0)
			return -EINVAL;
	}
	return i;
}

/* "  -h, --help" or "      --name VALUE"; returns its width. */
static int
put_name(const struct opt *o, char *out, size_t size)
{
	char letter[] = "-x,";

	letter[1] = opt_letter(o);
	return snprintf(out, size, "  %s --%s%s%s",
	    letter[1] != '\0' ? letter : "   ", o->name,
	    o->value != NULL ? " " : "", o->value != NULL ? o->value : "");
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
