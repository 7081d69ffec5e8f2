/*
 * The log: one line per event on a stream, `time level event key=value ...`.
 * Values that hold anything but plain printable ASCII are quoted and escaped,
 * so that no peer can forge a line or move a cursor. The only global.
 */
#ifndef CHAT_BASE_LOG_H
#define CHAT_BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/slice.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR, LOG_OFF };

struct log_field {
	const char *key;
	enum { LOG_F_STR, LOG_F_INT, LOG_F_END } type;
	struct slice str;
	int64_t num;
};

#define LF_STR(k, s) ((struct log_field){ (k), LOG_F_STR, (s), 0 })
#define LF_CSTR(k, s) LF_STR(k, slice_of(s))
#define LF_INT(k, n) ((struct log_field){ (k), LOG_F_INT, { NULL, 0 }, (n) })

/* Where lines go (default stderr) and whether they are coloured. */
void
log_open(FILE *out, enum log_level least, bool colour);

/* "debug" ... "off"; -EINVAL if it is none of them. */
int
log_level_parse(const char *name, enum log_level *level);

bool
log_wants(enum log_level level);

/* One line; fields end with an element of type LOG_F_END. */
void
log_write(
    enum log_level level, const char *event, const struct log_field *fields);

/*
 * log_event(LOG_INFO, "connect", LF_CSTR("nick", nick), LF_INT("n", 3)); with
 * or without fields. (C11 has no way to leave out a comma before an empty
 * list, hence the two macros that take the arguments apart.)
 */
#define log_event(level, ...)                                                  \
	log_write((level), LOG_FIRST_(__VA_ARGS__, 0),                         \
	    (const struct log_field[]){ LOG_REST_(__VA_ARGS__, LOG_LAST_) })
#define LOG_FIRST_(event, ...) (event)
#define LOG_REST_(event, ...) __VA_ARGS__
#define LOG_LAST_ ((struct log_field){ NULL, LOG_F_END, { NULL, 0 }, 0 })

#endif
