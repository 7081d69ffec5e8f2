/* What the files of the model share; nobody else includes it. */
#ifndef CHAT_TUI_MODEL_INTERNAL_H
#define CHAT_TUI_MODEL_INTERNAL_H

#include "tui/model.h"

/* Not among the rooms yet, or any more. */
struct room *
room_make(struct slice name);

void
room_free(struct room *r);

/* The column of nicks has room for this one. */
void
room_widen(struct room *r, enum line_kind kind, struct slice nick);

void
line_of(const struct model_line *new, struct line_new *out);

#endif
