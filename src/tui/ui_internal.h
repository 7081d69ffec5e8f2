/* What the files of the ui share; nobody else includes it. */
#ifndef CHAT_TUI_UI_INTERNAL_H
#define CHAT_TUI_UI_INTERNAL_H

#include <sys/queue.h>

#include "tui/commands.h"
#include "tui/complete.h"
#include "tui/editor.h"
#include "tui/history.h"
#include "tui/keymap.h"
#include "tui/model.h"
#include "tui/settings.h"
#include "tui/ui.h"
#include "tui/view.h"

enum {
	UI_NAME_MAX = 256,   /* bytes of a nick or room */
	UI_LINE_MAX = 4096,  /* of a topic, a notice */
	UI_QUERY_MAX = 256,  /* of what is searched */
	UI_CHOICES_MAX = 50, /* rooms to choose from */
};

/* What is typed goes there and not into the message. */
enum ui_prompt {
	UI_PROMPT_NONE,
	UI_PROMPT_FIND, /* in the messages */
	UI_PROMPT_ROOM, /* to go to */
};

/* What was being typed in a room that is not looked at. */
struct ui_draft {
	LIST_ENTRY(ui_draft) link;
	char *room; /* its key */
	char *text;
	size_t len;
};

struct ui {
	struct loop *loop;
	struct chat *chat;
	const struct ui_ops *ops;
	void *arg;
	struct ui_options opt;
	struct model model;
	struct view view;
	struct history history;
	struct editor editor;
	struct complete complete;
	struct settings settings;
	struct commands *commands;
	struct keymap keymap;
	struct loop_task draw;
	struct view_overlay overlay;
	struct buf help;
	struct buf notice;
	struct buf texts; /* of the last ui_draw */
	/* the small prompt */
	enum ui_prompt prompt;
	struct buf query;
	bool found;
	struct slice choices[UI_CHOICES_MAX]; /* names of rooms */
	unsigned n_choices, chosen;
	/* rooms */
	LIST_HEAD(, ui_draft) drafts;
	char *room_key;           /* whose text is in the editor; NULL: none */
	const struct room *fresh; /* joined in this turn, empty before */
	/* the connection */
	enum chat_phase phase;
	bool was_online;
	char *problem;     /* that kept the first connection, told; NULL */
	uint64_t retry_at; /* loop_now; 0: not known */
	unsigned rows;     /* of the last ui_draw */
	bool in_command;
};

/* Something has changed: draws at the end of the turn. */
void
ui_changed(struct ui *ui);

/* After the current room may have changed: each has its own input line. */
void
ui_room_changed(struct ui *ui);

void
ui_switch(struct ui *ui, struct room *r);

/* There has to be another one. */
void
ui_close_room(struct ui *ui, struct room *r);

/* nick: not cleaned yet; NULL: not known. */
void
ui_set_nick(struct ui *ui, const char *nick);

/* Appends a nick or the name of a room, cleaned. */
void
ui_clean_name(struct buf *out, struct slice name);

/* A line of the client's own in r; NULL: in the current room. */
void
ui_tell(struct ui *ui, struct room *r, enum line_kind kind, struct slice text);

/* Asks for the rooms of the options, once. */
void
ui_join_rooms(struct ui *ui);

extern const struct commands_ops ui_commands_ops;

/* complete_source; arg: the ui. */
void
ui_complete_source(void *arg, enum complete_kind kind, struct complete *c);

/* The small prompts. */
void
ui_prompt_start(struct ui *ui, enum ui_prompt prompt);

void
ui_prompt_text(struct ui *ui, struct slice s);

/* True if the key was for the prompt; else the prompt is left. */
bool
ui_prompt_key(struct ui *ui, const struct keymap_binding *b);

#endif
