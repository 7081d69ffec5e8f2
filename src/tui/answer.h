/* Answers of a server as lines for a person, cleaned. */
#ifndef CHAT_TUI_ANSWER_H
#define CHAT_TUI_ANSWER_H

#include "base/buf.h"
#include "client/chat.h"

/*
 * What a positive answer has to tell: for each member but "ok" a line
 * "name: value", or for a list of objects a line for each of them. Nothing if
 * it has no others.
 */
void
answer_lines(struct slice json, struct buf *out);

/* Why it is a negative one; command: without the slash. */
void
answer_problem(
    const char *command, const struct chat_reply *r, struct buf *out);

#endif
