#ifndef CHAT_HUB_CONFUSABLE_TABLE_H
#define CHAT_HUB_CONFUSABLE_TABLE_H

#include <stddef.h>
#include <stdint.h>

/*
 * The characters that look like others, of Unicode 10: every single one that
 * confusables.txt has and that NFD leaves as it is. share/confusables makes
 * the table when building; it takes 40 kB of the binary.
 */

/* code point << 8 | length of what it is taken for; sorted */
extern const uint32_t confusable_from[];
/* where that is in the pool */
extern const uint16_t confusable_at[];
extern const unsigned char confusable_pool[]; /* UTF-8 */
extern const size_t confusable_n;

#endif
