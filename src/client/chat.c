#include "config.h"

#include "client/chat.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clean.h"
#include "base/mem.h"
#include "client/chat_internal.h"
#include "proto/json.h"

void
chat_tell_status(struct chat *c)
{
	struct chat_status *st = &c->status;

	if (c->dead)
		return;
	st->transport = sio_manager_transport(c->manager);
	st->lag_ms = sio_manager_lag(c->manager);
	st->waiting = c->outbox.n;
	if (c->cb->on_status != NULL)
		c->cb->on_status(c->arg, st);
}

static void
set_problem(struct chat *c, struct slice text)
{
	struct buf line;

	buf_init(&line, sizeof(c->problem));
	clean_line(&line, text, sizeof(c->problem) - 1);
	snprintf(
	    c->problem, sizeof(c->problem), "%.*s", SLICE_ARG(buf_view(&line)));
	buf_deinit(&line);
}

/* ---- what the connection tells ---- */

/* The reference's reasons in words for a person. */
static const char *
in_words(const char *reason)
{
	static const struct {
		const char *reason, *words;
	} table[] = {
		{ "ping timeout", "no sign of life from the server" },
		{ "transport close", "the connection was lost" },
		{ "transport error", "the connection was lost" },
		{ "timeout", "the server does not answer" },
		{ "parse error", "the server sends what is no Socket.IO" },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (strcmp(table[i].reason, reason) == 0)
			return table[i].words;
	return reason;
}

static void
on_state(
    void *arg, enum sio_manager_state state, const struct sio_trouble *trouble)
{
	struct chat *c = arg;
	struct chat_status *st = &c->status;

	if (state == SIO_MANAGER_OPEN)
		return; /* online is when we know where we are */
	uv_timer_stop(&c->timer);
	c->refused = false;
	st->phase =
	    state == SIO_MANAGER_WAITING ? CHAT_WAITING : CHAT_CONNECTING;
	if (trouble != NULL) {
		set_problem(c, slice_of(trouble->detail[0] != '\0'
					    ? trouble->detail
					    : in_words(trouble->reason)));
		st->final = trouble->trust;
		st->retry_ms = trouble->retry_ms;
	}
	chat_tell_status(c);
}

static void
on_change(void *arg)
{
	chat_tell_status(arg);
}

static void
on_drained(void *arg)
{
	chat_taken(arg);
}

/* We know what the server is: now lines can be sent. */
static void
go_online(struct chat *c, bool classic)
{
	struct chat_status *st = &c->status;

	uv_timer_stop(&c->timer);
	st->phase = CHAT_ONLINE;
	st->classic = classic;
	st->final = false;
	c->problem[0] = '\0';
	if (classic) {
		c->server[0] = '\0';
		c->our_nick[0] = '\0';
	}
	chat_tell_status(c);
	if (c->dead)
		return;
	if (!classic)
		chat_rejoin(c);
	chat_send_waiting(c);
}

/* Our server says welcome right behind its CONNECT: what comes later than all
 * that was sent before is not there. */
static void
on_barrier(void *arg)
{
	struct chat *c = arg;

	if (csocket_connected(c->socket) && c->status.phase != CHAT_ONLINE)
		go_online(c, true);
}

static const struct sio_manager_cb manager_cb = { on_state, on_change,
	on_drained, on_barrier };

static void
on_timer(uv_timer_t *t)
{
	struct chat *c = t->data;

	if (c->refused) {
		c->refused = false;
		csocket_connect(c->socket);
	} else if (c->was_rich) {
		sio_manager_fail(c->manager, "timeout");
	} else {
		go_online(c, true);
	}
}

static void
auth(void *arg, struct buf *json)
{
	struct chat *c = arg;

	buf_putc(json, '{');
	if (c->nick != NULL && c->nick[0] != '\0') {
		buf_puts(json, "\"nick\":");
		json_put_string(json, slice_of(c->nick));
	}
	if (c->nowhere && json->p[json->len - 1] != '{')
		buf_putc(json, ',');
	if (c->nowhere)
		buf_puts(json, "\"rooms\":[]");
	buf_putc(json, '}');
}

static void
on_connect(void *arg, bool recovered)
{
	struct chat *c = arg;
	uint64_t ms = CHAT_CLASSIC_MS;
	int lag = sio_manager_lag(c->manager);

	(void)recovered; /* a rich server says welcome all the same */
	if (sio_manager_barrier(c->manager))
		ms = CHAT_BARRIER_MS;
	else if (lag * CHAT_CLASSIC_LAGS > CHAT_CLASSIC_MS)
		ms = (uint64_t)lag * CHAT_CLASSIC_LAGS;
	uv_timer_start(&c->timer, on_timer, ms, 0);
}

/* {"message":"..."}, or, from old servers, a string. */
static void
on_connect_error(void *arg, struct slice json)
{
	struct chat *c = arg;
	static const char refuses[] = "the server refuses: ";
	struct slice raw = json;
	struct buf text;

	buf_init(&text, json.len + 64);
	buf_puts(&text, refuses);
	if (json_type(json) == JSON_OBJECT && !json_get(json, "message", &raw))
		raw = SLICE("\"\"");
	json_unescape(raw, &text);
	if (text.len < sizeof(refuses))
		buf_puts(&text, "no reason given");
	set_problem(c, buf_view(&text));
	buf_deinit(&text);
	c->status.phase = CHAT_WAITING;
	c->status.final = true;
	c->status.retry_ms = CHAT_REFUSED_MS;
	c->refused = true;
	uv_timer_start(&c->timer, on_timer, CHAT_REFUSED_MS, 0);
	chat_tell_status(c);
}

static void
on_disconnect(void *arg, const char *reason)
{
	struct chat *c = arg;

	uv_timer_stop(&c->timer);
	chat_forget_sent(c);
	if (strcmp(reason, "io server disconnect") != 0)
		return; /* on_state follows */
	set_problem(c, SLICE("the server has sent us away"));
	c->status.phase = CHAT_WAITING;
	c->status.final = true;
	c->status.retry_ms = 0; /* not by itself */
	chat_tell_status(c);
}

/* The first event after a connect: who the server is. */
static void
on_welcome(struct chat *c, const struct sio_event *ev)
{
	struct slice raw, limits;
	struct buf name;
	int64_t n;

	buf_init(&name, sizeof(c->server));
	if (json_get(ev->args.json, "server", &raw))
		json_unescape(raw, &name);
	if (json_get(ev->args.json, "version", &raw) &&
	    json_type(raw) == JSON_STRING) {
		buf_putc(&name, ' ');
		json_unescape(raw, &name);
	}
	snprintf(
	    c->server, sizeof(c->server), "%.*s", SLICE_ARG(buf_view(&name)));
	buf_deinit(&name);
	if (json_get(ev->args.json, "nick", &raw))
		chat_set_our_nick(c, raw);
	if (json_get(ev->args.json, "limits", &limits) &&
	    json_get(limits, "message", &raw) &&
	    json_int(raw, 1, CHAT_TEXT_MAX * 16, &n) == 0)
		c->text_max = (size_t)n;
	c->was_rich = true;
	go_online(c, false);
}

static void
on_event(void *arg, const struct sio_event *ev)
{
	struct chat *c = arg;

	if (json_string_is(ev->name, "welcome") &&
	    json_type(ev->args.json) == JSON_OBJECT)
		on_welcome(c, ev);
	else
		chat_on_event(c, ev);
}

static const struct csocket_cb socket_cb = { auth, on_connect, on_connect_error,
	on_event, on_disconnect };

/* ---- the user's side ---- */

static void
run_start(struct loop_task *t)
{
	chat_tell_restored(container_of(t, struct chat, start_task));
}

static void
run_sync(struct loop_task *t)
{
	struct chat *c = container_of(t, struct chat, sync_task);

	int err = outbox_sync(&c->outbox);
	struct chat_event ev = { .type = CHAT_NOTICE };
	struct buf text;

	if (err < 0 && !c->sync_failed && c->cb->on_event != NULL) {
		buf_init(&text, CHAT_PROBLEM_MAX);
		buf_printf(&text, "unsent lines can't be kept on disk: %s",
		    strerror(-err));
		ev.text = buf_view(&text);
		c->cb->on_event(c->arg, &ev);
		buf_deinit(&text);
	}
	c->sync_failed = err < 0;
}

static void
run_free(struct loop_task *t)
{
	struct chat *c = container_of(t, struct chat, free_task);

	chat_drop_calls(c);
	for (unsigned i = 0; i < c->rooms_n; i++) {
		free(c->rooms[i].name);
		free(c->rooms[i].last);
	}
	chat_forget_echoes(c);
	tls_config_free(c->tls);
	free(c->nick);
	free(c);
}

static void
on_timer_closed(uv_handle_t *h)
{
	struct chat *c = h->data;

	loop_defer(c->loop, &c->free_task);
}

static void
open_connection(struct chat *c, const struct chat_options *opt)
{
	static const enum eio_transports transports[] = {
		[CHAT_TRANSPORT_AUTO] = EIO_TRANSPORTS_AUTO,
		[CHAT_TRANSPORT_WEBSOCKET] = EIO_TRANSPORTS_WEBSOCKET,
		[CHAT_TRANSPORT_POLLING] = EIO_TRANSPORTS_POLLING,
		[CHAT_TRANSPORT_UPGRADE] = EIO_TRANSPORTS_UPGRADE,
	};
	struct sio_manager_options mo = {
		.host = opt->url->host,
		.port = opt->url->port,
		.tls = c->tls,
		.path = opt->url->path,
		.transports = transports[opt->transport],
	};

	c->manager = sio_manager_new(c->loop, &mo, &manager_cb, c);
	c->socket = csocket_new(
	    c->manager, opt->nsp != NULL ? opt->nsp : "/", &socket_cb, c);
	uv_timer_init(&c->loop->uv, &c->timer);
	c->timer.data = c;
}

/* One for each namespace of a server. */
static int
open_outbox(struct chat *c, const struct chat_options *opt, struct buf *err)
{
	bool root = opt->nsp == NULL || strcmp(opt->nsp, "/") == 0;
	struct buf key;
	int r;

	buf_init(&key, SIZE_MAX);
	buf_puts(&key, opt->url->text);
	if (!root)
		buf_puts(&key, opt->nsp);
	buf_putc(&key, '\0');
	r = outbox_open(&c->outbox, opt->state_dir, key.p, err);
	buf_deinit(&key);
	return r;
}

struct chat *
chat_new(struct loop *loop, const struct chat_options *opt,
    const struct chat_cb *cb, void *arg, struct buf *err)
{
	struct chat *c = xcalloc(1, sizeof(*c));

	c->loop = loop;
	c->cb = cb;
	c->arg = arg;
	c->text_max = CHAT_TEXT_MAX;
	c->nowhere = opt->nowhere;
	c->start_task.run = run_start;
	c->sync_task.run = run_sync;
	c->free_task.run = run_free;
	LIST_INIT(&c->calls);
	STAILQ_INIT(&c->echoes);
	c->status = (struct chat_status){ .secure = opt->url->tls,
		.transport = "",
		.server = c->server,
		.nick = c->our_nick,
		.problem = c->problem,
		.lag_ms = -1 };
	if (opt->nick != NULL)
		c->nick = xstrndup(opt->nick, strlen(opt->nick));
	if (opt->url->tls || opt->ca != NULL) {
		c->tls = tls_config_new(opt->ca, err);
		if (c->tls == NULL)
			goto fail;
	}
	if (!opt->url->tls) { /* the CA file was only looked at */
		tls_config_free(c->tls);
		c->tls = NULL;
	}
	if (open_outbox(c, opt, err) < 0)
		goto fail;
	open_connection(c, opt);
	loop_defer(loop, &c->start_task);
	return c;
fail:
	run_free(&c->free_task);
	return NULL;
}

void
chat_close(struct chat *c)
{
	if (c->dead)
		return;
	c->dead = true;
	loop_cancel(c->loop, &c->start_task);
	loop_cancel(c->loop, &c->sync_task);
	outbox_sync(&c->outbox);
	outbox_close(&c->outbox);
	sio_manager_close(c->manager);
	uv_close((uv_handle_t *)&c->timer, on_timer_closed);
}

const struct chat_status *
chat_status(const struct chat *c)
{
	return &c->status;
}

void
chat_retry_now(struct chat *c)
{
	csocket_connect(c->socket);
	sio_manager_retry_now(c->manager);
}
