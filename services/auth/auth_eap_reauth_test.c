/* auth_eap_reauth_test.c -- protected results, names for the next time, fast re-authentication (RFC 4187). */
#include "auth_eap_test_kit.h"

/* ---- protected results ---- */

static void a_peer_that_wants_it_hears_of_success_protected(void **state) /* RFC 4187 6.2, 9.10 */
{
	(void)state;
	for (int method = 0; method < 2; method++) {
		struct fixture f;
		struct auth_eap_options options = method == 0 ? aka : prime;
		options.result_ind = true;
		begin(&f, options);
		assert_true(challenge(&f, NULL).has_result_ind);
		struct says what = right_answer;
		what.result_ind = true;
		assert_int_equal(says(&f, what), ES_OK);
		expect(&f, AUTH_EAP_PROVEN, AUTH_SUCCESS);
		assert_int_equal(says(&f, what), ES_MALFORMED); /* nothing is outstanding while the caller decides */
		auth_eap_announce(&f.eap, &f.action);
		struct es_eap_packet p = sent(&f);
		assert_true(p.subtype == AKA_NOTIFICATION && p.notification == 32768 && p.has_mac && !p.has_encr_data);
		travel(&f);
		struct auth_eap before = f.eap;
		assert_int_equal(says(&f, (struct says){ .subtype = AKA_NOTIFICATION }), ES_MALFORMED); /* without AT_MAC */
		assert_int_equal(says(&f, (struct says){ .subtype = AKA_NOTIFICATION, .mac = true }), ES_OK);
		expect(&f, AUTH_EAP_DONE, AUTH_SUCCESS);
		f.eap = before;
		assert_int_equal(says(&f, (struct says){ .subtype = AKA_NOTIFICATION, .mac = true, .wrong_mac = true }), ES_OK);
		expect(&f, AUTH_EAP_FAILED, AUTH_MAC_MISMATCH);
	}
}

static void a_peer_that_does_not_want_it_is_done_at_once(void **state) /* RFC 4187 6.2 */
{
	(void)state;
	struct fixture f;
	struct auth_eap_options options = prime;

	options.result_ind = true;
	begin(&f, options);
	(void)challenge(&f, NULL);
	assert_int_equal(says(&f, right_answer), ES_OK);
	expect(&f, AUTH_EAP_DONE, AUTH_SUCCESS);

	begin(&f, prime); /* nobody asked for it */
	(void)challenge(&f, NULL);
	struct says what = right_answer;
	what.result_ind = true;
	assert_int_equal(says(&f, what), ES_MALFORMED);
}

static void a_subscriber_refused_after_the_proof_is_told_so_protected(void **state) /* RFC 4187 10.19: P=0 */
{
	(void)state;
	static const struct {
		enum auth_reason reason;
		uint16_t code;
	} cases[] = { { AUTH_TERMINATED, 1031 }, { AUTH_NOT_A_SUBSCRIBER, 1031 }, { AUTH_IDENTITY_UNUSABLE, 0 } };

	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		struct fixture f;
		struct auth_eap_options options = prime;
		options.result_ind = true;
		begin(&f, options);
		(void)challenge(&f, NULL);
		struct says what = right_answer;
		what.result_ind = true;
		assert_int_equal(says(&f, what), ES_OK);
		auth_eap_refuse(&f.eap, cases[i].reason, &f.action);
		struct es_eap_packet p = sent(&f);
		assert_true(p.notification == cases[i].code && p.has_mac);
		assert_int_equal(says(&f, (struct says){ .subtype = AKA_NOTIFICATION, .mac = true }), ES_OK);
		expect(&f, AUTH_EAP_FAILED, cases[i].reason);
		auth_eap_refuse(&f.eap, cases[i].reason, &f.action); /* one notification in an exchange */
		assert_int_equal(f.action.what, AUTH_EAP_FAILED);
	}
}

static void without_result_indications_a_refusal_after_done_is_notified_where_that_is_on(void **state)
{
	(void)state;
	struct fixture f;

	begin(&f, (struct auth_eap_options){ .notifications = true });
	(void)challenge(&f, NULL);
	assert_int_equal(says(&f, right_answer), ES_OK);
	expect(&f, AUTH_EAP_DONE, AUTH_SUCCESS);
	auth_eap_refuse(&f.eap, AUTH_TERMINATED, &f.action);
	assert_true(sent(&f).notification == 1031);

	begin(&f, aka);
	(void)challenge(&f, NULL);
	assert_int_equal(says(&f, right_answer), ES_OK);
	auth_eap_refuse(&f.eap, AUTH_TERMINATED, &f.action);
	expect(&f, AUTH_EAP_FAILED, AUTH_TERMINATED);
}

/* ---- names for the next time ---- */

static void names_for_the_next_time_travel_encrypted(void **state) /* RFC 4187 10.9 to 10.12 */
{
	(void)state;
	for (int method = 0; method < 2; method++) {
		struct fixture f;
		uint8_t plain[AUTH_EAP_REQUEST_MAX];
		begin(&f, method == 0 ? aka : prime);
		struct es_eap_packet p = challenge(&f, &both_names);
		assert_int_equal(p.iv.ptr[0], 42);
		struct es_eap_inner inner = opened(&f, &p, plain);
		assert_true(es_slice_eq_str(inner.next_pseudonym, PSEUDONYM) &&
		            es_slice_eq_str(inner.next_reauth_id, REAUTH_ID));
		travel(&f);
		assert_int_equal(says(&f, right_answer), ES_OK);
		expect(&f, AUTH_EAP_DONE, AUTH_SUCCESS);
		assert_string_equal(f.eap.next_reauth_id, REAUTH_ID);
	}
}

/* ---- fast re-authentication ---- */

/* A full authentication that leaves a context, then the request of a re-authentication. */
static void reauthenticate(struct fixture *f, struct auth_eap_options options, uint16_t counter)
{
	struct auth_reauth context, copy;
	uint8_t packed[AUTH_REAUTH_PACKED];

	begin(f, options);
	(void)challenge(f, &both_names);
	assert_int_equal(says(f, right_answer), ES_OK);
	assert_int_equal(f->action.what, AUTH_EAP_DONE);
	auth_eap_context(&f->eap, &context);
	assert_int_equal(context.counter, 1);
	auth_reauth_pack(&context, packed);
	assert_int_equal(auth_reauth_unpack(es_slice_of(packed, sizeof packed), &copy), ES_OK);
	assert_memory_equal(&copy, &context, sizeof copy);
	assert_int_equal(auth_reauth_unpack(es_slice_of(packed, sizeof packed - 1), &copy), ES_MALFORMED);

	context.counter = counter;
	memset(f->nonce_s, 0x5a, sizeof f->nonce_s);
	es_buf_reset(&f->request);
	assert_int_equal(auth_eap_begin(&f->eap, ES_SLICE_LIT(REAUTH_ID), options), ES_OK);
	assert_int_equal(auth_eap_reauthenticate(&f->eap, &context, f->nonce_s, &next_name, &f->request), ES_OK);
}

static struct says reauth_answer(const struct fixture *f)
{
	return (struct says){ .subtype = AKA_REAUTHENTICATION,
		                  .mac = true,
		                  .encrypted = true,
		                  .counter = f->eap.counter,
		                  .appended = es_slice_of(f->nonce_s, sizeof f->nonce_s) };
}

static void a_known_phone_is_proven_by_counter_and_nonce_alone(void **state) /* RFC 4187 5, 9.7, 9.8 */
{
	(void)state;
	for (int method = 0; method < 2; method++) {
		struct fixture f;
		struct auth_reauth next;
		uint8_t plain[AUTH_EAP_REQUEST_MAX];
		reauthenticate(&f, method == 0 ? aka : prime, 7);
		struct es_eap_packet p = requested(&f);
		assert_true(p.subtype == AKA_REAUTHENTICATION && p.has_mac && !p.has_rand);
		struct es_eap_inner inner = opened(&f, &p, plain);
		assert_true(inner.has_counter && inner.counter == 7 && es_slice_eq_str(inner.next_reauth_id, REAUTH_ID));
		assert_memory_equal(inner.nonce_s.ptr, f.nonce_s, 16);
		travel(&f);
		assert_int_equal(says(&f, reauth_answer(&f)), ES_OK);
		expect(&f, AUTH_EAP_DONE, AUTH_SUCCESS);
		auth_eap_context(&f.eap, &next);
		assert_int_equal(next.counter, 8);
		assert_memory_equal(next.k_aut, f.k_aut, method == 0 ? 16 : 32);
	}
}

static void wrong_answers_to_a_reauthentication_fail_with_their_reason(void **state) /* RFC 4187 9.8, V12-AUTH-14 */
{
	(void)state;
	struct fixture f;

	reauthenticate(&f, prime, 7);
	struct auth_eap before = f.eap;
	struct says what = reauth_answer(&f);
	what.counter = 6;
	assert_int_equal(says(&f, what), ES_OK);
	expect(&f, AUTH_EAP_FAILED, AUTH_COUNTER_MISMATCH);

	f.eap = before;
	what = reauth_answer(&f);
	what.appended = (struct es_slice){ 0 }; /* it does not know NONCE_S */
	assert_int_equal(says(&f, what), ES_OK);
	expect(&f, AUTH_EAP_FAILED, AUTH_MAC_MISMATCH);

	f.eap = before;
	f.k_encr[0] ^= 1;
	assert_int_equal(says(&f, reauth_answer(&f)), ES_OK);
	f.k_encr[0] ^= 1;
	expect(&f, AUTH_EAP_FAILED, AUTH_ENCRYPTED_MALFORMED);

	f.eap = before;
	what = reauth_answer(&f);
	what.encrypted = false;
	assert_int_equal(says(&f, what), ES_MALFORMED);
	assert_int_equal(says(&f, (struct says){ .subtype = AKA_AUTHENTICATION_REJECT }), ES_OK);
	expect(&f, AUTH_EAP_FAILED, AUTH_UNEXPECTED_SUBTYPE);
}

static void a_counter_too_small_leads_to_a_full_authentication_at_once(void **state) /* RFC 4187 5.1, 5.5 */
{
	(void)state;
	struct fixture f;

	reauthenticate(&f, prime, 7);
	struct says what = reauth_answer(&f);
	what.too_small = true;
	assert_int_equal(says(&f, what), ES_OK);
	assert_int_equal(f.action.what, AUTH_EAP_FULL_AUTH);
	f.identity = ES_SLICE_LIT(REAUTH_ID); /* the last identity that was sent */
	assert_int_equal(challenge(&f, NULL).subtype, AKA_CHALLENGE);
	assert_int_equal(says(&f, right_answer), ES_OK);
	expect(&f, AUTH_EAP_DONE, AUTH_SUCCESS);
	assert_string_equal(f.eap.next_reauth_id, "");
}

static void success_after_a_reauthentication_carries_its_counter(void **state) /* RFC 4187 9.10, 9.11 */
{
	(void)state;
	for (int method = 0; method < 2; method++) {
		struct fixture f;
		uint8_t plain[AUTH_EAP_REQUEST_MAX];
		struct auth_eap_options options = method == 0 ? aka : prime;
		options.result_ind = true;
		reauthenticate(&f, options, 300);
		struct says what = reauth_answer(&f);
		what.result_ind = true;
		assert_int_equal(says(&f, what), ES_OK);
		expect(&f, AUTH_EAP_PROVEN, AUTH_SUCCESS);
		auth_eap_announce(&f.eap, &f.action);
		struct es_eap_packet p = sent(&f);
		assert_int_equal(opened(&f, &p, plain).counter, 300);
		travel(&f);
		struct auth_eap before = f.eap;
		what = (struct says){ .subtype = AKA_NOTIFICATION, .mac = true, .encrypted = true, .counter = 299 };
		assert_int_equal(says(&f, what), ES_OK);
		expect(&f, AUTH_EAP_FAILED, AUTH_COUNTER_MISMATCH);
		f.eap = before;
		what.encrypted = false;
		assert_int_equal(says(&f, what), ES_MALFORMED);
		what.encrypted = true;
		what.counter = 300;
		assert_int_equal(says(&f, what), ES_OK);
		expect(&f, AUTH_EAP_DONE, AUTH_SUCCESS);
	}
}

static void a_counter_that_is_used_up_is_not_used_again(void **state) /* RFC 4187 5.1 */
{
	(void)state;
	struct fixture f;
	struct auth_reauth next;

	reauthenticate(&f, aka, UINT16_MAX);
	assert_int_equal(says(&f, reauth_answer(&f)), ES_OK);
	expect(&f, AUTH_EAP_DONE, AUTH_SUCCESS);
	auth_eap_context(&f.eap, &next);
	begin(&f, aka);
	assert_int_equal(auth_eap_reauthenticate(&f.eap, &next, f.nonce_s, &next_name, &f.request), ES_TOO_LARGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_peer_that_wants_it_hears_of_success_protected),
		cmocka_unit_test(a_peer_that_does_not_want_it_is_done_at_once),
		cmocka_unit_test(a_subscriber_refused_after_the_proof_is_told_so_protected),
		cmocka_unit_test(without_result_indications_a_refusal_after_done_is_notified_where_that_is_on),
		cmocka_unit_test(names_for_the_next_time_travel_encrypted),
		cmocka_unit_test(a_known_phone_is_proven_by_counter_and_nonce_alone),
		cmocka_unit_test(wrong_answers_to_a_reauthentication_fail_with_their_reason),
		cmocka_unit_test(a_counter_too_small_leads_to_a_full_authentication_at_once),
		cmocka_unit_test(success_after_a_reauthentication_carries_its_counter),
		cmocka_unit_test(a_counter_that_is_used_up_is_not_used_again),
	};
	es_crypto_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
