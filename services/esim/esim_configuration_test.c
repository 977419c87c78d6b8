/* esim_configuration_test.c -- what AcquireConfiguration tells of a profile, and when how to get it (TS.43 6.5.5). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "es_cleanup.h"
#include "esim_testing.h"

#define NOW_MS 1000000
#define ICCID "8944000000000000017"

/* A watch's profile that may be downloaded since a moment ago. */
static struct esim_profile ready(void)
{
	return (struct esim_profile){ .app = ESIM_COMPANION,
		                          .iccid = ICCID,
		                          .device = "watch",
		                          .service = ESIM_DIFF_NUMBER,
		                          .status = ESIM_ACTIVATED,
		                          .activation_code = "1$a$b",
		                          .ready_ms = NOW_MS - 1 };
}

static void acquire(const struct esim_profile *profile, const char *query, char out[512])
{
	struct esim_param params[ESIM_TEST_PARAMS];
	struct esim_request request = { .app = (enum esim_app)profile->app,
		                            .operation = ES_SLICE_LIT("AcquireConfiguration"),
		                            .params = params,
		                            .tenant = "demo",
		                            .imsi = "",
		                            .msisdn = "",
		                            .terminal_id = "phone",
		                            .line = { .profiles = profile, .count = 1 },
		                            .now_ms = NOW_MS };
	struct esim_answer answer = { .arena = es_arena_new(0, 65536) };

	request.facts.settings.download_repeat_s = 60;
	esim_test_facts(&request.facts);
	request.param_count = esim_test_params(query, params);
	esim_operate(&request, &answer);
	esim_test_answer(&answer, out, 512);
	es_arena_free(answer.arena);
}

#define ONE(inner)                                                                                                     \
	"OperationResult=1 CompanionConfigurations[ CompanionConfiguration{ ICCID=" ICCID                                  \
	" CompanionDeviceService=DiffNumber ServiceStatus=1" inner " } ]"
#define DOWNLOAD " DownloadInfo{ ProfileActivationCode=MSRhJGI= }"

/* V12-ODSA-AC-04: at first, and again while it may have been lost. */
static void download_information_is_told_until_the_download_is_known_of(void **state)
{
	static const struct {
		const char *query;
		int64_t given_ms, seen_ms;
		const char *answer;
	} cases[] = {
		{ "companion_terminal_id=watch", 0, 0, ONE(DOWNLOAD) },
		{ "companion_terminal_id=watch", NOW_MS - 59000, 0, ONE(DOWNLOAD) },
		{ "companion_terminal_id=watch", NOW_MS - 60000, 0, ONE("") },
		{ "companion_terminal_id=watch", 0, NOW_MS, ONE("") },
		/* this very request says that the profile is there (TS.43 6.2) */
		{ "companion_terminal_id=watch&companion_terminal_iccid=" ICCID, 0, 0, ONE("") },
		{ "companion_terminal_id=watch&companion_terminal_iccid=" ICCID "F", 0, 0, ONE("") },
	};

	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		struct esim_profile profile = ready();
		char answer[512];
		profile.given_ms = cases[i].given_ms;
		profile.seen_ms = cases[i].seen_ms;
		acquire(&profile, cases[i].query, answer);
		assert_string_equal(answer, cases[i].answer);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(download_information_is_told_until_the_download_is_known_of),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
