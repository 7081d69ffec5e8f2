#include "config.h"

#include "hub/hub.h"

#include <stdlib.h>

#include "base/mem.h"
#include "hub/member.h"

struct hub *
hub_new(struct loop *loop, const struct hub_options *opt)
{
	struct hub *h = xcalloc(1, sizeof(*h));

	h->loop = loop;
	h->version = opt->version;
	h->log_text = opt->log_text;
	h->lobby.name = "lobby";
	LIST_INIT(&h->people);
	nonces_init(&h->nonces);
	plain_init(h);
	h->sio = sio_server_new(loop, &opt->sio);
	hub_open_namespaces(h);
	return h;
}

void
hub_request(struct hub *h, struct http_req *req)
{
	sio_server_request(h->sio, req);
}

void
hub_disconnect_all(struct hub *h)
{
	h->closing = true;
	sio_server_disconnect_all(h->sio);
	plain_close_all(h, false);
}

size_t
hub_transports(const struct hub *h)
{
	return sio_server_sessions(h->sio) + h->plain_n;
}

void
hub_close(struct hub *h)
{
	h->closing = true;
	sio_server_close(h->sio);
	plain_close_all(h, true);
	loop_cancel(h->loop, &h->check_plain);
	while (!LIST_EMPTY(&h->people))
		person_free(LIST_FIRST(&h->people));
	nonces_deinit(&h->nonces);
	free(h);
}
