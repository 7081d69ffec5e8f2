#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "hub/act.h"
#include "hub/encode.h"
#include "hub/plain.h"
#include "proto/json.h"

/*
 * The namespace `/admin`: operators, who show by name and password who they
 * are, see what there is and moderate. They are in no room, and hear nothing
 * but answers.
 */

enum { SOCKET_ID_MAX = 64, SOCKET_ROOMS_MAX = 100 };

static const struct handler admin_events[] = {
	{ "stats", CALL_MAYBE, on_stats },
	{ "sockets", CALL_MAYBE, on_sockets },
	{ "close", CALL_OBJECT, on_close },
	{ NULL, CALL_ANY, NULL },
};

/* ---- what there is ---- */

void
on_stats(const struct call *c)
{
	const struct hub *h = c->conn->hub;
	unsigned conns = 0, people = 0;
	struct buf b;

	for (const struct person *p = person_next(h, NULL); p != NULL;
	     p = person_next(h, p)) {
		conns += p->live;
		people += p->live > 0;
	}
	buf_init(&b, REPLY_MAX);
	buf_puts(&b, "{\"ok\":true,");
	encode_string("version", slice_of(h->version), &b);
	buf_printf(&b,
	    ",\"uptime\":%" PRIu64 ",\"people\":%u,\"connections\":%u,"
	    "\"sessions\":%zu,\"plain\":%zu,\"rooms\":%u,\"storing\":%s}",
	    loop_now(h->loop) - h->began, people, conns,
	    sio_server_sessions(h->sio), h->plain_n, HASH_COUNT(h->rooms),
	    h->store_failing ? "false" : "true");
	call_reply(c, &b);
	buf_deinit(&b);
}

/* By which a connection is told from the others. */
static void
socket_id(const struct conn *c, char out[SOCKET_ID_MAX])
{
	if (c->sock != NULL)
		snprintf(out, SOCKET_ID_MAX, "%s", sio_id(c->sock));
	else
		snprintf(out, SOCKET_ID_MAX, "plain#%s", c->person->name);
}

static void
put_socket(const struct conn *c, struct buf *out)
{
	char id[SOCKET_ID_MAX], address[ADDRESS_TEXT_SIZE];

	socket_id(c, id);
	address_text(&c->address, address);
	buf_putc(out, '{');
	encode_string("id", slice_of(id), out);
	buf_putc(out, ',');
	encode_string("nick", slice_of(c->person->nick), out);
	buf_printf(out,
	    ",\"from\":\"%s\",\"address\":\"%s\",\"namespace\":\"%s\","
	    "\"transport\":\"%s\",\"queued\":%zu,\"rooms\":[",
	    c->person->name, address,
	    c->sock != NULL ? sio_nsp_name(sio_nsp(c->sock)) : "",
	    c->sock != NULL ? sio_transport(c->sock) : "websocket",
	    c->sock != NULL ? sio_queued(c->sock) : plain_queued(c->ws));
	for (unsigned i = 0; i < c->rooms_n && i < SOCKET_ROOMS_MAX; i++) {
		if (i > 0)
			buf_putc(out, ',');
		json_put_string(out, slice_of(c->rooms[i]->name));
	}
	buf_puts(out, "]}");
}

void
on_sockets(const struct call *c)
{
	const struct hub *h = c->conn->hub;
	const struct person *p;
	const struct conn *each;
	bool more = false, first = true;
	struct buf b;

	buf_init(&b, REPLY_MAX);
	buf_puts(&b, "{\"ok\":true,\"sockets\":[");
	for (p = person_next(h, NULL); p != NULL && !more;
	     p = person_next(h, p))
		LIST_FOREACH (each, &p->conns, link) {
			more = b.len > REPLY_MAX / 2;
			if (more)
				break;
			if (each->sock == NULL && each->ws == NULL)
				continue;
			if (!first)
				buf_putc(&b, ',');
			first = false;
			put_socket(each, &b);
		}
	buf_printf(&b, "],\"more\":%s}", more ? "true" : "false");
	call_reply(c, &b);
	buf_deinit(&b);
}

/* ---- close ---- */

static struct conn *
find_socket(const struct hub *h, struct slice id)
{
	const struct person *p;
	struct conn *c;

	for (p = person_next(h, NULL); p != NULL; p = person_next(h, p))
		LIST_FOREACH (c, &p->conns, link) {
			char own[SOCKET_ID_MAX];

			socket_id(c, own);
			if ((c->sock != NULL || c->ws != NULL) &&
			    slice_is(id, own))
				return c;
		}
	return NULL;
}

static void
disconnected(struct act *a, struct buf *out)
{
	struct conn *c = find_socket(a->asked.conn->hub, buf_view(&a->reason));

	(void)out;
	if (c != NULL && c->ws != NULL)
		plain_put_out(c->ws, "disconnected");
	else if (c != NULL)
		sio_disconnect(c->sock, true);
}

/* {id} */
void
on_close(const struct call *c)
{
	struct act *a =
	    act_begin_in(c, "close", STORE_NOTE, NULL, 0, ROLE_OPERATOR);
	const struct conn *which = NULL;

	if (a == NULL)
		return;
	a->then = disconnected;
	if (call_string(c->arg, "id", &a->reason) <= 0) {
		act_refuse(a, "bad-request", "id is not a string");
		return;
	}
	which = find_socket(c->conn->hub, buf_view(&a->reason));
	if (which == NULL) {
		act_refuse(a, "no-such-person", "nobody is connected so");
		return;
	}
	act_name(a, slice_of(which->person->nick));
	a->op.audit.reason = buf_view(&a->reason);
	act_push(a);
}

/* ---- coming in ---- */

/* Somebody whose password is being compared. */
struct entering {
	struct hub *hub;
	struct sio_knock *knock;
	char name[SECRETS_NAME_MAX + 1];
};

static void
audit(const struct entering *e, int err)
{
	const struct attempt a = { .what = "admin",
		.code = err == 0 ? "" : operator_verdict(err),
		.address = sio_knock_peer(e->knock),
		.name = slice_of(e->name),
		.by = SLICE("") };

	log_event(LOG_INFO, "audit", LF_CSTR("what", "admin"),
	    LF_CSTR("name", e->name), LF_CSTR("addr", a.address),
	    LF_CSTR("result", operator_verdict(err)));
	refusals_note(e->hub->refusals, &a);
}

/* The words are those that the official admin page waits for. */
static void
put_error(struct buf *out, int err, uint64_t retry)
{
	if (err == -EACCES)
		buf_puts(out, "{\"message\":\"invalid credentials\",\"data\":"
			      "{\"code\":\"wrong-password\"}}");
	else if (err == -EAGAIN)
		buf_printf(out,
		    "{\"message\":\"too many wrong passwords: wait\",\"data\":"
		    "{\"code\":\"slow-down\",\"retry\":%" PRIu64 "}}",
		    retry);
	else
		buf_puts(
		    out, "{\"message\":\"busy\",\"data\":{\"code\":\"busy\"}}");
}

static void
verified(void *arg, int err)
{
	struct entering *e = arg;
	struct attempts *attempts = &e->hub->attempts;
	struct buf error;

	audit(e, err);
	buf_init(&error, SIO_CONNECT_ERROR_MAX);
	if (err == 0)
		attempts_right(attempts,
		    attempts_operator(attempts, slice_of(e->name)),
		    slice_of(sio_knock_peer(e->knock)));
	else
		put_error(&error, err, 0);
	sio_let_in(e->knock, err == 0 ? NULL : &error);
	buf_deinit(&error);
	free(e);
}

static int
allow(void *arg, struct sio_knock *k, struct slice auth, struct buf *error)
{
	struct entering *e = xcalloc(1, sizeof(*e));
	struct slice peer = slice_of(sio_knock_peer(k));
	struct credentials who;
	struct buf name, password;
	uint64_t retry = 0;
	int err = -EACCES;

	e->hub = arg;
	e->knock = k;
	buf_init(&name, SECRETS_NAME_MAX);
	buf_init(&password, PASSWORD_MAX);
	if (call_string(auth, "username", &name) > 0 &&
	    call_string(auth, "password", &password) > 0) {
		who = (struct credentials){ buf_view(&name),
			buf_view(&password) };
		if (name.len > 0)
			memcpy(e->name, name.p, name.len);
		err = operator_try(arg, &who, peer, verified, e, &retry);
	}
	buf_wipe(&password);
	buf_deinit(&name);
	if (err == -EINPROGRESS)
		return -EAGAIN;
	audit(e, err);
	free(e);
	put_error(error, err, retry);
	return -EACCES;
}

static void
on_connect(
    void *arg, struct sio_socket *sock, struct slice auth, bool recovered)
{
	struct hub *h = arg;
	struct conn *c = sio_user(sock);
	struct buf name;

	buf_init(&name, SECRETS_NAME_MAX);
	call_string(auth, "username", &name);
	if (!recovered) {
		c = conn_new(
		    person_get(h, person_id_new(), buf_view(&name)), FORM_CHAT);
		sio_set_user(sock, c);
	}
	buf_deinit(&name);
	c->sock = sock;
	c->is_operator = true;
	conn_set_address(c, sio_peer(sock));
	conn_come(c);
}

static void
on_event(struct sio_socket *sock, const struct sio_event *ev)
{
	call_dispatch(admin_events, hub_operator_events, sock, ev);
}

static void
on_gone(struct sio_socket *sock, const char *reason, bool kept)
{
	struct conn *c = sio_user(sock);

	if (kept)
		conn_cut(c, reason);
	else
		conn_free(c, reason);
}

static void
on_forget(void *arg, void *user)
{
	(void)arg;
	conn_free(user, NULL);
}

static const struct sio_nsp_cb admin_cb = {
	.allow = allow,
	.on_connect = on_connect,
	.on_event = on_event,
	.on_gone = on_gone,
	.on_forget = on_forget,
};

void
admin_open(struct hub *h)
{
	h->began = loop_now(h->loop);
	h->admin = sio_nsp_new(h->sio, "/admin", &admin_cb, h);
}
