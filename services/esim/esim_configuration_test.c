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

/* ---- of several ---- */

#define SECOND "8944000000000000025"
#define ONE_OF(iccid, inner) "ICCID=" iccid " ServiceStatus=1" inner
#define NOTHING "OperationResult=1"

struct asked {
	const char *app, *query;
	const struct esim_profile *profiles;
	size_t count;
	struct esim_facts facts;
};

static void acquire_all(const struct asked *a, char out[1024], struct esim_answer *answer)
{
	struct esim_param params[ESIM_TEST_PARAMS];
	struct esim_request request = { .operation = ES_SLICE_LIT("AcquireConfiguration"),
		                            .params = params,
		                            .facts = a->facts,
		                            .tenant = "demo",
		                            .imsi = "",
		                            .msisdn = "",
		                            .terminal_id = "phone",
		                            .line = { .profiles = a->profiles, .count = a->count },
		                            .now_ms = NOW_MS };

	*answer = (struct esim_answer){ .arena = es_arena_new(0, 65536) };
	assert_true(esim_app_parse(es_slice_str(a->app), &request.app));
	esim_test_facts(&request.facts);
	request.param_count = esim_test_params(a->query, params);
	esim_operate(&request, answer);
	esim_test_answer(answer, out, 1024);
	es_arena_free(answer->arena);
}

/* Two of each application, each on a device of its own, and one that was erased. */
static const struct esim_profile several[] = {
	{ .app = ESIM_COMPANION, .iccid = ICCID, .device = "watch", .eid = "1", .service = 1, .status = 1, .seen_ms = 1 },
	{ .app = ESIM_COMPANION, .iccid = SECOND, .device = "band", .service = 1, .status = 1, .seen_ms = 1 },
	{ .app = ESIM_PRIMARY, .iccid = ICCID, .device = "phone", .status = 1, .seen_ms = 1, .is_secondary = true },
	{ .app = ESIM_PRIMARY, .iccid = SECOND, .device = "phone", .status = 1, .seen_ms = 1 },
	{ .app = ESIM_SERVER, .iccid = SECOND, .device = "van", .status = 1, .seen_ms = 1 },
	{ .app = ESIM_PRIMARY,
	  .iccid = "8944000000000000033",
	  .device = "phone",
	  .status = 4,
	  .seen_ms = 1,
	  .ended_ms = 1 },
};

#define COMPANION(iccid) "CompanionConfiguration{ ICCID=" iccid " CompanionDeviceService=SharedNumber ServiceStatus=1 }"

static void a_request_is_told_of_the_profiles_that_it_names(void **state)
{
	static const struct {
		const char *conformance, *app, *query, *answer;
	} cases[] = {
		{ "V12-ODSA-AC-02", "ap2006", "companion_terminal_id=band",
		  NOTHING " CompanionConfigurations[ " COMPANION(SECOND) " ]" },
		{ "V12-ODSA-AC-13", "ap2006", "",
		  NOTHING " CompanionConfigurations[ " COMPANION(ICCID) " " COMPANION(SECOND) " ]" },
		{ "V12-ODSA-AC-01", "ap2006", "companion_terminal_id=none", NOTHING },
		{ "V12-ODSA-AC-13", "ap2006", "companion_terminal_iccid=" ICCID,
		  NOTHING " CompanionConfigurations[ " COMPANION(ICCID) " ]" },
		/* V12-ODSA-AC-09: one is the primary, and one alone stands without a list */
		{ "V12-ODSA-AC-09", "ap2009", "",
		  NOTHING " PrimaryConfigurations[ PrimaryConfiguration{ " ONE_OF(
			  ICCID, " SecondaryICCID=1") " }"
		                                  " PrimaryConfiguration{ " ONE_OF(SECOND, "") " } ]" },
		{ "V12-ODSA-AC-14", "ap2009", "terminal_iccid=" ICCID,
		  NOTHING " PrimaryConfiguration{ " ONE_OF(ICCID, "") " }" },
		{ "10.2", "ap2011", "enterprise_terminal_id=van",
		  NOTHING " EnterpriseConfiguration{ " ONE_OF(SECOND, "") " }" },
		{ "V12-ODSA-AC-01", "ap2011", "enterprise_terminal_id=cart", NOTHING },
	};

	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		const struct asked a = { cases[i].app, cases[i].query, several, ES_COUNT(several), { .plan = NULL } };
		struct esim_answer answer;
		char text[1024];
		acquire_all(&a, text, &answer);
		if (strcmp(text, cases[i].answer) != 0)
			fail_msg("%s %s %s: %s", cases[i].conformance, cases[i].app, cases[i].query, text);
	}
}

/* V12-ODSA-AC-05 to AC-07 */
static void a_profile_that_comes_is_asked_for_again_and_again_but_not_for_ever(void **state)
{
	static const struct {
		uint32_t interval_s, max;
		int64_t polls;
		const char *answer;
	} cases[] = {
		{ 120, 0, 1000, "ServiceStatus=2 PollingInterval=2" },
		{ 90, 0, 0, "ServiceStatus=2 PollingInterval=90 PollingIntervalUnit=1" },
		{ 0, 0, 0, "ServiceStatus=2" },
		{ 120, 3, 1, "ServiceStatus=2 PollingInterval=2" },
		{ 120, 3, 2, "ServiceStatus=4" }, /* the third */
	};

	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		const struct esim_profile coming = { .app = ESIM_PRIMARY, .status = ESIM_ACTIVATING, .polls = cases[i].polls };
		struct asked a = { "ap2009", "", &coming, 1, { .plan = NULL } };
		struct esim_answer answer;
		char text[1024], expected[256];
		a.facts.settings.polling_interval_s = cases[i].interval_s;
		a.facts.settings.max_refresh = cases[i].max;
		acquire_all(&a, text, &answer);
		(void)snprintf(expected, sizeof expected, NOTHING " PrimaryConfiguration{ %s }", cases[i].answer);
		assert_string_equal(text, expected);
		assert_int_equal(answer.polled, 1);
	}
}

/* V12-ODSA-MS-10: else it would ask for ever. */
static void an_end_is_told_to_who_still_waits_and_to_nobody_else(void **state)
{
	const struct esim_profile ended = {
		.app = ESIM_PRIMARY, .device = "phone", .status = 4, .ended_ms = 9, .created_ms = 1
	};
	const struct esim_profile after = {
		.app = ESIM_PRIMARY, .device = "phone", .iccid = SECOND, .status = 1, .created_ms = 2, .seen_ms = 1
	};
	struct esim_profile both[] = { ended, after };
	struct asked a = { "ap2009", "", both, 1, { .plan = NULL } };
	struct esim_answer answer;
	char text[1024];

	(void)state;
	acquire_all(&a, text, &answer);
	assert_string_equal(text, NOTHING " PrimaryConfiguration{ ServiceStatus=4 }");
	a.count = 2;
	acquire_all(&a, text, &answer);
	assert_string_equal(text, NOTHING " PrimaryConfiguration{ " ONE_OF(SECOND, "") " }");
	a.count = 1;
	both[0].ready_ms = 2;
	acquire_all(&a, text, &answer);
	assert_string_equal(text, NOTHING);
}

static void more_is_told_where_a_device_or_its_user_needs_it(void **state)
{
	const struct esim_profile watch = { .app = ESIM_COMPANION,
		                                .iccid = ICCID,
		                                .service = 1,
		                                .status = 1,
		                                .seen_ms = 1,
		                                .name = "Mine",
		                                .vendor = "Acme",
		                                .eid = "8904" };
	const struct esim_profile word = { .app = ESIM_PRIMARY, .iccid = ICCID, .status = 3, .needs_word = true };
	struct asked a = { "ap2006", "", &watch, 1, { .no_web_view = true } };
	struct esim_answer answer;
	char text[1024];

	(void)state;
	acquire_all(&a, text, &answer); /* V12-ODSA-AC-10 */
	assert_string_equal(text, NOTHING " CompanionConfigurations[ CompanionConfiguration{ ICCID=" ICCID
	                                  " CompanionDeviceService=SharedNumber ServiceStatus=1 CompanionDeviceInfo{"
	                                  " CompanionTerminalFriendlyName=Mine CompanionTerminalVendor=Acme"
	                                  " CompanionTerminalEid=8904 } } ]");
	/* V12-ODSA-P-08, V12-ODSA-AC-11: the question stands inside its configuration */
	a = (struct asked){ "ap2009", "", &word, 1, { .plan = NULL } };
	a.facts.settings.input = ESIM_INPUT_DOWNLOAD;
	a.facts.settings.text.message = "Sure?";
	acquire_all(&a, text, &answer);
	assert_string_equal(text, NOTHING " PrimaryConfiguration{ ICCID=" ICCID " ServiceStatus=3 MSG{ Message=Sure?"
	                                  " Accept_btn=1 Reject_btn=1 Accept_freetext=0 } }");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(download_information_is_told_until_the_download_is_known_of),
		cmocka_unit_test(a_request_is_told_of_the_profiles_that_it_names),
		cmocka_unit_test(a_profile_that_comes_is_asked_for_again_and_again_but_not_for_ever),
		cmocka_unit_test(an_end_is_told_to_who_still_waits_and_to_nobody_else),
		cmocka_unit_test(more_is_told_where_a_device_or_its_user_needs_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
