/* auth_test_sim.h -- a SIM and its EAP-AKA peer, for tests: TS 33.102 6.3.3 with the array of annex C.2, RFC 4187. */
#ifndef AUTH_TEST_SIM_H
#define AUTH_TEST_SIM_H

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "auth_auc.h"
#include "es_buf.h"
#include "es_cleanup.h"
#include "es_crypto.h"
#include "es_eap.h"
#include "es_eap_keys.h"
#include "es_milenage.h"

struct test_sim {
	uint8_t k[16], opc[16];
	int64_t seq_ms[32];   /* highest SEQ accepted per IND */
	int64_t delta;        /* C.2.2, optional: 0 is no limit */
	const char *identity; /* EAP_ID */
};

enum test_sim_verdict { SIM_ACCEPTS, SIM_RESYNC, SIM_REJECTS };

static int64_t sim_highest(const struct test_sim *sim)
{
	int64_t highest = 0;

	for (int i = 0; i < 32; i++)
		highest = sim->seq_ms[i] > highest ? sim->seq_ms[i] : highest;
	return highest;
}

/* Freshness alone (C.2.2); on SIM_ACCEPTS the array moves on. */
ES_UNUSED static enum test_sim_verdict sim_check_sqn(struct test_sim *sim, uint64_t sqn)
{
	int64_t seq = (int64_t)(sqn >> 5);
	unsigned ind = sqn & 31;

	if (seq <= sim->seq_ms[ind] || (sim->delta != 0 && seq - sim_highest(sim) > sim->delta))
		return SIM_RESYNC;
	sim->seq_ms[ind] = seq;
	return SIM_ACCEPTS;
}

static void sim_octets(uint64_t sqn, uint8_t out[6])
{
	for (int i = 0; i < 6; i++)
		out[i] = (uint8_t)(sqn >> (40 - 8 * i));
}

ES_UNUSED static void sim_auts(const struct test_sim *sim, const uint8_t rand[16], uint8_t auts[14])
{
	static const uint8_t zero_amf[2] = { 0 };
	struct es_milenage_out f;
	uint8_t sqn[6];

	sim_octets((uint64_t)sim_highest(sim) << 5, sqn);
	es_milenage(sim->k, sim->opc, rand, sqn, zero_amf, &f);
	for (int i = 0; i < 6; i++)
		auts[i] = sqn[i] ^ f.ak_s[i];
	memcpy(auts + 6, f.mac_s, 8);
}

/* `f` holds RES, CK and IK when the SIM accepts. */
ES_UNUSED static enum test_sim_verdict sim_authenticate(struct test_sim *sim, const uint8_t rand[16],
                                                        const uint8_t autn[16], struct es_milenage_out *f)
{
	uint8_t sqn[6] = { 0 };
	uint64_t number = 0;

	es_milenage(sim->k, sim->opc, rand, sqn, autn + 6, f);
	for (int i = 0; i < 6; i++) {
		sqn[i] = autn[i] ^ f->ak[i];
		number = number << 8 | sqn[i];
	}
	es_milenage(sim->k, sim->opc, rand, sqn, autn + 6, f);
	if (memcmp(f->mac_a, autn + 8, 8) != 0)
		return SIM_REJECTS;
	return sim_check_sqn(sim, number);
}

/* EAP-Response of a subtype that carries no more than `auts`, or nothing. */
ES_UNUSED static void peer_bare(uint8_t identifier, uint8_t subtype, const uint8_t *auts, struct es_buf *out)
{
	struct es_slice whole;
	uint8_t *mac;
	struct es_eap_writer w = es_eap_begin(out, EAP_RESPONSE, identifier, EAP_TYPE_AKA, subtype);

	if (auts != NULL)
		es_eap_put_auts(&w, auts);
	if (subtype == AKA_CLIENT_ERROR)
		es_eap_put_u16(&w, AT_CLIENT_ERROR_CODE, 0);
	es_status status = es_eap_end(&w, &whole, &mac);
	assert(status == ES_OK);
	(void)status;
}

/* What tests may do to an otherwise right answer. */
struct peer_fault {
	bool wrong_res, short_res, wrong_mac, wrong_checkcode;
};

ES_UNUSED static void peer_challenge(const uint8_t k_aut[16], uint8_t identifier, struct es_slice res,
                                     const struct es_slice *checkcode, const struct peer_fault *fault,
                                     struct es_buf *out)
{
	struct es_slice whole;
	uint8_t *mac, copy[16];
	struct es_eap_writer w = es_eap_begin(out, EAP_RESPONSE, identifier, EAP_TYPE_AKA, AKA_CHALLENGE);

	memcpy(copy, res.ptr, res.len);
	copy[0] ^= fault->wrong_res ? 1 : 0;
	es_eap_put_res(&w, es_slice_of(copy, fault->short_res ? 4 : res.len));
	if (checkcode != NULL)
		es_eap_put_checkcode(&w, *checkcode);
	es_eap_put_mac_space(&w);
	es_status status = es_eap_end(&w, &whole, &mac);
	assert(status == ES_OK);
	(void)status;
	es_eap_aka_mac(k_aut, whole, mac);
	mac[15] ^= fault->wrong_mac ? 1 : 0;
}

/* The peer's answer to an AKA-Challenge. AT_MAC of the request is verified, as RFC 4187 wants and Android does not. */
ES_UNUSED static enum test_sim_verdict peer_answer(struct test_sim *sim, struct es_slice request, struct es_buf *out)
{
	struct es_eap_packet p;
	struct es_milenage_out f;
	struct es_eap_aka_keys keys;
	static const struct peer_fault none = { 0 };
	uint8_t auts[14], copy[256], mac[16];

	es_status status = es_eap_parse(request, &p);
	assert(status == ES_OK && p.code == EAP_REQUEST && p.subtype == AKA_CHALLENGE && p.has_rand && p.has_autn &&
	       p.has_mac);
	(void)status;
	enum test_sim_verdict verdict = sim_authenticate(sim, p.rand.ptr, p.autn.ptr, &f);
	if (verdict == SIM_REJECTS) {
		peer_bare(p.identifier, AKA_AUTHENTICATION_REJECT, NULL, out);
		return verdict;
	}
	if (verdict == SIM_RESYNC) {
		sim_auts(sim, p.rand.ptr, auts);
		peer_bare(p.identifier, AKA_SYNCHRONIZATION_FAILURE, auts, out);
		return verdict;
	}
	es_eap_aka_derive(es_slice_str(sim->identity), f.ik, f.ck, &keys);
	assert(request.len <= sizeof copy);
	memcpy(copy, request.ptr, request.len);
	memset(copy + (p.mac.ptr - request.ptr), 0, 16);
	es_eap_aka_mac(keys.k_aut, es_slice_of(copy, request.len), mac);
	assert(memcmp(mac, p.mac.ptr, 16) == 0);
	peer_challenge(keys.k_aut, p.identifier, es_slice_of(f.res, 8), NULL, &none, out);
	return verdict;
}

#endif
