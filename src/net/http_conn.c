#include "config.h"

#include "net/http_conn.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"

/* A read may give a little more than the buffer, with TLS. */
enum { PENDING_ROOM = HTTP_PENDING_MAX + 2 * LOOP_READ_SIZE };

struct http_conn {
	LIST_ENTRY(http_conn) link;
	struct http_server *srv;
	struct stream *stream;
	struct http_parser *parser;
	struct http_req req;
	struct timeq_entry timer; /* in one of the server's queues, or none */
	struct buf pending;       /* bytes behind the request being served */
	struct loop_task resume;  /* go on with pending, or free */
	size_t discarded;
	size_t progress; /* of the body, since its timer was started */
	uint64_t served; /* requests, since others had their turn */
	bool feeding;    /* within http_parser_feed */
	bool ended;      /* the request has been read to its end */
	bool answered;
	bool streaming; /* the answer has begun */
	bool in_request;
	bool choked;  /* it does not read its answers: no more for now */
	bool resting; /* it has had its share: no more in this turn */
	bool dead;
	const char *upgrade_fields; /* != NULL: hand the stream over */
	void (*upgrade_cb)(void *arg, struct stream *s, char *rest, size_t n);
	void *upgrade_arg;
	char client[ADDRESS_TEXT_SIZE]; /* of this request; "": not known */
};

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

static void
begin_request(struct http_conn *c)
{
	struct http_req *req = &c->req;

	c->in_request = true;
	c->answered = c->ended = c->streaming = false;
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
feed(struct http_conn *c, char *data, size_t len)
{
	/* For a head there is so much time, however often some of it comes. */
	if (!c->in_request && c->timer.queue != c->srv->header)
		timeq_start(c->srv->header, &c->timer, request_expired);
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
	if (c->upgrade_fields != NULL)
		hand_over(c, data, len);
	else
		keep(c, data, len);
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
}

void
http_server_take(struct http_server *srv, struct stream *stream)
{
	struct http_conn *c = xcalloc(1, sizeof(*c));

	c->srv = srv;
	c->stream = stream;
	c->parser = http_parser_new(on_http, c);
	c->req.conn = c;
	c->req.parser = c->parser;
	buf_init(&c->req.body, HTTP_BODY_MAX);
	buf_init(&c->req.fields, HTTP_HEAD_MAX);
	buf_init(&c->pending, PENDING_ROOM);
	http_parser_limit(c->parser, srv->limits);
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

/* "Sun, 06 Nov 1994 08:49:37 GMT", RFC 9110 section 5.6.7. */
static void
put_date(struct buf *out)
{
	char text[40];
	time_t now = (time_t)(clock_wall_ms() / 1000);
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &tm);
	buf_printf(out, "Date: %s\r\n", text);
}

/* length: a body's; negative: there is none, or nobody knows. */
static void
push_head(struct http_req *req, int status, const char *fields, int64_t length)
{
	struct http_conn *c = req->conn;
	struct buf head;

	/* What is left of the body is read and dropped, within reason. */
	if (!c->ended && req->head->has_body &&
	    req->head->content_length > HTTP_DISCARD_MAX)
		req->close = true;
	buf_init(&head, 2 * HTTP_HEAD_MAX);
	buf_printf(&head, "HTTP/1.1 %d %s\r\n", status, http_reason(status));
	put_date(&head);
	buf_puts(&head, fields);
	buf_append_slice(&head, buf_view(&req->fields));
	if (length >= 0)
		buf_printf(&head, "Content-Length: %" PRId64 "\r\n", length);
	if (req->close)
		buf_puts(&head, "Connection: close\r\n");
	else if (req->head->minor == 0)
		buf_puts(&head, "Connection: keep-alive\r\n");
	buf_puts(&head, "\r\n");
	stream_push_copy(c->stream, buf_view(&head));
	buf_deinit(&head);
}

/* Nothing more of it: the next request, when this one has been read. */
static void
be_answered(struct http_conn *c)
{
	c->answered = true;
	if (c->ended && !c->feeding)
		loop_defer(c->srv->loop, &c->resume);
}

void
http_answer(struct http_req *req, int status, const char *fields,
    struct counted *owner, struct slice body)
{
	struct http_conn *c = req->conn;
	bool bare = status == 304 || status == 204;

	if (c->answered || c->dead)
		return;
	push_head(req, status, fields, bare ? -1 : (int64_t)body.len);
	if (!slice_is(req->head->method, "HEAD"))
		stream_push(c->stream, owner, body);
	be_answered(c);
}

void
http_answer_text(struct http_req *req, int status, const char *text)
{
	struct rcbuf *b = rcbuf_copy(text, strlen(text));

	http_answer(req, status, "Content-Type: text/plain; charset=utf-8\r\n",
	    &b->counted, (struct slice){ b->data, b->len });
	counted_unref(&b->counted);
}

/* ---- streams ---- */

void
http_stream_begin(struct http_req *req, int status, const char *fields)
{
	struct http_conn *c = req->conn;

	assert(!c->answered && !c->streaming);
	c->streaming = true;
	if (req->head->minor == 0)
		req->close = true; /* it knows no chunks */
	else
		buf_puts(&req->fields, "Transfer-Encoding: chunked\r\n");
	push_head(req, status, fields, -1);
}

void
http_piece_init(struct http_piece *piece, struct slice body)
{
	static const char end[] = "\r\n";
	char head[24];
	size_t n = (size_t)snprintf(head, sizeof(head), "%zx\r\n", body.len);
	char *at;

	assert(body.len > 0); /* that would be the end */
	piece->bytes = rcbuf_new(n + body.len + sizeof(end) - 1);
	at = piece->bytes->data;
	memcpy(at, head, n);
	memcpy(at + n, body.p, body.len);
	memcpy(at + n + body.len, end, sizeof(end) - 1);
	piece->body = (struct slice){ at + n, body.len };
}

void
http_piece_deinit(struct http_piece *piece)
{
	counted_unref(&piece->bytes->counted);
}

void
http_stream_push(struct http_req *req, const struct http_piece *piece)
{
	struct slice all = { piece->bytes->data, piece->bytes->len };

	stream_push(req->conn->stream, &piece->bytes->counted,
	    req->head->minor == 0 ? piece->body : all);
}

size_t
http_stream_queued(const struct http_req *req)
{
	return stream_queued(req->conn->stream);
}

void
http_stream_end(struct http_req *req)
{
	if (req->head->minor > 0)
		stream_push(req->conn->stream, NULL, SLICE("0\r\n\r\n"));
	be_answered(req->conn);
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

const struct limits *
http_limits(const struct http_req *req)
{
	return req->conn->srv->limits;
}

struct loop *
http_loop(const struct http_req *req)
{
	return req->conn->srv->loop;
}

bool
http_is_secure(const struct http_req *req)
{
	return stream_is_secure(req->conn->stream);
}

/* Does a trusted proxy speak? */
static bool
is_proxied(struct http_req *req, struct address *peer)
{
	struct http_conn *c = req->conn;

	return c->srv->proxies != NULL &&
	       address_parse(slice_of(stream_peer(c->stream)), peer) == 0 &&
	       proxies_has(c->srv->proxies, peer);
}

const char *
http_peer(struct http_req *req)
{
	struct http_conn *c = req->conn;
	struct address client;
	struct buf list;

	if (c->client[0] != '\0')
		return c->client;
	if (!is_proxied(req, &client))
		return stream_peer(c->stream);
	buf_init(&list, SIZE_MAX); /* as long as a head at most */
	http_field_join(c->parser, "X-Forwarded-For", &list);
	client = proxies_client(c->srv->proxies, &client, buf_view(&list));
	buf_deinit(&list);
	address_text(&client, c->client);
	return c->client;
}

const char *
http_scheme(struct http_req *req)
{
	struct slice told = http_field(req->parser, "X-Forwarded-Proto");
	struct address peer;

	if (http_is_secure(req))
		return "https";
	if (told.len == 0 || !is_proxied(req, &peer))
		return "";
	return slice_is_nocase(told, "https")  ? "https"
	       : slice_is_nocase(told, "http") ? "http"
					       : "";
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
	be_answered(c);
}
