#include "config.h"

#include "hub/role.h"

#include <stdlib.h>

#include "base/mem.h"
#include "hub/core.h"

const struct member *
member_find(const struct room *room, uint64_t person)
{
	struct member *m;

	HASH_FIND(hh, room->members, &person, sizeof(person), m);
	return m;
}

static void
drop(struct room *room, struct member *m)
{
	HASH_DEL(room->members, m);
	free(m);
}

void
member_put(struct room *room, const struct store_member *is)
{
	struct member *m;

	HASH_FIND(hh, room->members, &is->person, sizeof(is->person), m);
	if (m == NULL) {
		m = xcalloc(1, sizeof(*m));
		m->person = is->person;
		HASH_ADD(hh, room->members, person, sizeof(m->person), m);
	}
	m->moderator = is->moderator;
	m->listed = is->listed;
	if (!m->moderator && !m->listed)
		drop(room, m);
}

void
members_free(struct room *room)
{
	struct member *m, *next;

	HASH_ITER (hh, room->members, m, next)
		drop(room, m);
}

static enum role
of_person(const struct hub *h, uint64_t person, const struct room *room)
{
	const struct member *m;

	if (room != NULL && ban_of(h, room, person, NULL) == NULL) {
		if (room->owner == person)
			return ROLE_OWNER;
		m = member_find(room, person);
		if (m != NULL && m->moderator)
			return ROLE_MODERATOR;
	}
	return account_find(h, person) != NULL ? ROLE_REGISTERED : ROLE_GUEST;
}

enum role
role_of(const struct conn *c, const struct room *room)
{
	if (conn_is_operator(c))
		return ROLE_OPERATOR;
	return of_person(c->hub, c->person->id, room);
}

enum role
role_of_person(const struct hub *h, uint64_t person, const struct room *room)
{
	const struct person *p = person_find(h, person);
	const struct conn *c;

	if (p != NULL)
		LIST_FOREACH (c, &p->conns, link)
			if (conn_is_operator(c))
				return ROLE_OPERATOR;
	return of_person(h, person, room);
}

const char *
role_in(const struct room *room, uint64_t person)
{
	switch (of_person(room->hub, person, room)) {
	case ROLE_OWNER:
		return "owner";
	case ROLE_MODERATOR:
		return "moderator";
	default:
		return NULL;
	}
}
