#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "hub/member.h"

struct person *
person_new(struct hub *h, enum hub_form form, struct slice wanted)
{
	struct person *p = xcalloc(1, sizeof(*p));
	char guest[NICK_SIZE];

	p->hub = h;
	p->number = ++h->last_person;
	snprintf(p->id, sizeof(p->id), "u%llu", (unsigned long long)p->number);
	p->room = &h->lobby;
	p->form = form;
	p->room->members[form]++;
	LIST_INSERT_HEAD(&h->people, p, link);
	if (!person_rename(p, wanted))
		p->nick = xstrndup(guest, nick_guest(guest));
	return p;
}

void
person_free(struct person *p)
{
	LIST_REMOVE(p, link);
	p->room->members[p->form]--;
	free(p->nick);
	free(p);
}

void
person_set_form(struct person *p, enum hub_form form)
{
	p->room->members[p->form]--;
	p->form = form;
	p->room->members[form]++;
}

bool
person_rename(struct person *p, struct slice wanted)
{
	char nick[NICK_SIZE];
	size_t len = nick_clean(wanted, nick);

	if (len == 0)
		return false;
	free(p->nick);
	p->nick = xstrndup(nick, len);
	return true;
}
