/* auth_eap_aka_test.c -- RFC 4187 as the server obeys it, one sentence a test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "auth_eap_aka.h"
#include "auth_test_sim.h"

#define IDENTITY "0001010000000001@nai.epc.mnc001.mcc001.3gppnetwork.org"

/* An exchange with its first challenge sent, and the SIM on the other side. */
struct fixture {
	struct auth_eap eap;
	struct auth_vector vector;
	const struct auth_eap_offer *offer;
	struct test_sim sim;
	struct es_buf challenge, response;
	uint8_t storage[2][512];
	struct auth_eap_action action;
};

static void challenge(struct fixture *f, uint64_t sqn)
{
	struct auth_keys keys = { .amf = { 0x80, 0 } };
	static const uint8_t rand[16] = { 1, 2, 3 };

	memcpy(keys.k, f->sim.k, 16);
	memcpy(keys.opc, f->sim.opc, 16);
	auth_auc_vector(&keys, sqn, rand, (enum auth_method)f->eap.method, es_slice_str(f->eap.network_name), &f->vector);
	es_buf_reset(&f->challenge);
	es_buf_reset(&f->response);
	assert_int_equal(auth_eap_challenge(&f->eap, &f->vector, f->offer, &f->challenge), ES_OK);
}

static void begin(struct fixture *f, struct auth_eap_options options)
{
	memset(f, 0, sizeof *f);
	memset(f->sim.k, 0x11, 16);
	memset(f->sim.opc, 0x22, 16);
	f->sim.identity = IDENTITY;
	es_buf_init_fixed(&f->challenge, f->storage[0], sizeof f->storage[0]);
	es_buf_init_fixed(&f->response, f->storage[1], sizeof f->storage[1]);
	assert_int_equal(auth_eap_begin(&f->eap, ES_SLICE_LIT(IDENTITY), options), ES_OK);
}

static void begin_challenged(struct fixture *f, struct auth_eap_options options)
{
	begin(f, options);
	challenge(f, 33);
}

static es_status step(struct fixture *f)
{
	return auth_eap_step(&f->eap, es_buf_slice(&f->response), &f->action);
}

static void answer_with(struct fixture *f, const struct es_slice *checkcode, struct peer_fault fault)
{
	es_buf_reset(&f->response);
	peer_challenge(f->eap.k_aut, f->eap.identifier, es_slice_of(f->vector.xres, 8), checkcode, &fault, &f->response);
}

static void the_right_answer_ends_in_done(void **state) /* V12-AUTH-07, V12-AUTH-19 */
{
	(void)state;
	struct fixture f;

	begin_challenged(&f, (struct auth_eap_options){ .first_identifier = 255 });
	assert_int_equal(f.eap.identifier, 255);
	assert_int_equal(peer_answer(&f.sim, es_buf_slice(&f.challenge), &f.response), SIM_ACCEPTS);
	assert_int_equal(step(&f), ES_OK);
	assert_int_equal(f.action.what, AUTH_EAP_DONE);
	assert_int_equal(step(&f), ES_MALFORMED); /* V12-AUTH-17: it takes no more packets */
}

static void
the_challenge_is_what_androids_peer_understands(void **state) /* settled 25: no AT_CHECKCODE, no AT_RESULT_IND */
{
	(void)state;
	struct fixture f;
	struct es_eap_packet p;

	begin_challenged(&f, (struct auth_eap_options){ 0 });
	assert_int_equal(es_eap_parse(es_buf_slice(&f.challenge), &p), ES_OK);
	assert_true(p.code == EAP_REQUEST && p.type == EAP_TYPE_AKA && p.subtype == AKA_CHALLENGE);
	assert_true(p.has_rand && p.has_autn && p.has_mac);
	assert_false(p.has_checkcode || p.has_result_ind || p.has_iv || p.has_encr_data || p.has_bidding);
}

static void a_wrong_answer_fails_with_its_reason(void **state) /* V12-AUTH-14 */
{
	(void)state;
	static const struct {
		struct peer_fault fault;
		enum auth_reason reason;
	} cases[] = {
		{ { .wrong_res = true }, AUTH_RES_MISMATCH },
		{ { .short_res = true }, AUTH_RES_MISMATCH }, /* RFC 4187 10.8: a prefix of XRES is not XRES */
		{ { .wrong_mac = true }, AUTH_MAC_MISMATCH },
		{ { .wrong_mac = true, .wrong_res = true }, AUTH_MAC_MISMATCH },
	};

	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		struct fixture f;
		begin_challenged(&f, (struct auth_eap_options){ 0 });
		answer_with(&f, NULL, cases[i].fault);
		assert_int_equal(step(&f), ES_OK);
		assert_int_equal(f.action.what, AUTH_EAP_FAILED);
		assert_int_equal(f.action.reason, cases[i].reason);
	}
}

static void any_bit_of_the_answer_changed_is_never_done(void **state)
{
	(void)state;
	struct fixture f;

	begin_challenged(&f, (struct auth_eap_options){ 0 });
	answer_with(&f, NULL, (struct peer_fault){ 0 });
	struct auth_eap before = f.eap;
	for (size_t bit = 0; bit < f.response.len * 8; bit++) {
		f.eap = before;
		f.response.ptr[bit / 8] ^= (uint8_t)(1u << bit % 8);
		es_status status = step(&f);
		f.response.ptr[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_true(status == ES_MALFORMED || f.action.what == AUTH_EAP_FAILED || f.action.what == AUTH_EAP_RESYNC);
		if (status == ES_MALFORMED)
			assert_memory_equal(&f.eap, &before, sizeof before);
	}
	f.eap = before;
	assert_int_equal(step(&f), ES_OK);
	assert_int_equal(f.action.what, AUTH_EAP_DONE);
}

static void an_answer_to_another_request_leaves_the_exchange_as_it_is(void **state) /* RFC 3748 4.1, V12-AUTH-15 */
{
	(void)state;
	struct fixture f;

	begin_challenged(&f, (struct auth_eap_options){ 0 });
	answer_with(&f, NULL, (struct peer_fault){ 0 });
	f.response.ptr[1]++; /* Identifier */
	assert_int_equal(step(&f), ES_MALFORMED);
	f.response.ptr[1]--;
	f.response.ptr[4] = EAP_TYPE_AKA_PRIME;
	assert_int_equal(step(&f), ES_MALFORMED);
	f.response.ptr[4] = EAP_TYPE_AKA;
	f.response.ptr[0] = EAP_REQUEST;
	assert_int_equal(step(&f), ES_MALFORMED);
	f.response.ptr[0] = EAP_RESPONSE;
	assert_int_equal(step(&f), ES_OK);
	assert_int_equal(f.action.what, AUTH_EAP_DONE);
}

static void a_key_bound_to_another_identity_fails(void **state) /* V12-AUTH-19, RFC 4187 7: octets as sent */
{
	(void)state;
	struct fixture f;

	begin_challenged(&f, (struct auth_eap_options){ 0 });
	struct es_eap_aka_keys keys;
	es_eap_aka_derive(ES_SLICE_LIT("0001010000000001@NAI.epc.mnc001.mcc001.3gppnetwork.org"), f.vector.ik, f.vector.ck,
	                  &keys);
	peer_challenge(keys.k_aut, f.eap.identifier, es_slice_of(f.vector.xres, 8), NULL, &(struct peer_fault){ 0 },
	               &f.response);
	assert_int_equal(step(&f), ES_OK);
	assert_int_equal(f.action.reason, AUTH_MAC_MISMATCH);
}

static void reject_client_error_and_nak_fail_at_once(void **state) /* V12-AUTH-14; RFC 4187 9.5, 9.9; RFC 3748 5.3.1 */
{
	(void)state;
	struct fixture f;
	const struct auth_eap_options notify = { .notifications = true };

	begin_challenged(&f, notify);
	peer_bare(f.eap.identifier, AKA_AUTHENTICATION_REJECT, NULL, &f.response);
	assert_int_equal(step(&f), ES_OK);
	assert_true(f.action.what == AUTH_EAP_FAILED && f.action.reason == AUTH_AUTHENTICATION_REJECT);

	begin_challenged(&f, notify);
	peer_bare(f.eap.identifier, AKA_CLIENT_ERROR, NULL, &f.response);
	assert_int_equal(step(&f), ES_OK);
	assert_true(f.action.what == AUTH_EAP_FAILED && f.action.reason == AUTH_CLIENT_ERROR);

	begin_challenged(&f, notify);
	const uint8_t nak[] = { EAP_RESPONSE, f.eap.identifier, 0, 6, EAP_TYPE_NAK, EAP_TYPE_AKA_PRIME };
	assert_int_equal(auth_eap_step(&f.eap, es_slice_of(nak, sizeof nak), &f.action), ES_OK);
	assert_true(f.action.what == AUTH_EAP_FAILED && f.action.reason == AUTH_NAK);
}

static void sync_failure_gives_auts_once_and_a_new_challenge_succeeds(void **state) /* V12-AUTH-13, settled 5 */
{
	(void)state;
	struct fixture f;

	begin_challenged(&f, (struct auth_eap_options){ .first_identifier = 9 });
	f.sim.seq_ms[1] = 1000;
	assert_int_equal(peer_answer(&f.sim, es_buf_slice(&f.challenge), &f.response), SIM_RESYNC);
	assert_int_equal(step(&f), ES_OK);
	assert_int_equal(f.action.what, AUTH_EAP_RESYNC);
	challenge(&f, 1001 << 5 | 1);
	assert_int_equal(f.eap.identifier, 10); /* RFC 3748 4.1: a new Identifier */
	struct auth_eap second = f.eap;
	assert_int_equal(peer_answer(&f.sim, es_buf_slice(&f.challenge), &f.response), SIM_ACCEPTS);
	assert_int_equal(step(&f), ES_OK);
	assert_int_equal(f.action.what, AUTH_EAP_DONE);

	f.eap = second;
	es_buf_reset(&f.response);
	peer_bare(second.identifier, AKA_SYNCHRONIZATION_FAILURE, (const uint8_t[14]){ 0 }, &f.response);
	assert_int_equal(step(&f), ES_OK);
	assert_true(f.action.what == AUTH_EAP_FAILED && f.action.reason == AUTH_SECOND_RESYNC);
}

static void checkcode_is_offered_on_request_only_and_verified_when_it_comes(void **state) /* RFC 4187 10.13 */
{
	(void)state;
	struct fixture f;
	struct es_eap_packet p;
	struct es_slice empty = { 0 }, wrong = ES_SLICE_LIT("01234567890123456789");

	begin_challenged(&f, (struct auth_eap_options){ .checkcode = true });
	assert_int_equal(es_eap_parse(es_buf_slice(&f.challenge), &p), ES_OK);
	assert_true(p.has_checkcode && p.checkcode.len == 0);
	struct auth_eap before = f.eap;
	answer_with(&f, &empty, (struct peer_fault){ 0 });
	assert_int_equal(step(&f), ES_OK);
	assert_int_equal(f.action.what, AUTH_EAP_DONE);
	f.eap = before;
	answer_with(&f, &wrong, (struct peer_fault){ 0 });
	assert_int_equal(step(&f), ES_OK);
	assert_int_equal(f.action.reason, AUTH_CHECKCODE_MISMATCH);
}

static void
identity_round_replaces_the_identity_and_is_covered_by_the_checkcode(void **state) /* RFC 4187 4.1, 7, 10.13 */
{
	(void)state;
	struct fixture f;
	struct es_buf request;
	uint8_t storage[64], hash[20];
	struct es_slice whole;
	uint8_t *mac;

	begin(&f, (struct auth_eap_options){ .checkcode = true, .first_identifier = 7 });
	es_buf_init_fixed(&request, storage, sizeof storage);
	assert_int_equal(auth_eap_request_identity(&f.eap, AUTH_EAP_ID_PERMANENT, &request), ES_OK);
	struct es_eap_writer w = es_eap_begin(&f.response, EAP_RESPONSE, 7, EAP_TYPE_AKA, AKA_IDENTITY);
	es_eap_put_counted(&w, AT_IDENTITY, ES_SLICE_LIT("0001010000000002@nai.epc.mnc001.mcc001.3gppnetwork.org"));
	assert_int_equal(es_eap_end(&w, &whole, &mac), ES_OK);
	es_sha1((const struct es_slice[]){ es_buf_slice(&request), es_buf_slice(&f.response) }, 2, hash);
	assert_int_equal(step(&f), ES_OK);
	assert_int_equal(f.action.what, AUTH_EAP_IDENTITY);

	challenge(&f, 33);
	f.sim.identity = "0001010000000002@nai.epc.mnc001.mcc001.3gppnetwork.org";
	struct es_eap_packet p;
	assert_int_equal(es_eap_parse(es_buf_slice(&f.challenge), &p), ES_OK);
	assert_memory_equal(p.checkcode.ptr, hash, 20);
	assert_int_equal(peer_answer(&f.sim, es_buf_slice(&f.challenge), &f.response), SIM_ACCEPTS);
	assert_int_equal(step(&f), ES_OK);
	assert_int_equal(f.action.what, AUTH_EAP_DONE);
}

static void a_failure_is_notified_first_where_that_is_on(void **state) /* RFC 4187 6.3.1, settled 6 */
{
	(void)state;
	struct fixture f;
	struct es_eap_packet p;

	begin_challenged(&f, (struct auth_eap_options){ .notifications = true, .first_identifier = 3 });
	answer_with(&f, NULL, (struct peer_fault){ .wrong_res = true });
	assert_int_equal(step(&f), ES_OK);
	assert_int_equal(f.action.what, AUTH_EAP_SEND);
	assert_int_equal(es_eap_parse(es_slice_of(f.action.packet, f.action.packet_len), &p), ES_OK);
	assert_true(p.subtype == AKA_NOTIFICATION && p.notification == 16384 && !p.has_mac && p.identifier == 4);
	es_buf_reset(&f.response);
	peer_bare(4, AKA_NOTIFICATION, NULL, &f.response);
	assert_int_equal(step(&f), ES_OK);
	assert_true(f.action.what == AUTH_EAP_FAILED && f.action.reason == AUTH_RES_MISMATCH);
}

static void a_response_out_of_place_ends_the_exchange(void **state) /* RFC 4187 6.3.2 */
{
	(void)state;
	struct fixture f;

	begin_challenged(&f, (struct auth_eap_options){ 0 });
	peer_bare(f.eap.identifier, AKA_NOTIFICATION, NULL, &f.response);
	assert_int_equal(step(&f), ES_OK);
	assert_true(f.action.what == AUTH_EAP_FAILED && f.action.reason == AUTH_UNEXPECTED_SUBTYPE);
}

static void a_response_that_misses_an_attribute_is_malformed(void **state) /* V12-AUTH-15 */
{
	(void)state;
	struct fixture f;

	begin_challenged(&f, (struct auth_eap_options){ 0 });
	peer_bare(f.eap.identifier, AKA_CHALLENGE, NULL, &f.response);
	assert_int_equal(step(&f), ES_MALFORMED);
	es_buf_reset(&f.response);
	peer_bare(f.eap.identifier, AKA_SYNCHRONIZATION_FAILURE, NULL, &f.response);
	assert_int_equal(step(&f), ES_MALFORMED);
	assert_int_equal(f.eap.phase, AUTH_EAP_CHALLENGING);
}

static void the_state_survives_packing_at_every_point(void **state)
{
	(void)state;
	struct fixture f;
	struct auth_eap copy;
	struct es_buf packed;
	uint8_t storage[512];

	begin_challenged(&f, (struct auth_eap_options){ .checkcode = true, .notifications = true });
	es_buf_init_fixed(&packed, storage, sizeof storage);
	auth_eap_pack(&f.eap, &packed);
	struct es_reader in = es_reader_of(es_buf_slice(&packed));
	assert_int_equal(auth_eap_unpack(&in, &copy), ES_OK);
	assert_true(es_reader_is_done(&in));
	assert_memory_equal(&copy, &f.eap, sizeof copy);
	for (size_t len = 0; len < packed.len; len++) {
		in = es_reader_of(es_slice_of(storage, len));
		assert_int_equal(auth_eap_unpack(&in, &copy), ES_MALFORMED);
	}
}

static void an_identity_that_no_nai_can_be_is_refused(void **state)
{
	(void)state;
	static uint8_t text[AUTH_EAP_IDENTITY_MAX + 1];
	struct auth_eap eap;
	const struct auth_eap_options none = { 0 };

	assert_int_equal(auth_eap_begin(&eap, (struct es_slice){ 0 }, none), ES_MALFORMED);
	assert_int_equal(auth_eap_begin(&eap, es_slice_of(text, sizeof text), none), ES_MALFORMED);
	assert_int_equal(auth_eap_begin(&eap, es_slice_of(text, sizeof text - 1), none), ES_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_right_answer_ends_in_done),
		cmocka_unit_test(the_challenge_is_what_androids_peer_understands),
		cmocka_unit_test(a_wrong_answer_fails_with_its_reason),
		cmocka_unit_test(any_bit_of_the_answer_changed_is_never_done),
		cmocka_unit_test(an_answer_to_another_request_leaves_the_exchange_as_it_is),
		cmocka_unit_test(a_key_bound_to_another_identity_fails),
		cmocka_unit_test(reject_client_error_and_nak_fail_at_once),
		cmocka_unit_test(sync_failure_gives_auts_once_and_a_new_challenge_succeeds),
		cmocka_unit_test(checkcode_is_offered_on_request_only_and_verified_when_it_comes),
		cmocka_unit_test(identity_round_replaces_the_identity_and_is_covered_by_the_checkcode),
		cmocka_unit_test(a_failure_is_notified_first_where_that_is_on),
		cmocka_unit_test(a_response_out_of_place_ends_the_exchange),
		cmocka_unit_test(a_response_that_misses_an_attribute_is_malformed),
		cmocka_unit_test(the_state_survives_packing_at_every_point),
		cmocka_unit_test(an_identity_that_no_nai_can_be_is_refused),
	};
	es_crypto_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
