/*
 * What is served where: our page, the Socket.IO client for browsers, and the
 * doors of the hub. Methods, caching, compression and origins are decided
 * here.
 */
#ifndef CHAT_SERVER_ROUTES_H
#define CHAT_SERVER_ROUTES_H

#include "base/opt.h"
#include "base/slice.h"
#include "hub/hub.h"
#include "net/http_conn.h"
#include "server/origin.h"

enum { PAGE_MAX = 1 << 20 }; /* bytes of a page from a file */

/* Owned by the server, all of it borrowed; good until the loop is closed. */
struct routes {
	struct hub *hub;
	const struct opt_list *origins; /* valid ones, or "*" */
	struct slice page;              /* served as `/`; p NULL: ours */
	char page_etag[32];             /* quotes included */
	bool secure; /* TLS is spoken, and what comes without it sent there */
};

/* Fills page_etag for page. */
void
routes_set_page(struct routes *r, struct slice page);

/* on_head of the HTTP server; arg: struct routes. */
void
routes_request(void *arg, struct http_req *req);

/* ---- for the files of routes ---- */

enum origin_verdict
routes_origin(const struct routes *r, struct http_req *req);

/* The Fetch standard's CORS fields, for pages of other sites let in. */
void
routes_put_cors(
    const struct routes *r, struct http_req *req, enum origin_verdict verdict);

/* OPTIONS: what is allowed here; before a page of another site asks, too. */
void
routes_answer_options(
    struct http_req *req, const char *methods, enum origin_verdict verdict);

void
routes_answer_forbidden(struct http_req *req);

void
routes_answer_not_allowed(struct http_req *req, const char *methods);

/* Our page, whatever is at `/`: it knows rooms. */
void
routes_page(const struct routes *r, struct http_req *req);

#endif
