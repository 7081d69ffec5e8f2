#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "net/http_conn_internal.h"

/* A read may give a little more than the buffer, with TLS. */
enum { PENDING_ROOM = HTTP_PENDING_MAX + 2 * LOOP_READ_SIZE };

static void
free_conn(struct http_conn *c)
{
	http_parser_free(c->parser);
	buf_deinit(&c->req.body);
	buf_deinit(&c->req.fields);
	buf_deinit(&c->pending);
	free(c);
}

/* Off the server's list; freed at the end of the turn. */
static void
retire(struct http_conn *c)
{
	if (c->dead)
		return;
	c->dead = true;
	timeq_stop(&c->timer);
	LIST_REMOVE(c, link);
	loop_defer(c->srv->loop, &c->resume);
}

/* Breaks off what the peer does not finish, or overdoes. */
static void
give_up(struct http_conn *c)
{
	if (c->in_request && !c->answered && c->req.on_gone != NULL)
		c->req.on_gone(&c->req);
	stream_abort(c->stream);
	retire(c);
}

/* It asks for nothing; an answer may still be leaving. */
static void
idle_expired(struct timeq_entry *e)
{
	struct http_conn *c = container_of(e, struct http_conn, timer);

	if (stream_queued(c->stream) == 0) {
		give_up(c);
		return;
	}
	stream_finish(c->stream);
	retire(c);
}

static void
fail(struct http_conn *c, int status);

/* A request does not come to its end. */
static void
request_expired(struct timeq_entry *e)
{
	fail(container_of(e, struct http_conn, timer), 408);
}

/* The body is, or will be, longer than the handler wants it. */
static void
refuse_body(struct http_req *req)
{
	void (*on_end)(struct http_req *, int) = req->on_end;

	req->on_end = NULL;
	buf_deinit(&req->body);
	on_end(req, -EMSGSIZE);
}

/* One that waits for its answer, and has been read, does without a parser. */
static void
forget_head(struct http_conn *c)
{
	static const struct http_head bare = { .minor = 1 };

	http_parser_free(c->parser);
	c->parser = NULL;
	c->req.parser = NULL;
	c->req.head = &bare;
}

static void
begin_request(struct http_conn *c)
{
	struct http_req *req = &c->req;

	c->in_request = true;
	c->answered = c->ended = c->streaming = c->forgotten = false;
	c->discarded = 0;
	req->head = http_parser_head(c->parser);
	req->body_max = 0;
	req->on_end = NULL;
	req->on_gone = NULL;
	req->on_drained = NULL;
	req->arg = NULL;
	buf_clear(&req->body);
	buf_clear(&req->fields);
	c->client[0] = '\0';
	req->close = !req->head->keep_alive || c->srv->draining;
	timeq_stop(&c->timer);
	c->progress = 0;
	if (req->head->has_body)
		timeq_start(c->srv->body, &c->timer, request_expired);
	c->srv->on_head(c->srv->arg, req);
	/* Announced too long: no need to wait for it. */
	if (!c->answered && !c->dead && req->on_end != NULL &&
	    req->head->content_length != UINT64_MAX &&
	    req->head->content_length > req->body_max)
		refuse_body(req);
	if (!c->answered && !c->dead && req->head->expect_continue)
		stream_push(
		    c->stream, NULL, SLICE("HTTP/1.1 100 Continue\r\n\r\n"));
}

/* Part of a body that nobody wants: read on, up to a bound. */
static void
discard(struct http_conn *c, size_t len)
{
	c->discarded += len;
	if (c->discarded > HTTP_DISCARD_MAX)
		give_up(c);
}

static void
take_body(struct http_conn *c, struct slice data)
{
	struct http_req *req = &c->req;

	c->progress += data.len;
	if (c->progress >= HTTP_PROGRESS) {
		c->progress = 0;
		timeq_start(c->srv->body, &c->timer, request_expired);
	}
	if (c->answered || req->on_end == NULL) {
		discard(c, data.len);
		return;
	}
	if (req->body.len + data.len > req->body_max) {
		refuse_body(req);
		return;
	}
	buf_append_slice(&req->body, data);
}

static void
rested(struct timeq_entry *e)
{
	struct http_conn *c = container_of(e, struct http_conn, timer);

	c->resting = false;
	c->served = 0;
	timeq_start(c->srv->idle, &c->timer, idle_expired);
	loop_defer(c->srv->loop, &c->resume);
}

/* The request has been answered and read: ready for the next one? */
static void
end_request(struct http_conn *c)
{
	c->in_request = false;
	buf_deinit(&c->req.body);
	if (c->req.close) {
		stream_finish(c->stream);
		retire(c);
		return;
	}
	timeq_start(c->srv->idle, &c->timer, idle_expired);
	if (stream_queued(c->stream) > HTTP_OUTPUT_MAX) {
		c->choked = true;
		loop_defer(c->srv->loop, &c->resume);
	}
	if (++c->served >= c->srv->limits->pipeline) {
		c->resting = true;
		timeq_start(c->srv->soon, &c->timer, rested);
	}
}

/* May bytes go to the parser now? */
static bool
is_ready(const struct http_conn *c)
{
	return !c->dead && !c->choked && !c->resting &&
	       !(c->in_request && c->ended);
}

static bool
on_http(void *arg, enum http_event ev, struct slice data)
{
	struct http_conn *c = arg;
	struct http_req *req = &c->req;

	if (c->dead)
		return true;
	switch (ev) {
	case HTTP_HEAD:
		begin_request(c);
		break;
	case HTTP_BODY:
		take_body(c, data);
		break;
	case HTTP_END:
		c->ended = true;
		timeq_stop(&c->timer);
		if (!c->answered && req->on_end != NULL)
			req->on_end(req, 0);
		if (c->dead || c->upgrade_fields != NULL)
			return false;
		if (!c->answered)
			return false;
		end_request(c);
		return is_ready(c);
	}
	return true;
}

static void
hand_over(struct http_conn *c, char *rest, size_t len)
{
	struct stream *s = c->stream;
	struct address client;
	struct buf head;

	/* A connection of a proxy's that is one client's from now on. */
	if (strcmp(http_peer(&c->req), stream_peer(s)) != 0 &&
	    address_parse(slice_of(c->client), &client) == 0 &&
	    !stream_set_peer(s, &client)) {
		stream_abort(s);
		retire(c);
		c->upgrade_cb(c->upgrade_arg, NULL, NULL, 0);
		return;
	}
	buf_init(&head, HTTP_HEAD_MAX);
	buf_printf(&head, "HTTP/1.1 101 %s\r\n%s\r\n", http_reason(101),
	    c->upgrade_fields);
	stream_push_copy(s, buf_view(&head));
	buf_deinit(&head);
	retire(c);
	stream_read(s, true);
	c->upgrade_cb(c->upgrade_arg, s, rest, len);
}

/* The bytes are no HTTP: a last answer, unless one was given already. */
static void
fail(struct http_conn *c, int status)
{
	static const struct http_head no_head = { .minor = 1 };

	if (c->in_request && !c->answered && c->req.on_gone != NULL)
		c->req.on_gone(&c->req);
	if (!c->in_request || (!c->answered && !c->streaming)) {
		c->req.head = &no_head;
		c->answered = false;
		c->req.close = true;
		buf_clear(&c->req.fields);
		http_answer_text(&c->req, status, http_reason(status));
	}
	stream_finish(c->stream);
	retire(c);
}

/* Keeps what came behind a request that is still being served. What would be
 * too much of it stays where it is. */
static void
keep(struct http_conn *c, const char *data, size_t len)
{
	if (len > 0 && buf_append(&c->pending, data, len) < 0)
		give_up(c);
	else if (c->pending.len > HTTP_PENDING_MAX)
		stream_read(c->stream, false);
}

static void
make_parser(struct http_conn *c)
{
	c->parser = http_parser_new(on_http, c);
	http_parser_limit(c->parser, c->srv->limits);
	c->req.parser = c->parser;
}

static void
feed(struct http_conn *c, char *data, size_t len)
{
	/* For a head there is so much time, however often some of it comes. */
	if (!c->in_request && c->timer.queue != c->srv->header)
		timeq_start(c->srv->header, &c->timer, request_expired);
	if (c->parser == NULL)
		make_parser(c);
	do {
		ssize_t used;

		c->feeding = true;
		used = http_parser_feed(c->parser, data, len);
		c->feeding = false;
		if (c->dead)
			return;
		if (used < 0) {
			fail(c, (int)-used);
			return;
		}
		data += used;
		len -= (size_t)used;
		/* It also stops behind an upgrade that was not taken. */
	} while (len > 0 && !c->in_request && is_ready(c));
	if (c->upgrade_fields != NULL) {
		hand_over(c, data, len);
		return;
	}
	keep(c, data, len);
	if (c->forgotten && c->in_request && c->ended && !c->dead)
		forget_head(c);
}

static void
on_data(void *arg, char *data, size_t len)
{
	struct http_conn *c = arg;

	/* A finished request is still being served: the next ones wait. */
	if (!is_ready(c) || c->pending.len > 0) {
		keep(c, data, len);
		return;
	}
	c->served = 0;
	feed(c, data, len);
}

static void
on_closed(void *arg, int err)
{
	struct http_conn *c = arg;

	(void)err;
	if (c->in_request && !c->answered && c->req.on_gone != NULL)
		c->req.on_gone(&c->req);
	if (c->upgrade_fields != NULL)
		c->upgrade_cb(c->upgrade_arg, NULL, NULL, 0);
	retire(c);
}

static void
on_drained(void *arg)
{
	struct http_conn *c = arg;

	if (c->choked)
		loop_defer(c->srv->loop, &c->resume);
	if (c->streaming && !c->answered && c->req.on_drained != NULL)
		c->req.on_drained(&c->req);
}

static const struct stream_cb stream_cb = {
	.on_data = on_data, .on_drained = on_drained, .on_closed = on_closed
};

/* The end of the turn: free, or go on with requests that waited. */
static void
run_resume(struct loop_task *t)
{
	struct http_conn *c = container_of(t, struct http_conn, resume);
	struct buf waiting;

	if (c->dead) {
		free_conn(c);
		return;
	}
	if (c->upgrade_fields != NULL) {
		waiting = c->pending;
		buf_init(&c->pending, 0);
		hand_over(c, waiting.p, waiting.len);
		free(waiting.p);
		return;
	}
	if (c->in_request && c->ended && c->answered)
		end_request(c);
	/* By now what could be written has been; or on_drained will call. */
	if (c->choked && stream_queued(c->stream) <= HTTP_OUTPUT_MAX)
		c->choked = false;
	if (!is_ready(c))
		return;
	waiting = c->pending;
	buf_init(&c->pending, PENDING_ROOM);
	if (waiting.len > 0)
		feed(c, waiting.p, waiting.len);
	free(waiting.p);
	if (is_ready(c))
		stream_read(c->stream, true);
}

void
http_server_init(struct http_server *srv, struct loop *loop,
    const struct limits *limits,
    void (*on_head)(void *arg, struct http_req *req), void *arg)
{
	srv->loop = loop;
	srv->limits = limits;
	srv->on_head = on_head;
	srv->arg = arg;
	srv->handshake = timeq_new(loop, limits->handshake_time);
	srv->header = timeq_new(loop, limits->header_time);
	srv->body = timeq_new(loop, limits->body_time);
	srv->idle = timeq_new(loop, limits->idle_time);
	srv->soon = timeq_new(loop, 0);
	srv->read = timeq_new(loop, limits->read_time);
	srv->linger = timeq_new(loop, HTTP_LINGER_MS);
	LIST_INIT(&srv->conns);
	srv->draining = false;
	srv->proxies = NULL;
	srv->warned = false;
}

void
http_server_take(struct http_server *srv, struct stream *stream)
{
	struct http_conn *c = xcalloc(1, sizeof(*c));

	c->srv = srv;
	c->stream = stream;
	c->req.conn = c;
	buf_init(&c->req.body, HTTP_BODY_MAX);
	buf_init(&c->req.fields, HTTP_HEAD_MAX);
	buf_init(&c->pending, PENDING_ROOM);
	c->resume.run = run_resume;
	LIST_INSERT_HEAD(&srv->conns, c, link);
	timeq_start(srv->handshake, &c->timer, idle_expired);
	stream_set_cb(stream, &stream_cb, c);
	stream_set_patience(stream, srv->read);
	stream_read(stream, true);
}

void
http_server_close(struct http_server *srv)
{
	struct http_conn *c, *next;

	for (c = LIST_FIRST(&srv->conns); c != NULL; c = next) {
		next = LIST_NEXT(c, link);
		stream_abort(c->stream);
		retire(c);
	}
	timeq_expire_all(srv->linger);
	timeq_close(srv->linger);
	timeq_close(srv->read);
	timeq_close(srv->soon);
	timeq_close(srv->idle);
	timeq_close(srv->body);
	timeq_close(srv->header);
	timeq_close(srv->handshake);
}

void
http_server_drain(struct http_server *srv)
{
	struct http_conn *c, *next;

	srv->draining = true;
	for (c = LIST_FIRST(&srv->conns); c != NULL; c = next) {
		next = LIST_NEXT(c, link);
		c->req.close = true;
		if (!c->in_request) {
			stream_finish(c->stream);
			retire(c);
		}
	}
}

void
http_conn_answered(struct http_conn *c)
{
	c->answered = true;
	if (c->ended && !c->feeding)
		loop_defer(c->srv->loop, &c->resume);
}

void
http_abort(struct http_req *req)
{
	struct http_conn *c = req->conn;

	if (c->dead)
		return;
	c->answered = true;
	stream_abort(c->stream);
	retire(c);
}

void
http_upgrade(struct http_req *req, const char *fields,
    void (*cb)(void *arg, struct stream *stream, char *rest, size_t len),
    void *arg)
{
	struct http_conn *c = req->conn;

	c->upgrade_fields = fields;
	c->upgrade_cb = cb;
	c->upgrade_arg = arg;
	http_conn_answered(c);
}
