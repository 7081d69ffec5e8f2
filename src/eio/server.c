#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "eio/session.h"

/* Refusals, in the reference's numbers and words. */
enum refusal {
	UNKNOWN_TRANSPORT,
	UNKNOWN_SID,
	BAD_HANDSHAKE_METHOD,
	BAD_REQUEST,
	FORBIDDEN,
	UNSUPPORTED_PROTOCOL,
	ACCEPTED = -1,
};

static const char *const refusal_text[] = {
	"Transport unknown",
	"Session ID unknown",
	"Bad handshake method",
	"Bad request",
	"Forbidden",
	"Unsupported protocol version",
};

/* What a request asks for. */
struct ask {
	bool polling, websocket;
	int protocol;
	bool has_sid;
	bool base64;
	bool jsonp;
	char sid[64];
	char j[16];
	struct eio_session *session;
};

struct eio_server *
eio_server_new(struct loop *loop, const struct eio_options *opt,
    const struct eio_cb *cb, void *arg)
{
	struct eio_server *srv = xcalloc(1, sizeof(*srv));

	srv->loop = loop;
	srv->opt = *opt;
	srv->cb = cb;
	srv->arg = arg;
	srv->ping_interval = timeq_new(loop, opt->ping_interval);
	srv->ping_timeout = timeq_new(loop, opt->ping_timeout);
	srv->ping_v3 =
	    timeq_new(loop, (uint64_t)opt->ping_interval + opt->ping_timeout);
	srv->upgrade = timeq_new(loop, opt->upgrade_timeout);
	srv->close = timeq_new(loop, opt->close_timeout);
	srv->burst = timeq_new(loop, EIO_BURST_MS);
	return srv;
}

static void
refuse(struct http_req *req, enum refusal code)
{
	struct buf body;
	struct rcbuf *b;

	if (req->head->upgrade) {
		/* An upgrade is refused in plain words, and ends there. */
		req->close = true;
		http_answer(req, 400, "Content-Type: text/html\r\n", NULL,
		    slice_of(refusal_text[code]));
		return;
	}
	buf_init(&body, 128);
	buf_printf(&body, "{\"code\":%d,\"message\":\"%s\"}", (int)code,
	    refusal_text[code]);
	b = rcbuf_copy(body.p, body.len);
	buf_deinit(&body);
	http_answer(req, code == FORBIDDEN ? 403 : 400,
	    "Content-Type: application/json\r\n", &b->counted,
	    (struct slice){ b->data, b->len });
	counted_unref(&b->counted);
}

static bool
valid_origin(struct slice origin)
{
	for (size_t i = 0; i < origin.len; i++) {
		unsigned char c = (unsigned char)origin.p[i];

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

static void
read_ask(struct http_req *req, struct ask *a)
{
	struct slice query = req->head->query;
	char text[16];
	ssize_t n;

	memset(a, 0, sizeof(*a));
	if (http_query_get(query, "transport", text, sizeof(text)) > 0) {
		a->polling = strcmp(text, "polling") == 0;
		a->websocket = strcmp(text, "websocket") == 0;
	}
	a->protocol = 3;
	if (http_query_get(query, "EIO", text, sizeof(text)) > 0 &&
	    strcmp(text, "4") == 0)
		a->protocol = 4;
	n = http_query_get(query, "sid", a->sid, sizeof(a->sid));
	a->has_sid = n != 0 && n != -ENOENT;
	if (n < 0)
		a->sid[0] = '\0'; /* none is so: unknown */
	a->base64 = http_query_get(query, "b64", text, sizeof(text)) > 0;
	a->jsonp = http_query_get(query, "j", a->j, sizeof(a->j)) >= 0;
}

static enum refusal
verify_session(struct eio_server *srv, struct http_req *req, struct ask *a)
{
	struct eio_session *s = session_find(srv, slice_of(a->sid));

	if (s == NULL)
		return UNKNOWN_SID;
	a->session = s;
	if (s->protocol != a->protocol)
		return BAD_REQUEST;
	if (req->head->upgrade)
		return a->websocket ? ACCEPTED : BAD_REQUEST;
	return a->polling && s->polling != NULL ? ACCEPTED : BAD_REQUEST;
}

static enum refusal
verify(struct eio_server *srv, struct http_req *req, struct ask *a)
{
	if (!a->polling && !a->websocket)
		return UNKNOWN_TRANSPORT;
	if (!valid_origin(http_field(req->parser, "Origin")))
		return BAD_REQUEST;
	if (a->has_sid)
		return verify_session(srv, req, a);
	if (!slice_is(req->head->method, "GET"))
		return BAD_HANDSHAKE_METHOD;
	if (a->websocket != req->head->upgrade)
		return BAD_REQUEST;
	if (a->protocol == 3 && !srv->opt.eio3)
		return UNSUPPORTED_PROTOCOL;
	return ACCEPTED;
}

void
eio_server_request(struct eio_server *srv, struct http_req *req)
{
	struct eio_session *s;
	enum refusal code;
	struct ask a;

	/* What is due by now has happened, whatever order the loop takes. */
	timeq_run(srv->ping_interval);
	timeq_run(srv->ping_timeout);
	timeq_run(srv->ping_v3);
	read_ask(req, &a);
	code = verify(srv, req, &a);
	if (code != ACCEPTED) {
		refuse(req, code);
	} else if (a.websocket) {
		websocket_request(
		    srv, req, a.protocol, a.base64, a.has_sid ? a.sid : NULL);
	} else if (a.session != NULL) {
		polling_request(a.session, req);
	} else {
		s = session_new(srv, a.protocol, a.base64, http_peer(req));
		s->credentials = session_credentials(req);
		polling_open(s, req, a.jsonp ? a.j : NULL);
		session_open(s);
	}
}

static void
run_free(struct loop_task *t)
{
	free(container_of(t, struct eio_server, free_task));
}

void
eio_server_close(struct eio_server *srv)
{
	struct table_node *n = table_next(&srv->sessions, NULL), *next;

	for (; n != NULL; n = next) {
		struct eio_session *s =
		    container_of(n, struct eio_session, node);

		next = table_next(&srv->sessions, n);
		s->detached = true;
		s->overflow = true; /* no time for a closing handshake */
		session_fail(s, "server shutting down");
	}
	timeq_close(srv->ping_interval);
	timeq_close(srv->ping_timeout);
	timeq_close(srv->ping_v3);
	timeq_close(srv->upgrade);
	timeq_close(srv->close);
	timeq_close(srv->burst);
	srv->free_task.run = run_free;
	loop_defer(srv->loop, &srv->free_task);
}

size_t
eio_server_sessions(const struct eio_server *srv)
{
	return srv->sessions.n;
}
