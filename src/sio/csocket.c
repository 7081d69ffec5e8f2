#include "config.h"

#include "sio/csocket.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/mem.h"
#include "net/timeq.h"
#include "proto/json.h"

enum {
	AUTH_MAX = 65536,
	ID_MAX = 256, /* bytes of a pid or an offset */
	NO_ACK = 0,
};

struct waiting {
	STAILQ_ENTRY(waiting) link;
	uint64_t ack; /* NO_ACK: none is wanted */
	struct message m;
};

struct pending {
	TAILQ_ENTRY(pending) link;
	struct timeq_entry timer;
	struct csocket *s;
	uint64_t id;
	csocket_ack_cb cb;
	void *arg;
};

struct csocket {
	struct sio_manager *manager;
	const char *nsp;
	const struct csocket_cb *cb;
	void *arg;
	enum { APART, ASKED, CONNECTED } state;
	bool stays_away; /* by the server, or the user */
	STAILQ_HEAD(, waiting) buffer;
	size_t buffer_bytes;
	TAILQ_HEAD(, pending) acks;
	unsigned acks_n;
	uint64_t next_ack;
	struct timeq_entry connecting; /* limit of ASKED */
	char *pid, *offset;            /* for recovery, or NULL */
};

static void
drop_waiting(struct csocket *s, struct waiting *w)
{
	STAILQ_REMOVE(&s->buffer, w, waiting, link);
	s->buffer_bytes -= w->m.bytes + sizeof(*w);
	message_deinit(&w->m);
	free(w);
}

static void
drop_pending(struct pending *p)
{
	timeq_stop(&p->timer);
	TAILQ_REMOVE(&p->s->acks, p, link);
	p->s->acks_n--;
	free(p);
}

/* It will not be acknowledged: nor need it be sent then. */
static void
give_up(struct pending *p)
{
	struct csocket *s = p->s;
	csocket_ack_cb cb = p->cb;
	void *arg = p->arg;
	struct waiting *w;

	STAILQ_FOREACH (w, &s->buffer, link)
		if (w->ack == p->id) {
			drop_waiting(s, w);
			break;
		}
	drop_pending(p);
	cb(arg, NULL);
}

static void
ack_expired(struct timeq_entry *e)
{
	give_up(container_of(e, struct pending, timer));
}

static bool
is_buffered(struct csocket *s, uint64_t ack)
{
	struct waiting *w;

	STAILQ_FOREACH (w, &s->buffer, link)
		if (w->ack == ack)
			return true;
	return false;
}

/* What had left gets no acknowledgement any more. */
static void
give_up_sent(struct csocket *s)
{
	uint64_t last = s->next_ack;
	struct pending *p;

	for (;;) {
		TAILQ_FOREACH (p, &s->acks, link)
			if (p->id <= last && !is_buffered(s, p->id))
				break;
		if (p == NULL)
			return;
		give_up(p);
	}
}

static void
send_message(struct csocket *s, const struct message *m)
{
	struct eio_client *session = sio_manager_session(s->manager);

	for (unsigned i = 0; i < m->n && session != NULL; i++)
		eio_client_send(session, m->packet[i]);
}

static void
send_buffer(struct csocket *s)
{
	struct waiting *w;

	while (
	    s->state == CONNECTED && (w = STAILQ_FIRST(&s->buffer)) != NULL) {
		send_message(s, &w->m);
		drop_waiting(s, w);
	}
}

/* ---- connecting ---- */

static void
put_auth(struct csocket *s, struct buf *json)
{
	size_t begin = json->len;

	if (s->cb->auth != NULL)
		s->cb->auth(s->arg, json);
	if (s->pid == NULL)
		return;
	/* Into the user's object, or one of its own. */
	if (json->len > begin + 2)
		json->p[json->len - 1] = ',';
	else {
		json->len = begin;
		buf_putc(json, '{');
	}
	buf_puts(json, "\"pid\":");
	json_put_string(json, slice_of(s->pid));
	if (s->offset != NULL) {
		buf_puts(json, ",\"offset\":");
		json_put_string(json, slice_of(s->offset));
	}
	buf_putc(json, '}');
}

static void
connecting_expired(struct timeq_entry *e)
{
	struct csocket *s = container_of(e, struct csocket, connecting);

	sio_manager_fail(s->manager, "timeout");
}

void
csocket_opened(struct csocket *s)
{
	struct eio_packet *p;
	struct buf auth;

	if (s->stays_away)
		return;
	buf_init(&auth, AUTH_MAX);
	put_auth(s, &auth);
	p = sio_packet_encode(
	    SIO_CONNECT, slice_of(s->nsp), SIO_NO_ID, 0, buf_view(&auth));
	buf_deinit(&auth);
	s->state = ASKED;
	timeq_start(
	    sio_manager_acks(s->manager), &s->connecting, connecting_expired);
	eio_client_send(sio_manager_session(s->manager), p);
	eio_packet_unref(p);
}

void
csocket_connect(struct csocket *s)
{
	s->stays_away = false;
	if (s->state == APART && sio_manager_session(s->manager) != NULL)
		csocket_opened(s);
}

static void
apart(struct csocket *s)
{
	timeq_stop(&s->connecting);
	s->state = APART;
}

void
csocket_stay_away(struct csocket *s)
{
	apart(s);
	s->stays_away = true;
	sio_manager_left(s->manager);
}

void
csocket_lost(struct csocket *s, const char *reason)
{
	bool was = s->state == CONNECTED;

	apart(s);
	if (!was)
		return;
	give_up_sent(s);
	if (s->cb->on_disconnect != NULL)
		s->cb->on_disconnect(s->arg, reason);
}

/* A string member as a copy, or NULL. */
static char *
member(struct slice json, const char *key)
{
	struct slice raw;
	struct buf text;
	char *copy = NULL;

	buf_init(&text, ID_MAX);
	if (json_get(json, key, &raw) && json_unescape(raw, &text) == 0)
		copy = xstrndup(text.p, text.len);
	buf_deinit(&text);
	return copy;
}

static void
on_connect(struct csocket *s, struct slice json)
{
	char *pid = member(json, "pid");
	bool recovered =
	    pid != NULL && s->pid != NULL && strcmp(pid, s->pid) == 0;

	timeq_stop(&s->connecting);
	free(s->pid);
	s->pid = pid;
	if (!recovered) {
		free(s->offset);
		s->offset = NULL;
	}
	s->state = CONNECTED;
	sio_manager_succeeded(s->manager);
	if (s->cb->on_connect != NULL)
		s->cb->on_connect(s->arg, recovered);
	send_buffer(s);
}

/* ---- packets ---- */

/* A string at the end is the offset, as the reference has it. */
static void
remember_offset(struct csocket *s, struct slice args)
{
	struct slice last = SLICE(""), value;
	struct json_iter it;
	struct buf text;

	if (s->pid == NULL || args.len == 0 || args.p[args.len - 1] != '"')
		return;
	buf_init(&text, ID_MAX);
	json_iter_args(&it, args);
	while (json_iter_next(&it, NULL, &value))
		last = value;
	if (json_unescape(last, &text) == 0) {
		free(s->offset);
		s->offset = xstrndup(text.p, text.len);
	}
	buf_deinit(&text);
}

static void
on_event(struct csocket *s, const struct sio_packet *pk, struct sio_args *args)
{
	struct sio_event ev = { .wants_ack = pk->has_id, .ack = pk->id };

	ev.name = sio_event_name(pk, &args->json);
	ev.args = *args;
	remember_offset(s, args->json);
	s->cb->on_event(s->arg, &ev);
}

static void
on_ack(struct csocket *s, const struct sio_packet *pk, struct sio_args *args)
{
	struct pending *p;
	csocket_ack_cb cb;
	void *arg;

	TAILQ_FOREACH (p, &s->acks, link)
		if (p->id == pk->id)
			break;
	if (p == NULL)
		return;
	cb = p->cb;
	arg = p->arg;
	drop_pending(p);
	args->json = sio_ack_args(pk);
	cb(arg, args);
}

bool
csocket_packet(struct csocket *s, const struct sio_packet *pk,
    const struct slice *bin, unsigned nbin)
{
	struct sio_args args = { SLICE(""), bin, nbin };

	switch (pk->type) {
	case SIO_CONNECT:
		if (s->state != ASKED)
			return false;
		on_connect(s, pk->data);
		return true;
	case SIO_CONNECT_ERROR:
		if (s->state != ASKED)
			return false;
		apart(s);
		if (s->cb->on_connect_error != NULL)
			s->cb->on_connect_error(s->arg, pk->data);
		return true;
	case SIO_DISCONNECT:
		if (s->state != CONNECTED)
			return false;
		s->stays_away = true;
		sio_manager_left(s->manager);
		csocket_lost(s, "io server disconnect");
		return true;
	case SIO_EVENT:
	case SIO_BINARY_EVENT:
		/* What was missed comes before the CONNECT that says so. */
		if (s->state != APART)
			on_event(s, pk, &args);
		return true;
	case SIO_ACK:
	case SIO_BINARY_ACK:
		if (s->state == CONNECTED)
			on_ack(s, pk, &args);
		return true;
	}
	return false;
}

/* ---- the user's side ---- */

struct csocket *
csocket_new(struct sio_manager *m, const char *nsp, const struct csocket_cb *cb,
    void *arg)
{
	struct csocket *s = xcalloc(1, sizeof(*s));

	s->manager = m;
	s->nsp = nsp;
	s->cb = cb;
	s->arg = arg;
	STAILQ_INIT(&s->buffer);
	TAILQ_INIT(&s->acks);
	sio_manager_add(m, s);
	return s;
}

bool
csocket_connected(const struct csocket *s)
{
	return s->state == CONNECTED;
}

bool
csocket_stays_away(const struct csocket *s)
{
	return s->stays_away;
}

const char *
csocket_nsp(const struct csocket *s)
{
	return s->nsp;
}

/* Sends, or has it wait; takes m. */
static int
dispatch(struct csocket *s, struct message *m, uint64_t ack)
{
	struct waiting *w;

	if (s->state == CONNECTED) {
		send_message(s, m);
		message_deinit(m);
		return 0;
	}
	if (s->buffer_bytes + m->bytes > CSOCKET_BUFFER_MAX) {
		message_deinit(m);
		return -ENOBUFS;
	}
	w = xcalloc(1, sizeof(*w));
	w->m = *m;
	w->ack = ack;
	s->buffer_bytes += m->bytes + sizeof(*w);
	STAILQ_INSERT_TAIL(&s->buffer, w, link);
	return 0;
}

int
csocket_emit(struct csocket *s, struct slice name, const struct sio_args *args,
    bool is_volatile)
{
	struct eio_client *session = sio_manager_session(s->manager);
	struct message m;

	if (is_volatile && (s->state != CONNECTED || session == NULL ||
			       !eio_client_writable(session)))
		return 0;
	if (message_init(&m, SIO_EVENT, s->nsp, SIO_NO_ID, name, args, NULL) <
	    0)
		return -E2BIG;
	return dispatch(s, &m, NO_ACK);
}

int
csocket_emit_ack(struct csocket *s, struct slice name,
    const struct sio_args *args, csocket_ack_cb cb, void *arg)
{
	struct message m;
	struct pending *p;
	int err;

	if (s->acks_n == CSOCKET_ACKS_MAX)
		return -ENOBUFS;
	p = xcalloc(1, sizeof(*p));
	p->s = s;
	p->id = ++s->next_ack;
	p->cb = cb;
	p->arg = arg;
	if (message_init(
		&m, SIO_EVENT, s->nsp, (int64_t)p->id, name, args, NULL) < 0) {
		free(p);
		return -E2BIG;
	}
	TAILQ_INSERT_TAIL(&s->acks, p, link);
	s->acks_n++;
	timeq_start(sio_manager_acks(s->manager), &p->timer, ack_expired);
	err = dispatch(s, &m, p->id);
	if (err < 0)
		drop_pending(p);
	return err;
}

int
csocket_ack(struct csocket *s, uint64_t ack, const struct sio_args *args)
{
	struct message m;

	if (s->state != CONNECTED)
		return 0; /* who asked is gone */
	if (message_init(
		&m, SIO_ACK, s->nsp, (int64_t)ack, SLICE(""), args, NULL) < 0)
		return -E2BIG;
	return dispatch(s, &m, NO_ACK);
}

void
csocket_free(struct csocket *s)
{
	struct waiting *w;
	struct pending *p;

	while ((w = STAILQ_FIRST(&s->buffer)) != NULL)
		drop_waiting(s, w);
	while ((p = TAILQ_FIRST(&s->acks)) != NULL)
		drop_pending(p);
	free(s->pid);
	free(s->offset);
	free(s);
}
