/* What is in a store as the protocol tells it, where there is no hub. */
#ifndef CHAT_HUB_ENCODE_H
#define CHAT_HUB_ENCODE_H

#include "base/buf.h"
#include "store/store.h"

/* Appends [TEXT, META]. The other one of a direct room is named as he was
 * when it began. */
void
encode_stored(const struct store_room *room, const struct store_row *row,
    struct buf *out);

#endif
