/* es_eap_keys.h -- key derivation of EAP-AKA (RFC 4187 section 7) and EAP-AKA' (RFC 9048 section 3.3 and 3.4), AT_MAC and
 * AT_ENCR_DATA. Pure. */
#ifndef ES_EAP_KEYS_H
#define ES_EAP_KEYS_H

#include <stddef.h>
#include <stdint.h>

#include "es_slice.h"

/* Identity, in all of these: the octets as the peer sent them. The caller wipes outputs. */

/* ---- EAP-AKA ---- */

struct es_eap_aka_keys {
	uint8_t k_encr[16], k_aut[16], msk[64], emsk[64];
};

/* FIPS 186-2 (change notice 1) generator as RFC 4187 annex A uses it. len: a multiple of 20, 160 at most. */
void es_fips186_prf(const uint8_t xkey[20], uint8_t *out, size_t len);
void es_eap_aka_derive(struct es_slice identity, const uint8_t ik[16], const uint8_t ck[16],
                       struct es_eap_aka_keys *out);
/* K_encr and K_aut alone: all that a server of TS.43 needs, in a quarter of the time. k_encr may be NULL. */
void es_eap_aka_k_aut(struct es_slice identity, const uint8_t ik[16], const uint8_t ck[16], uint8_t k_encr[16],
                      uint8_t k_aut[16]);
/* HMAC-SHA1-128 over the parts of the packet, its MAC's value taken as zeros, and over what is appended to it. */
void es_eap_aka_mac_parts(const uint8_t k_aut[16], const struct es_slice *parts, size_t count, uint8_t mac[16]);
/* The same over the whole packet; the caller has zeroed the MAC's value. */
void es_eap_aka_mac(const uint8_t k_aut[16], struct es_slice packet, uint8_t mac[16]);

/* ---- EAP-AKA' ---- */

/* CK' and IK' (TS 33.402 A.2) in place. The head of AUTN is SQN xor AK. network_name: 65535 octets at most. */
void es_eap_prime_ck_ik(uint8_t ck[16], uint8_t ik[16], struct es_slice network_name, const uint8_t autn[16]);

/* RFC 9048 3.3, from CK' and IK': K_encr and K_aut, all that a server of TS.43 needs. k_encr may be NULL. */
void es_eap_prime_k_aut(struct es_slice identity, const uint8_t ik[16], const uint8_t ck[16], uint8_t k_encr[16],
                        uint8_t k_aut[32]);
/* HMAC-SHA-256-128, as es_eap_aka_mac_parts(). */
void es_eap_prime_mac_parts(const uint8_t k_aut[32], const struct es_slice *parts, size_t count, uint8_t mac[16]);

#endif
