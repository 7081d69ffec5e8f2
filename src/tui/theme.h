/*
 * The looks: what a part of the screen is (a role), and which of the 16
 * colours of the terminal and attributes that makes. The palette is the
 * user's, so that only colours are used that can be read on a light and on a
 * dark ground; nothing is told by colour alone.
 */
#ifndef CHAT_TUI_THEME_H
#define CHAT_TUI_THEME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

/* A role, and attributes or-ed to it. */
typedef uint16_t style_t;

enum {
	STYLE_BOLD = 0x100,
	STYLE_UNDERLINE = 0x200,
	STYLE_REVERSE = 0x400,
	STYLE_DIM = 0x800,
	STYLE_ROLE = 0xff,
};

enum theme_role {
	ROLE_TEXT,
	ROLE_FRAME, /* lines between panes, separators */
	ROLE_TIME,
	ROLE_TOPIC,
	ROLE_STATUS,
	ROLE_STATUS_GOOD, /* on the status line */
	ROLE_STATUS_BAD,
	ROLE_STATUS_ALERT,
	ROLE_ACTION,
	ROLE_INFO,
	ROLE_ERROR,
	ROLE_EVENT,
	ROLE_DAY,
	ROLE_UNREAD_LINE,
	ROLE_MENTION,
	ROLE_WAITING,
	ROLE_DELIVERED,
	ROLE_FAILED,
	ROLE_ROOM,
	ROLE_ROOM_CURRENT,
	ROLE_ROOM_UNREAD,
	ROLE_ROOM_MENTION,
	ROLE_OWN_NICK,
	ROLE_HIT,
	ROLE_HIT_CURRENT,
	ROLE_PROMPT,
	ROLE_HINT,
	ROLE_MORE_BELOW,
	ROLE_REACTIONS,
	ROLE_CHOSEN, /* the line of select mode, of a list */
	ROLE_NICK_0, /* THEME_NICKS of them */
	ROLE_END = ROLE_NICK_0 + 6,
};

enum { THEME_NICKS = ROLE_END - ROLE_NICK_0 };

/* The colour role of somebody's nick. */
style_t
theme_nick(struct slice nick);

/* What a style is with so many colours (0, 8, 16 and more). fg, bg: -1 for
 * the terminal's own. attrs: STYLE_BOLD and so on. */
struct theme_look {
	short fg, bg;
	style_t attrs;
};

struct theme_look
theme_look(style_t style, int colors);

#endif
