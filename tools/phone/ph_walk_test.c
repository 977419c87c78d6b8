/* ph_walk_test.c -- the table of flows is sound, and devices do with answers what TS.43 has them do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "es_cleanup.h"

#include "ph_device.h"
#include "ph_walk.h"

#define CODE "MSRzbWRwLm9wLmV4YW1wbGUkQUJDRC0xMjM0" /* of 1$smdp.op.example$ABCD-1234 */
#define ELIGIBLE_AS(role) "\"" role "AppEligibility\":\"1\","
#define RESULT(number) "\"SubscriptionResult\":\"" number "\","
#define DOWNLOAD "\"DownloadInfo\":{\"ProfileActivationCode\":\"" CODE "\"}"
#define COMPANIONS(inner) "\"CompanionConfigurations\":[{\"CompanionConfiguration\":{" inner "}}],"
#define PRIMARY(inner) "\"PrimaryConfiguration\":{" inner "},"
#define NOTHING ""

static struct ph_walk walk;
static struct ph_vars vars;
static struct es_arena *arena;

/* What the device is to do next; of a request, what is to be in it, and the answer to it. Of the others, what happens. */
struct scene {
	enum ph_turn turn;
	const char *has, *says;
};

static int set_up(void **state)
{
	(void)state;
	memset(&vars, 0, sizeof vars);
	(void)ph_var_set(&vars, PH_V_IMEI, "001010001234567");
	(void)ph_var_set(&vars, PH_V_COMPANION_IMEI, "001019990000003");
	(void)ph_var_set(&vars, PH_V_TARGET_IMEI, "001018880000003");
	(void)ph_var_set(&vars, PH_V_EID, "89049032000000000000000000000066");
	(void)ph_var_set(&vars, PH_V_VENDOR, "OPEN");
	(void)ph_var_set(&vars, PH_V_NAME, "My Watch");
	arena = es_arena_new(0, 1 << 20);
	return arena == NULL ? -1 : 0;
}

static int tear_down(void **state)
{
	(void)state;
	es_arena_free(arena);
	return 0;
}

static const char *param(const char *name)
{
	for (size_t i = 0; i < walk.ask.param_count; i++)
		if (strcmp(walk.params[i].name, name) == 0)
			return walk.params[i].value;
	return "";
}

/* Each "name=value" of the list is in the request; "name=" is not. */
static void check_params(const char *list)
{
	struct es_slice rest = es_slice_str(list);

	while (rest.len > 0) {
		char name[64], wanted[256];
		struct es_slice value = es_slice_cut(&rest, ' ');
		assert_true(es_slice_to_str(es_slice_cut(&value, '='), name, sizeof name));
		assert_true(es_slice_to_str(value, wanted, sizeof wanted));
		if (strcmp(param(name), wanted) != 0)
			fail_msg("%s of %s is \"%s\", not \"%s\"", name, param("operation"), param(name), wanted);
	}
}

static void answer_with(const char *inner)
{
	char text[4096];
	struct ph_outcome o = { .result = PH_DOCUMENT, .status = 200, .is_json = true, .why = "" };

	if (strncmp(inner, "HTTP ", 5) == 0) {
		o = (struct ph_outcome){ .result = PH_REFUSED, .why = "so", .cookie = ES_SLICE_LIT("ecs=1") };
		assert_int_equal(sscanf(inner, "HTTP %u", &o.status), 1);
	} else {
		bool has_result = strstr(inner, "OperationResult") != NULL;
		(void)snprintf(text, sizeof text, "{\"%s\":{%s%s}}", walk.flow->app, inner,
		               has_result ? "" : "\"OperationResult\":\"1\"");
		o.document = es_slice_str(text);
	}
	ph_walk_heard(&walk, &o, arena);
}

/* "method(first,second)" */
static void call(const char *text)
{
	char method[64] = "", first[128] = "", second[128] = "";

	(void)sscanf(text, "%63[^(](%127[^,)],%127[^)])", method, first, second);
	ph_walk_called(&walk, method, first, second);
}

static void play_scene(const struct scene *scene)
{
	switch (scene->turn) {
	case PH_TURN_ASK:
		check_params(scene->has);
		answer_with(scene->says);
		break;
	case PH_TURN_OPEN:
		call(scene->says);
		ph_walk_closed(&walk, NULL);
		break;
	case PH_TURN_DOWNLOAD:
		assert_string_equal(walk.download.activation_code[0] != 0 ? walk.download.activation_code
		                                                          : walk.download.smdp_address,
		                    scene->has);
		ph_walk_loaded(&walk, scene->says, NULL);
		break;
	case PH_TURN_DELETE:
		assert_string_equal(walk.deleted, scene->has);
		ph_walk_erased(&walk, NULL);
		break;
	case PH_TURN_TYPE: ph_walk_typed(&walk, scene->says); break;
	case PH_TURN_WAIT:
		assert_int_equal(walk.wait_ms, atoll(scene->has));
		ph_walk_waited(&walk);
		break;
	case PH_TURN_DONE: break;
	case PH_TURN_FAILED:
		if (strstr(walk.why, scene->says) == NULL)
			fail_msg("%s", walk.why);
		break;
	}
}

static void play(const char *name, const struct scene *scenes, size_t count)
{
	const struct ph_flow *flow = ph_flow_of(name);

	assert_non_null(flow);
	ph_walk_begin(&walk, flow, &vars);
	for (size_t i = 0; i < count; i++) {
		if (walk.turn != scenes[i].turn)
			fail_msg("%s, scene %zu: turn %d, not %d (%s %s)", name, i + 1, (int)walk.turn, (int)scenes[i].turn,
			         walk.why, walk.turn == PH_TURN_ASK ? param("operation") : "");
		play_scene(&scenes[i]);
	}
}

#define PLAY(name, ...)                                                                                                \
	do {                                                                                                               \
		static const struct scene scenes_[] = { __VA_ARGS__ };                                                         \
		play(name, scenes_, ES_COUNT(scenes_));                                                                        \
	} while (0)

/* ---- the table ---- */

static bool params_are_sound(const char *params)
{
	struct es_slice rest = es_slice_str(params);

	while (rest.len > 0) {
		struct es_slice value = es_slice_cut(&rest, ' '), name = es_slice_cut(&value, '=');
		bool is_var = value.len > 0 && value.ptr[0] == '$';
		if (name.len > 0 && (value.len == 0 || (is_var && ph_var_of(es_slice_sub(value, 1, value.len)) == PH_VARS)))
			return false;
	}
	return true;
}

static void every_flow_can_be_understood(void **state)
{
	(void)state;
	for (size_t i = 0; i < ph_flow_count; i++) {
		const struct ph_flow *flow = &ph_flows[i];
		assert_ptr_equal(ph_flow_of(flow->name), flow); /* no name twice */
		assert_true(ph_flow_length(flow) > 0);
		for (unsigned n = 0; n < ph_flow_length(flow); n++)
			if (!params_are_sound(flow->steps[n].params) || !ph_expects_is_sound(flow->steps[n].expects))
				fail_msg("%s, step %u", flow->name, n + 1);
	}
	for (enum ph_var var = 0; var < PH_VARS; var++)
		assert_non_null(ph_var_name(var));
}

/* ---- what devices do ---- */

static void a_watch_downloads_at_once(void **state) /* figure 25 */
{
	(void)state;
	PLAY("companion-activate",
	     { PH_TURN_ASK, "operation=CheckEligibility companion_terminal_id=001019990000003", ELIGIBLE_AS("Companion") },
	     { PH_TURN_ASK, "operation=AcquireConfiguration terminal_id=001010001234567", NOTHING },
	     { PH_TURN_ASK,
	       "operation=ManageSubscription operation_type=0 companion_terminal_eid=89049032000000000000000000000066 "
	       "companion_terminal_vendor=OPEN companion_terminal_iccid= MSG_btn=",
	       RESULT("2") DOWNLOAD "," },
	     { PH_TURN_DOWNLOAD, "1$smdp.op.example$ABCD-1234", "8901" },
	     { PH_TURN_ASK, "operation=AcquireConfiguration", COMPANIONS("\"ICCID\":\"8901\",\"ServiceStatus\":\"1\"") },
	     { PH_TURN_DONE, "", "" });
	assert_string_equal(walk.vars.at[PH_V_ICCID], "8901");
}

static void a_watch_polls_as_long_as_it_is_told_to(void **state) /* figure 24 */
{
	(void)state;
	PLAY("companion-poll", { PH_TURN_ASK, "", ELIGIBLE_AS("Companion") }, { PH_TURN_ASK, "", NOTHING },
	     { PH_TURN_ASK, "operation_type=0", RESULT("4") },
	     { PH_TURN_ASK, "", COMPANIONS("\"ServiceStatus\":\"2\",\"PollingInterval\":\"1\"") },
	     { PH_TURN_WAIT, "60000", "" },
	     { PH_TURN_ASK, "",
	       COMPANIONS("\"ServiceStatus\":\"2\",\"PollingInterval\":\"3\",\"PollingIntervalUnit\":\"1\"") },
	     { PH_TURN_WAIT, "3000", "" },
	     { PH_TURN_ASK, "", COMPANIONS("\"ICCID\":\"8901\",\"ServiceStatus\":\"1\"," DOWNLOAD) },
	     { PH_TURN_DOWNLOAD, "1$smdp.op.example$ABCD-1234", "" }, { PH_TURN_DONE, "", "" });
	PLAY("companion-poll", { PH_TURN_ASK, "", ELIGIBLE_AS("Companion") }, { PH_TURN_ASK, "", NOTHING },
	     { PH_TURN_ASK, "", RESULT("4") }, { PH_TURN_ASK, "", COMPANIONS("\"ServiceStatus\":\"4\"") },
	     { PH_TURN_FAILED, "", "ServiceStatus is 4 where 1 was expected" });
}

static void a_sheet_hands_over_the_download(void **state) /* figure 22 */
{
	(void)state;
	PLAY("companion-sheet", { PH_TURN_ASK, "", ELIGIBLE_AS("Companion") }, { PH_TURN_ASK, "", NOTHING },
	     { PH_TURN_ASK, "operation_type=0", RESULT("1") },
	     { PH_TURN_OPEN, "", "profileReadyWithActivationCode(1$h$m)" }, { PH_TURN_DOWNLOAD, "1$h$m", "8901" },
	     { PH_TURN_ASK, "operation=ManageService operation_type=10 companion_terminal_iccid=8901",
	       "\"OperationResult\":\"103\"" },
	     { PH_TURN_ASK, "operation=AcquireConfiguration", COMPANIONS("\"ServiceStatus\":\"1\"") },
	     { PH_TURN_DONE, "", "" });
	PLAY("companion-sheet", { PH_TURN_ASK, "", ELIGIBLE_AS("Companion") }, { PH_TURN_ASK, "", NOTHING },
	     { PH_TURN_ASK, "", RESULT("1") }, { PH_TURN_OPEN, "", "dismissFlow()" },
	     { PH_TURN_FAILED, "", "the sheet was left" });
}

static void a_selection_repeats_the_transfer_with_the_old_profile(void **state) /* figure 36 */
{
	(void)state;
	PLAY("transfer-sheet", { PH_TURN_ASK, "target_terminal_id=001018880000003", ELIGIBLE_AS("Primary") },
	     { PH_TURN_ASK, "operation_type=3 old_terminal_iccid= old_terminal_id=", RESULT("1") },
	     { PH_TURN_OPEN, "", "SelectionCompleted(8907,001010000000007)" },
	     { PH_TURN_ASK, "operation_type=3 old_terminal_iccid=8907 old_terminal_id=001010000000007",
	       RESULT("2") "\"DownloadInfo\":{\"ProfileSmdpAddress\":\"s.example\",\"ProfileIccid\":\"8908\"}," },
	     { PH_TURN_DOWNLOAD, "s.example", "" },
	     { PH_TURN_ASK, "target_terminal_iccid=8908", PRIMARY("\"ICCID\":\"8908\",\"ServiceStatus\":\"1\"") },
	     { PH_TURN_DONE, "", "" });
}

static void a_sheet_after_a_selection_has_nothing_of_it(void **state) /* figure 36 */
{
	(void)state;
	PLAY("transfer-sheet", { PH_TURN_ASK, "", ELIGIBLE_AS("Primary") }, { PH_TURN_ASK, "", RESULT("1") },
	     { PH_TURN_OPEN, "", "SelectionCompleted(8907,001010000000007)" },
	     { PH_TURN_ASK, "old_terminal_iccid=8907", RESULT("1") }, { PH_TURN_OPEN, "", "finishFlow()" },
	     { PH_TURN_ASK, "operation=AcquireConfiguration", PRIMARY("\"ServiceStatus\":\"1\"," DOWNLOAD) },
	     { PH_TURN_DOWNLOAD, "1$smdp.op.example$ABCD-1234", "" }, { PH_TURN_DONE, "", "" });
}

static void a_question_is_answered_when_it_is_asked(void **state) /* figures 45, 47 */
{
#define QUESTION "\"MSG\":{\"Message\":\"Code?\",\"Accept_btn\":\"1\",\"Reject_btn\":\"1\",\"Accept_freetext\":\"1\"}"
	(void)state;
	PLAY("recover", { PH_TURN_ASK, "terminal_eid=89049032000000000000000000000066", ELIGIBLE_AS("Primary") },
	     { PH_TURN_ASK, "", PRIMARY("\"ICCID\":\"8907\",\"ServiceStatus\":\"1\"") },
	     { PH_TURN_ASK, "operation_type=7 terminal_iccid=8907 MSG_btn=", RESULT("8") QUESTION "," },
	     { PH_TURN_TYPE, "", "1234" },
	     { PH_TURN_ASK, "operation_type=7 terminal_iccid=8907 MSG_btn=1 MSG_response=1234",
	       "\"OperationResult\":\"104\"" },
	     { PH_TURN_FAILED, "", "104, invalid MSG response" });
	(void)ph_var_set(&vars, PH_V_MSG_RESPONSE, "99");
	PLAY("verify-before-download",
	     { PH_TURN_ASK, "MSG_response=", PRIMARY("\"ICCID\":\"8907\",\"ServiceStatus\":\"3\"," QUESTION) },
	     { PH_TURN_ASK, "operation_type=0 terminal_iccid=8907 MSG_btn=1 MSG_response=99", RESULT("4") },
	     { PH_TURN_ASK, "", PRIMARY("\"ICCID\":\"8907\",\"ServiceStatus\":\"1\"," DOWNLOAD) },
	     { PH_TURN_DOWNLOAD, "1$smdp.op.example$ABCD-1234", "" }, { PH_TURN_DONE, "", "" });
}

static void the_new_phone_has_nothing_but_the_temporary_token(void **state) /* figure 40 */
{
	(void)state;
	(void)ph_var_set(&vars, PH_V_OLD_ICCID, "8907");
	PLAY("transfer-token", { PH_TURN_ASK, "", ELIGIBLE_AS("Primary") },
	     { PH_TURN_ASK, "operation=AcquireTemporaryToken terminal_iccid=8907", "\"TemporaryToken\":\"tt\"," },
	     { PH_TURN_ASK, "temporary_token=tt old_terminal_iccid=8907", RESULT("2") DOWNLOAD "," },
	     { PH_TURN_DOWNLOAD, "1$smdp.op.example$ABCD-1234", "8908" },
	     { PH_TURN_ASK, "temporary_token=tt target_terminal_iccid=8908", PRIMARY("\"ServiceStatus\":\"1\"") },
	     { PH_TURN_DONE, "", "" });
	assert_int_equal(walk.ask.proof, PH_PROOF_NONE);
	/* The last terminal_id is the one that is sent. */
	assert_string_equal(walk.params[walk.ask.param_count - 1].name, "target_terminal_eid");
}

static void the_profile_in_use_is_deleted_first(void **state) /* figure 42 */
{
	(void)state;
	(void)ph_var_set(&vars, PH_V_OLD_ICCID, "8907");
	(void)ph_var_set(&vars, PH_V_REDOWNLOADABLE, "1");
	PLAY("transfer-delete-first", { PH_TURN_ASK, "", ELIGIBLE_AS("Primary") },
	     { PH_TURN_ASK, "old_terminal_id=001010001234567 old_terminal_iccid=8907 redownloadable_profile=1",
	       RESULT("6") },
	     { PH_TURN_DELETE, "8907", "" }, { PH_TURN_ASK, "", NOTHING }, { PH_TURN_WAIT, "2000", "" },
	     { PH_TURN_ASK, "", PRIMARY("\"ICCID\":\"8907\",\"ServiceStatus\":\"1\"," DOWNLOAD) },
	     { PH_TURN_DOWNLOAD, "1$smdp.op.example$ABCD-1234", "8907" }, { PH_TURN_DONE, "", "" });
}

static void a_code_by_sms_stands_for_the_sim(void **state) /* figure 33 */
{
	(void)state;
	(void)ph_var_set(&vars, PH_V_MSISDN, "+15550000001");
	PLAY("transfer-otp", { PH_TURN_ASK, "msisdn=+15550000001 operation=", "HTTP 200" }, { PH_TURN_TYPE, "", "123456" },
	     { PH_TURN_ASK, "OTP=123456", "HTTP 511" }, { PH_TURN_FAILED, "", "HTTP is 511 where 200 was expected" });
	assert_string_equal(walk.ask.cookie, "ecs=1");
}

static void a_server_orders_what_is_offered_first(void **state) /* figure 53 */
{
	(void)state;
	(void)ph_var_set(&vars, PH_V_REQUESTOR, "mdm");
	(void)ph_var_set(&vars, PH_V_ACCESS_TOKEN, "at");
	PLAY("server-initiated",
	     { PH_TURN_ASK, "requestor_id=mdm access_token=at terminal_id=", ELIGIBLE_AS("Enterprise") },
	     { PH_TURN_ASK,
	       "operation=AcquirePlan access_token=", "\"PlanOffers\":[{\"PlanOffer\":{\"PlanId\":\"B2B\"}}]," },
	     { PH_TURN_ASK, "enterprise_terminal_id=001019990000003", NOTHING },
	     { PH_TURN_ASK, "operation_type=0 plan_id=B2B enterprise_terminal_eid=89049032000000000000000000000066",
	       RESULT("2") DOWNLOAD "," },
	     { PH_TURN_DOWNLOAD, "1$smdp.op.example$ABCD-1234", "8901" },
	     { PH_TURN_ASK, "", "\"EnterpriseConfiguration\":{\"ICCID\":\"8901\",\"ServiceStatus\":\"1\"}," },
	     { PH_TURN_DONE, "", "" });
}

static void a_dead_token_is_followed_by_the_sim(void **state) /* TS.43 2.10 */
{
	(void)state;
	PLAY("eligibility", { PH_TURN_ASK, "", "HTTP 511" }, { PH_TURN_ASK, "", "HTTP 511" },
	     { PH_TURN_FAILED, "", "the server answered so" });
	assert_int_equal(walk.ask.proof, PH_PROOF_SIM);
}

static void refusals_end_the_flow(void **state)
{
	(void)state;
	PLAY("eligibility", { PH_TURN_ASK, "", "\"CompanionAppEligibility\":\"0\"," },
	     { PH_TURN_FAILED, "", "Eligibility is 0 where 1 was expected" });
	PLAY("eligibility", { PH_TURN_ASK, "", "\"OperationResult\":\"102\"" },
	     { PH_TURN_FAILED, "", "102, invalid parameter" });
	PLAY("companion-activate", { PH_TURN_ASK, "", ELIGIBLE_AS("Companion") }, { PH_TURN_ASK, "", NOTHING },
	     { PH_TURN_ASK, "", RESULT("5") }, { PH_TURN_FAILED, "", "dismiss" });
}

/* ---- identities ---- */

static void numbered_devices_have_right_check_digits(void **state)
{
	char eid[PH_EID_SIZE], imei[PH_IMEI_SIZE];

	(void)state;
	assert_true(ph_device_eid_after("89049032123451234512345678901235", 0, eid));
	assert_string_equal(eid, "89049032123451234512345678901235");
	assert_true(
		ph_device_eid_after("89049032123451234512345678901134", 1, eid)); /* SGP.02's own example is one further */
	assert_string_equal(eid, "89049032123451234512345678901235");
	assert_false(ph_device_eid_after("8904", 0, eid));
	ph_device_numbered_imei("49015420", 323751, imei);
	assert_string_equal(imei, "490154203237518");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_flow_can_be_understood),
		cmocka_unit_test(a_watch_downloads_at_once),
		cmocka_unit_test(a_watch_polls_as_long_as_it_is_told_to),
		cmocka_unit_test(a_sheet_hands_over_the_download),
		cmocka_unit_test(a_selection_repeats_the_transfer_with_the_old_profile),
		cmocka_unit_test(a_sheet_after_a_selection_has_nothing_of_it),
		cmocka_unit_test(a_question_is_answered_when_it_is_asked),
		cmocka_unit_test(the_new_phone_has_nothing_but_the_temporary_token),
		cmocka_unit_test(the_profile_in_use_is_deleted_first),
		cmocka_unit_test(a_code_by_sms_stands_for_the_sim),
		cmocka_unit_test(a_server_orders_what_is_offered_first),
		cmocka_unit_test(a_dead_token_is_followed_by_the_sim),
		cmocka_unit_test(refusals_end_the_flow),
		cmocka_unit_test(numbered_devices_have_right_check_digits),
	};
	struct CMUnitTest with_kit[ES_COUNT(tests)];

	memcpy(with_kit, tests, sizeof tests);
	for (size_t i = 0; i < ES_COUNT(with_kit); i++) {
		with_kit[i].setup_func = set_up;
		with_kit[i].teardown_func = tear_down;
	}
	return cmocka_run_group_tests(with_kit, NULL, NULL);
}
