#include "config.h"

#include "base/log.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"

enum {
	LOG_LINE_MAX = 16384,
	LOG_VALUE_MAX = 256, /* bytes of a string that are written */
};

static const struct {
	const char *name;
	const char *colour;
} levels[] = {
	[LOG_DEBUG] = { "debug", "\033[2m" },
	[LOG_INFO] = { "info", "\033[32m" },
	[LOG_WARN] = { "warn", "\033[33m" },
	[LOG_ERROR] = { "error", "\033[31m" },
	[LOG_OFF] = { "off", "" },
};

static struct {
	FILE *out; /* NULL: stderr, which is no constant */
	enum log_level least;
	bool colour;
} sink = { NULL, LOG_INFO, false };

void
log_open(FILE *out, enum log_level least, bool colour)
{
	sink.out = out;
	sink.least = least;
	sink.colour = colour;
}

int
log_level_parse(const char *name, enum log_level *level)
{
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		if (strcmp(name, levels[i].name) == 0) {
			*level = (enum log_level)i;
			return 0;
		}
	}
	return -EINVAL;
}

bool
log_wants(enum log_level level)
{
	return level >= sink.least && level < LOG_OFF;
}

static bool
is_plain(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c <= ' ' || c > '~' || strchr("\"='\\", c) != NULL)
			return false;
	}
	return s.len > 0;
}

/*
 * A value that was cut is always quoted, and the mark stands behind the
 * quote: nothing that a peer sends can look like it.
 */
static void
put_value(struct buf *b, struct slice s)
{
	bool cut = s.len > LOG_VALUE_MAX;

	if (cut)
		s.len = LOG_VALUE_MAX;
	if (!cut && is_plain(s)) {
		buf_append_slice(b, s);
		return;
	}
	buf_putc(b, '"');
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c == '\n')
			buf_puts(b, "\\n");
		else if (c == '"' || c == '\\')
			buf_printf(b, "\\%c", c);
		else if (c < ' ' || c > '~')
			buf_printf(b, "\\x%02x", c);
		else
			buf_putc(b, (char)c);
	}
	buf_puts(b, cut ? "\"..." : "\"");
}

static void
put_field(struct buf *b, const struct log_field *f, const char *dim,
    const char *plain)
{
	buf_printf(b, " %s%s=%s", dim, f->key, plain);
	if (f->type == LOG_F_INT)
		buf_printf(b, "%" PRId64, f->num);
	else
		put_value(b, f->str);
}

void
log_write(
    enum log_level level, const char *event, const struct log_field *fields)
{
	const char *dim = sink.colour ? "\033[2m" : "";
	const char *plain = sink.colour ? "\033[0m" : "";
	const char *colour = sink.colour ? levels[level].colour : "";
	FILE *out = sink.out != NULL ? sink.out : stderr;
	struct buf b;

	if (!log_wants(level))
		return;
	buf_init(&b, LOG_LINE_MAX);
	buf_puts(&b, dim);
	clock_put(&b, clock_wall_ms(), true);
	buf_printf(&b, "%s %s%-5s%s %s", plain, colour, levels[level].name,
	    plain, event);
	for (; fields->type != LOG_F_END; fields++)
		put_field(&b, fields, dim, plain);
	/* One write per line, so that lines of two processes don't mix. */
	if (buf_putc(&b, '\n') != 0)
		b.p[b.len - 1] = '\n';
	fwrite(b.p, 1, b.len, out);
	fflush(out);
	buf_deinit(&b);
}
