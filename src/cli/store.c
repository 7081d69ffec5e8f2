#include "config.h"

#include "cli/store.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/clean.h"
#include "cli/history.h"
#include "cli/usage.h"
#include "hub/encode.h"
#include "store/path.h"
#include "store/tools.h"

enum {
	ERROR_MAX = 1024,
	PATH_MAX_BYTES = 4096,
	LINE_MAX_BYTES = 4096,
	WORDS_MAX = 2, /* ACTION PATH */
	STATUS_WRONG = 1,
	KB = 1000,
};

void
store_table(struct store_tool_options *o, struct opt table[STORE_OPTIONS_MAX])
{
	const struct opt all[STORE_OPTIONS_MAX] = {
		{ .name = "room",
		    .type = OPT_STR,
		    .target = &o->room,
		    .value = "ROOM",
		    .help = "export only this room" },
		{ .name = "format",
		    .type = OPT_CHECK,
		    .target = &o->format,
		    .value = "text|json|md",
		    .check = history_check_format,
		    .help = "how to export: [TEXT, META] a line (json, the "
			    "default), a line a message (text), or Markdown" },
		{ .name = "help",
		    .type = OPT_FLAG,
		    .target = &o->help,
		    .set = 1,
		    .help = "this text" },
		{ .name = NULL },
	};

	*o = (struct store_tool_options){ .format = HISTORY_JSON };
	memcpy(table, all, sizeof(all));
}

/* What went wrong with a store as an exit status. */
static int
status_of(int rc, const struct buf *err)
{
	if (rc >= 0)
		return 0;
	fprintf(stderr, "chat: %.*s\n", SLICE_ARG(buf_view(err)));
	return rc == -EWOULDBLOCK ? EX_TEMPFAIL : EX_NOINPUT;
}

/* ---- the actions ---- */

static void
on_line(void *arg, const char *line)
{
	struct buf clean;

	(void)arg;
	buf_init(&clean, LINE_MAX_BYTES);
	clean_line(&clean, slice_of(line), LINE_MAX_BYTES);
	printf("%.*s\n", SLICE_ARG(buf_view(&clean)));
	buf_deinit(&clean);
}

static int
check(const struct store_tool_options *o, const char *path, struct buf *err)
{
	int n = store_check(path, on_line, NULL, err);

	(void)o;
	if (n == 0)
		printf("%s is sound\n", path);
	return n > 0 ? STATUS_WRONG : status_of(n, err);
}

static int
compact(const struct store_tool_options *o, const char *path, struct buf *err)
{
	uint64_t before, after;
	int rc = store_compact(path, &before, &after, err);

	(void)o;
	if (rc == 0)
		printf("%s: %llu kB, %llu kB before\n", path,
		    (unsigned long long)(after + KB - 1) / KB,
		    (unsigned long long)(before + KB - 1) / KB);
	return status_of(rc, err);
}

static void
on_row(void *arg, const struct store_room *room, const struct store_row *row)
{
	struct history_writer *w = arg;
	struct buf message, out;

	buf_init(&message, SIZE_MAX);
	buf_init(&out, SIZE_MAX);
	encode_stored(room, row, &message);
	history_write(w, buf_view(&message), &out);
	fwrite(out.p, 1, out.len, stdout);
	buf_deinit(&message);
	buf_deinit(&out);
}

static int export(
    const struct store_tool_options *o, const char *path, struct buf *err)
{
	struct history_writer w = {
		.format = (enum history_format)o->format,
		.day = -1,
	};
	int rc = store_export(path, o->room, on_row, &w, err);

	if (rc == 0 && (fflush(stdout) != 0 || ferror(stdout))) {
		fprintf(stderr, "chat: standard output: %s\n", strerror(errno));
		return EX_IOERR;
	}
	return status_of(rc, err);
}

static const struct action {
	const char *name;
	int (*run)(const struct store_tool_options *o, const char *path,
	    struct buf *err);
	bool exports;
} actions[] = {
	{ "check", check, false },
	{ "compact", compact, false },
	{ "export", export, true },
};

static const struct action *
find(const char *name)
{
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (strcmp(actions[i].name, name) == 0)
			return &actions[i];
	return NULL;
}

/* ---- the command ---- */

/* Options stand anywhere but behind "--". How many words there are between
 * them, or negative with a line in err. */
static int
parse(const struct opt *table, int argc, char **argv,
    const char *words[WORDS_MAX], struct buf *err)
{
	bool only_words = false;
	int n = 0, at = 0;

	while (at < argc) {
		if (!only_words) {
			int used = opt_parse(table, argc - at, argv + at, err);

			if (used < 0)
				return used;
			at += used;
			only_words =
			    used > 0 && strcmp(argv[at - 1], "--") == 0;
		}
		if (at < argc && n == WORDS_MAX) {
			buf_printf(err, "unexpected argument %.80s", argv[at]);
			return -EINVAL;
		}
		if (at < argc)
			words[n++] = argv[at++];
	}
	return n;
}

static int
run(const struct store_tool_options *o, int n,
    const char *const words[WORDS_MAX])
{
	const struct action *action = n > 0 ? find(words[0]) : NULL;
	struct buf path, err;
	int status;

	if (action == NULL)
		return usage_error(
		    "store takes one of check, compact and export; see --help");
	if (!action->exports && (o->room != NULL || o->format != HISTORY_JSON))
		return usage_error("--room and --format are for export");
	buf_init(&path, PATH_MAX_BYTES);
	buf_init(&err, ERROR_MAX);
	status = store_find_path(n > 1 ? words[1] : NULL, &path, &err);
	if (status == 0)
		status = action->run(o, path.p, &err);
	else
		status = status_of(status, &err);
	buf_deinit(&path);
	buf_deinit(&err);
	return status;
}

int
store_main(int argc, char **argv)
{
	struct opt table[STORE_OPTIONS_MAX];
	struct store_tool_options o;
	const char *words[WORDS_MAX] = { NULL };
	struct buf err;
	int status, n;

	store_table(&o, table);
	buf_init(&err, ERROR_MAX);
	n = parse(table, argc, argv, words, &err);
	if (n < 0) {
		fprintf(stderr, "chat: %.*s\n", SLICE_ARG(buf_view(&err)));
		status = EX_USAGE;
	} else if (o.help) {
		puts("usage: chat store check|compact|export [option ...] "
		     "[PATH]\n");
		opt_help(table, stdout);
		status = 0;
	} else {
		status = run(&o, n, words);
	}
	buf_deinit(&err);
	return status;
}
