/* esim_draft_test.c -- what a draft and the tenant's settings make of an order, and of its profile; and what a device is told of
 * that order in each of its states. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "es_cleanup.h"
#include "esim_testing.h"

static const struct esim_ids ids = { .order = "order", .profile = "profile", .matching_id = "AB-12" };

static struct esim_draft draft_of(enum esim_kind kind)
{
	return (struct esim_draft){ .kind = (uint8_t)kind,
		                        .app = ESIM_COMPANION,
		                        .tenant = "demo",
		                        .imsi = "001010000000001",
		                        .msisdn = "+15550100",
		                        .requester = "phone",
		                        .device = "watch",
		                        .eid = "89044000000000000000000000000022",
		                        .service = ESIM_DIFF_NUMBER };
}

static struct esim_settings settings_of(void)
{
	struct esim_facts facts = { .settings = {
									.smdp = "main", .bss = "crm", .provision = true, .install_within_s = 60 } };

	facts.settings.companion_profile_type = "watches";
	facts.settings.primary_profile_type = "phones";
	esim_test_facts(&facts);
	return facts.settings;
}

/* "order download_order ..." */
static void name_steps(const struct esim_order *o, char *out, size_t size)
{
	out[0] = '\0';
	for (int step = 0; step < ESIM_STEPS; step++)
		if ((o->steps >> step & 1) != 0)
			(void)snprintf(out + strlen(out), size - strlen(out), "%s%s", out[0] != '\0' ? " " : "",
			               esim_step_name((enum esim_step)step));
}

enum { OWN = 1, LATE = 2, BSS_OWNS = 4, NO_BSS = 8, NO_SMDP = 16, INPUT = 32, EARLY = 64, RELOADS = 128, THERE = 256 };

static struct esim_order make(enum esim_kind kind, unsigned with, struct esim_profile *p)
{
	struct esim_settings s = settings_of();
	struct esim_draft draft = draft_of(kind);
	struct esim_order o;

	s.own_stock = (with & OWN) != 0;
	s.release_late = (with & LATE) != 0;
	s.bss_orders_profile = (with & BSS_OWNS) != 0;
	s.retire_when_ready = (with & EARLY) != 0;
	s.redownloadable = draft.redownloads = (with & RELOADS) != 0;
	s.bss = (with & NO_BSS) != 0 ? "" : s.bss;
	s.smdp = (with & NO_SMDP) != 0 ? "" : s.smdp;
	s.input_to_bss = (with & INPUT) != 0;
	memcpy(draft.response, "1234", sizeof "1234");
	*p = (struct esim_profile){ .id = "there", .smdp = "main", .seen_ms = (with & THERE) != 0 };
	esim_draft_order(&draft, &s, NULL, &ids, 1000, &o, p);
	return o;
}

static void kind_and_settings_decide_the_steps(void **state)
{
	static const struct {
		enum esim_kind kind;
		unsigned with;
		const char *steps;
	} cases[] = {
		{ ESIM_SUBSCRIBE, 0, "order download_order confirm_order provision offer installed" },
		{ ESIM_SUBSCRIBE, LATE, "order download_order confirm_order provision release offer installed" },
		{ ESIM_SUBSCRIBE, INPUT, "verify order download_order confirm_order provision offer installed" },
		{ ESIM_SUBSCRIBE, BSS_OWNS, "order provision offer installed" },
		{ ESIM_SUBSCRIBE, NO_BSS, "download_order confirm_order offer installed" },
		{ ESIM_SUBSCRIBE, NO_SMDP, "order provision offer installed" },
		{ ESIM_TRANSFER, 0, "order download_order confirm_order provision offer installed retire" },
		{ ESIM_TRANSFER, EARLY, "order download_order confirm_order provision offer retire installed" },
		{ ESIM_TRANSFER, RELOADS, "order deleted download_order confirm_order provision offer installed retire" },
		{ ESIM_RECOVER, 0, "order download_order confirm_order provision offer installed retire" },
		{ ESIM_RELEASE, 0, "order release offer installed" },
		{ ESIM_RELEASE, INPUT, "verify order release offer installed" },
		{ ESIM_CHANGE, 0, "order" },
		{ ESIM_SERVICE_ON, 0, "service" },
		{ ESIM_SERVICE_OFF, NO_BSS, "" },
		{ ESIM_UNSUBSCRIBE, 0, "order withdraw" },
		{ ESIM_UNSUBSCRIBE, THERE, "order" },
		{ ESIM_TERMINATE, THERE, "" },
		{ ESIM_RETURN, THERE, "order withdraw" },
	};

	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		struct esim_profile p;
		char steps[256];
		const struct esim_order o = make(cases[i].kind, cases[i].with, &p);
		name_steps(&o, steps, sizeof steps);
		if (strcmp(steps, cases[i].steps) != 0)
			fail_msg("%s with %u: %s, not %s", esim_kind_names[cases[i].kind], cases[i].with, steps, cases[i].steps);
		/* an order that nobody has to be asked for is done at once */
		assert_int_equal(o.state == ESIM_ORDER_DONE, steps[0] == '\0');
	}
}

/* What another order would do to it at its end: free it while the profile lives. */
static void only_orders_that_make_a_profile_take_from_stock(void **state)
{
	(void)state;
	for (enum esim_kind kind = 0; kind < ESIM_KINDS; kind++) {
		struct esim_profile p;
		const struct esim_order o = make(kind, OWN, &p);
		assert_int_equal((o.flags & ESIM_OWN_STOCK) != 0, esim_order_makes_profile(&o));
	}
	struct esim_profile p;
	const struct esim_order again = make(ESIM_TRANSFER, OWN | RELOADS, &p); /* keeps its ICCID */
	assert_true((again.flags & ESIM_OWN_STOCK) == 0 && (again.flags & ESIM_REUSES) != 0);
}

static void what_the_bss_had_made_is_not_withdrawn_by_us(void **state)
{
	const struct esim_draft draft = draft_of(ESIM_TERMINATE);
	const struct esim_settings settings = settings_of(); /* changed since */
	struct esim_profile p;
	struct esim_order o = make(ESIM_SUBSCRIBE, BSS_OWNS, &p);

	(void)state;
	esim_draft_order(&draft, &settings, NULL, &ids, 2000, &o, &p);
	assert_int_equal(o.state, ESIM_ORDER_DONE);
}

static void a_profile_is_what_device_and_plan_ask_for(void **state)
{
	static const struct esim_offer gold = { "gold", "", "", "golden watches", "golden phones", "" };
	struct esim_settings settings = settings_of();
	struct esim_draft draft = draft_of(ESIM_SUBSCRIBE);
	struct esim_profile p = { .id = "" };
	struct esim_order o;

	(void)state;
	esim_draft_order(&draft, &settings, NULL, &ids, 1000, &o, &p);
	assert_string_equal(o.profile_type, "watches");
	assert_string_equal(p.matching_id, "AB-12");
	assert_string_equal(p.msisdn, ""); /* a number of its own, which the BSS will tell */
	draft.app = ESIM_PRIMARY;
	esim_draft_order(&draft, &settings, &gold, &ids, 1000, &o, &p);
	assert_string_equal(o.profile_type, "golden phones");
	assert_string_equal(p.plan, "gold");
	assert_string_equal(p.msisdn, "+15550100");
	/* V12-ODSA-MS-08: by address only what is bound to an EID */
	settings.download = ESIM_DOWNLOAD_ADDRESS;
	esim_draft_order(&draft, &settings, NULL, &ids, 1000, &o, &p);
	assert_true(p.by_address && p.matching_id[0] == '\0');
	draft.eid[0] = '\0';
	esim_draft_order(&draft, &settings, NULL, &ids, 1000, &o, &p);
	assert_true(!p.by_address && p.matching_id[0] != '\0');
}

/* ---- what a device is told of it ---- */

#define CODE "DownloadInfo{ ProfileActivationCode=MSRhJGI= }"
#define RESULT(n) "OperationResult=1 SubscriptionResult=" #n

static void an_order_is_told_as_it_stands(void **state)
{
	const uint32_t offered = UINT32_C(1) << ESIM_STEP_OFFER;
	const struct {
		const char *conformance;
		struct esim_order order;
		const char *answer;
	} cases[] = {
		{ "V12-ODSA-MS-10", { .kind = ESIM_SUBSCRIBE, .state = ESIM_ORDER_GOING }, RESULT(4) },
		{ "V12-ODSA-MS-10", { .kind = ESIM_SUBSCRIBE, .state = ESIM_ORDER_STUCK }, RESULT(4) },
		{ "V12-ODSA-MS-05",
		  { .kind = ESIM_SUBSCRIBE, .state = ESIM_ORDER_WAITING, .done = offered },
		  RESULT(2) " " CODE },
		{ "V12-ODSA-MS-09",
		  { .kind = ESIM_SUBSCRIBE, .state = ESIM_ORDER_DONE, .done = offered, .flags = ESIM_SEEN },
		  RESULT(3) },
		{ "V12-ODSA-MS-09",
		  { .kind = ESIM_TRANSFER, .state = ESIM_ORDER_STUCK, .done = offered, .flags = ESIM_SEEN },
		  RESULT(3) },
		{ "6.5.3", { .kind = ESIM_SUBSCRIBE, .state = ESIM_ORDER_UNDONE, .flags = ESIM_BACK }, RESULT(5) },
		{ "6.5.3",
		  { .kind = ESIM_SUBSCRIBE, .state = ESIM_ORDER_UNDOING, .done = offered, .flags = ESIM_BACK },
		  RESULT(5) },
		{ "V12-ODSA-MS-11",
		  { .kind = ESIM_TRANSFER, .state = ESIM_ORDER_WAITING, .step = ESIM_STEP_DELETED },
		  RESULT(6) },
		{ "V12-ODSA-P-08",
		  { .kind = ESIM_RELEASE, .state = ESIM_ORDER_UNDONE, .flags = ESIM_BACK | ESIM_BAD_INPUT },
		  "OperationResult=104" },
		{ "V12-ODSA-P-08", { .kind = ESIM_RELEASE, .state = ESIM_ORDER_WAITING, .done = offered }, RESULT(2) " " CODE },
		{ "V12-ODSA-MS-09", { .kind = ESIM_UNSUBSCRIBE, .state = ESIM_ORDER_GOING }, RESULT(3) },
		{ "V12-ODSA-P-09",
		  { .kind = ESIM_RECOVER, .state = ESIM_ORDER_WAITING, .done = offered },
		  RESULT(2) " " CODE " PrimaryConfiguration{ ICCID=8944000000000000017 ServiceStatus=1 " CODE " }" },
	};
	const struct esim_request request = { .app = ESIM_PRIMARY };
	const struct esim_profile profile = { .iccid = "8944000000000000017",
		                                  .status = ESIM_ACTIVATED,
		                                  .activation_code = "1$a$b" };

	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		struct esim_answer answer = { .arena = es_arena_new(0, 65536) };
		char text[512];
		esim_answer_order(&request, &cases[i].order, &profile, &answer);
		esim_test_answer(&answer, text, sizeof text);
		es_arena_free(answer.arena);
		if (strcmp(text, cases[i].answer) != 0)
			fail_msg("%s, number %zu: %s, not %s", cases[i].conformance, i, text, cases[i].answer);
	}
}

/* V12-ODSA-MS-06: by address and ICCID. */
static void what_is_found_by_address_is_told_with_its_iccid(void **state)
{
	const struct esim_request request = { .app = ESIM_COMPANION };
	const struct esim_order order = { .state = ESIM_ORDER_WAITING, .done = UINT32_C(1) << ESIM_STEP_OFFER };
	const struct esim_profile profile = { .iccid = "8944000000000000017",
		                                  .by_address = true,
		                                  .smdp_address = "smdp.example" };
	struct esim_answer answer = { .arena = es_arena_new(0, 65536) };
	char text[512];

	(void)state;
	esim_answer_order(&request, &order, &profile, &answer);
	esim_test_answer(&answer, text, sizeof text);
	es_arena_free(answer.arena);
	assert_string_equal(text, RESULT(2) " DownloadInfo{ ProfileIccid=8944000000000000017"
	                                    " ProfileSmdpAddress=smdp.example }");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kind_and_settings_decide_the_steps),
		cmocka_unit_test(only_orders_that_make_a_profile_take_from_stock),
		cmocka_unit_test(what_the_bss_had_made_is_not_withdrawn_by_us),
		cmocka_unit_test(a_profile_is_what_device_and_plan_ask_for),
		cmocka_unit_test(an_order_is_told_as_it_stands),
		cmocka_unit_test(what_is_found_by_address_is_told_with_its_iccid),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
