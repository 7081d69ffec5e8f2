/*
 * What keys do: one table, from which the keys are looked up, the help of the
 * screen is made, and against which the manual page is checked.
 */
#ifndef CHAT_TUI_KEYMAP_H
#define CHAT_TUI_KEYMAP_H

#include <stdbool.h>

#include "base/buf.h"

enum action {
	ACTION_NONE,   /* not bound */
	ACTION_PREFIX, /* the first of two */
	ACTION_EDIT,   /* arg: enum editor_command */
	ACTION_SEND,
	ACTION_COMPLETE, /* arg: 1, -1 */
	ACTION_DELETE_OR_QUIT,
	ACTION_INTERRUPT,
	ACTION_CANCEL,
	ACTION_EDITOR,
	ACTION_ROOM,      /* arg: number from 1 */
	ACTION_ROOM_STEP, /* arg: 1, -1 */
	ACTION_ROOM_ACTIVE,
	ACTION_ROOM_LAST,
	ACTION_ROOM_SWITCHER,
	ACTION_SCROLL, /* arg: enum view_move */
	ACTION_FIND,
	ACTION_SELECT,
	ACTION_BARE,
	ACTION_ROOMS_PANE,
	ACTION_PEOPLE_PANE,
	ACTION_HELP,
	ACTION_REDRAW,
	ACTION_SUSPEND,
};

struct keymap_binding {
	const char *keys[5]; /* as keys_cb.on_key has them; two keys: "C-x u" */
	enum action action;
	int arg;
	const char *label; /* for a group in place of the keys */
	const char *help;  /* NULL: the row above says it */
};

/* What is typed after a key that is the first of two. */
struct keymap {
	char prefix[64]; /* "": none */
};

/* The binding of a key, and of two keys one after the other. Never NULL. */
const struct keymap_binding *
keymap_find(struct keymap *m, const char *key);

/* All of the table as text, a line for each binding: "Ctrl-A, Home  start of
 * the line", in groups with a title. */
void
keymap_help(struct buf *out);

/* A key for people: "Ctrl-X Ctrl-E", "Alt-Left", "PgUp". */
void
keymap_label(const char *key, struct buf *out);

/* Row n of the table: false behind the last. title: of the group that begins
 * here, or NULL. */
bool
keymap_row(unsigned n, const struct keymap_binding **row, const char **title);

#endif
