#include "config.h"

#include "server/serve.h"

#include <errno.h>
#include <langinfo.h>
#include <limits.h>
#include <locale.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "hub/hub.h"
#include "net/admission.h"
#include "net/http_conn.h"
#include "net/intake.h"
#include "net/listener.h"
#include "net/loop.h"
#include "net/stream.h"
#include "net/tls.h"
#include "server/banner.h"
#include "server/certificate.h"
#include "server/options.h"
#include "server/routes.h"
#include "server/sandbox.h"
#include "server/supervisor.h"
#include "store/folder.h"
#include "store/path.h"

enum {
	MEMORY_COUNT = 10000, /* messages of a room, kept in memory */
	DRAIN_TICK_MS = 10,
	DRAIN_MS = 2000, /* for connections to close in order */
	ERROR_MAX = 1024,
	BANNER_MAX = 65536,
	READ_SIZE = 65536,
	QUEUE_ALL = 1 << 30, /* bytes, where there is no limit */
	DESCRIPTORS = 64,    /* for all but connections */
};

struct server {
	struct serve_options opt;
	struct loop loop;
	struct http_server http;
	struct admission admission;
	struct intake intake;
	struct certificate certificate;
	struct supervisor supervisor;
	struct listener *listener;
	struct hub *hub;
	struct routes routes;
	struct buf page;
	struct secrets operators, password;
	uv_signal_t sigint, sigterm;
	uv_timer_t drain;
	unsigned drained_ms; /* since draining began */
	int files;           /* what sandbox_files() said */
	bool draining;
};

/* 0 or a negative errno. */
static int
read_all(FILE *f, struct buf *out)
{
	char *room;
	size_t n;

	do {
		room = buf_reserve(out, READ_SIZE);
		if (room == NULL)
			return -EFBIG;
		errno = 0;
		n = fread(room, 1, READ_SIZE, f);
		buf_add(out, n);
	} while (n == READ_SIZE);
	if (ferror(f))
		return errno != 0 ? -errno : -EIO;
	return out->len > PAGE_MAX ? -EFBIG : 0;
}

/* 0 or an exit status. */
static int
read_page(struct server *s)
{
	const char *name = s->opt.page;
	FILE *f;
	int err;

	if (name == NULL)
		return 0;
	f = fopen(name, "re");
	err = f != NULL ? read_all(f, &s->page) : -errno;
	if (f != NULL)
		fclose(f);
	if (err) {
		fprintf(stderr, "chat: --page: %s: %s\n", name,
		    err == -EFBIG ? "larger than 1 MiB" : strerror(-err));
		return EX_NOINPUT;
	}
	routes_set_page(
	    &s->routes, s->page.len > 0 ? buf_view(&s->page) : SLICE(""));
	return 0;
}

/* 0 or an exit status. */
static int
read_secrets(struct server *s)
{
	struct buf err;
	int rc = 0;

	buf_init(&err, ERROR_MAX + PATH_MAX);
	if (s->opt.operators != NULL)
		rc = secrets_read_operators(
		    &s->operators, s->opt.operators, &err);
	if (rc < 0)
		fprintf(stderr, "chat: --operators: %.*s\n",
		    SLICE_ARG(buf_view(&err)));
	else if (s->opt.password_file != NULL) {
		rc = secrets_read_password(
		    &s->password, s->opt.password_file, &err);
		if (rc < 0)
			fprintf(stderr, "chat: --password-file: %.*s\n",
			    SLICE_ARG(buf_view(&err)));
	}
	buf_deinit(&err);
	return rc < 0 ? EX_NOINPUT : 0;
}

/* ---- the end ---- */

static void
finish(struct server *s)
{
	sigset_t signals;

	/* One more signal must not end what ends already. */
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	if (s->listener != NULL)
		listener_close(s->listener);
	if (s->hub != NULL)
		hub_close(s->hub);
	intake_close(&s->intake);
	certificate_close(&s->certificate);
	supervisor_close(&s->supervisor);
	http_server_close(&s->http);
	uv_close((uv_handle_t *)&s->sigint, NULL);
	uv_close((uv_handle_t *)&s->sigterm, NULL);
	uv_close((uv_handle_t *)&s->drain, NULL);
}

/* Connections close by themselves, once what was queued has left. Those of
 * clients that poll stay for their last poll. */
static void
on_drain(uv_timer_t *t)
{
	struct server *s = t->data;

	s->drained_ms += DRAIN_TICK_MS;
	if (hub_transports(s->hub) == 0) {
		http_server_drain(&s->http);
		intake_clear(&s->intake);
	}
	if (s->loop.streams == 0 || s->drained_ms >= DRAIN_MS)
		finish(s);
}

static void
on_signal(uv_signal_t *h, int signum)
{
	struct server *s = h->data;

	if (uv_is_closing((uv_handle_t *)h))
		return;
	if (s->draining) {
		finish(s);
		return;
	}
	s->draining = true;
	log_event(LOG_INFO, "stop",
	    LF_CSTR("signal", signum == SIGINT ? "SIGINT" : "SIGTERM"));
	supervisor_stopping(&s->supervisor);
	/* It goes on listening: who is between two polls hears of it, too. */
	hub_disconnect_all(s->hub);
	uv_timer_start(&s->drain, on_drain, DRAIN_TICK_MS, DRAIN_TICK_MS);
}

/* ---- the beginning ---- */

static void
on_stream(void *arg, struct stream *stream)
{
	struct server *s = arg;

	intake_take(&s->intake, stream);
}

static void
on_ready(void *arg, struct stream *stream)
{
	struct server *s = arg;

	http_server_take(&s->http, stream);
}

static bool
is_proxy(void *arg, const struct address *peer)
{
	return proxies_has(arg, peer);
}

static void
trust(struct server *s)
{
	struct proxies *p = &s->opt.proxies;

	if (p->n == 0)
		return;
	s->http.proxies = p;
	s->intake.proxies = s->opt.proxy_protocol ? p : NULL;
	s->admission.exempt = is_proxy;
	s->admission.arg = p;
}

/* Who takes the server over could read and change them. */
static void
warn_exposed(const struct serve_options *o, const char *store)
{
	const char *const secrets[] = { o->operators, o->password_file,
		o->tls_key };

	for (unsigned i = 0; i < sizeof(secrets) / sizeof(*secrets); i++)
		if (secrets[i] != NULL && sandbox_exposes(store, secrets[i]))
			log_event(LOG_WARN, "exposed",
			    LF_CSTR("file", secrets[i]),
			    LF_CSTR("store", store));
}

/* What sandbox_files() says. store: its file, or NULL. */
static int
close_files(const struct server *s, const char *store)
{
	/* They will be read again. */
	const char *const read[] = { s->opt.tls_cert, s->opt.tls_key, NULL };
	const struct sandbox_paths paths = { .write = store, .read = read };

	if (store != NULL)
		warn_exposed(&s->opt, store);
	return sandbox_files(&paths);
}

/* Nothing more will be opened. */
static void
close_calls(const struct server *s)
{
	int calls = s->opt.sandbox ? sandbox_calls() : 0;

	if (!s->opt.sandbox)
		log_event(LOG_INFO, "sandbox", LF_CSTR("files", "off"),
		    LF_CSTR("calls", "off"));
	else
		log_event(s->files || calls ? LOG_WARN : LOG_INFO, "sandbox",
		    LF_CSTR("files", s->files ? strerror(-s->files) : "on"),
		    LF_CSTR("calls", calls ? strerror(-calls) : "on"));
}

static void
limit_packets(struct sio_options *o, const struct limits *l)
{
	o->packet = (struct sio_limits){ (unsigned)limit_size(l->attachments,
					     SIO_ATTACHMENTS_MAX),
		{ limit_size(l->nesting, HUB_NESTING_MAX),
		    limit_size(l->values, SIZE_MAX) } };
	o->namespaces = limit_size(l->namespaces, SIZE_MAX);
	o->acks = limit_size(l->acks, SIZE_MAX);
	o->connects = l->requests;
}

/* 0 or an exit status. */
static int
open_hub(struct server *s)
{
	struct hub_options opt = {
		.sio = SIO_OPTIONS_DEFAULT,
		.store = { .max_age = s->opt.retention.age,
		    .max_count = s->opt.retention.count },
		.limits = &s->opt.limits,
		.version = PACKAGE_VERSION,
		.log_text = s->opt.log_text,
		.rooms_fixed = s->opt.rooms_fixed,
		.operators = &s->operators,
		.password = &s->password,
	};
	struct buf path, err;

	if (serve_in_memory(&s->opt) && opt.store.max_count == 0)
		opt.store.max_count = MEMORY_COUNT;
	buf_init(&path, PATH_MAX);
	buf_init(&err, ERROR_MAX);
	limit_packets(&opt.sio, &s->opt.limits);
	opt.sio.eio.eio3 = s->opt.eio3;
	opt.sio.eio.deflate = s->opt.deflate;
	opt.sio.eio.max_payload =
	    limit_size(s->opt.limits.payload, HTTP_BODY_MAX);
	opt.sio.eio.queue_max = limit_size(s->opt.limits.queue, QUEUE_ALL);
	if (serve_in_memory(&s->opt) ||
	    (store_find_path(s->opt.store, &path, &err) == 0 &&
		folder_make(path.p, &err) == 0)) {
		opt.store.path = path.p;
		/* The hub makes threads. */
		if (s->opt.sandbox)
			s->files = close_files(s, path.p);
		s->hub = hub_new(&s->loop, &opt, &err);
	}
	if (s->hub == NULL)
		fprintf(stderr, "chat: %.*s\n", SLICE_ARG(buf_view(&err)));
	buf_deinit(&path);
	buf_deinit(&err);
	s->routes.hub = s->hub;
	s->routes.origins = &s->opt.origins;
	return s->hub != NULL ? 0 : EX_CANTCREAT;
}

static void
watch(struct server *s, uv_signal_t *h, int signum)
{
	uv_signal_init(&s->loop.uv, h);
	h->data = s;
	uv_signal_start(h, on_signal, signum);
}

/* Where it is to, or on what was handed over. NULL: *err. */
static struct listener *
listen_on(struct server *s, int *err)
{
	struct timeq *linger = s->http.linger;

	*err = UV_E2BIG;
	if (s->supervisor.sockets > 1)
		return NULL;
	return s->supervisor.sockets == 0
		   ? listener_open(&s->loop, s->opt.host, s->opt.port, linger,
			 on_stream, s, err)
		   : listener_open_fd(
			 &s->loop, SUPERVISOR_FD, linger, on_stream, s, err);
}

static int
listen_error(const struct server *s, int err)
{
	const struct serve_options *o = &s->opt;
	const char *host = o->host != NULL ? o->host : "all addresses";

	if (s->supervisor.sockets > 0) {
		fprintf(stderr,
		    "chat: LISTEN_FDS: not one TCP socket that listens: %s\n",
		    uv_strerror(err));
		return EX_UNAVAILABLE;
	}
	if (err == UV_EINVAL) {
		fprintf(stderr, "chat: --host: \"%.80s\" is not an address\n",
		    host);
		return EX_USAGE;
	}
	if (err == UV_EADDRINUSE)
		fprintf(
		    stderr, "chat: port %d is in use on %s\n", o->port, host);
	else
		fprintf(stderr, "chat: cannot listen on %s, port %d: %s\n",
		    host, o->port, uv_strerror(err));
	return EX_UNAVAILABLE;
}

static void
greet(const struct server *s)
{
	bool utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	const struct tls_config *tls = s->intake.tls;
	struct banner banner = { .host = s->opt.host,
		.port = listener_port(s->listener),
		.terminal = utf8 && isatty(STDOUT_FILENO),
		.tls = tls != NULL };
	struct address here;
	struct buf text;

	address_parse(SLICE("127.0.0.1"), &here);
	banner.proxied =
	    s->opt.proxy_protocol && proxies_has(&s->opt.proxies, &here);
	if (tls != NULL) {
		banner.name = tls_config_name(tls);
		if (tls_config_self_signed(tls))
			banner.ca = s->opt.tls_cert;
	}
	/* Who hands over a socket knows where it is. */
	if (s->supervisor.sockets == 0) {
		buf_init(&text, BANNER_MAX);
		banner_put(&text, &banner);
		fwrite(text.p, 1, text.len, stdout);
		fflush(stdout);
		buf_deinit(&text);
	}
	log_event(LOG_INFO, "start", LF_CSTR("version", PACKAGE_VERSION),
	    LF_INT("port", banner.port));
}

/* Every connection takes a descriptor: as many as we may have. Returns for how
 * many connections there are some. */
static uint64_t
raise_limits(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) < 0)
		return LIMIT_OFF;
	if (r.rlim_cur != r.rlim_max) {
		r.rlim_cur = r.rlim_max;
		setrlimit(RLIMIT_NOFILE, &r);
		getrlimit(RLIMIT_NOFILE, &r);
	}
	return r.rlim_cur > 2 * DESCRIPTORS ? r.rlim_cur - DESCRIPTORS
					    : r.rlim_cur / 2;
}

/* Large blocks go back to the system when they are freed. By default glibc
 * keeps ever larger ones once it has seen one. */
static void
keep_memory_small(void)
{
#ifdef M_MMAP_THRESHOLD
	mallopt(M_MMAP_THRESHOLD, 128 << 10);
#endif
}

/* See https://no-color.org: a variable of any value, unless empty. */
static bool
wants_colour(void)
{
	const char *no = getenv("NO_COLOR");

	return isatty(STDERR_FILENO) && (no == NULL || no[0] == '\0');
}

static int
run(struct server *s)
{
	int status = 0, err = loop_init(&s->loop);

	if (err) {
		fprintf(stderr, "chat: %s\n", uv_strerror(err));
		return EX_OSERR;
	}
	supervisor_init(&s->supervisor, &s->loop);
	s->loop.out.backlog.max = s->opt.limits.queue_all;
	http_server_init(
	    &s->http, &s->loop, &s->opt.limits, routes_request, &s->routes);
	watch(s, &s->sigint, SIGINT);
	watch(s, &s->sigterm, SIGTERM);
	uv_timer_init(&s->loop.uv, &s->drain);
	s->drain.data = s;
	intake_init(
	    &s->intake, &s->loop, s->opt.limits.handshake_time, on_ready, s);
	status = certificate_open(
	    &s->certificate, &s->intake, s->opt.tls_cert, s->opt.tls_key);
	s->routes.secure = s->intake.tls != NULL;
	trust(s);
	if (status == 0)
		status = open_hub(s);
	if (status == 0)
		s->listener = listen_on(s, &err);
	if (s->listener != NULL) {
		listener_admit(s->listener, &s->admission);
		greet(s);
		close_calls(s);
		supervisor_ready(&s->supervisor, s->hub);
	} else if (status == 0) {
		status = listen_error(s, err);
	}
	if (s->listener == NULL)
		finish(s);
	uv_run(&s->loop.uv, UV_RUN_DEFAULT);
	err = loop_deinit(&s->loop);
	if (err) {
		fprintf(stderr, "chat: a handle was left open: %s\n",
		    uv_strerror(err));
		return EX_SOFTWARE;
	}
	return status;
}

int
serve_main(int argc, char **argv)
{
	struct server s = { .draining = false };
	int status = serve_options_parse(&s.opt, argc, argv);

	if (status != 0)
		return status < 0 ? 0 : status;
	if (tls_prepare() < 0) { /* before the first digest */
		fputs("chat: OpenSSL can't be used\n", stderr);
		return EX_OSERR;
	}
	setlocale(LC_CTYPE, "");
	keep_memory_small();
	log_open(stderr, s.opt.log_level, wants_colour());
	admission_init(&s.admission, &s.opt.limits, raise_limits());
	buf_init(&s.page, PAGE_MAX + READ_SIZE);
	status = read_page(&s);
	if (status == 0)
		status = read_secrets(&s);
	if (status == 0)
		status = run(&s);
	buf_deinit(&s.page);
	secrets_free(&s.operators);
	admission_deinit(&s.admission);
	secrets_free(&s.password);
	return status;
}
