#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <qrencode.h>
#include <stdlib.h>
#include <string.h>

#include "server/qr.h"

enum { QUIET = 4, OUT_MAX = 1 << 20 };

#define COLOURS "\033[38;5;16;48;5;231m"
#define RESET "\033[0m\n"

/* Takes one half-block character: bit 0 is its upper module, bit 1 the
 * lower. */
static int
take_block(const char **p)
{
	static const char *const blocks[] = { " ", "\xe2\x96\x80",
		"\xe2\x96\x84", "\xe2\x96\x88" };

	for (int i = 0; i < 4; i++) {
		if (strncmp(*p, blocks[i], strlen(blocks[i])) == 0) {
			*p += strlen(blocks[i]);
			return i;
		}
	}
	return -1;
}

static int
module(const QRcode *code, int x, int y)
{
	if (x < 0 || y < 0 || x >= code->width || y >= code->width)
		return 0;
	return code->data[y * code->width + x] & 1;
}

/* The text drawn is the code's modules, with a quiet zone on all sides. */
static void
drawn(void **state)
{
	static const char url[] = "http://192.168.100.200:3000/";
	QRcode *code = QRcode_encodeString8bit(url, 0, QR_ECLEVEL_L);
	struct buf out;
	const char *p;
	char *text;
	int y;

	(void)state;
	assert_non_null(code);
	buf_init(&out, OUT_MAX);
	assert_int_equal(qr_put(&out, url, 3), 0);
	text = buf_steal(&out);
	p = text;
	for (y = -QUIET; *p != '\0'; y += 2) {
		assert_memory_equal(p, "   " COLOURS, 3 + strlen(COLOURS));
		p += 3 + strlen(COLOURS);
		for (int x = -QUIET; x < code->width + QUIET; x++)
			assert_int_equal(take_block(&p),
			    module(code, x, y) | module(code, x, y + 1) << 1);
		assert_memory_equal(p, RESET, strlen(RESET));
		p += strlen(RESET);
	}
	assert_true(y >= code->width + QUIET);
	free(text);
	QRcode_free(code);
}

static void
bounds(void **state)
{
	static char text[3000];
	struct buf out;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	buf_init(&out, OUT_MAX);
	assert_int_equal(qr_put(&out, text, 0), -EMSGSIZE);
	assert_int_equal(out.len, 0);
	buf_deinit(&out);
	buf_init(&out, 100);
	assert_int_equal(qr_put(&out, "http://a/", 0), -ENOBUFS);
	buf_deinit(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(drawn),
		cmocka_unit_test(bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
