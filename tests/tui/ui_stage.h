/*
 * A stage for the tests of tui/ui.h: an ui on a loop with the fake chat, what
 * it asks of the app, and what is on its screen.
 */
#ifndef CHAT_TESTS_TUI_UI_STAGE_H
#define CHAT_TESTS_TUI_UI_STAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "tui/ui.h"

enum { ROWS = 16, COLUMNS = 60 };

extern struct loop loop;
extern struct ui *ui;
extern struct chat *chat;
extern struct buf asked; /* of the app, a word each */

int
setup(void **state);

int
teardown(void **state);

void
online(const char *nick);

void
offline(const char *problem, unsigned retry_ms);

/* All of the screen, a line for each row. */
char *
screen(void);

bool
shows(const char *text);

#define assert_shows(text)                                                     \
	do {                                                                   \
		if (!shows(text))                                              \
			fail_msg("no \"%s\" in\n%s", (text), screen());        \
	} while (0)
#define assert_shows_not(text)                                                 \
	do {                                                                   \
		if (shows(text))                                               \
			fail_msg("\"%s\" in\n%s", (text), screen());           \
	} while (0)

void
assert_input(const char *expected);

void
assert_asked_chat(const char *expected);

void
assert_asked(const char *expected);

void
type(const char *text);

void
enter(const char *text);

void
message(const char *room, const char *nick, const char *text, bool replay);

/* A message with the number n in the room, at n seconds: its id. Ana's are
 * ours. */
void
talk(const char *room, const char *nick, const char *text, unsigned n);

/* Answers the oldest request; !ok: json is the message. */
void
answer(bool ok, const char *json);

void
event(enum chat_event_type type, const char *room, const char *nick,
    const char *text, bool self);

void
entry(uint64_t number, enum chat_entry_state st, const char *room,
    const char *text, const char *reason);

/* The end of the loop's turn. */
void
turn(void);

#endif
