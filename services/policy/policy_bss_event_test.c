/* policy_bss_event_test.c -- what each type of event means, and what an event must have. */
#include "policy_bss_event.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "es_cleanup.h"

static struct es_arena *arena;

static int begin(void **state)
{
	(void)state;
	arena = es_arena_new(0, 262144);
	return arena == NULL;
}

static int end(void **state)
{
	(void)state;
	es_arena_free(arena);
	return 0;
}

static es_status read_event(const char *text, struct policy_bss_event *out, const char **field)
{
	ES_CLEANUP(es_json_done) cJSON *json = NULL;
	const char *error = NULL;

	assert_int_equal(es_json_parse(es_slice_str(text), ES_JSON_SMALL, &json), ES_OK);
	es_status status = policy_bss_event_read(json, arena, out, field, &error);
	assert_true(status == ES_OK || error != NULL);
	return status;
}

#define HEAD "{\"id\": \"1\", \"time\": \"2026-11-21T12:00:00Z\", \"imsi\": \"001010123456789\", \"type\": "

static const struct {
	const char *rest; /* after HEAD */
	enum policy_bss_deed deed;
	const char *patch;
} cases[] = {
	{ "\"plan.changed\", \"change\": {\"plan\": \"gold\"}}", POLICY_BSS_PATCH, "{\"plan\":\"gold\"}" },
	{ "\"plan.changed\"}", POLICY_BSS_NOTHING, NULL },
	{ "\"plan.changed\", \"change\": {\"plan\": \"gold\", \"status\": \"active\"}}", POLICY_BSS_NOTHING, NULL },
	{ "\"plan.changed\", \"change\": [\"plan\"]}", POLICY_BSS_NOTHING, NULL },
	{ "\"service.changed\", \"change\": {\"voice\": {\"provisioning\": \"provisioned\"}}}", POLICY_BSS_PATCH,
	  "{\"voice\":{\"provisioning\":\"provisioned\"}}" },
	{ "\"service.changed\", \"change\": {}}", POLICY_BSS_NOTHING, NULL },
	{ "\"line.changed\", \"change\": {\"plan\": \"x\", \"status\": \"active\"}}", POLICY_BSS_PATCH,
	  "{\"plan\":\"x\",\"status\":\"active\"}" },
	{ "\"line.suspended\"}", POLICY_BSS_PATCH, "{\"status\":\"suspended\"}" },
	{ "\"line.suspended\", \"change\": {\"status\": \"active\"}}", POLICY_BSS_NOTHING, NULL },
	{ "\"line.barred\"}", POLICY_BSS_PATCH, "{\"status\":\"barred\"}" },
	{ "\"line.resumed\"}", POLICY_BSS_PATCH, "{\"status\":\"active\"}" },
	{ "\"line.terminated\"}", POLICY_BSS_PATCH, "{\"status\":\"terminated\"}" },
	{ "\"number.changed\", \"change\": {\"msisdn\": \"+4912345\"}}", POLICY_BSS_PATCH, "{\"msisdn\":\"+4912345\"}" },
	{ "\"number.ported_out\"}", POLICY_BSS_PATCH, "{\"status\":\"terminated\"}" },
	{ "\"address.validated\", \"change\": {\"vowifi\": {\"address_id\": \"7\"}}}", POLICY_BSS_PATCH,
	  "{\"vowifi\":{\"address\":\"available\",\"address_id\":\"7\"}}" },
	{ "\"address.validated\", \"change\": {\"vowifi\": {\"address\": \"not_available\"}}}", POLICY_BSS_PATCH,
	  "{\"vowifi\":{\"address\":\"available\"}}" },
	{ "\"address.expired\"}", POLICY_BSS_PATCH, "{\"vowifi\":{\"address\":\"not_available\"}}" },
	{ "\"consent.changed\", \"change\": {\"opt_outs\": [\"vowifi\"]}}", POLICY_BSS_PATCH,
	  "{\"opt_outs\":[\"vowifi\"]}" },
	{ "\"sim.swapped\", \"new_imsi\": \"001010000000009\"}", POLICY_BSS_SWAP_SIM, NULL },
	{ "\"sim.swapped\"}", POLICY_BSS_NOTHING, NULL },
	{ "\"device.blocked\"}", POLICY_BSS_RESET_TOKENS, NULL },
	{ "\"line.erased\"}", POLICY_BSS_ERASE, NULL },
	{ "\"line.refresh\"}", POLICY_BSS_REFRESH, NULL },
	{ "\"line.forgotten\"}", POLICY_BSS_NOTHING, NULL },
	{ "7}", POLICY_BSS_NOTHING, NULL },
	{ "\"line.refresh\", \"colour\": \"red\"}", POLICY_BSS_NOTHING, NULL },
};

static void each_type_means_its_own(void **state)
{
	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		struct policy_bss_event event;
		char text[512];
		const char *field = NULL;
		(void)snprintf(text, sizeof text, HEAD "%s", cases[i].rest);
		assert_int_equal(read_event(text, &event, &field), ES_OK);
		if (event.deed != cases[i].deed)
			fail_msg("%s: %d", text, event.deed);
		assert_int_equal(event.deed == POLICY_BSS_NOTHING, event.refusal[0] != '\0');
		assert_int_equal(event.patch != NULL, cases[i].patch != NULL);
		if (event.patch != NULL) {
			char *patch = cJSON_PrintUnformatted(event.patch);
			assert_string_equal(patch, cases[i].patch);
			cJSON_free(patch);
			cJSON_Delete(event.patch);
		}
	}
}

static void an_event_has_an_id_and_a_time(void **state)
{
	static const char *const bad[][2] = {
		{ "[]", "" },
		{ "{\"time\": \"2026-11-21T12:00:00Z\"}", "id" },
		{ "{\"id\": \"\", \"time\": \"2026-11-21T12:00:00Z\"}", "id" },
		{ "{\"id\": \"1\"}", "time" },
		{ "{\"id\": \"1\", \"time\": \"yesterday\"}", "time" },
		{ "{\"id\": \"1\", \"time\": \"2026-11-21T12:00:00.Z\"}", "time" },
	};
	struct policy_bss_event event;
	const char *field = NULL;

	(void)state;
	for (size_t i = 0; i < ES_COUNT(bad); i++) {
		assert_int_equal(read_event(bad[i][0], &event, &field), ES_MALFORMED);
		assert_string_equal(field, bad[i][1]);
	}
	assert_int_equal(
		read_event("{\"id\": \"1\", \"time\": \"2026-11-21T13:00:00.1234+01:00\", \"type\": \"line.refresh\", "
	               "\"msisdn\": \"+4912345\"}",
	               &event, &field),
		ES_OK);
	assert_int_equal(event.at_ms, INT64_C(1795262400123));
	assert_string_equal(event.msisdn, "+4912345");
	assert_int_equal(
		read_event("{\"id\": \"1\", \"time\": \"2026-11-21T13:00:00Z\", \"type\": \"line.refresh\"}", &event, &field),
		ES_OK);
	assert_int_equal(event.deed, POLICY_BSS_NOTHING);
}

static void an_envelope_of_tm_forum_is_read_in_either_spelling(void **state)
{
	static const char *const good[] = {
		"{\"eventId\": \"7\", \"timeOcurred\": \"2026-11-21T12:00:00Z\", \"eventTime\": \"2026-11-21T12:00:09Z\"}",
		"{\"eventId\": \"7\", \"timeOccurred\": \"2026-11-21T12:00:00Z\"}",
		"{\"eventId\": \"7\", \"eventTime\": \"2026-11-21T12:00:00.000Z\"}",
	};

	(void)state;
	for (size_t i = 0; i < ES_COUNT(good); i++) {
		ES_CLEANUP(es_json_done) cJSON *json = NULL;
		struct policy_bss_event event;
		const char *field = NULL, *error = NULL;
		assert_int_equal(es_json_parse(es_slice_str(good[i]), ES_JSON_SMALL, &json), ES_OK);
		assert_int_equal(policy_bss_envelope_read(json, arena, &event, &field, &error), ES_OK);
		assert_int_equal(event.at_ms, INT64_C(1795262400000));
	}
}

static void fill(const char *text, enum policy_bss_deed deed, const char *imsi, const char *msisdn)
{
	struct policy_bss_event event = { .refusal = "" };
	cJSON *patch = NULL;

	assert_int_equal(es_json_parse(es_slice_str(text), ES_JSON_SMALL, &patch), ES_OK);
	assert_int_equal(policy_bss_envelope_fill(&event, patch, arena), ES_OK);
	assert_int_equal(event.deed, deed);
	assert_string_equal(event.imsi, imsi);
	assert_string_equal(event.msisdn, msisdn);
	cJSON_Delete(event.patch);
}

static void a_resource_says_whose_line_it_is(void **state)
{
	(void)state;
	fill("{\"imsi\": \"001010123456789\", \"msisdn\": \"+4912345\", \"status\": \"active\"}", POLICY_BSS_PATCH,
	     "001010123456789", "+4912345");
	fill("{\"msisdn\": \"+4912345\", \"status\": \"active\"}", POLICY_BSS_PATCH, "", "+4912345");
	fill("{\"msisdn\": \"+4912345\"}", POLICY_BSS_REFRESH, "", "+4912345");
	fill("{\"imsi\": \"001010123456789\"}", POLICY_BSS_REFRESH, "001010123456789", "");
	fill("{\"imsi\": \"x\", \"status\": \"active\"}", POLICY_BSS_NOTHING, "", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_type_means_its_own),
		cmocka_unit_test(an_event_has_an_id_and_a_time),
		cmocka_unit_test(an_envelope_of_tm_forum_is_read_in_either_spelling),
		cmocka_unit_test(a_resource_says_whose_line_it_is),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
