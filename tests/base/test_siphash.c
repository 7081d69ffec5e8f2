#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/siphash.h"

/* Appendix A of the paper has 15 bytes; the others are of its authors. */
static void
gives_what_the_paper_says(void **state)
{
	static const struct {
		size_t len;
		uint64_t hash;
	} rows[] = { { 0, 0x726fdb47dd0e0e31 }, { 1, 0x74f839c593dc67fd },
		{ 8, 0x93f5f5799a932462 }, { 15, 0xa129ca6149be45e5 } };
	struct siphash_key key = { { 0x0706050403020100, 0x0f0e0d0c0b0a0908 } };
	unsigned char data[16];

	(void)state;
	for (unsigned i = 0; i < sizeof(data); i++)
		data[i] = (unsigned char)i;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_true(siphash(&key, data, rows[i].len) == rows[i].hash);
}

static void
another_key_another_hash(void **state)
{
	struct siphash_key a, b;

	(void)state;
	siphash_init(&a);
	siphash_init(&b);
	assert_true(siphash(&a, "room", 4) != siphash(&b, "room", 4));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_what_the_paper_says),
		cmocka_unit_test(another_key_another_hash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
