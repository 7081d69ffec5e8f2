/*
 * A model, and what else a screen shows, from a script: for golden screens, in
 * memory and on a real terminal. A line is a command and its argument; "#"
 * begins a comment. See scene.c for the commands.
 */
#ifndef CHAT_TESTS_TUI_SCENE_H
#define CHAT_TESTS_TUI_SCENE_H

#include "base/buf.h"
#include "tui/model.h"
#include "tui/view.h"

enum { SCENE_CHOICES = 16, SCENE_HITS = 32 };

struct scene {
	struct model model;
	struct view view;
	struct view_status status;
	struct view_input input;
	struct view_overlay overlay;
	struct room *room; /* that commands are about */
	uint64_t now;      /* ms; every line takes 20 s */
	struct slice choices[SCENE_CHOICES];
	struct view_list list;
	struct view_row list_rows[SCENE_HITS];
	struct slice quote, reactions; /* of the next line */
	bool edited;
	char *script, *next;
	unsigned rows, columns;
	struct buf page; /* text of the overlay */
};

/* Borrows the script until scene_deinit. Ends the process with a message on a
 * command that it doesn't know. */
void
scene_init(struct scene *sc, const char *script);

/* scene_init with a file's content. */
void
scene_load(struct scene *sc, const char *path);

void
scene_deinit(struct scene *sc);

/* Runs up to the next line "---"; false at the end. */
bool
scene_step(struct scene *sc);

const struct grid *
scene_draw(struct scene *sc);

/* No cell is half of a cluster; ends the process otherwise. */
void
scene_check(const struct grid *g);

/* All steps that are left, each as text: its size, its rows, the cursor. */
void
scene_dump(struct scene *sc, struct buf *out);

#endif
