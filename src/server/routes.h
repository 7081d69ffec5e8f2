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

enum { PAGE_MAX = 1 << 20 }; /* bytes of a page from a file */

/* Owned by the server, all of it borrowed; good until the loop is closed. */
struct routes {
	struct hub *hub;
	const struct opt_list *origins; /* valid ones, or "*" */
	struct slice page;              /* served as `/`; p NULL: ours */
	char page_etag[32];             /* quotes included */
};

/* Fills page_etag for page. */
void
routes_set_page(struct routes *r, struct slice page);

/* on_head of the HTTP server; arg: struct routes. */
void
routes_request(void *arg, struct http_req *req);

#endif
