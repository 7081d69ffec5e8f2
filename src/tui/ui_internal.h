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
	UI_NAME_MAX = 256,     /* bytes of a nick or room */
	UI_LINE_MAX = 4096,    /* of a topic, a notice */
	UI_QUERY_MAX = 256,    /* of what is searched */
	UI_CHOICES_MAX = 50,   /* rooms to choose from */
	UI_TEXT_MAX = 4 << 20, /* of a message */
	UI_PAGE = 100,         /* messages asked for at once */
	UI_PAGE_MAX = 200,     /* that can come */
	UI_HITS_MAX = 1000,    /* messages in a list */
	UI_READ_MS = 500,      /* between two tellings of what was read */
	UI_QUOTE_MAX = 512,    /* bytes of a quote */
	UI_ASIDE_MAX = 64,     /* lines */
};

/* What is typed goes there and not into the message. */
enum ui_prompt {
	UI_PROMPT_NONE,
	UI_PROMPT_FIND,     /* in the messages */
	UI_PROMPT_ROOM,     /* to go to */
	UI_PROMPT_DELETE,   /* the chosen message: y or n */
	UI_PROMPT_REACT,    /* to the chosen message: an emoji */
	UI_PROMPT_PASSWORD, /* the server's: asterisks */
};

/* What becomes of what is typed, but for commands. */
enum ui_compose_kind {
	UI_COMPOSE_MESSAGE,
	UI_COMPOSE_REPLY,
	UI_COMPOSE_EDIT,
};

struct ui_compose {
	enum ui_compose_kind kind;
	struct msgid id; /* of the message that it is about */
	char *nick;      /* whose that is */
	char *draft;     /* UI_COMPOSE_EDIT: what was being typed */
};

/* A request on its way: chat_close drops it without a call, so that they are
 * kept in a list. */
struct ui_request {
	LIST_ENTRY(ui_request) link;
	struct ui *ui;
	void (*done)(struct ui_request *q, const struct chat_reply *r);
	char *room;      /* a name, or NULL */
	struct msgid id; /* of a message */
	unsigned serial; /* of the window or list that it is for; 0: none */
};

/* What was found. */
struct ui_list {
	bool shown, more, loading;
	unsigned serial;
	struct view_list view;
	struct ui_hit {
		struct msgid id;
		char *room, *with;         /* as the server tells them */
		char *label, *nick, *text; /* cleaned */
	} * hits;
	struct view_row *rows;
	const char *event; /* "search", "mentions" */
	char *query;       /* its members, raw JSON without braces */
	char *title;
};

/* A message as a line, cleaned. */
struct ui_line {
	struct model_line l;
	struct buf nick, text, quote, reactions, ours;
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
	char *room_key;     /* whose text is in the editor; NULL: none */
	struct room *fresh; /* joined in this turn, empty before */
	struct line *aside[UI_ASIDE_MAX]; /* its own, for behind the first
					   * page, which is older */
	unsigned n_aside;
	/* the connection */
	enum chat_phase phase;
	bool was_online;
	char *problem;          /* that kept the first connection, told; NULL */
	uint64_t retry_at;      /* loop_now; 0: not known */
	unsigned rows, columns; /* of the last ui_draw */
	bool in_command;
	char message[MSGID_STR_MAX]; /* last told to a command */
	/* older messages and finding them */
	LIST_HEAD(, ui_request) requests;
	struct ui_list list;
	unsigned window_serial;
	bool selecting;
	struct ui_compose compose;
	uint64_t read_at;   /* loop_now: not earlier the next one is told */
	uint64_t typing_at; /* loop_now when the typing line changes; or 0 */
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

/* To the room of the URL's invitation, instead of into the lobby. NULL: too
 * many are open. */
struct room *
ui_go_into(struct ui *ui, struct slice name);

/* nick: not cleaned yet; NULL: not known. */
void
ui_set_nick(struct ui *ui, const char *nick);

/* Appends a nick or the name of a room, cleaned. */
void
ui_clean_name(struct buf *out, struct slice name);

/* Messages for r come that are older than what we have told in it so far; and
 * that is over. */
void
ui_fresh(struct ui *ui, struct room *r);

void
ui_fresh_end(struct ui *ui);

/* A line of the client's own in r; NULL: in the current room. */
void
ui_tell(struct ui *ui, struct room *r, enum line_kind kind, struct slice text);

extern const struct commands_ops ui_commands_ops;

/* complete_source; arg: the ui. */
void
ui_complete_source(void *arg, enum complete_kind kind, struct complete *c);

/* ---- ui_message.c ---- */

void
ui_on_message(void *arg, const struct chat_message *m);

void
ui_on_change(void *arg, const struct chat_change *ch);

void
ui_line_init(struct ui *ui, const struct chat_message *m, struct ui_line *out);

void
ui_line_deinit(struct ui_line *l);

/* "ana: hola", cut. */
void
ui_put_quote(struct buf *out, struct slice nick, struct slice text);

/* ---- ui_history.c ---- */

/* A request with an object of these members (raw JSON without braces). The
 * answer goes to done. */
struct ui_request *
ui_request_new(struct ui *ui,
    void (*done)(struct ui_request *q, const struct chat_reply *r));

void
ui_request_send(struct ui_request *q, const char *event, struct slice members);

void
ui_requests_free(struct ui *ui);

/* After scrolling: has what is above the oldest line, or below a window; who
 * goes on at its end is back at the newest lines. */
void
ui_load(struct ui *ui, bool upwards, bool moved);

/* Goes to a message, wherever it is. */
void
ui_jump(struct ui *ui, struct slice name, struct slice with, struct msgid id);

/* Back to the newest lines. */
void
ui_back(struct ui *ui);

/* Tells the server what has been seen. */
void
ui_mark_read(struct ui *ui);

/* Room of a name as the peer gave it, with the nick of the other one if it is
 * a direct one; opened if it isn't open. NULL: so many are open already. */
struct room *
ui_room_of(struct ui *ui, struct slice name, struct slice with);

/* ---- ui_list.c ---- */

/* Asks for messages and shows them to choose from. title: cleaned. */
void
ui_list_ask(
    struct ui *ui, const char *event, struct slice members, struct slice title);

/* True if the key was for the list. */
bool
ui_list_key(struct ui *ui, const struct keymap_binding *b);

void
ui_list_close(struct ui *ui);

/* ---- ui_select.c ---- */

void
ui_select_start(struct ui *ui);

void
ui_select_end(struct ui *ui);

/* Typed letters, and keys; true if it was for the mode. */
void
ui_select_text(struct ui *ui, struct slice s);

bool
ui_select_key(struct ui *ui, const struct keymap_binding *b);

/* What the chosen message is asked for by the small prompts. */
void
ui_select_delete(struct ui *ui);

void
ui_select_react(struct ui *ui, struct slice emoji);

/* Ends a reply or an edit; the draft is back. */
void
ui_compose_end(struct ui *ui);

/* Sends what was typed as what it is. False: it was wrong, the user has been
 * told why. */
bool
ui_compose_send(struct ui *ui, struct slice line);

/* The small prompts. */
void
ui_prompt_start(struct ui *ui, enum ui_prompt prompt);

void
ui_prompt_text(struct ui *ui, struct slice s);

/* True if the key was for the prompt; else the prompt is left. */
bool
ui_prompt_key(struct ui *ui, const struct keymap_binding *b);

#endif
