/*
 * What the terminal client knows and the screen shows: the rooms in order,
 * each with its people, its lines, and lines of ours that wait; which one is
 * looked at; what is unread. No I/O, no drawing, no clock. Owned by the app,
 * which changes it by these functions and reads the structs as they are.
 *
 * Every text given to the model is cleaned already (base/clean.h): names,
 * nicks and topics by clean_line, texts by clean_text. The model copies.
 */
#ifndef CHAT_TUI_MODEL_H
#define CHAT_TUI_MODEL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/slice.h"
#include "tui/scrollback.h"

#define MODEL_LOBBY "lobby"

enum {
	MODEL_NICK_COLUMNS = 16, /* a wider nick is cut in its column */
	MODEL_ROOMS_MAX = 256,
	MODEL_PEOPLE_MAX = 5000, /* of a room; others are not known */
	MODEL_RECENT_MAX = 50,   /* who has spoken last in a room */
	MODEL_FOLD_NAMES = 20,   /* told in one line; others are counted */
	MODEL_TYPING_MAX = 4,    /* people in a room; others are not told */
	MODEL_TYPING_MS = 6000,  /* that someone is told to be typing */
};

enum person_role {
	PERSON_MEMBER,
	PERSON_MODERATOR,
	PERSON_OWNER,
};

/* Someone in a room. */
struct person {
	char *nick, *key; /* key: case-folded, what is compared */
	bool away;
	enum person_role role;
};

struct typist {
	char *nick;
	uint64_t until; /* ms of a monotonic clock */
};

/* What is above the oldest line of a room. */
enum model_above {
	ABOVE_UNKNOWN, /* older lines may be had */
	ABOVE_LOADING,
	ABOVE_NOTHING, /* it is the beginning */
	ABOVE_FAILED,  /* they can't be had for now */
};

/* A line of ours that the outbox has not done with. */
struct pending {
	TAILQ_ENTRY(pending) link;
	uint64_t number; /* of the outbox entry */
	uint64_t line;   /* MARK_SENT: its id in the scrollback; else 0 */
	struct line *l;  /* MARK_WAITING: shown below the scrollback */
};

/* Joins and leaves that follow each other, one line. */
struct fold {
	uint64_t line; /* 0: none */
	struct fold_entry {
		char *nick;
		bool came, is_here; /* at first, at last */
	} v[MODEL_FOLD_NAMES];
	unsigned n;
	unsigned more_came, more_left; /* of others than these */
};

/* Where the view is in a room; the view's (tui/view.h). */
struct room_scroll {
	uint64_t anchor; /* id of the line of the lowest row; 0: follows */
	unsigned below;  /* rows of that line below the lowest row */
	uint64_t seen;   /* newest line that was there when it left the end */
	uint64_t hit;    /* line of the search hit, or 0 */
	uint64_t found;  /* the same, and still when it is scrolled away */
	uint64_t chosen; /* line of select mode, or 0 */
};

struct room {
	TAILQ_ENTRY(room) link;
	char *name, *key;      /* key: case-folded, what is compared */
	char *label;           /* what people call it; a direct one "@nick" */
	char *topic;           /* "" for none */
	bool joined;           /* or left, or not back yet */
	bool is_private;       /* for those who are invited only */
	unsigned slow;         /* s between two messages of a person, or 0 */
	bool muted;            /* counts mentions only */
	struct person *people; /* sorted by key */
	unsigned n_people, cap_people;
	struct person recent[MODEL_RECENT_MAX]; /* others who have spoken,
						 * the last one first */
	unsigned n_recent;
	struct scrollback lines;
	TAILQ_HEAD(pending_list, pending) pending; /* as typed */
	unsigned unread, mentions; /* messages since it was looked at */
	uint64_t unread_line;      /* dashed line above this one; or 0 */
	bool unread_seen;          /* the next unread one gets the line */
	struct msgid read;         /* the person's marker; {0, 0}: none */
	struct msgid read_told;    /* up to here the server knows by us */
	bool unread_due; /* the first line behind the marker gets the line */
	bool counted;    /* what we have missed is in unread already */
	enum model_above above;
	bool detached; /* a window */
	bool newer;    /* than what is in it */
	bool newer_asked;
	struct typist typing[MODEL_TYPING_MAX];
	unsigned n_typing;
	struct fold fold;
	unsigned nick_columns; /* the widest nick in its lines */
	struct room_scroll scroll;
};

struct model {
	TAILQ_HEAD(room_list, room) rooms; /* the lobby first, if open */
	unsigned n_rooms;
	struct room *current, *previous; /* NULL while there is none */
	/* Lines of the current room from another time, shown in the place of
	 * its own; not among the rooms. NULL: none. */
	struct room *window;
	char *nick;   /* ours; "" unknown */
	bool focused; /* the terminal is looked at */
};

void
model_init(struct model *m);

void
model_deinit(struct model *m);

/* Our nick, for the bold one in the people pane. */
void
model_set_nick(struct model *m, struct slice nick);

/* Focus of the terminal: without it the current room's messages are unread,
 * too. */
void
model_set_focus(struct model *m, bool focused);

/*
 * The room of that name; the second opens it if there is none: the lobby at
 * the front, others at the end. The first room opened is the current one.
 * NULL if there are MODEL_ROOMS_MAX already.
 */
struct room *
model_room(const struct model *m, struct slice name);

struct room *
model_open(struct model *m, struct slice name);

/* A direct room is called by the nick of the other one. It may have been
 * opened as "@NICK", before its name was known: then it has it now. */
struct room *
model_open_direct(struct model *m, struct slice name, struct slice nick);

/* Frees r with all that it holds; the previous room (or a neighbour) is
 * current then. Lines of ours that wait in it are forgotten by the model
 * only. */
void
model_close(struct model *m, struct room *r);

/* Makes r the current one: it counts as read, its unread line stays until it
 * is left. */
void
model_switch(struct model *m, struct room *r);

/* Number n from 1; NULL. */
struct room *
model_nth(const struct model *m, unsigned n);

/* From 1, as shown. */
unsigned
model_number(const struct model *m, const struct room *r);

/* The one `step` (1, -1) beside the current one, around the ends. */
struct room *
model_neighbour(const struct model *m, int step);

/* Where something happened: mentions first, then unread messages, in order
 * after the current one; then NULL. */
struct room *
model_next_active(const struct model *m);

void
model_set_topic(struct room *r, struct slice topic);

/*
 * Adds a line at the end. A message or action that is not own counts as
 * unread if the room isn't looked at, unless quiet (history from before we
 * came, or counted by the server). A muted room counts those only that mention
 * us. Returns its id.
 */
struct model_line {
	enum line_kind kind;
	uint64_t at;
	struct msgid id; /* of a message; {0, 0}: none */
	struct slice nick, text;
	struct slice quote, reactions, ours; /* see line_extra */
	bool own, mention, quiet, edited, deleted;
};

uint64_t
model_add(struct model *m, struct room *r, const struct model_line *new);

/* Drops the lines of r, not those that wait. */
void
model_clear(struct room *r);

/*
 * A line of ours, on its way: shown below all others with the mark for
 * waiting. number: of the outbox entry. A number that is known already is left
 * as it is.
 */
struct model_pending {
	uint64_t number;
	enum line_kind kind;
	uint64_t at;
	struct slice text, quote;
};

void
model_add_pending(
    struct model *m, struct room *r, const struct model_pending *new);

/*
 * What became of it: MARK_SENT and MARK_DELIVERED make it a line of the room,
 * at its end; after MARK_SENT there may come one of the others. MARK_FAILED
 * adds the reason below it. id: of the message then, and its time; {0, 0}: not
 * known.
 * False if the number is not known.
 */
bool
model_settle(struct model *m, uint64_t number, enum line_mark mark,
    struct msgid id, struct slice reason);

/* Lines that wait, in all rooms. */
unsigned
model_waiting(const struct model *m);

/* People. The first three say nothing in the room. */
void
model_add_person(struct room *r, struct slice nick);

void
model_remove_person(struct room *r, struct slice nick);

/* Before the members are told anew. */
void
model_clear_people(struct room *r);

struct person *
model_person(const struct room *r, struct slice nick);

/* Whether r->recent has one of that key. */
bool
model_is_recent(const struct room *r, const char *key);

/* Adds or removes the person and tells it in a line; joins and leaves that
 * follow each other share one: "→ ana, bo; ← cy". Nothing if it is no news, or
 * if there are too many people to know. */
void
model_join(struct room *r, struct slice nick, uint64_t at);

void
model_leave(struct room *r, struct slice nick, uint64_t at);

/* In all rooms where there is one of that name, with a line in each; who has
 * spoken; and ours, if it is our nick. */
void
model_rename(struct model *m, struct slice from, struct slice to, uint64_t at);

/* Older messages, see model_history.c. */

/* The one that is looked at: the window or the current room; NULL. */
struct room *
model_shown(const struct model *m);

/* Opens a window on the current room, empty; the old one is gone. */
struct room *
model_open_window(struct model *m);

void
model_close_window(struct model *m);

/* A page of older or newer lines: made one by one, oldest first, and put
 * above or below those of r, which takes them. */
struct line *
model_make_line(const struct model_line *new);

void
model_add_above(struct room *r, struct line **lines, unsigned n);

void
model_add_below(struct room *r, struct line **lines, unsigned n);

/* Takes the oldest line off (there is one): the caller's. */
struct line *
model_take_off(struct room *r);

/* The oldest, the newest message of a room; {0, 0}: none. */
struct msgid
model_oldest(const struct room *r);

struct msgid
model_newest(const struct room *r);

/* Changes of a message, wherever it is shown. A deleted one has a text that
 * tells so. */
void
model_edit(struct model *m, struct room *r, struct msgid id, struct slice text);

void
model_delete(
    struct model *m, struct room *r, struct msgid id, struct slice text);

void
model_react(struct model *m, struct room *r, struct msgid id,
    struct slice reactions, struct slice ours);

/* What the server says of where the person has read, and of what is behind
 * that. entered: lines follow, and the first behind it gets the unread line. */
void
model_set_marker(struct model *m, struct room *r, struct msgid read,
    unsigned unread, unsigned mentions, bool entered);

/* All of r has been seen. */
void
model_read_all(struct room *r);

/* Somebody is typing, until `until`; or has said it. */
void
model_typing(struct room *r, struct slice nick, uint64_t until);

void
model_typed(struct room *r, struct slice nick);

/* Forgets those who have stopped; when the next one does, or 0. */
uint64_t
model_expire_typing(struct room *r, uint64_t now);

/* In all rooms where there is one of that name. */
void
model_set_away(struct model *m, struct slice nick, bool away);

/* Case-folded for comparing names; free() it. */
char *
model_fold(struct slice s);

#endif
