/* auth_eap_fuzz.c -- the EAP server against any sequence of packets.
 *
 * Input: two octets of options, then packets, each after two octets of length. A length of 0xffff stands for the right
 * answer, 0xfffe for it with one bit flipped where the next two octets say. Property: PROVEN and DONE only for a packet whose RES,
 * or counter, and MAC are right; a malformed packet changes nothing; the state packs and unpacks at each point. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "auth_eap_aka.h"
#include "es_cleanup.h"
#include "es_crypto.h"
#include "es_eap.h"
#include "es_eap_keys.h"

#define IDENTITY "0001010000000001@nai.epc.mnc001.mcc001.3gppnetwork.org"

/* The octets of options. */
enum { CHECKCODE = 1, NOTIFICATIONS = 2, ASK_IDENTITY = 4 };
enum { PRIME = 1, RESULT_IND = 2, OTHER_METHOD = 4, REAUTH = 8, NEXT_NAMES = 16, REFUSE = 32, BIDDING = 64 };

static void require(bool truth)
{
	if (!truth)
		abort();
}

static void mac_of(const struct auth_eap *eap, struct es_slice packet, struct es_slice nonce_s, uint8_t mac[16])
{
	const struct es_slice parts[] = { packet, nonce_s };

	if (eap->method == AUTH_AKA_PRIME)
		es_eap_prime_mac_parts(eap->k_aut, parts, 2, mac);
	else
		es_eap_aka_mac_parts(eap->k_aut, parts, 2, mac);
}

static struct es_slice nonce_of(const struct auth_eap *eap)
{
	return es_slice_of(eap->rand, eap->phase == AUTH_EAP_REAUTHENTICATING ? sizeof eap->rand : 0);
}

static bool has_right_mac(const struct auth_eap *eap, const struct es_eap_packet *p)
{
	uint8_t copy[ES_EAP_MAX_PACKET], mac[16];

	if (!p->has_mac)
		return false;
	memcpy(copy, p->whole.ptr, p->whole.len);
	memset(copy + (p->mac.ptr - p->whole.ptr), 0, 16);
	mac_of(eap, es_slice_of(copy, p->whole.len), nonce_of(eap), mac);
	return memcmp(mac, p->mac.ptr, 16) == 0;
}

static bool has_right_counter(const struct auth_eap *eap, const struct es_eap_packet *p)
{
	uint8_t plain[ES_EAP_MAX_PACKET];
	struct es_eap_inner inner;

	if (!p->has_encr_data)
		return false;
	es_cbc_decrypt(eap->k_encr, p->iv.ptr, p->encr_data, plain);
	return es_eap_parse_inner(p, es_slice_of(plain, p->encr_data.len), &inner) == ES_OK && inner.has_counter &&
	       inner.counter == eap->counter && !inner.has_counter_too_small;
}

/* What RFC 4187 9.4, 9.8 and 9.11 ask for, said once more without the server's code. */
static bool is_right(const struct auth_eap *eap, const struct auth_vector *vector, struct es_slice packet)
{
	struct es_eap_packet p;

	if (es_eap_parse(packet, &p) != ES_OK || p.identifier != eap->identifier || !has_right_mac(eap, &p))
		return false;
	switch (eap->phase) {
	case AUTH_EAP_CHALLENGING:
		return p.subtype == AKA_CHALLENGE && p.has_res && p.res.len == vector->xres_len &&
		       memcmp(p.res.ptr, vector->xres, p.res.len) == 0;
	case AUTH_EAP_REAUTHENTICATING: return p.subtype == AKA_REAUTHENTICATION && has_right_counter(eap, &p);
	case AUTH_EAP_NOTIFYING:
		return p.subtype == AKA_NOTIFICATION && eap->proven && eap->failure == AUTH_SUCCESS &&
		       (!eap->reauth || has_right_counter(eap, &p));
	default: return false;
	}
}

static void put_counter(const struct auth_eap *eap, struct es_eap_writer *w)
{
	static const uint8_t iv[16] = { 5 };
	uint8_t storage[16], sealed[16];
	struct es_buf buf;
	struct es_slice plain;

	es_buf_init_fixed(&buf, storage, sizeof storage);
	struct es_eap_writer inner = es_eap_begin_inner(&buf);
	es_eap_put_u16(&inner, AT_COUNTER, eap->counter);
	require(es_eap_end_inner(&inner, &plain) == ES_OK && plain.len == sizeof sealed);
	es_cbc_encrypt(eap->k_encr, iv, plain, sealed);
	es_eap_put_16(w, AT_IV, iv);
	es_eap_put_encr_data(w, es_slice_of(sealed, sizeof sealed));
}

static void answer(const struct auth_eap *eap, const struct auth_vector *vector, struct es_buf *b)
{
	static const uint8_t subtypes[] = { [AUTH_EAP_IDENTIFYING] = AKA_IDENTITY,
		                                [AUTH_EAP_CHALLENGING] = AKA_CHALLENGE,
		                                [AUTH_EAP_NOTIFYING] = AKA_NOTIFICATION,
		                                [AUTH_EAP_REAUTHENTICATING] = AKA_REAUTHENTICATION };
	uint8_t type = eap->method == AUTH_AKA_PRIME ? EAP_TYPE_AKA_PRIME : EAP_TYPE_AKA, *mac = NULL, value[16];
	bool encrypted = eap->phase == AUTH_EAP_REAUTHENTICATING || (eap->proven && eap->reauth);
	struct es_slice packet;

	struct es_eap_writer w = es_eap_begin(b, EAP_RESPONSE, eap->identifier, type, subtypes[eap->phase]);
	if (eap->phase == AUTH_EAP_IDENTIFYING)
		es_eap_put_counted(&w, AT_IDENTITY, ES_SLICE_LIT(IDENTITY));
	if (eap->phase == AUTH_EAP_CHALLENGING)
		es_eap_put_res(&w, es_slice_of(vector->xres, vector->xres_len));
	if (eap->offer_result_ind && (eap->phase == AUTH_EAP_CHALLENGING || eap->phase == AUTH_EAP_REAUTHENTICATING))
		es_eap_put_u16(&w, AT_RESULT_IND, 0);
	if (encrypted)
		put_counter(eap, &w);
	if (eap->phase == AUTH_EAP_CHALLENGING || eap->phase == AUTH_EAP_REAUTHENTICATING || eap->proven)
		es_eap_put_mac_space(&w);
	require(es_eap_end(&w, &packet, &mac) == ES_OK);
	if (mac != NULL) {
		mac_of(eap, packet, nonce_of(eap), value);
		memcpy(mac, value, sizeof value);
	}
}

static void check_round_trip(const struct auth_eap *eap)
{
	struct es_buf b;
	uint8_t storage[AUTH_EAP_PACKED_MAX];
	struct auth_eap copy;

	if (eap->phase == AUTH_EAP_ENDED || eap->phase == AUTH_EAP_STARTING || eap->phase == AUTH_EAP_PROVING)
		return;
	es_buf_init_fixed(&b, storage, sizeof storage);
	auth_eap_pack(eap, &b);
	require(es_buf_status(&b) == ES_OK);
	struct es_reader in = es_reader_of(es_buf_slice(&b));
	require(auth_eap_unpack(&in, &copy) == ES_OK && es_reader_is_done(&in));
	require(copy.phase == eap->phase && copy.identifier == eap->identifier && copy.identity_len == eap->identity_len);
	require(copy.id_log_len == eap->id_log_len && memcmp(copy.k_aut, eap->k_aut, 16) == 0);
}

static struct auth_eap_offer offer_of(uint8_t more, bool with_pseudonym)
{
	struct auth_eap_offer offer = { .iv = { more } };

	if ((more & NEXT_NAMES) != 0) {
		offer.next_reauth_id = ES_SLICE_LIT("4next");
		if (with_pseudonym)
			offer.next_pseudonym = ES_SLICE_LIT("2next");
	}
	return offer;
}

static void challenge(struct auth_eap *eap, uint8_t more, struct auth_vector *vector)
{
	static const struct auth_keys keys = { .k = { 1 }, .opc = { 2 }, .amf = { 0x80 } };
	const struct auth_eap_offer offer = offer_of(more, true);
	uint8_t rand[16] = { eap->identifier }, storage[AUTH_EAP_REQUEST_MAX];
	struct es_buf b;

	auth_auc_vector(&keys, eap->requests, rand, (enum auth_method)eap->method, es_slice_str(eap->network_name), vector);
	es_buf_init_fixed(&b, storage, sizeof storage);
	require(auth_eap_challenge(eap, vector, &offer, &b) == ES_OK);
}

static void first_request(struct auth_eap *eap, uint8_t options, uint8_t more, struct auth_vector *vector)
{
	const struct auth_reauth context = { .method = (enum auth_method)eap->method, .k_aut = { 7 }, .counter = 9 };
	const struct auth_eap_offer offer = offer_of(more, false);
	uint8_t storage[AUTH_EAP_REQUEST_MAX], nonce_s[16] = { more };
	struct es_buf b;

	es_buf_init_fixed(&b, storage, sizeof storage);
	if ((options & ASK_IDENTITY) != 0)
		require(auth_eap_request_identity(eap, AUTH_EAP_ID_ANY, &b) == ES_OK);
	else if ((more & REAUTH) != 0)
		require(auth_eap_reauthenticate(eap, &context, nonce_s, &offer, &b) == ES_OK);
	else
		challenge(eap, more, vector);
}

/* The next packet; false at the end of the input. */
static bool next_packet(struct es_reader *in, const struct auth_eap *eap, const struct auth_vector *vector,
                        uint8_t *storage, size_t size, struct es_slice *packet)
{
	struct es_buf b;

	if (es_reader_left(in) < 2)
		return false;
	uint16_t len = es_read_u16(in);
	if (len < 0xfffe || eap->phase == AUTH_EAP_ENDED) {
		size_t left = es_reader_left(in);
		*packet = es_read_bytes(in, len < left ? len : left);
		return true;
	}
	es_buf_init_fixed(&b, storage, size);
	answer(eap, vector, &b);
	if (len == 0xfffe && es_reader_left(in) >= 2) {
		size_t bit = es_read_u16(in) % (b.len * 8);
		b.ptr[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	*packet = es_buf_slice(&b);
	return true;
}

/* What the caller owes the method after an action. */
static void carry_out(struct auth_eap *eap, uint8_t more, struct auth_vector *vector, struct auth_eap_action *action)
{
	uint8_t storage[AUTH_EAP_REQUEST_MAX];
	struct es_buf b;

	es_buf_init_fixed(&b, storage, sizeof storage);
	switch (action->what) {
	case AUTH_EAP_IDENTITY:
		if (eap->id_req < AUTH_EAP_ID_PERMANENT && (more & REFUSE) != 0)
			require(auth_eap_request_identity(eap, (enum auth_eap_id_req)(eap->id_req + 1), &b) == ES_OK);
		else
			challenge(eap, more, vector);
		break;
	case AUTH_EAP_RESYNC:
	case AUTH_EAP_FULL_AUTH:
	case AUTH_EAP_METHOD: challenge(eap, more, vector); break;
	case AUTH_EAP_PROVEN:
		if ((more & REFUSE) != 0)
			auth_eap_refuse(eap, AUTH_TERMINATED, action);
		else
			auth_eap_announce(eap, action);
		require(action->what == AUTH_EAP_SEND);
		break;
	case AUTH_EAP_SEND:
	case AUTH_EAP_DONE:
	case AUTH_EAP_FAILED: break;
	}
}

static void run(struct es_reader *in, struct auth_eap *eap, uint8_t more, struct auth_vector *vector)
{
	uint8_t storage[AUTH_EAP_REQUEST_MAX];
	struct es_slice packet;

	while (next_packet(in, eap, vector, storage, sizeof storage, &packet)) {
		struct auth_eap before = *eap;
		struct auth_eap_action action;
		if (auth_eap_step(eap, packet, &action) != ES_OK) {
			require(memcmp(&before, eap, sizeof *eap) == 0);
			continue;
		}
		bool good = action.what == AUTH_EAP_DONE || action.what == AUTH_EAP_PROVEN;
		require(good <= is_right(&before, vector, packet));
		require((action.what == AUTH_EAP_DONE || action.what == AUTH_EAP_FAILED) == (eap->phase == AUTH_EAP_ENDED));
		carry_out(eap, more, vector, &action);
		require(eap->resyncs <= 1 && eap->requests <= 8);
		check_round_trip(eap);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct es_reader in = es_reader_of(es_slice_of(data, size));
	struct auth_vector vector = { 0 };
	struct auth_eap eap;
	uint8_t options = es_read_u8(&in), more = es_read_u8(&in);

	if (in.bad)
		return 0;
	es_crypto_init();
	require(auth_eap_begin(&eap, ES_SLICE_LIT(IDENTITY),
	                       (struct auth_eap_options){ .method = (more & PRIME) != 0 ? AUTH_AKA_PRIME : AUTH_AKA,
	                                                  .network_name = ES_SLICE_LIT("WLAN"),
	                                                  .other_method = (more & OTHER_METHOD) != 0,
	                                                  .checkcode = (options & CHECKCODE) != 0,
	                                                  .notifications = (options & NOTIFICATIONS) != 0,
	                                                  .result_ind = (more & RESULT_IND) != 0,
	                                                  .bidding = (more & BIDDING) != 0,
	                                                  .first_identifier = (uint8_t)(options >> 3) }) == ES_OK);
	first_request(&eap, options, more, &vector);
	run(&in, &eap, more, &vector);
	return 0;
}
