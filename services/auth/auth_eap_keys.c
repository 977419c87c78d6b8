/* auth_eap_keys.c -- where EAP-AKA and EAP-AKA' differ in cryptography: keys, AT_MAC, AT_CHECKCODE. */
#include <string.h>

#include "auth_eap_int.h"
#include "es_cleanup.h"
#include "es_crypto.h"
#include "es_eap_keys.h"

uint8_t auth_eap_type(const struct auth_eap *eap)
{
	return eap->method == AUTH_AKA_PRIME ? EAP_TYPE_AKA_PRIME : EAP_TYPE_AKA;
}

void auth_eap_derive(struct auth_eap *eap, const struct auth_vector *vector)
{
	struct es_slice identity = es_slice_of(eap->identity, eap->identity_len);

	if (eap->method == AUTH_AKA_PRIME) {
		es_eap_prime_k_aut(identity, vector->ik, vector->ck, eap->k_encr, eap->k_aut);
	} else {
		memset(eap->k_aut, 0, sizeof eap->k_aut);
		es_eap_aka_k_aut(identity, vector->ik, vector->ck, eap->k_encr, eap->k_aut);
	}
}

void auth_eap_mac(const struct auth_eap *eap, const struct es_slice *parts, size_t count, uint8_t mac[16])
{
	if (eap->method == AUTH_AKA_PRIME)
		es_eap_prime_mac_parts(eap->k_aut, parts, count, mac);
	else
		es_eap_aka_mac_parts(eap->k_aut, parts, count, mac);
}

/* RFC 4187 10.15: computed with the value zeroed. */
bool auth_eap_mac_is_right(const struct auth_eap *eap, const struct es_eap_packet *p, struct es_slice appended)
{
	static const uint8_t zeros[16];
	size_t at = (size_t)(p->mac.ptr - p->whole.ptr);
	const struct es_slice parts[] = { es_slice_sub(p->whole, 0, at), es_slice_of(zeros, sizeof zeros),
		                              es_slice_sub(p->whole, at + sizeof zeros, p->whole.len), appended };
	uint8_t mac[16];

	auth_eap_mac(eap, parts, ES_COUNT(parts), mac);
	bool right = es_ct_equal(mac, p->mac.ptr, sizeof mac);
	es_wipe(mac, sizeof mac);
	return right;
}

struct es_slice auth_eap_checkcode(const struct auth_eap *eap, uint8_t storage[32])
{
	struct es_slice log = es_slice_of(eap->id_log, eap->id_log_len);

	if (log.len == 0)
		return (struct es_slice){ 0 };
	if (eap->method == AUTH_AKA_PRIME) {
		es_sha256(&log, 1, storage);
		return es_slice_of(storage, 32);
	}
	es_sha1(&log, 1, storage);
	return es_slice_of(storage, 20);
}

es_status auth_eap_decrypt(const struct auth_eap *eap, const struct es_eap_packet *p, uint8_t *plain,
                           struct es_eap_inner *out)
{
	if (!p->has_encr_data || p->encr_data.len > ES_EAP_MAX_PACKET)
		return ES_MALFORMED;
	es_cbc_decrypt(eap->k_encr, p->iv.ptr, p->encr_data, plain);
	return es_eap_parse_inner(p, es_slice_of(plain, p->encr_data.len), out);
}
