/* corpus_main.c -- runs a fuzz target over its corpus as an ordinary test, with any compiler. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int run_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	if (f == NULL) {
		perror(path);
		return 1;
	}
	static uint8_t data[1 << 20];
	size_t size = fread(data, 1, sizeof data, f);
	fclose(f);
	(void)LLVMFuzzerTestOneInput(data, size);
	return 0;
}

int main(int argc, char **argv)
{
	int failed = 0, files = 0;

	(void)LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
	for (int i = 1; i < argc; i++) {
		DIR *dir = opendir(argv[i]);
		if (dir == NULL) {
			perror(argv[i]); /* a target without a corpus is a mistake, not a pass */
			return 1;
		}
		for (struct dirent *e; (e = readdir(dir)) != NULL;) {
			char path[4096];
			if (e->d_name[0] == '.')
				continue;
			(void)snprintf(path, sizeof path, "%s/%s", argv[i], e->d_name);
			failed |= run_file(path);
			files++;
		}
		closedir(dir);
	}
	if (argc > 1 && files == 0) {
		(void)fprintf(stderr, "no corpus file\n");
		return 1;
	}
	return failed;
}
