#include "config.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "net/http_conn_internal.h"

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
	http_conn_answered(c);
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
	http_conn_answered(req->conn);
}
