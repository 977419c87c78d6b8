/* es_config_test.c -- precedence, refusals with their sentences, and the texts made from the table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "es_cleanup.h"
#include "es_config.h"

struct sample {
	const char *listen, *database_url, *key_file;
	uint32_t threads;
	bool verbose;
	int64_t session_ttl;
	uint64_t body_max;
};

static const struct es_conf_key keys[] = {
	ES_CONF(sample, struct sample, listen, ES_CONF_STRING, "tcp://127.0.0.1:5701", 0, 0, "Where the socket listens."),
	ES_CONF(sample, struct sample, database_url, ES_CONF_SECRET, "", 0, 0, "The store."),
	ES_CONF(sample, struct sample, key_file, ES_CONF_STRING, NULL, 0, 0, "Key ring."),
	ES_CONF(sample, struct sample, threads, ES_CONF_U32, "4", 1, 64, "Threads that block."),
	ES_CONF(sample, struct sample, verbose, ES_CONF_BOOL, "false", 0, 0, "Say more."),
	ES_CONF(limits, struct sample, session_ttl, ES_CONF_DURATION, "30s", 1000, 600000, "Lifetime of an exchange."),
	ES_CONF(limits, struct sample, body_max, ES_CONF_SIZE, "16k", 0, 0, "Largest request."),
};

/* One parse, its result and what it said. */
struct fixture {
	struct es_arena *arena;
	struct es_buf error;
	char error_text[8192];
	struct sample sample;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	assert_non_null(f);
	f->arena = es_arena_new(0, 64 * 1024);
	assert_non_null(f->arena);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	es_arena_free(f->arena);
	free(f);
	return 0;
}

static void begin(struct fixture *f)
{
	memset(f->error_text, 0, sizeof f->error_text);
	es_buf_init_fixed(&f->error, f->error_text, sizeof f->error_text - 1);
	es_arena_reset(f->arena);
	f->sample = (struct sample){ .threads = 4711 };
}

static es_status parse(struct fixture *f, struct es_slice text)
{
	begin(f);
	return es_config_parse(keys, ES_COUNT(keys), text, &f->sample, f->arena, &f->error);
}

static es_status load(struct fixture *f, const char *path)
{
	begin(f);
	return es_config_load(keys, ES_COUNT(keys), path, &f->sample, f->arena, &f->error);
}

static void the_file_stands_over_the_defaults(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(parse(f, ES_SLICE_LIT("# one file for all programs\n"
	                                       "[other]\nwhatever = 1\n"
	                                       "[sample]\n"
	                                       "key_file = /etc/openes/keys ; the ring\n"
	                                       "  threads: 8\r\n"
	                                       "[limits]\nsession_ttl=2m\nbody_max = 1M\n"
	                                       "[sample]\nverbose = Yes\n")),
	                 ES_OK);
	assert_string_equal(f->error_text, "");
	assert_string_equal(f->sample.listen, "tcp://127.0.0.1:5701");
	assert_string_equal(f->sample.key_file, "/etc/openes/keys");
	assert_int_equal(f->sample.threads, 8);
	assert_true(f->sample.verbose);
	assert_int_equal(f->sample.session_ttl, 120000);
	assert_int_equal(f->sample.body_max, 1048576);
}

static void the_environment_stands_over_the_file(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(setenv("OPENES_SAMPLE_KEY_FILE", "/run/keys", 1), 0);
	assert_int_equal(setenv("OPENES_LIMITS_SESSION_TTL", "7s", 1), 0);
	assert_int_equal(parse(f, ES_SLICE_LIT("[sample]\nkey_file = /etc/keys\n")), ES_OK);
	assert_string_equal(f->sample.key_file, "/run/keys");
	assert_int_equal(f->sample.session_ttl, 7000);
	assert_int_equal(load(f, NULL), ES_OK);
	assert_string_equal(f->sample.key_file, "/run/keys");
	assert_int_equal(setenv("OPENES_LIMITS_SESSION_TTL", "7", 1), 0);
	assert_int_equal(parse(f, ES_SLICE_LIT("")), ES_MALFORMED);
	assert_string_equal(f->error_text, "OPENES_LIMITS_SESSION_TTL in the environment must be a duration such as 250ms, "
	                                   "30s, 5m, 12h or 7d");
	assert_int_equal(unsetenv("OPENES_SAMPLE_KEY_FILE"), 0);
	assert_int_equal(unsetenv("OPENES_LIMITS_SESSION_TTL"), 0);
}

static void a_refusal_names_line_key_and_reason_and_applies_nothing(void **state)
{
	static const struct {
		const char *text, *error;
	} cases[] = {
		{ "", "[sample] key_file is required, in the file or as OPENES_SAMPLE_KEY_FILE" },
		{ "[sample]\nkey_file =\n", "configuration:2: [sample] key_file must not be empty" },
		{ "[sample]\nkey_file = k\nthreds = 1\n", "configuration:3: [sample] has no key threds" },
		{ "[sample]\nsession_ttl = 1s\n", "configuration:2: [sample] has no key session_ttl" },
		{ "threads = 1\n", "configuration:1: threads stands before any [section]" },
		{ "[sample]\nthreads = 1\n\nthreads = 2\n", "configuration:4: [sample] threads is set twice, first in line 2" },
		{ "[sample]\nkey_file = k\nthreads = 0\n", "configuration:3: [sample] threads must be 1 to 64" },
		{ "[sample]\nkey_file = k\nthreads = -1\n", "configuration:3: [sample] threads must be a whole number" },
		{ "[sample]\nkey_file = k\nthreads = 4294967297\n",
		  "configuration:3: [sample] threads must be a whole number" },
		{ "[sample]\nkey_file = k\nverbose = maybe\n", "configuration:3: [sample] verbose must be true or false" },
		{ "[sample]\nkey_file = k\n[limits]\nsession_ttl = 11m\n",
		  "configuration:4: [limits] session_ttl must be 1s to 10m" },
		{ "[sample]\nkey_file = k\n[limits]\nbody_max = 9223372036854775807k\n",
		  "configuration:4: [limits] body_max must be a size in octets such as 512, 16k or 1m" },
		{ "[sample]\nkey_file = k\nthreads\n", "configuration:3: neither a [section] nor a \"key = value\"" },
		{ "[sample\n", "configuration:1: neither a [section] nor a \"key = value\"" },
		/* The first mistake is the one that is named. */
		{ "[sample]\noops\nthreds = 1\n", "configuration:2: neither a [section] nor a \"key = value\"" },
		{ "[sample]\nthreds = 1\noops\n", "configuration:2: [sample] has no key threds" },
		{ "[sample]\nkey_file = caf\xe9\n", "configuration:2: the line is no UTF-8 text, or has control characters" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		assert_int_equal(parse(f, es_slice_str(cases[i].text)), ES_MALFORMED);
		assert_string_equal(f->error_text, cases[i].error);
		assert_int_equal(f->sample.threads, 4711);
	}
}

static void a_line_is_never_split_nor_cut(void **state)
{
	struct fixture *f = *state;
	char text[8192];
	int n = snprintf(text, sizeof text, "[sample]\nkey_file = %01000d\n", 7);

	/* Beyond the 200 octets inih is built with. */
	assert_int_equal(parse(f, es_slice_of(text, (size_t)n)), ES_OK);
	assert_int_equal(strlen(f->sample.key_file), 1000);
	n = snprintf(text, sizeof text, "[sample]\nkey_file = %05000d threads = 2\n", 7);
	assert_int_equal(parse(f, es_slice_of(text, (size_t)n)), ES_MALFORMED);
	assert_string_equal(f->error_text, "configuration:2: the line is too long");
	assert_int_equal(parse(f, ES_SLICE_LIT("[sample]\nkey_file = a\0b\n")), ES_MALFORMED);
	assert_string_equal(f->error_text, "configuration:2: the line is no UTF-8 text, or has control characters");
}

static void an_indented_line_is_a_line_of_its_own(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(parse(f, ES_SLICE_LIT("[sample]\nkey_file = k\n    threads = 9\n")), ES_OK);
	assert_string_equal(f->sample.key_file, "k");
	assert_int_equal(f->sample.threads, 9);
}

static void a_file_that_cannot_be_read_is_named(void **state)
{
	struct fixture *f = *state;
	char path[] = "/tmp/es_config_test.XXXXXX";
	char expected[256];
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_true(dprintf(fd, "[sample]\nkey_file = k\nthreads = 3\n") > 0);
	assert_int_equal(load(f, path), ES_OK);
	assert_int_equal(f->sample.threads, 3);
	assert_true(dprintf(fd, "threads = 4\n") > 0);
	assert_int_equal(load(f, path), ES_MALFORMED);
	(void)snprintf(expected, sizeof expected, "%s:4: [sample] threads is set twice, first in line 3", path);
	assert_string_equal(f->error_text, expected);
	assert_int_equal(ftruncate(fd, 300 * 1024), 0);
	assert_int_equal(load(f, path), ES_TOO_LARGE);
	(void)snprintf(expected, sizeof expected, "%s: larger than 262144 octets", path);
	assert_string_equal(f->error_text, expected);
	(void)close(fd);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(load(f, path), ES_NOT_FOUND);
	(void)snprintf(expected, sizeof expected, "%s: No such file or directory", path);
	assert_string_equal(f->error_text, expected);
	assert_int_equal(load(f, "/"), ES_UNAVAILABLE);
	assert_string_equal(f->error_text, "/: Is a directory");
}

static void lack_of_memory_is_an_error_and_no_crash(void **state)
{
	struct fixture *f = *state;

	for (size_t limit = 16; limit < 1024; limit += 16) {
		struct es_arena *small = es_arena_new(16, limit);
		begin(f);
		es_status status = es_config_parse(keys, ES_COUNT(keys), ES_SLICE_LIT("[sample]\nkey_file = k\n"), &f->sample,
		                                   small, &f->error);
		assert_int_equal(f->sample.threads, status == ES_OK ? 4 : 4711);
		assert_int_equal(f->error.len == 0, status == ES_OK);
		es_arena_free(small);
	}
}

static void the_printed_configuration_reads_back_and_hides_secrets(void **state)
{
	struct fixture *f = *state;
	char printed[2048] = "";
	struct es_buf out;

	assert_int_equal(parse(f, ES_SLICE_LIT("[sample]\nkey_file = k\ndatabase_url = postgresql://u:secret@db/es\n"
	                                       "[limits]\nsession_ttl = 90s\nbody_max = 1536k\n")),
	                 ES_OK);
	es_buf_init_fixed(&out, printed, sizeof printed - 1);
	es_config_print(keys, ES_COUNT(keys), &f->sample, &out);
	assert_string_equal(printed, "[sample]\n"
	                             "listen = tcp://127.0.0.1:5701\n"
	                             "database_url = ***\n"
	                             "key_file = k\n"
	                             "threads = 4\n"
	                             "verbose = false\n"
	                             "\n[limits]\n"
	                             "session_ttl = 90s\n"
	                             "body_max = 1536k\n");
	assert_int_equal(parse(f, es_buf_slice(&out)), ES_OK);
	assert_int_equal(f->sample.session_ttl, 90000);
	assert_int_equal(f->sample.body_max, 1536 * 1024);
}

static void the_help_shows_kind_bounds_default_and_sentence(void **state)
{
	char help[4096] = "";
	struct es_buf out;

	(void)state;
	es_buf_init_fixed(&out, help, sizeof help - 1);
	es_config_print_help(keys, ES_COUNT(keys), &out);
	assert_non_null(strstr(help, "[sample]\n  listen (string, default tcp://127.0.0.1:5701)\n      Where the socket "
	                             "listens.\n  database_url (secret, default empty)\n"));
	assert_non_null(strstr(help, "  key_file (string, required)\n      Key ring.\n"));
	assert_non_null(strstr(help, "  threads (number, 1 to 64, default 4)\n"));
	assert_non_null(strstr(help, "\n[limits]\n  session_ttl (duration, 1s to 10m, default 30s)\n"));
	assert_non_null(strstr(help, "OPENES_<SECTION>_<KEY>"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(the_file_stands_over_the_defaults),
		TEST(the_environment_stands_over_the_file),
		TEST(a_refusal_names_line_key_and_reason_and_applies_nothing),
		TEST(a_line_is_never_split_nor_cut),
		TEST(an_indented_line_is_a_line_of_its_own),
		TEST(a_file_that_cannot_be_read_is_named),
		TEST(lack_of_memory_is_an_error_and_no_crash),
		TEST(the_printed_configuration_reads_back_and_hides_secrets),
		TEST(the_help_shows_kind_bounds_default_and_sentence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
