/* dia_swx_test.c -- SWx and SWm as messages: requests have what an HSS and an AAA need, answers are believed in part only. */
#include "dia_test_kit.h"

#include "dia_eap.h"
#include "dia_swx.h"

#define IMSI "001010000000001"

static struct es_slice body_of(struct es_slice octets)
{
	struct dia_message m;

	assert_int_equal(dia_message_parse(octets, &m), ES_OK);
	return m.body;
}

static bool has_text(struct es_slice group, enum dia_attr attr, const char *text)
{
	struct es_slice value;

	return dia_find(group, attr, &value) == ES_OK && es_slice_eq_str(value, text);
}

static bool has_number(struct es_slice group, enum dia_attr attr, uint32_t number)
{
	uint32_t value;

	return dia_find_u32(group, attr, &value) == ES_OK && value == number;
}

static void a_mar_says_whom_and_how(void **state)
{
	struct kit *kit = *state;
	const struct dia_vector_ask ask = { .imsi = IMSI, .is_aka_prime = true, .network_name = "WLAN" };
	struct es_slice item, absent;

	assert_int_equal(dia_swx_write_mar(&kit->config, &kit->config.sources[0], "s;1;2", &ask, &kit->buf), ES_OK);
	const struct es_slice body = body_of(es_buf_slice(&kit->buf));
	assert_true(has_text(body, DIA_SESSION_ID, "s;1;2"));
	assert_true(has_text(body, DIA_ORIGIN_HOST, "auth0.ecs.example.net"));
	assert_true(has_text(body, DIA_DESTINATION_REALM, "example.org"));
	assert_int_equal(dia_find(body, DIA_DESTINATION_HOST, &absent), ES_NOT_FOUND);
	assert_true(has_text(body, DIA_USER_NAME, IMSI));
	assert_true(has_text(body, DIA_ANID, "WLAN"));
	assert_true(has_number(body, DIA_AUTH_SESSION_STATE, 1));
	assert_true(has_number(body, DIA_RAT_TYPE, 0));
	assert_true(has_number(body, DIA_NUMBER_AUTH_ITEMS, 1));
	assert_int_equal(dia_find(body, DIA_AUTH_DATA_ITEM, &item), ES_OK);
	assert_true(has_text(item, DIA_AUTH_SCHEME, "EAP-AKA'"));
	assert_int_equal(dia_find(item, DIA_AUTHORIZATION, &absent), ES_NOT_FOUND);
}

static void a_resynchronisation_carries_rand_and_auts(void **state)
{
	struct kit *kit = *state;
	const struct dia_vector_ask ask = {
		.imsi = IMSI, .network_name = "", .rand = kit_fill(kit, 1, 16), .auts = kit_fill(kit, 2, 14)
	};
	struct es_slice item, both;

	assert_int_equal(dia_swx_write_mar(&kit->config, &kit->config.sources[0], "s", &ask, &kit->buf), ES_OK);
	const struct es_slice body = body_of(es_buf_slice(&kit->buf));
	assert_int_equal(dia_find(body, DIA_ANID, &both), ES_NOT_FOUND);
	assert_int_equal(dia_find(body, DIA_AUTH_DATA_ITEM, &item), ES_OK);
	assert_int_equal(dia_find(item, DIA_AUTHORIZATION, &both), ES_OK);
	assert_int_equal(both.len, 30);
	assert_memory_equal(both.ptr, ask.rand.ptr, 16);
	assert_memory_equal(both.ptr + 16, ask.auts.ptr, 14);
}

/* ---- MAA ---- */

struct item {
	int number; /* -1: none */
	const char *scheme;
	size_t challenge, xres, ck, ik; /* octets */
	uint8_t octet;
};

static void put_item(struct kit *kit, struct dia_writer *w, const struct item *item)
{
	const size_t group = dia_open(w, DIA_AUTH_DATA_ITEM);

	if (item->number >= 0)
		dia_put_u32(w, DIA_ITEM_NUMBER, (uint32_t)item->number);
	if (item->scheme != NULL)
		dia_put_str(w, DIA_AUTH_SCHEME, item->scheme);
	dia_put(w, DIA_AUTHENTICATE, kit_fill(kit, item->octet, item->challenge));
	dia_put(w, DIA_AUTHORIZATION, kit_fill(kit, item->octet, item->xres));
	dia_put(w, DIA_CONFIDENTIALITY_KEY, kit_fill(kit, item->octet, item->ck));
	dia_put(w, DIA_INTEGRITY_KEY, kit_fill(kit, item->octet, item->ik));
	dia_close(w, group);
}

static es_status read_items(struct kit *kit, const struct item *items, size_t count, struct dia_vector *v)
{
	es_buf_reset(&kit->buf);
	struct dia_writer w = dia_begin(&kit->buf, 0, DIA_MULTIMEDIA_AUTH, DIA_APP_SWX);
	dia_put_str(&w, DIA_SESSION_ID, "s");
	for (size_t i = 0; i < count; i++)
		put_item(kit, &w, &items[i]);
	assert_int_equal(dia_end(&w), ES_OK);
	return dia_swx_read_vector(body_of(es_buf_slice(&kit->buf)), false, v);
}

static void the_vector_is_that_of_the_lowest_number(void **state)
{
	struct kit *kit = *state;
	const struct item items[] = { { -1, NULL, 32, 8, 16, 16, 9 },
		                          { 2, "EAP-AKA", 32, 8, 16, 16, 2 },
		                          { 1, "eap-aka", 32, 4, 16, 16, 1 } };
	struct dia_vector v;

	assert_int_equal(read_items(kit, items, 3, &v), ES_OK);
	assert_int_equal(v.rand.ptr[0], 1);
	assert_int_equal(v.xres.len, 4);
	assert_int_equal(read_items(kit, items, 2, &v), ES_OK);
	assert_int_equal(v.autn.ptr[15], 2);
	assert_int_equal(read_items(kit, items, 1, &v), ES_OK);
	assert_int_equal(v.ik.ptr[15], 9);
	assert_int_equal(read_items(kit, items, 0, &v), ES_NOT_FOUND);
}

static void a_vector_of_wrong_sizes_or_scheme_is_malformed(void **state)
{
	struct kit *kit = *state;
	static const struct item items[] = {
		{ 1, "EAP-AKA", 31, 8, 16, 16, 1 },  { 1, "EAP-AKA", 33, 8, 16, 16, 1 },
		{ 1, "EAP-AKA", 32, 3, 16, 16, 1 },  { 1, "EAP-AKA", 32, 17, 16, 16, 1 },
		{ 1, "EAP-AKA", 32, 8, 15, 16, 1 },  { 1, "EAP-AKA", 32, 8, 16, 0, 1 },
		{ 1, "EAP-AKA'", 32, 8, 16, 16, 1 }, { 1, "Digest-AKAv1-MD5", 32, 8, 16, 16, 1 },
	};
	struct dia_vector v;

	for (size_t i = 0; i < ES_COUNT(items); i++)
		assert_int_equal(read_items(kit, &items[i], 1, &v), ES_MALFORMED);
}

/* ---- results ---- */

static es_status read_result(struct kit *kit, uint32_t code, uint32_t vendor, uint32_t experimental,
                             struct dia_result *out)
{
	es_buf_reset(&kit->buf);
	struct dia_writer w = dia_begin(&kit->buf, 0, DIA_MULTIMEDIA_AUTH, DIA_APP_SWX);
	dia_put_str(&w, DIA_ORIGIN_HOST, "hss1.example.org");
	if (code != 0)
		dia_put_u32(&w, DIA_RESULT_CODE, code);
	if (vendor != 0) {
		const size_t group = dia_open(&w, DIA_EXPERIMENTAL_RESULT);
		dia_put_u32(&w, DIA_VENDOR_ID, vendor);
		dia_put_u32(&w, DIA_EXPERIMENTAL_CODE, experimental);
		dia_close(&w, group);
	}
	assert_int_equal(dia_end(&w), ES_OK);
	return dia_result_read(body_of(es_buf_slice(&kit->buf)), out);
}

static void a_result_is_code_and_kind(void **state)
{
	struct kit *kit = *state;
	struct dia_result r;

	assert_int_equal(read_result(kit, 2001, 0, 0, &r), ES_OK);
	assert_true(r.code == 2001 && !r.is_experimental && es_slice_eq_str(r.peer, "hss1.example.org"));
	assert_int_equal(read_result(kit, 0, DIA_3GPP, 5001, &r), ES_OK);
	assert_true(r.code == 5001 && r.is_experimental);
	assert_int_equal(read_result(kit, 2001, DIA_3GPP, 5001, &r), ES_OK);
	assert_true(r.code == 5001 && r.is_experimental);
	assert_int_equal(read_result(kit, 0, 9, 5001, &r), ES_OK);
	assert_true(r.code == 0 && r.why != NULL);
	assert_int_equal(read_result(kit, 0, 0, 0, &r), ES_MALFORMED);
}

/* ---- SAA, PPR, RTR ---- */

static struct es_slice profile(struct kit *kit, const char *number, uint32_t type, int access)
{
	es_buf_reset(&kit->buf);
	struct dia_writer w = dia_begin(&kit->buf, 0, DIA_SERVER_ASSIGNMENT, DIA_APP_SWX);
	dia_put_str(&w, DIA_USER_NAME, IMSI);
	const size_t data = dia_open(&w, DIA_NON_3GPP_USER_DATA);
	const size_t id = dia_open(&w, DIA_SUBSCRIPTION_ID);
	dia_put_u32(&w, DIA_SUBSCRIPTION_TYPE, type);
	dia_put_str(&w, DIA_SUBSCRIPTION_DATA, number);
	dia_close(&w, id);
	if (access >= 0)
		dia_put_u32(&w, DIA_NON_3GPP_IP_ACCESS, (uint32_t)access);
	dia_close(&w, data);
	assert_int_equal(dia_end(&w), ES_OK);
	return body_of(es_buf_slice(&kit->buf));
}

static void a_profile_gives_the_number_and_whether_access_is_barred(void **state)
{
	struct kit *kit = *state;
	struct dia_profile p;

	assert_int_equal(dia_swx_read_profile(profile(kit, "491701234567", 0, 1), &p), ES_OK);
	assert_string_equal(p.msisdn, "+491701234567");
	assert_true(p.has_access && p.access_barred);
	assert_int_equal(dia_swx_read_profile(profile(kit, "491701234567", 1, 0), &p), ES_OK);
	assert_string_equal(p.msisdn, "");
	assert_true(p.has_access && !p.access_barred);
	assert_int_equal(dia_swx_read_profile(profile(kit, "49170x", 0, -1), &p), ES_OK);
	assert_true(p.msisdn[0] == '\0' && !p.has_access);
	assert_int_equal(dia_swx_read_profile(profile(kit, "4917012345671234567", 0, -1), &p), ES_OK);
	assert_string_equal(p.msisdn, "");
	assert_int_equal(dia_swx_read_profile(profile(kit, "1", 0, 2), &p), ES_MALFORMED);
}

static void a_notice_names_a_subscriber(void **state)
{
	struct kit *kit = *state;
	static const struct {
		const char *name;
		bool is_one;
	} rows[] = { { IMSI, true },
		         { "0" IMSI "@nai.epc.mnc001.mcc001.3gppnetwork.org", true },
		         { IMSI "@ims.example", true },
		         { "alice", false },
		         { "", false } };

	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		struct dia_notice notice;
		es_buf_reset(&kit->buf);
		struct dia_writer w = dia_begin(&kit->buf, DIA_REQUEST, DIA_REGISTRATION_TERMINATION, DIA_APP_SWX);
		dia_put_str(&w, DIA_USER_NAME, rows[i].name);
		const size_t reason = dia_open(&w, DIA_DEREGISTRATION_REASON);
		dia_put_u32(&w, DIA_REASON_CODE, 1);
		dia_put_str(&w, DIA_REASON_INFO, "moved");
		dia_close(&w, reason);
		assert_int_equal(dia_end(&w), ES_OK);
		const es_status status = dia_swx_read_notice(body_of(es_buf_slice(&kit->buf)), &notice);
		assert_int_equal(status == ES_OK, rows[i].is_one);
		if (status == ES_OK) {
			assert_true(es_slice_eq_str(notice.imsi, IMSI));
			assert_string_equal(notice.reason, "1 moved");
		}
	}
}

/* ---- SWm ---- */

static void a_der_carries_packet_state_and_the_aaa_of_before(void **state)
{
	struct kit *kit = *state;
	const struct dia_eap_ask ask = { .session = "s",
		                             .destination_host = "aaa2.example.org",
		                             .nai = ES_SLICE_LIT("0" IMSI "@x"),
		                             .packet = kit_fill(kit, 5, 20),
		                             .state = kit_fill(kit, 6, 3) };
	struct es_slice value;

	assert_int_equal(dia_eap_write_der(&kit->config, &kit->config.sources[1], &ask, &kit->buf), ES_OK);
	const struct es_slice body = body_of(es_buf_slice(&kit->buf));
	assert_true(has_number(body, DIA_AUTH_APPLICATION_ID, 16777264));
	assert_true(has_number(body, DIA_AUTH_REQUEST_TYPE, 3));
	assert_true(has_text(body, DIA_DESTINATION_HOST, "aaa2.example.org"));
	assert_int_equal(dia_find(body, DIA_EAP_PAYLOAD, &value), ES_OK);
	assert_true(es_slice_eq(value, ask.packet));
	assert_int_equal(dia_find(body, DIA_STATE, &value), ES_OK);
	assert_true(es_slice_eq(value, ask.state));
}

static void a_dea_without_the_packet_it_promises_is_malformed(void **state)
{
	struct kit *kit = *state;
	struct dia_result more = { .code = DIA_MULTI_ROUND }, done = { .code = DIA_SUCCESS };
	struct dia_eap_answer answer;
	struct dia_writer w = dia_begin(&kit->buf, 0, DIA_EAP, DIA_APP_SWM);

	dia_put_str(&w, DIA_SESSION_ID, "s");
	assert_int_equal(dia_end(&w), ES_OK);
	const struct es_slice body = body_of(es_buf_slice(&kit->buf));
	assert_int_equal(dia_eap_read(body, &more, &answer), ES_MALFORMED);
	assert_int_equal(dia_eap_read(body, &done, &answer), ES_OK);
	assert_true(answer.keeps_state && answer.packet.len == 0);
}

static void a_repeated_packet_and_a_kept_state_are_seen(void **state)
{
	struct kit *kit = *state;
	struct dia_result more = { .code = DIA_MULTI_ROUND }, done = { .code = DIA_SUCCESS };
	struct dia_eap_answer answer;
	struct dia_writer w = dia_begin(&kit->buf, 0, DIA_EAP, DIA_APP_SWM);

	dia_put_str(&w, DIA_EAP_REISSUED_PAYLOAD, "packet");
	dia_put_u32(&w, DIA_AUTH_SESSION_STATE, 1);
	assert_int_equal(dia_end(&w), ES_OK);
	const struct es_slice body = body_of(es_buf_slice(&kit->buf));
	assert_int_equal(dia_eap_read(body, &more, &answer), ES_OK);
	assert_true(es_slice_eq_str(answer.packet, "packet"));
	assert_int_equal(dia_eap_read(body, &done, &answer), ES_OK);
	assert_false(answer.keeps_state);
}

static struct es_slice imsi_of_dea(struct kit *kit, const char *user_name)
{
	struct dia_result done = { .code = DIA_SUCCESS };
	struct dia_eap_answer answer;

	kit->buf.len = 0;
	struct dia_writer w = dia_begin(&kit->buf, 0, DIA_EAP, DIA_APP_SWM);
	dia_put_str(&w, DIA_USER_NAME, user_name);
	assert_int_equal(dia_end(&w), ES_OK);
	assert_int_equal(dia_eap_read(body_of(es_buf_slice(&kit->buf)), &done, &answer), ES_OK);
	return answer.imsi;
}

static void a_dea_says_whom_it_is_about(void **state)
{
	struct kit *kit = *state;

	assert_true(es_slice_eq_str(imsi_of_dea(kit, IMSI), IMSI));
	assert_true(es_slice_eq_str(imsi_of_dea(kit, "0" IMSI "@nai.epc.mnc001.mcc001.3gppnetwork.org"), IMSI));
	assert_int_equal(imsi_of_dea(kit, "2pseudonym@nai.epc.mnc001.mcc001.3gppnetwork.org").len, 0);
	assert_int_equal(imsi_of_dea(kit, "").len, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_set_up, kit_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_mar_says_whom_and_how),
		TEST(a_resynchronisation_carries_rand_and_auts),
		TEST(the_vector_is_that_of_the_lowest_number),
		TEST(a_vector_of_wrong_sizes_or_scheme_is_malformed),
		TEST(a_result_is_code_and_kind),
		TEST(a_profile_gives_the_number_and_whether_access_is_barred),
		TEST(a_notice_names_a_subscriber),
		TEST(a_der_carries_packet_state_and_the_aaa_of_before),
		TEST(a_dea_without_the_packet_it_promises_is_malformed),
		TEST(a_repeated_packet_and_a_kept_state_are_seen),
		TEST(a_dea_says_whom_it_is_about),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
