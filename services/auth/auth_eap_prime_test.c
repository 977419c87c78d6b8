/* auth_eap_prime_test.c -- EAP-AKA' as the server obeys RFC 9048, the choice of the method, and identity rounds. */
#include "auth_eap_test_kit.h"

/* ---- EAP-AKA' ---- */

static void the_keys_of_aka_prime_are_those_of_rfc_9048(void **state) /* appendix D, case 1; V12-AUTH-19 */
{
	(void)state;
	struct auth_keys keys = { .algorithm = AUTH_MILENAGE };
	struct auth_vector vector;
	struct auth_eap eap;
	struct es_buf packet;
	uint8_t storage[AUTH_EAP_REQUEST_MAX], rand[16], expected[32];

	assert_int_equal(es_hex_decode(ES_SLICE_LIT("5122250214c33e723a5dd523fc145fc0"), keys.k, 16), ES_OK);
	assert_int_equal(es_hex_decode(ES_SLICE_LIT("981d464c7c52eb6e5036234984ad0bcf"), keys.opc, 16), ES_OK);
	assert_int_equal(es_hex_decode(ES_SLICE_LIT("c3ab"), keys.amf, 2), ES_OK);
	assert_int_equal(es_hex_decode(ES_SLICE_LIT("81e92b6c0ee0e12ebceba8d92a99dfa5"), rand, 16), ES_OK);
	auth_auc_vector(&keys, 0x16f3b3f70fc2, rand, AUTH_AKA_PRIME, ES_SLICE_LIT("WLAN"), &vector);
	assert_int_equal(es_hex_decode(ES_SLICE_LIT("0093962d0dd84aa5684b045c9edffa04"), expected, 16), ES_OK);
	assert_memory_equal(vector.ck, expected, 16);
	assert_int_equal(es_hex_decode(ES_SLICE_LIT("ccfc230ca74fcc96c0a5d61164f5a76c"), expected, 16), ES_OK);
	assert_memory_equal(vector.ik, expected, 16);

	assert_int_equal(auth_eap_begin(&eap, ES_SLICE_LIT("0555444333222111"), prime), ES_OK);
	es_buf_init_fixed(&packet, storage, sizeof storage);
	assert_int_equal(auth_eap_challenge(&eap, &vector, NULL, &packet), ES_OK);
	assert_int_equal(
		es_hex_decode(ES_SLICE_LIT("0842ea722ff6835bfa2032499fc3ec23c2f0e388b4f07543ffc677f1696d71ea"), expected, 32),
		ES_OK);
	assert_memory_equal(eap.k_aut, expected, 32);
}

static void the_challenge_of_aka_prime_names_network_and_kdf_and_its_amf_is_separated(void **state)
{
	(void)state; /* RFC 9048 3.1, 3.2; TS 33.402 6.2: the separation bit although the SIM's AMF is 0000 */
	struct fixture f;

	begin(&f, prime);
	struct es_eap_packet p = challenge(&f, NULL);
	assert_true(p.type == EAP_TYPE_AKA_PRIME && p.subtype == AKA_CHALLENGE);
	assert_true(p.has_kdf_input && es_slice_eq_str(p.kdf_input, "WLAN") && p.kdf_count == 1 && p.kdf[0] == 1);
	assert_int_equal(p.autn.ptr[6], 0x80);
	assert_false(p.has_checkcode || p.has_result_ind || p.has_encr_data || p.has_bidding);
	travel(&f);
	assert_int_equal(says(&f, right_answer), ES_OK);
	expect(&f, AUTH_EAP_DONE, AUTH_SUCCESS);
}

static void wrong_answers_to_aka_prime_fail_with_their_reason(void **state) /* V12-AUTH-14 */
{
	(void)state;
	struct fixture f;
	const struct es_slice code = { 0 }, hash = ES_SLICE_LIT("01234567890123456789012345678901");

	begin(&f, prime);
	(void)challenge(&f, NULL);
	struct says what = right_answer;
	what.wrong_mac = true;
	assert_int_equal(says(&f, what), ES_OK);
	expect(&f, AUTH_EAP_FAILED, AUTH_MAC_MISMATCH);

	begin(&f, prime);
	(void)challenge(&f, NULL);
	f.vector.xres[7] ^= 1;
	assert_int_equal(says(&f, right_answer), ES_OK);
	expect(&f, AUTH_EAP_FAILED, AUTH_RES_MISMATCH);

	struct auth_eap_options options = prime;
	options.checkcode = true;
	begin(&f, options);
	assert_int_equal(challenge(&f, NULL).checkcode.len, 0);
	what = right_answer;
	what.checkcode = &hash;
	assert_int_equal(says(&f, what), ES_OK);
	expect(&f, AUTH_EAP_FAILED, AUTH_CHECKCODE_MISMATCH);

	begin(&f, options);
	(void)challenge(&f, NULL);
	what.checkcode = &code;
	assert_int_equal(says(&f, what), ES_OK);
	expect(&f, AUTH_EAP_DONE, AUTH_SUCCESS);
}

static void a_key_derivation_that_was_not_offered_is_refused(void **state) /* RFC 9048 3.2, V12-AUTH-14 */
{
	(void)state;
	for (unsigned kdf = 1; kdf < 3; kdf++) { /* the only one offered is no choice either */
		struct fixture f;
		begin(&f, prime);
		(void)challenge(&f, NULL);
		assert_int_equal(says(&f, (struct says){ .subtype = AKA_CHALLENGE, .kdf = kdf }), ES_OK);
		expect(&f, AUTH_EAP_FAILED, AUTH_KDF_REFUSED);

		begin(&f, prime); /* beside RES it is against the table of attributes */
		(void)challenge(&f, NULL);
		struct says what = right_answer;
		what.kdf = kdf;
		assert_int_equal(says(&f, what), ES_MALFORMED);
		assert_int_equal(f.eap.phase, AUTH_EAP_CHALLENGING);
	}
}

static void resynchronisation_of_aka_prime_repeats_the_list_of_kdfs(void **state) /* RFC 9048 3.2, V12-AUTH-13 */
{
	(void)state;
	static const struct {
		unsigned kdf;
		enum auth_eap_do what;
	} cases[] = { { 1, AUTH_EAP_RESYNC }, { 0, AUTH_EAP_RESYNC }, { 2, AUTH_EAP_FAILED } };

	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		struct fixture f;
		begin(&f, prime);
		(void)challenge(&f, NULL);
		assert_int_equal(
			says(&f, (struct says){ .subtype = AKA_SYNCHRONIZATION_FAILURE, .auts = true, .kdf = cases[i].kdf }),
			ES_OK);
		assert_int_equal(f.action.what, cases[i].what);
		if (f.action.what == AUTH_EAP_FAILED)
			continue;
		assert_int_equal(challenge(&f, NULL).identifier, 6);
		assert_int_equal(says(&f, right_answer), ES_OK);
		expect(&f, AUTH_EAP_DONE, AUTH_SUCCESS);
	}
}

static void a_network_name_is_needed_for_aka_prime_only(void **state)
{
	(void)state;
	static char long_name[AUTH_EAP_NETWORK_NAME_MAX + 2];
	struct auth_eap eap;
	struct auth_eap_options options = prime;

	memset(long_name, 'n', sizeof long_name - 1);
	options.network_name = (struct es_slice){ 0 };
	assert_int_equal(auth_eap_begin(&eap, ES_SLICE_LIT(IDENTITY), options), ES_MALFORMED);
	options.network_name = es_slice_str(long_name);
	assert_int_equal(auth_eap_begin(&eap, ES_SLICE_LIT(IDENTITY), options), ES_MALFORMED);
	options.network_name = ES_SLICE_LIT("WL\0AN");
	assert_int_equal(auth_eap_begin(&eap, ES_SLICE_LIT(IDENTITY), options), ES_MALFORMED);
	assert_int_equal(auth_eap_begin(&eap, ES_SLICE_LIT(IDENTITY), aka), ES_OK);
}

/* ---- choice of the method ---- */

static es_status naks(struct fixture *f, uint8_t wanted)
{
	const uint8_t nak[] = { EAP_RESPONSE, f->eap.identifier, 0, 7, EAP_TYPE_NAK, 13, wanted };

	return auth_eap_step(&f->eap, es_slice_of(nak, sizeof nak), &f->action);
}

static void a_nak_for_the_other_method_that_is_offered_begins_it_anew(void **state) /* RFC 3748 5.3.1 */
{
	(void)state;
	struct fixture f;
	struct auth_eap_options options = prime;

	options.other_method = true;
	begin(&f, options);
	(void)challenge(&f, NULL);
	assert_int_equal(naks(&f, EAP_TYPE_AKA), ES_OK);
	assert_int_equal(f.action.what, AUTH_EAP_METHOD);
	assert_int_equal(f.eap.method, AUTH_AKA);
	struct es_eap_packet p = challenge(&f, NULL);
	assert_true(p.type == EAP_TYPE_AKA && p.kdf_count == 0 && p.identifier == 6);
	assert_int_equal(naks(&f, EAP_TYPE_AKA_PRIME), ES_MALFORMED); /* only against the first request */
	assert_int_equal(says(&f, right_answer), ES_OK);
	expect(&f, AUTH_EAP_DONE, AUTH_SUCCESS);

	options.method = AUTH_AKA;
	begin(&f, options);
	(void)challenge(&f, NULL);
	assert_int_equal(naks(&f, EAP_TYPE_AKA_PRIME), ES_OK);
	assert_int_equal(f.action.what, AUTH_EAP_METHOD);
	assert_int_equal(challenge(&f, NULL).type, EAP_TYPE_AKA_PRIME);
}

static void any_other_nak_ends_the_exchange(void **state) /* V12-AUTH-14 */
{
	(void)state;
	struct fixture f;
	struct auth_eap_options options = prime;

	begin(&f, prime); /* the other one is not offered */
	(void)challenge(&f, NULL);
	assert_int_equal(naks(&f, EAP_TYPE_AKA), ES_OK);
	expect(&f, AUTH_EAP_FAILED, AUTH_NAK);

	options.other_method = true;
	begin(&f, options); /* EAP-SIM is not ours at all */
	(void)challenge(&f, NULL);
	assert_int_equal(naks(&f, 18), ES_OK);
	expect(&f, AUTH_EAP_FAILED, AUTH_NAK);
}

static void bidding_is_told_in_aka_and_never_in_aka_prime(void **state) /* RFC 9048 4 */
{
	(void)state;
	struct fixture f;
	struct auth_eap_options options = { .bidding = true };

	begin(&f, options);
	struct es_eap_packet p = challenge(&f, NULL);
	assert_true(p.has_bidding && p.bidding == 0x8000);
	options = prime;
	options.bidding = true;
	begin(&f, options);
	assert_false(challenge(&f, NULL).has_bidding);
}

/* ---- identity rounds ---- */

static void tell_identity(struct fixture *f, const char *identity)
{
	struct es_slice packet;
	uint8_t *mac;

	es_buf_reset(&f->response);
	struct es_eap_writer w =
		es_eap_begin(&f->response, EAP_RESPONSE, f->eap.identifier,
	                 f->eap.method == AUTH_AKA_PRIME ? EAP_TYPE_AKA_PRIME : EAP_TYPE_AKA, AKA_IDENTITY);
	es_eap_put_counted(&w, AT_IDENTITY, es_slice_str(identity));
	assert_int_equal(es_eap_end(&w, &packet, &mac), ES_OK);
	assert_int_equal(auth_eap_step(&f->eap, packet, &f->action), ES_OK);
}

static void identities_are_asked_for_from_the_least_revealing_on_and_all_are_hashed(void **state)
{
	(void)state; /* RFC 4187 4.1.7, 10.13; RFC 9048: SHA-256 for AKA' */
	struct fixture f;
	uint8_t log[512], hash[32];
	struct es_buf all;
	struct auth_eap_options options = prime;

	options.checkcode = true;
	begin(&f, options);
	es_buf_init_fixed(&all, log, sizeof log);
	for (unsigned what = AUTH_EAP_ID_ANY; what <= AUTH_EAP_ID_PERMANENT; what++) {
		es_buf_reset(&f.request);
		assert_int_equal(auth_eap_request_identity(&f.eap, (enum auth_eap_id_req)what, &f.request), ES_OK);
		struct es_eap_packet p = requested(&f);
		assert_true(p.has_any_id_req == (what == AUTH_EAP_ID_ANY) &&
		            p.has_permanent_id_req == (what == AUTH_EAP_ID_PERMANENT));
		es_put_bytes(&all, es_buf_slice(&f.request));
		travel(&f);
		tell_identity(&f, what == AUTH_EAP_ID_PERMANENT ? IDENTITY : REAUTH_ID);
		assert_int_equal(f.action.what, AUTH_EAP_IDENTITY);
		es_put_bytes(&all, es_buf_slice(&f.response));
		for (unsigned again = AUTH_EAP_ID_ANY; again <= what; again++)
			assert_int_equal(auth_eap_request_identity(&f.eap, (enum auth_eap_id_req)again, &f.request), ES_CONFLICT);
	}
	struct es_eap_packet p = challenge(&f, NULL);
	struct es_slice whole = es_buf_slice(&all);
	es_sha256(&whole, 1, hash);
	assert_true(es_slice_eq(p.checkcode, es_slice_of(hash, 32)));
	travel(&f);
	assert_int_equal(says(&f, right_answer), ES_OK);
	expect(&f, AUTH_EAP_DONE, AUTH_SUCCESS);
}

static void three_rounds_with_the_longest_identities_fit_the_state(void **state)
{
	(void)state;
	struct fixture f;
	char longest[AUTH_EAP_IDENTITY_MAX + 1] = { 0 };

	memset(longest, 'a', AUTH_EAP_IDENTITY_MAX);
	begin(&f, prime);
	for (unsigned what = AUTH_EAP_ID_ANY; what <= AUTH_EAP_ID_PERMANENT; what++) {
		es_buf_reset(&f.request);
		assert_int_equal(auth_eap_request_identity(&f.eap, (enum auth_eap_id_req)what, &f.request), ES_OK);
		tell_identity(&f, longest);
		assert_int_equal(f.action.what, AUTH_EAP_IDENTITY);
	}
	f.identity = es_slice_str(longest);
	(void)challenge(&f, &both_names);
	travel(&f);
}

static void
a_plain_exchange_is_hardly_larger_than_it_has_to_be(void **state) /* the cookie has 3072 characters for all */
{
	(void)state;
	struct fixture f;
	struct es_buf packed;
	uint8_t storage[AUTH_EAP_PACKED_MAX];

	begin(&f, aka);
	(void)challenge(&f, NULL);
	es_buf_init_fixed(&packed, storage, sizeof storage);
	auth_eap_pack(&f.eap, &packed);
	assert_true(packed.len <= 16 + 8 + 16 + sizeof IDENTITY + 16); /* RAND, XRES, K_aut, identity, all else */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_keys_of_aka_prime_are_those_of_rfc_9048),
		cmocka_unit_test(the_challenge_of_aka_prime_names_network_and_kdf_and_its_amf_is_separated),
		cmocka_unit_test(wrong_answers_to_aka_prime_fail_with_their_reason),
		cmocka_unit_test(a_key_derivation_that_was_not_offered_is_refused),
		cmocka_unit_test(resynchronisation_of_aka_prime_repeats_the_list_of_kdfs),
		cmocka_unit_test(a_network_name_is_needed_for_aka_prime_only),
		cmocka_unit_test(a_nak_for_the_other_method_that_is_offered_begins_it_anew),
		cmocka_unit_test(any_other_nak_ends_the_exchange),
		cmocka_unit_test(bidding_is_told_in_aka_and_never_in_aka_prime),
		cmocka_unit_test(identities_are_asked_for_from_the_least_revealing_on_and_all_are_hashed),
		cmocka_unit_test(three_rounds_with_the_longest_identities_fit_the_state),
		cmocka_unit_test(a_plain_exchange_is_hardly_larger_than_it_has_to_be),
	};
	es_crypto_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
