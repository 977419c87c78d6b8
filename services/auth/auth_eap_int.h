/* auth_eap_int.h -- what the files of the EAP method share and nobody else includes. Pure. */
#ifndef AUTH_EAP_INT_H
#define AUTH_EAP_INT_H

#include "auth_eap_aka.h"
#include "es_eap.h"

/* ---- auth_eap_keys.c ---- */

/* 23 or 50. */
uint8_t auth_eap_type(const struct auth_eap *eap);
/* K_aut, and K_encr for as long as the caller wants it, of CK and IK, or CK' and IK'. */
void auth_eap_derive(struct auth_eap *eap, const struct auth_vector *vector);
/* AT_MAC over a packet with zeros in its place, and over what is appended to it (NONCE_S, or nothing). */
void auth_eap_mac(const struct auth_eap *eap, const struct es_slice *parts, size_t count, uint8_t mac[16]);
bool auth_eap_mac_is_right(const struct auth_eap *eap, const struct es_eap_packet *p, struct es_slice appended);
/* What AT_CHECKCODE says: nothing, or the hash of all identity rounds. */
struct es_slice auth_eap_checkcode(const struct auth_eap *eap, uint8_t storage[32]);
/* Opens AT_ENCR_DATA into `plain`, which holds ES_EAP_MAX_PACKET octets. */
es_status auth_eap_decrypt(const struct auth_eap *eap, const struct es_eap_packet *p, uint8_t *plain,
                           struct es_eap_inner *out) ES_MUST_USE;

/* ---- auth_eap_request.c ---- */

/* The key derivations this server has for AKA', in the order of preference (RFC 9048 3.2). */
extern const uint16_t auth_eap_kdfs[];
extern const size_t auth_eap_kdf_count;
/* Writes AKA-Notification: with AT_MAC and, after a re-authentication, its counter when the exchange is proven. False when
 * that did not work out. */
bool auth_eap_write_notification(struct auth_eap *eap, uint16_t code, struct auth_eap_action *out);
/* Writes the identity request anew that has this Identifier: it depends on nothing else. */
es_status auth_eap_write_identity_request(const struct auth_eap *eap, struct es_buf *out) ES_MUST_USE;

#endif
