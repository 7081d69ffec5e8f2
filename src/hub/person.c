#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "hub/confusable.h"
#include "hub/core.h"
#include "hub/name.h"
#include "hub/token.h"

enum {
	FOLDED_MAX = NAME_FOLD_MAX + 16,
	SUFFIXES_MAX = 1000,
	GUESTS_TRIED = 100
};

static char *
folded(const char *nick)
{
	struct buf b;

	buf_init(&b, FOLDED_MAX);
	name_fold(slice_of(nick), &b);
	return buf_steal(&b);
}

static char *
skeleton(const char *nick)
{
	struct buf b;

	buf_init(&b, FOLDED_MAX);
	confusable_skeleton(slice_of(nick), &b);
	return buf_steal(&b);
}

/* Those names are for operators alone. */
static bool
is_reserved(const struct hub *h, uint64_t id, const char *skel)
{
	return confusable_is_reserved(skel) &&
	       role_of_person(h, id, NULL) < ROLE_OPERATOR;
}

/* ---- who is there ---- */

struct person *
person_find(const struct hub *h, uint64_t id)
{
	const uint32_t hash = hash_bytes(&id, sizeof(id));
	struct table_node *n = NULL;

	while ((n = table_find(&h->people, hash, n)) != NULL)
		if (container_of(n, struct person, by_id)->id == id)
			return container_of(n, struct person, by_id);
	return NULL;
}

struct person *
person_next(const struct hub *h, const struct person *after)
{
	struct table_node *n =
	    table_next(&h->people, after != NULL ? &after->by_id : NULL);

	return n != NULL ? container_of(n, struct person, by_id) : NULL;
}

static struct person *
find_key(const struct hub *h, struct slice key)
{
	const uint32_t hash = hash_bytes(key.p, key.len);
	struct table_node *n = NULL;

	while ((n = table_find(&h->people_by_key, hash, n)) != NULL)
		if (slice_is(key, container_of(n, struct person, by_key)->key))
			return container_of(n, struct person, by_key);
	return NULL;
}

static struct person *
find_skeleton(const struct hub *h, struct slice skel)
{
	const uint32_t hash = hash_bytes(skel.p, skel.len);
	struct table_node *n = NULL;

	while ((n = table_find(&h->people_by_skeleton, hash, n)) != NULL) {
		struct person *p = container_of(n, struct person, by_skeleton);

		if (slice_is(skel, p->skeleton))
			return p;
	}
	return NULL;
}

/* ---- accounts ---- */

struct account *
account_find(const struct hub *h, uint64_t id)
{
	struct account *a;

	HASH_FIND(hh, h->accounts, &id, sizeof(id), a);
	return a;
}

static void
account_unlink_names(struct hub *h, struct account *a)
{
	HASH_DELETE(hh_key, h->accounts_by_key, a);
	HASH_DELETE(hh_skeleton, h->accounts_by_skeleton, a);
	free(a->nick);
	free(a->key);
	free(a->skeleton);
}

struct account *
account_put(struct hub *h, const struct store_person *sp)
{
	struct account *a = account_find(h, sp->id);

	if (a == NULL) {
		a = xcalloc(1, sizeof(*a));
		a->id = sp->id;
		HASH_ADD(hh, h->accounts, id, sizeof(a->id), a);
	} else {
		account_unlink_names(h, a);
	}
	a->generation = sp->generation;
	a->nick = xstrndup(sp->nick.p, sp->nick.len);
	a->key = xstrndup(sp->key.p, sp->key.len);
	a->skeleton = xstrndup(sp->skeleton.p, sp->skeleton.len);
	HASH_ADD_KEYPTR(hh_key, h->accounts_by_key, a->key, strlen(a->key), a);
	HASH_ADD_KEYPTR(hh_skeleton, h->accounts_by_skeleton, a->skeleton,
	    strlen(a->skeleton), a);
	return a;
}

static void
account_free(struct hub *h, struct account *a)
{
	account_unlink_names(h, a);
	HASH_DEL(h->accounts, a);
	free(a);
}

void
account_drop(struct hub *h, struct account *a)
{
	struct person *p = person_find(h, a->id);

	if (p != NULL)
		p->account = NULL;
	account_free(h, a);
}

void
account_rename_to(struct hub *h, uint64_t id, const char *nick)
{
	char *key = folded(nick), *skel = skeleton(nick);
	struct store_person sp = { .id = id,
		.generation = account_find(h, id)->generation,
		.nick = slice_of(nick),
		.key = slice_of(key),
		.skeleton = slice_of(skel) };
	struct person *p;

	account_put(h, &sp);
	p = person_find(h, id);
	if (p != NULL)
		person_renamed(p, nick);
	free(key);
	free(skel);
}

/* ---- names ---- */

/* Is the name free for the one of this id? Same results as person_may_be. */
static int
check_free(const struct hub *h, uint64_t id, const char *nick)
{
	char *key = folded(nick), *skel = skeleton(nick);
	const struct account *a, *like;
	const struct person *p = find_key(h, slice_of(key));
	const struct person *alike = find_skeleton(h, slice_of(skel));
	int err = 0;

	HASH_FIND(hh_key, h->accounts_by_key, key, strlen(key), a);
	HASH_FIND(
	    hh_skeleton, h->accounts_by_skeleton, skel, strlen(skel), like);
	if (a != NULL && a->id != id)
		err = -EPERM;
	else if (p != NULL && p->id != id)
		err = -EEXIST;
	else if ((a == NULL || a->id != id) && is_reserved(h, id, skel))
		err = -EACCES;
	else if ((like != NULL && like->id != id) ||
		 (alike != NULL && alike->id != id))
		err = -EXDEV;
	free(key);
	free(skel);
	return err;
}

int
person_may_be(const struct hub *h, const struct person *p, struct slice wanted,
    char out[NICK_SIZE])
{
	if (nick_clean(wanted, out) == 0)
		return -EINVAL;
	return check_free(h, p->id, out);
}

const char *
person_may_code(int err)
{
	return err == -EINVAL   ? "bad-nick"
	       : err == -EPERM  ? "nick-registered"
	       : err == -EEXIST ? "nick-in-use"
	       : err == -EACCES ? "nick-reserved"
				: "nick-lookalike";
}

const char *
person_may_text(int err)
{
	return err == -EINVAL   ? "nothing of this nick can be shown"
	       : err == -EPERM  ? "this nick is registered: log in to have it"
	       : err == -EEXIST ? "somebody else who is here has this nick"
	       : err == -EACCES ? "this nick is the server's own"
				: "this nick looks like that of somebody else";
}

/* Its names take, or give back, their places. */
static void
occupy(struct person *p)
{
	struct hub *h = p->hub;

	table_add(
	    &h->people_by_key, &p->by_key, hash_bytes(p->key, strlen(p->key)));
	table_add(&h->people_by_skeleton, &p->by_skeleton,
	    hash_bytes(p->skeleton, strlen(p->skeleton)));
}

static void
vacate(struct person *p)
{
	table_remove(&p->hub->people_by_key, &p->by_key);
	table_remove(&p->hub->people_by_skeleton, &p->by_skeleton);
}

static void
set_names(struct person *p, const char *nick)
{
	char *key = folded(nick), *skel = skeleton(nick);
	size_t n = strlen(nick) + 1;
	size_t key_n = strcmp(key, nick) != 0 ? strlen(key) + 1 : 0;
	size_t skel_n = strcmp(skel, key) != 0 ? strlen(skel) + 1 : 0;
	char *all = xmalloc(n + key_n + skel_n);

	memcpy(all, nick, n);
	memcpy(all + n, key, key_n);
	memcpy(all + n + key_n, skel, skel_n);
	free(key);
	free(skel);
	free(p->nick);
	p->nick = all;
	p->key = key_n > 0 ? all + n : p->nick;
	p->skeleton = skel_n > 0 ? all + n + key_n : p->key;
}

void
person_rename(struct person *p, const char *nick)
{
	if (p->live > 0)
		vacate(p);
	set_names(p, nick);
	if (p->live > 0)
		occupy(p);
}

/* nick, shortened so that the suffix fits, and a number behind it. */
static void
with_suffix(char out[NICK_SIZE], const char *nick, unsigned n)
{
	char suffix[16];
	int len = snprintf(suffix, sizeof(suffix), "-%u", n);
	unsigned chars = 0;
	size_t cut = 0;

	while (nick[cut] != '\0' && chars < NICK_MAX - (unsigned)len) {
		cut++;
		while (((unsigned char)nick[cut] & 0xc0) == 0x80)
			cut++;
		chars++;
	}
	snprintf(out, NICK_SIZE, "%.*s%s", (int)cut, nick, suffix);
}

static void
be_guest(struct person *p)
{
	char guest[NICK_SIZE];

	for (unsigned i = 0; i < GUESTS_TRIED; i++) {
		nick_guest(guest);
		if (check_free(p->hub, p->id, guest) == 0)
			break;
	}
	set_names(p, guest);
}

int
person_set_here(struct person *p, bool here)
{
	char nick[NICK_SIZE];
	int err, again;

	if (!here) {
		vacate(p);
		return 0;
	}
	err = again = check_free(p->hub, p->id, p->nick);
	/* With a suffix it would still look alike. */
	if (err == -EXDEV || err == -EACCES) {
		be_guest(p);
		again = 0;
	}
	for (unsigned i = 2; again != 0 && i < SUFFIXES_MAX; i++) {
		with_suffix(nick, p->nick, i);
		again = check_free(p->hub, p->id, nick);
		if (again == 0)
			set_names(p, nick);
	}
	if (again != 0)
		be_guest(p);
	occupy(p);
	return err;
}

bool
person_lookup_folded(
    const struct hub *h, struct slice key, uint64_t *id, const char **name)
{
	const struct account *a;
	const struct person *p = find_key(h, key);

	HASH_FIND(hh_key, h->accounts_by_key, key.p, key.len, a);
	if (p == NULL && a == NULL)
		return false;
	*id = p != NULL ? p->id : a->id;
	*name = p != NULL ? p->nick : a->nick;
	return true;
}

bool
person_lookup(
    const struct hub *h, struct slice nick, uint64_t *id, const char **name)
{
	struct buf key;
	bool found;

	buf_init(&key, FOLDED_MAX);
	name_fold(nick, &key);
	found = person_lookup_folded(h, buf_view(&key), id, name);
	buf_deinit(&key);
	return found;
}

const char *
person_nick(const struct hub *h, uint64_t id)
{
	const struct account *a = account_find(h, id);
	const struct person *p;

	if (a != NULL)
		return a->nick;
	p = person_find(h, id);
	return p != NULL ? p->nick : NULL;
}

/* ---- people ---- */

struct person *
person_get(struct hub *h, uint64_t id, struct slice wanted)
{
	char nick[NICK_SIZE];
	struct person *p = person_find(h, id);

	if (p != NULL && p->live == 0 && p->account == NULL &&
	    nick_clean(wanted, nick) > 0)
		set_names(p, nick);
	if (p != NULL)
		return p;
	p = xcalloc(1, sizeof(*p));
	p->hub = h;
	p->id = id;
	person_id_format(p->name, id);
	p->account = account_find(h, id);
	if (p->account != NULL)
		set_names(p, p->account->nick);
	else if (nick_clean(wanted, nick) > 0)
		set_names(p, nick);
	else
		be_guest(p);
	LIST_INIT(&p->conns);
	table_add(&h->people, &p->by_id, hash_bytes(&p->id, sizeof(p->id)));
	return p;
}

void
person_put(struct person *p)
{
	if (!LIST_EMPTY(&p->conns))
		return;
	table_remove(&p->hub->people, &p->by_id);
	free(p->nick);
	free(p->away);
	free(p);
}

void
person_free_all(struct hub *h)
{
	struct account *a, *next;

	HASH_ITER (hh, h->accounts, a, next)
		account_free(h, a);
}
