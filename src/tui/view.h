/*
 * The layout: a model, a status line, an input line and what lies over them
 * become a grid. Pure: no terminal, no clock but the zone of localtime.
 * Keeps what only the screen needs: which panes are wanted, the search.
 *
 *	 topic of the room
 *	1 lobby   12:01  ana │ hello             ana
 *	2 dev  3  12:02   bo │ a text that       bo
 *	3 ops *1             │ wraps             me
 *	 12:03 me ● localhost:3000 lag 2 ms  [Act: 3]
 *	[lobby] typed text
 */
#ifndef CHAT_TUI_VIEW_H
#define CHAT_TUI_VIEW_H

#include <stdbool.h>

#include "base/slice.h"
#include "tui/grid.h"
#include "tui/model.h"

/* All cleaned; "" for what there isn't. */
struct view_status {
	struct slice clock; /* "12:03" */
	struct slice nick;
	struct slice server;     /* "localhost:3000" */
	struct slice connection; /* "connecting…", "retry in 3 s"; shown
				  * instead of the lag if not online */
	bool online;
	bool secure;
	int lag_ms;           /* -1: not known */
	unsigned waiting;     /* lines of ours not delivered */
	struct slice problem; /* one line, above the status line */
	struct slice typing;  /* "ana is typing", or "" */
};

struct view_input {
	struct slice prompt; /* "": "[room] " is made by the view */
	struct slice text;   /* may have '\n' */
	size_t cursor;       /* byte offset in text */
	struct slice hint;   /* dim, behind the text: "no match" */
};

/* A message in a list; all cleaned. */
struct view_row {
	uint64_t at;
	struct slice room, nick, text;
};

/* Messages to choose from, over the others. */
struct view_list {
	struct slice title, hint;
	const struct view_row *rows;
	unsigned n, chosen;
	unsigned first, page; /* the view's; page: rows shown */
};

/* Over the messages; any may be absent. */
struct view_overlay {
	struct view_list *list; /* NULL */
	/* Whole area: help and other long texts. Scrolled by changing `first`,
	 * which view_draw keeps within bounds; `page`: rows shown. */
	struct slice title, text;
	bool shown;
	unsigned first, page;
	/* One row above the input: what Tab goes through. */
	const struct slice *choices;
	unsigned n_choices, chosen; /* chosen == n_choices: none yet */
};

struct view {
	/* The app's to set. */
	bool bare;                    /* no panes, times, nick columns */
	bool hide_rooms, hide_people; /* also where they would fit */
	/* The view's. */
	struct grid grid;
	struct view_layout {
		unsigned row, rows;       /* of the messages */
		unsigned column, columns; /* of them, without the panes */
		unsigned rooms, people;   /* columns of the panes, 0: folded */
		unsigned nicks; /* columns of the nicks; 0: not aligned */
		unsigned times; /* columns of the times, or 0 */
		bool bare;
	} layout;
	char *search; /* highlighted; NULL */
	uint64_t top; /* the highest line that was drawn, wholly or not */
};

void
view_init(struct view *v);

void
view_deinit(struct view *v);

/*
 * Lays everything out in rows x columns (of the terminal; at least 1 x 1) and
 * returns the grid, which is the view's and good until the next call.
 * overlay: NULL for none.
 */
const struct grid *
view_draw(struct view *v, struct model *m, const struct view_status *st,
    const struct view_input *in, struct view_overlay *overlay, unsigned rows,
    unsigned columns);

/* Moving in the current room, by the layout of the last view_draw. False if
 * there is nothing to go to. */
enum view_move {
	VIEW_PAGE_UP,
	VIEW_PAGE_DOWN,
	VIEW_UP, /* a row */
	VIEW_DOWN,
	VIEW_TOP,
	VIEW_BOTTOM,
	VIEW_UNREAD,
	VIEW_PREVIOUS_MENTION,
	VIEW_NEXT_MENTION,
};

bool
view_scroll(struct view *v, struct model *m, enum view_move move);

/*
 * Looks for text in the current room, case ignored, and scrolls there: from
 * the newest line, or the last hit of this search, itself included unless
 * `again`. A search for something else begins with view_search_end.
 * What matches is highlighted until view_search_end. False: no (further) hit;
 * the screen stays where it is. An empty text is never found.
 */
bool
view_search(struct view *v, struct model *m, struct slice text, bool upwards,
    bool again);

/* Ends the search and its highlighting; stays where it is. */
void
view_search_end(struct view *v, struct model *m);

/* Has the line of the room that is shown on the screen. */
void
view_show(struct view *v, struct model *m, uint64_t id);

/* What was drawn last is less than a screen from the oldest line; has the last
 * line. */
bool
view_at_top(const struct view *v, const struct model *m);

bool
view_at_end(const struct view *v, const struct model *m);

/* Lines below the screen of the current room; 0: it follows. */
unsigned
view_below(const struct view *v, const struct model *m);

#endif
