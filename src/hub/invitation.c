#include "config.h"

#include "hub/invitation.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "hub/core.h"

static void
drop(struct hub *h, struct invitation *i)
{
	HASH_DEL(h->invitations, i);
	free(i);
}

static struct invitation *
find(const struct hub *h, struct slice code)
{
	struct invitation *i;

	HASH_FIND(hh, h->invitations, code.p, code.len, i);
	return i;
}

static bool
has_ended(const struct invitation *i)
{
	return i->until != 0 && i->until <= clock_wall_ms();
}

struct invitation *
invitation_find(struct hub *h, struct slice code)
{
	struct invitation *i =
	    code.len == INVITATION_SIZE - 1 ? find(h, code) : NULL;

	if (i != NULL && has_ended(i)) {
		drop(h, i);
		i = NULL;
	}
	return i;
}

void
invitation_put(struct hub *h, const struct store_invitation *is)
{
	struct invitation *i;

	if (is->code.len != INVITATION_SIZE - 1 || is->by.len >= sizeof(i->by))
		return;
	i = find(h, is->code);
	if (i == NULL) {
		i = xcalloc(1, sizeof(*i));
		memcpy(i->code, is->code.p, is->code.len);
		HASH_ADD_KEYPTR(
		    hh, h->invitations, i->code, INVITATION_SIZE - 1, i);
	}
	memcpy(i->by, is->by.p, is->by.len);
	i->by[is->by.len] = '\0';
	i->room = is->room;
	i->uses = is->uses;
	i->at = is->at;
	i->until = is->until;
}

void
invitation_use(struct hub *h, struct slice code)
{
	struct invitation *i = find(h, code);

	if (i != NULL && i->uses > 0 && --i->uses == 0)
		drop(h, i);
}

void
invitation_drop(struct hub *h, struct slice code)
{
	struct invitation *i = find(h, code);

	if (i != NULL)
		drop(h, i);
}

void
invitations_drop_ended(struct hub *h)
{
	struct invitation *i, *next;

	HASH_ITER (hh, h->invitations, i, next)
		if (has_ended(i))
			drop(h, i);
}

void
invitations_free(struct hub *h)
{
	struct invitation *i, *next;

	HASH_ITER (hh, h->invitations, i, next)
		drop(h, i);
}
