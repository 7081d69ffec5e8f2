#include "config.h"

#include "base/buf.h"
#include "base/log.h"
#include "hub/member.h"
#include "proto/json.h"

enum {
	META_MAX = 1024, /* numbers, a room, a nick, a nonce; all escaped */
};

/* Event names, raw JSON. */
static const struct slice names[FORM_PLAIN] = {
	[FORM_EVENT] = { "\"nuevo mensaje\"", 15 },
	[FORM_MESSAGE] = { "\"message\"", 9 },
	[FORM_CHAT] = { "\"message\"", 9 },
};

static void
put_meta(struct buf *b, const struct person *from, const char *id,
    struct slice nonce)
{
	buf_printf(b, ",{\"id\":\"%s\",\"seq\":%llu,\"room\":", id,
	    (unsigned long long)from->room->seq);
	json_put_string(b, slice_of(from->room->name));
	buf_printf(b, ",\"from\":\"%s\",\"nick\":", from->id);
	json_put_string(b, slice_of(from->nick));
	if (nonce.p != NULL) {
		buf_puts(b, ",\"nonce\":");
		json_put_string(b, nonce);
	}
	buf_putc(b, '}');
}

/* The forms over Socket.IO: TEXT, META, and the id as offset. */
static void
broadcast(const struct person *from, const struct post *post, const char *id)
{
	struct hub *h = from->hub;
	struct room *room = from->room;
	struct buf args;

	buf_init(&args, post->text.len + META_MAX);
	buf_append_slice(&args, post->text);
	put_meta(&args, from, id, post->nonce);
	for (unsigned form = 0; form < FORM_PLAIN; form++) {
		char name[SIO_ROOM_MAX];
		struct slice sio_room = hub_sio_room(room, form, name);
		struct sio_target to = { .rooms = &sio_room, .n_rooms = 1 };
		struct sio_args out = { buf_view(&args), post->bin,
			post->nbin };

		if (room->members[form] > 0)
			sio_broadcast(form == FORM_CHAT ? h->chat : h->root,
			    &to, names[form], &out, &room->last);
	}
	buf_deinit(&args);
}

/* A string's text, or the JSON text of anything else. */
static void
broadcast_plain(struct hub *h, const struct post *post)
{
	struct buf text;

	buf_init(&text, post->text.len);
	if (post->plain.p != NULL)
		plain_broadcast(h, post->plain);
	else if (json_unescape(post->text, &text) == 0)
		plain_broadcast(h, buf_view(&text));
	else
		plain_broadcast(h, post->text);
	buf_deinit(&text);
}

size_t
hub_text_len(struct slice raw)
{
	struct buf b;
	size_t len = raw.len;

	if (json_type(raw) != JSON_STRING)
		return len;
	buf_init(&b, raw.len);
	if (json_unescape(raw, &b) == 0)
		len = b.len;
	buf_deinit(&b);
	return len;
}

static void
log_message(const struct person *from, const struct post *post, const char *id)
{
	int64_t bytes;

	if (!log_wants(LOG_INFO))
		return;
	bytes = (int64_t)hub_text_len(post->text);
	for (unsigned i = 0; i < post->nbin; i++)
		bytes += (int64_t)post->bin[i].len;
	if (from->hub->log_text)
		log_event(LOG_INFO, "message",
		    LF_CSTR("room", from->room->name), LF_CSTR("id", id),
		    LF_CSTR("from", from->id), LF_INT("bytes", bytes),
		    LF_STR("text", post->text));
	else
		log_event(LOG_INFO, "message",
		    LF_CSTR("room", from->room->name), LF_CSTR("id", id),
		    LF_CSTR("from", from->id), LF_INT("bytes", bytes));
}

struct msgid
hub_post(struct person *from, const struct post *post)
{
	struct hub *h = from->hub;
	struct room *room = from->room;
	char id[MSGID_STR_MAX];
	struct msgid first;

	if (post->nonce.p != NULL &&
	    nonces_find(&h->nonces, post->nonce, &first))
		return first;
	room->last = sio_next_id(h->sio);
	room->seq++;
	msgid_format(id, room->last);
	if (post->nonce.p != NULL)
		nonces_add(&h->nonces, post->nonce, room->last);
	log_message(from, post, id);
	broadcast(from, post, id);
	if (room->members[FORM_PLAIN] > 0)
		broadcast_plain(h, post);
	return room->last;
}
