#include "config.h"

#include "net/intake.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"

enum { TLS_HANDSHAKE = 0x16 }; /* the first byte of a record, RFC 8446 5.1 */

struct newcomer {
	LIST_ENTRY(newcomer) link;
	struct intake *in;
	struct stream *stream;
	struct timeq_entry time;
	struct loop_task free_task;
	bool proxied;      /* its header has not come yet */
	struct buf header; /* what has come of it */
};

static void
run_free(struct loop_task *t)
{
	struct newcomer *n = container_of(t, struct newcomer, free_task);

	buf_deinit(&n->header);
	free(n);
}

/* Off the list; its stream is another's, or gone. */
static void
retire(struct newcomer *n)
{
	timeq_stop(&n->time);
	LIST_REMOVE(n, link);
	loop_defer(n->in->loop, &n->free_task);
}

static void
turn_away(struct newcomer *n, const char *why)
{
	/* What a proxy gets wrong is the operator's affair. */
	log_event(n->proxied ? LOG_WARN : LOG_DEBUG, "no-handshake",
	    LF_CSTR("addr", stream_peer(n->stream)), LF_CSTR("reason", why));
	stream_abort(n->stream);
	retire(n);
}

static void
time_expired(struct timeq_entry *e)
{
	turn_away(container_of(e, struct newcomer, time), "took too long");
}

static void
hand_over(struct newcomer *n)
{
	retire(n);
	n->in->on_stream(n->in->arg, n->stream);
}

/* The first bytes of its own. */
static void
begin(struct newcomer *n, char *data, size_t len)
{
	struct stream *s = n->stream;
	bool is_method = data[0] >= 'A' && data[0] <= 'Z';

	if (n->in->tls == NULL || is_method) {
		hand_over(n);
		stream_feed(s, data, len);
	} else if (data[0] == TLS_HANDSHAKE) {
		stream_start_tls(
		    s, tls_accept(n->in->tls), (struct slice){ data, len });
	} else {
		turn_away(n, "neither TLS nor HTTP");
	}
}

/* True if it goes on to what follows the header. */
static bool
take_header(struct newcomer *n, ssize_t used, const struct address *client)
{
	static const struct address none;

	if (used < 0) {
		turn_away(n, "no PROXY header");
		return false;
	}
	if (used == 0)
		return false;
	n->proxied = false;
	if (memcmp(client, &none, sizeof(none)) == 0 ||
	    stream_set_peer(n->stream, client))
		return true;
	stream_abort(n->stream); /* admission has told */
	retire(n);
	return false;
}

static void
on_data(void *arg, char *data, size_t len)
{
	struct newcomer *n = arg;
	size_t before = n->header.len, used = 0;
	struct address client;

	if (n->proxied) {
		ssize_t header;

		/* More than the longest one is not looked at for it. */
		buf_append(&n->header, data,
		    len < n->header.max - before ? len
						 : n->header.max - before);
		header = proxies_header(buf_view(&n->header), &client);
		if (!take_header(n, header, &client))
			return;
		used = (size_t)header - before;
	}
	if (used < len)
		begin(n, data + used, len - used);
}

static void
on_secure(void *arg)
{
	hand_over(arg);
}

static void
on_closed(void *arg, int err)
{
	struct newcomer *n = arg;
	const char *problem = stream_tls_problem(n->stream);

	if (problem[0] == '\0')
		problem = err ? uv_strerror(err) : "connection closed";
	log_event(LOG_DEBUG, "no-handshake",
	    LF_CSTR("addr", stream_peer(n->stream)),
	    LF_CSTR("reason", problem));
	retire(n);
}

static const struct stream_cb stream_cb = {
	.on_data = on_data, .on_closed = on_closed, .on_secure = on_secure
};

void
intake_init(struct intake *in, struct loop *loop, uint64_t time,
    void (*on_stream)(void *arg, struct stream *s), void *arg)
{
	*in = (struct intake){ .loop = loop,
		.on_stream = on_stream,
		.arg = arg,
		.time = timeq_new(loop, time) };
	LIST_INIT(&in->newcomers);
}

void
intake_take(struct intake *in, struct stream *s)
{
	struct newcomer *n;
	struct address peer;
	bool proxied = in->proxies != NULL &&
		       address_parse(slice_of(stream_peer(s)), &peer) == 0 &&
		       proxies_has(in->proxies, &peer);

	if (in->tls == NULL && !proxied) {
		in->on_stream(in->arg, s);
		return;
	}
	n = xcalloc(1, sizeof(*n));
	n->in = in;
	n->stream = s;
	n->proxied = proxied;
	buf_init(&n->header, PROXY_HEADER_MAX);
	n->free_task.run = run_free;
	LIST_INSERT_HEAD(&in->newcomers, n, link);
	timeq_start(in->time, &n->time, time_expired);
	stream_set_cb(s, &stream_cb, n);
	stream_read(s, true);
}

void
intake_clear(struct intake *in)
{
	while (!LIST_EMPTY(&in->newcomers)) {
		struct newcomer *n = LIST_FIRST(&in->newcomers);

		stream_abort(n->stream);
		retire(n);
	}
}

void
intake_close(struct intake *in)
{
	intake_clear(in);
	timeq_close(in->time);
}
