#include "config.h"

#include "server/routes.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "server/asset.h"
#include "server/negotiate.h"
#include "server/origin.h"
#include "server/room_http.h"

#define SOCKET_IO "/socket.io/"
/* With a code behind it: the page takes it from there. */
#define INVITATION_PATH "/i/"

enum { REQUEST_HEADERS_MAX = 1024 }; /* of a preflight */

/* Of our own page: nothing from anywhere else, nothing inline. */
static const char page_fields[] =
    "Content-Security-Policy: default-src 'none'; script-src 'self'; "
    "style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n"
    "Referrer-Policy: no-referrer\r\n";

static struct slice
field(const struct http_req *req, const char *name)
{
	return http_field(req->parser, name);
}

static bool
is_method(const struct http_req *req, const char *method)
{
	return slice_is(req->head->method, method);
}

/* ---- origins ---- */

enum origin_verdict
routes_origin(const struct routes *r, struct http_req *req)
{
	return origin_check(r->origins, slice_of(http_scheme(req)),
	    field(req, "Origin"), field(req, "Host"));
}

void
routes_put_cors(
    const struct routes *r, struct http_req *req, enum origin_verdict verdict)
{
	struct buf *f = &req->fields;

	if (r->origins->n > 0)
		buf_puts(f, "Vary: Origin\r\n");
	if (verdict == ORIGIN_ANY) {
		buf_puts(f, "Access-Control-Allow-Origin: *\r\n");
	} else if (verdict == ORIGIN_LISTED) {
		buf_puts(f, "Access-Control-Allow-Origin: ");
		buf_append_slice(f, field(req, "Origin"));
		buf_puts(f, "\r\nAccess-Control-Allow-Credentials: true\r\n");
	}
}

/* A list of field names, fit to be sent back? */
static bool
is_name_list(struct slice s)
{
	static const char set[] = "abcdefghijklmnopqrstuvwxyz"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_, ";

	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] == '\0' || strchr(set, s.p[i]) == NULL)
			return false;
	return s.len > 0 && s.len <= REQUEST_HEADERS_MAX;
}

void
routes_answer_options(
    struct http_req *req, const char *methods, enum origin_verdict verdict)
{
	struct slice names = field(req, "Access-Control-Request-Headers");
	struct buf *f = &req->fields;

	buf_printf(f, "Allow: %s\r\n", methods);
	if ((verdict == ORIGIN_LISTED || verdict == ORIGIN_ANY) &&
	    field(req, "Access-Control-Request-Method").len > 0) {
		buf_printf(f,
		    "Access-Control-Allow-Methods: %s\r\n"
		    "Access-Control-Max-Age: 7200\r\n"
		    "Vary: Access-Control-Request-Headers\r\n",
		    methods);
		if (is_name_list(names)) {
			buf_puts(f, "Access-Control-Allow-Headers: ");
			buf_append_slice(f, names);
			buf_puts(f, "\r\n");
		}
	}
	http_answer(req, 204, "", NULL, SLICE(""));
}

void
routes_answer_forbidden(struct http_req *req)
{
	/* The reference's words: a refused upgrade is a 400, and ends. */
	if (req->head->upgrade) {
		req->close = true;
		http_answer(req, 400, "Content-Type: text/html\r\n", NULL,
		    SLICE("Forbidden"));
		return;
	}
	http_answer(req, 403, "Content-Type: application/json\r\n", NULL,
	    SLICE("{\"code\":4,\"message\":\"Forbidden\"}"));
}

/* ---- files ---- */

void
routes_answer_not_allowed(struct http_req *req, const char *methods)
{
	buf_printf(&req->fields, "Allow: %s\r\n", methods);
	http_answer_text(req, 405, "This method is of no use here.\n");
}

/* A file's bytes, or the news that there is no news. */
static void
answer_bytes(struct http_req *req, const char *type, const char *etag,
    struct slice bytes, bool gzip)
{
	struct buf *f = &req->fields;

	buf_printf(f, "ETag: %s\r\n", etag);
	if (etag_matches(field(req, "If-None-Match"), etag)) {
		http_answer(req, 304, "", NULL, SLICE(""));
		return;
	}
	buf_printf(f,
	    "Content-Type: %s\r\n"
	    "X-Content-Type-Options: nosniff\r\n",
	    type);
	http_answer(
	    req, 200, gzip ? "Content-Encoding: gzip\r\n" : "", NULL, bytes);
}

static void
answer_asset(struct http_req *req, const struct asset *a, const char *fields)
{
	struct slice bytes = { (const char *)a->data, a->len };
	bool gzip = a->gzlen > 0 && accepts_gzip(field(req, "Accept-Encoding"));

	buf_puts(&req->fields, fields);
	buf_puts(&req->fields, "Vary: Accept-Encoding\r\n");
	if (gzip)
		bytes = (struct slice){ (const char *)a->gz, a->gzlen };
	answer_bytes(req, a->type, a->etag, bytes, gzip);
}

static int
compare_path(const void *key, const void *element)
{
	const struct slice *path = key;
	const char *other = ((const struct asset *)element)->path;
	size_t len = strlen(other);
	int c = memcmp(path->p, other, path->len < len ? path->len : len);

	return c != 0 ? c : (path->len > len) - (path->len < len);
}

static const struct asset *
find_asset(struct slice path)
{
	if (path.len == 0)
		return NULL;
	return bsearch(
	    &path, assets, assets_n, sizeof(assets[0]), compare_path);
}

/* `/`, with the operator's page there if there is one, and what ours needs. */
static void
page_request(
    const struct routes *r, struct http_req *req, const struct asset *a)
{
	bool is_page = slice_starts(slice_of(a->type), "text/html");

	if (is_method(req, "OPTIONS")) {
		routes_answer_options(req, "GET, HEAD, OPTIONS", ORIGIN_NONE);
	} else if (!is_method(req, "GET") && !is_method(req, "HEAD")) {
		routes_answer_not_allowed(req, "GET, HEAD, OPTIONS");
	} else if (r->page.p != NULL && strcmp(a->path, "/") == 0) {
		buf_puts(&req->fields, "Cache-Control: no-cache\r\n");
		answer_bytes(req, "text/html; charset=utf-8", r->page_etag,
		    r->page, false);
	} else {
		buf_puts(&req->fields, "Cache-Control: no-cache\r\n");
		answer_asset(req, a, is_page ? page_fields : "");
	}
}

void
routes_page(const struct routes *r, struct http_req *req)
{
	page_request(r, req, find_asset(SLICE("/chat.html")));
}

/* The client for browsers: whatever the method, as the reference does. */
static void
bundle_request(
    const struct routes *r, struct http_req *req, const struct asset *a)
{
	enum origin_verdict verdict = routes_origin(r, req);

	routes_put_cors(r, req, verdict);
	if (is_method(req, "OPTIONS"))
		routes_answer_options(req, "GET, HEAD, OPTIONS", verdict);
	else
		answer_asset(req, a, "Cache-Control: public, max-age=0\r\n");
}

/* ---- the hub's doors ---- */

static void
socket_io_request(const struct routes *r, struct http_req *req)
{
	enum origin_verdict verdict = routes_origin(r, req);

	if (verdict == ORIGIN_REFUSED) {
		routes_answer_forbidden(req);
		return;
	}
	routes_put_cors(r, req, verdict);
	if (is_method(req, "OPTIONS"))
		routes_answer_options(req, "GET, POST, OPTIONS", verdict);
	else
		hub_request(r->hub, req);
}

static void
accept_plain(void *arg, struct http_req *req)
{
	const struct routes *r = arg;

	hub_accept(r->hub, req);
}

static void
plain_request(const struct routes *r, struct http_req *req)
{
	if (is_method(req, "OPTIONS")) {
		routes_answer_options(req, "GET, OPTIONS", ORIGIN_NONE);
	} else if (!is_method(req, "GET")) {
		routes_answer_not_allowed(req, "GET, OPTIONS");
	} else if (!req->head->upgrade) {
		buf_puts(&req->fields, "Upgrade: websocket\r\n");
		http_answer_text(req, 426,
		    "This is a WebSocket: one text frame per message.\n");
	} else if (routes_origin(r, req) == ORIGIN_REFUSED) {
		routes_answer_forbidden(req);
	} else {
		hub_let_in(r->hub, req, accept_plain, (void *)r);
	}
}

/* There is nothing to be had in the clear but the way to TLS. */
static void
redirect(struct http_req *req)
{
	const struct http_head *head = req->head;
	struct buf *f = &req->fields;

	req->close = true;
	buf_puts(f, "Location: ");
	if (origin_put_secure(f, field(req, "Host")) < 0) {
		buf_clear(f);
		http_answer_text(req, 400, "TLS is spoken here.\n");
		return;
	}
	buf_append_slice(
	    f, slice_starts(head->path, "/") ? head->path : SLICE("/"));
	if (head->query.len > 0) {
		buf_putc(f, '?');
		buf_append_slice(f, head->query);
	}
	buf_puts(f, "\r\n");
	http_answer_text(req, 308, "TLS is spoken here.\n");
}

/* A body that is compressed, RFC 9110 section 8.4: nobody here unpacks it. */
static bool
has_coding(const struct http_req *req)
{
	struct slice coding = http_field(req->parser, "Content-Encoding");

	return req->head->has_body && coding.len > 0 &&
	       !slice_is_nocase(coding, "identity");
}

static void
refuse_coding(struct http_req *req)
{
	buf_puts(&req->fields, "Accept-Encoding: identity\r\n");
	http_answer_text(req, 415, "Not compressed, please.\n");
}

void
routes_request(void *arg, struct http_req *req)
{
	const struct routes *r = arg;
	struct slice path = req->head->path;
	const struct asset *a = find_asset(path);
	bool is_socket_io = slice_starts(path, SOCKET_IO);

	if (r->secure && !http_is_secure(req))
		redirect(req);
	else if (has_coding(req))
		refuse_coding(req);
	else if (a != NULL && is_socket_io)
		bundle_request(r, req, a);
	else if (a != NULL)
		page_request(r, req, a);
	else if (is_socket_io)
		socket_io_request(r, req);
	else if (slice_starts(path, ROOM_HTTP_PATH))
		room_http_request(r, req);
	else if (slice_starts(path, INVITATION_PATH))
		routes_page(r, req);
	else if (slice_is(path, "/chat"))
		plain_request(r, req);
	else if (slice_is(path, "*") && is_method(req, "OPTIONS"))
		routes_answer_options(
		    req, "GET, HEAD, POST, OPTIONS", ORIGIN_NONE);
	else
		http_answer_text(req, 404,
		    "There is nothing here. "
		    "The chat is at /\n");
}

void
routes_set_page(struct routes *r, struct slice page)
{
	uint64_t hash = 14695981039346656037u; /* FNV-1a */

	for (size_t i = 0; i < page.len; i++)
		hash = (hash ^ (unsigned char)page.p[i]) * 1099511628211u;
	r->page = page;
	snprintf(
	    r->page_etag, sizeof(r->page_etag), "\"%016" PRIx64 "\"", hash);
}
