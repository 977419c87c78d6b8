/* auth_auc.c -- vectors and AUTS over Milenage and TUAK. */
#include "auth_auc.h"

#include <assert.h>
#include <string.h>

#include "es_crypto.h"
#include "es_eap_keys.h"
#include "es_milenage.h"
#include "es_tuak.h"

enum { AMF_SEPARATION = 0x80 }; /* bit 0 of AMF, TS 33.102 annex H */

static struct es_tuak tuak_of(const struct auth_keys *keys)
{
	struct es_tuak sim = {
		.k_len = keys->k_len, .iterations = keys->iterations, .mac = 8, .res = keys->res_len, .ck = 16, .ik = 16
	};

	memcpy(sim.k, keys->k, sizeof sim.k);
	memcpy(sim.topc, keys->opc, sizeof sim.topc);
	return sim;
}

static void sqn_to_octets(uint64_t sqn, uint8_t out[6])
{
	for (int i = 0; i < 6; i++)
		out[i] = (uint8_t)(sqn >> (40 - 8 * i));
}

/* f1 to f5: AK and MAC-A go into AUTN, the rest straight into the vector. */
static void milenage(const struct auth_keys *keys, const uint8_t sqn[6], const uint8_t amf[2], struct auth_vector *out,
                     uint8_t ak[6], uint8_t mac_a[8])
{
	struct es_milenage_out f;

	es_milenage(keys->k, keys->opc, out->rand, sqn, amf, &f);
	memcpy(ak, f.ak, 6);
	memcpy(mac_a, f.mac_a, 8);
	memcpy(out->xres, f.res, sizeof f.res);
	out->xres_len = sizeof f.res;
	memcpy(out->ck, f.ck, sizeof out->ck);
	memcpy(out->ik, f.ik, sizeof out->ik);
	es_wipe(&f, sizeof f);
}

static void tuak(const struct auth_keys *keys, const uint8_t sqn[6], const uint8_t amf[2], struct auth_vector *out,
                 uint8_t ak[6], uint8_t mac_a[8])
{
	struct es_tuak sim = tuak_of(keys);
	struct es_tuak_out f;
	uint8_t mac[32];

	es_tuak_f1(&sim, out->rand, sqn, amf, mac);
	es_tuak_f2345(&sim, out->rand, &f);
	memcpy(ak, f.ak, 6);
	memcpy(mac_a, mac, 8);
	memcpy(out->xres, f.res, sim.res);
	out->xres_len = sim.res;
	memcpy(out->ck, f.ck, sizeof out->ck);
	memcpy(out->ik, f.ik, sizeof out->ik);
	es_wipe(&f, sizeof f);
	es_wipe(&sim, sizeof sim);
}

void auth_auc_vector(const struct auth_keys *keys, uint64_t sqn, const uint8_t rand[16], enum auth_method method,
                     struct es_slice network_name, struct auth_vector *out)
{
	uint8_t sqn_octets[6], ak[6], mac_a[8], amf[2] = { keys->amf[0], keys->amf[1] };

	assert(auth_keys_are_sound(keys));
	if (method == AUTH_AKA_PRIME)
		amf[0] |= AMF_SEPARATION;
	sqn_to_octets(sqn, sqn_octets);
	memset(out, 0, sizeof *out);
	memcpy(out->rand, rand, 16);
	if (keys->algorithm == AUTH_TUAK)
		tuak(keys, sqn_octets, amf, out, ak, mac_a);
	else
		milenage(keys, sqn_octets, amf, out, ak, mac_a);
	for (int i = 0; i < 6; i++)
		out->autn[i] = sqn_octets[i] ^ ak[i];
	memcpy(out->autn + 6, amf, 2);
	memcpy(out->autn + 8, mac_a, 8);
	if (method == AUTH_AKA_PRIME)
		es_eap_prime_ck_ik(out->ck, out->ik, network_name, out->autn);
	es_wipe(ak, sizeof ak);
}

/* TS 33.102 6.3.3: AK* hides SQN_MS, and MAC-S is made with an AMF of zeros. AK* does not depend on SQN, so it comes first
 * and MAC-S of the SQN that it uncovered. */
static void milenage_star(const struct auth_keys *keys, const uint8_t rand[16], const uint8_t hidden[6], uint8_t sqn[6],
                          uint8_t mac_s[8])
{
	static const uint8_t amf[2], zeros[6];
	struct es_milenage_out f;

	es_milenage(keys->k, keys->opc, rand, zeros, amf, &f);
	for (int i = 0; i < 6; i++)
		sqn[i] = hidden[i] ^ f.ak_s[i];
	es_milenage(keys->k, keys->opc, rand, sqn, amf, &f);
	memcpy(mac_s, f.mac_s, 8);
	es_wipe(&f, sizeof f);
}

static void tuak_star(const struct auth_keys *keys, const uint8_t rand[16], const uint8_t hidden[6], uint8_t sqn[6],
                      uint8_t mac_s[8])
{
	static const uint8_t amf[2];
	struct es_tuak sim = tuak_of(keys);
	uint8_t ak_s[6], mac[32];

	es_tuak_f5_star(&sim, rand, ak_s);
	for (int i = 0; i < 6; i++)
		sqn[i] = hidden[i] ^ ak_s[i];
	es_tuak_f1_star(&sim, rand, sqn, amf, mac);
	memcpy(mac_s, mac, 8);
	es_wipe(&sim, sizeof sim);
}

es_status auth_auc_open_auts(const struct auth_keys *keys, const uint8_t rand[16], const uint8_t auts[14],
                             uint64_t *sqn_ms)
{
	uint8_t sqn_octets[6], mac_s[8];
	uint64_t sqn = 0;

	assert(auth_keys_are_sound(keys));
	if (keys->algorithm == AUTH_TUAK)
		tuak_star(keys, rand, auts, sqn_octets, mac_s);
	else
		milenage_star(keys, rand, auts, sqn_octets, mac_s);
	if (!es_ct_equal(mac_s, auts + 6, 8))
		return ES_UNAUTHENTIC;
	for (int i = 0; i < 6; i++)
		sqn = sqn << 8 | sqn_octets[i];
	*sqn_ms = sqn;
	return ES_OK;
}

void auth_vector_wipe(struct auth_vector *vector)
{
	es_wipe(vector, sizeof *vector);
}
