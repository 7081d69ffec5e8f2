#include "config.h"

#include "tui/complete.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "tui/commands.h"
#include "tui/model.h"
#include "tui/settings.h"

void
complete_init(struct complete *c)
{
	*c = (struct complete){ 0 };
}

void
complete_reset(struct complete *c)
{
	while (c->n > 0)
		free((char *)c->candidates[--c->n].p);
	free(c->candidates);
	free(c->typed);
	free(c->prefix);
	complete_init(c);
}

void
complete_add(struct complete *c, struct slice s)
{
	char *key = model_fold(s);

	if (c->n < COMPLETE_MAX &&
	    !strncmp(key, c->prefix, strlen(c->prefix))) {
		if (c->n == c->cap) {
			c->cap = c->cap ? 2 * c->cap : 16;
			c->candidates = xrealloc(
			    c->candidates, c->cap * sizeof(c->candidates[0]));
		}
		c->candidates[c->n++] =
		    (struct slice){ xstrndup(s.p, s.len), s.len };
	}
	free(key);
}

/* Where in the line the word is that is to be completed, and what of. */
struct place {
	enum complete_kind kind;
	size_t from;
	bool first; /* word of a message */
};

/* The argument of a command that the cursor is in. */
static enum complete_kind
argument_kind(struct slice before)
{
	struct slice rest = slice_skip(before, 1);
	const struct commands_row *row;
	unsigned n = 0;

	row = commands_find(slice_take_until(&rest, ' '));
	if (!row)
		return COMPLETE_NICK;
	for (size_t i = 0; i < rest.len; i++)
		if (rest.p[i] == ' ' && i > 0 && rest.p[i - 1] != ' ')
			n++;
	return n < COMMANDS_ARGS_MAX ? row->kinds[n] : COMPLETE_NICK;
}

static struct place
find_place(struct slice before)
{
	struct place p = { COMPLETE_NICK, before.len, false };
	bool command = slice_starts(before, "/") && !slice_starts(before, "//");

	while (p.from > 0 && before.p[p.from - 1] != ' ' &&
	       before.p[p.from - 1] != '\n')
		p.from--;
	p.first = p.from == 0;
	if (command && p.first) {
		p.kind = COMPLETE_COMMAND;
		p.from = 1;
		return p;
	}
	if (command)
		p.kind = argument_kind(before);
	if (p.from < before.len && before.p[p.from] == '#') {
		p.kind = COMPLETE_ROOM;
		p.from++;
		p.first = false;
	} else if (p.from < before.len && before.p[p.from] == '@') {
		p.from++;
		p.first = false;
	}
	return p;
}

static void
collect(struct complete *c, enum complete_kind kind, complete_source source,
    void *arg)
{
	const struct commands_row *row;
	const char *name, *help;

	switch (kind) {
	case COMPLETE_NICK:
	case COMPLETE_ROOM:
		source(arg, kind, c);
		break;
	case COMPLETE_COMMAND:
		for (unsigned i = 0; (row = commands_row(i)); i++)
			complete_add(c, slice_of(row->name));
		break;
	case COMPLETE_SETTING:
		for (unsigned i = 0; settings_row(i, &name, &help); i++)
			complete_add(c, slice_of(name));
		break;
	case COMPLETE_VALUE:
		complete_add(c, SLICE("on"));
		complete_add(c, SLICE("off"));
		break;
	case COMPLETE_NOTHING:
		break;
	}
}

static bool
start(struct complete *c, struct editor *e, complete_source source, void *arg)
{
	struct slice before = { buf_view(&e->text).p, e->cursor }, word;
	struct place p = find_place(before);

	complete_reset(c);
	c->from = p.from;
	c->to = e->cursor;
	word = slice_skip(before, p.from);
	c->typed = xstrndup(word.p, word.len);
	c->prefix = model_fold(word);
	c->suffix = " ";
	if (p.kind == COMPLETE_NICK && p.first)
		c->suffix = ": ";
	if (e->cursor < e->text.len && e->text.p[e->cursor] == ' ')
		c->suffix = "";
	collect(c, p.kind, source, arg);
	c->at = c->n;
	return c->n > 0;
}

bool
complete_active(const struct complete *c, const struct editor *e)
{
	return c->n > 0 && c->changes == e->changes && c->to == e->cursor;
}

bool
complete_step(struct complete *c, struct editor *e, int step,
    complete_source source, void *arg)
{
	unsigned choices;
	struct buf b;

	if (e->searching)
		editor_do(e, EDITOR_SEARCH_ACCEPT);
	if (!complete_active(c, e) && !start(c, e, source, arg))
		return false;
	choices = c->n + 1;
	c->at = (c->at + choices + (step < 0 ? choices - 1 : 1)) % choices;
	buf_init(&b, e->text.max + 2);
	if (c->at == c->n) {
		buf_puts(&b, c->typed);
	} else {
		buf_append_slice(&b, c->candidates[c->at]);
		buf_puts(&b, c->suffix);
	}
	if (!editor_replace(e, c->from, c->to, buf_view(&b)))
		c->to = e->cursor;
	c->changes = e->changes;
	buf_deinit(&b);
	return true;
}
