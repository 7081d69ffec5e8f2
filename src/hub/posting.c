#include "config.h"

#include "hub/call.h"
#include "proto/json.h"

/* The arguments of a post, beside the text. */
struct meta {
	struct buf nonce, room;
	bool has_room;
	struct msgid reply;
};

/* META as it comes in: an object, or nothing. NULL, or what is wrong. */
static const char *
parse_meta(struct slice raw, struct meta *meta)
{
	int room;

	if (raw.len == 0 || json_type(raw) == JSON_NULL)
		return NULL;
	if (json_type(raw) != JSON_OBJECT)
		return "the second argument is not an object";
	if (call_string(raw, "nonce", &meta->nonce) < 0)
		return "nonce is not a string of at most 64 bytes";
	room = call_string(raw, "room", &meta->room);
	if (room < 0)
		return "room is not a string of at most 512 bytes";
	meta->has_room = room > 0;
	if (call_id(raw, "reply", &meta->reply) < 0)
		return "reply is no message's id";
	return NULL;
}

static void
post_to_room(const struct call *c, struct post *post, const struct meta *meta)
{
	const char *code = "", *why = "";
	struct conn *conn = c->conn;

	if (meta->has_room)
		post->room = room_by_arg(
		    conn, buf_view(&meta->room), false, &code, &why);
	else if (conn->form == FORM_CHAT && conn->rooms_n > 0)
		post->room = conn->rooms[0];
	else
		post->room = conn->hub->lobby;
	if (post->room != NULL)
		hub_post(c, post);
	else
		call_refuse(c, code, why);
}

/* TEXT [, {room?, nonce?, reply?}] */
void
on_posting(const struct call *c)
{
	struct json_iter it;
	struct slice raw = SLICE("");
	struct meta meta = { .reply = { 0, 0, 0 } };
	struct post post = { .bin = c->ev->args.bin, .nbin = c->ev->args.nbin };
	const char *wrong;

	json_iter_args(&it, c->ev->args.json);
	if (!json_iter_next(&it, NULL, &post.text)) {
		call_refuse(c, "bad-request", "a text is missing");
		return;
	}
	json_iter_next(&it, NULL, &raw);
	buf_init(&meta.nonce, NONCE_MAX);
	buf_init(&meta.room, ROOM_ARG_MAX);
	wrong = parse_meta(raw, &meta);
	if (wrong == NULL && post.nbin > 0 &&
	    json_placeholders(post.text, post.nbin) != (int)post.nbin)
		wrong = "binary data outside the first argument";
	post.nonce = buf_view(&meta.nonce);
	post.reply = meta.reply;
	if (wrong != NULL)
		call_refuse(c, "bad-request", wrong);
	else if (post.nbin == 0 &&
		 hub_text_len(post.text) > hub_message_max(c->conn->hub))
		call_refuse(c, "too-long", "the text is too long");
	else
		post_to_room(c, &post, &meta);
	buf_deinit(&meta.nonce);
	buf_deinit(&meta.room);
}

/* A socket of `/` hears messages as the event that it used last. */
void
on_nuevo_mensaje(const struct call *c)
{
	conn_set_form(c->conn, FORM_EVENT);
	on_posting(c);
}

void
on_message(const struct call *c)
{
	conn_set_form(c->conn, FORM_MESSAGE);
	on_posting(c);
}
