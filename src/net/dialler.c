#include "config.h"

#include "net/dialler.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct attempt {
	struct dialler *d;
	struct stream *stream; /* NULL: not tried yet, or failed */
	struct sockaddr_storage addr;
};

struct dialler {
	struct loop *loop;
	struct tls_config *tls;
	struct timeq *linger;
	dial_cb cb;
	void *arg;
	uv_getaddrinfo_t lookup;
	uv_timer_t head_start;
	struct loop_task free_task;
	struct attempt attempts[DIAL_ADDRESSES_MAX];
	unsigned n, next;      /* addresses, and the first not yet tried */
	struct stream *secure; /* in its TLS handshake */
	int last_error;
	bool looking, timer_open, done;
	char *host;
};

/* Frees once neither the lookup nor the timer refers to it any more. */
static void
maybe_free(struct dialler *d)
{
	if (d->done && !d->looking && !d->timer_open)
		loop_defer(d->loop, &d->free_task);
}

static void
run_free(struct loop_task *t)
{
	struct dialler *d = container_of(t, struct dialler, free_task);

	free(d->host);
	free(d);
}

static void
on_timer_closed(uv_handle_t *h)
{
	struct dialler *d = h->data;

	d->timer_open = false;
	maybe_free(d);
}

/* Ends all that is under way, except `winner`. */
static void
retire(struct dialler *d, const struct stream *winner)
{
	d->done = true;
	for (unsigned i = 0; i < d->n; i++) {
		struct stream *s = d->attempts[i].stream;

		if (s != NULL && s != winner)
			stream_abort(s);
		d->attempts[i].stream = NULL;
	}
	if (d->secure != NULL && d->secure != winner)
		stream_abort(d->secure);
	d->secure = NULL;
	if (d->looking)
		uv_cancel((uv_req_t *)&d->lookup);
	uv_close((uv_handle_t *)&d->head_start, on_timer_closed);
	maybe_free(d);
}

static void
fail(struct dialler *d, const char *problem, bool trust)
{
	dial_cb cb = d->cb;
	void *arg = d->arg;

	retire(d, NULL);
	cb(arg, NULL, problem, trust);
}

static void
succeed(struct dialler *d, struct stream *s)
{
	dial_cb cb = d->cb;
	void *arg = d->arg;

	retire(d, s);
	cb(arg, s, NULL, false);
}

/* ---- TLS ---- */

static void
on_data(void *arg, char *data, size_t len)
{
	(void)arg;
	(void)data;
	(void)len; /* before on_secure there is none */
}

static void
on_tls_closed(void *arg, int err)
{
	struct dialler *d = arg;
	struct stream *s = d->secure;
	const char *problem = stream_tls_problem(s);

	d->secure = NULL;
	if (problem[0] == '\0')
		problem =
		    err ? uv_strerror(err) : "the server closed the connection";
	fail(d, problem, strstr(problem, "not trusted") != NULL);
}

static void
on_secure(void *arg)
{
	struct dialler *d = arg;

	succeed(d, d->secure);
}

static const struct stream_cb tls_cb = {
	.on_data = on_data, .on_closed = on_tls_closed, .on_secure = on_secure
};

static void
start_tls(struct dialler *d, struct stream *s)
{
	for (unsigned i = 0; i < d->n; i++)
		if (d->attempts[i].stream != s &&
		    d->attempts[i].stream != NULL) {
			stream_abort(d->attempts[i].stream);
			d->attempts[i].stream = NULL;
		}
	uv_timer_stop(&d->head_start);
	d->next = d->n;
	d->secure = s;
	stream_set_cb(s, &tls_cb, d);
	stream_read(s, true);
	stream_start_tls(s, tls_new(d->tls, d->host), SLICE(""));
}

/* ---- addresses ---- */

static void
try_next(struct dialler *d);

static void
describe(struct dialler *d)
{
	char text[64];

	switch (d->last_error) {
	case UV_ECONNREFUSED:
		fail(d, "connection refused", false);
		break;
	case UV_ETIMEDOUT:
		fail(d, "no answer", false);
		break;
	default:
		snprintf(text, sizeof(text), "%s", uv_strerror(d->last_error));
		fail(d, text, false);
	}
}

static void
on_connected(void *arg, int err)
{
	struct attempt *a = arg;
	struct dialler *d = a->d;
	struct stream *s = a->stream;

	a->stream = NULL;
	if (err == 0 && d->tls != NULL) {
		start_tls(d, s);
		return;
	}
	if (err == 0) {
		succeed(d, s);
		return;
	}
	d->last_error = err;
	try_next(d);
}

static void
on_head_start(uv_timer_t *t)
{
	try_next(t->data);
}

static bool
trying(const struct dialler *d)
{
	for (unsigned i = 0; i < d->next; i++)
		if (d->attempts[i].stream != NULL)
			return true;
	return false;
}

static void
try_next(struct dialler *d)
{
	while (d->next < d->n) {
		struct attempt *a = &d->attempts[d->next++];

		a->stream = stream_connect(d->loop, (struct sockaddr *)&a->addr,
		    d->linger, on_connected, a, &d->last_error);
		if (a->stream != NULL) {
			uv_timer_start(&d->head_start, on_head_start,
			    DIAL_HEAD_START_MS, 0);
			return;
		}
	}
	if (!trying(d))
		describe(d);
}

/* Takes the addresses over, the two families in turns. */
static void
take_addresses(struct dialler *d, const struct addrinfo *list)
{
	const struct addrinfo *a[2] = { list, list };
	int family = list->ai_family;

	while (d->n < DIAL_ADDRESSES_MAX) {
		struct attempt *at = &d->attempts[d->n];
		unsigned turn = d->n % 2;

		for (unsigned i = 0; i < 2; i++)
			while (a[i] != NULL &&
			       (a[i]->ai_family == family) != (i == 0))
				a[i] = a[i]->ai_next;
		if (a[turn] == NULL)
			turn = !turn;
		if (a[turn] == NULL)
			break;
		at->d = d;
		memcpy(&at->addr, a[turn]->ai_addr, a[turn]->ai_addrlen);
		a[turn] = a[turn]->ai_next;
		d->n++;
	}
}

static void
on_lookup(uv_getaddrinfo_t *req, int status, struct addrinfo *list)
{
	struct dialler *d = container_of(req, struct dialler, lookup);

	d->looking = false;
	if (d->done) {
		uv_freeaddrinfo(list);
		maybe_free(d);
		return;
	}
	if (status == 0)
		take_addresses(d, list);
	uv_freeaddrinfo(list);
	if (status == UV_EAI_AGAIN)
		fail(d, "the name can't be looked up now", false);
	else if (status != 0 || d->n == 0)
		fail(d, "no such host", false);
	else
		try_next(d);
}

/* Closing the timer needs a turn: a lookup that fails at once, too. */
static void
on_no_lookup(uv_timer_t *t)
{
	fail(t->data, "no such host", false);
}

struct dialler *
dial(struct loop *loop, const char *host, int port, struct tls_config *tls,
    struct timeq *linger, dial_cb cb, void *arg)
{
	struct dialler *d = xcalloc(1, sizeof(*d));
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICSERV };
	char service[8];

	d->loop = loop;
	d->tls = tls;
	d->linger = linger;
	d->cb = cb;
	d->arg = arg;
	d->host = xstrndup(host, strlen(host));
	d->free_task.run = run_free;
	uv_timer_init(&loop->uv, &d->head_start);
	d->head_start.data = d;
	d->timer_open = true;
	snprintf(service, sizeof(service), "%d", port);
	if (uv_getaddrinfo(
		&loop->uv, &d->lookup, on_lookup, host, service, &hints) == 0)
		d->looking = true;
	else
		uv_timer_start(&d->head_start, on_no_lookup, 0, 0);
	return d;
}

void
dial_cancel(struct dialler *d)
{
	retire(d, NULL);
}
