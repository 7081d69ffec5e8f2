#include "config.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/log.h"
#include "hub/member.h"
#include "proto/json.h"

enum {
	REPLY_MAX = 1024,
	EVENT_NAME_MAX = 64, /* of those we know */
};

/* One event of a socket. */
struct call {
	struct sio_socket *sock;
	struct person *person;
	const struct sio_event *ev;
};

/* ---- acknowledgements ---- */

static void
reply(const struct call *c, const struct buf *json)
{
	struct sio_args args = { .json = buf_view(json) };

	if (c->ev->wants_ack)
		sio_ack(c->sock, c->ev->ack, &args);
}

/* Codes are a closed list: chat-protocol(7). */
static void
refuse(const struct call *c, const char *code, const char *message)
{
	struct buf b;

	buf_init(&b, REPLY_MAX);
	buf_printf(&b, "{\"ok\":false,\"code\":\"%s\",\"message\":\"%s\"}",
	    code, message);
	reply(c, &b);
	buf_deinit(&b);
}

/* ---- events ---- */

/* The arguments of a post, beside the text. */
struct post_meta {
	bool has_nonce, has_room;
	struct buf nonce;
	struct buf room;
};

/* A member that is a string of at most b->max bytes: 1, 0 if there is none,
 * or negative. */
static int
get_string(struct slice object, const char *key, struct buf *b)
{
	struct slice raw;

	if (!json_get(object, key, &raw))
		return 0;
	return json_unescape(raw, b) < 0 ? -1 : 1;
}

/* META as it comes in: an object, or nothing. */
static const char *
parse_meta(struct slice raw, struct post_meta *meta)
{
	int nonce, room;

	if (raw.len == 0 || json_type(raw) == JSON_NULL)
		return NULL;
	if (json_type(raw) != JSON_OBJECT)
		return "the second argument is not an object";
	nonce = get_string(raw, "nonce", &meta->nonce);
	if (nonce < 0)
		return "nonce is not a string of at most 64 bytes";
	meta->has_nonce = meta->nonce.len > 0; /* an empty one is none */
	room = get_string(raw, "room", &meta->room);
	meta->has_room = room > 0;
	if (room < 0)
		return "room is not a string of at most 64 bytes";
	return NULL;
}

static void
post(const struct call *c, struct slice text, const struct post_meta *meta)
{
	struct person *p = c->person;
	struct post post = {
		.text = text,
		.bin = c->ev->args.bin,
		.nbin = c->ev->args.nbin,
	};
	char id[MSGID_STR_MAX];
	struct buf b;

	if (meta->has_nonce)
		post.nonce = buf_view(&meta->nonce);
	msgid_format(id, hub_post(p, &post));
	buf_init(&b, REPLY_MAX);
	buf_printf(&b, "{\"ok\":true,\"id\":\"%s\"}", id);
	reply(c, &b);
	buf_deinit(&b);
}

/* TEXT [, {room?, nonce?}] */
static void
post_event(const struct call *c)
{
	struct json_iter it = { c->ev->args.json, false };
	struct slice text, raw = SLICE("");
	struct post_meta meta = { .has_nonce = false };
	unsigned nbin = c->ev->args.nbin;
	const char *wrong;

	if (!json_iter_next(&it, NULL, &text)) {
		refuse(c, "bad-request", "a text is missing");
		return;
	}
	json_iter_next(&it, NULL, &raw);
	buf_init(&meta.nonce, NONCE_MAX);
	buf_init(&meta.room, NONCE_MAX);
	wrong = parse_meta(raw, &meta);
	if (wrong == NULL && nbin > 0 &&
	    json_placeholders(text, nbin) != (int)nbin)
		wrong = "binary data outside the first argument";
	if (wrong != NULL)
		refuse(c, "bad-request", wrong);
	else if (nbin == 0 && hub_text_len(text) > HUB_MESSAGE_MAX)
		refuse(c, "too-long", "more than 65536 bytes");
	else if (meta.has_room &&
		 !slice_is(buf_view(&meta.room), c->person->room->name))
		refuse(c, "no-such-room", "there is no such room");
	else
		post(c, text, &meta);
	buf_deinit(&meta.nonce);
	buf_deinit(&meta.room);
}

/* A socket of `/` hears messages as the event that it used last. */
static void
use_form(const struct call *c, enum hub_form form)
{
	struct person *p = c->person;
	char name[SIO_ROOM_MAX];

	if (p->form == form)
		return;
	sio_leave(c->sock, hub_sio_room(p->room, p->form, name));
	sio_join(c->sock, hub_sio_room(p->room, form, name));
	person_set_form(p, form);
}

static void
on_nuevo_mensaje(const struct call *c)
{
	use_form(c, FORM_EVENT);
	post_event(c);
}

static void
on_message(const struct call *c)
{
	use_form(c, FORM_MESSAGE);
	post_event(c);
}

/* {nick} */
static void
on_nick(const struct call *c)
{
	struct json_iter it = { c->ev->args.json, false };
	struct slice arg, raw;
	struct person *p = c->person;
	struct buf b;

	if (!json_iter_next(&it, NULL, &arg) || !json_get(arg, "nick", &raw) ||
	    json_type(raw) != JSON_STRING) {
		refuse(c, "bad-request", "the argument is not {nick: string}");
		return;
	}
	buf_init(&b, raw.len + REPLY_MAX);
	json_unescape(raw, &b);
	if (person_rename(p, buf_view(&b))) {
		log_event(LOG_INFO, "nick", LF_CSTR("id", p->id),
		    LF_CSTR("nick", p->nick));
		buf_clear(&b);
		buf_puts(&b, "{\"ok\":true,\"nick\":");
		json_put_string(&b, slice_of(p->nick));
		buf_putc(&b, '}');
		reply(c, &b);
	} else {
		refuse(c, "bad-nick", "nothing of this nick can be shown");
	}
	buf_deinit(&b);
}

struct handler {
	const char *name; /* NULL ends the table */
	void (*run)(const struct call *c);
};

static const struct handler root_events[] = {
	{ "nuevo mensaje", on_nuevo_mensaje },
	{ "message", on_message },
	{ "nick", on_nick },
	{ NULL, NULL },
};

static const struct handler chat_events[] = {
	{ "message", post_event },
	{ NULL, NULL },
};

static void
dispatch(const struct handler *table, struct sio_socket *sock,
    const struct sio_event *ev)
{
	struct call c = { sock, sio_user(sock), ev };
	struct buf name;

	buf_init(&name, EVENT_NAME_MAX);
	if (json_unescape(ev->name, &name) == 0)
		while (table->name != NULL &&
		       !slice_is(buf_view(&name), table->name))
			table++;
	else
		while (table->name != NULL)
			table++;
	buf_deinit(&name);
	if (table->name != NULL)
		table->run(&c);
	else
		refuse(&c, "unknown-event", "there is no such event");
}

static void
on_root_event(struct sio_socket *sock, const struct sio_event *ev)
{
	dispatch(root_events, sock, ev);
}

static void
on_chat_event(struct sio_socket *sock, const struct sio_event *ev)
{
	dispatch(chat_events, sock, ev);
}

/* ---- coming and going ---- */

static void
welcome(const struct person *p, struct sio_socket *sock)
{
	const struct room *room = p->room;
	char last[MSGID_STR_MAX] = "";
	struct sio_args args = { .nbin = 0 };
	struct buf b;

	if (room->seq > 0)
		msgid_format(last, room->last);
	buf_init(&b, REPLY_MAX);
	buf_puts(&b, "{\"server\":\"chat\",\"version\":");
	json_put_string(&b, slice_of(p->hub->version));
	buf_puts(&b, ",\"nick\":");
	json_put_string(&b, slice_of(p->nick));
	buf_printf(&b,
	    ",\"limits\":{\"message\":%d,\"nick\":%d},"
	    "\"rooms\":[{\"room\":\"%s\",\"last\":\"%s\"}]}",
	    HUB_MESSAGE_MAX, NICK_MAX, room->name, last);
	args.json = buf_view(&b);
	sio_emit(sock, SLICE("\"welcome\""), &args);
	buf_deinit(&b);
}

static void
log_connect(const struct person *p, struct sio_socket *sock, bool recovered)
{
	log_event(LOG_INFO, recovered ? "recover" : "connect",
	    LF_CSTR("id", p->id), LF_CSTR("nick", p->nick),
	    LF_CSTR("addr", sio_peer(sock)),
	    LF_CSTR("transport", sio_transport(sock)),
	    LF_CSTR("protocol", sio_protocol(sock) == 3 ? "eio3" : "eio4"),
	    LF_CSTR("nsp", sio_nsp_name(sio_nsp(sock))));
}

static void
on_connect(
    void *arg, struct sio_socket *sock, struct slice auth, bool recovered)
{
	struct hub *h = arg;
	bool is_root = sio_nsp(sock) == h->root;
	struct person *p = sio_user(sock);
	char name[SIO_ROOM_MAX];
	struct slice raw;
	struct buf nick;

	if (!recovered) {
		buf_init(&nick, auth.len);
		if (json_get(auth, "nick", &raw))
			json_unescape(raw, &nick);
		p = person_new(
		    h, is_root ? FORM_EVENT : FORM_CHAT, buf_view(&nick));
		buf_deinit(&nick);
		sio_set_user(sock, p);
		sio_join(sock, hub_sio_room(p->room, p->form, name));
	}
	log_connect(p, sock, recovered);
	if (is_root)
		welcome(p, sock);
}

static void
on_gone(struct sio_socket *sock, const char *reason, bool kept)
{
	struct person *p = sio_user(sock);

	log_event(LOG_INFO, "disconnect", LF_CSTR("id", p->id),
	    LF_CSTR("reason", reason));
	if (!kept)
		person_free(p);
}

static void
on_forget(void *arg, void *user)
{
	(void)arg;
	person_free(user);
}

static const struct sio_nsp_cb root_cb = {
	.on_connect = on_connect,
	.on_event = on_root_event,
	.on_gone = on_gone,
	.on_forget = on_forget,
};

static const struct sio_nsp_cb chat_cb = {
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
}

struct slice
hub_sio_room(const struct room *room, enum hub_form form, char *out)
{
	int len = snprintf(out, SIO_ROOM_MAX, "%s%s", room->name,
	    form == FORM_MESSAGE ? "/message" : "");

	return (struct slice){ out, (size_t)len };
}
