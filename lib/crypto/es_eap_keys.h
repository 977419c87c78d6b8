/* es_eap_keys.h -- key derivation of EAP-AKA (RFC 4187 section 7) and AT_MAC (10.15). Pure. */
#ifndef ES_EAP_KEYS_H
#define ES_EAP_KEYS_H

#include <stdint.h>

#include "es_slice.h"

struct es_eap_aka_keys {
	uint8_t k_encr[16], k_aut[16], msk[64], emsk[64];
};

/* FIPS 186-2 (change notice 1) generator as RFC 4187 annex A uses it. len: a multiple of 20, 160 at most. */
void es_fips186_prf(const uint8_t xkey[20], uint8_t *out, size_t len);
/* MK = SHA1(Identity | IK | CK). Identity: the octets as the peer sent them. Caller wipes `out`. */
void es_eap_aka_derive(struct es_slice identity, const uint8_t ik[16], const uint8_t ck[16],
                       struct es_eap_aka_keys *out);
/* K_aut alone: all that a server of TS.43 needs, in a quarter of the time. */
void es_eap_aka_k_aut(struct es_slice identity, const uint8_t ik[16], const uint8_t ck[16], uint8_t k_aut[16]);
/* HMAC-SHA1-128 over the whole packet; the caller has zeroed the MAC's value. */
void es_eap_aka_mac(const uint8_t k_aut[16], struct es_slice packet, uint8_t mac[16]);

#endif
