/* es_eap_prime_keys.c -- TS 33.402 annex A.2 and RFC 9048 section 3.3, 3.4: the keys of EAP-AKA'. */
#include <assert.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_crypto.h"
#include "es_eap_keys.h"

enum { FC_CK_IK_PRIME = 0x20 };

/* PRF' of RFC 9048 3.4.1: T1 = HMAC(key, S | 1), Tn = HMAC(key, Tn-1 | S | n). */
static void prf_prime(struct es_slice key, const struct es_slice seed[2], uint8_t *out, size_t len)
{
	uint8_t block[32];
	size_t have = 0;

	for (uint8_t n = 1; len > 0; n++) {
		const struct es_slice parts[] = { es_slice_of(block, have), seed[0], seed[1], es_slice_of(&n, 1) };
		es_hmac_sha256(key, parts, ES_COUNT(parts), block);
		have = sizeof block;
		size_t take = len < sizeof block ? len : sizeof block;
		memcpy(out, block, take);
		out += take;
		len -= take;
	}
	es_wipe(block, sizeof block);
}

static struct es_slice key_of(const uint8_t first[16], const uint8_t second[16], uint8_t storage[32])
{
	memcpy(storage, first, 16);
	memcpy(storage + 16, second, 16);
	return es_slice_of(storage, 32);
}

void es_eap_prime_ck_ik(uint8_t ck[16], uint8_t ik[16], struct es_slice network_name, const uint8_t autn[16])
{
	const uint8_t fc = FC_CK_IK_PRIME;
	const uint8_t lengths[4] = { (uint8_t)(network_name.len >> 8), (uint8_t)network_name.len, 0, 6 };
	uint8_t key[32], both[32];

	assert(network_name.len <= UINT16_MAX);
	const struct es_slice parts[] = { es_slice_of(&fc, 1), network_name, es_slice_of(lengths, 2), es_slice_of(autn, 6),
		                              es_slice_of(lengths + 2, 2) };
	es_hmac_sha256(key_of(ck, ik, key), parts, ES_COUNT(parts), both);
	memcpy(ck, both, 16);
	memcpy(ik, both + 16, 16);
	es_wipe(key, sizeof key);
	es_wipe(both, sizeof both);
}

void es_eap_prime_k_aut(struct es_slice identity, const uint8_t ik[16], const uint8_t ck[16], uint8_t k_encr[16],
                        uint8_t k_aut[32])
{
	const struct es_slice seed[2] = { ES_SLICE_LIT("EAP-AKA'"), identity };
	uint8_t key[32], stream[48]; /* of K_encr | K_aut | K_re | MSK | EMSK */

	prf_prime(key_of(ik, ck, key), seed, stream, sizeof stream);
	es_wipe(key, sizeof key);
	if (k_encr != NULL)
		memcpy(k_encr, stream, 16);
	memcpy(k_aut, stream + 16, 32);
	es_wipe(stream, sizeof stream);
}

void es_eap_prime_mac_parts(const uint8_t k_aut[32], const struct es_slice *parts, size_t count, uint8_t mac[16])
{
	uint8_t full[32];

	es_hmac_sha256(es_slice_of(k_aut, 32), parts, count, full);
	memcpy(mac, full, 16);
	es_wipe(full, sizeof full);
}
