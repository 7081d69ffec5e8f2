/* The part of tui/model.h that deals with people; for model.c. */
#ifndef CHAT_TUI_MODEL_PEOPLE_H
#define CHAT_TUI_MODEL_PEOPLE_H

#include "tui/model.h"

/* Frees all people of r, not the array. */
void
people_clear(struct room *r);

void
recent_clear(struct room *r);

/* The one who has spoken last. */
void
recent_put(struct room *r, struct slice nick);

/* The next join or leave begins a line of its own. */
void
fold_end(struct room *r);

#endif
