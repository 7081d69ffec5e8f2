/* Whether a text speaks to somebody. */
#ifndef CHAT_TUI_MENTION_H
#define CHAT_TUI_MENTION_H

#include <stdbool.h>

#include "base/slice.h"

/* nick stands in text as a word, case folded; never if it is "". */
bool
mention_in(struct slice text, struct slice nick);

#endif
