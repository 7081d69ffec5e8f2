/*
 * What the chat tells, as lines of JSON (chat(1), JSON FORMAT): the output of
 * the JSON mode, cli/json_mode.c.
 */
#ifndef CHAT_CLI_JSON_TELL_H
#define CHAT_CLI_JSON_TELL_H

#include "cli/headless.h"

/* At the beginning of the mode's own. */
struct json_teller {
	struct buf status; /* as last told */
};

/* The argument is the headless, whose own argument is a json_teller. */
extern const struct chat_cb json_tell_cb;

/* {"v":1,"type":TYPE: members are put behind it; out is begun by the first and
 * freed by json_finish, which ends the object and writes it as a line, in
 * ASCII. */
void
json_begin(struct buf *out, const char *type);

void
json_put_key(struct buf *out, const char *key);

void
json_put_text(struct buf *out, const char *key, struct slice value);

void
json_put_bool(struct buf *out, const char *key, bool value);

void
json_put_int(struct buf *out, const char *key, uint64_t value);

void
json_finish(struct headless *h, struct buf *out);

/* ref: raw JSON, or "". */
void
json_put_error(struct headless *h, struct slice ref, struct slice message);

#endif
