/* policy_sheet_esim_test.c -- the walks over sheets of eSIMs, and what each end calls of ODSAServiceFlow. */
#include "policy_answer_testing.h"

#include "es_crypto.h"
#include "policy_sheet_esim.h"

#define RING "1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n"
#define OLD "8949000000000000025"
#define PHONE "356938035643809"
#define ALL_SERVICES "\"companion\":{\"allowed\":true,\"services\":[\"SharedNumber\",\"DiffNumber\",\"FamilyNumber\"]}"

struct stage {
	struct es_arena *arena;
	struct policy_tenant tenant;
	struct policy_plan plan, offers[2];
	struct policy_subscriber line;
	struct policy_context context;
	struct policy_sheet_state state;
	struct policy_sheet sheet;
	struct policy_field fields[4];
	struct policy_esim_view view;
	struct policy_esim_sheet esim;
	struct policy_page_model page;
	bool is_carried;
};

static const struct policy_esim_view nothing = {
	.state = POLICY_ESIM_NEW,
	.kind = POLICY_ESIM_SUBSCRIBE,
	.device_name = "My Watch",
	.device_model = "W2",
	.device_id = "490154203237518",
	.activation_code = "",
	.smdp_address = "",
	.iccid = "",
	.msisdn = "",
	.confirmation_code = "",
	.service = "",
};

static void set_stage(struct stage *s, const char *app, const char *tenant, const char *plan, size_t offer_count)
{
	struct es_imsi imsi;

	*s = (struct stage){ .arena = es_arena_new(0, 1u << 20), .view = nothing };
	read_members(&policy_tenant_shape, "\"id\":\"demo\"", tenant, s->arena, &s->tenant);
	read_members(&policy_plan_shape, "\"id\":\"gold\"", plan, s->arena, &s->plan);
	read_members(&policy_plan_shape, "\"id\":\"one\",\"name\":\"Watch One\",\"price\":\"5 EUR\"", "", s->arena,
	             &s->offers[0]);
	read_members(&policy_plan_shape, "\"id\":\"two\"", "", s->arena, &s->offers[1]);
	read_members(&policy_subscriber_shape, "\"imsi\":\"001010123456789\",\"plan\":\"gold\",\"msisdn\":\"+34600000001\"",
	             "", s->arena, &s->line);
	assert_int_equal(es_imsi_parse(ES_SLICE_LIT("001010123456789"), &imsi), ES_OK);
	policy_flow_begin(&s->state.flow, "demo", &imsi, app, PHONE, NOW);
	s->state.opened_ms = NOW;
	s->state.boost_type = -1;
	s->state.esim = (struct policy_esim_choice){ .plan = "", .service = "", .iccid = "", .terminal = "" };
	s->context = (struct policy_context){
		.tenant = &s->tenant, .plan = &s->plan, .subscriber = &s->line, .version_major = 12, .now_ms = NOW
	};
	s->sheet = (struct policy_sheet){
		.context = &s->context, .state = &s->state, .arena = s->arena, .fields = s->fields, .alert = POLICY_SAYS_COUNT
	};
	s->esim = (struct policy_esim_sheet){
		.sheet = &s->sheet, .offers = { &s->offers[0], &s->offers[1] }, .offer_count = offer_count, .view = &s->view
	};
}

static void strike(struct stage *s)
{
	es_arena_free(s->arena);
}

/* esim answered to `asked`: the page that follows. */
static void told(struct stage *s, enum policy_esim_act asked)
{
	policy_esim_sheet_told(&s->esim, asked);
	policy_sheet_prepare(&s->sheet);
	policy_esim_sheet_show(&s->esim, &s->page, &s->is_carried);
	assert_true(s->page.title[0] != '\0' && s->page.count > 0 && s->page.count < POLICY_BLOCKS_MAX);
}

static enum policy_esim_act act(struct stage *s, const char *action, const char *field, const char *value)
{
	s->sheet.alert = POLICY_SAYS_COUNT;
	s->sheet.field_count = 0;
	if (field != NULL)
		s->fields[s->sheet.field_count++] = (struct policy_field){ field, value };
	return policy_esim_sheet_act(&s->esim, action);
}

static const struct policy_block *block(const struct stage *s, enum policy_block_kind kind, const char *name)
{
	for (size_t i = 0; i < s->page.count; i++)
		if (s->page.blocks[i].kind == kind && strcmp(s->page.blocks[i].name, name) == 0)
			return &s->page.blocks[i];
	return NULL;
}

/* One that has to be there. */
static const struct policy_block *shown(const struct stage *s, enum policy_block_kind kind, const char *name)
{
	static const struct policy_block empty = { .label = "nothing", .value = "nothing" };
	const struct policy_block *found = block(s, kind, name);

	assert_non_null(found);
	return found != NULL ? found : &empty;
}

static const char *fact(const struct stage *s, enum policy_sheet_text label)
{
	const char *name = policy_sheet_text(&s->tenant, label, 0);

	for (size_t i = 0; i < s->page.count; i++)
		if (s->page.blocks[i].kind == POLICY_BLOCK_FACT && strcmp(s->page.blocks[i].label, name) == 0)
			return s->page.blocks[i].value;
	return "";
}

/* Figures 22 and 29: plan, terms, number, summary, and one act that orders. */
static void a_new_esim_is_chosen_accepted_and_summed_up(void **state)
{
	struct policy_consent agreed;
	struct stage s;

	(void)state;
	set_stage(&s, "ap2006", "\"sheets\":{\"esim_terms\":\"v1\",\"esim_texts\":[\"en: Be good.\"]}", ALL_SERVICES, 2);
	told(&s, POLICY_ESIM_LOOK);
	assert_int_equal(s.state.step, POLICY_STEP_ESIM_PLAN);
	assert_non_null(strstr(shown(&s, POLICY_BLOCK_PICK, "pick")->label, "Watch One · 5 EUR"));
	assert_string_equal(fact(&s, POLICY_SAYS_ESIM_LINE), "… 001"); /* V12-ODSA-G-08 */
	assert_int_equal(act(&s, "order", NULL, NULL), POLICY_ESIM_ASK_NOTHING);
	assert_int_equal(act(&s, "plan", "pick", "gold"), POLICY_ESIM_LOOK); /* not offered */
	assert_int_equal(s.sheet.alert, POLICY_SAYS_ESIM_PLAN_MISSING);
	assert_int_equal(act(&s, "plan", "pick", "one"), POLICY_ESIM_LOOK);
	told(&s, POLICY_ESIM_LOOK);
	assert_int_equal(s.state.step, POLICY_STEP_TERMS);
	assert_string_equal(shown(&s, POLICY_BLOCK_TERMS, "")->value, "Be good.");
	assert_int_equal(act(&s, "accept", "agree", "yes"), POLICY_ESIM_LOOK);
	told(&s, POLICY_ESIM_LOOK);
	assert_int_equal(s.state.step, POLICY_STEP_ESIM_SERVICE);
	assert_int_equal(act(&s, "service", "pick", "AnyNumber"), POLICY_ESIM_LOOK);
	assert_int_equal(s.sheet.alert, POLICY_SAYS_ESIM_SERVICE_MISSING);
	assert_int_equal(act(&s, "service", "pick", "SharedNumber"), POLICY_ESIM_LOOK);
	told(&s, POLICY_ESIM_LOOK);
	assert_int_equal(s.state.step, POLICY_STEP_ESIM_CONFIRM);
	assert_string_equal(fact(&s, POLICY_SAYS_ESIM_PLAN), "Watch One");
	assert_string_equal(fact(&s, POLICY_SAYS_ESIM_PRICE), "5 EUR");
	assert_string_equal(fact(&s, POLICY_SAYS_ESIM_DEVICE), "My Watch (W2)");
	assert_non_null(block(&s, POLICY_BLOCK_CALL_ASIDE, "deleteToken dismissFlow")); /* V12-ODSA-W-06 */
	assert_int_equal(act(&s, "order", NULL, NULL), POLICY_ESIM_ORDER);
	policy_esim_sheet_agreed(&s.sheet, &s.offers[0], &agreed);
	assert_string_equal(agreed.text, "subscribe plan one: 5 EUR SharedNumber");
	assert_string_equal(agreed.what, "esim");
	s.esim.offers[0] = &s.offers[1]; /* withdrawn meanwhile */
	s.esim.offer_count = 1;
	assert_int_equal(act(&s, "order", NULL, NULL), POLICY_ESIM_LOOK);
	assert_int_equal(s.sheet.alert, POLICY_SAYS_ESIM_PLAN_MISSING);
	strike(&s);
}

static void what_is_clear_is_not_asked_for(void **state)
{
	struct stage s;

	(void)state;
	set_stage(&s, "ap2006", "", ALL_SERVICES, 1);
	s.view.service = "DiffNumber";
	told(&s, POLICY_ESIM_LOOK);
	assert_int_equal(s.state.step, POLICY_STEP_ESIM_CONFIRM);
	assert_string_equal(s.state.esim.plan, "one");
	assert_string_equal(s.state.esim.service, "DiffNumber");
	strike(&s);
	set_stage(&s, "ap2009", "", ALL_SERVICES, 0); /* services are a companion's */
	told(&s, POLICY_ESIM_LOOK);
	assert_int_equal(s.state.step, POLICY_STEP_ESIM_CONFIRM);
	strike(&s);
}

static void what_ends_or_moves_a_line_needs_a_tick(void **state)
{
	static const enum policy_esim_kind kinds[] = { POLICY_ESIM_UNSUBSCRIBE, POLICY_ESIM_TRANSFER, POLICY_ESIM_RELEASE };
	struct policy_consent agreed;
	struct stage s;

	(void)state;
	for (size_t i = 0; i < ES_COUNT(kinds); i++) {
		set_stage(&s, "ap2009", "", "", 2);
		s.view.kind = kinds[i];
		told(&s, POLICY_ESIM_LOOK);
		assert_int_equal(s.state.step, POLICY_STEP_ESIM_CONFIRM);
		assert_int_equal(act(&s, "order", "agree", "no"), POLICY_ESIM_LOOK);
		assert_int_equal(s.sheet.alert, POLICY_SAYS_ESIM_CONSENT_MISSING);
		assert_int_equal(act(&s, "order", "agree", "yes"), POLICY_ESIM_ORDER);
		assert_int_equal(act(&s, "cancel", NULL, NULL), POLICY_ESIM_REFUSE);
		strike(&s);
	}
	set_stage(&s, "ap2009", "", "", 0);
	s.view.kind = POLICY_ESIM_TRANSFER;
	told(&s, POLICY_ESIM_LOOK);
	s.fields[1] = (struct policy_field){ "keep", "while" };
	s.fields[0] = (struct policy_field){ "agree", "yes" };
	s.sheet.field_count = 2;
	assert_int_equal(policy_esim_sheet_act(&s.esim, "order"), POLICY_ESIM_ORDER);
	assert_true(s.state.esim.is_temporary);
	policy_esim_sheet_agreed(&s.sheet, NULL, &agreed);
	assert_string_equal(agreed.text, "transfer for a while");
	strike(&s);
}

/* Which of the two devices shows the page is told by whom it is about. */
static void consent_to_a_transfer_is_worded_for_either_device(void **state)
{
	struct stage s;

	(void)state;
	set_stage(&s, "ap2009", "", "", 0);
	s.view.kind = POLICY_ESIM_TRANSFER;
	told(&s, POLICY_ESIM_LOOK);
	assert_string_equal(s.page.blocks[0].label, policy_sheet_text(&s.tenant, POLICY_SAYS_ESIM_TRANSFER_AWAY, 0));
	s.view.device_id = PHONE;
	told(&s, POLICY_ESIM_LOOK);
	assert_string_equal(s.page.blocks[0].label, policy_sheet_text(&s.tenant, POLICY_SAYS_ESIM_TRANSFER_HERE, 0));
	strike(&s);
}

/* Figure 36; V12-ODSA-MS-16, V12-ODSA-MS-21 */
static void the_old_profile_is_chosen_and_told_to_the_device(void **state)
{
	struct stage s;

	(void)state;
	set_stage(&s, "ap2009", "", "", 0);
	s.view.kind = POLICY_ESIM_TRANSFER;
	s.view.profiles[0] = (struct policy_esim_profile){ OLD, PHONE, "Old phone" };
	s.view.profile_count = 1;
	told(&s, POLICY_ESIM_LOOK);
	assert_int_equal(s.state.step, POLICY_STEP_ESIM_OLD);
	assert_string_equal(shown(&s, POLICY_BLOCK_PICK, "pick")->label, "Old phone · … 0025");
	assert_int_equal(act(&s, "select", "pick", "x"), POLICY_ESIM_LOOK);
	assert_int_equal(s.sheet.alert, POLICY_SAYS_ESIM_OLD_MISSING);
	s.fields[0] = (struct policy_field){ "pick", OLD " " PHONE };
	s.fields[1] = (struct policy_field){ "agree", "yes" };
	s.sheet.field_count = 2;
	assert_int_equal(policy_esim_sheet_act(&s.esim, "select"), POLICY_ESIM_SELECT);
	told(&s, POLICY_ESIM_SELECT);
	assert_string_equal(s.page.call, "SelectionCompleted");
	assert_string_equal(s.page.arguments, "[\"" OLD "\",\"" PHONE "\"]");
	assert_true(s.page.calls_at_once && !s.is_carried);
	strike(&s);
}

/* TS.43 T72, T73; V12-ODSA-W-01, V12-ODSA-W-03, V12-ODSA-W-04, V12-ODSA-W-05 */
static void each_end_calls_what_the_standard_has_for_it(void **state)
{
	static const struct {
		struct policy_esim_view view;
		const char *call, *arguments, *button;
		bool at_once;
	} cases[] = {
#define VIEW(s, ...)                                                                                                   \
	{ .state = POLICY_ESIM_##s,                                                                                        \
	  .kind = POLICY_ESIM_SUBSCRIBE,                                                                                   \
	  .device_name = "",                                                                                               \
	  .device_model = "",                                                                                              \
	  .device_id = "",                                                                                                 \
	  .confirmation_code = "",                                                                                         \
	  .service = "",                                                                                                   \
	  __VA_ARGS__ }
#define NO_CODE .activation_code = "", .smdp_address = "", .iccid = "", .msisdn = ""
		{ VIEW(READY, .activation_code = "1$smdp.example$A\"B", .smdp_address = "", .iccid = "", .msisdn = ""),
		  "profileReadyWithActivationCode", "[\"1$smdp.example$A\\\"B\"]", "finishFlow", true },
		{ VIEW(READY, .activation_code = "", .smdp_address = "smdp.example", .iccid = OLD, .msisdn = ""),
		  "profileReadyWithDefaultSmdp", "[\"smdp.example\",\"" OLD "\"]", "finishFlow", true },
		{ VIEW(READY, .activation_code = "LPA:1$x", .smdp_address = "", .iccid = "", .msisdn = ""), "dismissFlow", "[]",
		  NULL, false },
		{ VIEW(READY, .activation_code = "", .smdp_address = "https://smdp.example/", .iccid = OLD, .msisdn = ""),
		  "dismissFlow", "[]", NULL, false },
		{ VIEW(DELAYED, NO_CODE), "", "[]", "finishFlow", false },
		{ VIEW(DELETE_FIRST, .activation_code = "", .smdp_address = "", .iccid = OLD, .msisdn = "+34600000001"), "",
		  "[]", "deleteProfileInUse", false },
		{ VIEW(DONE, NO_CODE), "finishFlow", "[]", NULL, true },
		{ VIEW(FAILED, NO_CODE), "dismissFlow", "[]", NULL, false },
	};
	struct stage s;

	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		set_stage(&s, "ap2006", "", "", 0);
		s.view = cases[i].view;
		told(&s, POLICY_ESIM_ORDER);
		assert_int_equal(s.state.step, POLICY_STEP_ESIM_END);
		assert_string_equal(s.page.object, "ODSAServiceFlow");
		assert_string_equal(s.page.call, cases[i].call);
		assert_string_equal(s.page.arguments, cases[i].arguments);
		assert_int_equal(s.page.calls_at_once, cases[i].at_once);
		assert_false(s.is_carried);
		if (cases[i].button != NULL)
			assert_non_null(block(&s, POLICY_BLOCK_CALL, cases[i].button));
		strike(&s);
	}
	set_stage(&s, "ap2006", "", "", 0);
	s.view = cases[5].view;
	told(&s, POLICY_ESIM_ORDER);
	assert_string_equal(shown(&s, POLICY_BLOCK_CALL, "deleteProfileInUse")->value, "[\"" OLD "\",\"+34600000001\"]");
	strike(&s);
}

static void a_confirmation_code_is_for_the_person(void **state)
{
	struct stage s;

	(void)state;
	set_stage(&s, "ap2006", "", "", 0);
	s.view.state = POLICY_ESIM_READY;
	s.view.activation_code = "1$smdp.example$A$$1";
	s.view.confirmation_code = "4711";
	told(&s, POLICY_ESIM_LOOK);
	assert_string_equal(fact(&s, POLICY_SAYS_ESIM_CODE), "4711");
	assert_null(strstr(s.page.arguments, "4711"));
	assert_non_null(block(&s, POLICY_BLOCK_CALL_MAY, "checkProfileServiceStatus"));
	strike(&s);
}

/* V12-ODSA-C-03: a page that looks for itself, and in the end lets the device poll. */
static void who_waits_is_not_kept_waiting_for_ever(void **state)
{
	unsigned looks = 0;
	struct stage s;

	(void)state;
	set_stage(&s, "ap2006", "", "", 0);
	s.view.state = POLICY_ESIM_WORKING;
	for (; looks < 100; looks++) {
		told(&s, looks == 0 ? POLICY_ESIM_ORDER : POLICY_ESIM_LOOK);
		if (s.state.step != POLICY_STEP_ESIM_WAIT)
			break;
		assert_true(s.is_carried && s.page.again_s > 0);
		assert_non_null(block(&s, POLICY_BLOCK_CALL_MAY, "finishFlow"));
		assert_int_equal(act(&s, "look", NULL, NULL), POLICY_ESIM_LOOK);
	}
	assert_in_range(looks, 5, 60);
	assert_non_null(block(&s, POLICY_BLOCK_CALL, "finishFlow"));
	strike(&s);
}

static void without_esim_nothing_is_lost(void **state)
{
	struct stage s;

	(void)state;
	set_stage(&s, "ap2006", "", ALL_SERVICES, 2);
	told(&s, POLICY_ESIM_LOOK);
	assert_int_equal(act(&s, "plan", "pick", "two"), POLICY_ESIM_LOOK);
	s.esim.view = NULL;
	told(&s, POLICY_ESIM_LOOK);
	assert_true(s.is_carried && s.page.again_s == 0);
	assert_int_equal(act(&s, "look", NULL, NULL), POLICY_ESIM_LOOK);
	s.esim.view = &s.view;
	told(&s, POLICY_ESIM_LOOK);
	assert_string_equal(s.state.esim.plan, "two");
	assert_int_equal(s.state.step, POLICY_STEP_ESIM_SERVICE);
	strike(&s);
}

static void a_refusal_by_rule_says_so(void **state)
{
	struct stage s;

	(void)state;
	set_stage(&s, "ap2006", "", "", 0);
	s.view.is_refused = true;
	told(&s, POLICY_ESIM_LOOK);
	assert_string_equal(s.page.call, "dismissFlow");
	s.view.is_refused = false;
	s.view.kind = POLICY_ESIM_CHANGE; /* and no plan to change to */
	told(&s, POLICY_ESIM_LOOK);
	assert_string_equal(s.page.call, "dismissFlow");
	strike(&s);
}

static void choices_travel_sealed(void **state)
{
	struct es_keyring *ring = NULL;
	struct policy_sheet_state carried;
	struct es_slice sealed;
	struct es_buf error;
	struct stage s;

	(void)state;
	es_buf_init(&error, 256);
	assert_int_equal(es_keyring_parse(ES_SLICE_LIT(RING), &ring, &error), ES_OK);
	set_stage(&s, "ap2009", "", "", 0);
	s.state.step = POLICY_STEP_ESIM_CONFIRM;
	s.state.esim = (struct policy_esim_choice){ .kind = POLICY_ESIM_TRANSFER,
		                                        .looks = 3,
		                                        .is_temporary = true,
		                                        .plan = "one",
		                                        .service = "DiffNumber",
		                                        .iccid = OLD,
		                                        .terminal = PHONE };
	assert_int_equal(policy_sheet_state_seal(ring, &s.state, s.arena, &sealed), ES_OK);
	assert_int_equal(policy_sheet_state_open(ring, sealed, NOW, s.arena, &carried), ES_OK);
	assert_int_equal(carried.esim.kind, POLICY_ESIM_TRANSFER);
	assert_true(carried.esim.looks == 3 && carried.esim.is_temporary);
	assert_string_equal(carried.esim.plan, "one");
	assert_string_equal(carried.esim.service, "DiffNumber");
	assert_string_equal(carried.esim.iccid, OLD);
	assert_string_equal(carried.esim.terminal, PHONE);
	es_keyring_free(ring);
	es_buf_free(&error);
	strike(&s);
}

static void every_text_is_there_in_every_language(void **state)
{
	const struct policy_tenant tenant = { .id = "demo" };

	(void)state;
	for (unsigned text = 0; text < POLICY_SAYS_COUNT; text++)
		for (unsigned language = 0; language < 5; language++) {
			const char *said = policy_sheet_text(&tenant, (enum policy_sheet_text)text, language);
			if (said == NULL || said[0] == '\0')
				fail_msg("text %u, language %u", text, language);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_esim_is_chosen_accepted_and_summed_up),
		cmocka_unit_test(what_is_clear_is_not_asked_for),
		cmocka_unit_test(what_ends_or_moves_a_line_needs_a_tick),
		cmocka_unit_test(consent_to_a_transfer_is_worded_for_either_device),
		cmocka_unit_test(the_old_profile_is_chosen_and_told_to_the_device),
		cmocka_unit_test(each_end_calls_what_the_standard_has_for_it),
		cmocka_unit_test(a_confirmation_code_is_for_the_person),
		cmocka_unit_test(who_waits_is_not_kept_waiting_for_ever),
		cmocka_unit_test(without_esim_nothing_is_lost),
		cmocka_unit_test(a_refusal_by_rule_says_so),
		cmocka_unit_test(choices_travel_sealed),
		cmocka_unit_test(every_text_is_there_in_every_language),
	};
	es_crypto_init();

	return cmocka_run_group_tests(tests, NULL, NULL);
}
