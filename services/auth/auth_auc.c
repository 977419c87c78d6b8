/* auth_auc.c -- vectors and AUTS over Milenage. */
#include "auth_auc.h"

#include <string.h>

#include "es_crypto.h"
#include "es_milenage.h"

static void sqn_to_octets(uint64_t sqn, uint8_t out[6])
{
	for (int i = 0; i < 6; i++)
		out[i] = (uint8_t)(sqn >> (40 - 8 * i));
}

void auth_auc_vector(const struct auth_keys *keys, uint64_t sqn, const uint8_t rand[16], struct auth_vector *out)
{
	struct es_milenage_out f;
	uint8_t sqn_octets[6];

	sqn_to_octets(sqn, sqn_octets);
	es_milenage(keys->k, keys->opc, rand, sqn_octets, keys->amf, &f);

	memcpy(out->rand, rand, 16);
	for (int i = 0; i < 6; i++)
		out->autn[i] = sqn_octets[i] ^ f.ak[i];
	memcpy(out->autn + 6, keys->amf, 2);
	memcpy(out->autn + 8, f.mac_a, 8);
	memset(out->xres, 0, sizeof out->xres);
	memcpy(out->xres, f.res, sizeof f.res);
	out->xres_len = sizeof f.res;
	memcpy(out->ck, f.ck, 16);
	memcpy(out->ik, f.ik, 16);
	es_wipe(&f, sizeof f);
}

es_status auth_auc_open_auts(const struct auth_keys *keys, const uint8_t rand[16], const uint8_t auts[14],
                             uint64_t *sqn_ms)
{
	static const uint8_t amf_of_resync[2] = { 0, 0 }; /* TS 33.102 6.3.3: a dummy AMF of zeros */
	struct es_milenage_out f;
	uint8_t sqn_octets[6] = { 0 };
	uint64_t sqn = 0;

	/* AK* does not depend on SQN, so it comes out of any run; MAC-S then needs the SQN it uncovers. */
	es_milenage(keys->k, keys->opc, rand, sqn_octets, amf_of_resync, &f);
	for (int i = 0; i < 6; i++) {
		sqn_octets[i] = auts[i] ^ f.ak_s[i];
		sqn = sqn << 8 | sqn_octets[i];
	}
	es_milenage(keys->k, keys->opc, rand, sqn_octets, amf_of_resync, &f);
	bool genuine = es_ct_equal(f.mac_s, auts + 6, 8);
	es_wipe(&f, sizeof f);
	if (!genuine)
		return ES_UNAUTHENTIC;
	*sqn_ms = sqn;
	return ES_OK;
}

void auth_keys_wipe(struct auth_keys *keys)
{
	es_wipe(keys, sizeof *keys);
}

void auth_vector_wipe(struct auth_vector *vector)
{
	es_wipe(vector, sizeof *vector);
}
