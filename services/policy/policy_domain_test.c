/* policy_domain_test.c -- tokens, languages, times and the JSON of the resources. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "es_cleanup.h"
#include "policy_resource.h"
#include "policy_tenant.h"
#include "policy_text.h"
#include "policy_token_check.h"

/* ---- tokens ---- */

struct token_case {
	const char *what, *apps[3], *imsi, *terminal, *app_name;
	const char *bound_to_group, *bound_to_terminal, *bound_to_name;
	uint64_t epoch;
	uint8_t status;
	bool fresh;
	enum policy_token_verdict expected;
};

#define IMSI "001010123456789"
#define TERMINAL "356938035643809"

static const struct token_case token_cases[] = {
	{ "V12-TOK-02 a valid token needs no more",
	  { "ap2004" },
	  IMSI,
	  TERMINAL,
	  "",
	  "ap2003",
	  TERMINAL,
	  "",
	  7,
	  0,
	  false,
	  POLICY_TOKEN_VALID },
	{ "settled 14: one token for three",
	  { "ap2003", "AP2004", "ap2005" },
	  "",
	  TERMINAL,
	  "",
	  "ap2003",
	  TERMINAL,
	  "",
	  7,
	  0,
	  false,
	  POLICY_TOKEN_VALID },
	{ "settled 14: otherwise its own",
	  { "ap2006" },
	  IMSI,
	  TERMINAL,
	  "",
	  "ap2003",
	  TERMINAL,
	  "",
	  7,
	  0,
	  false,
	  POLICY_TOKEN_OTHER_APP },
	{ "every application is looked at",
	  { "ap2004", "ap2012" },
	  IMSI,
	  TERMINAL,
	  "",
	  "ap2003",
	  TERMINAL,
	  "",
	  7,
	  0,
	  false,
	  POLICY_TOKEN_OTHER_APP },
	{ "a fresh token serves its request",
	  { "ap2004", "ap2012" },
	  IMSI,
	  TERMINAL,
	  "",
	  "ap2003",
	  TERMINAL,
	  "",
	  7,
	  0,
	  true,
	  POLICY_TOKEN_VALID },
	{ "V12-TOK-11 another IMSI",
	  { "ap2004" },
	  "001010123456780",
	  TERMINAL,
	  "",
	  "ap2003",
	  TERMINAL,
	  "",
	  7,
	  0,
	  false,
	  POLICY_TOKEN_OTHER_IMSI },
	{ "settled 13: another terminal",
	  { "ap2004" },
	  IMSI,
	  "990000862471854",
	  "",
	  "ap2003",
	  TERMINAL,
	  "",
	  7,
	  0,
	  false,
	  POLICY_TOKEN_OTHER_TERMINAL },
	{ "settled 13: no terminal",
	  { "ap2004" },
	  IMSI,
	  "",
	  "",
	  "ap2003",
	  TERMINAL,
	  "",
	  7,
	  0,
	  false,
	  POLICY_TOKEN_OTHER_TERMINAL },
	{ "settled 9: bound to the subscriber alone",
	  { "ap2004" },
	  IMSI,
	  "990000862471854",
	  "",
	  "ap2003",
	  "",
	  "",
	  7,
	  0,
	  false,
	  POLICY_TOKEN_VALID },
	{ "V12-TOK-06 another app_name",
	  { "ap2004" },
	  IMSI,
	  TERMINAL,
	  "b",
	  "ap2003",
	  TERMINAL,
	  "a",
	  7,
	  0,
	  false,
	  POLICY_TOKEN_OTHER_APP_NAME },
	{ "no app_name",
	  { "ap2004" },
	  IMSI,
	  TERMINAL,
	  "",
	  "ap2003",
	  TERMINAL,
	  "a",
	  7,
	  0,
	  false,
	  POLICY_TOKEN_OTHER_APP_NAME },
	{ "case of app_name", { "ap2004" }, IMSI, TERMINAL, "A", "ap2003", TERMINAL, "a", 7, 0, false, POLICY_TOKEN_VALID },
	{ "a raised epoch kills it",
	  { "ap2004" },
	  IMSI,
	  TERMINAL,
	  "",
	  "ap2003",
	  TERMINAL,
	  "",
	  6,
	  0,
	  false,
	  POLICY_TOKEN_REVOKED },
	{ "settled 16: suspended is answered",
	  { "ap2004" },
	  IMSI,
	  TERMINAL,
	  "",
	  "ap2003",
	  TERMINAL,
	  "",
	  7,
	  POLICY_SUSPENDED,
	  false,
	  POLICY_TOKEN_VALID },
	{ "settled 16: terminated is 403",
	  { "ap2004" },
	  IMSI,
	  TERMINAL,
	  "",
	  "ap2003",
	  TERMINAL,
	  "",
	  7,
	  POLICY_TERMINATED,
	  true,
	  POLICY_TOKEN_TERMINATED },
	{ "a stale token learns nothing",
	  { "ap2004" },
	  IMSI,
	  TERMINAL,
	  "",
	  "ap2003",
	  TERMINAL,
	  "",
	  6,
	  POLICY_TERMINATED,
	  false,
	  POLICY_TOKEN_REVOKED },
};

static void a_token_serves_only_what_it_was_issued_for(void **state)
{
	(void)state;
	for (size_t i = 0; i < ES_COUNT(token_cases); i++) {
		const struct token_case *c = &token_cases[i];
		struct es_token token = { .epoch = 7, .issued_ms = 0, .expires_ms = 1000 };
		struct policy_subscriber line = { .epoch = c->epoch == 7 ? 7 : 8, .status = c->status };
		struct policy_request request = { .apps = c->apps, .imsi = es_slice_str(c->imsi), .fresh = c->fresh };
		while (request.app_count < 3 && c->apps[request.app_count] != NULL)
			request.app_count++;
		request.terminal_id = es_slice_str(c->terminal);
		request.app_name = es_slice_str(c->app_name);
		memcpy(token.imsi.digits, IMSI, sizeof IMSI);
		strncpy(token.group, c->bound_to_group, sizeof token.group - 1);
		es_token_digest(es_slice_str(c->bound_to_terminal), token.terminal);
		es_token_digest(es_slice_str(c->bound_to_name), token.app_name);
		enum policy_token_verdict got = policy_token_check(&token, &line, &request, NULL);
		if (got != c->expected)
			fail_msg("%s: %s", c->what, policy_token_verdict_names[got]);
	}
}

static void a_token_without_subscriber_asks_for_authentication(void **state)
{
	struct es_token token = { .epoch = 0 };
	struct policy_request request = { .app_count = 0 };
	(void)state;
	assert_int_equal(policy_token_check(&token, NULL, &request, NULL), POLICY_TOKEN_UNKNOWN);
	assert_int_equal(policy_token_opened(ES_EXPIRED), POLICY_TOKEN_EXPIRED); /* V12-TOK-04 */
	assert_int_equal(policy_token_opened(ES_UNAUTHENTIC), POLICY_TOKEN_UNAUTHENTIC);
	assert_int_equal(policy_token_opened(ES_MALFORMED), POLICY_TOKEN_MALFORMED);
}

static void a_token_is_renewed_in_the_last_quarter_of_its_life(void **state) /* V12-TOK-05, V12-TOK-08 */
{
	struct es_token token = { .issued_ms = 1000000, .expires_ms = 1400000 };
	(void)state;
	assert_false(policy_token_wants_renewal(&token, 1300000));
	assert_true(policy_token_wants_renewal(&token, 1300001));
	assert_int_equal(policy_token_remaining_s(&token, 1300001), 99);
	assert_int_equal(policy_token_remaining_s(&token, 1500000), 0);
}

/* ---- languages ---- */

static void the_best_language_of_the_header_is_taken(void **state)
{
	static const struct {
		const char *header, *fallback, *expected;
	} cases[] = {
		{ "de-DE,de;q=0.8,en;q=0.5", "en", "de" },
		{ "pt, fr;q=0.3, es;q=0.7", "en", "es" },
		{ "AR-eg", "en", "ar" },
		{ "", "fr", "fr" },
		{ "pt-BR", "de", "de" },
		{ "*", "es", "es" },
		{ "en;q=0.2, *;q=0.5", "fr", "fr" },
		{ "de;q=0, en", "de", "en" },
		{ "den, fr;q=0.1", "en", "fr" },
		{ "de;q=7, fr;q=0.1", "en", "fr" },
		{ ";;,,q=1", "xx", "en" },
		{ "en;q=0.5,de;q=0.500", "fr", "en" },
	};
	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++)
		assert_string_equal(policy_language_code(policy_language(es_slice_str(cases[i].header), cases[i].fallback)),
		                    cases[i].expected);
}

static void every_text_exists_in_every_language(void **state)
{
	static const char *const codes[] = { "en", "es", "fr", "de", "ar" };
	(void)state;
	for (unsigned t = 0; t < POLICY_TEXT_COUNT; t++)
		for (size_t l = 0; l < ES_COUNT(codes); l++) {
			const char *text = policy_text((enum policy_text)t, policy_language(es_slice_str(codes[l]), "en"));
			assert_non_null(text);
			assert_int_equal(text[0] == '\0', t == POLICY_TEXT_NONE);
		}
}

/* ---- resources ---- */

static void times_need_a_zone(void **state) /* V12-DOC-13 */
{
	static const struct {
		const char *text;
		es_status status;
		int64_t ms;
	} cases[] = {
		{ "1970-01-01T00:00:00Z", ES_OK, 0 },
		{ "2026-03-01T00:00:00Z", ES_OK, 1772323200000 },
		{ "2024-02-29T23:59:59+02:00", ES_OK, 1709243999000 },
		{ "2000-02-29T00:00:00-05:30", ES_OK, 951802200000 },
		{ "2026-02-29T00:00:00Z", ES_MALFORMED, 0 },
		{ "2100-02-29T00:00:00Z", ES_MALFORMED, 0 },
		{ "2026-03-01T00:00:00", ES_MALFORMED, 0 },
		{ "2026-03-01T24:00:00Z", ES_MALFORMED, 0 },
		{ "1970-01-01T00:00:00+01:00", ES_MALFORMED, 0 },
		{ "", ES_MALFORMED, 0 },
	};
	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		int64_t ms = 0;
		assert_int_equal(policy_time_parse(es_slice_str(cases[i].text), &ms), cases[i].status);
		assert_int_equal(ms, cases[i].ms);
	}
}

static const struct {
	const struct policy_shape *shape;
	const char *body, *field;
} refused[] = {
	{ &policy_plan_shape, "{\"id\":\"p\",\"volt\":\"all\"}", "volt" },
	{ &policy_plan_shape, "{\"id\":\"p\",\"volte\":\"some\"}", "volte" },
	{ &policy_plan_shape, "{\"id\":\"p\",\"vonr\":\"roaming\"}", "vonr" },
	{ &policy_plan_shape, "{\"id\":\"p\",\"vowifi\":1}", "vowifi" },
	{ &policy_plan_shape, "{\"id\":\"p\",\"companion\":{\"max\":1.5}}", "companion.max" },
	{ &policy_plan_shape, "{\"id\":\"p\",\"companion\":{\"services\":[\"OtherNumber\"]}}", "companion.services" },
	{ &policy_plan_shape, "{\"id\":\"p\",\"vonr\":\"home\",\"vonr_eps_fallback\":true}", "vonr_eps_fallback" },
	{ &policy_plan_shape, "{}", "id" },
	{ &policy_plan_shape, "[]", "" },
	{ &policy_tenant_shape, "{\"id\":\"A\"}", "id" },
	{ &policy_tenant_shape, "{\"id\":\"a\",\"plmns\":[\"0010\"]}", "plmns" },
	{ &policy_tenant_shape, "{\"id\":\"a\",\"token_ttl\":1}", "token_ttl" },
	{ &policy_tenant_shape, "{\"id\":\"a\",\"vowifi\":{\"url\":\"ftp://x\"}}", "vowifi.url" },
	{ &policy_tenant_shape, "{\"id\":\"a\",\"vowifi\":{\"terms_required\":true}}", "vowifi.url" },
	{ &policy_subscriber_shape, "{\"imsi\":\"12345\",\"plan\":\"p\"}", "imsi" },
	{ &policy_subscriber_shape, "{\"imsi\":\"001010123456789\"}", "plan" },
	{ &policy_subscriber_shape, "{\"imsi\":\"001010123456789\",\"plan\":\"p\",\"msisdn\":\"34600\"}", "msisdn" },
	{ &policy_subscriber_shape,
	  "{\"imsi\":\"001010123456789\",\"plan\":\"p\",\"vowifi\":{\"address_expiry\":\"soon\"}}",
	  "vowifi.address_expiry" },
	{ &policy_plan_shape, "{\"id\":\"p\",\"data\":{\"plans\":[{\"access\":\"6g\"}]}}", "data.plans[0].access" },
	{ &policy_plan_shape, "{\"id\":\"p\",\"data\":{\"plans\":[{},{\"access\":\"5g\"}]}}", "data.plans" },
	{ &policy_plan_shape, "{\"id\":\"p\",\"data\":{\"plans\":[{\"access\":\"5g\"},{\"access\":\"5g\"}]}}",
	  "data.plans" },
	{ &policy_plan_shape, "{\"id\":\"p\",\"data\":{\"plans\":{}}}", "data.plans" },
	{ &policy_plan_shape, "{\"id\":\"p\",\"data\":{\"plans\":[7]}}", "data.plans" },
	/* V12-DATA-03, V12-DATA-04, V12-DATA-06 */
	{ &policy_plan_shape, "{\"id\":\"p\",\"data\":{\"boosts\":[{}]}}", "data.boosts[0].type" },
	{ &policy_plan_shape, "{\"id\":\"p\",\"data\":{\"boosts\":[{\"type\":256}]}}", "data.boosts[0].type" },
	{ &policy_plan_shape, "{\"id\":\"p\",\"data\":{\"boosts\":[{\"type\":0},{\"type\":166}]}}", "data.boosts" },
	{ &policy_plan_shape, "{\"id\":\"p\",\"data\":{\"boosts\":[{\"type\":1,\"delay_ms\":0}]}}",
	  "data.boosts[0].delay_ms" },
	{ &policy_plan_shape, "{\"id\":\"p\",\"data\":{\"boosts\":[{\"type\":1,\"jitter_ns\":0}]}}",
	  "data.boosts[0].jitter_ns" },
	{ &policy_plan_shape, "{\"id\":\"p\",\"data\":{\"boosts\":[{\"type\":1,\"uplink_max\":-1}]}}",
	  "data.boosts[0].uplink_max" },
	{ &policy_plan_shape,
	  "{\"id\":\"p\",\"data\":{\"boosts\":[{\"type\":1},{\"type\":2,\"downlink_min\":2,\"downlink_max\":1}]}}",
	  "data.boosts[1].downlink_min" },
	/* V12-SAT-04, V12-SAT-07 */
	{ &policy_plan_shape, "{\"id\":\"p\",\"satellite\":{\"offered\":true}}", "satellite.allowed" },
	{ &policy_plan_shape, "{\"id\":\"p\",\"satellite\":{\"allowed\":[{}]}}", "satellite.allowed[0].plmn" },
	{ &policy_plan_shape, "{\"id\":\"p\",\"satellite\":{\"allowed\":[{\"plmn\":\"00199\",\"voice\":\"yes\"}]}}",
	  "satellite.allowed[0].voice" },
	{ &policy_plan_shape, "{\"id\":\"p\",\"satellite\":{\"allowed\":[{\"plmn\":\"00199\"}],\"barred\":[\"00199\"]}}",
	  "satellite.barred" },
	{ &policy_subscriber_shape, "{\"imsi\":\"001010123456789\",\"plan\":\"p\",\"usage\":[{\"used\":1}]}",
	  "usage[0].as_of" },
	{ &policy_subscriber_shape,
	  "{\"imsi\":\"001010123456789\",\"plan\":\"p\",\"usage\":[{\"as_of\":\"2026-01-01T00:00:00Z\"}]}",
	  "usage[0].used" },
	{ &policy_subscriber_shape, "{\"imsi\":\"001010123456789\",\"plan\":\"p\",\"boosts\":[{}]}", "boosts[0].type" },
	{ &policy_subscriber_shape,
	  "{\"imsi\":\"001010123456789\",\"plan\":\"p\",\"boosts\":[{\"type\":166},{\"type\":0}]}", "boosts" },
	{ &policy_subscriber_shape,
	  "{\"imsi\":\"001010123456789\",\"plan\":\"p\",\"addons\":[{\"id\":\"a\"},{\"id\":\"a\"}]}", "addons" },
	{ &policy_subscriber_shape, "{\"facts\":{\"Region\":\"north\"}}", "facts" },
	{ &policy_subscriber_shape, "{\"facts\":{\"region\":[]}}", "facts" },
	{ &policy_subscriber_shape, "{\"facts\":{\"score\":1.5}}", "score" },
	{ &policy_subscriber_shape, "{\"facts\":7}", "facts" },
};

static void a_refused_body_names_the_member(void **state)
{
	(void)state;
	for (size_t i = 0; i < ES_COUNT(refused); i++) {
		struct es_arena *arena = es_arena_new(0, 65536);
		ES_CLEANUP(es_json_done) cJSON *json = NULL;
		union {
			struct policy_tenant tenant;
			struct policy_plan plan;
			struct policy_subscriber subscriber;
		} into;
		struct policy_fault fault = { NULL, NULL };
		assert_int_equal(es_json_parse(es_slice_str(refused[i].body), ES_JSON_SMALL, &json), ES_OK);
		policy_resource_defaults(refused[i].shape, &into);
		assert_int_equal(policy_resource_read(refused[i].shape, json, arena, &into, &fault), ES_MALFORMED);
		assert_string_equal(fault.field, refused[i].field);
		assert_true(fault.error[0] != '\0');
		es_arena_free(arena);
	}
}

static void what_is_read_is_written_again(void **state)
{
	static const char body[] =
		"{\"imsi\":\"001010123456789\",\"msisdn\":\"+34600000001\",\"plan\":\"gold\",\"iccid\":\"8949000000000000017\","
		"\"status\":\"barred\","
		"\"opt_outs\":[\"vonr\",\"companion\"],\"voice\":{\"provisioning\":\"in_progress\"},"
		"\"sms\":{\"provisioning\":\"provisioned\"},\"vowifi\":{\"terms\":\"available\",\"address\":\"in_progress\","
		"\"address_expiry\":\"2026-03-01T00:00:00Z\",\"address_id\":\"loc\",\"provisioning\":\"not_provisioned\"},"
		"\"account\":\"prepaid\",\"billing\":{\"barred\":true,\"provisioning\":\"in_progress\"},"
		"\"usage\":[{\"type\":\"tethering\",\"name\":\"Hotspot\",\"description\":\"\",\"used\":4294967296,"
		"\"as_of\":\"2026-01-01T00:00:00Z\"}],"
		"\"boosts\":[{\"type\":0,\"provisioning\":\"in_progress\"}],\"satellite\":{\"provisioning\":\"provisioned\"},"
		"\"addons\":[{\"id\":\"day-pass\",\"until\":\"2026-03-01T00:00:00Z\"}],"
		"\"facts\":{\"region\":\"north\",\"score\":-7,\"vip\":true},"
		"\"epoch\":0,\"version\":0}";
	struct es_arena *arena = es_arena_new(0, 65536);
	ES_CLEANUP(es_json_done) cJSON *json = NULL, *patch = NULL;
	struct policy_subscriber line;
	struct policy_fault fault;
	struct es_buf out;
	(void)state;

	assert_int_equal(es_json_parse(es_slice_str(body), ES_JSON_SMALL, &json), ES_OK);
	policy_resource_defaults(&policy_subscriber_shape, &line);
	assert_int_equal(policy_resource_read(&policy_subscriber_shape, json, arena, &line, &fault), ES_OK);
	es_buf_init(&out, 4096);
	struct es_json_out j = es_json_to(&out);
	es_json_object(&j, NULL);
	policy_resource_write(&policy_subscriber_shape, &line, &j);
	es_json_end_object(&j);
	assert_true(es_slice_eq_str(es_buf_slice(&out), body));

	/* A patch changes what it names; null gives the default, and takes a fact away. */
	assert_int_equal(
		es_json_parse(ES_SLICE_LIT("{\"status\":null,\"vowifi\":{\"address\":\"available\"},\"opt_outs\":[],"
	                               "\"facts\":{\"score\":null,\"age\":3,\"region\":\"south\"}}"),
	                  ES_JSON_SMALL, &patch),
		ES_OK);
	assert_int_equal(policy_resource_read(&policy_subscriber_shape, patch, arena, &line, &fault), ES_OK);
	assert_int_equal(line.status, POLICY_ACTIVE);
	assert_int_equal(line.vowifi.address, POLICY_AVAILABLE);
	assert_int_equal(line.data.facts.count, 3);
	assert_string_equal(line.data.facts.items[0].name, "age");
	assert_string_equal(line.data.facts.items[1].text, "south");
	assert_string_equal(line.data.facts.items[2].name, "vip");
	assert_int_equal(line.vowifi.terms, POLICY_AVAILABLE);
	assert_int_equal(line.opt_outs, 0);
	assert_string_equal(line.plan, "gold");
	es_buf_free(&out);
	es_arena_free(arena);
}

/* ---- tenants ---- */

static struct policy_tenant claiming(const char *host, const char *range, const char *gid1, const char *plmn)
{
	static const char *texts[16];
	static size_t used;
	struct policy_tenant tenant = { .id = "t" };
	struct policy_list *const lists[] = { &tenant.hosts, &tenant.imsi_ranges, &tenant.gid1, &tenant.plmns };
	const char *const items[] = { host, range, gid1, plmn };

	for (size_t i = 0; i < ES_COUNT(lists); i++) {
		if (items[i] == NULL)
			continue;
		const char **at = &texts[used++ % ES_COUNT(texts)];
		*at = items[i];
		*lists[i] = (struct policy_list){ at, 1 };
	}
	return tenant;
}

static void tenants_collide_where_nothing_tells_them_apart(void **state)
{
	static const struct {
		const char *a[4], *b[4]; /* host, range, gid1, plmn */
		const char *claim;
	} cases[] = {
		{ { "a.example" }, { "b.example" }, NULL },
		{ { "a.example" }, { "A.example" }, "hosts" },
		{ { "a.example", NULL, NULL, "00101" }, { "a.example", NULL, NULL, "00101" }, "plmns" },
		{ { "a.example", NULL, NULL, "00101" }, { "a.example", NULL, NULL, "00102" }, NULL },
		{ { "a.example", NULL, NULL, "00101" }, { NULL, NULL, NULL, "00101" }, NULL },
		{ { NULL, "001011" }, { NULL, "0010112" }, NULL }, /* the longer range wins */
		{ { NULL, "001011", "FF" }, { NULL, "001011", "ff" }, "gid1" },
		{ { NULL, "001011", "FF" }, { NULL, "001011" }, NULL },
		{ { NULL }, { NULL }, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		const struct policy_tenant a = claiming(cases[i].a[0], cases[i].a[1], cases[i].a[2], cases[i].a[3]);
		const struct policy_tenant b = claiming(cases[i].b[0], cases[i].b[1], cases[i].b[2], cases[i].b[3]);
		const char *one = policy_tenants_collide(&a, &b), *other = policy_tenants_collide(&b, &a);
		if (one != other || (one == NULL) != (cases[i].claim == NULL) ||
		    (one != NULL && strcmp(one, cases[i].claim) != 0))
			fail_msg("case %zu: %s", i, one != NULL ? one : "none");
		assert_int_equal(policy_tenant_claims_equal(&a, &b), cases[i].claim != NULL || i == ES_COUNT(cases) - 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_token_serves_only_what_it_was_issued_for),
		cmocka_unit_test(a_token_without_subscriber_asks_for_authentication),
		cmocka_unit_test(a_token_is_renewed_in_the_last_quarter_of_its_life),
		cmocka_unit_test(the_best_language_of_the_header_is_taken),
		cmocka_unit_test(every_text_exists_in_every_language),
		cmocka_unit_test(times_need_a_zone),
		cmocka_unit_test(a_refused_body_names_the_member),
		cmocka_unit_test(what_is_read_is_written_again),
		cmocka_unit_test(tenants_collide_where_nothing_tells_them_apart),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
