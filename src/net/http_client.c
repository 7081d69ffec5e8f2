#include "config.h"

#include "net/http_client.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* A connection and the call that it serves, or none: idle. */
struct http_call {
	LIST_ENTRY(http_call) link; /* idle */
	struct http_client *client;
	struct dialler *dialler;
	struct stream *stream;
	struct http_response_parser *parser;
	struct buf request; /* until there is a connection */
	http_call_cb cb;
	void *arg;
	uint64_t idle_since;
	bool busy, dead;
	struct loop_task free_task;
};

static void
run_free(struct loop_task *t)
{
	struct http_call *call = container_of(t, struct http_call, free_task);

	http_response_parser_free(call->parser);
	buf_deinit(&call->request);
	free(call);
}

static void
retire(struct http_call *call)
{
	if (call->dead)
		return;
	call->dead = true;
	if (!call->busy)
		LIST_REMOVE(call, link);
	loop_defer(call->client->loop, &call->free_task);
}

static void
fail(struct http_call *call, const char *problem, bool trust)
{
	struct http_answer a = { .problem = problem, .trust = trust };

	retire(call);
	call->cb(call->arg, &a);
}

/* The answer is whole: tells it, and keeps the connection if it may. */
static void
answered(struct http_call *call, bool more)
{
	struct http_answer a = {
		.status = http_response_status(call->parser),
		.problem = "",
		.fields = http_response_fields(call->parser),
		.body = http_response_body(call->parser),
	};

	if (more || !http_response_keep_alive(call->parser) ||
	    a.status == 101) {
		if (call->stream != NULL)
			stream_finish(call->stream);
		retire(call);
	} else {
		call->busy = false;
		call->idle_since = loop_now(call->client->loop);
		LIST_INSERT_HEAD(&call->client->idle, call, link);
	}
	/* The next call, made in cb, must not take this one's parser. */
	if (!call->dead) {
		struct http_response_parser *p = call->parser;

		call->parser = NULL;
		call->cb(call->arg, &a);
		http_response_parser_free(p);
	} else {
		call->cb(call->arg, &a);
	}
}

static void
on_data(void *arg, char *data, size_t len)
{
	struct http_call *call = arg;
	ssize_t used;

	if (!call->busy) { /* nobody asked */
		stream_abort(call->stream);
		retire(call);
		return;
	}
	used = http_response_parser_feed(call->parser, data, len);
	if (used < 0) {
		stream_abort(call->stream);
		fail(call, "the answer is not HTTP or too long", false);
	} else if (http_response_done(call->parser)) {
		answered(call, (size_t)used < len);
	}
}

static void
on_closed(void *arg, int err)
{
	struct http_call *call = arg;

	call->stream = NULL;
	if (!call->busy)
		retire(call);
	else if (err == 0 && http_response_parser_eof(call->parser) == 0)
		answered(call, true);
	else
		fail(call, "the server closed the connection", false);
}

static const struct stream_cb stream_cb = { .on_data = on_data,
	.on_closed = on_closed };

static void
on_dialled(void *arg, struct stream *s, const char *problem, bool trust)
{
	struct http_call *call = arg;

	call->dialler = NULL;
	if (s == NULL) {
		fail(call, problem, trust);
		return;
	}
	call->stream = s;
	stream_set_cb(s, &stream_cb, call);
	stream_read(s, true);
	stream_push_copy(s, buf_view(&call->request));
	buf_deinit(&call->request);
}

void
http_client_init(struct http_client *c, struct loop *loop, const char *host,
    int port, struct tls_config *tls)
{
	c->loop = loop;
	c->host = host;
	c->port = port;
	c->tls = tls;
	c->linger = timeq_new(loop, HTTP_LINGER_MS);
	LIST_INIT(&c->idle);
}

void
http_client_deinit(struct http_client *c)
{
	struct http_call *call;

	while ((call = LIST_FIRST(&c->idle)) != NULL) {
		stream_finish(call->stream);
		retire(call);
	}
	timeq_finish(c->linger);
}

void
http_client_authority(const struct http_client *c, struct buf *out)
{
	bool v6 = strchr(c->host, ':') != NULL;

	buf_printf(out, v6 ? "[%s]" : "%s", c->host);
	if (c->port != (c->tls != NULL ? 443 : 80))
		buf_printf(out, ":%d", c->port);
}

/* An idle connection that is still good, or a new one. */
static struct http_call *
take_connection(struct http_client *c)
{
	uint64_t now = loop_now(c->loop);
	struct http_call *call;

	while ((call = LIST_FIRST(&c->idle)) != NULL) {
		if (now - call->idle_since < HTTP_REUSE_MS) {
			LIST_REMOVE(call, link);
			return call;
		}
		stream_finish(call->stream);
		retire(call);
	}
	call = xcalloc(1, sizeof(*call));
	call->client = c;
	call->free_task.run = run_free;
	return call;
}

struct http_call *
http_call(struct http_client *c, const char *method, struct slice target,
    const char *fields, struct slice body, size_t body_max, http_call_cb cb,
    void *arg)
{
	struct http_call *call = take_connection(c);
	struct buf *req = &call->request;

	call->busy = true;
	call->cb = cb;
	call->arg = arg;
	call->parser = http_response_parser_new(body_max);
	buf_init(req, SIZE_MAX);
	buf_printf(
	    req, "%s %.*s HTTP/1.1\r\nHost: ", method, SLICE_ARG(target));
	http_client_authority(c, req);
	buf_printf(req, "\r\nUser-Agent: %s/%s\r\n%s", PACKAGE_NAME,
	    PACKAGE_VERSION, fields);
	if (strcmp(method, "GET") != 0)
		buf_printf(req, "Content-Length: %zu\r\n", body.len);
	buf_puts(req, "\r\n");
	buf_append_slice(req, body);
	if (call->stream != NULL) {
		stream_push_copy(call->stream, buf_view(req));
		buf_deinit(req);
	} else {
		call->dialler = dial(c->loop, c->host, c->port, c->tls,
		    c->linger, on_dialled, call);
	}
	return call;
}

void
http_call_forget(struct http_call *call)
{
	if (call->stream == NULL) {
		http_call_cancel(call);
		return;
	}
	stream_finish(call->stream);
	retire(call);
}

void
http_call_cancel(struct http_call *call)
{
	if (call->dialler != NULL)
		dial_cancel(call->dialler);
	if (call->stream != NULL)
		stream_abort(call->stream);
	retire(call);
}
