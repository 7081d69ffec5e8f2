/*
 * Answers of the server as text for people: cleaned lines with '\n' between
 * them.
 */
#ifndef CHAT_TUI_ANSWER_H
#define CHAT_TUI_ANSWER_H

#include "base/buf.h"
#include "client/chat.h"

/* Appends a string member as one line, "" if there is none. */
void
answer_name(struct slice json, const char *key, struct buf *out);

/* The answers to `who`, `rooms` and `whois`. */
void
answer_people(struct slice json, struct buf *out);

void
answer_rooms(struct slice json, struct buf *out);

void
answer_person(struct slice json, struct buf *out);

/* The answers to `ban`, `bans`, `audit`, `invite` and `invitations`. */
void
answer_ban(struct slice json, struct buf *out);

void
answer_bans(struct slice json, struct buf *out);

void
answer_audit(struct slice json, struct buf *out);

void
answer_invite(struct slice json, const char *url, struct buf *out);

void
answer_invites(struct slice json, struct buf *out);

/* What moderators have done, in one line. False: it is none of that. */
bool
answer_moderation(const struct chat_event *ev, struct buf *out);

/* A message in one line: when, where, who, what. */
void
answer_message(const struct chat_message *m, struct buf *out);

/* One line about a refused request. command: the user's word for it, without
 * the slash. */
void
answer_problem(
    const char *command, const struct chat_reply *r, struct buf *out);

#endif
