/* policy_sheet_test.c -- the walk of a sheet, what it carries, what it says, and whom it talks to. */
#include "policy_answer_testing.h"

#include "es_crypto.h"
#include "es_text.h"
#include "policy_address.h"
#include "policy_payment.h"
#include "policy_sheet.h"

#define RING "1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n"

struct stage {
	struct es_arena *arena;
	struct es_keyring *ring;
	struct policy_tenant tenant;
	struct policy_plan plan;
	struct policy_subscriber line;
	struct policy_context context;
	struct policy_sheet_state state;
	struct policy_sheet sheet;
	struct policy_field fields[8];
};

static void set_stage(struct stage *s, const char *app, const char *tenant, const char *plan, const char *line)
{
	struct es_imsi imsi;
	struct es_buf error;

	*s = (struct stage){ .arena = es_arena_new(0, 1u << 20) };
	es_buf_init(&error, 256);
	assert_int_equal(es_keyring_parse(ES_SLICE_LIT(RING), &s->ring, &error), ES_OK);
	es_buf_free(&error);
	read_members(&policy_tenant_shape, "\"id\":\"demo\"", tenant, s->arena, &s->tenant);
	read_members(&policy_plan_shape, "\"id\":\"gold\"", plan, s->arena, &s->plan);
	read_members(&policy_subscriber_shape, "\"imsi\":\"001010123456789\",\"plan\":\"gold\"", line, s->arena, &s->line);
	assert_int_equal(es_imsi_parse(ES_SLICE_LIT("001010123456789"), &imsi), ES_OK);
	policy_flow_begin(&s->state.flow, "demo", &imsi, app, "356938035643809", NOW);
	s->state.boost_type = strcmp(app, "ap2010") == 0 ? 166 : -1;
	s->state.opened_ms = NOW;
	s->context = (struct policy_context){
		.tenant = &s->tenant, .plan = &s->plan, .subscriber = &s->line, .version_major = 12, .now_ms = NOW
	};
	if (s->state.boost_type >= 0)
		s->context.boost_type = ES_SLICE_LIT("166");
	s->sheet = (struct policy_sheet){
		.context = &s->context, .state = &s->state, .arena = s->arena, .fields = s->fields, .alert = POLICY_SAYS_COUNT
	};
	s->state.step = (uint8_t)policy_sheet_due(&s->sheet);
	policy_sheet_prepare(&s->sheet);
}

static void strike(struct stage *s)
{
	es_keyring_free(s->ring);
	es_arena_free(s->arena);
}

static void say(struct stage *s, const char *name, const char *value)
{
	s->fields[s->sheet.field_count++] = (struct policy_field){ name, value };
}

static enum policy_sheet_effect act(struct stage *s, const char *action)
{
	s->sheet.alert = POLICY_SAYS_COUNT;
	return policy_sheet_act(&s->sheet, action);
}

#define VOWIFI_TENANT                                                                                                  \
	"\"vowifi\":{\"url\":\"https://p.example/\",\"terms_required\":true,\"address_required\":true},"                   \
	"\"sheets\":{\"terms\":\"v1\",\"terms_texts\":[\"en: Be good.\",\"de: Sei brav.\"],\"address\":\"a\","             \
	"\"address_ttl\":60}"

static void what_is_due_follows_from_the_decision(void **state)
{
	static const struct {
		const char *app, *tenant, *plan, *line;
		enum policy_sheet_step step;
	} cases[] = {
		{ "ap2004", VOWIFI_TENANT, "\"vowifi\":true", "", POLICY_STEP_TERMS },
		{ "ap2004", VOWIFI_TENANT, "\"vowifi\":true", "\"vowifi\":{\"terms\":\"available\"}", POLICY_STEP_ADDRESS },
		{ "ap2004", VOWIFI_TENANT, "\"vowifi\":true",
		  "\"vowifi\":{\"terms\":\"in_progress\",\"address\":\"available\"}", POLICY_STEP_PENDING },
		{ "ap2004", VOWIFI_TENANT, "\"vowifi\":true", "\"vowifi\":{\"terms\":\"available\",\"address\":\"available\"}",
		  POLICY_STEP_MANAGE },
		{ "ap2004", VOWIFI_TENANT, "\"vowifi\":true",
		  "\"vowifi\":{\"terms\":\"available\",\"address\":\"available\",\"address_expiry\":\"2025-12-31T00:00:00Z\"}",
		  POLICY_STEP_ADDRESS },
		{ "ap2004", "", "\"vowifi\":true", "\"vowifi\":{\"provisioning\":\"not_provisioned\"}", POLICY_STEP_OFFER },
		{ "ap2004", "", "\"vowifi\":true", "\"vowifi\":{\"provisioning\":\"in_progress\"}", POLICY_STEP_PENDING },
		{ "ap2004", VOWIFI_TENANT, "", "", POLICY_STEP_REFUSED },
		{ "ap2004", VOWIFI_TENANT, "\"vowifi\":true", "\"status\":\"barred\"", POLICY_STEP_INACTIVE },
		{ "ap2004", VOWIFI_TENANT, "\"vowifi\":true", "\"opt_outs\":[\"vowifi\"]", POLICY_STEP_REFUSED },
		{ "ap2010", "\"data\":{\"boost_url\":\"https://p.example/\"}", "\"data\":{\"boosts\":[{\"type\":166}]}", "",
		  POLICY_STEP_OFFER },
		{ "ap2010", "", "\"data\":{\"boosts\":[{\"type\":166}]}", "", POLICY_STEP_REFUSED },
		{ "ap2010", "\"data\":{\"boost_url\":\"https://p.example/\"}",
		  "\"data\":{\"boosts\":[{\"type\":166,\"offer\":\"included\"}]}", "", POLICY_STEP_HAS },
		{ "ap2010", "\"data\":{\"boost_url\":\"https://p.example/\"}", "\"data\":{\"boosts\":[{\"type\":0}]}",
		  "\"boosts\":[{\"type\":166}]", POLICY_STEP_HAS },
		{ "ap2012", "", "\"carrier_billing\":true", "", POLICY_STEP_HAS },
		{ "ap2012", "", "\"carrier_billing\":true", "\"billing\":{\"provisioning\":\"not_provisioned\"}",
		  POLICY_STEP_OFFER },
		{ "ap2012", "\"billing\":{\"url\":\"https://p.example/\",\"terms_required\":true}", "\"carrier_billing\":true",
		  "", POLICY_STEP_TERMS },
		{ "ap2012", "", "\"carrier_billing\":true", "\"billing\":{\"barred\":true}", POLICY_STEP_REFUSED },
		{ "ap2003", "", "\"volte\":\"all\"", "", POLICY_STEP_REFUSED },
	};

	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		struct stage s;
		set_stage(&s, cases[i].app, cases[i].tenant, cases[i].plan, cases[i].line);
		if (s.state.step != cases[i].step)
			fail_msg("case %zu: step %d instead of %d", i, s.state.step, (int)cases[i].step);
		struct policy_page_model page;
		policy_sheet_show(&s.sheet, &page);
		assert_true(page.title[0] != '\0' && page.count > 0 && page.count <= POLICY_BLOCKS_MAX);
		strike(&s);
	}
}

static void a_walk_is_carried_sealed_and_committed_as_a_whole(void **state)
{
	struct policy_addresses found = { .items = { { "loc-1", "1 Main St" }, { "loc-2", "2 Main St" } }, .count = 2 };
	struct policy_consent consent;
	struct stage s;

	(void)state;
	set_stage(&s, "ap2004", VOWIFI_TENANT, "\"vowifi\":true", "\"vowifi\":{\"provisioning\":\"not_provisioned\"}");
	assert_int_equal(act(&s, "accept"), POLICY_EFFECT_SHOW);
	assert_int_equal(s.sheet.alert, POLICY_SAYS_TERMS_MISSING);
	assert_int_equal(act(&s, "address"), POLICY_EFFECT_WRONG);
	say(&s, "agree", "yes");
	assert_int_equal(act(&s, "accept"), POLICY_EFFECT_SHOW);
	assert_int_equal(s.state.step, POLICY_STEP_ADDRESS);
	assert_int_equal(act(&s, "address"), POLICY_EFFECT_SHOW); /* nothing was filled in */
	assert_int_equal(s.sheet.alert, POLICY_SAYS_CHECK_FIELDS);
	say(&s, "street", " 1 Main St ");
	say(&s, "city", "X");
	say(&s, "postcode", "1");
	say(&s, "country", "us");
	assert_int_equal(act(&s, "address"), POLICY_EFFECT_ADDRESS);
	assert_int_equal(policy_sheet_checked(&s.sheet, found.items, 2, false), POLICY_EFFECT_SHOW);

	struct es_slice sealed;
	struct policy_sheet_state carried;
	assert_int_equal(policy_sheet_state_seal(s.ring, &s.state, s.arena, &sealed), ES_OK);
	assert_int_equal(policy_sheet_state_open(s.ring, sealed, NOW, s.arena, &carried), ES_OK);
	assert_int_equal(carried.candidate_count, 2);
	assert_string_equal(carried.candidates[1].label, "2 Main St");
	assert_string_equal(carried.flow.terminal, "356938035643809");
	s.state = carried;
	say(&s, "pick", "2");
	assert_int_equal(act(&s, "choose"), POLICY_EFFECT_SHOW); /* there is no third */
	s.fields[s.sheet.field_count - 1].value = "1";
	assert_int_equal(act(&s, "choose"), POLICY_EFFECT_COMMIT);
	struct policy_subscriber line = s.line;
	assert_true(policy_sheet_apply(&s.sheet, false, &line, NULL, &consent));
	assert_int_equal(line.vowifi.terms, POLICY_AVAILABLE);
	assert_string_equal(line.vowifi.address_id, "loc-2");
	assert_int_equal(line.vowifi.address_expiry_ms, NOW + 60000);
	assert_int_equal(line.vowifi.prov, POLICY_PROVISIONED);
	assert_string_equal(consent.what, "vowifi-terms");
	assert_string_equal(consent.text, "v1");
	line.status = POLICY_SUSPENDED;
	assert_false(policy_sheet_apply(&s.sheet, false, &line, NULL, &consent));
	strike(&s);
}

static void what_a_page_carries_ends_and_cannot_be_changed(void **state)
{
	struct policy_sheet_state carried;
	struct es_slice sealed;
	struct stage s;

	(void)state;
	set_stage(&s, "ap2010", "\"data\":{\"boost_url\":\"https://p.example/\"},\"sheets\":{\"payment\":\"p\"}",
	          "\"data\":{\"boosts\":[{\"type\":166,\"duration\":60}]}", "");
	assert_int_equal(policy_sheet_state_seal(s.ring, &s.state, s.arena, &sealed), ES_OK);
	assert_int_equal(policy_sheet_state_open(s.ring, sealed, NOW + POLICY_PAGE_LIFE_MS - 1, s.arena, &carried), ES_OK);
	assert_int_equal(policy_sheet_state_open(s.ring, sealed, NOW + POLICY_PAGE_LIFE_MS, s.arena, &carried), ES_EXPIRED);
	assert_int_equal(policy_flow_open(s.ring, sealed, NOW, s.arena, &carried.flow), ES_UNAUTHENTIC);
	for (size_t i = 0; i < sealed.len; i += 7) {
		uint8_t *copy = (uint8_t *)(uintptr_t)es_arena_copy(s.arena, sealed).ptr;
		copy[i] = copy[i] == 'A' ? 'B' : 'A';
		assert_int_not_equal(policy_sheet_state_open(s.ring, es_slice_of(copy, sealed.len), NOW, s.arena, &carried),
		                     ES_OK);
	}
	assert_int_equal(act(&s, "buy"), POLICY_EFFECT_PAY);
	assert_int_equal(policy_sheet_state_seal(s.ring, &s.state, s.arena, &sealed), ES_OK);
	assert_int_equal(policy_sheet_state_open(s.ring, sealed, NOW + POLICY_PAGE_LIFE_MS, s.arena, &carried), ES_OK);
	assert_int_equal(policy_sheet_state_open(s.ring, sealed, NOW + POLICY_ORDER_LIFE_MS, s.arena, &carried),
	                 ES_EXPIRED);
	strike(&s);
}

static void a_document_is_asked_for_where_the_tenant_wants_one(void **state)
{
	static const char tenant[] = "\"sheets\":{\"identity_apps\":[\"ap2016\"],\"documents\":\"kyc\"}";
	static const char plan[] = "\"satellite\":{\"offered\":true,\"allowed\":[{\"plmn\":\"00199\"}]},\"vowifi\":true";
	static const char off[] =
		"\"satellite\":{\"provisioning\":\"not_provisioned\"},\"vowifi\":{\"provisioning\":\"not_provisioned\"}";
	struct policy_consent consent;
	struct stage s;

	(void)state;
	set_stage(&s, "ap2004", tenant, plan, off);
	assert_int_equal(s.state.step, POLICY_STEP_OFFER);
	strike(&s);
	set_stage(&s, "ap2016", tenant, plan, "");
	assert_int_equal(s.state.step, POLICY_STEP_HAS); /* it is on: nothing is asked for it */
	strike(&s);
	set_stage(&s, "ap2016", tenant, plan, off);
	s.context.tenant = &s.tenant;
	s.tenant.satellite_page.url = "https://p.example/sheet";
	assert_int_equal(policy_sheet_due(&s.sheet), POLICY_STEP_IDENTITY);
	s.state.step = POLICY_STEP_IDENTITY;
	say(&s, "agree", "yes");
	assert_int_equal(act(&s, "on"), POLICY_EFFECT_WRONG);
	s.sheet.upload = ES_SLICE_LIT("<svg/>");
	assert_int_equal(act(&s, "identity"), POLICY_EFFECT_SHOW);
	assert_int_equal(s.sheet.alert, POLICY_SAYS_IDENTITY_BAD);
	s.sheet.upload = ES_SLICE_LIT("\xff\xd8\xff");
	assert_int_equal(act(&s, "identity"), POLICY_EFFECT_DOCUMENT);
	policy_sheet_document(&s.sheet, "doc-1", &consent);
	assert_string_equal(consent.what, "identity-document");
	assert_int_equal(policy_sheet_identified(&s.sheet), POLICY_EFFECT_SHOW);
	assert_int_equal(s.state.step, POLICY_STEP_OFFER);
	assert_string_equal(policy_picture_type(ES_SLICE_LIT("RIFF\x10\x20\x30\x40WEBP")), "image/webp");
	assert_null(policy_picture_type(ES_SLICE_LIT("")));
	strike(&s);
}

static void tenants_put_their_words_in_the_place_of_ours(void **state)
{
	struct stage s;

	(void)state;
	set_stage(&s, "ap2004", "\"texts\":[\"de terms_title: AGB\",\"en cancel: No\"]", "", "");
	for (unsigned language = 0; language < 5; language++)
		for (unsigned t = 0; t < POLICY_SAYS_COUNT; t++)
			assert_true(policy_sheet_text(&s.tenant, (enum policy_sheet_text)t, language)[0] != '\0');
	const unsigned german = policy_language(ES_SLICE_LIT("de"), "en");
	assert_string_equal(policy_sheet_text(&s.tenant, POLICY_SAYS_TERMS_TITLE, german), "AGB");
	assert_string_equal(policy_sheet_text(&s.tenant, POLICY_SAYS_TERMS_TITLE, 0), "Terms and conditions");
	assert_string_equal(policy_sheet_text(&s.tenant, POLICY_SAYS_CANCEL, 0), "No");
	assert_true(policy_is_text_override(ES_SLICE_LIT("de vowifi_not_in_plan: Rufen Sie uns an"))); /* of answers, too */
	assert_false(policy_is_text_override(ES_SLICE_LIT("de nonsense: AGB")));
	assert_false(policy_is_text_override(ES_SLICE_LIT("it terms_title: AGB")));
	assert_false(policy_is_text_override(ES_SLICE_LIT("de terms_title:  ")));
	assert_true(policy_language_is_rtl(policy_language(ES_SLICE_LIT("ar"), "en")));
	strike(&s);
}

/* ---- the address service ---- */

static void an_address_is_asked_for_and_read_in_both_forms(void **state)
{
	static const struct policy_address address = { "1 Main St", "2 B", "X \"Y\"", "", "12345", "us" };
	static const struct {
		enum policy_address_form form;
		const char *body;
		es_status status;
		size_t count;
		bool is_exact;
		const char *id, *label;
	} cases[] = {
		{ POLICY_ADDRESS_TMF673,
		  "{\"validationResult\":\"success\",\"validAddress\":{\"id\":\"a\",\"streetNr\":\"1\",\"streetName\":\"Main "
		  "St\",\"city\":\"X\"}}",
		  ES_OK, 1, true, "a", "1 Main St, X" },
		{ POLICY_ADDRESS_TMF673,
		  "{\"validationResult\":\"success\",\"validGeographicAddress\":{\"id\":\"a\",\"city\":\"X\"}}", ES_OK, 1, true,
		  "a", "X" },
		{ POLICY_ADDRESS_TMF673,
		  "{\"validationResult\":\"partial\",\"alternateGeographicAddress\":[{\"city\":\"no "
		  "id\"},{\"id\":\"b\",\"city\":\"Y\"},"
		  "7,{\"id\":\"c\"}]}",
		  ES_OK, 1, false, "b", "Y" },
		{ POLICY_ADDRESS_TMF673, "{\"validationResult\":\"fail\"}", ES_OK, 0, false, NULL, NULL },
		{ POLICY_ADDRESS_TMF673, "{\"validationResult\":\"success\",\"validAddress\":{\"city\":\"X\"}}", ES_MALFORMED,
		  0, true, NULL, NULL },
		{ POLICY_ADDRESS_TMF673, "{}", ES_MALFORMED, 0, false, NULL, NULL },
		{ POLICY_ADDRESS_TMF673, "[]", ES_MALFORMED, 0, false, NULL, NULL },
		{ POLICY_ADDRESS_SIMPLE, "{\"result\":\"valid\",\"addresses\":[{\"id\":\"a\",\"text\":\"X\"}]}", ES_OK, 1, true,
		  "a", "X" },
		{ POLICY_ADDRESS_SIMPLE, "{\"result\":\"valid\",\"addresses\":[]}", ES_MALFORMED, 0, true, NULL, NULL },
		{ POLICY_ADDRESS_SIMPLE, "{\"result\":\"unknown\"}", ES_OK, 0, false, NULL, NULL },
		{ POLICY_ADDRESS_SIMPLE, "{\"result\":\"perhaps\"}", ES_MALFORMED, 0, false, NULL, NULL },
	};
	struct es_arena *arena = es_arena_new(0, 65536);
	struct es_buf body;

	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		struct policy_addresses found;
		es_status status = policy_address_read(cases[i].form, es_slice_str(cases[i].body), arena, &found);
		if (status != cases[i].status)
			fail_msg("case %zu: %s", i, es_status_name(status));
		if (status != ES_OK)
			continue;
		assert_int_equal(found.count, cases[i].count);
		assert_int_equal(found.is_exact, cases[i].is_exact);
		if (found.count > 0) {
			assert_string_equal(found.items[0].id, cases[i].id);
			assert_string_equal(found.items[0].label, cases[i].label);
		}
	}
	es_buf_init(&body, 4096);
	policy_address_ask(POLICY_ADDRESS_SIMPLE, &address, &body);
	es_put_u8(&body, '\0');
	assert_string_equal((const char *)body.ptr, "{\"street\":\"1 Main St\",\"unit\":\"2 B\",\"city\":\"X \\\"Y\\\"\","
	                                            "\"postcode\":\"12345\",\"country\":\"us\"}");
	es_buf_free(&body);
	es_arena_free(arena);
}

/* ---- payments: RFC 7515 A.1 has a key and what it makes of a text ---- */

static void a_result_is_believed_when_it_is_signed(void **state)
{
	const uint8_t key[32] = { 7 }, other[32] = { 8 };
	const struct policy_order order = { .tenant = "demo",
		                                .id = "0",
		                                .order = ES_SLICE_LIT("opaque"),
		                                .price = "1 EUR",
		                                .back_url = "https://x/paid",
		                                .boost_type = 166,
		                                .duration_s = 60,
		                                .expires_ms = NOW };
	struct es_arena *arena = es_arena_new(0, 65536);
	struct policy_payment payment;
	struct es_slice jws, named;

	(void)state;
	assert_int_equal(policy_payment_order(key, &order, arena, &jws), ES_OK);
	assert_int_equal(policy_payment_peek(jws, arena, &named), ES_OK);
	assert_true(es_slice_eq_str(named, "opaque"));
	/* An order is signed and yet no result: it has no outcome. */
	assert_int_equal(policy_payment_result(key, jws, NOW - 5000, arena, &payment), ES_MALFORMED);
	assert_int_equal(policy_payment_result(other, jws, NOW - 5000, arena, &payment), ES_UNAUTHENTIC);
	assert_int_equal(policy_payment_peek(ES_SLICE_LIT("a.b"), arena, &named), ES_MALFORMED);
	es_arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_due_follows_from_the_decision),
		cmocka_unit_test(a_walk_is_carried_sealed_and_committed_as_a_whole),
		cmocka_unit_test(what_a_page_carries_ends_and_cannot_be_changed),
		cmocka_unit_test(a_document_is_asked_for_where_the_tenant_wants_one),
		cmocka_unit_test(tenants_put_their_words_in_the_place_of_ours),
		cmocka_unit_test(an_address_is_asked_for_and_read_in_both_forms),
		cmocka_unit_test(a_result_is_believed_when_it_is_signed),
	};

	es_crypto_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
