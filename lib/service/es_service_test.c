/* es_service_test.c -- the command line, the help and the word to systemd; the life of a process is tested with the real ones
 * (tests/system). */
#include "es_service_int.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "es_cleanup.h"

struct test_config {
	struct es_service_config base;
	const char *colour;
};
static const struct es_conf_key test_keys[] = {
	ES_SERVICE_CONF_KEYS(test, struct test_config, "127.0.0.1:0"),
	ES_CONF(test, struct test_config, colour, ES_CONF_STRING, "blue", 0, 0, "what it looks like"),
};
static es_status never_starts(struct es_service *service, const void *config, void **state, struct es_buf *error)
{
	(void)service, (void)config, (void)state;
	es_put_str(error, "this one never starts");
	return ES_UNAVAILABLE;
}
static es_status prints_nothing(const void *config, const char *argument, struct es_buf *out, struct es_buf *error)
{
	(void)config, (void)argument, (void)out, (void)error;
	return ES_OK;
}
static const struct es_service_print test_print = { "print-shade", "NAME", "the shade of it", prints_nothing };
static const struct es_service_ops test_service = {
	.name = "test",
	.summary = "a process for its test",
	.keys = test_keys,
	.key_count = ES_COUNT(test_keys),
	.config_size = sizeof(struct test_config),
	.print = &test_print,
	.start = never_starts,
};

static void every_command_line_has_its_meaning(void **state)
{
	static const struct {
		const char *argv[5];
		enum es_service_mode mode;
		const char *path;
	} rows[] = {
		{ { "p" }, ES_SERVICE_RUN, NULL },
		{ { "p", "--config", "a.conf" }, ES_SERVICE_RUN, "a.conf" },
		{ { "p", "-c", "a.conf", "--check-config" }, ES_SERVICE_CHECK, "a.conf" },
		{ { "p", "--print-config" }, ES_SERVICE_PRINT, NULL },
		{ { "p", "-c", "a.conf", "--print-shade", "dark" }, ES_SERVICE_PRINT_OWN, "a.conf" },
		{ { "p", "--print-shade" }, ES_SERVICE_USAGE, NULL },
		{ { "p", "--help" }, ES_SERVICE_HELP, NULL },
		{ { "p", "--version" }, ES_SERVICE_VERSION, NULL },
		{ { "p", "extra" }, ES_SERVICE_USAGE, NULL },
		{ { "p", "--colour" }, ES_SERVICE_USAGE, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		char *argv[6] = { NULL }, storage[5][32];
		int argc = 0;
		for (; argc < 5 && rows[i].argv[argc] != NULL; argc++) {
			(void)snprintf(storage[argc], sizeof storage[argc], "%s", rows[i].argv[argc]);
			argv[argc] = storage[argc];
		}
		struct es_service_args args = es_service_parse_args(&test_service, argc, argv);
		assert_int_equal(args.mode, rows[i].mode);
		if (args.mode == ES_SERVICE_PRINT_OWN)
			assert_string_equal(args.print_argument, "dark");
		if (rows[i].path == NULL)
			assert_null(args.config_path);
		else
			assert_string_equal(args.config_path, rows[i].path);
	}
}

static void the_help_names_every_key_and_the_rule_of_the_environment(void **state)
{
	struct es_buf text;

	(void)state;
	es_buf_init(&text, 65536);
	es_service_write_help(&test_service, &text);
	es_put_u8(&text, 0);
	assert_int_equal(es_buf_status(&text), ES_OK);
	const char *help = (const char *)text.ptr;
	for (size_t i = 0; i < ES_COUNT(test_keys); i++)
		assert_non_null(strstr(help, test_keys[i].name));
	assert_non_null(strstr(help, "OPENES_SECTION_KEY"));
	assert_non_null(strstr(help, "a process for its test"));
	assert_non_null(strstr(help, "--print-shade NAME"));
	es_buf_free(&text);
}

static void systemd_is_told_through_the_socket_it_names(void **state)
{
	char path[64], received[64];
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	(void)state;
	(void)snprintf(path, sizeof path, "/tmp/es_service_test.%d", (int)getpid());
	(void)snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
	(void)unlink(path);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(setenv("NOTIFY_SOCKET", path, 1), 0);
	es_service_notify("READY=1");
	ssize_t n = recv(fd, received, sizeof received, MSG_DONTWAIT);
	assert_int_equal(n, 7);
	assert_memory_equal(received, "READY=1", 7);
	assert_int_equal(unsetenv("NOTIFY_SOCKET"), 0);
	es_service_notify("READY=1");
	assert_int_equal(recv(fd, received, sizeof received, MSG_DONTWAIT), -1);
	close(fd);
	(void)unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_command_line_has_its_meaning),
		cmocka_unit_test(the_help_names_every_key_and_the_rule_of_the_environment),
		cmocka_unit_test(systemd_is_told_through_the_socket_it_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
