#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "gen.h"

double
gen_server_cpu(const struct gen *g)
{
	struct timespec ts;
	clockid_t id;

	if (clock_getcpuclockid(g->o.server, &id) != 0 ||
	    clock_gettime(id, &ts) < 0)
		gen_die("the server is gone");
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

double
gen_server_rss(const struct gen *g)
{
	char name[64], line[256];
	double kb = 0;
	FILE *f;

	snprintf(name, sizeof(name), "/proc/%d/smaps_rollup", (int)g->o.server);
	f = fopen(name, "re");
	if (f == NULL)
		gen_die("the server is gone");
	while (fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, "Rss:", 4) == 0)
			kb = strtod(line + 4, NULL);
	fclose(f);
	return kb * 1024;
}
