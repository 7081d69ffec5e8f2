#include "config.h"

#include "eio/client_session.h"

enum { POST_PACKETS_MAX = 16 }; /* what python-engineio takes at once */

static void
take_payload(struct eio_client *c, struct buf *body)
{
	struct eio_payload pl = { .p = body->p, .len = body->len, .eio = 4 };
	struct eio_view pk;
	int r;

	while ((r = eio_payload_next(&pl, &pk)) > 0) {
		client_packet(c, &pk);
		if (c->dead)
			return;
	}
	if (r < 0)
		client_fail(c, "parse error", "not an Engine.IO server", false);
}

static void
on_got(void *arg, const struct http_answer *a)
{
	struct eio_client *c = arg;

	c->get = NULL;
	if (a->status != 200) {
		client_refused(c, a);
		return;
	}
	take_payload(c, a->body);
	if (c->dead)
		return;
	client_poll(c);
	client_flush(c);
}

void
client_poll(struct eio_client *c)
{
	struct buf to;

	if (c->pausing) {
		client_switch_over(c);
		return;
	}
	client_target(c, "polling", &to);
	c->get = http_call(c->http, "GET", buf_view(&to), "Accept: */*\r\n",
	    SLICE(""), EIO_CLIENT_MESSAGE_MAX, on_got, c);
	buf_deinit(&to);
}

static void
on_posted(void *arg, const struct http_answer *a)
{
	struct eio_client *c = arg;

	c->post = NULL;
	if (a->status != 200) {
		client_refused(c, a);
		return;
	}
	client_queue_drop(c, c->in_post);
	client_set_lag(c, c->posted_at);
	if (c->dead)
		return;
	if (c->pausing)
		client_switch_over(c);
	else if (c->queue_n > 0)
		client_flush(c);
	else
		c->cb->on_drained(c->arg);
}

/* Posts what waits, as much as the server takes at once. */
void
client_flush(struct eio_client *c)
{
	size_t n = 0, bytes = 0;
	struct buf to, body;

	if (c->dead || c->ws != NULL || c->post != NULL || c->pausing ||
	    c->queue_n == 0 || !c->is_open)
		return;
	do
		bytes += eio_packet_cost(c->queue[n++]) + 1;
	while (n < c->queue_n && n < POST_PACKETS_MAX &&
	       (c->max_payload == 0 ||
		   bytes + eio_packet_cost(c->queue[n]) <= c->max_payload));
	buf_init(&body, SIZE_MAX);
	eio4_payload_encode(&body, c->queue, n);
	c->in_post = n;
	c->posted_at = uv_hrtime();
	client_target(c, "polling", &to);
	c->post = http_call(c->http, "POST", buf_view(&to),
	    "Content-Type: text/plain;charset=UTF-8\r\n", buf_view(&body),
	    65536, on_posted, c);
	buf_deinit(&to);
	buf_deinit(&body);
}
