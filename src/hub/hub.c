#include "config.h"

#include "hub/hub.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "hub/core.h"
#include "hub/line.h"
#include "hub/plain.h"

struct hub *
hub_new(struct loop *loop, const struct hub_options *opt, struct buf *err)
{
	struct hub *h = xcalloc(1, sizeof(*h));

	h->loop = loop;
	h->limits = opt->limits;
	rates_init(&h->rates, opt->limits);
	h->version = opt->version;
	h->log_text = opt->log_text;
	h->operators = opt->operators;
	plain_init(h);
	line_init(h);
	attempts_init(&h->attempts);
	h->refusals = refusals_new(h);
	h->sio = sio_server_new(loop, &opt->sio);
	hub_open_namespaces(h);
	if (password_pool_open(loop, &h->passwords) < 0) {
		buf_puts(err, "no thread can be had");
		hub_close(h);
		return NULL;
	}
	if (store_open(loop, &opt->store, &hub_load_cb, h, &h->store, err) <
	    0) {
		hub_close(h);
		return NULL;
	}
	door_open(h, opt->password);
	h->lobby = room_get(h, "lobby");
	h->rooms_fixed = opt->rooms_fixed;
	hub_restore_log(h);
	return h;
}

size_t
hub_message_max(const struct hub *h)
{
	return limit_size(h->limits->message, HUB_MESSAGE_MAX);
}

void
hub_request(struct hub *h, struct http_req *req)
{
	sio_server_request(h->sio, req);
}

struct ping {
	struct store_read read; /* of nobody's marker */
	void (*done)(void *arg);
	void *arg;
};

static void
on_ping(struct store_op *op)
{
	struct ping *p = container_of(op, struct ping, read.op);

	p->done(p->arg);
	free(p);
}

void
hub_ping(struct hub *h, void (*done)(void *arg), void *arg)
{
	struct ping *p = xcalloc(1, sizeof(*p));

	p->read.op.done = on_ping;
	p->done = done;
	p->arg = arg;
	store_read(h->store, &p->read);
}

void
hub_disconnect_all(struct hub *h)
{
	h->closing = true;
	sio_server_disconnect_all(h->sio);
	plain_close_all(h, false);
	line_close_all(h, false);
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
	/* What is under way is answered while there is someone to answer. */
	if (h->passwords != NULL)
		password_pool_close(h->passwords);
	if (h->gate != NULL)
		gate_free(h->gate);
	refusals_free(h->refusals);
	if (h->store != NULL)
		store_close(h->store);
	sio_server_close(h->sio);
	plain_close_all(h, true);
	line_close_all(h, true);
	timeq_close(h->plain_again);
	loop_cancel(h->loop, &h->check_plain);
	loop_cancel(h->loop, &h->check_lines);
	room_free_all(h);
	holds_free(h, &h->holds);
	person_free_all(h);
	invitations_free(h);
	attempts_deinit(&h->attempts);
	rates_deinit(&h->rates);
	free(h);
}
