/* Nicks that look like others. */
#ifndef CHAT_HUB_CONFUSABLE_H
#define CHAT_HUB_CONFUSABLE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/slice.h"
#include "hub/nick.h"

enum { SKELETON_MAX = 128 * NICK_MAX }; /* bytes of any nick's */

/*
 * Appends the skeleton of a nick: nicks with equal ones look alike. It is
 * never shown. That of UTS #39, section 4, over the whole table of MA class
 * (Unicode 10), with three more rules:
 *
 *	- case does not count: the skeleton is folded (NFKC_Casefold), and what
 *	  comes of that is looked up once more
 *	- i is taken for l, since I is
 *	- spaces, '_', '-' and '.' don't count, unless there is nothing else:
 *	  ana_b, ana-b and anab look alike
 *
 * So Paul, pau1, P-AUL and a "paul" with a Cyrillic a are one; ana and an with
 * a tilde on its a are two. Scripts are not looked at. 0, -EINVAL for what is
 * not UTF-8, -ENOBUFS if out has no room.
 */
int
confusable_skeleton(struct slice nick, struct buf *out);

/* Whether it is the skeleton of a nick that would be taken for the server's
 * own, as "admin". */
bool
confusable_is_reserved(const char *skeleton);

#endif
