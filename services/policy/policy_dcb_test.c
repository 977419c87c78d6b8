/* policy_dcb_test.c -- carrier billing: every combination has a mode in T97, and what the phone reads, letter by letter. */
#include "policy_dcb.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "es_cleanup.h"
#include "policy_resource.h"

static const char *const titles[] = { "en: Pay by phone bill", "de:Per Rechnung" };
static const char *const texts[] = { "en: Terms: https://op.example/dcb", "de: AGB" };
static const struct policy_list two_titles = { (const char **)(uintptr_t)titles, 2 };
static const struct policy_list two_texts = { (const char **)(uintptr_t)texts, 2 };
static const struct policy_plan plan_pays = { .id = "gold", .carrier_billing = true };
static const struct policy_plan plan_none = { .id = "none" };
static const struct policy_store_user accepted = {
	.vendor = "S1001", .user = "u-5521", .terms = POLICY_AVAILABLE, .terms_version = "v1"
};

static struct policy_tenant tenant_of(bool page, bool message)
{
	struct policy_tenant tenant = { .id = "demo", .language = "en" };

	tenant.billing = (struct policy_billing){ .page = { .url = page ? "https://p.example/dcb" : "" },
		                                      .terms_required = page || message,
		                                      .terms = "v1",
		                                      .terms_by = POLICY_TERMS_BY_MESSAGE,
		                                      .accounts = 1 << POLICY_POSTPAID | 1 << POLICY_PREPAID };
	if (message) {
		tenant.billing.titles = two_titles;
		tenant.billing.texts = two_texts;
	}
	return tenant;
}

static const struct policy_subscriber line_ready = {
	.imsi = "001010123456789", .msisdn = "", .plan = "gold", .billing = { .prov = POLICY_PROVISIONED }
};

static es_status give_handle(const struct policy_handles *handles, const char *app, struct es_arena *arena,
                             struct es_slice *out)
{
	(void)handles;
	(void)app;
	*out = es_arena_copy(arena, ES_SLICE_LIT("HANDLE"));
	return ES_OK;
}
static const struct policy_handles handles = { give_handle };

static struct policy_context context_of(const struct policy_tenant *tenant, const struct policy_subscriber *line,
                                        const struct policy_store_user *user)
{
	return (struct policy_context){ .tenant = tenant,
		                            .plan = &plan_pays,
		                            .subscriber = line,
		                            .version_major = 12,
		                            .store_user = user,
		                            .handles = &handles };
}

static void print_nodes(const struct es_doc_node *node, struct es_buf *out)
{
	for (; node != NULL; node = node->next) {
		es_put_printf(out, ES_SLICE_FMT, ES_SLICE_ARG(node->name));
		if (node->is_parm) {
			es_put_printf(out, "=" ES_SLICE_FMT ";", ES_SLICE_ARG(node->value));
			continue;
		}
		es_put_str(out, "{");
		print_nodes(node->child, out);
		es_put_str(out, "}");
	}
}

static const char *answer(const struct policy_context *context)
{
	static char text[4096];
	struct es_arena *arena = es_arena_new(0, 65536);
	struct es_doc_node *first = NULL;
	struct es_buf out;

	assert_non_null(arena);
	assert_int_equal(policy_answer(context, ES_SLICE_LIT("ap2012"), arena, &first), ES_OK);
	es_buf_init_fixed(&out, text, sizeof text - 1);
	print_nodes(first, &out);
	assert_int_equal(es_buf_status(&out), ES_OK);
	text[out.len] = '\0';
	es_arena_free(arena);
	return text;
}

/* ---- T97 ---- */

enum mode { NO_MODE, CANNOT_PURCHASE, DATA_MISSING, BEING_PROVISIONED, CAN_PURCHASE };

/* The client modes of T97: what a phone makes of a status and of what it knows of the terms. */
static enum mode t97_mode(uint8_t status, uint8_t terms)
{
	static const struct {
		uint8_t status;
		uint8_t terms; /* bits of TC_Status */
		enum mode mode;
	} modes[] = {
		{ POLICY_INCOMPATIBLE, 0xf, CANNOT_PURCHASE },
		{ POLICY_DISABLED, 1 << POLICY_NOT_AVAILABLE, DATA_MISSING },
		{ POLICY_DISABLED, 1 << POLICY_AVAILABLE | 1 << POLICY_NOT_REQUIRED, BEING_PROVISIONED },
		{ POLICY_PROVISIONING, 0xf, BEING_PROVISIONED },
		{ POLICY_ENABLED, 1 << POLICY_AVAILABLE | 1 << POLICY_NOT_REQUIRED, CAN_PURCHASE },
	};
	for (size_t i = 0; i < ES_COUNT(modes); i++)
		if (modes[i].status == status && (modes[i].terms >> terms & 1) != 0)
			return modes[i].mode;
	return NO_MODE;
}

/* What the mode has to be, by the facts alone. */
static enum mode expected_mode(const struct policy_context *c)
{
	const struct policy_subscriber *line = c->subscriber;

	if (!c->plan->carrier_billing || line->opt_outs != 0 || line->account == POLICY_BUSINESS || line->billing.barred)
		return CANNOT_PURCHASE;
	if (line->status != POLICY_ACTIVE)
		return BEING_PROVISIONED; /* asked for nothing */
	if (c->tenant->billing.terms_required) {
		if (c->store_user == NULL || c->store_user->terms == POLICY_NOT_AVAILABLE ||
		    (c->store_user->terms == POLICY_AVAILABLE && strcmp(c->store_user->terms_version, "v1") != 0))
			return DATA_MISSING;
		if (c->store_user->terms == POLICY_IN_PROGRESS)
			return BEING_PROVISIONED;
	}
	bool done = line->billing.prov == POLICY_PROVISIONED || line->billing.prov == POLICY_NOT_TRACKED;
	return done ? CAN_PURCHASE : BEING_PROVISIONED;
}

static void check(const struct policy_context *context)
{
	struct policy_decision d;

	assert_int_equal(policy_decide(context, ES_SLICE_LIT("ap2012"), &d), ES_OK);
	assert_int_equal(t97_mode(d.status, d.billing.terms), expected_mode(context)); /* V12-DCB-08 */
	assert_int_equal(d.message.text != POLICY_TEXT_NONE, d.status == POLICY_INCOMPATIBLE);
	const char *text = answer(context);
	bool asks = strstr(text, "TC_Operation=") != NULL;
	/* V12-DCB-03: the three that are always there; V12-DCB-04 */
	assert_non_null(strstr(text, "EntitlementStatus="));
	assert_non_null(strstr(text, "TC_Status="));
	assert_non_null(strstr(text, "MessageForIncompatible="));
	assert_int_equal(asks, d.billing.terms == POLICY_NOT_AVAILABLE);
	assert_true(!asks || strstr(text, "TC_Operation=1;") != NULL || strstr(text, "TC_Operation=2;") != NULL);
	if (strstr(text, "MSG{") != NULL) /* V12-DCB-07 */
		assert_non_null(strstr(
			text, "MSG{Title=Pay by phone bill;Message=Terms: https://op.example/dcb;Accept_btn=1;Reject_btn=1;}"));
	/* Nobody is sent anywhere who has nothing to do there. */
	if (d.status == POLICY_ENABLED || d.status == POLICY_INCOMPATIBLE || context->subscriber->status != POLICY_ACTIVE)
		assert_true(strstr(text, "ServiceFlow_URL") == NULL && strstr(text, "MSG{") == NULL);
}

static void each_user(struct policy_context *context)
{
	static struct policy_store_user user; /* the context keeps pointing to it */

	user = accepted;
	context->store_user = NULL;
	check(context);
	context->store_user = &user;
	for (uint8_t terms = 0; terms < 4; terms++) {
		user.terms = terms;
		user.terms_version = "v1";
		check(context);
		user.terms_version = "v0";
		check(context);
	}
}

static void each_line(const struct policy_tenant *tenant)
{
	for (unsigned i = 0; i < 3u * 4 * 4 * 2 * 2 * 2; i++) {
		struct policy_subscriber line = line_ready;
		line.account = (uint8_t)(i % 3);
		line.billing.prov = (uint8_t)(i / 3 % 4);
		line.status = (uint8_t)(i / 12 % 4);
		line.billing.barred = i / 48 % 2 != 0;
		line.opt_outs = i / 96 % 2 != 0 ? POLICY_SERVICE_CARRIER_BILLING : 0;
		struct policy_context context = context_of(tenant, &line, NULL);
		if (i / 192 % 2 != 0)
			context.plan = &plan_none;
		each_user(&context);
	}
}

static void every_combination_has_a_mode_in_t97(void **state) /* V12-DCB-08 */
{
	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		const struct policy_tenant tenant = tenant_of((i & 1) != 0, (i & 2) != 0);
		each_line(&tenant);
	}
}

/* ---- the words ---- */

#define MSG "MSG{Title=Pay by phone bill;Message=Terms: https://op.example/dcb;Accept_btn=1;Reject_btn=1;}"
#define PAGE "ServiceFlow_URL=https://p.example/dcb;ServiceFlow_UserData="

static void page_and_message_go_together_and_the_preferred_is_named(void **state) /* V12-DCB-06, V12-DCB-07 */
{
	static const struct {
		bool page, message;
		uint8_t by, contents;
		const char *expected;
	} cases[] = {
		{ true, true, POLICY_TERMS_BY_MESSAGE, POLICY_CONTENTS_QUERY,
		  "EntitlementStatus=0;TC_Status=0;TC_Operation=2;MessageForIncompatible=;" PAGE "sid=HANDLE;" MSG },
		{ true, true, POLICY_TERMS_BY_PAGE, POLICY_CONTENTS_JSON, /* {"sid":"HANDLE"} */
		  "EntitlementStatus=0;TC_Status=0;TC_Operation=1;MessageForIncompatible=;" PAGE
		  "encodedValue=eyJzaWQiOiJIQU5ETEUifQ==;ServiceFlow_ContentsType=json;" MSG },
		{ true, false, POLICY_TERMS_BY_MESSAGE, POLICY_CONTENTS_XML, /* <flow><sid>HANDLE</sid></flow> */
		  "EntitlementStatus=0;TC_Status=0;TC_Operation=1;MessageForIncompatible=;" PAGE
		  "encodedValue=PGZsb3c+PHNpZD5IQU5ETEU8L3NpZD48L2Zsb3c+;ServiceFlow_ContentsType=xml;" },
		{ false, true, POLICY_TERMS_BY_PAGE, POLICY_CONTENTS_QUERY,
		  "EntitlementStatus=0;TC_Status=0;TC_Operation=2;MessageForIncompatible=;" MSG },
		{ false, false, POLICY_TERMS_BY_PAGE, POLICY_CONTENTS_QUERY,
		  "EntitlementStatus=1;TC_Status=2;MessageForIncompatible=;" },
	};
	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		struct policy_tenant tenant = tenant_of(cases[i].page, cases[i].message);
		tenant.billing.terms_by = cases[i].by;
		tenant.billing.page.contents = cases[i].contents;
		const struct policy_context context = context_of(&tenant, &line_ready, NULL);
		assert_string_equal(answer(&context), cases[i].expected);
	}
}

static void whoever_cannot_pay_so_is_told_why(void **state) /* V12-DCB-03 */
{
	const struct policy_tenant tenant = tenant_of(true, true);
	struct policy_subscriber line = line_ready;
	struct policy_context context = context_of(&tenant, &line, &accepted);
	(void)state;
	assert_string_equal(answer(&context), "EntitlementStatus=1;TC_Status=1;MessageForIncompatible=;");
	line.account = POLICY_BUSINESS;
	assert_string_equal(answer(&context),
	                    "EntitlementStatus=2;TC_Status=2;MessageForIncompatible=Paying with your phone "
	                    "bill is not available for your type of account.;");
	line.account = POLICY_PREPAID;
	line.billing.barred = true;
	assert_string_equal(answer(&context),
	                    "EntitlementStatus=2;TC_Status=2;MessageForIncompatible=Paying with your phone "
	                    "bill is blocked on your line. Customer care can help.;");
	line.billing.barred = false;
	line.billing.prov = POLICY_NOT_PROVISIONED; /* the page switches it on */
	assert_string_equal(answer(&context),
	                    "EntitlementStatus=0;TC_Status=1;MessageForIncompatible=;" PAGE "sid=HANDLE;");
	context.plan = &plan_none;
	assert_string_equal(answer(&context),
	                    "EntitlementStatus=2;TC_Status=2;MessageForIncompatible=Paying with your phone "
	                    "bill is not included in your plan.;");
}

static void the_message_speaks_the_language_of_the_phone(void **state)
{
	const struct policy_tenant tenant = tenant_of(false, true);
	struct policy_context context = context_of(&tenant, &line_ready, NULL);
	(void)state;
	context.language = policy_language(ES_SLICE_LIT("de-AT"), "en");
	assert_non_null(strstr(answer(&context), "MSG{Title=Per Rechnung;Message=AGB;"));
	context.language = policy_language(ES_SLICE_LIT("fr"), "en"); /* not among the texts: the tenant's own */
	assert_non_null(strstr(answer(&context), "MSG{Title=Pay by phone bill;"));
}

static void a_button_counts_where_a_message_asks(void **state) /* V12-DCB-05 */
{
	const struct policy_tenant both = tenant_of(true, true), page = tenant_of(true, false),
							   nothing = tenant_of(false, false);
	struct policy_subscriber line = line_ready;
	struct policy_context context = context_of(&both, &line, NULL);
	(void)state;
	assert_true(policy_billing_asks(&context));
	context.store_user = &accepted; /* who accepted may still take it back */
	assert_true(policy_billing_asks(&context));
	context.tenant = &page;
	assert_false(policy_billing_asks(&context));
	context.tenant = &nothing;
	assert_false(policy_billing_asks(&context));
	context.tenant = &both;
	line.status = POLICY_SUSPENDED;
	assert_false(policy_billing_asks(&context));
	line.status = POLICY_ACTIVE;
	line.billing.barred = true;
	assert_false(policy_billing_asks(&context));
}

static void an_answer_about_another_text_is_explained(void **state)
{
	struct es_arena *arena = es_arena_new(0, 65536);
	struct policy_trace trace = { .arena = arena };
	struct policy_tenant tenant = tenant_of(true, true);
	struct policy_context context = context_of(&tenant, &line_ready, &accepted);
	struct policy_decision d;
	(void)state;
	tenant.billing.terms = "v2";
	context.trace = &trace;
	assert_int_equal(policy_decide(&context, ES_SLICE_LIT("ap2012"), &d), ES_OK);
	assert_int_equal(trace.count, 7);
	assert_string_equal(trace.notes[4].rule, "billing.account");
	assert_string_equal(trace.notes[5].rule, "billing.terms_version");
	assert_string_equal(trace.notes[5].saw, "accepted \"v1\", now \"v2\"");
	assert_string_equal(trace.notes[5].said, "data first");
	es_arena_free(arena);
}

/* ---- settings ---- */

static const char *fault_of(const struct policy_shape *shape, const char *json, void *into)
{
	static char text[128];
	struct es_arena *arena = es_arena_new(0, 65536);
	ES_CLEANUP(es_json_done) cJSON *body = NULL;
	struct policy_fault fault = { "", "" };

	assert_int_equal(es_json_parse(es_slice_str(json), ES_JSON_SMALL, &body), ES_OK);
	policy_resource_defaults(shape, into);
	es_status status = policy_resource_read(shape, body, arena, into, &fault);
	(void)snprintf(text, sizeof text, "%s", status == ES_OK ? "" : fault.field);
	es_arena_free(arena);
	return text;
}

static void settings_that_leave_no_way_to_accept_are_refused(void **state)
{
	struct policy_tenant tenant;
	struct policy_store_user user;
	(void)state;
	assert_string_equal(fault_of(&policy_tenant_shape, "{\"id\":\"a\",\"billing\":{\"terms_required\":true}}", &tenant),
	                    "billing.terms_required");
	assert_string_equal(
		fault_of(&policy_tenant_shape, "{\"id\":\"a\",\"billing\":{\"titles\":[\"en: Pay\"]}}", &tenant),
		"billing.titles");
	assert_string_equal(fault_of(&policy_tenant_shape, "{\"id\":\"a\",\"billing\":{\"texts\":[\"english\"]}}", &tenant),
	                    "billing.texts");
	assert_string_equal(fault_of(&policy_tenant_shape,
	                             "{\"id\":\"a\",\"billing\":{\"terms_required\":true,\"url\":\"https://p.example/\","
	                             "\"contents\":\"json\",\"accounts\":[\"business\"]}}",
	                             &tenant),
	                    "");
	assert_int_equal(tenant.billing.accounts, 1 << POLICY_BUSINESS);
	assert_string_equal(fault_of(&policy_store_user_shape, "{\"store_vendor\":\"S\"}", &user), "store_user_id");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_combination_has_a_mode_in_t97),
		cmocka_unit_test(page_and_message_go_together_and_the_preferred_is_named),
		cmocka_unit_test(whoever_cannot_pay_so_is_told_why),
		cmocka_unit_test(the_message_speaks_the_language_of_the_phone),
		cmocka_unit_test(a_button_counts_where_a_message_asks),
		cmocka_unit_test(an_answer_about_another_text_is_explained),
		cmocka_unit_test(settings_that_leave_no_way_to_accept_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
