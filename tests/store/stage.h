/*
 * What the tests of the store share: a folder for each test, a store in it
 * with a clock of the test's, and requests that are waited for.
 */
#ifndef CHAT_TESTS_STORE_STAGE_H
#define CHAT_TESTS_STORE_STAGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "store/internal.h"

/* People; public rooms; the direct room of ANA and BOB. */
enum { ANA = 101, BOB = 102, EVE = 103 };
enum { LOBBY = 1, OTHER = 2, DIRECT = 3 };

enum { STAGE_PATH_SIZE = 128, STAGE_LINE_SIZE = 8192 };

#define STAGE_START UINT64_C(1700000000000) /* ms */

struct stage {
	struct loop loop;
	struct store *store;
	char dir[64];
	char path[STAGE_PATH_SIZE]; /* of the store; "": in memory */
	struct store_options options;
	struct store_tuning tuning;
	unsigned done; /* requests given back */
	char line[STAGE_LINE_SIZE];
};

extern struct stage stage;

int
stage_setup(void **state);

int
stage_setup_memory(void **state);

int
stage_teardown(void **state);

/* A row of a table of tests. */
#define STAGE_TEST(f)                                                          \
	cmocka_unit_test_setup_teardown(f, stage_setup, stage_teardown)
#define STAGE_MEMORY_TEST(f)                                                   \
	cmocka_unit_test_setup_teardown(f, stage_setup_memory, stage_teardown)

/* The store's clock. */
void
stage_set_clock(uint64_t ms);

uint64_t
stage_clock(void);

/* Opens without complaint; stage_try tells the error instead, "" if there was
 * none. */
void
stage_open(void);

const char *
stage_try(const struct store_load_cb *cb, void *arg);

void
stage_close(void);

/* Closes and opens. */
void
stage_reopen(void);

/* Until all requests are given back. */
void
stage_wait(void);

void
stage_on_done(struct store_op *op);

/* ---- requests with an answer ---- */

const struct store_room *
stage_room(uint64_t number);

/* nonce may be NULL. Fills p and pushes, nothing more. */
void
stage_push_post(struct store_post *p, uint64_t room, uint64_t person,
    const char *text, const char *nonce);

/* Posts, which must work; returns the id. */
struct msgid
stage_post(uint64_t room, uint64_t person, const char *text);

enum store_error
stage_change(struct store_change *c);

/* These return what changed; must work. */
struct msgid
stage_edit(struct msgid id, uint64_t person, const char *text);

struct msgid
stage_delete(struct msgid id, uint64_t person);

struct msgid
stage_react(struct msgid id, uint64_t person, const char *emoji, bool on);

/* The texts of a page with spaces between, `<` before if there are older,
 * `>` behind if newer ones; frees the page. "error N" for one. */
const char *
stage_texts(enum store_error error, struct store_page *page);

const char *
stage_history(struct store_query q);

const char *
stage_search(uint64_t person, uint64_t room, const char *text);

const char *
stage_join(uint64_t room, uint64_t person, struct msgid after, unsigned limit);

/* "unread mentions" of a room. */
const char *
stage_unread(uint64_t room, uint64_t person);

#endif
