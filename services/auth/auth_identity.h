/* auth_identity.h -- what EAP_ID says: whose subscriber, which one, by which method. Pure but for the key ring. */
#ifndef AUTH_IDENTITY_H
#define AUTH_IDENTITY_H

#include "auth_eap_aka.h"
#include "auth_tenant.h"
#include "es_keyring.h"

#define AUTH_REAUTH_ID 16

struct auth_identity {
	enum auth_method method;           /* by its first digit (TS 23.003 19.3) */
	const struct auth_tenant *tenant;  /* as long as the snapshot; NULL: none */
	struct es_imsi imsi;               /* of PERMANENT and PSEUDONYM */
	uint8_t reauth_id[AUTH_REAUTH_ID]; /* of REAUTH */
};

/* An identity of a method that the tenant does not offer, or a pseudonym that does not open, is AUTH_ID_UNUSABLE. */
enum auth_identity_kind auth_identity_of(struct es_slice eap_id, const struct auth_tenants *tenants,
                                         struct es_keyring *session_keys, struct es_slice host, struct es_slice gid1,
                                         struct auth_identity *out);
/* The same within one tenant: an answer to AKA-Identity. FOREIGN: not a subscriber of this tenant. */
enum auth_identity_kind auth_identity_within(struct es_slice identity, const struct auth_tenant *tenant,
                                             struct es_keyring *session_keys, struct auth_identity *out);

bool auth_identity_offers(const struct auth_tenant *tenant, enum auth_method method);
/* `method`: what the identity stands for; where the tenant does not offer it, one that it does. */
struct auth_eap_options auth_identity_options(const struct auth_tenant *tenant, enum auth_method method,
                                              uint8_t first_identifier);

#endif
