/*
 * A server for the tests alone, on the same transport library as chat: what
 * the public protocol test suites of the Socket.IO project expect to talk to,
 * and what the tests of this folder need.
 *
 *	/engine.io/	echoes every message
 *	/socket.io/	namespaces /, /custom and /refuse; events see below
 *	/websocket	a WebSocket without any of it: echoes every message,
 *			compressed if the client offers it
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/mem.h"
#include "base/opt.h"
#include "eio/eio.h"
#include "net/http_conn.h"
#include "net/intake.h"
#include "net/listener.h"
#include "net/ws_conn.h"
#include "proto/json.h"
#include "sio/sio.h"
#include "split_read.h"

enum { MESSAGE_MAX = 16 << 20 }; /* of /websocket */

struct conformance {
	struct loop loop;
	struct limits limits;
	struct http_server http;
	struct intake intake;
	struct eio_server *echo;
	struct sio_server *sio;
	struct listener *listeners[2];
	uv_signal_t sigterm, sigint;
	uv_timer_t patience;
};

/* ---- /engine.io/ ---- */

static void
echo_open(void *arg, struct eio_session *s)
{
	(void)arg;
	(void)s;
}

static void
echo_message(struct eio_session *s, bool binary, struct slice data)
{
	struct eio_packet *p = eio_packet_copy(EIO_MESSAGE, binary, data);

	eio_send(s, p);
	eio_packet_unref(p);
}

static void
echo_closed(struct eio_session *s, const char *reason)
{
	(void)s;
	(void)reason;
}

static const struct eio_cb echo_cb = { echo_open, echo_message, echo_closed };

/* ---- /websocket ---- */

struct websocket {
	LIST_ENTRY(websocket) link;
	struct ws_conn *ws; /* NULL: not open yet */
};

static LIST_HEAD(, websocket) websockets = LIST_HEAD_INITIALIZER(websockets);

static void
websocket_open(void *arg, struct ws_conn *ws)
{
	struct websocket *w = arg;

	w->ws = ws;
}

static void
websocket_message(void *arg, bool binary, char *data, size_t len)
{
	struct websocket *w = arg;

	ws_send(w->ws, binary, (struct slice){ data, len });
}

static void
websocket_closed(void *arg, int code)
{
	struct websocket *w = arg;

	(void)code;
	LIST_REMOVE(w, link);
	free(w);
}

static const struct ws_cb websocket_cb = { .on_open = websocket_open,
	.on_message = websocket_message,
	.on_closed = websocket_closed };

static void
websocket_request(struct http_req *req)
{
	struct websocket *w = xcalloc(1, sizeof(*w));

	LIST_INSERT_HEAD(&websockets, w, link);
	if (ws_accept(req, MESSAGE_MAX, true, &websocket_cb, w) < 0)
		websocket_closed(w, 0);
}

static void
websockets_close(void)
{
	struct websocket *w, *next;

	for (w = LIST_FIRST(&websockets); w != NULL; w = next) {
		next = LIST_NEXT(w, link);
		if (w->ws == NULL)
			continue; /* goes with its HTTP connection */
		ws_abort(w->ws);
		websocket_closed(w, 0);
	}
}

/* ---- /socket.io/ ---- */

/* Who is connected: a socket's user. */
struct present {
	LIST_ENTRY(present) link;
	struct sio_socket *sock;
};

static LIST_HEAD(, present) all_present = LIST_HEAD_INITIALIZER(all_present);

static void
on_connect(
    void *arg, struct sio_socket *sock, struct slice auth, bool recovered)
{
	struct sio_args args = { .json = auth };
	struct present *p = xcalloc(1, sizeof(*p));

	(void)arg;
	(void)recovered;
	p->sock = sock;
	LIST_INSERT_HEAD(&all_present, p, link);
	sio_set_user(sock, p);
	sio_emit(sock, SLICE("\"auth\""), &args);
}

static void
on_gone(struct sio_socket *sock, const char *reason, bool kept)
{
	struct present *p = sio_user(sock);

	(void)reason;
	(void)kept;
	LIST_REMOVE(p, link);
	free(p);
	sio_set_user(sock, NULL);
}

/* Is the socket of this id connected? */
static void
on_present(struct sio_socket *sock, const struct sio_event *ev)
{
	struct sio_args args = { .json = SLICE("false") };
	const struct present *p;
	struct buf id;

	buf_init(&id, SIO_ROOM_MAX);
	if (json_unescape(ev->args.json, &id) == 0)
		LIST_FOREACH (p, &all_present, link)
			if (slice_is(buf_view(&id), sio_id(p->sock)))
				args.json = SLICE("true");
	buf_deinit(&id);
	if (ev->wants_ack)
		sio_ack(sock, ev->ack, &args);
}

/* Takes the first argument off; *rest gets the others. */
static struct slice
first_arg(struct slice args, struct slice *rest)
{
	struct slice first = SLICE("");
	struct json_iter it;

	json_iter_args(&it, args);
	json_iter_next(&it, NULL, &first);
	*rest = slice_skip(it.rest, 1); /* the comma */
	return first;
}

static void
on_echo_name(struct sio_socket *sock, const struct sio_event *ev)
{
	sio_emit(sock, ev->name, &ev->args);
}

static void
on_message(struct sio_socket *sock, const struct sio_event *ev)
{
	sio_emit(sock, SLICE("\"message-back\""), &ev->args);
}

static void
on_message_with_ack(struct sio_socket *sock, const struct sio_event *ev)
{
	if (ev->wants_ack)
		sio_ack(sock, ev->ack, &ev->args);
}

/* Who asked, until the answer comes; the socket may be gone by then. */
struct question {
	struct sio_nsp *nsp;
	char id[64];
};

static void
on_answer(void *arg, const struct sio_args *args)
{
	struct question *q = arg;
	struct slice room = slice_of(q->id);
	struct sio_target to = { .rooms = &room, .n_rooms = 1 };

	if (args != NULL)
		sio_broadcast(q->nsp, &to, SLICE("\"answer\""), args, NULL);
	free(q);
}

static void
on_ask(struct sio_socket *sock, const struct sio_event *ev)
{
	struct question *q = xcalloc(1, sizeof(*q));

	q->nsp = sio_nsp(sock);
	snprintf(q->id, sizeof(q->id), "%s", sio_id(sock));
	if (sio_emit_ack(sock, SLICE("\"question\""), &ev->args, on_answer, q) <
	    0)
		free(q);
}

static void
on_burst(struct sio_socket *sock, const struct sio_event *ev)
{
	int64_t n = 0;
	char text[24];

	json_int(ev->args.json, 0, 100000, &n);
	for (int64_t i = 0; i < n; i++) {
		struct sio_args args = { .json = { text, 0 } };

		args.json.len =
		    (size_t)snprintf(text, sizeof(text), "%lld", (long long)i);
		sio_emit(sock, SLICE("\"burst\""), &args);
	}
}

static void
ack_nothing(struct sio_socket *sock, const struct sio_event *ev)
{
	struct sio_args none = { .json = SLICE("") };

	if (ev->wants_ack)
		sio_ack(sock, ev->ack, &none);
}

static void
on_join(struct sio_socket *sock, const struct sio_event *ev)
{
	struct buf room;

	buf_init(&room, SIO_ROOM_MAX);
	if (json_unescape(ev->args.json, &room) == 0)
		sio_join(sock, buf_view(&room));
	buf_deinit(&room);
	ack_nothing(sock, ev);
}

static void
on_leave(struct sio_socket *sock, const struct sio_event *ev)
{
	struct buf room;

	buf_init(&room, SIO_ROOM_MAX);
	if (json_unescape(ev->args.json, &room) == 0)
		sio_leave(sock, buf_view(&room));
	buf_deinit(&room);
	ack_nothing(sock, ev);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void
on_rooms(struct sio_socket *sock, const struct sio_event *ev)
{
	const char *names[SIO_ROOMS_PER_SOCKET_MAX + 1];
	struct sio_args args = { .json = SLICE("") };
	struct buf json;
	unsigned n = 0;

	while (sio_room(sock, n) != NULL) {
		names[n] = sio_room(sock, n);
		n++;
	}
	qsort(names, n, sizeof(names[0]), by_name);
	buf_init(&json, 65536);
	buf_putc(&json, '[');
	for (unsigned i = 0; i < n; i++) {
		if (i > 0)
			buf_putc(&json, ',');
		json_put_string(&json, slice_of(names[i]));
	}
	buf_putc(&json, ']');
	args.json = buf_view(&json);
	if (ev->wants_ack)
		sio_ack(sock, ev->ack, &args);
	buf_deinit(&json);
}

/* `to`, `in` and `except`: a room, then the arguments of `said`. */
static void
say(struct sio_socket *sock, const struct sio_event *ev, bool in, bool except)
{
	struct sio_target to = { .n_rooms = 0 };
	struct slice self = slice_of(sio_id(sock));
	struct slice room, rest;
	struct sio_args args = ev->args;
	struct buf name;

	buf_init(&name, SIO_ROOM_MAX);
	if (json_unescape(first_arg(ev->args.json, &rest), &name) == 0) {
		room = buf_view(&name);
		args.json = rest;
		to.rooms = except ? NULL : &room;
		to.n_rooms = except ? 0 : 1;
		to.except = except ? &room : &self;
		to.n_except = in ? 0 : 1;
		sio_broadcast(
		    sio_nsp(sock), &to, SLICE("\"said\""), &args, NULL);
	}
	buf_deinit(&name);
}

static void
on_to(struct sio_socket *sock, const struct sio_event *ev)
{
	say(sock, ev, false, false);
}

static void
on_in(struct sio_socket *sock, const struct sio_event *ev)
{
	say(sock, ev, true, false);
}

static void
on_except(struct sio_socket *sock, const struct sio_event *ev)
{
	say(sock, ev, false, true);
}

static void
on_volatile(struct sio_socket *sock, const struct sio_event *ev)
{
	struct sio_target to = { .is_volatile = true };

	sio_broadcast(sio_nsp(sock), &to, SLICE("\"said\""), &ev->args, NULL);
}

static void
on_kick(struct sio_socket *sock, const struct sio_event *ev)
{
	sio_disconnect(sock, slice_is(ev->args.json, "true"));
}

static void
on_whoami(struct sio_socket *sock, const struct sio_event *ev)
{
	struct sio_args args = { .json = SLICE("") };
	struct buf json;

	buf_init(&json, 1024);
	json_put_string(&json, slice_of(sio_id(sock)));
	args.json = buf_view(&json);
	if (ev->wants_ack)
		sio_ack(sock, ev->ack, &args);
	buf_deinit(&json);
}

static void
on_event(struct sio_socket *sock, const struct sio_event *ev)
{
	static const struct {
		const char *name;
		void (*run)(struct sio_socket *, const struct sio_event *);
	} events[] = {
		{ "\"message\"", on_message },
		{ "\"message-with-ack\"", on_message_with_ack },
		{ "\"echo\"", on_echo_name },
		{ "\"ask\"", on_ask },
		{ "\"burst\"", on_burst },
		{ "\"join\"", on_join },
		{ "\"leave\"", on_leave },
		{ "\"rooms\"", on_rooms },
		{ "\"to\"", on_to },
		{ "\"in\"", on_in },
		{ "\"except\"", on_except },
		{ "\"volatile\"", on_volatile },
		{ "\"kick\"", on_kick },
		{ "\"whoami\"", on_whoami },
		{ "\"present\"", on_present },
	};

	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		if (slice_is(ev->name, events[i].name))
			events[i].run(sock, ev);
}

static int
refuse(void *arg, struct sio_knock *k, struct slice auth, struct buf *error)
{
	(void)arg;
	(void)k;
	(void)auth;
	buf_puts(error,
	    "{\"message\":\"refused\",\"data\":{\"code\":\"E_REFUSED\"}}");
	return -EACCES;
}

static const struct sio_nsp_cb open_cb = { NULL, on_connect, on_event, on_gone,
	NULL };
static const struct sio_nsp_cb refuse_cb = { refuse, NULL, NULL, NULL, NULL };

/* ---- the program ---- */

static void
on_head(void *arg, struct http_req *req)
{
	struct conformance *c = arg;

	if (slice_starts(req->head->path, "/engine.io/"))
		eio_server_request(c->echo, req);
	else if (slice_starts(req->head->path, "/socket.io/"))
		sio_server_request(c->sio, req);
	else if (slice_is(req->head->path, "/websocket"))
		websocket_request(req);
	else {
		req->close = req->close || req->head->upgrade;
		http_answer_text(req, 404, "Not found\n");
	}
}

static void
on_stream(void *arg, struct stream *s)
{
	struct conformance *c = arg;

	intake_take(&c->intake, s);
}

static void
on_ready(void *arg, struct stream *s)
{
	struct conformance *c = arg;

	http_server_take(&c->http, s);
}

/* Ends for good what did not close by itself. */
static void
on_patience(uv_timer_t *timer)
{
	struct conformance *c = timer->data;

	if (sio_server_sessions(c->sio) > 0 && uv_timer_get_repeat(timer) > 1) {
		uv_timer_set_repeat(timer, uv_timer_get_repeat(timer) / 2);
		uv_timer_again(timer);
		return;
	}
	uv_close((uv_handle_t *)timer, NULL);
	eio_server_close(c->echo);
	sio_server_close(c->sio);
	websockets_close();
	intake_close(&c->intake);
	http_server_close(&c->http);
}

static void
on_signal(uv_signal_t *sig, int signum)
{
	struct conformance *c = sig->data;

	(void)signum;
	uv_close((uv_handle_t *)&c->sigterm, NULL);
	uv_close((uv_handle_t *)&c->sigint, NULL);
	for (unsigned i = 0; i < 2; i++)
		if (c->listeners[i] != NULL)
			listener_close(c->listeners[i]);
	sio_server_disconnect_all(c->sio);
	uv_timer_init(&c->loop.uv, &c->patience);
	c->patience.data = c;
	uv_timer_start(&c->patience, on_patience, 1, 256);
}

static int
listen_both(struct conformance *c, int port)
{
	static const char *const hosts[] = { "127.0.0.1", "::1" };
	int err;

	for (unsigned i = 0; i < 2; i++) {
		c->listeners[i] = listener_open(&c->loop, hosts[i], port,
		    c->http.linger, on_stream, c, &err);
		if (c->listeners[i] == NULL && i == 0)
			return err;
		if (i == 0)
			port = listener_port(c->listeners[0]);
	}
	printf("listening %d\n", port);
	fflush(stdout);
	return 0;
}

static int
run(const struct sio_options *opt, int port, struct tls_config *tls)
{
	struct conformance c = { .listeners = { NULL, NULL } };
	int err;

	loop_init(&c.loop);
	limits_init(&c.limits);
	http_server_init(&c.http, &c.loop, &c.limits, on_head, &c);
	intake_init(&c.intake, &c.loop, LIMIT_OFF, on_ready, &c);
	c.intake.tls = tls;
	c.echo = eio_server_new(&c.loop, &opt->eio, &echo_cb, NULL);
	c.sio = sio_server_new(&c.loop, opt);
	sio_nsp_new(c.sio, "/", &open_cb, NULL);
	sio_nsp_new(c.sio, "/custom", &open_cb, NULL);
	sio_nsp_new(c.sio, "/refuse", &refuse_cb, NULL);
	uv_signal_init(&c.loop.uv, &c.sigterm);
	uv_signal_init(&c.loop.uv, &c.sigint);
	c.sigterm.data = c.sigint.data = &c;
	uv_signal_start(&c.sigterm, on_signal, SIGTERM);
	uv_signal_start(&c.sigint, on_signal, SIGINT);
	err = listen_both(&c, port);
	if (err) {
		fprintf(stderr, "conformance: %s\n", uv_strerror(err));
		return 69;
	}
	uv_run(&c.loop.uv, UV_RUN_DEFAULT);
	err = loop_deinit(&c.loop);
	if (err)
		fprintf(
		    stderr, "conformance: left open: %s\n", uv_strerror(err));
	return err ? 70 : 0;
}

static struct tls_config *
read_certificate(const char *cert, const char *key, struct buf *err)
{
	struct tls_config *tls;
	struct buf warning;

	buf_init(&warning, 256);
	tls = tls_config_new_server(cert, key, &warning, err);
	buf_deinit(&warning);
	return tls;
}

int
main(int argc, char **argv)
{
	int port = 0, interval = 300, timeout = 200, connect = 1000;
	int upgrade = 10000, payload = 1000000, eio3 = 1, recovery = 0;
	int queue = 8 << 20, read_max = 0, read_seed = 0, deflate = 0, status;
	const char *cert = NULL, *key = NULL;
	struct tls_config *tls = NULL;
	struct opt table[] = {
		{ "port", OPT_INT, &port, "N", "port", 0, 65535, 0, NULL, 0 },
		{ "ping-interval", OPT_INT, &interval, "MS", "", 1, 1 << 30, 0,
		    NULL, 0 },
		{ "ping-timeout", OPT_INT, &timeout, "MS", "", 1, 1 << 30, 0,
		    NULL, 0 },
		{ "connect-timeout", OPT_INT, &connect, "MS", "", 1, 1 << 30, 0,
		    NULL, 0 },
		{ "upgrade-timeout", OPT_INT, &upgrade, "MS", "", 1, 1 << 30, 0,
		    NULL, 0 },
		{ "max-payload", OPT_INT, &payload, "BYTES", "", 1, 1 << 30, 0,
		    NULL, 0 },
		{ "no-eio3", OPT_FLAG, &eio3, NULL, "", 0, 0, 0, NULL, 0 },
		{ .name = "deflate",
		    .type = OPT_FLAG,
		    .target = &deflate,
		    .set = 1 },
		{ "recovery", OPT_FLAG, &recovery, NULL, "", 0, 0, 120000, NULL,
		    0 },
		{ "recovery-time", OPT_INT, &recovery, "MS", "", 1, 1 << 30, 0,
		    NULL, 0 },
		{ "queue-max", OPT_INT, &queue, "BYTES", "", 1, 1 << 30, 0,
		    NULL, 0 },
		{ "read-max", OPT_INT, &read_max, "BYTES", "", 0, 1 << 30, 0,
		    NULL, 0 },
		{ "read-seed", OPT_INT, &read_seed, "N", "", 0, 1 << 30, 0,
		    NULL, 0 },
		{ .name = "tls-cert",
		    .type = OPT_STR,
		    .target = &cert,
		    .value = "FILE" },
		{ .name = "tls-key",
		    .type = OPT_STR,
		    .target = &key,
		    .value = "FILE" },
		{ .name = NULL },
	};
	struct sio_options opt = SIO_OPTIONS_DEFAULT;
	struct buf err;

	buf_init(&err, 256);
	if (opt_parse(table, argc - 1, argv + 1, &err) != argc - 1) {
		fprintf(
		    stderr, "conformance: %.*s\n", SLICE_ARG(buf_view(&err)));
		return 64;
	}
	if (cert != NULL && key != NULL &&
	    (tls = read_certificate(cert, key, &err)) == NULL) {
		fprintf(
		    stderr, "conformance: %.*s\n", SLICE_ARG(buf_view(&err)));
		return 66;
	}
	split_read((unsigned)read_max, (unsigned)read_seed);
	opt.connect_timeout = (unsigned)connect;
	opt.recovery = (unsigned)recovery;
	opt.eio.ping_interval = (unsigned)interval;
	opt.eio.ping_timeout = (unsigned)timeout;
	opt.eio.upgrade_timeout = (unsigned)upgrade;
	opt.eio.max_payload = (size_t)payload;
	opt.eio.queue_max = (size_t)queue;
	opt.eio.eio3 = eio3;
	opt.eio.deflate = deflate;
	status = run(&opt, port, tls);
	tls_config_free(tls);
	return status;
}
