/*
 * Words in UTF-8 text, as an editor moves over them: runs of letters, marks
 * and digits, or runs of whatever is not white space.
 */
#ifndef CHAT_TUI_WORDS_H
#define CHAT_TUI_WORDS_H

#include "base/buf.h"
#include "base/slice.h"

enum words_kind { WORDS_ALNUM, WORDS_DARK };

/* Whether the character at byte `at` (< text.len) belongs to a word. */
bool
words_at(struct slice text, size_t at, enum words_kind kind);

/* Where the word begins that byte `at` is in or behind; 0 if there is none. */
size_t
words_left(struct slice text, size_t at, enum words_kind kind);

/* Where the word ends that byte `at` is in or before; the end if none is. */
size_t
words_right(struct slice text, size_t at, enum words_kind kind);

enum words_case { WORDS_UPPER, WORDS_LOWER, WORDS_CAPITALIZED };

/* Appends the text so written, character by character. 0 or -ENOBUFS. */
int
words_in_case(struct slice text, enum words_case to, struct buf *out);

#endif
