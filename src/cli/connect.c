#include "config.h"

#include "cli/connect.h"

#include <errno.h>
#include <locale.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/mem.h"
#include "cli/modes.h"
#include "client/conf.h"
#include "proto/sio_packet.h"
#include "tui/app.h"
#include "tui/term.h"

enum { ERROR_MAX = 1024, TIMEOUT_MAX = 86400 };

static int
check_transport(const char *value, void *target)
{
	static const char *const names[] = {
		[CHAT_TRANSPORT_AUTO] = "auto",
		[CHAT_TRANSPORT_WEBSOCKET] = "websocket",
		[CHAT_TRANSPORT_POLLING] = "polling",
		[CHAT_TRANSPORT_UPGRADE] = "upgrade",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(value, names[i]) == 0) {
			*(enum chat_transport *)target = (enum chat_transport)i;
			return 0;
		}
	return -EINVAL;
}

static int
check_color(const char *value, void *target)
{
	static const char *const names[] = { [COLOR_AUTO] = "auto",
		[COLOR_ALWAYS] = "always",
		[COLOR_NEVER] = "never" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(value, names[i]) == 0) {
			*(int *)target = (int)i;
			return 0;
		}
	return -EINVAL;
}

static int
check_nsp(const char *value, void *target)
{
	if (value[0] != '/' || strlen(value) > SIO_NSP_MAX ||
	    strpbrk(value, ",?") != NULL)
		return -EINVAL;
	*(const char **)target = value;
	return 0;
}

static void
shared_options(struct connect_options *o, struct opt **to)
{
	*(*to)++ = (struct opt){ "nick", OPT_STR, &o->nick, "NAME",
		"your name there (default: your login name)", 0, 0, 0, NULL };
	*(*to)++ = (struct opt){ "transport", OPT_CHECK, &o->transport,
		"auto|websocket|polling|upgrade",
		"WebSocket or, if that can't be had, polling (auto), "
		"one of them, or polling first and then upgrade",
		0, 0, 0, check_transport };
	*(*to)++ = (struct opt){ "ca", OPT_STR, &o->ca, "FILE",
		"trust the certificates in this PEM file, too", 0, 0, 0, NULL };
	*(*to)++ = (struct opt){ "namespace", OPT_CHECK, &o->nsp, "NSP",
		"Socket.IO namespace (default: /)", 0, 0, 0, check_nsp };
	*(*to)++ = (struct opt){ "timeout", OPT_INT, &o->timeout, "SECONDS",
		"how long to wait for the last acknowledgement (default: 30)",
		1, TIMEOUT_MAX, 0, NULL };
	*(*to)++ = (struct opt){ "help", OPT_FLAG, &o->help, NULL, "this text",
		0, 0, 1, NULL };
	*(*to)++ = (struct opt){ .name = NULL };
}

static void
set_defaults(struct connect_options *o)
{
	*o = (struct connect_options){ .nsp = "/", .keep = 1, .timeout = 30 };
}

void
connect_table(struct connect_options *o, struct opt table[CONNECT_OPTIONS_MAX])
{
	struct opt *to = table;

	set_defaults(o);
	*to++ = (struct opt){ "room", OPT_LIST, &o->rooms, "ROOM",
		"join this room; may be given again", 0, 0, 0, NULL };
	*to++ = (struct opt){ "plain", OPT_FLAG, &o->plain, NULL,
		"no screen: a line a message, also for screen readers", 0, 0, 1,
		NULL };
	*to++ = (struct opt){ "json", OPT_FLAG, &o->json, NULL,
		"no screen: a JSON object a line, both ways", 0, 0, 1, NULL };
	*to++ =
	    (struct opt){ "color", OPT_CHECK, &o->color, "auto|always|never",
		    "colours (default: auto)", 0, 0, 0, check_color };
	*to++ = (struct opt){ "no-outbox", OPT_FLAG, &o->keep, NULL,
		"do not keep unsent lines on disk", 0, 0, 0, NULL };
	shared_options(o, &to);
}

void
send_table(struct connect_options *o, struct opt table[CONNECT_OPTIONS_MAX])
{
	struct opt *to = table;

	set_defaults(o);
	o->keep = 0;
	*to++ = (struct opt){ "room", OPT_LIST, &o->rooms, "ROOM",
		"the room to send to (default: lobby)", 0, 0, 0, NULL };
	shared_options(o, &to);
}

static int
usage_error(const char *text)
{
	fprintf(stderr, "chat: %s\n", text);
	return EX_USAGE;
}

/* The name of who runs this: the login name. */
static const char *
login_name(void)
{
	const char *name = getenv("USER");
	const struct passwd *pw;

	if (name == NULL || name[0] == '\0') {
		pw = getpwuid(getuid());
		name = pw != NULL ? pw->pw_name : NULL;
	}
	return name;
}

/* What the options lead to, with HOST. 0 or an exit status. */
static int
prepare(struct connect_options *o, const char *host)
{
	struct buf err;
	int status = 0;

	buf_init(&err, ERROR_MAX);
	if (url_parse(host, &o->url, &err) < 0) {
		fprintf(stderr, "chat: %.*s\n", SLICE_ARG(buf_view(&err)));
		status = EX_USAGE;
	}
	buf_deinit(&err);
	if (o->ca != NULL && access(o->ca, R_OK) < 0) {
		fprintf(stderr, "chat: --ca: %s: %s\n", o->ca, strerror(errno));
		status = EX_NOINPUT;
	}
	if (o->url.room[0] != '\0' && o->rooms.n < OPT_LIST_MAX)
		o->rooms.v[o->rooms.n++] = o->url.room;
	o->chat = (struct chat_options){ .url = &o->url,
		.nick = o->nick != NULL ? o->nick : login_name(),
		.nsp = o->nsp,
		.ca = o->ca,
		.transport = o->transport };
	return status;
}

static void
print_help(const char *usage, const struct opt *table)
{
	printf("usage: %s\n\n", usage);
	opt_help(table, stdout);
}

/*
 * Parses; returns the index of HOST, or -1 with *status to exit with.
 */
static int
parse(struct connect_options *o, const struct opt *table,
    const struct opt *other, const char *usage, int argc, char **argv,
    int *status)
{
	struct buf err;
	int at;

	buf_init(&err, ERROR_MAX);
	at = conf_parse(&o->conf, table, other, argc, argv, &err);
	*status = 0;
	if (at < 0) {
		fprintf(stderr, "chat: %.*s\n", SLICE_ARG(buf_view(&err)));
		*status = at == -EBADMSG ? EX_CONFIG : EX_USAGE;
	} else if (o->help) {
		print_help(usage, table);
		at = -1;
	} else if (at == argc) {
		*status = usage_error("HOST is missing; see --help");
		at = -1;
	}
	buf_deinit(&err);
	return at;
}

static void
deinit(struct connect_options *o)
{
	free(o->state_dir);
	conf_deinit(&o->conf);
}

static int
run_mode(struct connect_options *o)
{
	const char *no_color = getenv("NO_COLOR"); /* https://no-color.org */
	struct app_options app;

	if (o->keep) {
		o->state_dir = conf_state_dir();
		o->chat.state_dir = o->state_dir;
		if (o->state_dir == NULL)
			fputs("chat: no home directory: unsent lines are kept "
			      "in memory only\n",
			    stderr);
	}
	if (o->json)
		return json_run(o);
	if (o->plain || !isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) ||
	    term_is_dumb())
		return plain_run(o);
	app = (struct app_options){ .chat = o->chat,
		.rooms = o->rooms.v,
		.n_rooms = o->rooms.n,
		.color = o->color == COLOR_ALWAYS ||
			 (o->color == COLOR_AUTO &&
			     (no_color == NULL || no_color[0] == '\0')) };
	return app_run(&app);
}

/* Options may stand behind HOST, too. 0 or an exit status. */
static int
parse_rest(const struct opt *table, int argc, char **argv)
{
	struct buf err;
	int n, status = 0;

	buf_init(&err, ERROR_MAX);
	n = opt_parse(table, argc, argv, &err);
	if (n >= 0 && n < argc)
		buf_puts(&err, "connect takes one HOST");
	if (err.len > 0) {
		fprintf(stderr, "chat: %.*s\n", SLICE_ARG(buf_view(&err)));
		status = EX_USAGE;
	}
	buf_deinit(&err);
	return status;
}

int
connect_main(int argc, char **argv)
{
	struct opt table[CONNECT_OPTIONS_MAX], other[CONNECT_OPTIONS_MAX];
	struct connect_options o, none;
	int status, at;

	setlocale(LC_ALL, "");
	send_table(&none, other);
	connect_table(&o, table);
	at = parse(&o, table, other, "chat connect [option ...] HOST", argc,
	    argv, &status);
	if (at >= 0)
		status = parse_rest(table, argc - at - 1, argv + at + 1);
	if (at >= 0 && status == 0)
		status = prepare(&o, argv[at]);
	if (at >= 0 && status == 0)
		status = run_mode(&o);
	deinit(&o);
	return status;
}

/* The words behind HOST, with spaces between them; free() it. */
static char *
join_words(int argc, char **argv)
{
	struct buf text;

	buf_init(&text, SIZE_MAX);
	for (int i = 0; i < argc; i++) {
		if (i > 0)
			buf_putc(&text, ' ');
		buf_puts(&text, argv[i]);
	}
	return buf_steal(&text);
}

int
send_main(int argc, char **argv)
{
	struct opt table[CONNECT_OPTIONS_MAX], other[CONNECT_OPTIONS_MAX];
	struct connect_options o, none;
	char *text = NULL;
	int status, at;

	setlocale(LC_ALL, "");
	send_table(&o, table);
	connect_table(&none, other);
	at = parse(&o, table, other, "chat send [option ...] HOST [TEXT ...]",
	    argc, argv, &status);
	if (at >= 0 && at + 1 < argc)
		text = join_words(argc - at - 1, argv + at + 1);
	if (at >= 0 && o.rooms.n > 1)
		status = usage_error("send takes one room");
	if (at >= 0 && status == 0)
		status = prepare(&o, argv[at]);
	if (at >= 0 && status == 0)
		status = send_run(&o, text);
	free(text);
	deinit(&o);
	return status;
}
