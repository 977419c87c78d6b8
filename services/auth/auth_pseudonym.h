/* auth_pseudonym.h -- names that hide who a SIM is: pseudonyms, which only this server can read, and re-authentication
 * identities, which are names of a context and nothing else (RFC 4187 4.1, TS 23.003 14.3). Pure but for the key ring. */
#ifndef AUTH_PSEUDONYM_H
#define AUTH_PSEUDONYM_H

#include "auth_method.h"
#include "es_buf.h"
#include "es_id.h"
#include "es_keyring.h"
#include "es_slice.h"
#include "es_status.h"

/* '2' or '7' and the base64url of the IMSI, sealed under the ring (purpose "pseudonym") and bound to the tenant; always
 * AUTH_PSEUDONYM_SIZE characters, and never the same twice. It is sent without a realm: the peer appends its own. */
#define AUTH_PSEUDONYM_SIZE 68
void auth_pseudonym_make(struct es_keyring *ring, const char *tenant, const struct es_imsi *imsi,
                         enum auth_method method, struct es_buf *out);
/* `username`: without realm, octet by octet as it was made. ES_MALFORMED: none of ours; ES_UNAUTHENTIC: another tenant's,
 * damaged, or sealed with a key that is gone. */
es_status auth_pseudonym_open(struct es_keyring *ring, const char *tenant, struct es_slice username,
                              struct es_imsi *out) ES_MUST_USE;

/* '4' or '8' and the base64url of 16 random octets; then '@' and the realm of the peer's identity, since peers send this
 * identity as it is. Nothing is written after the digits when `realm` is empty. */
#define AUTH_REAUTH_ID_NAME 23
void auth_reauth_id_make(enum auth_method method, const uint8_t random[16], struct es_slice realm, struct es_buf *out);
/* The octets of one that may have been made here. `user`: without realm. */
es_status auth_reauth_id_parse(struct es_slice user, uint8_t random[16]) ES_MUST_USE;

#endif
