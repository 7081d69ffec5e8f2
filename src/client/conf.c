#include "config.h"

#include "client/conf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clean.h"
#include "base/mem.h"
#include "base/utf8.h"

enum {
	PATH_SIZE_MAX = 4096,
	VARIABLE_SIZE = 80, /* the name of one */
	LABEL_SIZE = PATH_SIZE_MAX + 80,
	READ_SIZE = 4096,
	SHOWN_MAX = 60, /* bytes of the file in an error */
};

/* ---- where ---- */

/* "$VARIABLE/chat", or "~/FALLBACK/chat". A relative path is to be ignored. */
static char *
xdg_dir(const char *variable, const char *fallback)
{
	const char *base = getenv(variable), *home = getenv("HOME");
	struct buf b;

	buf_init(&b, PATH_SIZE_MAX);
	if (base != NULL && base[0] == '/')
		buf_printf(&b, "%s/chat", base);
	else if (home != NULL && home[0] == '/')
		buf_printf(&b, "%s/%s/chat", home, fallback);
	if (b.len > 0)
		return buf_steal(&b);
	buf_deinit(&b);
	return NULL;
}

char *
conf_dir(void)
{
	return xdg_dir("XDG_CONFIG_HOME", ".config");
}

char *
conf_state_dir(void)
{
	return xdg_dir("XDG_STATE_HOME", ".local/state");
}

/* ---- the sources ---- */

/* What is under way; `before` has a row for each of table. */
struct parser {
	const struct opt *table, *other;
	struct buf *err;
	struct before {
		int flag;             /* its default */
		struct opt_list list; /* from the file or the environment */
	} * before;
	char path[PATH_SIZE_MAX];
};

/* The value goes over what was there. */
static int
set(struct parser *p, const struct opt *o, const char *label, const char *value)
{
	if (o->type == OPT_FLAG)
		*(int *)o->target = p->before[o - p->table].flag;
	return opt_set(o, label, value, p->err);
}

static bool
is_help(const struct opt *o)
{
	return strcmp(o->name, "help") == 0;
}

static int
set_from_environment(struct parser *p)
{
	char name[VARIABLE_SIZE];
	const char *value;

	for (const struct opt *o = p->table; o->name != NULL; o++) {
		snprintf(name, sizeof(name), "CHAT_%s", o->name);
		for (char *c = name; *c != '\0'; c++)
			if (*c >= 'a' && *c <= 'z')
				*c = (char)(*c - 'a' + 'A');
			else if (*c == '-')
				*c = '_';
		value = getenv(name);
		if (value == NULL || value[0] == '\0' || is_help(o) ||
		    o->argv_only)
			continue;
		if (o->type == OPT_LIST)
			((struct opt_list *)o->target)->n = 0;
		if (set(p, o, name, value) != 0)
			return -EBADMSG;
	}
	return 0;
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static char *
skip_space(char *s)
{
	while (is_space(*s))
		s++;
	return s;
}

/* Cuts a line, without white space around it, into name and value (NULL:
 * there is none). */
static void
split(char *line, char **value)
{
	char *end = line + strcspn(line, " \t\r="), *rest = skip_space(end);

	*value = rest;
	if (*rest == '=')
		*value = skip_space(rest + 1);
	else if (*rest == '\0')
		*value = NULL;
	*end = '\0';
}

/* Text, a tab being the only control, but for the end of the line. */
static bool
is_text(const char *line, size_t len)
{
	if (len > 0 && line[len - 1] == '\r')
		len--;
	for (size_t i = 0; i < len;) {
		uint32_t cp;

		i += utf8_decode(line + i, len - i, &cp);
		if ((cp < ' ' && cp != '\t') || (cp >= 0x7f && cp < 0xa0))
			return false;
	}
	return utf8_valid(line, len);
}

static int
set_line(struct parser *p, unsigned number, char *name)
{
	char label[LABEL_SIZE];
	const struct opt *o;
	char *value;

	split(name, &value);
	o = opt_find(p->table, slice_of(name));
	if (o != NULL && o->argv_only)
		return 0;
	if (o != NULL && !is_help(o)) {
		snprintf(
		    label, sizeof(label), "%s:%u: %s", p->path, number, name);
		if (value == NULL && o->type == OPT_FLAG)
			return set(p, o, label, "yes");
		if (value != NULL)
			return set(p, o, label, value);
		buf_printf(p->err, "%s needs a value (%s)", label, o->value);
		return -EINVAL;
	}
	if (o == NULL && p->other != NULL)
		o = opt_find(p->other, slice_of(name));
	if (o != NULL && !is_help(o))
		return 0;
	buf_printf(p->err, "%s:%u: unknown option \"", p->path, number);
	clean_line(p->err, slice_of(name), SHOWN_MAX);
	buf_putc(p->err, '"');
	return -EINVAL;
}

/* text: the file, with a NUL behind it. */
static int
set_from_text(struct parser *p, char *text, size_t len)
{
	char *line = text, *end = text + len;
	unsigned number = 0;

	if (slice_starts((struct slice){ text, len }, "\xef\xbb\xbf"))
		line += 3;
	while (line < end) {
		char *next = memchr(line, '\n', (size_t)(end - line));
		size_t n;

		if (next == NULL)
			next = end;
		*next = '\0';
		n = (size_t)(next - line);
		number++;
		if (!is_text(line, n)) {
			buf_printf(p->err, "%s:%u: not text", p->path, number);
			return -EBADMSG;
		}
		while (n > 0 && is_space(line[n - 1]))
			line[--n] = '\0';
		line = skip_space(line);
		if (*line != '\0' && *line != '#' &&
		    set_line(p, number, line) != 0)
			return -EBADMSG;
		line = next + 1;
	}
	return 0;
}

/* 0 or a negative errno. */
static int
read_file(const char *path, struct buf *out)
{
	FILE *f = fopen(path, "re");
	int rc = 0;
	size_t n;

	if (f == NULL)
		return -errno;
	do {
		char *room = buf_reserve(out, READ_SIZE);

		n = room != NULL ? fread(room, 1, READ_SIZE, f) : 0;
		buf_add(out, n);
	} while (n == READ_SIZE);
	if (ferror(f))
		rc = errno != 0 ? -errno : -EIO;
	else if (out->len > CONF_SIZE_MAX)
		rc = -EFBIG;
	fclose(f);
	return rc;
}

static int
set_from_file(struct parser *p, struct conf *c)
{
	char *dir = conf_dir();
	struct buf b;
	size_t len;
	int rc;

	if (dir == NULL)
		return 0;
	snprintf(p->path, sizeof(p->path), "%s/config", dir);
	free(dir);
	buf_init(&b, CONF_SIZE_MAX + READ_SIZE);
	rc = read_file(p->path, &b);
	len = b.len;
	c->text = buf_steal(&b);
	if (rc == -ENOENT || rc == -ENOTDIR)
		return 0;
	if (rc != 0) {
		buf_printf(p->err, "%s: %s", p->path,
		    rc == -EFBIG ? "larger than 1 MiB" : strerror(-rc));
		return -EBADMSG;
	}
	return set_from_text(p, c->text, len);
}

/* ---- all of them ---- */

/* Over what the file and the environment have said. */
static int
set_from_argv(struct parser *p, int argc, char **argv)
{
	const struct opt *o;
	int rc;

	for (o = p->table; o->name != NULL; o++)
		if (o->type == OPT_LIST) {
			struct opt_list *list = o->target;

			p->before[o - p->table].list = *list;
			list->n = 0;
		}
	rc = opt_parse(p->table, argc, argv, p->err);
	for (o = p->table; o->name != NULL; o++)
		if (o->type == OPT_LIST) {
			struct opt_list *list = o->target;

			if (list->n == 0)
				*list = p->before[o - p->table].list;
		}
	return rc;
}

/* Looks at argv alone: 1 if there is nothing more to do, *rc being the
 * outcome. The targets are as before, but for what argv sets again. */
static bool
try_argv(struct parser *p, int argc, char **argv, int *rc)
{
	const struct opt *o, *help = opt_find(p->table, SLICE("help"));

	for (o = p->table; o->name != NULL; o++)
		if (o->type == OPT_FLAG)
			p->before[o - p->table].flag = *(int *)o->target;
	*rc = opt_parse(p->table, argc, argv, p->err);
	if (*rc < 0 || (help != NULL && *(int *)help->target !=
					    p->before[help - p->table].flag))
		return true;
	for (o = p->table; o->name != NULL; o++)
		if (o->type == OPT_FLAG)
			*(int *)o->target = p->before[o - p->table].flag;
		else if (o->type == OPT_LIST)
			((struct opt_list *)o->target)->n = 0;
	return false;
}

int
conf_parse(struct conf *c, const struct opt *table, const struct opt *other,
    int argc, char **argv, struct buf *err)
{
	struct parser p = { .table = table, .other = other, .err = err };
	size_t rows = 0;
	int rc;

	c->text = NULL;
	while (table[rows].name != NULL)
		rows++;
	p.before = xcalloc(rows, sizeof(*p.before));
	if (!try_argv(&p, argc, argv, &rc)) {
		rc = set_from_file(&p, c);
		if (rc == 0)
			rc = set_from_environment(&p);
		if (rc == 0)
			rc = set_from_argv(&p, argc, argv);
	}
	free(p.before);
	return rc;
}

void
conf_deinit(struct conf *c)
{
	free(c->text);
	c->text = NULL;
}
