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

void
chat_set_line(char out[CHAT_PROBLEM_MAX], struct slice text)
{
	struct buf line;

	buf_init(&line, CHAT_PROBLEM_MAX);
	clean_line(&line, text, CHAT_PROBLEM_MAX - 1);
	snprintf(out, CHAT_PROBLEM_MAX, "%.*s", SLICE_ARG(buf_view(&line)));
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
	st->is_operator = false;
	if (trouble != NULL) {
		c->code[0] = '\0';
		chat_set_line(
		    c->problem, slice_of(trouble->detail[0] != '\0'
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
		c->from[0] = '\0';
		st->registered = false;
	}
	if (classic && st->inviting) {
		chat_not_invited(
		    c, SLICE("a plain Socket.IO server knows no invitations"));
		return;
	}
	chat_tell_status(c);
	if (classic && !c->dead)
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

void
chat_on_timer(uv_timer_t *t)
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
		chat_put_member(json, "nick", slice_of(c->nick));
		buf_putc(json, ',');
	}
	chat_put_entrance(c, json);
	/* Each is joined, so that its answer fits what is heard then. */
	buf_puts(json, "\"rooms\":[]}");
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
	uv_timer_start(&c->timer, chat_on_timer, ms, 0);
}

static void
on_disconnect(void *arg, const char *reason)
{
	struct chat *c = arg;

	uv_timer_stop(&c->timer);
	chat_forget_sent(c);
	if (strcmp(reason, "io server disconnect") != 0)
		return;         /* on_state follows */
	if (c->code[0] == '\0') /* else it has said why */
		chat_set_line(c->problem, SLICE("the server has sent us away"));
	c->status.is_operator = false;
	c->status.phase = CHAT_WAITING;
	c->status.final = true;
	c->status.retry_ms = 0; /* not by itself */
	chat_tell_status(c);
}

/* "chat 1.0" */
static void
take_server(struct chat *c, struct slice json)
{
	struct slice raw;
	struct buf name;

	buf_init(&name, sizeof(c->server));
	chat_get_text(json, "server", &name);
	if (json_get(json, "version", &raw) && json_type(raw) == JSON_STRING) {
		buf_putc(&name, ' ');
		json_unescape(raw, &name);
	}
	snprintf(
	    c->server, sizeof(c->server), "%.*s", SLICE_ARG(buf_view(&name)));
	buf_deinit(&name);
}

/* Who we are. */
static void
take_person(struct chat *c, struct slice json)
{
	struct slice raw;
	struct buf from;

	if (json_get(json, "nick", &raw))
		chat_set_our_nick(c, raw);
	buf_init(&from, sizeof(c->from) - 1);
	chat_get_text(json, "from", &from);
	snprintf(c->from, sizeof(c->from), "%.*s", SLICE_ARG(buf_view(&from)));
	buf_deinit(&from);
	c->status.registered =
	    json_get(json, "registered", &raw) && slice_is(raw, "true");
	if (json_get(json, "token", &raw))
		chat_take_token(c, raw, c->status.registered || c->let_in);
}

/* The first event after a connect: who the server is, and we are. */
static void
on_welcome(struct chat *c, struct slice json)
{
	struct slice raw, limits, rooms = SLICE("[]");
	bool first = !c->was_rich;
	int64_t n;

	take_server(c, json);
	chat_let_in(c);
	take_person(c, json);
	if (json_get(json, "limits", &limits)) {
		if (json_get(limits, "message", &raw) &&
		    json_int(raw, 1, CHAT_TEXT_MAX * 16, &n) == 0)
			c->text_max = (size_t)n;
		chat_take_pace(c, limits);
	}
	c->was_rich = true;
	/* Also after a recovery, which tells neither who is there nor what has
	 * been read meanwhile. */
	chat_forget_joins(c);
	go_online(c, false);
	json_get(json, "rooms", &rooms);
	if (!c->dead && !chat_take_rooms(c, rooms, first) && first && !c->dead)
		chat_call_rooms(c);
	if (!c->dead)
		chat_rejoin(c);
	if (!c->dead)
		chat_send_waiting(c);
}

static void
on_event(void *arg, const struct sio_event *ev)
{
	struct chat *c = arg;

	struct json_iter it;
	struct slice json;

	json_iter_args(&it, ev->args.json);
	if (json_string_is(ev->name, "welcome") &&
	    json_iter_next(&it, NULL, &json) && json_type(json) == JSON_OBJECT)
		on_welcome(c, json);
	else
		chat_on_event(c, ev);
}

static const struct csocket_cb socket_cb = { auth, on_connect,
	chat_on_connect_error, on_event, on_disconnect };

/* ---- the user's side ---- */

static void
run_start(struct loop_task *t)
{
	struct chat *c = container_of(t, struct chat, start_task);

	chat_want_entries(c);
	chat_tell_restored(c);
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
	chat_rooms_free(c);
	chat_forget_echoes(c);
	tls_config_free(c->tls);
	free(c->nick);
	free(c->token);
	free(c->token_dir);
	free(c->kept);
	free(c->password);
	free(c->invite);
	free(c->invited_to);
	free(c->key);
	free(c);
}

static void
on_timer_closed(uv_handle_t *h)
{
	struct chat *c = h->data;

	if (--c->timers_open == 0)
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
		.deflate = opt->deflate,
	};

	c->manager = sio_manager_new(c->loop, &mo, &manager_cb, c);
	c->socket = csocket_new(
	    c->manager, opt->nsp != NULL ? opt->nsp : "/", &socket_cb, c);
	uv_timer_init(&c->loop->uv, &c->timer);
	uv_timer_init(&c->loop->uv, &c->again);
	c->timer.data = c->again.data = c;
	c->timers_open = 2;
}

/* One for each namespace of a server. */
static char *
key_of(const struct chat_options *opt)
{
	bool root = opt->nsp == NULL || strcmp(opt->nsp, "/") == 0;
	struct buf key;

	buf_init(&key, SIZE_MAX);
	buf_puts(&key, opt->url->text);
	if (!root)
		buf_puts(&key, opt->nsp);
	return buf_steal(&key);
}

static void
want_rooms(struct chat *c, const struct chat_options *opt)
{
	struct slice name = SLICE(CHAT_LOBBY);
	unsigned i = 0;

	c->nowhere = opt->nowhere;
	c->status.inviting = c->invite != NULL && !c->nowhere;
	c->into = c->status.inviting && opt->n_rooms == 0;
	if (c->nowhere || c->into)
		return;
	do {
		struct chat_room *r;

		if (opt->n_rooms > 0)
			name = slice_of(opt->rooms[i]);
		r = chat_room_get(c, name);
		if (r != NULL)
			r->wanted = true;
	} while (++i < opt->n_rooms);
}

/* What is copied of the options, and what is kept for the server. */
static void
take_options(struct chat *c, const struct chat_options *opt)
{
	c->key = key_of(opt);
	if (opt->nick != NULL)
		c->nick = xstrndup(opt->nick, strlen(opt->nick));
	if (opt->password != NULL)
		c->password = xstrndup(opt->password, strlen(opt->password));
	if (opt->url->invite[0] != '\0')
		c->invite =
		    xstrndup(opt->url->invite, strlen(opt->url->invite));
	if (opt->token_dir != NULL)
		c->token_dir = xstrndup(opt->token_dir, strlen(opt->token_dir));
	chat_load_token(c, opt->nick_given ? opt->nick : NULL);
	want_rooms(c, opt);
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
	c->start_task.run = run_start;
	c->sync_task.run = run_sync;
	c->free_task.run = run_free;
	LIST_INIT(&c->calls);
	STAILQ_INIT(&c->echoes);
	c->status = (struct chat_status){ .secure = opt->url->tls,
		.transport = "",
		.server = c->server,
		.nick = c->our_nick,
		.from = c->from,
		.held = c->held,
		.room = "",
		.url = opt->url->text,
		.problem = c->problem,
		.code = c->code,
		.lag_ms = -1 };
	take_options(c, opt);
	if (opt->url->tls || opt->ca != NULL) {
		c->tls = tls_config_new(opt->ca, err);
		if (c->tls == NULL)
			goto fail;
	}
	if (!opt->url->tls) { /* the CA file was only looked at */
		tls_config_free(c->tls);
		c->tls = NULL;
	}
	if (outbox_open(&c->outbox, opt->state_dir, c->key, err) < 0)
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
	uv_close((uv_handle_t *)&c->again, on_timer_closed);
}

const struct chat_status *
chat_status(const struct chat *c)
{
	return &c->status;
}

void
chat_retry_now(struct chat *c)
{
	if (c->status.phase == CHAT_WAITING) {
		c->status.phase = CHAT_CONNECTING;
		c->status.final = false;
		c->code[0] = '\0';
	}
	csocket_connect(c->socket);
	sio_manager_retry_now(c->manager);
}
