/*
 * Runs a fuzz target on the files of its corpus, in place of libFuzzer: those
 * of the directories named, or of corpus/x beside fuzz_x in the source tree.
 * Writes TAP.
 */
#include "config.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

enum { INPUT_MAX = 1 << 20, PATH_SIZE = 4096 };

static unsigned count;

/* In memory of its very size. */
static void
run_file(const char *dir, const char *name)
{
	static unsigned char room[INPUT_MAX];
	char path[PATH_SIZE];
	char *copy;
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "rb");
	n = f != NULL ? fread(room, 1, sizeof(room), f) : 0;
	if (f == NULL || ferror(f)) {
		printf("Bail out! cannot read %s\n", path);
		exit(1);
	}
	fclose(f);
	copy = fuzz_copy((struct slice){ (char *)room, n });
	LLVMFuzzerTestOneInput((const uint8_t *)copy, n);
	free(copy);
	printf("ok %u - %s\n", ++count, name);
	fflush(stdout); /* the next one may be the last */
}

static void
run_dir(const char *dir)
{
	struct dirent **names;
	int n = scandir(dir, &names, NULL, alphasort);

	if (n < 0) {
		printf("Bail out! no corpus in %s\n", dir);
		exit(1);
	}
	for (int i = 0; i < n; i++) {
		if (names[i]->d_name[0] != '.')
			run_file(dir, names[i]->d_name);
		free(names[i]);
	}
	free(names);
}

int
main(int argc, char **argv)
{
	const char *top = getenv("CHAT_SOURCE");
	const char *name = strstr(argv[0], "fuzz_");
	char dir[PATH_SIZE];

	/* the directory has the word in its name, too */
	for (const char *p = name; p != NULL; p = strstr(p + 1, "fuzz_"))
		name = p;
	LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
	printf("ok %u - nothing\n", ++count);
	for (int i = 1; i < argc; i++)
		run_dir(argv[i]);
	if (argc == 1) {
		snprintf(dir, sizeof(dir), "%s/tests/fuzz/corpus/%s",
		    top != NULL ? top : ".", name != NULL ? name + 5 : "");
		run_dir(dir);
	}
	printf("1..%u\n", count);
	return 0;
}
