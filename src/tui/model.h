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
};

/* Someone in a room. */
struct person {
	char *nick, *key; /* key: case-folded, what is compared */
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
};

struct room {
	TAILQ_ENTRY(room) link;
	char *name, *key, *topic; /* topic: "" for none */
	bool joined;              /* or left, or not back yet */
	bool muted;               /* counts mentions only */
	struct person *people;    /* sorted by key */
	unsigned n_people, cap_people;
	struct person recent[MODEL_RECENT_MAX]; /* others who have spoken,
						 * the last one first */
	unsigned n_recent;
	struct scrollback lines;
	TAILQ_HEAD(pending_list, pending) pending; /* as typed */
	unsigned unread, mentions; /* messages since it was looked at */
	uint64_t unread_line;      /* dashed line above this one; or 0 */
	bool unread_seen;          /* the next unread one gets the line */
	struct fold fold;
	unsigned nick_columns; /* the widest nick in its lines */
	struct room_scroll scroll;
};

struct model {
	TAILQ_HEAD(room_list, room) rooms; /* the lobby first, if open */
	unsigned n_rooms;
	struct room *current, *previous; /* NULL while there is none */
	char *nick;                      /* ours; "" unknown */
	bool focused;                    /* the terminal is looked at */
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
 * came). A muted room counts those only that mention us. Returns its id.
 */
struct model_line {
	enum line_kind kind;
	uint64_t at;
	struct slice nick, text;
	bool own, mention, quiet;
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
void
model_add_pending(struct model *m, struct room *r, uint64_t number,
    enum line_kind kind, uint64_t at, struct slice text);

/*
 * What became of it: MARK_SENT and MARK_DELIVERED make it a line of the room,
 * at its end; after MARK_SENT there may come one of the others. MARK_FAILED
 * adds the reason below it. at: the line's time then; 0 leaves what it was.
 * False if the number is not known.
 */
bool
model_settle(struct model *m, uint64_t number, enum line_mark mark, uint64_t at,
    struct slice reason);

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

/* Case-folded for comparing names; free() it. */
char *
model_fold(struct slice s);

#endif
