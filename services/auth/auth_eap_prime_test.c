/* auth_eap_prime_test.c -- RFC 9048, and what RFC 4187 has beyond a bare full authentication, one sentence a test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "auth_eap_aka.h"
#include "es_cleanup.h"
#include "es_crypto.h"
#include "es_eap.h"
#include "es_eap_keys.h"
#include "es_text.h"

#define IDENTITY "6001010000000001@nai.epc.mnc001.mcc001.3gppnetwork.org"
#define REAUTH_ID "8abcdefghijklmnopqrstuv@nai.epc.mnc001.mcc001.3gppnetwork.org"
#define PSEUDONYM "7abcdefghijklmnopqrstuvwxyz"

/* An exchange, the request that is outstanding, and the keys that the peer derived for itself. */
struct fixture {
	struct auth_eap eap;
	struct auth_vector vector;
	struct auth_eap_action action;
	struct es_buf request, response;
	uint8_t storage[2][AUTH_EAP_REQUEST_MAX];
	uint8_t k_aut[32], k_encr[16];
	uint8_t nonce_s[16];
	struct es_slice identity; /* as the peer thinks of itself */
};

static const struct auth_eap_options prime = { .method = AUTH_AKA_PRIME,
	                                           .network_name = { (const uint8_t *)"WLAN", 4 },
	                                           .first_identifier = 5 };
static const struct auth_eap_options aka;

static void begin(struct fixture *f, struct auth_eap_options options)
{
	memset(f, 0, sizeof *f);
	es_buf_init_fixed(&f->request, f->storage[0], sizeof f->storage[0]);
	es_buf_init_fixed(&f->response, f->storage[1], sizeof f->storage[1]);
	f->identity = ES_SLICE_LIT(IDENTITY);
	assert_int_equal(auth_eap_begin(&f->eap, f->identity, options), ES_OK);
}

static void derive(struct fixture *f)
{
	struct es_eap_aka_keys keys;

	if (f->eap.method == AUTH_AKA_PRIME) {
		es_eap_prime_k_aut(f->identity, f->vector.ik, f->vector.ck, f->k_encr, f->k_aut);
		return;
	}
	es_eap_aka_derive(f->identity, f->vector.ik, f->vector.ck, &keys);
	memcpy(f->k_encr, keys.k_encr, 16);
	memcpy(f->k_aut, keys.k_aut, 16);
}

static void mac_of(const struct fixture *f, struct es_slice packet, struct es_slice appended, uint8_t mac[16])
{
	const struct es_slice parts[] = { packet, appended };

	if (f->eap.method == AUTH_AKA_PRIME)
		es_eap_prime_mac_parts(f->k_aut, parts, 2, mac);
	else
		es_eap_aka_mac_parts(f->k_aut, parts, 2, mac);
}

/* The request, parsed; its AT_MAC, when it has one, was verified as a peer does. */
static struct es_eap_packet requested(struct fixture *f)
{
	struct es_eap_packet p;
	uint8_t copy[AUTH_EAP_REQUEST_MAX], mac[16];

	assert_int_equal(es_eap_parse(es_buf_slice(&f->request), &p), ES_OK);
	assert_true(p.code == EAP_REQUEST && p.identifier == f->eap.identifier);
	if (p.has_mac) {
		memcpy(copy, p.whole.ptr, p.whole.len);
		memset(copy + (p.mac.ptr - p.whole.ptr), 0, 16);
		mac_of(f, es_slice_of(copy, p.whole.len), (struct es_slice){ 0 }, mac);
		assert_memory_equal(mac, p.mac.ptr, 16);
	}
	return p;
}

static struct es_eap_inner opened(const struct fixture *f, const struct es_eap_packet *p, uint8_t *plain)
{
	struct es_eap_inner inner;

	assert_true(p->has_encr_data);
	es_cbc_decrypt(f->k_encr, p->iv.ptr, p->encr_data, plain);
	assert_int_equal(es_eap_parse_inner(p, es_slice_of(plain, p->encr_data.len), &inner), ES_OK);
	return inner;
}

static struct es_eap_packet challenge(struct fixture *f, const struct auth_eap_offer *offer)
{
	static const struct auth_keys keys = { .k = { 1 }, .opc = { 2 } }; /* AMF 0000 */
	static const uint8_t rand[16] = { 3 };

	auth_auc_vector(&keys, 33, rand, (enum auth_method)f->eap.method, es_slice_str(f->eap.network_name), &f->vector);
	es_buf_reset(&f->request);
	assert_int_equal(auth_eap_challenge(&f->eap, &f->vector, offer, &f->request), ES_OK);
	derive(f);
	return requested(f);
}

/* What the peer says. */
struct says {
	uint8_t subtype;
	bool res, mac, result_ind;
	const struct es_slice *checkcode;
	unsigned kdf; /* 0: none */
	bool auts, encrypted, too_small, wrong_mac;
	uint16_t counter;
	struct es_slice appended; /* to the packet for AT_MAC */
};

static void put_encrypted(struct fixture *f, struct es_eap_writer *w, const struct says *says)
{
	static const uint8_t iv[16] = { 77 };
	uint8_t storage[64], sealed[64];
	struct es_buf buf;
	struct es_slice plain;

	es_buf_init_fixed(&buf, storage, sizeof storage);
	struct es_eap_writer inner = es_eap_begin_inner(&buf);
	es_eap_put_u16(&inner, AT_COUNTER, says->counter);
	if (says->too_small)
		es_eap_put_u16(&inner, AT_COUNTER_TOO_SMALL, 0);
	assert_int_equal(es_eap_end_inner(&inner, &plain), ES_OK);
	es_cbc_encrypt(f->k_encr, iv, plain, sealed);
	es_eap_put_16(w, AT_IV, iv);
	es_eap_put_encr_data(w, es_slice_of(sealed, plain.len));
}

static es_status says(struct fixture *f, struct says what)
{
	static const uint8_t auts[14] = { 1 };
	uint8_t type = f->eap.method == AUTH_AKA_PRIME ? EAP_TYPE_AKA_PRIME : EAP_TYPE_AKA, *mac = NULL, value[16];
	struct es_slice packet;

	es_buf_reset(&f->response);
	struct es_eap_writer w = es_eap_begin(&f->response, EAP_RESPONSE, f->eap.identifier, type, what.subtype);
	if (what.res)
		es_eap_put_res(&w, es_slice_of(f->vector.xres, f->vector.xres_len));
	if (what.auts)
		es_eap_put_auts(&w, auts);
	if (what.kdf != 0)
		es_eap_put_u16(&w, AT_KDF, (uint16_t)what.kdf);
	if (what.result_ind)
		es_eap_put_u16(&w, AT_RESULT_IND, 0);
	if (what.checkcode != NULL)
		es_eap_put_checkcode(&w, *what.checkcode);
	if (what.encrypted)
		put_encrypted(f, &w, &what);
	if (what.mac)
		es_eap_put_mac_space(&w);
	assert_int_equal(es_eap_end(&w, &packet, &mac), ES_OK);
	if (mac != NULL) {
		mac_of(f, packet, what.appended, value);
		memcpy(mac, value, 16);
		mac[0] ^= what.wrong_mac ? 1 : 0;
	}
	return auth_eap_step(&f->eap, packet, &f->action);
}

static void expect(const struct fixture *f, enum auth_eap_do what, enum auth_reason reason)
{
	assert_int_equal(f->action.what, what);
	assert_string_equal(auth_reason_names[f->action.reason], auth_reason_names[reason]);
}

static const struct says right_answer = { .subtype = AKA_CHALLENGE, .res = true, .mac = true };

/* What the server sent by itself becomes the outstanding request. */
static struct es_eap_packet sent(struct fixture *f)
{
	assert_int_equal(f->action.what, AUTH_EAP_SEND);
	es_buf_reset(&f->request);
	es_put_bytes(&f->request, es_slice_of(f->action.packet, f->action.packet_len));
	return requested(f);
}

/* As a cookie or a row would carry it. */
static void travel(struct fixture *f)
{
	uint8_t storage[AUTH_EAP_PACKED_MAX];
	struct es_buf packed;
	struct auth_eap copy;

	es_buf_init_fixed(&packed, storage, sizeof storage);
	auth_eap_pack(&f->eap, &packed);
	assert_int_equal(es_buf_status(&packed), ES_OK);
	struct es_reader in = es_reader_of(es_buf_slice(&packed));
	assert_int_equal(auth_eap_unpack(&in, &copy), ES_OK);
	assert_true(es_reader_is_done(&in));
	assert_memory_equal(&copy, &f->eap, sizeof copy);
	for (size_t len = 0; len < packed.len; len++) {
		in = es_reader_of(es_slice_of(storage, len));
		assert_int_equal(auth_eap_unpack(&in, &copy), ES_MALFORMED);
	}
}

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

static const struct auth_eap_offer both_names = {
	.next_pseudonym = { (const uint8_t *)PSEUDONYM, sizeof PSEUDONYM - 1 },
	.next_reauth_id = { (const uint8_t *)REAUTH_ID, sizeof REAUTH_ID - 1 },
	.iv = { 42 }
};
static const struct auth_eap_offer next_name = { .next_reauth_id = { (const uint8_t *)REAUTH_ID, sizeof REAUTH_ID - 1 },
	                                             .iv = { 43 } };

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
		cmocka_unit_test(identities_are_asked_for_from_the_least_revealing_on_and_all_are_hashed),
		cmocka_unit_test(three_rounds_with_the_longest_identities_fit_the_state),
		cmocka_unit_test(a_plain_exchange_is_hardly_larger_than_it_has_to_be),
	};
	es_crypto_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
