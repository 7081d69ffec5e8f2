#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "client/chat_internal.h"
#include "proto/json.h"

enum { TIME_SIZE = 32 };

/* " until DATE TIME", in local time; nothing for 0. */
static void
put_until(struct buf *out, uint64_t ms)
{
	time_t t = (time_t)(ms / 1000);
	char text[TIME_SIZE];
	struct tm tm;

	if (ms == 0 || localtime_r(&t, &tm) == NULL)
		return;
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M", &tm);
	buf_printf(out, " until %s", text);
}

static void
put_ban(struct buf *out, struct slice json)
{
	size_t end;

	buf_puts(out, "you are banned");
	put_until(out, chat_get_number(json, "until"));
	end = out->len;
	buf_puts(out, ": ");
	chat_get_text(json, "reason", out);
	if (out->len == end + 2)
		out->len = end;
}

static bool
is_code(const struct chat *c, const char *code)
{
	return strcmp(c->code, code) == 0;
}

/* What only the user, or nobody, can help: not tried again by itself. */
static bool
is_final(const struct chat *c)
{
	return is_code(c, "password") || is_code(c, "wrong-password") ||
	       is_code(c, "banned") || is_code(c, "bad-invitation");
}

static void
put_problem(
    struct chat *c, struct slice message, struct slice data, struct buf *out)
{
	if (is_code(c, "password"))
		buf_puts(out, "the server wants a password");
	else if (is_code(c, "wrong-password"))
		buf_puts(out, "the server's password is another one");
	else if (is_code(c, "bad-invitation"))
		buf_puts(out, "the invitation is not, or no longer, valid");
	else if (is_code(c, "banned"))
		put_ban(out, data);
	else
		buf_printf(out, "the server refuses: %.*s",
		    SLICE_ARG(
			message.len > 0 ? message : SLICE("no reason given")));
}

static void
take_code(struct chat *c, struct slice code)
{
	snprintf(c->code, sizeof(c->code), "%.*s", SLICE_ARG(code));
}

/* {"message":"...","data":{"code":...}}, or, from old servers, a string. */
void
chat_on_connect_error(void *arg, struct slice json)
{
	struct chat *c = arg;
	struct slice raw = json, data = SLICE("{}"), message;
	struct chat_texts t;
	struct buf text;
	uint64_t retry;

	chat_texts_init(&t, json.len);
	buf_init(&text, json.len + CHAT_PROBLEM_MAX);
	if (json_type(json) == JSON_OBJECT && !json_get(json, "message", &raw))
		raw = SLICE("\"\"");
	message = chat_texts_put(&t, raw);
	json_get(json, "data", &data);
	take_code(c, chat_texts_get(&t, data, "code"));
	put_problem(c, message, data, &text);
	chat_set_line(c->problem, buf_view(&text));
	buf_deinit(&text);
	chat_texts_deinit(&t);
	retry = chat_get_number(data, "retry");
	if (retry == 0 || retry > CHAT_RETRY_MOST_MS)
		retry = CHAT_REFUSED_MS;
	c->status.phase = CHAT_WAITING;
	c->status.final = !is_code(c, "slow-down") && !is_code(c, "busy");
	c->refused = !is_final(c);
	c->status.retry_ms = c->refused ? (unsigned)retry : 0;
	if (c->refused) {
		uv_timer_start(&c->timer, chat_on_timer, retry, 0);
	} else {
		uv_timer_stop(&c->timer);
		csocket_stay_away(c->socket);
	}
	chat_tell_status(c);
}

void
chat_on_banned(struct chat *c, struct slice json)
{
	struct buf text;

	buf_init(&text, json.len + CHAT_PROBLEM_MAX);
	put_ban(&text, json);
	chat_set_line(c->problem, buf_view(&text));
	buf_deinit(&text);
	take_code(c, SLICE("banned"));
}

/* ---- coming in all the same ---- */

static void
put_string(struct buf *json, const char *key, const char *value)
{
	if (value == NULL)
		return;
	buf_printf(json, "\"%s\":", key);
	json_put_string(json, slice_of(value));
	buf_putc(json, ',');
}

void
chat_put_entrance(struct chat *c, struct buf *json)
{
	put_string(json, "token", c->token);
	put_string(json, "password", c->password);
	put_string(json, "invite", c->invite);
}

void
chat_let_in(struct chat *c)
{
	c->let_in |= c->password != NULL || c->invite != NULL;
	c->code[0] = '\0';
	if (c->status.inviting)
		return;
	free(c->invite);
	c->invite = NULL;
}

void
chat_on_invited(struct chat *c, struct slice room)
{
	struct chat_room *r;

	c->status.inviting = false;
	chat_let_in(c);
	if (c->into) {
		if (room.len > 0) {
			c->invited_to = xstrndup(room.p, room.len);
			c->status.room = c->invited_to;
		}
		r = chat_room_get(c, room.len > 0 ? room : SLICE(CHAT_LOBBY));
		if (r != NULL)
			r->wanted = true;
	}
	chat_rejoin(c);
	if (!c->dead)
		chat_send_waiting(c);
	chat_tell_status(c);
}

void
chat_not_invited(struct chat *c, struct slice why)
{
	take_code(c, SLICE("bad-invitation"));
	chat_set_line(c->problem, why);
	c->status.phase = CHAT_WAITING;
	c->status.final = true;
	c->status.retry_ms = 0;
	csocket_stay_away(c->socket);
	chat_tell_status(c);
}

void
chat_set_password(struct chat *c, const char *password)
{
	free(c->password);
	c->password = xstrndup(password, strlen(password));
	chat_retry_now(c);
}

void
chat_accept(struct chat *c, struct slice code, chat_reply_cb cb, void *arg)
{
	struct chat_reply r = { .ok = true, .json = SLICE_INIT("{}") };
	struct buf json;

	if (c->status.phase == CHAT_ONLINE) {
		buf_init(&json, SIZE_MAX);
		buf_putc(&json, '{');
		chat_put_member(&json, "invite", code);
		buf_putc(&json, '}');
		chat_request(c, "accept", buf_view(&json), cb, arg);
		buf_deinit(&json);
		return;
	}
	free(c->invite);
	c->invite = xstrndup(code.p, code.len);
	chat_retry_now(c);
	if (cb != NULL)
		cb(arg, &r);
}
