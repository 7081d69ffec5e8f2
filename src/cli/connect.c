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
#include "base/secret.h"
#include "cli/history.h"
#include "cli/modes.h"
#include "cli/usage.h"
#include "client/conf.h"
#include "proto/sio_packet.h"
#include "tui/app.h"
#include "tui/term.h"

enum { ERROR_MAX = 1024, TIMEOUT_MAX = 86400, PASSWORD_FILE_MAX = 65536 };

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
add(struct opt **to, const struct opt *o)
{
	*(*to)++ = *o;
}

#define ADD(...) add(&to, &(const struct opt){ __VA_ARGS__ })

static void
shared_options(struct connect_options *o, struct opt *to)
{
	ADD(.name = "nick", .type = OPT_STR, .target = &o->nick,
	    .value = "NAME",
	    .help = "your name there (default: your login name)");
	ADD(.name = "transport", .type = OPT_CHECK, .target = &o->transport,
	    .value = "auto|websocket|polling|upgrade", .check = check_transport,
	    .help = "WebSocket or, if that can't be had, polling (auto), one "
		    "of them, or polling first and then upgrade");
	ADD(.name = "deflate", .type = OPT_FLAG, .target = &o->deflate,
	    .set = 1, .help = "offer to compress long messages");
	ADD(.name = "ca", .type = OPT_STR, .target = &o->ca, .value = "FILE",
	    .help = "trust the certificates in this PEM file, too");
	ADD(.name = "namespace", .type = OPT_CHECK, .target = &o->nsp,
	    .value = "NSP", .check = check_nsp,
	    .help = "Socket.IO namespace (default: /)");
	ADD(.name = "timeout", .type = OPT_INT, .target = &o->timeout,
	    .value = "SECONDS", .min = 1, .max = TIMEOUT_MAX,
	    .help = "how long to wait for the last acknowledgement "
		    "(default: 30)");
	ADD(.name = "password-file", .type = OPT_STR,
	    .target = &o->password_file, .value = "FILE",
	    .help = "the password of a closed server is in this file, which "
		    "only you may read");
	ADD(.name = "help", .type = OPT_FLAG, .target = &o->help, .set = 1,
	    .help = "this text");
	ADD(.name = NULL);
}

static void
set_defaults(struct connect_options *o)
{
	*o = (struct connect_options){ .nsp = "/", .keep = 1, .timeout = 30 };
	buf_init(&o->password, PASSWORD_FILE_MAX);
}

void
connect_shared(struct connect_options *o, struct opt *table)
{
	set_defaults(o);
	shared_options(o, table);
}

void
connect_table(struct connect_options *o, struct opt table[CONNECT_OPTIONS_MAX])
{
	struct opt *to = table;

	set_defaults(o);
	ADD(.name = "room", .type = OPT_LIST, .target = &o->rooms,
	    .value = "ROOM", .help = "join this room; may be given again");
	ADD(.name = "plain", .type = OPT_FLAG, .target = &o->plain, .set = 1,
	    .help = "no screen: a line a message, also for screen readers");
	ADD(.name = "json", .type = OPT_FLAG, .target = &o->json, .set = 1,
	    .help = "no screen: a JSON object a line, both ways");
	ADD(.name = "color", .type = OPT_CHECK, .target = &o->color,
	    .value = "auto|always|never", .check = check_color,
	    .help = "colours (default: auto)");
	ADD(.name = "no-outbox", .type = OPT_FLAG, .target = &o->keep,
	    .help = "do not keep unsent lines on disk");
	shared_options(o, to);
}

void
send_table(struct connect_options *o, struct opt table[CONNECT_OPTIONS_MAX])
{
	struct opt *to = table;

	set_defaults(o);
	o->keep = 0;
	/* What a file says of rooms is for those who come to stay. */
	ADD(.name = "room", .type = OPT_LIST, .target = &o->rooms,
	    .value = "ROOM", .argv_only = 1,
	    .help = "the room to send to (default: lobby)");
	shared_options(o, to);
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

/* The URL's room is the first one, unless it is among the others. */
static void
take_url_room(struct connect_options *o)
{
	size_t i = 0;

	if (o->url.room[0] == '\0')
		return;
	while (i < o->rooms.n && strcmp(o->rooms.v[i], o->url.room) != 0)
		i++;
	if (i == OPT_LIST_MAX)
		i--;
	if (i == o->rooms.n)
		o->rooms.n++;
	memmove(&o->rooms.v[1], &o->rooms.v[0], i * sizeof(o->rooms.v[0]));
	o->rooms.v[0] = o->url.room;
}

/* 0 or an exit status. */
static int
load_password(struct connect_options *o)
{
	struct buf err;
	int rc;

	if (o->password_file == NULL)
		return 0;
	buf_init(&err, ERROR_MAX);
	rc = secret_load_line(o->password_file, &o->password, &err);
	if (rc == 0 && secret_is_hash(buf_view(&o->password))) {
		buf_printf(&err,
		    "%s: it holds a hash, which is for the server: the "
		    "password itself belongs here",
		    o->password_file);
		rc = -EINVAL;
	}
	if (rc < 0)
		fprintf(stderr, "chat: --password-file: %.*s\n",
		    SLICE_ARG(buf_view(&err)));
	buf_deinit(&err);
	buf_putc(&o->password, '\0');
	o->chat.password = o->password.p;
	return rc < 0 ? EX_NOINPUT : 0;
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
	take_url_room(o);
	o->state_dir = conf_state_dir();
	o->chat = (struct chat_options){ .url = &o->url,
		.nick = o->nick != NULL ? o->nick : login_name(),
		.nick_given = o->nick != NULL,
		.rooms = o->rooms.v,
		.n_rooms = o->rooms.n,
		.token_dir = o->state_dir,
		.nsp = o->nsp,
		.ca = o->ca,
		.deflate = o->deflate,
		.transport = o->transport };
	return status != 0 ? status : load_password(o);
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
	buf_wipe(&o->password);
	conf_deinit(&o->conf);
}

static int
run_mode(struct connect_options *o)
{
	const char *no_color = getenv("NO_COLOR"); /* https://no-color.org */
	struct app_options app;

	if (o->keep) {
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
		.color = o->color == COLOR_ALWAYS ||
			 (o->color == COLOR_AUTO &&
			     (no_color == NULL || no_color[0] == '\0')) };
	return app_run(&app);
}

/* Options may stand behind HOST, argv[at], too, unless a "--" was before it:
 * how many words they are, or negative. */
static int
parse_rest(const struct opt *table, int argc, char **argv, int at)
{
	struct buf err;
	int n;

	if (at > 0 && strcmp(argv[at - 1], "--") == 0)
		return 0;
	buf_init(&err, ERROR_MAX);
	n = opt_parse(table, argc - at - 1, argv + at + 1, &err);
	if (n < 0)
		fprintf(stderr, "chat: %.*s\n", SLICE_ARG(buf_view(&err)));
	buf_deinit(&err);
	return n;
}

int
connect_main(int argc, char **argv)
{
	struct opt table[CONNECT_OPTIONS_MAX], other[CONNECT_OPTIONS_MAX];
	struct connect_options o, none;
	int status, at, n = 0;

	setlocale(LC_ALL, "");
	send_table(&none, other);
	connect_table(&o, table);
	at = parse(&o, table, other, "chat connect [option ...] HOST", argc,
	    argv, &status);
	if (at >= 0)
		n = parse_rest(table, argc, argv, at);
	if (n < 0)
		status = EX_USAGE;
	else if (at >= 0 && at + 1 + n < argc)
		status = usage_error("connect takes one HOST");
	else if (at >= 0)
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
	int status, at, n = 0;

	setlocale(LC_ALL, "");
	send_table(&o, table);
	connect_table(&none, other);
	at = parse(&o, table, other, "chat send [option ...] HOST [TEXT ...]",
	    argc, argv, &status);
	if (at >= 0)
		n = parse_rest(table, argc, argv, at);
	if (n < 0)
		status = EX_USAGE;
	else if (at >= 0 && o.rooms.n > 1)
		status = usage_error("send takes one room");
	else if (at >= 0)
		status = prepare(&o, argv[at]);
	/* The option says it more plainly than the URL. */
	if (o.rooms.n > 1)
		o.rooms.v[0] = o.rooms.v[1];
	o.chat.n_rooms = o.rooms.n > 0;
	if (status == 0 && at >= 0 && at + 1 + n < argc)
		text = join_words(argc - at - 1 - n, argv + at + 1 + n);
	if (at >= 0 && status == 0)
		status = send_run(&o, text);
	free(text);
	deinit(&o);
	return status;
}

enum { HISTORY_WORDS = 2 };

/* HOST and ROOM, from argv[at] on; options may stand behind each. 0 or an exit
 * status. */
static int
history_words(const struct opt *table, int argc, char **argv, int at,
    const char *words[HISTORY_WORDS])
{
	for (unsigned i = 0; at < argc; i++) {
		int n = parse_rest(table, argc, argv, at);

		if (n < 0)
			return EX_USAGE;
		if (i == HISTORY_WORDS)
			return usage_error("history takes one HOST and ROOM");
		words[i] = argv[at];
		at += 1 + n;
	}
	return 0;
}

int
history_main(int argc, char **argv)
{
	struct opt table[CONNECT_OPTIONS_MAX], other[CONNECT_OPTIONS_MAX];
	const char *words[HISTORY_WORDS] = { NULL, NULL };
	struct history_options o;
	struct connect_options none;
	int status, at;

	setlocale(LC_ALL, "");
	connect_table(&none, other);
	history_table(&o, table);
	at = parse(&o.connect, table, other,
	    "chat history [option ...] HOST [ROOM]", argc, argv, &status);
	if (at >= 0)
		status = history_words(table, argc, argv, at, words);
	if (at >= 0 && status == 0)
		status = prepare(&o.connect, words[0]);
	if (at >= 0 && status == 0) {
		o.room = words[1];
		if (o.room == NULL && o.connect.url.room[0] != '\0')
			o.room = o.connect.url.room;
		/* Nobody sees who only reads. */
		o.connect.chat.nick = o.connect.nick;
		o.connect.chat.nowhere = true;
		status = history_run(&o);
	}
	deinit(&o.connect);
	return status;
}
