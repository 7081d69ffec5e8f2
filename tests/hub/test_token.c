#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "hub/token.h"
#include "net/tls.h"

#define ID_MAX ((UINT64_C(1) << PERSON_ID_BITS) - 1)

static const unsigned char secret[] = "0123456789abcdef0123456789abcdef";

static void
ids_as_text(void **state)
{
	static const struct {
		uint64_t id;
		const char *text;
	} cases[] = {
		{ 0, "222222222222" },
		{ 1, "222222222223" },
		{ 31, "22222222222z" },
		{ 32, "222222222232" },
		{ ID_MAX, "zzzzzzzzzzzz" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[PERSON_ID_SIZE];
		uint64_t id = 7;

		person_id_format(text, cases[i].id);
		assert_string_equal(text, cases[i].text);
		assert_int_equal(person_id_parse(slice_of(text), &id), 0);
		assert_true(id == cases[i].id);
	}
}

static void
what_is_no_id(void **state)
{
	static const char *const bad[] = {
		"",
		"22222222222",
		"2222222222222",
		"2222222222l2",
		"22222222222O",
		"22222222222A",
		"22222222222 ",
		"22222222222-",
	};
	uint64_t id = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(
		    person_id_parse(slice_of(bad[i]), &id), -EINVAL);
	assert_int_equal(
	    person_id_parse(SLICE("22222\000222222"), &id), -EINVAL);
	assert_int_equal(id, 7);
}

static void
texts_are_in_the_order_of_the_numbers(void **state)
{
	(void)state;
	for (int i = 0; i < 10000; i++) {
		uint64_t a = person_id_new(), b = person_id_new(), back;
		char x[PERSON_ID_SIZE], y[PERSON_ID_SIZE];

		assert_in_range(a, 1, ID_MAX);
		assert_true(a != b);
		person_id_format(x, a);
		person_id_format(y, b);
		assert_int_equal(strcmp(x, y) < 0, a < b);
		assert_int_equal(person_id_parse(slice_of(x), &back), 0);
		assert_true(back == a);
	}
}

/* Against what other implementations of HMAC say. */
static void
made(void **state)
{
	char token[TOKEN_SIZE];

	(void)state;
	assert_int_equal(token_make(secret, 1, 0, token), 37);
	assert_string_equal(token, "222222222223.0.2BJ20flc4TDJkX7XXIx2sw");
	token_make(secret, ID_MAX, UINT64_MAX, token);
	assert_string_equal(
	    token, "zzzzzzzzzzzz.18446744073709551615.LiiZnBX7313Ms4QmTsIo0A");
	assert_true(strlen(token) < TOKEN_SIZE);
}

static void
checked(void **state)
{
	char token[TOKEN_SIZE];
	uint64_t id, generation;

	(void)state;
	for (uint64_t g = 0; g < 1000; g++) {
		uint64_t want = person_id_new();
		size_t len = token_make(secret, want, g * g * g, token);

		assert_int_equal(
		    token_check(
			secret, (struct slice){ token, len }, &id, &generation),
		    0);
		assert_true(id == want);
		assert_int_equal(generation, g * g * g);
	}
}

static int
check(struct slice token)
{
	uint64_t id = 7, generation = 8;
	int err = token_check(secret, token, &id, &generation);

	if (err) {
		assert_int_equal(id, 7);
		assert_int_equal(generation, 8);
	}
	return err;
}

/* Any other byte anywhere, and any part. */
static void
forged(void **state)
{
	char token[TOKEN_SIZE];
	size_t len = token_make(secret, person_id_new(), 12, token);

	(void)state;
	for (size_t i = 0; i < len; i++) {
		char was = token[i];

		for (int c = 0; c < 256; c++) {
			token[i] = (char)c;
			assert_int_equal(check((struct slice){ token, len }),
			    token[i] == was ? 0 : -EINVAL);
		}
		token[i] = was;
		assert_int_equal(check((struct slice){ token, i }), -EINVAL);
	}
	token[len] = 'A';
	assert_int_equal(check((struct slice){ token, len + 1 }), -EINVAL);
}

static void
of_another_secret(void **state)
{
	unsigned char other[TOKEN_SECRET_SIZE];
	char token[TOKEN_SIZE];

	(void)state;
	memcpy(other, secret, sizeof(other));
	other[31] ^= 1;
	token_make(other, 1, 0, token);
	assert_int_equal(check(slice_of(token)), -EINVAL);
}

static void
written_otherwise(void **state)
{
	char token[TOKEN_SIZE], other[2 * TOKEN_SIZE];
	const char *mac;

	(void)state;
	token_make(secret, 1, 0, token);
	mac = strrchr(token, '.');
	snprintf(other, sizeof(other), "222222222223.00%s", mac);
	assert_int_equal(check(slice_of(other)), -EINVAL);
	snprintf(other, sizeof(other), "222222222223.%s", mac);
	assert_int_equal(check(slice_of(other)), -EINVAL);
	snprintf(other, sizeof(other), "222222222223.+0%s", mac);
	assert_int_equal(check(slice_of(other)), -EINVAL);
	snprintf(
	    other, sizeof(other), "222222222223.18446744073709551616%s", mac);
	assert_int_equal(check(slice_of(other)), -EINVAL);
	snprintf(other, sizeof(other), "%s==", token);
	assert_int_equal(check(slice_of(other)), -EINVAL);
	assert_int_equal(check(SLICE("")), -EINVAL);
	assert_int_equal(check(SLICE("..")), -EINVAL);
	assert_int_equal(check(SLICE("222222222223")), -EINVAL);
}

static void
seals(void **state)
{
	static const unsigned char key[TOKEN_SECRET_SIZE] = "a key";
	static const unsigned char another[TOKEN_SECRET_SIZE] = "another";
	char token[TOKEN_SIZE], bare[TOKEN_SIZE], changed[TOKEN_SIZE + 1];
	uint64_t id, generation;
	size_t len;

	(void)state;
	token_make(key, ID_MAX, UINT64_MAX, bare);
	strcpy(token, bare);
	len = token_seal(another, token);
	assert_int_equal(len, strlen(token));
	assert_true(len < TOKEN_SIZE);
	assert_true(slice_is(token_unsealed(slice_of(token)), bare));
	assert_true(slice_is(token_unsealed(slice_of(bare)), bare));
	assert_true(token_is_sealed(another, slice_of(token)));
	assert_false(token_is_sealed(key, slice_of(token)));
	assert_false(token_is_sealed(another, slice_of(bare)));
	/* Which is no token itself. */
	assert_int_not_equal(
	    token_check(key, slice_of(token), &id, &generation), 0);
	for (size_t i = 0; i < len; i++) {
		strcpy(changed, token);
		changed[i] ^= 1;
		assert_false(token_is_sealed(another, slice_of(changed)));
		assert_false(
		    token_is_sealed(another, (struct slice){ token, i }));
	}
	snprintf(changed, sizeof(changed), "%sA", token);
	assert_false(token_is_sealed(another, slice_of(changed)));
	assert_false(token_is_sealed(another, SLICE("")));
	assert_false(token_is_sealed(another, SLICE("....")));
}

static int
prepare(void **state)
{
	(void)state;
	return tls_prepare();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_as_text),
		cmocka_unit_test(what_is_no_id),
		cmocka_unit_test(texts_are_in_the_order_of_the_numbers),
		cmocka_unit_test(made),
		cmocka_unit_test(checked),
		cmocka_unit_test(forged),
		cmocka_unit_test(of_another_secret),
		cmocka_unit_test(written_otherwise),
		cmocka_unit_test(seals),
	};

	return cmocka_run_group_tests(tests, prepare, NULL);
}
