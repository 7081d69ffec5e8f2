#include "config.h"

#include "server/qr.h"

#include <errno.h>
#include <qrencode.h>
#include <stdbool.h>

enum { QUIET = 4 }; /* modules around the code, ISO/IEC 18004 */

/* Black on white of the 256-colour palette: no theme changes those. */
#define DARK_ON_LIGHT "\033[38;5;16;48;5;231m"

static bool
is_dark(const QRcode *code, int x, int y)
{
	if (x < 0 || y < 0 || x >= code->width || y >= code->width)
		return false;
	return code->data[y * code->width + x] & 1;
}

int
qr_put(struct buf *out, const char *text, int indent)
{
	/* upper half dark, lower half dark */
	static const char *const blocks[2][2] = { { " ", "\xe2\x96\x84" },
		{ "\xe2\x96\x80", "\xe2\x96\x88" } };
	QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_L);

	if (code == NULL)
		return -EMSGSIZE;
	for (int y = -QUIET; y < code->width + QUIET; y += 2) {
		buf_printf(out, "%*s" DARK_ON_LIGHT, indent, "");
		for (int x = -QUIET; x < code->width + QUIET; x++)
			buf_puts(out, blocks[is_dark(code, x, y)]
					    [is_dark(code, x, y + 1)]);
		buf_puts(out, "\033[0m\n");
	}
	QRcode_free(code);
	return out->failed ? -ENOBUFS : 0;
}
