#include "config.h"

#include "tui/keymap.h"

#include <stdio.h>
#include <string.h>

#include "tui/editor.h"
#include "tui/text.h"
#include "tui/view.h"

#define EDIT(command) ACTION_EDIT, EDITOR_##command

static const struct group {
	const char *title;
	struct keymap_binding rows[32];
} groups[] = {
	{ "The input line",
	    {
		{ { "Enter", "KPEnter" }, ACTION_SEND, 0, NULL, "send" },
		{ { "M-Enter", "C-j" }, EDIT(NEWLINE), NULL,
		    "new line in the message" },
		{ { "Tab" }, ACTION_COMPLETE, 1, NULL,
		    "complete a nick, command or room; again: the next" },
		{ { "S-Tab" }, ACTION_COMPLETE, -1, NULL, "the one before" },
		{ { "Up" }, EDIT(UP), NULL, "a line up, or older input" },
		{ { "Down" }, EDIT(DOWN), NULL, "a line down, or newer input" },
		{ { "C-r" }, EDIT(SEARCH), NULL,
		    "search older input; again: the next" },
		{ { "C-x C-e" }, ACTION_EDITOR, 0, NULL,
		    "write it in $VISUAL or $EDITOR" },
		{ { "C-c" }, ACTION_INTERRUPT, 0, NULL,
		    "clear the line; the history keeps it" },
		{ { "C-d" }, ACTION_DELETE_OR_QUIT, 0, NULL,
		    "delete to the right; on an empty line: quit" },
		{ { "Escape", "C-g" }, ACTION_CANCEL, 0, NULL,
		    "leave a search, a list, a reply, older messages" },
	    } },
	{ "Editing",
	    {
		{ { "Left", "C-b" }, EDIT(LEFT), NULL, "left" },
		{ { "Right", "C-f" }, EDIT(RIGHT), NULL, "right" },
		{ { "M-b", "C-Left" }, EDIT(WORD_LEFT), NULL,
		    "a word to the left" },
		{ { "M-f", "C-Right" }, EDIT(WORD_RIGHT), NULL,
		    "a word to the right" },
		{ { "C-a", "Home", "Find" }, EDIT(LINE_START), NULL,
		    "start of the line" },
		{ { "C-e", "End", "Select" }, EDIT(LINE_END), NULL,
		    "end of the line" },
		{ { "Backspace", "C-h" }, EDIT(DELETE_LEFT), NULL,
		    "delete to the left" },
		{ { "Delete" }, EDIT(DELETE_RIGHT), NULL,
		    "delete to the right" },
		{ { "C-w" }, EDIT(KILL_SPACE_LEFT), NULL,
		    "cut back to white space" },
		{ { "M-Backspace", "M-C-h" }, EDIT(KILL_WORD_LEFT), NULL,
		    "cut a word to the left" },
		{ { "M-d" }, EDIT(KILL_WORD_RIGHT), NULL,
		    "cut a word to the right" },
		{ { "C-u" }, EDIT(KILL_LINE_START), NULL,
		    "cut to the start of the line" },
		{ { "C-k" }, EDIT(KILL_LINE_END), NULL,
		    "cut to the end of the line" },
		{ { "C-y" }, EDIT(YANK), NULL, "insert what was cut last" },
		{ { "M-y" }, EDIT(YANK_POP), NULL,
		    "instead of it what was cut before" },
		{ { "C-t" }, EDIT(TRANSPOSE), NULL, "swap two characters" },
		{ { "C-x C-u" }, EDIT(UPPER), NULL, "upper-case a word" },
		{ { "C-x C-l" }, EDIT(LOWER), NULL, "lower-case a word" },
		{ { "M-c" }, EDIT(CAPITALIZE), NULL, "capitalize a word" },
		{ { "C-_", "C-x u", "C-x C-_" }, EDIT(UNDO), NULL, "undo" },
	    } },
	{ "Rooms",
	    {
		{ { "M-1" }, ACTION_ROOM, 1, "Alt-1 ... Alt-9, Alt-0",
		    "room 1 to 10" },
		{ { "M-2" }, ACTION_ROOM, 2, NULL, NULL },
		{ { "M-3" }, ACTION_ROOM, 3, NULL, NULL },
		{ { "M-4" }, ACTION_ROOM, 4, NULL, NULL },
		{ { "M-5" }, ACTION_ROOM, 5, NULL, NULL },
		{ { "M-6" }, ACTION_ROOM, 6, NULL, NULL },
		{ { "M-7" }, ACTION_ROOM, 7, NULL, NULL },
		{ { "M-8" }, ACTION_ROOM, 8, NULL, NULL },
		{ { "M-9" }, ACTION_ROOM, 9, NULL, NULL },
		{ { "M-0" }, ACTION_ROOM, 10, NULL, NULL },
		{ { "C-n", "M-Right" }, ACTION_ROOM_STEP, 1, NULL,
		    "next room" },
		{ { "C-p", "M-Left" }, ACTION_ROOM_STEP, -1, NULL,
		    "previous room" },
		{ { "M-a" }, ACTION_ROOM_ACTIVE, 0, NULL,
		    "next room where something is new" },
		{ { "M-/" }, ACTION_ROOM_LAST, 0, NULL,
		    "the room you were in before" },
		{ { "M-j" }, ACTION_ROOM_SWITCHER, 0, NULL,
		    "go to a room by a part of its name" },
	    } },
	{ "Reading",
	    {
		{ { "PageUp" }, ACTION_SCROLL, VIEW_PAGE_UP, NULL,
		    "a page up" },
		{ { "PageDown" }, ACTION_SCROLL, VIEW_PAGE_DOWN, NULL,
		    "a page down" },
		{ { "C-Up" }, ACTION_SCROLL, VIEW_UP, NULL, "a row up" },
		{ { "C-Down" }, ACTION_SCROLL, VIEW_DOWN, NULL, "a row down" },
		{ { "M-<", "M-Home", "C-Home" }, ACTION_SCROLL, VIEW_TOP, NULL,
		    "to the top" },
		{ { "M->", "M-End", "C-End" }, ACTION_SCROLL, VIEW_BOTTOM, NULL,
		    "to the newest" },
		{ { "M-u" }, ACTION_SCROLL, VIEW_UNREAD, NULL,
		    "to the first unread message" },
		{ { "M-p" }, ACTION_SCROLL, VIEW_PREVIOUS_MENTION, NULL,
		    "to the mention of you before" },
		{ { "M-n" }, ACTION_SCROLL, VIEW_NEXT_MENTION, NULL,
		    "to the next mention of you" },
		{ { "M-s" }, ACTION_FIND, 0, NULL,
		    "search what is here; again: the next older" },
		{ { "C-s" }, ACTION_SELECT, 0, NULL,
		    "choose a message, to do something with it" },
	    } },
	{ "The screen",
	    {
		{ { "F1" }, ACTION_HELP, 0, NULL, "this help" },
		{ { "F7" }, ACTION_ROOMS_PANE, 0, NULL,
		    "list of rooms on or off" },
		{ { "F8" }, ACTION_PEOPLE_PANE, 0, NULL,
		    "list of people on or off" },
		{ { "M-l" }, ACTION_BARE, 0, NULL,
		    "bare view, for copying, on or off" },
		{ { "C-l" }, ACTION_REDRAW, 0, NULL, "draw it again" },
		{ { "C-z" }, ACTION_SUSPEND, 0, NULL, "suspend" },
	    } },
};

static const struct keymap_binding none = { .action = ACTION_NONE };
static const struct keymap_binding prefix = { .action = ACTION_PREFIX };

bool
keymap_row(unsigned n, const struct keymap_binding **row, const char **title)
{
	for (size_t g = 0; g < sizeof(groups) / sizeof(groups[0]); g++) {
		*title = groups[g].title;
		for (*row = groups[g].rows; (*row)->action; ++*row) {
			if (n-- == 0)
				return true;
			*title = NULL;
		}
	}
	return false;
}

const struct keymap_binding *
keymap_find(struct keymap *m, const char *key)
{
	const struct keymap_binding *row;
	const char *title;
	char name[2 * sizeof(m->prefix)];
	bool is_prefix = false;
	size_t len;

	snprintf(name, sizeof(name), "%s%s%s", m->prefix,
	    m->prefix[0] ? " " : "", key);
	len = strlen(name);
	m->prefix[0] = '\0';
	for (unsigned n = 0; keymap_row(n, &row, &title); n++)
		for (size_t i = 0; i < 5 && row->keys[i]; i++) {
			const char *k = row->keys[i];

			if (!strcmp(k, name))
				return row;
			if (!strncmp(k, name, len) && k[len] == ' ')
				is_prefix = true;
		}
	if (!is_prefix || len >= sizeof(m->prefix))
		return &none;
	memcpy(m->prefix, name, len + 1);
	return &prefix;
}

/* One key of a chord. */
static void
label_one(struct slice key, struct buf *out)
{
	static const struct {
		const char *name, *label;
	} names[] = {
		{ "PageUp", "PgUp" },
		{ "PageDown", "PgDn" },
		{ "Escape", "Esc" },
		{ "KPEnter", "Enter (keypad)" },
		{ "Delete", "Del" },
	};
	bool ctrl = false;

	for (; key.len > 2 && key.p[1] == '-'; key = slice_skip(key, 2)) {
		ctrl |= key.p[0] == 'C';
		buf_puts(out, key.p[0] == 'C'   ? "Ctrl-"
			      : key.p[0] == 'M' ? "Alt-"
						: "Shift-");
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (slice_is(key, names[i].name)) {
			buf_puts(out, names[i].label);
			return;
		}
	if (ctrl && key.len == 1 && key.p[0] >= 'a' && key.p[0] <= 'z')
		buf_putc(out, (char)(key.p[0] - 'a' + 'A'));
	else
		buf_append_slice(out, key);
}

void
keymap_label(const char *key, struct buf *out)
{
	struct slice rest = slice_of(key);

	while (rest.len > 0) {
		label_one(slice_take_until(&rest, ' '), out);
		if (rest.len > 0)
			buf_putc(out, ' ');
	}
}

void
keymap_help(struct buf *out)
{
	const struct keymap_binding *row;
	const char *title;

	for (unsigned n = 0; keymap_row(n, &row, &title); n++) {
		struct buf keys;

		if (title)
			buf_printf(out, "%s%s\n", n > 0 ? "\n" : "", title);
		if (!row->help)
			continue;
		buf_init(&keys, 256);
		if (row->label)
			buf_puts(&keys, row->label);
		for (size_t i = 0; !row->label && i < 5 && row->keys[i]; i++) {
			/* old names of Home and End */
			if (!strcmp(row->keys[i], "Find") ||
			    !strcmp(row->keys[i], "Select") ||
			    !strcmp(row->keys[i], "KPEnter") ||
			    !strcmp(row->keys[i], "M-C-h"))
				continue;
			if (i > 0)
				buf_puts(&keys, ", ");
			keymap_label(row->keys[i], &keys);
		}
		buf_printf(out, "  %-26.*s %s\n", SLICE_ARG(buf_view(&keys)),
		    row->help);
		buf_deinit(&keys);
	}
}
