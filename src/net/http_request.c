#include "config.h"

#include "base/log.h"
#include "net/http_conn_internal.h"

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

/* Behind a proxy of this machine everybody is one address, until the server is
 * told of it. */
static void
warn_of_proxy(struct http_req *req)
{
	struct http_server *srv = req->conn->srv;
	const char *text = stream_peer(req->conn->stream);
	struct address peer;

	if (srv->warned || srv->proxies != NULL ||
	    http_field(req->parser, "X-Forwarded-For").len == 0 ||
	    address_parse(slice_of(text), &peer) < 0 ||
	    !address_is_loopback(&peer))
		return;
	srv->warned = true;
	log_event(LOG_WARN, "untrusted-proxy", LF_CSTR("addr", text),
	    LF_CSTR("option", "trusted-proxies"));
}

const char *
http_peer(struct http_req *req)
{
	struct http_conn *c = req->conn;
	struct address client;
	struct buf list;

	if (c->client[0] != '\0')
		return c->client;
	if (!is_proxied(req, &client)) {
		warn_of_proxy(req);
		return stream_peer(c->stream);
	}
	buf_init(&list, SIZE_MAX); /* as long as a head at most */
	http_field_join(c->parser, "X-Forwarded-For", &list);
	client = proxies_client(c->srv->proxies, &client, buf_view(&list));
	buf_deinit(&list);
	address_text(&client, c->client);
	return c->client;
}

void
http_forget(struct http_req *req)
{
	const struct http_head *head = req->head;

	/* Of an older one's head more is needed, and of others less waits. */
	if (!slice_is(head->method, "GET") || head->minor != 1)
		return;
	http_peer(req);
	req->conn->forgotten = true;
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
