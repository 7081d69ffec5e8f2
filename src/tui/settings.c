#include "config.h"

#include "tui/settings.h"

#include <errno.h>
#include <stddef.h>

static const struct row {
	const char *name;
	size_t at; /* the bool in struct settings */
	bool initial;
	const char *help;
} rows[] = {
	{ "bell", offsetof(struct settings, bell), true,
	    "ring when somebody mentions you and you look elsewhere" },
	{ "joins", offsetof(struct settings, joins), true,
	    "tell who comes and goes" },
	{ "notify", offsetof(struct settings, notify), true,
	    "have the desktop tell then, if the terminal is not in front" },
	{ "people", offsetof(struct settings, people), true,
	    "list of people at the right, if there is room (F8)" },
	{ "rooms", offsetof(struct settings, rooms), true,
	    "list of rooms at the left, if there is room (F7)" },
};

enum { N = sizeof(rows) / sizeof(rows[0]) };

static bool *
value_of(const struct settings *s, const struct row *row)
{
	return (bool *)(void *)((char *)s + row->at);
}

void
settings_init(struct settings *s)
{
	for (unsigned i = 0; i < N; i++)
		*value_of(s, &rows[i]) = rows[i].initial;
}

bool
settings_row(unsigned n, const char **name, const char **help)
{
	if (n >= N)
		return false;
	*name = rows[n].name;
	*help = rows[n].help;
	return true;
}

static const struct row *
find(struct slice name)
{
	for (unsigned i = 0; i < N; i++)
		if (slice_is(name, rows[i].name))
			return &rows[i];
	return NULL;
}

const char *
settings_get(const struct settings *s, struct slice name)
{
	const struct row *row = find(name);

	if (!row)
		return NULL;
	return *value_of(s, row) ? "on" : "off";
}

int
settings_set(
    struct settings *s, struct slice name, struct slice value, struct buf *err)
{
	const struct row *row = find(name);

	if (!row) {
		buf_printf(err, "there is no setting \"%.*s\": /set lists them",
		    SLICE_ARG(name));
		return -EINVAL;
	}
	if (slice_is_nocase(value, "on")) {
		*value_of(s, row) = true;
	} else if (slice_is_nocase(value, "off")) {
		*value_of(s, row) = false;
	} else {
		buf_printf(err, "%s is on or off", row->name);
		return -EINVAL;
	}
	return 0;
}
