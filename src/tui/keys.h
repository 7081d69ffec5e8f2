/*
 * Bytes of a terminal into what was typed: text, named keys, pastes, focus.
 * Escape sequences are cut out of the stream here, so that one which is
 * unknown, cut short or split over reads never ends up as text; libtermkey
 * says what they mean. It is given bytes and never a descriptor.
 *
 * A lone ESC is a key after KEYS_ESC_MS. A bracketed paste is collected whole;
 * if its end doesn't come for KEYS_PASTE_MS, what is there is handed out, and
 * the paste is over with an escape sequence, Escape or Ctrl-C that comes next
 * and alone: a lost end mark doesn't swallow keys for ever, a slow line doesn't
 * make pasted newlines keys.
 */
#ifndef CHAT_TUI_KEYS_H
#define CHAT_TUI_KEYS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "net/loop.h"

enum {
	KEYS_ESC_MS = 50,
	KEYS_SEQUENCE_MS = 500, /* a sequence that has begun */
	KEYS_PASTE_MS = 1000,
	KEYS_PASTE_MAX = 1 << 20, /* bytes of a paste; the rest is dropped */
	KEYS_NAME_MAX = 64,
};

struct keys;

/* keys_close may be called in them. Slices are good until they return. */
struct keys_cb {
	/* Characters, valid UTF-8 without controls; a row of them at once if
	 * they came so. */
	void (*on_text)(void *arg, struct slice s);
	/* "C-a", "M-Left", "Enter", "F1": termkey_strfkey's way of writing,
	 * with M- for Alt. */
	void (*on_key)(void *arg, const char *name);
	/* As it came. cut: there was more than KEYS_PASTE_MAX. */
	void (*on_paste)(void *arg, struct slice s, bool cut);
	void (*on_focus)(void *arg, bool focused);
	/* The answer to DECRQM of a private mode. */
	void (*on_mode)(void *arg, int mode, int value);
};

/* type: the terminal's, as for terminfo; an unknown one will do. */
struct keys *
keys_new(
    struct loop *loop, const char *type, const struct keys_cb *cb, void *arg);

void
keys_push(struct keys *k, const void *p, size_t len);

/* Frees when the loop is done with its timer. */
void
keys_close(struct keys *k);

#endif
