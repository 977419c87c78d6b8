/* auth_eap_fuzz.c -- the EAP-AKA server against any sequence of packets.
 *
 * Input: one octet of options, then packets, each after two octets of length. A length of 0xffff stands for the right
 * answer, 0xfffe for it with one bit flipped where the next two octets say. Property: DONE only for a packet whose RES and
 * MAC are right; a malformed packet changes nothing; the state packs and unpacks at each point. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "auth_eap_aka.h"
#include "auth_test_sim.h"

#define IDENTITY "0001010000000001@nai.epc.mnc001.mcc001.3gppnetwork.org"

static void require(bool truth)
{
	if (!truth)
		abort();
}

/* What RFC 4187 9.4 asks for, said once more without the server's code. */
static bool is_right(const struct auth_eap *eap, const struct auth_vector *vector, struct es_slice packet)
{
	struct es_eap_packet p;
	uint8_t copy[ES_EAP_MAX_PACKET], mac[16];

	if (eap->phase != AUTH_EAP_CHALLENGING || es_eap_parse(packet, &p) != ES_OK || p.subtype != AKA_CHALLENGE ||
	    p.identifier != eap->identifier || !p.has_res || !p.has_mac || p.res.len != vector->xres_len ||
	    memcmp(p.res.ptr, vector->xres, p.res.len) != 0)
		return false;
	memcpy(copy, packet.ptr, packet.len);
	memset(copy + (p.mac.ptr - packet.ptr), 0, 16);
	es_eap_aka_mac(eap->k_aut, es_slice_of(copy, packet.len), mac);
	return memcmp(mac, p.mac.ptr, 16) == 0;
}

static void check_round_trip(const struct auth_eap *eap)
{
	struct es_buf b;
	uint8_t storage[512];
	struct auth_eap copy;

	if (eap->phase == AUTH_EAP_ENDED || eap->phase == AUTH_EAP_STARTING)
		return;
	es_buf_init_fixed(&b, storage, sizeof storage);
	auth_eap_pack(eap, &b);
	require(es_buf_status(&b) == ES_OK);
	struct es_reader in = es_reader_of(es_buf_slice(&b));
	require(auth_eap_unpack(&in, &copy) == ES_OK && es_reader_is_done(&in));
	require(copy.phase == eap->phase && copy.identifier == eap->identifier && copy.identity_len == eap->identity_len);
}

static void challenge(struct auth_eap *eap, struct auth_vector *vector)
{
	static const struct auth_keys keys = { .k = { 1 }, .opc = { 2 }, .amf = { 0x80 } };
	uint8_t rand[16] = { eap->identifier }, storage[256];
	struct es_buf b;

	auth_auc_vector(&keys, eap->requests, rand, (enum auth_method)eap->method, es_slice_str(eap->network_name), vector);
	es_buf_init_fixed(&b, storage, sizeof storage);
	require(auth_eap_challenge(eap, vector, NULL, &b) == ES_OK);
}

/* The next packet; false at the end of the input. */
static bool next_packet(struct es_reader *in, const struct auth_eap *eap, const struct auth_vector *vector,
                        uint8_t *storage, size_t size, struct es_slice *packet)
{
	static const struct peer_fault none = { 0 };
	struct es_buf b;

	if (es_reader_left(in) < 2)
		return false;
	uint16_t len = es_read_u16(in);
	if (len < 0xfffe) {
		size_t left = es_reader_left(in);
		*packet = es_read_bytes(in, len < left ? len : left);
		return true;
	}
	es_buf_init_fixed(&b, storage, size);
	peer_challenge(eap->k_aut, eap->identifier, es_slice_of(vector->xres, 8), NULL, &none, &b);
	if (len == 0xfffe && es_reader_left(in) >= 2) {
		size_t bit = es_read_u16(in) % (b.len * 8);
		b.ptr[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	*packet = es_buf_slice(&b);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct es_reader in = es_reader_of(es_slice_of(data, size));
	struct auth_vector vector = { 0 };
	struct auth_eap eap;
	struct es_slice packet;
	uint8_t options = es_read_u8(&in), storage[256];

	if (in.bad)
		return 0;
	es_crypto_init();
	require(auth_eap_begin(&eap, ES_SLICE_LIT(IDENTITY),
	                       (struct auth_eap_options){ .checkcode = (options & 1) != 0,
	                                                  .notifications = (options & 2) != 0,
	                                                  .first_identifier = (uint8_t)(options >> 3) }) == ES_OK);
	if ((options & 4) != 0) {
		struct es_buf b;
		es_buf_init_fixed(&b, storage, sizeof storage);
		require(auth_eap_request_identity(&eap, AUTH_EAP_ID_PERMANENT, &b) == ES_OK);
	} else {
		challenge(&eap, &vector);
	}
	while (next_packet(&in, &eap, &vector, storage, sizeof storage, &packet)) {
		struct auth_eap before = eap;
		struct auth_eap_action action;
		if (auth_eap_step(&eap, packet, &action) != ES_OK) {
			require(memcmp(&before, &eap, sizeof eap) == 0);
			continue;
		}
		require((action.what == AUTH_EAP_DONE) <= is_right(&before, &vector, packet));
		require((action.what == AUTH_EAP_DONE || action.what == AUTH_EAP_FAILED) == (eap.phase == AUTH_EAP_ENDED));
		if (action.what == AUTH_EAP_IDENTITY || action.what == AUTH_EAP_RESYNC)
			challenge(&eap, &vector);
		require(eap.resyncs <= 1 && eap.requests <= 4);
		check_round_trip(&eap);
	}
	return 0;
}
