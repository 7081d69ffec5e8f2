#include "config.h"

#include "hub/hold.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "hub/core.h"

static struct holds *
holds_of(struct hub *h, uint64_t number)
{
	struct room *room = room_by_number(h, number);

	return number == 0 ? &h->holds : room != NULL ? &room->holds : NULL;
}

static const struct holds *
look(const struct hub *h, const struct room *room)
{
	return room != NULL ? &room->holds : &h->holds;
}

static void
copy_to(char **at, struct slice *s)
{
	if (s->len > 0)
		memcpy(*at, s->p, s->len);
	s->p = *at;
	*at += s->len;
}

bool
hold_is_over(uint64_t until)
{
	return until != 0 && until <= clock_wall_ms();
}

uint64_t
hold_rest(uint64_t until)
{
	uint64_t now = clock_wall_ms();

	return until == 0 ? 0 : until > now ? until - now : 1;
}

/* ---- bans ---- */

void
ban_drop(struct hub *h, struct ban *b)
{
	struct holds *holds = holds_of(h, b->is.room);

	HASH_DEL(h->bans, b);
	LIST_REMOVE(b, link);
	holds->nbans--;
	free(b);
}

static void
forget_bans(struct hub *h, const struct holds *holds)
{
	struct ban *b, *next;

	for (b = LIST_FIRST(&holds->bans); b != NULL; b = next) {
		next = LIST_NEXT(b, link);
		if (hold_is_over(b->is.until))
			ban_drop(h, b);
	}
}

void
ban_put(struct hub *h, const struct store_ban *is)
{
	struct holds *holds = holds_of(h, is->room);
	struct ban *b;
	char *at;

	if (holds == NULL)
		return;
	forget_bans(h, holds);
	b = xcalloc(1, sizeof(*b) + is->nick.len + is->address.len +
			   is->by.len + is->reason.len);
	b->number = is->number;
	b->is = *is;
	at = b->memory;
	copy_to(&at, &b->is.nick);
	copy_to(&at, &b->is.address);
	copy_to(&at, &b->is.by);
	copy_to(&at, &b->is.reason);
	if (address_range_parse(b->is.address, &b->range) < 0)
		b->is.address.len = 0;
	HASH_ADD(hh, h->bans, number, sizeof(b->number), b);
	LIST_INSERT_HEAD(&holds->bans, b, link);
	holds->nbans++;
}

struct ban *
ban_by_number(const struct hub *h, uint64_t number)
{
	struct ban *b;

	HASH_FIND(hh, h->bans, &number, sizeof(number), b);
	return b;
}

bool
ban_is_of(const struct ban *b, uint64_t person, const struct address *from)
{
	if (hold_is_over(b->is.until))
		return false;
	return (b->is.person != 0 && b->is.person == person) ||
	       (b->is.address.len > 0 && from != NULL &&
		   address_range_has(&b->range, from));
}

const struct ban *
ban_of(const struct hub *h, const struct room *room, uint64_t person,
    const struct address *from)
{
	const struct ban *b;

	LIST_FOREACH (b, &look(h, room)->bans, link)
		if (ban_is_of(b, person, from))
			return b;
	return NULL;
}

/* ---- mutes ---- */

static void
drop_mute(struct holds *holds, struct mute *m)
{
	LIST_REMOVE(m, link);
	holds->nmutes--;
	free(m);
}

/* This person's, and what has ended. */
static void
forget_mutes(struct holds *holds, uint64_t person)
{
	struct mute *m, *next;

	for (m = LIST_FIRST(&holds->mutes); m != NULL; m = next) {
		next = LIST_NEXT(m, link);
		if (m->is.person == person || hold_is_over(m->is.until))
			drop_mute(holds, m);
	}
}

void
mute_put(struct hub *h, const struct store_mute *is)
{
	struct holds *holds = holds_of(h, is->room);
	struct mute *m;
	char *at;

	if (holds == NULL)
		return;
	forget_mutes(holds, is->person);
	m = xcalloc(1, sizeof(*m) + is->nick.len + is->by.len + is->reason.len);
	m->is = *is;
	at = m->memory;
	copy_to(&at, &m->is.nick);
	copy_to(&at, &m->is.by);
	copy_to(&at, &m->is.reason);
	LIST_INSERT_HEAD(&holds->mutes, m, link);
	holds->nmutes++;
}

void
mute_drop(struct hub *h, const struct room *room, uint64_t person)
{
	forget_mutes(holds_of(h, room != NULL ? room->number : 0), person);
}

const struct mute *
mute_at(const struct hub *h, const struct room *room, uint64_t person)
{
	const struct mute *m;

	LIST_FOREACH (m, &look(h, room)->mutes, link)
		if (m->is.person == person && !hold_is_over(m->is.until))
			return m;
	return NULL;
}

const struct mute *
mute_of(const struct hub *h, const struct room *room, uint64_t person)
{
	const struct mute *m = mute_at(h, NULL, person);

	return m == NULL && room != NULL ? mute_at(h, room, person) : m;
}

void
holds_free(struct hub *h, struct holds *holds)
{
	while (!LIST_EMPTY(&holds->bans))
		ban_drop(h, LIST_FIRST(&holds->bans));
	while (!LIST_EMPTY(&holds->mutes))
		drop_mute(holds, LIST_FIRST(&holds->mutes));
}
