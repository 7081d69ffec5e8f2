#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "proto/http.h"
#include "proto/json.h"
#include "sio/namespace.h"

/* ---- clients ---- */

void
client_settle(struct sio_client *c)
{
	if (c->newcomer == NULL)
		return;
	timeq_stop(&c->newcomer->time);
	free(c->newcomer);
	c->newcomer = NULL;
}

/* All its sockets are gone and so is the client. */
static void
client_retire(struct sio_client *c, const char *reason)
{
	if (c->closed)
		return;
	c->closed = true;
	client_settle(c);
	assembly_free(c->assembly);
	c->assembly = NULL;
	knock_leave_all(c);
	while (!LIST_EMPTY(&c->sockets))
		socket_retire(LIST_FIRST(&c->sockets), reason);
	LIST_REMOVE(c, link);
	loop_free(c->server->loop, c, free);
}

void
client_close(struct sio_client *c, const char *reason)
{
	if (c->closed)
		return;
	client_retire(c, reason);
	eio_close(c->session);
}

void
client_send(struct sio_client *c, enum sio_type type, const char *nsp,
    struct slice json)
{
	struct eio_packet *p =
	    sio_packet_encode(type, slice_of(nsp), SIO_NO_ID, 0, json);

	eio_send(c->session, p);
	eio_packet_unref(p);
}

static void
connect_expired(struct timeq_entry *e)
{
	client_close(container_of(e, struct newcomer, time)->client,
	    "forced server close");
}

static struct sio_nsp *
nsp_find(struct sio_server *srv, struct slice name)
{
	struct sio_nsp *nsp;

	HASH_FIND(hh, srv->nsps, name.p, name.len, nsp);
	return nsp;
}

static void
put_decoded(struct buf *out, struct slice coded)
{
	struct buf text;

	buf_init(&text, HTTP_TARGET_MAX);
	http_form_decode(coded, &text);
	json_put_string(out, buf_view(&text));
	buf_deinit(&text);
}

/* Appends a query string as a JSON object. */
static void
query_object(struct slice query, struct buf *out)
{
	const char *before = "{";

	while (query.len > 0) {
		struct slice value = slice_take_until(&query, '&');

		buf_puts(out, before);
		put_decoded(out, slice_take_until(&value, '='));
		buf_putc(out, ':');
		put_decoded(out, value);
		before = ",";
	}
	buf_putc(out, '}');
}

/* More than anyone needs: made to keep us busy. */
static bool
connects_too_often(struct sio_client *c)
{
	const struct limit_rate *rate = &c->server->opt.connects;
	uint64_t now = loop_now(c->server->loop);

	if (bucket_wait(&c->connects, rate, 1, now) > 0)
		return true;
	bucket_take(&c->connects, rate, 1, now);
	return false;
}

static bool
is_in_too_many(const struct sio_client *c)
{
	const struct sio_socket *sock;
	size_t n = 0;

	LIST_FOREACH (sock, &c->sockets, link)
		n++;
	return n >= c->server->opt.namespaces;
}

static void
refuse(struct sio_client *c, struct slice nsp, struct slice error)
{
	char *name = xstrndup(nsp.p, nsp.len);

	client_send(c, SIO_CONNECT_ERROR, name, error);
	free(name);
}

static void
on_connect(struct sio_client *c, const struct sio_packet *pk)
{
	struct sio_nsp *nsp = nsp_find(c->server, pk->nsp);
	struct buf auth;

	if (connects_too_often(c)) {
		client_close(c, "too many connects");
	} else if (nsp == NULL) {
		refuse(
		    c, pk->nsp, SLICE("{\"message\":\"Invalid namespace\"}"));
	} else if (is_in_too_many(c)) {
		refuse(
		    c, pk->nsp, SLICE("{\"message\":\"Too many namespaces\"}"));
	} else if (pk->query.len > 0) {
		buf_init(&auth, (size_t)HTTP_TARGET_MAX * 8);
		query_object(pk->query, &auth);
		knock(c, nsp,
		    json_check(buf_view(&auth)) == 0 ? buf_view(&auth)
						     : SLICE("{}"));
		buf_deinit(&auth);
	} else {
		knock(c, nsp, pk->data);
	}
}

static void
on_event(
    struct sio_socket *sock, const struct sio_packet *pk, struct sio_args *args)
{
	struct sio_event ev = { .wants_ack = pk->has_id, .ack = pk->id };

	ev.name = sio_event_name(pk, &args->json);
	ev.args = *args;
	if (sock->nsp->cb->on_event != NULL)
		sock->nsp->cb->on_event(sock, &ev);
}

/* A whole packet, with its attachments. */
static void
dispatch(struct sio_client *c, const struct sio_packet *pk,
    const struct slice *bin, unsigned nbin)
{
	struct sio_socket *sock = socket_find(c, pk->nsp);
	struct sio_args args = { SLICE(""), bin, nbin };

	if ((sock == NULL) != (pk->type == SIO_CONNECT) ||
	    knock_waits(c, pk->nsp)) {
		client_close(c, "forced server close");
		return;
	}
	switch (pk->type) {
	case SIO_CONNECT:
		on_connect(c, pk);
		break;
	case SIO_DISCONNECT:
		socket_retire(sock, "client namespace disconnect");
		break;
	case SIO_EVENT:
	case SIO_BINARY_EVENT:
		on_event(sock, pk, &args);
		break;
	case SIO_ACK:
	case SIO_BINARY_ACK:
		args.json = sio_ack_args(pk);
		socket_acked(sock, pk->id, &args);
		break;
	case SIO_CONNECT_ERROR:
		client_close(c, "forced server close");
		break;
	}
}

/* ---- packets ---- */

static void
take_attachment(struct sio_client *c, struct slice data)
{
	struct assembly *a = c->assembly;
	/* All of them together have to fit into others' queues. */
	int r = assembly_take(a, data, c->server->opt.eio.queue_max / 2);

	if (r < 0) {
		client_close(c, "message too long");
	} else if (r > 0) {
		c->assembly = NULL;
		dispatch(c, &a->pk, a->bin, a->n);
		assembly_free(a);
	}
}

static void
on_message(struct eio_session *s, bool binary, struct slice data)
{
	struct sio_client *c = eio_user(s);
	int protocol = eio_protocol(s) == 4 ? 5 : 4;
	struct sio_packet pk;

	/* Attachments come when they are due, and nothing else does. */
	if (binary != (c->assembly != NULL)) {
		client_close(c, "parse error");
		return;
	}
	if (binary) {
		take_attachment(c, data);
		return;
	}
	if (sio_packet_decode(protocol, data, &c->server->opt.packet, &pk) < 0)
		client_close(c, "parse error");
	else if (pk.attachments > 0)
		c->assembly = assembly_new(protocol, data);
	else
		dispatch(c, &pk, NULL, 0);
}

static void
on_open(void *arg, struct eio_session *s)
{
	struct sio_server *srv = arg;
	struct sio_client *c = xcalloc(1, sizeof(*c));
	struct sio_nsp *root;

	c->server = srv;
	c->session = s;
	LIST_INIT(&c->sockets);
	LIST_INIT(&c->knocks);
	LIST_INSERT_HEAD(&srv->clients, c, link);
	eio_set_user(s, c);
	c->newcomer = xcalloc(1, sizeof(*c->newcomer));
	c->newcomer->client = c;
	timeq_start(srv->connect, &c->newcomer->time, connect_expired);
	/* Protocol 4 of Socket.IO joins the main namespace unasked. */
	root = nsp_find(srv, SLICE("/"));
	if (eio_protocol(s) == 3 && root != NULL)
		knock(c, root, SLICE(""));
}

static void
on_closed(struct eio_session *s, const char *reason)
{
	client_retire(eio_user(s), reason);
}

static const struct eio_cb eio_cb = { on_open, on_message, on_closed };

/* ---- server ---- */

struct sio_server *
sio_server_new(struct loop *loop, const struct sio_options *opt)
{
	struct sio_server *srv = xcalloc(1, sizeof(*srv));

	srv->loop = loop;
	srv->opt = *opt;
	srv->last_offset.ms = clock_wall_ms();
	LIST_INIT(&srv->clients);
	srv->connect = timeq_new(loop, opt->connect_timeout);
	srv->ack = timeq_new(loop, opt->ack_timeout);
	srv->recovery = timeq_new(loop, opt->recovery);
	srv->eio = eio_server_new(loop, &opt->eio, &eio_cb, srv);
	return srv;
}

void
sio_server_request(struct sio_server *srv, struct http_req *req)
{
	char sid[2];

	if (srv->closing && http_query_get(req->head->query, "sid", sid,
				sizeof(sid)) == -ENOENT) {
		http_answer_text(req, 503, "The server is shutting down\n");
		return;
	}
	eio_server_request(srv->eio, req);
}

void
sio_server_disconnect_all(struct sio_server *srv)
{
	srv->closing = true;
	while (!LIST_EMPTY(&srv->clients))
		client_close(LIST_FIRST(&srv->clients), "server shutting down");
}

size_t
sio_server_sessions(const struct sio_server *srv)
{
	return eio_server_sessions(srv->eio);
}

static void
run_free(struct loop_task *t)
{
	struct sio_server *srv = container_of(t, struct sio_server, free_task);
	struct sio_nsp *nsp = srv->nsps, *next;

	HASH_CLEAR(hh, srv->nsps);
	for (; nsp != NULL; nsp = next) {
		next = nsp->hh.next;
		free(nsp);
	}
	free(srv);
}

void
sio_server_close(struct sio_server *srv)
{
	struct sio_nsp *nsp, *next;

	sio_server_disconnect_all(srv);
	HASH_ITER (hh, srv->nsps, nsp, next)
		recovery_clear(nsp);
	eio_server_close(srv->eio);
	timeq_close(srv->connect);
	timeq_close(srv->ack);
	timeq_close(srv->recovery);
	srv->free_task.run = run_free;
	loop_defer(srv->loop, &srv->free_task);
}

void
sio_set_offset(struct sio_server *srv, struct msgid last)
{
	srv->last_offset = last;
}

void
sio_pass_offset(struct sio_server *srv, struct msgid offset)
{
	if (msgid_cmp(offset, srv->last_offset) > 0)
		srv->last_offset = offset;
}

struct sio_nsp *
sio_nsp_new(struct sio_server *srv, const char *name,
    const struct sio_nsp_cb *cb, void *arg)
{
	size_t len = strlen(name);
	struct sio_nsp *nsp = xcalloc(1, sizeof(*nsp) + len + 1);

	nsp->server = srv;
	nsp->cb = cb;
	nsp->arg = arg;
	STAILQ_INIT(&nsp->log);
	/* What was said before this start can't be recovered. */
	nsp->forgotten = srv->last_offset;
	memcpy(nsp->name, name, len + 1);
	HASH_ADD_KEYPTR(hh, srv->nsps, nsp->name, len, nsp);
	return nsp;
}

const char *
sio_nsp_name(const struct sio_nsp *nsp)
{
	return nsp->name;
}
