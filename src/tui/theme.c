#include "config.h"

#include "tui/theme.h"

enum {
	DEFAULT = -1,
	RED = 1,
	GREEN = 2,
	BLUE = 4,
	MAGENTA = 5,
	CYAN = 6,
	WHITE = 15,
	BRIGHT = 8, /* added to a colour */
};

/* White, yellow and black are on one ground or the other not to be seen, and
 * plain blue is not on black. Bright black (8) is the ground itself in some
 * palettes; what steps back is dim. */
static const struct theme_look looks[ROLE_END] = {
	[ROLE_TEXT] = { DEFAULT, DEFAULT, 0 },
	[ROLE_FRAME] = { DEFAULT, DEFAULT, STYLE_DIM },
	[ROLE_TIME] = { DEFAULT, DEFAULT, STYLE_DIM },
	[ROLE_TOPIC] = { WHITE, BLUE, 0 },
	[ROLE_STATUS] = { WHITE, BLUE, 0 },
	[ROLE_STATUS_GOOD] = { WHITE, BLUE, 0 },
	[ROLE_STATUS_BAD] = { WHITE, RED, STYLE_BOLD },
	[ROLE_STATUS_ALERT] = { WHITE, BLUE, STYLE_BOLD },
	[ROLE_ACTION] = { DEFAULT, DEFAULT, 0 },
	[ROLE_INFO] = { BRIGHT + BLUE, DEFAULT, 0 },
	[ROLE_ERROR] = { RED, DEFAULT, STYLE_BOLD },
	[ROLE_EVENT] = { DEFAULT, DEFAULT, STYLE_DIM },
	[ROLE_DAY] = { DEFAULT, DEFAULT, STYLE_DIM },
	[ROLE_UNREAD_LINE] = { RED, DEFAULT, 0 },
	[ROLE_MENTION] = { WHITE, MAGENTA, STYLE_BOLD },
	[ROLE_WAITING] = { MAGENTA, DEFAULT, STYLE_BOLD },
	[ROLE_DELIVERED] = { GREEN, DEFAULT, 0 },
	[ROLE_FAILED] = { RED, DEFAULT, STYLE_BOLD },
	[ROLE_ROOM] = { DEFAULT, DEFAULT, 0 },
	[ROLE_ROOM_CURRENT] = { WHITE, BLUE, STYLE_BOLD },
	[ROLE_ROOM_UNREAD] = { DEFAULT, DEFAULT, STYLE_BOLD },
	[ROLE_ROOM_MENTION] = { WHITE, MAGENTA, STYLE_BOLD },
	[ROLE_OWN_NICK] = { DEFAULT, DEFAULT, STYLE_BOLD },
	[ROLE_HIT] = { DEFAULT, DEFAULT, STYLE_UNDERLINE },
	[ROLE_HIT_CURRENT] = { DEFAULT, DEFAULT, STYLE_REVERSE },
	[ROLE_PROMPT] = { DEFAULT, DEFAULT, STYLE_BOLD },
	[ROLE_HINT] = { DEFAULT, DEFAULT, STYLE_DIM },
	[ROLE_REACTIONS] = { CYAN, DEFAULT, 0 },
	[ROLE_CHOSEN] = { DEFAULT, DEFAULT, STYLE_REVERSE },
	[ROLE_MORE_BELOW] = { MAGENTA, DEFAULT, STYLE_BOLD },
	[ROLE_NICK_0] = { RED, DEFAULT, 0 },
	[ROLE_NICK_0 + 1] = { GREEN, DEFAULT, 0 },
	[ROLE_NICK_0 + 2] = { MAGENTA, DEFAULT, 0 },
	[ROLE_NICK_0 + 3] = { CYAN, DEFAULT, 0 },
	[ROLE_NICK_0 + 4] = { BRIGHT + BLUE, DEFAULT, 0 },
	[ROLE_NICK_0 + 5] = { BRIGHT + MAGENTA, DEFAULT, 0 },
};

style_t
theme_nick(struct slice nick)
{
	uint32_t hash = 2166136261u; /* FNV-1a */

	for (size_t i = 0; i < nick.len; i++)
		hash = (hash ^ (unsigned char)nick.p[i]) * 16777619u;
	hash ^= hash >> 16;
	return (style_t)(ROLE_NICK_0 + hash % THEME_NICKS);
}

struct theme_look
theme_look(style_t style, int colors)
{
	unsigned role = style & STYLE_ROLE;
	struct theme_look look = looks[role < ROLE_END ? role : ROLE_TEXT];

	look.attrs |= style & (style_t)~STYLE_ROLE;
	if (colors < 8) {
		/* a ground of its own becomes the reverse */
		if (look.bg != DEFAULT)
			look.attrs |= STYLE_REVERSE;
		look.fg = look.bg = DEFAULT;
	} else if (colors < 16 && look.fg >= BRIGHT) {
		look.fg = look.fg == BRIGHT + BLUE ? CYAN : look.fg - BRIGHT;
	}
	return look;
}
