/* es_metrics_process.c -- reads /proc/self. */
#include "es_metrics_process.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "es_clock.h"
#include "es_text.h"

static void put_metric(struct es_buf *out, const char *name, const char *kind, const char *help)
{
	es_put_printf(out, "# HELP %s %s\n# TYPE %s %s\n%s ", name, help, name, kind, name);
}

static void put_gauge(struct es_buf *out, const char *name, const char *help, uint64_t value)
{
	put_metric(out, name, "gauge", help);
	es_put_printf(out, "%" PRIu64 "\n", value);
}

static void put_cpu(struct es_buf *out)
{
	struct timespec t;

	if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t) != 0)
		return;
	put_metric(out, "process_cpu_seconds_total", "counter", "User and system CPU time spent.");
	es_put_printf(out, "%" PRId64 ".%06ld\n", (int64_t)t.tv_sec, t.tv_nsec / 1000);
}

static void put_open_fds(struct es_buf *out)
{
	DIR *dir = opendir("/proc/self/fd");
	uint64_t count = 0;

	if (dir == NULL)
		return;
	for (const struct dirent *e; (e = readdir(dir)) != NULL;)
		count += e->d_name[0] != '.';
	(void)closedir(dir);
	put_gauge(out, "process_open_fds", "Open file descriptors.", count - 1); /* without the directory's own */
}

/* Cuts /proc/self/stat into its numbers (proc(5)): values[n] is field n, from the fourth on. The second, the program's
 * name, may hold anything and ends at the last ')'; the third is a letter. */
static size_t stat_fields(struct es_slice stat, uint64_t *values, size_t count)
{
	size_t name_end = stat.len;

	while (name_end > 0 && stat.ptr[name_end - 1] != ')')
		name_end--;
	struct es_slice rest = es_slice_sub(stat, name_end + 2, stat.len);
	size_t n = 4;
	for (; n < count && rest.len > 1; n++) {
		rest = es_slice_sub(rest, 1, rest.len);
		size_t end = es_slice_find(rest, ' ');
		if (es_parse_u64(es_slice_sub(rest, 0, end), 0, UINT64_MAX, &values[n]) != ES_OK)
			values[n] = 0; /* negative: none of those used here */
		rest = es_slice_sub(rest, end, rest.len);
	}
	return n;
}

/* Computed once: a wall clock that steps must not look like a restart. */
static uint64_t start_time(uint64_t start_ticks)
{
	static _Atomic uint64_t known;
	struct timespec boot;
	long hz = sysconf(_SC_CLK_TCK);
	uint64_t start = atomic_load(&known);

	if (start != 0 || hz <= 0 || clock_gettime(CLOCK_BOOTTIME, &boot) != 0)
		return start;
	start = (uint64_t)(es_wall_ms() / 1000) - ((uint64_t)boot.tv_sec - start_ticks / (uint64_t)hz);
	atomic_store(&known, start);
	return start;
}

static void put_proc_stat(struct es_buf *out)
{
	enum { THREADS = 20, START = 22, VSIZE = 23, RSS = 24, COUNT };
	uint64_t values[COUNT];
	char text[1024];
	int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	ssize_t n = read(fd, text, sizeof text);
	(void)close(fd);
	if (n <= 0 || stat_fields(es_slice_of(text, (size_t)n), values, COUNT) != COUNT)
		return;
	put_gauge(out, "process_threads", "Threads.", values[THREADS]);
	put_gauge(out, "process_start_time_seconds", "Start of the process, seconds since 1970.",
	          start_time(values[START]));
	put_gauge(out, "process_virtual_memory_bytes", "Virtual memory.", values[VSIZE]);
	put_gauge(out, "process_resident_memory_bytes", "Resident memory.", values[RSS] * (uint64_t)sysconf(_SC_PAGESIZE));
}

void metrics_write_process(struct es_buf *out)
{
	struct rlimit files;

	put_cpu(out);
	put_open_fds(out);
	if (getrlimit(RLIMIT_NOFILE, &files) == 0)
		put_gauge(out, "process_max_fds", "Maximum number of open file descriptors.", files.rlim_cur);
	put_proc_stat(out);
	es_put_str(out, "# HELP openes_build_info Version of the program.\n# TYPE openes_build_info gauge\n"
	                "openes_build_info{version=\"" OPENES_VERSION "\"} 1\n");
}
