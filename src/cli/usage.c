#include "config.h"

#include "cli/usage.h"

#include <stdio.h>
#include <sysexits.h>

int
usage_error(const char *text)
{
	fprintf(stderr, "chat: %s\n", text);
	return EX_USAGE;
}
