/*
 * net/worker.h without threads: what is pushed is done on the loop's, when
 * the test lets it.
 */
#ifndef CHAT_TESTS_FUZZ_FAKE_WORKER_H
#define CHAT_TESTS_FUZZ_FAKE_WORKER_H

#include "net/worker.h"

/* Nothing is done while they are held, as if a disk were slow. */
void
fake_worker_hold(bool hold);

/* Something would be done by the next turn. */
bool
fake_worker_busy(void);

#endif
