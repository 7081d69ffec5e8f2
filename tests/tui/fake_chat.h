/*
 * client/chat.h without a server, for tests of what uses it: notes what is
 * asked of it, and tells what the test wants to be told.
 */
#ifndef CHAT_TESTS_TUI_FAKE_CHAT_H
#define CHAT_TESTS_TUI_FAKE_CHAT_H

#include "client/chat.h"

/* What was asked since, one line each: "say ROOM TEXT", "reply ID ROOM TEXT",
 * "join ROOM", "leave ROOM", "nick NICK", "register PASSWORD OLD", "login NICK
 * PASSWORD", "op NAME PASSWORD", "accept CODE", "password PASSWORD", "read
 * ROOM ID", "EVENT JSON", "retry", "close". */
struct slice
fake_chat_log(void);

void
fake_chat_clear_log(void);

/* How often it was told that we are typing. */
unsigned
fake_chat_typing(void);

/* The one that chat_new has made last; NULL after chat_close. */
struct chat *
fake_chat_get(void);

/* Shown by chat_status; told by fake_chat_tell_status. */
struct chat_status *
fake_chat_status(struct chat *c);

void
fake_chat_tell_status(struct chat *c);

void
fake_chat_message(struct chat *c, const struct chat_message *m);

void
fake_chat_change(struct chat *c, const struct chat_change *ch);

void
fake_chat_room(struct chat *c, const struct chat_room_state *r);

void
fake_chat_event(struct chat *c, const struct chat_event *ev);

void
fake_chat_entry(struct chat *c, const struct chat_entry *e);

/* Answers the oldest request. False if there is none. */
bool
fake_chat_answer(struct chat *c, const struct chat_reply *r);

/* chat_say fails with this from now on; NULL: no more. */
void
fake_chat_refuse(struct chat *c, const char *why);

#endif
