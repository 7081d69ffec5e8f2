/*
 * What a fuzz target is made of. Each fuzz_x.c has libFuzzer's entry, which
 * takes any bytes and aborts if a property does not hold. "make fuzz" links
 * it with libFuzzer, "make check" with replay.c, which runs the corpus.
 */
#ifndef CHAT_TESTS_FUZZ_FUZZ_H
#define CHAT_TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A property, also of programs built without assertions. */
#define CHECK(cond) ((cond) ? (void)0 : fuzz_fail(__FILE__, __LINE__, #cond))

_Noreturn void
fuzz_fail(const char *file, int line, const char *what);

/* The input, taken from its front: options first, then what is fed. */
struct fuzz_input {
	const uint8_t *p;
	size_t len;
};

/* The next byte, 0 at the end. */
unsigned
fuzz_byte(struct fuzz_input *in);

/* The next n bytes, or what is there. */
struct slice
fuzz_take(struct fuzz_input *in, size_t n);

struct slice
fuzz_rest(const struct fuzz_input *in);

/*
 * Calls feed with a copy of each piece of s, of `step` bytes (0: all at once),
 * in memory of its very size, until it returns false.
 */
void
fuzz_pieces(struct slice s, size_t step, bool (*feed)(void *, char *, size_t),
    void *arg);

/* A copy in memory of its very size; free() it. */
char *
fuzz_copy(struct slice s);

/* No control characters: C0 (but those in except), DEL, and C1 as UTF-8. */
bool
fuzz_is_clean(struct slice s, const char *except);

/* What has been told, to be compared: a kind, the length, the bytes. */
void
fuzz_note(struct buf *log, char kind, struct slice s);

#endif
