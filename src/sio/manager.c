#include "config.h"

#include "sio/manager.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "sio/assembly.h"
#include "sio/csocket.h"

enum { SOCKETS_MAX = 8 };

struct sio_manager {
	struct loop *loop;
	struct http_client http;
	const char *path;
	enum eio_transports transports;
	const struct sio_manager_cb *cb;
	void *arg;
	struct eio_client *session; /* NULL: waiting */
	bool is_open, dead;
	unsigned attempts; /* since the last success */
	struct csocket *sockets[SOCKETS_MAX];
	unsigned n;
	struct assembly *assembly;
	struct timeq *acks;
	uv_timer_t retry;
	struct loop_task free_task;
};

static void
run_free(struct loop_task *t)
{
	struct sio_manager *m = container_of(t, struct sio_manager, free_task);

	for (unsigned i = 0; i < m->n; i++)
		csocket_free(m->sockets[i]);
	free(m);
}

static void
on_retry_closed(uv_handle_t *h)
{
	struct sio_manager *m = h->data;

	loop_defer(m->loop, &m->free_task);
}

static void
drop_session(struct sio_manager *m)
{
	m->session = NULL;
	m->is_open = false;
	assembly_free(m->assembly);
	m->assembly = NULL;
}

/* ---- packets ---- */

static void
dispatch(struct sio_manager *m, const struct sio_packet *pk,
    const struct slice *bin, unsigned nbin)
{
	for (unsigned i = 0; i < m->n; i++)
		if (slice_is(pk->nsp, csocket_nsp(m->sockets[i]))) {
			if (!csocket_packet(m->sockets[i], pk, bin, nbin))
				sio_manager_fail(m, "parse error");
			return;
		}
	/* A namespace that nobody has asked for: ignored, as the official
	 * clients do. */
}

static void
take_attachment(struct sio_manager *m, struct slice data)
{
	struct assembly *a = m->assembly;
	int r = assembly_take(a, data, CSOCKET_BINARY_MAX);

	if (r < 0) {
		sio_manager_fail(m, "parse error");
	} else if (r > 0) {
		m->assembly = NULL;
		dispatch(m, &a->pk, a->bin, a->n);
		assembly_free(a);
	}
}

static void
on_message(void *arg, bool binary, struct slice data)
{
	struct sio_manager *m = arg;
	struct sio_packet pk;

	/* Attachments come when they are due, and nothing else does. */
	if (binary && m->assembly != NULL)
		take_attachment(m, data);
	else if (binary || m->assembly != NULL ||
		 sio_packet_decode(5, data, &SIO_LIMITS_MOST, &pk) < 0)
		sio_manager_fail(m, "parse error");
	else if (pk.attachments > 0)
		m->assembly = assembly_new(5, data);
	else
		dispatch(m, &pk, NULL, 0);
}

/* ---- the session ---- */

static void
connect_now(struct sio_manager *m);

static void
on_retry(uv_timer_t *t)
{
	connect_now(t->data);
}

/*
 * The delay grows up to its cap, and chance shortens it then: whoever lost the
 * same server does not come back at the same moment, nor ever later than the
 * cap says.
 */
static unsigned
next_delay(struct sio_manager *m)
{
	uint64_t ms = SIO_RETRY_FIRST_MS;
	uint16_t chance;

	for (unsigned i = 0; i < m->attempts && ms < SIO_RETRY_MOST_MS; i++)
		ms *= 2;
	if (ms > SIO_RETRY_MOST_MS)
		ms = SIO_RETRY_MOST_MS;
	m->attempts++;
	random_bytes(&chance, sizeof(chance));
	return (unsigned)(ms / 2 + ms / 2 * chance / UINT16_MAX);
}

static void
lost(struct sio_manager *m, struct sio_trouble *trouble)
{
	drop_session(m);
	trouble->retry_ms = next_delay(m);
	uv_timer_start(&m->retry, on_retry, trouble->retry_ms, 0);
	for (unsigned i = 0; i < m->n && !m->dead; i++)
		csocket_lost(m->sockets[i], trouble->reason);
	if (!m->dead)
		m->cb->on_state(m->arg, SIO_MANAGER_WAITING, trouble);
}

static void
on_open(void *arg)
{
	struct sio_manager *m = arg;

	m->is_open = true;
	m->cb->on_state(m->arg, SIO_MANAGER_OPEN, NULL);
	for (unsigned i = 0; i < m->n && m->is_open; i++)
		csocket_opened(m->sockets[i]);
}

static void
on_closed(void *arg, const char *reason, const char *detail, bool trust)
{
	struct sio_manager *m = arg;
	struct sio_trouble trouble = {
		.reason = reason, .detail = detail, .trust = trust
	};

	lost(m, &trouble);
}

static void
on_drained(void *arg)
{
	struct sio_manager *m = arg;

	m->cb->on_drained(m->arg);
}

static void
on_change(void *arg)
{
	struct sio_manager *m = arg;

	m->cb->on_change(m->arg);
}

static void
on_barrier(void *arg)
{
	struct sio_manager *m = arg;

	m->cb->on_barrier(m->arg);
}

static const struct eio_client_cb eio_cb = { on_open, on_message, on_closed,
	on_drained, on_change, on_barrier };

static void
connect_now(struct sio_manager *m)
{
	m->session =
	    eio_client_open(&m->http, m->path, m->transports, &eio_cb, m);
	m->cb->on_state(m->arg, SIO_MANAGER_CONNECTING, NULL);
}

struct sio_manager *
sio_manager_new(struct loop *loop, const struct sio_manager_options *opt,
    const struct sio_manager_cb *cb, void *arg)
{
	struct sio_manager *m = xcalloc(1, sizeof(*m));

	m->loop = loop;
	m->path = opt->path;
	m->transports = opt->transports;
	m->cb = cb;
	m->arg = arg;
	m->free_task.run = run_free;
	http_client_init(&m->http, loop, opt->host, opt->port, opt->tls);
	m->http.deflate = opt->deflate;
	m->acks = timeq_new(loop, SIO_ACK_TIMEOUT_MS);
	uv_timer_init(&loop->uv, &m->retry);
	m->retry.data = m;
	uv_timer_start(&m->retry, on_retry, 0, 0);
	return m;
}

void
sio_manager_close(struct sio_manager *m)
{
	struct eio_client *session = m->session;

	if (m->dead)
		return;
	m->dead = true;
	drop_session(m);
	if (session != NULL)
		eio_client_close(session);
	timeq_close(m->acks);
	uv_close((uv_handle_t *)&m->retry, on_retry_closed);
	http_client_deinit(&m->http);
}

void
sio_manager_retry_now(struct sio_manager *m)
{
	if (m->session == NULL && !m->dead)
		uv_timer_start(&m->retry, on_retry, 0, 0);
}

const char *
sio_manager_transport(const struct sio_manager *m)
{
	return m->is_open ? eio_client_transport(m->session) : "";
}

bool
sio_manager_barrier(struct sio_manager *m)
{
	return m->is_open && eio_client_barrier(m->session);
}

int
sio_manager_lag(const struct sio_manager *m)
{
	return m->is_open ? eio_client_lag(m->session) : -1;
}

struct eio_client *
sio_manager_session(struct sio_manager *m)
{
	return m->is_open ? m->session : NULL;
}

struct timeq *
sio_manager_acks(struct sio_manager *m)
{
	return m->acks;
}

void
sio_manager_add(struct sio_manager *m, struct csocket *s)
{
	if (m->n == SOCKETS_MAX)
		abort(); /* the program's own namespaces */
	m->sockets[m->n++] = s;
	if (m->is_open)
		csocket_opened(s);
}

void
sio_manager_succeeded(struct sio_manager *m)
{
	m->attempts = 0;
}

/* As the reference does: it has no business there any more. */
void
sio_manager_left(struct sio_manager *m)
{
	struct eio_client *session = m->session;

	for (unsigned i = 0; i < m->n; i++)
		if (!csocket_stays_away(m->sockets[i]))
			return;
	drop_session(m);
	if (session != NULL)
		eio_client_close(session);
}

void
sio_manager_fail(struct sio_manager *m, const char *reason)
{
	struct sio_trouble trouble = { .reason = reason, .detail = "" };
	struct eio_client *session = m->session;

	if (session == NULL || m->dead)
		return;
	eio_client_close(session);
	lost(m, &trouble);
}
