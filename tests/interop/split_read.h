/*
 * Splits what is read from the network, for the tests' programs: libuv's
 * read() is replaced by one that gives less than there is, as if it had
 * arrived so.
 */
#ifndef CHAT_TESTS_INTEROP_SPLIT_READ_H
#define CHAT_TESTS_INTEROP_SPLIT_READ_H

/*
 * max: bytes of a read at most, 0 (at first): as many as there are. seed: 0
 * for always as many, else up to as many, at random.
 */
void
split_read(unsigned max, unsigned seed);

#endif
