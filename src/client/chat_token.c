#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "client/chat_internal.h"
#include "client/token.h"
#include "proto/json.h"

void
chat_load_token(struct chat *c, const char *nick)
{
	struct buf whose, token;

	if (c->token_dir == NULL)
		return;
	buf_init(&whose, TOKEN_FILE_MAX);
	buf_init(&token, CHAT_TOKEN_MAX);
	if (token_load(c->token_dir, c->key, &whose, &token) == 0 &&
	    (nick == NULL || slice_is_nocase(buf_view(&whose), nick))) {
		c->token = xstrndup(token.p, token.len);
		/* What is asked for is what the token stands for. */
		free(c->nick);
		c->nick = xstrndup(buf_view(&whose).p, whose.len);
		c->let_in = true; /* whatever the server gives next is kept */
	}
	buf_deinit(&whose);
	buf_deinit(&token);
}

static void
save(struct chat *c)
{
	struct chat_event ev = { .type = CHAT_NOTICE };
	struct buf text;
	int rc;

	rc = token_save(
	    c->token_dir, c->key, slice_of(c->our_nick), slice_of(c->token));
	if (rc == 0)
		return;
	buf_init(&text, CHAT_PROBLEM_MAX);
	buf_printf(&text,
	    "the token can't be kept, /login is needed next time: %s",
	    strerror(-rc));
	ev.text = buf_view(&text);
	chat_tell_event(c, &ev);
	buf_deinit(&text);
}

void
chat_take_token(struct chat *c, struct slice raw, bool keep)
{
	struct buf token;
	bool same;

	buf_init(&token, CHAT_TOKEN_MAX);
	if (json_unescape(raw, &token) == 0 && token.len > 0) {
		same = c->token != NULL && slice_is(buf_view(&token), c->token);
		free(c->token);
		c->token = xstrndup(token.p, token.len);
		if (keep && c->token_dir != NULL &&
		    !(same && c->kept != NULL &&
			strcmp(c->kept, c->our_nick) == 0)) {
			save(c);
			free(c->kept);
			c->kept = xstrndup(c->our_nick, strlen(c->our_nick));
		}
	}
	buf_deinit(&token);
}
