/* ctl_args_test.c -- the command line: its tables are whole, and what is typed wrong is answered helpfully. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ctl_args.h"
#include "ctl_body.h"
#include "es_cleanup.h"

static char *no_env(const char *name)
{
	(void)name;
	return NULL;
}

static char *tenant_env(const char *name)
{
	static char tenant[] = "demo";
	return strcmp(name, "OPENES_TENANT") == 0 ? tenant : NULL;
}

#define WORDS_MAX 24

/* Splits a line at blanks into `storage`. */
static size_t split(const char *text, char storage[512], char *words[WORDS_MAX])
{
	size_t count = 0;
	char *rest = storage;

	assert_true(strlen(text) < 512);
	memcpy(storage, text, strlen(text) + 1);
	for (char *word; (word = strsep(&rest, " ")) != NULL;) {
		assert_true(count < WORDS_MAX);
		if (word[0] != '\0')
			words[count++] = word;
	}
	return count;
}

static es_status parse_with(const char *text, char *(*env)(const char *), char storage[512], struct ctl_args *args,
                            char error[256])
{
	char *words[WORDS_MAX];
	struct es_buf buf;

	es_buf_init_fixed(&buf, error, 255);
	es_status status = ctl_args_parse(words, split(text, storage, words), env, args, &buf);
	error[buf.len] = '\0';
	return status;
}

static void every_option_and_command_is_whole(void **state)
{
	(void)state;
	for (size_t opt = CTL_NONE + 1; opt < CTL_OPT_COUNT; opt++) {
		assert_non_null(ctl_options[opt].name);
		assert_non_null(ctl_options[opt].help);
		assert_true((ctl_options[opt].kind == CTL_FLAG) == (ctl_options[opt].value == NULL));
		for (size_t other = opt + 1; other < CTL_OPT_COUNT; other++)
			assert_string_not_equal(ctl_options[opt].name, ctl_options[other].name);
	}
	for (size_t i = 0; i < ctl_command_count; i++) {
		const struct ctl_command *command = &ctl_commands[i];
		assert_non_null(command->run);
		assert_non_null(strstr(command->teach, "openesctl "));
		assert_true((command->method == NULL) == (command->path == NULL));
		assert_true(command->operand == CTL_NONE || ctl_args_takes(command, command->operand));
		for (size_t k = i + 1; k < ctl_command_count; k++)
			assert_false(strcmp(command->noun, ctl_commands[k].noun) == 0 &&
			             strcmp(command->verb, ctl_commands[k].verb) == 0);
	}
}

/* Help that shows a line the program refuses would teach nothing. */
static void every_example_of_the_help_parses(void **state)
{
	(void)state;
	for (size_t i = 0; i < ctl_command_count; i++) {
		const char *at = ctl_commands[i].teach;
		while ((at = strstr(at, "  openesctl ")) != NULL) {
			char line[512], storage[512], error[256];
			struct ctl_args args;
			size_t n = 0;
			bool quoted = false; /* what stands there is one word */
			at += strlen("  openesctl ");
			while (at[n] != '\0' && (at[n] != '\n' || at[n - 1] == '\\') && strncmp(at + n, "  ", 2) != 0 &&
			       (quoted || (at[n] != '|' && at[n] != '>'))) {
				quoted = quoted != (at[n] == '\'');
				line[n] = at[n] == '\n' || at[n] == '\\' ? ' ' : quoted && at[n] == ' ' ? '_' : at[n];
				n++;
				if (at[n - 1] == '\n') /* a continued line: its indentation is no end */
					while (at[n] == ' ' && n < sizeof line - 1)
						line[n] = ' ', n++;
			}
			line[n] = '\0';
			if (parse_with(line, no_env, storage, &args, error) != ES_OK)
				fail_msg("%s: %s", line, error);
		}
	}
}

static void every_command_has_help_with_its_options(void **state)
{
	(void)state;
	for (size_t i = 0; i < ctl_command_count; i++) {
		struct ctl_args args = { .command = &ctl_commands[i] };
		struct es_buf text;
		es_buf_init(&text, 65536);
		ctl_help_write(&args, &text);
		es_put_u8(&text, '\0');
		assert_int_equal(es_buf_status(&text), ES_OK);
		assert_non_null(strstr((const char *)text.ptr, ctl_commands[i].summary));
		assert_non_null(strstr((const char *)text.ptr, "--token-file FILE"));
		es_buf_free(&text);
	}
}

static void a_full_line_is_understood(void **state)
{
	char storage[512], error[256];
	struct ctl_args args;

	(void)state;
	assert_int_equal(parse_with("subscriber add --tenant demo --imsi=001010000000042 --plan gold --json", no_env,
	                            storage, &args, error),
	                 ES_OK);
	assert_string_equal(args.command->verb, "add");
	assert_string_equal(args.value[CTL_TENANT], "demo");
	assert_string_equal(args.value[CTL_IMSI], "001010000000042");
	assert_non_null(args.value[CTL_JSON]);
}

static void a_bare_word_is_the_thing_the_command_is_about(void **state)
{
	char storage[512], error[256];
	struct ctl_args args;

	(void)state;
	assert_int_equal(parse_with("plan show gold", tenant_env, storage, &args, error), ES_OK);
	assert_string_equal(args.value[CTL_PLAN], "gold");
	assert_string_equal(args.value[CTL_TENANT], "demo");
	assert_int_equal(parse_with("subscriber import --tenant demo -- --odd.csv", no_env, storage, &args, error), ES_OK);
	assert_string_equal(args.value[CTL_FILE], "--odd.csv");
}

static void help_is_given_wherever_it_is_asked_for(void **state)
{
	char storage[512], error[256];
	struct ctl_args args;

	(void)state;
	assert_int_equal(parse_with("", no_env, storage, &args, error), ES_OK);
	assert_non_null(args.value[CTL_HELP]);
	assert_int_equal(parse_with("help subscriber", no_env, storage, &args, error), ES_OK);
	assert_null(args.command);
	assert_string_equal(args.noun, "subscriber");
	assert_int_equal(parse_with("subscriber add --imsi --help", no_env, storage, &args, error), ES_OK);
	assert_string_equal(args.command->verb, "add");
}

static void a_wrong_line_says_what_to_write_instead(void **state)
{
	static const struct {
		const char *line, *hint;
	} cases[] = {
		{ "subscribr add", "--help" },
		{ "subscriber ad", "add, show, list" },
		{ "subscriber add --tenant demo --imis 1", "--imsi" },
		{ "subscriber add --tenant demo --plan gold", "--imsi DIGITS is missing" },
		{ "subscriber add --tenant demo --imsi 1", "--plan ID is missing" },
		{ "plan list --tenant a --tenant b", "twice" },
		{ "plan show --tenant a gold silver", "too many" },
		{ "plan list --tenant", "--tenant ID" },
		{ "check --tenant demo --mend=yes", "no value" },
		{ "tenant list --k 00112233445566778899aabbccddeeff", "no option" },
	};

	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		char storage[512], error[256];
		struct ctl_args args;
		assert_int_equal(parse_with(cases[i].line, no_env, storage, &args, error), ES_MALFORMED);
		if (strstr(error, cases[i].hint) == NULL)
			fail_msg("%s: %s", cases[i].line, error);
		assert_null(strstr(error, "00112233"));
	}
}

static void options_become_members_of_the_body(void **state)
{
	char storage[512], error[256];
	struct ctl_args args;
	struct es_buf buf;
	cJSON *body =
		cJSON_Parse("{\"vowifi\":{\"url\":\"https://old.example\",\"terms_required\":true},\"name\":\"Old\"}");

	(void)state;
	assert_int_equal(parse_with("tenant set --tenant demo --plmns 00101,00102 --token-ttl 7d --vowifi-url "
	                            "https://new.example --checkcode no",
	                            no_env, storage, &args, error),
	                 ES_OK);
	es_buf_init_fixed(&buf, error, sizeof error);
	assert_int_equal(ctl_body_fill(&args, body, &buf), ES_OK);
	char *text = cJSON_PrintUnformatted(body);
	assert_string_equal(text, "{\"vowifi\":{\"terms_required\":true,\"url\":\"https://new.example\"},\"name\":\"Old\","
	                          "\"plmns\":[\"00101\",\"00102\"],\"token_ttl\":604800,\"checkcode\":false}");
	cJSON_free(text);
	cJSON_Delete(body);
}

static void objects_are_given_as_json(void **state)
{
	char storage[512], error[256];
	struct ctl_args args;
	struct es_buf buf;
	cJSON *body = cJSON_CreateObject();

	(void)state;
	assert_int_equal(parse_with("plan set --tenant demo --plan gold --data-boosts [{\"type\":166}] --data-plans [] "
	                            "--allowance 734003200123",
	                            no_env, storage, &args, error),
	                 ES_OK);
	es_buf_init_fixed(&buf, error, sizeof error);
	assert_int_equal(ctl_body_fill(&args, body, &buf), ES_OK);
	char *text = cJSON_PrintUnformatted(body);
	assert_string_equal(text, "{\"data\":{\"plans\":[],\"boosts\":[{\"type\":166}],\"allowance\":734003200123}}");
	cJSON_free(text);
	cJSON_Delete(body);
}

static void an_outage_is_declared_by_options(void **state)
{
	char storage[512], error[256];
	struct ctl_args args;
	struct es_buf buf;
	cJSON *body = cJSON_CreateObject();

	(void)state;
	assert_int_equal(parse_with("outage declare --tenant demo --outage ims --services volte,vonr "
	                            "--when {\"facts.region\":\"north\"} --text en:_Wi-Fi,_please|de:_WLAN --as disabled",
	                            no_env, storage, &args, error),
	                 ES_OK);
	es_buf_init_fixed(&buf, error, sizeof error);
	assert_int_equal(ctl_body_fill(&args, body, &buf), ES_OK);
	char *text = cJSON_PrintUnformatted(body);
	assert_string_equal(text, "{\"services\":[\"volte\",\"vonr\"],\"when\":{\"facts.region\":\"north\"},"
	                          "\"as\":\"disabled\",\"texts\":[\"en:_Wi-Fi,_please\",\"de:_WLAN\"]}");
	cJSON_free(text);
	cJSON_Delete(body);
}

static void a_value_of_the_wrong_kind_is_refused(void **state)
{
	static const char *const lines[] = { "tenant set --tenant demo --token-ttl soon",
		                                 "tenant set --tenant demo --token-ttl -1d",
		                                 "plan set --tenant demo --plan gold --vowifi perhaps",
		                                 "plan set --tenant demo --plan gold --companion-max many",
		                                 "outage declare --tenant demo --outage ims --when north",
		                                 "outage declare --tenant demo --outage ims --when []",
		                                 "plan set --tenant demo --plan gold --data-boosts 166",
		                                 "plan set --tenant demo --plan gold --data-boosts [166]",
		                                 "plan set --tenant demo --plan gold --allowance 1000000000000001" };

	(void)state;
	for (size_t i = 0; i < ES_COUNT(lines); i++) {
		char storage[512], error[256];
		struct ctl_args args;
		struct es_buf buf;
		cJSON *body = cJSON_CreateObject();
		assert_int_equal(parse_with(lines[i], no_env, storage, &args, error), ES_OK);
		es_buf_init_fixed(&buf, error, sizeof error);
		assert_int_equal(ctl_body_fill(&args, body, &buf), ES_MALFORMED);
		cJSON_Delete(body);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_option_and_command_is_whole),
		cmocka_unit_test(every_example_of_the_help_parses),
		cmocka_unit_test(every_command_has_help_with_its_options),
		cmocka_unit_test(a_full_line_is_understood),
		cmocka_unit_test(a_bare_word_is_the_thing_the_command_is_about),
		cmocka_unit_test(help_is_given_wherever_it_is_asked_for),
		cmocka_unit_test(a_wrong_line_says_what_to_write_instead),
		cmocka_unit_test(options_become_members_of_the_body),
		cmocka_unit_test(objects_are_given_as_json),
		cmocka_unit_test(an_outage_is_declared_by_options),
		cmocka_unit_test(a_value_of_the_wrong_kind_is_refused),
	};
	return cmocka_run_group_tests_name("ctl_args", tests, NULL, NULL);
}
