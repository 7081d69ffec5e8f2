/* Strings that want to be more than text. */
#ifndef CHAT_TESTS_TUI_HOSTILE_H
#define CHAT_TESTS_TUI_HOSTILE_H

#include "base/buf.h"

/* The n-th of them; behind the last of the list come mixtures, made anew from
 * the number alone. */
void
hostile_string(unsigned n, struct buf *out);

unsigned
hostile_listed(void);

#endif
