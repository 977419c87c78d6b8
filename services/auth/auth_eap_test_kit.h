/* auth_eap_test_kit.h -- an exchange with a peer that derives its own keys, for the tests of both methods. Includes cmocka. */
#ifndef AUTH_EAP_TEST_KIT_H
#define AUTH_EAP_TEST_KIT_H

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

ES_UNUSED static const struct auth_eap_options prime = { .method = AUTH_AKA_PRIME,
	                                                     .network_name = { (const uint8_t *)"WLAN", 4 },
	                                                     .first_identifier = 5 };
ES_UNUSED static const struct auth_eap_options aka;

ES_UNUSED static void begin(struct fixture *f, struct auth_eap_options options)
{
	memset(f, 0, sizeof *f);
	es_buf_init_fixed(&f->request, f->storage[0], sizeof f->storage[0]);
	es_buf_init_fixed(&f->response, f->storage[1], sizeof f->storage[1]);
	f->identity = ES_SLICE_LIT(IDENTITY);
	assert_int_equal(auth_eap_begin(&f->eap, f->identity, options), ES_OK);
}

ES_UNUSED static void derive(struct fixture *f)
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

ES_UNUSED static void mac_of(const struct fixture *f, struct es_slice packet, struct es_slice appended, uint8_t mac[16])
{
	const struct es_slice parts[] = { packet, appended };

	if (f->eap.method == AUTH_AKA_PRIME)
		es_eap_prime_mac_parts(f->k_aut, parts, 2, mac);
	else
		es_eap_aka_mac_parts(f->k_aut, parts, 2, mac);
}

/* The request, parsed; its AT_MAC, when it has one, was verified as a peer does. */
ES_UNUSED static struct es_eap_packet requested(struct fixture *f)
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

ES_UNUSED static struct es_eap_inner opened(const struct fixture *f, const struct es_eap_packet *p, uint8_t *plain)
{
	struct es_eap_inner inner;

	assert_true(p->has_encr_data);
	es_cbc_decrypt(f->k_encr, p->iv.ptr, p->encr_data, plain);
	assert_int_equal(es_eap_parse_inner(p, es_slice_of(plain, p->encr_data.len), &inner), ES_OK);
	return inner;
}

ES_UNUSED static struct es_eap_packet challenge(struct fixture *f, const struct auth_eap_offer *offer)
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

ES_UNUSED static void put_encrypted(struct fixture *f, struct es_eap_writer *w, const struct says *says)
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

ES_UNUSED static es_status says(struct fixture *f, struct says what)
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

ES_UNUSED static void expect(const struct fixture *f, enum auth_eap_do what, enum auth_reason reason)
{
	assert_int_equal(f->action.what, what);
	assert_string_equal(auth_reason_names[f->action.reason], auth_reason_names[reason]);
}

ES_UNUSED static const struct says right_answer = { .subtype = AKA_CHALLENGE, .res = true, .mac = true };

/* What the server sent by itself becomes the outstanding request. */
ES_UNUSED static struct es_eap_packet sent(struct fixture *f)
{
	assert_int_equal(f->action.what, AUTH_EAP_SEND);
	es_buf_reset(&f->request);
	es_put_bytes(&f->request, es_slice_of(f->action.packet, f->action.packet_len));
	return requested(f);
}

/* As a cookie or a row would carry it. */
ES_UNUSED static void travel(struct fixture *f)
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

ES_UNUSED static const struct auth_eap_offer both_names = {
	.next_pseudonym = { (const uint8_t *)PSEUDONYM, sizeof PSEUDONYM - 1 },
	.next_reauth_id = { (const uint8_t *)REAUTH_ID, sizeof REAUTH_ID - 1 },
	.iv = { 42 }
};
ES_UNUSED static const struct auth_eap_offer next_name = {
	.next_reauth_id = { (const uint8_t *)REAUTH_ID, sizeof REAUTH_ID - 1 }, .iv = { 43 }
};

#endif
