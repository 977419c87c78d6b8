/* auth_vault.h -- K and OPc (TUAK: K and TOPc) between their sealed row and the struct that uses them. */
#ifndef AUTH_VAULT_H
#define AUTH_VAULT_H

#include "auth_auc.h"
#include "auth_store.h"
#include "es_keyring.h"

#define AUTH_AAD_MAX 64

/* "tenant NUL imsi": binds sealed keys to their subscriber, at rest and on their way. `storage` holds AUTH_AAD_MAX octets;
 * ES_MALFORMED when they do not fit. */
es_status auth_vault_aad(const char *tenant, const char *imsi, uint8_t *storage, struct es_slice *aad) ES_MUST_USE;

/* Fills all of the row but updated_ms. */
es_status auth_vault_seal(struct es_keyring *ring, const char *tenant, const char *imsi, const struct auth_keys *keys,
                          struct auth_key_row *row) ES_MUST_USE;
/* ES_UNAUTHENTIC: another key ring, or a row moved from another subscriber. ES_MALFORMED: sealed by us, but no keys of its
 * algorithm. Wipe `out`. */
es_status auth_vault_open(struct es_keyring *ring, const char *tenant, const char *imsi, const struct auth_key_row *row,
                          struct auth_keys *out) ES_MUST_USE;

#endif
