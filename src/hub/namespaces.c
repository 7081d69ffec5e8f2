#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "hub/call.h"
#include "hub/encode.h"
#include "hub/name.h"
#include "proto/json.h"

enum { NICK_ARG_MAX = 1024, NOTICE_MAX = 1024 };

static const struct handler root_events[] = {
	{ "nuevo mensaje", CALL_ANY, on_nuevo_mensaje },
	{ "message", CALL_ANY, on_message },
	{ "typing", CALL_OBJECT, on_typing },
	{ "read", CALL_OBJECT, on_read },
	{ "join", CALL_OBJECT, on_join },
	{ "leave", CALL_OBJECT, on_leave },
	{ "history", CALL_OBJECT, on_history },
	{ "search", CALL_OBJECT, on_search },
	{ "mentions", CALL_MAYBE, on_mentions },
	{ "nick", CALL_OBJECT, on_nick },
	{ "away", CALL_MAYBE, on_away },
	{ "topic", CALL_OBJECT, on_topic },
	{ "edit", CALL_OBJECT, on_edit },
	{ "react", CALL_OBJECT, on_react },
	{ "register", CALL_OBJECT, on_register },
	{ "login", CALL_OBJECT, on_login },
	{ "op", CALL_MAYBE, on_op },
	{ "accept", CALL_OBJECT, on_accept },
	{ NULL, CALL_ANY, NULL },
};

const struct handler hub_operator_events[] = {
	{ "kick", CALL_OBJECT, on_kick },
	{ "ban", CALL_OBJECT, on_ban },
	{ "unban", CALL_OBJECT, on_unban },
	{ "bans", CALL_MAYBE, on_bans },
	{ "mute", CALL_OBJECT, on_mute },
	{ "unmute", CALL_OBJECT, on_unmute },
	{ "slow", CALL_OBJECT, on_slow },
	{ "moderator", CALL_OBJECT, on_moderator },
	{ "owner", CALL_OBJECT, on_owner },
	{ "audit", CALL_MAYBE, on_audit },
	{ "delete", CALL_OBJECT, on_delete },
	{ "private", CALL_OBJECT, on_private },
	{ "invite", CALL_MAYBE, on_invite },
	{ "uninvite", CALL_OBJECT, on_uninvite },
	{ "invitations", CALL_MAYBE, on_invitations },
	{ "revoke", CALL_OBJECT, on_revoke },
	{ "rooms", CALL_MAYBE, on_rooms },
	{ "who", CALL_OBJECT, on_who },
	{ "whois", CALL_OBJECT, on_whois },
	{ NULL, CALL_ANY, NULL },
};

static const struct handler chat_events[] = {
	{ "message", CALL_ANY, on_posting },
	{ NULL, CALL_ANY, NULL },
};

static void
on_root_event(struct sio_socket *sock, const struct sio_event *ev)
{
	call_dispatch(root_events, hub_operator_events, sock, ev);
}

static void
on_chat_event(struct sio_socket *sock, const struct sio_event *ev)
{
	call_dispatch(chat_events, NULL, sock, ev);
}

/* ---- what one who comes hears ---- */

void
hub_notice(struct sio_socket *sock, const char *code, const char *text,
    struct slice room)
{
	struct sio_args args = { .nbin = 0 };
	struct buf b;

	buf_init(&b, NOTICE_MAX);
	buf_putc(&b, '{');
	encode_string("text", slice_of(text), &b);
	buf_printf(&b, ",\"code\":\"%s\"", code);
	if (room.len > 0) {
		buf_putc(&b, ',');
		encode_string("room", room, &b);
	}
	buf_putc(&b, '}');
	args.json = buf_view(&b);
	sio_emit(sock, SLICE("\"notice\""), &args);
	buf_deinit(&b);
}

static void
put_rooms(const struct conn *c, struct buf *out)
{
	const struct directs *d = room_directs(c->hub, c->person->id);
	bool first = true;

	buf_puts(out, "\"rooms\":[");
	for (unsigned i = 0; i < c->rooms_n; i++, first = false) {
		buf_puts(out, first ? "{" : ",{");
		encode_room(c, c->rooms[i], out);
		buf_putc(out, '}');
	}
	for (unsigned i = 0; d != NULL && i < d->n && out->len < REPLY_MAX / 2;
	     i++, first = false) {
		buf_puts(out, first ? "{" : ",{");
		encode_room(c, d->rooms[i], out);
		buf_putc(out, '}');
	}
	buf_putc(out, ']');
}

static void
put_rate(const struct limit_rate *rate, struct buf *out)
{
	if (rate->burst != LIMIT_OFF)
		buf_printf(out,
		    ",\"rate\":{\"burst\":%" PRIu64 ",\"perSecond\":%" PRIu64
		    "}",
		    rate->burst, rate->per_second);
}

static void
welcome(const struct conn *c)
{
	const struct person *p = c->person;
	struct sio_args args = { .nbin = 0 };
	char token[TOKEN_SIZE];
	struct buf b;

	door_token(p, token);
	buf_init(&b, REPLY_MAX);
	buf_puts(&b, "{\"server\":\"chat\",");
	encode_string("version", slice_of(c->hub->version), &b);
	buf_putc(&b, ',');
	encode_string("nick", slice_of(p->nick), &b);
	buf_printf(&b,
	    ",\"from\":\"%s\",\"token\":\"%s\",\"registered\":%s,"
	    "\"limits\":{\"message\":%zu,\"nick\":%d,\"room\":%d,"
	    "\"rooms\":%u",
	    p->name, token, p->account != NULL ? "true" : "false",
	    hub_message_max(c->hub), NICK_MAX, ROOM_NAME_MAX,
	    conn_rooms_max(c));
	put_rate(&c->hub->limits->rate, &b);
	buf_puts(&b, "},");
	if (conn_is_operator(c))
		buf_puts(&b, "\"operator\":true,");
	put_rooms(c, &b);
	buf_putc(&b, '}');
	args.json = buf_view(&b);
	sio_greet(c->sock, SLICE("\"welcome\""), &args);
	buf_deinit(&b);
}

/* The nick is not the one that was wanted. */
static void
explain(const struct conn *c, int err)
{
	char text[NOTICE_MAX];

	if (err == 0)
		return;
	snprintf(text, sizeof(text), "You are called %s: %s.", c->person->nick,
	    person_may_text(err));
	hub_notice(c->sock, person_may_code(err), text, SLICE(""));
}

static void
log_connect(const struct conn *c, bool recovered)
{
	log_event(LOG_INFO, recovered ? "recover" : "connect",
	    LF_CSTR("id", c->person->name), LF_CSTR("nick", c->person->nick),
	    LF_CSTR("addr", sio_peer(c->sock)),
	    LF_CSTR("transport", sio_transport(c->sock)),
	    LF_CSTR("protocol", sio_protocol(c->sock) == 3 ? "eio3" : "eio4"),
	    LF_CSTR("nsp", sio_nsp_name(sio_nsp(c->sock))));
}

/* ---- coming ---- */

/* One of the rooms wanted. */
static void
join_wanted(struct conn *c, struct slice name, bool tell)
{
	const char *code = "too-many", *why = "you are in too many rooms";
	struct room *room = room_by_arg(c, name, true, &code, &why);

	if (room != NULL && conn_is_banned(c, room)) {
		code = "banned";
		why = "you are banned from this room";
		room = NULL;
	}
	/* Direct ones are heard anyway. */
	if (room != NULL && (room->a != 0 || conn_join(c, room) == 0))
		return;
	if (tell)
		hub_notice(c->sock, code, why, name);
	room_check_fresh(c->hub);
}

/* Those that can't be joined are told of behind the welcome: the second time.
 */
static void
join_all_wanted(struct conn *c, struct slice list, bool tell)
{
	struct json_iter it;
	struct slice raw;
	struct buf name;

	json_iter_init(&it, list);
	while (json_iter_next(&it, NULL, &raw)) {
		buf_init(&name, ROOM_ARG_MAX);
		if (json_unescape(raw, &name) == 0)
			join_wanted(c, buf_view(&name), tell);
		buf_deinit(&name);
	}
}

static struct conn *
arrive(struct hub *h, struct sio_socket *sock, struct slice auth, int *err)
{
	enum hub_form form = sio_nsp(sock) == h->root ? FORM_EVENT : FORM_CHAT;
	struct slice rooms;
	struct buf nick, token;
	uint64_t id = 0;
	struct conn *c;

	buf_init(&nick, NICK_ARG_MAX);
	buf_init(&token, TOKEN_SIZE);
	call_string(auth, "nick", &nick);
	if (call_string(auth, "token", &token) > 0)
		id = door_identify(h, buf_view(&token));
	c = conn_new(
	    person_get(h, id != 0 ? id : person_id_new(), buf_view(&nick)),
	    form);
	c->sock = sock;
	conn_set_address(c, sio_peer(sock));
	sio_set_user(sock, c);
	*err = conn_come(c);
	if (!json_get(auth, "rooms", &rooms) || json_type(rooms) != JSON_ARRAY)
		rooms = SLICE("[\"lobby\"]");
	join_all_wanted(c, rooms, false);
	if (form == FORM_EVENT) {
		welcome(c);
		join_all_wanted(c, rooms, true);
		if (token.len > 0 && id == 0)
			hub_notice(sock, "bad-token",
			    "The token is not valid any more.", SLICE(""));
	}
	invitation_take(c, auth, door_by_invitation(h, auth));
	buf_deinit(&nick);
	buf_deinit(&token);
	return c;
}

static void
on_connect(
    void *arg, struct sio_socket *sock, struct slice auth, bool recovered)
{
	struct conn *c = sio_user(sock);
	int err;

	if (recovered) {
		c->sock = sock;
		conn_set_address(c, sio_peer(sock));
		err = conn_come(c);
		if (c->form != FORM_CHAT)
			welcome(c);
	} else {
		c = arrive(arg, sock, auth, &err);
	}
	if (c->form != FORM_CHAT)
		explain(c, err);
	conn_keep_session(c);
	log_connect(c, recovered);
	/* While its password was compared. */
	if (ban_of(c->hub, NULL, c->person->id, &c->address) != NULL)
		sio_disconnect(sock, true);
}

/* ---- going ---- */

static void
on_gone(struct sio_socket *sock, const char *reason, bool kept)
{
	struct conn *c = sio_user(sock);

	log_event(LOG_INFO, "disconnect", LF_CSTR("id", c->person->name),
	    LF_CSTR("reason", reason));
	if (kept) {
		conn_cut(c, reason);
		return;
	}
	if (sio_pid(sock)[0] != '\0' && !c->hub->closing)
		store_drop_session(c->hub->store, slice_of(sio_pid(sock)));
	conn_free(c, reason);
}

static void
on_forget(void *arg, void *user)
{
	struct hub *h = arg;
	struct conn *c = user;

	/* A server that ends keeps them for the next one. */
	if (!h->closing)
		store_drop_session(h->store, slice_of(c->pid));
	conn_free(c, NULL);
}

static const struct sio_nsp_cb root_cb = {
	.allow = door_allow,
	.on_connect = on_connect,
	.on_event = on_root_event,
	.on_gone = on_gone,
	.on_forget = on_forget,
};

static const struct sio_nsp_cb chat_cb = {
	.allow = door_allow,
	.on_connect = on_connect,
	.on_event = on_chat_event,
	.on_gone = on_gone,
	.on_forget = on_forget,
};

void
hub_open_namespaces(struct hub *h)
{
	h->root = sio_nsp_new(h->sio, "/", &root_cb, h);
	h->chat = sio_nsp_new(h->sio, "/chat", &chat_cb, h);
	admin_open(h);
}
