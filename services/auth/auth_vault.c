/* auth_vault.c -- sealing of a SIM's secrets at rest. */
#include "auth_vault.h"

#include <string.h>

#include "es_crypto.h"

es_status auth_vault_aad(const char *tenant, const char *imsi, uint8_t *storage, struct es_slice *aad)
{
	size_t tenant_len = strlen(tenant), imsi_len = strlen(imsi);

	if (tenant_len + 1 + imsi_len > AUTH_AAD_MAX)
		return ES_MALFORMED;
	memcpy(storage, tenant, tenant_len + 1);
	memcpy(storage + tenant_len + 1, imsi, imsi_len);
	*aad = es_slice_of(storage, tenant_len + 1 + imsi_len);
	return ES_OK;
}

es_status auth_vault_seal(struct es_keyring *ring, const char *tenant, const char *imsi, const struct auth_keys *keys,
                          struct auth_key_row *row)
{
	uint8_t storage[AUTH_AAD_MAX], plain[AUTH_KEYS_PLAIN_MAX];
	const char *algorithm = auth_algorithm_names[keys->algorithm];
	struct es_slice aad;

	ES_TRY(auth_vault_aad(tenant, imsi, storage, &aad));
	size_t len = auth_keys_pack(keys, plain);
	es_seal(ring, "auc", aad, es_slice_of(plain, len), row->sealed);
	es_wipe(plain, sizeof plain);
	row->sealed_len = len + ES_SEAL_OVERHEAD;
	memcpy(row->algorithm, algorithm, strlen(algorithm) + 1);
	memcpy(row->amf, keys->amf, sizeof row->amf);
	row->generation = (int64_t)keys->generation;
	row->dif = keys->dif;
	row->hop = keys->hop;
	return ES_OK;
}

es_status auth_vault_open(struct es_keyring *ring, const char *tenant, const char *imsi, const struct auth_key_row *row,
                          struct auth_keys *out)
{
	uint8_t storage[AUTH_AAD_MAX], plain[AUTH_KEYS_PLAIN_MAX];
	enum auth_algorithm algorithm;
	struct es_slice aad;

	ES_TRY(auth_algorithm_of(es_slice_str(row->algorithm), &algorithm));
	ES_TRY(auth_vault_aad(tenant, imsi, storage, &aad));
	ES_TRY(es_unseal(ring, "auc", aad, es_slice_of(row->sealed, row->sealed_len), plain));
	es_status status = auth_keys_unpack(algorithm, es_slice_of(plain, row->sealed_len - ES_SEAL_OVERHEAD), out);
	es_wipe(plain, sizeof plain);
	ES_TRY(status);
	memcpy(out->amf, row->amf, sizeof out->amf);
	out->generation = (uint64_t)row->generation;
	out->dif = row->dif;
	out->hop = row->hop;
	return ES_OK;
}
