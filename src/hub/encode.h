/* What is in a store, or in a hub, as the protocol tells it. */
#ifndef CHAT_HUB_ENCODE_H
#define CHAT_HUB_ENCODE_H

#include <stdint.h>

#include "base/buf.h"
#include "base/msgid.h"
#include "base/slice.h"
#include "store/store.h"

struct conn;
struct hub;
struct room;

/* Appends [TEXT, META] where there is no hub. The other one of a direct room is
 * named as he was when it began. */
void
encode_stored(const struct store_room *room, const struct store_row *row,
    struct buf *out);

/*
 * META of a message as it was stored. Of the row its text is not looked at.
 */
void
encode_meta(const struct hub *h, const struct store_row *row, struct buf *out);

/* `TEXT,META` for a page: binary data stands in the text. */
void
encode_row(const struct hub *h, const struct store_row *row, struct buf *out);

/* A page as an array of messages. */
void
encode_page(
    const struct hub *h, const struct store_page *page, struct buf *out);

/* {"at":ms,"nick":string} */
void
encode_change(struct msgid at, struct slice nick, struct buf *out);

/* `"from":"id"` */
void
encode_from(uint64_t id, struct buf *out);

/* `"with":{"nick":string,"from":string}`: the other one of a direct room. */
void
encode_with(const struct hub *h, const struct room *room, uint64_t person,
    struct buf *out);

/* A room as it is listed, without braces. */
void
encode_room(const struct conn *c, const struct room *room, struct buf *out);

/* `,"role":"owner"` or `"moderator"`, if the person is that in the room. */
void
encode_role(const struct room *room, uint64_t person, struct buf *out);

/* `,"private":true`, if it is. */
void
encode_private(const struct room *room, struct buf *out);

/* `,"slow":seconds`, if it is. */
void
encode_slow(const struct room *room, struct buf *out);

/* {"👍":["ana"]} */
void
encode_reactions(
    const struct store_reaction *reactions, unsigned n, struct buf *out);

/* `"key":"id"`; an empty string for {0, 0}. */
void
encode_id(const char *key, struct msgid id, struct buf *out);

/* `"key":"text"` */
void
encode_string(const char *key, struct slice text, struct buf *out);

/* `,"key":"text"`, if there is one. */
void
encode_maybe(const char *key, struct slice text, struct buf *out);

/* `,"until":ms`; 0: for ever, and nothing. */
void
encode_until(uint64_t until, struct buf *out);

#endif
