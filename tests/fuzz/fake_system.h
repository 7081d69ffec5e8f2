/*
 * Time that stands still and random bytes that are none, in place of the C
 * library's, so that an input does the same again. The wall clock goes on:
 * libFuzzer needs it.
 */
#ifndef CHAT_TESTS_FUZZ_FAKE_SYSTEM_H
#define CHAT_TESTS_FUZZ_FAKE_SYSTEM_H

#include "net/loop.h"

/* As at the beginning. */
void
fake_system_reset(void);

/* Lets so much time pass, in a few turns of the loop. */
void
fake_system_wait(
    unsigned ms, struct loop *loop, void (*turn)(struct loop *loop));

#endif
