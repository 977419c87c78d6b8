/* policy_decide_test.c -- decisions as tables, and T20 over every combination. */
#include "policy_decide.h"
#include "policy_esim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "es_cleanup.h"

#define NOW 1767225600000 /* 2026-01-01 */

static const struct policy_tenant tenant_plain = { .id = "demo",
	                                               .vowifi_url = "https://portal.example/vowifi",
	                                               .language = "en" };
static const struct policy_tenant tenant_asks = { .id = "demo",
	                                              .vowifi_url = "https://portal.example/vowifi",
	                                              .language = "en",
	                                              .vowifi_terms_required = true,
	                                              .vowifi_address_required = true };
static const struct policy_plan plan_full = { .id = "full",
	                                          .volte = POLICY_EVERYWHERE,
	                                          .vonr = POLICY_EVERYWHERE,
	                                          .vowifi = true,
	                                          .smsoip = true,
	                                          .companion_allowed = true,
	                                          .companion_services = POLICY_SHARED_NUMBER,
	                                          .companion_max = 2,
	                                          .primary_esim = true };
static const struct policy_plan plan_none = { .id = "none" };
static const struct policy_subscriber line_ready = {
	.imsi = "001010123456789",
	.msisdn = "",
	.plan = "full",
	.voice_prov = POLICY_PROVISIONED,
	.sms_prov = POLICY_PROVISIONED,
	.vowifi = { POLICY_AVAILABLE, POLICY_AVAILABLE, POLICY_PROVISIONED, 0, "" },
};

static struct policy_context context_of(const struct policy_tenant *tenant, const struct policy_plan *plan,
                                        const struct policy_subscriber *line)
{
	return (struct policy_context){
		.tenant = tenant, .plan = plan, .subscriber = line, .version_major = 12, .now_ms = NOW
	};
}

static struct policy_decision decide(const struct policy_context *context, const char *app)
{
	struct policy_decision decision;
	assert_int_equal(policy_decide(context, es_slice_str(app), &decision), ES_OK);
	return decision;
}

/* The answer's nodes as "name=value;" with characteristics as "name{...}". */
static void print_nodes(const struct es_doc_node *node, struct es_buf *out)
{
	for (; node != NULL; node = node->next) {
		if (node->is_parm) {
			es_put_printf(out, ES_SLICE_FMT "=" ES_SLICE_FMT ";", ES_SLICE_ARG(node->name), ES_SLICE_ARG(node->value));
		} else {
			es_put_printf(out, ES_SLICE_FMT "{", ES_SLICE_ARG(node->name));
			print_nodes(node->child, out);
			es_put_str(out, "}");
		}
	}
}

static const char *answer(const struct policy_context *context, const char *app)
{
	static char text[4096];
	struct es_arena *arena = es_arena_new(0, 65536);
	struct es_doc_node *first = NULL;
	struct es_buf out;

	assert_non_null(arena);
	assert_int_equal(policy_answer(context, es_slice_str(app), arena, &first), ES_OK);
	es_buf_init_fixed(&out, text, sizeof text - 1);
	print_nodes(first, &out);
	assert_int_equal(es_buf_status(&out), ES_OK);
	text[out.len] = '\0';
	es_arena_free(arena);
	return text;
}

static es_status give_handle(const struct policy_handles *handles, const char *app, struct es_arena *arena,
                             struct es_slice *out)
{
	(void)handles;
	(void)app;
	*out = es_arena_copy(arena, ES_SLICE_LIT("abc"));
	return ES_OK;
}
static const struct policy_handles handles = { give_handle };

/* ---- ap2003 ---- */

struct voice_case {
	uint8_t volte, vonr;
	bool fallback;
	uint8_t irat, status, prov;
	const char *expected; /* access,network,status,irat of each entry */
};

#define E POLICY_EVERYWHERE
#define H POLICY_HOME
#define R POLICY_ROAMING
#define N POLICY_NOWHERE

static const struct voice_case voice_cases[] = {
	/* V12-VOC-01, V12-VOC-02, V12-VOC-03, V12-VOC-04, V12-VOC-08: one entry for all networks, or one for each */
	{ E, E, false, 0, POLICY_ACTIVE, POLICY_PROVISIONED, "2,1,1,- 1,1,1,- " },
	{ H, H, false, 0, POLICY_ACTIVE, POLICY_PROVISIONED, "2,3,2,- 2,2,1,- 1,3,2,- 1,2,1,- " },
	{ R, N, false, 0, POLICY_ACTIVE, POLICY_PROVISIONED, "2,1,2,- 1,3,1,- 1,2,2,- " },
	{ N, N, false, 0, POLICY_ACTIVE, POLICY_PROVISIONED, "2,1,2,- 1,1,2,- " },
	{ E, N, false, 0, POLICY_ACTIVE, POLICY_NOT_TRACKED, "2,1,2,- 1,1,1,- " },
	/* V12-VOC-07: fallback is the only way to voice on 5G; V12-VOC-06: each word with its access type only */
	{ E, H, true, 0, POLICY_ACTIVE, POLICY_PROVISIONED, "2,3,2,- 2,2,1,EPS-Fallback 1,1,1,- " },
	{ E, E, true, POLICY_IRAT_4G_SRVCC | POLICY_IRAT_5G_SRVCC, POLICY_ACTIVE, POLICY_PROVISIONED,
	  "2,1,1,EPS-Fallback 1,1,1,4G-SRVCC " },
	{ E, E, false, POLICY_IRAT_4G_SRVCC | POLICY_IRAT_5G_SRVCC, POLICY_ACTIVE, POLICY_PROVISIONED,
	  "2,1,1,5G-SRVCC 1,1,1,4G-SRVCC " },
	{ H, E, true, 0, POLICY_ACTIVE, POLICY_PROVISIONED, "2,3,2,- 2,2,1,EPS-Fallback 1,3,2,- 1,2,1,- " },
	/* provisioning and state of the line */
	{ E, E, false, 0, POLICY_ACTIVE, POLICY_PROV_IN_PROGRESS, "2,1,3,- 1,1,3,- " },
	{ E, E, false, 0, POLICY_ACTIVE, POLICY_NOT_PROVISIONED, "2,1,0,- 1,1,0,- " },
	{ E, N, false, 0, POLICY_SUSPENDED, POLICY_PROVISIONED, "2,1,2,- 1,1,0,- " },
	{ E, E, false, 0, POLICY_BARRED, POLICY_PROVISIONED, "2,1,0,- 1,1,0,- " },
};

static void voice_entries_follow_the_plan(void **state)
{
	(void)state;
	for (size_t i = 0; i < ES_COUNT(voice_cases); i++) {
		const struct voice_case *c = &voice_cases[i];
		struct policy_plan plan = {
			.id = "p", .volte = c->volte, .vonr = c->vonr, .vonr_eps_fallback = c->fallback, .irat = c->irat
		};
		struct policy_subscriber line = line_ready;
		char got[256] = "";
		line.status = c->status;
		line.voice_prov = c->prov;
		struct policy_context context = context_of(&tenant_plain, &plan, &line);
		struct policy_decision d = decide(&context, "AP2003");
		for (size_t k = 0, at = 0; k < d.rat_count; k++)
			at += (size_t)snprintf(got + at, sizeof got - at, "%u,%u,%u,%s ", d.rats[k].access, d.rats[k].network,
			                       d.rats[k].status, d.rats[k].irat != NULL ? d.rats[k].irat : "-");
		assert_string_equal(got, c->expected);
	}
}

static void a_message_stands_only_with_status_2(void **state) /* V12-VOC-05 */
{
	struct policy_plan plan = { .id = "p", .volte = E, .vonr = H };
	struct policy_context context = context_of(&tenant_plain, &plan, &line_ready);
	(void)state;
	assert_string_equal(answer(&context, "ap2003"),
	                    "VoiceOverCellularEntitleInfo{"
	                    "RATVoiceEntitleInfoDetails{AccessType=2;HomeRoamingNWType=3;EntitlementStatus=2;"
	                    "MessageForIncompatible=5G calling is not available abroad with your plan.;}"
	                    "RATVoiceEntitleInfoDetails{AccessType=2;HomeRoamingNWType=2;EntitlementStatus=1;}"
	                    "RATVoiceEntitleInfoDetails{AccessType=1;HomeRoamingNWType=1;EntitlementStatus=1;}}");
}

static void clients_before_7_0_get_the_flat_form(void **state) /* settled rule 3 */
{
	struct policy_plan plan = { .id = "p", .volte = H, .vonr = H };
	struct policy_context context = context_of(&tenant_plain, &plan, &line_ready);
	(void)state;
	context.version_major = 6;
	context.version_minor = 9;
	assert_string_equal(answer(&context, "ap2003"), "EntitlementStatus=1;MessageForIncompatible=;");
	context.version_major = 7;
	assert_non_null(strstr(answer(&context, "ap2003"), "RATVoiceEntitleInfoDetails"));
	context.plan = &plan_none;
	context.version_major = 2;
	assert_string_equal(answer(&context, "ap2003"),
	                    "EntitlementStatus=2;MessageForIncompatible=4G calling is not included in your plan.;");
}

static void a_tenant_may_add_the_flat_status_after_the_list(void **state)
{
	struct policy_tenant tenant = tenant_plain;
	struct policy_context context = context_of(&tenant, &plan_full, &line_ready);
	(void)state;
	tenant.ap2003_flat_after = true;
	const char *text = answer(&context, "ap2003");
	assert_string_equal(strrchr(text, '}'), "}EntitlementStatus=1;");
}

/* ---- ap2004 ---- */

/* The mode table T20; 0 when the combination has no meaning. */
static int t20_mode(uint8_t status, uint8_t prov, uint8_t terms, uint8_t address)
{
	bool settled = (terms == 1 || terms == 2) && (address == 1 || address == 2);
	if (status == 2)
		return 1; /* 3.3.1 cannot be offered */
	if (status == 3)
		return 5; /* 3.3.5 being provisioned */
	if (status == 1)
		return settled && (prov == 1 || prov == 2) ? 2 : 0; /* 3.3.2 can be activated */
	if (terms == 0 || address == 0)
		return 3; /* 3.3.3 data missing */
	if (terms == 3 || address == 3)
		return 4; /* 3.3.4 data being updated */
	return prov == 0 || prov == 3 ? 5 : 0;
}

static void check_vowifi(const struct policy_context *context)
{
	const struct policy_subscriber *line = context->subscriber;
	struct policy_decision d = decide(context, "ap2004");
	bool offered = context->plan != NULL && context->plan->vowifi && (line->opt_outs & POLICY_SERVICE_VOWIFI) == 0;

	assert_true(t20_mode(d.status, d.vowifi.prov, d.vowifi.terms, d.vowifi.address) !=
	            0); /* V12-VWF-01, V12-VWF-03, V12-VWF-04, V12-VWF-05, V12-VWF-09 */
	assert_int_equal(d.status == POLICY_INCOMPATIBLE, !offered); /* V12-VWF-12 */
	assert_int_equal(d.message.text != POLICY_TEXT_NONE, d.status == POLICY_INCOMPATIBLE);
	if (line->status != POLICY_ACTIVE)
		assert_int_not_equal(d.status, POLICY_ENABLED); /* settled rule 16 */
	if (!offered || line->status != POLICY_ACTIVE)
		return;
	bool missing = d.vowifi.terms == POLICY_NOT_AVAILABLE || d.vowifi.address == POLICY_NOT_AVAILABLE;
	bool settled = (d.vowifi.terms == 1 || d.vowifi.terms == 2) && (d.vowifi.address == 1 || d.vowifi.address == 2);
	if (missing)
		assert_int_equal(d.status, POLICY_DISABLED); /* V12-VWF-10 */
	if (settled && line->vowifi.prov % 3 == 0)
		assert_int_equal(t20_mode(d.status, d.vowifi.prov, d.vowifi.terms, d.vowifi.address), 5); /* V12-VWF-11 */
	if (settled && line->vowifi.prov % 3 != 0)
		assert_int_equal(d.status, POLICY_ENABLED);
}

static void every_combination_has_a_mode_in_t20(void **state)
{
	static const struct policy_plan *const plans[] = { NULL, &plan_none, &plan_full };
	static const int64_t expiries[] = { 0, NOW - 1, NOW + 1 };
	size_t seen = 0;
	(void)state;
	for (unsigned n = 0; n < 4 * 4 * 4 * 4; n++) {
		struct policy_subscriber line = line_ready;
		line.status = n & 3;
		line.vowifi.prov = n >> 2 & 3;
		line.vowifi.terms = n >> 4 & 3;
		line.vowifi.address = n >> 6 & 3;
		for (unsigned m = 0; m < 3 * 3 * 4 * 2; m++) {
			struct policy_tenant tenant = tenant_plain;
			tenant.vowifi_terms_required = (m / 9 & 1) != 0;
			tenant.vowifi_address_required = (m / 18 & 1) != 0;
			line.vowifi.address_expiry_ms = expiries[m / 3 % 3];
			line.opt_outs = m / 36 != 0 ? POLICY_SERVICE_VOWIFI : 0;
			struct policy_context context = context_of(&tenant, plans[m % 3], &line);
			check_vowifi(&context);
			seen++;
		}
	}
	assert_int_equal(seen, 256 * 72);
}

static void vowifi_sends_every_mandatory_parameter(void **state) /* V12-VWF-02, V12-VWF-06, V12-VWF-07 */
{
	struct policy_subscriber line = line_ready;
	struct policy_context context = context_of(&tenant_asks, &plan_full, &line);
	(void)state;
	context.handles = &handles;
	assert_string_equal(
		answer(&context, "ap2004"),
		"EntitlementStatus=1;ServiceFlow_URL=https://portal.example/vowifi;ServiceFlow_UserData=sid=abc;"
		"MessageForIncompatible=;AddrStatus=1;TC_Status=1;ProvStatus=1;");
	line.vowifi.address_expiry_ms = NOW + 1000;
	line.vowifi.address_id = "loc-7d21";
	assert_non_null(strstr(answer(&context, "ap2004"),
	                       "AddrStatus=1;AddrExpiry=2026-01-01T00:00:01Z;AddrIdentifier=loc-7d21;TC_Status=1;"));
	line.vowifi.address_expiry_ms = NOW; /* over: the address is missing again */
	assert_non_null(strstr(answer(&context, "ap2004"), "AddrStatus=0;TC_Status=1;"));
	context.plan = NULL;
	assert_string_equal(
		answer(&context, "ap2004"),
		"EntitlementStatus=2;ServiceFlow_URL=;ServiceFlow_UserData=;"
		"MessageForIncompatible=Wi-Fi calling is not included in your plan.;AddrStatus=2;TC_Status=2;ProvStatus=2;");
}

static void a_suspended_line_is_asked_for_nothing(void **state) /* settled rule 16 */
{
	struct policy_subscriber line = line_ready;
	struct policy_context context = context_of(&tenant_asks, &plan_full, &line);
	(void)state;
	line.status = POLICY_SUSPENDED;
	line.vowifi.terms = POLICY_NOT_AVAILABLE;
	context.handles = &handles;
	assert_string_equal(answer(&context, "ap2004"), "EntitlementStatus=0;ServiceFlow_URL=;ServiceFlow_UserData=;"
	                                                "MessageForIncompatible=;AddrStatus=1;TC_Status=2;ProvStatus=0;");
}

/* ---- ap2005 and the others ---- */

static void smsoip_follows_plan_line_and_provisioning(void **state) /* V12-SMS-01 */
{
	static const struct {
		const struct policy_plan *plan;
		uint8_t status, prov;
		uint32_t opt_outs;
		uint8_t expected;
	} cases[] = {
		{ &plan_full, POLICY_ACTIVE, POLICY_PROVISIONED, 0, POLICY_ENABLED },
		{ &plan_full, POLICY_ACTIVE, POLICY_NOT_TRACKED, 0, POLICY_ENABLED },
		{ &plan_full, POLICY_ACTIVE, POLICY_NOT_PROVISIONED, 0, POLICY_DISABLED },
		{ &plan_full, POLICY_ACTIVE, POLICY_PROV_IN_PROGRESS, 0, POLICY_PROVISIONING },
		{ &plan_full, POLICY_BARRED, POLICY_PROVISIONED, 0, POLICY_DISABLED },
		{ &plan_none, POLICY_ACTIVE, POLICY_PROVISIONED, 0, POLICY_INCOMPATIBLE },
		{ &plan_full, POLICY_ACTIVE, POLICY_PROVISIONED, POLICY_SERVICE_SMSOIP, POLICY_INCOMPATIBLE },
		{ NULL, POLICY_SUSPENDED, POLICY_PROVISIONED, 0, POLICY_INCOMPATIBLE },
	};
	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		struct policy_subscriber line = line_ready;
		line.status = cases[i].status;
		line.sms_prov = cases[i].prov;
		line.opt_outs = cases[i].opt_outs;
		struct policy_context context = context_of(&tenant_plain, cases[i].plan, &line);
		assert_int_equal(decide(&context, "ap2005").status, cases[i].expected);
	}
}

static void applications_not_offered_say_so_in_their_own_form(void **state)
{
	static const struct {
		const char *app, *expected;
	} cases[] = {
		{ "ap2010", "" },
		{ "ap2012",
		  "EntitlementStatus=2;TC_Status=2;MessageForIncompatible=Paying with your phone bill is not included "
		  "in your plan.;" },
		{ "ap2013", "EntitlementStatus=2;" },
		{ "ap2014", "" },
		{ "ap2015", "" },
		{ "ap2016", "EntitlementStatus=2;MessageForIncompatible=Satellite service is not included in your plan.;" },
	};
	struct policy_context context = context_of(&tenant_plain, &plan_full, &line_ready);
	struct policy_decision decision;
	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++)
		assert_string_equal(answer(&context, cases[i].app), cases[i].expected);
	assert_int_equal(policy_decide(&context, ES_SLICE_LIT("ap2006"), &decision), ES_UNSUPPORTED);
	assert_true(policy_is_odsa(ES_SLICE_LIT("AP2006")) && !policy_is_odsa(ES_SLICE_LIT("ap2003")));
}

static void odsa_facts_come_from_plan_and_line(void **state)
{
	struct policy_subscriber line = line_ready;
	struct policy_context context = context_of(&tenant_plain, &plan_full, &line);
	(void)state;
	struct policy_esim_facts facts = policy_decide_esim(&context);
	assert_true(facts.companion_allowed && facts.primary_allowed);
	assert_int_equal(facts.companion_services, POLICY_SHARED_NUMBER);
	line.opt_outs = POLICY_SERVICE_COMPANION;
	facts = policy_decide_esim(&context);
	assert_true(!facts.companion_allowed && facts.primary_allowed);
	line.status = POLICY_SUSPENDED;
	facts = policy_decide_esim(&context);
	assert_true(!facts.companion_allowed && !facts.primary_allowed);
}

static void a_decision_explains_itself_rule_by_rule(void **state)
{
	struct es_arena *arena = es_arena_new(0, 65536);
	struct policy_trace trace = { .arena = arena };
	struct policy_subscriber line = line_ready;
	struct policy_context context = context_of(&tenant_asks, &plan_full, &line);
	struct es_buf out;
	(void)state;
	line.vowifi.terms = POLICY_NOT_AVAILABLE;
	context.trace = &trace;
	(void)decide(&context, "ap2004");
	es_buf_init(&out, 4096);
	struct es_json_out j = es_json_to(&out);
	es_json_object(&j, NULL);
	policy_trace_write(&trace, &j);
	es_json_end_object(&j);
	assert_int_equal(es_buf_status(&out), ES_OK);
	es_put_u8(&out, 0);
	assert_string_equal((const char *)out.ptr,
	                    "{\"rules\":[{\"rule\":\"plan\",\"saw\":\"vowifi, plan full\",\"said\":\"offered\"},"
	                    "{\"rule\":\"opt_out\",\"saw\":\"vowifi\",\"said\":\"go on\"},"
	                    "{\"rule\":\"status\",\"saw\":\"line is active\",\"said\":\"go on\"},"
	                    "{\"rule\":\"provisioning\",\"saw\":\"vowifi is provisioned\",\"said\":\"enabled\"},"
	                    "{\"rule\":\"vowifi.terms\",\"saw\":\"not_available\",\"said\":\"data first\"},"
	                    "{\"rule\":\"vowifi.address\",\"saw\":\"available\",\"said\":\"go on\"}]}");
	es_buf_free(&out);
	es_arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(voice_entries_follow_the_plan),
		cmocka_unit_test(a_message_stands_only_with_status_2),
		cmocka_unit_test(clients_before_7_0_get_the_flat_form),
		cmocka_unit_test(a_tenant_may_add_the_flat_status_after_the_list),
		cmocka_unit_test(every_combination_has_a_mode_in_t20),
		cmocka_unit_test(vowifi_sends_every_mandatory_parameter),
		cmocka_unit_test(a_suspended_line_is_asked_for_nothing),
		cmocka_unit_test(smsoip_follows_plan_line_and_provisioning),
		cmocka_unit_test(applications_not_offered_say_so_in_their_own_form),
		cmocka_unit_test(odsa_facts_come_from_plan_and_line),
		cmocka_unit_test(a_decision_explains_itself_rule_by_rule),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
